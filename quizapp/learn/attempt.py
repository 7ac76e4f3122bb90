"""An attempt: one learner's way through one quiz, told by append-only steps."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from quizapp.bank import Answer, Question
from quizapp.learn.practice import Pick
from quizapp.learn.quiz import Quiz

StepKind = Literal["submit", "save", "hint", "say", "note", "follow", "pause", "resume", "finish"]

APART = 3
"""What was missed comes back in the same set after at least so many others."""


class NotNow(Exception):
    """The attempt does not allow this any more."""


class NoSuchPlace(LookupError):
    """The attempt has no such place."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing a learner did.

    `submit` is graded, `save` keeps an exam answer, `hint` asks for the next hint and keeps what was filled
    in so far, `finish` ends an exam or an interview. In an interview `say` keeps what was said before it is
    rated, `note` what a partner notes, `follow` an answer to a follow-up, and `pause` and `resume` stop and
    start the clock and keep what was typed so far. `sure` is false when the learner pressed "I'm not sure".
    `score` is None unless the step was graded. A `finish` step belongs to the attempt as a whole: its place
    is 0.
    """

    id: str
    place: int
    kind: StepKind
    at: datetime
    answer: Answer = ()
    sure: bool = True
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A question's place in an attempt: what was asked and shown, and the step that counts.

    `again` is set where it comes back because it was missed in the same set; `reason` says why it was
    picked. `hints` is how many hints were asked for before the answer, and `draft` what was filled in then,
    or when the clock was stopped. `said` is what was said to an open question, None before, and `follows`
    the answers to follow-ups; `note` is what a partner noted.
    """

    question: str
    revision: str
    shown: Answer
    again: bool = False
    reason: str = ""
    hints: int = 0
    draft: Answer = ()
    said: str | None = None
    follows: tuple[Answer, ...] = ()
    note: str = ""
    step: Step | None = None

    @property
    def score(self) -> float | None:
        """From 0 to 1, or None while nothing was graded."""
        return self.step.score if self.step else None

    @property
    def takes_words(self) -> bool:
        """Whether an open question still takes what is said: a partner may rate before any words come."""
        return self.step is None or self.said is None


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A quiz being taken. Places count from 1."""

    id: str
    learner: str
    quiz: Quiz
    seed: int
    started: datetime
    slots: tuple[Slot, ...]
    finished: datetime | None = None
    pauses: tuple[tuple[datetime, datetime | None], ...] = ()
    """When the clock stood still: since when, and until when, or None while it does."""

    @property
    def is_paused(self) -> bool:
        """Whether the clock stands still."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    def slot(self, place: int) -> Slot:
        """The slot at a place; raises NoSuchPlace when there is none."""
        if not 1 <= place <= len(self.slots):
            raise NoSuchPlace(f"place {place}")
        return self.slots[place - 1]

    @property
    def next_place(self) -> int | None:
        """The first place without an answer."""
        return next((place for place, slot in enumerate(self.slots, start=1) if slot.step is None), None)

    @property
    def answered(self) -> int:
        """How many places have an answer."""
        return sum(slot.step is not None for slot in self.slots)

    @property
    def tries(self) -> tuple[Slot, ...]:
        """The slots that count: the first of each question."""
        return tuple(slot for slot in self.slots if not slot.again)

    @property
    def score(self) -> float:
        """The mean over the first try of each question, from 0 to 1; what has no answer counts 0."""
        return sum(slot.score or 0.0 for slot in self.tries) / len(self.tries)

    def tells(self, place: int) -> bool:
        """Whether right answers and reasons of a place may be shown now."""
        if self.quiz.mode != "practice" and self.finished:
            return True
        return self.quiz.mode != "exam" and self.slot(place).step is not None


def start(
    quiz: Quiz, picks: Iterable[Pick], *, attempt_id: str, learner: str, seed: int, now: datetime
) -> Attempt:
    """Begin: each question gets a slot, with its parts in the order in which they will be shown."""
    slots = tuple(
        Slot(
            question=pick.question.id,
            revision=pick.question.revision,
            shown=show(pick.question, seed),
            reason=pick.reason,
        )
        for pick in picks
    )
    return Attempt(id=attempt_id, learner=learner, quiz=quiz, seed=seed, started=now, slots=slots)


def show(question: Question, seed: int, *, again: bool = False) -> Answer:
    """The order in which a question's parts are shown in an attempt with that seed, first or again."""
    salt = f"{seed} {question.id}{' again' * again}"
    return question.shuffled(random.Random(salt))  # noqa: S311 - an order, not a secret


