"""What can be found wrong with a workflow before any of it runs."""

from __future__ import annotations

from workflows import arguments
from workflows.graph import Graph
from workflows.models import WorkflowDefinition


def check(definition: WorkflowDefinition) -> None:
    """Find what is wrong with a definition before any of it runs.

    Raises:
        GraphError: the steps cannot be put in an order.
        ArgumentError: an argument refers to a step that is not surely finished before.
    """
    graph = Graph(definition.steps)
    for step in definition.steps:
        for _ in arguments.references(step.arguments, graph.ancestors(step.name)):
            pass
