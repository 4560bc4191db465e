"""Metrics for Prometheus: a collector for the application's own registry, and their text for a URL."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from auditsearch.capture import handlers, mask
from auditsearch.models import State
from auditsearch.monitor.health import Database, Health, health

METRICS = {
    "auditsearch_outbox_rows": "Rows of the outbox",
    "auditsearch_outbox_oldest_seconds": "Age of the oldest event that waits",
    "auditsearch_events_per_minute": "Events of the last minutes",
    "auditsearch_store_events": "Events in the store",
    "auditsearch_fallback_events": "Events in FALLBACK_FILE",
    "auditsearch_findings": "What somebody should know or do",
    "auditsearch_healthy": "1 if nobody must act",
    "auditsearch_masked_values_total": "Values that this process has masked",
    "auditsearch_handler_failures_total": "Handlers that raised, or answered what their signal can't take",
}
"""Name -> what it is. The last two count since the process began, so each worker has its own."""


class AuditCollector(Collector):
    """Looks at outboxes and store at each scrape: `prometheus_client.REGISTRY.register(AuditCollector())`."""

    def collect(self) -> Iterator[Metric]:
        """All metrics: gauges of the whole site, and counters of this process."""
        now = health()
        yield from _databases(now)
        yield _one("auditsearch_healthy", int(now.ok))
        yield _one("auditsearch_fallback_events", now.fallback)
        if now.events is not None:
            yield _one("auditsearch_store_events", now.events)
        levels = _family("auditsearch_findings", "level")
        for level in ("warning", "error"):
            levels.add_metric([level], sum(finding.level == level for finding in now.findings))
        yield levels
        yield from _counters()


def text() -> bytes:
    """All metrics in the form that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(AuditCollector())
    return generate_latest(registry)


def _databases(now: Health) -> Iterator[Metric]:
    rows = _family("auditsearch_outbox_rows", "database", "state")
    oldest = _family("auditsearch_outbox_oldest_seconds", "database")
    rates = _family("auditsearch_events_per_minute", "database", "what")
    for alias, found in now.databases.items():
        for state in State:
            rows.add_metric([alias, state.value], found.rows.get(state.value, 0))
        oldest.add_metric([alias], found.oldest_seconds or 0)
        for what, rate in _rates(found):
            rates.add_metric([alias, what], rate)
    yield from (rows, oldest, rates)


def _rates(found: Database) -> Iterator[tuple[str, float]]:
    for what, rate in (("captured", found.captured_per_minute), ("shipped", found.shipped_per_minute)):
        if rate is not None:
            yield what, rate


def _counters() -> Iterator[CounterMetricFamily]:
    name = "auditsearch_masked_values_total"
    yield CounterMetricFamily(name, METRICS[name], value=mask.hidden())
    name = "auditsearch_handler_failures_total"
    failures = CounterMetricFamily(name, METRICS[name], labels=["signal"])
    for signal, count in handlers.failures.items():
        failures.add_metric([signal], count)
    yield failures


def _family(name: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, METRICS[name], labels=labels)


def _one(name: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, METRICS[name], value=value)
