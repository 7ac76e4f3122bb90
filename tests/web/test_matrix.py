"""Every route for everybody, with ids of things that are theirs and that are not: nobody reaches more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from quizapp.learn import PRESETS, Override
from quizapp.store import Assignments, Kept, Member, Store
from quizapp.store import tables as t
from quizapp.web.access import POLICY, Who
from quizapp.web.guests import new_id
from tests.classroom import PAPER, QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, settled

SECRETS = ("Secret Circle", "Hidden Member", "Private Exam", "Unseen Paper", "Silent Report", "hush-label")
"""What only the trainer of it all may read."""
ARGUMENTS = re.compile(r"<(?:\w+:)?(\w+)>")
ADMINS_MAY = {"questions.settle": {"admin"}}
"""Who runs the site answers reports of problems, without learning who reported them."""
UNSTABLE = {"session", "throttle"}
"""Tables in which a page may note that somebody was here."""


@dataclass
class World:
    """A trainer's things, a member's things, and the people who look for them."""

    app: Flask
    people: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def path(self, rule: Rule, ids: dict[str, str]) -> str:
        """The address of a route with these ids. KeyError: a new argument needs a line in `world`."""
        return ARGUMENTS.sub(lambda found: ids[found[1]], rule.rule)

    def kept(self) -> dict[str, list[Any]]:
        """All that is stored, but for who was seen when."""
        store: Store = self.app.extensions["store"]
        with store.database.reading() as db:
            return {
                name: sorted(map(tuple, db.execute(sa.select(table))), key=repr)
                for name, table in t.meta.tables.items()
                if name not in UNSTABLE
            }


@pytest.fixture
def world(app: Flask) -> World:
    found = World(app)
    people, ids = found.people, found.ids
    people["stranger"] = Person(app.test_client())
    people["guest"] = Person(app.test_client())
    people["guest"].start()
    people["learner"], _ = somebody(app, "A Learner")
    people["rival"], _ = somebody(app, "A Rival", "trainer")
    people["admin"], _ = somebody(app, "An Admin", "admin")
    people["owner"], owner = somebody(app, "The Owner", "trainer")
    group = new_group(app, owner, SECRETS[0])
    people["member"], member = joined(app, group, SECRETS[1], [SECRETS[5]])
    people["other member"], _ = joined(app, group, "Another")
    assignment = give(app, group, PRESETS["practice"])
    _rename(app, assignment.id, owner)
    assignments: Assignments = app.extensions["assignments"]
    assignments.set_override(assignment.id, owner, f"label {SECRETS[5]}", Override(extra_time=25))
    paper = Kept(new_id(), owner, PAPER, datetime.now(UTC))
    assignments.add_paper(paper)
    ids |= {
        "group_id": group.id,
        "member_id": member.id,
        "assignment_id": assignment.id,
        "paper_id": paper.id,
        "set_id": _taken(people["member"], assignment.code),
        "place": "1",
        "number": "1",
        "question_id": QUESTIONS[0],
        "topic_id": "coroutines",
        "idea_id": "call-runs-body",
        "filename": "quizapp.css",
        "code": group.code,
        "token": "x" * 32,
        "account_id": new_id(),
        "regrade_id": _regraded(app, assignment.id, owner),
        "report_id": _reported(app, member, assignment.id),
    }
    return found


def _rename(app: Flask, assignment_id: str, owner: str) -> None:
    assignments: Assignments = app.extensions["assignments"]
    given = assignments.assignment(assignment_id, owner)
    assignments.change(assignment_id, owner, title=SECRETS[2], paper=given.paper, rules=given.rules)


def _taken(member: Person, code: str) -> str:
    """The member's attempt, begun; gives its id."""
    member.post(f"/a/{code}", {"name": SECRETS[1]})
    return member.at.split("/")[2]


def _regraded(app: Flask, assignment_id: str, owner: str) -> str:
    row = {"id": new_id(), "assignment": assignment_id, "question": QUESTIONS[0], "how": "everyone"}
    row |= {"body": "{}", "reason": SECRETS[3], "by": owner, "changed": 0, "made": datetime.now(UTC)}
    _insert(app, t.regrade, row)
    return str(row["id"])


def _reported(app: Flask, member: Member, assignment_id: str) -> str:
    row = {"id": new_id(), "learner": member.learner, "question": QUESTIONS[0], "revision": "r"}
    row |= {"assignment": assignment_id, "reason": "unclear", "text": SECRETS[4], "made": datetime.now(UTC)}
    _insert(app, t.report, row)
    return str(row["id"])


