from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from quizapp import learn
from quizapp.learn import Profile, Quiz
from quizapp.store import Account, Accounts, AlreadyKept, Failures, Missing, NameTaken, Profiles, Store
from quizapp.store import tables as t
from quizapp.store.profiles import KEEP, KEEP_EVERY
from tests.store.keeping import (
    ASKED,
    BANK,
    NOON,
    PICKS,
    answers,
    at_once,
    begin,
    keep,
    keep_all,
    rows,
    step_for,
    submits,
)

LATER = NOON + timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def accounts(store: Store) -> Iterator[Accounts]:
    for learner in ("ann", "bob"):
        store.add_learner(learner, f"token of {learner}", NOON, "Firefox on Linux")
    return Accounts(store.database)


def account_of(learner: str, name: str = "") -> Account:
    name = name or learner.title()
    return Account(
        id=f"account of {learner} as {name}", learner=learner, name=name, folded=name.lower(), made=LATER
    )


def claim(accounts: Accounts, learner: str, name: str = "", new_token: str = "") -> Account:
    """Keep a guest's answers under a name."""
    account = account_of(learner, name)
    accounts.add(
        account,
        f"secret of {account.name}",
        old_token=f"token of {learner}",
        new_token=new_token or f"new token of {learner}",
        device="Chrome on Windows",
    )
    return account


def sign_in(accounts: Accounts, account: Account, guest: str = "", token: str = "elsewhere") -> None:
    """Sign in, from a browser in which a guest has answered."""
    old = f"token of {guest}" if guest else ""
    accounts.sign_in(
        account, guest=guest, old_token=old, new_token=token, device="Safari on iPhone", now=LATER
    )


def counted(store: Store, learner: str) -> int:
    """How many answers the learner's row says there are."""
    statement = sa.select(t.learner.c.answers).where(t.learner.c.id == learner)
    with store.database.reading() as db:
        return int(db.execute(statement).scalar_one())


def steps_of(store: Store, learner: str) -> list[str]:
    return sorted(answered.id for answered in store.answers_of(learner))


def from_scratch(store: Store, learner: str) -> Profile:
    found = store.answers_of(learner)
    return learn.fold_answers(Profile(), found, lambda answered: BANK[answered.question])


# -- keeping


def test_a_claim_keeps_all_answers_under_a_name(store: Store, accounts: Accounts) -> None:
    keep_all(store, answers(12))
    before = store.answers_of("ann")
    account = claim(accounts, "ann")
    assert store.learner("token of ann") is None
    found = store.learner("new token of ann")
    assert found is not None
    assert (found.id, found.name, found.answers) == ("ann", "Ann", 12)
    assert store.answers_of("ann") == before
    assert accounts.by_name("ann") == (account, "secret of Ann")
    assert accounts.of_learner("ann") == account
    assert accounts.by_name("Ann") is accounts.by_name("bob") is accounts.of_learner("bob") is None


def test_a_name_that_is_taken_is_refused_and_nothing_changes(store: Store, accounts: Accounts) -> None:
    claim(accounts, "ann")
    before = rows(store)
    with pytest.raises(NameTaken):
        claim(accounts, "bob", "ANN")
    assert rows(store) == before
    assert store.learner("token of bob") is not None


def test_answers_are_kept_under_one_name(store: Store, accounts: Accounts) -> None:
    claim(accounts, "ann")
    before = rows(store)
    with pytest.raises(AlreadyKept):
        claim(accounts, "ann", "Anna")
    assert rows(store) == before


def test_a_claim_by_a_browser_that_is_not_signed_in_is_refused(store: Store, accounts: Accounts) -> None:
    before = rows(store)
    with pytest.raises(Missing):
        accounts.add(account_of("ann"), "secret", old_token="forged", new_token="new", device="")
    assert rows(store) == before


