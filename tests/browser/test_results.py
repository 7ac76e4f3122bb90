"""A trainer before the results: what to talk about at once, why it is hard one click away, by keys, too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from quizapp import learn
from quizapp.bank import Bank
from quizapp.store import Assignment, Groups, Results, Store
from quizapp.web.guests import new_id
from tests.browser.conftest import Visit
from tests.browser.visitors import PHONE, Visitor
from tests.classroom import new_account
from tests.kestrel import team

pytestmark = pytest.mark.browser


@pytest.fixture
def mona(visit: Visit, kept: Store, bank: Bank) -> tuple[Visitor, Assignment]:
    """A trainer at her browser, and what she assigned to Team Kestrel."""
    owner, token = new_account(kept, f"Mona {new_id()}", "trainer")
    given, _ = team(kept, owner, bank)
    visitor = visit()
    visitor.context.add_cookies([{"name": "quizapp", "value": token, "url": visitor.url}])
    return visitor, given


def open_results(mona: tuple[Visitor, Assignment]) -> Page:
    visitor, given = mona
    visitor.page.goto(f"{visitor.url}/t/assignments/{given.id}")
    return visitor.page


def answer_next(store: Store, bank: Bank, given: Assignment, name: str) -> None:
    """The named learner answers their next question."""
    board = Results(store.database).board(given)
    line = next(line for line in board.lines if line.member.name == name)
    attempt = store.attempt(line.sittings[0].attempt, line.member.learner)
    place = attempt.next_place
    assert place
    question = bank[attempt.slot(place).question]
    step = learn.answer(
        attempt, place, question, question.model(), sure=True, step_id=new_id(), now=datetime.now(UTC)
    )
    store.add_step(attempt, step)


def test_what_to_talk_about_is_said_and_why_is_one_click_away(mona: tuple[Visitor, Assignment]) -> None:
    page = open_results(mona)
    expect(page.locator("#tiles")).to_contain_text("Q4, Q6")
    expect(page.locator("#tiles")).to_contain_text("85%")
    before = page.evaluate("document.querySelector('.mx').scrollLeft = 20, scrollY")
    page.click("#h6")
    expect(page.locator("#item .eyebrow")).to_contain_text("Q6")
    expect(page.locator("#item-title")).to_be_focused()
    assert page.evaluate("scrollY") == before
    page.go_back()
    expect(page.locator("#item .eyebrow")).to_contain_text("Q4")
    expect(page.locator("#item")).to_contain_text("42% range 19–68")
    expect(page.locator("#item")).to_contain_text("0.56 good")


def test_the_arrows_move_in_the_matrix_and_enter_opens(mona: tuple[Visitor, Assignment]) -> None:
    page = open_results(mona)
    assert page.locator("[data-grid] [tabindex='0']").count() == 1
    page.focus("#h4")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#h6")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/learner/*#q6")
    expect(page.locator("h1")).to_have_text("Amara Diallo")
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("Ben Ortega")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_have_text("Amara Diallo")


def test_results_follow_what_happens_and_the_focus_stays(
    mona: tuple[Visitor, Assignment], kept: Store, bank: Bank
) -> None:
    page = open_results(mona)
    page.focus("#h4")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    where = page.evaluate("document.activeElement.dataset.at")
    answer_next(kept, bank, mona[1], "Jonas Weber")
    row = page.locator("tr", has_text="Jonas Weber")
    expect(row.locator(".sc")).to_have_text("60%", timeout=15_000)
    assert page.evaluate("document.activeElement.dataset.at") == where


def test_without_scripts_a_question_opens_on_a_page_of_its_own(
    visit: Visit, mona: tuple[Visitor, Assignment]
) -> None:
    visitor = visit(java_script_enabled=False, viewport=PHONE)
    visitor.context.add_cookies(mona[0].context.cookies())  # type: ignore[arg-type]
    page = open_results((visitor, mona[1]))
    page.click("#h6")
    assert page.url.endswith("?q=6#item")
    expect(page.locator("#item .eyebrow")).to_contain_text("Q6")
    page.click("text=Hide names")
    expect(page.locator("#matrix")).to_contain_text("Learner 12")
    expect(page.locator("#matrix")).not_to_contain_text("Amara")


def test_a_review_is_led_with_the_arrows(mona: tuple[Visitor, Assignment]) -> None:
    page = open_results(mona)
    page.click("text=Start group review")
    expect(page.locator(".eyebrow")).to_contain_text("Q4")
    for key, tail in (("n", "4?show=answers"), ("n", "4?show=key"), ("n", "6"), ("ArrowRight", "8")):
        page.keyboard.press(key)
        page.wait_for_url(f"**/review/{tail}")
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/review/6")
    page.keyboard.press("Escape")
    expect(page.locator("h1")).to_have_text("Asyncio basics")


def test_the_longest_name_stays_within_a_phone(mona: tuple[Visitor, Assignment], kept: Store) -> None:
    visitor, given = mona
    groups = Groups(kept.database)
    member = groups.members(given.group)[0]
    groups.change_member(member.id, given.owner, name="Donaudampfschiff" * 3 + "fahrt" * 2, labels=())
    visitor.page.set_viewport_size(PHONE)
    for path in ("", f"/learner/{member.id}", "/overrides", "/regrade"):
        visitor.page.goto(f"{visitor.url}/t/assignments/{given.id}{path}")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
