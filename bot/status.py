"""What state each part of the service is in, and the one sentence about all of it. Pure decisions over facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from bot.models import Backlog, Frozen, ServerState, WorkerBeat
from templates.figures import count, duration, milliseconds, sentence

SERVER_SILENT_AFTER = timedelta(minutes=10)
"""A health check older than this says nothing about now."""
LONG_WAIT_S = 600.0
"""A review that waits longer than this makes the queue degraded."""


class State(StrEnum):
    """State of one component."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    FAILING = "failing"
    DOWN = "down"
    IDLE = "idle"
    """Not started yet: servers start with the first call that needs them."""
    NO_DATA = "no-data"

    @property
    def word(self) -> str:
        """What people read."""
        return _WORDS[self][0]

    @property
    def sign(self) -> str:
        """A sign beside the word, told apart by its shape as well as by its colour."""
        return _WORDS[self][1]

    @property
    def monitored(self) -> bool:
        """Whether anything is known."""
        return self not in {State.IDLE, State.NO_DATA}

    @property
    def statuspage(self) -> str:
        """The word of the Statuspage API. Source: Statuspage API v2, component status."""
        return _STATUSPAGE.get(self, "operational")


_WORDS = {
    State.OPERATIONAL: ("Operational", "✓"),
    State.DEGRADED: ("Degraded", "!"),
    State.FAILING: ("Failing", "✕"),
    State.DOWN: ("Down", "✕"),
    State.IDLE: ("Not started yet", "…"),
    State.NO_DATA: ("No data", "?"),
}
_STATUSPAGE = {
    State.DEGRADED: "degraded_performance",
    State.FAILING: "partial_outage",
    State.DOWN: "major_outage",
}
_STORED = {
    "healthy": State.OPERATIONAL,
    "degraded": State.DEGRADED,
    "unhealthy": State.FAILING,
    "offline": State.DOWN,
}
"""The seed's words of a health check."""

_ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

Indicator = Literal["none", "minor", "major", "critical"]


class Component(Frozen):
    """One part of the service."""

    key: str
    """Name in addresses: ``/badge/{key}.svg``."""
    name: str
    state: State
    detail: str
    """One sentence or less, safe to show to anybody."""
    checked_at: datetime | None = None

    @property
    def is_bad(self) -> bool:
        """Whether something is wrong with it."""
        return self.state in {State.DEGRADED, State.FAILING, State.DOWN}


class Overall(Frozen):
    """The answer to "does it work?"."""

    indicator: Indicator
    """As in the Statuspage API."""
    state: State
    sentence: str


def web(version: str) -> Component:
    """The web process: it answers, or nobody would read this."""
    return Component(key="web", name="Web", state=State.OPERATIONAL, detail=f"answers, version {version}")


def worker(beats: Sequence[WorkerBeat] | None) -> Component:
    """The workers that said they are alive; None when nobody could be asked."""
    if beats is None:
        return Component(key="worker", name="Worker", state=State.NO_DATA, detail="the database does not say")
    if not beats:
        detail = "no worker is running; reviews wait until one starts"
        return Component(key="worker", name="Worker", state=State.DOWN, detail=detail)
    running = sum(beat.running for beat in beats)
    detail = f"{count(len(beats), 'worker')}, {count(running, 'review')} running"
    seen = max(beat.last_seen for beat in beats)
    return Component(key="worker", name="Worker", state=State.OPERATIONAL, detail=detail, checked_at=seen)


def queue(backlog: Backlog | None, *, reachable: bool) -> Component:
    """What waits, and whether the doorbell rings."""
    state, parts = State.OPERATIONAL, []
    if backlog is None:
        return Component(key="queue", name="Queue", state=State.NO_DATA, detail="the database does not say")
    waiting = backlog.waiting + backlog.unrouted
    parts.append(f"{waiting} waiting" if waiting else "nothing waits")
    if waiting and backlog.oldest_wait_s >= 1:
        parts.append(f"the oldest for {duration(backlog.oldest_wait_s)}")
    if backlog.oldest_wait_s > LONG_WAIT_S:
        state = State.DEGRADED
    if backlog.dead:
        parts.append(f"{backlog.dead} given up")
    if not reachable:
        state = State.DEGRADED
        parts.append("doorbell not reachable, work starts a few seconds later")
    return Component(key="queue", name="Queue", state=state, detail=", ".join(parts))


