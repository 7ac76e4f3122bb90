"""An assignment's gradebook and answers as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import Attempt, Outcome, Slot, Step
from quizapp.store import Assignment, Exports, Member
from quizapp.web.guests import trainer
from quizapp.web.opening import question_finder
from quizapp.web.sheets import csv_file, file_name, json_file, words_of
from quizapp.web.trainer.board import question_order
from quizapp.web.trainer.results import assignment_of, end_overdue

bp = Blueprint("exports", __name__, url_prefix="/t/assignments")

GRADEBOOK = (
    *("name", "member", "labels", "attempts", "attempt", "started", "finished", "late", "credit"),
    *("points", "possible", "percent", "result"),
)
ANSWERS = (
    *("name", "member", "labels", "attempt", "started", "finished", "credit", "place", "question"),
    *("revision", "grader", "answer", "answer_json", "sure", "score", "weight", "points", "seconds", "at"),
    *("late", "counts", "marked_by", "regraded", "note"),
)


@dataclass(frozen=True)
class Entry:
    """A member as the files show them, with all attempts. `key` is empty where names are hidden."""

    key: str
    name: str
    labels: tuple[str, ...]
    attempts: tuple[Attempt, ...]

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells that say whose a row is."""
        return (self.name, self.key, ", ".join(self.labels))


@dataclass(frozen=True)
class Book:
    """An assignment to be written down. It asks the database while the file is sent, and not the app."""

    assignment: Assignment
    columns: tuple[str, ...]
    entries: Callable[[], Iterator[Entry]]
    question: Callable[[str], Question]
    trainers: Mapping[str, str]


@bp.get("/<uuid:assignment_id>.csv")
def gradebook_csv(assignment_id: UUID) -> ResponseReturnValue:
    """The gradebook: a row for each member, with the attempt that counts, question by question."""
    book = _book(assignment_id)
    header = [f"Q{number} {question}" for number, question in enumerate(book.columns, start=1)]
    rows = (_gradebook_row(book, entry) for entry in book.entries())
    return csv_file(file_name(book.assignment.title, "gradebook"), (*GRADEBOOK, *header), rows)


@bp.get("/<uuid:assignment_id>/answers.csv")
def answers_csv(assignment_id: UUID) -> ResponseReturnValue:
    """All answers: a row for each place of each attempt, and for each answer that came too late."""
    book = _book(assignment_id)
    rows = (row for entry in book.entries() for row in _answer_rows(book, entry))
    return csv_file(file_name(book.assignment.title, "answers"), ANSWERS, rows)


@bp.get("/<uuid:assignment_id>.json")
def gradebook_json(assignment_id: UUID) -> ResponseReturnValue:
    """All of an assignment for other programs: its rules, its questions, and each member's attempts."""
    book = _book(assignment_id)
    return json_file(file_name(book.assignment.title), _json_pieces(book))


def _book(assignment_id: UUID) -> Book:
    """The assignment as it stands now, if it is the asker's. Raises Missing."""
    me, assignment = trainer(), assignment_of(assignment_id)
    while end_overdue(assignment):
        pass  # a file holds all that is over
    exports = cast(Exports, current_app.extensions["exports"])
    members, hides = exports.members(assignment.id, me.id), request.args.get("names") == "no"
    if hides:  # in the order of joining: that of the names would tell who is who
        members = tuple(sorted(members, key=lambda member: (member.joined, member.id)))

    def entries() -> Iterator[Entry]:
        found = exports.attempts(assignment.id, me.id, members)
        for number, (member, attempts) in enumerate(found, start=1):
            yield _entry(member, attempts, number if hides else 0)

    columns = question_order(assignment.paper, exports.asked(assignment.id, me.id))
    return Book(assignment, columns, entries, question_finder(), {me.id: me.name})


def _entry(member: Member, attempts: tuple[Attempt, ...], hidden_as: int) -> Entry:
    if hidden_as:
        return Entry("", f"Learner {hidden_as}", (), attempts)
    return Entry(member.id, member.name, member.labels, attempts)


# -- the gradebook


def outcome_of(attempt: Attempt) -> Outcome:
    """An attempt as the gradebook sees it."""
    terms = attempt.terms
    return Outcome(
        terms.number if terms else 0,
        attempt.earned,
        attempt.possible,
        terms.credit(attempt.finished) if terms else 1.0,
        attempt.finished is not None,
    )


