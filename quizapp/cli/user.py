"""The commands about people: accounts, their roles and passwords, and invitations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from quizapp.cli.options import Refusal, database_option, open_store

if TYPE_CHECKING:
    from quizapp.store import Account, Accounts

ROLES = click.Choice(["learner", "trainer", "admin"])
GIVEN = click.Choice(["trainer", "admin"])
password_option = click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)


@click.group()
def user() -> None:
    """See accounts, make them, give roles, and help people back into theirs."""


@user.command(name="list")
@database_option
def names(database: str) -> None:
    """Print each account: the day it was made, its role and its name."""
    with _accounts(database) as accounts:
        for account in accounts.all():
            click.echo(f"{account.made:%Y-%m-%d}  {account.role:<7}  {account.name}")


@user.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="learner", show_default=True, help="What the account may do.")
@password_option
@database_option
def create(name: str, role: str, password: str, database: str) -> None:
    """Make an account of the name NAME; the first admin is made so."""
    from quizapp.store import Account, NameTaken
    from quizapp.web import fault_of_name, fault_of_password, folded_name, hash_password, new_id

    name = " ".join(name.split())
    if fault := fault_of_name(name) or fault_of_password(password, role, name):
        raise Refusal(fault)
    account = Account(new_id(), new_id(), name, folded_name(name), datetime.now(UTC), role)
    with _accounts(database) as accounts:
        try:
            accounts.create(account, hash_password(password))
        except NameTaken:
            raise Refusal(f"the name '{name}' is taken; see all names with: quizapp user list") from None
    click.echo(f"The account {name} is made, with the role {role}.")


@user.command(name="role")
@click.argument("name")
@click.argument("role", type=ROLES)
@database_option
def set_role(name: str, role: str, database: str) -> None:
    """Give the account NAME the role ROLE, at once; its browsers have to sign in again."""
    from quizapp.store import LastAdmin

    with _accounts(database) as accounts:
        found = _account(accounts, name)
        try:
            accounts.set_role(found.id, role)
        except LastAdmin:
            raise Refusal(
                f"{found.name} is the last admin, and nobody else could give roles on the pages;"
                " make another one first with: quizapp user role NAME admin"
            ) from None
    click.echo(f"The role of {found.name} is {role} now.")


@user.command()
@click.option("--role", type=GIVEN, default="trainer", show_default=True, help="What the link makes of one.")
@click.option("--for", "whom", default="", metavar="WHOM", help="A note for admins: whom it is meant for.")
@click.option(
    "--url", "base", default="", metavar="URL", help="Where the site is, as https://quiz.example.org."
)
@database_option
def invite(role: str, whom: str, base: str, database: str) -> None:
    """Print a link that gives a role to whoever opens it, once, within seven days."""
    from quizapp.web import INVITED_FOR, fault_of_note, hash_invitation, new_invitation

    whom = " ".join(whom.split())
    if fault := fault_of_note(whom) or _fault_of_base(base):
        raise Refusal(fault)
    token, now = new_invitation(), datetime.now(UTC)
    with _accounts(database) as accounts:
        accounts.add_invitation(
            hash_invitation(token), role=role, whom=whom, by="", now=now, expires=now + INVITED_FOR
        )
    click.echo(f"{base.rstrip('/')}/invited/{token}")


@user.command()
@click.argument("name")
@password_option
@database_option
def password(name: str, password: str, database: str) -> None:
    """Give the account NAME a new password, and sign all its browsers out."""
    from quizapp.web import fault_of_password, hash_password

    with _accounts(database) as accounts:
        found = _account(accounts, name)
        if fault := fault_of_password(password, found.role, found.name):
            raise Refusal(fault)
        accounts.set_secret(found.id, hash_password(password), now=datetime.now(UTC))
    click.echo(f"The password of {found.name} is changed, and all browsers are signed out.")


@contextmanager
def _accounts(database: str) -> Iterator[Accounts]:
    from quizapp.store import Accounts

    with open_store(database) as store:
        yield Accounts(store.database)


def _account(accounts: Accounts, name: str) -> Account:
    from quizapp.web import folded_name

    if not (found := accounts.by_name(folded_name(name))):
        raise Refusal(f"there is no account of the name '{name}'; see them with: quizapp user list")
    return found[0]


def _fault_of_base(base: str) -> str:
    """What is wrong about the address of the site; empty when nothing is, or none is given."""
    try:
        parts = urlsplit(base)
    except ValueError:
        parts = urlsplit("")
    if base and not (parts.scheme in ("http", "https") and parts.netloc and not parts.query + parts.fragment):
        return f"'{base}' is no address of a site; write it like https://quiz.example.org"
    return ""
