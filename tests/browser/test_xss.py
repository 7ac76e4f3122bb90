"""Stored payloads, shown in a real browser: no page takes a text for markup, wherever somebody wrote it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from flask import Flask
from playwright.sync_api import Browser, Dialog, Page

from quizapp.bank import load
from quizapp.learn import Paper, Part
from quizapp.store import upgrade
from quizapp.web import create_app
from tests.classroom import give, joined, new_account, new_group
from tests.conftest import Person
from tests.fuzz.payloads import PAYLOADS
from tests.sat import begun, ended, said
from tests.servers import Server

pytestmark = pytest.mark.browser

EVERY = 1 if os.environ.get("FUZZ_XSS") == "all" else 24
"""Of the pages that show one payload each, every so manieth is opened."""
MANY = 1 if EVERY == 1 else 5
"""Of the short texts that make a row each, every so manieth is written."""
TOGETHER = "\n\n".join(PAYLOADS)
HALVES = ["\n\n".join(PAYLOADS[number::2]) for number in range(2)]
PARTS = ["\n\n".join(PAYLOADS[number::4]) for number in range(4)]
"""A question holds so much in each of its fields."""
WATCH = """window.violations = [];
addEventListener("securitypolicyviolation", e => violations.push(e.violatedDirective + " " + e.sample))"""
ALIVE = """() => [
  ...[...document.querySelectorAll("[data-xss], script:not([src]):not([nonce]):not([type]), iframe, object," +
    "embed, base, frame, frameset, applet, portal, marquee, plaintext, meta[http-equiv], math")
  ].map(e => e.outerHTML),
  ...[...document.querySelectorAll("*")].flatMap(e => [...e.attributes].filter(a =>
    a.name.startsWith("on") || ["href", "src", "action", "formaction"].includes(a.name) &&
    /^\\s*(javascript|vbscript|data:text)/i.test(a.value)).map(a => e.outerHTML)),
  ...(window.xss ? ["script ran"] : []), ...window.violations,
].map(text => text.slice(0, 200))"""


def question(slug: str, text: str, **more: Any) -> dict[str, Any]:
    """A question with the text in each of its fields."""
    return {
        "id": slug,
        "type": "single-choice",
        "level": "beginner",
        "concepts": ["counting"],
        "prompt": f"{text}\n\n{text}",
        "hints": [text.replace("\n", " ")],
        "options": [
            {"right": f"a {text}", "why": text},
            {"wrong": f"b {text}", "why": text, "misconception": "counts-from-one"},
            {"wrong": f"c {text}", "why": text, "misconception": "counts-from-one"},
        ],
        "explanation": text,
        "sources": ["https://docs.python.org/3/"],
    } | more


def typed(slug: str, text: str) -> dict[str, Any]:
    """A question that is answered by writing, with the text in its fields."""
    asked = question(slug, text, type="short-answer", accept=["x"])
    del asked["options"]
    return asked | {"mistakes": [{"answer": "y", "why": text, "misconception": "counts-from-one"}]}


def opened(slug: str, text: str) -> dict[str, Any]:
    """An open question with the text in its fields."""
    asked = question(slug, text, type="open", skill="explain", minutes="5", model_answer=text)
    del asked["options"]
    levels = dict.fromkeys(("point", "weak", "good", "strong"), text)
    asked["rubric"] = [{"id": f"point-{number}"} | levels for number in (1, 2, 3)]
    asked["follow_ups"] = [
        {"ask": text, "missed": "point-1", "answer": text},
        {"ask": text, "said": "point-2", "answer": text},
    ]
    asked["red_flags"] = [{"misconception": "counts-from-one", "sounds": text}]
    return asked


def write_bank(folder: Path) -> Path:
    """A bank in which every field of an author holds payloads: all at once, and one a topic."""
    files: dict[str, Any] = {
        "bank.yaml": {"format": "1", "title": PAYLOADS[0]},
        "concepts.yaml": {
            "topics": [
                {"id": "x", "title": PAYLOADS[1], "concepts": [{"id": "counting", "covers": PAYLOADS[2]}]}
            ]
        },
        "misconceptions.yaml": {
            "misconceptions": [
                {"id": "counts-from-one", "concepts": ["counting"], "wrong": TOGETHER, "right": TOGETHER}
            ]
        },
        "all.yaml": {
            "title": PAYLOADS[3],
            "about": TOGETHER,
            "questions": [
                *(question(f"choice-{number}", text) for number, text in enumerate(HALVES)),
                *(opened(f"open-{number}", text) for number, text in enumerate(PARTS)),
                typed("typed", TOGETHER),
            ],
        },
    }
    for number, text in enumerate(PAYLOADS):
        files[f"p{number}.yaml"] = {"title": text, "about": text, "questions": [question("one", text)]}
    folder.mkdir()
    for name, value in files.items():
        (folder / name).write_text(
            yaml.safe_dump(value, default_style='"', allow_unicode=True, sort_keys=False)
        )
    return folder


@dataclass
class Stage:
    """A server whose every text is a payload, and its pages by who sees them."""

    url: str
    pages: dict[str, list[str]]


def seed(app: Flask) -> dict[str, list[str]]:
    """Let a class write payloads into every field; gives the pages that show them, by the token that may."""
    store = app.extensions["store"]
    owner, trainer = new_account(store, PAYLOADS[34][:60], "admin")
    me = Person(app.test_client())
    me.client.set_cookie("quizapp", trainer)
    group = new_group(app, owner, PAYLOADS[0][:60])
    paper = Paper(
        PAYLOADS[35], (Part(question="all/typed"), Part(question="all/choice-0"), Part(question="all/open-0"))
    )
    given = give(app, group, "practice", paper)
    names = [text for text in PAYLOADS if len(text) <= 60 and "\t" not in text]
    people = [joined(app, group, name, [name[:30].lower()]) for name in names[::MANY]]
    for text in PAYLOADS[::MANY]:
        if len(text) <= 120:
            give(app, group, "exam", Paper(text, paper.parts))
    for (_, member), text in zip(people[:40:MANY], PAYLOADS, strict=False):
        said(app, begun(app, given, member), 1, (text,))
    learner, member = people[0]
    attempt = begun(app, given, people[-1][1])
    for place, answer in enumerate([(TOGETHER[:1900],), None, (TOGETHER,)], start=1):
        said(app, attempt, place, answer)
    ended(app, attempt)
    token = people[-1][0].client.get_cookie("quizapp")
    assert token
    whole = f"/s/{attempt.id}"
    for number in range(4):
        form = {"reason": "key", "text": TOGETHER[number * 1900 : (number + 1) * 1900]}
        people[number][0].post("/report/all/choice-0", form)
    for text in names[:20:MANY]:
        me.post("/admin/invitations", {"role": "trainer", "whom": text})
    here, ours = f"/t/assignments/{given.id}", f"/t/groups/{group.id}"
    hostile = quote(PAYLOADS[33])
    mine = [f"{whole}/1", f"{whole}/2", f"{whole}/3", f"{whole}/done", "/assigned", f"/joined/{group.id}"]
    mine += ["/progress", "/progress/history", "/", "/topics", f"/a/{given.code}", "/ideas/counts-from-one"]
    mine += ["/progress/topics/all", f"/signin?back={hostile}", f"/report/all/open-0?set={hostile}"]
    theirs = [
        "/t/",
        ours,
        f"{ours}/code",
        f"{ours}/members/{member.id}",
        "/t/assignments",
        "/t/assignments/new",
        here,
    ]
    theirs += [
        f"{here}?order={hostile}",
        f"{here}/learner/{people[-1][1].id}",
        f"{here}/marking?question=all/open-0",
    ]
    theirs += [
        f"{here}/rules",
        f"{here}/overrides",
        f"{here}/link",
        f"{here}/remove",
        f"{here}/review/1?show=key",
    ]
    theirs += [
        f"{here}/review/1?show=answers",
        f"{here}/regrade?question=all/typed",
        f"/t/questions?find={hostile}",
    ]
    theirs += [
        "/t/questions/all/choice-0",
        "/t/questions/all/open-0",
        "/t/reports",
        f"/t/quizzes/new?find={hostile}",
    ]
    theirs += [f"/admin/people?q={hostile}", "/t/questions/all/typed", f"/t/quizzes/new?from={given.id}"]
    page = learner.answer(learner.get("/q/all/choice-0"), "1")
    assert page.status_code == 200
    interview = learner.client.get("/interview").text
    assert "data-xss" in interview
    return {
        token.value: mine,
        trainer: theirs,
        "": ["/", "/q/all/choice-0", "/q/all/choice-1", "/q/all/typed", f"/a/{given.code}"],
    }


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("xss")
    bank = write_bank(folder / "bank")
    assert not load(bank).faults
    database = f"sqlite:///{folder}/quizapp.db"
    upgrade(database)
    app = create_app(banks=(bank,), database=database)
    pages = seed(app)
    app.extensions["store"].close()
    with Server(database, banks=[bank]) as server:
        yield Stage(server.url, pages)


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on which no dialog may open; in the control no policy holds, and some must."""
    is_control = getattr(request, "param", False)
    context = browser.new_context(bypass_csp=is_control)
    context.add_init_script(WATCH)
    found, dialogs = context.new_page(), list[str]()

    def heard(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    found.on("dialog", heard)
    yield found
    context.close()
    assert bool(dialogs) is is_control


def test_there_are_at_least_a_hundred_payloads_of_all_classes() -> None:
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize("who", [0, 1, 2], ids=["a learner", "a trainer", "a stranger"])
def test_no_page_runs_or_builds_what_people_or_authors_wrote(page: Page, stage: Stage, who: int) -> None:
    token, paths = list(stage.pages.items())[who]
    if token:
        page.context.add_cookies([{"name": "quizapp", "value": token, "url": stage.url}])
    shown = 0
    for path in paths:
        answer = page.goto(stage.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.evaluate(ALIVE) == [], path
        shown += "xss" in page.inner_text("body")
    assert shown >= len(paths) / 2, "payloads must be seen, as text"


def test_a_question_of_each_payload_is_asked_and_told_as_text(page: Page, stage: Stage) -> None:
    for number in range(0, len(PAYLOADS), EVERY):
        page.goto(f"{stage.url}/q/p{number}/one")
        assert page.evaluate(ALIVE) == [], PAYLOADS[number]
        page.locator("#answer-1").dispatch_event("click")  # some labels hold a link, which would lead away
        page.locator("[data-ask] .primary").click()
        page.locator("[data-verdict]").wait_for()
        assert page.evaluate(ALIVE) == [], PAYLOADS[number]


@pytest.mark.parametrize("page", [True], indirect=True, ids=["without a policy"])
def test_this_test_would_notice_a_payload_that_lives(page: Page, stage: Stage) -> None:
    """The control: put into a page by hand, where no policy holds, most payloads with markup are noticed."""
    page.goto(f"{stage.url}/keys")
    marked = [text for text in PAYLOADS if text.startswith("<") and "data-xss" in text]
    noticed = 0
    for text in marked:
        page.evaluate("text => { document.querySelector('#main').innerHTML = text }", text)
        noticed += bool(page.evaluate(ALIVE))
        page.evaluate("() => { window.violations.length = 0 }")
    assert noticed > 0.8 * len(marked), (noticed, len(marked))
