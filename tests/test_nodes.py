"""Two nodes behind a proxy over one PostgreSQL: nothing sticks to a node, and losing one loses nothing."""

from __future__ import annotations

import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from werkzeug.test import TestResponse

from quizapp.shipped import shipped
from tests import postgres
from tests.conftest import Person, hidden
from tests.nodes import NODE, Nodes, lacking
from tests.web.test_shelf import changed

LACKING = lacking()
pytestmark = [
    pytest.mark.bulk,
    pytest.mark.skipif(
        bool(LACKING) and "REQUIRE_NODES" not in os.environ,
        reason=f"nodes need {LACKING}; install it, or set REQUIRE_NODES to fail without",
    ),
]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One topic of the shipped bank, which starts sooner."""
    folder = tmp_path_factory.mktemp("bank")
    for name in ("concepts.yaml", "misconceptions.yaml", "coroutines.yaml"):
        shutil.copy(shipped("questions") / name, folder)
    text = (shipped("questions") / "bank.yaml").read_text()
    (folder / "bank.yaml").write_text(re.sub(r"^- (?!coroutines).*\n", "", text, flags=re.M))
    return folder


@pytest.fixture(scope="module")
def nodes(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    assert not LACKING, f"nodes need {LACKING}"
    cluster = postgres.Cluster().start()
    try:
        with Nodes(cluster, tmp_path_factory.mktemp("proxy"), [bank]).running() as nodes:
            yield nodes
    finally:
        cluster.remove()


def steps_kept(nodes: Nodes) -> int:
    with psycopg.connect(nodes.direct) as db:
        row = db.execute("SELECT count(*) FROM step WHERE kind = 'submit'").fetchone()
    assert row
    return int(row[0])


def answer_rest(learner: Person, address: str) -> int:
    """Answer a begun set to its end; gives how many answers that took."""
    for count in range(40):
        page = learner.get(address)
        if learner.at.endswith("/done"):
            return count
        assert learner.answer(page, unsure="1").status_code == 200
    raise AssertionError("the set does not end")


def test_a_learners_requests_go_to_both_nodes_in_turn_and_nothing_sticks_to_one(nodes: Nodes) -> None:
    learner, before = nodes.person(), steps_kept(nodes)
    seen = [learner.client.get("/topics").headers[NODE] for _ in range(4)]
    assert seen in (["app1", "app2"] * 2, ["app2", "app1"] * 2)
    address = learner.start("/practice/coroutines")
    answered = 1 + answer_rest(learner, address)
    assert steps_kept(nodes) == before + answered
    for _ in range(2):
        assert f"{answered} answers" in learner.get("/progress").text
    kept = learner.post("/keep", {"name": "Robin Both", "password": "a long enough phrase of mine"})
    assert kept.status_code == 200, kept.text
    elsewhere = nodes.person()
    elsewhere.post("/signin", {"name": "Robin Both", "password": "a long enough phrase of mine"})
    for _ in range(2):
        assert f"{answered} answers" in elsewhere.get("/progress").text
    elsewhere.post("/signout")
    for _ in range(2):
        assert elsewhere.client.get("/account").status_code == 404


def test_an_answer_sent_to_both_nodes_counts_once(nodes: Nodes) -> None:
    learner, before = nodes.person(), steps_kept(nodes)
    page = learner.get("/mixed")
    form = hidden(page) | {"unsure": "1"}
    copies = [
        threading.Thread(target=learner.client.post, args=("/mixed",), kwargs={"data": form})
        for _ in range(8)
    ]
    for each in copies:
        each.start()
    for each in copies:
        each.join(30)
    assert steps_kept(nodes) == before + 1


def test_a_changed_bank_reaches_both_nodes_and_a_begun_set_goes_on(nodes: Nodes, bank: Path) -> None:
    learner = nodes.person()
    address = learner.start("/practice/coroutines")
    changed(
        bank / "coroutines.yaml",
        lambda text: text.replace("title: Coroutines", "title: Coroutine objects", 1),
    )
    stranger, deadline, seen = nodes.person(), time.monotonic() + 10, set()
    while len(seen) < len(nodes.servers):
        assert time.monotonic() < deadline
        answer = stranger.client.get("/topics")
        if "Coroutine objects" in answer.text:
            seen.add(answer.headers[NODE])
    assert answer_rest(learner, address) > 0


def test_a_node_killed_and_a_database_restarted_lose_nothing(nodes: Nodes) -> None:
    before, told, stop = steps_kept(nodes), [0] * 4, threading.Event()

    def answer_on(number: int) -> None:
        learner = nodes.person()
        while not stop.is_set():
            page = patiently(lambda: learner.get("/mixed"))
            patiently(partial(learner.answer, page, unsure="1"))
            told[number] += 1

    numbers = range(len(told))
    learners = [threading.Thread(target=answer_on, args=(number,), daemon=True) for number in numbers]
    for each in learners:
        each.start()
    time.sleep(0.7)
    nodes.servers[0].kill()
    time.sleep(0.7)
    for mode in ("fast", "immediate"):
        nodes.restart_database(mode)
        time.sleep(0.7)
    stop.set()
    for each in learners:
        each.join(60)
        assert not each.is_alive()
    assert all(told)
    assert steps_kept(nodes) == before + sum(told)


def patiently(ask: Callable[[], TestResponse]) -> TestResponse:
    """Ask again until there is an answer, as a browser that keeps what it has to send does."""
    deadline = time.monotonic() + 30
    while (answer := ask()).status_code in (502, 503, 504):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert answer.status_code == 200, answer.text
    return answer
