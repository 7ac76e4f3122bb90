"""Killing the server while people answer loses no answer that it had acknowledged, and doubles none."""

from __future__ import annotations

import http.client
import random
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from quizapp.store import sqlite
from tests.conftest import FIELD
from tests.servers import Server

KILLS = 5
CLIENTS = 4


@dataclass
class Client:
    """A browser that answers and answers, and sends again, under the same id, what got no reply."""

    server: Server
    rng: random.Random
    cookie: str = ""
    acknowledged: list[str] = field(default_factory=list)
    waiting: tuple[str, dict[str, str]] | None = None
    replayed: int = 0

    def request(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """One request; gives status, Location and body. Raises OSError or HTTPException without a server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            headers = {"Cookie": self.cookie} if self.cookie else {}
            body = urlencode(form) if form else None
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read().decode()
            if cookie := response.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return response.status, response.getheader("Location") or "", text
        finally:
            connection.close()

    def send(self, path: str, form: dict[str, str]) -> str:
        """Answer, remembering what waits until the server has said that it is kept; gives where to go on."""
        is_replay = self.waiting is not None
        self.waiting = (path, form)
        status, location, text = self.request("POST", path, form)
        assert status == 303, (status, text)
        self.waiting = None
        self.replayed += is_replay
        self.acknowledged.append(form["step"])
        return urlsplit(location).path

    def answer_on(self, stop: threading.Event) -> None:
        """Begin sets and answer them until the server is gone."""
        try:
            if self.waiting:
                self.send(*self.waiting)
            while not stop.is_set():
                page = self.request("GET", "/")[2]
                path = self.send("/", dict(FIELD.findall(page)) | {"unsure": "1"})
                for place in range(2, self.rng.randint(5, 10)):
                    form = {"step": str(uuid.UUID(int=self.rng.getrandbits(128))), "unsure": "1"}
                    self.send(f"{path.rpartition('/')[0]}/{place}", form)
        except (OSError, http.client.HTTPException):
            return  # the server was killed


def test_sigkill_in_the_middle_of_answering_loses_and_doubles_nothing(tmp_path: Path) -> None:
    rng = random.Random(20261120)
    server = Server(f"sqlite:///{tmp_path}/quizapp.db")
    clients = [Client(server, random.Random(number)) for number in range(CLIENTS)]
    for _ in range(KILLS):
        server.start()
        stop = threading.Event()
        threads = [threading.Thread(target=client.answer_on, args=(stop,)) for client in clients]
        for thread in threads:
            thread.start()
        threads[0].join(rng.uniform(0.4, 1.2))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()
        check(tmp_path / "quizapp.db", [step for client in clients for step in client.acknowledged])
    with server:
        for client in clients:
            if client.waiting:
                client.send(*client.waiting)
    acknowledged = [step for client in clients for step in client.acknowledged]
    check(tmp_path / "quizapp.db", acknowledged)
    assert len(acknowledged) > 20 * KILLS


def check(path: Path, acknowledged: list[str]) -> None:
    """The database opens, is whole, and holds every acknowledged answer once."""
    with sqlite.driver.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        kept = [row[0] for row in db.execute("SELECT id FROM step WHERE kind = 'submit'")]
        places = db.execute("SELECT count(*), count(DISTINCT attempt || '/' || place) FROM step").fetchone()
        counted = db.execute("SELECT sum(answers) FROM learner").fetchone()[0]
    db.close()
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept)) == places[1] == places[0] == counted
