"""Giving a quiz to a group: which questions, under which rules, and for whom others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from quizapp.bank import LEVELS, TYPES
from quizapp.learn import (
    MOST_QUESTIONS,
    PRESETS,
    NothingToAsk,
    Override,
    Paper,
    Part,
    Rules,
    missing,
    resolve,
    room,
)
from quizapp.store import Assignment, Group, HasAttempts, Kept, Member, Missing, Taking
from quizapp.web.beginning import maker
from quizapp.web.guests import assignments, groups, new_code, new_id, now, spelled, trainer
from quizapp.web.names import read_name
from quizapp.web.opening import bank, sent_id
from quizapp.web.times import zones
from quizapp.web.trainer import choosing, drafting, ruling, wording

bp = Blueprint("assigning", __name__, url_prefix="/t")

MOST_LISTED = 200
FIRST_GROUP = "My group"


# -- the list


@bp.get("/assignments")
def page() -> ResponseReturnValue:
    """All of a trainer's assignments, newest first, or those of one group."""
    own = groups().of_owner(trainer().id)
    wanted = request.args.get("group", "")
    if not wanted:
        listed = assignments().of_owner(trainer().id, most=MOST_LISTED)
    else:
        listed = assignments().of_group(wanted) if wanted in {each.id for each in own} else ()
    return render_template(
        "trainer/assignments.html",
        listed=listed,
        groups={each.id: each for each in own},
        wanted=wanted,
        taking=assignments().taking(each.id for each in listed),
        nobody=Taking(),
        most=MOST_LISTED,
        states={each.id: wording.state_of(each, now()) for each in listed},
    )


# -- a new one


@bp.get("/assignments/new")
def new() -> ResponseReturnValue:
    """Three steps on one page: for whom and by which rules, which quiz, and then the link."""
    return _new()


@bp.post("/assignments/new")
def assign() -> ResponseReturnValue:
    """Give a quiz to a group. The same form with the same choice makes one assignment, however often sent."""
    who, form_id, value = trainer().id, UUID(sent_id("form")), request.form.get("quiz", "")
    if not value:
        return _new(error="Choose a quiz: its button assigns it.", field="quizzes"), 422
    paper = choosing.chosen(value, who, bank(), assignments())
    if missing(paper, bank()):
        text = f"“{paper.title}” asks for questions that the bank has no longer. Edit it first."
        return _new(error=text, field="quizzes"), 422
    try:
        group = _sent_group(who, form_id)
    except ValueError as error:
        return _new(error=str(error), field="group_name"), 422
    assignment = _assignment(form_id, group, paper)
    assignments().add(assignment)
    return redirect(url_for(".link", assignment_id=UUID(assignment.id)), 303)


def _assignment(form_id: UUID, group: Group, paper: Paper) -> Assignment:
    """The assignment that the form asks for. Its id follows from what was chosen there."""
    name = _preset(request.form)
    return Assignment(
        id=str(uuid5(form_id, f"{group.id} {name} {paper}")),
        owner=group.owner,
        group=group.id,
        title=paper.title,
        code=new_code(),
        paper=paper,
        rules=replace(PRESETS[name], zone=_sent_zone()),
        made=now(),
    )


def _new(error: str = "", field: str = "") -> str:
    who = trainer().id
    papers = assignments().papers(who)
    wanted = request.values.get("chosen", "")
    return render_template(
        "trainer/new.html",
        form_id=request.form.get("form") or new_id(),
        groups=groups().of_owner(who),
        group=request.values.get("group", ""),
        group_name=request.form.get("group_name", FIRST_GROUP),
        presets=wording.PRESETS,
        preset=_preset(request.values),
        ready=[(each, drafting.levels_of(_questions(each.paper))) for each in choosing.ready(bank())],
        papers=[(each, missing(each.paper, bank())) for each in papers],
        chosen=[each for each in papers if each.id == wanted],
        error=error,
        field=field,
    )


def _preset(form: Mapping[str, str]) -> str:
    name = form.get("preset", "")
    return name if name in PRESETS else "practice"


def _questions(paper: Paper) -> list[Any]:
    return [bank()[part.question] for part in paper.parts]


def _sent_zone() -> str:
    """The zone of the trainer's browser, where its script named one."""
    zone = request.form.get("zone", "")
    return zone if zone in zones() else "UTC"


