"""A real browser whose requests fail: what `tests/browser/faulty.py` does, beside its pytest fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from quizapp import bank as banks
from quizapp.shipped import shipped
from quizapp.store import Store
from tests.browser.conftest import FLAGS, NO_BROWSER, find_browser
from tests.browser.faulty import Faulty, Tally
from tests.browser.visitors import Visitor
from tests.faults.scene import database_in
from tests.faults.unavailable import NotHere
from tests.servers import Server


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Raises NotHere."""
    if not (path := find_browser()):
        raise NotHere(NO_BROWSER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def answer_through_faults(
    folder: Path, seed: int, answers: int, control: str = ""
) -> tuple[Tally, list[str]]:
    """One learner answers so often; every second answer meets faults. Also the trouble that pages made."""
    bank = banks.load(shipped("questions"))
    with Server(database_in(folder)) as server, chromium() as browser:
        store = Store(server.database)
        visitor = Visitor(browser, server.url, bank, store)
        tally = Faulty(visitor, server.database, seed, control=control).run(answers)
        troubles = list(visitor.troubles)
        visitor.context.close()
        store.close()
    return tally, troubles
