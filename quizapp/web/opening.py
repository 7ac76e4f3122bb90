"""The first question of a set, shown before anything is stored; answering it begins the set."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast
from uuid import UUID

from flask import current_app, request

from quizapp import learn
from quizapp.bank import Answer, Bank, Question
from quizapp.learn import Attempt, NotNow, Pick, Quiz
from quizapp.store import Site
from quizapp.web.asking import Asking, BadAnswer, asking, face_of, read_answer
from quizapp.web.guests import expect_answers, new_id, now, profile, somebody, store
from quizapp.web.shelf import Shelf

REMEMBERED = 256
"""Questions that are looked up once while a file is written."""
NOTHING_CHOSEN = "Choose an answer, or press “I’m not sure”."
INCOMPLETE = "This form is not complete. Load the page again, and answer once more."


class Changed(Exception):
    """The question is no longer the one that the learner saw."""


class CameLate(Exception):
    """The answer came after the time: it is kept, and does not count by itself."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A set of `count` questions that begins with the first answer. Ids and ticket travel in the form."""

    quiz: Quiz
    pick: Pick
    count: int
    set_id: str
    step_id: str
    ticket: int

    @property
    def seed(self) -> int:
        """The set's seed. Whoever knew it could tell from the order of the parts in which order the author
        wrote them, so the form holds a ticket for it instead."""
        return sown(self.ticket)

    @property
    def question(self) -> Question:
        """The first question."""
        return self.pick.question

    @property
    def shown(self) -> Answer:
        """The first question's parts in the order in which they are shown."""
        return learn.show(self.question, self.seed)

    def form(self, *, given: tuple[str, ...] = (), error: str = "") -> Asking:
        """The question as the page shows it."""
        hidden = {
            "set": self.set_id,
            "step": self.step_id,
            "ticket": f"{self.ticket:x}",
            "question": self.question.id,
            "face": face_of(self.question, self.shown),
        }
        return asking(self.question, self.shown, hidden=hidden, given=given, error=error, hints=0)


def shelf() -> Shelf:
    """Where the bank in use stands."""
    return cast(Shelf, current_app.extensions["shelf"])


def bank() -> Bank:
    """The bank in use."""
    return shelf().bank()


def question_by(revision: str) -> Question:
    """The question of a revision: from the bank while it has it, else as it was asked. Raises Missing."""
    return bank().by_revision.get(revision) or store().question(revision)


def question_finder() -> Callable[[str], Question]:
    """What finds questions as `question_by` does, also while a file is sent after the request for it."""
    known, kept = bank().by_revision, store()
    return lru_cache(REMEMBERED)(lambda revision: known.get(revision) or kept.question(revision))


def new_seed() -> int:
    """A seed that nobody can guess."""
    return secrets.randbits(64)


def sown(ticket: int) -> int:
    """The seed that a ticket stands for: the same on every node, and known to nobody outside."""
    return seed_of(cast(Site, current_app.extensions["site"]).secret, ticket)


def seed_of(secret: bytes, ticket: int) -> int:
    """The seed that a ticket stands for on the site that has this secret."""
    return int.from_bytes(hmac.digest(secret, b"seed %d" % ticket, "sha256")[:8])


def open_set(quiz: Quiz, first: Question | None = None) -> Opening:
    """A new set that begins with `first`, or with what the draw gives. Raises NothingToAsk."""
    expect_answers()
    ticket = new_seed()
    picks = drawn(quiz, sown(ticket), first)
    return Opening(
        quiz=quiz, pick=picks[0], count=len(picks), set_id=new_id(), step_id=new_id(), ticket=ticket
    )


def drawn(quiz: Quiz, seed: int, first: Question | None = None) -> tuple[Pick, ...]:
    """The questions of a set for whoever is asking. Raises NothingToAsk."""
    return learn.draw(quiz, bank(), seed=seed, profile=profile(), now=now(), first=first)


def sent_opening(quiz: Quiz) -> Opening:
    """The opening that the form was made from. Raises BadAnswer, or Changed when its question is another."""
    question_id = request.form.get("question", "")
    if question_id not in bank() or not quiz.admits(bank()[question_id]):
        raise Changed
    opening = Opening(
        quiz=quiz,
        pick=Pick(bank()[question_id]),
        count=1,
        set_id=sent_id("set"),
        step_id=sent_id("step"),
        ticket=_sent_ticket(),
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


def _sent_ticket() -> int:
    try:
        return int(request.form.get("ticket", "")[:16], 16)
    except ValueError:
        raise BadAnswer(INCOMPLETE) from None


def sent_answer(question: Question, shown: Answer) -> tuple[Answer, bool]:
    """The answer in the form, and whether it was given with confidence. Raises BadAnswer without one."""
    sure = "unsure" not in request.form
    given = read_answer(question, shown, request.form.getlist("answer"))
    if sure and question.is_blank(given):
        raise BadAnswer(NOTHING_CHOSEN)
    return given, sure


def sent_draft(question: Question, shown: Answer) -> Answer:
    """What is filled in so far, as far as it can be read."""
    try:
        return read_answer(question, shown, request.form.getlist("answer"))
    except BadAnswer:
        return ()


def keep_set(quiz: Quiz, picks: Iterable[Pick], *, set_id: str, seed: int) -> None:
    """Begin a set of these questions for whoever asks, before anything of it is answered."""
    asked = list(picks)
    attempt = learn.start(quiz, asked, attempt_id=set_id, learner=somebody().id, seed=seed, now=now())
    store().add_attempt(attempt, [pick.question for pick in asked])


def begin(opening: Opening) -> Attempt:
    """Start the set with the answer in the form. Raises BadAnswer or NotNow, leaving nothing behind.

    Sent twice, the second time changes nothing.
    """
    question, shown, asks_hint = opening.question, opening.shown, "hint" in request.form
    if asks_hint and not question.hints:
        raise NotNow("there is no hint")
    given, sure = (sent_draft(question, shown), False) if asks_hint else sent_answer(question, shown)
    learner, moment = somebody(), now()
    picks = drawn(opening.quiz, opening.seed, first=question)
    attempt = learn.start(
        opening.quiz, picks, attempt_id=opening.set_id, learner=learner.id, seed=opening.seed, now=moment
    )
    step_id = opening.step_id
    if asks_hint:
        step = learn.ask_hint(attempt, 1, question, given, step_id=step_id, now=moment)
    else:
        step = learn.answer(attempt, 1, question, given, sure=sure, step_id=step_id, now=moment)
    comes_back = learn.come_back(attempt, step, question)
    store().add_attempt(attempt, [pick.question for pick in picks], step, comes_back)
    return attempt
