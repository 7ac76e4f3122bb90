"""The progress page: how far one is, what was missed, every set and every answer."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from quizapp import learn
from quizapp.learn import Answered, NothingToAsk, Quiz
from quizapp.web.guests import store, who
from quizapp.web.learner import about, title_of
from quizapp.web.markup import plain
from quizapp.web.opening import bank

bp = Blueprint("progress", __name__)

HISTORY = 50
MISSED = 20
COLUMNS = ("answered_at", "question", "topic", "mode", "score", "sure", "answer", "set", "place", "revision")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@bp.get("/progress")
def page() -> ResponseReturnValue:
    """Topics, missed questions and the sets so far."""
    learner = who()
    answers = store().answers_of(learner.id) if learner else ()
    last = learn.latest(answers)
    missed = _missed(last)
    sets = store().attempts_of(learner.id, most=HISTORY) if learner else ()
    topics = learn.by_topic(bank(), last)
    return render_template(
        "learner/progress.html",
        answers=len(answers),
        right=sum(answered.score == 1 for answered in answers),
        seen=len(last),
        questions=sum(topic.questions for topic in topics),
        topics=topics,
        missed=missed[:MISSED],
        missed_count=len(missed),
        sets=[(listed, _title(listed.quiz)) for listed in sets],
        has_more=len(sets) == HISTORY,
    )


def _missed(last: dict[str, Answered]) -> list[tuple[Answered, str, str]]:
    """What was last answered wrong and is still asked, latest first, with its prompt and lesson."""
    ids = learn.missed(last)
    found = [answered for question, answered in last.items() if question in ids and question in bank()]
    asked = [(answered, bank()[answered.question]) for answered in sorted(found, key=_at, reverse=True)]
    return [(answered, plain(question.prompt), about(question, tells=True)) for answered, question in asked]


def _at(answered: Answered) -> float:
    return answered.at.timestamp()


def _title(quiz: Quiz) -> str:
    try:
        return title_of(quiz)
    except NothingToAsk:  # the topic is gone; the learner's sets stay
        return quiz.of


@bp.get("/progress.csv")
def export() -> ResponseReturnValue:
    """All graded answers, one a row, for a spreadsheet."""
    learner = who()
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for answered in store().answers_of(learner.id) if learner else ():
        writer.writerow([_harmless(cell) for cell in _cells(answered)])
    headers = {"Content-Disposition": "attachment; filename=quizapp-answers.csv"}
    return Response(text.getvalue(), mimetype="text/csv", headers=headers)


def _cells(answered: Answered) -> tuple[str, ...]:
    return (
        answered.at.isoformat(timespec="seconds"),
        answered.question,
        answered.question.rpartition("/")[0],
        answered.mode,
        f"{answered.score:.4g}",
        "yes" if answered.sure else "no",
        " | ".join(answered.answer),
        answered.attempt,
        str(answered.place),
        answered.revision,
    )


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
