"""A form that comes again changes nothing and leads to the same page; the outbox hears what became of it."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.web import create_app
from quizapp.web.guests import new_id
from quizapp.web.outbox import GUEST, HEADER
from tests.conftest import FIELD, Person, hidden
from tests.past import HINTED, hinted_bank
from tests.rows import rows
from tests.servers import Server
from tests.web.test_account import NAME, cheap_hashing, keep
from tests.web.test_answering import BANK, form_values
from tests.web.test_interview import begin, end, levels, open_places, rate, say, share, step

__all__ = ["cheap_hashing"]

COPIES = 50
STRANGE = "0123456789abcdef"
"""The mark of an account that nobody here has."""


# -- many copies at once


def request(
    server: Server, cookie: str, method: str, path: str, form: Mapping[str, str] | None = None
) -> tuple[int, str, str, str]:
    """Status, Location, cookie and body."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request(method, path, urlencode(form) if form else None, headers)
    reply = connection.getresponse()
    body, given = reply.read().decode(), reply.getheader("Set-Cookie") or ""
    connection.close()
    return reply.status, urlsplit(reply.getheader("Location") or "").path, given.partition(";")[0], body


def copies(server: Server, cookie: str, path: str, form: Mapping[str, str]) -> str:
    """Send one form many times at once; gives where all of them lead."""
    together = threading.Barrier(COPIES)

    def send(_: int) -> tuple[int, str]:
        together.wait()
        return request(server, cookie, "POST", path, form)[:2]

    with ThreadPoolExecutor(COPIES) as pool:
        found = set(pool.map(send, range(COPIES)))
    assert len(found) == 1, found
    status, address = found.pop()
    assert status == 303
    return address


