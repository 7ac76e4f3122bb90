"""Where faults happen: a fresh database with a group and two assignments, a real server, and a class."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quizapp.learn import PRESETS, Paper, Part, Rules
from quizapp.store import Assignment, Assignments, Group, Groups, Store, upgrade
from quizapp.web.guests import hashed, new_code, new_id, new_token
from tests.faults.clients import Learner, Serving
from tests.faults.oracle import Verdict, examine
from tests.servers import Server

QUESTIONS = (
    "coroutines/calling-does-not-run",
    "coroutines/what-a-call-returns",
    "coroutines/async-without-await",
    "common-mistakes/time-sleep-in-gather",
)
PAPER = Paper("Asyncio basics", tuple(Part(question=each) for each in QUESTIONS))
CLASS = 8
"""Learners who answer at once."""


def classroom(address: str, **rules: Any) -> tuple[str, str]:
    """Prepare a database, and give its group a practice and an exam; gives their codes."""
    upgrade(address)
    store, moment = Store(address), datetime.now(UTC)
    try:
        trainer = store.add_learner(new_id(), hashed(new_token()), moment).id
        group = Group(new_id(), trainer, "Team Kestrel", new_code(), True, moment)
        Groups(store.database).add(group)
        return (
            _given(store, group, replace(PRESETS["practice"], **rules)),
            _given(store, group, replace(PRESETS["exam"], attempts=0, **rules)),
        )
    finally:
        store.close()


def _given(store: Store, group: Group, rules: Rules) -> str:
    assignment = Assignment(
        id=new_id(),
        owner=group.owner,
        group=group.id,
        title=PAPER.title,
        code=new_code(),
        paper=PAPER,
        rules=rules,
        made=datetime.now(UTC),
    )
    Assignments(store.database).add(assignment)
    return assignment.code


class Injected(Server):
    """A real server with faults in it, from `tests/faults/injected/`."""

    def __init__(
        self, database: str, *, faults: Sequence[str], env: Mapping[str, str] = {}, **more: Any
    ) -> None:
        own = {"PYTHONPATH": str(Path(__file__).parent / "injected"), "QUIZAPP_TEST_FAULTS": ",".join(faults)}
        super().__init__(database, env=own | dict(env), **more)


def class_of(
    server: Serving, codes: Sequence[str], seed: int, size: int = CLASS, **how: Any
) -> list[Learner]:
    """Learners who practise, sit exams and take the assignments."""
    return [Learner(server, f"Learner {number}", seed, codes, **how) for number in range(size)]


@contextmanager
def answering(learners: Sequence[Learner], most: int = 10**9) -> Iterator[threading.Event]:
    """The class answers, each in a thread, until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.answer_on, args=(stop, most), daemon=True) for each in learners]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(90)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for a reply for ever"


def answer_until_done(learners: Sequence[Learner], most: int) -> None:
    """The class answers until each has had so many more acknowledgements."""
    threads = [threading.Thread(target=each.answer_on, args=(threading.Event(), most)) for each in learners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads), "somebody waits for a reply for ever"


def settled(server: Server, learners: Sequence[Learner]) -> Verdict:
    """Serve once more, so that everybody can send what still waits, and judge the end."""
    with server:
        for learner in learners:
            learner.hang_up()  # what it was connected to is gone
            learner.settle()
            learner.hang_up()
    return judged(server.database, learners)


def judged(address: str, learners: Sequence[Learner]) -> Verdict:
    """The oracle's verdict on what these learners were told, and what the server refused them."""
    verdict = examine(address, [learner.ledger for learner in learners])
    refusals = tuple(f"refused: {each}" for learner in learners for each in learner.refusals)
    return replace(verdict, broken=(*verdict.broken, *refusals))


def database_in(folder: Path) -> str:
    """The address of a database in a folder."""
    return f"sqlite:///{folder / 'quizapp.db'}"


def in_threads(acts: Sequence[Callable[[], object]]) -> None:
    """Do all at once: each waits until the others are there, too."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        barrier.wait(60)
        act()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
