"""A database that can't be had now: a calm page that says what is safe, and everything goes on afterwards."""

from __future__ import annotations

from contextlib import closing

import pytest
from flask import Flask

from quizapp.store import Store, sqlite
from tests.conftest import Person, hidden
from tests.rows import rows

pytestmark = pytest.mark.sqlite_only("a file is locked, or full")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "READ_SECONDS", 0.1)
    monkeypatch.setattr(sqlite, "WRITE_SECONDS", 0.1)
    monkeypatch.setattr("quizapp.store.database.WAIT", 0.2)


def test_a_locked_database_is_busy_for_a_moment_and_loses_nothing(learner: Person, database: str) -> None:
    place = learner.start()
    page = learner.get(f"{place}/2")
    form = hidden(page) | {"unsure": "1"}
    path = database.removeprefix("sqlite:///")
    with closing(sqlite.driver.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        said = [learner.client.post(f"{place}/2", data=form), learner.get(f"{place}/2")]
    assert said[0].status_code == 503
    assert said[1].status_code == (
        200 if sqlite.JOURNAL == "WAL" else 503
    )  # readers of a WAL wait for nobody
    for each in said:
        if each.status_code == 503:
            assert "Too much at once" in each.text
            assert each.headers["Retry-After"] == "2"
    assert learner.client.post(f"{place}/2", data=form).status_code == 303
    assert rows(database, "SELECT count(*) FROM step") == [(2,)]


def test_a_full_disk_refuses_an_answer_in_words_and_takes_it_later(
    app: Flask, learner: Person, database: str
) -> None:
    page = learner.get("/mixed")
    store: Store = app.extensions["store"]
    with store.database.kind.writing.connect() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one()
        db.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    form = hidden(page) | {"unsure": "1"}
    refused = learner.client.post("/mixed", data=form)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert "still on your device" in refused.text
    assert learner.get("/progress").status_code == 200
    with store.database.kind.writing.connect() as db:
        db.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert learner.client.post("/mixed", data=form).status_code == 303
    assert rows(database, "SELECT count(*) FROM step") == [(1,)]


def test_a_database_that_is_gone_gets_its_page_too_and_all_goes_on_when_it_is_back(
    app: Flask, learner: Person
) -> None:
    place = learner.start()
    app.view_functions["pages.keys"] = lambda: 1 / 0
    store: Store = app.extensions["store"]
    path = store.database.kind.path
    store.close()
    path.rename(path.with_suffix(".away"))
    path.mkdir()
    for address, status in ((f"{place}/2", 503), ("/progress", 503), ("/keys", 500), ("/no/such/page", 404)):
        page = learner.get(address)
        assert page.status_code == status, address
        assert page.text.count("<h1>") == 1
    path.rmdir()
    path.with_suffix(".away").rename(path)
    assert learner.get(f"{place}/2").status_code == 200
