"""Every page there is, in every state worth looking at, with a learner who has been there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import APIRequestContext, Page

from quizapp import learn
from quizapp.bank import Answer, Bank, Question, Topic
from quizapp.store import Account, Accounts, Profiles, Store
from quizapp.web.admin import INVITED_FOR, hash_invitation, new_invitation
from quizapp.web.guests import hashed, new_id, new_token
from quizapp.web.opening import seed_of
from quizapp.web.passwords import hash_password
from tests.browser import teaching
from tests.browser.visitors import KINDS, kind_of, wrong_answer
from tests.past import HINTED, a_long_past, new_guest

POINT = re.compile(r'name="(point-[\w-]+)"')
RED_FLAG = re.compile(r'name="flag" value="([^"]+)"')
SHARED = re.compile(r'value="[^"]*(/with/[\w-]+)"')
FIELD = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')

PASSWORD, SHORT = "correct horse battery", "short"
STRANGERS = ("home", "home, nothing chosen", "topics", "progress, empty", "keys", "privacy", "accessibility")
STRANGERS += ("trouble 404", "trouble 409", "trouble 422")
STRANGERS += ("nothing due yet", "topic, not started", "idea, not met", "history, empty", "matters")
STRANGERS += ("keep, nothing yet", "sign in", "sign in, wrong", "erased")
STRANGERS += ("interview home", "interview, no length", "partner, listening", "partner, rated")
STRANGERS += ("partner, short question", "partner, too long")
LEARNERS = ("home, with a set to continue", "summary, running", "summary, finished", "progress, filled")
LEARNERS += ("told what was shown", "told in another tab", "question, nothing chosen")
LEARNERS += ("exam question", "exam overview", "exam summary", "exam, told")
LEARNERS += ("question with a hint", "question, once more", "told, comes back", "nothing due")
LEARNERS += ("interview home, with a past", "say", "say, too long", "rate", "rate, with a partner", "paused")
LEARNERS += ("follow-ups", "follow-up answered", "rated in another tab", "rated by a partner")
LEARNERS += ("short question of an interview", "short question, told", "ending", "ending, all answered")
LEARNERS += ("invite", "invite, with a link", "interview report", "interview report, nothing said")
VETERANS = ("home, with something due", "progress, a long past", "topic progress", "idea, chosen", "history")
VETERANS += ("review question", "keep", "keep, too short", "account of a guest", "erase", "erase, unsaid")
MEMBERS = ("account", "account, too short", "progress, kept", "erase an account")
STRANGERS += ("invited", "invited, too short")
MEMBERS += ("invited, signed in",)
ADMINS = ("people", "people, found nobody", "people, last admin", "people, with a link")
ADMINS += ("account of an admin", "erase, last admin", "invited, an admin already")
QUESTIONS = tuple(f"{state} {kind}" for kind in KINDS for state in ("asked", "told right", "told wrong"))
PAGES = (*STRANGERS, *LEARNERS, *VETERANS, *MEMBERS, *ADMINS, *QUESTIONS, *teaching.PAGES)


def longest_of(bank: Bank, kind: str) -> Question:
    """The question of that kind with most text: where a layout breaks first."""
    found = [question for question in bank if kind_of(question) == kind]
    return max(
        found, key=lambda each: len(each.code) + len(each.prompt) + sum(len(t) for _, t in each.parts())
    )


@dataclass
class Site:
    """The pages' addresses, and the state of a browser that may see them."""

    url: str
    cookies: list[Any] = field(default_factory=list)
    veteran: str = ""
    member: str = ""
    admin: str = ""
    paths: dict[str, str] = field(default_factory=dict)
    taught: dict[str, teaching.Seen] = field(default_factory=dict)

    def show(self, page: Page, name: str) -> None:
        """Bring the page of that name before the eyes, in the state that the name says."""
        page.context.clear_cookies()
        page.context.add_cookies(self._cookies_for(name))
        page.goto(self.url + self.paths[name])
        if prepare := PREPARE.get(name):
            with page.expect_navigation():
                prepare(page)

    def _cookies_for(self, name: str) -> list[Any]:
        if name in STRANGERS:
            return []
        if name in self.taught:
            cookies = self.taught[name].cookies
            return [{"name": key, "value": value, "url": self.url} for key, value in cookies.items()]
        if name in VETERANS or name in MEMBERS or name in ADMINS:
            token = self.veteran if name in VETERANS else self.member if name in MEMBERS else self.admin
            return [{"name": "quizapp", "value": token, "url": self.url}]
        return self.cookies


