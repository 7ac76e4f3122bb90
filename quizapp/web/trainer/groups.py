"""A trainer's groups: who is in them, and the link by which one joins."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.store import Group, Member, Missing
from quizapp.web.guests import assignments, groups, new_code, new_id, now, spelled, trainer
from quizapp.web.names import read_labels, read_name
from quizapp.web.passwords import folded_name
from quizapp.web.trainer import wording

bp = Blueprint("groups", __name__, url_prefix="/t")

MOST_TYPED = 300
"""So many characters of what was refused are shown again."""


@bp.route("/", methods=["GET", "POST"])
def page() -> ResponseReturnValue:
    """All groups, newest first, and the field that makes another."""
    owner = trainer().id
    if request.method == "GET":
        return _page(owner)
    try:
        name = read_name(request.form.get("name", ""))
    except ValueError as error:
        return _page(owner, name=_typed("name"), error=str(error)), 422
    group = Group(new_id(), owner, name, new_code(), True, now())
    groups().add(group)
    return redirect(url_for(".group", group_id=UUID(group.id)), 303)


def _page(owner: str, *, name: str = "", error: str = "") -> str:
    return render_template(
        "trainer/groups.html",
        groups=groups().of_owner(owner),
        open_in=groups().open_assignments(owner, now()),
        name=name,
        error=error,
    )


def _typed(field: str) -> str:
    return request.form.get(field, "")[:MOST_TYPED]


# -- one group


@bp.route("/groups/<uuid:group_id>", methods=["GET", "POST"])
def group(group_id: UUID) -> ResponseReturnValue:
    """The link, the members, and what is assigned; POST renames the group, or lets others join or not."""
    found = _mine(group_id)
    if request.method == "GET":
        return _group(found)
    try:
        changed = _changed(found)
    except ValueError as error:
        return _group(found, name=_typed("name"), error=str(error)), 422
    groups().change(found.id, found.owner, name=changed.name, joinable=changed.joinable)
    return redirect(url_for(".group", group_id=group_id), 303)


def _changed(found: Group) -> Group:
    """The group as the form wants it. Raises ValueError with a sentence."""
    match request.form.get("do"):
        case "open":
            return replace(found, joinable=True)
        case "close":
            return replace(found, joinable=False)
        case _:
            return replace(found, name=read_name(request.form.get("name", "")))


def _mine(group_id: UUID) -> Group:
    """The group, if it is the asker's. Raises Missing."""
    return groups().group(str(group_id), trainer().id)


def _group(found: Group, *, name: str | None = None, error: str = "") -> str:
    members, moment = groups().members(found.id), now()
    return render_template(
        "trainer/group.html",
        group=found,
        members=members,
        namesakes=_namesakes(members),
        last=groups().last_attempts(found.id),
        given=[(each, wording.state_of(each, moment)) for each in assignments().of_group(found.id)],
        name=found.name if name is None else name,
        error=error,
        **_invitation(found),
    )


def _namesakes(members: tuple[Member, ...]) -> set[str]:
    """The ids of members whose name somebody else has, too."""
    names = Counter(folded_name(each.name) for each in members)
    return {each.id for each in members if names[folded_name(each.name)] > 1}


def _invitation(found: Group) -> dict[str, Any]:
    """How one joins: the link, and the address at which the code is typed."""
    return {
        "link": url_for("joining.join", code=found.code, _external=True),
        "typed_at": request.host + url_for("joining.page"),
        "code": spelled(found.code),
    }


@bp.get("/groups/<uuid:group_id>/code")
def code(group_id: UUID) -> ResponseReturnValue:
    """The address and the code, so large that a room can read them."""
    found = _mine(group_id)
    return render_template("trainer/code.html", group=found, **_invitation(found))


@bp.route("/groups/<uuid:group_id>/renew", methods=["GET", "POST"])
def renew(group_id: UUID) -> ResponseReturnValue:
    """Another code; before that, what becomes of the old one."""
    found = _mine(group_id)
    if request.method == "GET":
        return render_template("trainer/renew.html", group=found, **_invitation(found))
    groups().renew_code(found.id, found.owner, new_code())
    return redirect(url_for(".group", group_id=group_id), 303)


# -- one member


@bp.route("/groups/<uuid:group_id>/members/<uuid:member_id>", methods=["GET", "POST"])
def member(group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """A member's name and labels, to change them."""
    found, one = _member(group_id, member_id)
    if request.method == "GET":
        return _member_page(found, one, one.name, ", ".join(one.labels))
    try:
        name = read_name(request.form.get("name", ""))
    except ValueError as error:
        return _member_page(found, one, _typed("name"), _typed("labels"), str(error), "name"), 422
    try:
        labels = read_labels(request.form.get("labels", ""))
    except ValueError as error:
        return _member_page(found, one, name, _typed("labels"), str(error), "labels"), 422
    groups().change_member(one.id, found.owner, name=name, labels=labels)
    if labels != one.labels:
        assignments().refresh(found.id)
    return redirect(url_for(".group", group_id=group_id), 303)


def _member_page(found: Group, one: Member, name: str, labels: str, error: str = "", field: str = "") -> str:
    used = {label for each in groups().members(found.id) for label in each.labels}
    return render_template(
        "trainer/member.html",
        group=found,
        member=one,
        name=name,
        labels=labels,
        used=sorted(used),
        error=error,
        field=field,
    )


@bp.route("/groups/<uuid:group_id>/members/<uuid:member_id>/remove", methods=["GET", "POST"])
def remove(group_id: UUID, member_id: UUID) -> ResponseReturnValue:
    """Take a member out of the group, once that is said twice."""
    found, one = _member(group_id, member_id)
    if request.method == "GET":
        return render_template("trainer/remove.html", group=found, member=one)
    groups().remove_member(one.id, found.owner)
    return redirect(url_for(".group", group_id=group_id), 303)


def _member(group_id: UUID, member_id: UUID) -> tuple[Group, Member]:
    """A member of one of the asker's groups. Raises Missing."""
    found = _mine(group_id)
    for one in groups().members(found.id):
        if one.id == str(member_id):
            return found, one
    raise Missing(str(member_id))
