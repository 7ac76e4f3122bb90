"""Sign-ins end by themselves, and guests who can't come back are forgotten; nobody else is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from quizapp.cli import main
from quizapp.store import Learner, Site, Store, Tidied
from quizapp.store import tables as t
from quizapp.web.retention import BATCH, EVERY, KEPT, LONG_GAP, cutoffs, is_over, tidy, tidy_if_due
from tests.classroom import joined, new_group, somebody
from tests.conftest import Person

DAY = timedelta(days=1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
days = st.integers(0, 1000).map(lambda number: number * DAY)


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    clock = SimpleNamespace(now=lambda: datetime.now(UTC) + by)
    with patch("quizapp.web.guests.CLOCK", clock):
        yield


# -- sign-ins


@given(days, days, st.sampled_from(["learner", "trainer", "admin"]))
def test_a_sign_in_that_is_over_stays_over_and_opens_less_the_longer(
    seen: timedelta, since: timedelta, role: str
) -> None:
    learner = Learner("x", 1, "Ann", role, seen=NOON - seen, since=NOON - since)
    if is_over(learner, NOON):
        assert is_over(learner, NOON + DAY)
        assert is_over(Learner("x", 1, "Ann", "trainer", learner.seen, learner.since), NOON)
    assert not is_over(Learner("x", 1, "", "learner", learner.seen, learner.since), NOON)


@pytest.mark.parametrize(
    ("role", "seen", "since", "over"),
    [
        ("trainer", 14, 60, False),
        ("trainer", 15, 15, True),
        ("admin", 1, 61, True),
        ("learner", 90, 400, False),
        ("learner", 91, 91, True),
        ("learner", 0, 401, True),
    ],
)
def test_sign_ins_end_after_so_many_days(role: str, seen: int, since: int, over: bool) -> None:
    learner = Learner("x", 1, "Ann", role, seen=NOON - seen * DAY, since=NOON - since * DAY)
    assert is_over(learner, NOON) is over


def test_a_trainer_who_comes_every_day_signs_in_again_after_sixty(app: Flask) -> None:
    trainer, _ = somebody(app, "Mona", "trainer")
    for day in range(0, 61, 10):
        with later(day * DAY):
            assert trainer.get("/t/").status_code == 200, day
    with later(61 * DAY):
        page = trainer.get("/t/")
        assert trainer.at == "/signin"
        assert "You were signed out" in page.text
        assert 'name="back" value="/t/"' in page.text


def test_an_old_sign_in_opens_nothing_and_says_why(app: Flask) -> None:
    trainer, _ = somebody(app, "Mona", "trainer")
    with later(15 * DAY):
        refused = trainer.post("/t/", {"name": "Kestrel"})
        assert refused.status_code == 401
        assert "You were signed out" in refused.text
        assert 'href="/signin"' in refused.text
        assert "Mona" not in trainer.get("/topics").text
        trainer.answer(trainer.get("/mixed"), unsure="1")
        assert "1 answer on this device" in trainer.get("/topics").text
    assert app.extensions["groups"].of_owner(_learner_of(app, "Mona")) == ()


def _learner_of(app: Flask, name: str) -> str:
    with app.extensions["store"].database.reading() as db:
        return str(db.execute(sa.select(t.account.c.learner).where(t.account.c.name == name)).scalar_one())


def test_a_guests_cookie_is_renewed_by_each_days_first_visit(learner: Person) -> None:
    learner.start()
    assert "Set-Cookie" not in learner.client.get("/topics").headers
    with later(2 * DAY):
        again = learner.client.get("/topics")
        assert f"Max-Age={int(KEPT.total_seconds())}" in again.headers["Set-Cookie"]
        assert "Set-Cookie" not in learner.client.get("/topics").headers


# -- guests


@pytest.fixture
def site(store: Store) -> Site:
    return Site(store.database)


def guest(store: Store, name: str, ago: timedelta) -> None:
    store.add_learner(name, f"token of {name}", NOON - ago, "Firefox on Linux")


def learners(store: Store) -> set[str]:
    with store.database.reading() as db:
        return set(db.execute(sa.select(t.learner.c.id)).scalars())


def test_guests_are_erased_when_their_cookie_has_ended(store: Store, site: Site) -> None:
    guest(store, "old", KEPT + DAY)
    guest(store, "young", KEPT - DAY)
    guest(store, "came back", KEPT + DAY)
    store.saw("token of came back", NOON - DAY, "Firefox on Linux")
    assert tidy(site, NOON, rest=0) == Tidied(guests=1)
    assert learners(store) == {"young", "came back"}


def test_many_guests_are_erased_in_small_batches(store: Store, site: Site) -> None:
    for number in range(BATCH + 1):
        guest(store, str(number), KEPT + DAY)
    assert site.erase_guests(cutoffs(NOON).guests, most=BATCH) == BATCH
    assert tidy(site, NOON, rest=0).guests == 1
    assert learners(store) == set()


def test_members_of_a_group_and_names_are_kept_however_long_ago(app: Flask) -> None:
    trainer, owner = somebody(app, "Mona", "trainer")
    _, member = joined(app, new_group(app, owner), "Ann")
    store: Store = app.extensions["store"]
    done = tidy(Site(store.database), datetime.now(UTC) + 2000 * DAY, rest=0)
    assert done.guests == 0
    assert {owner, member.learner} <= learners(store)
    assert trainer.get("/topics").status_code == 200


def test_what_has_ended_is_forgotten(app: Flask) -> None:
    somebody(app, "Mona", "trainer")
    somebody(app, "Ann")
    store: Store = app.extensions["store"]
    accounts, site, now = app.extensions["accounts"], Site(store.database), datetime.now(UTC)
    accounts.add_invitation("x", role="trainer", whom="Bob", by="", now=now, expires=now + 7 * DAY)
    accounts.add_failure(("key",), now=now, since=now)
    assert tidy(site, now) == Tidied()
    assert tidy(site, now + 15 * DAY) == Tidied(sessions=1, invitations=1, failures=1)
    assert tidy(site, now + 91 * DAY) == Tidied(sessions=1)


def test_one_node_tidies_once_a_day(store: Store, site: Site) -> None:
    other = Site(store.database)
    guest(store, "old", KEPT + DAY)
    assert tidy_if_due(site, NOON, rest=0) == Tidied()  # the first look only begins to count the days
    assert tidy_if_due(other, NOON + EVERY / 2, rest=0) is None
    assert tidy_if_due(other, NOON + EVERY, rest=0) == Tidied(guests=1)
    assert tidy_if_due(site, NOON + EVERY, rest=0) is None


def test_a_clock_that_jumps_years_ahead_erases_nobody_for_a_day(store: Store, site: Site) -> None:
    guest(store, "young", DAY)
    tidy_if_due(site, NOON, rest=0)
    wrong = NOON + 1000 * DAY
    assert wrong - NOON > LONG_GAP
    assert tidy_if_due(site, wrong, rest=0) == Tidied()
    assert tidy_if_due(site, wrong + EVERY / 2, rest=0) is None
    assert learners(store) == {"young"}
    assert tidy_if_due(site, wrong + EVERY, rest=0) == Tidied(guests=1)


def test_the_command_tidies_at_once(store: Store, database: str) -> None:
    store.add_learner("old", "token", datetime.now(UTC) - KEPT - DAY, "")
    done = CliRunner().invoke(main, ["tidy", "--database-url", database])
    assert done.exit_code == 0, done.output
    assert "erased 1 guest not seen for 400 days" in done.output
    assert learners(store) == set()


# -- the secret


def test_the_sites_secret_is_made_once_and_is_the_same_everywhere(store: Store, site: Site) -> None:
    with closing(Store(store.database.address)) as other:
        assert Site(other.database).secret == site.secret
    assert len(site.secret) == 32
    assert len(set(site.secret)) > 8
