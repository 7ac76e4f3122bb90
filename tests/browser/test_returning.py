"""Coming back: review, ideas, hints, and progress that is kept and found again, with counted clicks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from quizapp.bank import Bank
from quizapp.store import Store
from tests.browser.conftest import Visit
from tests.browser.test_journeys import SET, until_done
from tests.browser.visitors import PHONE, Visitor
from tests.past import HINTED, a_long_past, answered, new_guest

pytestmark = pytest.mark.browser

WEEKS = timedelta(weeks=8)
PASSWORD = "correct horse battery"  # noqa: S105 - nobody's


@pytest.fixture
def returning(visit: Visit, kept: Store, bank: Bank) -> Visitor:
    """A guest with six questions due."""
    visitor = visit()
    learner_id = be(visitor, kept)
    for question in [question for question in bank if question.type == "single-choice"][:6]:
        answered(kept, learner_id, question, ago=WEEKS)
    return visitor


def be(visitor: Visitor, kept: Store) -> str:
    """Give the visitor a guest's cookie; gives the learner's id."""
    learner_id, token = new_guest(kept)
    visitor.context.add_cookies([{"name": "quizapp", "value": token, "url": visitor.url}])
    return learner_id


# -- review


@pytest.mark.parametrize("path", ["/", "/progress"])
def test_todays_review_is_one_click_or_one_key_away(returning: Visitor, path: str) -> None:
    returning.open(path)
    assert "6 questions are due" in returning.page.locator(".due").inner_text()
    returning.click_on(".due .btn")
    assert (returning.clicks, returning.path) == (1, "/review")
    returning.open(path)
    returning.press_on("n")
    assert (returning.keys, returning.path) == (1, "/review")
    assert "Due: last answered 56 days ago." in returning.page.locator(".reason").inner_text()


def test_a_review_by_keys_alone_ends_with_nothing_due(returning: Visitor) -> None:
    returning.open("/progress")
    returning.press_on("n")
    for _ in until_done(returning):
        returning.answer_by_keys(returning.right())
        assert re.fullmatch(
            "Comes back in \\d+ days.", returning.page.locator(".bar-next .small").inner_text()
        )
        returning.press_on("n")
    assert returning.keys == 1 + 6 * 3
    assert returning.heading == "6 of 6 right"
    returning.open("/review")
    assert returning.heading == "Nothing is due"
    assert returning.clicks == 0


# -- within a set


def test_a_missed_question_returns_after_three_others(visitor: Visitor) -> None:
    visitor.open("/mixed")
    asked: list[str] = []
    for _ in until_done(visitor):
        question, _ = visitor.asked()
        asked.append(question.id)
        visitor.answer_by_keys(visitor.wrong() if len(asked) in (2, SET) else visitor.right())
        visitor.press_on("n")
    assert len(asked) == len(visitor.attempt().slots) == SET + 1 + (asked.count(asked[SET - 1]) - 1)
    assert asked[SET] == asked[1]
    for question_id in set(asked):
        first, *others = [place for place, each in enumerate(asked) if each == question_id]
        assert all(other - first > 3 for other in others)
    assert visitor.heading == f"8 of {SET} right"
    assert visitor.page.get_by_text("Second time: right").count() == 1
    assert visitor.clicks == 0


def test_the_page_says_that_a_question_comes_back_and_that_it_has(visitor: Visitor) -> None:
    visitor.open("/mixed")
    visitor.answer_by_hand(visitor.wrong())
    assert visitor.page.locator(".bar-next .small").inner_text() == "Comes back later in this set."
    visitor.click_on("[data-next]")
    for _ in range(SET - 1):
        visitor.answer_by_hand(visitor.right())
        visitor.click_on("[data-next]")
    assert visitor.place == SET + 1
    assert "Once more" in visitor.page.locator(".eyebrow").first.inner_text()
    assert visitor.page.title().startswith("Once more")


# -- hints


def test_a_hint_by_key_keeps_what_was_chosen_and_the_focus_goes_on(visitor: Visitor) -> None:
    visitor.open(f"/q/{HINTED}")
    visitor.press("2")
    visitor.press_on("h")
    assert visitor.page.locator("#answer-2").is_checked()
    assert visitor.page.locator(".nudges p").count() == 1
    visitor.press_on("h")
    assert visitor.page.locator(".nudges p").count() == 2
    assert visitor.page.locator("[data-hint]").count() == 0
    visitor.answer_by_keys(visitor.right())
    assert visitor.verdict == "Right"
    assert visitor.attempt().slot(1).hints == 2
    assert visitor.keys == 5


def test_a_hint_without_script(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    visitor.open(f"/q/{HINTED}")
    visitor.click("label:has(#answer-3)")
    visitor.click_on("[data-hint]")
    assert visitor.page.locator("#answer-3").is_checked()
    assert visitor.page.locator(".nudges p").count() == 1


# -- ideas


def test_an_idea_is_two_clicks_from_the_progress_page_to_its_questions(
    visitor: Visitor, kept: Store, bank: Bank
) -> None:
    a_long_past(kept, be(visitor, kept), bank)
    visitor.open("/progress")
    visitor.click_on(".ideas a >> nth=0")
    assert visitor.path.startswith("/ideas/")
    visitor.click_on("[data-next]")
    assert visitor.clicks == 2
    assert visitor.page.locator("[data-ask]").count() == 1


# -- keeping


@pytest.mark.parametrize("path", ["/", "/topics", "/progress", "/keys"])
@pytest.mark.parametrize("options", [{}, {"viewport": PHONE}], ids=["desktop", "phone"])
def test_progress_is_kept_from_any_page_with_two_clicks(
    visit: Visit, kept: Store, path: str, options: dict[str, object]
) -> None:
    visitor = visit(**options)
    name = f"ada {be(visitor, kept)}"
    visitor.open(path)
    visitor.click_on(".chip")
    fill_in(visitor, name)
    visitor.click_on("main button.primary")
    assert (visitor.clicks, visitor.typed) == (2, 2)
    assert visitor.path == "/account"
    assert visitor.heading == name


def fill_in(visitor: Visitor, name: str) -> None:
    for field, text in (("#name", name), ("#password", PASSWORD)):
        visitor.page.locator(field).focus()
        visitor.write(text)


def test_kept_answers_are_found_in_another_browser_which_can_be_signed_out(
    visit: Visit, kept: Store, bank: Bank
) -> None:
    first, second = visit(), visit()
    learner_id = be(first, kept)
    a_long_past(kept, learner_id, bank)
    first.open("/progress")
    first.click_on(first.page.get_by_role("link", name="Keep my progress"))
    fill_in(first, learner_id)
    first.press_on("Enter")
    assert "114 answers kept." in first.page.locator(".ban.ok").inner_text()

    second.open("/progress")
    second.click_on(".chip")
    fill_in(second, learner_id.upper())
    second.press_on("Enter")
    assert (second.clicks, second.keys, second.path) == (1, 1, "/progress")
    first.open("/progress")
    tables = [each.page.locator("main").inner_text() for each in (first, second)]
    assert tables[0] == tables[1]

    first.open("/account")
    assert first.page.locator(".devices li").count() == 2
    first.click_on(".devices button")
    assert first.page.locator(".devices li").count() == 1
    second.expected_statuses = {404}
    second.open("/account")
    assert second.heading == "This page does not exist"
    second.open("/progress")
    assert "Nothing here yet" in second.page.locator("main").inner_text()


def test_a_wrong_password_is_said_where_it_can_be_mended(visitor: Visitor) -> None:
    visitor.expected_statuses = {422}
    visitor.open("/signin")
    fill_in(visitor, "nobody at all")
    visitor.press_on("Enter")
    assert visitor.page.title().startswith("Error: ")
    assert visitor.focus == "problem"
    assert visitor.page.locator("#name").input_value() == "nobody at all"
    assert visitor.page.locator("#password").input_value() == ""
    visitor.click(".errsum a")
    assert visitor.focus == "name"


def test_everything_can_be_erased_from_the_progress_page(returning: Visitor, kept: Store) -> None:
    learner_id = returning.learner()
    returning.open("/progress")
    returning.click_on(returning.page.get_by_role("link", name="erase everything"))
    returning.click("label:has(#sure)")
    returning.click_on(returning.page.get_by_role("button", name="Erase everything"))
    assert returning.clicks == 3
    assert returning.heading == "Everything is erased"
    assert returning.learner() == ""
    assert kept.answers_of(learner_id) == ()
