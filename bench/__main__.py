"""`make bench`: measure, print a table, write bench/results.json."""

from __future__ import annotations

import gzip
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import yaml
from flask import Flask, render_template

from bench.regrade import regrade_figures
from bench.trainer import matrix_figures
from quizapp import bank, lab, learn
from quizapp.shipped import shipped
from quizapp.store import Store, sqlite, tables, upgrade
from quizapp.store.store import ADD_QUESTION, _attempt_row, _question_row, _slot_row
from quizapp.web import create_app

ROUNDS = 7
RESULTS = Path(__file__).parent / "results.json"
HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')
COPIES = 26
"""How many times the shipped bank is written out to make a bank of about 10,000 questions."""


@dataclass(frozen=True)
class Figure:
    """One line of the results. `value` is a ratio to `ratio_to` where that is named."""

    name: str
    value: float
    unit: str
    ratio_to: str
    bar: float | None
    ok: bool


def figure(name: str, value: float, unit: str, *, ratio_to: str = "", bar: float | None = None) -> Figure:
    return Figure(name, round(value, 3), unit, ratio_to, bar, bar is None or value <= bar)


def cpu(act: Callable[[], object], times: int = 1) -> float:
    """CPU seconds of one call, in this process."""
    began = time.process_time()
    for _ in range(times):
        act()
    return (time.process_time() - began) / times


def ratio(act: Callable[[], object], base: Callable[[], object], times: int = 1) -> float:
    """CPU of one ÷ CPU of the other, measured in turns; the median of the rounds."""
    act(), base()
    return statistics.median(cpu(act, times) / cpu(base, times) for _ in range(ROUNDS))


# -- the bank


def bank_figures(folder: Path) -> Iterator[Figure]:
    for source in shipped("questions").glob("*.yaml"):
        text = source.read_text()
        if source.name in ("bank.yaml", "concepts.yaml", "misconceptions.yaml"):
            (folder / source.name).write_text(
                re.sub(r"^topics:\n(- .*\n)+", "", text) if "format:" in text else text
            )
            continue
        for copy in range(COPIES):
            (folder / f"{source.stem}-{copy}.yaml").write_text(text)
    texts = [path.read_text() for path in sorted(folder.glob("*.yaml"))]
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    def parse() -> None:
        for text in texts:
            for _ in yaml.parse(text, Loader=loader):
                pass

    questions = len(bank.load(folder))
    name = f"load a bank of {questions:,} questions"
    shares = [cpu(lambda: bank.load(folder)) / cpu(parse) for _ in range(3)]
    yield figure(name, statistics.median(shares), "×", ratio_to="its bare parse", bar=2.5)
    check = cpu(lambda: bank.load(shipped("questions")), 3)
    yield figure("check the shipped bank", check, "s CPU", bar=1.0)


# -- the web, in this process


def fields(text: str) -> dict[str, str]:
    return dict(HIDDEN.findall(text.partition("data-ask")[2].partition("</form>")[0]))


def web_figures(app: Flask) -> Iterator[Figure]:
    client = app.test_client()
    statements: list[str] = []
    engine = app.extensions["store"]._database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def counted(act: Callable[[], object]) -> int:
        statements.clear()
        act()
        return len([each for each in statements if not each.startswith("BEGIN")])

    def new_set() -> str:
        page = client.get("/").text
        return client.post("/", data=fields(page) | {"unsure": "1"}).headers["Location"].rpartition("/")[0]

    address = new_set()
    here = f"{address}/2"
    form = fields(client.get(here).text) | {"unsure": "1"}
    yield figure("SQL statements of a question page", counted(lambda: client.get(here)), "", bar=3)
    yield figure("SQL statements of an answer", counted(lambda: client.post(here, data=form)), "", bar=4)
    yield figure("SQL statements of the progress page", counted(lambda: client.get("/progress")), "", bar=6)
    pages = {"home": "/", "question": f"{address}/3", "feedback": f"{address}/1", "progress": "/progress"}
    assets = sum(
        len(gzip.compress((Path(app.static_folder or "") / n).read_bytes()))
        for n in ("quizapp.css", "quizapp.js")
    )
    heaviest = max(len(gzip.compress(client.get(path).data)) for path in pages.values())
    yield figure("heaviest page with its assets, gzipped", (heaviest + assets) / 1000, "kB", bar=30)
    yield from answer_cost(app, new_set)


def answer_cost(app: Flask, new_set: Callable[[], str]) -> Iterator[Figure]:
    """A whole answer (request, transaction, redirect and the feedback page) against that page alone."""
    client = app.test_client()
    page = client.get("/").text
    first = client.post("/", data=fields(page) | {"unsure": "1"}).headers["Location"]
    templates: dict[str, object] = {}

    def keep(_app: Flask, template: object, context: dict[str, object], **_: object) -> None:
        templates.update(context)

    from flask import template_rendered

    with template_rendered.connected_to(keep, app):
        client.get(first)
    context = {key: value for key, value in templates.items() if key not in ("request", "session", "g")}

    def bare() -> None:
        with app.test_request_context(first):
            render_template("learner/told.html", **context)

    def answering() -> float:
        began = time.process_time()
        address = new_address()
        began = time.process_time()
        for place in range(2, 11):
            form = {"step": f"01a1f9af-4d17-7142-b2b7-{next(numbers):012x}", "unsure": "1"}
            client.post(f"{address}/{place}", data=form)
        return (time.process_time() - began) / 9

    def new_address() -> str:
        text = client.get("/").text
        return client.post("/", data=fields(text) | {"unsure": "1"}).headers["Location"].rpartition("/")[0]

    numbers = iter(range(1, 10**9))
    shares = [answering() / cpu(bare, 20) for _ in range(ROUNDS)]
    yield figure(
        "answer one question",
        statistics.median(shares),
        "×",
        ratio_to="rendering its feedback page alone",
        bar=3.5,
    )


