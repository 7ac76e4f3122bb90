"""What the server writes down: what went wrong and, as JSON, one line per request; nothing about people."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FORMATS = ("text", "json")
HEADER = "X-Request-ID"
GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""An id that a proxy may have given a request already."""
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
TELLING = (OSError, ImportError, NameError, AttributeError, TypeError, MemoryError, RuntimeError)
"""Errors whose message names code or the machine. Others, such as those of a database, may quote people."""

access = logging.getLogger("quizapp.access")
_request: ContextVar[str] = ContextVar("request", default="")


@dataclass(frozen=True)
class Served:
    """One request that was answered, as far as it may be told: its route, not the path with its tokens."""

    method: str
    endpoint: str
    route: str
    status: int
    seconds: float
    size: int
    """Bytes of the body."""


def request_id() -> str:
    """The id of the request at hand: the proxy's, else our own. Empty outside a request."""
    return _request.get()


def set_up(form: str) -> None:
    """Write the log to standard error as `text` or `json`; the server's own messages go the same way."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if form == "json" else _Text("%(asctime)s %(levelname)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    logging.getLogger("quizapp").setLevel(logging.INFO)
    access.setLevel(logging.INFO if form == "json" else logging.WARNING)
    granian = logging.getLogger("_granian")
    granian.handlers.clear()
    granian.propagate = True


def log_request(served: Served) -> None:
    """One line about a request."""
    if access.isEnabledFor(logging.INFO):
        access.info("request", extra={"served": served})


def watch(app: Flask, *tell: Callable[[Served], None]) -> None:
    """Give every request an id, which goes back with the response, and tell what became of it."""
    app.before_request(_note_rule)
    app.wsgi_app = _Watching(app.wsgi_app, tell)  # type: ignore[method-assign]  # Flask wants it so


def _note_rule() -> None:
    """Flask takes the request out of the environment when it is done with it."""
    request.environ["quizapp.rule"] = request.url_rule


class _Watching:
    """Everything that the app does about a request, seen from outside."""

    def __init__(self, app: WSGIApplication, tell: Sequence[Callable[[Served], None]]) -> None:
        self._app = app
        self._tell = tell

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The response of the app within."""
        began, found = time.perf_counter(), _Response()
        given = environ.get("HTTP_X_REQUEST_ID", "")
        this = given if GIVEN.fullmatch(given) else secrets.token_hex(8)
        _request.set(this)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[..., Any]:
            found.status = int(status[:3])
            found.size = next((int(value) for name, value in headers if name == "Content-Length"), -1)
            return start_response(status, [*headers, (HEADER, this)], exc_info)

        body = self._app(environ, start)
        if found.size >= 0:
            self._served(environ, found, began)
            return body
        return ClosingIterator(found.counted(body), lambda: self._served(environ, found, began))

    def _served(self, environ: WSGIEnvironment, found: _Response, began: float) -> None:
        """Tell of a response that is ready, or sent where it is made while it is sent."""
        rule, method = environ.get("quizapp.rule"), environ["REQUEST_METHOD"]
        served = Served(
            method if method in METHODS else "other",
            rule.endpoint if rule else "",
            rule.rule if rule else "",
            found.status,
            time.perf_counter() - began,
            max(found.size, 0),
        )
        for tell in self._tell:
            tell(served)


@dataclass
class _Response:
    """What is known of a response so far."""

    status: int = 0
    size: int = -1

    def counted(self, body: Iterable[bytes]) -> Iterator[bytes]:
        """The body, its size counted on the way."""
        try:
            self.size = 0
            for part in body:
                self.size += len(part)
                yield part
        finally:
            if close := getattr(body, "close", None):
                close()


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what led to it, the first cause first."""
    if error is not None:
        yield from _chain(error.__cause__ or (None if error.__suppress_context__ else error.__context__))
        yield error


def _named(error: BaseException) -> str:
    """The error's class, its code and, where it can't quote what somebody wrote, its message."""
    original = getattr(error, "orig", error)
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    said = str(error) if isinstance(error, TELLING) else ""
    return ": ".join(filter(None, (f"{type(error).__module__}.{type(error).__qualname__}", code, said)))


def told(error: BaseException | None) -> str:
    """Where an error came from, line by line, without what people wrote."""
    return "\nThis led to:\n".join(
        "".join(traceback.format_tb(each.__traceback__)) + _named(each) for each in _chain(error)
    )


class _Text(logging.Formatter):
    """Lines for a person at a terminal."""

    def formatException(  # noqa: N802 - the name that logging calls
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """As `told`."""
        return told(ei[1])


def _json() -> logging.Formatter:
    """One JSON object per line, with the request's id."""
    from structlog.processors import JSONRenderer, TimeStamper
    from structlog.stdlib import ProcessorFormatter, add_log_level

    return ProcessorFormatter(
        foreign_pre_chain=[add_log_level, TimeStamper(fmt="iso", utc=True, key="time"), _about],
        processors=[ProcessorFormatter.remove_processors_meta, JSONRenderer(ensure_ascii=False)],
    )


def _about(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add which request it was, how it went, or what went wrong."""
    if this := request_id():
        event["request"] = this
    if served := getattr(event["_record"], "served", None):
        event.update(method=served.method, route=served.route, status=served.status)
        event.update(ms=round(served.seconds * 1000, 1), bytes=served.size)
    if failed := event.pop("exc_info", None):
        event["error"] = told(failed[1])
    return event
