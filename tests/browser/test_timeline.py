"""The timeline in a real browser: steps by keys and buttons, under the app's own policy, at both sizes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, render_template_string
from playwright.sync_api import Browser, Page, Route

from quizapp import lab
from quizapp.web.access import HEADERS
from quizapp.web.markup import code_lines
from quizapp.web.witness import Side
from tests.browser.visitors import DESKTOP, PHONE
from tests.lab import programs

pytestmark = pytest.mark.browser

TEMPLATE = """<!doctype html><html lang="en"><head><title>Timelines</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="{{ icon }}"><link rel="stylesheet" href="{{ static('quizapp.css') }}">
<script src="{{ static('quizapp.js') }}" defer></script>
<script src="{{ static('timeline.js') }}" defer></script>
</head><body><main class="col"><h1>Timelines</h1>
{% from "_timeline.html" import draw, contrast %}{% from "_code.html" import block %}
{{ block(code, id="program") }}<input aria-label="A field">{{ draw(shown, "program") }}
{% for each in rest %}{{ draw(each, "", "another") }}{% endfor %}{{ contrast(sides) }}</main></body></html>"""


@pytest.fixture(scope="module")
def timelines() -> dict[str, lab.Timeline]:
    with lab.Batch() as batch:
        return {name: lab.timeline(batch.run(program), program) for name, program in programs.SIX.items()}


@pytest.fixture
def html(app: Flask, timelines: dict[str, lab.Timeline]) -> str:
    with app.test_request_context():
        return render_template_string(
            TEMPLATE,
            shown=timelines["blocking"],
            code=code_lines(programs.BLOCKING.rstrip()),
            rest=[timelines[name] for name in programs.SIX if name != "blocking"],
            sides=[Side("time.sleep(1)", timelines["blocking"]), Side("other", timelines["gather"])],
        )


@pytest.fixture
def page(app: Flask, browser: Browser, html: str) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP)
    page = context.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))

    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path == "/timelines":
            route.fulfill(body=html, headers={**HEADERS, "Content-Type": "text/html; charset=utf-8"})
        else:
            with app.test_client().get(path, buffered=True) as found:
                route.fulfill(body=found.data, content_type=found.content_type)

    page.route("**/*", answer)
    page.goto("http://127.0.0.1/timelines")
    yield page
    context.close()
    assert troubles == []


def now(page: Page) -> str:
    return page.locator("[data-now]").first.inner_text()


def test_keys_and_buttons_go_through_the_steps(page: Page) -> None:
    page.locator("[data-forth]").first.click()
    assert now(page).startswith("At 0 s the program makes a task of main()")
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    assert 'job("a") holds the loop for 1 s' in now(page)
    assert "time.sleep(1)" in now(page)
    assert page.locator("#program .at").all_inner_texts() == ["    time.sleep(1)"]
    assert page.locator("li.at[aria-current=step]").count() == 1
    assert page.locator(".tl").first.locator(".wide [data-cursor]").get_attribute("visibility") == "visible"
    page.keyboard.press("ArrowLeft")
    assert page.locator("#program .at").get_attribute("data-line") == "4"
    page.locator("[data-back]").first.click()
    assert "5 of 15" in page.locator("[data-place]").first.inner_text()


def test_it_stops_at_both_ends(page: Page) -> None:
    page.locator("[data-forth]").first.focus()
    page.keyboard.press("ArrowLeft")
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert "15 of 15" in page.locator("[data-place]").first.inner_text()
    assert page.locator("[data-forth]").first.get_attribute("aria-disabled") == "true"


def test_arrows_elsewhere_do_nothing(page: Page) -> None:
    page.get_by_label("A field").fill("ab")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    assert "step by step" in now(page)


@pytest.mark.parametrize(
    ("size", "shown", "hidden"), [(DESKTOP, "wide", "narrow"), (PHONE, "narrow", "wide")]
)
def test_each_screen_has_its_size(page: Page, size: dict[str, int], shown: str, hidden: str) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    first = page.locator(".tl").first
    assert first.locator(f".{shown}").is_visible()
    assert not first.locator(f".{hidden}").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    smallest = """[...document.querySelectorAll('.tl-draw text')].filter(text => text.getClientRects().length)
      .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    assert min(page.evaluate(smallest)) > 10.7


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_anybody(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.locator("summary").first.click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_without_scripts_drawing_and_words_are_there(browser: Browser, html: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
    page.goto("http://127.0.0.1/timelines")
    assert page.locator(".tl svg[role=img]").first.is_visible()
    assert not page.locator("[data-walk]").first.is_visible()
    page.locator("summary").first.click()
    assert page.get_by_text("main() begins").first.is_visible()
    context.close()
