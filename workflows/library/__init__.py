"""Built-in workflows: one TOML file each in this folder, checked when read."""

from __future__ import annotations

import tomllib
from importlib.resources import files

from pydantic import ValidationError

from workflows.errors import UnknownWorkflowError, WorkflowError
from workflows.models import WorkflowDefinition
from workflows.validation import check

_SUFFIX = ".toml"


def names() -> tuple[str, ...]:
    """Names of the built-in workflows, in alphabetical order."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in entries if name.endswith(_SUFFIX)))


def load(name: str) -> WorkflowDefinition:
    """Read one built-in workflow.

    Raises:
        UnknownWorkflowError: there is none of that name; the message lists those there are.
        WorkflowError: its file does not fit.
    """
    if name not in names():
        known = ", ".join(names()) or "none"
        raise UnknownWorkflowError(f"there is no workflow {name!r}; there are: {known}", name=name)
    text = files(__name__).joinpath(name + _SUFFIX).read_text(encoding="utf-8")
    try:
        definition = WorkflowDefinition.model_validate({"name": name, **tomllib.loads(text)})
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise WorkflowError(f"workflow {name!r}: {error}") from error
    check(definition)
    return definition
