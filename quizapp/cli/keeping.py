"""The commands that keep what people answered safe: backups, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from quizapp.cli.options import Refusal, database_option

PLACE = click.Path(path_type=Path)
TO_TELL = 10_000
"""Rows from which on a table takes long enough to say how far it is."""
UNITS = ("bytes", "kB", "MB", "GB", "TB")


@click.command()
@click.argument("to", type=PLACE, required=False, metavar="[FILE|FOLDER]")
@click.option(
    "--keep",
    type=click.IntRange(1),
    default=None,
    metavar="N",
    help="Remove the oldest backups of this database in the folder, so that N stay.",
)
@database_option
def backup(to: Path | None, keep: int | None, database: str) -> None:
    """Copy the database while people use it, and verify the copy.

    Into FILE, or into FOLDER under a name that tells the time (UTC); by default into the folder `backups`
    beside the database. Nothing is ever overwritten.
    """
    from quizapp.store import back_up

    if keep and to and to.suffix and not to.is_dir():
        raise Refusal("--keep counts the backups in a folder; name a folder instead of a file")
    with refusals():
        made = back_up(database, to, keep=keep or 0)
    click.echo(
        f"backed up {made.manifest.rows:,} rows ({size(made.size)}) in {made.seconds:.1f} s, verified:"
        f" {made.path}"
    )
    for path in made.removed:
        click.echo(f"removed the older backup {path}")


@click.command()
@click.argument("backup", type=PLACE)
@click.option("--replace", is_flag=True, help="Take the place of a database; the old one is kept beside it.")
@database_option
def restore(backup: Path, replace: bool, database: str) -> None:
    """Put a verified copy of BACKUP where the database is, once the server is stopped.

    BACKUP stays as it is. Nothing is changed when it is damaged, or of a newer quizapp.
    """
    from quizapp.store import restore

    with refusals():
        done = restore(backup, database, replace=replace)
    when = f", as of {done.manifest.made:%Y-%m-%d %H:%M} UTC" if done.manifest else ""
    click.echo(f"restored {done.rows:,} rows{when} in {done.seconds:.1f} s, verified: {done.place}")
    if done.schema != done.new_schema:
        click.echo(f"the backup was upgraded on the way, from schema {done.schema} to {done.new_schema}")
    if done.kept:
        click.echo(f"the old database is kept as {done.kept}; remove it once all is well")


@click.command()
@click.option("--from", "source", required=True, metavar="URL", help="What you have; it stays as it is.")
@click.option("--to", "target", required=True, metavar="URL", help="An empty database, or a new file.")
@click.option(
    "--while-serving", is_flag=True, help="Copy what there is now, though people go on: as a rehearsal."
)
def move(source: str, target: str, while_serving: bool) -> None:
    """Copy a whole installation into another database, of whatever kind: all of it, verified, or nothing.

    Stop the server first. A move that is broken off leaves the target empty; begin it again.
    """
    from quizapp.store import move

    def told(table: str, done: int, of: int) -> None:
        if of >= TO_TELL:
            click.echo(f"{table}: {done:,} of {of:,}", err=True)

    with refusals():
        done = move(source, target, while_serving=while_serving, told=told)
    click.echo(
        f"copied {done.rows:,} rows of {len(done.tables)} tables in {done.seconds:.1f} s, and read them back:"
        f" they are the same. Serve them with: quizapp serve --database-url {target}"
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Say in one sentence what the store refuses."""
    from quizapp.store import StoreBusy, StoreError

    try:
        yield
    except StoreError as error:
        raise Refusal(str(error)) from None
    except StoreBusy as error:
        raise Refusal(f"the database did not answer in time ({error}); try again") from None


def size(count: float) -> str:
    """So many bytes, as people say it."""
    for unit in UNITS[:-1]:
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} {UNITS[-1]}"