def _insert(app: Flask, table: sa.Table, row: dict[str, Any]) -> None:
    store: Store = app.extensions["store"]
    store.database.write(lambda db: db.execute(table.insert(), row))


def routes(app: Flask, *whose: Who) -> Iterator[tuple[str, Rule]]:
    """Each method and rule of the routes for these."""
    for rule in app.url_map.iter_rules():
        if POLICY[rule.endpoint] in whose:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule


def test_a_trainers_things_are_not_there_for_anybody_else(world: World) -> None:
    found = [each for each in routes(world.app, Who.TRAINER) if "_id" in each[1].rule]
    assert len(found) > 30
    nobodys = {name: new_id() if name.endswith("_id") else value for name, value in world.ids.items()}
    nobodys |= {"question_id": world.ids["question_id"]}
    before = world.kept()
    for method, rule in found:
        if set(rule.arguments) == {"question_id"}:
            continue  # the bank is every trainer's
        path, other = world.path(rule, world.ids), world.path(rule, nobodys)
        others = {"stranger", "guest", "learner", "member", "other member", "rival", "admin"}
        for name in sorted(others - ADMINS_MAY.get(rule.endpoint, set())):
            theirs = world.people[name].client.open(path, method=method, data={"sure": "1", "do": "x"})
            gone = world.people[name].client.open(other, method=method)
            assert theirs.status_code == gone.status_code == 404, (name, method, path)
            assert settled(theirs).replace(path, other) == settled(gone), (name, method, path)
            assert not any(secret in theirs.text for secret in SECRETS), (name, method, path)
    assert world.kept() == before


def test_a_trainer_reaches_all_that_is_hers(world: World) -> None:
    for method, rule in routes(world.app, Who.TRAINER):
        if method == "GET":
            path = world.path(rule, world.ids)
            page = world.people["owner"].client.get(path, follow_redirects=True, buffered=True)
            assert page.status_code == 200, path


def test_pages_for_trainers_and_admins_are_not_there_for_others(world: World) -> None:
    trained = {"owner", "rival", "admin"}
    before = world.kept()
    for method, rule in routes(world.app, Who.TRAINER, Who.ADMIN):
        allowed = trained if POLICY[rule.endpoint] is Who.TRAINER else {"admin"}
        for name in world.people.keys() - allowed:
            path = world.path(rule, world.ids)
            page = world.people[name].client.open(path, method=method)
            assert page.status_code == 404, (name, method, path)
    assert world.kept() == before


def test_other_trainers_pages_tell_nothing_of_hers(world: World) -> None:
    for method, rule in routes(world.app, Who.TRAINER):
        if method == "GET" and not set(rule.arguments) - {"question_id"}:
            for name in ("rival", "admin"):
                path = world.path(rule, world.ids)
                page = world.people[name].client.get(path, follow_redirects=True, buffered=True)
                assert page.status_code == 200, path
                secrets = set(SECRETS) - ({SECRETS[4]} if name == "admin" else set())
                assert [each for each in secrets if each in page.text] == [], (name, path)


def test_what_a_learner_owns_is_not_there_for_anybody_else(world: World) -> None:
    before = world.kept()
    nobody = world.ids | {"set_id": new_id(), "group_id": new_id()}
    found = [each for each in routes(world.app, Who.LEARNER) if each[1].arguments & {"set_id", "group_id"}]
    assert len(found) > 15
    for method, rule in found:
        for name in world.people.keys() - (
            {"member"} if "set_id" in rule.arguments else {"member", "other member"}
        ):
            path, other = world.path(rule, world.ids), world.path(rule, nobody)
            theirs = world.people[name].client.open(path, method=method, data={"do": "say", "unsure": "1"})
            gone = world.people[name].client.open(other, method=method)
            assert theirs.status_code == gone.status_code == 404, (name, method, path)
            assert settled(theirs).replace(path, other) == settled(gone), (name, method, path)
    assert world.kept() == before


def test_a_member_sees_nothing_of_the_others(world: World) -> None:
    mine = world.people["other member"]
    for method, rule in routes(world.app, Who.ANYONE, Who.LEARNER, Who.HOLDER):
        if method == "GET" and not rule.arguments & {"set_id", "token"}:
            page = mine.client.get(world.path(rule, world.ids), follow_redirects=True, buffered=True)
            assert page.status_code < 500, rule.rule
            assert not any(each in page.text for each in (SECRETS[1], SECRETS[4], SECRETS[5])), rule.rule
