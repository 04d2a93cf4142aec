"""Kill -9 in the middle of everything: nothing is lost, nothing is posted twice, the last push wins."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.models import Backlog
from bot.queue import ArqQueue
from bot.storage.database import Database
from bot.web import keys
from bot.web.ingest import Ingest
from bot.web.webhook import webhook_routes
from support.deliveries import guid
from support.parts import web_services
from support.postgres import die_with_parent
from support.valkey import ValkeyServer, valkey_server
from support.waiting import until

ROOT = Path(__file__).parents[3]
CHANCE = random.Random()  # noqa: S311 - which process dies is no secret
SECRET = "a-secret-of-the-chaos-test"
LEASE_S = 1.5
SINGLE_PULLS, PUSHED_PULLS, PUSHES = 40, 8, 5
WORKERS, KILLS = 2, 5


@dataclass
class Effects:
    """Stands for GitHub: records first, answers later, so that a kill in between leaves what nobody noted."""

    posted: list[tuple[str, int, int]] = field(default_factory=list)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/effects", self.find), web.post("/effects", self.create)]

    async def find(self, request: web.Request) -> web.Response:
        found = [n for n, (key, _, _) in enumerate(self.posted) if key == request.query["key"]]
        return web.json_response({"id": found[0] if found else None})

    async def create(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.posted.append((request.query["key"], body["pull"], body["number"]))
        number = len(self.posted) - 1
        await asyncio.sleep(CHANCE.uniform(0.01, 0.03))
        return web.json_response({"id": number})


@dataclass
class Workers:
    """Real processes."""

    command: list[str]
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"}  # noqa: TID251 - handed on
        self.processes.append(
            await asyncio.create_subprocess_exec(
                *self.command,
                cwd=ROOT,
                env=environment,
                stdout=asyncio.subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )
        )

    async def kill_one(self) -> None:
        victim = self.processes.pop(CHANCE.randrange(len(self.processes)))
        victim.kill()
        await victim.wait()
        await self.start()

    async def stop(self) -> list[int | None]:
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        await asyncio.wait_for(asyncio.gather(*(process.wait() for process in self.processes)), 20)
        return [process.returncode for process in self.processes]


@asynccontextmanager
async def serving(*routes: web.RouteDef, **values: Any) -> AsyncIterator[TestServer]:
    app = web.Application()
    if values:
        app[keys.SERVICES] = values["services"]
        app[keys.INGEST] = values["ingest"]
    app.add_routes(routes)
    server = TestServer(app)
    async with server:
        yield server


def pushes() -> list[tuple[int, int]]:
    """Pull request and number of each push, out of order."""
    made = [(pull, 1) for pull in range(SINGLE_PULLS)]
    made += [(100 + pull, push) for pull in range(PUSHED_PULLS) for push in range(1, PUSHES + 1)]
    CHANCE.shuffle(made)
    return made


async def deliver(session: ClientSession, url: str, number: int, push: tuple[int, int]) -> None:
    body = json.dumps({"action": "synchronize", "push": {"pull": push[0], "number": push[1]}}).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "pull_request",
        "X-GitHub-Delivery": guid(number),
        "X-Hub-Signature-256": "sha256=" + hmac.digest(SECRET.encode(), body, "sha256").hex(),
    }
    async with session.post(url, data=body, headers=headers) as response:
        assert response.status == 202, await response.text()


async def rage(workers: Workers, valkey: ValkeyServer) -> None:
    """Kill workers, stop one for longer than its lease, and take the queue away with all that is in it."""
    for blow in range(KILLS):
        await asyncio.sleep(0.7)
        await workers.kill_one()
        if blow == 1:
            valkey.kill()
            await asyncio.sleep(0.4)
            valkey.start()
        if blow == 2:
            stopped = CHANCE.choice(workers.processes)
            stopped.send_signal(signal.SIGSTOP)
            await asyncio.sleep(LEASE_S + 1)
            stopped.send_signal(signal.SIGCONT)


@pytest.mark.timeout(110)
async def test_no_delivery_is_lost_and_no_effect_doubled(database_url: str) -> None:
    effects = Effects()
    made = pushes()
    with valkey_server() as valkey:
        async with (
            Database.open(database_url) as database,
            ArqQueue.open(valkey.url) as queue,
            serving(*effects.routes()) as github,
            ClientSession() as session,
        ):
            services = web_services(database, SECRET, queue=queue)
            command = [sys.executable, str(Path(__file__).with_name("worker_process.py"))]
            command += ["--database", database_url, "--redis", valkey.url, "--lease-s", str(LEASE_S)]
            workers = Workers([*command, "--effects", str(github.make_url("/effects"))])
            for _ in range(WORKERS):
                await workers.start()
            async with (
                Ingest.open(database, queue, services.metrics) as ingest,
                serving(*webhook_routes(), services=services, ingest=ingest) as door,
            ):
                await until(lambda: _alive(database, WORKERS), limit_s=30, what="workers' start")
                raging = asyncio.create_task(rage(workers, valkey))
                url = str(door.make_url("/webhooks/github"))
                for number, push in enumerate(made, 1):
                    await deliver(session, url, number, push)
                    await asyncio.sleep(0.03)
                await raging
                await until(lambda: _all_done(database), limit_s=40, what="all work")
            codes = await workers.stop()
    assert codes == [0] * WORKERS
    _check(effects, made)


def _check(effects: Effects, made: list[tuple[int, int]]) -> None:
    assert not [key for key, _, _ in effects.posted if key.startswith("gave-up")]
    doubled = {key: n for key, n in Counter(key for key, _, _ in effects.posted).items() if n > 1}
    assert doubled == {}
    newest: dict[int, int] = {}
    for pull, number in made:
        newest[pull] = max(number, newest.get(pull, 0))
    # In the order they were posted, so that the last one of each pull request stays.
    last = {pull: number for _, pull, number in effects.posted}
    assert last == newest


async def _alive(database: Database, number: int) -> bool:
    async with database.begin(read_only=True) as tx:
        return len(await tx.workers.alive()) == number


async def _all_done(database: Database) -> bool:
    async with database.begin(read_only=True) as tx:
        backlog = await tx.work.backlog()
    return backlog == Backlog(done_total=backlog.done_total)
