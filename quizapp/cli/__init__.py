"""The command line: serve the app, keep the database, check and write banks."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from quizapp.cli.bank import bank
from quizapp.cli.doctor import doctor, rebuild
from quizapp.cli.keeping import backup, move, restore
from quizapp.cli.options import (
    Refusal,
    bank_option,
    cache_folder,
    database_option,
    open_store,
    port,
    shipped_bank,
)
from quizapp.cli.prove import prove
from quizapp.cli.user import user


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="quizapp", message="%(prog)s %(version)s")
def main() -> None:
    """Find out what you really know about Python's asyncio, and mend what you don't."""


for command in (backup, bank, doctor, move, prove, rebuild, restore, user):
    main.add_command(command)


@main.command()
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, show_envvar=True)
@click.option("--port", envvar="PORT", default="8000", show_default=True, show_envvar=True, callback=port)
@database_option
@bank_option
@click.option("--watch", is_flag=True, help="Tell on the pages what is wrong with a changed bank.")
@click.option(
    "--no-cache", envvar="NO_CACHE", is_flag=True, help="Read every file of the bank.  [env: NO_CACHE]"
)
@click.option(
    "--workers",
    envvar="WORKERS",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    show_envvar=True,
    help="Processes that serve; each holds the bank in its own memory.",
)
@click.option(
    "--log-format",
    envvar="LOG_FORMAT",
    type=click.Choice(["text", "json"]),
    help="How the log is written; json has a line per request.  "
    "[env: LOG_FORMAT; default: text on a terminal, else json]",
)
@click.option("--metrics", envvar="METRICS", is_flag=True, help="Show figures at /metrics.  [env: METRICS]")
@click.option(
    "--drain",
    envvar="DRAIN",
    type=click.FloatRange(0, 600),
    default=0,
    show_envvar=True,
    metavar="SECONDS",
    help="After SIGTERM, serve on while saying not ready, so that a proxy goes elsewhere.  [default: 0]",
)
@click.option(
    "--behind-proxies",
    "proxies",
    envvar="BEHIND_PROXIES",
    type=click.IntRange(0, 10),
    default=0,
    show_default=True,
    show_envvar=True,
    metavar="COUNT",
    help="How many proxies stand in front and set X-Forwarded-For and X-Forwarded-Proto.",
)
def serve(
    host: str,
    port: int,
    database: str,
    banks: tuple[Path, ...],
    watch: bool,
    no_cache: bool,
    workers: int,
    log_format: str | None,
    metrics: bool,
    drain: float,
    proxies: int,
) -> None:
    """Make or upgrade the database, check the bank, and serve the app until Ctrl-C."""
    # Until there is a server, Ctrl-C ends this process at once: an exception may get lost in an import.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from quizapp.web import ServingError, serve

    def ready(url: str) -> None:
        click.echo(f"quizapp is ready at {url} (press Ctrl-C to stop)")

    folders = banks or (shipped_bank(),)
    try:
        stopped = serve(
            host=host,
            port=port,
            database=database,
            banks=folders,
            watch=watch,
            cache=None if no_cache else cache_folder() / "bank",
            workers=workers,
            metrics=metrics,
            log_format=log_format or ("text" if sys.stderr.isatty() else "json"),
            drain=drain,
            proxies=proxies,
            on_ready=ready,
        )
    except ServingError as error:
        raise Refusal(str(error)) from None
    if not stopped:
        sys.exit(1)
    click.echo("quizapp has stopped")


@main.command()
@database_option
def upgrade(database: str) -> None:
    """Make the database, or bring it to the schema of this version."""
    from quizapp.store import StoreError, advice_on, upgrade

    try:
        old, new = upgrade(database)
        advice = advice_on(database)
    except StoreError as error:
        raise Refusal(str(error)) from None
    if old == new:
        click.echo(f"the database is up to date (schema {new}): {database}")
    elif old:
        click.echo(f"the database was upgraded from schema {old} to {new}: {database}")
    else:
        click.echo(f"the database was made (schema {new}): {database}")
    if advice:
        click.echo(f"quizapp: {advice}", err=True)


@main.command()
@database_option
def tidy(database: str) -> None:
    """Erase guests who can't come back, and forget what has ended. The server does so every day."""
    from datetime import UTC, datetime

    from quizapp.store import Site
    from quizapp.web import tidy

    with open_store(database) as store:
        done = tidy(Site(store.database), datetime.now(UTC))
    click.echo(
        f"erased {done.guests} guest{'s' * (done.guests != 1)} not seen for 400 days; forgot"
        f" {done.sessions} old sign-ins, {done.invitations} invitations, {done.links} links"
        f" and {done.failures} failed sign-ins"
    )
