"""Random events and questions about them, made where engines have come apart: boundaries, letters, numbers, times."""

import hashlib
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from hypothesis import strategies as st

from auditsearch.canonical import dumps, loads, normalise
from auditsearch.document import Document, document
from auditsearch.event import from_micros
from auditsearch.exceptions import QueryError
from auditsearch.facts import Leaf, leaves
from auditsearch.query.lookups import LOOKUPS
from auditsearch.query.parse import tree_of
from auditsearch.query.tree import And, Node, Not, Or
from tests.factories import NOON, PARTITION, USUAL

LETTERS = "aAbBzёЁйЙİIıßẞςσΣКкKſéÅå\u0301\u0308ǅ日٣²_0129 .-*?\\%|+\n\t\0\"'#@&<>~{}[]()^$\ue000\ue1ff\ufffd\uf8ff😀"
TEXTS = ["", "true", "false", "null", "455", "45", "4.5", "a", "ab", "ab\n", "Иванов", "иванов", "İ", "i̇", "ß", "ss"]
TIMES = ["2026-11-22", "2026-11-22T08:00", "2026-11-22 08:00:00.5", "2026-11-22T08:00:00Z", "2026-11-22T09:00+01:00"]
NUMBERS: list[Any] = [0, -1, 1, 455, 45, 2**53, 2**53 + 1, -(2**53) - 1, 10**30, 0.1, 4.5, -4.5, 1e16, 1e22, 5e-7]
NUMBERS += map(Decimal, ["0.1", "0.10000000000000001", "0.09999999999999999", "1.00", "-0", "4.50", "1e3", "1e200"])
NUMBERS += map(Decimal, ["9007199254740992.5", "9007199254740993.000000001", "-0.10000000000000001", "-1e200"])
KEYS = ["a", "b", "a.b", "k=1#@~?%", "exact", "", "ключ"]
PATHS = ["_context__a", "_context__b", "_context__a__b", "_context__a.b", "_context__k=1#@~?%", "_snapshot__a"]
PATHS += ["_to__a", "_from__a", "_snapshot__ключ", "user", "verbose", "_changed"]
ASKED = {tree_of(**{name: "x"}).path: name for name in PATHS}  # type: ignore[attr-defined]
TEXTUAL = ["iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith"]
PATTERNS = ["", "a", "^a", "b$", "^$", r"\bИванов\b", r"\w+", r"\d{2}", "[^a]b", "a.b", "(a|ё)+", r"\.", "[b-я]"]
PATTERNS += ["a{2,3}", "^.*$", r"\s", r"[\w.-]+$", "a|b$", r"(?m)^b", r"(?s)a.*b", r"\B", "a{20}", "ab.{0,300}ba"]
PATTERNS += ['[#@&<>~"]', "İ|ß", "\ue000", r"[\ue000-\uf8ff]", r"\Aa\Z", "(^|b)a(b|$)"]


def long_text(seed: int, length: int, letters: str) -> str:
    """Text over the caps, the same for one seed."""
    return "".join([letters[byte % len(letters)] for byte in hashlib.shake_128(bytes([seed])).digest(length)])


texts = st.sampled_from(TEXTS) | st.text(LETTERS, max_size=8) | st.sampled_from(TIMES)
long_texts = st.builds(
    long_text,
    st.integers(0, 9),
    st.integers(60, 70) | st.integers(250, 262) | st.integers(440, 456) | st.integers(600, 700),
    st.sampled_from(["ab", "aAёЁ ", "é\u0301aİb", "İς日", "a\nb", "ab\ue000\ue1ff\ufffd"]),
)
numbers = st.sampled_from(NUMBERS) | st.integers(2**53 - 3, 2**53 + 3) | st.decimals("-1", "1", places=20)
scalars = texts | long_texts | numbers | st.booleans() | st.none()
values = scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(KEYS), scalars, max_size=2)
payloads = st.dictionaries(st.sampled_from(KEYS), values, max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """One event with any context, snapshot, diff, name and sentence."""
    context = draw(payloads)
    if draw(st.booleans()):
        context = context | {"diff": {"a": [draw(values), draw(values)]}}
    given = {"id": str(draw(st.uuids(version=4))), "ts": NOON + draw(st.integers(-2, 2)), "context": context}
    given |= {name: draw(st.none() | texts | long_texts) for name in ("user_name", "verbose")}
    tree = USUAL | given | {"snapshot": draw(payloads)}
    return document(dumps({name: normalise(value) for name, value in tree.items() if value is not None}), PARTITION)


def near(draw: st.DrawFn, text: str) -> str:
    """A question about `text` that may just fit or just not."""
    start, stop = draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))
    text = draw(st.sampled_from([text, text[start:], text[:stop], text[start : start + 64], text[start : start + 66]]))
    return draw(st.sampled_from([text, text.swapcase(), text + "a", unicodedata.normalize("NFD", text), text.lower()]))


