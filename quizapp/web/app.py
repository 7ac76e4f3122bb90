"""The app: its pages, its bank and its store, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from quizapp.store import (
    Accounts,
    Assignments,
    Exports,
    Groups,
    Profiles,
    Regrades,
    Reports,
    Results,
    Shares,
    Site,
    Store,
    Usage,
)
from quizapp.web import (
    access,
    account,
    admin,
    assets,
    compression,
    copies,
    guests,
    health,
    incoming,
    interview,
    joining,
    learner,
    logs,
    outbox,
    pages,
    progress,
    reports,
    sitting,
    times,
    trainer,
)
from quizapp.web.markup import inline
from quizapp.web.shelf import Shelf

__all__ = ["create_app"]

BLUEPRINTS = (
    learner.bp,
    progress.bp,
    account.bp,
    interview.bp,
    interview.partners,
    admin.bp,
    admin.invited,
    joining.bp,
    sitting.bp,
    reports.bp,
    copies.bp,
    pages.bp,
    assets.bp,
    health.bp,
)
TRAINER_NAV = (
    ("groups.page", "Groups"),
    ("assigning.page", "Assignments"),
    ("results.newest", "Results"),
    ("questions.page", "Questions"),
)
MAX_FORM_BYTES = 64 * 1024


def create_app(
    *,
    banks: tuple[Path, ...],
    database: str,
    watch: bool = False,
    metrics: bool = False,
    draining: Callable[[], bool] = lambda: False,
    proxies: int = 0,
    cache: Path | None = None,
) -> Flask:
    """The app over a bank and an upgraded database. With `watch`, pages tell of a broken bank.

    With `metrics`, figures are counted and shown; `draining` says whether the server is about to stop.
    So many `proxies` in front are believed what they say of who asks, and whether by https.
    `cache` is the folder for what was read of a bank. Raises BankFaulty when the bank can't be used.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = MAX_FORM_BYTES
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]  # Flask wants it so
    app.extensions["shelf"] = shelf = Shelf(banks, cache)
    app.extensions |= _kept(database) | {"draining": draining}
    _watch(app, metrics)
    for blueprint in (*BLUEPRINTS, *trainer.blueprints):
        app.register_blueprint(blueprint)
    outbox.receive(app)
    access.guard(app)
    incoming.guard(app)
    guests.keep_cookies(app)
    compression.compress(app)
    pages.handle_errors(app)
    _equip(app)

    @app.context_processor
    def page() -> dict[str, Any]:
        return {
            "theme": _theme(),
            "themes": pages.THEMES,
            "bank_trouble": shelf.trouble if watch else None,
        }

    return app


def _kept(database: str) -> dict[str, Any]:
    """What keeps things in the database, by name."""
    store = Store(database)
    return {
        "store": store,
        "accounts": Accounts(store.database),
        "profiles": Profiles(store.database),
        "shares": Shares(store.database, store),
        "groups": Groups(store.database),
        "assignments": Assignments(store.database),
        "regrades": Regrades(store.database),
        "results": Results(store.database),
        "exports": Exports(store.database),
        "reports": Reports(store.database),
        "usage": Usage(store.database),
        "site": Site(store.database),
    }


def _watch(app: Flask, metrics: bool) -> None:
    """Give each request its id, write it down, and count it where figures are wanted."""
    tell = [logs.log_request]
    app.extensions["metrics"] = None
    if metrics:
        from quizapp.web.metrics import Metrics

        app.extensions["metrics"] = figures = Metrics(app.extensions["shelf"])
        app.extensions["store"].database.tell = figures.count
        tell.append(figures.count_request)
    logs.watch(app, *tell)


def _equip(app: Flask) -> None:
    """What templates may call."""
    app.add_template_global(assets.static, "static")
    app.add_template_global(assets.learner_script, "learner_script")
    app.jinja_env.globals["icon"] = assets.icon()
    app.add_template_global(guests.who, "who")
    app.add_template_global(outbox.owner, "outbox_owner")
    app.add_template_global(_trains_here, "trains_here")
    app.add_template_global(lambda: TRAINER_NAV, "trainer_nav")
    app.add_template_global(reports.reply_to, "reply_to")
    app.add_template_global(reports.open_reports, "open_reports")
    app.add_template_filter(inline, "inline")
    app.add_template_filter(_said, "said")


def _trains_here() -> bool:
    """Whether this is a trainer's page."""
    return request.path.startswith("/t/")


def _said(moment: datetime, zone: str, *, seconds: bool = False) -> str:
    return times.said(moment, zone, guests.now(), seconds=seconds)


def _theme() -> str:
    theme = request.cookies.get("theme", "")
    return theme if theme in pages.THEMES else "system"
