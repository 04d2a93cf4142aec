"""A real worker process for the chaos test; its job posts one effect for each head to a server of the test."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
from typing import Any, ClassVar

import aiohttp
from pydantic import BaseModel

from bot.decision import Decision
from bot.errors import TransientError
from bot.job import Lease
from bot.models import Delivery, WorkItem
from bot.queue import ArqQueue
from bot.runner import RunLimits
from bot.services import WorkerServices
from bot.storage.database import Database
from bot.worker import Worker
from support.parts import worker_services


class Push(BaseModel):
    pull: int
    number: int


class PostOnce:
    """Works for a moment, then posts ``{subject}@{sha}`` exactly once."""

    name: ClassVar[str] = "review"
    message: ClassVar[type[BaseModel]] = Push
    timeout_s: ClassVar[int] = 20

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self.session = session
        self.address = address

    async def run(self, services: WorkerServices, message: Push, lease: Lease) -> None:
        for _ in range(4):
            await asyncio.sleep(random.uniform(0.02, 0.08))  # noqa: S311 - a little life
        await lease.confirm()
        key = f"{lease.subject}@{message.number}"

        async def find() -> int | None:
            found: int | None = (await self.ask("get", key))["id"]
            return found

        async def create() -> int:
            return int((await self.ask("post", key, pull=message.pull, number=message.number))["id"])

        await lease.once("comment", find=find, create=create)

    async def give_up(self, services: WorkerServices, message: Any, lease: Lease, reason: str) -> None:
        await self.ask("post", f"gave-up {lease.subject}: {reason}", pull=-1, number=-1)

    async def ask(self, method: str, key: str, **values: int) -> dict[str, Any]:
        try:
            async with self.session.request(
                method, self.address, params={"key": key}, json=values, timeout=aiohttp.ClientTimeout(5)
            ) as response:
                return dict(await response.json())
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TransientError(str(error)) from error


async def decide(delivery: Delivery) -> Decision:
    push = Push.model_validate(json.loads(delivery.payload)["push"])
    work = WorkItem(
        subject=f"11:{push.pull}:review",
        kind="review",
        installation_id=7,
        sha=f"{push.number:040x}",
        ordinal=push.number,
        message=push.model_dump(),
    )
    return Decision((work,), "review queued")


async def main(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with (
        Database.open(arguments.database) as database,
        ArqQueue.open(arguments.redis) as queue,
        aiohttp.ClientSession() as session,
    ):
        worker_id = f"chaos-{os.getpid()}-{random.getrandbits(32):x}"
        worker = Worker(
            worker_services(database, queue=queue, worker_id=worker_id),
            {"review": PostOnce(session, arguments.effects)},
            decide,
            redis_url=arguments.redis,
            limits=RunLimits(lease_s=arguments.lease_s, slots=6, max_attempts=20, backoff_s=0.1, settle_s=0.05),
            sweep_every_s=0.5,
        )
        await worker.run(stop, stop_wait_s=10)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("database", "redis", "effects"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--lease-s", type=float, required=True)
    asyncio.run(main(parser.parse_args()))
