"""A learner behind a connection that fails: answers go through faults, and are counted in the database."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import dataclass, field

from playwright.sync_api import Error, Page, Route, expect

from tests.browser.visitors import Visitor
from tests.rows import rows

ON_THE_WAY = ("aborted before", "aborted after", "busy")
"""A request never arrives; it is kept, but nobody hears of it; the server has no time for it."""
AROUND = ("offline", "reload", "closed")
"""What happens to the browser meanwhile. On reload or closing, the answer may have been kept or not."""
CONTROLS = ("", "no outbox", "new ids")
"""Null controls: pages without the outbox, and one that sends again under new ids."""
NO_STORAGE = (
    """Object.defineProperty(window, "localStorage", {get() { throw new DOMException("blocked"); }})"""
)
NEW_IDS = """(() => {
  const native = window.fetch;
  window.fetch = (address, options) => {
    for (const name of ["step", "set"]) {
      const id = options?.body?.get?.(name);
      if (id && localStorage.getItem(id)) options.body.set(name, crypto.randomUUID());
      else if (id) localStorage.setItem(id, "sent");
    }
    return native(address, options);
  };
})()"""
WAITING = 'Object.keys(localStorage).filter(key => key.startsWith("quizapp-outbox-")).length'
BY_ITSELF = 20.0
"""Seconds for an answer to arrive without anybody's help."""


def waiting(page: Page) -> int:
    """How many answers wait on the device. Raises Error while the page turns."""
    return int(page.evaluate(WAITING))


def until_all_is_sent(page: Page) -> None:
    """Wait until no answer waits on the device; the pages' policy lets no predicate be evaluated there."""
    end = time.monotonic() + BY_ITSELF
    while time.monotonic() < end:
        try:
            if not waiting(page):
                return
        except Error:
            pass  # the page turns
        page.wait_for_timeout(20)
    raise AssertionError("answers still wait")


@dataclass
class Tally:
    """What a run came to: answers given, told to be kept, found missing or twice, and the faults met."""

    cases: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class Faulty:
    """Somebody who answers while faults meet a `share` of the answers, as the seed says."""

    visitor: Visitor
    address: str
    seed: int
    share: float = 0.5
    control: str = ""
    tally: Tally = field(default_factory=Tally)
    _given: list[tuple[str, int]] = field(default_factory=list)
    _ahead: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.control in CONTROLS
        self.rng = random.Random(self.seed)
        self.visitor.expected_statuses = {404, 503}  # a set whose beginning was lost is not there
        self.visitor.is_cut_off = True
        self.visitor.context.route(lambda url: "/static/" not in url, self._pass)
        if self.control:
            script = NO_STORAGE if self.control == "no outbox" else NEW_IDS
            self.visitor.context.add_init_script(script)

    @property
    def page(self) -> Page:
        return self.visitor.page

    def run(self, count: int) -> Tally:
        """Answer so often, and count what is kept."""
        for _ in range(count):
            self._answer()
        self._ahead.clear()
        if self.control != "no outbox":
            self._come_back()
        found = rows(
            self.address,
            "SELECT attempt, place FROM step WHERE learner = :who AND kind = 'submit'",
            who=self.visitor.learner(),
        )
        kept = Counter((attempt, place) for attempt, place in found)
        self.tally.lost = sum(each not in kept for each in self._given)
        self.tally.doubled = len(found) - sum(each in kept for each in self._given)
        return self.tally

    # -- one answer

    def _answer(self) -> None:
        self._ask()
        fault = self._draw_fault()
        self.tally.cases += 1
        self._given.append(self._where())
        if fault == "offline":
            self.visitor.context.set_offline(True)
        elif fault in AROUND:
            self._ahead = [self.rng.choice(("held before", "held after"))]
        self.page.locator("[data-ask] [name=unsure]").click(no_wait_after=True)
        self._meet(fault)
        if self.control != "no outbox":
            self.tally.acknowledged += 1

    def _ask(self) -> None:
        """The next question: of a new set, or of the one that runs."""
        running = self._given[-1][0] if self._given and self._given[-1][1] < 9 else ""
        path = f"/s/{running}" if running and self.rng.random() < 0.5 else "/"
        self._open(path)
        if not self.page.locator("[data-ask]").count():  # it was lost, and there is no such set
            self._open("/")

    def _open(self, path: str) -> None:
        for _ in range(5):  # without the outbox, the page of an error may come in between
            try:
                return self.visitor.open(path)
            except Error:
                self.page.wait_for_timeout(100)
        raise AssertionError(f"{path} does not open")

    def _where(self) -> tuple[str, int]:
        """The set and the place that the form on the page is for."""
        begins = self.page.locator("[data-ask] input[name=set]")
        if begins.count():
            return str(begins.get_attribute("value")), 1
        return self.visitor.path.split("/")[2], self.visitor.place

    def _draw_fault(self) -> str:
        if self.rng.random() >= self.share:
            return ""
        fault = self.rng.choice(ON_THE_WAY + AROUND)
        self.tally.faults[fault] += 1
        if fault in ON_THE_WAY:
            self._ahead = [fault]
            while self.rng.random() < 0.3:
                self._ahead.append(self.rng.choice(ON_THE_WAY))
                self.tally.faults[self._ahead[-1]] += 1
        return fault

    def _meet(self, fault: str) -> None:
        if self.control == "no outbox":
            self.page.wait_for_timeout(300)
            self.visitor.context.set_offline(False)
            return
        if fault in ("reload", "closed"):
            self.page.wait_for_timeout(self.rng.randint(20, 150))
            self.page.reload() if fault == "reload" else self._close()
        elif fault:
            self._send_again(is_offline=fault == "offline")
        until_all_is_sent(self.page)
        if fault not in ("reload", "closed"):
            expect(self.page.locator("[data-verdict]")).to_be_visible()

    def _send_again(self, *, is_offline: bool) -> None:
        """What people do: press the button, come back online, load the page again; or nothing."""
        press = self.page.locator("[data-send-now]")
        press.wait_for()
        self.visitor.context.set_offline(False)
        while self._ahead:
            self.page.evaluate("dispatchEvent(new Event('online'))")
            self.page.wait_for_timeout(50)
        if not is_offline and self.rng.random() < 0.5 and press.is_visible():
            press.click()

    def _close(self) -> None:
        self.page.close()
        self.visitor.page = self.visitor.context.new_page()
        self._come_back()

    def _come_back(self) -> None:
        self._open(self.rng.choice(("/", "/keys", "/progress", "/topics")))
        until_all_is_sent(self.page)

    # -- the connection

    def _pass(self, route: Route) -> None:
        if route.request.method != "POST" or not self._ahead:
            return route.continue_()
        fault = self._ahead.pop(0)
        if fault == "busy":
            return route.fulfill(status=503, headers={"Retry-After": "1"}, body="Too much at once")
        if fault.endswith("after"):
            route.fetch(max_redirects=0)
        if fault.startswith("aborted"):
            route.abort()
        return None  # what is held gets no reply at all
