"""Who is asking: a guest, known by a random cookie. No account, and no row before the first answer."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import datetime, timedelta
from hashlib import sha256
from typing import cast

from flask import Flask, Response, current_app, g, request

from quizapp.learn import Attempt, Card, Profile
from quizapp.store import Accounts, Assignments, Groups, Learner, Missing, Profiles, Regrades, Results, Store
from quizapp.web.clock import Clock
from quizapp.web.retention import KEPT, is_over

CLOCK = Clock()
TOKEN_BYTES = 32
CODE_LETTERS, CODE_LENGTH = "ABCDEFGHJKMNPQRSTUVWXYZ23456789", 10
"""Without letters and digits that look alike. So many make guessing hopeless without any throttling, which
would lock out a classroom that shares one address."""
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_AGE = int(KEPT.total_seconds())
SEEN_EVERY = timedelta(days=1)

BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


class NoCookie(Exception):
    """The browser did not send back the cookie that answers are kept under."""


def store() -> Store:
    """The store of the running app."""
    return cast(Store, current_app.extensions["store"])


def now() -> datetime:
    """The time, in UTC; it does not jump while the server runs."""
    return CLOCK.now()


def new_id() -> str:
    """A new UUID, version 7 (RFC 9562): sortable by time, made without asking the database."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def accounts() -> Accounts:
    """The accounts of the running app."""
    return cast(Accounts, current_app.extensions["accounts"])


def groups() -> Groups:
    """The groups of the running app."""
    return cast(Groups, current_app.extensions["groups"])


def assignments() -> Assignments:
    """The assignments of the running app."""
    return cast(Assignments, current_app.extensions["assignments"])


def regrades() -> Regrades:
    """The regrades of the running app."""
    return cast(Regrades, current_app.extensions["regrades"])


def results() -> Results:
    """The results of the running app's assignments."""
    return cast(Results, current_app.extensions["results"])


def trainer() -> Learner:
    """The trainer behind this request; the policy lets nobody else reach a trainer's page. Raises Missing."""
    learner = who()
    if learner is None or not learner.trains:
        raise Missing("trainer")
    return learner


def who() -> Learner | None:
    """The learner behind this request, or None for somebody who has not answered yet."""
    if "learner" not in g:
        token, moment = token_hash(), now()
        g.learner = _found(token) if token else None
        if g.learner and is_over(g.learner, moment):
            g.learner, g.was_signed_out = None, True
        elif g.learner and moment - g.learner.seen > SEEN_EVERY:
            store().saw(token, moment, device())
            use_token(_token())  # so that the cookie, too, counts from the last visit
    return cast("Learner | None", g.learner)


def _found(token: str) -> Learner | None:
    """Who has this token; an attempt that the address names comes along, for `attempt_at`."""
    set_id = (request.view_args or {}).get("set_id")
    if set_id is None:
        return store().learner(token)
    learner, g.attempt = store().learner_at(token, str(set_id))
    return learner


def attempt_at(attempt_id: str) -> Attempt:
    """The attempt of that id, if it is the asker's: once as it was when they were looked up, then anew.

    Raises Missing.
    """
    if not (learner := who()):
        raise Missing(attempt_id)
    attempt: Attempt | None = g.pop("attempt", None)
    if attempt and (attempt.id, attempt.learner) == (attempt_id, learner.id):
        return attempt
    return store().attempt(attempt_id, learner.id)


def profile() -> Profile:
    """What the answers of whoever is asking say; an empty one for a stranger."""
    if "profile" not in g:
        learner, bank = who(), current_app.extensions["shelf"].bank()
        g.profile = _profiles().of(learner.id, bank) if learner else Profile()
    return cast(Profile, g.profile)


def card(question_id: str) -> Card | None:
    """What the answers of whoever is asking say of one question; cheaper than all that they say."""
    if "profile" in g:
        return profile().cards.get(question_id)
    learner, bank = who(), current_app.extensions["shelf"].bank()
    return _profiles().card(learner.id, question_id, bank) if learner else None


def _profiles() -> Profiles:
    return cast(Profiles, current_app.extensions["profiles"])


def somebody() -> Learner:
    """The learner behind this request, made a guest if need be. Raises NoCookie."""
    if learner := who():
        return learner
    if not (token := token_hash()):
        raise NoCookie
    g.learner = store().add_learner(new_id(), token, now(), device())
    return cast(Learner, g.learner)


def expect_answers() -> None:
    """Give a stranger's browser its cookie, so that two first answers at once come from one guest."""
    who()
    if not _token():
        use_token(new_token())


def was_signed_out() -> bool:
    """Whether this browser's sign-in has ended by itself."""
    return who() is None and bool(g.get("was_signed_out"))


def new_token() -> str:
    """A new token, which names nobody before its hash is kept."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """A new code to join by: easy to read out and to type, and about as hard to guess as 50 coin tosses."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def code_of(typed: str) -> str:
    """The code that somebody typed, however they wrote it."""
    return "".join(each for each in typed.upper() if each.isalnum())[: 2 * CODE_LENGTH]


def spelled(code: str) -> str:
    """A code as it is read out: `ABCDE-FGHJK`."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"


def use_token(token: str) -> None:
    """Let the response give the browser this token; only once it is kept, or the old one would be lost."""
    g.new_token = token


def forget_token() -> None:
    """Let the browser forget its token."""
    g.pop("new_token", None)
    g.ends = True


def token_hash() -> str:
    """What is kept of this browser's token; empty when it sent none."""
    token = _token()
    return hashed(token) if token else ""


def device() -> str:
    """The browser in words, such as "Firefox on Linux", from what it says of itself."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for mark, name in BROWSERS.items() if mark in said), "A browser")
    system = next((name for mark, name in SYSTEMS.items() if mark in said), "")
    return f"{browser} on {system}" if system else browser


def keep_cookies(app: Flask) -> None:
    """Send the new cookie along."""
    app.after_request(_send_cookie)


def _send_cookie(response: Response) -> Response:
    if token := g.pop("new_token", None):
        response.set_cookie(
            _name(), token, max_age=MAX_AGE, httponly=True, secure=request.is_secure, samesite="Lax", path="/"
        )
    elif g.pop("ends", False):
        response.delete_cookie(_name(), path="/", secure=request.is_secure, httponly=True, samesite="Lax")
    return response


def _name() -> str:
    return "__Host-quizapp" if request.is_secure else "quizapp"


def _token() -> str:
    if g.get("was_signed_out"):
        return ""
    token = request.cookies.get(_name(), "")
    return token if TOKEN.fullmatch(token) else ""


def hashed(token: str) -> str:
    """What is kept of a token: who reads the database can't use it."""
    return sha256(token.encode()).hexdigest()
