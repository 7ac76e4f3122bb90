"""An attempt: one learner's way through one quiz, told by append-only steps."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from quizapp.bank import Answer, Question
from quizapp.learn.assignment import ALL, NOTHING, Shows, Sight, Terms
from quizapp.learn.practice import Pick
from quizapp.learn.quiz import Quiz

StepKind = Literal[
    "submit",
    "held",
    "save",
    "hint",
    "say",
    "note",
    "follow",
    "pause",
    "resume",
    "finish",
    "mark",
    "regrade",
    "late",
    "draft",
]
GRADED: tuple[StepKind, ...] = ("submit", "held")

MOMENT = timedelta(microseconds=1)
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

    In an assignment `held` is a submit whose mark, reasons or key are not to be told yet, and `late` an
    answer that came after the time and does not count. `mark` is a trainer's judgement of an answer, with the
    levels of its rubric, and `regrade` a new score, with the revision that gave it and why. `actor` is who
    did it, where it was not the learner.
    """

    id: str
    place: int
    kind: StepKind
    at: datetime
    answer: Answer = ()
    sure: bool = True
    score: float | None = None
    actor: str = ""


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A question's place in an attempt: what was asked and shown, and the step that counts.

    `again` is set where it comes back because it was missed in the same set; `reason` says why it was
    picked. `hints` is how many hints were asked for before the answer, and `draft` what was filled in then,
    or when the clock was stopped. `said` is what was said to an open question, None before, and `follows`
    the answers to follow-ups; `note` is what a partner noted.

    `weight` is how many points it is worth. `marked` is the last mark or regrade, which overrules the score
    of the answer; `late` are the answers that came after the time. `seconds` is the time spent on it in an
    assignment: from each step of it back to the step before, of whatever place.
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
    weight: float = 1.0
    marked: Step | None = None
    late: tuple[Step, ...] = ()
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """From 0 to 1, or None while nothing was graded."""
        if self.marked:
            return self.marked.score
        return self.step.score if self.step else None

    @property
    def grader(self) -> str:
        """The revision that the score is by: the one that was asked, unless a regrade named another."""
        regraded = self.marked if self.marked and self.marked.kind == "regrade" else None
        return regraded.answer[0] if regraded and regraded.answer else self.revision

    @property
    def is_graded(self) -> bool:
        """Whether the answer is final."""
        return self.step is not None and self.step.kind in GRADED

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
    terms: Terms | None = None
    """What holds for it as an attempt of an assignment; None for all others."""
    shows: Shows | None = None
    """What its assignment shows when; None for all others, which show everything."""
    latest: datetime | None = field(default=None, compare=False)
    """When the learner did something last; None when it was nothing since the start."""
    kept: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    """The ids of the steps that told all this."""

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
        return self.points / self.possible if self.possible else 0.0

    @property
    def points(self) -> float:
        """What was earned so far."""
        return sum(slot.weight * (slot.score or 0.0) for slot in self.tries)

    @property
    def earned(self) -> float | None:
        """The points, None while nothing was graded or judged."""
        return self.points if any(slot.is_graded or slot.marked for slot in self.slots) else None

    @property
    def possible(self) -> float:
        """What could be earned."""
        return sum(slot.weight for slot in self.tries)

    def clock(self, now: datetime) -> datetime:
        """The time in this attempt: never before what was done last, though the machine's clock be set back.

        So what is saved later counts, and a deadline that has passed does not come back.
        """
        last = self.latest or self.started
        return now if now >= last else last + MOMENT

    def is_over(self, now: datetime) -> bool:
        """Whether its time is up, grace included, though nobody has ended it yet."""
        return self.finished is None and self.terms is not None and not self.terms.takes(self.clock(now))

    @property
    def ran_out(self) -> bool:
        """Whether the time ended it, and not the learner, so that what comes now is late."""
        return self.terms is not None and self.finished == self.terms.deadline is not None

    def sight(self, place: int, now: datetime) -> Sight:
        """What may be shown of a place now. Nothing, while its answer can still be given or changed."""
        if not self.tells(place):
            return NOTHING
        return self.shows.sight(finished=self.finished is not None, now=now) if self.shows else ALL

    def tells(self, place: int) -> bool:
        """Whether the answer at a place is final. What may be shown of it then, `sight` says."""
        if self.finished and (self.quiz.mode != "practice" or self.terms):
            return True
        return self.quiz.mode != "exam" and self.slot(place).step is not None