@st.composite
def moments(draw: st.DrawFn) -> datetime | date | str:
    """Times around those of the events."""
    return draw(
        st.sampled_from([date(2026, 11, 22), datetime(2026, 11, 22, 8), datetime(2026, 11, 22, 8, tzinfo=UTC), *TIMES])
    )


def value_for(draw: st.DrawFn, lookup: str, known: Any) -> Any:
    """A value that mostly is of the right kind and near the known one."""
    equal = st.just(known) if draw(st.integers(0, 3)) else scalars | moments()
    if lookup in TEXTUAL or (isinstance(known, str) and len(known) > 60 and lookup in ("", "exact")):
        text = draw(st.just(known) | texts)
        return near(draw, text if isinstance(text, str) else str(text))
    if lookup == "in":
        return draw(st.lists(equal | scalars, min_size=1, max_size=3))
    if lookup == "range":
        return draw(st.tuples(equal, equal) | st.tuples(equal, numbers | texts) | st.tuples(numbers, equal))
    if lookup == "isnull":
        return draw(st.booleans())
    return draw(st.sampled_from(PATTERNS)) if lookup in ("regex", "iregex") else draw(equal)


@st.composite
def leaves_of(draw: st.DrawFn, known: list[Leaf]) -> Node:
    """One condition; where its value is refused, another one that always stands."""
    kind = draw(st.sampled_from(["path"] * 10 + ["timestamp", "words"]))
    if kind == "words":
        asked = {draw(st.sampled_from(["search", "phrase"])): f"a {draw(texts)}"}
    elif kind == "timestamp":
        lookup = draw(st.sampled_from(["exact", "in", "range", "gt", "gte", "lt", "lte"]))
        ends = (from_micros(NOON + draw(st.integers(-2, 0))), from_micros(NOON + draw(st.integers(0, 2))))
        asked = {f"timestamp__{lookup}": ends if lookup in ("in", "range") else ends[0]}
    else:
        leaf = draw(st.sampled_from(known or [Leaf("context.a", "text", "a")]))
        lookup = draw(st.sampled_from(["", *LOOKUPS]))
        path = ASKED[leaf.path] if draw(st.integers(0, 3)) else draw(st.sampled_from(PATHS))
        asked = {f"{path}__{lookup}" if lookup else path: value_for(draw, lookup, leaf.value)}
    try:
        return tree_of(Q(**asked))
    except QueryError:
        return tree_of(_context__a__isnull=draw(st.booleans()))


def trees(known: list[Leaf]) -> st.SearchStrategy[Node]:
    """Conditions combined."""
    return st.recursive(
        leaves_of(known),
        lambda inner: (
            st.builds(Not, inner)
            | st.builds(And, st.lists(inner, max_size=3).map(tuple))
            | st.builds(Or, st.lists(inner, max_size=3).map(tuple))
        ),
        max_leaves=4,
    )


def askable(document: Document) -> list[Leaf]:
    """What a document holds, to ask for."""
    found = map(Leaf._make, leaves(loads(document.canonical)).leaves)
    return [leaf for leaf in found if leaf.kind != "empty" and leaf.path in ASKED]


@st.composite
def cases(draw: st.DrawFn, most: int = 3) -> tuple[list[Document], Node]:
    """Some events, and a question about them."""
    found = draw(st.lists(documents(), min_size=1, max_size=most, unique_by=lambda document: document.id))
    known = [leaf for document in found for leaf in askable(document)]
    return found, draw(trees(known))
