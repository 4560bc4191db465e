"""The chart: its bars hold all events, a bar leads into its stretch, and there is a way out."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from auditsearch.event import micros
from auditsearch.exceptions import QueryError
from auditsearch.search import Events
from auditsearch.web.histogram import Chart, chart, said
from auditsearch.web.scope import Scope
from auditsearch.web.state import State
from tests.factories import NOON
from tests.web.conftest import Put

ALL = Scope(None, Events(), "")
NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = 3_600_000_000


def drawn(query: str = "") -> Chart:
    """The chart of an address."""
    state = State.from_query(QueryDict(query))
    found = chart(state, state.events(ALL, NOW), NOW)
    assert found is not None
    return found


def followed(url: str) -> Events:
    """The events at an address."""
    return State.from_query(QueryDict(url.partition("?")[2])).events(ALL, NOW)


def test_nothing_is_drawn_of_nothing(store: None) -> None:
    assert chart(State(), State().events(ALL, NOW), NOW) is None


@pytest.mark.parametrize(
    ("span", "interval"),
    [(0, "minutes"), (2, "hours"), (90, "hours"), (24 * 30, "days"), (24 * 300, "weeks"), (24 * 1500, "months")],
)
def test_the_interval_fits_the_stretch_of_time(put: Put, span: int, interval: str) -> None:
    put()
    put(ts=NOON - span * HOUR)
    found = drawn()
    assert found.interval == interval
    assert 1 <= len(found.bars) <= 97
    assert sum(bar.count for bar in found.bars) == 2


def test_a_bar_leads_to_its_own_events(put: Put) -> None:
    for number in range(40):
        put(ts=NOON - number * 7 * HOUR, verbose="word")
    bars = drawn("q=word").bars
    assert sum(bar.count for bar in bars) == 40
    assert [followed(bar.url).count() for bar in bars] == [bar.count for bar in bars]


def test_an_asked_stretch_is_drawn_whole_though_its_ends_are_empty(put: Put) -> None:
    put(ts=NOON - 5 * HOUR)
    found = drawn("since=2026-11-22&until=2026-11-23")
    assert [bar.count for bar in found.bars].index(1) == 8  # 07:00 UTC in Lagos
    assert len(found.bars) == 24


def test_there_are_ways_out_of_a_stretch_and_none_out_of_all(put: Put) -> None:
    put()
    put(ts=NOON - 50 * HOUR)
    assert drawn().whole == ""
    found = drawn("q=Order&since=2026-11-22+10:00&until=2026-11-22+14:00")
    assert found.whole == "/audit/?q=Order"
    assert "since=2026-11-22+06%3A00&until=2026-11-22+18%3A00" in found.wider
    assert "since=2026-11-22+14%3A00&until=2026-11-22+18%3A00" in found.later


def test_the_tooltip_tells_time_and_number(put: Put) -> None:
    put()
    assert [bar.label for bar in drawn("interval=month").bars] == ["November 2026 · 1 event"]


@pytest.mark.parametrize(("interval", "sentence"), [("second", "no interval 'second'"), ("minute", "more than 2,000")])
def test_a_wrong_interval_is_told(put: Put, interval: str, sentence: str) -> None:
    put()
    put(ts=NOON - 500 * HOUR)
    with pytest.raises(QueryError, match=sentence):
        drawn(f"interval={interval}")


def test_an_edge_is_said_so_that_it_means_itself_when_clocks_are_set() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    twice = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for moment in (twice, twice + timedelta(hours=1), twice + timedelta(seconds=5)):
        read = datetime.fromisoformat(said(micros(moment), berlin))
        assert micros(read.replace(tzinfo=read.tzinfo or berlin)) == micros(moment)
    assert said(micros(twice), berlin) == "2026-10-25 02:30"


def test_ends_that_are_known_are_not_asked(put: Put, searches: list[str]) -> None:
    put()
    event = Events()[0]
    searches.clear()
    assert chart(State(), Events(), NOW, (event.timestamp, event.timestamp)) == drawn()
    assert searches == ["histogram", "search", "search", "histogram"]
