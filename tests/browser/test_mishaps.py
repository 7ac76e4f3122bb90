"""What happens to everybody: Back, reload, double clicks, two tabs. Nothing is counted twice or lost."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitors import Visitor
from tests.rows import rows as stored
from tests.servers import Server

pytestmark = pytest.mark.browser


def rows(server: Server, visitor: Visitor) -> int:
    """How many steps of this visitor are stored."""
    sql = "SELECT count(*) FROM step WHERE learner = :who"
    return int(stored(server.database, sql, who=visitor.learner())[0][0])


def test_back_and_reload_after_an_answer(visitor: Visitor, server: Server) -> None:
    visitor.open("/mixed")
    visitor.answer_by_hand(visitor.right())
    visitor.press_on("n")
    visitor.answer_by_hand(visitor.wrong())
    answered = visitor.page.url
    said = visitor.verdict
    visitor.page.reload()
    assert visitor.verdict == said
    visitor.page.go_back()
    visitor.page.reload()
    visitor.page.go_forward()
    assert (visitor.page.url, visitor.verdict) == (answered, said)
    assert rows(server, visitor) == 2


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_double_click_on_check_is_one_answer(visit: Visit, server: Server, script: bool) -> None:
    visitor = visit(java_script_enabled=script)
    visitor.open("/")
    visitor.choose_by_hand(["1"])
    visitor.page.locator("[data-ask] .primary").dblclick(no_wait_after=True)
    visitor.page.locator("[data-verdict]").wait_for()
    assert rows(server, visitor) == 1
    assert visitor.attempt().answered == 1


def test_a_form_sent_again_is_one_answer(visitor: Visitor, server: Server) -> None:
    """As a browser does that keeps pages in memory: Back, and the very same form comes twice."""
    visitor.open("/mixed")
    visitor.choose_by_hand(visitor.right())
    form = visitor.page.locator("[data-ask]").evaluate("form => [...new FormData(form)]")
    visitor.click_on("[data-ask] .primary")
    again = visitor.context.request.post(
        f"{visitor.url}/mixed",
        data=urlencode([(name, value) for name, value in form]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert urlsplit(again.url).path == visitor.path
    assert visitor.verdict in again.text()
    assert rows(server, visitor) == 1


def test_two_tabs_at_the_same_question(visitor: Visitor, server: Server) -> None:
    visitor.open("/mixed")
    visitor.answer_by_hand(visitor.right())
    visitor.press_on("n")
    first, second = visitor.page, visitor.context.new_page()
    second.goto(first.url)
    visitor.answer_by_hand(visitor.right())
    assert visitor.page.get_by_text("answered before").count() == 0
    visitor.page = second
    visitor.answer_by_hand(visitor.wrong())
    assert visitor.verdict == "Right"
    assert "answered before, perhaps in another tab" in visitor.page.locator(".ban").inner_text()
    assert rows(server, visitor) == 2


def test_two_tabs_at_the_home_page_of_a_stranger(visitor: Visitor, server: Server) -> None:
    visitor.open("/")
    first, second = visitor.page, visitor.context.new_page()
    second.goto(first.url)
    visitor.answer_by_hand(["1"])
    one = visitor.learner()
    visitor.page = second
    visitor.answer_by_hand(["2"])
    assert visitor.learner() == one
    assert rows(server, visitor) == 2


def test_leaving_with_escape_keeps_the_answers(visitor: Visitor) -> None:
    visitor.open("/mixed")
    visitor.answer_by_hand(visitor.right())
    visitor.press_on("Escape")
    assert visitor.path == "/"
    assert "1 of 10 answered" in visitor.page.locator("[data-continue]").inner_text()


def test_a_form_that_was_tampered_with_stores_nothing(visitor: Visitor, server: Server) -> None:
    visitor.expected_statuses = {409, 422}
    for name, code in (("face", "This question has just been changed"), ("step", "can’t be read")):
        visitor.open("/")
        visitor.page.locator(f"input[name={name}]").evaluate("field => { field.value = 'x' }")
        visitor.click("label:has(#answer-1)")
        visitor.click_on("[data-ask] .primary")
        assert code in visitor.heading
        visitor.click_on(visitor.page.get_by_role("link", name="Open the page again"))
        assert visitor.page.locator("[data-ask]").count() == 1
    assert visitor.learner() == ""
