"""What the browser's outbox is told of an answer that it sends: kept, refused, or whose it must be."""

from __future__ import annotations

from hashlib import sha256

from flask import Flask, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from quizapp.web.access import POLICY, Who
from quizapp.web.guests import who

HEADER = "Outbox"
"""In a request the mark of whose answer it is, in the response what became of it: so no page of a proxy, or
of a hotel's network, is taken for an acknowledgement."""
GUEST = "guest"
KEPT, REFUSED = "kept", "refused"
MAY_SUCCEED = frozenset({401, 408, 425, 429})
"""Client errors after which the same request may be accepted later."""


def owner() -> str:
    """A public mark of whose unsent answers a page may show: an account's, or of whoever has none.

    What a guest has answered goes to the account that signs in here, and so does what still waits.
    """
    learner = who()
    return sha256(f"outbox {learner.id}".encode()).hexdigest()[:16] if learner and learner.name else GUEST


def is_sending() -> bool:
    """Whether the outbox sent this request, and not a form by itself."""
    return request.method == "POST" and HEADER in request.headers


def receive(app: Flask) -> None:
    """Take from the outbox only what is the asker's, and say what became of it. Comes before the policy."""
    app.before_request(_expect_owner)
    app.after_request(_acknowledge)


def forget(response: AnyResponse) -> AnyResponse:
    """Let the browser drop all that pages have kept on the device."""
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def _expect_owner() -> None:
    """401 where the answer is another's than who asks now, or the session it was written in has ended."""
    if not is_sending():
        return
    is_over = who() is None and POLICY.get(request.endpoint or "") is Who.LEARNER
    if is_over or request.headers[HEADER] not in (GUEST, owner()):
        abort(401)


def _acknowledge(response: Response) -> Response:
    """Instead of a redirect, whose address a script can't see, say that it is kept and where it leads."""
    if not is_sending():
        return response
    code = response.status_code
    if 300 <= code < 400:
        response.status_code = 201
        response.set_data(b"")
    if code < 400:
        response.headers[HEADER] = KEPT
    elif code < 500 and code not in MAY_SUCCEED:
        response.headers[HEADER] = REFUSED
    return response
