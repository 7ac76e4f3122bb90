"""Every page is light, asks for little, and does not jump."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

from tests.browser.site import PAGES
from tests.browser.visitors import DESKTOP, PHONE

pytestmark = pytest.mark.browser

MOST_BYTES = 30_000  # compressed, as a proxy in front would send it
MOST_REQUESTS = 4
SHIFTED = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return shifts.reduce((sum, each) => sum + each.value, 0);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_does_not_jump(
    look: Callable[[str], Page], name: str, record_property: pytest.RecordProperty
) -> None:
    page = look(name)
    answers: list[Response] = []
    page.on("response", lambda response: answers.append(response))
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        answers.clear()
        look(name)
        assert page.evaluate(SHIFTED) == 0
    icon = page.request.get(str(page.locator("link[rel=icon]").evaluate("link => link.href")))
    last_load = [each for each in answers if each.frame == page.main_frame and each.status != 303][-3:]
    bodies = [each.body() for each in last_load] + [icon.body()]
    weight = sum(len(gzip.compress(body, 6)) for body in bodies)
    record_property("weight", {"gzip": weight, "raw": sum(map(len, bodies)), "requests": len(bodies)})
    assert weight <= MOST_BYTES
    assert len(bodies) <= MOST_REQUESTS
