"""What keeping one answer costs against plain SQLite, and the progress page of a learner with many."""

from __future__ import annotations

import json
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask

from bench.figures import Figure, LeftOut, figure, ratio
from bench.pages import fields
from quizapp import bank, learn
from quizapp.shipped import shipped
from quizapp.store import Store, sqlite, tables, upgrade
from quizapp.store.store import ADD_QUESTION, _attempt_row, _question_row, _slot_row
from quizapp.web import create_app


def store_figures(folder: Path) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/store.db"
    upgrade(address)
    raw = sqlite.driver.connect(folder / "raw.db", isolation_level=None)
    raw.execute(f"PRAGMA journal_mode={sqlite.JOURNAL}")
    raw.execute("PRAGMA synchronous=FULL")
    with closing(raw):
        share = kept_against(address, raw, "?", "BEGIN IMMEDIATE")
    yield figure("keep one answer", share, "×", ratio_to="the same statements in plain sqlite3", bar=5)


def server_figures(_folder: Path) -> Iterator[Figure]:
    """The same on PostgreSQL, where there is one. Raises LeftOut."""
    try:
        import psycopg
    except ImportError:
        raise LeftOut("psycopg is not installed") from None
    from tests import postgres

    if postgres.programs() is None:
        raise LeftOut("there is no PostgreSQL here")
    cluster = postgres.Cluster().start()
    try:
        address, other = postgres.create(cluster.server), postgres.create(cluster.server)
        upgrade(address)
        with closing(psycopg.connect(other, autocommit=True)) as raw:
            share = kept_against(address, raw, "%s", "BEGIN")
    finally:
        cluster.remove()
    of = "the same statements in plain psycopg"
    yield figure("keep one answer on PostgreSQL", share, "×", ratio_to=of, bar=5)


def kept_against(address: str, raw: Any, mark: str, begin: str) -> float:
    """CPU of keeping an answer ÷ CPU of the same statements on a bare connection, in this process."""
    store, now = Store(address), datetime.now(UTC)
    questions = bank.load(shipped("questions"))
    picks = learn.draw(learn.Quiz(), questions, seed=1, profile=learn.Profile(), now=now)
    asked = [pick.question for pick in picks]
    store.add_learner("ann", "token", now)
    attempt = learn.start(learn.Quiz(), picks, attempt_id="a", learner="ann", seed=1, now=now)
    numbers = iter(range(10**9))
    ours, plain = [], []
    raw.execute(
        "CREATE TABLE step (id TEXT PRIMARY KEY, learner TEXT, attempt TEXT, place INT, kind TEXT,"
        " answer TEXT, sure INT, score FLOAT, at BIGINT)"
    )
    raw.execute("CREATE TABLE learner (id TEXT PRIMARY KEY, answers INT)")
    raw.execute("INSERT INTO learner VALUES ('ann', 0)")
    add = f"INSERT INTO step VALUES ({','.join([mark] * 9)}) ON CONFLICT DO NOTHING"

    def one() -> None:
        number = next(numbers)
        if number % 10 == 0:
            nonlocal attempt
            attempt = learn.start(
                learn.Quiz(), picks, attempt_id=f"a{number}", learner="ann", seed=1, now=now
            )
            store.add_attempt(attempt, asked)
        place = number % 10 + 1
        step = learn.answer(attempt, place, asked[place - 1], (), sure=False, step_id=f"s{number}", now=now)
        began = time.process_time()
        store.add_step(attempt, step)
        ours.append(time.process_time() - began)

    def bare() -> None:
        began = time.process_time()
        raw.execute(begin)
        raw.execute(add, (f"s{next(numbers)}", "ann", "a", 1, "submit", "[]", 0, 0.0, 1))
        raw.execute("UPDATE learner SET answers = answers + 1 WHERE id = 'ann'")
        raw.execute("COMMIT")
        plain.append(time.process_time() - began)

    for _ in range(400):
        one()
        bare()
    store.close()
    return statistics.median(ours) / statistics.median(plain)


FEW, MANY, MOST = 1_000, 100_000, 1_000_000
NEW = 10
"""Answers that came since the profile was kept."""


def history_figures(folder: Path) -> Iterator[Figure]:
    yield from _read(folder, MANY)


def long_history_figures(folder: Path) -> Iterator[Figure]:
    """Takes some minutes: the first look reads all of them."""
    yield from _read(folder, MOST)


def _read(folder: Path, most: int) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/history-{most}.db"
    upgrade(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    few, many = (reader_of(app, answers) for answers in (FEW, most))
    share = ratio(many, few, 5)
    name = f"the progress page after {most:,} answers"
    yield figure(name, share, "×", ratio_to=f"the page after {FEW:,}", bar=1.5)
    app.extensions["store"].close()


def reader_of(app: Flask, answers: int) -> Callable[[], object]:
    """Reading the progress page with so many answers, in a profile that is kept but for the newest."""
    client, store = app.test_client(), app.extensions["store"]
    page = client.get("/").text
    client.post("/", data=fields(page) | {"unsure": "1"})
    with store.database.reading() as db:
        latest = sa.select(tables.learner.c.id).order_by(tables.learner.c.made.desc())
        learner = db.execute(latest).scalars().first()
    now = datetime.now(UTC)
    year, end = timedelta(days=365), now - timedelta(hours=1)
    for part in range(0, answers, MANY):
        begin = end - year * (answers - part) / answers
        fill(store, learner, min(answers, MANY), begin=begin, end=begin + year * min(answers, MANY) / answers)
    client.get("/progress")
    fill(store, learner, NEW, begin=now - timedelta(hours=1), end=now)
    found = client.get("/progress").text
    assert f"{answers + NEW + 1:,}" in found or str(answers + NEW + 1) in found

    def read() -> None:
        assert client.get("/progress").status_code == 200

    return read


def fill(store: Store, learner: str, answers: int, *, begin: datetime, end: datetime) -> None:
    """Keep sets of ten with all their answers, evenly over that time."""
    dice = random.Random(answers)
    questions = [each for each in bank.load(shipped("questions")) if not each.rated]
    rows: dict[sa.Table, list[dict[str, object]]] = {tables.attempt: [], tables.slot: [], tables.step: []}
    for number in range(0, answers, 10):
        attempt_id, at = f"{learner} {begin} {number}", begin + (end - begin) * number / answers
        picks = list(map(learn.Pick, dice.sample(questions, 10)))
        attempt = learn.start(
            learn.Quiz(), picks, attempt_id=attempt_id, learner=learner, seed=number, now=at
        )
        rows[tables.attempt].append(_attempt_row(attempt))
        for place, (pick, slot) in enumerate(zip(picks, attempt.slots, strict=True), start=1):
            given = dice.choice([pick.question.model(), pick.question.model(), slot.shown[:1]])
            step = learn.answer(
                attempt, place, pick.question, given, sure=True, step_id=f"{attempt_id} {place}", now=at
            )
            rows[tables.slot].append(_slot_row(attempt_id, place, slot))
            row = vars(step) | {"learner": learner, "attempt": attempt_id, "answer": json.dumps(given)}
            rows[tables.step].append(row)

    def act(db: sa.Connection) -> None:
        db.execute(ADD_QUESTION, [_question_row(question) for question in questions])
        for table, values in rows.items():
            db.execute(sa.insert(table), values)
        more = tables.learner.c.answers + answers
        db.execute(sa.update(tables.learner).where(tables.learner.c.id == learner).values(answers=more))

    store.database.write(act)
