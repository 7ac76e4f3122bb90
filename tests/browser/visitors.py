"""People at a real browser. They count what they press and click, and notice everything that goes wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page

from quizapp import learn
from quizapp.bank import TYPES, Answer, Bank, Question
from quizapp.learn import Attempt
from quizapp.store import Site, Store
from quizapp.web.opening import seed_of

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}

CHOSEN_OR_TYPED = ("output", "duration")
QUIZZED = tuple(name for name, kind in TYPES.items() if not kind.rated)
KINDS = (*QUIZZED, *(f"typed {kind}" for kind in CHOSEN_OR_TYPED))
"""The ways in which a question is answered: the types, and twice those that are chosen or typed."""

FAILED_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", event =>
  console.error(`CSP: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`))"""
IS_BEFORE_FOCUS = """target => Boolean(
  document.activeElement.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_PRECEDING)"""


class Visitor:
    """Somebody with a browser context of their own, at one page at a time.

    `keys` counts key presses, `typed` the answers that were written out, `clicks` clicks and taps.
    `troubles` collects console errors, broken scripts, CSP violations and requests to elsewhere; not requests
    that fail while somebody `is_cut_off` on purpose.
    """

    def __init__(self, browser: Browser, url: str, bank: Bank, store: Store, **options: Any) -> None:
        self.has_script = options.get("java_script_enabled", True)
        self.has_touch = options.get("has_touch", False)
        self.url = url
        self.bank = bank
        self.store = store
        self.secret = Site(store.database).secret
        self.keys = self.typed = self.clicks = 0
        self.troubles: list[str] = []
        self.expected_statuses: set[int] = set()
        self.is_cut_off = False
        self.context: BrowserContext = browser.new_context(**{"viewport": DESKTOP, **options})
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.troubles.append(f"script broke: {error.error}"))
        self.context.on("request", lambda request: self._asked_for(request.url))
        self.page: Page = self.context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        failed = FAILED_STATUS.match(message.text)
        if failed and int(failed[1]) in self.expected_statuses:
            return
        if self.is_cut_off and "net::ERR_" in message.text:
            return
        if message.type in ("error", "warning"):
            self.troubles.append(f"console {message.type}: {message.text}")

    def _asked_for(self, address: str) -> None:
        if not address.startswith(self.url + "/"):
            self.troubles.append(f"request to elsewhere: {address}")

    # -- what one does

    def open(self, path: str) -> None:
        """Type an address."""
        self.page.goto(self.url + path)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.keys += 1
            self.page.keyboard.press(key)

    def press_on(self, key: str) -> None:
        """Press a key that leads to another page."""
        with self.page.expect_navigation():
            self.press(key)

    def click(self, target: str | Locator) -> None:
        """Click, or tap where one has fingers."""
        self.clicks += 1
        found = self.page.locator(target) if isinstance(target, str) else target
        found.tap() if self.has_touch else found.click()

    def click_on(self, target: str | Locator) -> None:
        """Click what leads to another page."""
        with self.page.expect_navigation():
            self.click(target)

    def tab_to(self, target: str) -> None:
        """Walk to an element with Tab, or with Shift+Tab where that is the way."""
        found = self.page.locator(target)
        key = "Shift+Tab" if found.evaluate(IS_BEFORE_FOCUS) else "Tab"
        for _ in range(80):
            if found.evaluate("target => target === document.activeElement"):
                return
            self.press(key)
        raise AssertionError(f"{target} can't be reached with {key}")

    def write(self, text: str) -> None:
        """Write into the field that has the focus: counted as one, however long it is."""
        self.typed += 1
        self.page.keyboard.type(text)

    # -- what one sees

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    @property
    def place(self) -> int:
        """The place in the set that the page shows."""
        return int(self.path.rpartition("/")[2])

    @property
    def focus(self) -> str:
        """The id of what has the focus."""
        return str(self.page.evaluate("document.activeElement.id"))

    @property
    def verdict(self) -> str:
        return self.page.locator("[data-verdict]").inner_text()

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def asked(self) -> tuple[Question, Answer]:
        """The question on the page, and the order in which its parts are shown."""
        if opening := self.page.locator("[data-ask] input[name=question]").all():
            question = self.bank[str(opening[0].get_attribute("value"))]
            ticket = str(self.page.locator("[data-ask] input[name=ticket]").get_attribute("value"))
            return question, learn.show(question, seed_of(self.secret, int(ticket, 16)))
        slot = self.attempt().slot(self.place)
        return self.bank[slot.question], slot.shown

    # -- what is kept

    def attempt(self) -> Attempt:
        """The set that the page belongs to, out of the database."""
        return self.store.attempt(self.path.split("/")[2], self.learner())

    def learner(self) -> str:
        """The id under which this visitor's answers are kept; "" before the first one."""
        for cookie in self.context.cookies():
            if cookie["name"] == "quizapp":
                known = self.store.learner(sha256(cookie["value"].encode()).hexdigest())
                return known.id if known else ""
        return ""

    # -- answering

    def right(self) -> tuple[str, ...]:
        """The form values of a fully right answer to the question on the page."""
        question, shown = self.asked()
        return question.fill(question.model(), shown)

    def wrong(self) -> tuple[str, ...]:
        """The form values of an answer that is not right."""
        question, shown = self.asked()
        return question.fill(wrong_answer(question), shown)

    def answer_by_keys(self, values: Sequence[str]) -> None:
        """Fill in the form and check it, without a mouse."""
        question, _ = self.asked()
        match question.type:
            case "ordering":
                self._order(values, self._move_by_keys)
            case "matching":
                for number, place in enumerate(values, start=1):
                    self.tab_to(f"#answer-{number}")
                    self.press("ABCDEFGH"[int(place) - 1])
            case "spot-line":
                self._spot_by_keys(int(values[0]))
            case _ if question.keys():
                self.press(*values)
            case _:
                for number, value in enumerate(values, start=1):
                    self.tab_to(f"#answer-{number}")
                    self.write(value)
        if question.type in ("ordering", "matching") or kind_of(question) == "typed output":
            self.tab_to("[data-ask] .primary")  # Enter means something else there
        self.press_on("Enter")

    def answer_by_hand(self, values: Sequence[str]) -> None:
        """Fill in the form and check it, with mouse or fingers."""
        self.choose_by_hand(values)
        self.click_on("[data-ask] .primary")

    def choose_by_hand(self, values: Sequence[str]) -> None:
        question, _ = self.asked()
        match question.type:
            case "ordering" if self.has_script:
                self._order(values, lambda button, times: [self.click(button) for _ in range(times)])
            case "ordering" | "matching":
                for number, value in enumerate(values, start=1):
                    self.clicks += 2  # open the list, choose from it
                    self.page.locator(f"#answer-{number}").select_option(value)
            case _ if question.keys():
                kept = self.page.locator("[data-ask] [type=checkbox]:checked").all()
                ticked = {str(each.get_attribute("value")) for each in kept}  # in an exam, on coming back
                for value in sorted(ticked ^ set(values)):
                    self.click(f"label:has(#answer-{value})")
            case _:
                for number, value in enumerate(values, start=1):
                    self.click(f"#answer-{number}")
                    self.write(value)
                    field = self.page.locator(f"#answer-{number}")
                    if field.input_value() != value:  # an emulated phone can lose keys just after a tap
                        field.fill(value)

    def _order(self, numbers: Sequence[str], move: Any) -> None:
        """Bring the steps into order; `numbers` says, for each step as shown, where it has to be."""
        shown = self.page.locator("[data-ordering] select").all()  # a kept answer comes in its own order
        now = [int(str(each.get_attribute("id")).removeprefix("answer-")) - 1 for each in shown]
        for to in range(len(numbers)):
            step = numbers.index(str(to + 1))
            if times := now.index(step) - to:
                move(f"li:has(> #answer-{step + 1}) .move button:first-child", times)
                now.remove(step)
                now.insert(to, step)

    def _move_by_keys(self, button: str, times: int) -> None:
        self.tab_to(button)
        self.press(*["Enter"] * times)

    def _spot_by_keys(self, place: int) -> None:
        """A digit for the line, or for the last one that has a digit, and then down."""
        lines = [
            int(line.inner_text()) for line in self.page.locator(".line:not(.empty) .ln").all()
        ]  # the number of each line that can be chosen
        start = max(line for line in lines[:place] if line <= 9)
        self.press(str(start), *["ArrowDown"] * (place - 1 - lines.index(start)))


def kind_of(question: Question) -> str:
    """Which of `KINDS` a question is."""
    is_typed = question.type in CHOSEN_OR_TYPED and not question.keys()
    return f"typed {question.type}" if is_typed else question.type


def has_choices(question: Question) -> bool:
    """Whether digits answer it: radio buttons or boxes to tick."""
    return question.type not in ("ordering", "matching") and bool(question.keys())


def wrong_answer(question: Question) -> Answer:
    """An answer that is not right."""
    right = question.model()
    if question.type == "ordering":
        return right[::-1]
    if question.type == "matching":
        return right[1:] + right[:1]
    if question.type == "duration" and not question.keys():
        return ("99",)
    wrong = [key for key in question.keys() if key not in right]  # noqa: SIM118 - this is no mapping
    return tuple(wrong[:1]) or ("something else",) * len(right)
