"""What a form may not say changes nothing: fields that no form has are never read."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizapp.learn import PRESETS
from quizapp.store import tables as t
from tests.classroom import give, joined, new_group, somebody
from tests.conftest import Person, hidden
from tests.learn.logs import BANK
from tests.web.still import standing
from tests.web.test_interference import Worlds
from tests.web.test_interference import worlds as worlds  # the fixture

pytestmark = pytest.mark.bulk

FORGED = (
    *("score", "correct", "points", "grade", "weight", "grader", "seconds", "user_id", "learner", "owner"),
    *("learner_id", "role", "org_id", "actor", "by", "deadline", "deadline_at", "started", "finished", "at"),
    *("closes", "number", "attempts", "extra_time", "terms", "made", "kind", "mode", "revision", "shown"),
)
VALUES = st.sampled_from(["1", "0", "100", "true", "admin", "2099-01-01", "exam", "practice", ""])


def kept(app: Flask) -> dict[str, list[Any]]:
    with app.extensions["store"].database.reading() as db:
        return {
            name: sorted(map(tuple, db.execute(sa.select(table))), key=repr)
            for name, table in t.meta.tables.items()
        }


def acts(app: Flask, more: dict[str, str]) -> dict[str, list[Any]]:
    """Answer, keep, join and sit an exam, with these fields in each form; gives all that is stored then."""
    with standing(app):
        _, owner = somebody(app, "Mona", "trainer")
        group = new_group(app, owner)
        person = Person(app.test_client())
        page = person.get("/q/coroutines/calling-does-not-run")
        person.post(page.request.path, more | hidden(page) | {"answer": "2"})
        person.post(f"/join/{group.code}", more | {"name": "Ann"})
        given = give(app, group, PRESETS["exam"])
        person.post(f"/a/{given.code}", more)
        for place in ("1", "2"):
            page = person.get(f"{person.at.rpartition('/')[0]}/{place}")
            person.post(page.request.path, more | hidden(page) | {"answer": "1"})
        person.post(f"/report/{BANK.topics[0].questions[0].id}", more | {"reason": "key", "text": "x"})
        member, _ = joined(app, group, "Bob")
        member.post("/account/devices", more)
    return kept(app)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(more=st.dictionaries(st.sampled_from(FORGED), VALUES, min_size=6))
def test_fields_that_no_form_has_change_nothing_that_is_stored(worlds: Worlds, more: dict[str, str]) -> None:
    found = []
    for fields in ({}, more):
        with worlds.app(BANK) as app:
            found.append(acts(app, fields))
    assert found[0] == found[1]
    assert len(found[0]["step"]) >= 3


def test_a_score_in_the_form_is_not_the_score(app: Flask, learner: Person) -> None:
    question = BANK["coroutines/calling-does-not-run"]
    page = learner.get(f"/q/{question.id}")
    learner.answer(page, unsure="1", score="1", correct="1", points="1", learner="somebody", role="admin")
    with app.extensions["store"].database.reading() as db:
        rows = db.execute(sa.select(t.step.c.score, t.step.c.learner)).all()
        (owner,) = db.execute(sa.select(t.learner.c.id)).scalars()
    assert rows == [(0.0, owner)]
