"""What nobody may know changes no byte: keys on any route before an answer, other trainers' groups ever."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from quizapp.bank import Bank, Question
from quizapp.learn import PRESETS
from quizapp.shipped import shipped
from quizapp.web import create_app
from quizapp.web.access import POLICY, Who
from tests.classroom import QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, hidden, settled
from tests.databases import Databases
from tests.learn.logs import BANK
from tests.web.still import standing
from tests.web.test_interview import begin as begin_interview
from tests.web.test_secrecy import with_another_key

pytestmark = pytest.mark.bulk

EXAMPLES = int(os.environ.get("EXAMPLES", "50"))
ARGUMENTS = re.compile(r"<(?:\w+:)?(\w+)>")
RANDOM_HEADERS = {"Set-Cookie", "Content-Security-Policy", "Date", "X-Request-ID"}
SET_ID = "01a1f9af-4d17-7142-b2b7-f6a3d7e7fb66"
RELAXED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ASKED = [question for question in BANK if not question.rated]


def rekeyed(question: Question, seed: int) -> Question:
    """The same question with another key and other reasons; what lists may tell of it stays.

    An ordering stays as it is: it is never shown in the right order, on purpose.
    """
    if question.type == "ordering":
        return question.model_copy(update={"explanation": "Something else."})
    other = with_another_key(question, seed)
    kept = {name: getattr(question, name) for name in ("level", "concepts", "run", "sources")}
    if hasattr(question, "options"):
        kept["options"] = _with_beliefs(question, other)
    if hasattr(question, "mistakes"):
        kept["mistakes"] = tuple(
            each.model_copy(update={"why": "Other reason"}) for each in question.mistakes
        )
    return other.model_copy(update=kept)


def _with_beliefs(question: Any, other: Any) -> tuple[Any, ...]:
    """Which beliefs a question tells apart is no secret; which option holds which one is."""
    beliefs = iter([each.misconception for each in question.options if each.wrong is not None])
    return tuple(
        each.model_copy(update={"misconception": next(beliefs)}) if each.wrong is not None else each
        for each in other.options
    )


def rekeyed_bank(seed: int) -> Bank:
    topics = tuple(
        replace(
            topic, questions=tuple(each if each.rated else rekeyed(each, seed) for each in topic.questions)
        )
        for topic in BANK.topics
    )
    return Bank(BANK.title, topics, BANK.concepts, BANK.misconceptions)


@dataclass
class Worlds:
    """Makes apps over fresh copies of a database."""

    databases: Databases
    pages: FileSystemBytecodeCache

    @contextmanager
    def app(self, bank: Bank, seed: int = 1) -> Iterator[Flask]:
        with self.databases.lent() as address:
            app = create_app(banks=(shipped("questions"),), database=address)
            app.jinja_env.bytecode_cache = self.pages
            app.extensions["shelf"]._bank = bank
            with standing(app, seed):
                yield app
            app.extensions["store"].close()


@pytest.fixture
def worlds(databases: Databases, compiled_pages: FileSystemBytecodeCache) -> Worlds:
    return Worlds(databases, compiled_pages)


def seen(page: TestResponse) -> tuple[int, list[tuple[str, str]], str]:
    """All of a response that does not change by chance."""
    headers = [(name, value) for name, value in page.headers if name not in RANDOM_HEADERS]
    return page.status_code, headers, settled(page)


def walk(
    app: Flask, people: dict[str, Person], ids: dict[str, str], *about: str
) -> dict[tuple[str, str], Any]:
    """What each of these people sees on each page that is not for trainers, of those about these."""
    found = {}
    for rule in app.url_map.iter_rules():
        if about and not rule.arguments & set(about):
            continue
        if "GET" in (rule.methods or ()) and POLICY[rule.endpoint] in (Who.ANYONE, Who.HOLDER, Who.LEARNER):
            path = ARGUMENTS.sub(lambda name: ids[name[1]], rule.rule)
            for name, person in people.items():
                found[name, path] = seen(person.client.get(path, buffered=True))
    return found


def unanswered(app: Flask) -> dict[tuple[str, str], Any]:
    """All that people see who have begun everything and answered nothing."""
    _, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    found = {}
    for number, preset in enumerate(("practice", "test", "exam")):
        member, _ = joined(app, group, f"Member {number}")
        given = give(app, group, PRESETS[preset])
        member.post(f"/a/{given.code}")
        begun = member.at.split("/")[2]
        ids = {"set_id": begun, "code": given.code, "group_id": group.id}
        found |= look(app, {f"member, {preset}": member}, ids)
        sent = person_sends(member, f"/s/{begun}/1")
        found |= {(preset, f"sent {name}"): each for name, each in sent.items()}
    learner = Person(app.test_client())
    learner.get("/")
    learner.post("/exam", {"set": SET_ID, "topic": "", "count": "10"})
    found |= look(app, {"learner": learner, "stranger": Person(app.test_client())}, {"set_id": SET_ID})
    candidate = Person(app.test_client())
    return found | look(app, {"candidate": candidate}, {"set_id": begin_interview(candidate)})


def look(app: Flask, people: dict[str, Person], more: dict[str, str]) -> dict[tuple[str, str], Any]:
    ids = {"place": "1", "question_id": QUESTIONS[0], "topic_id": "coroutines", "idea_id": "call-runs-body"}
    ids |= {"filename": "quizapp.css", "code": "x", "token": "x" * 32, "group_id": SET_ID} | more
    others = ids | {"place": "2", "question_id": QUESTIONS[1]}
    return walk(app, people, ids) | walk(app, people, others, "place", "question_id")


def person_sends(person: Person, path: str) -> dict[str, Any]:
    """What comes back for a form without an answer, and for one that can't be read."""
    page = person.get(path)
    return {"blank": seen(person.answer(page)), "nonsense": seen(person.answer(page, "99"))}


