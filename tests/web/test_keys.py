"""What finds a key on a page finds it after each answer, and on no page before it."""

import pytest
from flask import Flask

from quizapp.bank import Question
from tests.conftest import Person
from tests.learn.logs import BANK
from tests.web.keys import told

EACH_TYPE = list({question.type: question for question in BANK if not question.rated}.values())


@pytest.mark.parametrize("question", EACH_TYPE, ids=lambda question: question.type)
def test_a_key_is_found_after_the_answer_and_not_before(app: Flask, question: Question) -> None:
    person = Person(app.test_client())
    asked = person.get(f"/q/{question.id}")
    assert told(asked.text, question) == []
    assert told(person.answer(asked).text, question) == []
    answered = person.answer(asked, unsure="1")
    assert told(answered.text, question)


def test_no_page_that_asks_holds_a_key(app: Flask) -> None:
    person = Person(app.test_client())
    for question in BANK:
        if not question.rated:
            assert told(person.get(f"/q/{question.id}").text, question) == [], question.id
