"""Joining a group by link or code, under a name, and what is assigned to a learner."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp import learn
from quizapp.learn import ANY, Rules
from quizapp.store import Assigned, Group, Learner, Member, Missing, Sitting
from quizapp.web import times
from quizapp.web.guests import (
    accounts,
    assignments,
    code_of,
    expect_answers,
    groups,
    new_id,
    now,
    somebody,
    who,
)
from quizapp.web.names import LONGEST_NAME, read_name
from quizapp.web.passwords import folded_name

bp = Blueprint("joining", __name__)

MOST = 100
"""So many assignments are listed, the newest."""
TAKEN = "Somebody in this group is called {} already. Add something that tells you apart."
UNKNOWN = "No group or assignment has this code."


# -- joining


@bp.route("/join", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """One field for a code, however it is typed; a link that was pasted does as well."""
    if request.method == "GET":
        expect_answers()
        return render_template("joining/code.html", code="", error="")
    typed = request.form.get("code", "")
    code = code_of(typed.strip().rstrip("/").rpartition("/")[2])
    if not code:
        return _unknown(typed, "Write the code that your trainer gave you."), 422
    return _by_code(code) or (_unknown(typed, UNKNOWN), 422)


def _by_code(code: str) -> ResponseReturnValue | None:
    """Where a code leads: to its group or to its assignment; None when it is nobody's."""
    try:
        return redirect(url_for(".join", code=groups().by_code(code).code), 303)
    except Missing:
        pass
    try:
        return redirect(url_for("sitting.page", code=assignments().by_code(code).code), 303)
    except Missing:
        return None


def _unknown(typed: str, error: str) -> str:
    return render_template("joining/code.html", code=typed[:100], error=error)


@bp.route("/join/<code>", methods=["GET", "POST"])
def join(code: str) -> ResponseReturnValue:
    """Who invites into which group, and under which name one joins it."""
    try:
        group = groups().by_code(code_of(code))
    except Missing:
        return _by_code(code_of(code)) or (_unknown(code, UNKNOWN), 404)
    if request.method == "GET":
        expect_answers()
        return _join_page(group, _own_name())
    if not group.joinable and not _member(group):
        return _join_page(group, _own_name()), 409
    return _joined(group, request.form.get("name", ""))


def _joined(group: Group, typed: str) -> ResponseReturnValue:
    """Let whoever asks into the group, or show the form again with what is wrong."""
    try:
        name = read_name(typed)
    except ValueError as fault:
        return _join_page(group, typed[:200], error=str(fault)), 422
    is_meant = folded_name(request.form.get("shared", "")) == folded_name(name)
    if not is_meant and not _member(group) and is_taken(group, name):
        return _join_page(group, name, error=TAKEN.format(name), shared=name), 422
    groups().join(Member(new_id(), group.id, somebody().id, name, (), now()))
    return redirect(url_for(".assigned"), 303)


def _join_page(group: Group, name: str, *, error: str = "", shared: str = "") -> str:
    return render_template(
        "joining/join.html",
        group=group,
        member=_member(group),
        trainer=_trainer_of(group),
        name=name,
        error=error,
        shared=shared,
    )


def _member(group: Group) -> Member | None:
    learner = who()
    return groups().member(group.id, learner.id) if learner else None


def is_taken(group: Group, name: str, *, by_others_than: str = "") -> bool:
    """Whether a member has that name, but for the learner who may keep it."""
    others = (each for each in groups().members(group.id) if each.learner != by_others_than)
    return folded_name(name) in {folded_name(each.name) for each in others}


def _own_name() -> str:
    learner = who()
    return learner.name[:LONGEST_NAME] if learner else ""


def _trainer_of(group: Group) -> str:
    account = accounts().of_learner(group.owner)
    return account.name if account else "a trainer"


# -- what is assigned


@dataclass(frozen=True)
class Line:
    """An assignment as its learner's list shows it, in words; without an `action` when none is left."""

    title: str
    group: str
    address: str
    action: str
    state: str
    times: tuple[str, ...]
    result: str
    is_closed: bool

    @property
    def details(self) -> str:
        """All but the title and the result, in one line."""
        return " · ".join((self.group, self.state, *self.times))


@bp.get("/assigned")
def assigned() -> ResponseReturnValue:
    """What is assigned to whoever asks, open ones first, and the groups they are in."""
    learner = who()
    if learner is None:
        expect_answers()
        return render_template("joining/assigned.html", lines=[], groups=(), code="", error="")
    moment, done = now(), assignments().all_sittings(learner.id)
    found = sorted(assignments().assigned(learner.id, most=MOST), key=lambda each: urgency(each, moment))
    return render_template(
        "joining/assigned.html",
        lines=[_line(each, done.get(each.assignment.id, ()), moment) for each in found],
        groups=groups().groups_of(learner.id),
        code="",
        error="",
    )


