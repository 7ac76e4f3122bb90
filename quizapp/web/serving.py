"""Serving: the command's side. It starts the server in a session of its own, watches it and ends it."""

from __future__ import annotations

import contextlib
import errno
import http.client
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

REFUSED = 3
"""Exit code of a server that would not start and has said why."""

ANSWERING = 30.0
"""Seconds to wait for the first page, once the server has taken the request."""

STOPPING = 2.7
"""Seconds a server may take to finish the answers in flight; then it is killed, so that Ctrl-C ends in 3."""

SHARED_FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which several workers put their figures together; to be set before the library that
counts them is imported."""

LOOKING_UP = 0.5
"""Seconds after which whoever waits for an event looks up: Python handles a signal between two steps of its
own code, and one that comes just before a wait begins would be seen only when that ends."""

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to ask, when listening everywhere


class ServingError(Exception):
    """What keeps the server from running, as one plain sentence."""


@dataclass(frozen=True)
class Address:
    """Where the server listens: the name given by the user, the number it stands for, and the port."""

    name: str
    number: str
    port: int

    @property
    def url(self) -> str:
        """The address to open in a browser on this machine."""
        name = ANYWHERE.get(self.number, self.name)
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"


def serve(
    *,
    host: str,
    port: int,
    database: str,
    banks: tuple[Path, ...],
    watch: bool = False,
    cache: Path | None = None,
    workers: int = 1,
    metrics: bool = False,
    log_format: str = "text",
    drain: float = 0,
    proxies: int = 0,
    on_ready: Callable[[str], None] = lambda url: None,
) -> bool:
    """Serve until SIGINT or SIGTERM, then finish the answers in flight, for 3 seconds at most.

    After SIGTERM the server goes on for `drain` seconds while it says that it is not ready, so that a proxy
    can send requests elsewhere before it stops. A second signal cuts that short.
    Port 0 takes any free port. `cache` is a folder for what was read of a bank. `on_ready` gets the address
    once the first page was really answered. False when the server would not start and has said why.
    Raises ServingError when the address can't be had or the server dies.
    """
    address = free_address(host, port)
    events: SimpleQueue[str] = SimpleQueue()
    settings = {
        "QUIZAPP_ADDRESS": address.number,
        "QUIZAPP_PORT": str(address.port),
        "QUIZAPP_DATABASE": database,
        "QUIZAPP_BANKS": os.pathsep.join(str(bank) for bank in banks),
        "QUIZAPP_WATCH": "1" if watch else "",
        "QUIZAPP_CACHE": str(cache or ""),
        "QUIZAPP_WORKERS": str(workers),
        "QUIZAPP_METRICS": "1" if metrics else "",
        "QUIZAPP_PROXIES": str(proxies),
        "QUIZAPP_LOG": log_format,
    }
    with _stop_signals(events):
        server = _start(settings)
        try:
            return _follow(server, address, events, on_ready, drain)
        finally:
            _end(server)


def free_address(host: str, port: int) -> Address:
    """The address, if nobody listens there yet. Raises ServingError.

    The server itself would not notice: it shares its port among workers, and so with any other server.
    """
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ServingError(
            f"the host '{host}' is not known; use 127.0.0.1, or a name or number of this machine"
        ) from None
    try:
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # elsewhere this option would let two servers share the port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            probe.listen(1)
            number, found = probe.getsockname()[:2]
            return Address(host, number, found)
    except OSError as error:
        raise ServingError(_why_not(error, host, port)) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is already in use; stop the other program, or choose another --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"'{host}' is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all of them"
    if error.errno == errno.EACCES:
        return f"port {port} needs the administrator's rights; choose a --port above 1023"
    return f"port {port} on {host} can't be used ({error.strerror}); choose another --port or --host"


@contextlib.contextmanager
def _stop_signals(events: SimpleQueue[str]) -> Iterator[None]:
    """Turn SIGINT and SIGTERM into events. `SimpleQueue.put` may be called in the middle of anything."""
    numbers = {signal.SIGINT: "stop", signal.SIGTERM: "drain"}
    before = {
        number: signal.signal(number, lambda *_, event=event: events.put(event))
        for number, event in numbers.items()
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(settings: dict[str, str]) -> subprocess.Popen[bytes]:
    """The server proper. A Ctrl-C of the terminal does not reach it; its standard input ends with us."""
    # -P: a learner's own asyncio.py in the current folder must not stand in for the real one
    command = [sys.executable, "-P", "-m", "quizapp.web.server"]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, stdin=subprocess.PIPE, env=os.environ | settings, start_new_session=True
    )


def _follow(
    server: subprocess.Popen[bytes],
    address: Address,
    events: SimpleQueue[str],
    on_ready: Callable[[str], None],
    drain: float,
) -> bool:
    """What happens until the server has to end; True when it was asked to."""
    for wait in (_ended, _asked):
        threading.Thread(target=lambda wait=wait: events.put(wait(server, address)), daemon=True).start()
    while (event := _next(events, math.inf)) not in ("stop", "drain", "ended"):
        if event == "broken":
            raise ServingError("the server runs, but its first page fails; what is printed above says why")
        if event == "ready":
            on_ready(address.url)
    if event == "drain" and drain:
        event = _drain(server, events, drain)
    if event != "ended":
        server.terminate()
        _await(events, "ended", STOPPING)
        return True
    if server.returncode == REFUSED:
        return False
    raise ServingError(
        f"the server has ended by itself (code {server.returncode}); what is printed above says why"
    )


def _drain(server: subprocess.Popen[bytes], events: SimpleQueue[str], seconds: float) -> str:
    """Serve on, telling whoever asks that this server is not ready; gives what cut that short."""
    with contextlib.suppress(OSError):
        os.write(server.stdin.fileno() if server.stdin else -1, b"d")
    return _next(events, seconds)


def _next(events: SimpleQueue[str], seconds: float) -> str:
    """The next event; empty when there is none for so long."""
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        with contextlib.suppress(Empty):
            return events.get(timeout=min(left, LOOKING_UP))
    return ""


def _await(events: SimpleQueue[str], wanted: str, seconds: float) -> None:
    """Wait for an event, and let all others pass: a second Ctrl-C must not cut off an answer."""
    deadline = time.monotonic() + seconds
    while _next(events, deadline - time.monotonic()) not in (wanted, ""):
        pass


def _ended(server: subprocess.Popen[bytes], _address: Address) -> str:
    server.wait()
    return "ended"


def _asked(server: subprocess.Popen[bytes], address: Address) -> str:
    """What comes of asking for the first page again and again, until the server answers or ends."""
    host = ANYWHERE.get(address.number, address.number)
    while server.poll() is None:
        connection = http.client.HTTPConnection(host, address.port, timeout=ANSWERING)
        try:
            connection.request("GET", "/")
            return "ready" if connection.getresponse().status < 500 else "broken"
        except (OSError, http.client.HTTPException):
            time.sleep(0.02)
        finally:
            connection.close()
    return "gone"


def _end(server: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: kill what is left of the server's session."""
    if server.stdin:
        server.stdin.close()
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(server.pid, signal.SIGKILL)
    elif server.poll() is None:
        server.kill()
    server.wait()
