"""The outbox: what is sent on a question's form arrives once, whatever the connection does."""

from __future__ import annotations

import json
import time

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, Route, expect

from quizapp.bank import Bank
from quizapp.store import Account, Accounts, Store
from quizapp.web.guests import hashed, new_id, new_token, now
from quizapp.web.passwords import hash_password
from tests.browser.conftest import Visit
from tests.browser.faulty import NO_STORAGE, Faulty, until_all_is_sent
from tests.browser.site import PASSWORD
from tests.browser.test_accessibility import RUN_AXE, TAGS, TOO_SMALL, TOO_WIDE
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.rows import rows
from tests.servers import Server
from tests.web.keys import bare, key_texts

pytestmark = pytest.mark.browser


def test_answers_through_a_failing_connection_arrive_once(visit: Visit, server: Server) -> None:
    tally = Faulty(visit(), server.database, seed=20261130).run(16)
    assert (tally.cases, tally.acknowledged, tally.lost, tally.doubled) == (16, 16, 0, 0)
    assert tally.faults.total() >= 0.3 * 16
    assert len(tally.faults) >= 5


def test_without_the_outbox_answers_would_be_lost(visit: Visit, server: Server) -> None:
    assert Faulty(visit(), server.database, seed=1, share=0.8, control="no outbox").run(4).lost > 0


def test_under_new_ids_answers_would_be_doubled(visit: Visit, server: Server) -> None:
    assert Faulty(visit(), server.database, seed=3, share=1.0, control="new ids").run(4).doubled > 0


# -- what is seen


def answer_offline(visitor: Visitor) -> None:
    """Answer the question of the day without a connection, and wait until the page says so."""
    visitor.open("/")
    visitor.is_cut_off = True
    visitor.context.set_offline(True)
    visitor.click("[data-ask] [name=unsure]")
    expect(news(visitor)).to_contain_text("You are offline.")


def news(visitor: Visitor) -> Locator:
    """What the outbox says, spoken by screen readers, too."""
    return visitor.page.locator("[data-outbox] [role=status]")


def stored(visitor: Visitor) -> list[str]:
    """What is stored of answers on this device."""
    found = visitor.page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('quizapp-outbox-'))"
    )
    return [value for _, value in found]


def faults_of_the_page(visitor: Visitor) -> list[str]:
    """What axe, narrow screens and fingers find wrong with what is on the page, in light and dark."""
    page, found = visitor.page, list[str]()
    page.evaluate(AXE_SCRIPT)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += page.evaluate(RUN_AXE, TAGS) + page.evaluate(TOO_WIDE) + page.evaluate(TOO_SMALL)
    return found


def test_an_answer_that_waits_is_told_calmly(visitor: Visitor) -> None:
    answer_offline(visitor)
    expect(news(visitor)).to_contain_text("1 answer is kept on this device, and sent by itself")
    assert visitor.page.evaluate("document.activeElement.textContent") == "Send now"
    assert faults_of_the_page(visitor) == []
    visitor.context.set_offline(False)
    expect(visitor.page.locator("[data-verdict]")).to_be_visible()
    assert stored(visitor) == []


def test_an_answer_that_waits_is_sent_by_keys(visitor: Visitor, bank: Bank) -> None:
    visitor.expected_statuses = {503}
    here = f"/q/{next(each.id for each in bank if each.type == 'single-choice')}"
    visitor.open(here)
    visitor.page.route(f"**{here}", lambda route: route.fulfill(status=503, headers={"Retry-After": "60"}))
    visitor.press("1", "Enter")
    expect(news(visitor)).to_contain_text("The server is busy.")
    visitor.press("2")  # what was sent stays as it was sent
    assert visitor.page.locator("#answer-1").is_checked()
    visitor.page.unroute(f"**{here}")
    visitor.press("Tab", "Shift+Tab")
    visitor.press_on("Enter")
    assert visitor.page.locator("[data-verdict]").count() == 1


def test_retry_after_is_kept_to(visitor: Visitor) -> None:
    visitor.expected_statuses = {503}
    sent: list[float] = []

    def busy(route: Route) -> None:
        sent.append(time.monotonic())
        route.fulfill(status=503, headers={"Retry-After": "2"}) if len(sent) == 1 else route.continue_()

    visitor.open("/mixed")
    visitor.page.route("**/mixed", busy)
    visitor.click_on("[data-ask] [name=unsure]")
    expect(visitor.page.locator("[data-verdict]")).to_be_visible()
    assert sent[1] - sent[0] >= 2


