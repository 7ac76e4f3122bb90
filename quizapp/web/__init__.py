"""The web: what people see, and the only room that knows Flask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quizapp.web.serving import ServingError, serve

if TYPE_CHECKING:
    from quizapp.web.app import create_app
    from quizapp.web.shelf import BankFaulty

__all__ = ["BankFaulty", "ServingError", "create_app", "serve"]


def __getattr__(name: str) -> Any:
    """Flask and the app, loaded when asked for: the command that watches over the server needs neither."""
    if name == "create_app":
        from quizapp.web.app import create_app

        return create_app
    if name == "BankFaulty":
        from quizapp.web.shelf import BankFaulty

        return BankFaulty
    raise AttributeError(name)
