"""The mock interview: set up, say, rate, follow up, and read the report; alone or with a partner."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import CREDIT, Answer, FollowUp, Open, Question
from quizapp.learn import LENGTHS, SENIORITIES, Attempt, NotNow, Slot, Step
from quizapp.store import Listed, Missing, Shares
from quizapp.web.asking import MOST_WORDS, BadAnswer, asking, telling
from quizapp.web.guests import expect_answers, hashed, new_id, now, profile, somebody, store, who
from quizapp.web.learner import (
    attempt_of,
    end_set,
    onward,
    question_of,
    questions_of,
    segments_of,
    topic_title,
)
from quizapp.web.markup import inline, markdown, plain
from quizapp.web.opening import bank, keep_set, new_seed, sent_id
from quizapp.web.progress import band

bp = Blueprint("interview", __name__, url_prefix="/interview")
partners = Blueprint("partner", __name__, url_prefix="/with")

EARLIER = 10
SHARED_FOR = timedelta(hours=24)
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
NOTE = "~note"
"""Ends the id of a partner's note, which may come with a rating in one form."""
LEVELS = tuple(CREDIT)
WENT = {"yes": "well", "partly": "partly", "no": "not yet"}
NAMES = {"junior": "Junior", "mid": "Mid-level", "senior": "Senior"}
SKILLS = {"explain": "Explain", "predict": "Predict", "debug": "Debug", "judge": "Judge"}


def shares() -> Shares:
    """The links of the running app."""
    return cast(Shares, current_app.extensions["shares"])


def interview_of(set_id: UUID) -> Attempt:
    """The interview, if it is the asker's. Raises Missing."""
    attempt = attempt_of(set_id)
    if attempt.quiz.mode != "interview":
        raise Missing(str(set_id))
    return attempt


# -- setting up


@bp.route("", methods=["GET", "POST"])
def home() -> ResponseReturnValue:
    """Choose level, length and topics; go on with an interview; see earlier ones."""
    if request.method == "POST":
        return _begin()
    return _home()


def _home(error: str = "") -> str:
    expect_answers()
    learner = who()
    listed = store().attempts_of(learner.id, most=EARLIER, mode="interview") if learner else ()
    rated = {question.topic for question in bank() if question.rated}
    return render_template(
        "interview/home.html",
        waiting=[each for each in listed if each.ended is None][:1],
        earlier=[(each, _plan_words(each.quiz), _percent(each)) for each in listed if each.ended],
        topics=[topic for topic in bank().topics if topic.id in rated],
        seniorities=[(each, NAMES[each]) for each in SENIORITIES],
        lengths=LENGTHS,
        set_id=new_id(),
        error=error,
        chosen=request.form,
        chosen_topics=request.form.getlist("topic"),
    )


def _percent(listed: Listed) -> int:
    return round(100 * listed.points / listed.places)


def _plan_words(quiz: learn.Quiz) -> str:
    plan = learn.plan_of(quiz)
    return f"{NAMES[plan.seniority]}, {plan.minutes} minutes"


def _begin() -> ResponseReturnValue:
    known = {topic.id for topic in bank().topics}
    try:
        topics = [each for each in request.form.getlist("topic") if each in known]
        plan = learn.make_plan(request.form.get("level", ""), request.form.get("minutes", ""), topics)
    except ValueError:
        return _home("Choose a level and a length."), 422
    set_id, seed = sent_id("set"), new_seed()
    keep_set(plan.quiz, learn.script(plan, bank(), profile(), seed=seed), set_id=set_id, seed=seed)
    return redirect(onward(store().attempt(set_id, somebody().id)), 303)


# -- one question, in three states: to be answered, to be rated, told


@bp.route("/<uuid:set_id>/<int:place>", methods=["GET", "POST"])
def question(set_id: UUID, place: int) -> ResponseReturnValue:
    """One address, three states: say, rate, and what a strong answer holds."""
    attempt = interview_of(set_id)
    slot = attempt.slot(place)
    asked = question_of(slot)
    if not isinstance(asked, Open):
        return redirect(url_for("learner.question", set_id=set_id, place=place), 303)
    if request.method == "POST":
        return _act(attempt, place, asked)
    return _page(attempt, place, asked)


