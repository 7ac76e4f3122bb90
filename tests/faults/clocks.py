"""Clocks that are set forwards and back while a timed exam runs on a real server."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from quizapp.store import Store
from quizapp.store import tables as t
from tests.faults.clients import Learner, Refused
from tests.faults.oracle import Said, Verdict
from tests.faults.scene import Injected, classroom, database_in, judged

OPEN_FOR = timedelta(seconds=30)


def jump(folder: Path, seed: int, *faults: str) -> tuple[Verdict, bool]:
    """Sit an exam while the clock goes forward by an hour, then an hour back; and whether the log told of it.

    The time must not be up early, what was saved last must count, and the end must not come back.
    """
    clock, broken = folder / "clock", []
    set_clock(clock, 0)
    address = database_in(folder)
    classroom(address)
    server = Injected(address, faults=("clock", *faults), env={"QUIZAPP_TEST_CLOCK": str(clock)})
    learner = Learner(server, "Learner 0", seed)
    with server:
        closes = datetime.now(UTC) + OPEN_FOR
        exam = _begin(learner, classroom(address, closes=closes, grace=1)[1])
        for place, offset in ((1, 0), (2, 3600), (3, -3600)):
            set_clock(clock, offset)
            try:
                _save(learner, exam, 4)
                _save(learner, exam, place)
            except Refused as error:
                broken.append(f"with the clock {offset:+} seconds away: {error}")
        broken += _outdated(address, learner.ledger)
        time.sleep(max(0.0, (closes - datetime.now(UTC)).total_seconds()) + 2)
        learner.hang_up()  # the server has closed a connection that was idle for so long
        try:
            late = _save(learner, exam, 1)
            if any(row.id in late.ids and row.kind != "late" for row in _steps(address)):
                broken.append("the end came back when the clock was set back")
            learner.ledger.remove(late)
        except Refused:
            pass  # the page says that the time is up
        is_told = "clock jumped" in server.output
    learner.hang_up()
    verdict = judged(address, [learner])
    return replace(verdict, broken=(*verdict.broken, *broken)), is_told


def set_clock(file: Path, offset: int) -> None:
    """From now on the program's clock differs by so many seconds."""
    new = file.with_suffix(".new")
    new.write_text(f"{offset:+}\n")
    new.replace(file)


def _begin(learner: Learner, code: str) -> str:
    learner.page(f"/a/{code}")
    learner.follow(f"/a/{code}", [("name", learner.name)])
    return learner.at.rpartition("/")[0]


def _save(learner: Learner, exam: str, place: int) -> Said:
    """Save another answer to a place of an exam. Raises Refused when it takes none any more."""
    path, sent, said = learner.fill_in(learner.form(f"{exam}/{place}"))
    learner.send(path, sent, said)
    return said


def _steps(address: str) -> list[Any]:
    store = Store(address)
    with store.database.reading() as db:
        rows = list(db.execute(t.step.select()))
    store.close()
    return rows


def _outdated(address: str, ledger: list[Said]) -> list[str]:
    """Places at which not the last acknowledged answer counts."""
    store = Store(address)
    try:
        with store.database.reading() as db:
            owner = db.execute(t.attempt.select().where(t.attempt.c.id == ledger[0].attempt)).one().learner
        attempt = store.attempt(ledger[0].attempt, owner)
    finally:
        store.close()
    last = {said.place: said.ids[0] for said in ledger}
    found = {place: attempt.slot(place).step for place in last}
    return [
        f"at place {place} an older answer counts than the one saved last"
        for place, step in found.items()
        if step is None or step.id != last[place]
    ]
