"""Sets of questions through the real app: begun, answered, left, taken up again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.bank import Question, load
from quizapp.shipped import shipped
from quizapp.store import Store
from quizapp.web import create_app
from quizapp.web.guests import hashed
from tests.conftest import Person, hidden, settled
from tests.databases import Databases

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
EACH_TYPE = list({question.type: question for question in ASKED}.values())


def form_values(question: Question, page_text: str) -> list[str]:
    """What a learner who knows the answer would send from this page: found by what can be read there."""
    if not question.keys():
        return list(question.model())
    if question.type == "spot-line":
        return [str(question.keys().index(question.model()[0]) + 1)]
    shown = tuple(sorted(question.keys(), key=lambda key: _place(question, key, page_text)))
    return list(question.fill(question.model(), shown))


def _place(question: Question, key: str, page_text: str) -> int:
    from quizapp.web.markup import inline, plain

    face = question.face(key)
    for text in (f"<span>{inline(face)}</span>", f">{inline(face)}</li>", f'class="out">{face}</span>'):
        if (at := page_text.find(str(text))) >= 0:
            return at
    from markupsafe import escape

    literal = f'class="out">{escape(face)}</span>' if face.strip() else "Nothing is printed"
    at = page_text.find(literal)
    assert at >= 0, (question.id, face, plain(face))
    return at


@pytest.fixture(scope="module")
def shared_app(databases: Databases) -> Iterator[Flask]:
    """One app for all questions: making one takes longer than asking."""
    app = create_app(banks=(shipped("questions"),), database=databases.new())
    yield app
    app.extensions["store"].close()


@pytest.mark.bulk
@pytest.mark.parametrize("question", ASKED, ids=lambda question: question.id)
def test_the_model_answer_is_right_on_the_real_page(shared_app: Flask, question: Question) -> None:
    learner = Person(shared_app.test_client())
    page = learner.get(f"/q/{question.id}")
    assert page.status_code == 200
    told = learner.answer(page, *form_values(question, page.text))
    assert told.status_code == 200
    assert re.search(r"data-verdict>Right<", told.text), told.text
    assert 'href="https://docs.python.org' in told.text


def test_a_stranger_is_asked_at_once_and_nothing_is_stored_before_the_first_answer(
    learner: Person, store: Store, database: str
) -> None:
    page = learner.get("/")
    assert "Question of the day" in page.text
    assert "Guest" not in page.text
    told = learner.answer(page, "1")
    assert told.status_code == 200
    assert "Question 1 of 10" in told.text
    assert "Guest" in learner.get("/topics").text


def test_a_set_has_ten_questions_and_ends_in_a_summary(learner: Person) -> None:
    address = learner.start()
    for place in range(2, 11):
        page = learner.get(f"{address}/{place}")
        told = learner.answer(page, *form_values(of_page(learner, page), page.text))
        assert f"Question {place} of 10" in told.text
    assert "Next question" in told.text
    learner.answer(learner.get(f"{address}/11"), unsure="1")
    summary = learner.get(f"{address}/done")
    assert "9 of 10 right" in summary.text
    assert summary.text.count("To look at again") == 1


def of_page(person: Person, page: TestResponse) -> Question:
    """The question that a page of a running set asks."""
    path = page.request.path.split("/")
    store = person.client.application.extensions["store"]
    token = person.client.get_cookie("quizapp")
    assert token is not None
    learner = store.learner(hashed(token.value))
    return BANK[store.attempt(path[2], learner.id).slot(int(path[3])).question]


def test_what_was_missed_comes_back_at_the_end_after_three_others(learner: Person) -> None:
    address = learner.start()
    told = learner.get(f"{address}/1")
    assert "Comes back later in this set." in told.text
    for place in range(2, 11):
        page = learner.get(f"{address}/{place}")
        learner.answer(page, *form_values(of_page(learner, page), page.text))
    back = learner.get(address)
    assert learner.at == f"{address}/11"
    assert "Once more" in back.text
    assert "You missed this one a few questions ago." in back.text
    question = of_page(learner, back)
    assert question.id in hidden_link(told.text)
    told = learner.answer(back, *form_values(question, back.text))
    assert "See the summary" in told.text
    assert "Comes back tomorrow." in told.text
    summary = learner.get(f"{address}/done").text
    assert "9 of 10 right" in summary
    assert "1 came back within the set, 1 of it right the second time" in summary
    assert "Second time: right" in summary
    assert "10 of 10" in learner.get("/progress").text


def hidden_link(text: str) -> str:
    return text.partition("Link to this question")[0].rpartition("<a ")[2]


def test_a_question_comes_back_once_and_everything_missed_does(learner: Person) -> None:
    address = learner.start()
    for place in range(2, 21):
        told = learner.answer(learner.get(f"{address}/{place}"), unsure="1")
        assert ("Once more" in told.text) == (place > 10)
    assert "See the summary" in told.text
    assert learner.get(f"{address}/21").status_code == 404
    summary = learner.get(f"{address}/done").text
    assert "0 of 10 right" in summary
    assert summary.count("Second time: to look at again") == 10


def test_what_has_too_few_others_after_it_does_not_come_back(learner: Person) -> None:
    address = learner.start()
    for place in range(2, 11):
        page = learner.get(f"{address}/{place}")
        if place == 9:
            told = learner.answer(page, unsure="1")
            assert "Comes back tomorrow." in told.text or "Comes back later" in told.text
        else:
            learner.answer(page, *form_values(of_page(learner, page), page.text))
    assert learner.get(f"{address}/13").status_code == 404


def test_a_set_of_one_question_does_not_ask_it_again(learner: Person) -> None:
    told = learner.answer(learner.get("/q/coroutines/calling-does-not-run"), unsure="1")
    assert "Comes back tomorrow." in told.text
    assert learner.get(learner.at.replace("/1", "/2")).status_code == 404


def test_a_set_goes_on_where_it_was_left(learner: Person) -> None:
    address = learner.start("/practice/coroutines")
    home = learner.get("/")
    assert "Continue: Coroutines" in home.text
    assert learner.get("/practice/coroutines").status_code == 200
    assert learner.at == f"{address}/2"
    learner.get(address)
    assert learner.at == f"{address}/2"


def test_an_unfinished_set_does_not_stand_in_the_way_of_another_topic(learner: Person) -> None:
    learner.start("/practice/coroutines")
    page = learner.get("/practice/event-loop")
    assert "The event loop" in page.text
    assert learner.at == "/practice/event-loop"


def test_the_same_form_sent_twice_is_one_answer_and_the_same_page(learner: Person, store: Store) -> None:
    opening = learner.get("/mixed")
    first, second = (learner.answer(opening, unsure="1") for _ in range(2))
    assert settled(first) == settled(second)
    next_page = learner.get(f"{learner.at.rpartition('/')[0]}/2")
    first, second = (learner.answer(next_page, unsure="1") for _ in range(2))
    assert settled(first) == settled(second)
    assert "2 answers on this device" in learner.get("/topics").text


def test_a_second_tab_is_told_that_the_first_answer_was_kept(learner: Person) -> None:
    address = learner.start()
    one, other = learner.get(f"{address}/2"), learner.get(f"{address}/2")
    learner.answer(one, unsure="1")
    late = learner.answer(other, unsure="1")
    assert "answered before, perhaps in another tab" in late.text
    assert "2 answers on this device" in learner.get("/topics").text


def test_two_first_answers_of_one_browser_belong_to_one_guest(app: Flask) -> None:
    person = Person(app.test_client())
    one, other = person.get("/mixed"), person.get("/practice/coroutines")
    person.answer(one, unsure="1")
    person.answer(other, unsure="1")
    assert "2 answers on this device" in person.get("/topics").text


def test_an_answer_without_a_choice_asks_for_one_and_stores_nothing(learner: Person) -> None:
    page = learner.get("/mixed")
    again = learner.answer(page)
    assert again.status_code == 422
    assert "<title>Error: " in again.text
    assert "I’m not sure" in again.text.partition('id="problem"')[2][:200]
    assert hidden(again) == hidden(page)
    address = learner.start()
    refused = learner.answer(learner.get(f"{address}/2"))
    assert refused.status_code == 422
    assert learner.get(address).request.path.endswith("/2")


@pytest.mark.parametrize("question", EACH_TYPE, ids=lambda question: question.type)
def test_not_being_sure_tells_the_answer_without_a_choice(learner: Person, question: Question) -> None:
    told = learner.answer(learner.get(f"/q/{question.id}"), unsure="1")
    assert "Here is how it works" in told.text


def test_right_but_not_sure_is_said_so(learner: Person) -> None:
    question = BANK["coroutines/calling-does-not-run"]
    page = learner.get(f"/q/{question.id}")
    told = learner.answer(page, *form_values(question, page.text), unsure="1")
    assert "Right, and now you know why" in told.text


def test_a_wrong_option_names_the_belief_and_refutes_it(learner: Person) -> None:
    question = BANK["coroutines/calling-does-not-run"]
    page = learner.get(f"/q/{question.id}")
    right = form_values(question, page.text)
    wrong = next(place for place in "1234" if [place] != right)
    told = learner.answer(page, wrong)
    assert "Not quite: " in told.text
    assert re.search(r">A common belief</a>: “", told.text)
    assert told.text.count('class="why"') == len(question.keys())


def test_what_was_missed_is_asked_again_until_it_is_right(learner: Person) -> None:
    question = BANK["coroutines/calling-does-not-run"]
    learner.answer(learner.get(f"/q/{question.id}"), unsure="1")
    page = learner.get("/again")
    assert hidden(page)["question"] == question.id
    learner.answer(page, *form_values(question, page.text))
    assert learner.get("/again").status_code == 404


def test_unseen_questions_come_first(learner: Person) -> None:
    for _ in range(2):
        address = learner.start("/practice/coroutines")
        for place in range(2, 11):
            learner.answer(learner.get(f"{address}/{place}"), unsure="1")
        for place in range(11, 21):
            learner.answer(learner.get(f"{address}/{place}"), unsure="1")
    asked = [row.split(",")[1] for row in learner.get("/progress.csv").text.splitlines()[1:]]
    assert len(asked) == 40
    assert len(set(asked)) == 20


def test_an_attempt_keeps_what_it_was_asked_when_the_bank_changes(tmp_path: Path, database: str) -> None:
    bank = tmp_path / "bank"
    bank.mkdir()
    text = (Path(__file__).parent.parent / "bank/samples/short-answer.yaml").read_text()
    for name in ("concepts.yaml", "misconceptions.yaml"):
        (bank / name).write_bytes((Path(__file__).parent.parent / "bank/samples" / name).read_bytes())
    (bank / "topic.yaml").write_text(text)
    prompt = load(bank).topics[0].questions[0].prompt
    app = create_app(banks=(bank,), database=database)
    person = Person(app.test_client())
    question_id = load(bank).topics[0].questions[0].id
    told = person.answer(person.get(f"/q/{question_id}"), "something else")
    address = person.at
    app.extensions["store"].close()
    (bank / "topic.yaml").write_text(text.replace(prompt, "Another question entirely, is it not?"))
    changed = create_app(banks=(bank,), database=database)
    person.client.application.extensions["store"].close()
    client = changed.test_client()
    for cookie in ("quizapp",):
        found = person.client.get_cookie(cookie)
        assert found is not None
        client.set_cookie(cookie, found.value)
    later = Person(client).get(address)
    assert "Another question" not in later.text
    assert (
        told.text.partition("<main")[2].partition("Share")[0]
        == later.text.partition("<main")[2].partition("Share")[0]
    )
    changed.extensions["store"].close()
