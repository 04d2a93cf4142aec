"""A stand-in for GitHub: real HTTP, real git, real webhooks, as strict. ``python -m support.github`` runs it."""

from __future__ import annotations

from support.github.descriptions import DescriptionsError
from support.github.faults import Fault
from support.github.model import CheckRun, IssueComment, ReviewComment, ReviewState
from support.github.repository import PullRequest, Repository
from support.github.server import Entry, Violation
from support.github.standin import DEFAULT_EVENTS, DEFAULT_PERMISSIONS, GitHub
from support.github.store import Author, File

__all__ = [
    "DEFAULT_EVENTS",
    "DEFAULT_PERMISSIONS",
    "Author",
    "CheckRun",
    "DescriptionsError",
    "Entry",
    "Fault",
    "File",
    "GitHub",
    "IssueComment",
    "PullRequest",
    "Repository",
    "ReviewComment",
    "ReviewState",
    "Violation",
]
