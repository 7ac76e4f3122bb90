"""What comes back: the review, nothing else in it, and why a question is asked."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from quizapp import learn
from quizapp.bank import Question, load
from quizapp.shipped import shipped
from quizapp.store import Store
from tests.conftest import Person, hidden
from tests.past import answered, believing, guest
from tests.web.test_answering import form_values, of_page

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
BELIEF = "call-runs-body"
BELIEVED = BANK["coroutines/calling-does-not-run"]
WEEKS = timedelta(weeks=8)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def kept(app: Flask) -> Store:
    store: Store = app.extensions["store"]
    return store


def remembers(
    app: Flask, person: Person, questions: list[Question], *, ago: timedelta, right: bool = True
) -> str:
    learner_id = guest(app, person)
    for question in questions:
        given = None if right else ()
        answered(app.extensions["store"], learner_id, question, ago=ago, answer=given)
    return learner_id


# -- the review


def test_what_is_due_is_announced_with_the_minutes_it_takes(app: Flask, learner: Person) -> None:
    remembers(app, learner, ASKED[:6], ago=WEEKS)
    home, progress = learner.get("/").text, learner.get("/progress").text
    assert "6 questions are due" in home
    assert "About 3 minutes" in home
    assert "6 questions are due today" in progress
    assert "About 3 minutes. You last saw them 56 days ago." in progress
    for page in (home, progress):
        assert page.count('href="/review"') == 1


def test_the_review_asks_what_is_due_and_nothing_else(app: Flask, learner: Person) -> None:
    due = ASKED[:6]
    learner_id = remembers(app, learner, due, ago=WEEKS)
    for question in ASKED[6:9]:
        answered(app.extensions["store"], learner_id, question, ago=MINUTE)
    page = learner.get("/review")
    assert "Question 1 of 6" in page.text
    assert "Due: last answered 56 days ago." in page.text
    asked = {hidden(page)["question"]}
    told = learner.answer(page, *form_values(BANK[hidden(page)["question"]], page.text))
    for _ in range(5):
        path = re.search(r'href="([^"]+)" data-next', told.text)
        assert path
        page = learner.get(path[1])
        assert "Due: last answered 56 days ago." in page.text
        question = of_page(learner, page)
        asked.add(question.id)
        told = learner.answer(page, *form_values(question, page.text))
        assert "Comes back in " in told.text
    assert "See the summary" in told.text
    assert asked == {question.id for question in due}
    assert "Nothing is due" in learner.get("/review").text
    assert "Nothing is due today" in learner.get("/progress").text


def test_a_review_that_was_left_goes_on(app: Flask, learner: Person) -> None:
    remembers(app, learner, ASKED[:4], ago=WEEKS)
    learner.answer(learner.get("/review"), unsure="1")
    place = learner.at.replace("/1", "/2")
    learner.get("/review")
    assert learner.at == place
    assert "Continue: Due for review" in learner.get("/").text


def test_a_missed_question_is_due_again_before_a_right_one(app: Flask, learner: Person) -> None:
    learner_id = guest(app, learner)
    store = app.extensions["store"]
    answered(store, learner_id, ASKED[0], ago=timedelta(days=1, hours=1), answer=())
    answered(store, learner_id, ASKED[1], ago=timedelta(days=1, hours=1))
    page = learner.get("/review")
    assert "Question 1 of 1" not in page.text
    assert hidden(page)["question"] == ASKED[0].id
    assert "Due: last answered yesterday." in page.text


def test_more_than_a_day_can_hold_is_spread(app: Flask, learner: Person) -> None:
    remembers(app, learner, ASKED[: learn.DAILY + 3], ago=WEEKS)
    home = learner.get("/").text
    assert f"{learn.DAILY} questions are due" in home
    assert "3 more on other days" in home
    for _ in range(2):
        learner.answer(learner.get("/review"), unsure="1")
        address = learner.at.rpartition("/")[0]
        for place in range(2, 11):
            page = learner.get(f"{address}/{place}")
            told = learner.answer(page, *form_values(of_page(learner, page), page.text))
        learner.answer(learner.get(f"{address}/11"), unsure="1")
        assert told.status_code == 200
    done = learner.get("/review").text
    assert "Today’s review is done. 3 more questions will come on the next days, they can wait." in done
    assert "Today’s review is done; 3 more come on other days." in learner.get("/progress").text
    assert "3 due first" not in learner.get("/").text


# -- nothing due


def test_a_stranger_has_nothing_due_and_is_told_how_it_begins(stranger: Person) -> None:
    page = stranger.get("/review")
    assert page.status_code == 200
    assert "Answer a first one, and your review begins." in page.text
    assert "Practise what matters" in page.text


def test_what_is_known_is_due_on_a_day_that_is_named(app: Flask, learner: Person, kept: Store) -> None:
    answered(kept, guest(app, learner), ASKED[0], ago=MINUTE)
    page = learner.get("/review").text
    day = re.search(r"The next question comes back on (\d+ \w+)\. Nothing is lost until then\.", page)
    assert day
    when = datetime.strptime(f"{day[1]} {datetime.now(UTC).year} +0000", "%d %B %Y %z")
    assert when.date() != datetime.now(UTC).date()
    assert f"The next question comes back on {day[1]}." in learner.get("/progress").text


def test_nothing_waits_when_the_questions_are_gone(app: Flask, learner: Person, kept: Store) -> None:
    gone = ASKED[0].model_copy(update={"id": "coroutines/gone-long-ago"})
    answered(kept, guest(app, learner), gone, ago=WEEKS)
    assert "Nothing waits." in learner.get("/review").text
    assert learner.get("/progress").status_code == 200
    assert "coroutines/gone-long-ago" in learner.get("/progress/history").text


# -- what matters


def test_what_matters_says_why_each_question_is_asked(app: Flask, learner: Person, kept: Store) -> None:
    learner_id = remembers(app, learner, ASKED[:1], ago=WEEKS)
    weak = next(question for question in ASKED if question.topic != ASKED[0].topic)
    answered(kept, learner_id, weak, ago=MINUTE, answer=())
    page = learner.get("/matters")
    assert hidden(page)["question"] == ASKED[0].id
    assert "Due: last answered 56 days ago." in page.text
    learner.answer(page, *form_values(ASKED[0], page.text))
    address = learner.at.rpartition("/")[0]
    reasons = []
    for place in range(2, 11):
        page = learner.get(f"{address}/{place}")
        found = re.search(r'<p class="small muted reason">(.*?)</p>', page.text)
        assert found, place
        assert "\n" not in found[1]
        reasons.append(found[1])
        learner.answer(page, *form_values(of_page(learner, page), page.text))
    assert any(reason.startswith("Picked because it is new: ") for reason in reasons)
    assert any(reason.startswith("Picked because little can be relied on yet: ") for reason in reasons)


def test_what_was_seen_lately_comes_last_and_says_so(app: Flask, learner: Person, kept: Store) -> None:
    learner_id = guest(app, learner)
    for question in ASKED:
        answered(kept, learner_id, question, ago=MINUTE)
    assert "Picked because it was last answered today." in learner.get("/matters").text


def test_a_stranger_can_practise_what_matters(stranger: Person) -> None:
    page = stranger.get("/matters")
    assert "Picked because it is new: " in page.text
    assert stranger.answer(page, unsure="1").status_code == 200
    assert "Question 2 of 10" in stranger.get(stranger.at.replace("/1", "/2")).text


def test_other_sets_give_no_reason(app: Flask, learner: Person) -> None:
    remembers(app, learner, ASKED[:3], ago=WEEKS)
    for path in ("/mixed", "/practice/coroutines", f"/q/{ASKED[0].id}"):
        assert 'class="small muted reason"' not in learner.get(path).text


# -- ideas


def test_an_idea_that_was_chosen_is_named_until_it_is_passed_over_twice(
    app: Flask, learner: Person, kept: Store
) -> None:
    learner_id = guest(app, learner)
    answered(kept, learner_id, BELIEVED, ago=3 * MINUTE, answer=believing(BELIEVED, BELIEF))
    progress = learner.get("/progress").text
    assert "chosen 1 of 1 time" in progress
    assert f'href="/ideas/{BELIEF}"' in progress
    page = learner.get(f"/ideas/{BELIEF}").text
    assert "You chose the belief 1 of 1 time." in page
    assert "It leaves your list when it is passed over twice in a row." in page
    answered(kept, learner_id, BELIEVED, ago=2 * MINUTE)
    assert "chosen 1 of 2 times" in learner.get("/progress").text
    answered(kept, learner_id, BELIEVED, ago=MINUTE)
    assert f'href="/ideas/{BELIEF}"' not in learner.get("/progress").text
    assert "It has been passed over since." in learner.get(f"/ideas/{BELIEF}").text


def test_an_idea_page_refutes_shows_a_run_only_of_what_was_answered_and_offers_its_questions(
    app: Flask, learner: Person, stranger: Person, kept: Store
) -> None:
    count = len(BANK.by_misconception.get(BELIEF, ()))
    fresh = stranger.get(f"/ideas/{BELIEF}").text
    assert "You have not met it yet." in fresh
    assert "data-timeline" not in fresh
    assert re.search(rf"{count} questions? separates? the two", fresh)
    answered(kept, guest(app, learner), BELIEVED, ago=MINUTE, answer=believing(BELIEVED, BELIEF))
    page = learner.get(f"/ideas/{BELIEF}").text
    assert "How it really is" in page
    assert "data-timeline" in page
    assert "Where you met it" in page


def test_the_questions_of_an_idea_are_asked_and_no_others(learner: Person) -> None:
    wanted = {question.id for question in BANK.by_misconception.get(BELIEF, ())}
    page = learner.get(f"/ideas/{BELIEF}/practice")
    asked = {hidden(page)["question"]}
    told = learner.answer(page, unsure="1")
    while path := re.search(r'href="(/s/[^"]+/\d+)" data-next', told.text):
        page = learner.get(path[1])
        asked.add(of_page(learner, page).id)
        told = learner.answer(page, unsure="1")
        assert len(asked) <= 3
    assert asked <= wanted
    assert len(asked) == min(3, len(wanted))
    assert "An idea to straighten out" in learner.get(learner.at.rpartition("/")[0] + "/done").text


def test_every_idea_has_its_page(learner: Person) -> None:
    assert {idea: learner.get(f"/ideas/{idea}").status_code for idea in BANK.misconceptions} == dict.fromkeys(
        BANK.misconceptions, 200
    )
