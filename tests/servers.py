"""A real `quizapp serve` for tests: its own processes, a free port, a real database."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

READY = re.compile(r"quizapp is ready at (http://\S+)")


class Server:
    """`quizapp serve` in a process group of its own, as a shell would start it.

    `with Server(database) as server:` starts it and waits until it is ready; `server.url` is its address.
    After `kill`, `interrupt` or `stop`, `start` serves again, with the same database on the same port.
    """

    url: str = ""

    def __init__(
        self,
        database: str,
        *,
        banks: Sequence[Path] = (),
        watch: bool = False,
        options: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.database = database
        self.port = 0
        self._options = [option for bank in banks for option in ("--bank", str(bank))]
        self._options += ["--watch"] * watch
        self._options += options
        self._env = {key: value for key, value in os.environ.items() if key not in ("HOST", "PORT")}
        self._env |= {"LOG_FORMAT": "text"} | dict(env or {})
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: list[str] = []
        self._spoke = threading.Condition()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process(self) -> subprocess.Popen[str]:
        """The command's process; the server proper is a child of it."""
        assert self._process is not None, "the server was not started"
        return self._process

    @property
    def output(self) -> str:
        """All that the command and the server have printed since the last start."""
        return "".join(self._lines)

    def start(self, *, timeout: float = 120.0) -> Server:
        """Start, and wait until the server says that it is ready. Raises RuntimeError when it does not."""
        self.launch()
        if not self._said(READY, timeout):
            code = self.process.poll()
            self.kill()
            raise RuntimeError(f"the server did not get ready (exit code {code}):\n{self.output}")
        found = READY.search(self.output)
        assert found
        self.url = found[1]
        self.port = int(self.url.rpartition(":")[2])
        return self

    def launch(self) -> None:
        """Start without waiting."""
        self._lines = []
        command = [sys.executable, "-P", "-m", "quizapp.cli", "serve", "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*command, "--database-url", self.database, *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._env,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with self._spoke:
                    self._lines.append(line)
                    self._spoke.notify_all()
        with self._spoke:
            self._spoke.notify_all()

    def _said(self, pattern: re.Pattern[str], timeout: float) -> bool:
        """Whether the pattern was printed, before the timeout and before the output ended."""
        assert self._reader is not None
        deadline = time.monotonic() + timeout
        with self._spoke:
            while not pattern.search(self.output) and self._reader.is_alive():
                if (left := deadline - time.monotonic()) <= 0:
                    break
                self._spoke.wait(min(left, 0.2))
        return bool(pattern.search(self.output))

    def tree(self) -> list[int]:
        """The process ids of the command and of all below it."""
        found = [self.process.pid]
        parents = _parents()
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def kill(self) -> int:
        """SIGKILL the command and everything below it at once, as a crash of the machine would."""
        if self.process.poll() is None:
            tree = self.tree()
            for pid in tree:
                _send(pid, signal.SIGKILL)
            are_gone(tree)
        return self.wait()

    def kill_command(self) -> int:
        """SIGKILL the command alone; the server below it has to notice."""
        _send(self.process.pid, signal.SIGKILL)
        return self.process.wait(10)

    def interrupt(self, *, timeout: float = 10.0) -> tuple[int, float]:
        """Ctrl-C: SIGINT to the process group. Gives the exit code and the seconds until everything ended."""
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.wait(timeout)
        return code, time.monotonic() - began

    def stop(self) -> int:
        """SIGTERM, as a service manager does; the processes are gone when this returns."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def wait(self, timeout: float = 10.0) -> int:
        """Wait until the command has ended and nobody holds its output any more; gives the exit code."""
        assert self._reader is not None
        code = self.process.wait(timeout)
        self._reader.join(timeout)
        if self._reader.is_alive():
            raise subprocess.TimeoutExpired(self.process.args, timeout, self.output)
        return code


def program(name: str) -> str | None:
    """Where a program is; Debian keeps these where only root looks."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def are_gone(pids: Sequence[int], *, seconds: float = 3.0) -> bool:
    """Whether these processes end in time; one that nobody has waited for yet has ended too."""
    deadline = time.monotonic() + seconds
    while _parents().keys() & set(pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _parents() -> dict[int, int]:
    """The parent of each process of the machine that has not ended."""
    if Path("/proc/self/stat").exists():
        stats = map(_text, Path("/proc").glob("[0-9]*/stat"))
        # the second field, the name in brackets, may hold blanks
        rows = [[stat.split()[0], *stat.rpartition(")")[2].split()[:2]] for stat in stats if stat]
    else:
        command = ["ps", "-A", "-o", "pid=,stat=,ppid="]
        listed = subprocess.run(command, capture_output=True, text=True, check=True)
        rows = [row.split() for row in listed.stdout.splitlines()]
    return {int(pid): int(parent) for pid, state, parent in rows if state[0] not in "ZX"}


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended meanwhile
        return ""
