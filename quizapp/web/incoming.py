"""What a browser sends, before any page reads it: text that one of our databases can't keep is refused."""

from __future__ import annotations

from itertools import chain

from flask import Flask, abort, request

NUL = "\0"
"""PostgreSQL keeps none in a text, and SQLite's own tools read no further. Halves of surrogate pairs, which
no database keeps either, don't get this far: werkzeug leaves their bytes as they were sent, `%ED%A0%80`."""


class Unkeepable(Exception):
    """Text was sent that can't be kept."""


def guard(app: Flask) -> None:
    """Put the check before every request."""
    app.before_request(_refuse)


def _refuse() -> None:
    """Stop at a NUL in the address, or in a field's name or value. Raises Unkeepable."""
    if NUL in request.path:
        abort(404)
    sent = chain(request.args.items(multi=True), request.form.items(multi=True))
    if any(NUL in text for field in sent for text in field):
        raise Unkeepable
