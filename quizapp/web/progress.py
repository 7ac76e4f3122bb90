"""The progress page: what is due, how sure mastery is, ideas to straighten out, and every answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import READY, Answered, Idea, Mastery, NothingToAsk, Quiz
from quizapp.store import Report
from quizapp.web.guests import now, profile, store, who
from quizapp.web.learner import about, due_now, title_of
from quizapp.web.markup import inline, plain
from quizapp.web.opening import bank, shelf
from quizapp.web.reports import reports
from quizapp.web.sheets import csv_file

bp = Blueprint("progress", __name__)

EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
SETS = 10
HISTORY = 50
IDEAS = 5
COLUMNS = (
    "answered_at",
    "question",
    "topic",
    "mode",
    "score",
    "sure",
    "hints",
    "answer",
    "set",
    "place",
    "revision",
)
RESULTS = {"": 1.0, "missed": 0.999}
"""What the history's filter shows, by the best score that is still shown."""


@dataclass(frozen=True)
class Band:
    """How likely a right answer is, for a plot: whole percents."""

    answers: int
    estimate: int
    low: int
    high: int
    is_ready: bool


def band(mastery: Mastery) -> Band:
    """Mastery as a plot shows it."""
    estimate, low, high = (round(100 * each) for each in (mastery.estimate, mastery.low, mastery.high))
    return Band(mastery.answers, estimate, low, high, mastery.is_ready)


@dataclass(frozen=True)
class Belief:
    """A misconception that the answers give evidence for."""

    id: str
    wrong: Markup
    right: Markup
    idea: Idea
    questions: int


@dataclass(frozen=True)
class Bar:
    """One week in the plot of answers: heights from 0 to 100."""

    monday: date
    answers: int
    right: int
    right_height: float
    other_height: float


@bp.get("/progress")
def page() -> ResponseReturnValue:
    """What is due, topics with ranges, ideas, certainty, answers by week, and the latest sets."""
    learner, found, due = who(), profile(), due_now()
    topics = learn.by_topic(bank(), found)
    sets = store().attempts_of(learner.id, most=SETS) if learner else ()
    return render_template(
        "learner/progress.html",
        profile=found,
        due=due,
        due_days=_days_since(due),
        topics=sorted(((topic, band(topic.mastery)) for topic in topics), key=_strongest),
        ready=round(100 * READY),
        beliefs=_beliefs(),
        weeks=_bars(),
        sets=[(listed, _title(listed.quiz)) for listed in sets],
    )


def _strongest(entry: tuple[learn.TopicProgress, Band]) -> tuple[bool, int]:
    return entry[1].answers == 0, -entry[1].estimate


def _days_since(due: learn.Due) -> tuple[int, int]:
    """How many days ago what is due was last answered: the least and the most."""
    cards = profile().cards
    days = [(now() - cards[question].memory.last).days for question in due.now] or [0]
    return min(days), max(days)


def _beliefs() -> list[Belief]:
    return [_belief(name, idea) for name, idea in learn.held(profile(), bank())][:IDEAS]


def _belief(name: str, idea: Idea) -> Belief:
    known = bank().misconceptions[name]
    questions = bank().by_misconception.get(name, ())
    return Belief(name, inline(known.wrong), inline(known.right), idea, len(questions))


def _bars() -> list[Bar]:
    weeks = learn.weekly(profile(), now().date())
    most = max((tally.answers for _, tally in weeks), default=0) or 1
    return [
        Bar(
            monday,
            tally.answers,
            tally.right,
            round(100 * tally.right / most, 1),
            round(100 * (tally.answers - tally.right) / most, 1),
        )
        for monday, tally in weeks
    ]


def _title(quiz: Quiz) -> str:
    try:
        return title_of(quiz)
    except NothingToAsk:  # the topic is gone; the learner's sets stay
        return quiz.of


@bp.get("/progress/topics/<path:topic_id>")
def topic(topic_id: str) -> ResponseReturnValue:
    """One topic: its concepts with their ranges, weakest first, and its questions that were missed."""
    found = next((each for each in learn.by_topic(bank(), profile()) if each.topic == topic_id), None)
    if found is None:
        abort(404)
    asked = [question for question in bank().topic(topic_id).questions if not question.rated]
    concepts = dict.fromkeys(question.concepts[0] for question in asked)
    rows = [
        (inline(bank().concepts[each].covers), band(profile().concepts.get(each, Mastery())))
        for each in concepts
        if each in bank().concepts
    ]
    return render_template(
        "learner/topic_progress.html",
        topic=found,
        band=band(found.mastery),
        ready=round(100 * READY),
        concepts=sorted(rows, key=lambda row: (row[1].answers == 0, row[1].estimate)),
        missed=_missed(asked),
    )


