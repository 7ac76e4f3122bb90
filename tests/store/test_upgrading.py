import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from quizapp import learn
from quizapp.learn import Profile
from quizapp.shipped import shipped
from quizapp.store import Account, Accounts, Profiles, Store, upgrade
from quizapp.store.database import Database
from quizapp.store.upgrading import revisions
from tests.databases import Databases
from tests.store.keeping import ASKED, BANK, NOON, PICKS, begin, rows, step_for

OLD = {
    "learner": "id made answers",
    "session": "token_hash learner made",
    "question": "revision id body",
    "attempt": "id learner source of mode count seed started finished",
    "slot": "attempt place question revision shown",
    "step": "id learner attempt place kind answer sure score at",
}
"""The tables and columns of revision 0001."""


def at_first_revision(address: str) -> None:
    """Make the database as the first version did."""

    def act(db: sa.Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(shipped("migrations")))
        config.attributes["connection"] = db
        command.upgrade(config, "0001")

    database = Database(address)
    database.write(act)
    database.close()


def old_table(name: str) -> sa.TableClause:
    """A table with the columns that it had at revision 0001."""
    return sa.table(name, *map(sa.column, OLD[name].split()))


def old_columns(address: str) -> dict[str, list[dict[str, Any]]]:
    """All that the columns of revision 0001 hold."""
    database = Database(address)
    with database.reading() as db:
        found = {
            name: sorted((dict(row) for row in db.execute(sa.select(old_table(name))).mappings()), key=repr)
            for name in OLD
        }
    database.close()
    return found


def shape(address: str) -> dict[str, Any]:
    """Columns, keys and indexes of every table, as the database tells them."""
    database = Database(address)
    with database.reading() as db:
        inspector = sa.inspect(db)
        kept = {table: indexes for (_, table), indexes in inspector.get_multi_indexes().items()}
        found = {
            table: (
                sorted(
                    (each["name"], str(each["type"]), each["nullable"], each["default"]) for each in columns
                ),
                sorted((each["name"], each["column_names"], each["unique"]) for each in kept[table]),
                sorted(map(repr, inspector.get_foreign_keys(table))),
                sorted(each["column_names"] for each in inspector.get_unique_constraints(table)),
                inspector.get_pk_constraint(table)["constrained_columns"],
            )
            for (_, table), columns in inspector.get_multi_columns().items()
        }
    database.close()
    return found


def fill(address: str, found: dict[str, list[dict[str, Any]]]) -> None:
    """Write rows into tables of revision 0001."""

    def act(db: sa.Connection) -> None:
        for name, values in found.items():
            db.execute(sa.insert(old_table(name)), values)

    database = Database(address)
    database.write(act)
    database.close()


@pytest.fixture
def today(databases: Databases) -> str:
    return databases.new()


@pytest.fixture
def filled(today: str, databases: Databases) -> str:
    """A database of revision 0001 with what today's store keeps of a practice, an exam and two people."""
    old, store = databases.unmade(), Store(today)
    attempt, exam, others = begin(store), begin(store, "e", "ann", "exam"), begin(store, "b", "bob")
    for place in range(1, 6):
        store.add_step(attempt, step_for(attempt, place, f"s{place}", right=place % 2 == 0))
        store.add_step(exam, step_for(exam, place, f"e{place}"))
    store.finish("e", "ann", lambda now: learn.finish(now, ASKED, now=NOON))
    store.add_step(others, step_for(others, 1, "t"))
    store.close()
    at_first_revision(old)
    fill(old, old_columns(today))
    return old


@pytest.fixture
def upgraded(filled: str) -> Iterator[Store]:
    upgrade(filled)
    store = Store(filled)
    yield store
    store.close()


def test_an_upgrade_keeps_every_row_and_every_value(filled: str) -> None:
    before = old_columns(filled)
    assert upgrade(filled)[0] == "0001"
    assert old_columns(filled) == before
    assert all(before.values())


def test_an_upgraded_database_has_the_shape_of_a_fresh_one(filled: str, today: str) -> None:
    upgrade(filled)
    assert shape(filled) == shape(today)


def test_an_upgraded_database_holds_the_same_as_a_fresh_one_with_the_same_answers(
    upgraded: Store, today: str
) -> None:
    fresh = Store(today)
    assert rows(upgraded) == rows(fresh)
    fresh.close()


def test_sets_from_before_the_upgrade_go_on(upgraded: Store) -> None:
    attempt = upgraded.attempt("a", "ann")
    assert (attempt.answered, attempt.next_place, len(attempt.tries)) == (5, 6, 10)
    step = step_for(attempt, 6, "s6", right=False)
    upgraded.add_step(attempt, step, learn.come_back(attempt, step, ASKED[5]))
    assert len(upgraded.attempt("a", "ann").slots) == 11
    found = upgraded.learner("token of ann")
    assert found is not None
    assert (found.answers, found.name, found.seen) == (11, "", NOON)


def test_answers_from_before_the_upgrade_make_a_profile_and_can_be_kept(upgraded: Store) -> None:
    profile = Profiles(upgraded.database).of("ann", BANK)
    assert profile.total.answers == 10
    assert profile == learn.fold_answers(
        Profile(), upgraded.answers_of("ann"), lambda answered: BANK[answered.question]
    )
    accounts = Accounts(upgraded.database)
    account = Account("account", "ann", "Ann", "ann", NOON)
    accounts.add(account, "secret", old_token="token of ann", new_token="new", device="a browser")
    assert Profiles(upgraded.database).of("ann", BANK) == profile
    assert len(PICKS) == len(upgraded.attempt("e", "ann").slots)


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(
    filled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, was = old_columns(filled), shape(filled)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.execute", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(filled)
    assert (old_columns(filled), shape(filled)) == (before, was)
    assert upgrade(filled)[0] == "0001"


def test_the_schemas_are_those_that_alembic_knows_in_its_order() -> None:
    scripts = ScriptDirectory(str(shipped("migrations")))
    assert revisions() == tuple(script.revision for script in scripts.walk_revisions())[::-1]


def test_a_server_on_a_current_database_needs_no_alembic(database: str) -> None:
    program = (
        "import sys, quizapp.web.server; from quizapp.store import upgrade; "
        "old, new = upgrade(sys.argv[1]); assert old == new; sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, database], check=True)
