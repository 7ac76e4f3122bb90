"""Hostile text in every field of every form, and SQL in every parameter, as everybody who can send it."""

from __future__ import annotations

import os
import random
import re
from collections import deque
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.datastructures import MultiDict

from quizapp.learn import PRESETS, Paper, Part
from quizapp.store import tables as t
from quizapp.web import create_app
from tests.classroom import give, joined, new_group, somebody
from tests.conftest import Person
from tests.fuzz.forms import fills, read
from tests.fuzz.texts import FORMULAS, HOSTILE, LONG, MARKUP, NESTED, SQL, TEMPLATES, UNICODE
from tests.sat import begun, said

pytestmark = pytest.mark.bulk

SAMPLES = Path(__file__).parents[1] / "bank" / "samples"
TEXTS = (
    *SQL[:6],
    *TEMPLATES,
    *FORMULAS,
    *UNICODE,
    *NESTED[:4],
    *MARKUP,
    *LONG,
    "\0",
    "a\0b",
    "٣",
    "9" * 5_000,
    "",
)
WIDE = os.environ.get("FUZZ_FORMS") == "all"
PAGES, TIMES = (160, 12) if WIDE else (30, 1)
LEAVES = re.compile(r"/(erase|signout|leave|remove|account/devices)\b|\.(csv|json|md)$")
"""Where the way of a walk ends: what would take the walker's own things away."""
CHANGED_BY_A_LOOK = {"throttle", "profile", "card"}
WHOS = ("a stranger", "a learner", "a member", "a trainer", "an admin")


@pytest.fixture
def app(database: str) -> Flask:
    app = create_app(banks=(SAMPLES,), database=database)
    yield app
    app.extensions["store"].close()


def cast(app: Flask, who: str) -> Person:
    """Somebody, in a class that has left its traces."""
    trainer, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    asked = tuple(
        Part(question=each) for each in ("output/chosen-output", "short-answer/name-of-the-counter")
    )
    given = give(app, group, "practice", Paper("A paper", asked))
    give(app, group, replace(PRESETS["exam"], minutes=20), Paper("An exam", asked))
    member, one = joined(app, group, "Ada", ["late"])
    said(app, begun(app, given, one), 1, ("x",))
    member.post("/report/output/chosen-output", {"reason": "key", "text": "why?"})
    match who:
        case "a stranger":
            return Person(app.test_client())
        case "a learner":
            person = Person(app.test_client())
            person.start()
            return person
        case "a member":
            return member
        case "a trainer":
            return trainer
        case _:
            return somebody(app, "Root", "admin")[0]


def counts(app: Flask) -> dict[str, int]:
    """How many rows each table has, but for those that looking changes."""
    with app.extensions["store"].database.reading() as db:
        return {
            table.name: db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            for table in t.meta.sorted_tables
            if table.name not in CHANGED_BY_A_LOOK
        }


def walk(person: Person) -> list[str]:
    """The pages that links lead to from the front doors, one of each kind."""
    waiting, seen, found = (
        deque(["/", "/topics", "/join", "/interview", "/assigned", "/progress", "/keep"]),
        set(),
        [],
    )
    waiting.extend(
        ["/signin", "/account", "/t/", "/t/assignments", "/t/questions", "/t/reports", "/admin/people"]
    )
    while waiting and len(found) < PAGES:
        path = waiting.popleft()
        kind = re.sub(r"[0-9a-f-]{36}|=[^&]*|(?<=/q/).*|(?<=practice/).*|(?<=topics/).*", "*", path)
        if kind in seen or LEAVES.search(urlsplit(path).path):
            continue
        seen.add(kind)
        page = person.client.get(path)
        assert page.status_code < 500, path
        if page.status_code == 200 and page.mimetype == "text/html":
            found.append(path)
            waiting.extend(read(path, page.text)[1])
        elif page.status_code in (302, 303):
            waiting.append(page.headers["Location"])
    return found


@pytest.mark.parametrize("who", WHOS)
def test_no_text_in_any_field_breaks_a_page_or_is_stored_half(app: Flask, who: str) -> None:
    person, rng = cast(app, who), random.Random(who)
    pages, tried = walk(person), 0
    for path in pages:
        for form in read(path, person.client.get(path).text)[0]:
            if form.method != "post" or LEAVES.search(form.action):
                continue
            for sent in fills(form, TEXTS, rng, TIMES):
                before = counts(app)
                page = person.client.post(form.action, data=MultiDict(sent))
                tried += 1
                assert page.status_code < 500, (form.action, sent)
                if page.status_code >= 400:
                    assert counts(app) == before, (form.action, sent)
                assert "<script>alert(1)</script>" not in page.text, (form.action, sent)
    assert tried > 8
    for path in pages:
        page = person.client.get(path)
        assert page.status_code < 500, path
        assert "<script>alert(1)</script>" not in page.text, path
        assert "<img src=x" not in page.text, path
        assert "\0" not in page.text


PARAMETERS = (
    "topic",
    "result",
    "before",
    "back",
    "code",
    "set",
    "place",
    "q",
    "page",
    "changed",
    "order",
    "show",
)
PARAMETERS += (
    "question",
    "reason",
    "how",
    "accept",
    "find",
    "level",
    "type",
    "preset",
    "whom",
    "chosen",
    "group",
)
PARAMETERS += ("from", "add", "names", "attempt", "at", "edit", "done", "x")
NUMBERED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+")


@pytest.mark.parametrize("who", ["a member", "an admin"])
def test_sql_in_any_parameter_finds_what_a_word_finds_and_changes_nothing(app: Flask, who: str) -> None:
    person, rng = cast(app, who), random.Random(1)
    pages = [urlsplit(path).path for path in walk(person)]
    pages += ["/progress/history", "/progress.csv", "/q/{}", "/practice/{}", "/ideas/{}", "/join/{}", "/a/{}"]
    pages += ["/t/questions/{}", "/t/groups/{}", "/invited/{}", "/with/{}", "/s/{}", "/progress/topics/{}"]
    pairs = [(path, name) for path in dict.fromkeys(pages) for name in PARAMETERS]
    before = counts(app)
    for path, name in pairs if WIDE else rng.sample(pairs, 50):
        seen = []
        for word in (rng.choice(SQL), "zzz"):
            address = path.replace("{}", quote(word, safe=""))
            page = person.client.get(address, query_string={name: word})
            assert page.status_code < 500, (address, name, word)
            is_drawn = "data-ask" in page.text  # another question each time
            is_missing = page.status_code == 404  # and says so in words that depend on what was asked for
            rows = 0 if is_drawn or is_missing else len(re.findall(r"<(?:tr|li|form)\b", page.text))
            seen.append((page.status_code, rows))
        assert seen[0] == seen[1], (path, name)
    assert counts(app) == before


def test_what_is_shown_of_hostile_text_is_the_text(app: Flask) -> None:
    """A template or a formula stays the characters that were typed."""
    person = cast(app, "a member")
    for text in ("{{7*7}}", "=1+1", "%(x)s", *MARKUP[:2]):
        page = person.answer(person.get("/q/short-answer/name-of-the-counter"), text)
        told = page.text.partition("data-verdict")[2]
        assert (
            text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in told
        )
    assert len(HOSTILE) > 50
