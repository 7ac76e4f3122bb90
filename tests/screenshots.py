"""Makes the README's pictures from the running app: `python -m tests.screenshots OUT_DIR`.

Clock and seeds stand still, so the same program, bank and fonts make the same pictures.
"""

from __future__ import annotations

import base64
import itertools
import struct
import sys
import tempfile
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from playwright.sync_api import Browser, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from quizapp import bank as banks
from quizapp import learn
from quizapp.bank import Bank
from quizapp.learn import Profile, Quiz
from quizapp.shipped import shipped
from quizapp.store import Store, upgrade
from quizapp.web import create_app, guests
from tests.browser.conftest import FLAGS, NO_BROWSER, find_browser
from tests.browser.test_journeys import until_done
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from tests.classroom import new_account
from tests.kestrel import team

DAILY = "coroutines/calling-does-not-run"
SHOWN = "common-mistakes/time-sleep-in-gather"
PLACE = 3
"""Where `SHOWN` stands in the set from its topic."""

SAID = """I would measure first where the time goes.
Then I would look for a call that holds the event loop, and for limits that are missing."""
WRONG_PLACES = (PLACE, 8)
MOST_BYTES = 120_000
WIDE = {"viewport": DESKTOP}
NARROW = {"viewport": PHONE, "has_touch": True, "is_mobile": True}

NAME_SITE = """([code, address]) => document.querySelectorAll("a").forEach(each => {
  if (each.textContent.includes(`/a/${code}`)) each.textContent = address;
})"""
"""The link to share has another port and code at each run."""
INDEXED = """async picture => {
  const image = new Image();
  image.src = `data:image/png;base64,${picture}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
  const rgb = colour => [colour & 255, colour >> 8 & 255, colour >> 16 & 255];
  const byCount = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  const palette = byCount.slice(0, 256).map(rgb);
  const far = (one, other) => one.reduce((sum, value, place) => sum + (value - other[place]) ** 2, 0);
  const nearest = colour => palette.reduce(
    (best, each, place) => far(each, colour) < far(palette[best], colour) ? place : best, 0);
  const index = new Map(byCount.map(colour => [colour, nearest(rgb(colour))]));
  const indices = Uint8Array.from(pixels, pixel => index.get(pixel));
  let binary = "";
  for (let at = 0; at < indices.length; at += 8192)
    binary += String.fromCharCode(...indices.subarray(at, at + 8192));
  return {width: image.width, height: image.height, palette, indices: btoa(binary)};
}"""
"""A picture as indices into its 256 most frequent colours."""


class Silent(WSGIRequestHandler):
    """Serves without telling."""

    def log(self, *_: Any) -> None:
        """Say nothing."""


