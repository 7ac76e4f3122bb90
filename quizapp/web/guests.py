"""Who is asking: a guest, known by a random cookie. No account, and no row before the first answer."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import UTC, datetime
from hashlib import sha256
from typing import cast

from flask import Flask, Response, current_app, g, request

from quizapp.store import Learner, Store

TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
MAX_AGE = 400 * 24 * 3600  # seconds; browsers keep no cookie longer


class NoCookie(Exception):
    """The browser did not send back the cookie that answers are kept under."""


def store() -> Store:
    """The store of the running app."""
    return cast(Store, current_app.extensions["store"])


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new UUID, version 7 (RFC 9562): sortable by time, made without asking the database."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def who() -> Learner | None:
    """The learner behind this request, or None for somebody who has not answered yet."""
    if "learner" not in g:
        token = _token()
        g.learner = store().learner(_hashed(token)) if token else None
    return cast("Learner | None", g.learner)


def somebody() -> Learner:
    """The learner behind this request, made a guest if need be. Raises NoCookie."""
    if learner := who():
        return learner
    if not (token := _token()):
        raise NoCookie
    g.learner = store().add_learner(new_id(), _hashed(token), now())
    return cast(Learner, g.learner)


def expect_answers() -> None:
    """Give a stranger's browser its cookie, so that two first answers at once come from one guest."""
    if not _token():
        g.new_token = secrets.token_urlsafe(TOKEN_BYTES)


def keep_cookies(app: Flask) -> None:
    """Send the new cookie along."""
    app.after_request(_send_cookie)


def _send_cookie(response: Response) -> Response:
    if token := g.pop("new_token", None):
        response.set_cookie(
            _name(), token, max_age=MAX_AGE, httponly=True, secure=request.is_secure, samesite="Lax", path="/"
        )
    return response


def _name() -> str:
    return "__Host-quizapp" if request.is_secure else "quizapp"


def _token() -> str:
    token = request.cookies.get(_name(), "")
    return token if TOKEN.fullmatch(token) else ""


def _hashed(token: str) -> str:
    """What is kept of a token: who reads the database can't use it."""
    return sha256(token.encode()).hexdigest()
