"""Roles, invitations that work once, and the last admin, who stays."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizapp.store import ROLES, Account, Accounts, AlreadyKept, LastAdmin, Missing, NameTaken, Store
from quizapp.store import tables as t
from tests.store.keeping import NOON, at_once, begin, keep_all, rows
from tests.store.keeping import answers as some_answers

WEEK = timedelta(days=7)
TICK = timedelta(microseconds=1)
ENDS = NOON + WEEK


@pytest.fixture
def accounts(store: Store) -> Accounts:
    return Accounts(store.database)


def account_of(name: str, role: str = "learner") -> Account:
    return Account(f"account of {name}", name.lower(), name, name.lower(), NOON, role)


def create(accounts: Accounts, *names: str, role: str = "learner") -> list[Account]:
    made = [account_of(name, role) for name in names]
    for account in made:
        accounts.create(account, "secret")
    return made


def sign_in(accounts: Accounts, account: Account, token: str, ago: timedelta = timedelta(0)) -> None:
    accounts.sign_in(account, guest="", old_token="", new_token=token, device="Firefox", now=NOON - ago)


def invite(accounts: Accounts, token: str = "link", role: str = "trainer", by: str = "") -> None:
    accounts.add_invitation(token, role=role, whom="Bob", by=by, now=NOON, expires=ENDS)


def accept(
    accounts: Accounts, who: str, token: str = "link", *, after: timedelta = TICK, to: str = ""
) -> bool:
    """Accept as somebody who is signed in."""
    names = {"old_token": f"token of {who}", "new_token": to or f"new token of {who}"}
    return accounts.accept(token, who, **names, now=NOON + after)


def accept_anew(accounts: Accounts, account: Account, old_token: str = "", token: str = "link") -> None:
    browser = {"old_token": old_token, "new_token": f"new token of {account.learner}", "device": "Firefox"}
    accounts.accept_anew(token, account, "secret", **browser)


def roles(accounts: Accounts) -> dict[str, str]:
    return {account.name: account.role for account in accounts.all()}


# -- accounts and roles


def test_an_account_is_made_with_a_learner_of_its_own(store: Store, accounts: Accounts) -> None:
    ann, bob = *create(accounts, "Ann"), *create(accounts, "Bob", role="admin")
    assert accounts.all() == (ann, bob)
    assert accounts.by_name("ann") == (ann, "secret")
    assert accounts.account(bob.id) == accounts.of_learner("bob") == bob
    sign_in(accounts, bob, "token")
    found = store.learner("token")
    assert found is not None
    assert (found.id, found.answers, found.name, found.role, found.trains) == ("bob", 0, "Bob", "admin", True)
    with pytest.raises(Missing):
        accounts.account("nobody")


def test_a_taken_name_makes_no_account_and_no_learner(store: Store, accounts: Accounts) -> None:
    create(accounts, "Ann")
    before = rows(store)
    with pytest.raises(NameTaken):
        accounts.create(replace(account_of("Ann"), id="another", learner="another"), "secret")
    assert rows(store) == before


def test_another_role_counts_at_once_and_no_older_sign_in_has_it(store: Store, accounts: Accounts) -> None:
    (ann,) = create(accounts, "Ann")
    create(accounts, "Root", role="admin")
    for role in ("trainer", "admin", "trainer", "learner"):
        sign_in(accounts, ann, f"here, before {role}")
        sign_in(accounts, ann, f"there, before {role}")
        accounts.set_role(ann.id, role, old_token=f"here, before {role}", new_token=f"here, {role}")
        assert [store.learner(f"{where}, before {role}") for where in ("here", "there")] == [None, None]
        found = store.learner(f"here, {role}")
        assert found is not None
        assert (found.role, found.trains) == (role, role != "learner")
        accounts.set_role(ann.id, role)
        assert store.learner(f"here, {role}") == found
    accounts.set_role(ann.id, "trainer")
    assert accounts.devices(ann.learner) == ()
    with pytest.raises(Missing):
        accounts.set_role("nobody", "trainer")


def test_the_last_admin_can_neither_be_demoted_nor_erased(store: Store, accounts: Accounts) -> None:
    root, other = create(accounts, "Root", "Other", role="admin")
    create(accounts, "Ann", role="trainer")
    accounts.set_role(other.id, "trainer")
    before = rows(store)
    for role in ("trainer", "learner"):
        with pytest.raises(LastAdmin):
            accounts.set_role(root.id, role)
    with pytest.raises(LastAdmin):
        accounts.erase(root.learner)
    assert rows(store) == before
    accounts.set_role(root.id, "admin")
    accounts.set_role(other.id, "admin")
    accounts.erase(root.learner)
    assert roles(accounts) == {"Ann": "trainer", "Other": "admin"}


def test_of_admins_who_demote_and_erase_each_other_at_once_one_is_left(accounts: Accounts) -> None:
    for attempt in range(5):
        admins = create(accounts, *(f"Admin{attempt}{number}" for number in range(6)), role="admin")
        for account in accounts.find(most=50):
            if account.account.role == "admin" and account.account not in admins:
                accounts.set_role(account.account.id, "learner")

        def leave(number: int, admins: list[Account] = admins) -> None:
            account = admins[number]
            accounts.erase(account.learner) if number % 2 else accounts.set_role(account.id, "trainer")

        came_to = at_once(len(admins), leave)
        assert [type(each) for each in came_to if each is not None] == [LastAdmin]
        assert Counter(roles(accounts).values())["admin"] == 1


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([*ROLES, "erase"])), max_size=12))
def test_whatever_is_done_to_roles_there_is_an_admin_once_there_was_one(
    accounts: Accounts, acts: list[tuple[int, str]]
) -> None:
    if "Root" not in roles(accounts):
        create(accounts, "Root")
    accounts.set_role("account of Root", "admin")
    people = ["Root", "Ann", "Bob", "Cyd"]
    for name in set(people[1:]) & set(roles(accounts)):
        accounts.erase(name.lower())
    create(accounts, *people[1:])
    for place, act in acts:
        name = people[place]
        if name in roles(accounts):
            try:
                accounts.erase(name.lower()) if act == "erase" else accounts.set_role(
                    f"account of {name}", act
                )
            except LastAdmin:
                assert [who for who, role in roles(accounts).items() if role == "admin"] == [name]
        assert "admin" in roles(accounts).values()


# -- finding people


def test_accounts_are_listed_by_role_and_name_with_the_day_they_were_seen(accounts: Accounts) -> None:
    create(accounts, "Zoe", role="admin")
    create(accounts, "Ann", "Bob", "Cyd")
    create(accounts, "Yan", role="trainer")
    sign_in(accounts, account_of("Bob"), "old", timedelta(days=9))
    sign_in(accounts, account_of("Bob"), "new", timedelta(days=2))
    found = accounts.find(most=50)
    assert [each.account.name for each in found] == ["Zoe", "Yan", "Ann", "Bob", "Cyd"]
    assert [each.seen for each in found] == [None, None, None, NOON - timedelta(days=2), None]
    assert [each.account.name for each in accounts.find(most=2, skip=1)] == ["Yan", "Ann"]
    assert accounts.find(most=2, skip=9) == ()
    assert accounts.count() == 5


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text("ab%_\\'\"é ", min_size=1, max_size=6), max_size=6, unique=True),
    st.text("ab%_\\'\"é ", max_size=3),
)
def test_a_search_finds_the_names_that_hold_it_and_no_sign_stands_for_others(
    accounts: Accounts, names: list[str], within: str
) -> None:
    for account in accounts.all():
        accounts.erase(account.learner)
    create(accounts, *names)
    expected = sorted(name for name in names if within in name)
    assert sorted(each.account.name for each in accounts.find(within, most=50)) == expected
    assert accounts.count(within) == len(expected)


# -- invitations


def test_an_invitation_is_listed_until_it_is_accepted_taken_back_or_over(
    store: Store, accounts: Accounts
) -> None:
    create(accounts, "Root", role="admin")
    for token in ("first", "second", "third"):
        invite(accounts, token, by="root")
    listed = accounts.invitations(NOON)
    assert {(each.role, each.whom, each.by, each.expires) for each in listed} == {
        ("trainer", "Bob", "Root", ENDS)
    }
    assert len({each.id for each in listed}) == 3
    assert not {each.id for each in listed} & {"first", "second", "third"}
    accept_anew(accounts, account_of("Ann"), token="first")
    third = accounts.invitation("third", NOON)
    assert accounts.revoke_invitation(third.id, NOON)
    assert not accounts.revoke_invitation(third.id, NOON)
    assert not accounts.revoke_invitation("nonsense", NOON)
    assert accounts.invitations(NOON) == (accounts.invitation("second", NOON),)
    assert accounts.invitations(ENDS) == ()
    assert not accounts.revoke_invitation(accounts.invitations(NOON)[0].id, ENDS)
    for token in ("first", "third", "unknown", ""):
        with pytest.raises(Missing):
            accounts.invitation(token, NOON)
        with pytest.raises(Missing):
            accept_anew(accounts, account_of("Cyd"), token=token)
    assert roles(accounts) == {"Ann": "trainer", "Root": "admin"}


def test_the_name_of_who_was_invited_is_forgotten_with_the_invitation(
    store: Store, accounts: Accounts
) -> None:
    invite(accounts)
    invite(accounts, "other")
    accept_anew(accounts, account_of("Ann"))
    kept = {row[0]: row for row in rows(store)["invitation"]}
    assert "Bob" not in kept["link"]
    assert "Bob" in kept["other"]
    accounts.add_invitation("new", role="admin", whom="", by="", now=ENDS, expires=ENDS + WEEK)
    assert [row[0] for row in rows(store)["invitation"]] == ["new"]


@pytest.mark.parametrize(("after", "works"), [(WEEK - TICK, True), (WEEK, False), (WEEK + TICK, False)])
def test_an_invitation_ends_at_the_exact_moment(
    store: Store, accounts: Accounts, after: timedelta, works: bool
) -> None:
    (ann,) = create(accounts, "Ann")
    sign_in(accounts, ann, "token of ann")
    invite(accounts)
    invite(accounts, "second")
    newcomer = replace(account_of("Bob"), made=NOON + after)
    assert (len(accounts.invitations(NOON + after)) == 2) == works
    if works:
        assert accept(accounts, "ann", after=after)
        accept_anew(accounts, newcomer, token="second")
        assert roles(accounts) == {"Ann": "trainer", "Bob": "trainer"}
        return
    before = rows(store)
    with pytest.raises(Missing):
        accounts.invitation("link", NOON + after)
    with pytest.raises(Missing):
        accept(accounts, "ann", after=after)
    with pytest.raises(Missing):
        accept_anew(accounts, newcomer)
    assert rows(store) == before


def test_accepting_gives_the_role_once_and_the_browser_a_new_token(store: Store, accounts: Accounts) -> None:
    ann, bob = create(accounts, "Ann", "Bob")
    for account in (ann, bob):
        sign_in(accounts, account, f"token of {account.learner}")
    sign_in(accounts, ann, "elsewhere")
    invite(accounts)
    assert accept(accounts, "ann")
    assert [store.learner(token) for token in ("token of ann", "elsewhere")] == [None, None]
    found = store.learner("new token of ann")
    assert found is not None
    assert (found.id, found.role) == ("ann", "trainer")
    with pytest.raises(Missing):
        accept(accounts, "bob")
    assert roles(accounts) == {"Ann": "trainer", "Bob": "learner"}


def test_an_invitation_never_lowers_a_role_and_stays_open_for_whom_it_is_meant(
    store: Store, accounts: Accounts
) -> None:
    (root,), (ann,) = create(accounts, "Root", role="admin"), create(accounts, "Ann", role="trainer")
    for account in (root, ann):
        sign_in(accounts, account, f"token of {account.learner}")
    invite(accounts)
    invite(accounts, "to be an admin", "admin")
    before = rows(store)
    assert not accept(accounts, "root")
    assert not accept(accounts, "root", "to be an admin")
    assert not accept(accounts, "ann")
    assert rows(store) == before
    assert accept(accounts, "ann", "to be an admin")
    assert roles(accounts) == {"Ann": "admin", "Root": "admin"}


def test_a_guest_and_a_browser_that_was_signed_out_can_not_accept_as_if_signed_in(
    store: Store, accounts: Accounts
) -> None:
    store.add_learner("guest", "token of guest", NOON)
    create(accounts, "Ann")
    invite(accounts)
    before = rows(store)
    for who in ("guest", "ann", "nobody"):
        with pytest.raises(Missing):
            accept(accounts, who)
    with pytest.raises(Missing):
        accounts.accept("link", "ann", old_token="token of guest", new_token="new", now=NOON)
    assert rows(store) == before


def test_a_guest_who_accepts_keeps_all_answers(store: Store, accounts: Accounts) -> None:
    begin(store, learner="guest")
    keep_all(store, some_answers(5, learner="guest"))
    attempts = store.attempts_of("guest", most=50)
    invite(accounts, role="admin")
    accept_anew(accounts, account_of("Guest"), old_token="token of guest")
    found = store.learner("new token of guest")
    assert found is not None
    assert (found.id, found.name, found.role, found.answers) == ("guest", "Guest", "admin", 5)
    assert store.attempts_of("guest", most=50) == attempts
    assert store.learner("token of guest") is None


def test_an_acceptance_that_is_refused_spends_nothing(store: Store, accounts: Accounts) -> None:
    create(accounts, "Ann")
    store.add_learner("guest", "token of guest", NOON)
    accounts.add(account_of("Guest"), "secret", old_token="token of guest", new_token="kept", device="")
    invite(accounts)
    before = rows(store)
    again = replace(account_of("Ann"), id="another", learner="another")
    with pytest.raises(NameTaken):
        accept_anew(accounts, again)
    with pytest.raises(AlreadyKept):
        accept_anew(accounts, replace(account_of("Other"), learner="guest"), old_token="kept")
    store.add_learner("late", "token of late", NOON)
    with pytest.raises(Missing):
        accept_anew(accounts, account_of("Late"), old_token="a token that has ended")
    accounts.erase("late")
    assert rows(store) == before


def test_of_twenty_who_accept_one_invitation_at_once_one_gets_the_role(
    store: Store, accounts: Accounts
) -> None:
    signed_in = create(accounts, *(f"Ann{number}" for number in range(10)))
    for account in signed_in:
        sign_in(accounts, account, f"token of {account.learner}")
    invite(accounts)

    def act(number: int) -> object:
        if number < 10:
            return accept(accounts, signed_in[number].learner)
        return accept_anew(accounts, account_of(f"Bob{number}"))

    came_to = at_once(20, act)
    assert sum(isinstance(each, Missing) for each in came_to) == 19
    assert Counter(roles(accounts).values())["trainer"] == 1
    assert accounts.invitations(NOON) == ()


def test_an_invitation_accepted_and_taken_back_at_once_is_one_of_both(accounts: Accounts) -> None:
    for number in range(8):
        invite(accounts, f"link {number}")
        which = accounts.invitation(f"link {number}", NOON).id

        def act(
            turn: int, which: str = which, name: str = f"Ann{number}", link: str = f"link {number}"
        ) -> object:
            return (
                accounts.revoke_invitation(which, NOON)
                if turn
                else accept_anew(accounts, account_of(name), token=link)
            )

        accepted, taken_back = at_once(2, act)
        assert isinstance(accepted, Missing) == (taken_back is True)
        assert (f"Ann{number}" in roles(accounts)) == (taken_back is False)


def test_who_stops_being_an_admin_invites_nobody_any_more(store: Store, accounts: Accounts) -> None:
    root, other = create(accounts, "Root", "Other", role="admin")
    for token, by in (("of root", "root"), ("of other", "other"), ("of the server", "")):
        invite(accounts, token, "admin", by)
    accounts.set_role(other.id, "admin")
    assert len(accounts.invitations(NOON)) == 3
    accounts.set_role(other.id, "trainer")
    with pytest.raises(Missing):
        accounts.invitation("of other", NOON)
    accounts.set_role(other.id, "admin")
    accounts.erase(root.learner)
    assert [each.by for each in accounts.invitations(NOON)] == [""]
    with store.database.reading() as db:
        assert db.execute(sa.select(t.invitation).where(t.invitation.c.by == "root")).all() == []