class Photographer:
    """Walks through the app as a learner and takes a picture of each page."""

    def __init__(self, browser: Browser, url: str, bank: Bank, store: Store, out: Path) -> None:
        self.bank = bank
        self.out = out
        self.learner = Visitor(browser, url, bank, store, **WIDE, reduced_motion="reduce")
        self.phone = Visitor(browser, url, bank, store, **NARROW, reduced_motion="reduce")
        self.darkroom = browser.new_page()

    def take_all(self) -> None:
        """All pictures of the README."""
        self.learner.open("/")
        self.take("home")
        self.phone.open("/")
        self.take("home-phone", self.phone)
        self.answer_the_set()
        self.answer_some_of_the_others()
        self.learner.open("/progress")
        self.take("progress")
        self.take_interview()
        self.take_results()
        self.learner.context.close()
        self.phone.context.close()
        assert self.learner.troubles == self.phone.troubles == []

    def take_results(self) -> None:
        """Team Kestrel's results, as their trainer reads them."""
        store = self.learner.store
        trainer, token = new_account(store, "Mona Keller", "trainer")
        assignment, _ = team(store, trainer, self.bank, now=guests.now())
        self.learner.context.add_cookies([{"name": "quizapp", "value": token, "url": self.learner.url}])
        self.learner.open(f"/t/assignments/{assignment.id}")
        self.learner.page.evaluate(NAME_SITE, [assignment.code, "https://quiz.example.org/a/KESTREL234"])
        self.take("results")

    def take_interview(self) -> None:
        """An open question, answered and about to be rated."""
        self.learner.open("/interview")
        self.learner.page.get_by_text("15 minutes").click()
        self.learner.click_on("form.setup .primary")
        self.learner.page.locator("#words").fill(SAID)
        self.learner.click_on("button[value=say]")
        for levels, level in zip(self.learner.page.locator(".levels").all(), (3, 2, 0), strict=False):
            levels.locator("label").nth(level).click()
        self.take("interview")

    def answer_the_set(self) -> None:
        learner = self.learner
        learner.open(f"/practice/{SHOWN.rpartition('/')[0]}")
        for _ in until_done(learner):
            place = learner.place if learner.path.startswith("/s/") else 1
            values = learner.wrong() if place in WRONG_PLACES else learner.right()
            if place == PLACE:
                assert learner.asked()[0].id == SHOWN
                learner.choose_by_hand(values)
                self.take("question")
            learner.answer_by_hand(values)
            if place == PLACE:
                self.take_feedback()
            learner.click_on("[data-next]")
        self.take("summary")

    def take_feedback(self) -> None:
        page = self.learner.page
        self.take("feedback")
        page.emulate_media(color_scheme="dark")
        self.take("feedback-dark")
        page.emulate_media(color_scheme="light")
        self.phone.context.add_cookies(self.learner.context.cookies())
        self.phone.open(self.learner.path)
        self.take("feedback-phone", self.phone)

    def answer_some_of_the_others(self) -> None:
        for topic, count in zip(self.bank.topics[:3], (7, 4, 2), strict=True):
            self.learner.open(f"/practice/{topic.id}")
            for number in range(count):
                self.learner.answer_by_hand(self.learner.wrong() if number == 3 else self.learner.right())
                self.learner.click_on("[data-next]")

    def take(self, name: str, visitor: Visitor | None = None) -> None:
        """One picture: on a desktop from the page's top to its end, on a phone what the screen shows."""
        page = (visitor or self.learner).page
        page.mouse.move(0, 0)
        page.evaluate("document.activeElement.blur()")
        if visitor is None:  # a window as high as the page, so that what sticks to its bottom lies there
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size(DESKTOP | {"height": height})
        path = self.out / f"{name}.png"
        size = path.write_bytes(self.develop(page.screenshot(animations="disabled", caret="hide")))
        page.set_viewport_size(PHONE if visitor else DESKTOP)
        print(f"{path}  {size / 1000:.0f} kB")
        assert size <= MOST_BYTES, f"{path} is too large for a README"

    def develop(self, picture: bytes) -> bytes:
        """The same picture as a PNG with a palette: a third of the size."""
        found = self.darkroom.evaluate(INDEXED, base64.b64encode(picture).decode())
        width, height = found["width"], found["height"]
        indices = base64.b64decode(found["indices"])
        rows = b"".join(b"\0" + indices[at : at + width] for at in range(0, len(indices), width))
        header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
        palette = bytes(value for colour in found["palette"] for value in colour)
        chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
        return b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
            for name, data in chunks
        )


def main(arguments: Sequence[str]) -> int:
    """Write the pictures into the folder."""
    if len(arguments) != 1:
        print("usage: python -m tests.screenshots OUT_DIR", file=sys.stderr)
        return 2
    if not (path := find_browser()):
        print(NO_BROWSER, file=sys.stderr)
        return 1
    out = Path(arguments[0])
    out.mkdir(parents=True, exist_ok=True)
    bank = banks.load(shipped("questions"))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        database = f"sqlite:///{folder}/quizapp.db"
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        with standing_still(bank), serving(database) as (url, store):
            Photographer(browser, url, bank, store, out).take_all()
        browser.close()
    return 0


@contextmanager
def standing_still(bank: Bank) -> Iterator[None]:
    """A clock that begins on the day of `DAILY` and ticks when it is read, and one seed for all."""
    begin = datetime.combine(day_of(bank), datetime.min.time(), UTC) + timedelta(hours=9)
    ticks = itertools.count()
    seed = seed_for(bank)
    with ExitStack() as stack:
        clock = guests.now
        for name, room in list(sys.modules.items()):
            if name.startswith("quizapp.web.") and getattr(room, "now", None) is clock:
                stack.enter_context(patch(f"{name}.now", lambda: begin + timedelta(seconds=next(ticks))))
        for room in ("learner", "opening", "interview"):
            stack.enter_context(patch(f"quizapp.web.{room}.new_seed", lambda: seed))
        stack.enter_context(patch("quizapp.web.opening.sown", lambda ticket: ticket))
        yield


def day_of(bank: Bank) -> date:
    """The first day from November 2026 on whose question is `DAILY`."""
    days = (date(2026, 11, 1) + timedelta(days=number) for number in range(1000))
    return next(day for day in days if (asked := learn.question_of_the_day(bank, day)) and asked.id == DAILY)


def seed_for(bank: Bank) -> int:
    """The first seed that puts `SHOWN` at its place in the set from its topic."""
    quiz = Quiz(source="topic", of=SHOWN.rpartition("/")[0])
    for seed in range(10_000):
        drawn = partial(learn.draw, quiz, bank, seed=seed, profile=Profile(), now=datetime.now(UTC))
        if drawn(first=drawn()[0].question)[PLACE - 1].question.id == SHOWN:
            return seed
    raise LookupError(SHOWN)


@contextmanager
def serving(database: str) -> Iterator[tuple[str, Store]]:
    """The app over a fresh database, in this process, where the clock can be held."""
    upgrade(database)
    app = create_app(banks=(shipped("questions"),), database=database)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}", app.extensions["store"]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["store"].close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
