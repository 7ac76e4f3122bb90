"""The commands about people: who has an account, and a new password for one who forgot it."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from quizapp.cli.options import Refusal, database_option, open_store


@click.group()
def user() -> None:
    """See accounts and help people back into theirs."""


@user.command(name="list")
@database_option
def names(database: str) -> None:
    """Print the name of each account and the day it was made."""
    from quizapp.store import Accounts

    with open_store(database) as store:
        for account in Accounts(store.database).all():
            click.echo(f"{account.made:%Y-%m-%d}  {account.name}")


@user.command()
@click.argument("name")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
@database_option
def password(name: str, password: str, database: str) -> None:
    """Give the account NAME a new password, and sign all its browsers out."""
    from quizapp.store import Accounts
    from quizapp.web import fault_of_password, folded_name, hash_password

    if fault := fault_of_password(password):
        raise Refusal(fault)
    with open_store(database) as store:
        accounts = Accounts(store.database)
        if not (found := accounts.by_name(folded_name(name))):
            raise Refusal(f"there is no account of the name '{name}'; see them with: quizapp user list")
        accounts.set_secret(found[0].id, hash_password(password), but="", now=datetime.now(UTC))
    click.echo(f"The password of {found[0].name} is changed, and all browsers are signed out.")
