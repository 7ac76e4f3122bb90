"""When something below a page fails: a page that says so, with a number; never a half page, never details."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from quizapp.store import Store, StoreBusy
from quizapp.web.access import POLICY, Who
from tests.conftest import Person
from tests.web.test_matrix import World, routes
from tests.web.test_matrix import world as world  # the fixture

pytestmark = pytest.mark.bulk

DETAIL = "detail 4711 of a statement"
MOST = 30
"""Statements of a page that fail in turn; no page makes as many."""
PROCESSES = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
)


@contextmanager
def failing(app: Flask, at: int, error: type[Exception]) -> Iterator[list[int]]:
    """Let the statement at that place, counted from now, and all later ones fail; gives how many came."""
    store: Store = app.extensions["store"]
    count = [0]

    def break_off(*_: Any) -> None:
        count[0] += 1
        if count[0] >= at:
            raise error(DETAIL)

    engines = (store.database.kind.reading, store.database.kind.writing)
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", break_off)
    try:
        yield count
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", break_off)


@pytest.mark.parametrize(("error", "status"), [(RuntimeError, 500), (StoreBusy, 503)], ids=["broken", "busy"])
def test_each_statement_of_each_page_may_fail_and_nothing_is_told(
    world: World, error: type[Exception], status: int
) -> None:
    tried, cut_off = 0, set()
    for method, rule in routes(world.app, *Who):
        if rule.endpoint.startswith("health.") or method != "GET":
            continue
        for at in range(1, MOST):
            with failing(world.app, at, error) as count:
                try:
                    page = whose(world, rule).client.get(world.path(rule, world.ids), buffered=True)
                except error:  # what is sent while it is made breaks off, and the browser says so
                    cut_off.add(rule.endpoint)
                    continue
            if count[0] < at:
                break
            tried += 1
            # a link that does not work is not found, also where the head of that page can't be had
            assert page.status_code in ({status, 404} if "token" in rule.arguments else {status}), rule.rule
            assert DETAIL not in page.text
            assert "Traceback" not in page.text
            assert "quizapp" in page.text
            assert ("<code>" in page.text) is (page.status_code == 500)
    assert tried > 100
    assert {name.partition("_")[0] for name in cut_off} <= {
        "exports.gradebook",
        "exports.answers",
        "progress.export",
    }


def whose(world: World, rule: Rule) -> Person:
    """Somebody for whom a route is."""
    names = {Who.ADMIN: "admin", Who.TRAINER: "owner"}
    return world.people[names.get(POLICY[rule.endpoint], "member")]


def test_a_policy_that_fails_lets_nobody_in(world: World) -> None:
    for method, rule in routes(world.app, Who.TRAINER, Who.ADMIN, Who.LEARNER):
        with failing(world.app, 1, RuntimeError):
            page = world.people["admin"].client.open(world.path(rule, world.ids), method=method)
        assert page.status_code == 500, rule.rule
        assert "A Learner" not in page.text


def test_no_page_starts_a_process(world: World) -> None:
    """Learners' and authors' programs run under `quizapp prove` alone."""
    started: list[str] = []
    is_on = [True]
    sys.addaudithook(lambda event, _: started.append(event) if is_on[0] and event in PROCESSES else None)
    try:
        for method, rule in routes(world.app, *Who):
            for name in ("owner", "member", "stranger"):
                person: Person = world.people[name]
                person.client.open(world.path(rule, world.ids), method=method, data={}, buffered=True)
    finally:
        is_on[0] = False
    assert started == []
