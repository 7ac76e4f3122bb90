import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from quizapp import learn
from quizapp.learn import Profile
from quizapp.shipped import shipped
from quizapp.store import Account, Accounts, Profiles, Store, sqlite, upgrade
from quizapp.store.database import Database
from quizapp.store.upgrading import revisions
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


def old_columns(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All that the columns of revision 0001 hold."""
    database = Database(f"sqlite:///{path}")
    with database.reading() as db:
        found = {
            name: sorted((dict(row) for row in db.execute(sa.select(old_table(name))).mappings()), key=repr)
            for name in OLD
        }
    database.close()
    return found


def shape(path: Path) -> dict[str, Any]:
    """Columns and indexes of every table, as SQLite tells them."""
    with sqlite.driver.connect(path) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {
            table: (
                sorted(row[1:] for row in db.execute(f"PRAGMA table_info('{table}')")),
                sorted(row[1:] for row in db.execute(f"PRAGMA index_list('{table}')")),
                sorted(row[2:] for row in db.execute(f"PRAGMA foreign_key_list('{table}')")),
            )
            for table in tables
        }
    db.close()
    return found


def fill(path: Path, found: dict[str, list[dict[str, Any]]]) -> None:
    """Write rows into tables of revision 0001."""

    def act(db: sa.Connection) -> None:
        for name, values in found.items():
            db.execute(sa.insert(old_table(name)), values)

    database = Database(f"sqlite:///{path}")
    database.write(act)
    database.close()


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A database of revision 0001 with what today's store keeps of a practice, an exam and two people."""
    new, path = tmp_path / "new.db", tmp_path / "old.db"
    upgrade(f"sqlite:///{new}")
    store = Store(f"sqlite:///{new}")
    attempt, exam, others = begin(store), begin(store, "e", "ann", "exam"), begin(store, "b", "bob")
    for place in range(1, 6):
        store.add_step(attempt, step_for(attempt, place, f"s{place}", right=place % 2 == 0))
        store.add_step(exam, step_for(exam, place, f"e{place}"))
    store.finish("e", "ann", lambda now: learn.finish(now, ASKED, now=NOON))
    store.add_step(others, step_for(others, 1, "t"))
    store.close()
    at_first_revision(f"sqlite:///{path}")
    fill(path, old_columns(new))
    return path


@pytest.fixture
def upgraded(filled: Path) -> Iterator[Store]:
    upgrade(f"sqlite:///{filled}")
    store = Store(f"sqlite:///{filled}")
    yield store
    store.close()


def test_an_upgrade_keeps_every_row_and_every_value(filled: Path) -> None:
    before = old_columns(filled)
    assert upgrade(f"sqlite:///{filled}") == ("0001", "0005")
    assert old_columns(filled) == before
    assert all(before.values())


def test_an_upgraded_database_has_the_shape_of_a_fresh_one(filled: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.db"
    upgrade(f"sqlite:///{filled}")
    upgrade(f"sqlite:///{fresh}")
    assert shape(filled) == shape(fresh)


def test_an_upgraded_database_holds_the_same_as_a_fresh_one_with_the_same_answers(
    upgraded: Store, tmp_path: Path
) -> None:
    fresh = Store(f"sqlite:///{tmp_path}/new.db")
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
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, was = old_columns(filled), shape(filled)

    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.execute", broken)
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(f"sqlite:///{filled}")
    assert (old_columns(filled), shape(filled)) == (before, was)
    assert upgrade(f"sqlite:///{filled}") == ("0001", "0005")


def test_the_schemas_are_those_that_alembic_knows_in_its_order() -> None:
    scripts = ScriptDirectory(str(shipped("migrations")))
    assert revisions() == tuple(script.revision for script in scripts.walk_revisions())[::-1]


def test_a_server_on_a_current_database_needs_no_alembic(database: str) -> None:
    program = (
        "import sys, quizapp.web.server; from quizapp.store import upgrade; "
        "old, new = upgrade(sys.argv[1]); assert old == new; sys.exit('alembic' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, database], check=True)
