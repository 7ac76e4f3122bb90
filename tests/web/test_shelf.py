"""A bank that changes while it is served, for better and for worse."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quizapp.shipped import shipped
from quizapp.web import BankFaulty, create_app
from quizapp.web.shelf import Shelf
from tests.conftest import Person


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped("questions"), tmp_path / "bank"))


def changed(path: Path, change: Callable[[str], str]) -> None:
    path.write_text(change(path.read_text()))
    later = time.time_ns() + 5_000_000_000
    os.utime(path, ns=(later, later))


def look_again(shelf: Shelf) -> None:
    shelf._looked -= 10


def test_a_changed_bank_is_used_without_a_restart(bank: Path) -> None:
    shelf = Shelf((bank,))
    changed(
        bank / "coroutines.yaml",
        lambda text: text.replace("title: Coroutines", "title: Coroutine objects", 1),
    )
    assert shelf.bank().topic("coroutines").title == "Coroutines"
    look_again(shelf)
    assert shelf.bank().topic("coroutines").title == "Coroutine objects"


def test_a_bank_that_breaks_leaves_the_last_good_one_and_the_pages_say_so(bank: Path, database: str) -> None:
    app = create_app(banks=(bank,), database=database, watch=True)
    person, shelf = Person(app.test_client()), app.extensions["shelf"]
    address = person.start("/practice/coroutines")
    changed(bank / "coroutines.yaml", lambda text: text + "\n- broken: `yes\n")
    look_again(shelf)
    page = person.get(f"{address}/2")
    assert page.status_code == 200
    assert "stays in use" in page.text
    assert "coroutines.yaml:" in page.text
    changed(bank / "coroutines.yaml", lambda text: text.replace("\n- broken: `yes\n", ""))
    look_again(shelf)
    assert "stays in use" not in person.get(f"{address}/2").text
    app.extensions["store"].close()


def test_learners_of_a_server_that_does_not_watch_are_not_bothered(bank: Path, database: str) -> None:
    app = create_app(banks=(bank,), database=database)
    changed(bank / "coroutines.yaml", lambda text: text + "\n- broken: `yes\n")
    look_again(app.extensions["shelf"])
    page = Person(app.test_client()).get("/")
    assert page.status_code == 200
    assert "stays in use" not in page.text
    app.extensions["store"].close()


def test_a_file_that_goes_away_takes_its_questions_along_and_nothing_else(bank: Path) -> None:
    shelf = Shelf((bank,))
    (bank / "coroutines.yaml").unlink()
    changed(bank / "bank.yaml", lambda text: text.replace("- coroutines\n", ""))
    look_again(shelf)
    assert "coroutines" not in [topic.id for topic in shelf.bank().topics]
    assert shelf.trouble is None


def test_a_bank_that_was_never_good_is_not_served(bank: Path, database: str) -> None:
    (bank / "coroutines.yaml").write_text("title: [")
    with pytest.raises(BankFaulty) as caught:
        create_app(banks=(bank,), database=database)
    assert caught.value.faults


def test_an_empty_bank_says_how_to_fill_it(tmp_path: Path, database: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "later.yaml").write_text("title: Later\nquestions: []\n")
    app = create_app(banks=(tmp_path / "empty",), database=database)
    person = Person(app.test_client())
    assert "No questions yet" in person.get("/").text
    assert person.get("/topics").status_code == 200
    assert person.get("/mixed").status_code == 404
    app.extensions["store"].close()
