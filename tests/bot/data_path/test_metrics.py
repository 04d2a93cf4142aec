"""Numbers are shown in Prometheus's text format."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import Metrics
from bot.models import Backlog


def test_every_number_parses_and_has_its_help() -> None:
    metrics = Metrics()
    metrics.deliveries.labels("pull_request", "stored").inc()
    metrics.door_seconds.observe(0.01)
    metrics.set_backlog(Backlog(waiting=3, running=2, dead=1, unrouted=4, oldest_wait_s=5.5))
    families = {family.name: family for family in text_string_to_metric_families(metrics.render().decode())}
    assert all(name.startswith("patchwarden_") and family.documentation for name, family in families.items())
    shown = {sample.labels["state"]: sample.value for sample in families["patchwarden_backlog"].samples}
    assert shown == {"waiting": 3, "running": 2, "dead": 1, "unrouted": 4}
    (delivered,) = [s for s in families["patchwarden_deliveries"].samples if s.name.endswith("_total")]
    assert (delivered.labels, delivered.value) == ({"event": "pull_request", "outcome": "stored"}, 1)


def test_two_processes_worth_of_metrics_do_not_meet() -> None:
    first, second = Metrics(), Metrics()
    first.doorbell_failures.inc()
    assert second.registry.get_sample_value("patchwarden_doorbell_failures_total") == 0
