"""The doctor finds what is wrong, says how to mend it, and changes nothing itself."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from quizapp.store import Finding, Store, back_up, doctor, examine, rebuild
from quizapp.store.derived import drift
from quizapp.store.sqlite import driver
from tests.learn.logs import BANK
from tests.store.keeping import answers, keep_all, rows
from tests.store.test_backup import address, change, damage, files


@pytest.fixture
def well(used: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database with nothing wrong: the days of its answers are over, and nothing is open."""
    change(
        used, "UPDATE assignment SET ends = 0, rules = json_set(rules, '$.closes', '1970-01-01T00:00:00Z')"
    )
    used.chmod(0o600)

    class Later(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2040, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(doctor, "datetime", Later)
    back_up(address(used), now=Later.now())
    return used


def look(path: Path, **more: bool) -> list[Finding]:
    return list(examine(address(path), BANK, **more))


def found(path: Path, level: str) -> list[tuple[str, str]]:
    """The findings of a level, as what they are about and what is to be done."""
    return [(each.about, each.mend) for each in look(path) if each.level == level]


def test_a_database_that_is_well_gets_nothing_but_ok(well: Path) -> None:
    assert Counter(each.level for each in look(well)) == {"ok": len(look(well))}
    assert {"SQLite", "disk", "backups", "lock", "database", "schema", "clock", "bank", "derived"} <= {
        each.about for each in look(well)
    }


def test_the_doctor_changes_nothing(well: Path) -> None:
    before = files(well.parent)
    look(well)
    assert files(well.parent) == before


def test_the_doctor_may_look_while_people_answer(well: Path) -> None:
    store = Store(address(well))
    keep_all(store, answers(3, learner="ann", seed=5))
    assert found(well, "bad") == []
    store.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE learner SET answers = answers + 1 WHERE id = 'ann'",
        "UPDATE attempt SET points = points + 1 WHERE id = 'learner 00001 1'",
        "UPDATE slot SET score = 0.25 WHERE attempt = 'learner 00001 1' AND place = 1",
        "UPDATE slot SET seconds = 5 WHERE attempt = 'learner 00001 1' AND place = 2",
        "UPDATE attempt SET finished = NULL WHERE id = 'e'",
        "UPDATE attempt SET finished = started WHERE id = 'b'",
        "UPDATE profile SET body = replace(body, '\"right\":', '\"right\":1')",
    ],
)
def test_what_is_derived_and_wrong_is_found_and_a_rebuild_mends_it(well: Path, statement: str) -> None:
    store = Store(address(well))
    before = rows(store)
    change(well, statement)
    assert rows(store) != before
    assert found(well, "bad") == [("derived", "mend it with: quizapp rebuild")]
    rebuild(store.database)
    assert found(well, "bad") == []
    after = rows(store)
    assert {name: rows for name, rows in after.items() if name != "profile"} == {
        name: rows for name, rows in before.items() if name != "profile"
    }
    store.close()


def test_an_assignment_that_is_said_to_end_too_early_is_found_and_mended(well: Path) -> None:
    change(well, "UPDATE assignment SET rules = json_set(rules, '$.closes', '2030-01-01T00:00:00Z')")
    assert ("derived", "mend it with: quizapp rebuild") in found(well, "bad")
    store = Store(address(well))
    assert rebuild(store.database).ends == 1
    with store.database.reading() as db:
        assert drift(db, BANK).ends == ()
    store.close()


def test_an_answer_that_would_be_graded_otherwise_is_told_but_stands(well: Path) -> None:
    change(well, "UPDATE step SET score = 1 - score WHERE id = 'b1'")
    assert [about for about, _ in found(well, "warn")] == ["scores"]
    assert found(well, "bad") == []