def test_of_twenty_claims_of_one_guest_at_once_one_wins(store: Store, accounts: Accounts) -> None:
    keep_all(store, answers(15))
    before = store.answers_of("ann")
    results = at_once(20, lambda n: claim(accounts, "ann", f"Ann {n}", f"new {n}"))
    [winner] = [number for number, result in enumerate(results) if isinstance(result, Account)]
    assert sum(isinstance(result, AlreadyKept) for result in results) == 19
    assert accounts.of_learner("ann") == results[winner]
    known = [number for number in range(20) if store.learner(f"new {number}")]
    assert known == [winner]
    assert store.answers_of("ann") == before
    assert counted(store, "ann") == submits(store, "ann") == 15


def test_of_ten_guests_who_want_one_name_at_once_one_gets_it_and_the_others_lose_nothing(
    store: Store, accounts: Accounts
) -> None:
    guests = [f"guest {number}" for number in range(10)]
    for guest in guests:
        store.add_learner(guest, f"token of {guest}", NOON)
        keep_all(store, answers(2, learner=guest))
    results = at_once(10, lambda n: claim(accounts, guests[n], "Same", f"new {n}"))
    assert sum(isinstance(result, Account) for result in results) == 1
    assert sum(isinstance(result, NameTaken) for result in results) == 9
    for guest, result in zip(guests, results, strict=True):
        assert (store.learner(f"token of {guest}") is None) == isinstance(result, Account)
        assert counted(store, guest) == submits(store, guest) == 2


def test_a_claim_while_answers_arrive_loses_and_doubles_nothing(store: Store, accounts: Accounts) -> None:
    sets = [list(answers(25, seed=seed)) for seed in range(3)]

    def act(number: int) -> object:
        return keep_all(store, sets[number]) if number < 3 else claim(accounts, "ann")

    assert all(not isinstance(result, Exception) for result in at_once(4, act))
    assert steps_of(store, "ann") == sorted(step.id for each in sets for _, _, step in each)
    assert counted(store, "ann") == submits(store, "ann") == 75
    assert store.learner("new token of ann") is not None


# -- signing in


def test_signing_in_elsewhere_finds_all_answers(store: Store, accounts: Accounts) -> None:
    keep_all(store, answers(5))
    account = claim(accounts, "ann")
    sign_in(accounts, account)
    found = store.learner("elsewhere")
    assert found is not None
    assert (found.id, found.name, found.answers) == ("ann", "Ann", 5)
    assert store.learner("new token of ann") is not None


def test_what_a_guest_has_answered_goes_to_the_account(store: Store, accounts: Accounts) -> None:
    account = claim(accounts, "ann")
    keep_all(store, [*answers(30), *answers(25, learner="bob", seed=2)])
    both = steps_of(store, "ann") + steps_of(store, "bob")
    profiles = Profiles(store.database)
    for learner in ("ann", "bob"):
        profiles.of(learner, BANK)
    sign_in(accounts, account, "bob")
    assert steps_of(store, "ann") == sorted(both)
    assert steps_of(store, "bob") == []
    assert (counted(store, "ann"), counted(store, "bob")) == (55, 0)
    assert len(store.attempts_of("ann", most=99)) == 55
    assert store.attempts_of("bob", most=99) == ()
    assert len(store.history("ann", most=99)) == 55
    assert store.learner("token of bob") is None
    assert profiles.of("ann", BANK) == from_scratch(store, "ann")
    assert profiles.of("bob", BANK) == Profile()


def test_what_a_guest_has_not_finished_goes_on_under_the_account(store: Store, accounts: Accounts) -> None:
    account, attempt = claim(accounts, "ann"), begin(store, "b", "bob")
    sign_in(accounts, account, "bob")
    mine = store.attempt("b", "ann")
    assert mine == replace(attempt, learner="ann")
    store.add_step(mine, step_for(mine, 1, "s"))
    assert (counted(store, "ann"), counted(store, "bob")) == (1, 0)
    with pytest.raises(Missing):
        store.attempt("b", "bob")


