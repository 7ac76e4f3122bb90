"""Interviews from the first word to the report: alone, with a partner, and through what goes wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from quizapp import learn
from quizapp.bank import Answer, Bank, FollowUp, Open
from quizapp.store import Store
from tests.browser.conftest import Visit
from tests.browser.visitors import PHONE, Visitor
from tests.rows import rows
from tests.servers import Server

pytestmark = pytest.mark.browser

TOUCH = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
WORDS = "The group cancels the others, and waits for them."
COUNTS = {15: (5, 2), 30: (8, 4), 45: (12, 5)}
"""How many questions an interview of so many minutes asks, and how many of them are open."""
NOTE = "Say who waits for the tasks."
LEVELS = ("strong", "", "good", "weak", "strong")
CHOICES = ("", "weak", "good", "strong")
BY_ITSELF = 10_000
"""Milliseconds within which a partner's page and a candidate's show what the other did."""


def begin(visitor: Visitor, minutes: int = 15) -> None:
    """Start an interview with a mouse, or with fingers."""
    visitor.open("/interview")
    visitor.click(f"label:has([name=minutes][value='{minutes}'])")
    visitor.click_on(button(visitor, "Start the interview"))


def button(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("button", name=name)


def link(visitor: Visitor, name: str) -> Locator:
    return visitor.page.get_by_role("link", name=name)


def opened(visitor: Visitor) -> Open | None:
    """The open question on the page, if it is one."""
    asked, _ = visitor.asked()
    return asked if isinstance(asked, Open) else None


def until_ended(visitor: Visitor) -> Iterator[None]:
    """One round for each question up to the page that ends the interview."""
    for _ in range(20):
        if visitor.path.endswith("/ending"):
            return
        yield
    assert visitor.path.endswith("/ending")


def rating(asked: Open) -> Answer:
    """A mixed rating with one red flag, without the words."""
    return (*LEVELS[: len(asked.rubric)], asked.red_flags[0].misconception)


def percent(asked: Open) -> str:
    return f"{round(100 * asked.grade(('', *rating(asked))).score)}%"


def wanted(asked: Open) -> tuple[FollowUp, ...]:
    """The follow-ups that the rating calls for: not every question has one for it."""
    return learn.follow_ups(asked, ("", *rating(asked)))


def steps(server: Server, visitor: Visitor) -> Counter[str]:
    """How many steps of each kind are stored of this visitor."""
    sql = "SELECT kind, count(*) FROM step WHERE learner = :who GROUP BY kind"
    return Counter(dict(rows(server.database, sql, who=visitor.learner())))


# -- by hand


def show_points(visitor: Visitor, words: str = WORDS) -> None:
    visitor.page.locator("#words").fill(words)
    visitor.click_on("button[value=say]")


def rate(visitor: Visitor, asked: Open, send: str = "Keep this rating") -> None:
    """Choose a level for each point and the first red flag, and send them."""
    for point, level in zip(asked.rubric, LEVELS, strict=False):
        visitor.click(f".levels label:has([name='point-{point.id}'][value='{level}'])")
    visitor.click(visitor.page.locator("label:has([name=flag])").first)
    visitor.click_on(button(visitor, send))


def provoke(visitor: Visitor, follow: FollowUp) -> None:
    """Choose what calls for a follow-up."""
    if follow.said:
        visitor.click(f".levels label:has([name='point-{follow.said}'][value=strong])")
    if follow.flagged:
        visitor.click(f"label:has([name=flag][value='{follow.flagged}'])")


def follow_up(visitor: Visitor, asked: Open) -> None:
    """Answer the first of the follow-ups, if there are any."""
    waiting = visitor.page.locator(".follow-ups form:has(textarea)")
    assert waiting.count() == len(wanted(asked))
    if not wanted(asked):
        return
    form = waiting.first
    form.locator("textarea").fill("I would look at the task.")
    visitor.click(form.locator("summary"))
    visitor.click_on(form.get_by_role("button", name="Partly"))
    assert waiting.count() == len(wanted(asked)) - 1
    assert "It went partly." in visitor.page.locator(".follow-ups").inner_text()


def answer_open_by_hand(visitor: Visitor, asked: Open) -> None:
    show_points(visitor)
    assert visitor.page.locator(".words").inner_text() == WORDS
    rate(visitor, asked)
    assert visitor.page.locator("[data-verdict]").inner_text() == f"{percent(asked)} of the points"
    follow_up(visitor, asked)


def play_by_hand(visitor: Visitor) -> None:
    """Answer all, up to the page that ends the interview."""
    for _ in until_ended(visitor):
        if asked := opened(visitor):
            answer_open_by_hand(visitor, asked)
        else:
            visitor.answer_by_hand(visitor.right())
        visitor.click_on("[data-next]")


# -- by keys


def begin_by_keys(visitor: Visitor, minutes: int) -> None:
    visitor.open("/interview")
    visitor.tab_to("[name=minutes]:checked")
    visitor.press(*{15: ["ArrowLeft"], 30: [], 45: ["ArrowRight"]}[minutes])
    visitor.press_on("Enter")


def answer_open_by_keys(visitor: Visitor, asked: Open, *, aloud: bool) -> None:
    if aloud:
        visitor.press_on("s")
    else:
        visitor.tab_to("#words")
        visitor.write(WORDS)
        visitor.press_on("Control+Enter")
    assert visitor.focus == "z"
    for point, level in zip(asked.rubric, LEVELS, strict=False):
        visitor.tab_to(f"[name='point-{point.id}']:checked")
        visitor.press(*["ArrowRight"] * CHOICES.index(level))
    visitor.tab_to(f"[name=flag][value='{asked.red_flags[0].misconception}']")
    visitor.press("Space")
    visitor.press_on("Enter")
    assert visitor.verdict == f"{percent(asked)} of the points"
    assert visitor.focus == "y"


def follow_up_by_keys(visitor: Visitor) -> None:
    form = ".follow-ups form:has(textarea):not(.follow-ups form:has(textarea) ~ form)"
    visitor.tab_to(f"{form} textarea")
    visitor.write("I would look at the task.")
    visitor.tab_to(f"{form} summary")
    visitor.press("Enter")
    visitor.tab_to(f"{form} [value=yes]")
    visitor.press_on("Enter")
    assert "It went well." in visitor.page.locator(".follow-ups").inner_text()


# -- whole interviews


def expect_whole(visitor: Visitor, minutes: int) -> None:
    """The report is there, and all that was said is stored."""
    attempt = visitor.attempt()
    asked = [visitor.bank[slot.question] for slot in attempt.slots]
    assert attempt.finished
    assert attempt.answered == len(attempt.slots) == COUNTS[minutes][0]
    assert sum(each.rated for each in asked) == COUNTS[minutes][1]
    assert visitor.heading == f"{round(100 * attempt.score)}% of all points"
    assert visitor.page.locator(".rows li").count() == len(attempt.slots)
    assert visitor.page.get_by_text("not answered").count() == 0
    for slot, each in zip(attempt.slots, asked, strict=True):
        if isinstance(each, Open):
            assert slot.step
            assert slot.step.answer == (slot.said, *rating(each))


@pytest.mark.parametrize("minutes", [15, 45])
def test_a_whole_interview_by_keyboard_alone(visitor: Visitor, minutes: int) -> None:
    begin_by_keys(visitor, minutes)
    said = followed = 0
    for _ in until_ended(visitor):
        if asked := opened(visitor):
            answer_open_by_keys(visitor, asked, aloud=said % 2 == 1)
            said += 1
            if wanted(asked) and not followed:
                follow_up_by_keys(visitor)
                followed += 1
        else:
            visitor.answer_by_keys(visitor.right())
        visitor.press_on("n")
    visitor.press_on("n")
    expect_whole(visitor, minutes)
    assert (visitor.clicks, followed) == (0, 1)
    visitor.press_on("n")
    assert visitor.path.startswith("/practice/")


@pytest.mark.parametrize(
    ("options", "minutes"),
    [(TOUCH, 30), ({"java_script_enabled": False}, 15)],
    ids=["touch", "no script"],
)
def test_a_whole_interview_by_hand(visit: Visit, options: dict[str, object], minutes: int) -> None:
    visitor = visit(**options)
    begin(visitor, minutes)
    play_by_hand(visitor)
    visitor.click_on(button(visitor, "See the report"))
    expect_whole(visitor, minutes)
    for slot in visitor.attempt().slots:
        asked = visitor.bank[slot.question]
        assert bool(slot.follows) == (isinstance(asked, Open) and bool(wanted(asked)))


# -- with a partner


def invite(candidate: Visitor) -> str:
    """Make a link for a partner, and go back; gives the link's path."""
    candidate.click_on(link(candidate, "Invite a partner"))
    candidate.click_on(button(candidate, "Make a link"))
    address = candidate.page.locator("#link").input_value()
    candidate.click_on(link(candidate, "Back to the interview"))
    return address.removeprefix(candidate.url)