@pytest.mark.parametrize(
    ("statement", "about", "mend"),
    [
        ("UPDATE alembic_version SET version_num = '9999'", "schema", "install that version"),
        ("DROP TABLE share", "schema", "quizapp restore"),
        ("ALTER TABLE step DROP COLUMN actor", "schema", "quizapp restore"),
        ("DELETE FROM alembic_version", "schema", "--database-url"),
        ("INSERT INTO alembic_version VALUES ('0003')", "schema", "quizapp restore"),
        ("DELETE FROM learner WHERE id = 'ann'", "database", "quizapp restore"),
    ],
)
def test_a_database_that_is_broken_or_another_is_bad(
    well: Path, statement: str, about: str, mend: str
) -> None:
    change(well, statement)
    assert any(each[0] == about and mend in each[1] for each in found(well, "bad"))


def test_an_older_schema_is_told(well: Path) -> None:
    change(well, "UPDATE alembic_version SET version_num = '0003'")
    assert ("schema", "make a backup, then: quizapp upgrade") in found(well, "warn")


def test_damage_is_found(well: Path) -> None:
    damage(well)
    assert any(about == "database" and "quizapp restore" in mend for about, mend in found(well, "bad"))
    well.write_text("not a database, " * 1000)
    assert any(about == "database" for about, _ in found(well, "bad"))


def test_a_missing_database_is_one_finding(tmp_path: Path) -> None:
    assert [each.about for each in look(tmp_path / "none.db")] == ["SQLite", "database"]
    assert not (tmp_path / "none.db").exists()


def test_rows_from_the_future_are_found(well: Path) -> None:
    change(well, "UPDATE step SET at = 2240000000000000 WHERE id = 'b1'")
    assert "clock" in [about for about, _ in found(well, "bad")]


@pytest.mark.parametrize("how", ["flock", "sqlite"])
def test_whoever_keeps_others_from_writing_is_found(
    well: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "LOCK_SECONDS", 0.1)
    if how == "flock":
        with Path(f"{well}.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            assert [about for about, _ in found(well, "bad")] == ["lock"]
    else:
        other = driver.connect(str(well), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert [about for about, _ in found(well, "bad")] == ["lock"]
        other.close()
    assert found(well, "bad") == []


def test_backups_that_are_old_or_missing_are_told(well: Path) -> None:
    (backup,) = (well.parent / "backups").iterdir()
    assert next(each for each in look(well) if each.about == "backups").text.endswith(
        f"the newest is 0 hours old ({backup.name})"
    )
    backup.unlink()
    assert [about for about, _ in found(well, "warn")] == ["backups"]
    back_up(address(well), now=doctor.datetime.now(UTC) - timedelta(days=3))
    assert [about for about, _ in found(well, "warn")] == ["backups"]
    shutil.rmtree(well.parent / "backups")
    assert [about for about, _ in found(well, "warn")] == ["backups"]


def test_a_full_disk_is_bad_and_a_nearly_full_one_is_told(
    well: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, level in ((doctor.LITTLE - 1, "bad"), (doctor.FEW - 1, "warn")):
        usage = shutil.disk_usage(well)._replace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
        assert [about for about, _ in found(well, level)] == ["disk"]


def test_a_database_that_everybody_can_read_is_told(well: Path) -> None:
    well.parent.chmod(0o755)
    well.chmod(0o644)
    assert found(well, "warn") == [("rights", f"chmod o= {well}")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")
def test_a_file_that_a_command_run_as_root_left_is_found(well: Path) -> None:
    os.chown(well, 65534, 65534)
    Path(f"{well}.lock").touch()
    os.chown(f"{well}.lock", 0, 0)
    assert ("owner", f"chown --reference={well} {well}.lock") in found(well, "bad")


def test_an_open_assignment_whose_questions_are_gone_is_told(used: Path) -> None:
    assert "bank" in [about for about, _ in found(used, "warn")]


def test_quick_leaves_out_what_reads_all_answers(well: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change(well, "UPDATE learner SET answers = answers + 1")
    assert not any(each.level == "bad" for each in look(well, quick=True))
    assert any(each.level == "bad" for each in look(well))
