"""What a proxy, a supervisor and Prometheus are told; and that nothing in it is about a person."""

from __future__ import annotations

import json
import logging
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, Response, request
from prometheus_client.parser import text_string_to_metric_families

from quizapp.shipped import shipped
from quizapp.store import Store, StoreBusy
from quizapp.store.sqlite import driver
from quizapp.web import create_app, logs
from tests.conftest import Person
from tests.databases import Databases, lose
from tests.web.test_shelf import changed, look_again

ID = re.compile(r"[0-9a-f]{16}")


@pytest.fixture
def counting(database: str) -> Iterator[Flask]:
    app = create_app(banks=(shipped("questions"),), database=database, metrics=True)
    yield app
    app.extensions["store"].close()


@pytest.fixture
def apart(databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An app whose database nobody else is given afterwards, however it is left."""
    app = create_app(banks=(shipped("questions"),), database=databases.new(tmp_path))
    yield app
    app.extensions["store"].close()


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """What goes to the log, as the server sets it up; all as it was afterwards."""
    loggers = [logging.getLogger(name) for name in ("", "quizapp", "quizapp.access", "_granian")]
    before = [(each.handlers[:], each.level, each.propagate) for each in loggers]
    yield capsys
    for each, (handlers, level, propagate) in zip(loggers, before, strict=True):
        each.handlers[:], each.propagate = handlers, propagate
        each.setLevel(level)


def figures(app: Flask) -> dict[str, float]:
    """The samples, as `name label=value …`."""
    text = app.test_client().get("/metrics").text
    found = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {
        " ".join([each.name, *(f"{key}={value}" for key, value in sorted(each.labels.items()))]): each.value
        for each in found
    }


# -- up, and ready


def test_being_up_needs_no_database(apart: Flask) -> None:
    lose(apart.extensions["store"].database.address)
    answer = apart.test_client().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_is_never_kept_and_sets_no_cookie(counting: Flask, path: str) -> None:
    answer = counting.test_client().get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert answer.mimetype == "text/plain"


def test_it_is_ready_when_all_is_well(app: Flask) -> None:
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ready\n")


def refusal(app: Flask) -> str:
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.text.count("\n") == 1
    return answer.text


def set_schema(app: Flask, revision: str) -> None:
    store: Store = app.extensions["store"]
    change = sa.text("UPDATE alembic_version SET version_num = :revision")
    store.database.write(lambda db: db.execute(change, {"revision": revision}))


def test_it_is_not_ready_on_an_older_schema(apart: Flask) -> None:
    set_schema(apart, "0001")
    assert "schema 0001" in refusal(apart)


def test_it_stays_ready_while_a_newer_version_upgrades_the_schema(apart: Flask) -> None:
    set_schema(apart, "from-the-future")
    assert apart.test_client().get("/readyz").status_code == 200


def test_it_is_not_ready_without_tables_and_tells_no_path(apart: Flask) -> None:
    store: Store = apart.extensions["store"]
    store.database.write(lambda db: db.exec_driver_sql("DROP TABLE alembic_version"))
    said = refusal(apart)
    assert said == "the database does not answer, or is none of quizapp\n"


@pytest.mark.sqlite_only("a server's disk is not ours to see")
def test_it_is_not_ready_on_a_full_disk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quizapp.store.readiness.LEAST_FREE", 2**62)
    assert "the disk of the database" in refusal(app)


def test_it_is_not_ready_while_it_is_about_to_stop(database: str) -> None:
    app = create_app(banks=(shipped("questions"),), database=database, draining=lambda: True)
    assert "about to stop" in refusal(app)
    assert app.test_client().get("/healthz").status_code == 200
    assert app.test_client().get("/").status_code == 200
    app.extensions["store"].close()


# -- figures


def test_there_are_no_figures_unless_they_are_asked_for(app: Flask) -> None:
    assert app.test_client().get("/metrics").status_code == 404


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded", "Via"])
def test_nobody_behind_a_proxy_sees_the_figures(counting: Flask, name: str) -> None:
    assert counting.test_client().get("/metrics", headers={name: "203.0.113.9"}).status_code == 404


def test_requests_and_answers_are_counted(counting: Flask) -> None:
    learner = Person(counting.test_client())
    address = learner.start()
    learner.answer(learner.get(f"{address}/2"), unsure="1")
    learner.get("/no/such/page")
    found = figures(counting)
    assert found["quizapp_steps_kept_total kind=submit"] == 2
    assert found["quizapp_requests_total endpoint=learner.mixed method=GET status=2xx"] == 1
    assert found["quizapp_requests_total endpoint= method=GET status=4xx"] == 1
    assert found["quizapp_request_seconds_count endpoint=learner.mixed method=GET"] == 1
    assert found["quizapp_bank_questions"] == len(counting.extensions["shelf"].bank())
    assert found["quizapp_bank_faults"] == 0


def test_an_answer_sent_twice_counts_once(counting: Flask) -> None:
    learner = Person(counting.test_client())
    page = learner.get("/mixed")
    learner.answer(page, unsure="1")
    learner.answer(page, unsure="1")
    assert figures(counting)["quizapp_steps_kept_total kind=submit"] == 1


@pytest.mark.sqlite_only("a file is locked; test_postgresql.py has the retries of a server")
def test_writes_that_had_to_wait_are_counted(counting: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = counting.extensions["store"]
    address = store.database.address.removeprefix("sqlite:///")
    monkeypatch.setattr("quizapp.store.database.WAIT", 1.1)  # one try takes one second
    with closing(driver.connect(address, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            store.saw("nobody", datetime.now(UTC), "")
    found = figures(counting)
    assert found["quizapp_write_retries_total"] >= 1
    assert found["quizapp_writes_refused_total"] == 1


def test_a_broken_bank_shows_in_the_figures(database: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(shipped("questions"), tmp_path / "bank"))
    app = create_app(banks=(folder,), database=database, metrics=True)
    shelf = app.extensions["shelf"]
    changed(folder / "coroutines.yaml", lambda text: f"{text}\n- broken: `yes\n")
    look_again(shelf)
    assert figures(app)["quizapp_bank_faults"] == len(shelf.trouble.faults) > 0
    assert app.test_client().get("/readyz").status_code == 200
    app.extensions["store"].close()


def test_labels_hold_no_more_than_routes_methods_and_kinds(counting: Flask) -> None:
    learner = Person(counting.test_client())
    learner.start()
    counting.test_client().open("/mixed", method="SECRET-METHOD")
    text = counting.test_client().get("/metrics").text
    set_id = learner.at.split("/")[2]
    assert set_id not in text
    assert "SECRET" not in text
    labels = Counter(re.findall(r"[{,](\w+)=", text))
    assert set(labels) == {"endpoint", "method", "status", "kind", "le", "version", "python"}


# -- the log


def lines(written: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in written.readouterr().err.splitlines()]


def test_each_request_is_one_line_with_its_route_and_not_its_path(
    app: Flask, written: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("json")
    client = app.test_client()
    answer = client.get(
        "/partner/a-token-that-opens-something?code=ABCDE", headers={"User-Agent": "Firefox/140"}
    )
    (line,) = lines(written)
    assert line["request"] == answer.headers["X-Request-ID"]
    assert ID.fullmatch(str(line["request"]))
    assert (line["method"], line["status"], line["bytes"]) == ("GET", answer.status_code, len(answer.data))
    assert set(line) == {"event", "level", "time", "request", "method", "route", "status", "ms", "bytes"}
    for secret in ("a-token-that", "ABCDE", "127.0.0.1", "Firefox"):
        assert secret not in json.dumps(line)


def test_the_route_of_a_page_stands_in_its_line(app: Flask, written: pytest.CaptureFixture[str]) -> None:
    learner = Person(app.test_client())
    address = learner.start()
    logs.set_up("json")
    learner.get(f"{address}/2")
    (line,) = lines(written)
    assert line["route"] == "/s/<uuid:set_id>/<int:place>"


def test_a_file_that_is_made_while_it_is_sent_has_its_line_once_it_is_sent(
    app: Flask, written: pytest.CaptureFixture[str]
) -> None:
    app.view_functions["pages.keys"] = lambda: Response(iter([b"one,", b"two"]), mimetype="text/csv")
    logs.set_up("json")
    with app.test_client().get("/keys") as file:
        assert lines(written) == []
        assert file.data == b"one,two"
    (line,) = lines(written)
    assert (line["bytes"], line["status"], line["route"]) == (7, 200, "/keys")


@pytest.mark.parametrize(
    ("given", "kept"), [("a1b2c3d4-e5f6", True), ("short", False), ("x" * 65, False), ("two words", False)]
)
def test_a_proxys_request_id_is_kept_if_it_is_one(app: Flask, given: str, kept: bool) -> None:
    answer = app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_what_broke_is_told_under_the_number_on_the_page_without_what_was_written(
    app: Flask, written: pytest.CaptureFixture[str]
) -> None:
    def broken() -> str:
        try:
            raise KeyError(request.args["said"])
        except KeyError as error:
            raise OSError(28, "No space left on device") from error

    app.view_functions["pages.keys"] = broken
    logs.set_up("json")
    page = app.test_client().get("/keys?said=what+somebody+wrote")
    assert page.status_code == 500
    broke, line = lines(written)
    assert str(broke["request"]) == page.headers["X-Request-ID"] == line["request"]
    assert f"<code>{broke['request']}</code>" in page.text
    assert "builtins.KeyError\nThis led to:" in str(broke["error"])
    assert "No space left on device" in str(broke["error"])
    assert "what somebody wrote" not in json.dumps(broke)


def test_text_for_a_terminal_has_no_line_per_request(app: Flask, written: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    app.test_client().get("/keys")
    logging.getLogger("quizapp").warning("Something to know")
    assert re.fullmatch(r"\S+ \S+ WARNING Something to know\n", written.readouterr().err)
