"""The ways through the app, with their clicks and keys counted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from quizapp.bank import Bank, Question
from tests.browser.conftest import Visit
from tests.browser.visitors import KINDS, PHONE, Visitor, has_choices, kind_of

pytestmark = pytest.mark.browser

MANNERS = {
    "desktop": {},
    "touch": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
    "no script": {"java_script_enabled": False},
}
SET = 10
FOLLOWS_VERDICT = """element => Boolean(
  document.querySelector("[data-verdict]").compareDocumentPosition(element)
  & Node.DOCUMENT_POSITION_FOLLOWING)"""


def first_of(bank: Bank, kind: str) -> Question:
    return next(question for question in bank if kind_of(question) == kind)


def until_done(visitor: Visitor) -> Iterator[None]:
    """One round for each question up to the summary; fails when a set does not come to its end."""
    for _ in range(2 * SET):
        if "/done" in visitor.path:
            return
        yield
    assert "/done" in visitor.path


@pytest.mark.parametrize("manner", MANNERS)
def test_a_stranger_answers_first_with_two_clicks(visit: Visit, manner: str) -> None:
    stranger = visit(**MANNERS[manner])
    stranger.open("/")
    stranger.answer_by_hand(["1"])
    assert stranger.clicks == 2
    assert stranger.verdict
    assert stranger.attempt().answered == 1


def test_a_stranger_answers_first_with_two_keys(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.answer_by_keys(["1"])
    assert visitor.keys == 2
    assert visitor.verdict
    assert visitor.attempt().answered == 1


def test_the_next_question_is_one_click_or_one_key_away(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.answer_by_keys(["1"])
    visitor.press_on("n")
    assert (visitor.keys, visitor.place) == (3, 2)
    visitor.open(visitor.path[:-1] + "1")
    visitor.click_on("[data-next]")
    assert (visitor.clicks, visitor.place) == (1, 2)


def test_a_whole_set_by_keyboard_alone(visitor: Visitor, record_property: pytest.RecordProperty) -> None:
    visitor.open("/")
    by_choice = others = choices = 0
    for _ in until_done(visitor):
        question, _ = visitor.asked()
        before = visitor.keys + visitor.typed
        visitor.answer_by_keys(visitor.right())
        assert visitor.verdict == "Right"
        visitor.press_on("n")
        spent = visitor.keys + visitor.typed - before
        if not has_choices(question):
            others += spent
            continue
        choices += 1
        if question.type == "multiple-choice":
            spent -= len(question.model()) - 1
        if question.type == "spot-line":
            spent = min(spent, 3)  # lines beyond the ninth are reached with arrows
        by_choice += spent
    assert by_choice <= 3 * choices
    assert visitor.clicks == 0
    record_property("keys", {"choices": choices, "by_choice": by_choice, "others": others})
    assert_a_full_set(visitor)


def test_a_whole_set_by_touch(visit: Visit) -> None:
    visitor = visit(**MANNERS["touch"])
    answer_a_set_by_hand(visitor)
    assert visitor.keys == 0


def test_a_whole_set_without_script(visit: Visit) -> None:
    answer_a_set_by_hand(visit(**MANNERS["no script"]))


def answer_a_set_by_hand(visitor: Visitor) -> None:
    visitor.open("/")
    for _ in until_done(visitor):
        question, _ = visitor.asked()
        before = visitor.clicks
        visitor.answer_by_hand(visitor.right())
        visitor.click_on("[data-next]")
        if has_choices(question):
            assert visitor.clicks - before == 2 + len(question.model())
    assert_a_full_set(visitor)


def assert_a_full_set(visitor: Visitor) -> None:
    """The page is the summary, and says what the database says."""
    attempt = visitor.attempt()
    assert visitor.path == f"/s/{attempt.id}/done"
    assert (attempt.answered, attempt.score) == (SET, 1)
    assert attempt.finished
    assert visitor.heading == f"{SET} of {SET} right"
    assert visitor.page.locator(".rows li").count() == SET


@pytest.mark.parametrize("manner", ["keys", *MANNERS])
def test_every_type_can_be_answered_right(visit: Visit, bank: Bank, manner: str) -> None:
    visitor = visit(**MANNERS.get(manner, {}))
    answer = visitor.answer_by_keys if manner == "keys" else visitor.answer_by_hand
    for kind in KINDS:
        visitor.open(f"/q/{first_of(bank, kind).id}")
        answer(visitor.right())
        assert (kind, visitor.verdict) == (kind, "Right")
        assert (kind, visitor.attempt().score) == (kind, 1)


def test_every_type_can_be_answered_wrong(visitor: Visitor, bank: Bank) -> None:
    for kind in KINDS:
        visitor.open(f"/q/{first_of(bank, kind).id}")
        visitor.answer_by_hand(visitor.wrong())
        assert visitor.verdict.startswith(("Not quite", "Partly right")), kind
        assert visitor.page.title().startswith(visitor.verdict), kind
        assert visitor.attempt().score < 1, kind


def test_coming_back_later_goes_on_where_one_left(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.answer_by_keys(["1"])
    visitor.press_on("n")
    visitor.answer_by_hand(visitor.wrong())
    set_id = visitor.attempt().id
    visitor.page.close()

    visitor.page = visitor.context.new_page()
    visitor.clicks = 0
    visitor.open("/")
    visitor.click_on("[data-continue]")
    assert visitor.clicks == 1
    assert visitor.path == f"/s/{set_id}/3"
    assert visitor.attempt().answered == 2


def test_going_on_takes_one_key(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.answer_by_keys(["1"])
    visitor.open("/")
    visitor.keys = 0
    visitor.press_on("n")
    assert visitor.keys == 1
    assert visitor.place == 2


def test_closing_the_tab_before_the_reason_is_shown_loses_nothing(visitor: Visitor) -> None:
    visitor.open("/mixed")
    set_id = visitor.page.locator("input[name=set]").get_attribute("value")
    visitor.choose_by_hand(visitor.right())
    with visitor.page.expect_response(lambda response: response.request.method == "POST") as posted:
        visitor.page.locator("[data-ask] .primary").click(no_wait_after=True)
    assert posted.value.status == 201
    visitor.page.close()
    visitor.page = visitor.context.new_page()
    visitor.open(f"/s/{set_id}/1")
    assert visitor.verdict == "Right"


def test_unsure_without_a_choice_shows_the_answer(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.click_on("[name=unsure]")
    step = visitor.attempt().slot(1).step
    assert visitor.verdict == "Here is how it works"
    assert step
    assert (step.answer, step.sure, step.score) == ((), False, 0)


def test_unsure_with_a_choice_counts_as_a_guess(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.choose_by_hand(visitor.right())
    visitor.click_on("[name=unsure]")
    step = visitor.attempt().slot(1).step
    assert visitor.verdict == "Right, and now you know why"
    assert step
    assert (step.sure, step.score) == (False, 1)


def test_unsure_by_keyboard(visitor: Visitor, bank: Bank) -> None:
    for kind in KINDS:
        visitor.open(f"/q/{first_of(bank, kind).id}")
        visitor.press_on("Shift+Enter")
        step = visitor.attempt().slot(1).step
        assert (kind, visitor.verdict) == (kind, "Here is how it works")
        assert step
        assert not step.sure


def test_unsure_by_keyboard_with_a_choice(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.press(*visitor.right())
    visitor.press_on("Shift+Enter")
    assert visitor.verdict == "Right, and now you know why"


def test_unsure_by_keyboard_in_a_text_field(visitor: Visitor, bank: Bank) -> None:
    visitor.open(f"/q/{first_of(bank, 'short-answer').id}")
    visitor.tab_to("#answer-1")
    visitor.write(visitor.right()[0])
    visitor.press_on("Shift+Enter")
    assert visitor.verdict == "Right, and now you know why"


def test_nothing_chosen_is_said_where_it_can_be_mended(visitor: Visitor, bank: Bank) -> None:
    visitor.expected_statuses = {422}
    questions = [first_of(bank, kind) for kind in KINDS if kind != "ordering"]  # steps always have an order
    for path in ("/", *(f"/q/{question.id}" for question in questions)):
        visitor.open(path)
        visitor.click_on("[data-ask] .primary")
        assert visitor.path == path
        assert visitor.page.title().startswith("Error: "), path
        assert visitor.focus == "problem", path
        visitor.click(".errsum a")
        assert visitor.focus == "answer-1", path
    assert visitor.learner() == ""


def test_nothing_chosen_within_a_set(visitor: Visitor, bank: Bank) -> None:
    visitor.expected_statuses = {422}
    visitor.open("/")
    visitor.answer_by_keys(["1"])
    visitor.press_on("n")
    for _ in range(SET):
        if visitor.asked()[0].type != "ordering":
            break
        visitor.answer_by_hand(visitor.right())
        visitor.press_on("n")
    before = visitor.attempt()
    visitor.click_on("[data-ask] .primary")
    assert visitor.page.title().startswith("Error: ")
    assert visitor.focus == "problem"
    assert visitor.attempt() == before
    visitor.answer_by_hand(visitor.right())
    assert visitor.verdict == "Right"


def test_after_an_answer_the_focus_is_on_the_verdict(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.answer_by_hand(["1"])
    assert visitor.page.evaluate("document.activeElement.matches('h2[data-verdict]')")
    visitor.press("Tab")
    assert visitor.page.evaluate(f"({FOLLOWS_VERDICT})(document.activeElement)")