def answer(
    attempt: Attempt,
    place: int,
    question: Question,
    given: Answer,
    *,
    sure: bool,
    step_id: str,
    now: datetime,
) -> Step:
    """The step that answering a place makes: graded in practice, kept for later in an exam.

    Raises NotNow when the attempt takes no answer there any more, NoSuchPlace for an unknown place.
    """
    slot = attempt.slot(place)
    if attempt.finished:
        raise NotNow("these questions are finished")
    if attempt.quiz.mode == "exam":
        return Step(id=step_id, place=place, kind="save", at=now, answer=given, sure=sure)
    if slot.step is not None:
        raise NotNow("this question is answered already")
    return _graded(place, question, given, sure=sure, step_id=step_id, now=now)


def ask_hint(
    attempt: Attempt, place: int, question: Question, draft: Answer, *, step_id: str, now: datetime
) -> Step:
    """The step that asks for the next hint and keeps what was filled in so far.

    Raises NotNow when the place is answered, in an exam, and when there is no further hint; NoSuchPlace.
    """
    slot = attempt.slot(place)
    if attempt.quiz.mode != "practice" or slot.step is not None or slot.hints >= len(question.hints):
        raise NotNow("there is no hint now")
    return Step(id=step_id, place=place, kind="hint", at=now, answer=draft)


def come_back(attempt: Attempt, step: Step, question: Question) -> Slot | None:
    """The slot at the set's end in which a missed question comes back; None where it does not.

    It comes back once, in practice of several questions, where `APART` others still lie between.
    """
    slot = attempt.slot(step.place)
    missed = step.kind == "submit" and step.score is not None and step.score < 1
    may_return = attempt.quiz.mode == "practice" and not slot.again
    if not missed or not may_return or len(attempt.slots) - step.place < APART:
        return None
    shown = show(question, attempt.seed, again=True)
    return Slot(question=question.id, revision=question.revision, shown=shown, again=True)


def finish(attempt: Attempt, questions: Iterable[Question], *, now: datetime) -> tuple[Step, ...]:
    """The steps that end an exam or an interview: each kept answer submitted and graded, then the end itself.

    Their ids follow from the attempt's, so ending twice makes the same steps. Raises NotNow in practice,
    which ends by itself with the last answer.
    """
    if attempt.quiz.mode == "practice":
        raise NotNow("practice ends with the last answer")
    submits = tuple(
        _graded(place, question, step.answer, sure=step.sure, step_id=f"{attempt.id}.{place}", now=now)
        for place, (slot, question) in enumerate(zip(attempt.slots, questions, strict=True), start=1)
        if (step := slot.step) and step.kind == "save"
    )
    return (*submits, Step(id=f"{attempt.id}.end", place=0, kind="finish", at=now))


def _graded(
    place: int, question: Question, given: Answer, *, sure: bool, step_id: str, now: datetime
) -> Step:
    score = question.grade(given).score
    return Step(id=step_id, place=place, kind="submit", at=now, answer=given, sure=sure, score=score)


def fold(attempt: Attempt, steps: Iterable[Step]) -> Attempt:
    """The attempt as its steps, oldest first, leave it: a place's first submit counts, else its last save."""
    slots = list(attempt.slots)
    finished, pauses = attempt.finished, attempt.pauses
    for step in steps:
        if step.kind == "finish":
            finished = finished or step.at
        elif step.kind in ("pause", "resume"):
            pauses = _paused(pauses, step)
            if step.answer:
                slots[step.place - 1] = replace(slots[step.place - 1], draft=step.answer)
        elif step.kind in ("hint", "say", "note", "follow"):
            slots[step.place - 1] = _beside(slots[step.place - 1], step)
        elif not (before := slots[step.place - 1].step) or before.kind == "save":
            slots[step.place - 1] = replace(slots[step.place - 1], step=step)
    done = replace(attempt, slots=tuple(slots), finished=finished, pauses=pauses)
    if finished is None and done.quiz.mode == "practice" and done.next_place is None:
        return replace(done, finished=max(slot.step.at for slot in slots if slot.step))
    return done


def _beside(slot: Slot, step: Step) -> Slot:
    """The slot after a step that is no answer yet, or no longer."""
    if step.kind == "follow":
        return replace(slot, follows=(*slot.follows, step.answer))
    if step.kind == "note":
        return replace(slot, note=" ".join(step.answer))
    if step.kind == "say":
        return replace(slot, said=_said(slot, step)) if slot.takes_words else slot
    return slot if slot.step else replace(slot, hints=slot.hints + 1, draft=step.answer)


def _said(slot: Slot, step: Step) -> str:
    """What was said so far: words from a second tab stand below those of the first."""
    before, words = slot.said or "", "".join(step.answer)
    return before if words in before else f"{before}\n\n{words}".strip()


def _paused(
    pauses: tuple[tuple[datetime, datetime | None], ...], step: Step
) -> tuple[tuple[datetime, datetime | None], ...]:
    """The pauses after one more press: a second pause in a row, from another tab, changes nothing."""
    runs = not pauses or pauses[-1][1] is not None
    if step.kind == "pause":
        return (*pauses, (step.at, None)) if runs else pauses
    return pauses if runs else (*pauses[:-1], (pauses[-1][0], step.at))
