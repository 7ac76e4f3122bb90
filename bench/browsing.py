"""What a browser sees of the main pages: how many requests they take, and whether anything moves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.figures import Figure, LeftOut, figure
from quizapp.store import upgrade
from tests.browser.conftest import FLAGS, find_browser
from tests.servers import Server

SHIFTS = """() => new Promise(done => {
  let sum = 0;
  new PerformanceObserver(list => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) sum += each.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => done(sum), 500);
})"""
MOBILE = {"width": 390, "height": 844}


def browser_figures(folder: Path) -> Iterator[Figure]:
    """Each page in a browser that has nothing kept, at the width of a phone. Raises LeftOut."""
    program = find_browser()
    if program is None:
        raise LeftOut("there is no Chromium here")
    from playwright.sync_api import sync_playwright

    address = f"sqlite:///{folder}/browser.db"
    upgrade(address)
    with Server(address) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=FLAGS)
        context = browser.new_context(viewport=MOBILE, base_url=server.url)
        page = context.new_page()
        page.goto("/")
        page.locator("button[name=unsure]").first.click()
        page.wait_for_url("**/s/*/1")
        feedback = page.url
        cookies = context.cookies()
        found = [
            _seen(browser, server.url, cookies, path)
            for path in ("/", feedback, f"{feedback.rpartition('/')[0]}/2", "/progress")
        ]
        browser.close()
    most = "home, question, feedback and progress, the most of them"
    yield figure(f"requests of a page: {most}", max(each[0] for each in found), "", bar=4)
    yield figure(f"layout shift of a page: {most}", max(each[1] for each in found), "CLS", bar=0)


def _seen(browser: Any, url: str, cookies: Any, path: str) -> tuple[int, float]:
    """Requests and layout shift of a page in a browser that has the cookies, and nothing else."""
    context = browser.new_context(viewport=MOBILE, base_url=url)
    context.add_cookies(cookies)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path, wait_until="networkidle")
    shift = float(page.evaluate(SHIFTS))
    context.close()
    return len([each for each in asked if not each.startswith("data:")]), shift
