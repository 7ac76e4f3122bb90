"""Storms: replies that get lost, the same request many times at once, and everybody in the same second."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from functools import partial
from pathlib import Path

from tests.faults.clients import Form, Learner
from tests.faults.oracle import Said, Verdict
from tests.faults.scene import (
    answer_until_done,
    class_of,
    classroom,
    database_in,
    in_threads,
    judged,
    settled,
)
from tests.servers import Server

COPIES = 50
"""The same request, sent so often at once."""
DROPS = 0.3


def lose_replies(folder: Path, seed: int, answers: int, *, keeps_ids: bool = True) -> Verdict:
    """Three of ten replies never arrive, so that an answer is sent again; without its id it is a new one."""
    server = Server(database_in(folder))
    learners = class_of(server, classroom(server.database), seed, drops=DROPS, keeps_ids=keeps_ids)
    with server:
        answer_until_done(learners, answers)
    for learner in learners:
        learner.drops = 0.0
    return settled(server, learners)


def send_copies(folder: Path, seed: int, rounds: int) -> tuple[Verdict, int]:
    """Each answer goes out fifty times at once; also how many replies led elsewhere than the first."""
    server, strays = Server(database_in(folder)), 0
    codes = classroom(server.database)
    with server:
        owner = Learner(server, "Learner 0", seed, codes)
        copies = [Learner(server, f"Copy {number}", seed, cookies=owner.cookies) for number in range(COPIES)]
        for number in range(rounds):
            owner.at = ""
            code = codes[1] if number % 2 else ""
            path, form, said = _ready_to_send(owner, code, place=1 + number // 2 % 4)
            owner.ledger.append(said)
            replies: list[tuple[int, str]] = []

            def send(
                copy: Learner, path: str = path, form: Form = form, into: list[tuple[int, str]] = replies
            ) -> None:
                into.append(copy.request("POST", path, form)[:2])

            in_threads([partial(send, each) for each in copies])
            said.is_acknowledged = any(status == 303 for status, _ in replies)
            strays += COPIES - Counter(replies).most_common(1)[0][1]
            for each in (owner, *copies):
                each.hang_up()
    return judged(server.database, [owner]), strays


def _ready_to_send(learner: Learner, code: str = "", place: int = 1) -> tuple[str, Form, Said]:
    """A form that is filled in and not sent: the first question of practice, or one of an exam."""
    if code:
        learner.page(f"/a/{code}")
        learner.follow(f"/a/{code}", [("name", learner.name)])
        learner.at = f"{learner.at.rpartition('/')[0]}/{place}"
    return learner.fill_in(learner.form(learner.at or "/mixed"))


def all_at_once(folder: Path, seed: int, learners: int) -> tuple[Verdict, dict[str, float]]:
    """Everybody has a form open, and all send it in the same second."""
    rng, server = random.Random(seed), Server(database_in(folder))
    classroom(server.database)
    crowd = [Learner(server, f"Learner {number}", seed) for number in range(learners)]
    seconds: list[float] = []
    with server:
        forms = [_ready_to_send(each) for each in crowd]
        for each in crowd:
            each.hang_up()

        def send(learner: Learner, form: tuple[str, Form, Said], wait: float) -> None:
            time.sleep(wait)
            sent = time.monotonic()
            learner.send(*form)
            seconds.append(time.monotonic() - sent)
            learner.hang_up()

        began = time.monotonic()
        in_threads([partial(send, *each, rng.random()) for each in zip(crowd, forms, strict=True)])
        took = time.monotonic() - began
    seconds.sort()
    figures = {"seconds_until_all_were_kept": took}
    if len(seconds) > 1:
        figures |= {"p50": statistics.median(seconds), "p99": seconds[int(len(seconds) * 0.99)]}
    return judged(server.database, crowd), {name: round(value, 2) for name, value in figures.items()}
