"""A real Chromium before a real server with the shipped bank; one of each for all tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from quizapp import bank as banks
from quizapp.bank import Bank
from quizapp.store import Site as TheSite
from quizapp.store import Store
from tests.browser.site import Builder, Site, remember
from tests.browser.visitors import DESKTOP, Visitor
from tests.past import hinted_bank
from tests.servers import Server

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = f"no browser: none of {', '.join(NAMES)} is on the PATH"
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # One process per page, and pages drawn by it alone: a third less to compute.
    "--disable-gpu",
    "--disable-site-isolation-trials",
    "--disable-features=site-per-process,IsolateOrigins,SpareRendererForSitePerProcess,HttpsUpgrades,Translate",
)

WATCH_SHIFTS = """window.shifts = [];
new PerformanceObserver(list => shifts.push(...list.getEntries()))
  .observe({type: "layout-shift", buffered: true})"""

Visit = Callable[..., Visitor]


def find_browser() -> str | None:
    """The path of a Chromium, if there is one."""
    return next(filter(None, map(shutil.which, NAMES)), None)


# Package scope, not session: while Playwright runs, no other test of this process could use asyncio.run.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(NO_BROWSER)
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bank, with hints where tests look for them."""
    return hinted_bank(tmp_path_factory.mktemp("questions"))


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Server]:
    database = f"sqlite:///{tmp_path_factory.mktemp('browser')}/quizapp.db"
    with Server(database, banks=[folder]) as server:
        yield server


@pytest.fixture(scope="package")
def bank(folder: Path) -> Bank:
    return banks.load(folder)


@pytest.fixture(scope="package")
def kept(server: Server) -> Iterator[Store]:
    """What the server has stored."""
    store = Store(server.database)
    yield store
    store.close()


@pytest.fixture
def visit(browser: Browser, server: Server, bank: Bank, kept: Store) -> Iterator[Visit]:
    """Makes visitors. The test fails when one of them met trouble, whatever else it asserts."""
    visitors: list[Visitor] = []

    def make(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, server.url, bank, kept, **options))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [trouble for visitor in visitors for trouble in visitor.troubles] == []


@pytest.fixture
def visitor(visit: Visit) -> Visitor:
    """A stranger at a desktop."""
    return visit()


@pytest.fixture(scope="package")
def site(browser: Browser, server: Server, bank: Bank, kept: Store) -> Site:
    """All pages, and learners who have left traces on each."""
    site = Site(server.url)
    context = browser.new_context()
    Builder(context.request, server.url, bank, TheSite(kept.database).secret).build(site)
    site.cookies = context.cookies()
    context.close()
    remember(kept, bank, site)
    return site


@pytest.fixture(scope="package")
def onlooker(browser: Browser, server: Server, bank: Bank, kept: Store) -> Iterator[Visitor]:
    """Somebody who only looks, so that tests may share the browser context."""
    visitor = Visitor(browser, server.url, bank, kept, reduced_motion="reduce")
    visitor.context.add_init_script(WATCH_SHIFTS)
    yield visitor
    visitor.context.close()


@pytest.fixture
def look(onlooker: Visitor, site: Site) -> Iterator[Callable[[str], Page]]:
    """Shows a page by its name. The test fails when it made trouble."""
    onlooker.troubles.clear()
    onlooker.expected_statuses = {404, 409, 422, 429}
    onlooker.page.emulate_media(color_scheme="light", forced_colors="none")
    onlooker.page.set_viewport_size(DESKTOP)

    def show(name: str) -> Page:
        site.show(onlooker.page, name)
        return onlooker.page

    yield show
    assert onlooker.troubles == []
