"""Learners who answer over HTTP, remember what they were told, and send again what got no reply."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode, urlsplit

from tests.conftest import FIELD
from tests.faults.oracle import Said

FORM = re.compile(r"<form[^>]*data-ask.*?</form>", re.S)
INPUT = re.compile(r'<(?:input|textarea)\b[^>]*name="answer"[^>]*>')
SELECT = re.compile(r'<select\b[^>]*name="answer".*?</select>', re.S)
VALUE = re.compile(r'\bvalue="([^"]*)"')
KEPT = (303, 204)
"""What the server answers once a step is durable."""
GONE = (OSError, http.client.HTTPException)


class Serving(Protocol):
    """Whatever serves on a port of this machine."""

    port: int


class Refused(Exception):
    """The server said no to something that it should have taken."""


class NotStored(Exception):
    """The server says that it could not store the answer now, so that it is to be sent again."""


Form = list[tuple[str, str]]


@dataclass
class Learner:
    """One browser. `go_on` does the next thing: begins a set, an exam or an assignment, answers, or ends it.

    `drops` is how often a reply is lost on its way, though the server has done its work. With `keeps_ids`
    off, an answer goes out under a new id each time: what happens without the promise of one id.
    """

    server: Serving
    name: str
    seed: int
    codes: Sequence[str] = ()
    drops: float = 0.0
    keeps_ids: bool = True
    wal: Path | None = None
    ledger: list[Said] = field(default_factory=list)
    cookies: dict[str, str] = field(default_factory=dict)
    at: str = ""
    refusals: list[str] = field(default_factory=list)
    unavailable: int = 0
    slowest: float = 0.0
    """Seconds that the slowest reply to an answer took."""

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.name} {self.seed}")
        self._waiting: tuple[str, Form, Said] | None = None
        self._connection: http.client.HTTPConnection | None = None

    # -- the wire

    def request(self, method: str, path: str, form: Form | None = None) -> tuple[int, str, str]:
        """One request; gives status, Location and body. Raises one of GONE without a server."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {"Origin": f"http://127.0.0.1:{self.server.port}"} if form is not None else {}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self._connection.request(method, path, urlencode(form or []) or None, headers)
            response = self._connection.getresponse()
            text = response.read().decode()
        except GONE:
            self.hang_up()
            raise
        for cookie in response.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return response.status, response.headers.get("Location") or "", text

    def hang_up(self) -> None:
        """Close the connection, whatever is under way."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def page(self, path: str) -> str:
        """A page, and in `at` where redirects led. Raises Refused, or one of GONE."""
        for _ in range(4):
            status, location, text = self.request("GET", path)
            if status not in (301, 303):
                break
            path = urlsplit(location).path
        if status != 200:
            raise Refused(f"GET {path}: {status}")
        self.at = path
        return text

    def form(self, path: str) -> str:
        """The form of a page that asks a question. Raises Refused when it asks none."""
        if found := FORM.search(self.page(path)):
            return found[0]
        raise Refused(f"{path} leads to {self.at}, which asks nothing")

    # -- answering

    def answer_on(self, stop: threading.Event, most: int = 10**9) -> None:
        """Go on until told to stop, until so many were acknowledged, or until the server is gone."""
        done = self.acknowledged + most
        while not stop.is_set() and self.acknowledged < done:
            try:
                self.go_on()
            except NotStored:
                self.unavailable += 1
                stop.wait(0.05)
            except Refused as error:
                self.refusals.append(str(error))
                self._waiting, self.at = None, ""
            except GONE:
                return

    @property
    def is_waiting(self) -> bool:
        """Whether an answer went out that got no reply."""
        return self._waiting is not None

    @property
    def acknowledged(self) -> int:
        """How many answers the server has said it keeps."""
        return sum(said.is_acknowledged for said in self.ledger)

    def settle(self) -> None:
        """Send again what still waits for a reply."""
        while self._waiting:
            try:
                self._send_again()
            except NotStored:
                self.unavailable += 1

    def go_on(self) -> None:
        """Do one thing. Raises Refused, NotStored, or one of GONE."""
        if self._waiting:
            return self._send_again()
        if not self.at.startswith("/s/"):
            return self._begin()
        text = self.page(self.at)
        if form := FORM.search(text):
            return self._answer(form[0])
        if self.at.endswith("/done"):
            return self._end(text)
        self.at = self.at.rpartition("/")[0]  # it is answered: where the set goes on
        return None

    def _begin(self) -> None:
        kind = self.rng.choice(("practice", "exam", *self.codes))
        if kind == "practice":
            self._answer(self.form("/mixed"))
        elif kind == "exam":
            self.page("/topics")
            form = [("count", "10"), ("topic", ""), ("set", self._new_id())]
            self.follow("/exam", form)
        else:
            self.page(f"/a/{kind}")
            self.follow(f"/a/{kind}", [("name", self.name)])

    def follow(self, path: str, form: Form) -> None:
        """Send a form that holds no answer, and go where it leads."""
        status, location, text = self.request("POST", path, form)
        self._check(status, path, text)
        self.at = urlsplit(location).path

    def _end(self, text: str) -> None:
        if "/finish" in text:
            if self.rng.random() < 0.4:  # look at one again and change it
                self._change()
            self.follow(f"{self.at.rpartition('/')[0]}/finish", [])
        self.at = ""

    def _change(self) -> None:
        """Save another answer to one of an exam's places."""
        done = self.at
        form = FORM.search(self.page(f"{done.rpartition('/')[0]}/{self.rng.randint(1, 3)}"))
        if form and "Save answer" in form[0]:
            self._answer(form[0])
        self.at = done

    def _answer(self, form: str) -> None:
        path, sent, said = self.fill_in(form)
        if "data-autosave" in form and said.sure and self.rng.random() < 0.5:
            draft = Said(said.attempt, said.place, said.values, True, [f"{said.ids[0]}~1"])
            self.send(path, [*sent, ("autosave", "1"), ("edit", "1")], draft)
        self.send(path, sent, said)

    def fill_in(self, form: str) -> tuple[str, Form, Said]:
        """An answer to the form of this page, and what is to be remembered of it."""
        fields = {name: unescape(value) for name, value in FIELD.findall(form)}
        sure = self.rng.random() < 0.9
        values = tuple(self._chosen(form)) if sure else ()
        sent = [*fields.items(), *(("answer", value) for value in values)] + [("unsure", "1")] * (not sure)
        attempt, place = (fields["set"], "1") if "set" in fields else self.at.split("/")[-2:]
        return self.at, sent, Said(attempt, int(place), values, sure, [fields["step"]])

    def send(self, path: str, form: Form, said: Said) -> None:
        """Send an answer. Until it is acknowledged it is sent again before anything else."""
        self.ledger.append(said)
        self._waiting = (path, form, said)
        self._attempt_to_send(path, form, said)

    def _send_again(self) -> None:
        assert self._waiting
        path, form, said = self._waiting
        said.replays += 1
        if not self.keeps_ids and dict(form).get("step"):
            fresh = self._new_id()
            said.ids.append(f"{fresh}~1" if "~" in said.ids[0] else fresh)
            form = [(name, fresh if name == "step" else value) for name, value in form]
        self._attempt_to_send(path, form, said)

    def _attempt_to_send(self, path: str, form: Form, said: Said) -> None:
        began = time.monotonic()
        status, location, text = self.request("POST", path, form)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if status in KEPT and self.rng.random() < self.drops:
            raise NotStored("the reply was lost on its way")
        self._check(status, path, text)
        said.is_acknowledged = True
        said.wal = self.wal.stat().st_size if self.wal and self.wal.exists() else 0
        self._waiting = None
        if location:
            self.at = urlsplit(location).path

    def _check(self, status: int, path: str, text: str) -> None:
        if status == 503:
            raise NotStored(path)
        if status not in KEPT:
            raise Refused(f"POST {path}: {status} {_title(text)}")

    def _chosen(self, form: str) -> list[str]:
        """Values that somebody could choose or type, at random; what is typed is said by nobody else."""
        if selects := SELECT.findall(form):
            offered = [[value for value in VALUE.findall(each) if value] for each in selects]
            if "data-ordering" in form:
                return self.rng.sample([str(number + 1) for number in range(len(selects))], len(selects))
            return [self.rng.choice(values) for values in offered]
        inputs = INPUT.findall(form)
        offered_here = [unescape(found[1]) for each in inputs if (found := VALUE.search(each))]
        if 'type="radio"' in inputs[0]:
            return [self.rng.choice(offered_here)]
        if 'type="checkbox"' in inputs[0]:
            return [value for value in offered_here if self.rng.random() < 0.5] or offered_here[:1]
        if 'inputmode="decimal"' in inputs[0]:
            return [f"{self.rng.randint(1, 999)}.{self.rng.randint(1, 999)}"]
        return [f"{self.name} said {len(self.ledger)}.{number}" for number in range(len(inputs))]

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))


def _title(text: str) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", text, re.S)
    return found[1] if found else text[:200]
