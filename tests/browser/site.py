"""Every page there is, in every state worth looking at, with a learner who has been there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import APIRequestContext, Page

from quizapp import learn
from quizapp.bank import TYPES, Answer, Bank, Question
from quizapp.web.guests import new_id
from tests.browser.visitors import wrong_answer

FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')

KINDS = (*TYPES, "typed output")
STRANGERS = ("home", "home, nothing chosen", "topics", "progress, empty", "keys", "privacy", "accessibility")
STRANGERS += ("trouble 404", "trouble 409", "trouble 422")
LEARNERS = ("home, with a set to continue", "summary, running", "summary, finished", "progress, filled")
LEARNERS += ("told what was shown", "told in another tab", "question, nothing chosen")
LEARNERS += ("exam question", "exam overview", "exam summary", "exam, told")
QUESTIONS = tuple(f"{state} {kind}" for kind in KINDS for state in ("asked", "told right", "told wrong"))
PAGES = (*STRANGERS, *LEARNERS, *QUESTIONS)


def longest_of(bank: Bank, kind: str) -> Question:
    """The question of that kind with most text: where a layout breaks first."""
    typed = kind in ("typed output", "short-answer", "cloze")
    found = [each for each in bank if each.type == kind.removeprefix("typed ") and bool(each.keys()) != typed]
    return max(
        found, key=lambda each: len(each.code) + len(each.prompt) + sum(len(t) for _, t in each.parts())
    )


@dataclass
class Site:
    """The pages' addresses, and the state of a browser that may see them."""

    url: str
    cookies: list[Any] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)

    def show(self, page: Page, name: str) -> None:
        """Bring the page of that name before the eyes, in the state that the name says."""
        page.context.clear_cookies()
        if name not in STRANGERS:
            page.context.add_cookies(self.cookies)
        page.goto(self.url + self.paths[name])
        if prepare := PREPARE.get(name):
            with page.expect_navigation():
                prepare(page)


def _send_nothing(page: Page) -> None:
    page.locator("[data-ask] .primary").click()


def _tamper(name: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.locator(f"input[name={name}]").evaluate("field => { field.value = 'x' }")
        page.locator("label:has(#answer-1)").click()
        page.locator("[data-ask] .primary").click()

    return prepare


PREPARE: dict[str, Callable[[Page], None]] = {
    "home, nothing chosen": _send_nothing,
    "question, nothing chosen": _send_nothing,
    "trouble 409": _tamper("face"),
    "trouble 422": _tamper("step"),
}


class Builder:
    """A learner without a browser, who goes everywhere once."""

    def __init__(self, request: APIRequestContext, url: str, bank: Bank) -> None:
        self.request = request
        self.url = url
        self.bank = bank

    def build(self, site: Site) -> None:
        """Fill in the addresses, by leaving the traces that the pages show."""
        plain = {"home": "/", "topics": "/topics", "progress, empty": "/progress"}
        plain |= {name: f"/{name}" for name in ("keys", "privacy", "accessibility")}
        choice = next(each for each in self.bank if each.type == "single-choice")
        site.paths = plain | {
            "home, nothing chosen": "/",
            "trouble 404": "/s/nowhere",
            "trouble 409": "/",
            "trouble 422": "/",
            "home, with a set to continue": "/",
            "progress, filled": "/progress",
            "question, nothing chosen": f"/q/{choice.id}",
            **dict(self._questions()),
            **dict(self._sets()),
            **dict(self._exam()),
        }

    def _questions(self) -> Iterator[tuple[str, str]]:
        for kind in KINDS:
            question = longest_of(self.bank, kind)
            path = f"/q/{question.id}"
            yield f"asked {kind}", path
            yield f"told right {kind}", self._answer_one(question, question.model())
            yield f"told wrong {kind}", self._answer_one(question, wrong_answer(question))
        yield "told what was shown", self._send(path, (), unsure="1")

    def _answer_one(self, question: Question, answer: Answer) -> str:
        path = f"/q/{question.id}"
        form = self._form(path)
        return self._send(path, question.fill(answer, learn.show(question, int(form["seed"], 16))), form)

    def _sets(self) -> Iterator[tuple[str, str]]:
        finished = self._set_of(10, f"/practice/{self.bank.topics[0].id}")
        running = self._set_of(4, "/mixed")
        yield "summary, finished", f"{finished}/done"
        yield "summary, running", f"{running}/done"
        yield "told in another tab", f"{running}/1?kept=1"

    def _set_of(self, count: int, path: str) -> str:
        for place in range(1, count + 1):
            told = self._send(path, (), unsure="1")
            path = told.replace(f"/{place}", f"/{place + 1}")
        return told.rpartition("/")[0]

    def _exam(self) -> Iterator[tuple[str, str]]:
        ended, running = self._start_exam(), self._start_exam()
        self._send(f"{running}/1", (), unsure="1")
        self._send(f"{ended}/2", (), unsure="1")
        self.request.post(f"{self.url}{ended}/finish")
        yield "exam question", f"{running}/2"
        yield "exam overview", f"{running}/done"
        yield "exam summary", f"{ended}/done"
        yield "exam, told", f"{ended}/1"

    def _start_exam(self) -> str:
        form: dict[str, Any] = {"set": new_id(), "topic": "", "count": "10"}
        page = self.request.post(f"{self.url}/exam", form=form)
        return urlsplit(page.url).path.rpartition("/")[0]

    def _form(self, path: str) -> dict[str, Any]:
        form = self.request.get(self.url + path).text().partition("data-ask")[2]
        fields: dict[str, Any] = {name: unescape(value) for name, value in FIELD.findall(form)}
        return fields | {"answer": [""] * form.count('<select name="answer"')}

    def _send(self, path: str, answer: Sequence[str], form: dict[str, Any] | None = None, **more: str) -> str:
        """Send the form of a page; gives the path of the page that came of it."""
        form = (form or self._form(path)) | more
        if answer:
            form["answer"] = answer
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        data = urlencode(form, doseq=True)
        page = self.request.post(self.url + path, data=data, headers=headers)
        assert page.ok, f"{path}: {page.status}"
        return urlsplit(page.url).path