def test_an_answer_on_its_way_when_its_guest_signs_in_goes_to_the_account(
    store: Store, accounts: Accounts
) -> None:
    account, attempt = claim(accounts, "ann"), begin(store, "b", "bob")
    new = learn.start(Quiz(), PICKS, attempt_id="c", learner="bob", seed=7, now=NOON)
    sign_in(accounts, account, "bob")
    store.add_step(attempt, step_for(attempt, 1, "s"))
    store.add_attempt(new, ASKED, step_for(new, 1, "t"))
    store.add_attempt(new, ASKED, step_for(new, 1, "t"))
    assert steps_of(store, "ann") == ["s", "t"]
    assert (counted(store, "ann"), counted(store, "bob")) == (2, 0)


def test_somebody_with_an_account_who_signs_in_to_another_takes_nothing_along(
    store: Store, accounts: Accounts
) -> None:
    ann, _ = claim(accounts, "ann"), claim(accounts, "bob")
    keep_all(store, [*answers(3), *answers(4, learner="bob")])
    accounts.sign_in(ann, guest="bob", old_token="new token of bob", new_token="new", device="", now=LATER)
    assert (
        (counted(store, "ann"), counted(store, "bob"))
        == (submits(store, "ann"), submits(store, "bob"))
        == (3, 4)
    )
    found = store.learner("new")
    assert found is not None
    assert found.id == "ann"


def test_signing_in_again_in_the_same_browser_moves_nothing(store: Store, accounts: Accounts) -> None:
    account = claim(accounts, "ann")
    keep_all(store, answers(3))
    sign_in(accounts, account, "ann", "again")
    assert counted(store, "ann") == submits(store, "ann") == 3
    assert store.learner("again") is not None


def test_signing_in_ten_times_at_once_moves_a_guests_answers_once(store: Store, accounts: Accounts) -> None:
    account = claim(accounts, "ann")
    keep_all(store, answers(12, learner="bob"))
    results = at_once(10, lambda number: sign_in(accounts, account, "bob", f"new {number}"))
    assert results == [None] * 10
    assert counted(store, "ann") == submits(store, "ann") == 12
    assert (counted(store, "bob"), submits(store, "bob")) == (0, 0)


def test_signing_in_while_answers_arrive_here_and_there_loses_and_doubles_nothing(
    store: Store, accounts: Accounts
) -> None:
    account, long = claim(accounts, "ann"), begin(store, "long", "bob")
    here, there = list(answers(25, learner="bob")), list(answers(25))

    def act(number: int) -> object:
        if number == 0:
            return keep_all(store, here)
        if number == 1:
            return keep_all(store, there)
        if number == 2:
            return [store.add_step(long, step_for(long, place, f"s{place}")) for place in range(1, 11)]
        return sign_in(accounts, account, "bob")

    assert all(not isinstance(result, Exception) for result in at_once(4, act))
    expected = [step.id for _, _, step in (*here, *there)] + [f"s{place}" for place in range(1, 11)]
    assert steps_of(store, "ann") == sorted(expected)
    assert counted(store, "ann") == submits(store, "ann") == 60
    assert (counted(store, "bob"), submits(store, "bob")) == (0, 0)
    assert Profiles(store.database).of("ann", BANK) == from_scratch(store, "ann")


def test_claiming_and_signing_in_to_another_account_at_once_loses_and_doubles_nothing(
    store: Store, accounts: Accounts
) -> None:
    ann = claim(accounts, "ann")
    keep_all(store, answers(10, learner="bob"))

    def act(number: int) -> object:
        return claim(accounts, "bob") if number else sign_in(accounts, ann, "bob")

    _, claimed = at_once(2, act)
    owner = "ann" if isinstance(claimed, Missing) else "bob"
    other = {"ann": "bob", "bob": "ann"}[owner]
    assert counted(store, owner) == submits(store, owner) == 10
    assert counted(store, other) == submits(store, other) == 0


# -- devices


