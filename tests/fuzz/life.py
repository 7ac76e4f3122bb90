"""An attempt's life over HTTP, from every door to the last page, held against a small model after each step.

There is no JSON API: what browsers send and get is all there is.
"""

from __future__ import annotations

import itertools
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import sqlalchemy as sa
from argon2 import PasswordHasher
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from werkzeug.test import TestResponse

from quizapp.learn import PRESETS, Paper, Part, Rules
from quizapp.store import tables as t
from quizapp.web import create_app
from tests.classroom import give, new_group, somebody
from tests.conftest import Person, hidden
from tests.databases import Databases
from tests.fuzz.taker import GRACE, Sat
from tests.fuzz.texts import hostile

ADDRESS = re.compile(r"/s/([0-9a-f-]{36})/(\d+)")
SECRET = re.compile(r"KEY(\w+?)x")
OPTION = re.compile(r'value="(\d)" id="answer-\d"[^>]*><span>(right|wrong)')
SHORT, CHOICE = ("one", "two", "three"), ("four", "five")
HINTS = {"two": 2, "four": 1}
TICK, MINUTE, HOUR = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1)
DOORS = ("/", "/mixed", "/practice/t", "/q/t/one", "/q/t/four", "/review", "/matters", "/again")
PAGES = ("/", "/topics", "/progress", "/progress/history", "/progress/history?result=missed", "/progress.csv")
PAGES += (
    "/progress.json",
    "/assigned",
    "/progress/topics/t",
    "/keep",
    "/account",
    "/interview",
    "/report/t/one",
)
PASSWORD = "a long enough password"  # noqa: S105 - of nobody
WAYS = ("right", "wrong", "unsure", "blank", "garbage")
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def bank_text(version: int) -> str:
    """A topic whose keys can be recognised wherever they turn up."""
    asked = "title: Topic\nquestions:\n"
    for slug in (*SHORT, *CHOICE):
        common = f"level: beginner\n  concepts: [counting]\n  prompt: Ask {slug} v{version}?\n"
        hints = "".join(f"  - Hint {number} of {slug}.\n" for number in range(HINTS.get(slug, 0)))
        common += f"  hints:\n{hints}" if hints else ""
        common += f"  explanation: KEY{slug}x explains.\n  sources: [https://docs.python.org/3/]\n"
        if slug in SHORT:
            asked += f"- id: {slug}\n  type: short-answer\n  {common}"
            asked += f"  accept: [right, KEY{slug}xtoo]\n"
        else:
            asked += f"- id: {slug}\n  type: single-choice\n  {common}  options:\n"
            asked += f"  - right: right of {slug}\n    why: KEY{slug}x because.\n"
            for number in (1, 2):
                asked += f"  - wrong: wrong {number} of {slug}\n    why: KEY{slug}x, no.\n"
                asked += "    misconception: counts-from-one\n"
    return asked


