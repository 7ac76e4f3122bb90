"""Banks that break, change or vanish while people answer from them."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from quizapp.shipped import shipped
from tests.faults.clients import Learner
from tests.faults.kills import wait_for
from tests.faults.oracle import Verdict
from tests.faults.scene import answering, class_of, classroom, database_in, judged
from tests.servers import Server

TOPIC = "coroutines.yaml"
LOOKED = 1.3
"""Seconds after which the server has looked at a changed file."""

Break = Callable[[Path], None]


def half_a_file(folder: Path) -> None:
    """A file that is being written."""
    text = (folder / TOPIC).read_text()
    (folder / TOPIC).write_text(text[: len(text) // 2])


def unknown_key(folder: Path) -> None:
    """A slip of the author's."""
    with (folder / TOPIC).open("a") as file:
        file.write("\n- id: never-heard\n  type: single-choice\n  propmt: What?\n")


def no_file(folder: Path) -> None:
    """A file that was deleted."""
    (folder / TOPIC).unlink()


def no_text(folder: Path) -> None:
    """What is no text at all."""
    (folder / TOPIC).write_bytes(random.Random(1).randbytes(5000))


BREAKS: tuple[Break, ...] = (half_a_file, unknown_key, no_file, no_text)


@dataclass(frozen=True)
class Broken:
    """What learners met while the bank was broken, and whether a good one was taken up after."""

    verdict: Verdict
    cases: int
    answered: int
    """Acknowledged while a broken bank lay there."""
    mended: int
    """After how many breaks the mended bank was in use."""


def break_bank(folder: Path, seed: int, breaks: tuple[Break, ...] = BREAKS) -> Broken:
    """Break the bank in each way under a class that answers, and swap in a good one by a symbolic link."""
    good, place = folder / "good", folder / "bank"
    shutil.copytree(shipped("questions"), good)
    place.symlink_to(good)
    server = Server(database_in(folder), banks=[place], watch=True)
    learners = class_of(server, classroom(server.database), seed)
    answered = mended = 0
    with server, answering(learners):
        wait_for(learners, 20)
        for number, act in enumerate(breaks):
            broken = folder / f"broken-{number}"
            shutil.copytree(good, broken)
            act(broken)
            swap(place, broken)
            time.sleep(LOOKED)
            before = sum(each.acknowledged for each in learners)
            wait_for(learners, 20)
            answered += sum(each.acknowledged for each in learners) - before
            better = folder / f"better-{number}"
            shutil.copytree(good, better)
            title = f"Coroutines, mended {number}"
            _retitle(better / TOPIC, title)
            swap(place, better)
            mended += _shows(server, title)
    for learner in learners:
        learner.hang_up()
    return Broken(judged(server.database, learners), len(breaks), answered, mended)


def swap(link: Path, target: Path) -> None:
    """Let a link lead elsewhere, in one step."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.replace(link)


def _retitle(path: Path, title: str) -> None:
    path.write_text(path.read_text().replace("title: Coroutines\n", f"title: {title}\n", 1))


def _shows(server: Server, title: str, seconds: float = 15.0) -> bool:
    """Whether a page shows the title of the mended topic in time."""
    onlooker, deadline = Learner(server, "Onlooker", 1), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if title in onlooker.page("/topics"):
            onlooker.hang_up()
            return True
        time.sleep(0.2)
    onlooker.hang_up()
    return False


def edit_question(folder: Path, seed: int, cases: int) -> tuple[Verdict, int]:
    """Edit every question between GET and POST; also how many answers were not kept as they were given.

    A running attempt keeps the wording that it was given; a first answer to an older wording is refused, with
    its page, and nothing is stored.
    """
    place, wrong = folder / "bank", 0
    shutil.copytree(shipped("questions"), place)
    server = Server(database_in(folder), banks=[place])
    learner = Learner(server, "Learner 0", seed)
    with server:
        for number in range(cases):
            learner.at = ""
            learner.send(*learner.fill_in(learner.form("/mixed")))
            in_set = learner.fill_in(learner.form(learner.at.rpartition("/")[0]))
            stranger = Learner(server, f"Stranger {number}", seed)
            opening = stranger.fill_in(stranger.form("/mixed"))
            for path in topics(place):
                path.write_text(reworded(path.read_text(), number))
            time.sleep(LOOKED)
            learner.page("/topics")
            learner.send(*in_set)
            status = stranger.request("POST", opening[0], opening[1])[0]
            wrong += status != 409
            stranger.hang_up()
    learner.hang_up()
    return judged(server.database, [learner]), wrong


def topics(folder: Path) -> Iterator[Path]:
    """The files that hold questions."""
    for path in sorted(folder.glob("*.yaml")):
        if "\nquestions:" in path.read_text():
            yield path


def reworded(text: str, number: int) -> str:
    """Every question of a topic with another prompt."""
    return re.sub(r"^(  prompt: (?:\|\n    |['\"]|))", rf"\g<1>({number}) ", text, flags=re.M)
