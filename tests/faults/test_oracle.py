"""The oracle is red when a promise is broken: a harness that can't fail proves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizapp.shipped import shipped
from quizapp.store import Store
from quizapp.web import create_app
from tests.conftest import Person, hidden
from tests.faults.oracle import Said, Verdict, examine
from tests.faults.scene import classroom, database_in
from tests.rows import change

pytestmark = pytest.mark.bulk


@pytest.fixture
def told(tmp_path: Path) -> tuple[str, list[Said]]:
    """A database with three answers, one of them in an assignment, and what its learner was told."""
    address, said = database_in(tmp_path), []
    practice, _ = classroom(address)
    app = create_app(banks=(shipped("questions"),), database=address)
    person = Person(app.test_client())
    for start in ("/mixed", "", f"/a/{practice}"):
        page = person.get(start) if start else person.get(f"{person.at.rpartition('/')[0]}/2")
        if start.startswith("/a/"):
            page = person.post(start, {"name": "Ann"})
        form = hidden(page)
        attempt, place = (form["set"], "1") if "set" in form else person.at.split("/")[-2:]
        person.answer(page, unsure="1")
        said.append(Said(attempt, int(place), (), False, [form["step"]], is_acknowledged=True))
    app.extensions["store"].close()
    return address, said


def verdict(told: tuple[str, list[Said]]) -> Verdict:
    return examine(told[0], [told[1]])


def test_what_was_kept_as_it_was_sent_is_good(told: tuple[str, list[Said]]) -> None:
    found = verdict(told)
    assert found.broken == ()
    assert (found.acknowledged, found.kept, found.lost, found.doubled) == (3, 3, 0, 0)


def test_an_answer_that_was_never_kept_is_lost(told: tuple[str, list[Said]]) -> None:
    told[1].append(Said(told[1][0].attempt, 3, (), False, ["never-kept"], is_acknowledged=True))
    assert (verdict(told).lost, verdict(told).is_good) == (1, False)


def test_an_answer_without_an_acknowledgement_may_be_missing_at_the_end_only(
    told: tuple[str, list[Said]],
) -> None:
    waiting = Said(told[1][0].attempt, 3, (), False, ["on-its-way"])
    told[1].append(waiting)
    assert verdict(told).is_good
    told[1].insert(0, told[1].pop())
    assert verdict(told).broken == ("later answers are kept, and on-its-way is not",)


def test_an_answer_that_is_kept_under_two_ids_is_doubled(told: tuple[str, list[Said]]) -> None:
    first, second = told[1][0], told[1].pop(1)
    first.ids.append(second.ids[0])
    assert verdict(told).doubled == 1


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE step SET answer = '[\"else\"]' WHERE id = :which", "is kept as"),
        ("UPDATE step SET sure = 1 - sure WHERE id = :which", "is kept as"),
        ("UPDATE step SET score = 0.5 WHERE id = :which", "is worth another score"),
        ("UPDATE learner SET answers = answers + 1", "are counted"),
        (
            "UPDATE attempt SET points = 3 WHERE assignment IS NOT NULL AND :which != ''",
            "a derived row differs",
        ),
        ("UPDATE slot SET seconds = 99 WHERE score IS NOT NULL AND :which != ''", "a derived row differs"),
    ],
)
def test_what_was_changed_behind_its_back_is_seen(told: tuple[str, list[Said]], sql: str, said: str) -> None:
    change(told[0], sql, **({"which": told[1][0].ids[0]} if ":which" in sql else {}))
    assert any(said in each for each in verdict(told).broken)


def test_an_answer_that_nobody_sent_is_seen(told: tuple[str, list[Said]]) -> None:
    told[1].pop()
    assert any("nobody sent" in each for each in verdict(told).broken)


def test_a_damaged_file_is_seen(told: tuple[str, list[Said]], tmp_path: Path) -> None:
    store = Store(told[0])  # the log goes into the file
    store.close()
    path = tmp_path / "quizapp.db"
    data = bytearray(path.read_bytes())
    for at in range(8192, len(data), 4096):
        data[at : at + 64] = bytes(64)
    path.write_bytes(data)
    assert not verdict(told).is_good