def _act(attempt: Attempt, place: int, asked: Open) -> ResponseReturnValue:
    here = url_for(".question", set_id=UUID(attempt.id), place=place)
    kind, step_id, moment = request.form.get("do", ""), sent_id("step"), now()
    if store().has_step(attempt.id, step_id):
        return redirect(here, 303)
    try:
        if kind == "say" and not attempt.slot(place).takes_words:
            return redirect(f"{here}?kept=1", 303)
        if kind == "say":
            step = learn.say(attempt, place, sent_words("words"), step_id=step_id, now=moment)
        elif kind == "rate":
            return _rate(attempt, place, asked, here)
        elif kind == "follow":
            step = learn.follow(attempt, place, _sent_follow(asked), step_id=step_id, now=moment)
        elif kind in ("pause", "resume"):
            draft = (sent_words("words"),) if "words" in request.form else ()
            step = learn.pause(attempt, place, draft, stop=kind == "pause", step_id=step_id, now=moment)
        else:
            raise BadAnswer("This form is not complete. Load the page again.")
    except BadAnswer as error:
        return _page(attempt, place, asked, error=str(error)), 422
    store().add_step(attempt, step)
    return redirect(here, 303)


def _rate(attempt: Attempt, place: int, asked: Open, here: str) -> ResponseReturnValue:
    if attempt.slot(place).step:
        return redirect(f"{here}?kept=1", 303)
    step_id, given = sent_id("step"), sent_rating(asked, attempt.slot(place).said or "")
    step = learn.answer(attempt, place, asked, given, sure=True, step_id=step_id, now=now())
    is_kept = store().add_step(attempt, step) or store().has_step(attempt.id, step_id)
    return redirect(here if is_kept else f"{here}?kept=1", 303)


def sent_words(name: str) -> str:
    """What was typed in a field. Raises BadAnswer when it is too long."""
    words = request.form.get(name, "").replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(words) > MOST_WORDS:
        raise BadAnswer(f"This is too long: {MOST_WORDS:,} characters can be kept. Nothing was changed.")
    return words


def sent_rating(asked: Open, words: str) -> Answer:
    """The answer with the levels and red flags in the form. Raises BadAnswer."""
    levels = [request.form.get(f"point-{point.id}", "") for point in asked.rubric]
    try:
        return asked.read((words, *levels, *request.form.getlist("flag")), ())
    except ValueError as error:
        raise BadAnswer(f"{str(error).capitalize()}.") from None


def _sent_follow(asked: Open) -> Answer:
    number, went = request.form.get("number", ""), request.form.get("went", "")
    if number not in map(str, range(len(asked.follow_ups))):
        raise BadAnswer("This form is not complete. Load the page again.")
    if went not in WENT:
        raise BadAnswer("Say how it went: well, partly or not yet.")
    return (number, sent_words("words"), went)


@dataclass(frozen=True)
class PointRow:
    """One point of the rubric on the page."""

    id: str
    point: Markup
    levels: tuple[tuple[str, Markup], ...]
    level: str


@dataclass(frozen=True)
class FlagRow:
    """One red flag on the page."""

    id: str
    sounds: Markup
    wrong: Markup
    right: Markup
    is_heard: bool


@dataclass(frozen=True)
class FollowRow:
    """One follow-up on the page: what is asked, what a good answer holds, what was said, and an id for it."""

    number: int
    ask: Markup
    answer: Markup
    said: str
    went: str
    step: str


def point_rows(asked: Open, answer: Answer) -> list[PointRow]:
    """The rubric with the levels that an answer has."""
    return [
        PointRow(
            point.id,
            inline(point.point),
            tuple((name, inline(getattr(point, name))) for name in LEVELS),
            asked.level_of(point, answer),
        )
        for point in asked.rubric
    ]


