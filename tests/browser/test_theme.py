"""Light and dark: as the system says, or as chosen; decided by the server, so nothing flashes."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser

DARK = "rgb(19, 21, 24)"
LIGHT = "rgb(250, 248, 244)"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"


def test_the_theme_follows_the_system(visit: Visit) -> None:
    for scheme, background in (("light", LIGHT), ("dark", DARK)):
        visitor = visit(color_scheme=scheme)
        visitor.open("/")
        assert visitor.page.evaluate(BACKGROUND) == background


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_chosen_theme_stays_and_comes_with_the_page(visit: Visit, script: bool) -> None:
    visitor = visit(color_scheme="light", java_script_enabled=script)
    visitor.open("/topics?from=test")
    visitor.click_on(visitor.page.get_by_role("button", name="Dark"))
    assert visitor.page.url.endswith("/topics?from=test")
    assert visitor.page.evaluate(BACKGROUND) == DARK
    assert visitor.page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    visitor.page.close()
    visitor.page = visitor.context.new_page()
    with visitor.page.expect_response(f"{visitor.url}/mixed") as answer:
        visitor.open("/mixed")
    assert '<html lang="en" data-theme="dark">' in answer.value.text()
    assert visitor.page.evaluate(BACKGROUND) == DARK
    visitor.open("/")
    visitor.click_on(visitor.page.get_by_role("button", name="System"))
    assert visitor.page.evaluate(BACKGROUND) == LIGHT


def test_light_can_be_chosen_on_a_dark_system(visit: Visit) -> None:
    visitor = visit(color_scheme="dark")
    visitor.open("/")
    visitor.click_on(visitor.page.get_by_role("button", name="Light"))
    assert visitor.page.evaluate(BACKGROUND) == LIGHT