def most_urgent() -> Line | None:
    """What whoever asks should do first of all that is assigned; None when nothing waits."""
    learner = who()
    if learner is None:
        return None
    moment = now()
    waiting = [
        each
        for each in assignments().still_open(learner.id, moment, most=MOST)
        if each.running or (not each.begun and _may_begin(each, moment))
    ]
    first = min(waiting, key=lambda each: urgency(each, moment), default=None)
    return _line(first, (), moment) if first else None


def urgency(found: Assigned, moment: datetime) -> tuple[bool, bool, bool, float]:
    """What comes first: what is not closed, what runs, what may be begun, and what ends sooner."""
    ends = [each for each in (found.deadline, found.rules.due, found.rules.closes) if each and each > moment]
    return (
        _is_closed(found.rules, moment) and not found.running,
        not found.running,
        not _may_begin(found, moment),
        min(ends).timestamp() if ends else float("inf"),
    )


def _may_begin(found: Assigned, moment: datetime) -> bool:
    try:
        learn.may_begin(found.rules, found.begun, moment)
    except learn.NotOpen:
        return False
    return True


def _is_closed(rules: Rules, moment: datetime) -> bool:
    return rules.closes is not None and moment >= rules.closes


def _line(found: Assigned, sittings: tuple[Sitting, ...], moment: datetime) -> Line:
    action = ""
    if found.running:
        action = "Continue"
    elif _may_begin(found, moment):
        action = "Start again" if found.begun else "Start"
    return Line(
        title=found.assignment.title,
        group=found.group,
        address=url_for("sitting.page", code=found.assignment.code),
        action=action,
        state=_state(found, moment),
        times=tuple(_times(found.rules, moment)),
        result=_result(found, sittings, moment),
        is_closed=_is_closed(found.rules, moment) and not found.running,
    )


def _state(found: Assigned, moment: datetime) -> str:
    """How far the learner is, in words."""
    if found.running:
        return f"Running{_time_left(found.deadline, moment)}"
    if found.begun:
        of = "" if found.rules.attempts == ANY else f" of {found.rules.attempts}"
        return (
            f"{found.begun}{of} attempt{'' if (found.rules.attempts or found.begun) == 1 else 's'} finished"
        )
    return "Not begun"


def _time_left(deadline: datetime | None, moment: datetime) -> str:
    if deadline is None:
        return ""
    return f", {times.left(deadline - moment)} left" if deadline > moment else ", but its time is up"


def _times(rules: Rules, moment: datetime) -> list[str]:
    """When it opens, is due and closes, as far as that lies ahead; or when it closed."""
    if rules.closes and _is_closed(rules, moment):
        return [f"Closed {times.said(rules.closes, rules.zone, moment)}"]
    told = (("Opens", rules.opens), ("Due", rules.due), ("Closes", rules.closes))
    said = [f"{word} {times.said(at, rules.zone, moment)}" for word, at in told if at and at > moment]
    if rules.due and rules.due <= moment:
        said.insert(0, f"Was due {times.said(rules.due, rules.zone, moment)}")
    return said


def _result(found: Assigned, sittings: tuple[Sitting, ...], moment: datetime) -> str:
    """The result in percent, where the marks of finished attempts may be seen by now."""
    finished = [each.outcome for each in sittings if each.finished]
    shows = found.rules.shows(found.assignment.ends)
    share = learn.result(finished, found.rules.counts)
    if share is None or not shows.sight(finished=True, now=moment).mark:
        return ""
    waiting = f"{found.unmarked} answer{' waits' if found.unmarked == 1 else 's wait'} for marking"
    return f"{round(100 * share)}% so far, {waiting}" if found.unmarked else f"{round(100 * share)}%"


# -- one's place in a group


@bp.route("/joined/<uuid:group_id>", methods=["GET", "POST"])
def place(group_id: UUID) -> ResponseReturnValue:
    """The name under which one is in a group, to change it."""
    group, learner, name = _place(group_id)
    if request.method == "GET":
        return render_template("joining/place.html", group=group, name=name, error="")
    try:
        new = read_name(request.form.get("name", ""))
    except ValueError as error:
        typed = request.form.get("name", "")[:200]
        return render_template("joining/place.html", group=group, name=typed, error=str(error)), 422
    groups().rename_oneself(group.id, learner.id, new)
    return redirect(url_for(".assigned"), 303)


@bp.route("/joined/<uuid:group_id>/leave", methods=["GET", "POST"])
def leave(group_id: UUID) -> ResponseReturnValue:
    """Leave a group, once that is said twice."""
    group, learner, _ = _place(group_id)
    if request.method == "GET":
        return render_template("joining/leave.html", group=group)
    groups().leave(group.id, learner.id)
    return redirect(url_for(".assigned"), 303)


def _place(group_id: UUID) -> tuple[Group, Learner, str]:
    """A group that whoever asks is in, and their name there. Raises Missing."""
    learner = who()
    if learner is not None:
        for group, name in groups().groups_of(learner.id):
            if group.id == str(group_id):
                return group, learner, name
    raise Missing(str(group_id))
