"""The search box: the same trees as keywords, errors that point at the place, and no input that breaks it."""

import pytest
from django.db.models import Q
from django.test import override_settings
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditsearch.backends.memory import MemoryBackend
from auditsearch.exceptions import InvalidValue, Misread
from auditsearch.forms import encode_key
from auditsearch.query.describe import describe
from auditsearch.query.parse import tree_of
from auditsearch.query.plan import plan
from auditsearch.query.text import CLAUSES, DEPTH, LONGEST, parse
from auditsearch.query.tree import ALL, Where
from auditsearch.search import Events
from tests.factories import event

SAME = {
    "": Q(),
    "user:anna": Q(user="anna"),
    "action:delete": Q(event_code="delete"),
    "-action:delete": ~Q(event_code="delete"),
    "NOT action:delete": ~Q(event_code="delete"),
    "user!=anna": ~Q(user="anna"),
    "object:shop.Order#5": Q(object_type="shop.Order") & Q(object_id="5"),
    "object:shop.Order": Q(object_type="shop.Order"),
    "object:#5": Q(object_id="5"),
    "after:2026-01-01 before:2026-02-01": Q(timestamp__gte="2026-01-01", timestamp__lt="2026-02-01"),
    "on:2026-01-01": Q(timestamp__date="2026-01-01"),
    "time.hour>=18": Q(timestamp__hour__gte=18),
    "snapshot.status:paid to.status:paid": Q(_snapshot__status="paid", _to__status="paid"),
    "from.status:new changed:status": Q(_from__status="new") & Q(_changed="status"),
    "context.a.b=5": Q(_context__a__b__exact="5"),
    "snapshot.amount>100": Q(_snapshot__amount__gt=100),
    "snapshot.amount>=-1.50": Q(_snapshot__amount__gte=-1.5),
    'snapshot.amount<"100"': Q(_snapshot__amount__lt="100"),
    "snapshot.paid<=2026-01-01": Q(_snapshot__paid__lte="2026-01-01"),
    "amount>100": Q(_snapshot__amount__gt=100) | Q(_context__amount__gt=100),
    "snapshot.amount=1.50": Q(_snapshot__amount__exact="1.50") | Q(_snapshot__amount__exact=1.5),
    "birth certificate": Q(search="birth certificate"),
    '"clearance requested"': Q(phrase="clearance requested"),
    "birth user:x certificate": Q(search="birth certificate") & Q(user="x"),
    "отчёт*": Q(search__prefix="отчёт"),
    "отчёт~": Q(search__fuzzy="отчёт"),
    "(отчёт~ | a~)": Q(search__fuzzy="отчёт") | Q(search__fuzzy="a"),
    "user:ann*": Q(user__istartswith="ann"),
    "user:*nna": Q(user__iendswith="nna"),
    "user:*nn*": Q(user__icontains="nn"),
    "user:*": Q(user__isnull=False),
    'user:"a*"': Q(user="a*"),
    "ip:10.0.0.0/8": Q(ip__cidr="10.0.0.0/8"),
    'user~"^[AB]"': Q(user__regex="^[AB]"),
    "a OR b": Q(search="a") | Q(search="b"),
    "(a | user:b) c": (Q(search="a") | Q(user="b")) & Q(search="c"),
    "user:(anna boris)": Q(user="anna") | Q(user="boris"),
    "a ИЛИ НЕ b": Q(search="a") | ~Q(search="b"),
    r'snapshot."a b".c="x\"\\y"': Q(**{"_snapshot__a b__c__exact": 'x"\\y'}),
    "_snapshot__amount__gte:5": Q(_snapshot__amount__gte=5),
    "user__icontains:nn": Q(user__icontains="nn"),
    "_snapshot__a__in:(x 5)": Q(_snapshot__a__in=["x", "5"]),
    "_snapshot__a__range:(1 2.5)": Q(_snapshot__a__range=(1, 2.5)),
    "timestamp__hour__in:(8 9)": Q(timestamp__hour__in=[8, 9]),
    "search:birth": Q(search="birth"),
    'phrase:"birth certificate"': Q(phrase="birth certificate"),
    "object:shop.*": Q(object_type__istartswith="shop."),
    'object:shop.Order#5* object:"a#*"': Q(object_type="shop.Order")
    & Q(object_id__istartswith="5")
    & (Q(object_type="a") & Q(object_id="*")),
    "object:#*": Q(object_id__isnull=False),
    'user:"=a"': Q(user="=a"),
    "version>1.2.3": Q(_snapshot__version__gt="1.2.3") | Q(_context__version__gt="1.2.3"),
    "http://x.y 12:30": Q(search="http x y 12 30"),
}