def flag_rows(asked: Open, answer: Answer) -> list[FlagRow]:
    """The red flags with those that an answer shows."""
    heard = {flag.misconception for flag in asked.flags_of(answer)}
    known = bank().misconceptions
    return [
        FlagRow(
            flag.misconception,
            inline(flag.sounds),
            inline(known[flag.misconception].wrong) if flag.misconception in known else Markup(),
            inline(known[flag.misconception].right) if flag.misconception in known else Markup(),
            flag.misconception in heard,
        )
        for flag in asked.red_flags
    ]


def follow_rows(asked: Open, slot: Slot, answer: Answer) -> list[FollowRow]:
    """The follow-ups that an answer calls for, and those that were answered already."""
    done = {each[0]: each for each in slot.follows if len(each) == 3}
    wanted = [str(asked.follow_ups.index(each)) for each in learn.follow_ups(asked, answer)]
    numbers = dict.fromkeys([*wanted, *done])
    return [_follow_row(int(each), asked.follow_ups[int(each)], done.get(each)) for each in numbers]


def _follow_row(number: int, follow: FollowUp, done: Answer | None) -> FollowRow:
    said, went = (done[1], done[2]) if done else ("", "")
    return FollowRow(number, inline(follow.ask), inline(follow.answer), said, went, new_id())


def _page(attempt: Attempt, place: int, asked: Open, *, error: str = "") -> str:
    slot = attempt.slot(place)
    answer = slot.step.answer if slot.step else ()
    stage = "told" if attempt.tells(place) else "rate" if slot.said is not None else "say"
    return render_template(
        f"interview/{stage}.html",
        stage=stage,
        asking=asking(asked, (), hidden={"step": new_id()}),
        asked=asked,
        slot=slot,
        words=request.form.get("words", "") if error and stage == "say" else slot.said or "".join(slot.draft),
        points=point_rows(asked, answer) if stage != "say" else [],
        flags=flag_rows(asked, answer) if stage != "say" else [],
        follows=follow_rows(asked, slot, answer) if stage == "told" else [],
        score=round(100 * (slot.score or 0)),
        model=markdown(asked.model_answer) if stage == "told" else Markup(),
        telling=telling(asked, slot, bank()) if stage == "told" else None,
        levels=LEVELS,
        went=WENT,
        onward=onward(attempt, after=place),
        error=error,
        kept="kept" in request.args,
        **_frame(attempt, place, asked),
    )


def _frame(attempt: Attempt, place: int, asked: Question) -> dict[str, Any]:
    """What stands around every question of an interview."""
    plan = learn.plan_of(attempt.quiz)
    return {
        "attempt": attempt,
        "place": place,
        "topic": topic_title(asked),
        "segments": segments_of(attempt, now_at=place),
        "spent": int(learn.spent(attempt, now()).total_seconds()),
        "minutes": plan.minutes,
        "shared_until": shares().expires(attempt.id, now()),
        "state": state_of(attempt, place),
        "step_id": new_id(),
    }


def state_of(attempt: Attempt, place: int) -> str:
    """A fingerprint of what a partner may change on the page."""
    slot = attempt.slot(place)
    return hashed(repr((slot.said, slot.step and slot.step.id, slot.note, attempt.is_paused)))[:16]


@bp.get("/<uuid:set_id>/<int:place>/state")
def state(set_id: UUID, place: int) -> Response:
    """Changes when the page of this question should be loaded again."""
    return Response(state_of(interview_of(set_id), place), mimetype="text/plain")


# -- the end


@bp.get("/<uuid:set_id>/ending")
def ending(set_id: UUID) -> ResponseReturnValue:
    """The end is near: what is still open, and the button that ends the interview."""
    attempt = interview_of(set_id)
    if attempt.finished:
        return redirect(url_for(".report", set_id=set_id), 303)
    place = attempt.next_place or len(attempt.slots)
    return render_template(
        "interview/ending.html",
        open_count=len(attempt.slots) - attempt.answered,
        onward=onward(attempt),
        **_frame(attempt, place, question_of(attempt.slot(place))),
    )


@bp.post("/<uuid:set_id>/end")
def end(set_id: UUID) -> ResponseReturnValue:
    """End the interview, and show the report."""
    end_set(interview_of(set_id))
    return redirect(url_for(".report", set_id=set_id), 303)


