"""An answer key never reaches a page before the answer does: permute it, and no byte changes."""

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from quizapp import learn
from quizapp.bank import Bank, Question, Topic, load
from quizapp.shipped import shipped
from quizapp.web import create_app
from quizapp.web.opening import seed_of
from tests.conftest import Person, hidden
from tests.databases import Databases

pytestmark = pytest.mark.bulk

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
SEED = 42
SECRET = bytes([2]) * 32
SOWN = seed_of(SECRET, SEED)
HINTS = ("A first nudge.", "A plainer nudge.")
VARYING = re.compile(r'name="(set|step|ticket)" value="[^"]*"|/s/[0-9a-f-]{36}\b|nonce="[\w-]+"')
RANDOM_HEADERS = {"Set-Cookie", "Content-Security-Policy", "X-Request-ID"}


def with_another_key(question: Question, seed: int) -> Question:
    """The same question to look at, with another right answer and other explanations."""
    rng = random.Random(seed)
    body: dict[str, Any] = question.model_dump() | {
        "explanation": "Something else.",
        "sources": [],
        "concepts": ["x"],
    }
    body["level"] = "advanced"
    if options := body.get("options"):
        texts = [each["right"] if each["right"] is not None else each["wrong"] for each in options]
        right = [each["right"] is not None for each in options]
        shifted = right[1:] + right[:1]
        for each, text, is_right in zip(options, texts, shifted, strict=True):
            each |= {"right": text if is_right else None, "wrong": None if is_right else text}
            each |= {"why": f"Other reason {rng.random()}", "misconception": ""}
    if "steps" in body:
        body["steps"] = body["steps"][::-1]
    if "pairs" in body:
        matches = [pair["match"] for pair in body["pairs"]]
        for pair, match in zip(body["pairs"], matches[1:] + matches[:1], strict=True):
            pair |= {"match": match, "why": "Other reason"}
    if "accept" in body:
        body["accept"] = ["something else"]
    if "line" in body:
        others = [text.strip() for text in question.code.splitlines() if text.strip()]
        unique = [text for text in others if sum(text in line for line in question.code.splitlines()) == 1]
        body |= {"line": rng.choice(unique), "fix": "pass", "why": "Other reason"}
    if body.get("run"):
        body["run"] |= {"prints": "something else", "raises": None, "warns": None}
    body["mistakes"] = []
    return type(question).model_validate(
        {key: value for key, value in body.items() if key in type(question).model_fields}
    )


def permuted(bank: Bank, seed: int) -> Bank:
    topics = tuple(
        Topic(
            topic.id,
            topic.title,
            topic.about,
            tuple(_permuted(each, seed) for each in topic.questions),
        )
        for topic in bank.topics
    )
    return Bank(bank.title, topics, bank.concepts, {})


def _permuted(question: Question, seed: int) -> Question:
    """With another key; but an ordering that chance would begin rightly stays: that is avoided."""
    other = with_another_key(question, seed)
    if question.type == "ordering" and _faces(question) != _faces(other):
        return question
    return other


def _faces(question: Question) -> list[str]:
    return [question.face(key) for seed in (SEED, SOWN) for key in learn.show(question, seed)]


def test_few_orderings_are_left_out_below() -> None:
    orderings = [question for question in BANK if question.type == "ordering"]
    assert len([each for each in orderings if _permuted(each, 1) is each]) <= len(orderings) / 5


@pytest.fixture
def two_apps(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, Flask]]:
    """The app over the shipped bank and over one with other keys; ids, seeds and secret are equal."""
    apps = []
    for bank in (BANK, permuted(BANK, 1)):
        app = create_app(banks=(shipped("questions"),), database=databases.new())
        app.extensions["shelf"]._bank = bank
        app.extensions["site"].__dict__["secret"] = SECRET
        apps.append(app)
    monkeypatch.setattr("quizapp.web.opening.new_seed", lambda: SEED)
    yield apps[0], apps[1]
    for app in apps:
        app.extensions["store"].close()


def settled(text: str) -> str:
    """The page without ids, seed and nonce, which are random and made without looking at the bank."""
    return VARYING.sub("", text)


def test_no_byte_before_an_answer_depends_on_a_key(two_apps: tuple[Flask, Flask]) -> None:
    real, other = (Person(app.test_client()) for app in two_apps)
    for question in ASKED:
        pages = [person.get(f"/q/{question.id}") for person in (real, other)]
        assert pages[0].status_code == 200
        assert settled(pages[0].text) == settled(pages[1].text), question.id
        headers = [
            {name: value for name, value in page.headers if name not in RANDOM_HEADERS} for page in pages
        ]
        assert headers[0] == headers[1], question.id


def test_no_byte_of_a_refused_form_depends_on_a_key(two_apps: tuple[Flask, Flask]) -> None:
    real, other = (Person(app.test_client()) for app in two_apps)
    for question in ASKED:
        pages = [person.answer(person.get(f"/q/{question.id}")) for person in (real, other)]
        assert {page.status_code for page in pages} == {422}, question.id
        assert settled(pages[0].text) == settled(pages[1].text), question.id