def test_any_page_delivers_what_a_closed_tab_left_and_says_so(visitor: Visitor) -> None:
    answer_offline(visitor)
    visitor.page.close()
    visitor.page = visitor.context.new_page()
    visitor.context.set_offline(False)
    visitor.open("/keys")
    expect(news(visitor)).to_contain_text("All answers are saved. 1 was sent just now.")
    visitor.click_on(visitor.page.get_by_role("link", name="See it"))
    assert visitor.page.locator("[data-verdict]").count() == 1
    assert visitor.attempt().answered == 1


def test_a_page_of_somebody_elses_network_is_no_acknowledgement(visitor: Visitor) -> None:
    visitor.open("/mixed")
    visitor.page.route("**/mixed", lambda route: route.fulfill(body="<h1>Welcome to our hotel</h1>"))
    visitor.click("[data-ask] [name=unsure]")
    expect(news(visitor)).to_contain_text("1 answer is kept on this device")
    visitor.page.unroute("**/mixed")
    visitor.click_on("[data-send-now]")
    assert visitor.page.locator("[data-verdict]").count() == 1


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "lease"])
def test_two_tabs_never_send_one_answer_at_the_same_time(
    visitor: Visitor, server: Server, locks: bool
) -> None:
    if not locks:
        visitor.context.add_init_script("Object.defineProperty(navigator, 'locks', {value: undefined})")
    answer_offline(visitor)
    visitor.page.close()
    tabs = [visitor.context.new_page() for _ in range(3)]
    now, most = [0], [0]

    def slow(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        now[0] += 1
        most[0] = max(most[0], now[0])
        tabs[0].wait_for_timeout(300)
        now[0] -= 1
        return route.continue_()

    visitor.context.set_offline(False)
    visitor.context.route("**/*", slow)
    for tab in tabs:
        tab.goto(f"{visitor.url}/keys", wait_until="commit")
    for tab in tabs:
        until_all_is_sent(tab)
    assert most == [1]
    assert len(rows(server.database, "SELECT id FROM step WHERE learner = :who", who=visitor.learner())) == 1


# -- whose it is


def enter(visitor: Visitor, kept: Store, name: str) -> str:
    """Come in under an account of that name, made where there is none; gives whose it is."""
    accounts, moment, token = Accounts(kept.database), now(), new_token()
    found = accounts.by_name(name)
    account = found[0] if found else Account(new_id(), new_id(), name, name, moment)
    if not found:
        accounts.create(account, hash_password(PASSWORD))
    accounts.sign_in(account, guest="", old_token="", new_token=hashed(token), device="", now=moment)
    visitor.context.add_cookies([{"name": "quizapp", "value": token, "url": visitor.url}])
    return account.learner


def sign_in(visitor: Visitor, name: str) -> None:
    visitor.page.locator("#name").fill(name)
    visitor.page.locator("#password").fill(PASSWORD)
    visitor.click_on(visitor.page.get_by_role("main").get_by_role("button", name="Sign in"))


def lose_the_session(visitor: Visitor) -> None:
    """Answer at a moment at which the browser has no session any more."""
    visitor.expected_statuses = {401}
    visitor.context.clear_cookies()
    visitor.click("[data-ask] [name=unsure]")
    expect(news(visitor)).to_contain_text("Please sign in again.")


def test_a_session_that_ends_meanwhile_costs_no_answer(visitor: Visitor, kept: Store) -> None:
    ada = enter(visitor, kept, "ada.outbox")
    visitor.open("/mixed")
    visitor.click_on("[data-ask] [name=unsure]")
    visitor.click_on("[data-next]")
    here = visitor.path
    lose_the_session(visitor)
    visitor.click_on(visitor.page.get_by_role("link", name="Sign in and send"))
    expect(news(visitor)).to_contain_text("It is sent once whoever gave it has signed in.")
    sign_in(visitor, "ada.outbox")
    expect(visitor.page.locator("[data-verdict]")).to_be_visible()
    assert (visitor.path, visitor.learner()) == (here, ada)
    assert stored(visitor) == []


def test_another_learner_at_this_machine_neither_sees_nor_sends_it(visitor: Visitor, kept: Store) -> None:
    bob = enter(visitor, kept, "bob.outbox")
    visitor.open("/")
    lose_the_session(visitor)
    waits = stored(visitor)
    assert len(waits) == 1
    eve = enter(visitor, kept, "eve.outbox")
    for path in ("/", "/progress", "/account"):
        visitor.open(path)
        visitor.page.wait_for_timeout(200)
        assert visitor.page.locator("[data-outbox]").is_hidden()
    assert stored(visitor) == waits
    assert visitor.learner() == eve
    enter(visitor, kept, "bob.outbox")
    visitor.open("/keys")
    expect(news(visitor)).to_contain_text("1 was sent just now.")
    answers = [len(kept.answers_of(each)) for each in (bob, eve)]
    assert answers == [1, 0]


def test_what_a_guest_has_not_sent_goes_to_the_account_with_the_answers(
    visitor: Visitor, kept: Store
) -> None:
    answer_offline(visitor)
    visitor.page.close()
    visitor.page = visitor.context.new_page()
    visitor.context.set_offline(False)
    fay = enter(visitor, kept, "fay.outbox")
    visitor.open("/keys")
    expect(news(visitor)).to_contain_text("1 was sent just now.")
    assert len(kept.answers_of(fay)) == 1


def test_signing_out_warns_of_what_waits_and_clears_the_device(visitor: Visitor, kept: Store) -> None:
    enter(visitor, kept, "cleo.outbox")
    visitor.open("/account")
    visitor.page.evaluate("localStorage.setItem('quizapp-draft-x/1', 'words')")
    visitor.page.route(
        "**/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    answer_in_another_tab_offline(visitor)
    out = visitor.page.get_by_role("main").get_by_role("button", name="Sign out")
    visitor.click(out)
    expect(visitor.page.locator("[data-warning]")).to_contain_text("Not all of your answers are sent yet.")
    assert len(stored(visitor)) == 1
    visitor.click_on(out)
    assert visitor.page.evaluate("Object.keys(localStorage)") == []


def test_where_a_browser_heeds_no_header_signing_out_clears_the_device_too(
    visitor: Visitor, kept: Store
) -> None:
    """As on plain http in a classroom."""
    enter(visitor, kept, "dora.outbox")
    visitor.open("/account")
    visitor.page.evaluate("localStorage.setItem('quizapp-draft-x/1', 'words')")
    visitor.page.route("**/signout", without_clearing)
    visitor.click_on(visitor.page.get_by_role("main").get_by_role("button", name="Sign out"))
    assert visitor.page.evaluate("Object.keys(localStorage)") == []


def without_clearing(route: Route) -> None:
    """The server's reply without the header that clears the storage."""
    reply = route.fetch(max_redirects=0)
    headers = {name: value for name, value in reply.headers.items() if name != "clear-site-data"}
    route.fulfill(status=reply.status, headers=headers)


def answer_in_another_tab_offline(visitor: Visitor) -> None:
    first, visitor.page = visitor.page, visitor.context.new_page()
    answer_offline(visitor)
    visitor.page.close()
    visitor.page = first
    visitor.context.set_offline(False)


# -- what is not kept


def test_an_answer_that_came_too_late_is_told_and_given_back(visitor: Visitor) -> None:
    visitor.expected_statuses = {409}
    visitor.open("/interview")
    visitor.page.get_by_label("15 minutes").check()
    visitor.click_on(visitor.page.get_by_role("main").get_by_role("button", name="Start"))
    here = visitor.page.url
    visitor.is_cut_off = True
    visitor.page.locator("#words").fill("What I would have said, had I been online.")
    visitor.context.set_offline(True)
    visitor.click("button[value=say]")
    expect(news(visitor)).to_contain_text("1 answer is kept on this device")
    visitor.page.close()
    visitor.context.set_offline(False)
    set_id = here.split("/")[4]
    visitor.context.request.post(f"{visitor.url}/interview/{set_id}/end")
    visitor.page = visitor.context.new_page()
    visitor.open("/progress")
    expect(news(visitor)).to_contain_text("These questions are finished")
    visitor.click(visitor.page.get_by_text("What you wrote"))
    assert (
        visitor.page.locator("[data-fate] pre").inner_text() == "What I would have said, had I been online."
    )
    assert faults_of_the_page(visitor) == []
    visitor.click(visitor.page.get_by_role("button", name="Remove it"))
    assert stored(visitor) == []


@pytest.mark.parametrize("broken", ["blocked", "full"])
def test_where_storage_is_blocked_or_full_the_form_goes_as_it_always_did(visit: Visit, broken: str) -> None:
    visitor = visit()
    full = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    visitor.context.add_init_script(NO_STORAGE if broken == "blocked" else full)
    sent: list[str] = []
    visitor.page.on(
        "request", lambda request: sent.append(request.resource_type) if request.method == "POST" else None
    )
    visitor.open("/mixed")
    visitor.answer_by_hand(visitor.right())
    assert visitor.verdict == "Right"
    assert sent == ["document"]


def test_no_key_is_ever_in_what_is_kept(visitor: Visitor) -> None:
    answer_offline(visitor)
    question, _ = visitor.asked()
    [entry] = stored(visitor)
    assert not [each for each in key_texts(question) if each in bare(entry)]
    assert set(json.loads(entry)) == {"key", "owner", "to", "kind", "at", "body"}