def test_a_whole_interview_with_a_partner_who_rates_and_notes(visit: Visit) -> None:
    candidate, partner = visit(), visit()
    begin(candidate)
    partner.open(invite(candidate))
    for _ in until_ended(candidate):
        expect(partner.page.locator("h1")).to_have_text(candidate.page.locator("h1").inner_text())
        if asked := opened(candidate):
            one_open_question(candidate, partner, asked)
        else:
            candidate.answer_by_hand(candidate.right())
            partner.page.reload()
            assert partner.page.get_by_text("The candidate is at").count() == 1
        if (go_there := link(partner, "Go there")).count():
            partner.click_on(go_there)
        candidate.click_on("[data-next]")
    candidate.click_on(button(candidate, "See the report"))
    expect_whole(candidate, 15)
    assert f"“{NOTE}”" in candidate.page.locator(".rows").inner_text()
    expect(partner.page.get_by_text("The interview is over.")).to_be_visible(timeout=BY_ITSELF)


def one_open_question(candidate: Visitor, partner: Visitor, asked: Open) -> None:
    """Said on one side and rated on the other; both pages show it by themselves."""
    shown = partner.page.locator("#main").inner_text()
    assert asked.follow_ups[0].ask.replace("`", "") in shown
    assert partner.page.locator("[name=flag]").count() == len(asked.red_flags)
    show_points(candidate)
    expect(partner.page.locator(".words")).to_have_text(WORDS, timeout=BY_ITSELF)
    partner.page.locator("#note").fill(NOTE)
    rate(partner, asked, "Keep the rating")
    expect(candidate.page.locator("[data-verdict]")).to_have_text(
        f"{percent(asked)} of the points", timeout=BY_ITSELF
    )
    assert NOTE in candidate.page.locator("#main").inner_text()
    assert candidate.page.locator(".follow-ups form").count() == len(wanted(asked))
    assert partner.page.get_by_role("heading", name=f"Rated: {percent(asked)}").count() == 1


