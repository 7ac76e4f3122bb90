"""The server's side of serving: `python -m quizapp.web.server`, started and told by the command.

It prepares the database, checks the bank, and hands the app to granian.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from quizapp.store import StoreError, advice_on, upgrade
from quizapp.web import create_app, logs
from quizapp.web.retention import keep_tidy
from quizapp.web.serving import REFUSED, SHARED_FIGURES, STOPPING
from quizapp.web.shelf import read_bank

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

    from flask import Flask

THREADS = 4
FINISHING = 2
"""Seconds for the answers in flight; granian counts whole ones, and the command waits a little longer."""


def main() -> None:
    """Serve until SIGTERM, or until the command that started us has gone."""
    if said := list(_refusals()):
        sys.stderr.writelines(f"{line}\n" for line in said)
        sys.exit(REFUSED)
    workers = int(os.environ["QUIZAPP_WORKERS"])
    if sys.platform == "linux" and workers == 1:
        multiprocessing.set_start_method("fork")  # the worker starts at once, with all modules loaded
    else:
        multiprocessing.set_start_method("spawn")  # forking more would copy the threads of whoever watches
    draining = multiprocessing.Event()
    _watch_command(draining)
    with _shared_figures(workers):
        _serve(workers, draining)


def _serve(workers: int, draining: Event) -> None:
    """Take requests until the end. A worker of several that dies is replaced; a lone one ends the server."""
    server = Granian(
        "quizapp",  # asked for, not used: granian would look in the current folder first
        address=os.environ["QUIZAPP_ADDRESS"],
        port=int(os.environ["QUIZAPP_PORT"]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers,
        respawn_failed_workers=workers > 1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=FINISHING,
    )
    logs.set_up(os.environ["QUIZAPP_LOG"])
    server.serve(target_loader=partial(worker_app, draining), wrap_loader=False)


def worker_app(draining: Event) -> Flask:
    """The app, made in the worker process, which ends as soon as the process above it has gone."""
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    logs.set_up(os.environ["QUIZAPP_LOG"])
    if advice := advice_on(_database()):
        logging.getLogger("quizapp").warning("%s", advice)
    app = create_app(
        banks=_banks(),
        database=_database(),
        watch=bool(os.environ["QUIZAPP_WATCH"]),
        metrics=bool(os.environ["QUIZAPP_METRICS"]),
        draining=draining.is_set,
        proxies=int(os.environ["QUIZAPP_PROXIES"]),
        cache=_cache(),
    )
    keep_tidy(app.extensions["site"])
    gc.freeze()  # what is here stays as long as the process: no collection need look through it
    return app


@contextmanager
def _shared_figures(workers: int) -> Iterator[None]:
    """A folder in which several workers put their figures together, if figures are wanted."""
    if workers == 1 or not os.environ["QUIZAPP_METRICS"]:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="quizapp-metrics-") as folder:
        os.environ[SHARED_FIGURES] = folder
        yield


def _refusals() -> Iterator[str]:
    """Why the server should not start; the database is created or upgraded on the way."""
    if faults := read_bank(_banks(), _cache()).faults:  # the worker, forked from here, need not read it again
        yield from map(str, faults)
        yield f"the question bank has {len(faults)} faults; mend them and start again"
        return
    try:
        upgrade(_database())
    except StoreError as error:
        yield str(error)


def _banks() -> tuple[Path, ...]:
    return tuple(Path(bank) for bank in os.environ["QUIZAPP_BANKS"].split(os.pathsep))


def _cache() -> Path | None:
    folder = os.environ["QUIZAPP_CACHE"]
    return Path(folder) if folder else None


def _database() -> str:
    return os.environ["QUIZAPP_DATABASE"]


def _watch_command(draining: Event) -> None:
    """End when the command does, however it ends: our standard input is then at its end."""

    def watch() -> None:
        threading.Thread(target=_end_with_the_command, args=(draining,), daemon=True).start()

    if multiprocessing.get_start_method() == "fork":
        os.register_at_fork(after_in_parent=watch)  # forking a process that has threads is not safe
    else:
        watch()


def _end_with_the_command(draining: Event) -> None:
    while os.read(0, 1):
        draining.set()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOPPING)
    os.killpg(os.getpid(), signal.SIGKILL)


def _end_with_the_server() -> None:
    if server := multiprocessing.parent_process():
        server.join()
        os._exit(1)


if __name__ == "__main__":
    main()