@pytest.mark.bulk
def test_fifty_copies_of_a_form_at_once_are_one_row_and_one_reply(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/quizapp.db"
    with Server(address) as server:
        _, _, cookie, page = request(server, "", "GET", "/mixed")
        first = copies(server, cookie, "/mixed", dict(FIELD.findall(page)) | {"unsure": "1"})
        practice = first.rpartition("/")[0]
        assert copies(server, cookie, f"{practice}/2", {"step": new_id(), "unsure": "1"}) == f"{practice}/2"
        exam = new_id()
        assert copies(server, cookie, "/exam", {"set": exam, "count": "10"}) == f"/s/{exam}"
        assert copies(server, cookie, f"/s/{exam}/1", {"step": new_id(), "unsure": "1"}) == f"/s/{exam}/2"
        assert copies(server, cookie, f"/s/{exam}/finish", {"so": "be it"}) == f"/s/{exam}/done"
        interview = new_id()
        request(server, cookie, "POST", "/interview", {"set": interview, "level": "mid", "minutes": "15"})
        said = f"/interview/{interview}/1"
        assert copies(server, cookie, said, {"step": new_id(), "do": "say", "words": "It waits."}) == said
    found = rows(address, "SELECT kind, count(*) FROM step GROUP BY kind ORDER BY kind")
    assert found == [("finish", 1), ("save", 1), ("say", 1), ("submit", 3)]
    assert rows(address, "SELECT count(*) FROM learner") == [(1,)]
    assert rows(address, "SELECT count(*) FROM attempt") == [(3,)]


# -- one form, once more


def location(person: Person, path: str, form: Mapping[str, Any]) -> str:
    reply = person.client.post(path, data=form)
    assert reply.status_code == 303, reply.text
    return str(reply.headers["Location"])


def test_the_last_hint_asked_for_again_leads_to_the_same_page(tmp_path: Path, database: str) -> None:
    app = create_app(banks=(hinted_bank(tmp_path),), database=database)
    person = Person(app.test_client())
    form = hidden(person.get(f"/q/{HINTED}")) | {"hint": "1"}
    first = location(person, f"/q/{HINTED}", form)
    assert location(person, f"/q/{HINTED}", form) == first
    while "Another hint" in (page := person.get(first)).text:
        form = hidden(page) | {"hint": "1"}
        assert location(person, first, form) == first
    assert location(person, first, form) == first
    app.extensions["store"].close()


def test_a_set_of_what_was_missed_begins_though_nothing_is_missed_any_more(
    learner: Person, database: str
) -> None:
    learner.answer(learner.get(f"/q/{HINTED}"), unsure="1")
    page = learner.get("/again")
    question = hidden(page)["question"]
    assert question == HINTED
    form = hidden(page) | {"answer": form_values(BANK[question], page.text)}
    first = location(learner, "/again", form)
    assert learner.get("/again").status_code == 404
    assert location(learner, "/again", form) == first
    assert rows(database, "SELECT count(*) FROM step") == [(2,)]


def test_an_exam_answer_that_comes_again_after_the_end_is_not_called_another(learner: Person) -> None:
    exam = new_id()
    learner.get("/topics")
    learner.post("/exam", {"set": exam, "count": "10"})
    pages = (learner.get(f"/s/{exam}/{place}") for place in range(1, 10))
    page = next(each for each in pages if 'type="radio"' in each.text)
    here, form = page.request.path, hidden(page) | {"answer": "1"}
    change = form | {"autosave": "1", "edit": "1"}
    assert learner.client.post(here, data=change).status_code == 204
    after = location(learner, here, form)
    assert location(learner, here, form) == after != here
    learner.post(f"/s/{exam}/finish")
    assert location(learner, here, form) == here
    assert learner.client.post(here, data=change).status_code == 204
    assert location(learner, here, form | {"step": new_id()}) == f"{here}?kept=1"
    late = learner.post(f"/s/{exam}/10", {"step": new_id(), "unsure": "1"})
    assert "This was finished before your answer came." in late.text


def test_steps_of_an_interview_that_come_again_lead_to_the_same_page(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    here = f"/interview/{set_id}/{place}"
    forms = [
        step(do="pause"),
        step(do="resume"),
        step(do="say", words="words"),
        levels(question, "weak"),
        step(do="follow", number="0", went="partly", words="so"),
    ]
    for form in forms:
        assert location(learner, here, form) == here
    for form in forms:
        assert location(learner, here, form) == here
    assert location(learner, here, levels(question, "strong")) == f"{here}?kept=1"
    end(learner, set_id)
    for form in forms:
        assert location(learner, here, form) == here


def test_a_partners_note_that_comes_again_is_one_note(
    app: Flask, learner: Person, stranger: Person, database: str
) -> None:
    set_id = begin(learner)
    link = share(learner, set_id)
    form = step(do="note", place="1", note="Say why.", noted="")
    for _ in range(3):
        location(stranger, link, form)
    assert rows(database, "SELECT count(*) FROM step WHERE kind = 'note'") == [(1,)]
    assert say(learner, set_id, 1, "words").status_code == 200
    assert rate(learner, set_id, 1, open_places(app, set_id)[0][1]).status_code == 200


# -- what the outbox hears


def deliver(person: Person, path: str, form: Mapping[str, Any], mark: str = GUEST) -> TestResponse:
    return person.client.post(path, data=form, headers={HEADER: mark})


def mark_of(page: TestResponse) -> str:
    found = re.search(r'data-owner="([^"]+)"', page.text)
    assert found
    return found[1]


def test_an_answer_is_acknowledged_with_where_it_leads(learner: Person) -> None:
    page = learner.get("/mixed")
    assert mark_of(page) == GUEST
    form = hidden(page) | {"unsure": "1"}
    replies = [deliver(learner, "/mixed", form) for _ in range(2)]
    for reply in replies:
        assert (reply.status_code, reply.headers[HEADER], reply.text) == (201, "kept", "")
        assert reply.headers["Location"] == f"/s/{form['set']}/1"


def test_a_refusal_comes_with_its_words(learner: Person) -> None:
    form = hidden(learner.get("/mixed")) | {"unsure": "1", "face": "another"}
    reply = deliver(learner, "/mixed", form)
    assert (reply.status_code, reply.headers[HEADER]) == (409, "refused")
    assert reply.json == {
        "title": "This question has just been changed",
        "text": "Your answer was not counted, because it was to the older wording. Open the question again.",
    }
    unread = deliver(learner, "/mixed", hidden(learner.get("/mixed")))
    assert (unread.status_code, unread.headers[HEADER]) == (422, "refused")


def test_an_answer_of_another_account_or_of_an_ended_session_is_neither_kept_nor_refused(
    learner: Person, stranger: Person, database: str
) -> None:
    set_id = learner.start()
    before = rows(database, "SELECT count(*) FROM step")
    form = {"step": new_id(), "unsure": "1"}
    for reply in (
        deliver(learner, f"{set_id}/2", form, STRANGE),
        deliver(stranger, f"{set_id}/2", form),
        deliver(stranger, "/mixed", hidden(stranger.get("/mixed")) | {"unsure": "1"}, STRANGE),
    ):
        assert (reply.status_code, reply.headers.get(HEADER)) == (401, None)
    assert rows(database, "SELECT count(*) FROM step") == before


def test_an_account_has_a_mark_of_its_own_and_takes_what_its_guest_left(learner: Person) -> None:
    set_id = learner.start()
    keep(learner)
    mark = mark_of(learner.get("/"))
    assert mark != GUEST
    assert NAME not in mark
    assert deliver(learner, f"{set_id}/2", {"step": new_id(), "unsure": "1"}).status_code == 201
    assert deliver(learner, f"{set_id}/3", {"step": new_id(), "unsure": "1"}, mark).status_code == 201


@pytest.mark.parametrize(("path", "form"), [("/signout", {}), ("/erase", {"sure": "1"})])
def test_leaving_clears_what_pages_kept_on_the_device(
    learner: Person, path: str, form: dict[str, str]
) -> None:
    learner.start()
    keep(learner)
    assert learner.client.post(path, data=form).headers["Clear-Site-Data"] == '"storage"'


def test_nothing_is_cleared_of_a_guest_who_is_asked_to_keep_the_answers_first(learner: Person) -> None:
    learner.start()
    reply = learner.client.post("/signout")
    assert reply.headers["Location"] == "/keep"
    assert "Clear-Site-Data" not in reply.headers