@dataclass
class Learner:
    """Somebody at a browser: what is theirs, and where they have been."""

    person: Person
    name: str = ""
    sats: list[Sat] = field(default_factory=list)
    forms: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Forms that were accepted, to be sent once more."""


who = st.sampled_from(["ann", "ben"])
ways = st.sampled_from(WAYS)
which = st.integers(0, 40)


class Life(RuleBasedStateMachine):
    """Two learners, their attempts and their trainer's assignments."""

    def __init__(self, databases: Databases) -> None:
        super().__init__()
        self.lent = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="quizapp-life-"))
        self.bank = self.folder / "bank"
        self.bank.mkdir()
        for name in ("concepts.yaml", "misconceptions.yaml"):
            shutil.copy(Path(__file__).parents[1] / "bank" / "samples" / name, self.bank / name)
        (self.bank / "bank.yaml").write_text("format: 1\ntitle: Life\n")
        self.version = 0
        self.written()
        address = self.lent.enter_context(databases.lent())
        self.now = datetime.now(UTC).replace(microsecond=0)
        self.app = create_app(banks=(self.bank,), database=address)
        self.shelf = self.app.extensions["shelf"]
        self.database = self.app.extensions["store"].database
        self.patches = [
            patch.object(module, "now", lambda: self.now)
            for name, module in sorted(sys.modules.items())
            if name.startswith("quizapp.web.") and hasattr(module, "now")
        ]
        self.patches.append(patch("quizapp.web.passwords._hasher", lambda: CHEAP))
        for each in self.patches:
            each.start()
        self.all: dict[str, Sat] = {}

    def teardown(self) -> None:
        for each in self.patches:
            each.stop()
        self.app.extensions["store"].close()
        self.lent.close()
        shutil.rmtree(self.folder)

    def written(self) -> None:
        (self.bank / "t.yaml").write_text(bank_text(self.version))

    @initialize()
    def a_class(self) -> None:
        _, trainer = somebody(self.app, "Mona", "trainer")
        group = new_group(self.app, trainer)
        paper = Paper("Paper", tuple(Part(question=f"t/{each}") for each in (*SHORT, *CHOICE)))
        test = replace(PRESETS["test"], minutes=10, attempts=2)
        exam = replace(PRESETS["exam"], minutes=10, order="one-way", closes=self.now + 2 * HOUR)
        self.codes: list[tuple[str, Rules]] = [
            (give(self.app, group, rules, paper).code, rules) for rules in (test, exam)
        ]
        self.people = {each: Learner(Person(self.app.test_client())) for each in ("ann", "ben")}
        self.begun: Counter[tuple[str, str]] = Counter()
        self.accounts: dict[str, Learner] = {}

    # -- requests

    def get(self, name: str, path: str) -> TestResponse:
        return self._went(name, self.people[name].person.client.get(path))

    def post(self, name: str, path: str, form: dict[str, Any]) -> TestResponse:
        return self._went(name, self.people[name].person.client.post(path, data=form))

    def _went(self, name: str, page: TestResponse) -> TestResponse:
        assert page.status_code < 500, (page.request.path, page.text[-600:])
        self.no_key_too_early(name, page)
        return page

    def no_key_too_early(self, name: str, page: TestResponse) -> None:
        """No page says the key of a question that this learner has not answered with its end."""
        found = set(SECRET.findall(page.text))
        if not found:
            return
        self.synced()
        mine = self.people[name].sats
        if here := ADDRESS.search(page.request.path):
            sat = self.all[here[1]]
            assert sat in mine
            place = int(here[2])
            assert sat.may_tell(place, self.now), (page.request.path, found)
            assert found <= {sat.at(place).question}
            return
        may = {
            sat.at(place).question
            for sat in mine
            for place in range(1, sat.size + 1)
            if sat.may_tell(place, self.now)
        }
        assert found <= may, (page.request.path, found - may)

    # -- beginning

    @rule(name=who, door=st.sampled_from(DOORS), how=st.sampled_from((*WAYS, "hint")))
    def begins_at_a_door(self, name: str, door: str, how: str) -> None:
        page = self.get(name, door)
        if page.status_code != 200 or "data-ask" not in page.text:
            return
        form = hidden(page) | self.said(page, how)
        slug = form["question"].partition("/")[2]
        path = page.request.path
        answer = self.post(name, path, form)
        expected = 303
        if how == "blank" or (how == "garbage" and slug in CHOICE):
            expected = 422
        if how == "hint" and not HINTS.get(slug):
            expected = 409
        assert answer.status_code == expected, (path, how, answer.status_code)
        if expected != 303:
            assert not self.rows_of(form["set"])
            return
        sat = Sat(id=form["set"], mode="practice", started=self.now)
        self.added(name, sat)
        sat.at(1).question = slug
        if how == "hint":
            sat.asks_hint(1, HINTS[slug], self.now)
        else:
            sat.answers(1, how == "right", self.now)
        self.people[name].forms.append((path, form))

    @rule(name=who)
    def begins_an_exam(self, name: str) -> None:
        page = self.get(name, "/topics")
        field = re.search(r'name="set" value="([^"]+)"', page.text)
        counts = re.findall(r'name="count" value="(\d+)"|<option value="(\d+)"', page.text)
        if not field or not counts:
            return
        count = next(filter(None, itertools.chain(*counts)))
        form = {"set": field[1], "topic": "", "count": count}
        assert self.post(name, "/exam", form).status_code == 303
        self.added(name, Sat(id=field[1], mode="exam", started=self.now))
        self.people[name].forms.append(("/exam", form))

    @rule(name=who, number=st.integers(0, 1))
    def begins_an_assignment(self, name: str, number: int) -> None:
        code, rules = self.codes[number]
        path = f"/a/{code}"
        assert self.get(name, path).status_code == 200
        self.synced()
        me = self.people[name]
        running = next((each for each in me.sats if each.mode == code and not each.finished), None)
        if running and running.is_over(self.now):
            running.end(self.now)
            running = None
        page = self.post(name, path, {"name": f"{name} {id(me)}", "shared": f"{name} {id(me)}"})
        used = sum(each.mode == code for each in me.sats)
        is_open = rules.closes is None or self.now < rules.closes
        if running:
            assert page.status_code == 303
        elif used >= rules.attempts or not is_open:
            assert page.status_code == 303
            assert page.headers["Location"].endswith(path), page.headers["Location"]
        else:
            assert page.status_code == 303, page.text[-900:]
            found = ADDRESS.search(page.headers["Location"])
            assert found, page.headers["Location"]
            deadline = min(filter(None, [self.now + 10 * MINUTE, rules.closes]))
            sat = Sat(id=found[1], mode=code, started=self.now, deadline=deadline)
            sat.one_way, sat.closes = rules.order == "one-way", rules.closes
            self.added(name, sat)

    def added(self, name: str, sat: Sat) -> None:
        self.people[name].sats.append(sat)
        self.all[sat.id] = sat
        self.sized(sat)

    def sized(self, sat: Sat) -> None:
        """What was asked, place by place: the one thing that the model takes from the database."""
        with self.database.reading() as db:
            rows = db.execute(sa.select(t.slot).where(t.slot.c.attempt == sat.id)).all()
        sat.size = len(rows)
        for row in rows:
            sat.at(row.place).question = row.question.partition("/")[2]

    # -- answering

    def said(self, page: TestResponse, how: str) -> dict[str, Any]:
        """The fields of a form that is answered like that."""
        options = {says: place for place, says in OPTION.findall(page.text)}
        match how:
            case "right" | "wrong":
                return {"answer": options.get(how, how)}
            case "garbage":
                return {"answer": "99"}
            case "unsure":
                return {"unsure": "1"}
            case "hint":
                return {"hint": "1", "answer": ""}
            case _:
                return {"answer": ""}

    def chosen(self, name: str, number: int) -> Sat | None:
        mine = self.people[name].sats
        return mine[-1 - number % len(mine)] if mine else None

    def on(self, name: str, number: int, place: int) -> tuple[Sat, int, TestResponse] | None:
        """A place of one of their attempts, and its page."""
        sat = self.chosen(name, number)
        if sat is None or not sat.size:
            return None
        place = 1 + place % sat.size
        page = self.get(name, f"/s/{sat.id}/{place}")
        self.synced()
        if page.status_code == 303:
            assert sat.one_way
            return None
        assert page.status_code == 200
        return sat, place, page

    @rule(name=who, number=which, place=which, how=ways)
    def answers(self, name: str, number: int, place: int, how: str) -> None:
        if not (here := self.on(name, number, place)):
            return
        sat, place, page = here
        path = page.request.path
        form = hidden(page) if "data-ask" in page.text else {"step": str(uuid4())}
        self.answered(name, sat, place, path, form | self.said(page, how), how)

    def answered(self, name: str, sat: Sat, place: int, path: str, form: dict[str, Any], how: str) -> None:
        question = sat.at(place).question
        bad = how == "blank" or (question in CHOICE and form.get("answer", "1") not in "123")
        before, late = sat.rows.copy(), sat.ran_out or sat.is_over(self.now)
        old = sat.at(place).answer
        page = self.post(name, path, form)
        expected = sat.answers(place, how == "right", self.now)
        if bad and sat.rows != before:  # the form is refused: what it would have left is not there
            kind = "late" if late else "submit" if sat.mode == "practice" else "save"
            sat.rows[place, kind] -= 1
            sat.at(place).answer = sat.at(place).answer if late else old
            expected = 422
        assert page.status_code == expected, (path, how, page.status_code, page.location, sat, form)
        if expected == 303 and sat.rows != before:
            self.people[name].forms.append((path, form))

    @rule(name=who, number=which, place=which, how=st.sampled_from(["right", "wrong"]))
    def is_saved_by_the_page(self, name: str, number: int, place: int, how: str) -> None:
        if not (here := self.on(name, number, place)) or "data-ask" not in here[2].text:
            return
        sat, place, page = here
        form = hidden(page) | self.said(page, how) | {"autosave": "1", "edit": "1"}
        answer = self.post(name, page.request.path, form)
        assert answer.status_code == sat.autosaves(place, how == "right", self.now), sat

    @rule(name=who, number=which, place=which)
    def asks_for_a_hint(self, name: str, number: int, place: int) -> None:
        if not (here := self.on(name, number, place)) or "data-ask" not in here[2].text:
            return
        sat, place, page = here
        answer = self.post(name, page.request.path, hidden(page) | self.said(page, "hint"))
        hints = HINTS.get(sat.at(place).question, 0)
        assert answer.status_code == sat.asks_hint(place, hints, self.now), sat

    @rule(name=who, number=which)
    def sends_an_old_form_again(self, name: str, number: int) -> None:
        """Nothing is stored twice, whoever sends it by now and whatever has changed since."""
        forms = self.people[name].forms
        if not forms:
            return
        path, form = forms[-1 - number % len(forms)]
        if found := ADDRESS.search(path):
            self.get(name, f"/s/{found[1]}")
        self.synced()
        page = self.post(name, path, form)
        assert page.status_code in (303, 404, 409, 422), page.status_code

    @rule(name=who, number=which)
    def finishes(self, name: str, number: int) -> None:
        if sat := self.chosen(name, number):
            page = self.post(name, f"/s/{sat.id}/finish", {})
            assert page.status_code == sat.finishes(self.now), sat

    @rule(name=who, number=which, place=st.sampled_from(["0", "99", "done", "", "1/report", "state"]))
    def jumps(self, name: str, number: int, place: str) -> None:
        if sat := self.chosen(name, number):
            page = self.get(name, f"/s/{sat.id}/{place}".rstrip("/"))
            assert page.status_code == (404 if place in ("0", "99", "state") else page.status_code)

    @rule(name=who, number=which)
    def looks_at_anothers(self, name: str, number: int) -> None:
        other = "ben" if name == "ann" else "ann"
        sat = self.chosen(other, number)
        if sat is None or sat in self.people[name].sats:
            return
        for path in (f"/s/{sat.id}", f"/s/{sat.id}/1", f"/s/{sat.id}/done"):
            assert self.get(name, path).status_code == 404
        form = {"step": str(uuid4()), "answer": "right"}
        assert self.post(name, f"/s/{sat.id}/1", form).status_code == 404
        assert self.post(name, f"/s/{sat.id}/finish", {}).status_code == 404

    # -- pages

    @rule(name=who, path=st.sampled_from(PAGES))
    def looks(self, name: str, path: str) -> None:
        assert self.get(name, path).status_code in (200, 302, 303, 404)

    @rule(name=who, text=hostile)
    def reports_a_problem(self, name: str, text: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        assert self.get(name, "/report/t/two").status_code == 200
        page = self.post(name, "/report/t/two", {"reason": "key", "text": text})
        assert page.status_code in (303, 422, 429), page.status_code

    # -- time and the bank

    @rule(span=st.sampled_from([timedelta(seconds=1), MINUTE, 11 * MINUTE, HOUR, timedelta(days=3)]))
    def time_passes(self, span: timedelta) -> None:
        self.now += span

    @rule(number=which, after=st.sampled_from([-TICK, 0 * TICK, TICK, GRACE, GRACE + TICK]))
    def a_deadline_comes(self, number: int, after: timedelta) -> None:
        running = [each for each in self.all.values() if each.deadline and not each.finished]
        if running:
            deadline = running[number % len(running)].deadline
            assert deadline
            self.now = max(self.now, deadline + after)

    @rule()
    def the_bank_changes(self) -> None:
        self.version += 1
        self.written()
        self.shelf._looked = time.monotonic() - 60
        assert self.shelf.bank()["t/one"].prompt == f"Ask one v{self.version}?"

    @rule()
    def the_bank_breaks(self) -> None:
        (self.bank / "t.yaml").write_text("title: [\n")
        self.shelf._looked = time.monotonic() - 60
        assert len(self.shelf.bank()) == 5

    # -- who one is

    @rule(name=who)
    def keeps_a_name(self, name: str) -> None:
        me = self.people[name]
        if me.name or not me.sats:
            return
        new = f"{name}-{len(self.accounts)}"
        page = self.post(name, "/keep", {"name": new, "password": PASSWORD})
        assert page.status_code == 303, page.text[-500:]
        me.name = new
        self.accounts[new] = me

    @rule(name=who)
    def signs_out(self, name: str) -> None:
        me = self.people[name]
        if not me.name:
            return
        page = self.post(name, "/signout", {})
        assert page.status_code in (302, 303)
        self.people[name] = Learner(Person(self.app.test_client()))
        if me.sats:
            assert self.get(name, f"/s/{me.sats[0].id}").status_code == 404

    @precondition(lambda self: self.accounts)
    @rule(name=who, number=which)
    def signs_in(self, name: str, number: int) -> None:
        me, account = self.people[name], list(self.accounts.values())[number % len(self.accounts)]
        if me.name or any(each.mode in dict(self.codes) for each in me.sats):
            return
        page = self.post(name, "/signin", {"name": account.name, "password": PASSWORD})
        assert page.status_code in (302, 303)
        account.sats += me.sats
        self.people[name] = replace(account, person=me.person)
        self.people[name].sats = account.sats

    @rule(name=who, sure=st.booleans())
    def erases_everything(self, name: str, sure: bool) -> None:
        me = self.people[name]
        if not me.sats or me.name:
            return
        page = self.post(name, "/erase", {"sure": "1"} if sure else {})
        if not sure:
            assert page.status_code == 422
            return
        assert page.status_code in (302, 303)
        for sat in me.sats:
            assert not self.rows_of(sat.id)
            del self.all[sat.id]
        self.people[name] = Learner(Person(self.app.test_client()))

    # -- what stays true

    def rows_of(self, attempt: str) -> Counter[tuple[int, str]]:
        """The steps that are stored, counted by place and kind."""
        with self.database.reading() as db:
            rows = db.execute(sa.select(t.step.c.place, t.step.c.kind).where(t.step.c.attempt == attempt))
            return Counter((row.place, row.kind) for row in rows)

    def synced(self) -> None:
        """Let the model know which pages have ended what was over: that may happen on any, but not sooner."""
        for sat in self.all.values():
            found = self.rows_of(sat.id)
            if found[0, "finish"] and not sat.finished:
                assert sat.deadline is not None
                assert self.now >= sat.deadline
                sat.end(self.now)
            if sat.closes and sat.finished and not sat.told and any(found[p, "submit"] for p in sat.places):
                assert self.now >= sat.closes + GRACE
                sat.release()

    @invariant()
    def what_is_stored_is_what_the_model_says(self) -> None:
        if not hasattr(self, "people"):
            return
        self.synced()
        for sat in self.all.values():
            assert +self.rows_of(sat.id) == +sat.rows, sat

    @invariant()
    def scores_are_those_of_the_answers(self) -> None:
        graded = t.step.c.kind.in_(["submit", "held"])
        with self.database.reading() as db:
            steps = db.execute(sa.select(t.step).where(graded)).all()
            slots = db.execute(sa.select(t.slot)).all()
        for row in slots:
            if (sat := self.all.get(row.attempt)) and row.place > sat.size:
                self.sized(sat)
            if sat and sat.deadline and sat.finished:
                assert row.score == _score(sat, row.place), (sat, row)
        for row in steps:
            if sat := self.all.get(row.attempt):
                assert row.score == _score(sat, row.place), (sat, row)


def _score(sat: Sat, place: int) -> float | None:
    answer = sat.at(place).answer
    return None if answer is None else float(answer)
