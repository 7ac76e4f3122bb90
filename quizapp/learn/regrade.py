"""Regrading: which scores the answers to a mended question, or to one with an overruled key, would have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Literal

from quizapp.bank import Answer, Gone, Question
from quizapp.learn.attempt import GRADED, Slot, Step

How = Literal["mended", "accept", "everyone"]
Why = Literal["mended", "accepted", "as before", "everyone", "same", "by hand", "gone", "not lower"]

FULL = 1.0
REMEMBERED = 4096
"""Different answers whose score is remembered while a regrade runs: most give one of a few."""


@dataclass(frozen=True, kw_only=True)
class Regrading:
    """How answers are regraded.

    `mended` grades them as the new revision does. `accept` counts the answers that say what is in `accepted`
    as right, and gives all others the score that they had before any regrade. `everyone` gives full marks to
    all who were asked. With `never_lower` no score goes down.
    """

    how: How
    mended: Question | None = None
    accepted: frozenset[Answer] = frozenset()
    never_lower: bool = False


@dataclass(frozen=True, kw_only=True)
class Given:
    """One place at which the question was asked, and what is kept of it.

    `first` is the score before any mark or regrade, `score` the one that counts now; both are None while
    nothing was graded. `by_hand` says that the score is a trainer's mark. `is_answered` is false where the
    attempt ended without an answer. `member` and `name` are empty for who has left the group.
    """

    attempt: str
    place: int
    learner: str
    revision: str
    answer: Answer = ()
    first: float | None = None
    score: float | None = None
    by_hand: bool = False
    is_answered: bool = True
    weight: float = 1.0
    member: str = ""
    name: str = ""


@dataclass(frozen=True)
class Change:
    """What a regrade does at one place, or why it does nothing. `answer` is in the keys of the `grader`."""

    given: Given
    new: float | None
    why: Why
    grader: str
    answer: Answer

    @property
    def old(self) -> float | None:
        """The score that counts now."""
        return self.given.score

    @property
    def is_change(self) -> bool:
        """Whether another score would count."""
        return self.new != self.old

    @property
    def gain(self) -> float:
        """By how much the score goes up, from -1 to 1; no score counts 0."""
        return (self.new or 0.0) - (self.old or 0.0)

    def step(self, regrade_id: str, *, actor: str, at: datetime) -> Step:
        """The step that keeps it: its answer is the grader, the regrade's id, and the answer as graded."""
        return Step(
            id=_step_id(regrade_id, self.given.attempt, self.given.place),
            place=self.given.place,
            kind="regrade",
            at=at,
            answer=(self.grader, regrade_id, *self.answer),
            score=self.new,
            actor=actor,
        )


def replay(
    given: Iterable[Given], regrading: Regrading, asked: Callable[[str], Question]
) -> Iterator[Change]:
    """What a regrade does at each place, in their order. `asked` gives the question of a revision.

    A trainer's mark stands. An answer that the mended question no longer has stays as it was.
    """

    @lru_cache(REMEMBERED)
    def regraded(revision: str, answer: Answer) -> tuple[float | None, Why, str, Answer]:
        return _regraded(asked(revision), answer, regrading)

    for one in given:
        if one.by_hand:
            yield Change(one, one.score, "by hand", one.revision, one.answer)
            continue
        why: Why = "as before"
        new, grader, answer = one.first, one.revision, one.answer
        if regrading.how == "everyone":
            new, why = FULL, "everyone"
        elif one.is_answered:
            score, why, grader, answer = regraded(one.revision, one.answer)
            new = one.first if why == "as before" else one.score if score is None else score
        yield _settled(Change(one, new, why, grader, answer), regrading)


def _regraded(
    question: Question, answer: Answer, regrading: Regrading
) -> tuple[float | None, Why, str, Answer]:
    """The new score, why, by which revision, and the answer in its keys; None where the score stays."""
    same = question.revision, answer
    if question.rated:
        return None, "by hand", *same
    if question.is_blank(answer):
        return None, "as before", *same
    if regrading.how == "accept":
        accepted = question.said(answer) in regrading.accepted
        return (FULL, "accepted", *same) if accepted else (None, "as before", *same)
    mended = regrading.mended or question
    try:
        carried = question.carried(answer, mended)
    except Gone:
        return None, "gone", *same
    return mended.grade(carried).score, "mended", mended.revision, carried


def _settled(change: Change, regrading: Regrading) -> Change:
    """The change, unless it would lower a score that must not go down."""
    if regrading.never_lower and change.gain < 0:
        return replace(change, new=change.old, why="not lower")
    return change if change.is_change or change.why == "gone" else replace(change, why="same")


# -- what was before


def before(steps: Sequence[Step], regrade_id: str, revision: str) -> Step | None:
    """What counted at a place before a regrade changed it: as a step, told by all steps there, oldest first.

    `revision` is the one that was asked. None where that regrade changed nothing there.
    """
    own = next(
        (number for number, step in enumerate(steps) if _is_of(step, regrade_id)),
        None,
    )
    if own is None:
        return None
    judged = [step for step in steps[:own] if step.kind in ("mark", "regrade")]
    if judged:
        return judged[-1]
    graded = sorted((step for step in steps if step.kind in GRADED), key=lambda step: step.kind)
    if not graded:
        return replace(steps[own], answer=(revision, ""), score=None)
    first = graded[0]  # what was held has the score of its answer; a submit after it has the one of then
    return replace(first, answer=(revision, "", *first.answer))


def take_back(
    steps: Sequence[Step], regrade_id: str, revision: str, *, actor: str, at: datetime
) -> Step | None:
    """The step that undoes a regrade at a place; None where it changed nothing, or a mark came since."""
    old = before(steps, regrade_id, revision)
    judged = [step for step in steps if step.kind in ("mark", "regrade")]
    if old is None or judged[-1].kind == "mark":
        return None
    own = next(step for step in steps if _is_of(step, regrade_id))
    return replace(
        own, id=f"{own.id}.undo", at=at, answer=old.answer, score=old.score, actor=actor, sure=True
    )


def _is_of(step: Step, regrade_id: str) -> bool:
    return step.kind == "regrade" and step.id.startswith(f"{regrade_id}.")


def _step_id(regrade_id: str, attempt: str, place: int) -> str:
    return f"{regrade_id}.{attempt}.{place}"


def as_graded(slot: Slot, asked: Question, grader: Question) -> Slot:
    """The slot in the keys of the mended question that graded it, to be shown with that question.

    Parts stand in the order in which they were shown; those that are new come last.
    """
    if slot.marked is None or slot.step is None or asked.revision == grader.revision:
        return slot
    known = [key for each in slot.shown for key in _new_keys(asked, each, grader)]
    shown = (*known, *(key for key in (*grader.keys(),) if key not in known))
    return replace(slot, shown=shown, step=replace(slot.step, answer=slot.marked.answer[2:]))


def _new_keys(asked: Question, key: str, grader: Question) -> Answer:
    try:
        return (asked.new_key(key, grader),)
    except Gone:
        return ()
