"""Hints: on no page before they are asked for, kept with what was filled in, and never in an exam."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from quizapp.bank import Bank, Question, load
from quizapp.web import create_app
from tests.conftest import Person, hidden
from tests.past import HINTED, hinted_bank
from tests.web.test_answering import form_values

PATH = f"/q/{HINTED}"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hinted_bank(tmp_path_factory.mktemp("hinted"))


@pytest.fixture(scope="module")
def hints(bank: Path) -> tuple[str, ...]:
    return tuple(re.sub(r"`", "", hint) for hint in load(bank)[HINTED].hints)


@pytest.fixture
def app(bank: Path, database: str) -> Iterator[Flask]:
    app = create_app(banks=(bank,), database=database)
    yield app
    app.extensions["store"].close()


def shown(text: str) -> str:
    """The page without its tags for code."""
    return re.sub(r"</?code>", "", text)


def rows(person: Person) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(person.get("/progress.csv").text)))


def test_a_hint_is_on_no_page_before_it_is_asked_for(learner: Person, hints: tuple[str, ...]) -> None:
    pages = [learner.get(path) for path in (PATH, "/", "/topics", "/practice/coroutines", "/progress")]
    pages += [learner.answer(pages[0])]
    assert not [hint for page in pages for hint in hints if hint in shown(page.text)]
    assert "Show a hint" in pages[0].text
    first = learner.answer(pages[0], hint="1")
    assert hints[0] in shown(first.text)
    assert not [hint for hint in hints[1:] if hint in shown(first.text)]


def test_the_first_question_gives_hints_before_anything_else_is_kept(
    learner: Person, hints: tuple[str, ...]
) -> None:
    page = learner.answer(learner.get(PATH), hint="1")
    here = learner.at
    assert re.fullmatch(r"/s/[\w-]+/1", here)
    assert "data-ask" in page.text
    assert "Another hint" in page.text
    assert rows(learner) == []
    again = learner.get(here)
    assert hints[0] in shown(again.text)


def test_hints_come_one_by_one_and_end(learner: Person, hints: tuple[str, ...]) -> None:
    page = learner.get(PATH)
    for number in range(1, len(hints) + 1):
        page = learner.answer(page, hint="1")
        assert [hint in shown(page.text) for hint in hints] == [
            place <= number for place in range(1, len(hints) + 1)
        ]
    assert "data-hint" not in page.text
    assert learner.answer(page, hint="1").status_code == 409


def test_what_was_filled_in_is_kept_while_a_hint_is_shown(learner: Person) -> None:
    page = learner.answer(learner.get(PATH), "2", hint="1")
    assert re.search(r'value="2"[^>]* checked', page.text)
    page = learner.answer(page, "3", hint="1")
    assert re.search(r'value="3"[^>]* checked', page.text)
    assert not re.search(r'value="2"[^>]* checked', page.text)


def test_what_can_not_be_read_does_not_stand_in_the_way_of_a_hint(
    learner: Person, hints: tuple[str, ...]
) -> None:
    page = learner.answer(learner.get(PATH), "nonsense", hint="1")
    assert hints[0] in shown(page.text)
    page = learner.answer(page, "99", hint="1")
    assert hints[1] in shown(page.text)


def test_a_hint_asked_for_twice_by_the_same_form_is_one_hint(learner: Person, hints: tuple[str, ...]) -> None:
    opening = learner.get(PATH)
    page = learner.answer(opening, hint="1")
    again = learner.answer(opening, hint="1")
    assert hints[1] not in shown(again.text)
    for _ in range(2):
        learner.answer(page, hint="1")
    question = hinted_question(learner)
    told = learner.answer(learner.get(learner.at), *form_values(question, learner.get(learner.at).text))
    assert "data-verdict>Right<" in told.text
    assert [row["hints"] for row in rows(learner)] == ["2"]


def hinted_question(person: Person) -> Question:
    bank: Bank = person.client.application.extensions["shelf"].bank()
    return bank[HINTED]


def test_an_answer_with_a_hint_counts_as_right_and_history_says_so(learner: Person) -> None:
    page = learner.answer(learner.get(PATH), hint="1")
    told = learner.answer(page, *form_values(hinted_question(learner), page.text))
    assert "data-verdict>Right<" in told.text
    assert "hint" not in told.text.partition("<main")[2].partition("Why</h2>")[0].lower()
    (row,) = rows(learner)
    assert (row["score"], row["hints"], row["sure"]) == ("1", "1", "yes")
    assert "Right, with a hint" in learner.get("/progress/history").text
    assert "100% of 1" in learner.get("/progress").text


def test_no_hint_after_the_answer(learner: Person) -> None:
    page = learner.get(PATH)
    learner.answer(page, unsure="1")
    late = learner.post(
        learner.at, hidden(page) | {"hint": "1", "step": "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"}
    )
    assert "answered before" in late.text
    assert [row["hints"] for row in rows(learner)] == ["0"]


def test_a_question_without_hints_offers_and_gives_none(learner: Person) -> None:
    path = "/q/coroutines/read-the-warning"
    page = learner.get(path)
    assert "data-hint" not in page.text
    assert learner.answer(page, hint="1").status_code == 409
    assert "on this device" not in learner.get("/topics").text


def test_an_exam_gives_no_hints(learner: Person, hints: tuple[str, ...]) -> None:
    set_id = re.search(r'name="set" value="([^"]+)"', learner.get("/topics").text)
    assert set_id
    learner.post("/exam", {"set": set_id[1], "topic": "coroutines", "count": "40"})
    address, found = learner.at.rpartition("/")[0], 0
    places = range(1, learner.get(f"{address}/done").text.count('href="' + address + "/") + 1)
    for place in places:
        page = learner.get(f"{address}/{place}")
        if page.status_code == 404:
            continue
        found += "What happens when this program runs?" in page.text
        assert "data-hint" not in page.text
        assert not [hint for hint in hints if hint in shown(page.text)]
    assert found
    refused = learner.answer(learner.get(f"{address}/1"), hint="1")
    assert refused.status_code == 409
