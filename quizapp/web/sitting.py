"""An assignment as a learner meets it: what to expect, beginning, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.learn import ANY, NothingToAsk, NotOpen, Rules, Shows, may_begin
from quizapp.store import Assignment, Group, Member, Sitting
from quizapp.web import times
from quizapp.web.beginning import maker
from quizapp.web.guests import (
    accounts,
    assignments,
    code_of,
    expect_answers,
    groups,
    new_id,
    now,
    profile,
    somebody,
    who,
)
from quizapp.web.joining import TAKEN, is_taken
from quizapp.web.learner import attempt_of, onward
from quizapp.web.names import read_name
from quizapp.web.terms import promise, shown_words

bp = Blueprint("sitting", __name__)

LATEST = 10
"""So many attempts are brought up to date on the page; each of the others is, when it is opened."""
COUNTS = {
    "best": "the best one counts",
    "first": "the first one counts",
    "last": "the last one counts",
    "mean": "their mean counts",
}


class SharedName(Exception):
    """Somebody in the group has that name; the text is the name."""


@dataclass(frozen=True, kw_only=True)
class Past:
    """One attempt of the learner's on the page: when it ended, and its result where that may be told."""

    number: int
    attempt: UUID
    ended: str
    points: str
    credit: int


@dataclass(frozen=True, kw_only=True)
class Door:
    """An assignment for whoever asks: under which name and rules, what runs and what is over."""

    given: Assignment
    group: Group
    member: Member | None
    rules: Rules
    sittings: tuple[Sitting, ...]

    @property
    def running(self) -> Sitting | None:
        """The attempt that has not ended."""
        return next((each for each in self.sittings if each.finished is None), None)

    @property
    def shows(self) -> Shows:
        """What is shown when."""
        return self.rules.shows(self.given.ends)


@bp.route("/a/<code>", methods=["GET", "POST"])
def page(code: str) -> ResponseReturnValue:
    """What to expect of an assignment, and the button that begins it."""
    expect_answers()
    door = _door(code_of(code))
    if request.method == "POST":
        return _begin(door)
    return _page(door)


def _door(code: str) -> Door:
    given = assignments().by_code(code)
    group = groups().group(given.group, given.owner)
    learner = who()
    member = groups().member(group.id, learner.id) if learner else None
    return Door(
        given=given,
        group=group,
        member=member,
        rules=assignments().rules_for(given, member),
        sittings=_sittings(given, learner.id) if learner else (),
    )


def _sittings(given: Assignment, learner_id: str) -> tuple[Sitting, ...]:
    """The learner's attempts, brought up to date: ended where their time is up, told where all may be."""
    found = assignments().sittings(given.id, learner_id)
    for each in found[-LATEST:]:
        attempt_of(UUID(each.attempt))
    return assignments().sittings(given.id, learner_id) if found else ()


# -- beginning


def _begin(door: Door) -> ResponseReturnValue:
    given, moment = door.given, now()
    try:
        learner_id = _seated(door)
        make = maker(given, learner_id, moment, _seen())
        attempt_id = assignments().begin(given.id, learner_id, moment, make)
    except SharedName as error:
        return _page(door, error=TAKEN.format(error), shared=str(error)), 422
    except ValueError as error:
        return _page(door, error=str(error)), 422
    except NotOpen:
        return redirect(url_for(".page", code=given.code), 303)
    except NothingToAsk:
        return _page(door, trouble="This quiz asks for a question that was taken away."), 409
    return redirect(onward(attempt_of(UUID(attempt_id))), 303)


def _seated(door: Door) -> str:
    """The learner who begins, made a member of the group if need be.

    Raises ValueError, SharedName or NotOpen.
    """
    if door.member:
        return door.member.learner
    if not door.group.joinable:
        raise NotOpen("This group takes nobody new.")
    name = read_name(request.form.get("name", ""))
    may_begin(door.rules, 0, now())
    learner_id = somebody().id  # who presses twice may be a member by now
    if request.form.get("shared") != name and is_taken(door.group, name, by_others_than=learner_id):
        raise SharedName(name)
    return groups().join(Member(new_id(), door.group.id, learner_id, name, (), now())).learner


def _seen() -> dict[str, datetime]:
    return {question: card.memory.last for question, card in profile().cards.items()}


