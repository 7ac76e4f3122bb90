"""Reporting a problem with a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.bank import Question
from quizapp.learn import Attempt, NoSuchPlace
from quizapp.store import Missing, Report, Reports, TooManyReports
from quizapp.web.guests import expect_answers, new_id, now, somebody, who
from quizapp.web.learner import attempt_of, question_of, topic_title
from quizapp.web.markup import plain
from quizapp.web.opening import bank

bp = Blueprint("reports", __name__)

REASONS = {
    "key": "The answer marked right is wrong",
    "unclear": "The question is unclear",
    "mistake": "There is a mistake in the program or the text",
    "page": "It does not work on this page",
    "other": "Something else",
}
MOST_WORDS = 2_000
NO_REASON = "Choose what is wrong."
TOO_LONG = f"This is too long. At most {MOST_WORDS:,} characters can be sent."
TOO_MANY = "You have sent many reports today. Nothing was sent. Send this one tomorrow."


@dataclass(frozen=True, kw_only=True)
class About:
    """What a report is about: a question, and where it was asked. `back` is the way there again."""

    question: Question
    back: str
    attempt: str | None = None
    place: int = 0


def reports() -> Reports:
    """The reports of the running app."""
    return cast(Reports, current_app.extensions["reports"])


@bp.route("/report/<path:question_id>", methods=["GET", "POST"])
def page(question_id: str) -> ResponseReturnValue:
    """Report a question, with the place in the own set where one is named, as it was asked there."""
    return _reporting(_named_place(question_id) or _in_bank(question_id))


@bp.route("/s/<uuid:set_id>/<int:place>/report", methods=["GET", "POST"])
def place(set_id: UUID, place: int) -> ResponseReturnValue:
    """Report what a set asks at a place: an address that tells nothing of the question."""
    return _reporting(_placed(set_id, place))


def _in_bank(question_id: str) -> About:
    if question_id not in bank():
        abort(404)
    return About(question=bank()[question_id], back=url_for("learner.one", question_id=question_id))


def _named_place(question_id: str) -> About | None:
    """The place that the address names, if it is the asker's own and this question was asked there."""
    try:
        about = _placed(UUID(request.args.get("set", "")), int(request.args.get("place", "")))
    except (ValueError, Missing, NoSuchPlace):
        return None
    return about if about.question.id == question_id else None


def _placed(set_id: UUID, place: int) -> About:
    """What a set asks at a place, once the asker may see it. Raises Missing or NoSuchPlace."""
    attempt = attempt_of(set_id)
    slot = attempt.slot(place)
    if not _is_reached(attempt, place):
        raise NoSuchPlace(f"place {place}")
    back = url_for("learner.question", set_id=set_id, place=place)
    return About(question=question_of(slot), back=back, attempt=attempt.id, place=place)


def _is_reached(attempt: Attempt, place: int) -> bool:
    """Whether a place was shown: one after the other, in the order that allows no way back."""
    one_way = attempt.terms is not None and attempt.terms.order == "one-way"
    return not one_way or attempt.finished is not None or place <= (attempt.next_place or place)


def _reporting(about: About) -> ResponseReturnValue:
    if request.method == "POST":
        return _report(about)
    expect_answers()
    learner = who()
    before = reports().made(learner.id, about.question.id, about.question.revision) if learner else None
    is_sent = before is not None and "sent" in request.args
    return _show(about, before=before, is_sent=is_sent)


def _show(about: About, code: int = 200, **view: Any) -> ResponseReturnValue:
    body = render_template(
        "learner/report.html",
        about=about,
        title=plain(about.question.prompt.strip().partition("\n\n")[0]),
        topic=topic_title(about.question),
        reasons=REASONS,
        most=MOST_WORDS,
        **view,
    )
    return body, code


def _report(about: About) -> ResponseReturnValue:
    reason, text = request.form.get("reason", ""), request.form.get("text", "").replace("\r\n", "\n").strip()
    error = NO_REASON if reason not in REASONS else TOO_LONG if len(text) > MOST_WORDS else ""
    if error:
        field = "text" if error == TOO_LONG else "reason-key"
        return _show(about, 422, error=error, field=field, reason=reason, text=text)
    try:
        reports().add(_report_of(about, reason, text))
    except TooManyReports:
        return _show(about, 429, error=TOO_MANY, field="text", reason=reason, text=text)
    return redirect(f"{request.path}?{_with_place(about)}sent=1", 303)


def _with_place(about: About) -> str:
    """What of the address must stay so that the way back leads to the place."""
    return f"set={about.attempt}&place={about.place}&" if about.attempt and "set" in request.args else ""


def _report_of(about: About, reason: str, text: str) -> Report:
    return Report(
        id=new_id(),
        learner=somebody().id,
        question=about.question.id,
        revision=about.question.revision,
        attempt=about.attempt,
        place=about.place,
        assignment=None,
        reason=reason,
        text=text,
        made=now(),
    )


# -- what other pages show of reports


def reply_to(attempt: Attempt, place: int) -> str:
    """What a trainer answered to the asker's report of a place; empty where nobody did."""
    slot = attempt.slot(place)
    found = reports().made(attempt.learner, slot.question, slot.revision)
    return found.reply if found else ""


def open_reports() -> int:
    """How many reports wait for the trainer who asks; none for anybody else."""
    me = who()
    return (
        sum(reports().open_counts(me.id, everything=me.role == "admin").values()) if me and me.trains else 0
    )
