"""Every page for everybody: axe, narrow screens, wide text, targets, the way of the focus, forced colours.

And every page is light, asks for little, and does not jump.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Response, ViewportSize

from tests.browser import teaching
from tests.browser.conftest import Visit
from tests.browser.site import PAGES
from tests.browser.visitors import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser

Look = Callable[[str], Page]

Scheme = Literal["light", "dark"]
VIEWS: tuple[tuple[ViewportSize, Scheme], ...] = ((DESKTOP, "light"), (PHONE, "dark"))
MOST_BYTES = 30_000  # compressed, as a proxy in front would send it
MOST_REQUESTS = 4
SHIFTED = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return shifts.reduce((sum, each) => sum + each.value, 0);
}"""
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """async only => {
  const found = await axe.run({runOnly: only, resultTypes: ["violations"]});
  return found.violations.map(each =>
    `${each.id}: ${each.nodes.map(node => node.html.slice(0, 120)).join(" | ")}`);
}"""
WIDE_TEXT = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-bottom: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter(each => each.getBoundingClientRect().right > width + 1 && !each.closest(".scroll, pre"))
    .map(each => `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`).slice(0, 5);
}"""
# A link inside a sentence is as high as its line; WCAG 2.5.8 lets it be. A hidden button is for Enter alone.
TOO_SMALL = """() => {
  const targets = document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary");
  const small = [];
  for (const each of targets) {
    const target = each.closest("label") || each;
    const {width, height} = target.getBoundingClientRect();
    if (!each.checkVisibility({visibilityProperty: true}) || (width >= 24 && height >= 24)) continue;
    const isInText = getComputedStyle(each).display === "inline"
      && each.parentElement.textContent.trim() !== each.textContent.trim();
    if (isInText || each.matches(".skip, .vh[aria-hidden]")) continue;
    small.push(`${target.outerHTML.slice(0, 80)} ${width}×${height}`);
  }
  return small;
}"""
INSIDE = 20  # a field for a date has stops of its own
FOCUSABLE = """() => {
  const all = document.querySelectorAll(
    "a[href], button:not([aria-hidden]), input:not([type=hidden]), select, textarea, summary, " +
    "[tabindex='0']");
  return [...all].filter(each => each.checkVisibility({visibilityProperty: true})).map((each, place) => {
    each.dataset.stop = each.type === "radio" ? `radio ${each.name}` : String(place);
    return each.dataset.stop;
  });
}"""
FOCUSED = """() => {
  const here = document.activeElement;
  const shown = here.closest("label") || here;
  const box = shown.getBoundingClientRect();
  const bar = document.querySelector(".bar-next");
  const edge = bar && !bar.contains(here) ? bar.getBoundingClientRect().top : innerHeight;
  const isHidden = box.top >= edge || box.bottom <= 0;
  const isCut = box.bottom > edge + 1 && box.height < edge * .7;  // what is higher can't be seen whole
  const style = getComputedStyle(shown), own = getComputedStyle(here);
  const hasRing = [style, own].some(each =>
    each.outlineStyle !== "none" && parseFloat(each.outlineWidth) >= 2);
  return {stop: here.dataset.stop || "", hidden: isHidden || isCut, ring: hasRing || here === document.body,
          html: here.outerHTML.slice(0, 100),
          top: box.top, bottom: box.bottom, edge};
}"""
WALKED = (
    "home",
    "home, with a set to continue",
    "topics",
    "progress, filled",
    "keys",
    "summary, finished",
    "exam question",
    "asked ordering",
    "asked matching",
    "asked spot-line",
    "asked multiple-choice",
    "asked typed output",
    "question, nothing chosen",
    "told wrong single-choice",
    "told wrong ordering",
    "told right spot-line",
    "progress, a long past",
    "topic progress",
    "history",
    "account",
    "keep, too short",
    "invited, too short",
    "people, with a link",
    "question with a hint",
    "interview home",
    "say",
    "rate",
    "follow-ups",
    "interview report",
    "partner, listening",
    *teaching.WALKED,
)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_everybody_light_and_still(
    look: Look, onlooker: Visitor, name: str, record_property: pytest.RecordProperty
) -> None:
    """All at one visit for each width, since loading is what takes most of the time."""
    page, load, found = onlooker.page, Load(), dict[str, object]()
    page.on("response", load.hear)
    for size, scheme in VIEWS:
        page.set_viewport_size(size)
        look(name)
        view = f"at {size['width']}"
        found[f"{view}, shifted"] = page.evaluate(SHIFTED)
        found[f"{view}, too small"] = page.evaluate(TOO_SMALL)
        weight = load.weight()
        found[f"{view}, too heavy"] = weight["gzip"] > MOST_BYTES and weight
        found[f"{view}, too many requests"] = weight["requests"] > MOST_REQUESTS and weight
        found[f"{view}, axe"] = axe(page, scheme)
    page.remove_listener("response", load.hear)
    record_property("weight", weight)
    icon = page.locator("link[rel=icon]").get_attribute("href") or ""
    assert icon.startswith("data:")  # else it would be one request more, of which Playwright does not tell
    page.set_viewport_size({"width": 320, "height": 640})
    found["too wide"] = page.evaluate(TOO_WIDE)
    page.evaluate(WIDE_TEXT)
    found["too wide with wide text"] = page.evaluate(TOO_WIDE)
    assert {what: troubles for what, troubles in found.items() if troubles} == {}


def axe(page: Page, scheme: Scheme) -> list[str]:
    """What axe finds in a colour scheme. Colours do not depend on the width, nor the rest on the scheme."""
    page.emulate_media(color_scheme=scheme)
    page.evaluate(AXE_SCRIPT)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")  # where the sticky bar lies over nothing
    found: list[str] = page.evaluate(RUN_AXE, TAGS)
    page.emulate_media(color_scheme="light")
    return found


class Load:
    """What a page was made of, as heard while it came."""

    def __init__(self) -> None:
        self._answers: list[Response] = []

    def hear(self, response: Response) -> None:
        if response.request.resource_type == "document":
            self._answers.clear()  # a new page: what came before belongs to another
        self._answers.append(response)

    def weight(self) -> dict[str, int]:
        """Bytes, as they are and compressed as a proxy in front would send them, and requests."""
        bodies = [response.body() for response in self._answers]
        return {
            "gzip": sum(len(gzip.compress(body, 6)) for body in bodies),
            "raw": sum(map(len, bodies)),
            "requests": len(bodies),
        }


@pytest.mark.parametrize("name", WALKED)
def test_tab_reaches_everything_and_the_focus_is_seen(look: Look, name: str) -> None:
    page = look(name)
    page.set_viewport_size({"width": 390, "height": 600})
    wanted = dict.fromkeys(page.evaluate(FOCUSABLE))
    page.locator(".skip").focus()
    reached = ["0"]
    for _ in range(len(wanted) + INSIDE):
        if wanted.keys() <= set(reached):
            break
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        assert not focused["hidden"], focused
        assert focused["ring"], focused
        reached.append(focused["stop"])
    assert [stop for stop in wanted if stop not in reached] == []


def test_forced_colours_still_show_what_is_chosen_and_what_was_right(visit: Visit) -> None:
    visitor: Visitor = visit(forced_colors="active")
    visitor.open("/")
    visitor.press("1")
    chosen = visitor.page.locator(".opt:has(:checked)")
    other = visitor.page.locator(".opt:not(:has(:checked))").first
    assert chosen.evaluate("option => getComputedStyle(option).outlineStyle") == "solid"
    assert other.evaluate("option => getComputedStyle(option).outlineStyle") == "none"
    dot = "option => getComputedStyle(option.querySelector('input'), '::before').backgroundColor"
    assert chosen.evaluate(dot) != visitor.page.evaluate("getComputedStyle(document.body).backgroundColor")
    visitor.press_on("Enter")
    tags = visitor.page.locator(".opt .tag").all_inner_texts()
    assert any("orrect" in tag for tag in tags)
    visitor.page.evaluate(AXE_SCRIPT)
    assert visitor.page.evaluate(RUN_AXE, TAGS) == []


def test_reduced_motion_means_none(visit: Visit) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter(each =>
      getComputedStyle(each).transitionDuration.split(", ").some(time => parseFloat(time) > 0)
      || getComputedStyle(each).animationName !== "none").length"""
    visitor: Visitor = visit(reduced_motion="reduce")
    visitor.open("/")
    assert visitor.page.evaluate(moving) == 0
    visitor.page.emulate_media(reduced_motion="no-preference")
    assert visitor.page.evaluate(moving) > 0
