"""Answers a comment: reactions, and one reply, each once."""

from __future__ import annotations

from typing import ClassVar

import structlog
from pydantic import BaseModel

from bot.errors import TransientError
from bot.github.comments import Conversation
from bot.github.errors import GitHubRefusedError, NotFoundError
from bot.github.markers import marker
from bot.job import Lease
from bot.messages import REPLY, ReplyJob
from bot.services import WorkerServices
from templates import render_reply

_log = structlog.get_logger(__name__)


class ReplyToComment:
    """Carries out the answer that the commands of a comment decided on."""

    name: ClassVar[str] = REPLY
    message: ClassVar[type[BaseModel]] = ReplyJob
    timeout_s: ClassVar[int] = 120

    async def run(self, services: WorkerServices, message: ReplyJob, lease: Lease) -> None:
        """React at once, then reply if there is something to say."""
        async with services.github.installation(message.installation_id) as github:
            slug = await services.github.slug()
            thread = Conversation(github, message.repository, message.number, slug)
            await lease.confirm()
            for reaction in message.reactions:
                try:
                    await thread.react(message.comment_id, reaction)
                except NotFoundError:
                    _log.info("comment is gone", comment_id=message.comment_id)
            if message.parts:
                await _reply(services, message, lease, thread)

    async def give_up(self, services: WorkerServices, message: ReplyJob, lease: Lease, reason: str) -> None:
        """React with "confused": an answer that could not be posted cannot be explained in words either."""
        async with services.github.installation(message.installation_id) as github:
            thread = Conversation(github, message.repository, message.number, "")
            try:
                await thread.react(message.comment_id, "confused")
            except (GitHubRefusedError, TransientError) as error:
                _log.warning("no answer", subject=lease.subject, reason=reason, error=str(error))


async def _reply(services: WorkerServices, message: ReplyJob, lease: Lease, thread: Conversation) -> None:
    first_line = marker("reply", comment=str(message.comment_id), at=str(message.ordinal))
    texts = [render_reply(services.templates, part.name, **part.values) for part in message.parts]
    body = first_line + "\n" + "\n\n".join(text.strip("\n") for text in texts)

    async def find() -> int | None:
        ours = await thread.ours("reply")
        return next((posted.id for posted in ours if posted.body.startswith(first_line)), None)

    async def create() -> int:
        return (await thread.create(body)).id

    await lease.once("reply", scope=lease.subject, find=find, create=create)
