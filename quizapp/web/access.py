"""Who may do what: one line per route, denied by default; and what every answer of the server carries."""

from __future__ import annotations

import secrets
from enum import Enum
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from quizapp.web import guests
from quizapp.web.assets import is_asset


class Who(Enum):
    """Whom a route serves."""

    ANYONE = "anyone"
    HOLDER = "whoever holds a link that still works; another link is not found"
    LEARNER = "whoever has answered something; what is asked for must be theirs, or it is not found"
    TRAINER = "trainers and admins; others find nothing, and neither do they what is another trainer's"
    ADMIN = "admins; others find nothing"


POLICY: dict[str, Who] = {
    "static": Who.ANYONE,
    "assets.learner": Who.ANYONE,
    "learner.home": Who.ANYONE,
    "learner.topics": Who.ANYONE,
    "learner.mixed": Who.ANYONE,
    "learner.practice": Who.ANYONE,
    "learner.again": Who.ANYONE,
    "learner.review": Who.ANYONE,
    "learner.matters": Who.ANYONE,
    "learner.separate": Who.ANYONE,
    "learner.one": Who.ANYONE,
    "learner.exam": Who.ANYONE,
    "learner.resume": Who.LEARNER,
    "learner.question": Who.LEARNER,
    "learner.done": Who.LEARNER,
    "learner.finish": Who.LEARNER,
    "progress.page": Who.ANYONE,
    "progress.topic": Who.ANYONE,
    "progress.idea": Who.ANYONE,
    "progress.history": Who.ANYONE,
    "progress.export": Who.ANYONE,
    "progress.export_json": Who.ANYONE,
    "account.keep": Who.ANYONE,
    "account.sign_in": Who.ANYONE,
    "account.sign_out": Who.LEARNER,
    "account.page": Who.LEARNER,
    "account.end_device": Who.LEARNER,
    "account.change_password": Who.LEARNER,
    "account.erase": Who.LEARNER,
    "pages.erased": Who.ANYONE,
    "interview.home": Who.ANYONE,
    "interview.question": Who.LEARNER,
    "interview.state": Who.LEARNER,
    "interview.ending": Who.LEARNER,
    "interview.end": Who.LEARNER,
    "interview.report": Who.LEARNER,
    "interview.report_markdown": Who.LEARNER,
    "interview.share": Who.LEARNER,
    "interview.invite": Who.LEARNER,
    "partner.page": Who.HOLDER,
    "partner.partner_state": Who.HOLDER,
    "admin.people": Who.ADMIN,
    "admin.set_role": Who.ADMIN,
    "admin.invite": Who.ADMIN,
    "admin.take_back": Who.ADMIN,
    "invited.page": Who.HOLDER,
    "joining.page": Who.ANYONE,
    "joining.join": Who.HOLDER,
    "joining.assigned": Who.ANYONE,
    "joining.place": Who.LEARNER,
    "joining.leave": Who.LEARNER,
    "groups.page": Who.TRAINER,
    "groups.group": Who.TRAINER,
    "groups.code": Who.TRAINER,
    "groups.renew": Who.TRAINER,
    "groups.member": Who.TRAINER,
    "groups.remove": Who.TRAINER,
    "sitting.page": Who.HOLDER,
    "regrading.page": Who.TRAINER,
    "regrading.changes": Who.TRAINER,
    "regrading.apply": Who.TRAINER,
    "regrading.undo": Who.TRAINER,
    "results.newest": Who.TRAINER,
    "results.page": Who.TRAINER,
    "results.state": Who.TRAINER,
    "results.names": Who.TRAINER,
    "results.learner": Who.TRAINER,
    "marking.page": Who.TRAINER,
    "marking.count": Who.TRAINER,
    "review.first": Who.TRAINER,
    "review.page": Who.TRAINER,
    "reports.page": Who.ANYONE,
    "reports.place": Who.LEARNER,
    "copies.copy": Who.LEARNER,
    "exports.gradebook_csv": Who.TRAINER,
    "exports.gradebook_json": Who.TRAINER,
    "exports.answers_csv": Who.TRAINER,
    "questions.page": Who.TRAINER,
    "questions.question": Who.TRAINER,
    "questions.reports": Who.TRAINER,
    "questions.settle": Who.TRAINER,
    "pages.keys": Who.ANYONE,
    "pages.privacy": Who.ANYONE,
    "pages.accessibility": Who.ANYONE,
    "pages.theme": Who.ANYONE,
    "health.up": Who.ANYONE,
    "health.ready": Who.ANYONE,
    "health.metrics": Who.ANYONE,
    "assigning.page": Who.TRAINER,
    "assigning.new": Who.TRAINER,
    "assigning.assign": Who.TRAINER,
    "assigning.link": Who.TRAINER,
    "assigning.mend": Who.TRAINER,
    "assigning.preview": Who.TRAINER,
    "assigning.remove": Who.TRAINER,
    "assigning.switch": Who.TRAINER,
    "assigning.rules": Who.TRAINER,
    "assigning.overrides": Who.TRAINER,
    "assigning.override": Who.TRAINER,
    "assigning.build": Who.TRAINER,
    "assigning.remove_quiz": Who.TRAINER,
}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""A script runs only if its tag carries the nonce of this very response, and can't turn text into code."""
NONCE_BYTES = 16
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
}
SECURE_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Over https only: browsers take the first from nowhere else, and complain about the second."""


def guard(app: Flask) -> None:
    """Put the policy before, and the headers behind, every request."""
    app.before_request(_allow)
    app.after_request(_headers)
    app.add_template_global(nonce, "nonce")


def nonce() -> str:
    """What the scripts of this response carry."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(NONCE_BYTES)
    return str(g.nonce)


def _allow() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, or not by this method: Flask says so
    if request.method not in SAFE_METHODS and not _same_origin():
        abort(403)
    who = POLICY.get(request.endpoint)
    if who is None or not _is_one(who):
        return _refused()
    return None


def _refused() -> ResponseReturnValue:
    """Nothing is there for others; but who was signed out by the time that passed is asked to sign in."""
    if not guests.was_signed_out():
        abort(404)
    if request.method not in SAFE_METHODS:
        abort(401)
    return redirect(url_for("account.sign_in", back=request.path, ended=1), 303)


def _is_one(who: Who) -> bool:
    """Whether the asker is one of those whom the route serves."""
    if who in (Who.ANYONE, Who.HOLDER):
        return True
    asker = guests.who()
    if asker is None:
        return False
    return who is Who.LEARNER or asker.role == "admin" or (who is Who.TRAINER and asker.trains)


def _same_origin() -> bool:
    """Whether a page of ours sent this: Fetch Metadata, else Origin or Referer against Host.

    Browsers leave out Sec-Fetch-Site on plain http outside localhost, as in a classroom, but send Origin with
    all that changes something. What sends none of these is no browser (or one that knows SameSite cookies and
    leaves ours out). Follows the OWASP cheat sheet on cross-site request forgery.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin", request.headers.get("Referer"))
    return origin is None or _is_ours(origin)


def _is_ours(address: str) -> bool:
    """Whether an address is on this site; a page over http is not, where the site is served over https."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.netloc == request.host and parts.scheme in ("https", request.scheme)


def _headers(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP.format(nonce=nonce())
    for name, value in (HEADERS | (SECURE_HEADERS if request.is_secure else {})).items():
        response.headers.setdefault(name, value)
    if is_asset() and response.status_code == 200 and "v" in request.args:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    elif not is_asset():
        response.headers["Cache-Control"] = "no-store"
    return response
