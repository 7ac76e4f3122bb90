"""Simulated learners over real HTTP, each on a connection of its own, against a real `quizapp serve`."""

from __future__ import annotations

import asyncio
import os
import random
import re
import statistics
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa

from bench.figures import Figure, figure
from bench.pages import fields
from quizapp.store import Store, tables, upgrade
from tests.servers import Server

AT_ONCE = (1, 8, 64)
"""Learners who answer as fast as they can."""
CLASSES = (200, 500)
"""Learners who answer every few seconds, on a server with a worker for each core; they use the same cores."""
PAUSE = 5.0
PLACES = range(2, 11)
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
COOKIE = re.compile(rb"set-cookie: ([^=]+=[^;]*)", re.IGNORECASE)
LOCATION = re.compile(rb"location: (\S+)", re.IGNORECASE)


@dataclass
class Learner:
    """A browser that asks for pages and sends forms, and notes how long each answer took, in seconds."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    address: str = ""

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    async def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, where it leads, and the page. Raises OSError or EOFError when the connection is lost."""
        body = urlencode(form).encode() if form is not None else b""
        host = f"127.0.0.1:{self.port}"
        lines = [
            f"{'GET' if form is None else 'POST'} {path} HTTP/1.1", f"Host: {host}", f"Origin: http://{host}",
            f"Cookie: {'; '.join(f'{name}={value}' for name, value in self.cookies.items())}",
            "Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}", "", "",
        ]  # fmt: skip
        self.writer.write("\r\n".join(lines).encode() + body)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        text = await self.reader.readexactly(int(length[1]) if length else 0)
        for each in COOKIE.findall(head):
            name, _, value = each.decode().partition("=")
            self.cookies[name] = value
        where = LOCATION.search(head)
        return int(head.split(b" ", 2)[1]), where[1].decode() if where else "", text.decode()

    async def begin(self) -> None:
        """Answer the question at the front door, which begins a set of ten."""
        _, _, page = await self.ask("/")
        status, where, _ = await self.ask("/", fields(page) | {"unsure": "1"})
        if status != 303:
            raise RuntimeError(f"a set did not begin: {status}")
        self.address = urlsplit(where).path.rpartition("/")[0]

    async def answer(self, place: int) -> None:
        """Look at a question, send its form, and see the page that follows."""
        path, step = f"{self.address}/{place}", str(uuid.uuid4())
        await self.ask(path)
        await self.send(path, step)

    async def send(self, path: str, step: str) -> None:
        began = time.perf_counter()
        status, where, _ = await self.ask(path, {"step": step, "unsure": "1"})
        if status != 303:
            raise RuntimeError(f"an answer was not taken: {status}")
        status, _, _ = await self.ask(where)
        self.took.append(time.perf_counter() - began)
        if status != 200:
            raise RuntimeError(f"no page came after an answer: {status}")
        self.kept.append(step)


def learner_figures(folder: Path) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/learners.db"
    upgrade(address)
    with Server(address) as server:
        for count in AT_ONCE:
            answers, seconds = asyncio.run(crowd(server.port, count, 0.0))
            name = f"answers a second from {count} learner{'s' * (count != 1)}, with the pages around them"
            yield figure(name, len(answers) / seconds, "/s")
    with Server(address, options=["--workers", str(os.cpu_count() or 1)]) as server:
        for count in CLASSES:
            answers, _ = asyncio.run(crowd(server.port, count, PAUSE))
            p50, p99 = statistics.median(answers), statistics.quantiles(answers, n=100)[98]
            name = f"answers of {count} learners, one every {PAUSE:g} s"
            yield figure(f"{name}: p50", 1000 * p50, "ms")
            yield figure(f"{name}: p99", 1000 * p99, "ms")
            yield figure(f"{name}: p99 against p50", p99 / p50, "×", ratio_to="their p50", bar=6)
        yield from submit_figures(server.port, address)


async def crowd(port: int, count: int, pause: float) -> tuple[list[float], float]:
    """Seconds of each answer of a crowd that works through a set each, and of all answers together.

    What is measured begins when everybody has begun a set. Raises what goes wrong for anyone.
    """
    learners = [Learner(port) for _ in range(count)]
    dice = random.Random(count)

    async def begin(one: Learner) -> None:
        await asyncio.sleep(dice.random() * 2 * pause)
        await one.connect()
        await one.begin()

    async def work(one: Learner) -> None:
        await asyncio.sleep(dice.random() * pause)
        for place in PLACES:
            await one.answer(place)
            await asyncio.sleep(pause)

    await asyncio.gather(*map(begin, learners))
    began = time.perf_counter()
    await asyncio.gather(*map(work, learners))
    seconds = time.perf_counter() - began
    return [each for one in learners for each in one.took], seconds


def submit_figures(port: int, address: str) -> Iterator[Figure]:
    """All send their answers within the same second, and every acknowledged one is looked up afterwards."""
    seconds, kept = asyncio.run(rush(port, CLASSES[-1]))
    store = Store(address)
    with store.database.reading() as db:
        stored = set(db.execute(sa.select(tables.step.c.id)).scalars())
    store.close()
    yield figure(f"{CLASSES[-1]} answers sent at once: until the last is acknowledged", seconds, "s", bar=3)
    missing = CLASSES[-1] - len(stored & kept)
    yield figure(f"{CLASSES[-1]} answers sent at once: not acknowledged or not stored", missing, "", bar=0)


async def rush(port: int, count: int) -> tuple[float, set[str]]:
    """Seconds until the last of the answers sent at once is acknowledged, and the steps that were."""
    learners = [Learner(port) for _ in range(count)]
    for one in learners:
        await one.connect()
        await one.begin()
        await one.ask(f"{one.address}/2")
    began = time.perf_counter()
    await asyncio.gather(*(one.send(f"{one.address}/2", str(uuid.uuid4())) for one in learners))
    return time.perf_counter() - began, {step for one in learners for step in one.kept}
