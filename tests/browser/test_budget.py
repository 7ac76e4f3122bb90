"""Every page is light, asks for little, and does not jump."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Response

from tests.browser.site import PAGES
from tests.browser.visitors import DESKTOP, PHONE, Visitor

pytestmark = pytest.mark.browser

MOST_BYTES = 30_000  # compressed, as a proxy in front would send it
MOST_REQUESTS = 4
SHIFTED = """async () => {
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return shifts.reduce((sum, each) => sum + each.value, 0);
}"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light_and_does_not_jump(
    look: Callable[[str], Page], onlooker: Visitor, name: str, record_property: pytest.RecordProperty
) -> None:
    page, answers = onlooker.page, list[Response]()

    def hear(response: Response) -> None:
        if response.request.resource_type == "document":
            answers.clear()  # a new page: what came before belongs to another
        answers.append(response)

    page.on("response", hear)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        look(name)
        assert page.evaluate(SHIFTED) == 0
    page.remove_listener("response", hear)
    icon = page.locator("link[rel=icon]").get_attribute("href") or ""
    assert icon.startswith("data:")  # else it would be one request more, of which Playwright does not tell
    bodies = [response.body() for response in answers]
    weight = sum(len(gzip.compress(body, 6)) for body in bodies)
    record_property("weight", {"gzip": weight, "raw": sum(map(len, bodies)), "requests": len(bodies)})
    assert len(bodies) <= MOST_REQUESTS
    assert weight <= MOST_BYTES