def _asks(topic: Topic) -> int:
    return sum(not question.rated for question in topic.questions)


def _send_nothing(page: Page) -> None:
    page.locator("[data-ask] .primary").click()


def _tamper(name: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.locator(f"input[name={name}]").evaluate("field => { field.value = 'x' }")
        page.locator("label:has(#answer-1)").click()
        page.locator("[data-ask] .primary").click()

    return prepare


def _fill(button: str, **fields: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        for field_id, text in fields.items():
            page.locator(f"#{field_id}").fill(text)
        page.get_by_role("main").get_by_role("button", name=button).click()

    return prepare


def _send_no_length(page: Page) -> None:
    page.locator("[name=minutes]:checked").evaluate("field => { field.value = 'x' }")
    page.get_by_role("button", name="Start").click()


def _make_a_link(page: Page) -> None:
    take_back = page.get_by_role("button", name="Take the link back")
    if take_back.count():  # it is shown once, and another test has seen it
        with page.expect_navigation():
            take_back.click()
    page.get_by_role("button", name="Make a link").click()


def _step_down(page: Page) -> None:
    page.get_by_label("Role of Root", exact=True).select_option("learner")
    page.get_by_role("button", name="Change the role of Root", exact=True).click()


def _erase(page: Page) -> None:
    page.locator("#sure").check()
    page.get_by_role("button", name="Erase everything").click()


def _send_too_much(field: str, button: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.locator(field).evaluate("field => { field.value = 'too long '.repeat(1000) }")
        page.get_by_role("button", name=button).click()

    return prepare


PREPARE: dict[str, Callable[[Page], None]] = {
    "sign in, wrong": _fill("Sign in", name="nobody", password=PASSWORD),
    "keep, too short": _fill("Keep all", name="Ada", password=SHORT),
    "account, too short": _fill("Change it", old=PASSWORD, new=SHORT),
    "erase, unsaid": _fill("Erase everything"),
    "invited, too short": _fill("Accept", name="Mona", password=SHORT),
    "people, last admin": _step_down,
    "people, with a link": _fill("Make a link", whom="Mona Keller, who teaches on Fridays"),
    "erase, last admin": _erase,
    "interview, no length": _send_no_length,
    "say, too long": _send_too_much("#words", "Show the points"),
    "partner, too long": _send_too_much("#note", "Keep the note"),
    "invite, with a link": _make_a_link,
    "home, nothing chosen": _send_nothing,
    "question, nothing chosen": _send_nothing,
    "trouble 409": _tamper("face"),
    "trouble 422": _tamper("step"),
    **teaching.PREPARE,
}


def remember(store: Store, bank: Bank, site: Site) -> None:
    """A guest and the owner of an account with long pasts, an admin, a class: what they see is added."""
    learner_id, site.veteran = new_guest(store)
    a_long_past(store, learner_id, bank)
    profile = Profiles(store.database).of(learner_id, bank)
    site.paths["idea, chosen"] = f"/ideas/{learn.held(profile, bank)[0][0]}"
    learner_id, token = new_guest(store)
    a_long_past(store, learner_id, bank)
    site.member, accounts, moment = new_token(), Accounts(store.database), datetime.now(UTC)
    name = "ada.lovelace@analytical-engines.example"
    account = Account(id=new_id(), learner=learner_id, name=name, folded=name, made=moment)
    secret, devices = hash_password(PASSWORD), ("Firefox on Linux", "Safari on iPhone")
    accounts.add(account, secret, old_token=hashed(token), new_token=hashed(site.member), device=devices[0])
    elsewhere = {"guest": "", "old_token": "", "new_token": hashed(new_token())}
    accounts.sign_in(account, **elsewhere, device=devices[1], now=moment - timedelta(days=3))
    _invite(accounts, site, moment)
    site.taught = teaching.teach(store, bank)
    site.paths |= {name: seen.path for name, seen in site.taught.items()}


def _invite(accounts: Accounts, site: Site, moment: datetime) -> None:
    """The only admin there is, with an open invitation that nobody accepts."""
    admin, site.admin, token = (
        Account(new_id(), new_id(), "Root", "root", moment, "admin"),
        new_token(),
        new_invitation(),
    )
    accounts.create(admin, hash_password(PASSWORD))
    accounts.sign_in(admin, guest="", old_token="", new_token=hashed(site.admin), device="", now=moment)
    invitation = {"role": "trainer", "whom": "Mona Keller", "by": admin.learner, "now": moment}
    accounts.add_invitation(hash_invitation(token), **invitation, expires=moment + INVITED_FOR)
    people = ("people", "people, last admin", "people, with a link")
    invited = ("invited", "invited, too short", "invited, signed in", "invited, an admin already")
    site.paths |= dict.fromkeys(people, "/admin/people") | dict.fromkeys(invited, f"/invited/{token}")
    site.paths |= {
        "people, found nobody": "/admin/people?q=nobody+at+all",
        "account of an admin": "/account?short=1",
    }
    site.paths |= {"erase, last admin": "/erase"}


class Builder:
    """A learner without a browser, who goes everywhere once."""

    def __init__(self, request: APIRequestContext, url: str, bank: Bank, secret: bytes) -> None:
        self.request = request
        self.url = url
        self.bank = bank
        self.secret = secret

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
            **self._remembered(choice),
            **dict(self._questions()),
            **dict(self._sets()),
            **dict(self._exam()),
            **dict(self._interviews()),
            **dict(self._partners()),
        }

    def _remembered(self, choice: Question) -> dict[str, str]:
        """The addresses of pages about what is remembered, and of accounts."""
        topic, belief = choice.topic, next(iter(self.bank.misconceptions))
        found = {"nothing due yet": "/review", "nothing due": "/review", "review question": "/review"}
        found |= {
            "topic, not started": f"/progress/topics/{topic}",
            "topic progress": f"/progress/topics/{topic}",
        }
        found |= {"idea, not met": f"/ideas/{belief}", "matters": "/matters", "home, with something due": "/"}
        found |= {"progress, a long past": "/progress", "progress, kept": "/progress"}
        found |= dict.fromkeys(("history", "history, empty"), "/progress/history")
        found |= dict.fromkeys(("keep", "keep, too short", "keep, nothing yet"), "/keep")
        found |= dict.fromkeys(("sign in", "sign in, wrong"), "/signin")
        found |= dict.fromkeys(("account", "account, too short", "account of a guest"), "/account")
        return (
            found
            | dict.fromkeys(("erase", "erase, unsaid", "erase an account"), "/erase")
            | {"erased": "/erased"}
        )

    def _questions(self) -> Iterator[tuple[str, str]]:
        for kind in KINDS:
            question = longest_of(self.bank, kind)
            path = f"/q/{question.id}"
            yield f"asked {kind}", path
            yield f"told right {kind}", self._answer_one(question, question.model())
            yield f"told wrong {kind}", self._answer_one(question, wrong_answer(question))
        yield "told what was shown", self._send(path, (), unsure="1")
        yield "question with a hint", self._send(f"/q/{HINTED}", ("2",), hint="1")

    def _answer_one(self, question: Question, answer: Answer) -> str:
        path = f"/q/{question.id}"
        form = self._form(path)
        return self._send(
            path,
            question.fill(answer, learn.show(question, seed_of(self.secret, int(form["ticket"], 16)))),
            form,
        )

    def _sets(self) -> Iterator[tuple[str, str]]:
        one, other = [topic.id for topic in self.bank.topics if _asks(topic) >= learn.Quiz().count][:2]
        finished = self._set_of(20, f"/practice/{one}")
        missed = self._set_of(10, f"/practice/{other}")
        running = self._set_of(4, "/mixed")
        yield "question, once more", f"{missed}/11"
        yield "told, comes back", f"{missed}/1"
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

    def _interviews(self) -> Iterator[tuple[str, str]]:
        """Interviews of one's own: running, paused, ended at once, and gone through."""
        running, paused, silent, whole = (self._start_interview() for _ in range(4))
        yield from dict.fromkeys(("interview home", "interview, no length"), "/interview").items()
        yield "interview home, with a past", "/interview"
        yield from dict.fromkeys(("say", "say, too long"), f"{paused}/5").items()
        self._do(f"{paused}/1", "pause")
        yield "paused", f"{paused}/1"
        yield "invite", f"{paused}/invite"
        self._do(f"{running}/1", "say", words="It blocks.\n\nThe loop waits for it.")
        yield "rate", f"{running}/1"
        yield "short question of an interview", f"{running}/2"
        yield "ending", f"{running}/ending"
        yield "invite, with a link", f"{self._start_interview()}/invite"
        self.request.post(f"{self.url}{silent}/end")
        yield "interview report, nothing said", f"{silent}/report"
        self._go_through(whole)
        self._do(
            f"{whole}/1", "follow", number=self._first_follow_up(f"{whole}/1"), went="partly", words="So."
        )
        yield "follow-up answered", f"{whole}/1"
        yield "follow-ups", f"{whole}/5"
        yield "rated in another tab", f"{whole}/5?kept=1"
        yield "short question, told", f"{whole}/3"
        yield "ending, all answered", f"{whole}/ending"
        reported = self._start_interview()
        self._go_through(reported)
        self.request.post(f"{self.url}{reported}/end")
        yield "interview report", f"{reported}/report"

    def _partners(self) -> Iterator[tuple[str, str]]:
        """An interview with a partner, seen from both sides."""
        own = self._start_interview()
        shared = SHARED.search(self.request.post(f"{self.url}{own}/share").text())
        assert shared
        theirs = shared[1]
        self._do(f"{own}/1", "say", words="It blocks.")
        self._do(theirs, "rate", **self._rating(f"{theirs}?place=1"), place="1", note="Say why it blocks.")
        self._do(f"{own}/5", "say", words="")
        yield "partner, rated", f"{theirs}?place=1"
        yield "partner, short question", f"{theirs}?place=2"
        yield from dict.fromkeys(("partner, listening", "partner, too long"), f"{theirs}?place=5").items()
        yield "rated by a partner", f"{own}/1"
        yield "rate, with a partner", f"{own}/5"

    def _start_interview(self) -> str:
        form: dict[str, Any] = {"set": new_id(), "level": "senior", "minutes": "15"}
        page = self.request.post(f"{self.url}/interview", form=form)
        return urlsplit(page.url).path.rpartition("/")[0]

    def _go_through(self, interview: str) -> None:
        """Answer everything: the first well, the last badly and with all red flags."""
        for place, level in ((1, "strong"), (5, "weak")):
            path = f"{interview}/{place}"
            self._do(path, "say", words="It blocks.")
            flags = {} if level == "strong" else {"flag": RED_FLAG.findall(self._text(path))[0]}
            self._do(path, "rate", **dict.fromkeys(self._rating(path), level), **flags)
        for place in (2, 3, 4):
            self._send(f"{interview.replace('/interview/', '/s/')}/{place}", (), unsure="1")

    def _rating(self, path: str) -> dict[str, str]:
        points = dict.fromkeys(POINT.findall(self._text(path)))
        return dict(zip(points, ("strong", "good", "weak", "", "strong"), strict=False))

    def _first_follow_up(self, path: str) -> str:
        found = re.search(r'name="number" value="(\d+)"', self._text(path))
        return found[1] if found else "0"

    def _text(self, path: str) -> str:
        return self.request.get(self.url + path).text()

    def _do(self, path: str, what: str, **fields: str) -> None:
        form: dict[str, Any] = {"step": new_id(), "do": what, **fields}
        page = self.request.post(self.url + path, form=form)
        assert page.ok, f"{path}: {page.status}"

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
