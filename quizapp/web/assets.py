"""Scripts, styles and the icon: their addresses change with them, so that browsers may keep them for ever."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for

bp = Blueprint("assets", __name__)

HERE = Path(__file__).parent
LEARNERS = ("quizapp.js", "outbox.js")
"""What learners' pages run. It travels as one file: on a slow phone a request more costs more than bytes."""


@bp.get("/static/learner.js")
def learner() -> Response:
    """The scripts of learners' pages, one after the other."""
    response = Response(_body(LEARNERS), mimetype="text/javascript")
    response.set_etag(_fingerprint(LEARNERS))
    response.make_conditional(request)
    return response


def is_asset() -> bool:
    """Whether a file is asked for that is the same for everybody."""
    return request.endpoint in ("static", "assets.learner")


def static(name: str) -> str:
    """The address of an asset."""
    return url_for("static", filename=name, v=_fingerprint((name,)))


def learner_script() -> str:
    """The address of the scripts of learners' pages."""
    return url_for("assets.learner", v=_fingerprint(LEARNERS))


def icon() -> str:
    """The icon inside the page, which saves each visitor a request."""
    return "data:image/svg+xml," + quote((HERE / "icon.svg").read_text().strip())


@lru_cache
def _body(names: tuple[str, ...]) -> bytes:
    return b"".join((HERE / "static" / name).read_bytes() for name in names)


@lru_cache
def _fingerprint(names: tuple[str, ...]) -> str:
    return sha256(_body(names)).hexdigest()[:12]
