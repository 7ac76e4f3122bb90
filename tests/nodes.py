"""Several nodes for tests: real servers behind a real haproxy, over PostgreSQL behind a real pgbouncer."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.middleware.http_proxy import ProxyMiddleware
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from tests import postgres
from tests.conftest import Person
from tests.servers import Server, program

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONFIG = Path(__file__).parent.parent / "docs/deploy/haproxy.cfg"
PROGRAMS = ("haproxy", "pgbouncer")
NODE = "X-Node"


def lacking() -> str:
    """Which programs of a node test are not here; empty when all are."""
    found = [name for name in PROGRAMS if not program(name)]
    return ", ".join(found if postgres.programs() else [*found, "postgresql"])


class Nodes:
    """Two servers over one database behind one proxy; `port` is the proxy's."""

    def __init__(
        self,
        cluster: postgres.Cluster,
        folder: Path,
        banks: Sequence[Path] = (),
        *,
        durable: bool = True,
        options: Sequence[str] = (),
    ) -> None:
        self.cluster = cluster
        self.direct = postgres.create(cluster.server)
        name = self.direct.rpartition("/")[2]
        commits = "on" if durable else "off"  # off, a crash of the server loses what it had acknowledged
        postgres.execute(self.direct, f"ALTER DATABASE {name} SET synchronous_commit = {commits}")
        self._folder = folder
        self._pooler_port, self.port = postgres.free_port(), postgres.free_port()
        pooled = f"postgresql://quizapp@127.0.0.1:{self._pooler_port}/{name}"
        self.servers = [
            Server(pooled, banks=banks, options=["--behind-proxies", "1", *options]) for _ in range(2)
        ]

    @contextmanager
    def running(self) -> Iterator[Nodes]:
        """Everything started, and ended afterwards."""
        with ExitStack() as stack:
            stack.enter_context(self._pooler())
            for server in self.servers:
                stack.enter_context(server)
            stack.enter_context(self._proxy())
            yield self

    def person(self) -> Person:
        """Somebody with a browser of their own, who asks the proxy."""
        proxy = ProxyMiddleware(Response("nowhere", 404), {}, timeout=30)
        target = {
            "target": f"http://127.0.0.1:{self.port}",
            "remove_prefix": False,
            "host": None,
            "headers": {},
        }

        def passed_on(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return proxy.proxy_to(target, environ["PATH_INFO"], "")(environ, start_response)

        return Person(Client(passed_on, TestResponse))  # type: ignore[arg-type]

    def restart_database(self, mode: str) -> None:
        """Restart PostgreSQL, as its modes say: fast ends all transactions, immediate is a crash."""
        self.cluster.control("restart", "-m", mode, "-l", self.cluster.folder / "log")

    @contextmanager
    def _pooler(self) -> Iterator[None]:
        """pgbouncer, which gives each transaction whichever connection is free."""
        folder = self.cluster.folder
        (folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={self.cluster.port} user=quizapp\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self._pooler_port}\nauth_type = any\n"
            "pool_mode = transaction\nmax_client_conn = 200\ndefault_pool_size = 20\nunix_socket_dir =\n"
            "server_login_retry = 0.2\n"
        )
        command = [program("pgbouncer") or "", "-q"]
        if name := postgres.somebody():
            command += ["-u", name]
        with _running([*command, str(folder / "pgbouncer.ini")], self._pooler_port):
            yield

    @contextmanager
    def _proxy(self) -> Iterator[None]:
        """haproxy as the documentation sets it up, on our ports; responses say which node they come from."""
        text = CONFIG.read_text().replace("bind :8080", f"bind 127.0.0.1:{self.port}")
        for number, server in enumerate(self.servers, start=1):
            text = text.replace(f"app{number}:8000", f"127.0.0.1:{server.port}")
        text = text.replace("backend nodes\n", f"backend nodes\n    http-response set-header {NODE} %s\n")
        (self._folder / "haproxy.cfg").write_text(text)
        with _running([program("haproxy") or "", "-db", "-f", str(self._folder / "haproxy.cfg")], self.port):
            yield


@contextmanager
def _running(command: Sequence[str], port: int) -> Iterator[None]:
    """A program, from when it listens."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            _await(port, process)
            yield
        finally:
            process.kill()


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a program listens."""
    deadline = time.monotonic() + 20
    wanted = re.compile(rf"0100007F:{port:04X} 00000000:0000 0A")
    while not wanted.search(Path("/proc/net/tcp").read_text()):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(f"{process.args} does not listen: {process.communicate()[0]!r}")
        time.sleep(0.02)