def test_what_the_candidate_types_is_kept_when_the_partner_rates_meanwhile(visit: Visit) -> None:
    candidate, partner = visit(), visit()
    begin(candidate)
    asked = opened(candidate)
    assert asked
    partner.open(invite(candidate))
    candidate.click("#words")
    candidate.write(WORDS)
    rate(partner, asked, "Keep the rating")
    candidate.press_on("Control+Enter")
    assert candidate.verdict == f"{percent(asked)} of the points"
    assert candidate.page.locator(".words").inner_text() == WORDS
    assert candidate.attempt().slot(1).said == WORDS


def test_notes_of_somebody_who_looks_up_wait_beside_the_partners_rating(visit: Visit) -> None:
    candidate, partner = visit(), visit()
    begin(candidate)
    asked = opened(candidate)
    assert asked
    partner.open(invite(candidate))
    candidate.click("#words")
    candidate.write(WORDS)
    candidate.page.locator("#words").blur()
    rate(partner, asked, "Keep the rating")
    expect(candidate.page.get_by_role("heading", name=percent(asked))).to_be_visible(timeout=BY_ITSELF)
    assert candidate.page.locator("#words").input_value() == WORDS
    candidate.click_on(button(candidate, "Keep the notes"))
    assert candidate.page.locator(".words").inner_text() == WORDS


