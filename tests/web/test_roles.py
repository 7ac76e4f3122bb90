"""Roles on the pages: who finds what, giving roles, invitations, and longer passwords for who trains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.store import ROLES, Account, Accounts
from quizapp.web.access import POLICY, Who
from quizapp.web.admin import INVITED_FOR, MOST
from quizapp.web.guests import new_id
from quizapp.web.passwords import FOR_A_NETWORK, folded_name, hash_password
from tests.conftest import Person, settled
from tests.rows import everything
from tests.web.test_account import GUESS, OTHER, PASSWORD, cookie, keep, sign_in, with_cookie
from tests.web.test_account import cheap_hashing as cheap_hashing
from tests.web.tight import looseness

NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"
LINK = re.compile(r'value="http://localhost(/invited/[\w-]{32})"')
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)
FOURTEEN, FIFTEEN = "fourteen chars", "fifteen chars!!"
HOSTILE = '"><script>alert(1)</script>{{ 7*7 }}'
TITLES = {"trainer": "You are invited to be a trainer", "admin": "You are invited to be an admin"}


def accounts_of(app: Flask) -> Accounts:
    found: Accounts = app.extensions["accounts"]
    return found


def add(app: Flask, name: str, role: str = "learner") -> Account:
    """An account, nowhere signed in."""
    account = Account(new_id(), new_id(), name, folded_name(name), datetime.now(UTC), role)
    accounts_of(app).create(account, hash_password(PASSWORD))
    return account


def somebody(app: Flask, role: str = "learner", name: str = "") -> Person:
    """Somebody with an account of that role, who is signed in."""
    name = name or f"A {role}"
    add(app, name, role)
    person = Person(app.test_client())
    assert sign_in(person, name=name).status_code == 200
    return person


def role_of(app: Flask, name: str) -> str:
    found = accounts_of(app).by_name(folded_name(name))
    assert found is not None
    return found[0].role


def set_role(admin: Person, account: Account, role: str, **more: str) -> TestResponse:
    return admin.post(f"/admin/people/{account.id}", {"role": role} | more)


def invite(admin: Person, role: str = "trainer", whom: str = "") -> str:
    """Make an invitation; gives the link's path."""
    page = admin.post("/admin/invitations", {"role": role, "whom": whom})
    found = LINK.search(page.text)
    assert page.status_code == 200
    assert found
    return found[1]


def accept(person: Person, link: str, **form: str) -> TestResponse:
    """Accept an invitation, and look at the answer itself: it leads to a page of trainers."""
    return person.client.post(link, data=form)


def newcomer(name: str = "Bob", password: str = FIFTEEN) -> dict[str, str]:
    return {"name": name, "password": password}


def text_of(page: TestResponse) -> str:
    """The page without its nonce and its address, which its theme switch names."""
    return re.sub(r'name="back" value="[^"]*"', "", settled(page))


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """The clock of invitations, so much ahead."""
    now = datetime.now(UTC) + by
    with patch("quizapp.web.admin.now", lambda: now), patch("quizapp.web.account.now", lambda: now):
        yield


# -- who finds what


