"""Keeping progress: a name and a password in one step, signing in elsewhere, devices, and erasing it all."""

from __future__ import annotations

import math
from urllib.parse import urlsplit

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.store import Account, AlreadyKept, LastAdmin, Missing, NameTaken
from quizapp.web.guests import (
    accounts,
    device,
    forget_token,
    hashed,
    new_id,
    new_token,
    now,
    token_hash,
    use_token,
    who,
)
from quizapp.web.outbox import forget
from quizapp.web.pages import is_local
from quizapp.web.passwords import (
    ALLOWANCES,
    REMEMBERED,
    fault_of_name,
    fault_of_password,
    folded_name,
    hash_password,
    is_password,
    key_of_name,
    key_of_network,
    shortest,
    wait,
)

bp = Blueprint("account", __name__)

TAKEN = "This name is taken. Choose another, or sign in if it is yours."
KEPT = "These answers were kept already, perhaps in another tab. Sign in to see them."
WRONG = "Name and password do not match an account here."


UNSAID = "Tick the box first: what is erased is gone."
LAST_ADMIN = "You are the last admin, and nobody else could give roles. Make somebody else an admin first."


class Refused(Exception):
    """What keeps a form from being accepted, as a sentence, and the field to mend."""

    def __init__(self, text: str, field: str = "name", status: int = 422) -> None:
        super().__init__(text)
        self.field, self.status = field, status


# -- keeping


@bp.route("/keep", methods=["GET", "POST"])
def keep() -> ResponseReturnValue:
    """Keep a guest's answers under a name."""
    learner = who()
    if learner and learner.name:
        return redirect(url_for(".page"), 303)
    if request.method == "POST" and learner:
        try:
            _keep(learner.id)
        except Refused as refused:
            return form_again("account/keep.html", refused, shortest=shortest())
        return redirect(url_for(".page", kept=1), 303)
    shown = {"back": _back(), "name": "", "error": "", "field": "", "shortest": shortest()}
    return render_template("account/keep.html", **shown)


def _keep(learner_id: str) -> None:
    account, token = sent_account(learner_id), new_token()
    password = sent_password(name=account.name)
    try:
        accounts().add(
            account,
            hash_password(password),
            old_token=token_hash(),
            new_token=hashed(token),
            device=device(),
        )
    except NameTaken:
        raise Refused(TAKEN) from None
    except (AlreadyKept, Missing):
        raise Refused(KEPT) from None
    use_token(token)


def sent_account(learner_id: str) -> Account:
    """A new account of a learner, under the name in the form. Raises Refused."""
    name = " ".join(request.form.get("name", "").split())
    if fault := fault_of_name(name):
        raise Refused(fault)
    return Account(id=new_id(), learner=learner_id, name=name, folded=folded_name(name), made=now())


def sent_password(field: str = "password", role: str = "learner", *, name: str) -> str:
    """The new password in the form, for an account of that role and name. Raises Refused."""
    password = request.form.get(field, "")
    if fault := fault_of_password(password, role, name):
        raise Refused(fault, field)
    return password


def form_again(template: str, refused: Refused, **shown: object) -> ResponseReturnValue:
    """The form again, with what was typed (but for the password) and what is wrong."""
    typed = {"back": _back(), "name": request.form.get("name", "")}
    page = render_template(template, **typed, **shown, error=str(refused), field=refused.field)
    return page, refused.status


def _back() -> str:
    """The page to go back to: one of ours, named by the form or by where the visitor came from."""
    given = request.values.get("back", "") or _local_referrer()
    return given if is_local(given) else "/progress"


def _local_referrer() -> str:
    came = urlsplit(request.referrer or "")
    ours = came.netloc == request.host and came.path not in ("/keep", "/signin")
    return came.path if ours else ""


# -- signing in and out


