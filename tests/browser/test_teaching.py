"""Trainers and their learners at real browsers: what they want to do, in counted clicks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from quizapp.bank import Bank
from quizapp.learn import PRESETS
from quizapp.store import Store
from tests.browser.conftest import Visit
from tests.browser.teaching import AMARA, BEN, WORDS, Class, choices_of, fixed, open_of
from tests.browser.visitors import PHONE, Visitor
from tests.kestrel import HARDEST_FIRST

pytestmark = pytest.mark.browser

Enter = Callable[..., Visitor]
EXAM = replace(PRESETS["exam"], shuffle=False)
POINTS = re.compile(r"\d of \d points?")


@pytest.fixture(scope="module")
def room(kept: Store, bank: Bank) -> Class:
    """Mona's class."""
    return Class(kept, bank)


@pytest.fixture
def enter(visit: Visit) -> Enter:
    """Makes visitors who hold a token already."""

    def make(token: str, **options: object) -> Visitor:
        visitor = visit(**options)
        visitor.context.add_cookies([{"name": "quizapp", "value": token, "url": visitor.url}])
        return visitor

    return make


def wait_until_kept(visitor: Visitor, values: tuple[str, ...]) -> None:
    """Wait until the server has kept what the form on the page holds."""
    question, shown = visitor.asked()
    for _ in range(200):
        slot = visitor.attempt().slot(visitor.place)
        if slot.step and question.fill(slot.step.answer, shown) == values:
            return
        visitor.page.wait_for_timeout(50)
    raise AssertionError(f"{values} are not kept")


# -- a trainer


