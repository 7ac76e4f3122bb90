"""A classroom for tests: a trainer, her group and its members, and what she assigns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from flask import Flask

from quizapp.learn import PRESETS, Paper, Part, Rules
from quizapp.store import Assignment, Assignments, Group, Groups, Member, Store
from quizapp.store import tables as t
from quizapp.web.guests import hashed, new_code, new_id, new_token
from tests.conftest import Person

QUESTIONS = (
    "coroutines/calling-does-not-run",
    "coroutines/what-a-call-returns",
    "coroutines/async-without-await",
)
PAPER = Paper("Asyncio basics", tuple(Part(question=each) for each in QUESTIONS))


def new_account(store: Store, name: str, role: str = "learner") -> tuple[str, str]:
    """An account with that role: the learner's id, and a browser's token that is signed in."""
    token, learner_id, now = new_token(), new_id(), datetime.now(UTC)
    store.add_learner(learner_id, hashed(token), now, "Firefox on Linux")
    row = {"id": new_id(), "learner": learner_id, "name": name, "folded": name.casefold(), "made": now}
    store.database.write(lambda db: db.execute(t.account.insert(), row | {"role": role}))
    return learner_id, token


def somebody(app: Flask, name: str, role: str = "learner") -> tuple[Person, str]:
    """A person who is signed in under a name: she and her learner id."""
    learner_id, token = new_account(app.extensions["store"], name, role)
    person = Person(app.test_client())
    person.client.set_cookie("quizapp", token)
    return person, learner_id


def new_group(app: Flask, owner: str, name: str = "Team Kestrel") -> Group:
    """A trainer's group."""
    groups: Groups = app.extensions["groups"]
    group = Group(new_id(), owner, name, new_code(), True, datetime.now(UTC))
    groups.add(group)
    return group


def joined(app: Flask, group: Group, name: str, labels: Sequence[str] = ()) -> tuple[Person, Member]:
    """A named guest who has joined a group."""
    token, learner_id, now = new_token(), new_id(), datetime.now(UTC)
    store: Store = app.extensions["store"]
    store.add_learner(learner_id, hashed(token), now, "Firefox on Linux")
    person = Person(app.test_client())
    person.client.set_cookie("quizapp", token)
    groups: Groups = app.extensions["groups"]
    return person, groups.join(Member(new_id(), group.id, learner_id, name, tuple(labels), now))


def give(
    app: Flask, group: Group, rules: Rules | str = "practice", paper: Paper = PAPER, **more: Any
) -> Assignment:
    """Assign a paper to a group, under rules or a preset with some of its rules replaced."""
    assignments: Assignments = app.extensions["assignments"]
    base = PRESETS[rules] if isinstance(rules, str) else rules
    assignment = Assignment(
        id=new_id(),
        owner=group.owner,
        group=group.id,
        title=paper.title,
        code=new_code(),
        paper=paper,
        rules=replace(base, **more),
        made=datetime.now(UTC),
    )
    assignments.add(assignment)
    return assignment
