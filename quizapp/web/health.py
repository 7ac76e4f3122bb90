"""What a proxy, a supervisor and Prometheus ask: is it up, can it serve, how is it doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Response, abort, current_app, request
from flask.typing import ResponseReturnValue

from quizapp.store import unready
from quizapp.web.guests import store
from quizapp.web.opening import bank

if TYPE_CHECKING:
    from quizapp.web.metrics import Metrics

bp = Blueprint("health", __name__)

FORWARDED = ("Forwarded", "X-Forwarded-For", "Via")


@bp.get("/healthz")
def up() -> ResponseReturnValue:
    """The process is up; nothing else is looked at."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Whether requests should come here, or the reason in one line why not."""
    reason = _reason()
    return Response(f"{reason or 'ready'}\n", 503 if reason else 200, mimetype="text/plain")


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """The figures, where they were asked for; never to somebody on the other side of a proxy."""
    figures = cast("Metrics | None", current_app.extensions["metrics"])
    if figures is None or any(name in request.headers for name in FORWARDED):
        abort(404)
    return Response(figures.text(), content_type=figures.kind)


def _reason() -> str:
    """Why this server should not be asked for pages now."""
    if cast(Callable[[], bool], current_app.extensions["draining"])():
        return "the server is about to stop"
    if not len(bank()):
        return "the question bank holds no questions"
    return unready(store().database)