@bp.get("/<uuid:set_id>/report")
def report(set_id: UUID) -> ResponseReturnValue:
    """How it went by topic and skill, red flags, the strongest and thinnest answer, and what comes next."""
    attempt = interview_of(set_id)
    if attempt.finished is None:
        return redirect(onward(attempt), 303)
    return render_template("interview/report.html", attempt=attempt, **_report(attempt))


@bp.get("/<uuid:set_id>/report.md")
def report_markdown(set_id: UUID) -> Response:
    """The report as Markdown, to keep or to send."""
    attempt = interview_of(set_id)
    if attempt.finished is None:
        abort(404)
    text = render_template("interview/report.md", attempt=attempt, **_report(attempt))
    headers = {"Content-Disposition": "attachment; filename=interview.md"}
    return Response(text, mimetype="text/markdown", headers=headers)


def _report(attempt: Attempt) -> Mapping[str, Any]:
    asked = questions_of(attempt)
    found = learn.report(attempt, asked)
    titles = {topic.id: topic.title for topic in bank().topics}
    known = bank().misconceptions
    weakest = min(found.topics, key=lambda part: part.mastery.estimate, default=None)
    return {
        "report": found,
        "plan": _plan_words(attempt.quiz),
        "overall": band(found.overall),
        "score": round(100 * found.score),
        "topics": [(titles.get(part.name, part.name), band(part.mastery)) for part in found.topics],
        "skills": [(SKILLS[part.name], band(part.mastery)) for part in found.skills],
        "flags": [known[flag] for flag in found.flags if flag in known],
        "rows": [
            (place, slot, plain(each.prompt), topic_title(each), each.rated)
            for place, (slot, each) in enumerate(zip(attempt.slots, asked, strict=True), start=1)
        ],
        "weakest": weakest.name if weakest and weakest.name in titles else "",
        "weakest_title": titles.get(weakest.name, "") if weakest else "",
        "earlier": _earlier(attempt),
        "minutes": round(learn.spent(attempt, now()).total_seconds() / 60),
        "spoken": [_spoken(*each) for each in _named(found)],
    }


def _named(found: learn.Report) -> list[tuple[str, learn.Spoken]]:
    named = (("Your strongest answer", found.strongest), ("Your thinnest answer", found.thinnest))
    return [(name, spoken) for name, spoken in named if spoken]


def _spoken(name: str, spoken: learn.Spoken) -> dict[str, Any]:
    """An answer in one's own words, and the model to hold beside it."""
    return {
        "name": name,
        "place": spoken.place,
        "prompt": plain(spoken.question.prompt),
        "words": spoken.words,
        "model": markdown(spoken.question.model_answer),
        "quoted": _quoted(spoken.words),
        "model_text": spoken.question.model_answer.strip(),
        "score": round(100 * spoken.score),
    }


def _quoted(words: str) -> str:
    """Words as a quotation in Markdown: whatever they hold ends where they end."""
    return "\n".join(f"> {line}".rstrip() for line in words.split("\n")) if words else "(nothing typed)"


def _earlier(attempt: Attempt) -> list[tuple[str, str, int]]:
    """Earlier interviews with their points: when, what, and how many percent."""
    listed = store().attempts_of(attempt.learner, most=EARLIER, mode="interview")
    return [
        (each.id, f"{each.started:%-d %b %Y}, {_plan_words(each.quiz)}", _percent(each))
        for each in listed
        if each.ended and each.id != attempt.id and each.started < attempt.started
    ]


# -- with a partner


@bp.post("/<uuid:set_id>/share")
def share(set_id: UUID) -> ResponseReturnValue:
    """Make a link for a partner, or take it back."""
    attempt = interview_of(set_id)
    if request.form.get("do") == "revoke":
        shares().revoke(attempt.id)
        return redirect(url_for(".invite", set_id=set_id), 303)
    if attempt.finished:
        raise NotNow("this interview is over")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    moment = now()
    shares().add(_token_hash(token), attempt.id, now=moment, expires=moment + SHARED_FOR)
    return _invitation(attempt, url_for("partner.page", token=token, _external=True))