def test_no_byte_of_any_page_before_an_answer_depends_on_a_key(worlds: Worlds) -> None:
    found = []
    for bank in (BANK, rekeyed_bank(1)):
        with worlds.app(bank) as app:
            found.append(unanswered(app))
    assert found[0].keys() == found[1].keys()
    assert len(found[0]) > 200
    assert [each for each in found[0] if found[0][each] != found[1][each]] == []


def test_that_walk_would_notice_a_leak(worlds: Worlds) -> None:
    """The control: once answered, the pages of the two banks differ."""
    found = []
    for bank in (BANK, rekeyed_bank(1)):
        with worlds.app(bank) as app:
            person = Person(app.test_client())
            found.append(seen(person.answer(person.get(f"/q/{QUESTIONS[0]}"), unsure="1")))
    assert found[0] != found[1]


@pytest.fixture
def twins(worlds: Worlds) -> Iterator[tuple[Flask, Flask]]:
    """Two apps that know the same of everybody."""
    with worlds.app(BANK) as one, worlds.app(BANK) as other:
        yield one, other


@RELAXED
@given(seed=st.integers(2, 10**6), picked=st.lists(st.sampled_from(ASKED), min_size=1, max_size=3))
def test_no_key_that_chance_makes_changes_a_byte_before_the_answer(
    twins: tuple[Flask, Flask], seed: int, picked: list[Question]
) -> None:
    other = {question.id: rekeyed(question, seed) for question in picked}
    topics = [
        replace(each, questions=tuple(other.get(question.id, question) for question in each.questions))
        if each.id in {question.topic for question in picked}
        else each
        for each in BANK.topics
    ]
    changed = Bank(BANK.title, tuple(topics), BANK.concepts, BANK.misconceptions)
    found = []
    for app, bank in zip(twins, (BANK, changed), strict=True):
        app.extensions["shelf"]._bank = bank
        with standing(app, seed):
            person, pages = Person(app.test_client()), []
            for question in picked:
                page = person.get(f"/q/{question.id}")
                pages += [page, person.answer(page)]
                if question.keys():  # elsewhere this can be read, and is an answer
                    pages.append(person.answer(page, "99"))
        found.append([seen(each) for each in pages])
    assert found[0] == found[1]