@bp.route("/signin", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in; what this browser's guest has answered goes to the account."""
    if request.method == "GET":
        return render_template("account/signin.html", back=_back(), name="", error="", field="")
    name, password = folded_name(request.form.get("name", "")), request.form.get("password", "")
    try:
        account = _proven(name, password, Refused(WRONG))
    except Refused as refused:
        return form_again("account/signin.html", refused)
    for key in _keys(name)[:2]:
        accounts().clear_failures(key)
    learner = who()
    guest, token = learner.id if learner and not learner.name else "", new_token()
    accounts().sign_in(
        account,
        guest=guest,
        old_token=token_hash(),
        new_token=hashed(token),
        device=device(),
        now=now(),
    )
    use_token(token)
    is_short = len(password) < shortest(account.role)
    return redirect(url_for(".page", short=1) if is_short else _back(), 303)


def _proven(name: str, password: str, refusal: Refused) -> Account:
    """The account of a folded name, where the password is right. Raises the refusal, and counts that."""
    keys = _keys(name)
    _refuse_guessing(keys)
    found = accounts().by_name(name)
    if not is_password(found[1] if found else None, password) or found is None:
        moment = now()
        accounts().add_failure(keys, now=moment, since=moment - REMEMBERED)
        raise refusal
    return found[0]


def _keys(name: str) -> tuple[str, ...]:
    """The keys under which a failure counts, as `ALLOWANCES` tells what each allows."""
    network = request.remote_addr
    return key_of_name(name, network), key_of_name(name), key_of_network(network)


def _refuse_guessing(keys: tuple[str, ...]) -> None:
    moment = now()
    pause = max(
        wait(accounts().failures(key), allowance, moment)
        for key, allowance in zip(keys, ALLOWANCES, strict=True)
    )
    if pause:
        seconds = math.ceil(pause.total_seconds())
        long = f"{seconds} seconds" if seconds < 100 else f"{math.ceil(seconds / 60)} minutes"
        raise Refused(f"Too many tries. Wait {long}, and try again.", "name", 429)


@bp.post("/signout")
def sign_out() -> ResponseReturnValue:
    """Sign this browser out. A guest, who could not come back, is sent to keep the answers first."""
    learner = who()
    if learner and not learner.name:
        return redirect(url_for(".keep"), 303)
    accounts().end_session(token_hash())
    forget_token()
    return forget(redirect(url_for("learner.home"), 303))


# -- the account


@bp.get("/account")
def page() -> ResponseReturnValue:
    """The name, the devices, the password, and one's own data."""
    return _page("", "")


def _page(error: str, field: str) -> str:
    learner = who()
    if learner is None:
        abort(404)
    return render_template(
        "account/account.html",
        devices=accounts().devices(learner.id),
        here=accounts().device_of(token_hash()),
        shortest=shortest(learner.role),
        error=error,
        field=field,
    )


@bp.post("/account/devices")
def end_device() -> ResponseReturnValue:
    """Sign another browser out."""
    learner = who()
    if learner is None or not accounts().end_device(learner.id, request.form.get("device", "")):
        abort(404)
    return redirect(url_for(".page"), 303)


@bp.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Change the password, and sign all other browsers out."""
    learner = who()
    account = accounts().of_learner(learner.id) if learner else None
    if account is None:
        abort(404)
    try:
        _proven(
            account.folded, request.form.get("old", ""), Refused("This is not the password so far.", "old")
        )
        new = sent_password("new", account.role, name=account.name)
    except Refused as refused:
        return _page(str(refused), refused.field), refused.status
    token = new_token()
    accounts().set_secret(
        account.id, hash_password(new), now=now(), old_token=token_hash(), new_token=hashed(token)
    )
    use_token(token)
    return redirect(url_for(".page", changed=1), 303)


@bp.route("/erase", methods=["GET", "POST"])
def erase() -> ResponseReturnValue:
    """Erase all that is kept of whoever asks, once they have said so twice."""
    learner = who()
    if learner is None:
        abort(404)
    if request.method == "GET":
        return render_template("account/erase.html", error="")
    if "sure" not in request.form:
        return render_template("account/erase.html", error=UNSAID), 422
    try:
        accounts().erase(learner.id)
    except LastAdmin:
        return render_template("account/erase.html", error=LAST_ADMIN), 422
    forget_token()
    return forget(redirect(url_for("pages.erased"), 303))