def test_devices_are_listed_the_last_seen_first_and_can_be_signed_out(
    store: Store, accounts: Accounts
) -> None:
    account = claim(accounts, "ann")
    accounts.sign_in(
        account, guest="", old_token="", new_token="phone", device="Phone", now=LATER + 2 * MINUTE
    )
    accounts.sign_in(account, guest="", old_token="", new_token="work", device="Work", now=LATER + MINUTE)
    devices = accounts.devices("ann")
    assert [device.device for device in devices] == ["Phone", "Work", "Chrome on Windows"]
    assert devices[0].id == accounts.device_of("phone")
    assert not {device.id for device in devices} & {"phone", "work", "new token of ann"}
    assert accounts.end_device("ann", devices[0].id)
    assert not accounts.end_device("ann", devices[0].id)
    assert store.learner("phone") is None
    assert [device.device for device in accounts.devices("ann")] == ["Work", "Chrome on Windows"]


def test_a_device_that_was_here_again_moves_up(store: Store, accounts: Accounts) -> None:
    account = claim(accounts, "ann")
    sign_in(accounts, account, token="phone")
    store.saw("new token of ann", LATER + MINUTE, "Chrome on Linux")
    assert [device.device for device in accounts.devices("ann")] == ["Chrome on Linux", "Safari on iPhone"]
    assert accounts.devices("ann")[0].seen == LATER + MINUTE


def test_nobody_signs_anothers_device_out(store: Store, accounts: Accounts) -> None:
    assert not accounts.end_device("ann", accounts.device_of("token of bob"))
    assert store.learner("token of bob") is not None


def test_signing_out_ends_this_browser_alone(store: Store, accounts: Accounts) -> None:
    sign_in(accounts, claim(accounts, "ann"))
    accounts.end_session("elsewhere")
    assert store.learner("elsewhere") is None
    assert store.learner("new token of ann") is not None


def test_a_new_password_signs_all_other_browsers_out(store: Store, accounts: Accounts) -> None:
    account = claim(accounts, "ann")
    for token in ("phone", "work"):
        sign_in(accounts, account, token=token)
    accounts.set_secret(account.id, "new secret", old_token="phone", new_token="phone anew", now=LATER)
    assert accounts.by_name("ann") == (account, "new secret")
    assert [store.learner(token) is None for token in ("phone", "work", "new token of ann")] == [True] * 3
    assert store.learner("phone anew") is not None
    assert store.learner("token of bob") is not None


# -- failed sign-ins


def test_failures_are_counted_under_each_key(accounts: Accounts) -> None:
    for minute in range(3):
        accounts.add_failure(("name", "network"), now=NOON + minute * MINUTE, since=NOON - MINUTE)
    accounts.add_failure(("network",), now=NOON + 3 * MINUTE, since=NOON - MINUTE)
    assert accounts.failures("name") == Failures(3, NOON + 2 * MINUTE)
    assert accounts.failures("network") == Failures(4, NOON + 3 * MINUTE)
    assert accounts.failures("other") is None


def test_old_failures_are_forgotten(store: Store, accounts: Accounts) -> None:
    accounts.add_failure(("old", "both"), now=NOON, since=NOON)
    accounts.add_failure(("both",), now=NOON + 9 * MINUTE, since=NOON + MINUTE)
    assert accounts.failures("old") is None
    assert accounts.failures("both") == Failures(1, NOON + 9 * MINUTE)
    assert len(rows(store)["throttle"]) == 1


def test_failures_at_once_are_all_counted(accounts: Accounts) -> None:
    at_once(30, lambda _: accounts.add_failure(("name",), now=NOON, since=NOON - MINUTE))
    assert accounts.failures("name") == Failures(30, NOON)


def test_failures_are_forgotten_once_one_has_signed_in(accounts: Accounts) -> None:
    accounts.add_failure(("name", "network"), now=NOON, since=NOON)
    accounts.clear_failures("name")
    assert accounts.failures("name") is None
    assert accounts.failures("network") == Failures(1, NOON)


# -- erasing


def everything_of(store: Store, *names: str) -> list[str]:
    """The tables in which a row names one of these."""
    return [table for table, found in rows(store).items() if any(set(names) & set(row) for row in found)]