def _sent_group(who: str, form_id: UUID) -> Group:
    """The group that was chosen, or the trainer's first one, made now. Raises Missing, ValueError."""
    if chosen := request.form.get("group", ""):
        return groups().group(chosen, who)
    name = read_name(request.form.get("group_name", ""))
    group_id = str(uuid5(form_id, f"group {name}"))
    groups().add(Group(group_id, who, name, new_code(), True, now()))
    return groups().group(group_id, who)


# -- one assignment


def _mine(assignment_id: UUID) -> tuple[Assignment, Group]:
    """One of the trainer's assignments, and its group. Raises Missing."""
    who = trainer().id
    found = assignments().assignment(str(assignment_id), who)
    return found, groups().group(found.group, who)


@bp.get("/assignments/<uuid:assignment_id>/link")
def link(assignment_id: UUID) -> ResponseReturnValue:
    """What was assigned, and the link to it."""
    assignment, group = _mine(assignment_id)
    return render_template(
        "trainer/link.html",
        assignment=assignment,
        group=group,
        address=url_for("sitting.page", code=assignment.code, _external=True),
        code=spelled(assignment.code),
        asked=(asked := choosing.asked(assignment.paper, bank())),
        lost=[each for each in asked if each.lost],
        is_empty=not choosing.without_lost(assignment.paper, bank()).parts,
        words=wording.in_words(assignment.rules, now(), assignment.ends),
        taking=_taking(assignment),
    )


def _taking(assignment: Assignment) -> Taking:
    return assignments().taking([assignment.id]).get(assignment.id, Taking())


@bp.post("/assignments/<uuid:assignment_id>/mend")
def mend(assignment_id: UUID) -> ResponseReturnValue:
    """Leave out what the bank can't ask any more."""
    assignment, _ = _mine(assignment_id)
    paper = choosing.without_lost(assignment.paper, bank())
    if paper.parts:
        _change(assignment, paper=paper)
    return redirect(url_for(".link", assignment_id=assignment_id), 303)


def _change(assignment: Assignment, **changes: Any) -> None:
    found = replace(assignment, **changes)
    assignments().change(
        assignment.id, assignment.owner, title=found.title, paper=found.paper, rules=found.rules
    )


@bp.post("/assignments/<uuid:assignment_id>/preview")
def preview(assignment_id: UUID) -> ResponseReturnValue:
    """Begin the assignment as a learner would; nothing of it counts."""
    assignment, _ = _mine(assignment_id)
    make = maker(assignment, assignment.owner, now(), {})
    try:
        attempt_id = assignments().preview(assignment.id, assignment.owner, make)
    except NothingToAsk:
        return redirect(url_for(".link", assignment_id=assignment_id), 303)
    return redirect(url_for("learner.resume", set_id=UUID(attempt_id)), 303)


@bp.route("/assignments/<uuid:assignment_id>/remove", methods=["GET", "POST"])
def remove(assignment_id: UUID) -> ResponseReturnValue:
    """Forget an assignment that nobody has begun, once the trainer has said so twice."""
    assignment, group = _mine(assignment_id)
    taking = _taking(assignment)
    if request.method == "POST":
        try:
            assignments().remove(assignment.id, assignment.owner)
        except HasAttempts:
            taking = _taking(assignment)
        else:
            return redirect(url_for(".page"), 303)
    code = 409 if request.method == "POST" else 200
    is_closed = assignment.is_closed(now())
    return render_template(
        "trainer/remove_assignment.html",
        assignment=assignment,
        group=group,
        taking=taking,
        is_closed=is_closed,
    ), code


@bp.post("/assignments/<uuid:assignment_id>/switch")
def switch(assignment_id: UUID) -> ResponseReturnValue:
    """Close an assignment now, or open it now."""
    assignment, _ = _mine(assignment_id)
    do = {"close": _closed, "open": _opened}.get(request.form.get("do", ""))
    if do:
        _change(assignment, rules=do(assignment.rules))
    return redirect(url_for(".rules", assignment_id=assignment_id), 303)


def _closed(rules: Rules) -> Rules:
    """The rules of an assignment that closes in this moment."""
    moment = now()
    due = min(rules.due, moment) if rules.due else None
    opens = rules.opens if rules.opens and rules.opens < (due or moment) else None
    return replace(rules, opens=opens, due=due, closes=moment)


