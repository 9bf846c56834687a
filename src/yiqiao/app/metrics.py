"""Counters for Prometheus.

With several worker processes the client library's multi-process mode is used: `serve` sets PROMETHEUS_MULTIPROC_DIR
before the workers start, and any of them can then answer for all.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """The hub's counters; one a process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._exchanges = Counter(
            "yiqiao_exchanges_total",
            "Exchanges answered, by dialect, operation and return code.",
            ("dialect", "operation", "outcome"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "yiqiao_exchange_seconds",
            "Time from the first byte read to the answer, journal included.",
            ("dialect", "operation"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.waiting = Gauge(
            "yiqiao_writes_waiting",
            "Calls that wait for a transaction.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self.unfiled = Gauge(
            "yiqiao_journal_keys_unfiled",
            "Entries of the journal whose business keys are not filed yet: searches read them one by one.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._notices = Counter(
            "yiqiao_payment_notices_total",
            "Notices of payment channels, by channel and what became of them: taken, unknown, bad, failed.",
            ("channel", "outcome"),
            registry=self.registry,
        )
        self._of: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def exchange(self, dialect: str, operation: str, outcome: str, seconds: float) -> None:
        """Count one exchange."""
        key = (dialect, operation, outcome)
        children = self._of.get(key)
        if children is None:
            children = self._of[key] = (self._exchanges.labels(*key), self._seconds.labels(dialect, operation))
        children[0].inc()
        children[1].observe(seconds)

    def notice(self, channel: str, outcome: str) -> None:
        """Count a payment channel's notice."""
        self._notices.labels(channel, outcome).inc()

    def text(self) -> bytes:
        """The exposition format, of all processes."""
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self.registry)
