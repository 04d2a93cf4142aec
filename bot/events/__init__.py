"""Delivery to decision: every handler of an event is asked, and none can stop another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog

from bot.decision import NOTHING, Decision
from bot.errors import PermanentError, ServiceError, TransientError
from bot.event import EventContext
from bot.events.check_run import on_check_run, on_check_suite
from bot.events.installation import on_installation
from bot.events.issue_comment import on_issue_comment
from bot.events.pull_request import on_pull_request
from bot.github.payloads import parse
from bot.github.webhooks import (
    CheckRunEvent,
    CheckSuiteEvent,
    Event,
    InstallationEvent,
    IssueCommentEvent,
    PullRequestEvent,
)
from bot.models import Delivery

Handler = Callable[[Any, EventContext], Awaitable[Decision]]
ContextFactory = Callable[[int], AbstractAsyncContextManager[EventContext]]
"""Look-ups as an installation."""

ALL: tuple[tuple[type[Event], Handler], ...] = (
    (PullRequestEvent, on_pull_request),
    (IssueCommentEvent, on_issue_comment),
    (CheckRunEvent, on_check_run),
    (CheckSuiteEvent, on_check_suite),
    (InstallationEvent, on_installation),
)

_log = structlog.get_logger(__name__)


async def decide(
    delivery: Delivery,
    context_factory: ContextFactory,
    *,
    handlers: tuple[tuple[type[Event], Handler], ...] = ALL,
) -> Decision:
    """What a delivery leads to. Nothing is written; asking again gives the same work.

    Args:
        delivery: with its raw body.
        context_factory: opens the look-ups of an installation.
        handlers: who is asked; each for its kind of event.

    Raises:
        PermanentError: the body is not what GitHub documents.
        TransientError: a look-up failed and another try may succeed; ask again for the whole delivery.
    """
    event = parse(delivery)
    if event is None:
        return Decision(reason="nothing to do for this event")
    wanted = [handler for kind, handler in handlers if isinstance(event, kind)]
    total, failures = NOTHING, 0
    async with context_factory(event.installation_id) as context:
        for handler in wanted:
            decision = await _asked(handler, event, context)
            failures += decision is None
            total += decision or NOTHING
    if failures and not total.work:
        raise PermanentError(f"internal error while deciding, reference {event.delivery_id}")
    return total if total.reason else Decision(total.work, f"{event.action}: nothing to do")


async def _asked(handler: Handler, event: Event, context: EventContext) -> Decision | None:
    """One handler's decision; None when it broke."""
    try:
        return await handler(event, context)
    except TransientError:
        raise
    except ServiceError as error:
        return Decision(reason=f"{handler.__name__}: {error}")
    except Exception:  # noqa: BLE001 - protects the other handlers of this delivery from a bug in this one
        _log.exception("handler failed", handler=handler.__name__, delivery_id=event.delivery_id)
        return None