@pytest.mark.parametrize(("text", "question"), SAME.items(), ids=SAME)
def test_the_box_makes_the_same_tree_as_keywords(text: str, question: Q) -> None:
    assert plan(parse(text)) == plan(tree_of(question) if question else ALL)


@override_settings(AUDITSEARCH={"PROMOTED": {"sum": ["_snapshot__amount", "double"]}})
def test_a_promoted_field_is_asked_by_its_name() -> None:
    assert parse("sum>5") == tree_of(_snapshot__amount__gt=5)


@override_settings(AUDITSEARCH={"RENAMED": {"shop.Purchase": "shop.Order"}})
def test_a_renamed_model_is_found_by_either_name() -> None:
    for text in ("object:shop.Order", "object_type:shop.Order", 'object_type="shop.Order"'):
        assert (
            parse(text) == tree_of(object_type="shop.Order") == tree_of(object_type__in=["shop.Order", "shop.Purchase"])
        )


@override_settings(AUDITSEARCH={"RENAMED": {"shop.Purchase": "shop.Order"}})
def test_a_renamed_model_is_found_in_whatever_its_name_is_given() -> None:
    asked = tree_of(object_type__in=["shop.Order", "shop.Purchase"])
    for names in (iter(["shop.Order"]), {"shop.Order": 1}.keys(), {"shop.Order"}):
        assert tree_of(object_type__in=names) == asked
    with pytest.raises(InvalidValue, match="a list of values"):
        tree_of(object_type__in="shop.Order")