# -- the page


def _page(door: Door, *, error: str = "", trouble: str = "", shared: str = "") -> str:
    learner, given, moment = who(), door.given, now()
    account = accounts().of_learner(given.owner)
    running = door.running
    return render_template(
        "sitting/page.html",
        given=given,
        group=door.group,
        member=door.member,
        trainer=account.name if account else "",
        is_owner=learner is not None and learner.id == given.owner,
        facts=list(_facts(door, moment)),
        shut=trouble or ("" if running else _shut(door, moment)),
        running=running and UUID(running.attempt),
        left=times.left(running.deadline - moment) if running and running.deadline else "",
        past=[_past(door, each, moment) for each in door.sittings if each.finished],
        later=promise(door.shows, door.rules.zone, finished=True, now=moment),
        name=request.form.get("name", learner.name if learner else "")[:200],
        shared=shared,
        error=error,
    )


def _shut(door: Door, moment: datetime) -> str:
    """Why nothing can be begun now, as a sentence; empty where it can."""
    rules, taken = door.rules, len(door.sittings)
    if rules.opens and moment < rules.opens:
        return f"This assignment opens {times.said(rules.opens, rules.zone, moment)}. Come back then."
    if rules.closes and moment >= rules.closes:
        return f"This assignment closed {times.said(rules.closes, rules.zone, moment)}."
    if rules.attempts != ANY and taken >= rules.attempts:
        return "You have used your attempt." if rules.attempts == 1 else "You have used all your attempts."
    if door.member is None and not door.group.joinable:
        return "This group takes nobody new now. Ask your trainer to let you in."
    return ""


def _facts(door: Door, moment: datetime) -> Iterator[tuple[str, str]]:
    """What to expect, each with its name."""
    rules, paper = door.rules, door.given.paper
    yield "Questions", f"{_count(paper.size, 'question')}, {_count(paper.points, 'point')}"
    yield "Time", _time_words(rules)
    for name, at in (("Opens", rules.opens), ("Due", rules.due), ("Closes", rules.closes)):
        if at and (name != "Opens" or moment < at):
            yield name, times.said(at, rules.zone, moment)
    if rules.due and rules.late < 100:
        yield "Late", f"What ends after the due time earns {rules.late}% of its points."
    yield "Attempts", _attempts_words(rules, len(door.sittings))
    yield "Order", _order_words(rules)
    yield "You see", _shown_sentence(rules)


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _time_words(rules: Rules) -> str:
    if rules.minutes is None:
        return "No time limit."
    minutes = rules.minutes * (100 + rules.extra_time) / 100
    extra = ", your extra time included" if rules.extra_time else ""
    return f"{_count(round(minutes, 1), 'minute')} from the start{extra}. The clock runs on when you leave."


def _attempts_words(rules: Rules, taken: int) -> str:
    if rules.attempts == 1:
        return "One."
    if rules.attempts == ANY:
        return f"As many as you like; {COUNTS[rules.counts]}."
    return f"{max(0, rules.attempts - taken)} of {rules.attempts} left; {COUNTS[rules.counts]}."


def _order_words(rules: Rules) -> str:
    if rules.order == "one-way":
        return "One after the other. You can’t come back to a question."
    if rules.behaviour == "exam":
        return "As you like. You can change each answer until you finish."
    return "As you like. A checked answer is final."


def _shown_sentence(rules: Rules) -> str:
    """What is shown when: each phase is named where it shows something else than the one before."""
    phases = [("at the end", rules.after), ("once it is closed", rules.closed)]
    if rules.behaviour == "practice":
        phases.insert(0, ("after each answer", rules.during))
    said, before = [], None
    for when, sight in phases:
        if sight != before:
            said.append(f"{when} {shown_words(sight)}")
        before = sight
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _past(door: Door, each: Sitting, moment: datetime) -> Past:
    outcome = each.outcome
    told = door.shows.sight(finished=True, now=moment).mark and outcome.points is not None
    return Past(
        number=outcome.number,
        attempt=UUID(each.attempt),
        ended=times.said(each.finished, door.rules.zone, moment) if each.finished else "",
        points=f"{outcome.points:.3g} of {_count(outcome.possible, 'point')}" if told else "",
        credit=round(100 * outcome.credit) if told else 100,
    )