def test_no_byte_of_a_question_with_hints_depends_on_a_key(two_apps: tuple[Flask, Flask]) -> None:
    """Neither before a hint nor with it; a hint itself is the author's, and lint keeps answers out of it."""
    hinted = next(each for each in ASKED if each.type == "single-choice")
    texts = []
    for app in two_apps:
        app.extensions["shelf"]._bank = _with_hints(app.extensions["shelf"]._bank, hinted.id)
        person = Person(app.test_client())
        page = person.get(f"/q/{hinted.id}")
        shown = [page, person.answer(page, "2", hint="1")]
        shown.append(person.answer(shown[1], "3", hint="1"))
        shown.append(person.answer(shown[2]))
        assert [HINTS[0] in each.text for each in shown] == [False, True, True, True]
        assert [HINTS[1] in each.text for each in shown] == [False, False, True, True]
        texts.append([settled(each.text).replace(person.at.split("/")[2], "") for each in shown])
    assert texts[0] == texts[1]


def _with_hints(bank: Bank, question_id: str) -> Bank:
    topics = tuple(
        Topic(
            topic.id,
            topic.title,
            topic.about,
            tuple(
                each.model_copy(update={"hints": HINTS}) if each.id == question_id else each
                for each in topic.questions
            ),
        )
        for topic in bank.topics
    )
    return Bank(bank.title, topics, bank.concepts, bank.misconceptions)


def test_no_byte_of_a_running_exam_depends_on_a_key(
    two_apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quizapp.web.learner.new_seed", lambda: SEED)
    monkeypatch.setattr("quizapp.learn.quiz.LEVELS", ("beginner", "intermediate", "advanced"))
    set_id = "01a1f9af-4d17-7142-b2b7-f6a3d7e7fb66"
    texts = []
    for app in two_apps:
        app.extensions["shelf"]._bank = _same_levels(app.extensions["shelf"]._bank)
        person = Person(app.test_client())
        person.get("/")
        person.post("/exam", {"set": set_id, "topic": "", "count": "40"})
        pages = [person.get(f"/s/{set_id}/{place}") for place in range(1, 41)]
        pages += [person.answer(page, unsure="1") for page in pages]
        pages += [person.get(path) for path in (f"/s/{set_id}/done", "/progress.csv", "/")]
        texts.append([settled(page.text) for page in pages])
    for number, (real, other) in enumerate(zip(*texts, strict=True)):
        assert real == other, number


def _same_levels(bank: Bank) -> Bank:
    """Levels order a set, and are no secret: take them out of the comparison."""
    topics = tuple(
        Topic(
            topic.id,
            topic.title,
            topic.about,
            tuple(question.model_copy(update={"level": "beginner"}) for question in topic.questions),
        )
        for topic in bank.topics
    )
    return Bank(bank.title, topics, bank.concepts, bank.misconceptions)


def test_the_seed_of_a_shuffle_is_on_no_page(app: Flask) -> None:
    """Who knew it could tell from the order of the parts in which order the author wrote them."""
    person = Person(app.test_client())
    question = next(each for each in ASKED if each.type == "single-choice")
    page = person.get(f"/q/{question.id}")
    ticket = int(hidden(page)["ticket"], 16)
    person.answer(page, unsure="1")
    with app.extensions["store"].database.reading() as db:
        seed = db.exec_driver_sql("SELECT seed FROM attempt").scalar_one()
    assert int(seed) == seed_of(app.extensions["site"].secret, ticket)
    assert int(seed) != ticket
    for each in (seed, f"{int(seed):x}"):
        assert each not in page.text
        assert each not in person.get("/progress.json").text
    orders = {learn.show(question, seed_of(bytes([number]) * 32, ticket)) for number in range(50)}
    assert len(orders) > 10


def test_this_test_would_notice_a_leak(two_apps: tuple[Flask, Flask]) -> None:
    """The control: after the answer, the pages of the two banks do differ."""
    real, other = (Person(app.test_client()) for app in two_apps)
    for question in ASKED[::10]:
        pages = [person.answer(person.get(f"/q/{question.id}"), unsure="1") for person in (real, other)]
        is_same = _permuted(question, 1) is question
        assert (settled(pages[0].text) == settled(pages[1].text)) is is_same, question.id


def test_the_right_option_stands_in_each_place_equally_often(app: Flask) -> None:
    question = next(each for each in BANK if each.type == "single-choice" and len(each.keys()) == 4)
    rng = random.Random(1)
    places = [
        question.shuffled(random.Random(rng.random())).index(question.model()[0]) for _ in range(10_000)
    ]
    expected = len(places) / 4
    chi_square = sum((places.count(place) - expected) ** 2 / expected for place in range(4))
    assert chi_square < 16.27  # the 99.9 % point of chi-square with 3 degrees of freedom
