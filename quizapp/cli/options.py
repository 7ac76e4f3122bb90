"""What commands share: their options, the defaults, and how a refusal looks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from quizapp.store import Store

FOLDER = click.Path(path_type=Path, file_okay=False)


class Refusal(click.ClickException):
    """A wish that can't be granted, as one plain sentence."""

    def show(self, file: Any = None) -> None:
        """Print the sentence on standard error."""
        click.echo(f"quizapp: {self.message}", file=file or sys.stderr)


bank_option = click.option(
    "--bank",
    "banks",
    type=FOLDER,
    multiple=True,
    metavar="DIR",
    help="Folder of a question bank; may be given several times.  [default: the bank that ships]",
)
one_bank_option = click.option(
    "--bank", "folder", type=FOLDER, metavar="DIR", help="Folder of the bank.  [default: the bank that ships]"
)
database_option = click.option(
    "--database-url",
    "database",
    envvar="DATABASE_URL",
    default=lambda: default_database(),
    metavar="URL",
    help="Where answers are kept.  [env: DATABASE_URL; default: an SQLite file in your data folder]",
)


def port(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """The number of a port, from what was typed."""
    if value.isdecimal() and int(value) <= 65535:
        return int(value)
    raise Refusal(f"'{value}' is not a port; give a number from 1 to 65535, or 0 for any free port")


def default_database() -> str:
    """The address of an SQLite file in the user's data folder, where the operating system wants it."""
    from platformdirs import user_data_path

    return f"sqlite:///{(user_data_path('quizapp', appauthor=False) / 'quizapp.db').as_posix()}"


def cache_folder() -> Path:
    """The folder for what can be found out again, where the operating system wants it."""
    from platformdirs import user_cache_path

    return user_cache_path("quizapp", appauthor=False)


@contextmanager
def open_store(database: str) -> Iterator[Store]:
    """The store at an address, upgraded where need be. Raises Refusal when it can't be used."""
    from quizapp.store import Store, StoreError, upgrade

    try:
        upgrade(database)
        store = Store(database)
    except StoreError as error:
        raise Refusal(str(error)) from None
    try:
        yield store
    finally:
        store.close()


def shipped_bank() -> Path:
    """The bank that ships, named from the current folder where it lies below."""
    from quizapp.shipped import shipped

    path = shipped("questions")
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def own_bank() -> Path:
    """The bank that ships, if it may be written: that of a checkout."""
    from quizapp.shipped import PACKAGE

    path = shipped_bank()
    if PACKAGE in path.absolute().parents:
        raise Refusal(
            "the bank that ships with an installed quizapp is not for writing; name yours with --bank"
        )
    return path
