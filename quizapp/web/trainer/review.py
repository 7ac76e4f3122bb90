"""Going through an assignment with the group: projected, hardest first, without names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.bank import Answer, Open, Question
from quizapp.learn import Item, Slot, Step
from quizapp.store import Board, Missing
from quizapp.web.asking import Telling, asking, telling
from quizapp.web.guests import now, results
from quizapp.web.learner import topic_title
from quizapp.web.markup import markdown
from quizapp.web.opening import bank, shelf
from quizapp.web.trainer.board import (
    OptionRow,
    analysed,
    beliefs_of,
    hardest_first,
    numbers,
    option_row,
    percent,
    some_of,
)
from quizapp.web.trainer.results import assignment_of, end_overdue

bp = Blueprint("review", __name__, url_prefix="/t/assignments")

STAGES = ("", "answers", "key")
"""What is shown of a question, one after the other: itself, how the group answered, and the key."""


@bp.get("/<uuid:assignment_id>/review")
def first(assignment_id: UUID) -> ResponseReturnValue:
    """The hardest question."""
    assignment = assignment_of(assignment_id)
    end_overdue(assignment)
    order = _order(results().board(assignment))
    if not order:
        return redirect(url_for("results.page", assignment_id=assignment_id), 303)
    return redirect(url_for(".page", assignment_id=assignment_id, number=order[0]), 303)


@bp.get("/<uuid:assignment_id>/review/<int:number>")
def page(assignment_id: UUID, number: int) -> ResponseReturnValue:
    """One question before the group, in three stages; nothing on it names anybody."""
    board = results().board(assignment_of(assignment_id))
    order = _order(board)
    if number not in order:
        raise Missing(f"question {number}")
    question_id = next(each for each, called in numbers(board).items() if called == number)
    found = analysed(board, question_id)
    if found is None:
        raise Missing(question_id)
    asked, item = found.question, found.item
    here, stage = order.index(number), _stage()
    return render_template(
        "trainer/review.html",
        assignment_id=assignment_id,
        stage=stage,
        number=number,
        place=here + 1,
        places=len(order),
        previous=order[here - 1] if here else 0,
        following=order[here + 1] if here + 1 < len(order) else 0,
        asking=asking(asked, asked.keys(), hidden={}),
        topic=topic_title(asked),
        item=item,
        percent=None if item.facility is None else percent(item.facility),
        **(_key(asked, item) if stage == "key" else {"options": _rows(item) if stage else []}),
    )


def _stage() -> str:
    sent = request.args.get("show", "")
    return sent if sent in STAGES else ""


def _key(asked: Question, item: Item) -> dict[str, Any]:
    """What the last stage shows beside the question: the key with its reasons, and who chose what."""
    rows, told = [option_row(each) for each in some_of(item.options)], _told(asked)
    return {
        "options": rows,
        "shares": _shares(rows, item, told),
        "telling": told,
        "beliefs": beliefs_of(item)[:2],
        "model": markdown(asked.model_answer) if isinstance(asked, Open) else "",
        "witness": shelf().witness(asked),
    }


def _order(board: Board) -> list[int]:
    """What the questions are called, the hardest first."""
    called = numbers(board)
    return [called[column.question] for column in hardest_first(board.columns)]


def _rows(item: Item) -> list[OptionRow]:
    """The distribution before the key is shown: typed answers stand by how many gave them."""
    rows = [option_row(each) for each in some_of(item.options)]
    hidden = [replace(row, is_key=False, is_wrong=False) for row in rows]
    if _are_parts(item):
        return hidden
    hidden.sort(key=lambda row: -row.share)
    return [replace(row, letter="") for row in hidden]


def _are_parts(item: Item) -> bool:
    """Whether the rows are the question's own parts, and not what people typed."""
    return all(each.key for each in item.options if each.letter)


def _shares(rows: list[OptionRow], item: Item, told: Telling) -> list[int]:
    """The share of each part, where the key can stand beside it: then one list says it all."""
    parts = [row.share for row, each in zip(rows, item.options, strict=False) if each.key]
    is_whole = len(rows) == len(item.options) and _are_parts(item)
    return parts if is_whole and len(parts) == len(told.rows) else []


def _told(asked: Question) -> Telling:
    """The question with its right answer and all reasons."""
    model: Answer = asked.model()
    step = Step(id="", place=0, kind="submit", at=now(), answer=model, score=1.0)
    slot = Slot(question=asked.id, revision=asked.revision, shown=asked.keys(), step=step)
    return telling(asked, slot, bank())
