"""Each cheap fault in small, so that a regression is seen by `make test`; `make faults` does much more."""

from __future__ import annotations

from pathlib import Path

import pytest

from quizapp.store import sqlite
from tests.faults import hindrances, power, storms, upgrades
from tests.promises import faults_of

ROOT = Path(__file__).parent.parent.parent
needs_log = pytest.mark.skipif(sqlite.JOURNAL != "WAL", reason="this SQLite may not write a WAL")
pytestmark = pytest.mark.bulk


@needs_log
def test_a_power_cut_loses_no_answer_that_was_acknowledged(tmp_path: Path) -> None:
    verdict = power.cut_power(tmp_path, 1)
    assert verdict.broken == ()
    assert verdict.acknowledged >= 40


@needs_log
def test_without_waiting_for_the_disk_a_power_cut_would_lose_answers(tmp_path: Path) -> None:
    assert power.cut_power(tmp_path, 1, "careless").lost > 0


@needs_log
def test_a_torn_log_leaves_exactly_the_transactions_before_the_tear(tmp_path: Path) -> None:
    torn = power.tear_log(tmp_path, power.freeze(tmp_path, 1, answers=1), 1, 150)
    assert torn.broken == ()
    assert (torn.cases, torn.lost) == (150, 0)


def test_a_torn_rollback_journal_takes_its_transaction_back(tmp_path: Path) -> None:
    cases, broken = power.tear_journal(tmp_path, 1)
    assert broken == []
    assert cases > 20


def test_a_database_that_another_program_locks_for_a_second_loses_nothing(tmp_path: Path) -> None:
    found = hindrances.lock(tmp_path, 1, 1)
    assert found.verdict.broken == ()
    assert found.verdict.acknowledged > 40


def test_fifty_copies_of_an_answer_are_one_and_get_the_same_reply(tmp_path: Path) -> None:
    verdict, strays = storms.send_copies(tmp_path, 1, 2)
    assert verdict.broken == ()
    assert (verdict.acknowledged, verdict.doubled, strays) == (2, 0, 0)


def test_a_crowd_that_sends_at_once_is_kept_whole(tmp_path: Path) -> None:
    verdict, _ = storms.all_at_once(tmp_path, 1, 40)
    assert verdict.broken == ()
    assert verdict.acknowledged == 40


def test_lost_replies_double_nothing_and_would_without_the_promise_of_one_id(tmp_path: Path) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    verdict = storms.lose_replies(tmp_path / "with", 1, 3)
    assert verdict.broken == ()
    assert verdict.replays > 0
    assert storms.lose_replies(tmp_path / "without", 1, 5, keeps_ids=False).doubled > 0


def test_a_killed_upgrade_leaves_the_old_database_or_the_new_one(tmp_path: Path) -> None:
    cases, broken = upgrades.kill_upgrades(tmp_path, 1, 3)
    assert broken == []
    assert cases == 3 * len(upgrades.revisions())


def test_the_table_of_faults_names_tests_that_exist() -> None:
    assert faults_of(ROOT / "docs" / "reliability.md", "F", 25) == []
