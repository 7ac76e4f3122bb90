"""What is kept of people, and that it goes: nothing in any table after erasing, nothing in the log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.learn import PRESETS, Override
from quizapp.store import Assignments
from quizapp.store import tables as t
from quizapp.web import logs
from quizapp.web.guests import new_id
from tests.classroom import give, joined, new_group, somebody
from tests.conftest import Person, hidden
from tests.web.test_interview import begin as begin_interview
from tests.web.test_interview import share

NAME, SAYS, TOLD = "Zaphira Quillfeather", "my very own words 4711", "the report I wrote 0815"
PASSWORD = "tin wax harbour lamp"  # noqa: S105 - nobody's
ADDRESS = "203.0.113.77"


def kept(app: Flask) -> str:
    """All that is stored, as text."""
    with app.extensions["store"].database.reading() as db:
        rows = ((name, row) for name, table in t.meta.tables.items() for row in db.execute(sa.select(table)))
        return "\n".join(f"{name} {tuple(row)}" for name, row in rows)


def token_of(person: Person) -> str:
    cookie = person.client.get_cookie("quizapp")
    assert cookie is not None
    return cookie.value


def lead_a_life(app: Flask) -> tuple[Person, list[str]]:
    """Somebody who does everything there is; gives also the ids that name them."""
    _, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    person, member = joined(app, group, NAME, ["a label"])
    person.client.environ_base["REMOTE_ADDR"] = ADDRESS
    given = give(app, group, PRESETS["practice"])
    assignments: Assignments = app.extensions["assignments"]
    assignments.set_override(given.id, owner, f"member {member.id}", Override(extra_time=25))
    person.post(f"/a/{given.code}")
    set_id = person.at.split("/")[2]
    page = person.get(f"/s/{set_id}/1")
    person.post(page.request.path, hidden(page) | {"unsure": "1"})
    person.post(f"/s/{set_id}/1/report", {"reason": "key", "text": TOLD})
    interview = begin_interview(person)
    form = {"step": new_id(), "do": "say", "words": SAYS}
    assert person.post(f"/interview/{interview}/1", form).status_code == 200
    share(person, interview)
    person.start("/mixed")
    assert person.post("/keep", {"name": NAME, "password": PASSWORD}).status_code == 200
    for tried in ("wrong", PASSWORD):
        Person(app.test_client()).post("/signin", {"name": NAME, "password": tried})
    return person, [member.learner, member.id, set_id, interview]


def test_after_erasing_no_table_holds_anything_of_whoever_it_was(app: Flask) -> None:
    person, ids = lead_a_life(app)
    before = kept(app)
    for each in (NAME, NAME.casefold(), SAYS, TOLD, *ids):
        assert each in before, each
    assert person.post("/erase", {"sure": "1"}).status_code == 200
    after = kept(app)
    for each in (NAME, NAME.casefold(), SAYS, TOLD, PASSWORD, *ids):
        assert each not in after, each


def test_no_table_ever_holds_a_network_address_a_password_or_a_token(app: Flask) -> None:
    person, _ = lead_a_life(app)
    all_of_it = kept(app)
    for each in (ADDRESS, PASSWORD, token_of(person)):
        assert each not in all_of_it


def test_figures_of_others_stay_as_they_were_when_somebody_is_erased(app: Flask) -> None:
    stays = Person(app.test_client())
    stays.start("/mixed")
    before = stays.get("/progress").text.partition("<main")[2]
    person, _ = lead_a_life(app)
    person.post("/erase", {"sure": "1"})
    assert stays.get("/progress").text.partition("<main")[2] == before


@pytest.mark.parametrize("form", logs.FORMATS)
def test_no_log_line_says_who_answered_what(
    app: Flask, form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    before = root.handlers[:], logging.getLogger("quizapp").level
    logs.set_up(form)
    try:
        person, ids = lead_a_life(app)
        token = token_of(person)
        monkeypatch.setattr("quizapp.web.progress._bars", _breaks)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(app.extensions["store"].database.kind.reading, "connect", _breaks)
            person.get("/invited/" + "t" * 32)
            person.post("/mixed", {"answer": SAYS, "name": NAME})
        person.get("/progress")
    finally:
        root.handlers[:] = before[0]
        logging.getLogger("quizapp").setLevel(before[1])
    said = capsys.readouterr().err
    assert "Reference" in said
    for each in (NAME, NAME.casefold(), SAYS, TOLD, PASSWORD, ADDRESS, token, "t" * 32, *ids):
        assert each not in said, each


def _breaks(*_: object, **__: object) -> Any:
    raise ValueError(f"cannot keep {NAME} {SAYS} {datetime.now(UTC)}")