WRONG = {
    "a amount>>5": ("amount>>5", ">> is no operator"),
    "amount=>5": ("amount=>5", "=> is no operator"),
    "amount<>5": ("amount<>5", "no operator; there are >= <="),
    "amount==5": ("amount==5", "no operator"),
    "user=~a": ("user=~a", "=~ is no operator"),
    "amount:>5": ("amount:>5", "In quotation marks"),
    "amount>1,5": ("amount>1,5", "1,5 is no number; write it like -1234.5"),
    "amount<=1e3": ("amount<=1e3", "no number"),
    "amount>.5": ("amount>.5", "no number"),
    "user:(a AND b)": ("AND", "AND can't stand here"),
    "user:(a НЕ b)": ("НЕ", "can't stand here"),
    "a !b": ("!", "write - and not !"),
    "!user:a": ("!", "write - and not !"),
    'a user:"b"c': ('"c', "a blank is expected"),
    '"a b"*': ('"*', "a blank is expected"),
    "a snapshot..b:x": ("snapshot..b:", "followed by a dot and a key"),
    "to.:x": ("to.:", "to.title"),
    "USER:x": ("USER:x", "Did you mean user"),
    "_snapshot__a__in>5": ("_snapshot__a__in>5", "takes no >"),
    "_snapshot__a__range:5": ("_snapshot__a__range:5", "two values"),
    "search=a": ("search=a", "takes no ="),
    "before:x": ("before:x", "before takes a date"),
    "time.hour:24": ("time.hour:24", "time.hour takes a whole number"),
    "user:anna usr:anna": ("usr:anna", "Did you mean user"),
    "a user:": ("user:", "value is missing"),
    'a "b': ('"b', "no partner"),
    "a (b": ("(", "never closed"),
    "a) b": (")", "closes nothing"),
    "a user:(b": ("user:(b", "parenthesis at their end"),
    "a *": ("*", "neither a letter"),
    "a user:***": ("user:***", "A star may stand"),
    "a b*c": ("b*c", "only end a word"),
    "a OR": ("", "expected here"),
    "a AND OR b": ("OR", "behind AND"),
    "NOT": ("", "behind NOT"),
    'a user~"["': ('user~"["', "unterminated character set"),
    'a user~"(?=x)"': ('user~"(?=x)"', "looks ahead"),
    "a after:yesterday": ("after:yesterday", "ISO text"),
    "a on:2026-02-30": ("on:2026-02-30", "takes a date"),
    "after:9999-99-99": ("after:9999-99-99", "ISO text"),
    "time.moth:5": ("time.moth:5", "no lookup"),
    "time.month:13": ("time.month:13", "from 1 to 12"),
    "ip:10.0.0.0/99": ("ip:10.0.0.0/99", "a network"),
    "id>5": ("id>5", "no gt"),
    "snapshot:x": ("snapshot:x", "followed by a key"),
    "user.name:x": ("user.name:x", "no part"),
    "object:#": ("object:#", "object is followed"),
    "object>5": ("object>5", "only : and ="),
    "_source:x": ("_source:x", "no field"),
    "user__like:x": ("user__like:x", "no lookup"),
    "a amount:[1 TO 5] b": ("amount:[1 TO 5]", "amount>=1 amount<=5"),
    "snapshot.amount:{-1 TO 2.5}": ("snapshot.amount:{-1 TO 2.5}", r"snapshot\.amount>=-1 snapshot\.amount<=2\.5"),
    "(amount:1..5)": ("amount:1..5", "amount>=1 amount<=5"),
    "report~2": ("report~2", "Like a word is report~"),
    "report~0.8 a": ("report~0.8", "want quotation marks"),
    "a~~": ("a~~", "Like a word is a~"),
    "after:2026-01-01 10:00 a": ("after:2026-01-01 10:00", "or 2026-01-01T10:00"),
    "time>=2026-01-01 9:30": ("time>=2026-01-01 9:30", "one value"),
    "amount>1 000": ("amount>1 000", "no blanks: 1000"),
    "amount<=12\u00a0345\u00a0678": ("amount<=12\u00a0345\u00a0678", "no blanks: 12345678"),
    "status:(paid, new)": ("paid,", "without commas"),
    "status :paid": (":paid", "without blanks: status:paid"),
    "total >5": (">5", "without blanks: total>5"),
    "total > 5": (">", "total>5"),
    "(total <= -5.5)": ("<=", "total<=5"),
    "status : paid": (":", "status:paid"),
    "status =paid": ("=paid", "status=paid"),
    "a cleara?ce": ("cleara?ce", "stands for no letter"),
    "user:!anna": ("user:!anna", "is no operator; there are >= <= !="),
    "object:5": ("object:5", "object:#5"),
    "time:2026-11-22": ("time:2026-11-22", "on:2026-11-22"),
}

LITERAL = [
    'amount:"[1 TO 5]"',
    "message:[INFO]",
    "a:{b}",
    'report~"2"',
    "report~2nd",
    'after:"2026-01-01 10:00"',
    "on:2026-01-01 10",
    'amount>1 "000"',
    "amount>1 0000",
    "http://a.b/c?d=e",
    "what?",
    "<b>bold</b>",
    'total ">5"',
    'object:"5"',
    "time=2026-11-22",
]


@pytest.mark.parametrize("text", LITERAL)
def test_what_only_resembles_a_slip_is_read(text: str) -> None:
    assert parse(text) != ALL


