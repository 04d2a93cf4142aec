"""All pages of the site. A new one is a module here, a template and a line in ``ALL``."""

from __future__ import annotations

from bot.page import Page
from bot.pages.home import Home

ALL: tuple[type[Page], ...] = (Home,)
"""Every page, in the order of the navigation."""