def _opened(rules: Rules) -> Rules:
    """The rules of an assignment that is open from now on, until its end where that lies ahead."""
    moment = now()
    opens = rules.opens if rules.opens and rules.opens <= moment else None
    if rules.closes is None or rules.closes > moment:
        return replace(rules, opens=opens)
    return replace(rules, opens=opens, due=None, closes=None, late=100)


# -- its rules


@bp.route("/assignments/<uuid:assignment_id>/rules", methods=["GET", "POST"])
def rules(assignment_id: UUID) -> ResponseReturnValue:
    """The title and all rules in one form; what is asked of it by GET is shown and not kept."""
    assignment, group = _mine(assignment_id)
    form = _rules_form(assignment)
    read = ruling.read_rules(form, assignment.rules)
    if request.method == "GET":
        return _rules_page(assignment, group, form, read)
    if read.faults:
        return _rules_page(assignment, group, form, read), 422
    _change(assignment, title=read.title, rules=read.rules)
    return redirect(url_for(".rules", assignment_id=assignment_id, saved=1), 303)


def _rules_page(assignment: Assignment, group: Group, form: ruling.Form, read: ruling.Read) -> str:
    rules, moment = assignment.rules, now()
    ends = assignment.ends if read.rules.closes == rules.closes else None
    return render_template(
        "trainer/rules.html",
        assignment=assignment,
        group=group,
        form=form,
        faults=read.faults,
        words=() if read.faults else wording.in_words(read.rules, moment, ends),
        is_changed=(read.title, read.rules) != (assignment.title, rules),
        state=wording.state_of(assignment, moment),
        is_closed=bool(rules.closes and moment >= rules.closes),
        is_early=bool(rules.opens and moment < rules.opens),
        taking=_taking(assignment),
        presets=wording.PRESETS,
        zones=zones(),
        phases=ruling.PHASES,
        saved="saved" in request.args,
    )


def _rules_form(assignment: Assignment) -> ruling.Form:
    """What was sent, by POST to keep or by GET to look at, with the preset that was asked for."""
    sent: ruling.Form = MultiDict(request.form if request.method == "POST" else request.args)
    if "title" not in sent:
        return ruling.filled(assignment.title, assignment.rules)
    sent = ruling.with_untouched(sent, assignment.rules)
    preset = request.args.get("preset", "")
    return ruling.with_preset(sent, preset) if preset in PRESETS else sent


@bp.get("/assignments/<uuid:assignment_id>/overrides")
def overrides(assignment_id: UUID) -> ResponseReturnValue:
    """Rules that are others for one person, or for all with a label."""
    assignment, group = _mine(assignment_id)
    whom = request.args.get("whom", "")
    before = assignments().overrides(assignment.id).get(whom, Override())
    form = ruling.filled_override(before, assignment.rules.zone)
    return _overrides_page(assignment, group, whom, form, {})


@bp.post("/assignments/<uuid:assignment_id>/overrides")
def override(assignment_id: UUID) -> ResponseReturnValue:
    """Set an override, or take one away."""
    assignment, group = _mine(assignment_id)
    whom, found = request.form.get("whom", ""), assignments().overrides(assignment.id)
    read = ruling.read_override(request.form, assignment.rules, found.get(whom, Override()))
    changed: Override | None = read.override
    if "remove" in request.form:
        whom, changed = request.form["remove"], None
    elif whom not in _whom(groups().members(group.id), found):
        unknown = {"whom": "Choose a person or a label."}
        return _overrides_page(assignment, group, whom, request.form, unknown | dict(read.faults)), 422
    elif read.faults:
        return _overrides_page(assignment, group, whom, request.form, read.faults), 422
    assignments().set_override(assignment.id, assignment.owner, whom, changed)
    return redirect(url_for(".overrides", assignment_id=assignment_id), 303)


def _overrides_page(
    assignment: Assignment, group: Group, whom: str, form: ruling.Form, faults: Mapping[str, str]
) -> str:
    members, found = groups().members(group.id), assignments().overrides(assignment.id)
    names = _whom(members, found)
    return render_template(
        "trainer/overrides.html",
        assignment=assignment,
        group=group,
        members=members,
        labels=[each for each in names if each.startswith("label ")],
        names=names,
        rows=_rows(assignment.rules, found, names),
        whom=whom,
        form=form,
        faults=faults,
        state=wording.state_of(assignment, now()),
        taking=_taking(assignment),
    )