def test_a_link_that_was_taken_back_leads_nowhere_and_roles_can_swap(visit: Visit) -> None:
    candidate, partner = visit(), visit()
    begin(candidate)
    path = invite(candidate)
    partner.open(path)
    candidate.click_on(link(candidate, "Invitation"))
    candidate.click_on(button(candidate, "Take the link back"))
    partner.expected_statuses = {404}
    partner.open(path)
    assert partner.heading == "This page does not exist"
    begin(partner)
    candidate.open(invite(partner))
    assert candidate.heading == partner.heading


# -- what happens to everybody


def test_a_reload_while_typing_keeps_the_words(visitor: Visitor) -> None:
    begin(visitor)
    visitor.click("#words")
    visitor.write(WORDS)
    visitor.page.reload()
    assert visitor.page.locator("#words").input_value() == WORDS
    visitor.click_on("button[value=say]")
    assert visitor.page.locator(".words").inner_text() == WORDS
    visitor.page.reload()
    assert visitor.page.locator(".words").inner_text() == WORDS
    visitor.open("/keys")
    assert visitor.page.evaluate("Object.keys(localStorage).length") == 0


def turn_to(visitor: Visitor, tab: Page) -> None:
    visitor.page = tab
    tab.bring_to_front()


def test_two_tabs_lose_nothing_and_double_nothing(visitor: Visitor, server: Server) -> None:
    begin(visitor)
    asked = opened(visitor)
    assert asked
    first, second, third = (visitor.page, visitor.context.new_page(), visitor.context.new_page())
    for tab in (second, third):
        tab.goto(first.url)
    turn_to(visitor, first)
    show_points(visitor)
    turn_to(visitor, second)
    visitor.page.reload()
    rate(visitor, asked)
    turn_to(visitor, first)
    visitor.click_on(button(visitor, "Keep this rating"))
    assert visitor.verdict == f"{percent(asked)} of the points"
    turn_to(visitor, third)
    show_points(visitor, "Something else.")
    assert visitor.verdict == f"{percent(asked)} of the points"
    assert "rated before, perhaps in another tab" in visitor.page.locator(".ban").inner_text()
    assert steps(server, visitor) == {"say": 1, "submit": 1}
    slot = visitor.attempt().slot(1)
    assert slot.step
    assert (slot.said, slot.step.answer) == (WORDS, (WORDS, *rating(asked)))


def click_twice(visitor: Visitor, target: Locator) -> None:
    visitor.page.evaluate("document.documentElement.dataset.before = ''")
    target.dblclick(no_wait_after=True)  # which may break off the first navigation: the second one counts
    visitor.page.locator("html:not([data-before]) [data-verdict]").wait_for()


def test_a_double_click_says_rates_and_follows_once(visitor: Visitor, server: Server) -> None:
    begin(visitor)
    asked = opened(visitor)
    assert asked
    click_twice(visitor, button(visitor, "Show the points"))
    provoke(visitor, asked.follow_ups[0])
    click_twice(visitor, button(visitor, "Keep this rating"))
    visitor.click(visitor.page.locator(".follow-ups summary").first)
    click_twice(visitor, button(visitor, "Well").first)
    visitor.page.get_by_text("It went well.").wait_for()
    assert steps(server, visitor) == {"say": 1, "submit": 1, "follow": 1}


@pytest.mark.parametrize("path", ["/", "/interview"])
def test_leaving_and_going_on_is_one_click_each(visitor: Visitor, path: str) -> None:
    begin(visitor)
    here = visitor.path
    visitor.click("#words")
    visitor.write(WORDS)
    visitor.click_on("[data-close]")
    visitor.open(path)
    clicks = visitor.clicks
    visitor.click_on("[data-continue]")
    assert (visitor.clicks - clicks, visitor.path) == (1, here)
    assert visitor.page.locator("#words").input_value() == WORDS


