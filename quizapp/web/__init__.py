"""The web: what people see, and the only room that knows Flask."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quizapp.web.serving import ServingError, serve

if TYPE_CHECKING:
    from quizapp.web.app import create_app
    from quizapp.web.passwords import fault_of_password, folded_name, hash_password
    from quizapp.web.shelf import BankFaulty

__all__ = [
    "BankFaulty",
    "ServingError",
    "create_app",
    "fault_of_password",
    "folded_name",
    "hash_password",
    "serve",
]


LATE = {
    "BankFaulty": "shelf",
    "create_app": "app",
    "fault_of_password": "passwords",
    "folded_name": "passwords",
    "hash_password": "passwords",
}


def __getattr__(name: str) -> Any:
    """Flask and the app, loaded when asked for: the command that watches over the server needs neither."""
    if name not in LATE:
        raise AttributeError(name)
    return getattr(import_module(f"quizapp.web.{LATE[name]}"), name)