def database(engine: str, *, answered_ms: float | None) -> Component:
    """The database; None when it did not answer."""
    if answered_ms is None:
        return Component(key="database", name="Database", state=State.DOWN, detail="does not answer")
    detail = f"{_ENGINES.get(engine, engine)}, answers in {milliseconds(answered_ms)}"
    return Component(key="database", name="Database", state=State.OPERATIONAL, detail=detail)


def servers(known: Iterable[str], seen: Iterable[ServerState] | None, now: datetime) -> list[Component]:
    """MCP servers by name: those somebody looked at, and those that only exist.

    Args:
        known: names of the catalogue.
        seen: the last look at each; None when nobody could be asked.
        now: to tell a fresh look from an old one.
    """
    states = {state.server_name: state for state in seen or ()}
    if seen is None:
        return [
            Component(key=name, name=name, state=State.NO_DATA, detail="the database does not say")
            for name in sorted(known)
        ]
    return [_server(name, states.get(name), now) for name in sorted({*known, *states})]


def _server(name: str, seen: ServerState | None, now: datetime) -> Component:
    if seen is None:
        return Component(key=name, name=name, state=State.IDLE, detail="starts with the first call")
    if now - seen.checked_at > SERVER_SILENT_AFTER:
        return Component(
            key=name,
            name=name,
            state=State.NO_DATA,
            detail="nobody looked at it lately",
            checked_at=seen.checked_at,
        )
    state = _STORED.get(seen.status, State.NO_DATA)
    # The server's own error text may tell things that are not for everybody: it is in the log.
    detail = {
        State.OPERATIONAL: f"answers in {milliseconds(seen.response_time_ms)}",
        State.DEGRADED: f"slow or coming back, {milliseconds(seen.response_time_ms)}",
        State.FAILING: "answers with errors",
        State.DOWN: "does not answer",
    }.get(state, "state not known")
    return Component(key=name, name=name, state=state, detail=detail, checked_at=seen.checked_at)


def tally(components: Sequence[Component]) -> str:
    """``6 of 8 operational``, and the other states by number."""
    numbers = {state: sum(c.state is state for c in components) for state in State}
    first = f"{numbers.pop(State.OPERATIONAL)} of {len(components)} operational"
    return ", ".join([first, *(f"{n} {state.word.lower()}" for state, n in numbers.items() if n)])


def overall(platform: Sequence[Component], mcp: Sequence[Component]) -> Overall:
    """The one sentence at the top."""
    by_key = {component.key: component for component in platform}
    if by_key["database"].state is State.DOWN:
        text = "Reviews are not running: the database does not answer"
        return Overall(indicator="critical", state=State.DOWN, sentence=text)
    if by_key["worker"].state is State.DOWN:
        text = "Reviews are waiting: no worker is running"
        return Overall(indicator="major", state=State.FAILING, sentence=text)
    down = [c.name for c in mcp if c.state in {State.FAILING, State.DOWN}]
    if down:
        text = f"Reviews run, but in part: {sentence(down)} {'is' if len(down) == 1 else 'are'} not available"
        return Overall(indicator="minor", state=State.DEGRADED, sentence=text)
    if by_key["queue"].state is State.DEGRADED:
        return Overall(indicator="minor", state=State.DEGRADED, sentence="Reviews run, with delay")
    slow = [c.name for c in mcp if c.state is State.DEGRADED]
    if slow:
        verb = "is" if len(slow) == 1 else "are"
        text = f"Reviews run; {sentence(slow)} {verb} slow or coming back"
        return Overall(indicator="minor", state=State.DEGRADED, sentence=text)
    return Overall(indicator="none", state=State.OPERATIONAL, sentence="All systems operational")
