"""The first question of a set, shown before anything is stored; answering it begins the set."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from flask import current_app, request

from quizapp import learn
from quizapp.bank import Answer, Bank, Question
from quizapp.learn import Attempt, Quiz
from quizapp.web.asking import Asking, BadAnswer, asking, face_of, read_answer
from quizapp.web.guests import expect_answers, new_id, now, somebody, store, who
from quizapp.web.shelf import Shelf

NOTHING_CHOSEN = "Choose an answer, or press “I’m not sure”."
INCOMPLETE = "This form is not complete. Load the page again, and answer once more."


class Changed(Exception):
    """The question is no longer the one that the learner saw."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A set that begins as soon as its first question is answered. Ids and seed travel in the form."""

    quiz: Quiz
    question: Question
    set_id: str
    step_id: str
    seed: int

    @property
    def shown(self) -> Answer:
        """The first question's parts in the order in which they are shown."""
        return learn.show(self.question, self.seed)

    def form(self, *, given: tuple[str, ...] = (), error: str = "") -> Asking:
        """The question as the page shows it."""
        hidden = {
            "set": self.set_id,
            "step": self.step_id,
            "seed": f"{self.seed:x}",
            "question": self.question.id,
            "face": face_of(self.question, self.shown),
        }
        return asking(self.question, self.shown, hidden=hidden, given=given, error=error)


def shelf() -> Shelf:
    """Where the bank in use stands."""
    return cast(Shelf, current_app.extensions["shelf"])


def bank() -> Bank:
    """The bank in use."""
    return shelf().bank()


def new_seed() -> int:
    """A seed that nobody can guess."""
    return secrets.randbits(64)


def open_set(quiz: Quiz, first: Question | None = None) -> Opening:
    """A new set that begins with `first`, or with what the draw gives. Raises NothingToAsk."""
    expect_answers()
    seed = new_seed()
    question = first or drawn(quiz, seed)[0]
    return Opening(quiz=quiz, question=question, set_id=new_id(), step_id=new_id(), seed=seed)


def drawn(quiz: Quiz, seed: int, first: Question | None = None) -> tuple[Question, ...]:
    """The questions of a set for whoever is asking. Raises NothingToAsk."""
    learner = who()
    last = learn.latest(store().answers_of(learner.id) if learner else ())
    seen = {question: answered.at for question, answered in last.items()}
    return learn.draw(quiz, bank(), seed=seed, seen=seen, missed=learn.missed(last), first=first)


def sent_opening(quiz: Quiz) -> Opening:
    """The opening that the form was made from. Raises BadAnswer, or Changed when its question is another."""
    question_id = request.form.get("question", "")
    if question_id not in bank() or not quiz.admits(bank()[question_id]):
        raise Changed
    opening = Opening(
        quiz=quiz,
        question=bank()[question_id],
        set_id=sent_id("set"),
        step_id=sent_id("step"),
        seed=_sent_seed(),
    )
    if request.form.get("face") != face_of(opening.question, opening.shown):
        raise Changed
    return opening


def sent_id(name: str) -> str:
    """A UUID out of the form. Raises BadAnswer."""
    try:
        return str(UUID(request.form.get(name, "")))
    except ValueError:
        raise BadAnswer(INCOMPLETE) from None


def _sent_seed() -> int:
    try:
        return int(request.form.get("seed", "")[:16], 16)
    except ValueError:
        raise BadAnswer(INCOMPLETE) from None


def sent_answer(question: Question, shown: Answer) -> tuple[Answer, bool]:
    """The answer in the form, and whether it was given with confidence. Raises BadAnswer without one."""
    sure = "unsure" not in request.form
    given = read_answer(question, shown, request.form.getlist("answer"))
    if sure and question.is_blank(given):
        raise BadAnswer(NOTHING_CHOSEN)
    return given, sure


def begin(opening: Opening) -> Attempt:
    """Start the set with the answer in the form. Raises BadAnswer, leaving nothing behind.

    Sent twice, the second time changes nothing.
    """
    given, sure = sent_answer(opening.question, opening.shown)
    learner, moment = somebody(), now()
    questions = drawn(opening.quiz, opening.seed, first=opening.question)
    attempt = learn.start(
        opening.quiz, questions, attempt_id=opening.set_id, learner=learner.id, seed=opening.seed, now=moment
    )
    step = learn.answer(attempt, 1, opening.question, given, sure=sure, step_id=opening.step_id, now=moment)
    store().add_attempt(attempt, questions, step)
    return attempt