def routes_of_admins(app: Flask, account: str) -> list[tuple[str, str]]:
    """Each method and path under /admin, where it needs be of that account."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin/")]
    return [
        (method, rule.rule.replace("<uuid:account_id>", account))
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def test_each_route_of_admins_serves_them_alone_and_others_learn_nothing(app: Flask) -> None:
    victim, admin = add(app, "Victim"), somebody(app, "admin", "Root")
    link = invite(admin)
    opened = re.search(r'name="invitation" value="(\w+)"', admin.get("/admin/people").text)
    assert opened
    stranger, has_answered = Person(app.test_client()), Person(app.test_client())
    has_answered.start()
    others = [stranger, has_answered, somebody(app, "learner"), somebody(app, "trainer")]
    routes = routes_of_admins(app, victim.id)
    form = {"role": "admin", "invitation": opened[1], "whom": "me"}
    assert {("GET", "/admin/people"), ("POST", "/admin/invitations")} < set(routes)
    for method, path in routes:
        for person in others:
            page = person.client.open(path, method=method, data=form if method == "POST" else None)
            never = person.client.open("/admin/never-was", method=method)
            assert page.status_code == never.status_code == 404, (method, path)
            assert text_of(page) == text_of(never)
    assert role_of(app, "Victim") == "learner"
    assert len(accounts_of(app).invitations(datetime.now(UTC))) == 1
    assert stranger.get(link).status_code == 200
    for method, path in routes:
        assert admin.client.open(path, method=method, data=form).status_code in (200, 303), (method, path)
    assert role_of(app, "Victim") == "admin"


def test_a_route_for_trainers_serves_trainers_and_admins(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    app.add_url_rule("/trainers-only", "trainers_only", lambda: "welcome")
    monkeypatch.setitem(POLICY, "trainers_only", Who.TRAINER)
    has_answered = Person(app.test_client())
    has_answered.start()
    for person in (Person(app.test_client()), has_answered, somebody(app, "learner")):
        page = person.get("/trainers-only")
        assert page.status_code == 404
        assert text_of(page) == text_of(person.get("/never-was"))
    for role in ("trainer", "admin"):
        assert somebody(app, role).get("/trainers-only").text == "welcome"


def test_nobody_gets_a_role_by_asking_for_it(app: Flask, learner: Person) -> None:
    learner.start()
    learner.post("/keep", {"name": "Ada", "password": PASSWORD, "role": "admin"})
    assert role_of(app, "Ada") == "learner"
    learner.post("/account/password", {"old": PASSWORD, "new": OTHER, "role": "admin"})
    sign_in(learner, "Ada", OTHER, role="admin")
    assert role_of(app, "Ada") == "learner"
    link = invite(somebody(app, "admin"))
    accept(Person(app.test_client()), link, **newcomer(), role="admin")
    assert role_of(app, "Bob") == "trainer"


def test_an_unknown_account_has_no_role_to_change(app: Flask) -> None:
    admin = somebody(app, "admin")
    for path in (f"/admin/people/{NOBODY}", "/admin/people/nonsense"):
        assert admin.post(path, {"role": "trainer"}).status_code == 404


# -- people


def test_a_role_is_changed_on_the_page_and_asks_for_a_new_sign_in(app: Flask) -> None:
    admin, ann = somebody(app, "admin", "Root"), somebody(app, "learner", "Ann")
    account = accounts_of(app).by_name("ann")
    assert account
    assert "· trainer" not in ann.get("/topics").text
    assert "Your groups" not in ann.get("/account").text
    page = set_role(admin, account[0], "trainer", q="an", page="1")
    assert admin.at == "/admin/people"
    assert "Ann is a trainer now." in page.text
    assert re.search(r'<input id="q" name="q" value="an"', page.text)
    assert ann.get("/account").status_code == 404
    sign_in(ann, name="Ann")
    assert " · trainer</span>" in ann.get("/topics").text
    own = ann.get("/account").text
    assert '<p class="muted">Trainer</p>' in own
    assert 'href="/t/">Your groups' in own
    assert "/admin/people" not in own
    assert "Ann is an admin now." in set_role(admin, account[0], "admin").text
    sign_in(ann, name="Ann")
    assert 'href="/admin/people">People' in ann.get("/account").text
    assert ann.get("/admin/people").status_code == 200
    set_role(admin, account[0], "learner")
    assert ann.get("/admin/people").status_code == 404
    sign_in(ann, name="Ann")
    assert '<span class="who">Ann</span>' in ann.get("/topics").text


def test_an_admin_who_steps_down_is_told_so_on_the_account_page(app: Flask) -> None:
    somebody(app, "admin", "Root")
    other = somebody(app, "admin", "Other")
    account = accounts_of(app).by_name("other")
    assert account
    set_role(other, account[0], "trainer")
    assert other.at == "/account"
    assert role_of(app, "Other") == "trainer"


def test_the_last_admin_can_neither_step_down_nor_erase_the_account(app: Flask) -> None:
    admin = somebody(app, "admin", "Root")
    account = accounts_of(app).by_name("root")
    assert account
    for role in ("trainer", "learner"):
        refused = set_role(admin, account[0], role)
        assert refused.status_code == 422
        assert "Root is the last admin" in refused.text.partition('id="problem"')[2][:300]
        assert f'href="#role-{account[0].id}"' in refused.text
        assert f'<option value="{role}" selected>' in refused.text.partition(f'id="role-{account[0].id}"')[2]
    unsure = admin.post("/erase")
    assert unsure.status_code == 422
    assert "Tick the box first" in unsure.text
    refused = admin.post("/erase", {"sure": "1"})
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert "You are the last admin" in refused.text
    assert admin.get("/admin/people").status_code == 200
    somebody(app, "admin", "Other")
    assert admin.post("/erase", {"sure": "1"}).status_code == 200
    assert admin.at == "/erased"


@pytest.mark.parametrize("role", ["", "boss", "Admin", "admin "])
def test_a_role_that_there_is_not_is_refused(app: Flask, role: str) -> None:
    admin, ann = somebody(app, "admin"), add(app, "Ann")
    for refused in (
        set_role(admin, ann, role),
        admin.post("/admin/invitations", {"role": role, "whom": "B"}),
    ):
        assert refused.status_code == 422
        assert "Choose a role from the list." in refused.text
    assert 'name="whom" type="text" value="B"' in refused.text
    assert role_of(app, "Ann") == "learner"
    assert accounts_of(app).invitations(datetime.now(UTC)) == ()


def test_nobody_can_be_invited_to_be_a_learner(app: Flask) -> None:
    assert somebody(app, "admin").post("/admin/invitations", {"role": "learner"}).status_code == 422


def names_on(page: TestResponse) -> list[str]:
    return re.findall(r'<span class="one"><b>([^<]*)</b>', page.text.partition('id="new"')[0])


def test_people_are_found_by_name_on_pages_of_fifty(app: Flask) -> None:
    admin = somebody(app, "admin", "Root")
    for number in range(MOST + 10):
        add(app, f"Pupil {number:02}")
    first = admin.get("/admin/people")
    assert len(names_on(first)) == MOST == 50
    assert names_on(first)[0] == "Root"
    assert "Page 1 of 2, 61 accounts" in first.text
    second = admin.get("/admin/people?page=2")
    assert names_on(second) == [f"Pupil {number}" for number in range(49, 60)]
    assert "Previous" in second.text
    for beyond in ("3", "999999", "-1", "1e9", "x", "٣", "9" * 300):
        assert len(names_on(admin.get(f"/admin/people?page={beyond}"))) in (11, MOST)
    assert names_on(admin.get("/admin/people?q=PUPIL 3")) == [f"Pupil {number}" for number in range(30, 40)]
    assert names_on(admin.get("/admin/people?q=PUPIL 3&page=7")) == names_on(
        admin.get("/admin/people?q=pupil 3")
    )
    for nothing in ("%", "_", "nobody", "Pupil%0000", "x" * 5000, "'; drop table account; --", "\\"):
        page = admin.client.get("/admin/people", query_string={"q": nothing})
        assert page.status_code == 200
        assert names_on(page) == []
        assert "Nobody has a name like this." in page.text


def test_people_are_shown_with_when_they_came_and_were_last_here(app: Flask) -> None:
    admin, today = somebody(app, "admin", "Root"), f"{datetime.now(UTC):%-d %b %Y}"
    add(app, "Never here")
    page = admin.get("/admin/people").text
    assert f"Admin · since {today} · last here on {today}" in page
    assert f"Learner · since {today} · signed in nowhere" in page


def test_hostile_names_and_notes_are_shown_as_text(app: Flask) -> None:
    admin, ann = somebody(app, "admin", HOSTILE), add(app, HOSTILE + "2", "learner")
    link = invite(admin, whom=HOSTILE)
    pages = [admin.get("/admin/people"), admin.client.get("/admin/people", query_string={"q": HOSTILE})]
    pages += [set_role(admin, ann, "trainer"), set_role(admin, ann, "x", q=HOSTILE), admin.get(link)]
    pages += [admin.post("/admin/invitations", {"role": HOSTILE, "whom": HOSTILE}), admin.get("/account")]
    pages += [Person(app.test_client()).post(link, newcomer(HOSTILE, "short"))]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "{{ 7*7 }}" in page.text
        assert looseness(page) == []
        assert page.headers["Cache-Control"] == "no-store"


# -- invitations


def test_a_link_is_shown_once_and_can_be_taken_back(app: Flask, stranger: Person) -> None:
    admin = somebody(app, "admin", "Root")
    assert "None. A link is listed here" in admin.get("/admin/people").text
    link = invite(admin, whom="Mona  Keller")
    page = admin.get("/admin/people").text
    assert link.rpartition("/")[2] not in page
    assert "Trainer: Mona Keller" in page
    assert "made by Root on" in page
    assert stranger.get(link).status_code == 200
    which = re.search(r'name="invitation" value="(\w+)"', page)
    assert which
    assert "Mona Keller" not in admin.post("/admin/invitations/revoke", {"invitation": which[1]}).text
    assert admin.at == "/admin/people"
    gone, never = stranger.get(link), stranger.get("/invited/" + "x" * 32)
    assert gone.status_code == never.status_code == 404
    assert text_of(gone) == text_of(never)
    again = admin.post("/admin/invitations/revoke", {"invitation": which[1]})
    assert again.status_code == 409
    assert "This link can’t be taken back" in again.text


@pytest.mark.parametrize("whom", ["x" * 101, "a\x01b", "a\u202eb"], ids=lambda whom: ascii(whom[:14]))
def test_a_note_that_can_not_be_kept_is_refused_and_nothing_is_lost(app: Flask, whom: str) -> None:
    refused = somebody(app, "admin").post("/admin/invitations", {"role": "admin", "whom": whom})
    assert refused.status_code == 422
    assert "A note has at most 100 characters" in refused.text
    assert '<option value="admin" selected>' in refused.text.partition('id="role"')[2]
    assert accounts_of(app).invitations(datetime.now(UTC)) == ()


@pytest.mark.parametrize("role", ROLES[1:])
def test_a_stranger_accepts_with_a_name_and_a_password(app: Flask, stranger: Person, role: str) -> None:
    link = invite(somebody(app, "admin", "Root"), role)
    page = stranger.get(link)
    assert TITLES[role] in page.text
    assert "At least 15 characters" in page.text
    accepted = accept(stranger, link, **newcomer())
    assert (accepted.status_code, accepted.headers["Location"]) == (303, "/t/")
    assert f'Bob</span><span class="long"> · {role}' in stranger.get("/topics").text
    assert role_of(app, "Bob") == role
    assert sign_in(Person(app.test_client()), "Bob", FIFTEEN).status_code == 200


def test_a_guest_accepts_and_keeps_all_answers_under_a_new_cookie(app: Flask, learner: Person) -> None:
    link = invite(somebody(app, "admin", "Root"))
    learner.start()
    old = cookie(learner)
    assert "The answer of this device is kept in your account." in learner.get(link).text
    assert accept(learner, link, **newcomer()).status_code == 303
    assert cookie(learner) != old
    assert learner.get("/progress.csv").text.count("\n") == 2
    assert "Nothing here yet" in with_cookie(app, old).get("/progress").text


def test_who_is_signed_in_accepts_by_a_press_and_gets_a_new_cookie(app: Flask) -> None:
    link = invite(somebody(app, "admin", "Root"))
    ann = somebody(app, "learner", "Ann")
    elsewhere = Person(app.test_client())
    sign_in(elsewhere, "Ann")
    page, old = ann.get(link), cookie(ann)
    assert "You are signed in as <b>Ann</b>." in page.text
    assert 'name="password"' not in page.text
    accepted = accept(ann, link)
    assert (accepted.status_code, accepted.headers["Location"]) == (303, "/t/")
    assert cookie(ann) != old
    assert with_cookie(app, old).get("/account").status_code == 404
    assert " · trainer</span>" in ann.get("/topics").text
    assert elsewhere.get("/account").status_code == 404
    for person in (ann, somebody(app, "learner", "Cyd"), Person(app.test_client())):
        assert accept(person, link, **newcomer()).status_code == 404
        assert person.get(link).status_code == 404


def test_who_has_an_account_signs_in_and_comes_back_to_accept(app: Flask, stranger: Person) -> None:
    link = invite(somebody(app, "admin", "Root"))
    add(app, "Ann")
    found = re.search(r'<a href="(/signin\?back=[^"]+)">Sign in</a>, and accept', stranger.get(link).text)
    assert found
    back = re.search(r'name="back" value="([^"]*)"', stranger.get(found[1]).text)
    assert back
    page = sign_in(stranger, "Ann", back=back[1])
    assert stranger.at == link
    assert "You are signed in as <b>Ann</b>." in page.text
    assert accept(stranger, link).status_code == 303
    assert role_of(app, "Ann") == "trainer"


def test_who_may_do_as_much_already_leaves_the_link_to_others(app: Flask, stranger: Person) -> None:
    admin, trainer = somebody(app, "admin", "Root"), somebody(app, "trainer", "Ann")
    link = invite(admin)
    assert "You are an admin already" in admin.get(link).text
    page = trainer.get(link).text
    assert "You are a trainer already" in page
    assert "<button" not in page.partition("<main")[2].partition("</main>")[0]
    for person in (admin, trainer):
        before = cookie(person)
        assert accept(person, link).status_code == 303
        assert cookie(person) == before
    assert (role_of(app, "Root"), role_of(app, "Ann")) == ("admin", "trainer")
    assert stranger.get(link).status_code == 200
    assert TITLES["admin"] in trainer.get(invite(admin, "admin")).text


@pytest.mark.parametrize(
    ("name", "password", "said", "field"),
    [
        ("", FIFTEEN, "Write a name", "name"),
        (" \u3164\u2800", FIFTEEN, "Write a name", "name"),
        ("x" * 101, FIFTEEN, "at most 100 characters", "name"),
        ("a\u202eb", FIFTEEN, "none that can’t be seen", "name"),
        (" ROOT ", FIFTEEN, "This name is taken", "name"),
        ("Bob", FOURTEEN, "at least 15 characters", "password"),
        ("Bob", "", "at least 15 characters", "password"),
        ("Bob", "x" * 201, "200 characters are the most", "password"),
    ],
    ids=lambda value: ascii(value[:14]),
)
def test_an_acceptance_that_is_refused_says_what_to_mend_and_spends_nothing(
    app: Flask, learner: Person, name: str, password: str, said: str, field: str
) -> None:
    link = invite(somebody(app, "admin", "Root"))
    learner.start()
    before = cookie(learner)
    refused = learner.post(link, {"name": name, "password": password})
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert said in refused.text.partition('id="problem"')[2][:300]
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', refused.text)
    assert f'id="name" name="name" type="text" value="{name}"' in refused.text
    assert len(password) < 8 or password not in refused.text
    assert cookie(learner) == before
    assert "1 answer on this device" in learner.get("/topics").text
    assert accept(learner, link, **newcomer()).status_code == 303


def test_a_link_that_has_ended_is_like_one_that_never_was(app: Flask, stranger: Person) -> None:
    assert INVITED_FOR == WEEK
    link = invite(somebody(app, "admin", "Root"))
    with later(WEEK - timedelta(minutes=1)):
        assert stranger.get(link).status_code == 200
    with later(WEEK + SECOND):
        ended, never = stranger.get(link), stranger.get("/invited/" + "x" * 32)
        assert ended.status_code == never.status_code == 404
        assert text_of(ended) == text_of(never)
        assert accept(stranger, link, **newcomer()).status_code == 404
        assert accounts_of(app).by_name("bob") is None
    for nonsense in ("x", "x" * 31, "x" * 33, "x" * 2000, "%00" * 32, "a b", link[9:] + "x"):
        assert stranger.get(f"/invited/{nonsense}").status_code == 404
    assert accept(stranger, link, **newcomer()).status_code == 303


def test_the_token_of_an_invitation_is_not_kept(app: Flask, database: str) -> None:
    link = invite(somebody(app, "admin", "Root"))
    assert link[9:] not in everything(database)


# -- passwords, and guessing


def test_who_trains_has_a_password_of_fifteen_characters_and_a_learner_of_eight(app: Flask) -> None:
    assert (len(FOURTEEN), len(FIFTEEN)) == (14, 15)
    for role in ROLES:
        person, most = somebody(app, role), "15" if role != "learner" else "8"
        assert f"At least {most} characters." in person.get("/account").text
        form = {"old": PASSWORD, "new": FOURTEEN}
        changed = person.post("/account/password", form)
        assert changed.status_code == (200 if role == "learner" else 422)
        if role != "learner":
            assert "at least 15 characters" in changed.text.partition('id="problem"')[2][:300]
            assert person.post("/account/password", form | {"new": FIFTEEN}).status_code == 200
    assert keep(person).status_code == 200


def test_a_trainer_with_a_learners_password_is_told_to_choose_another_on_signing_in(
    app: Flask, learner: Person
) -> None:
    learner.start()
    keep(learner, "Ann", "8 chars!")
    assert "Your password is short." not in sign_in(Person(app.test_client()), "Ann", "8 chars!").text
    accept(learner, invite(somebody(app, "admin", "Root")))
    again = Person(app.test_client())
    page = sign_in(again, "Ann", "8 chars!")
    assert again.at == "/account"
    assert "choose one of at least 15 characters" in page.text
    again.post("/account/password", {"old": "8 chars!", "new": FIFTEEN})
    assert "Your password is short." not in sign_in(again, "Ann", FIFTEEN).text


def test_a_classroom_behind_one_address_can_answer_join_and_keep_while_its_network_may_not_guess(
    app: Flask, learner: Person
) -> None:
    admin = somebody(app, "admin", "Root")
    links = [invite(admin) for _ in range(2)]
    tries = [sign_in(learner, name=f"name {number}", password=GUESS) for number in range(FOR_A_NETWORK.free)]
    assert {tried.status_code for tried in tries} == {422}
    for number, link in enumerate(links):
        pupil, colleague = Person(app.test_client()), Person(app.test_client())
        assert sign_in(pupil, name="Root").status_code == 429
        address = pupil.start()
        assert pupil.answer(pupil.get(f"{address}/2"), unsure="1").status_code == 200
        assert "2 answers kept." in keep(pupil, f"Pupil {number}").text
        assert accept(colleague, link, **newcomer(f"Colleague {number}")).status_code == 303
    assert accounts_of(app).count("colleague") == accounts_of(app).count("pupil") == 2
