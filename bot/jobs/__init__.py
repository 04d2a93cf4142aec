"""The jobs a worker knows, by the kind of their work items."""

from __future__ import annotations

from collections.abc import Sequence

from bot.job import Job
from bot.jobs.installation import RememberInstallation
from bot.jobs.reply import ReplyToComment
from bot.jobs.review import ReviewPullRequest

ALL: Sequence[Job] = (ReviewPullRequest(), ReplyToComment(), RememberInstallation())