# -- trainers


Change = Callable[["Class", int], None]


@dataclass
class Class:
    """A trainer with a group, an assignment and a member who has begun it."""

    app: Flask
    name: str

    def __post_init__(self) -> None:
        self.trainer, self.owner = somebody(self.app, self.name, "trainer")
        self.group = new_group(self.app, self.owner, f"Group of {self.name}")
        self.member, self.row = joined(self.app, self.group, f"Member of {self.name}", ["a label"])
        self.given = give(self.app, self.group, PRESETS["practice"])
        self.member.post(f"/a/{self.given.code}")
        self.set_id = self.member.at.split("/")[2]

    def ids(self) -> dict[str, str]:
        given = {"group_id": self.group.id, "assignment_id": self.given.id, "member_id": self.row.id}
        given |= {"set_id": self.set_id, "code": self.given.code, "number": "1", "place": "1"}
        given |= {"question_id": QUESTIONS[0], "topic_id": "coroutines", "idea_id": "call-runs-body"}
        nothing = {"account_id": SET_ID, "regrade_id": SET_ID, "report_id": SET_ID, "paper_id": SET_ID}
        return given | nothing | {"token": "x" * 32, "filename": "quizapp.css"}

    def seen(self) -> dict[str, Any]:
        """All pages of this trainer, and what this member sees on the others."""
        found = {}
        for rule in self.app.url_map.iter_rules():
            whose = POLICY[rule.endpoint]
            if "GET" in (rule.methods or ()) and whose is not Who.ADMIN:
                path = ARGUMENTS.sub(lambda name: self.ids()[name[1]], rule.rule)
                person = self.trainer if whose is Who.TRAINER else self.member
                with standing(self.app, 7):  # what is drawn for a page is the same before and after
                    found[path] = seen(person.client.get(path, buffered=True))
        return found


def _answers(them: Class, number: int) -> None:
    page = them.member.get(f"/s/{them.set_id}/{1 + number % 3}")
    form = hidden(page) | ({"answer": str(1 + number % 4)} if number % 3 else {"unsure": "1"})
    them.member.post(f"/s/{them.set_id}/{1 + number % 3}", form)


CHANGES: list[Change] = [
    _answers,
    lambda them, number: them.trainer.post("/t/", {"name": f"Another {number}"}) and None,
    lambda them, number: (
        them.trainer.post(f"/t/groups/{them.group.id}", {"name": f"New name {number}"}) and None
    ),
    lambda them, number: them.trainer.post(f"/t/groups/{them.group.id}/renew", {"sure": "1"}) and None,
    lambda them, number: joined(them.app, them.group, f"Newcomer {number}") and None,
    lambda them, number: give(them.app, them.group, ("practice", "test", "exam")[number % 3]) and None,
    lambda them, number: them.member.post(f"/report/{QUESTIONS[0]}", {"reason": "key", "text": "x"}) and None,
    lambda them, number: (
        them.member.post(f"/s/{them.set_id}/1/report", {"reason": "key", "text": "y"}) and None
    ),
    lambda them, number: them.member.start(f"/q/{QUESTIONS[number % 3]}") and None,
    lambda them, number: them.member.post("/erase", {"sure": "1"} if number % 2 else {}) and None,
]


@settings(RELAXED, max_examples=max(1, EXAMPLES // 15))
@given(acts=st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 20)), min_size=1, max_size=6))
def test_what_happens_in_one_group_changes_no_byte_for_another_trainer(
    worlds: Worlds, acts: list[tuple[Change, int]]
) -> None:
    with worlds.app(BANK) as app:
        theirs, mine = Class(app, "Ann"), Class(app, "Bob")
        mine.seen()  # what is derived at the first look is derived
        before = mine.seen()
        for act, number in acts:
            act(theirs, number)
        theirs.trainer.post("/erase", {"sure": "1"})
        after = mine.seen()
    assert [path for path in before if before[path] != after[path]] == []
