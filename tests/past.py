"""What learners have done before a test begins, and a bank with hints."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask

from quizapp import learn
from quizapp.bank import Answer, Bank, Question, load
from quizapp.learn import Pick, Quiz, Step
from quizapp.shipped import shipped
from quizapp.store import Store
from quizapp.web.guests import hashed, new_id, new_token
from tests.conftest import Person

HINTED = "coroutines/calling-does-not-run"
WEEKS = (8, 0, 9, 14, 11, 3, 0, 12, 18, 14, 15, 10)
HINTS = ("Look at what the call gives back.", "Nobody awaits `save` here.")


def new_guest(store: Store) -> tuple[str, str]:
    """A guest, as a first answer makes one: the learner's id, and the browser's token."""
    token, learner_id = new_token(), new_id()
    store.add_learner(learner_id, hashed(token), datetime.now(UTC), "Firefox on Linux")
    return learner_id, token


def guest(app: Flask, person: Person) -> str:
    """Make a guest of this person; gives the learner's id."""
    learner_id, token = new_guest(app.extensions["store"])
    person.client.set_cookie("quizapp", token)
    return learner_id


def answered(
    store: Store,
    learner_id: str,
    question: Question,
    *,
    ago: timedelta,
    answer: Answer | None = None,
    sure: bool = True,
    hints: int = 0,
) -> str:
    """An answer of some time ago, right unless it is given; gives the id of its set."""
    at = datetime.now(UTC) - ago
    quiz = Quiz(source="one", of=question.id, count=1)
    attempt = learn.start(quiz, [Pick(question)], attempt_id=new_id(), learner=learner_id, seed=1, now=at)
    store.add_attempt(attempt, [question])
    for _ in range(hints):
        store.add_step(attempt, Step(id=new_id(), place=1, kind="hint", at=at))
    given = question.model() if answer is None else answer
    step = learn.answer(attempt, 1, question, given, sure=sure, step_id=new_id(), now=at)
    store.add_step(attempt, step)
    return attempt.id


def believing(question: Question, misconception: str) -> Answer:
    """An answer to the question that shows the misconception."""
    keys = question.keys()
    return next((key,) for key in keys if misconception in question.grade((key,)).misconceptions)


def a_long_past(store: Store, learner_id: str, bank: Bank) -> None:
    """Twelve weeks of answers in eight topics, with weeks off, doubts, and ideas to straighten out."""
    chance, answers = random.Random(1), 0
    topics = [[question for question in topic.questions if question.keys()] for topic in bank.topics[:8]]
    pool = [question for row in zip(*(topic[:6] for topic in topics), strict=False) for question in row]
    for week, count in enumerate(WEEKS):
        for number in range(count):
            question = pool[answers % len(pool)]
            skill = 0.95 - 0.08 * topics.index(next(topic for topic in topics if question in topic))
            sure = chance.random() < 0.8
            is_right = chance.random() < (skill if sure else skill / 2)
            ago = timedelta(weeks=len(WEEKS) - 1 - week, hours=1, minutes=number)
            given = None if is_right else wrong_answer(question)
            answered(store, learner_id, question, ago=ago, answer=given, sure=sure)
            answers += 1


def wrong_answer(question: Question) -> Answer:
    """A wrong choice, one that shows a misconception where there is such."""
    wrong = [key for key in question.keys() if question.grade((key,)).score < 1]  # noqa: SIM118 - no mapping
    telling = [key for key in wrong if question.grade((key,)).misconceptions]
    return (*telling, *wrong)[:1]


def hinted_bank(folder: Path) -> Path:
    """A copy of the shipped bank in which one question has hints."""
    bank = Path(shutil.copytree(shipped("questions"), folder / "bank"))
    if not load(bank)[HINTED].hints:
        topic, _, slug = HINTED.partition("/")
        path = bank / f"{topic}.yaml"
        before, start, after = path.read_text().partition(f"- id: {slug}\n")
        hints = "".join(f"  - {hint}\n" for hint in HINTS)
        after = after.replace("  explanation:", f"  hints:\n{hints}  explanation:", 1)
        path.write_text(before + start + after)
    return bank
