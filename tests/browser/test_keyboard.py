"""The keyboard map, where keys must not act, and that Tab reaches everything."""

from __future__ import annotations

import pytest

from quizapp.bank import Bank
from tests.browser.test_journeys import first_of
from tests.browser.visitors import Visitor

pytestmark = pytest.mark.browser


def test_digits_choose_and_toggle(visitor: Visitor, bank: Bank) -> None:
    visitor.open(f"/q/{first_of(bank, 'multiple-choice').id}")
    visitor.press("1", "2", "1")
    assert not visitor.page.locator("#answer-1").is_checked()
    assert visitor.page.locator("#answer-2").is_checked()
    visitor.open(f"/q/{first_of(bank, 'single-choice').id}")
    visitor.press("1", "2", "9")
    assert visitor.page.locator("input:checked").get_attribute("id") == "answer-2"


def test_a_digit_means_the_line_with_that_number(visitor: Visitor, bank: Bank) -> None:
    for question in bank:
        numbers = [number for number, line in enumerate(question.code.splitlines(), 1) if line.strip()]
        if question.type == "spot-line" and numbers[:9] != list(range(1, 10)):
            break
    visitor.open(f"/q/{question.id}")
    for number in numbers[:4]:
        visitor.press(str(number))
        assert visitor.page.locator(".line:has(:checked) .ln").inner_text() == str(number)


def test_single_keys_do_nothing_in_text_fields(visitor: Visitor, bank: Bank) -> None:
    visitor.open(f"/q/{first_of(bank, 'short-answer').id}")
    path = visitor.path
    visitor.tab_to("#answer-1")
    visitor.write("1np? ")
    assert visitor.page.locator("#answer-1").input_value() == "1np? "
    assert visitor.path == path
    visitor.open(f"/q/{first_of(bank, 'typed output').id}")
    visitor.tab_to("#answer-1")
    visitor.write("n\np?")
    assert visitor.page.locator("#answer-1").input_value() == "n\np?"


@pytest.mark.parametrize("kind", ["typed output", "ordering", "matching"])
def test_control_and_enter_check_from_any_field(visitor: Visitor, bank: Bank, kind: str) -> None:
    visitor.open(f"/q/{first_of(bank, kind).id}")
    field = visitor.page.locator("[data-ask] :is(textarea, select, button[type=button]):visible").last
    field.focus()
    if kind == "typed output":
        visitor.write("something else")
    elif kind == "matching":
        field.select_option(index=1)
    visitor.press("Control+Enter")
    visitor.page.locator("[data-verdict]").wait_for()


def test_single_keys_do_nothing_with_a_modifier(visitor: Visitor) -> None:
    visitor.open("/")
    for modifier in ("Control", "Alt", "Meta"):
        visitor.press(f"{modifier}+2")
    assert visitor.page.locator("input:checked").count() == 0


def test_the_switch_turns_single_keys_off_and_on(visitor: Visitor) -> None:
    visitor.open("/keys")
    visitor.click("[data-keys-on]")
    visitor.open("/keys")
    assert not visitor.page.locator("[data-keys-on]").is_checked()
    visitor.open("/mixed")
    visitor.press("1", "n", "?", "Escape")
    assert visitor.page.locator("input:checked").count() == 0
    visitor.press_on("Shift+Enter")  # no single character: stays
    assert visitor.verdict
    visitor.press("n", "Escape", "?")
    assert visitor.place == 1
    visitor.open("/keys")
    visitor.click("[data-keys-on]")
    visitor.open("/mixed")
    assert visitor.place == 2


def test_the_question_mark_shows_the_keys(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.press_on("?")
    assert visitor.path == "/keys"


def test_p_copies_the_program(visitor: Visitor, bank: Bank) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=visitor.url)
    spot = first_of(bank, "spot-line")
    numbered = next(each for each in bank if each.type == "ordering" and each.code)
    for question in (spot, numbered):
        visitor.open(f"/q/{question.id}")
        visitor.press("p")
        visitor.page.get_by_role("status").get_by_text("Copied").wait_for()
        assert visitor.page.evaluate("navigator.clipboard.readText()").rstrip() == question.code.rstrip()


def test_steps_move_by_keys_and_say_so(visitor: Visitor, bank: Bank) -> None:
    visitor.open(f"/q/{first_of(bank, 'ordering').id}")
    first = visitor.page.locator(".step").first.locator("select").get_attribute("id")
    visitor.tab_to(".step:first-child .move button:last-child")
    visitor.press("Enter", " ")
    assert visitor.page.locator(".step").nth(2).locator("select").get_attribute("id") == first
    assert visitor.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Move down: "
    )
    assert visitor.page.locator(".steps + [role=status]").inner_text().startswith("Now step 3 of ")
    assert visitor.page.locator(".step .num").all_inner_texts()[:3] == ["1", "2", "3"]
