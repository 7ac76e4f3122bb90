"""The server's side of serving: `python -m quizapp.web.server`, started and told by the command.

It prepares the database, checks the bank, and hands the app to granian.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from quizapp.store import StoreError, advice_on, upgrade
from quizapp.web import create_app
from quizapp.web.serving import REFUSED, STOPPING
from quizapp.web.shelf import read_bank

if TYPE_CHECKING:
    from flask import Flask

THREADS = 4
FINISHING = 2
"""Seconds for the answers in flight; granian counts whole ones, and the command waits a little longer."""


def main() -> None:
    """Serve until SIGTERM, or until the command that started us has gone."""
    if said := list(_refusals()):
        sys.stderr.writelines(f"{line}\n" for line in said)
        sys.exit(REFUSED)
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork")  # the worker starts at once, with all modules loaded
    _watch_command()
    server = Granian(
        "quizapp",  # asked for, not used: granian would look in the current folder first
        address=os.environ["QUIZAPP_ADDRESS"],
        port=int(os.environ["QUIZAPP_PORT"]),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=FINISHING,
    )
    server.serve(target_loader=worker_app, wrap_loader=False)


def worker_app() -> Flask:
    """The app, made in the worker process, which ends as soon as the process above it has gone."""
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    log = logging.getLogger("quizapp")
    log.setLevel(logging.INFO)
    if advice := advice_on(_database()):
        log.warning("%s", advice)
    return create_app(banks=_banks(), database=_database(), watch=bool(os.environ["QUIZAPP_WATCH"]))


def _refusals() -> Iterator[str]:
    """Why the server should not start; the database is created or upgraded on the way."""
    if faults := read_bank(_banks()).faults:  # the worker, forked from here, need not read it again
        yield from map(str, faults)
        yield f"the question bank has {len(faults)} faults; mend them and start again"
        return
    try:
        upgrade(_database())
    except StoreError as error:
        yield str(error)


def _banks() -> tuple[Path, ...]:
    return tuple(Path(bank) for bank in os.environ["QUIZAPP_BANKS"].split(os.pathsep))


def _database() -> str:
    return os.environ["QUIZAPP_DATABASE"]


def _watch_command() -> None:
    """End when the command does, however it ends: our standard input is then at its end."""

    def watch() -> None:
        threading.Thread(target=_end_with_the_command, daemon=True).start()

    if multiprocessing.get_start_method() == "fork":
        os.register_at_fork(after_in_parent=watch)  # forking a process that has threads is not safe
    else:
        watch()


def _end_with_the_command() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOPPING)
    os.killpg(os.getpid(), signal.SIGKILL)


def _end_with_the_server() -> None:
    if server := multiprocessing.parent_process():
        server.join()
        os._exit(1)


if __name__ == "__main__":
    main()
