"""The order of a workflow's steps: what may run next, what hangs on what, and why an order is impossible."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from workflows.errors import GraphError
from workflows.models import WorkflowStep


class Graph:
    """A directed acyclic graph of steps, checked when it is built.

    Raises:
        GraphError: two steps share a name, a dependency is not there, or steps wait for each other in a
            circle; the message names the steps.
    """

    def __init__(self, steps: Sequence[WorkflowStep]) -> None:
        self._steps = {step.name: step for step in steps}
        if len(self._steps) != len(steps):
            raise GraphError(*_duplicates(steps))
        self._needs = {name: tuple(dict.fromkeys(step.depends_on)) for name, step in self._steps.items()}
        self._dependants: dict[str, list[str]] = {name: [] for name in self._steps}
        for name, needs in self._needs.items():
            for need in needs:
                if need not in self._steps:
                    raise GraphError(
                        f"step {name!r} depends on {need!r}, which is not a step of this workflow",
                        steps=(name,),
                    )
                self._dependants[need].append(name)
        self._order = self._sorted()

    def __getitem__(self, name: str) -> WorkflowStep:
        return self._steps[name]

    def __len__(self) -> int:
        return len(self._steps)

    @property
    def order(self) -> tuple[str, ...]:
        """Every step after all it depends on; otherwise as written."""
        return self._order

    def needs(self, name: str) -> tuple[str, ...]:
        """Direct dependencies of a step, as written."""
        return self._needs[name]

    def dependants(self, name: str) -> tuple[str, ...]:
        """Steps that wait for this one directly."""
        return tuple(self._dependants[name])

    def ancestors(self, name: str) -> frozenset[str]:
        """Every step that is finished before this one starts."""
        found: set[str] = set()
        waiting = list(self._needs[name])
        while waiting:
            step = waiting.pop()
            if step not in found:
                found.add(step)
                waiting.extend(self._needs[step])
        return frozenset(found)

    def ready(self, finished: Iterable[str]) -> tuple[str, ...]:
        """Steps not finished whose dependencies all are, in order."""
        done = set(finished)
        return tuple(name for name in self._order if name not in done and done.issuperset(self._needs[name]))

    def _sorted(self) -> tuple[str, ...]:
        waiting = {name: len(needs) for name, needs in self._needs.items()}
        free = deque(name for name, count in waiting.items() if not count)
        order: list[str] = []
        while free:
            name = free.popleft()
            order.append(name)
            for dependant in self._dependants[name]:
                waiting[dependant] -= 1
                if not waiting[dependant]:
                    free.append(dependant)
        if len(order) < len(self._steps):
            cycle = self._cycle({name for name, count in waiting.items() if count})
            raise GraphError(f"steps wait for each other in a circle: {' -> '.join(cycle)}", steps=cycle)
        return tuple(order)

    def _cycle(self, stuck: set[str]) -> tuple[str, ...]:
        # every stuck step has a stuck dependency, so walking them must come back somewhere
        walk: list[str] = []
        seen: dict[str, int] = {}
        name = next(name for name in self._steps if name in stuck)
        while name not in seen:
            seen[name] = len(walk)
            walk.append(name)
            name = next(need for need in self._needs[name] if need in stuck)
        return (*walk[seen[name] :], name)


def _duplicates(steps: Sequence[WorkflowStep]) -> tuple[str]:
    names = [step.name for step in steps]
    twice = sorted({name for name in names if names.count(name) > 1})
    return (f"step names must be unique; given more than once: {', '.join(twice)}",)
