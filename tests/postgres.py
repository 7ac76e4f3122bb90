"""A PostgreSQL server for tests, thrown away afterwards: Debian's programs, never run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

SETTINGS = {
    "fsync": "off",  # the tests kill the server, never the machine; what is committed survives that
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "log_min_messages": "fatal",
}
ASKED = "asked"
"""The one role that is asked for a password; whoever wants it makes it."""
NUMBERS = count(1)


@cache
def programs() -> Path | None:
    """The folder of the newest server's programs; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda each: int(each.parts[4]))
    return found[-1].parent if found else None


@cache
def somebody() -> str | None:
    """Whom the server runs as, since it refuses to be root; None for whoever runs the tests."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        return int(taken.getsockname()[1])


def run(*command: str | Path, check: bool = True) -> None:
    """Run a program as somebody, in a folder that they can see."""
    user: dict[str, Any] = {}
    if name := somebody():
        entry = pwd.getpwnam(name)
        user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    done = subprocess.run(
        command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, **user
    )
    if check and done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


class Cluster:
    """A server with databases of its own; `address(name)` is where one is."""

    def __init__(self) -> None:
        found = programs()
        assert found, "there is no PostgreSQL server here"
        self.programs = found
        self.folder = Path(tempfile.mkdtemp(prefix="quizapp-pg-"))
        if name := somebody():
            shutil.chown(self.folder, name)
        self.port = free_port()
        self._data = self.folder / "data"
        collation = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")  # where sorting differs
        run(
            self.programs / "initdb", "-D", self._data, "-U", "quizapp", "-A", "trust", "-E", "UTF8", "-N",
            *(collation if int(self.programs.parts[4]) >= 15 else ("--locale=C.UTF-8",)),
        )  # fmt: skip
        settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        doors = self._data / "pg_hba.conf"
        doors.write_text(f"host all {ASKED} 127.0.0.1/32 scram-sha-256\n{doors.read_text()}")

    def start(self) -> Cluster:
        """Start the server, and wait until it is ready."""
        self.control("start")
        return self

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server, as PostgreSQL's modes say: smart, fast, immediate."""
        self.control("stop", "-m", mode, check=False)

    def control(self, *words: str | Path, check: bool = True) -> None:
        """Run `pg_ctl`, with a log of its own: a server that is left behind must not hold our pipes open."""
        log = ("-l", self.folder / "log") if words[0] in ("start", "restart") else ()
        run(self.programs / "pg_ctl", "-D", self._data, "-w", "-s", *words, *log, check=check)

    def remove(self) -> None:
        """Stop the server, and forget all that it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def server(self) -> str:
        """The start of all its databases' addresses."""
        return f"postgresql://quizapp@127.0.0.1:{self.port}"


def create(server: str, *, template: str = "template1") -> str:
    """A new database on a server; gives its address."""
    name = f"t{os.getpid()}_{next(NUMBERS)}"
    for tries in range(50):
        try:
            execute(f"{server}/postgres", f"CREATE DATABASE {name} TEMPLATE {template}")
        except psycopg.errors.ObjectInUse:  # another one is being made of the same template
            time.sleep(0.02 * (tries + 1))
        else:
            return f"{server}/{name}"
    raise RuntimeError(f"the template {template} is always in use")


def drop(address: str) -> None:
    """Remove a database, whoever uses it."""
    server, _, name = address.rpartition("/")
    execute(f"{server}/postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def execute(address: str, sql: Any) -> None:
    """Run a statement outside of any transaction."""
    with closing(psycopg.connect(address, autocommit=True)) as db:
        db.execute(sql)