def start(
    quiz: Quiz,
    picks: Iterable[Pick],
    *,
    attempt_id: str,
    learner: str,
    seed: int,
    now: datetime,
    terms: Terms | None = None,
    shows: Shows | None = None,
) -> Attempt:
    """Begin: each question gets a slot, with its parts in the order in which they will be shown."""
    slots = tuple(
        Slot(
            question=pick.question.id,
            revision=pick.question.revision,
            shown=show(pick.question, seed),
            reason=pick.reason,
            weight=pick.weight,
        )
        for pick in picks
    )
    return Attempt(
        id=attempt_id,
        learner=learner,
        quiz=quiz,
        seed=seed,
        started=now,
        slots=slots,
        terms=terms,
        shows=shows,
    )


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

    What comes after an assignment's time is `late`: kept, and not counted. Raises NotNow when the attempt
    takes no answer there any more, NoSuchPlace for an unknown place.
    """
    slot, now = attempt.slot(place), attempt.clock(now)
    if attempt.terms and (attempt.is_over(now) or attempt.ran_out):
        return Step(id=step_id, place=place, kind="late", at=now, answer=given, sure=sure)
    if attempt.finished:
        raise NotNow("these questions are finished")
    if attempt.terms and attempt.terms.order == "one-way" and place != attempt.next_place:
        raise NotNow("this question is behind you")
    if attempt.quiz.mode == "exam":
        return Step(id=step_id, place=place, kind="save", at=now, answer=given, sure=sure)
    if slot.step is not None:
        raise NotNow("this question is answered already")
    return _graded(attempt, place, question, given, sure=sure, step_id=step_id, now=now)


def autosave(
    attempt: Attempt, place: int, question: Question, given: Answer, *, step_id: str, now: datetime
) -> Step:
    """The step that keeps what is filled in, for when the time runs out. Raises as `answer` does.

    Where answers may be changed until the end it is an answer; else a draft, which is not final.
    """
    step = answer(attempt, place, question, given, sure=True, step_id=step_id, now=now)
    changes = step.kind == "save" and (attempt.terms is None or attempt.terms.order == "free")
    return step if changes or step.kind == "late" else replace(step, kind="draft", score=None)


def ask_hint(
    attempt: Attempt, place: int, question: Question, draft: Answer, *, step_id: str, now: datetime
) -> Step:
    """The step that asks for the next hint and keeps what was filled in so far.

    Raises NotNow when the place is answered or the time is up, in an exam, and when there is no further hint;
    NoSuchPlace.
    """
    slot, now = attempt.slot(place), attempt.clock(now)
    if attempt.finished or attempt.is_over(now):
        raise NotNow("these questions are finished")
    if attempt.quiz.mode != "practice" or slot.step is not None or slot.hints >= len(question.hints):
        raise NotNow("there is no hint now")
    return Step(id=step_id, place=place, kind="hint", at=now, answer=draft)


def come_back(attempt: Attempt, step: Step, question: Question) -> Slot | None:
    """The slot at the set's end in which a missed question comes back; None where it does not.

    It comes back once, in practice of several questions, where `APART` others still lie between.
    """
    slot = attempt.slot(step.place)
    missed = step.kind == "submit" and step.score is not None and step.score < 1
    may_return = attempt.quiz.mode == "practice" and not slot.again and attempt.terms is None
    if not missed or not may_return or len(attempt.slots) - step.place < APART:
        return None
    shown = show(question, attempt.seed, again=True)
    return Slot(question=question.id, revision=question.revision, shown=shown, again=True)


def finish(attempt: Attempt, questions: Iterable[Question], *, now: datetime) -> tuple[Step, ...]:
    """The steps that end an exam, an interview or an attempt of an assignment.

    Each kept answer is submitted and graded, then comes the end itself. Their ids follow from the attempt's,
    so ending twice makes the same steps. After its deadline it ended at the deadline. Raises NotNow in
    practice, which ends by itself with the last answer.
    """
    if attempt.quiz.mode == "practice" and attempt.terms is None:
        raise NotNow("practice ends with the last answer")
    deadline = attempt.terms.deadline if attempt.terms else None
    end = min(attempt.clock(now), deadline) if deadline else attempt.clock(now)
    ended = replace(attempt, finished=end)
    submits = tuple(
        _graded(ended, place, question, given, sure=sure, step_id=f"{attempt.id}.{place}", now=end)
        for place, (slot, question) in enumerate(zip(attempt.slots, questions, strict=True), start=1)
        if not slot.is_graded
        for given, sure in _filled_in(attempt, slot)
    )
    return (*submits, Step(id=f"{attempt.id}.end", place=0, kind="finish", at=end))


def _filled_in(attempt: Attempt, slot: Slot) -> Iterator[tuple[Answer, bool]]:
    """What is submitted at the end: the kept answer, or in an assignment what was filled in last."""
    if slot.step:
        yield slot.step.answer, slot.step.sure
    elif attempt.terms and slot.draft:
        yield slot.draft, True


def _graded(
    attempt: Attempt,
    place: int,
    question: Question,
    given: Answer,
    *,
    sure: bool,
    step_id: str,
    now: datetime,
) -> Step:
    """A graded step; in an assignment an answer to an open question has no score before somebody marks it."""
    finished = attempt.finished is not None
    told = attempt.shows is None or attempt.shows.sight(finished=finished, now=now).is_all
    waits = attempt.terms is not None and question.rated and not question.is_blank(given)
    is_preview = attempt.terms is not None and attempt.terms.number < 0
    return Step(
        id=step_id,
        place=place,
        kind="submit" if told and not waits and not is_preview else "held",
        at=now,
        answer=given,
        sure=sure,
        score=None if waits else question.grade(given).score,
    )


def release(attempt: Attempt, now: datetime) -> tuple[Step, ...]:
    """The steps that let held answers count towards the learner's progress, once all may be told of them.

    They are as old as the answers, so that what is derived from all answers comes out in order.
    """
    if attempt.terms is None or attempt.terms.number < 0:
        return ()
    return tuple(
        replace(step, id=f"{attempt.id}.{place}.told", kind="submit", score=slot.score)
        for place, slot in enumerate(attempt.slots, start=1)
        if (step := slot.step) and step.kind == "held" and slot.score is not None
        if attempt.sight(place, now).is_all
    )


def fold(attempt: Attempt, steps: Iterable[Step]) -> Attempt:
    """The attempt as its steps, oldest first, leave it: a place's first submit counts, else its last save."""
    slots = list(attempt.slots)
    finished, pauses = attempt.finished, attempt.pauses
    last, told = attempt.latest or attempt.started, tuple(steps)
    for step in told:
        if step.kind in ("mark", "regrade", "late"):
            slots[step.place - 1] = _judged(slots[step.place - 1], step)
            continue
        by_learner = not step.id.startswith(f"{attempt.id}.")  # others come from ending the attempt
        if attempt.terms and by_learner and step.place and not slots[step.place - 1].is_graded:
            slots[step.place - 1] = _spent(slots[step.place - 1], step.at - last)
        last = last if step.actor else max(last, step.at)
        if step.kind == "finish":
            finished = finished or step.at
        elif step.kind in ("pause", "resume"):
            pauses = _paused(pauses, step)
            if step.answer:
                slots[step.place - 1] = replace(slots[step.place - 1], draft=step.answer)
        elif step.kind in ("hint", "say", "note", "follow", "draft"):
            slots[step.place - 1] = _beside(slots[step.place - 1], step)
        elif not slots[step.place - 1].is_graded or step.kind == "submit":
            slots[step.place - 1] = _answered(slots[step.place - 1], step)
    latest = last if last > attempt.started else attempt.latest
    kept = attempt.kept | {step.id for step in told}
    done = replace(attempt, slots=tuple(slots), finished=finished, pauses=pauses, latest=latest, kept=kept)
    if finished is None and done.quiz.mode == "practice" and done.next_place is None:
        return replace(done, finished=max(slot.step.at for slot in slots if slot.step))
    return done


def _answered(slot: Slot, step: Step) -> Slot:
    """The slot after an answer: the first graded one stands, but a held one may be told later."""
    before = slot.step
    if before and (before.kind == "submit" or (before.kind == "held" and step.kind != "submit")):
        return slot
    return replace(slot, step=step)


def _judged(slot: Slot, step: Step) -> Slot:
    if step.kind == "late":
        return replace(slot, late=(*slot.late, step))
    return replace(slot, marked=step)


def _spent(slot: Slot, time: timedelta) -> Slot:
    return replace(slot, seconds=slot.seconds + max(0.0, time.total_seconds()))


def _beside(slot: Slot, step: Step) -> Slot:
    """The slot after a step that is no answer yet, or no longer."""
    if step.kind == "draft":
        return slot if slot.step else replace(slot, draft=step.answer)
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