def test_three_clicks_assign_a_quiz_and_the_clipboard_holds_the_link(
    enter: Enter, room: Class, visit: Visit
) -> None:
    mona = enter(room.token)
    mona.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mona.open("/t/assignments")
    mona.click_on(mona.page.get_by_role("main").get_by_role("link", name="New assignment").first)
    mona.click_on("button.quiz >> nth=0")
    mona.click(mona.page.get_by_role("button", name="Copy link"))
    expect(mona.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    link = mona.page.evaluate("navigator.clipboard.readText()")
    assert mona.clicks == 3
    guest = visit()
    guest.page.goto(link)
    assert guest.heading == mona.heading
    expect(guest.page.get_by_role("button", name="Start")).to_be_visible()


def test_results_say_what_to_talk_about_and_each_thing_more_is_one_click(enter: Enter, room: Class) -> None:
    mona, address = enter(room.token), f"/t/assignments/{room.kestrel.id}"
    mona.open(address)
    expect(mona.page.locator("#tiles")).to_contain_text("Q4, Q6")
    assert mona.clicks == 0
    mona.click("#h8")
    expect(mona.page.locator("#item .eyebrow")).to_contain_text("Q8")
    expect(mona.page.locator("#item")).to_contain_text("Tells strong from weak")
    assert mona.clicks == 1
    mona.click_on(mona.page.get_by_role("link", name=BEN))
    assert (mona.heading, mona.clicks) == (BEN, 2)
    mona.open(address)
    with mona.page.expect_download() as download:
        mona.click(mona.page.get_by_role("link", name="Download CSV"))
    rows = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert (len(rows), mona.clicks) == (1 + 12, 3)


def test_results_by_keys_alone(enter: Enter, room: Class) -> None:
    mona = enter(room.token)
    mona.open(f"/t/assignments/{room.kestrel.id}")
    mona.tab_to("#h4")
    mona.press("ArrowRight", "ArrowRight", "Enter")
    expect(mona.page.locator("#item .eyebrow")).to_contain_text("Q8")
    expect(mona.page.locator("#item-title")).to_be_focused()
    mona.tab_to("[data-grid] [tabindex='0']")
    mona.press("ArrowDown", "ArrowDown")
    mona.press_on("Enter")
    assert (mona.heading, mona.page.url.rpartition("#")[2]) == (BEN, "q8")
    assert mona.clicks == 0


def test_answers_are_marked_by_keys(enter: Enter, room: Class, bank: Bank) -> None:
    asked = open_of(bank)
    given = room.give("Words", PRESETS["test"], fixed(asked))
    for name in (AMARA, BEN):
        room.sit(given, name, [(f"{name} wrote this. {WORDS}",)], ends=True)
    mona = enter(room.token)
    mona.open(f"/t/assignments/{given.id}/marking")
    first = mona.page.locator("#y").inner_text()
    points = mona.page.locator("[data-marking] .points fieldset").count()
    mona.press(*["4"] * points)
    expect(mona.page.locator("[data-marking] .primary")).to_be_focused()
    mona.press_on("Enter")
    expect(mona.page.locator("main")).to_contain_text("1 of 2 answers marked")
    second = mona.page.locator("#y").inner_text()
    assert {first, second} == {AMARA, BEN}
    mona.press(*["1"] * points)
    mona.press_on("Enter")
    expect(mona.page.locator("main")).to_contain_text("2 of 2 answers marked")
    assert mona.clicks == 0
    points_of = {name: room.kept(given, name).points for name in (AMARA, BEN)}
    assert points_of == {first: 1.0, second: 0.0}


def test_on_a_phone_a_trainer_assigns_and_reads_results_by_touch(enter: Enter, room: Class) -> None:
    mona = enter(room.token, viewport=PHONE, has_touch=True, is_mobile=True)
    mona.context.grant_permissions(["clipboard-read", "clipboard-write"])
    mona.open("/t/assignments")
    mona.click_on(mona.page.get_by_role("main").get_by_role("link", name="New assignment").first)
    mona.click_on("button.quiz >> nth=1")
    mona.click(mona.page.get_by_role("button", name="Copy link"))
    expect(mona.page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    assert mona.clicks == 3
    mona.open(f"/t/assignments/{room.kestrel.id}")
    expect(mona.page.locator("#tiles")).to_contain_text("Q4, Q6")
    for number in HARDEST_FIRST[:2]:
        expect(
            mona.page.locator(f"#h{number}")
        ).to_be_in_viewport()  # the hardest, without scrolling sideways
    mona.click("#h6")
    expect(mona.page.locator("#item-title")).to_be_in_viewport()
    assert mona.clicks == 4
    assert mona.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_a_trainer_sees_at_once_what_a_learner_answers(enter: Enter, room: Class, bank: Bank) -> None:
    given = room.give("Live", PRESETS["practice"], fixed(*choices_of(bank, 2)))
    room.sit(given, AMARA, [choices_of(bank, 1)[0].model()])
    mona, ben = enter(room.token), enter(room.tokens[BEN])
    mona.open(f"/t/assignments/{given.id}")
    mona.page.evaluate("window.isTheSamePage = true")
    mona.tab_to("[data-grid] [tabindex='0']")
    mona.press("ArrowDown")
    where = mona.page.evaluate("document.activeElement.id || document.activeElement.dataset.at")
    row = mona.page.locator("tr", has_text=BEN)
    expect(row.locator(".sc")).to_contain_text("–")
    ben.open(f"/a/{given.code}")
    ben.click_on(ben.page.get_by_role("button", name="Start"))
    ben.answer_by_hand(ben.right())
    expect(row.locator(".sc")).to_have_text("50%", timeout=15_000)
    expect(row.locator(".live")).to_have_text("answering")
    assert mona.page.evaluate("document.activeElement.id || document.activeElement.dataset.at") == where
    assert mona.page.evaluate("window.isTheSamePage")


def test_the_button_stays_where_it_is_while_it_is_pressed(enter: Enter, room: Class) -> None:
    mona = enter(room.token)
    mona.expected_statuses = {422}
    mona.open(f"/t/assignments/{room.kestrel.id}/rules")
    for field in ("minutes", "grace", "attempts", "late"):
        mona.page.locator(f"#{field}").evaluate("field => { field.value = 'many' }")
    mona.page.locator("#title").fill("")
    save = mona.page.get_by_role("button", name="Save the rules")
    save.scroll_into_view_if_needed()
    save.hover()
    with mona.page.expect_response("**/rules?**"):
        mona.page.mouse.down()  # leaves the field: what the rules mean is asked for anew
    mona.page.wait_for_timeout(200)
    with mona.page.expect_navigation():
        mona.page.mouse.up()
    expect(mona.page.get_by_role("heading", name="There is a problem")).to_be_visible()


# -- a learner


def test_three_clicks_lead_from_the_link_to_the_first_answer(visit: Visit, room: Class) -> None:
    guest = visit()
    guest.open(f"/a/{room.kestrel.code}")
    guest.page.locator("#name").press_sequentially("Zoe Young")
    guest.click_on(guest.page.get_by_role("button", name="Start"))
    guest.answer_by_hand(guest.right())
    assert guest.verdict.startswith("Right")
    assert guest.clicks == 3
    names = [each.name for each in room.groups.members(room.kestrel.group)]
    assert "Zoe Young" in names


def test_three_clicks_report_a_problem_and_it_reaches_the_trainer(enter: Enter, room: Class) -> None:
    ben, place = enter(room.tokens[BEN]), HARDEST_FIRST[1]
    ben.open(f"/s/{room.attempt(room.kestrel, BEN)}/{place}")
    ben.click_on(ben.page.get_by_role("link", name="Report a problem"))
    ben.click("label:has(#reason-unclear)")
    ben.click_on(ben.page.get_by_role("button", name="Send", exact=True))
    assert (ben.heading, ben.clicks) == ("Thank you: the report is sent", 3)
    mona = enter(room.token)
    mona.open("/t/reports")
    expect(mona.page.locator("main")).to_contain_text("The question is unclear")
    expect(mona.page.locator("main")).to_contain_text(BEN)


def test_an_exam_keeps_every_change_and_holds_the_score_back(enter: Enter, room: Class, bank: Bank) -> None:
    rules = replace(EXAM, minutes=30, closes=datetime.now(UTC) + timedelta(hours=2))
    given = room.give("Autosave", rules, fixed(*choices_of(bank, 1), open_of(bank)))
    ben = enter(room.tokens[BEN])
    ben.open(f"/a/{given.code}")
    ben.click_on(ben.page.get_by_role("button", name="Start"))
    (chosen,) = ben.right()
    ben.press("1", "2", chosen)
    wait_until_kept(ben, (chosen,))
    ben.page.reload()
    expect(ben.page.locator(f"#answer-{chosen}")).to_be_checked()
    ben.click_on(ben.page.get_by_role("link", name="Skip for now"))
    ben.page.locator("textarea").fill(WORDS)
    wait_until_kept(ben, (WORDS,))
    expect(ben.page.locator("[data-saved]")).to_have_text("Saved")
    ben.page.reload()
    expect(ben.page.locator("textarea")).to_have_value(WORDS)
    ben.click_on(ben.page.get_by_role("link", name="Overview and finish"))
    assert ben.heading == "2 of 2 answered"
    ben.click_on(ben.page.get_by_role("button", name="Finish"))
    assert ben.heading == "Your answers are kept"
    expect(ben.page.locator("main")).not_to_contain_text(POINTS)
    assert ben.attempt().slot(1).score == 1.0


def test_when_the_time_is_up_what_was_saved_is_handed_in(enter: Enter, room: Class, bank: Bank) -> None:
    given = room.give("Short", replace(EXAM, minutes=1), fixed(*choices_of(bank, 2)))
    attempt = room.sit(given, BEN, ago=timedelta(seconds=50))
    ben = enter(room.tokens[BEN])
    ben.open(f"/s/{attempt.id}/1")
    ben.choose_by_hand(ben.right())
    ben.page.wait_for_url("**/done*")
    assert ben.heading == "Your answers are kept"
    expect(ben.page.locator("main")).to_contain_text("The time was up.")
    expect(ben.page.locator("main")).not_to_contain_text(POINTS)
    ended = room.kept(given, BEN)
    assert ended.terms
    assert ended.finished == ended.terms.deadline
    assert [slot.score for slot in ended.slots] == [1.0, None]


def test_a_whole_assignment_without_scripts(visit: Visit, enter: Enter, room: Class, bank: Bank) -> None:
    given = room.give("Plain", PRESETS["test"], fixed(*choices_of(bank, 2)))
    guest = visit(java_script_enabled=False, viewport=PHONE)
    guest.open(f"/a/{given.code}")
    guest.page.locator("#name").fill("Yuki Ito")
    guest.click_on(guest.page.get_by_role("button", name="Start"))
    guest.answer_by_hand(guest.right())
    guest.answer_by_hand(guest.wrong())
    assert guest.heading == "2 of 2 answered"
    guest.click_on(guest.page.get_by_role("button", name="Finish"))
    assert guest.heading == "1 of 2 points"
    guest.click_on(".rows li:first-child a")
    assert guest.verdict == "Right"
    mona = enter(room.token, java_script_enabled=False)
    mona.open(f"/t/assignments/{given.id}")
    row = mona.page.locator("tr", has_text="Yuki Ito")
    expect(row.locator(".sc")).to_have_text("50%")
    mona.click_on(row.get_by_role("link", name="Yuki Ito"))
    assert mona.heading == "Yuki Ito"