def _gradebook_row(book: Book, entry: Entry) -> tuple[str, ...]:
    counts = book.assignment.rules.counts
    shown = learn.counting(entry.attempts, counts, outcome_of)
    head = (*entry.cells, str(len(entry.attempts)))
    if shown is None:
        return (*head, *("" for _ in range(len(GRADEBOOK) - len(head) + len(book.columns))))
    outcome = outcome_of(shown)
    earned = {slot.question: _points(slot) for slot in shown.slots}
    return (
        *head,
        str(outcome.number),
        _time(shown.started),
        _time(shown.finished),
        _yes(_is_late(shown)),
        _number(outcome.credit),
        _number(outcome.points),
        _number(outcome.possible),
        _number(100 * outcome.share),
        _number(_percent(learn.result(map(outcome_of, entry.attempts), counts))),
        *(_number(earned.get(question)) for question in book.columns),
    )


def _is_late(attempt: Attempt) -> bool:
    """Whether it ended after it was due, whatever that costs."""
    terms = attempt.terms
    return terms is not None and replace(terms, late=0).credit(attempt.finished) == 0


def _points(slot: Slot) -> float | None:
    return None if slot.score is None else slot.weight * slot.score


# -- the answers


def _answer_rows(book: Book, entry: Entry) -> Iterator[tuple[str, ...]]:
    for attempt in entry.attempts:
        outcome = outcome_of(attempt)
        head = (
            *entry.cells,
            str(outcome.number),
            _time(attempt.started),
            _time(attempt.finished),
            _number(outcome.credit),
        )
        for place, slot in enumerate(attempt.slots, start=1):
            asked = (str(place), slot.question, slot.revision, slot.grader)
            question = book.question(slot.revision)
            yield (*head, *asked, *_said(question, slot.step), *_judged(book, slot))
            for step in slot.late:
                yield (*head, *asked, *_said(question, step), *_uncounted(slot, step))


def _said(question: Question, step: Step | None) -> tuple[str, ...]:
    if step is None:
        return ("", "[]", "")
    return (words_of(question, step.answer), json.dumps(step.answer, ensure_ascii=False), _yes(step.sure))


def _judged(book: Book, slot: Slot) -> tuple[str, ...]:
    marked = slot.marked
    return (
        _number(slot.score),
        _number(slot.weight),
        _number(_points(slot)),
        _number(slot.seconds),
        _time(slot.step.at if slot.step else None),
        "no",
        "yes",
        book.trainers.get(marked.actor, marked.actor) if marked else "",
        _yes(marked is not None and marked.kind == "regrade"),
        slot.note,
    )


def _uncounted(slot: Slot, step: Step) -> tuple[str, ...]:
    return ("", _number(slot.weight), "", "", _time(step.at), "yes", "no", "", "no", "")


# -- JSON


def _json_pieces(book: Book) -> Iterator[str]:
    """One object, of which the members come one by one."""
    rules = book.assignment.rules
    head: dict[str, Any] = {
        "format": "quizapp-assignment-1",
        "id": book.assignment.id,
        "title": book.assignment.title,
        "made": book.assignment.made,
        "closed_for_all": book.assignment.ends,
        "rules": vars(rules) | {name: vars(getattr(rules, name)) for name in ("during", "after", "closed")},
        "questions": book.columns,
    }
    yield _json(head)[:-1] + ', "learners": ['
    for number, entry in enumerate(book.entries()):
        yield (",\n" if number else "\n") + _json(_entry_fields(book, entry))
    yield "\n]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=datetime.isoformat)


def _entry_fields(book: Book, entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "member": entry.key,
        "labels": entry.labels,
        "result": learn.result(map(outcome_of, entry.attempts), book.assignment.rules.counts),
        "attempts": [_attempt_fields(book, attempt) for attempt in entry.attempts],
    }


def _attempt_fields(book: Book, attempt: Attempt) -> dict[str, Any]:
    outcome = outcome_of(attempt)
    return {
        "id": attempt.id,
        "number": outcome.number,
        "started": attempt.started,
        "finished": attempt.finished,
        "deadline": attempt.terms.deadline if attempt.terms else None,
        "late": _is_late(attempt),
        "credit": outcome.credit,
        "points": outcome.points,
        "possible": outcome.possible,
        "places": [_slot_fields(book, slot) for slot in attempt.slots],
    }


def _slot_fields(book: Book, slot: Slot) -> dict[str, Any]:
    return {
        "question": slot.question,
        "revision": slot.revision,
        "grader": slot.grader,
        "weight": slot.weight,
        "score": slot.score,
        "points": _points(slot),
        "seconds": slot.seconds,
        "note": slot.note,
        "answer": _step_fields(book, slot.step),
        "marked": _step_fields(book, slot.marked),
        "late": [_step_fields(book, step) for step in slot.late],
    }


def _step_fields(book: Book, step: Step | None) -> dict[str, Any] | None:
    if step is None:
        return None
    by = book.trainers.get(step.actor, step.actor)
    return {"kind": step.kind, "at": step.at, "answer": step.answer, "sure": step.sure, "by": by}


# -- cells


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _yes(value: bool) -> str:
    return "yes" if value else "no"
