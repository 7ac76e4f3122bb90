"""What came of an assignment: what to talk about, who answered what, and why a question is hard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import Answer, Open, Question
from quizapp.learn import Attempt, Slot, Step
from quizapp.store import Assignment, Board, Line, Missing, Regraded, Sitting, state_of
from quizapp.web.asking import Asking, Telling, asking, telling
from quizapp.web.guests import assignments, groups, new_id, now, regrades, results, spelled, trainer
from quizapp.web.interview import FlagRow, PointRow, flag_rows, point_rows
from quizapp.web.learner import end_set, questions_of, topic_title
from quizapp.web.markup import markdown
from quizapp.web.opening import bank
from quizapp.web.pages import is_local
from quizapp.web.terms import grader_of
from quizapp.web.trainer import wording
from quizapp.web.trainer.board import (
    HIDDEN,
    ORDERS,
    STATES,
    Matrix,
    SortOrder,
    duration,
    hardest_first,
    hides_names,
    item_view,
    matrix,
    names,
    numbers,
    ordered,
    percent,
    tiles,
)

bp = Blueprint("results", __name__, url_prefix="/t")

ENDED_AT_ONCE = 50
"""Overdue attempts that one request ends; the next request ends more."""
YEAR = 365 * 24 * 3600  # seconds


@bp.get("/results")
def newest() -> ResponseReturnValue:
    """The results of the newest assignment that somebody has begun."""
    try:
        found = results().newest(trainer().id)
    except Missing:
        return render_template("trainer/no_results.html")
    return redirect(url_for(".page", assignment_id=UUID(found)), 303)


@bp.get("/assignments/<uuid:assignment_id>")
def page(assignment_id: UUID) -> ResponseReturnValue:
    """The summary, the matrix with the hardest question first, and one question's figures."""
    assignment = assignment_of(assignment_id)
    end_overdue(assignment)
    board = results().board(assignment)
    head = head_of(assignment)
    if not any(line.sittings for line in board.lines):
        return render_template(
            "trainer/nobody_yet.html", board=board, version=board.version, members=len(board.lines), **head
        )
    summary = tiles(board)
    chosen = _chosen(board, summary.talk)
    shown = matrix(board, chosen=chosen, page=_number("page"), order=_order())
    return render_template(
        "trainer/results.html",
        board=board,
        version=board.version,
        tiles=summary,
        matrix=shown,
        item=item_view(board, chosen),
        base=_base(assignment, shown),
        waiting=_waiting(board),
        is_live=_is_live(board),
        counts=assignment.rules.counts,
        **head,
    )


@bp.get("/assignments/<uuid:assignment_id>/state")
def state(assignment_id: UUID) -> Response:
    """What changes when the results do, for pages that look every few seconds."""
    assignment = assignment_of(assignment_id)
    end_overdue(assignment)
    return jsonify(version=results().version(assignment))


@bp.post("/assignments/<uuid:assignment_id>/names", endpoint="names")
def switch_names(assignment_id: UUID) -> ResponseReturnValue:
    """Hide names on this browser, or show them again, and go back to where that was asked."""
    here = url_for(".page", assignment_id=assignment_of(assignment_id).id)
    back = request.form.get("back", "")
    response = redirect(back if is_local(back) else here, 303)
    if "hide" in request.form:
        response.set_cookie("names", HIDDEN, max_age=YEAR, samesite="Lax", secure=request.is_secure)
    else:
        response.delete_cookie("names")
    return response


def assignment_of(assignment_id: UUID) -> Assignment:
    """The assignment, if it is the asker's. Raises Missing."""
    return assignments().assignment(str(assignment_id), trainer().id)


def head_of(assignment: Assignment) -> dict[str, Any]:
    """What stands at the top of each page of an assignment."""
    return {
        "assignment": assignment,
        "group": groups().group(assignment.group, assignment.owner),
        "state": wording.state_of(assignment, now()),
        "rules": wording.in_short(assignment.rules),
        "link": url_for("sitting.page", code=assignment.code, _external=True),
        "code": spelled(assignment.code),
        "hidden": hides_names(),
    }


def end_overdue(assignment: Assignment) -> int:
    """End attempts whose time is up and which nobody has ended; gives how many there were."""
    overdue = assignments().overdue(assignment.id, now(), most=ENDED_AT_ONCE)
    for attempt in overdue:
        end_set(attempt)
    return len(overdue)


def _number(name: str) -> int:
    sent = request.args.get(name, "")
    return int(sent) if sent.isdecimal() and len(sent) < 7 else 1


def _order() -> SortOrder:
    sent = request.args.get("order", "")
    return sent if sent in ORDERS else "name"


def _chosen(board: Board, talk: tuple[int, ...]) -> str:
    """The question that was asked for, else the one to talk about first, else the hardest."""
    called = {number: question_id for question_id, number in numbers(board).items()}
    wanted = [_number("q")] if "q" in request.args else []
    hardest = [column.question for column in hardest_first(board.columns)]
    return next((called[each] for each in (*wanted, *talk) if each in called), hardest[0] if hardest else "")


def _base(assignment: Assignment, shown: Matrix) -> str:
    """The address of this page of the matrix, to which the question is added."""
    order = shown.order if shown.order != "name" else None
    page = shown.page if shown.page > 1 else None
    address = url_for(".page", assignment_id=assignment.id, order=order, page=page)
    return f"{address}{'&' if '?' in address else '?'}q="


def _waiting(board: Board) -> list[tuple[int, str, int]]:
    called = numbers(board)
    return sorted(
        (called[each.question], each.question, each.waiting) for each in board.columns if each.waiting
    )


