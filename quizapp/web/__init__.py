"""The web: what people see, and the only room that knows Flask."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quizapp.web.serving import ServingError, serve

if TYPE_CHECKING:
    from quizapp.web.admin import INVITED_FOR, hash_invitation, new_invitation
    from quizapp.web.app import create_app
    from quizapp.web.guests import new_id
    from quizapp.web.passwords import (
        fault_of_name,
        fault_of_note,
        fault_of_password,
        folded_name,
        hash_password,
    )
    from quizapp.web.retention import tidy
    from quizapp.web.shelf import BankFaulty

__all__ = [
    "INVITED_FOR",
    "BankFaulty",
    "ServingError",
    "create_app",
    "fault_of_name",
    "fault_of_note",
    "fault_of_password",
    "folded_name",
    "hash_invitation",
    "hash_password",
    "new_id",
    "new_invitation",
    "serve",
    "tidy",
]


LATE = {
    "BankFaulty": "shelf",
    "create_app": "app",
    "INVITED_FOR": "admin",
    "fault_of_name": "passwords",
    "fault_of_note": "passwords",
    "fault_of_password": "passwords",
    "folded_name": "passwords",
    "hash_invitation": "admin",
    "hash_password": "passwords",
    "new_id": "guests",
    "new_invitation": "admin",
    "tidy": "retention",
}


def __getattr__(name: str) -> Any:
    """Flask and the app, loaded when asked for: the command that watches over the server needs neither."""
    if name not in LATE:
        raise AttributeError(name)
    return getattr(import_module(f"quizapp.web.{LATE[name]}"), name)
