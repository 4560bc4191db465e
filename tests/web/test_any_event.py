"""Whatever an event holds, it has its page, and nothing in it is markup."""

from typing import Any

from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditsearch.event import Event
from auditsearch.web import difference, event, show
from auditsearch.web.line import lines
from tests.factories import NOON, canonical

TEXT = st.text(max_size=8) | st.sampled_from(["<b>", "\u202e", "\0", "a" * 3000, "2026-11-22T08:00:00Z", "\ud800"])
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | TEXT
VALUE = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
NAMES = st.sampled_from(["status", "customer_id", "customer", "lines", "id", "placed", "weight", "<i>"])
KNOWN = st.dictionaries(NAMES, VALUE, max_size=4)
CONTEXT = st.fixed_dictionaries({}, optional=dict.fromkeys(("diff", "labels", "parent", "cause", "url"), KNOWN | VALUE))
EVENT = st.fixed_dictionaries(
    {"context": CONTEXT | st.dictionaries(TEXT, VALUE, max_size=3), "snapshot": KNOWN},
    optional=dict.fromkeys(("verbose", "object_label", "user", "suid", "object_id", "object_type", "event_code"), TEXT),
)


def rendered(template: str, **context: Any) -> str:
    """A part of a page."""
    return render_to_string(f"auditsearch/{template}.html", context)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVENT)
def test_any_event_can_be_shown(changes: dict[str, Any]) -> None:
    made = Event.from_canonical(canonical(**changes))
    told = event.told(made)
    parts = [
        rendered("_lines", lines=told["context"] + told["snapshot"] + told["envelope"]),
        rendered("_difference", diff=told["diff"]),
        *(rendered("_event", line=line) for line in lines([made])),
        rendered("_brief", events=[made]),
    ]
    assert "<b>" not in "".join(parts[:2] + parts[3:]).replace("<b>{", "")
    assert not set("\u202e\0") & set("".join(parts))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_marked_texts_are_the_texts(old: str, new: str) -> None:
    one, two = difference.marked(old, new)
    assert ("".join(part for part, _ in one), "".join(part for part, _ in two)) == (old, new)
    assert old != new or not any(differs for _, differs in one + two)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**40), TEXT)
def test_nothing_shown_is_invisible(after: int, text: str) -> None:
    seen = show.shown(text)
    assert seen.isprintable() or all(sign.isprintable() or sign.isspace() for sign in seen)
    assert show.sentence(Event.from_canonical(canonical(ts=NOON + after, verbose=text)))