def _whom(members: tuple[Member, ...], found: Mapping[str, Override]) -> dict[str, str]:
    """For whom an override can be, in words: each member, and each label that is used somewhere."""
    names = {f"member {each.id}": each.name for each in members}
    labels = {label for each in members for label in each.labels}
    labels |= {each.removeprefix("label ") for each in found if each.startswith("label ")}
    return names | {f"label {each}": f"all with the label “{each}”" for each in sorted(labels)}


def _rows(
    rules: Rules, found: Mapping[str, Override], names: Mapping[str, str]
) -> list[tuple[str, str, tuple[str, ...]]]:
    """Each override: for whom, their name, and what changes for them."""
    rows = [
        (
            whom,
            names.get(whom, "somebody who has left the group"),
            wording.override_in_words(each, resolve(rules, each, []), now()),
        )
        for whom, each in found.items()
    ]
    return sorted(rows, key=lambda row: row[1].casefold())


# -- quizzes


@bp.route("/quizzes/new", methods=["GET", "POST"])
def build() -> ResponseReturnValue:
    """Build a quiz: all of it stays in the form until it is saved."""
    if request.method == "GET":
        return _built(_first_draft())
    draft = drafting.act(drafting.sent_draft(request.form), request.form, bank())
    do = request.form.get("do", "")
    if do == "lost":
        draft = drafting.without_lost(draft, bank())
    if do != "save":
        return _built(draft)
    draft = drafting.checked(draft, bank())
    if draft.faults:
        return _built(draft), 422
    return redirect(url_for(".new", chosen=_keep(draft.paper)), 303)


def _first_draft() -> drafting.Draft:
    """What one starts from: nothing, a question, a ready-made quiz, or a paper or assignment of one's own."""
    start, added = request.args.get("from", ""), request.args.get("add", "")
    first = (Part(question=added),) if added in bank() else ()
    paper = choosing.chosen(start, trainer().id, bank(), assignments()) if start else Paper("", first)
    return replace(drafting.draft_of(paper), find=request.args.get("find", ""))


def _keep(paper: Paper) -> str:
    """Keep the paper, and forget the one that it is an edition of; gives its id."""
    who, paper_id = trainer().id, str(uuid5(UUID(sent_id("form")), f"{paper}"))
    assignments().add_paper(Kept(paper_id, who, paper, now()))
    old = request.form.get("from", "")
    if old != paper_id and any(each.id == old for each in assignments().papers(who)):
        assignments().remove_paper(old, who)
    return paper_id


def _built(draft: drafting.Draft) -> str:
    found, fitting = drafting.found_in(draft, bank())
    paper = draft.paper
    return render_template(
        "trainer/build.html",
        draft=draft,
        paper=paper,
        rows=list(zip(draft.rows, choosing.asked(paper, bank()), room(paper, bank()), strict=True)),
        lost=[row for row in draft.rows if row.question and row.question not in bank()],
        found=[(each, drafting.title_of(each)) for each in found],
        fitting=fitting,
        topics=bank().topics,
        topic_titles={topic.id: topic.title for topic in bank().topics},
        concepts=bank().concepts.values(),
        levels=[(each, each) for each in LEVELS],
        types=[(each, each.replace("-", " ")) for each in TYPES],
        most=MOST_QUESTIONS,
        form_id=request.form.get("form") or new_id(),
        start=request.values.get("from", ""),
    )


@bp.route("/quizzes/<uuid:paper_id>/remove", methods=["GET", "POST"])
def remove_quiz(paper_id: UUID) -> ResponseReturnValue:
    """Forget a quiz that was built before; assignments made of it keep theirs."""
    kept = [each for each in assignments().papers(trainer().id) if each.id == str(paper_id)]
    if not kept:
        raise Missing(str(paper_id))
    if request.method == "POST":
        assignments().remove_paper(str(paper_id), trainer().id)
        return redirect(url_for(".new"), 303)
    return render_template("trainer/remove_quiz.html", kept=kept[0])
