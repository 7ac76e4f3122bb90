"""A line to a PostgreSQL server that a test can cut at the worst moment, the server none the wiser."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress

import sqlalchemy as sa

COMMIT = b"COMMIT\x00"


class Line:
    """Passes all that is said on, in both directions; `address` leads through it.

    After `cut_after_the_next_commit` the server gets the next COMMIT and carries it out, and its reply is
    kept back: whoever sent it finds the connection closed. `cuts` counts that.
    """

    def __init__(self, address: str) -> None:
        url = sa.make_url(address)
        self._server = (url.host or "", url.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = url.set(port=self._listener.getsockname()[1]).render_as_string(hide_password=False)
        self.cuts = 0
        self._is_to_cut = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Line:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    def cut_after_the_next_commit(self) -> None:
        """Lose the reply to the next COMMIT, whoever sends it."""
        self._is_to_cut.set()

    def _run(self, act: object, *given: object) -> None:
        thread = threading.Thread(target=act, args=given, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):  # closed: the test is over
            while True:
                client, _ = self._listener.accept()
                self._run(self._pass_on, client)

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, suppress(ConnectionError):
            other = {client: server, server: client}
            with selectors.DefaultSelector() as waiting:
                for each in other:
                    waiting.register(each, selectors.EVENT_READ)
                while True:
                    for key, _ in waiting.select():
                        said = key.fileobj.recv(65536)  # type: ignore[union-attr]
                        if not said:
                            return
                        other[key.fileobj].sendall(said)  # type: ignore[index]
                        if key.fileobj is client and COMMIT in said and self._is_to_cut.is_set():
                            self._is_to_cut.clear()
                            server.recv(65536)  # it is committed once this comes
                            self.cuts += 1
                            return
