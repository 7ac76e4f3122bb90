"""Profiles: a learner's answers folded, with a kept copy so that only the newest answers are read again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from quizapp.bank import Bank, Question, revive
from quizapp.learn import Answered, Card, Profile, fold_answers, fold_card
from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import ANSWERS, BODY, SINCE, Missing, answered

if TYPE_CHECKING:
    from pydantic import TypeAdapter

FORMAT = "1"
"""Changes with what a profile holds or how it is folded, so that kept copies are folded anew."""
KEEP_EVERY = 20
"""So many answers that are not in the kept copy make a new one worth a write."""

REGRADES = sa.select(sa.func.count() + sa.func.count(t.regrade.c.undone)).select_from(t.regrade)
"""Moves with every regrade and undo: what was folded before one is not kept after it."""
KEPT = (
    sa.select(
        t.learner.c.answers.label("all"),
        t.profile.c.basis,
        t.profile.c.answers,
        t.profile.c.body,
        REGRADES.scalar_subquery().label("regrades"),
    )
    .outerjoin(t.profile, t.profile.c.learner == t.learner.c.id)
    .where(t.learner.c.id == sa.bindparam("who"))
)
KEEP = insert(t.profile)
KEEP = KEEP.on_conflict_do_update(
    index_elements=["learner"],
    set_={name: KEEP.excluded[name] for name in ("basis", "answers", "body")},
)
FORGET = sa.delete(t.profile)
COPIES = sa.select(t.profile).where(t.profile.c.basis == sa.bindparam("basis"))


class Profiles:
    """The profiles of all learners, derived from their answers; `forget` drops what is kept of them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, learner_id: str, bank: Bank) -> Profile:
        """The fold of all graded answers of a learner, over this bank.

        A question that is no longer in the bank as it was asked is read as it was kept.
        """
        with self._database.reading() as db:
            old, rows, regrades = _last(db, learner_id, _basis(bank))
            profile = fold_answers(old, map(answered, rows), questions_of(db, bank.by_revision))
        if len(rows) >= KEEP_EVERY:
            self._keep(learner_id, _basis(bank), profile, regrades)
        return profile

    def card(self, learner_id: str, question_id: str, bank: Bank) -> Card | None:
        """What `of` knows of one question, without folding what was answered to others."""
        with self._database.reading() as db:
            old, rows, _ = _last(db, learner_id, _basis(bank))
        if len(rows) >= KEEP_EVERY:
            return self.of(learner_id, bank).cards.get(question_id)
        mine = (answered(row) for row in rows if row.question == question_id)
        return fold_card(old.cards.get(question_id), mine)

    def _keep(self, learner_id: str, basis: str, profile: Profile, regrades: int) -> None:
        row = {"learner": learner_id, "basis": basis, "answers": profile.total.answers}
        row["body"] = _codec().dump_json(profile).decode()

        def act(db: sa.Connection) -> None:
            known = db.execute(KEPT, {"who": learner_id}).one_or_none()  # it may have been erased meanwhile
            if known and known.regrades == regrades:
                db.execute(KEEP, row)

        self._database.write(act)

    def forget(self) -> int:
        """Drop all that is kept; it is folded again when it is wanted. Gives how many there were."""
        return self._database.write(lambda db: db.execute(FORGET).rowcount)


def _last(db: sa.Connection, learner_id: str, basis: str) -> tuple[Profile, Sequence[Any], int]:
    """The kept copy, the answers that are not in it, oldest first, and how many regrades there were."""
    row = db.execute(KEPT, {"who": learner_id}).one_or_none()
    if row is None:
        return Profile(), (), 0
    old = _codec().validate_json(row.body) if row.basis == basis else Profile()
    if row.basis == basis and row.answers == row.all:
        return old, (), row.regrades
    given = {"learner_id": learner_id, "at": old.last_at, "after": old.last_id}
    rows = db.execute(SINCE if old.last_at else ANSWERS, given).all()
    if old.total.answers + len(rows) != row.all:  # an answer came late, from before the kept ones
        return Profile(), db.execute(ANSWERS, {"learner_id": learner_id}).all(), row.regrades
    return old, rows, row.regrades


@lru_cache(maxsize=1)
def _codec() -> TypeAdapter[Profile]:
    from pydantic import TypeAdapter

    return TypeAdapter(Profile)


def kept_profiles(db: sa.Connection, bank: Bank) -> Iterator[tuple[str, Profile]]:
    """The kept copies that were folded over this bank, each with its learner."""
    for row in db.execute(COPIES, {"basis": _basis(bank)}).all():
        yield row.learner, _codec().validate_json(row.body)


def _basis(bank: Bank) -> str:
    return f"{FORMAT} {bank.fingerprint}"


def questions_of(db: sa.Connection, questions: Mapping[str, Question]) -> Callable[[Answered], Question]:
    """What finds the question of an answer: among these, else as it was asked. It raises Missing."""
    kept: dict[str, Question] = {}

    def find(one: Answered) -> Question:
        if found := questions.get(one.revision) or kept.get(one.revision):
            return found
        body = db.execute(BODY, {"revision": one.revision}).scalar_one_or_none()
        if body is None:
            raise Missing(one.revision)
        kept[one.revision] = revive(json.loads(body))
        return kept[one.revision]

    return find
