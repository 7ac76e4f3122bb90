"""The floors: a bare Flask app on the same server, as `python -m bench.floor KIND`, and ours against it."""

from __future__ import annotations

import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from bench.figures import Figure, figure
from bench.learners import PLACES, Learner
from quizapp.store import upgrade
from tests.servers import Server

SETS = 60
"""Learners whose answers are sent one after the other."""
LOOKS = 3
"""How often each page is looked at in a round, since the kernel counts CPU in hundredths of a second."""
TICKS = os.sysconf("SC_CLK_TCK")
THREADS = 4


def floor_figures(folder: Path) -> Iterator[Figure]:
    """CPU of the server's processes per request, and the memory of a worker, against those of the floors."""
    address = f"sqlite:///{folder}/floor.db"
    upgrade(address)
    with Server(address) as server, floor("bare") as (bare, bare_port), floor("page") as (page, page_port):
        for port in (server.port, bare_port):
            asyncio.run(_look(port, 20))
        ours, plain = _memory(_worker(server.process.pid)), _memory(_worker(bare.pid))
        for kind, said in (("Rss", "resident"), ("Pss", "shares of what is shared")):
            share = ours[kind] / plain[kind]
            of = "a bare Flask worker on the same server"
            yield figure(f"memory of an idle worker, {said}", share, "×", ratio_to=of, bar=1.6)
        learners = asyncio.run(_begun(server.port))
        asyncio.run(_send(learners[:10]))
        asyncio.run(_look(page_port, 100))
        rounds = [
            _round(learners[at : at + 10], server.process.pid, (page.pid, page_port), (bare.pid, bare_port))
            for at in range(10, SETS, 10)
        ]
    sending, seeing = (statistics.median(each[at] / each[2] for each in rounds) for at in (0, 1))
    rendering = statistics.median(each[2] / each[3] for each in rounds)
    of = "rendering its page alone on the same server"
    yield figure("answer one question, over HTTP", sending, "×", ratio_to=of, bar=3.5)
    yield figure("the page that follows, over HTTP", seeing, "×", ratio_to=of, bar=3.5)
    taken = statistics.median(each[0] for each in rounds)
    yield figure("answer one question, over HTTP: CPU of the server", 1000 * taken, "ms")
    of = "a bare Flask route on the same server"
    yield figure("rendering its page alone, over HTTP", rendering, "×", ratio_to=of)


def _round(
    learners: list[Learner], server: int, page: tuple[int, int], bare: tuple[int, int]
) -> tuple[float, float, float, float]:
    """CPU seconds a request, of sending, seeing, rendering alone, and nothing: one soon after the other."""
    sent, looks = len(learners) * len(PLACES), len(learners) * len(PLACES) * LOOKS
    return (
        _cpu(server, lambda: asyncio.run(_send(learners))) / sent,
        _cpu(server, lambda: asyncio.run(_see(learners * LOOKS))) / looks,
        _cpu(page[0], lambda: asyncio.run(_look(page[1], looks))) / looks,
        _cpu(bare[0], lambda: asyncio.run(_look(bare[1], looks))) / looks,
    )


async def _begun(port: int) -> list[Learner]:
    learners = [Learner(port) for _ in range(SETS)]
    for one in learners:
        await one.connect()
        await one.begin()
    return learners


async def _send(learners: list[Learner]) -> None:
    """Send all other answers of the sets."""
    for one in learners:
        await one.connect()
        for place in PLACES:
            status, _, page = await one.ask(f"{one.address}/{place}", _missed())
            if status != 303:
                raise RuntimeError(page)


def _missed() -> dict[str, str]:
    return {"step": str(uuid.uuid4()), "unsure": "1"}


async def _see(learners: list[Learner]) -> None:
    for one in learners:
        await one.connect()
        for place in PLACES:
            status, _, page = await one.ask(f"{one.address}/{place}")
            if status != 200:
                raise RuntimeError(page)


async def _look(port: int, times: int) -> None:
    one = Learner(port)
    await one.connect()
    for _ in range(times):
        status, _, page = await one.ask("/")
        if status != 200:
            raise RuntimeError(page)


def _cpu(pid: int, act: Callable[[], object]) -> float:
    """CPU seconds of a process and all below it meanwhile."""
    began = sum(map(_ticks, _tree(pid)))
    act()
    return (sum(map(_ticks, _tree(pid))) - began) / TICKS


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _tree(pid: int) -> list[int]:
    """A process and all below it, in the order in which they began."""
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def _worker(pid: int) -> int:
    return _tree(pid)[-1]


def _memory(pid: int) -> dict[str, int]:
    """Kilobytes by kind."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


@contextmanager
def floor(kind: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A floor that runs, and its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = int(taken.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "bench.floor", kind, str(port)])
    try:
        _until_open(process, port)
        yield process, port
    finally:
        process.terminate()
        process.wait(10)


def _until_open(process: subprocess.Popen[bytes], port: int) -> None:
    """Raises RuntimeError when nothing listens there within a minute."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the floor did not start")


# -- what runs in the floor's own process


def _bare() -> Any:
    """A Flask app with one route that says one word."""
    from flask import Flask

    app = Flask("floor")
    app.add_url_rule("/", view_func=lambda: "floor")
    return app


def _page() -> Any:
    """What a learner sees after each answer, rendered within a request and nothing else."""
    from itertools import cycle

    from flask import template_rendered

    from bench.pages import new_set, warm
    from quizapp.shipped import shipped
    from quizapp.web import create_app

    address = f"sqlite:///{tempfile.mkdtemp()}/page.db"
    upgrade(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    warm(app)
    seen: list[tuple[Any, Any]] = []
    with template_rendered.connected_to(
        lambda _app, template, context: seen.append((template, context)), app
    ):
        for _ in range(10):
            client = app.test_client()
            address = new_set(client)
            for place in PLACES:
                client.post(f"{address}/{place}", data=_missed())
                client.get(f"{address}/{place}")
    pages = cycle([each for each in seen if each[0].name == "learner/told.html"])

    def answer(environ: Any, start: Any) -> list[bytes]:
        template, context = next(pages)
        with app.request_context(environ):
            body = template.render(context).encode()
        start("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _main(kind: str, port: str) -> None:
    import multiprocessing

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    multiprocessing.set_start_method("fork")
    app = {"bare": _bare, "page": _page}[kind]()
    server = Granian(
        "floor", address="127.0.0.1", port=int(port), interface=Interfaces.WSGI, http=HTTPModes.http1,
        websockets=False, workers=1, blocking_threads=THREADS, log_level=LogLevels.error,
    )  # fmt: skip
    server.serve(target_loader=lambda *_: app, wrap_loader=False)


if __name__ == "__main__":
    _main(*sys.argv[1:])