def _missed(asked: list[Question]) -> list[tuple[learn.Card, str, str]]:
    cards = profile().cards
    missed = [(cards[each.id], each) for each in asked if each.id in cards and cards[each.id].is_missed]
    missed.sort(key=lambda entry: entry[0].memory.last, reverse=True)
    return [(card, plain(each.prompt), about(each, tells=True)) for card, each in missed]


@bp.get("/ideas/<idea_id>")
def idea(idea_id: str) -> ResponseReturnValue:
    """One misconception: the belief, how it really is, what a run shows, and what separates the two."""
    if idea_id not in bank().misconceptions:
        abort(404)
    questions = bank().by_misconception.get(idea_id, ())
    known = [(each, profile().cards[each.id]) for each in questions if each.id in profile().cards]
    witnesses = (shelf().witness(each) for each, _ in known)
    return render_template(
        "learner/idea.html",
        belief=_belief(idea_id, profile().ideas.get(idea_id, Idea(0, 0, 0, None))),
        known=[(card, plain(each.prompt), about(each, tells=True)) for each, card in known],
        witness=next((found for found in witnesses if found and found.sides), None),
    )


@bp.get("/progress/history")
def history() -> ResponseReturnValue:
    """Every answer, newest first, by topic and by result."""
    learner = who()
    topic_id, result = request.args.get("topic", ""), request.args.get("result", "")
    if result not in RESULTS or (topic_id and topic_id not in {each.id for each in bank().topics}):
        abort(404)
    before, best = _before(), RESULTS[result]
    rows = (
        store().history(learner.id, topic=topic_id, best=best, before=before, most=HISTORY + 1)
        if learner
        else ()
    )
    last = rows[HISTORY - 1] if len(rows) > HISTORY else None
    return render_template(
        "learner/history.html",
        rows=[_line(answered) for answered in rows[:HISTORY]],
        topics=[(each.topic, each.title) for each in learn.by_topic(bank(), profile())],
        topic_id=topic_id,
        result=result,
        older=f"{_micros(last.at)}.{last.id}" if last else "",
        is_first="before" not in request.args,
    )


def _before() -> tuple[datetime, str] | None:
    """The answer before which the page begins. What can't be read is no such page."""
    if not (text := request.args.get("before", "")):
        return None
    micros, _, step_id = text.partition(".")
    if not (micros.isascii() and micros.isdigit() and len(micros) < 18):
        abort(404)
    return EPOCH + int(micros) * MICROSECOND, step_id


def _micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def _line(answered: Answered) -> tuple[Answered, str, str]:
    if answered.question not in bank():
        return answered, answered.question, ""
    question = bank()[answered.question]
    return answered, plain(question.prompt), about(question, tells=True)


# -- one's own data


@bp.get("/progress.csv")
def export() -> ResponseReturnValue:
    """All graded answers, one a row, for a spreadsheet."""
    learner = who()
    answers = store().answers_of(learner.id) if learner else ()
    return csv_file("quizapp-answers", COLUMNS, map(_cells, answers))


def _cells(answered: Answered) -> tuple[str, ...]:
    return (
        answered.at.isoformat(timespec="seconds"),
        answered.question,
        answered.question.rpartition("/")[0],
        answered.mode,
        f"{answered.score:.4g}",
        "yes" if answered.sure else "no",
        str(answered.hints),
        " | ".join(answered.answer),
        answered.attempt,
        str(answered.place),
        answered.revision,
    )


@bp.get("/progress.json")
def export_json() -> ResponseReturnValue:
    """All that is kept of whoever asks, and what is derived from it, for other programs."""
    learner = who()
    answers = store().answers_of(learner.id) if learner else ()
    found = {
        "format": "quizapp-answers-1",
        "name": learner.name if learner else "",
        "answers": [_fields(answered) for answered in answers],
        "memory": [
            {
                "question": question,
                "due": card.memory.due.isoformat(),
                "stability_days": card.memory.stability,
            }
            for question, card in profile().cards.items()
        ],
        "reports": [_report_fields(each) for each in reports().made_by(learner.id)] if learner else [],
    }
    text = json.dumps(found, ensure_ascii=False, indent=1)
    headers = {"Content-Disposition": "attachment; filename=quizapp-answers.json"}
    return Response(text, mimetype="application/json", headers=headers)


def _fields(answered: Answered) -> dict[str, Any]:
    return vars(answered) | {"at": answered.at.isoformat()}


def _report_fields(report: Report) -> dict[str, Any]:
    """A report as its learner may keep it."""
    kept = ("question", "revision", "attempt", "place", "reason", "text", "reply")
    return {"made": report.made.isoformat()} | {name: getattr(report, name) for name in kept}
