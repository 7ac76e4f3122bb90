"""A learner's own copy of an attempt of an assignment, with no more in it than its pages may show."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from quizapp.bank import Question
from quizapp.learn import NOTHING, Attempt, Sight, Slot
from quizapp.store import Missing
from quizapp.web.guests import now
from quizapp.web.learner import attempt_of, question_of, topic_title
from quizapp.web.markup import plain
from quizapp.web.sheets import csv_file, file_name, words_of
from quizapp.web.terms import grader_of

bp = Blueprint("copies", __name__)

COLUMNS = (
    *("place", "topic", "question", "answered_at", "answer", "sure"),
    *("score", "points", "possible", "comment", "reason", "right_answer"),
)


@bp.get("/s/<uuid:set_id>/copy.csv")
def copy(set_id: UUID) -> ResponseReturnValue:
    """The own answers, each with the mark, the reason and the right answer that may be shown of it now."""
    attempt = attempt_of(set_id)
    if attempt.terms is None:
        raise Missing(str(set_id))
    return csv_file(file_name("quizapp", "my answers"), COLUMNS, list(_rows(attempt)))


def _rows(attempt: Attempt) -> Iterator[tuple[str, ...]]:
    """A row for each place whose answer is final: others are still being asked."""
    moment = now()
    for place, slot in enumerate(attempt.slots, start=1):
        if attempt.tells(place):
            yield (str(place), *_row(question_of(slot), slot, attempt.sight(place, moment)))


def _row(asked: Question, slot: Slot, sight: Sight) -> tuple[str, ...]:
    grader = grader_of(slot, asked)
    return (
        topic_title(asked),
        plain(asked.prompt),
        *_own(asked, slot, sight if slot.step else NOTHING),
        *_mark(slot, sight),
        plain(grader.explanation) if sight.reason and sight.key else "",
        words_of(grader, grader.model()) if sight.key else "",
    )


def _own(asked: Question, slot: Slot, sight: Sight) -> tuple[str, ...]:
    """The own answer, in words: the names of its parts follow the author's order, which may be the key."""
    step = slot.step
    if step is None or not sight.answer:
        return ("", "", "")
    said = words_of(asked, step.answer)
    return (step.at.isoformat(timespec="seconds"), said, "yes" if step.sure else "no")


def _mark(slot: Slot, sight: Sight) -> tuple[str, ...]:
    score, note = slot.score, slot.note if sight.mark and sight.reason else ""
    if not sight.mark or score is None:
        return ("", "", f"{slot.weight:g}", note)
    return (f"{score:.4g}", f"{slot.weight * score:.4g}", f"{slot.weight:g}", note)
