"""Two worlds that differ in one thing: the clock stands, and what is random comes in the same order."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from flask import Flask

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECRET = bytes(32)


class Standing(datetime):
    """A clock that stands at `NOW`."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz or UTC)


@contextmanager
def standing(app: Flask, seed: int = 1) -> Iterator[None]:
    """All that the app takes from clocks and chance is the same in each world of that seed."""
    rng = random.Random(seed)
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789-_"
    app.extensions["site"].__dict__["secret"] = SECRET
    made = {
        "randbits": rng.getrandbits,
        "choice": rng.choice,
        "token_hex": lambda size=32: rng.randbytes(size).hex(),
        "token_urlsafe": lambda size=32: "".join(rng.choices(letters, k=(size * 4 + 2) // 3)),
    }
    clock = SimpleNamespace(time_ns=lambda: int(NOW.timestamp() * 1e9))
    with (
        patch.multiple(secrets, **made),
        patch("quizapp.web.guests.CLOCK", SimpleNamespace(now=lambda: NOW)),
        patch("tests.classroom.datetime", Standing),
        patch("quizapp.web.guests.time", clock),
    ):
        yield
