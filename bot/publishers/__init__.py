"""Publishes a report on every channel: one failing publisher never stops the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from bot.errors import LeaseLostError, ServiceError, SupersededError, TransientError
from bot.job import Lease
from bot.models import PublishOutcome, PublishReceipt, ReviewTarget
from bot.publisher import Publisher
from bot.publishers.check_run import CheckRunConclusion
from bot.publishers.review_comments import ReviewComments
from bot.publishers.summary_comment import SummaryComment
from review.diff import Diff
from review.models import ReviewReport

if TYPE_CHECKING:
    from bot.services import PublishingServices

ALL: Sequence[Publisher] = (ReviewComments(), SummaryComment(), CheckRunConclusion())
"""In order. The last one ends the review: it runs when the others are done for good."""

_log = structlog.get_logger(__name__)


async def publish_all(
    report: ReviewReport,
    diff: Diff,
    target: ReviewTarget,
    services: PublishingServices,
    lease: Lease,
    *,
    publishers: Sequence[Publisher] = ALL,
) -> tuple[PublishReceipt, ...]:
    """Publish, each channel for itself.

    A channel that GitHub does not answer now leaves the review open: the others are served, then the whole
    is tried again, and what was posted is found. On the last try it counts as failed.

    Returns:
        One receipt each, in order.

    Raises:
        TransientError: a channel should be tried again.
        LeaseLostError, SupersededError: stop at once.
    """
    receipts: list[PublishReceipt] = []
    pending: TransientError | None = None
    for publisher in publishers:
        if pending is not None and publisher is publishers[-1]:
            raise pending
        told = target.model_copy(update={"receipts": tuple(receipts)})
        try:
            receipts.append(await publisher.publish(report, diff, told, services, lease))
        except (LeaseLostError, SupersededError):
            raise
        except TransientError as error:
            if lease.last_attempt:
                receipts.append(_failed(publisher, target, str(error)))
            else:
                pending = pending or error
        except ServiceError as error:
            receipts.append(_failed(publisher, target, str(error)))
        except Exception:  # noqa: BLE001 - protects the other channels from a bug in this one
            _log.exception("publisher failed", publisher=publisher.name, key=target.effect_key)
            receipts.append(_failed(publisher, target, f"internal error, reference {target.effect_key}"))
    if pending is not None:
        raise pending
    return tuple(receipts)


def _failed(publisher: Publisher, target: ReviewTarget, detail: str) -> PublishReceipt:
    _log.warning("not published", publisher=publisher.name, key=target.effect_key, detail=detail)
    return PublishReceipt(publisher=publisher.name, outcome=PublishOutcome.FAILED, detail=detail)
