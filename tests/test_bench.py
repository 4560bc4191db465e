"""The benchmarks' pure parts: what is measured is the same each time, and the figures bear the agreed names."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path

import pytest

from bench import (
    capture,
    changes,
    corpus,
    filling,
    find,
    mapping,
    picture,
    query,
    questions,
    report,
    ship,
    statements,
    variants,
)

COUNTS = {
    "loop of 100 creates, autocommit": {"INSERT bench_patient": 100, "INSERT auditsearch_outbox": 100, "BEGIN": 100},
    "loop of 100 creates, one transaction": {"INSERT bench_patient": 100, "SELECT bench_clinic": 1},
    "delete of 100 by a queryset": {"SELECT bench_patient": 1, "DELETE bench_patient": 1, "INSERT x": 2, "COMMIT": 1},
    "the same with a receiver of post_delete": {"SELECT bench_patient": 1, "DELETE bench_patient": 1},
    "bulk_create of 100": {"INSERT bench_patient": 1},
    "update of 100 by a queryset": {"UPDATE bench_patient": 1},
    "many to many, add of 10": {"INSERT bench_ward_charts": 1},
    "a model that is not followed": {"INSERT bench_visitor": 1},
}


def test_the_corpus_is_the_same_for_the_same_seed() -> None:
    assert list(corpus.canonical_texts(20, seed=7)) == list(corpus.canonical_texts(20, seed=7))
    assert list(corpus.canonical_texts(20, seed=7)) != list(corpus.canonical_texts(20, seed=8))


def test_a_slice_of_the_corpus_is_a_part_of_the_whole() -> None:
    assert list(corpus.events(5, start=10)) == list(islice(corpus.events(20), 10, 15))


def test_the_corpus_has_500_models_of_20_fields_and_ids_of_its_own() -> None:
    assert len({schema.name for schema in corpus.schemas()}) == 500
    assert len({field for schema in corpus.schemas() for field in schema.own}) == 500 * 16
    events = list(corpus.events(500))
    assert {len(event["snapshot"]) for event in events} == {20}
    assert len({event["id"] for event in events}) == 500


def test_an_event_of_the_corpus_is_about_1900_bytes() -> None:
    sizes = [len(text.encode()) for _, text in corpus.canonical_texts(300)]
    assert 1_700 < sum(sizes) / len(sizes) < 2_100


def test_documents_made_ahead_are_those_of_the_corpus_in_its_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = list(filling.batches("p", 5_500, start=3_000))
    assert [len(batch) for batch in found] == [1_000, 1_000, 500]
    assert [one.canonical for batch in found for one in batch] == [
        text for _, text in corpus.canonical_texts(2_500, start=3_000)
    ]
    assert "5,500 of 5,500 events are stored" in capsys.readouterr().err


def test_each_library_is_followed_on_the_same_models() -> None:
    assert [rival.title for rival in capture.RIVALS.values()][:2] == ["nothing logged", "auditsearch"]
    assert len(capture.RIVALS) == 6


def test_borders_of_transactions_are_counted_apart() -> None:
    counted = {statements.kind(sql): 1 for sql in ("BEGIN", 'SAVEPOINT "s1"', 'INSERT INTO "a" ("b") VALUES (1)')}
    assert counted.keys() == {"BEGIN", "SAVEPOINT", "INSERT a"}
    assert (statements.real(counted), statements.borders(counted)) == (1, 2)


def test_the_figures_of_capture_bear_the_agreed_names() -> None:
    one = {"plain": [10.0], "auditsearch": [15.0], "all_on": [16.0], "auditlog": [30.0]}
    times = {case.title: one for case in capture.CASES}
    figures = capture.figures_of(times, {"auditsearch": COUNTS, "plain": COUNTS})
    assert figures.keys() >= capture.LIMITS.keys()
    assert figures["create_ratio"] == pytest.approx(0.25)
    assert (figures["loop100_sql"], figures["delete100_sql"], figures["delete100_inserts"]) == (200, 4, 2)


def test_the_figures_of_shipping_bear_the_agreed_names() -> None:
    figures = ship.figures_of([(1, 100.0, 80.0, 0.8)], {"peak_mb": 90.0}, {"peak_mb": 91.0})
    assert figures.keys() >= ship.LIMITS.keys()


def test_the_figures_of_mapping_bear_the_agreed_names() -> None:
    event = next(corpus.events(1))
    answers = {
        question: mapping.true_ids(mapping.Way("facts", "", "", taken=[event]), question) for question in mapping.ASKED
    }
    ours = mapping.Way("facts", "", "", {1: [1.0], 2: [1.0]}, taken=[event], found=answers)
    figures = mapping.figures_of(
        {"facts": ours, "flat_object": mapping.Way("flat_object", "", "", {1: [1.0], 2: [2.0]})}
    )
    assert figures.keys() >= mapping.LIMITS.keys()
    assert (figures["wrong_hits"], figures["ingest_ratio"]) == (0, 0.5)


def test_each_variant_keeps_every_event_that_the_corpus_has() -> None:
    events = list(corpus.events(100))
    for variant in variants.VARIANTS.values():
        assert all(variant.body(event)["snapshot"] == event["snapshot"] for event in events)


def test_the_last_line_of_a_report_is_one_json_object() -> None:
    assert json.loads(report.last_line({"ratio": 1 / 3, "rejected": 0})) == {"ratio": 0.333, "rejected": 0}


def test_what_could_not_be_measured_keeps_no_limit() -> None:
    assert "no" in report.verdicts({"ratio": None}, {"ratio": (">=", 0.5)})


def test_the_figures_of_query_bear_the_agreed_names() -> None:
    asked = questions.questions()
    times = {question.title: {"ours": [5.0], "hand": [3.0], "sqlite": [9.0]} for question in asked}
    figures = query.figures_of(asked, times, {"sqlite": 4_000.0, "server": 2_000.0})
    assert figures.keys() >= query.LIMITS.keys()
    assert (len(asked), figures["worst_ratio"], figures["worst_ms"]) == (20, 1.0, 5.0)


def test_the_figures_of_find_bear_the_agreed_names() -> None:
    medians = {
        "django-auditlog": 900.0,
        "easy-audit": 600.0,
        "auditsearch, OpenSearch": 6.0,
        "auditsearch, SQLite": 1.0,
    }
    assert find.figures_of(medians)["find_ratio"] == 100
    assert find.figures_of(medians).keys() >= find.LIMITS.keys()


def test_the_word_to_find_stands_in_few_changes() -> None:
    notes = [changes.change(number)["fields"]["note"] for number in (19, 20, 40_020)]
    assert [changes.WORD in note for note in notes] == [False, True, True]


def test_a_chart_has_a_curve_and_a_name_each() -> None:
    drawn = picture.chart({"a & b": [1, 10, 100], "c": [2, 2, 2]}, ["1", "2", "3"], "title")
    assert (drawn.count("<polyline"), drawn.count("a &amp; b")) == (2, 1)


@pytest.mark.parametrize("name", ["capture", "ship", "outage", "mapping", "query", "find", "growth", "life"])
def test_each_benchmark_can_be_run_by_make(name: str) -> None:
    assert f"bench-{name}:" in (Path(__file__).parents[1] / "Makefile").read_text()


def test_each_variable_is_documented_with_its_default() -> None:
    folder = Path(report.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    sizes = {(name, int(number)) for name, number in re.findall(r"""size\("(\w+)", ([\d_]+)\)""", source)}
    told = re.findall(r"`([A-Z]+)`[\w ]* \((\d+)", (folder / "README.md").read_text())
    assert {(name, int(number)) for name, number in told if name in dict(sizes)} == sizes
