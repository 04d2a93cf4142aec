from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.errors import GraphError
from workflows.graph import Graph
from workflows.models import WorkflowStep


def step(name: str, *needs: str) -> WorkflowStep:
    return WorkflowStep(name=name, mcp_server="s", tool_name="t", depends_on=list(needs))


@st.composite
def acyclic_steps(draw: st.DrawFn) -> list[WorkflowStep]:
    names = [f"n{number}" for number in range(draw(st.integers(0, 20)))]
    steps = [
        step(name, *draw(st.sets(st.sampled_from(names[:place] or ["n0"])) if place else st.just(set())))
        for place, name in enumerate(names)
    ]
    return draw(st.permutations(steps))


@given(acyclic_steps())
def test_every_step_comes_after_all_it_depends_on(steps: list[WorkflowStep]) -> None:
    order = Graph(steps).order
    assert sorted(order) == sorted(step.name for step in steps)
    place = {name: number for number, name in enumerate(order)}
    for one in steps:
        assert all(place[need] < place[one.name] for need in one.depends_on)


@given(acyclic_steps())
def test_finishing_what_is_ready_finishes_everything(steps: list[WorkflowStep]) -> None:
    graph = Graph(steps)
    finished: set[str] = set()
    while ready := graph.ready(finished):
        for name in ready:
            assert graph.ancestors(name) <= finished
        finished.add(ready[0])
    assert len(finished) == len(steps)


@given(acyclic_steps(), st.data())
def test_closing_a_circle_anywhere_is_noticed_and_named(steps: list[WorkflowStep], data: st.DataObject) -> None:
    graph = Graph(steps)
    pairs = [(name, ancestor) for name in graph.order for ancestor in graph.ancestors(name)]
    if not pairs:
        return
    last, first = data.draw(st.sampled_from(pairs))
    closed = [
        one.model_copy(update={"depends_on": [*one.depends_on, last]}) if one.name == first else one for one in steps
    ]
    with pytest.raises(GraphError) as caught:
        Graph(closed)
    cycle = caught.value.steps
    assert cycle[0] == cycle[-1]
    needs = {one.name: one.depends_on for one in closed}
    assert all(later in needs[one] for one, later in pairwise(cycle))


def test_a_circle_is_named_in_the_message() -> None:
    with pytest.raises(GraphError, match=r"a -> b -> c -> a"):
        Graph([step("x"), step("a", "b"), step("b", "c"), step("c", "a"), step("late", "a")])


def test_a_step_that_waits_for_itself_is_a_circle() -> None:
    with pytest.raises(GraphError, match=r"a -> a"):
        Graph([step("a", "a")])


def test_an_unknown_dependency_is_named() -> None:
    with pytest.raises(GraphError, match=r"'a' depends on 'ghost'") as caught:
        Graph([step("a", "ghost")])
    assert caught.value.steps == ("a",)


def test_two_steps_of_one_name_are_refused() -> None:
    with pytest.raises(GraphError, match=r"more than once: a"):
        Graph([step("a"), step("a")])


def test_a_dependency_given_twice_counts_once() -> None:
    graph = Graph([step("a"), step("b", "a", "a")])
    assert graph.needs("b") == ("a",)
    assert graph.dependants("a") == ("b",)
    assert len(graph) == 2
    assert graph["a"].name == "a"