def test_the_clock_stands_still_while_paused_and_stays_hidden(visitor: Visitor) -> None:
    begin(visitor)
    visitor.click("#words")
    visitor.write(WORDS)
    visitor.click_on(button(visitor, "Pause"))
    assert visitor.attempt().is_paused
    clock = visitor.page.locator("[data-time]")
    still = clock.inner_text()
    visitor.page.wait_for_timeout(1_500)
    assert clock.inner_text() == still == "0 of 15 minutes, paused"
    assert visitor.page.locator("#words").input_value() == WORDS
    visitor.click_on(button(visitor, "Go on"))
    assert not visitor.attempt().is_paused
    before = clock.inner_text()
    expect(clock).not_to_have_text(before, timeout=3_000)
    visitor.click(button(visitor, "Hide the clock"))
    visitor.press_on("s")
    assert not clock.is_visible()
    visitor.page.reload()
    assert not clock.is_visible()
    visitor.click(button(visitor, "Show the clock"))
    assert clock.is_visible()


def test_pausing_without_script_keeps_the_words(visit: Visit) -> None:
    visitor = visit(java_script_enabled=False)
    begin(visitor)
    visitor.page.locator("#words").fill(WORDS)
    visitor.click_on(button(visitor, "Pause"))
    assert visitor.attempt().is_paused
    assert visitor.page.locator("#words").input_value() == WORDS
    visitor.click_on(button(visitor, "Go on"))
    visitor.click_on("button[value=say]")
    assert visitor.page.locator(".words").inner_text() == WORDS


def test_the_report_prints_without_navigation_and_is_saved_as_markdown(
    visitor: Visitor, tmp_path: Path
) -> None:
    begin(visitor)
    asked = opened(visitor)
    assert asked
    answer_open_by_hand(visitor, asked)
    visitor.click_on(link(visitor, "End the interview"))
    assert "4 questions are still open" in visitor.page.locator("#main").inner_text()
    visitor.click_on(button(visitor, "See the report"))
    page = visitor.page
    page.emulate_media(media="print")
    for gone in ("header.top", "footer.foot", ".noprint", ".skip"):
        assert not page.locator(gone).is_visible()
    for there in (".words", ".told-answer .beside", ".rows", "table.mastery"):
        assert page.locator(there).first.is_visible()
    assert page.pdf().startswith(b"%PDF")
    page.emulate_media(media="screen")
    with page.expect_download() as started:
        visitor.click(link(visitor, "Save as Markdown"))
    started.value.save_as(tmp_path / "interview.md")
    text = (tmp_path / "interview.md").read_text()
    assert text.startswith("# Interview: Mid-level, 15 minutes")
    assert WORDS in text
    assert asked.model_answer.strip()[:60] in text
    assert re.search(r"^- \S", text.partition("## Red flags")[2], re.MULTILINE)


def test_a_killed_server_costs_not_a_word(browser: Browser, bank: Bank, folder: Path, tmp_path: Path) -> None:
    with Server(f"sqlite:///{tmp_path}/quizapp.db", banks=[folder]) as server:
        store = Store(server.database)
        visitor = Visitor(browser, server.url, bank, store)
        begin(visitor)
        asked, here = opened(visitor), visitor.page.url
        assert asked
        visitor.click("#words")
        visitor.write(WORDS)
        server.kill()
        visitor.click("button[value=say]")
        expect(visitor.page.get_by_text("1 answer is kept on this device")).to_be_visible()
        server.start()
        with visitor.page.expect_navigation(url=here):
            visitor.page.evaluate("dispatchEvent(new Event('online'))")
        server.kill()
        server.start()
        visitor.page.reload()
        assert visitor.page.locator(".words").inner_text() == WORDS
        rate(visitor, asked)
        visitor.open("/interview")
        visitor.click_on("[data-continue]")
        assert visitor.place == 2
        assert steps(server, visitor) == {"say": 1, "submit": 1}
        visitor.context.close()
        store.close()
