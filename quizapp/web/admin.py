"""Who may do what: the accounts with their roles, and invitations to be a trainer or an admin."""

from __future__ import annotations

import math
import re
import secrets
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.store import ROLES, Account, AlreadyKept, Invitation, LastAdmin, Learner, Missing, NameTaken
from quizapp.web.account import KEPT, TAKEN, Refused, form_again, sent_account, sent_password
from quizapp.web.guests import (
    accounts,
    device,
    hashed,
    new_id,
    new_token,
    now,
    token_hash,
    trainer,
    use_token,
    who,
)
from quizapp.web.passwords import LONGEST_NAME, fault_of_note, folded_name, hash_password, shortest

bp = Blueprint("admin", __name__, url_prefix="/admin")
invited = Blueprint("invited", __name__, url_prefix="/invited")

INVITED_FOR = timedelta(days=7)
TOKEN_BYTES = 24
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
MOST = 50
"""Accounts on one page."""
GIVEN = ROLES[1:]
"""The roles that an invitation can give."""
MEANS = {
    "trainer": "A trainer makes groups, gives assignments, and sees the answers to them.",
    "admin": "An admin does what a trainer does, gives roles, and invites others.",
}
LAST = "{} is the last admin, and nobody else could give roles. Make somebody else an admin first."
GONE = "This link can’t be taken back: it was accepted, taken back, or has ended."


def new_invitation() -> str:
    """The token of a new invitation, which invites nobody before its hash is kept."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_invitation(token: str) -> str:
    """What is kept of an invitation's token."""
    return hashed(f"invitation {token}")


# -- people


@bp.get("/people")
def people() -> str:
    """All accounts with their roles, a search, and the invitations that are open."""
    return _people()


def _people(**said: str) -> str:
    """The page, with what `said` adds: what is wrong (`error` at `field`), or the `link` just made."""
    within, number = request.values.get("q", "")[:LONGEST_NAME], _sent_number()
    folded = folded_name(within)
    count = accounts().count(folded)
    last = max(1, math.ceil(count / MOST))
    number = min(number, last)
    return render_template(
        "admin/people.html",
        within=within,
        count=count,
        number=number,
        last=last,
        found=accounts().find(folded, most=MOST, skip=MOST * (number - 1)),
        invitations=accounts().invitations(now()),
        days=INVITED_FOR.days,
        roles=ROLES,
        given=GIVEN,
        changed=_changed(),
        **{"error": "", "field": "", "link": "", "whom": "", "role": ""} | said,
    )


def _sent_number() -> int:
    text = request.values.get("page", "")
    is_number = text.isascii() and text.isdigit() and len(text) < 7
    return max(1, int(text)) if is_number else 1


def _changed() -> Account | None:
    """The account whose role was just set."""
    try:
        return accounts().account(request.args.get("changed", ""))
    except Missing:
        return None


@bp.post("/people/<uuid:account_id>")
def set_role(account_id: UUID) -> ResponseReturnValue:
    """Give an account another role."""
    account = accounts().account(str(account_id))
    field = f"role-{account.id}"
    try:
        role = _sent_role(ROLES, field)
        _set_role(account, role)
    except Refused as refused:
        return _people(error=str(refused), field=refused.field), refused.status
    except LastAdmin:
        return _people(error=LAST.format(account.name), field=field, role=role), 422
    if account.learner == trainer().id and role != "admin":
        return redirect(url_for("account.page"), 303)
    within, page = request.form.get("q") or None, request.form.get("page") or None
    return redirect(url_for(".people", q=within, page=page, changed=account.id), 303)


def _set_role(account: Account, role: str) -> None:
    """Give the role; an admin's own goes on in this browser, with another cookie."""
    if account.learner != trainer().id:
        accounts().set_role(account.id, role)
    elif role != account.role:
        token = new_token()
        accounts().set_role(account.id, role, old_token=token_hash(), new_token=hashed(token))
        use_token(token)


def _sent_role(roles: tuple[str, ...], field: str) -> str:
    role = request.form.get("role", "")
    if role not in roles:
        raise Refused("Choose a role from the list.", field)
    return role


# -- invitations


@bp.post("/invitations")
def invite() -> ResponseReturnValue:
    """Make a link that gives a role, and show it this once."""
    whom = " ".join(request.form.get("whom", "").split())
    try:
        role = _sent_role(GIVEN, "role")
        if fault := fault_of_note(whom):
            raise Refused(fault, "whom")
    except Refused as refused:
        sent = request.form.get("role", "")
        return _people(error=str(refused), field=refused.field, whom=whom, role=sent), refused.status
    token, moment = new_invitation(), now()
    accounts().add_invitation(
        hash_invitation(token),
        role=role,
        whom=whom,
        by=trainer().id,
        now=moment,
        expires=moment + INVITED_FOR,
    )
    return _people(link=url_for("invited.page", token=token, _external=True))


@bp.post("/invitations/revoke")
def take_back() -> ResponseReturnValue:
    """Take an invitation back."""
    if not accounts().revoke_invitation(request.form.get("invitation", ""), now()):
        return _people(error=GONE, field="open"), 409
    return redirect(url_for(".people"), 303)


@invited.route("/<token>", methods=["GET", "POST"])
def page(token: str) -> ResponseReturnValue:
    """What an invitation makes of whoever accepts it: a new account, that of a guest, or one signed in."""
    which = hash_invitation(token if TOKEN.fullmatch(token) else "")
    invitation, learner = accounts().invitation(which, now()), who()
    shown = {"invitation": invitation, "means": MEANS[invitation.role], "shortest": shortest(invitation.role)}
    if request.method == "GET":
        is_more = learner is None or ROLES.index(invitation.role) > ROLES.index(learner.role)
        return render_template("admin/invited.html", **shown, is_more=is_more, name="", error="", field="")
    try:
        if learner and learner.name:
            _accept(which, learner)
        else:
            _accept_anew(which, invitation, learner)
    except Refused as refused:
        return form_again("admin/invited.html", refused, **shown, is_more=True)
    return redirect(url_for("groups.page"), 303)


def _accept(which: str, learner: Learner) -> None:
    """Raise the role of who is signed in. A new role takes a new cookie."""
    token = new_token()
    if accounts().accept(which, learner.id, old_token=token_hash(), new_token=hashed(token), now=now()):
        use_token(token)


def _accept_anew(which: str, invitation: Invitation, guest: Learner | None) -> None:
    account = sent_account(guest.id if guest else new_id())
    password, token = sent_password("password", invitation.role, name=account.name), new_token()
    secret, old = hash_password(password), token_hash() if guest else ""
    try:
        accounts().accept_anew(
            which, account, secret, old_token=old, new_token=hashed(token), device=device()
        )
    except NameTaken:
        raise Refused(TAKEN) from None
    except AlreadyKept:
        raise Refused(KEPT) from None
    use_token(token)
