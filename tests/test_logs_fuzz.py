"""Any bytes: a file is read without an error, no entry is lost, and Kofa's bytes come out again."""

import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from auditsearch.canonical import loads
from auditsearch.event import Event
from auditsearch.exceptions import InvalidValue
from auditsearch.logs import jsonlines, kofa
from auditsearch.logs.files import LogFile
from auditsearch.logs.importers import row_of
from auditsearch.logs.moments import moment
from tests.test_logs_search import NOW

BERLIN = ZoneInfo("Europe/Berlin")
HEADS = st.sampled_from(
    [
        b"2015-04-29 08:12:26,091 - INFO - admin - ",
        b"2015-10-25 02:30:00,000 - ERROR - Anna Banana - ",
        b"2015-03-29 02:30:00,000 - INFO - system - ",
        b"2015-13-29 02:30:00,000 - INFO - x - ",
        b"2015-04-29 08:12:26,091 - ",
        b"",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(
        [b"a.b.Page - W1 - saved: a + b", b"W1 - Cleared", b"updated: a=[1, b=['x'], c=", b" - ", b"\r", b""]
    ),
    st.text(max_size=12).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.binary(max_size=12),
).map(lambda text: text.replace(b"\n", b"") + b"\n")
FILES = st.lists(st.tuples(HEADS, TEXTS).map(b"".join), max_size=8).map(b"".join)
FIRST = b"2015-04-29 08:12:25,000 - INFO - admin - begin\n"


def events(content: bytes) -> list[Event]:
    """The events of a file of Kofa's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "main.log"
        path.write_bytes(content)
        file = LogFile(path, "main", BERLIN, "main.log")
        return [Event.from_canonical(row_of(file.origin, at, entry)[2]) for at, entry in file.entries()]


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_any_file_of_kofas_comes_out_again(content: bytes) -> None:
    found = events(FIRST + content)
    assert len({event.id for event in found}) == len(found)
    assert b"".join(kofa.encoded(event, BERLIN) for event in found) == FIRST + content


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(), st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(str)))
def test_any_line_of_json_is_read_or_broken(text: str) -> None:
    fields = jsonlines.parse(text)
    assert fields is None or isinstance(fields["context_data"], dict)
    try:
        tree = loads(text)
    except ValueError:
        tree = None
    assert (fields is None) == (not isinstance(tree, dict))


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="0123456789 -:dayshourweekTZ+", max_size=20))
def test_any_moment_is_one_or_an_error_of_the_question(text: str) -> None:
    try:
        found = moment(text, NOW)
    except InvalidValue:
        return
    assert found.tzinfo is not None