@bp.get("/<uuid:set_id>/invite")
def invite(set_id: UUID) -> str:
    """Invite a partner, or see that one is invited."""
    return _invitation(interview_of(set_id), "")


def _invitation(attempt: Attempt, link: str) -> str:
    place = attempt.next_place or 1
    frame = _frame(attempt, place, question_of(attempt.slot(place)))
    hours = SHARED_FOR // timedelta(hours=1)
    return render_template("interview/invite.html", link=link, hours=hours, **frame)


def _token_hash(token: str) -> str:
    return hashed(f"share {token}")


def _shared(token: str) -> Attempt:
    """The attempt that a link is for. Raises Missing."""
    return shares().attempt(_token_hash(token if TOKEN.fullmatch(token) else ""), now())


@partners.route("/<token>", methods=["GET", "POST"])
def page(token: str) -> ResponseReturnValue:
    """The interviewer's page: what to ask, what to listen for, and what was said so far."""
    attempt = _shared(token)
    place = _sent_place(attempt)
    asked = question_of(attempt.slot(place))
    error = ""
    if request.method == "POST":
        try:
            _mark(attempt, place, asked)
            return redirect(url_for(".page", token=token, place=place), 303)
        except BadAnswer as refused:
            error = str(refused)
    slot = attempt.slot(place)
    text = render_template(
        "interview/partner.html",
        token=token,
        asking=asking(asked, slot.shown, hidden={"step": new_id()}),
        telling=telling(asked, slot, bank()) if slot.step else None,
        opened=isinstance(asked, Open),
        slot=slot,
        levels=LEVELS,
        score=round(100 * (slot.score or 0)),
        error=error,
        count=len(attempt.slots),
        now_place=attempt.next_place,
        partner_state=_partner_state(attempt, place),
        **(_listening(asked, slot) if isinstance(asked, Open) else {}),
        **_frame(attempt, place, asked),
    )
    return (text, 422) if error else text


def _listening(asked: Open, slot: Slot) -> dict[str, Any]:
    """What an interviewer holds against an open answer."""
    answer = slot.step.answer if slot.step else ()
    return {
        "points": point_rows(asked, answer),
        "flags": flag_rows(asked, answer),
        "follows": [_follow_row(number, each, None) for number, each in enumerate(asked.follow_ups)],
        "cues": [_cue(asked, each) for each in asked.follow_ups],
        "model": markdown(asked.model_answer),
    }


def _sent_place(attempt: Attempt) -> int:
    text = request.values.get("place", "")
    if text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    return attempt.next_place or len(attempt.slots)


def _cue(asked: Open, follow: FollowUp) -> str:
    """When a follow-up is asked, in words."""
    points = {point.id: point.point for point in asked.rubric}
    if follow.flagged:
        return "when the red flag was heard"
    return f"when missed: {points[follow.missed]}" if follow.missed else f"when said: {points[follow.said]}"


def _mark(attempt: Attempt, place: int, asked: Question) -> None:
    """Keep the partner's marks and note: each is a step of the candidate's attempt."""
    if attempt.finished:
        raise NotNow("this interview is over")
    slot, moment, steps = attempt.slot(place), now(), list[Step]()
    if (text := sent_words("note")) != sent_words("noted"):
        steps.append(learn.note(attempt, place, text, step_id=f"{sent_id('step')}{NOTE}", now=moment))
    if isinstance(asked, Open) and slot.step is None and request.form.get("do") == "rate":
        given, step_id = sent_rating(asked, slot.said or ""), sent_id("step")
        steps.append(learn.answer(attempt, place, asked, given, sure=True, step_id=step_id, now=moment))
    for step in steps:
        store().add_step(attempt, step)


@partners.get("/<token>/state")
def partner_state(token: str) -> Response:
    """Changes when the interviewer's page should be loaded again."""
    attempt = _shared(token)
    return Response(_partner_state(attempt, _sent_place(attempt)), mimetype="text/plain")


def _partner_state(attempt: Attempt, place: int) -> str:
    """A fingerprint of what a candidate may change on the interviewer's page."""
    text = f"{state_of(attempt, place)} {attempt.next_place} {attempt.finished is not None}"
    return hashed(text)[:16]