@pytest.mark.parametrize(("text", "told"), WRONG.items(), ids=WRONG)
def test_an_error_points_at_the_place_and_says_why(text: str, told: tuple[str, str]) -> None:
    with pytest.raises(Misread, match=told[1]) as error:
        parse(text)
    assert text[error.value.start : error.value.end] == told[0]
    assert error.value.pointed().startswith(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x " * 5_000, f"{LONGEST} bytes"),
        ("я" * 600, f"{LONGEST} bytes"),
        ("x " * 200, f"{CLAUSES} conditions"),
        (f"user:({'x ' * 200})", f"{CLAUSES} conditions"),
        ("(" * 300 + "x" + ")" * 300, f"{DEPTH} deep"),
        ("-" * 1000 + "x", f"{DEPTH} deep"),
        ("(x | y (" * 15 + "x" + "))" * 15, f"{DEPTH} deep"),
        ("(x | y -" * 10 + "x" + ")" * 10, "20 of and, or and not"),
        ("NOT " * 200 + "x", f"{DEPTH} deep"),
    ],
)
def test_too_much_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Misread, match=reason):
        parse(text)


@pytest.mark.parametrize(
    ("text", "much"),
    [
        ("x" * 1_024, "x" * 1_025),
        ("я" * 512, "я" * 512 + "x"),
        (f"user:({'x ' * 100})", f"user:({'x ' * 101})"),
        ("(" * 20 + "x" + ")" * 20, "(" * 21 + "x" + ")" * 21),
    ],
)
def test_a_question_has_1_kilobyte_100_conditions_and_20_parentheses_and_no_more(text: str, much: str) -> None:
    assert parse(text)
    with pytest.raises(Misread, match=r"at most|may stand 20 deep"):
        parse(much)


HOSTILE = [
    "*",
    "?",
    '"',
    "\\",
    "/",
    "{}",
    "a\0b",
    "<script>alert(1)</script>",
    "_source",
    "' OR 1=1 --",
    "%",
    "\ue002",
    "#",
    "a=b",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_looks_like_an_order_is_found_literally(value: str) -> None:
    events = Events(backend=(backend := MemoryBackend()))
    backend.index([event(user=value), event(user="Anna"), event(user=f"x{value}x")])
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert [found.user for found in Events(parse(f'user:"{quoted}"'), backend=backend)] == [value]
    assert events.filter(user__contains=value).count() == 2


SIGNS = [*'*~-!,()":=<|#\\ .\0', ">=", "!=", "/8", "\ud800"]
NAMES = [
    "user",
    "snapshot.",
    "a",
    "отчёт",
    " OR ",
    " AND ",
    "NOT ",
    "2026-01-01",
    "5",
    "object:",
    "after:",
    "ip:",
    "__in",
    "__range",
    "search",
    "1e3",
    " И ",
    "\\",
]
pieces = st.sampled_from([*SIGNS, *NAMES, "_context__", "regex"])


@settings(max_examples=400, deadline=None)
@given(text=st.lists(pieces, max_size=14).map("".join) | st.text(max_size=40))
@example(text='snapshot.":x')
@example(text="a:(")
def test_no_input_breaks_the_box(text: str) -> None:
    assert misread(text) or (plan(parse(text)) and describe(parse(text), "en") and describe(parse(text), "ru"))


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(max_examples=200, deadline=None)
@given(value=st.text(max_size=20) | st.text('\\"*()|-!<>=~#: ', max_size=8), key=st.text(min_size=1, max_size=8))
def test_any_value_of_any_key_can_be_asked_in_quotation_marks(value: str, key: str) -> None:
    assert parse(f"user:{quoted(value)}") == tree_of(user=value)
    assert parse(f"-user:{quoted(value)}") == parse(f"(user!={quoted(value)})") == tree_of(~Q(user=value))
    asked = parse(f"snapshot.{quoted(key)}={quoted(value)}")
    assert asked == Where(f"snapshot.{encode_key(key)}", "exact", tree_of(user=value).value)  # type: ignore[attr-defined]


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces, max_size=14).map("".join))
def test_what_is_read_once_is_read_in_parentheses_and_denied(text: str) -> None:
    if text.strip() and not misread(text):
        assert plan(parse(f"({text})")) == plan(parse(text))
        assert plan(parse(f"NOT NOT ({text})")) == plan(parse(text))


def misread(text: str) -> bool:
    """Whether it is refused, and then with a reason and a place."""
    try:
        parse(text)
    except Misread as error:
        return bool(error.reason) and 0 <= error.start <= error.end <= len(text)
    return False