def test_erasing_leaves_no_row_of_a_learner_and_touches_nobody_else(store: Store, accounts: Accounts) -> None:
    for learner in ("cat", "dan"):
        store.add_learner(learner, f"token of {learner}", NOON)
    keep_all(store, answers(KEEP_EVERY, learner="bob"))
    claim(accounts, "bob")
    profiles = Profiles(store.database)
    profiles.of("bob", BANK)
    before = rows(store)
    attempt, ann = begin(store, "unfinished", "ann"), claim(accounts, "ann")
    keep_all(store, [*answers(KEEP_EVERY), *answers(3, learner="cat")])
    store.add_step(attempt, learn.Step(id="h", place=1, kind="hint", at=NOON))
    sign_in(accounts, ann, "cat", "phone")
    profiles.of("ann", BANK)
    attempts = [listed.id for listed in store.attempts_of("ann", most=99)]
    assert accounts.erase("ann") == KEEP_EVERY + 3
    assert everything_of(store, "ann", "cat", ann.id, "new token of ann", "phone", *attempts) == []
    after = rows(store)
    assert set(before.pop("question")) <= set(after.pop("question"))
    gone = [row for table, found in before.items() for row in found if row not in after[table]]
    assert {row[0] for row in gone} == {"ann", "cat", "token of ann", "token of cat"}
    assert all(len(after[table]) <= len(found) for table, found in before.items())


def test_a_guest_may_erase_all_too(store: Store, accounts: Accounts) -> None:
    keep_all(store, answers(4))
    assert accounts.erase("ann") == 4
    assert everything_of(store, "ann", "token of ann") == []
    assert accounts.erase("ann") == 0


def test_a_name_is_free_again_once_its_account_is_erased(accounts: Accounts) -> None:
    claim(accounts, "ann", "Same")
    accounts.erase("ann")
    assert claim(accounts, "bob", "Same").learner == "bob"


def test_a_profile_that_was_kept_of_a_guest_after_signing_in_is_erased_with_the_account(
    store: Store, accounts: Accounts
) -> None:
    account = claim(accounts, "ann")
    sign_in(accounts, account, "bob")
    late = {"learner": "bob", "basis": "as it was before", "answers": 20, "body": "{}"}
    store.database.write(lambda db: db.execute(KEEP, late))
    accounts.erase("ann")
    assert everything_of(store, "ann", "bob") == []


def test_what_arrives_after_erasing_is_refused_and_leaves_nothing(store: Store, accounts: Accounts) -> None:
    attempt, exam = begin(store), begin(store, "e", "ann", "exam")
    new = learn.start(Quiz(), PICKS, attempt_id="n", learner="ann", seed=7, now=NOON)
    account = claim(accounts, "ann")
    accounts.erase("ann")
    assert store.add_step(attempt, step_for(attempt, 1, "s")) is False
    for late in (
        lambda: store.add_step(exam, step_for(exam, 1, "e1")),
        lambda: store.add_attempt(new, ASKED, step_for(new, 1, "t")),
        lambda: sign_in(accounts, account),
        lambda: accounts.set_secret(account.id, "new", now=LATER),
        lambda: claim(accounts, "ann"),
    ):
        with pytest.raises(Missing):
            late()
    assert everything_of(store, "ann", "a", "e", "n", account.id, "elsewhere") == []


def test_erasing_while_answers_arrive_leaves_nothing_behind(store: Store, accounts: Accounts) -> None:
    sets, profiles = list(answers(60)), Profiles(store.database)

    def act(number: int) -> object:
        if number == 0:
            for one in sets:
                keep(store, one)
        elif number == 1:
            return [profiles.of("ann", BANK) for _ in range(20)]
        return number == 2 and accounts.erase("ann")

    results = at_once(3, act)
    assert all(isinstance(result, Missing) or not isinstance(result, Exception) for result in results)
    assert everything_of(store, "ann", "token of ann") == []
    assert rows(store)["step"] == rows(store)["slot"] == rows(store)["attempt"] == []
