"""Whether an answer costs the same however many are stored: rows of other learners, made by SQL."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from bench.figures import ROUNDS, Figure, figure
from bench.pages import measured, warm
from quizapp.shipped import shipped
from quizapp.store import Store, upgrade
from quizapp.store.store import ADD_QUESTION, _question_row
from quizapp.web import create_app

FEW, MANY, MOST = 1_000, 1_000_000, 10_000_000
EACH, SET = 100, 10
"""Answers of a learner, and of a set."""
SERIES = "WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) "
FILL = (
    ("INSERT INTO learner (id, made, answers) {series} SELECT 'filler ' || i, 0, {each} FROM n", EACH),
    (
        "INSERT INTO attempt (id, learner, source, of, mode, count, seed, started) {series}"
        "SELECT 'set ' || i, 'filler ' || (i * {set} / {each}), 'mixed', '', 'practice', {set}, '1', i"
        " FROM n",
        SET,
    ),
    (
        "INSERT INTO slot (attempt, place, question, revision, shown) {series}"
        "SELECT 'set ' || (i / {set}), i % {set} + 1, :question, :revision, '[]' FROM n",
        1,
    ),
    (
        "INSERT INTO step (id, learner, attempt, place, kind, answer, sure, score, at) {series}"
        "SELECT lower(hex(randomblob(16))), 'filler ' || (i / {each}), 'set ' || (i / {set}), i % {set} + 1,"
        " 'submit', '[]', 0, 0.0, i FROM n",
        1,
    ),
)


def growth_figures(folder: Path) -> Iterator[Figure]:
    yield from _grown(folder, MANY)


def long_growth_figures(folder: Path) -> Iterator[Figure]:
    """Takes some minutes, and 4 GB of disk."""
    yield from _grown(folder, MOST)


def _grown(folder: Path, count: int) -> Iterator[Figure]:
    few, many = (_filled(folder, each) for each in (FEW, count))
    for app in (few, many):
        warm(app)
    shares = []
    for number in range(ROUNDS + 1):
        pair = [measured(app, right=number % 2 == 0)[0] for app in (many, few)]
        shares.append(pair[0] / pair[1])
    share = statistics.median(shares[1:])
    yield figure(
        f"answer one question with {count:,} stored answers",
        share,
        "×",
        ratio_to=f"the same with {FEW:,}",
        bar=1.5,
    )
    for app in (few, many):
        app.extensions["store"].close()


def _filled(folder: Path, count: int) -> Flask:
    """An app over so many answers of others."""
    address = f"sqlite:///{folder}/growth-{count}.db"
    if not (folder / f"growth-{count}.db").exists():
        upgrade(address)
        store = Store(address)
        fill(store, count)
        store.close()
    return create_app(banks=(shipped("questions"),), database=address)


def fill(store: Store, count: int) -> None:
    """Keep so many answers, in sets of ten, of learners with a hundred each. For SQLite."""
    from quizapp import bank

    asked = next(iter(bank.load(shipped("questions"))))
    given = {"question": asked.id, "revision": asked.revision}

    def act(db: sa.Connection) -> None:
        db.execute(ADD_QUESTION, [_question_row(asked)])
        for text, rows_of in FILL:
            sql = text.format(series=SERIES.format(count=count // rows_of), each=EACH, set=SET)
            db.execute(sa.text(sql), given if ":question" in sql else {})

    store.database.write(act)
