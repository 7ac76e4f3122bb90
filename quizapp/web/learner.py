"""A learner's pages: a question at once, sets of questions, and what came of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import Attempt, NothingToAsk, NotNow, Quiz, Slot
from quizapp.store import Listed, Missing
from quizapp.web.asking import BadAnswer, asking, telling
from quizapp.web.guests import assignments, attempt_at, card, expect_answers, new_id, now, profile, store, who
from quizapp.web.joining import most_urgent
from quizapp.web.markup import inline, plain
from quizapp.web.opening import (
    INCOMPLETE,
    CameLate,
    bank,
    begin,
    drawn,
    keep_set,
    new_seed,
    open_set,
    question_by,
    sent_answer,
    sent_draft,
    sent_id,
    sent_opening,
    shelf,
)
from quizapp.web.terms import grader_of, is_up, regraded, seat_of

bp = Blueprint("learner", __name__)

RESUME_FOR = timedelta(days=30)
"""A set that waits longer than this is not offered again; its answers stay."""

EDIT = "~"
"""Stands between the form and the number of a change. A full stop would let a form that names an attempt
make the ids of the steps that end it."""

EXAM_COUNTS = ("10", "20", "40")
MOST_BELIEFS = 3
MOST_SEPARATING = 3
"""Questions that separate an idea from the truth, asked in one set."""


# -- pages that begin a set


@bp.route("/", methods=["GET", "POST"])
def home() -> ResponseReturnValue:
    """The question of the day, what waits, and the topics."""
    if request.method == "POST":
        return _begun(Quiz(), "learner/home.html", _home_view)
    view = _home_view()
    today = learn.question_of_the_day(bank(), now().date())
    first = today if today and today.id not in view["seen"] else None
    opening = open_set(Quiz(), first) if view["topics"] else None
    return render_template(
        "learner/home.html", asking=opening and opening.form(), is_daily=first is not None, **view
    )


def _home_view() -> dict[str, Any]:
    found, own = profile(), [listed for listed in _open_sets() if listed.quiz.source != "assignment"]
    return {
        "seen": found.cards,
        "topics": learn.by_topic(bank(), found),
        "due": due_now(),
        "assigned": most_urgent(),
        "waiting": [(listed, title_of(listed.quiz)) for listed in own[:1]],
    }


def due_now() -> learn.Due:
    """What is due for whoever is asking."""
    return learn.due(profile(), (question.id for question in bank() if not question.rated), now())


@bp.get("/topics")
def topics() -> ResponseReturnValue:
    """All topics, and the exam."""
    expect_answers()
    return render_template(
        "learner/topics.html",
        exam_counts=EXAM_COUNTS,
        exam_set=new_id(),
        abouts={topic.id: topic.about for topic in bank().topics},
        topics=learn.by_topic(bank(), profile()),
    )


@bp.route("/mixed", methods=["GET", "POST"])
def mixed() -> ResponseReturnValue:
    """A set from all topics."""
    return _opening_page(Quiz())


@bp.route("/practice/<path:topic_id>", methods=["GET", "POST"])
def practice(topic_id: str) -> ResponseReturnValue:
    """A set from one topic."""
    return _opening_page(Quiz(source="topic", of=topic_id))


@bp.route("/again", methods=["GET", "POST"])
def again() -> ResponseReturnValue:
    """A set of what was missed."""
    return _opening_page(Quiz(source="missed"))


@bp.route("/review", methods=["GET", "POST"])
def review() -> ResponseReturnValue:
    """What is due, and nothing else; where nothing is, when the next will be."""
    quiz = Quiz(source="due")
    if request.method == "GET" and not (due := due_now()).now and not _waiting(quiz):
        return render_template("learner/nothing_due.html", due=due, seen=bool(profile().cards))
    return _opening_page(quiz)


@bp.route("/matters", methods=["GET", "POST"])
def matters() -> ResponseReturnValue:
    """A set of what would tell or mend most."""
    return _opening_page(Quiz(source="matters"))


@bp.route("/ideas/<idea_id>/practice", methods=["GET", "POST"])
def separate(idea_id: str) -> ResponseReturnValue:
    """The questions that separate one misconception from the truth."""
    if idea_id not in bank().misconceptions:
        abort(404)
    return _opening_page(Quiz(source="idea", of=idea_id, count=MOST_SEPARATING))


@bp.route("/q/<path:question_id>", methods=["GET", "POST"])
def one(question_id: str) -> ResponseReturnValue:
    """The lasting address of one question."""
    if question_id not in bank():
        new = bank().retired.get(question_id)
        if not new:
            abort(404 if new is None else 410)
        return redirect(url_for(".one", question_id=new), 301)
    return _opening_page(Quiz(source="one", of=question_id, count=1))


def _opening_page(quiz: Quiz) -> ResponseReturnValue:
    """GET shows the first question, POST answers it; an unfinished set of that kind goes on instead."""
    view = {"topic": title_of(quiz), "place": 1, "segments": ["now"], "tries": 1, "mode": quiz.mode}
    if request.method == "POST":
        return _begun(quiz, "learner/question.html", lambda: view)
    if waiting := _waiting(quiz):
        return redirect(url_for(".resume", set_id=UUID(waiting[0].id)), 303)
    opening = open_set(quiz)
    view |= {"segments": ["now", *[""] * (opening.count - 1)], "tries": opening.count}
    view["reason"] = _reason(opening.pick.reason, opening.question)
    return render_template("learner/question.html", asking=opening.form(), **view)


def _waiting(quiz: Quiz) -> list[Listed]:
    return [listed for listed in _open_sets() if listed.quiz == quiz]


def _reason(reason: str, asked: Question) -> Markup:
    """Why a question was picked, in one line; nothing where it was not picked for a reason."""
    if not reason:
        return Markup()
    known, concept = card(asked.id), bank().concepts.get(asked.concepts[0])
    days = (now() - known.memory.last).days if known else 0
    ago = "today" if days == 0 else "yesterday" if days == 1 else f"{days} days ago"
    match reason:
        case "due" if known:
            return Markup("Due: last answered {}.").format(ago)
        case "weak" if concept:
            return Markup("Picked because little can be relied on yet: {}.").format(inline(concept.covers))
        case "new" if concept:
            return Markup("Picked because it is new: {}.").format(inline(concept.covers))
        case "seen" if known:
            return Markup("Picked because it was last answered {}.").format(ago)
    return Markup()


def _begun(quiz: Quiz, template: str, view: Callable[[], Mapping[str, Any]]) -> ResponseReturnValue:
    """Begin the set with the answer that was sent, or show the form again with what is wrong."""
    set_id = request.form.get("set", "")
    if store().has_step(set_id, request.form.get("step", "")):
        return redirect(url_for(".question", set_id=UUID(set_id), place=1), 303)  # whatever the bank is now
    opening = sent_opening(quiz)
    try:
        attempt = begin(opening)
    except BadAnswer as error:
        form = opening.form(given=_sent_values(), error=str(error))
        return render_template(template, asking=form, is_daily=False, **view()), 422
    return redirect(url_for(".question", set_id=UUID(attempt.id), place=1), 303)


def _sent_values() -> tuple[str, ...]:
    return tuple(request.form.getlist("answer"))


def _open_sets() -> tuple[Listed, ...]:
    learner = who()
    return store().open_attempts_of(learner.id, since=now() - RESUME_FOR, most=10) if learner else ()


@bp.post("/exam")
def exam() -> ResponseReturnValue:
    """Begin an exam: nothing is told before its end."""
    count, topic_id, set_id = request.form.get("count", ""), request.form.get("topic", ""), sent_id("set")
    if count not in EXAM_COUNTS:
        raise BadAnswer("Choose how many questions the exam has, and start again.")
    quiz = Quiz(source="topic" if topic_id else "mixed", of=topic_id, mode="exam", count=int(count))
    seed = new_seed()
    keep_set(quiz, drawn(quiz, seed), set_id=set_id, seed=seed)
    return redirect(url_for(".resume", set_id=UUID(set_id)), 303)


# -- pages of a set


@bp.get("/s/<uuid:set_id>")
def resume(set_id: UUID) -> ResponseReturnValue:
    """Where the set goes on."""
    return redirect(onward(attempt_of(set_id)), 303)


@bp.route("/s/<uuid:set_id>/<int:place>", methods=["GET", "POST"])
def question(set_id: UUID, place: int) -> ResponseReturnValue:
    """One address, two states: the question, and once it is answered, the explanation."""
    attempt = attempt_of(set_id)
    asked = question_of(attempt.slot(place))
    if asked.rated and attempt.quiz.mode == "interview":
        return redirect(url_for("interview.question", set_id=set_id, place=place), 303)
    if request.method == "POST" and "autosave" in request.form:
        return _autosaved(attempt, place, asked)
    if request.method == "POST":
        return _answer(attempt, place, asked)
    if attempt.tells(place):
        return _told(attempt, place, asked)
    if _is_closed_off(attempt, place):
        return redirect(onward(attempt), 303)
    return _asked(attempt, place, asked)


def _is_closed_off(attempt: Attempt, place: int) -> bool:
    """Whether the one-way order keeps a place from being seen now."""
    return attempt.terms is not None and attempt.terms.order == "one-way" and place != attempt.next_place


def attempt_of(set_id: UUID) -> Attempt:
    """The attempt, if it is the asker's: ended where its time is up, and told where it may be told by now.

    Raises Missing.
    """
    attempt = attempt_at(str(set_id))
    if attempt.is_over(now()):
        attempt = _ended(attempt)
    if told := learn.release(attempt, now()):
        store().release(attempt, told)
        attempt = learn.fold(attempt, told)
    return attempt


def _ended(attempt: Attempt) -> Attempt:
    end_set(attempt)
    return store().attempt(attempt.id, attempt.learner)


def question_of(slot: Slot) -> Question:
    """The question as it was asked: from the bank while it is the same, else from the store."""
    return question_by(slot.revision)


def questions_of(attempt: Attempt) -> list[Question]:
    """The questions of a set as they were asked, place by place."""
    return [question_of(slot) for slot in attempt.slots]


def end_set(attempt: Attempt) -> None:
    """End an exam, an interview or an assignment's attempt, as it stands in that moment.

    Raises NotNow for other practice.
    """
    asked = questions_of(attempt)
    store().finish(attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=now()))


def _answer(attempt: Attempt, place: int, asked: Question) -> ResponseReturnValue:
    here, step_id = _address(attempt, place), sent_id("step")
    if step_id in attempt.kept:
        return redirect(_kept_at(attempt, place, step_id), 303)
    if _is_final(attempt, place):
        return redirect(f"{here}?kept=1", 303)
    if _is_closed_off(attempt, place) and not attempt.ran_out:
        return redirect(f"{onward(attempt)}?behind=1", 303)
    if "hint" in request.form:
        draft = sent_draft(asked, attempt.slot(place).shown)
        store().add_step(attempt, learn.ask_hint(attempt, place, asked, draft, step_id=step_id, now=now()))
        return redirect(here, 303)
    try:
        given, sure = sent_answer(asked, attempt.slot(place).shown)
    except BadAnswer as error:
        return _asked(attempt, place, asked, given=_sent_values(), error=str(error)), 422
    step = learn.answer(attempt, place, asked, given, sure=sure, step_id=step_id, now=now())
    is_new = store().add_step(attempt, step, learn.come_back(attempt, step, asked))
    if not is_new and not store().has_step(attempt.id, step_id):
        return redirect(f"{here}?kept=1", 303)
    return redirect(_kept_at(learn.fold(attempt, [step]), place, step_id), 303)


def _kept_at(attempt: Attempt, place: int, step_id: str) -> str:
    """Where a kept answer leads; the same when its form comes again."""
    if attempt.quiz.mode == "exam" and not attempt.finished:
        return onward(attempt, after=place)
    is_late = any(late.id == step_id for late in attempt.slot(place).late)
    return _address(attempt, place) + ("?late=1" if is_late else "")


def _is_final(attempt: Attempt, place: int) -> bool:
    """Whether nothing more is kept of a place. Late answers are, to what was not finally answered in time."""
    step = attempt.slot(place).step
    if not attempt.ran_out:
        return attempt.tells(place)
    ended_it = step is None or step.id.startswith(f"{attempt.id}.")
    return attempt.quiz.mode == "practice" and not ended_it


def _autosaved(attempt: Attempt, place: int, asked: Question) -> ResponseReturnValue:
    """Keep what is filled in. An older state than what is kept changes nothing."""
    slot, form, edit = attempt.slot(place), sent_id("step"), _sent_edit()
    step_id = f"{form}{EDIT}{edit}"
    if any(late.id == step_id for late in slot.late):
        raise CameLate
    if step_id in attempt.kept:
        return Response(status=204)
    if _is_final(attempt, place) or (_is_closed_off(attempt, place) and not attempt.ran_out):
        raise NotNow("nothing can be changed here any more")
    given = sent_draft(asked, slot.shown)
    is_unread = not given and any(request.form.getlist("answer"))  # the answer before it stays
    has_news = not asked.is_blank(given) or slot.step is not None or bool(slot.draft)
    if has_news and not is_unread and not _is_stale(slot, form, edit):
        step = learn.autosave(attempt, place, asked, given, step_id=step_id, now=now())
        store().add_step(attempt, step)
        if step.kind == "late":
            raise CameLate
    return Response(status=204)


def _sent_edit() -> int:
    """The number of the change that is saved, counted by the page. Raises BadAnswer."""
    text = request.form.get("edit", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise BadAnswer(INCOMPLETE)
    return int(text)


def _is_stale(slot: Slot, form: str, edit: int) -> bool:
    """Whether what is kept came from the same form, later: saved by its button, or by a later change."""
    kept, _, number = (slot.step.id if slot.step else "").partition(EDIT)
    return kept == form and (not number or int(number) >= edit)


def _asked(
    attempt: Attempt, place: int, asked: Question, *, given: tuple[str, ...] = (), error: str = ""
) -> str:
    slot = attempt.slot(place)
    if not error:
        given = asked.fill(slot.step.answer if slot.step else slot.draft, slot.shown)
    hints = slot.hints if attempt.quiz.mode == "practice" else None
    form = asking(asked, slot.shown, hidden={"step": new_id()}, given=given, error=error, hints=hints)
    return render_template(
        "learner/question.html",
        asking=form,
        topic=topic_title(asked),
        place=place,
        segments=segments_of(attempt, now_at=place),
        tries=len(attempt.tries),
        mode=attempt.quiz.mode,
        attempt=attempt,
        again=slot.again,
        reason=_reason(slot.reason, asked),
        seat=seat_of(attempt),
        behind="behind" in request.args,
    )


def _told(attempt: Attempt, place: int, asked: Question) -> str:
    slot, sight = attempt.slot(place), attempt.sight(place, now())
    grader = grader_of(slot, asked)
    return render_template(
        "learner/told.html",
        asking=asking(asked, slot.shown, hidden={}),
        telling=telling(grader, learn.as_graded(slot, asked, grader), bank(), sight),
        witness=shelf().witness(asked) if sight.is_all and grader.grounds == asked.grounds else None,
        question_id=asked.id if asked.id in bank() and sight.is_all else "",
        topic=topic_title(asked),
        place=place,
        segments=segments_of(attempt),
        tries=len(attempt.tries),
        again=slot.again,
        attempt=attempt,
        seat=seat_of(attempt),
        was_late=bool(slot.late),
        was_answered=slot.step is not None,
        regraded=regraded(attempt, place),
        **_next_step(attempt, place, asked),
        kept="kept" in request.args,
        returns=_returns(attempt, place, asked) if sight.is_all else "",
    )


def _returns(attempt: Attempt, place: int, asked: Question) -> str:
    """When the question comes back, in words."""
    if any(slot.again and slot.question == asked.id and not slot.step for slot in attempt.slots[place:]):
        return "Comes back later in this set."
    known = card(asked.id)
    if known is None or asked.id not in bank():
        return ""
    days = max(0, -(-(known.memory.due - now()).total_seconds() // 86400))
    when = "today" if days == 0 else "tomorrow" if days == 1 else f"in {days:.0f} days"
    return f"Comes back {when}."


def _next_step(attempt: Attempt, place: int, asked: Question) -> dict[str, str]:
    """Where the one primary action of the feedback leads, and what it says."""
    if attempt.quiz.source == "one" and asked.id in bank():
        return {
            "onward": url_for(".practice", topic_id=asked.topic),
            "onward_says": f"Practise: {topic_title(asked)}",
        }
    address = onward(attempt, after=place)
    is_last = address == _end_of(attempt)
    last = "End the interview" if attempt.quiz.mode == "interview" else "See the summary"
    return {"onward": address, "onward_says": last if is_last else "Next question"}


def about(asked: Question, *, tells: bool) -> str:
    """The topic, and once it may be told, the lesson: many questions share a prompt."""
    topic = topic_title(asked)
    return f"{topic} · {asked.lesson}" if tells else topic


def topic_title(asked: Question) -> str:
    """What the topic of a question is called."""
    return next((topic.title for topic in bank().topics if topic.id == asked.topic), asked.topic)


def onward(attempt: Attempt, after: int = 0) -> str:
    """The next place without an answer, from `after` on and then from the start; else the summary."""
    free = [place for place, slot in enumerate(attempt.slots, start=1) if slot.step is None]
    if attempt.finished or not free:
        if attempt.finished and 0 < after < len(attempt.slots) and attempt.quiz.mode == "exam":
            return _address(attempt, after + 1)
        return _end_of(attempt)
    return _address(attempt, next((place for place in free if place > after), free[0]))


def _address(attempt: Attempt, place: int) -> str:
    return url_for("learner.question", set_id=UUID(attempt.id), place=place)


def _end_of(attempt: Attempt) -> str:
    """Where a set ends: with its summary, or an interview with its report."""
    return url_for("learner.done", set_id=UUID(attempt.id))


def segments_of(attempt: Attempt, now_at: int = 0) -> list[str]:
    """The state of each place, for the progress bar."""
    return [
        "now" if place == now_at else _state(attempt, place) for place in range(1, len(attempt.slots) + 1)
    ]


def _state(attempt: Attempt, place: int) -> str:
    slot = attempt.slot(place)
    if slot.step is None:
        return ""
    if not attempt.sight(place, now()).mark or slot.score is None:
        return "kept"
    return "ok" if slot.score == 1 else "part" if slot.score > 0 else "no"


# -- the end of a set


@dataclass(frozen=True)
class Row:
    """One line of the summary."""

    place: int
    title: str
    about: str
    state: str
    again: bool


@bp.get("/s/<uuid:set_id>/done")
def done(set_id: UUID) -> ResponseReturnValue:
    """What came of the set and what to look at again; of a running exam, what is still open."""
    attempt = attempt_of(set_id)
    if attempt.quiz.mode == "interview":
        return redirect(
            url_for("interview.report" if attempt.finished else "interview.ending", set_id=set_id), 303
        )
    if is_up(attempt, now()):
        attempt = _ended(attempt)
    asked = questions_of(attempt)
    rows = [
        Row(
            place,
            plain(each.prompt),
            about(each, tells=attempt.sight(place, now()).is_all),
            _state(attempt, place),
            slot.again,
        )
        for place, (slot, each) in enumerate(zip(attempt.slots, asked, strict=True), start=1)
    ]
    first = [row for row in rows if not row.again]
    return render_template(
        "sitting/done.html" if attempt.terms else "learner/done.html",
        attempt=attempt,
        seat=seat_of(attempt),
        told=_told_points(attempt) if attempt.terms else None,
        waits=sum(slot.is_graded and slot.score is None for slot in attempt.slots),
        was_up=attempt.ran_out,
        title=title_of(attempt.quiz),
        rows=rows,
        first=first,
        again=[row for row in first if row.state in ("no", "part")],
        beliefs=_beliefs(attempt, asked) if attempt.finished else [],
        onward=onward(attempt),
        onward_place=attempt.next_place,
        segments=segments_of(attempt),
    )


def _told_points(attempt: Attempt) -> bool:
    """Whether all marks of an attempt may be told."""
    return all(attempt.sight(place, now()).mark for place in range(1, len(attempt.slots) + 1))


@bp.post("/s/<uuid:set_id>/finish")
def finish(set_id: UUID) -> ResponseReturnValue:
    """End an exam, or an attempt of an assignment."""
    end_set(attempt_of(set_id))
    return redirect(url_for(".done", set_id=set_id), 303)


def _beliefs(attempt: Attempt, asked: list[Question]) -> list[tuple[Any, int]]:
    """The misconceptions that the answers give evidence for, and how often, most often first."""
    found = Counter(
        misconception
        for place, (slot, each) in enumerate(zip(attempt.slots, asked, strict=True), start=1)
        if slot.step and attempt.sight(place, now()).is_all
        for misconception in each.grade(slot.step.answer).misconceptions
        if misconception in bank().misconceptions
    )
    return [(bank().misconceptions[each], count) for each, count in found.most_common(MOST_BELIEFS)]


def title_of(quiz: Quiz) -> str:
    """What a set is called. Raises NothingToAsk for a topic that is not in the bank."""
    match quiz.source:
        case "topic":
            titles = [topic.title for topic in bank().topics if f"{topic.id}/".startswith(f"{quiz.of}/")]
            if not titles:
                raise NothingToAsk(quiz.of)
            return titles[0]
        case "one":
            return topic_title(bank()[quiz.of]) if quiz.of in bank() else "One question"
        case "missed":
            return "What you missed"
        case "due":
            return "Due for review"
        case "matters":
            return "What matters now"
        case "idea":
            return "An idea to straighten out"
        case "interview":
            return "Interview"
        case "assignment":
            return _assignment_title(quiz.of)
        case _:
            return "Mixed topics"


def _assignment_title(assignment_id: str) -> str:
    try:
        return assignments().by_id(assignment_id).title
    except Missing:  # the trainer has gone; the learner's answers stay
        return "An assignment"
