"""The commands that look for what is wrong, say how to mend it, and mend what can be made anew."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from quizapp.cli.keeping import refusals
from quizapp.cli.options import FOLDER, bank_option, database_option, open_store, shipped_bank

if TYPE_CHECKING:
    from quizapp.bank import Bank
    from quizapp.store import Finding, Rebuilt


@click.command()
@database_option
@bank_option
@click.option(
    "--backups", type=FOLDER, metavar="DIR", help="Where backups are.  [default: beside the database]"
)
@click.option("--quick", is_flag=True, help="Leave out what reads the whole database.")
@click.option("--mend", is_flag=True, help="First make anew what is derived from answers.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(
    database: str, banks: tuple[Path, ...], backups: Path | None, quick: bool, mend: bool, as_json: bool
) -> None:
    """Say what is wrong, and how to mend it: one line a finding, exit code 1 when anything is bad.

    Looks at the program, the bank, the database and what is around it, and changes nothing. It may run
    beside the server.
    """
    from quizapp.bank import load
    from quizapp.store import examine

    if mend:
        click.echo(f"mended: {_done(_rebuild(database))}", err=as_json)
    bank = load(*(banks or (shipped_bank(),)))
    found = [*_program(), *_bank(bank)]
    with refusals():
        found += examine(database, bank, backups=backups, quick=quick)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_lines(found)))
    sys.exit(any(each.level == "bad" for each in found))


@click.command()
@database_option
def rebuild(database: str) -> None:
    """Make anew what is derived from answers: scores, points, counts; profiles when they are wanted."""
    click.echo(f"{_done(_rebuild(database))}; the answers are as they were")


def _rebuild(database: str) -> Rebuilt:
    from quizapp.store import rebuild

    with refusals(), open_store(database) as store:
        return rebuild(store.database)


def _done(done: Rebuilt) -> str:
    made = ((done.counts, "learner"), (done.attempts, "attempt"), (done.ends, "assignment"))
    anew = ", ".join(f"{count} {what}{'s' * (count != 1)}" for count, what in made if count)
    dropped = f"dropped {done.profiles} derived profile{'s' * (done.profiles != 1)}"
    return f"{dropped}; {f'made anew what was wrong of {anew}' if anew else 'all else was right'}"


def _program() -> Iterator[Finding]:
    from quizapp.store import Finding

    yield Finding("ok", "Python", f"{platform.python_version()} at {sys.executable}")


def _bank(bank: Bank) -> Iterator[Finding]:
    from quizapp.store import Finding

    if bank.faults:
        said = f"{len(bank.faults)} faults, the first: {bank.faults[0]}"
        yield Finding("bad", "bank", said, "see them all with: quizapp bank check")
    else:
        yield Finding("ok", "bank", f"{len(bank)} questions without a fault")


def _lines(found: list[Finding]) -> Iterator[str]:
    wide = max(len(each.about) for each in found)
    for each in found:
        mend = f" → {each.mend}" if each.mend else ""
        yield f"{each.level:<4}  {each.about:<{wide}}  {each.text}{mend}"
    bad, warn = (sum(each.level == level for each in found) for level in ("bad", "warn"))
    if bad or warn:
        yield f"\n{bad} to mend, {warn} to look at"
    else:
        yield "\nall is well"
