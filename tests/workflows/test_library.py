import pytest

from workflows import library
from workflows.errors import UnknownWorkflowError


@pytest.mark.parametrize("name", library.names())
def test_every_built_in_workflow_is_valid(name: str) -> None:
    definition = library.load(name)
    assert definition.name == name
    assert definition.description
    assert definition.steps


def test_an_unknown_workflow_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(UnknownWorkflowError, match="repository-check"):
        library.load("../secrets")
