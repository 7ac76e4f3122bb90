"""An exam: nothing is told before its end."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response

from quizapp.bank import Bank
from tests.browser.conftest import Visit
from tests.browser.visitors import Visitor, has_choices

pytestmark = pytest.mark.browser


def start_an_exam(visitor: Visitor) -> None:
    visitor.open("/topics")
    visitor.click_on(visitor.page.get_by_role("button", name="Start the exam"))


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_exam_from_the_topics_page_to_the_answers(visit: Visit, bank: Bank, script: bool) -> None:
    visitor = visit(java_script_enabled=script)
    pages: list[str] = []
    visitor.page.on("response", lambda response: pages.append(_page(response)))
    start_an_exam(visitor)
    exam = visitor.attempt()
    assert len(exam.slots) == 10

    for _ in exam.slots:
        visitor.answer_by_hand(visitor.wrong())
    assert visitor.heading == "10 of 10 answered"
    assert {slot.step.score for slot in visitor.attempt().slots if slot.step} == {None}

    visitor.click_on(".rows li:first-child a")
    question, shown = visitor.asked()
    if has_choices(question):
        kept = question.fill(visitor.attempt().slot(1).step.answer, shown)
        assert all(visitor.page.locator(f"#answer-{place}").is_checked() for place in kept)
    visitor.answer_by_hand(visitor.right())
    assert visitor.page.locator("[data-verdict]").count() == 0
    for slot in exam.slots:
        told = bank[slot.question].explanation.split("`")[0][:40]
        assert not [page for page in pages if len(told) > 15 and told in page]

    visitor.open(f"/s/{exam.id}/done")
    visitor.click_on(visitor.page.get_by_role("button", name="Finish and see the answers"))
    ended = visitor.attempt()
    assert ended.finished
    assert ended.slot(1).score == 1
    assert visitor.heading == "1 of 10 right"
    visitor.click_on(".rows li:first-child a")
    assert visitor.verdict == "Right"
    visitor.click_on("[data-next]")
    assert visitor.place == 2
    assert visitor.verdict.startswith(("Not quite", "Partly right"))


def _page(response: Response) -> str:
    if response.status == 200 and response.headers.get("content-type", "").startswith("text/html"):
        return response.text()
    return ""


def test_an_answer_sent_after_the_end_changes_nothing(visitor: Visitor) -> None:
    start_an_exam(visitor)
    late, set_id = visitor.page, visitor.attempt().id
    visitor.page = visitor.context.new_page()
    visitor.open(f"/s/{set_id}/done")
    visitor.click_on(visitor.page.get_by_role("button", name="Finish and see the answers"))
    ended = visitor.attempt()
    visitor.page = late
    visitor.click_on("[name=unsure]")
    assert visitor.verdict == "Here is how it works"
    assert visitor.attempt() == ended