# -- the store


def store_figures(folder: Path) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/store.db"
    upgrade(address)
    store, now = Store(address), datetime.now(UTC)
    questions = bank.load(shipped("questions"))
    picks = learn.draw(learn.Quiz(), questions, seed=1, profile=learn.Profile(), now=now)
    asked = [pick.question for pick in picks]
    store.add_learner("ann", "token", now)
    attempt = learn.start(learn.Quiz(), picks, attempt_id="a", learner="ann", seed=1, now=now)
    numbers = iter(range(10**9))
    ours, plain = [], []
    raw = sqlite.driver.connect(folder / "raw.db", isolation_level=None)
    raw.execute("PRAGMA journal_mode=TRUNCATE")
    raw.execute("PRAGMA synchronous=FULL")
    columns = (
        "id TEXT PRIMARY KEY, learner TEXT, attempt TEXT, place, kind TEXT, answer TEXT, sure, score, at"
    )
    raw.execute(f"CREATE TABLE step ({columns})")
    raw.execute("CREATE TABLE learner (id TEXT PRIMARY KEY, answers INT)")
    raw.execute("INSERT INTO learner VALUES ('ann', 0)")

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
        raw.execute("BEGIN IMMEDIATE")
        row = (f"s{next(numbers)}", "ann", "a", 1, "submit", "[]", 0, 0.0, 1)
        raw.execute("INSERT INTO step VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", row)
        raw.execute("UPDATE learner SET answers = answers + 1 WHERE id = 'ann'")
        raw.execute("COMMIT")
        plain.append(time.process_time() - began)

    for _ in range(400):
        one()
        bare()
    raw.close()
    store.close()
    share = statistics.median(ours) / statistics.median(plain)
    yield figure("keep one answer", share, "×", ratio_to="the same statements in plain sqlite3", bar=5)


# -- a learner with many answers


FEW, MANY = 1_000, 100_000
NEW = 10
"""Answers that came since the profile was kept."""


def history_figures(folder: Path) -> Iterator[Figure]:
    address = f"sqlite:///{folder}/history.db"
    upgrade(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    few, many = (reader_of(app, answers) for answers in (FEW, MANY))
    share = ratio(many, few, 5)
    name = f"the progress page after {MANY:,} answers"
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
    fill(store, learner, answers, begin=now - timedelta(days=365), end=now - timedelta(hours=1))
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


# -- the lab


TRACED = """
import asyncio

async def work(name, seconds):
    await asyncio.sleep(seconds)
    print(name)

async def main():
    await asyncio.gather(*(work(n, n / 1000) for n in range(3)))

asyncio.run(main())
"""


def lab_figures(folder: Path) -> Iterator[Figure]:
    with lab.Batch() as batch:
        runs = [wall(lambda: batch.run(TRACED)) for _ in range(30)]
        plain = [wall(lambda: batch.run(TRACED, clock="real")) for _ in range(30)]
    yield figure("runs a second, one child", 1 / statistics.median(runs), "/s")
    share = statistics.median(runs) / statistics.median(plain)
    yield figure("a run on the virtual clock", share, "×", ratio_to="the same on the real clock", bar=2)
    command = [sys.executable, "-m", "quizapp.cli", "prove", "--json"]
    environment = os.environ | {"XDG_CACHE_HOME": str(folder / "cache")}

    def prove() -> dict[str, float]:
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        found: dict[str, float] = json.loads(done.stdout)
        return found

    cold, cached = prove(), prove()
    yield figure(f"prove {cold['programs']} programs, cold", cold["seconds"], "s", bar=120)
    yield figure("prove the unchanged bank again", cached["seconds"], "s", bar=1)


def wall(act: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.monotonic()
    act()
    return time.monotonic() - began


# -- starting


def start_figures(folder: Path) -> Iterator[Figure]:
    sys.path.insert(0, str(Path(__file__).parent.parent))
    from tests.servers import Server

    address = f"sqlite:///{folder}/start.db"
    upgrade(address)
    shares = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", "import flask, sqlalchemy"], check=True)
        imports = time.monotonic() - began
        began = time.monotonic()
        with Server(address):
            shares.append((time.monotonic() - began) / imports)
    yield figure(
        "serve, to the first page",
        statistics.median(shares),
        "×",
        ratio_to="importing Flask and SQLAlchemy",
        bar=2.5,
    )


def main() -> int:
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "bank").mkdir()
        address = f"sqlite:///{folder}/web.db"
        upgrade(address)
        app = create_app(banks=(shipped("questions"),), database=address)
        groups = (
            bank_figures(folder / "bank"),
            web_figures(app),
            store_figures(folder),
            history_figures(folder),
            lab_figures(folder),
            start_figures(folder),
            (figure(**each) for each in matrix_figures(folder)),
            (figure(**each) for each in regrade_figures(folder)),
        )
        for group in groups:
            for found in group:
                figures.append(found)
                against = f" of {found.ratio_to}" if found.ratio_to else ""
                bar = "" if found.bar is None else f" (bar {found.bar:g})"
                value = f"{found.value:g} {found.unit}{against}".replace("× of", "×")
                print(f"{'ok ' if found.ok else 'MISS'} {found.name}: {value}{bar}", flush=True)
        app.extensions["store"].close()
    machine = {
        "python": platform.python_version(),
        "sqlite": sqlite.driver.sqlite_version,
        "system": platform.system(),
        "machine": platform.machine(),
        "measured": datetime.now(UTC).date().isoformat(),
    }
    RESULTS.write_text(
        json.dumps({"machine": machine, "figures": [asdict(each) for each in figures]}, indent=2) + "\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
