"""Marking by hand: all answers to one open question by its rubric, and answers that came late."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.bank import Open, Question
from quizapp.learn import Attempt, Slot, Step
from quizapp.store import Assignment, Markable, Missing
from quizapp.web.asking import BadAnswer, asking
from quizapp.web.guests import assignments, groups, new_id, now, results, store, trainer
from quizapp.web.interview import LEVELS, flag_rows, point_rows, sent_rating
from quizapp.web.learner import question_of, topic_title
from quizapp.web.markup import markdown
from quizapp.web.opening import sent_id
from quizapp.web.trainer.board import names, numbers
from quizapp.web.trainer.results import assignment_of, counted_answer, head_of

bp = Blueprint("marking", __name__, url_prefix="/t/assignments/<uuid:assignment_id>")

MOST_COMMENT = 2000
"""Characters of a comment on an answer."""


@bp.route("/marking", methods=["GET", "POST"])
def page(assignment_id: UUID) -> ResponseReturnValue:
    """The answers to one open question, one by one, in an order that is random and stays the same."""
    assignment = assignment_of(assignment_id)
    if not (question_id := request.values.get("question", "")):
        return redirect(_first_waiting(assignment), 303)
    answers = in_order(assignment, results().answers(assignment, question_id), question_id)
    given = _wanted(answers)
    attempt, asked = _answer_of(assignment, given)
    if request.method == "POST":
        try:
            _mark(attempt, given.place, asked)
        except BadAnswer as error:
            return _page(assignment, answers, given, error=str(error)), 422
        return redirect(_onward(assignment, answers, given), 303)
    return _page(assignment, answers, given)


def _first_waiting(assignment: Assignment) -> str:
    """Where answers wait for marks; the results where none do."""
    waiting = [each.question for each in results().board(assignment).columns if each.waiting]
    assignment_id = UUID(assignment.id)
    if waiting:
        return url_for(".page", assignment_id=assignment_id, question=waiting[0])
    return url_for("results.page", assignment_id=assignment_id)


def in_order(assignment: Assignment, answers: tuple[Markable, ...], question_id: str) -> list[Markable]:
    """The answers in an order that tells nothing of who gave them, the same at every visit."""

    def key(given: Markable) -> str:
        return sha256(f"{assignment.id} {question_id} {given.attempt} {given.place}".encode()).hexdigest()

    return sorted(answers, key=key)


def _wanted(answers: list[Markable]) -> Markable:
    """The answer that was asked for, else the first that waits, else the first. Raises Missing."""
    at = request.values.get("at", "")
    waiting = [each for each in answers if each.score is None]
    found = [each for each in answers if each.attempt == at] if at else [*waiting, *answers]
    if not found:
        raise Missing(at)
    return found[0]


def _answer_of(assignment: Assignment, given: Markable) -> tuple[Attempt, Open]:
    """The attempt with an answer to be marked, and its open question. Raises Missing for other questions."""
    attempt = assignments().attempt(given.attempt, assignment.owner)
    asked = question_of(attempt.slot(given.place))
    if not isinstance(asked, Open):
        raise Missing(given.attempt)
    return attempt, asked


def _mark(attempt: Attempt, place: int, asked: Open) -> None:
    """Keep the levels, the red flags and the comment in the form. Raises BadAnswer."""
    slot, step_id, moment, by = attempt.slot(place), sent_id("step"), now(), trainer().id
    words = words_of(slot)
    given, comment = sent_rating(asked, words), _sent_comment()
    mark = Step(
        id=step_id,
        place=place,
        kind="mark",
        at=moment,
        answer=given,
        score=asked.grade(given).score,
        actor=by,
    )
    note = Step(id=f"{step_id}.note", place=place, kind="note", at=moment, answer=(comment,), actor=by)
    store().add_steps(attempt, [mark, note] if comment != slot.note else [mark])


def words_of(slot: Slot) -> str:
    """What the learner wrote."""
    answer = counted_answer(slot)
    return answer[0] if answer else ""


def _sent_comment() -> str:
    comment = request.form.get("comment", "").replace("\r\n", "\n").strip()
    if len(comment) > MOST_COMMENT:
        raise BadAnswer(
            f"The comment is too long: {MOST_COMMENT:,} characters can be kept. Nothing was changed."
        )
    return comment


def _onward(assignment: Assignment, answers: list[Markable], given: Markable) -> str:
    """The next answer that waits, from this one on and then from the start; else this one, marked."""
    here = answers.index(given)
    after = [each for each in (*answers[here + 1 :], *answers[:here]) if each.score is None]
    at = after[0].attempt if after else given.attempt
    question_id = request.values.get("question", "")
    return url_for(".page", assignment_id=UUID(assignment.id), question=question_id, at=at)


def _page(assignment: Assignment, answers: list[Markable], given: Markable, *, error: str = "") -> str:
    attempt, asked = _answer_of(assignment, given)
    slot, board, here = attempt.slot(given.place), results().board(assignment), answers.index(given)
    answer = counted_answer(slot)
    rated = _typed(asked, words_of(slot)) if error else answer
    return render_template(
        "trainer/marking.html",
        asked=asked,
        asking=asking(asked, (), hidden={"step": new_id()}),
        topic=topic_title(asked),
        number=numbers(board).get(asked.id, given.place),
        given=given,
        slot=slot,
        name=names(board)[given.member],
        words=words_of(slot),
        points=point_rows(asked, rated),
        flags=flag_rows(asked, rated),
        levels=LEVELS,
        comment=request.form.get("comment", "") if error else slot.note,
        model=markdown(asked.model_answer),
        marked=sum(each.score is not None for each in answers),
        answers=len(answers),
        place=here + 1,
        previous=answers[here - 1].attempt if here else "",
        following=answers[here + 1].attempt if here + 1 < len(answers) else "",
        error=error,
        **head_of(assignment),
    )


def _typed(asked: Open, words: str) -> tuple[str, ...]:
    """The levels and flags in the form as far as they can be read, so that a mistake loses nothing."""
    try:
        return sent_rating(asked, words)
    except BadAnswer:
        return (words,)


@bp.post("/count")
def count(assignment_id: UUID) -> ResponseReturnValue:
    """Count an answer that came after the time. One to an open question then waits for its mark."""
    assignment = assignment_of(assignment_id)
    attempt = assignments().attempt(str(sent_id("attempt")), assignment.owner)
    member = groups().member(assignment.group, attempt.learner)
    if attempt.terms is None or attempt.terms.assignment != assignment.id or member is None:
        raise Missing(attempt.id)
    place = request.form.get("place", "")
    slot = attempt.slot(int(place[:4]) if place.isdecimal() else 0)
    late = next((each for each in slot.late if each.id == request.form.get("late", "")), None)
    if late is None:
        raise Missing(place)
    store().add_step(attempt, _counted(late, question_of(slot), sent_id("step")))
    learner = url_for(
        "results.learner",
        assignment_id=assignment_id,
        member_id=UUID(member.id),
        attempt=attempt.terms.number,
        _anchor=f"p{place}",
    )
    return redirect(learner, 303)


def _counted(late: Step, asked: Question, step_id: str) -> Step:
    return Step(
        id=step_id,
        place=late.place,
        kind="mark",
        at=now(),
        answer=late.answer,
        sure=late.sure,
        score=None if asked.rated else asked.grade(late.answer).score,
        actor=trainer().id,
    )
