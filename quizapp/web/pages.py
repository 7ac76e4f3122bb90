"""Pages that are the same for everybody, the theme switch, and what is said when something goes wrong."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, InternalServerError

from quizapp.learn import NoSuchPlace, NothingToAsk, NotNow, NotOpen
from quizapp.store import Missing, StoreBusy, StoreFull, Taken
from quizapp.web.asking import BadAnswer
from quizapp.web.guests import NoCookie
from quizapp.web.incoming import Unkeepable
from quizapp.web.logs import request_id
from quizapp.web.opening import CameLate, Changed
from quizapp.web.outbox import is_sending

bp = Blueprint("pages", __name__)
log = logging.getLogger("quizapp")

LOCAL = re.compile(r"/(?![/\\])[^\x00-\x1f\x7f]*")
THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Trouble:
    """What went wrong, in words for whoever reads the page: what happened, what is safe, what to do."""

    code: int
    title: str
    text: str


NOT_FOUND = Trouble(
    404,
    "This page does not exist",
    "If you typed the address, check it. A set of questions opens in the browser it was started in.",
)
TROUBLES: dict[int, Trouble] = {
    400: Trouble(
        400, "This request can’t be read", "Load the page again, and try once more. Your answers are safe."
    ),
    401: Trouble(
        401,
        "You were signed out",
        "It was a while. Nothing was changed. Sign in, go back, and send it again.",
    ),
    403: Trouble(
        403,
        "This form came from another page",
        "For your safety it was not accepted, and nothing was changed. Open the page here and send it again.",
    ),
    404: NOT_FOUND,
    405: Trouble(
        405, "That does not work here", "Nothing was changed. Go back to where you were, and use its buttons."
    ),
    410: Trouble(
        410, "This question was retired", "It is no longer asked, and nothing replaces it. Your answers stay."
    ),
    413: Trouble(
        413, "This answer is too long", "It was not stored. Write a shorter one: a few lines are enough."
    ),
}
EXPECTED: dict[type[Exception], Trouble] = {
    Missing: NOT_FOUND,
    NoSuchPlace: NOT_FOUND,
    NothingToAsk: Trouble(404, "There is nothing to ask here", "No question fits. Choose another topic."),
    NotNow: Trouble(
        409,
        "These questions are finished",
        "Answers that came in before still count. Nothing was counted twice.",
    ),
    Taken: Trouble(409, "This form was used already", "Load the page again, and answer once more."),
    Changed: Trouble(
        409,
        "This question has just been changed",
        "Your answer was not counted, because it was to the older wording. Open the question again.",
    ),
    Unkeepable: Trouble(
        422,
        "This text can’t be kept",
        "It holds a character that shows nothing (U+0000), as copying from some programs brings along. "
        "Nothing was stored. Go back, take that character out or type the text anew, and send it again.",
    ),
    CameLate: Trouble(
        409, "The time was up", "Your answer came after it. It was kept, and your trainer can see it."
    ),
    NoCookie: Trouble(
        400,
        "Your browser did not keep the cookie",
        "Answers are kept under a cookie of this site. Allow it, load the page again, and answer.",
    ),
    StoreBusy: Trouble(
        503,
        "Too much at once",
        "What you answered before is safe. This answer is not stored yet: send it again in a moment.",
    ),
    StoreFull: Trouble(
        503,
        "The server can’t store anything right now",
        "Its disk is full or does not work. What you answered before is safe; this answer was not stored, but"
        " it is still on your device: go back, and send it again in a while.",
    ),
}


@bp.get("/keys")
def keys() -> ResponseReturnValue:
    """The keyboard map."""
    return render_template("pages/keys.html")


@bp.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept, and where."""
    return render_template("pages/privacy.html")


@bp.get("/erased")
def erased() -> ResponseReturnValue:
    """Said once all that was kept of somebody is gone."""
    return render_template("account/erased.html")


@bp.get("/accessibility")
def accessibility() -> ResponseReturnValue:
    """What works with which aid."""
    return render_template("pages/accessibility.html")


@bp.post("/theme")
def theme() -> ResponseReturnValue:
    """Keep the choice of light or dark, and go back to where it was made."""
    chosen = request.form.get("theme", "system")
    back = request.form.get("back", "/")
    response = redirect(back if is_local(back) else url_for("learner.home"), 303)
    if chosen in ("light", "dark"):
        response.set_cookie(
            "theme", chosen, max_age=400 * 24 * 3600, samesite="Lax", secure=request.is_secure
        )
    else:
        response.delete_cookie("theme")
    return response


def is_local(path: str) -> bool:
    """Whether the path stays on this site. Browsers leave out tabs and line ends, so none may be in it."""
    return LOCAL.fullmatch(path) is not None


def handle_errors(app: Flask) -> None:
    """Give each kind of trouble its page."""
    for kind in EXPECTED:
        app.register_error_handler(kind, _expected)
    app.register_error_handler(BadAnswer, _bad_answer)
    app.register_error_handler(NotOpen, _not_open)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _page(trouble: Trouble, reference: str = "") -> ResponseReturnValue:
    headers = {"Retry-After": "2"} if trouble.code == 503 else {}
    if is_sending():
        return {"title": trouble.title, "text": trouble.text}, trouble.code, headers
    try:
        body = render_template("pages/trouble.html", trouble=trouble, reference=reference)
    except StoreBusy:  # it went away between the trouble and its page
        g.learner = None
        body = render_template("pages/trouble.html", trouble=trouble, reference=reference)
    return Response(body, trouble.code, headers)


def _expected(error: Exception) -> ResponseReturnValue:
    trouble = next(trouble for kind, trouble in EXPECTED.items() if type(error) is kind)
    if trouble.code == 503:
        log.warning("503: %s %s: %s", request.method, request.url_rule or "", error)
    return _page(trouble)


def _bad_answer(error: BadAnswer) -> ResponseReturnValue:
    return _page(Trouble(422, "This answer can’t be read", str(error)))


def _not_open(error: NotOpen) -> ResponseReturnValue:
    return _page(Trouble(409, str(error), "Nothing was changed. What you answered before is safe."))


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        return _while_explaining(error.original_exception)
    code = error.code or 500
    if code < 400 and error.response is not None:
        return error.response
    return _page(
        TROUBLES.get(code, Trouble(code, error.name, "Nothing was changed. Go back, and try again."))
    )


def _while_explaining(error: Exception) -> ResponseReturnValue:
    """What went wrong while the page for something else was made."""
    return _expected(error) if type(error) in EXPECTED else _unexpected(error)


def _unexpected(error: Exception) -> ResponseReturnValue:
    reference, route = request_id(), request.url_rule
    log.error("Reference %s: %s %s", reference, request.method, route or "", exc_info=error)
    text = "What you answered before is safe. Try again, or tell us this number:"
    return _page(Trouble(500, "Something broke on our side", text), reference)
