"""Numbers for Prometheus: one registry a process, made where the process is wired, handed over as an argument."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from bot.models import Backlog

DOOR_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
WORK_BUCKETS_S = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0, 1200.0)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """What the service counts. Labels come from our own lists, never from a payload's free text."""

    content_type = CONTENT_TYPE_LATEST
    """Media type of ``render``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._door(self.registry)
        self._work(self.registry)
        self._outside(self.registry)

    def _door(self, registry: CollectorRegistry) -> None:
        self.deliveries = Counter(
            "patchwarden_deliveries",
            "Webhook deliveries by event and outcome (stored, repeated, ignored, refused, unavailable).",
            ["event", "outcome"],
            registry=registry,
        )
        self.door_seconds = Histogram(
            "patchwarden_door_seconds",
            "From a delivery's first byte to our answer.",
            buckets=DOOR_BUCKETS_S,
            registry=registry,
        )
        self.batch_size = Histogram(
            "patchwarden_ingest_batch_rows",
            "Deliveries committed together.",
            buckets=BATCH_BUCKETS,
            registry=registry,
        )
        self.doorbell_failures = Counter(
            "patchwarden_doorbell_failures",
            "Rings that did not reach the queue; the sweeper finds the work.",
            registry=registry,
        )
        self.routed = Counter(
            "patchwarden_routed",
            "Stored deliveries by what became of them (work, nothing, repeated, failed, deferred).",
            ["outcome"],
            registry=registry,
        )

    def _work(self, registry: CollectorRegistry) -> None:
        self.work = Counter(
            "patchwarden_work",
            "Work by kind and outcome (done, retried, failed, superseded, lost, released, given_up).",
            ["kind", "outcome"],
            registry=registry,
        )
        self.work_seconds = Histogram(
            "patchwarden_work_seconds",
            "How long a try took, by kind of work.",
            ["kind"],
            buckets=WORK_BUCKETS_S,
            registry=registry,
        )
        self.backlog = Gauge(
            "patchwarden_backlog", "Work by state (waiting, running, dead, unrouted).", ["state"], registry=registry
        )
        self.oldest_wait_seconds = Gauge(
            "patchwarden_oldest_wait_seconds", "How long the longest waiting work has waited.", registry=registry
        )
        self.swept = Counter(
            "patchwarden_swept", "Rows the sweeper found, by kind (delivery, work).", ["kind"], registry=registry
        )
        self.purged = Counter(
            "patchwarden_purged", "Rows retention emptied or deleted, by kind.", ["kind"], registry=registry
        )

    def _outside(self, registry: CollectorRegistry) -> None:
        self.review_seconds = Histogram(
            "patchwarden_review_seconds",
            "From the start of a review to its last posted word.",
            buckets=WORK_BUCKETS_S,
            registry=registry,
        )
        self.analyser_failures = Counter(
            "patchwarden_analyser_failures",
            "Analysers that could not run, by name.",
            ["analyser"],
            registry=registry,
        )
        self.tool_calls = Counter(
            "patchwarden_tool_calls",
            "MCP tool calls by server, tool and outcome.",
            ["server", "tool", "outcome"],
            registry=registry,
        )
        self.missed_deliveries = Counter(
            "patchwarden_missed_deliveries",
            "Deliveries that never reached us, by what GitHub said when asked for them (asked_again, refused, failed).",
            ["outcome"],
            registry=registry,
        )
        self.github_requests = Counter(
            "patchwarden_github_requests",
            "Requests to GitHub by method and status (0: no answer).",
            ["method", "status"],
            registry=registry,
        )

    def set_backlog(self, backlog: Backlog) -> None:
        """Show the state of the work table."""
        states: Mapping[str, int] = {
            "waiting": backlog.waiting,
            "running": backlog.running,
            "dead": backlog.dead,
            "unrouted": backlog.unrouted,
        }
        for state, number in states.items():
            self.backlog.labels(state).set(number)
        self.oldest_wait_seconds.set(backlog.oldest_wait_s)

    def render(self) -> bytes:
        """All numbers in Prometheus's text format."""
        return generate_latest(self.registry)