def _is_live(board: Board) -> bool:
    return not board.assignment.is_closed(now()) or any(line.is_answering for line in board.lines)


# -- one learner


@dataclass(frozen=True)
class Late:
    """An answer that came after the time."""

    step: Step
    telling: Telling
    words: str
    counts: bool


@dataclass(frozen=True)
class Entry:
    """One question of an attempt with what was answered."""

    place: int
    number: int
    question: str
    topic: str
    asking: Asking
    telling: Telling
    regraded: Regraded | None
    slot: Slot
    css: str
    glyph: str
    says: str
    points: str
    time: str
    late: tuple[Late, ...]
    is_open: bool
    words: str
    rubric: tuple[PointRow, ...]
    flags: tuple[FlagRow, ...]
    model: Markup


@bp.get("/assignments/<uuid:assignment_id>/learner/<uuid:member_id>")
def learner(assignment_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """One learner's attempt, question by question."""
    assignment = assignment_of(assignment_id)
    end_overdue(assignment)
    board = results().board(assignment)
    lines = ordered(board, _order())
    place = _place_of(str(member_id), lines)
    line, called = lines[place], names(board)
    sitting = _sitting(line.sittings, line.counting(assignment.rules.counts))
    attempt = assignments().attempt(sitting.attempt, assignment.owner) if sitting else None
    share = line.share(assignment.rules.counts)
    return render_template(
        "trainer/learner.html",
        line=line,
        name=called[line.member.id],
        sitting=sitting,
        entries=entries(attempt, numbers(board)) if attempt else (),
        attempt=attempt,
        result=None if share is None else percent(share),
        previous=lines[place - 1].member.id if place else "",
        following=lines[place + 1].member.id if place + 1 < len(lines) else "",
        order=_order(),
        taken=duration((sitting.finished - sitting.started).total_seconds())
        if sitting and sitting.finished
        else "",
        **head_of(assignment),
    )


def _place_of(member_id: str, lines: list[Line]) -> int:
    """Where a member stands among the lines. Raises Missing for one of another group, or of none."""
    found = [place for place, line in enumerate(lines) if line.member.id == member_id]
    if not found:
        raise Missing(member_id)
    return found[0]


def _sitting(sittings: tuple[Sitting, ...], counting: Sitting | None) -> Sitting | None:
    """The attempt that was asked for, else the one that counts. Raises Missing for one that is not there."""
    if "attempt" not in request.args:
        return counting
    wanted = _number("attempt")
    found = next((each for each in sittings if each.outcome.number == wanted), None)
    if found is None:
        raise Missing(f"attempt {wanted}")
    return found


def entries(attempt: Attempt, called: dict[str, int]) -> tuple[Entry, ...]:
    """An attempt, question by question, with all that there is to know."""
    return tuple(
        _entry(attempt, place, asked, called.get(slot.question, place))
        for place, (slot, asked) in enumerate(zip(attempt.slots, questions_of(attempt), strict=True), start=1)
    )


def _entry(attempt: Attempt, place: int, asked: Question, number: int) -> Entry:
    slot = attempt.slot(place)
    grader = grader_of(slot, asked)
    graded = learn.as_graded(slot, asked, grader)
    answer = counted_answer(graded)
    css, glyph, says = _stands(slot)
    is_open = isinstance(asked, Open)
    return Entry(
        place=place,
        number=number,
        question=asked.id,
        topic=topic_title(asked),
        asking=asking(asked, slot.shown, hidden={"step": new_id()}),
        telling=told(grader, graded, answer),
        regraded=_regraded(attempt, place, slot),
        slot=slot,
        css=css,
        glyph=glyph,
        says=says,
        points="–" if slot.score is None else f"{slot.score * slot.weight:.3g}",
        time=duration(slot.seconds) if slot.step else "–",
        late=tuple(_late(asked, slot, step) for step in slot.late),
        is_open=is_open,
        words=answer[0] if is_open and answer else "",
        rubric=tuple(point_rows(asked, answer)) if isinstance(asked, Open) else (),
        flags=tuple(flag_rows(asked, answer)) if isinstance(asked, Open) else (),
        model=markdown(asked.model_answer) if isinstance(asked, Open) else Markup(),
    )


def _regraded(attempt: Attempt, place: int, slot: Slot) -> Regraded | None:
    if slot.marked is None or slot.marked.kind != "regrade":
        return None
    return regrades().told(attempt.id, place, slot.marked)


def counted_answer(slot: Slot) -> Answer:
    """The answer that the score is for: the one that a trainer marked, else the learner's."""
    if slot.marked and slot.marked.kind == "mark":
        return slot.marked.answer
    return slot.step.answer if slot.step else ()


def told(asked: Question, slot: Slot, answer: Answer) -> Telling:
    """A question with an answer as a trainer reads it, key and reasons included."""
    sure = slot.step.sure if slot.step else True
    step = Step(id="", place=0, kind="submit", at=now(), answer=answer, sure=sure)
    return telling(asked, replace(slot, step=step, marked=None), bank())


def _late(asked: Question, slot: Slot, step: Step) -> Late:
    counts = slot.marked is not None and slot.marked.kind == "mark" and _same(slot.marked.answer, step.answer)
    return Late(step, told(asked, slot, step.answer), "\n".join(step.answer), counts)


def _same(marked: Answer, late: Answer) -> bool:
    """Whether a mark is of that answer; of an open one it holds the levels, too."""
    return marked[: len(late)] == late


def _stands(slot: Slot) -> tuple[str, str, str]:
    """The slot's state as a cell shows it."""
    sure = slot.step is None or slot.step.sure
    state = state_of(slot.score, sure=sure, is_answered=slot.step is not None, is_late=bool(slot.late))
    return STATES[state]
