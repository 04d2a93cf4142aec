"""The contract of a page: a path, a view, a template, and how the view is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel

if TYPE_CHECKING:
    from bot.services import WebServices


class Page(Protocol):
    """One page of the site: HTML for people, the same view as JSON. Registered in ``bot.pages.ALL``."""

    path: ClassVar[str]
    template: ClassVar[str]
    view: ClassVar[type[BaseModel]]
    title: ClassVar[str]

    async def load(self, services: WebServices) -> Any:
        """Read the view."""
        ...
