"""Keeping progress, signing in and out, devices, passwords, guessing, and erasing it all."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from quizapp.store import Failures
from quizapp.web import passwords
from quizapp.web.guests import new_id, new_token
from quizapp.web.passwords import (
    FOR_A_NAME,
    FOR_A_NAME_HERE,
    FOR_A_NETWORK,
    LONGEST,
    REMEMBERED,
    fault_of_password,
    folded_name,
    key_of_name,
    key_of_network,
    wait,
)
from tests.conftest import Person, hidden, settled
from tests.past import guest
from tests.rows import everything

NAME, PASSWORD = "Ada Lovelace", "correct horse battery"
COMPOSED, DECOMPOSED = "caf\u00e9 au lait", "cafe\u0301 au lait"
GUESS, OTHER, SHORT = "a wrong guess", "another password", "short12"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same algorithm at a hundredth of its cost."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    passwords._nobodys.cache_clear()


def keep(person: Person, name: str = NAME, password: str = PASSWORD) -> TestResponse:
    return person.post("/keep", {"name": name, "password": password})


def sign_in(person: Person, name: str = NAME, password: str = PASSWORD, **more: str) -> TestResponse:
    return person.post("/signin", {"name": name, "password": password} | more)


def cookie(person: Person) -> str:
    found = person.client.get_cookie("quizapp")
    assert found is not None
    return found.value


def with_cookie(app: Flask, token: str) -> Person:
    person = Person(app.test_client())
    person.client.set_cookie("quizapp", token)
    return person


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """The account pages' clock stands still, so much after noon: a slow machine does not wait for us."""
    with patch("quizapp.web.account.now", lambda: NOW + by):
        yield


# -- keeping


def test_a_guest_keeps_all_answers_in_one_step(learner: Person) -> None:
    learner.start()
    page = learner.get("/keep")
    assert "1 answer is on this device." in page.text
    assert "Keep my answer</button>" in page.text
    kept = keep(learner)
    assert learner.at == "/account"
    assert "1 answer kept." in kept.text
    assert "Ada Lovelace" in learner.get("/").text
    assert "Kept under the name Ada Lovelace." in learner.get("/progress").text
    assert learner.get("/progress.csv").text.count("\n") == 2


def test_a_stranger_has_nothing_to_keep(stranger: Person) -> None:
    page = stranger.get("/keep")
    assert "There is nothing to keep yet" in page.text
    assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert "There is nothing to keep yet" in keep(stranger).text
    assert sign_in(stranger).status_code == 422


def test_what_is_kept_already_leads_to_the_account(learner: Person) -> None:
    learner.start()
    keep(learner)
    learner.get("/keep")
    assert learner.at == "/account"
    keep(learner, name="Another")
    assert "Ada Lovelace" in learner.get("/account").text


@pytest.mark.parametrize(
    ("name", "password", "said", "field"),
    [
        ("", PASSWORD, "Write a name", "name"),
        (" \t\n ", PASSWORD, "Write a name", "name"),
        ("x" * 101, PASSWORD, "at most 100 characters", "name"),
        ("a\x01b", PASSWORD, "none that can’t be seen", "name"),
        ("a\u202eb", PASSWORD, "none that can’t be seen", "name"),
        ("a\u200bb", PASSWORD, "none that can’t be seen", "name"),
        ("a\x7fb", PASSWORD, "none that can’t be seen", "name"),
        (NAME, "", "at least 8 characters", "password"),
        (NAME, SHORT, "at least 8 characters", "password"),
        (NAME, "x" * (LONGEST + 1), f"{LONGEST} characters are the most", "password"),
        (NAME, "x" * 20_000, f"{LONGEST} characters are the most", "password"),
    ],
    ids=lambda value: ascii(value[:14]),
)
def test_a_form_that_can_not_be_accepted_says_what_to_mend_and_loses_nothing(
    learner: Person, name: str, password: str, said: str, field: str
) -> None:
    learner.start()
    refused = keep(learner, name, password)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert said in refused.text.partition('id="problem"')[2][:300]
    assert f'href="#{field}"' in refused.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', refused.text)
    assert refused.text.count('aria-invalid="true"') == 1
    assert len(password) < 8 or password not in refused.text
    assert "1 answer on this device" in learner.get("/").text


@pytest.mark.parametrize("other", ["Ada Lovelace", "ada  lovelace ", "ＡＤＡ LOVELACE"])
def test_a_taken_name_is_refused_and_the_guest_keeps_the_answers(
    learner: Person, stranger: Person, other: str
) -> None:
    learner.start()
    keep(learner)
    stranger.start()
    before = cookie(stranger)
    refused = keep(stranger, name=other)
    assert refused.status_code == 422
    assert "This name is taken." in refused.text
    assert cookie(stranger) == before
    assert "1 answer on this device" in stranger.get("/").text
    assert "1 answer kept." in keep(stranger, name="Somebody else").text


def test_hostile_names_are_shown_as_text(learner: Person) -> None:
    learner.start()
    name = '"><script>alert(1)</script>'
    assert "<script>alert" not in keep(learner, name=name, password=SHORT).text
    assert "<script>alert" not in keep(learner, name=name).text
    for path in ("/", "/account", "/progress", "/erase"):
        text = learner.get(path).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;" in text


@given(st.text(max_size=40))
def test_a_folded_name_stays_the_same_when_it_is_typed_in_other_case_and_width(name: str) -> None:
    assert folded_name(f"  {name} ") == folded_name(name)
    assert folded_name(folded_name(name)) == folded_name(name)


# -- tokens


def test_the_old_cookie_stops_working_when_progress_is_kept(app: Flask, learner: Person) -> None:
    learner.start()
    old = cookie(learner)
    keep(learner)
    assert cookie(learner) != old
    thief = with_cookie(app, old)
    assert "Nothing here yet" in thief.get("/progress").text
    assert thief.get("/account").status_code == 404


def test_the_old_cookie_stops_working_on_signing_in_and_out(app: Flask, learner: Person) -> None:
    learner.start()
    keep(learner)
    other = Person(app.test_client())
    other.start()
    old = cookie(other)
    sign_in(other)
    new = cookie(other)
    assert new != old
    assert "Nothing here yet" in with_cookie(app, old).get("/progress").text
    assert NAME in with_cookie(app, new).get("/account").text
    other.post("/signout")
    assert other.client.get_cookie("quizapp") is None or cookie(other) != new
    assert with_cookie(app, new).get("/account").status_code == 404
    assert "2 answers" in learner.get("/").text


def test_a_refused_sign_in_leaves_the_guest_alone(app: Flask, learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner)
    stranger.start()
    before = cookie(stranger)
    assert sign_in(stranger, password=GUESS).status_code == 422
    assert cookie(stranger) == before
    assert "1 answer on this device" in stranger.get("/").text


def test_passwords_and_tokens_are_not_in_the_database(learner: Person, database: str) -> None:
    learner.start()
    keep(learner)
    kept = everything(database)
    assert "argon2" in kept
    assert PASSWORD not in kept
    assert cookie(learner) not in kept


# -- signing in


def test_signing_in_elsewhere_shows_the_same_answers(learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner)
    assert sign_in(stranger).status_code == 200
    assert stranger.at == "/progress"
    assert stranger.get("/progress.csv").data == learner.get("/progress.csv").data
    assert settled(stranger.get("/progress")) == settled(learner.get("/progress"))


def test_a_guest_who_signs_in_brings_the_answers_along(learner: Person, stranger: Person) -> None:
    learner.start("/practice/coroutines")
    keep(learner)
    address = stranger.start("/practice/event-loop")
    assert "The answer of this device goes to your account." in stranger.get("/signin").text
    sign_in(stranger)
    assert "2 answers" in learner.get("/").text
    assert learner.get("/progress.csv").text.count("\n") == 3
    assert "Continue: The event loop" in learner.get("/").text
    assert learner.get(address).status_code == 200


def test_an_account_that_signs_in_as_another_keeps_its_own_answers(learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner)
    stranger.start()
    keep(stranger, name="Grace")
    sign_in(stranger)
    assert "1 answer" in learner.get("/account").text or "Ada Lovelace" in learner.get("/account").text
    assert learner.get("/progress.csv").text.count("\n") == 2
    sign_in(stranger, name="grace")
    assert stranger.get("/progress.csv").text.count("\n") == 2


@pytest.mark.parametrize(
    ("name", "password"),
    [
        (NAME, GUESS),
        (NAME, ""),
        (NAME, PASSWORD.upper()),
        (NAME, f"{PASSWORD} "),
        (NAME, PASSWORD + "x" * 50_000),
        ("nobody", PASSWORD),
        ("", ""),
        ("\x01", "\x01" * 10),
        ("' OR 1=1 --", PASSWORD),
    ],
    ids=lambda value: ascii(value[:20]),
)
def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(
    learner: Person, stranger: Person, name: str, password: str
) -> None:
    learner.start()
    keep(learner)
    refused = sign_in(stranger, name, password)
    assert refused.status_code == 422
    assert "Name and password do not match an account here." in refused.text
    assert len(password) < 8 or password not in refused.text
    assert stranger.get("/account").status_code == 404


@pytest.mark.parametrize("typed", ["ada lovelace", " ADA   LOVELACE", "Ａda Lovelace"])
def test_a_name_is_found_however_it_is_typed(learner: Person, stranger: Person, typed: str) -> None:
    learner.start()
    keep(learner)
    assert sign_in(stranger, name=typed).status_code == 200


def test_a_password_may_be_typed_in_either_composition(learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner, password=DECOMPOSED)
    assert sign_in(stranger, password=COMPOSED).status_code == 200


@pytest.mark.parametrize(
    ("back", "led"),
    [
        ("/topics", "/topics"),
        ("/progress/history?result=missed", "/progress/history?result=missed"),
        ("", "/progress"),
        ("topics", "/progress"),
        ("//evil.example", "/progress"),
        ("///evil.example", "/progress"),
        ("/\\evil.example", "/progress"),
        ("/\t/evil.example", "/progress"),
        ("/\n/evil.example", "/progress"),
        ("/\r/evil.example", "/progress"),
        ("\t//evil.example", "/progress"),
        (" //evil.example", "/progress"),
        ("https://evil.example/progress", "/progress"),
        ("https:evil.example", "/progress"),
        ("javascript:alert(1)", "/progress"),
    ],
    ids=ascii,
)
def test_signing_in_leads_back_but_never_to_another_site(
    learner: Person, stranger: Person, back: str, led: str
) -> None:
    learner.start()
    keep(learner)
    form = {"name": NAME, "password": PASSWORD, "back": back}
    response = stranger.client.post("/signin", data=form)
    assert response.headers["Location"] == led
    guest = Person(learner.client.application.test_client())
    guest.start()
    for person, path in ((learner, "/signin"), (guest, "/keep")):
        page = person.client.get(path, query_string={"back": back}).text
        links = re.findall(r'(?:href|value)="([^"]*)"', page.partition("<main")[2].partition("</main>")[0])
        assert led in links
        assert not [link for link in links if "evil" in link or "javascript" in link]


def test_the_page_one_came_from_is_gone_back_to(learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner)
    for referrer, led in (
        ("http://localhost/topics", "/topics"),
        ("http://evil.example/topics", "/progress"),
        ("http://localhost//evil.example", "/progress"),
        ("http://localhost/keep", "/progress"),
    ):
        page = stranger.client.get("/signin", headers={"Referer": referrer})
        assert f'name="back" value="{led}"' in page.text


# -- signing out


def test_signing_out_shows_nothing_any_more_and_signing_in_everything(learner: Person) -> None:
    learner.start()
    keep(learner)
    learner.post("/signout")
    assert learner.at == "/"
    assert "Sign in</a>" in learner.get("/").text
    assert "Nothing here yet" in learner.get("/progress").text
    sign_in(learner)
    assert "Ada Lovelace" in learner.get("/").text


def test_a_guest_is_not_signed_out_but_asked_to_keep_the_answers(learner: Person) -> None:
    learner.start()
    page = learner.post("/signout")
    assert learner.at == "/keep"
    assert "1 answer is on this device." in page.text


# -- devices


def test_devices_are_listed_and_can_be_signed_out(learner: Person, stranger: Person) -> None:
    learner.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    learner.start()
    keep(learner)
    stranger.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone; CPU) Version/18 Safari/604.1"
    sign_in(stranger)
    page = learner.get("/account").text
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert page.count("this browser") == 1
    (device,) = re.findall(r'name="device" value="(\w+)"', page)
    assert cookie(stranger) not in page
    learner.post("/account/devices", {"device": device})
    assert learner.at == "/account"
    assert "Safari on iPhone" not in learner.get("/account").text
    assert stranger.get("/account").status_code == 404
    assert "Nothing here yet" in stranger.get("/progress").text


@pytest.mark.parametrize("device", ["", "nonsense", "0" * 16, "' OR 1=1"])
def test_an_unknown_device_can_not_be_signed_out(learner: Person, device: str) -> None:
    learner.start()
    keep(learner)
    assert learner.post("/account/devices", {"device": device}).status_code == 404
    assert "Ada Lovelace" in learner.get("/account").text


def test_the_devices_of_others_can_not_be_signed_out(learner: Person, stranger: Person, app: Flask) -> None:
    learner.start()
    keep(learner)
    second = Person(app.test_client())
    sign_in(second)
    (device,) = re.findall(r'name="device" value="(\w+)"', learner.get("/account").text)
    stranger.start()
    assert stranger.post("/account/devices", {"device": device}).status_code == 404
    assert second.get("/account").status_code == 200


# -- changing the password


def token_of(person: Person) -> str:
    cookie = person.client.get_cookie("quizapp")
    assert cookie is not None
    return cookie.value


def copy_of(app: Flask, person: Person) -> Person:
    """Somebody who has got hold of the person's cookie as it is now."""
    thief = Person(app.test_client())
    thief.client.set_cookie("quizapp", token_of(person))
    return thief


def test_an_old_cookie_is_dead_after_keeping_signing_in_a_new_password_and_signing_out(
    app: Flask, learner: Person
) -> None:
    learner.start()
    acts = (
        lambda: keep(learner),
        lambda: sign_in(learner),
        lambda: change(learner, PASSWORD, OTHER),
        lambda: sign_in(learner, password=OTHER),
        lambda: learner.post("/signout"),
    )
    for act in acts:
        thief, old = copy_of(app, learner), token_of(learner)
        assert thief.get("/account").status_code == 200
        assert act().status_code == 200
        assert thief.get("/account").status_code == 404
        still = learner.client.get_cookie("quizapp")
        assert still is None or still.value != old


@pytest.mark.bulk
@pytest.mark.parametrize(
    "common",
    [
        *("password", "12345678", "PassWord", "iloveyou", "sunshine", "password2026", "!!dragon!!1"),
        *("aaaaaaaaa", "abababab", "passwordpassword", "3456789012", "qwertyuiop"),
        *(
            "quizapp1",
            "QuizApp QuizApp",
            "asyncio!asyncio!",
            "lovelace1",
            "Ada Lovelace",
            "ada lovelace 1815",
        ),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_a_reason(learner: Person, common: str) -> None:
    learner.start()
    refused = keep(learner, password=common)
    assert refused.status_code == 422
    assert "one of the first that others would try" in refused.text
    assert 'value="Ada Lovelace"' in refused.text


@pytest.mark.parametrize("fine", [PASSWORD, OTHER, "x7 Ärger im Zug", "73 46 28 20 11", "tram lovelace 9"])
def test_other_passwords_are_taken_whatever_they_are_made_of(fine: str) -> None:
    assert fault_of_password(fine, "learner", NAME) == ""


def test_the_list_of_common_passwords_is_long_enough() -> None:
    from quizapp.web.passwords import _common

    assert len(_common()) >= 3_000
    assert fault_of_password("password12345678", "trainer", "Mona")


def change(person: Person, old: str, new: str) -> TestResponse:
    return person.post("/account/password", {"old": old, "new": new})


def test_a_new_password_counts_at_once_and_signs_all_others_out(learner: Person, stranger: Person) -> None:
    learner.start()
    keep(learner)
    sign_in(stranger)
    changed = change(learner, PASSWORD, OTHER)
    assert "The password is changed." in changed.text
    assert "Ada Lovelace" in learner.get("/").text
    assert stranger.get("/account").status_code == 404
    assert sign_in(stranger).status_code == 422
    assert sign_in(stranger, password=OTHER).status_code == 200


@pytest.mark.parametrize(
    ("old", "new", "said", "field"),
    [
        (GUESS, OTHER, "not the password so far", "old"),
        ("", OTHER, "not the password so far", "old"),
        (PASSWORD, "short", "at least 8 characters", "new"),
        (PASSWORD, "", "at least 8 characters", "new"),
        (PASSWORD, "x" * (LONGEST + 1), f"{LONGEST} characters are the most", "new"),
    ],
    ids=lambda value: value[:12],
)
def test_a_password_is_not_changed_by_a_bad_form(
    learner: Person, stranger: Person, old: str, new: str, said: str, field: str
) -> None:
    learner.start()
    keep(learner)
    refused = change(learner, old, new)
    assert refused.status_code == 422
    assert "<title>Error: " in refused.text
    assert said in refused.text
    assert re.search(rf'id="{field}"[^>]*aria-invalid="true"', refused.text)
    assert sign_in(stranger).status_code == 200


def test_a_guest_has_no_password_to_change(learner: Person) -> None:
    learner.start()
    assert "Change the password" not in learner.get("/account").text
    assert change(learner, "", OTHER).status_code == 404


# -- guessing


counts = st.integers(1, 10_000)
seconds = st.floats(0, 7200)


@given(counts, counts, seconds)
def test_waiting_never_shrinks_with_failures_and_ends(some: int, more: int, passed: float) -> None:
    allowance, now = FOR_A_NAME_HERE, NOW + timedelta(seconds=passed)
    fewer, all_of_them = (wait(Failures(count, NOW), allowance, now) for count in (some, some + more))
    assert timedelta(0) <= fewer <= all_of_them <= allowance.longest


def test_the_first_failures_cost_nothing_and_the_next_twice_as_much_each() -> None:
    waits = [wait(Failures(count, NOW), FOR_A_NAME_HERE, NOW).total_seconds() for count in range(1, 14)]
    assert waits == [0, 0, 0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert wait(None, FOR_A_NAME_HERE, NOW) == timedelta(0)


def test_time_that_has_passed_is_time_waited() -> None:
    failures = Failures(FOR_A_NAME_HERE.free, NOW)
    assert wait(failures, FOR_A_NAME_HERE, NOW + 10 * SECOND) == 5 * SECOND
    assert wait(failures, FOR_A_NAME_HERE, NOW + 15 * SECOND) == timedelta(0)
    assert wait(Failures(9999, NOW), FOR_A_NAME_HERE, NOW + REMEMBERED + SECOND) == timedelta(0)


def test_a_network_is_one_address_or_a_56() -> None:
    assert key_of_network("192.0.2.1") != key_of_network("192.0.2.2")
    assert key_of_network("2001:db8:0:1::1") == key_of_network("2001:db8:0:ff::9")
    assert key_of_network("2001:db8:0:1::1") != key_of_network("2001:db8:1:1::1")
    assert key_of_network(None) == key_of_network("nonsense")
    assert "192" not in key_of_network("192.0.2.1")


def from_network(app: Flask, address: str) -> Person:
    person = Person(app.test_client())
    person.client.environ_base["REMOTE_ADDR"] = address
    return person


def test_guessing_a_name_is_slowed_down_even_with_the_right_password(app: Flask, learner: Person) -> None:
    learner.start()
    keep(learner)
    with later(0 * SECOND):
        guesser = from_network(app, "192.0.2.1")
        for _ in range(FOR_A_NAME_HERE.free):
            assert sign_in(guesser, password=GUESS).status_code == 422
        refused = sign_in(guesser)
        assert refused.status_code == 429
        assert "Too many tries. Wait 15 seconds, and try again." in refused.text
        assert sign_in(guesser, name="somebody else").status_code == 422
    with later(16 * SECOND):
        assert sign_in(guesser, password=GUESS).status_code == 422
        assert "Wait 30 seconds" in sign_in(guesser).text
    with later(60 * SECOND):
        assert sign_in(guesser).status_code == 200
    again = Person(app.test_client())
    assert sign_in(again, password=GUESS).status_code == 422
    assert sign_in(again).status_code == 200


@pytest.mark.bulk
def test_a_thousand_guesses_are_slowed_down_and_the_owner_gets_in_elsewhere(
    app: Flask, learner: Person
) -> None:
    """Somebody tries as fast as he can for an hour."""
    learner.start()
    keep(learner)
    guesser, answers = from_network(app, "192.0.2.1"), Counter[int]()
    for number in range(1_000):
        with later(3.6 * number * SECOND):
            answers[sign_in(guesser, password=f"guess {number}").status_code] += 1
    assert set(answers) == {422, 429}
    assert answers[422] <= 15
    with later(3_600 * SECOND):
        assert sign_in(guesser).status_code == 429
        assert sign_in(from_network(app, "198.51.100.7")).status_code == 200


@pytest.mark.bulk
def test_five_hundred_browsers_of_one_address_answer_in_a_row(app: Flask) -> None:
    """Each sends the form that it was shown; the address has used up its wrong passwords before."""
    guesser = from_network(app, "192.0.2.1")
    for number in range(FOR_A_NETWORK.free):
        sign_in(guesser, name=f"name {number}", password=GUESS)
    assert sign_in(guesser).status_code == 429
    form = hidden(guesser.get("/q/coroutines/calling-does-not-run"))
    answers = Counter[int]()
    for _ in range(500):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = "192.0.2.1"
        client.set_cookie("quizapp", new_token())
        ids = {"set": new_id(), "step": new_id(), "answer": "1"}
        answers[client.post("/q/coroutines/calling-does-not-run", data=form | ids).status_code] += 1
    assert answers == {303: 500}


def test_guesses_from_everywhere_keep_the_owner_waiting_for_seconds_only(app: Flask, learner: Person) -> None:
    learner.start()
    keep(learner)
    accounts, now = app.extensions["accounts"], NOW
    for _ in range(FOR_A_NAME.free + 20):
        accounts.add_failure((key_of_name("ada lovelace"),), now=now, since=now - REMEMBERED)
    with later(0 * SECOND):
        assert sign_in(from_network(app, "198.51.100.7")).status_code == 429
    with later(FOR_A_NAME.longest + SECOND):
        assert sign_in(from_network(app, "198.51.100.7")).status_code == 200


def test_long_waits_are_told_in_minutes(app: Flask, learner: Person) -> None:
    learner.start()
    keep(learner)
    ahead = timedelta(0)
    for _ in range(FOR_A_NAME_HERE.free + 4):
        ahead += timedelta(minutes=5)
        with later(ahead):
            assert sign_in(learner, password=GUESS).status_code == 422
    with later(ahead):
        assert "Wait 4 minutes, and try again." in sign_in(learner).text


def test_guessing_names_from_one_network_is_slowed_down(app: Flask, learner: Person) -> None:
    learner.start()
    keep(learner)
    guesser, elsewhere = Person(app.test_client()), Person(app.test_client())
    elsewhere.client.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    with later(0 * SECOND):
        for number in range(FOR_A_NETWORK.free):
            assert sign_in(guesser, name=f"name {number}", password=GUESS).status_code == 422
        assert sign_in(guesser).status_code == 429
        assert sign_in(elsewhere).status_code == 200
    with later(REMEMBERED + SECOND):
        assert sign_in(guesser).status_code == 200


def test_the_old_password_can_not_be_guessed_on_the_account_page(learner: Person) -> None:
    learner.start()
    keep(learner)
    for _ in range(FOR_A_NAME_HERE.free):
        assert change(learner, GUESS, OTHER).status_code == 422
    assert change(learner, PASSWORD, OTHER).status_code == 429


# -- erasing


def test_erasing_asks_twice_and_leaves_nothing(
    app: Flask, learner: Person, stranger: Person, database: str
) -> None:
    learner.start()
    keep(learner)
    sign_in(stranger)
    page = learner.get("/erase").text
    assert "the account Ada Lovelace with 1 answer" in page
    unsure = learner.post("/erase")
    assert unsure.status_code == 422
    assert "<title>Error: " in unsure.text
    assert learner.get("/progress.csv").text.count("\n") == 2
    done = learner.post("/erase", {"sure": "1"})
    assert "Everything is erased" in done.text
    for person in (learner, stranger):
        assert "Nothing here yet" in person.get("/progress").text
    assert sign_in(learner).status_code == 422
    assert rows(app) == {}
    learner.start()
    assert "1 answer kept." in keep(learner).text


def rows(app: Flask) -> dict[str, int]:
    """How many rows the tables hold, but for questions and failed sign-ins, which are nobody's."""
    import sqlalchemy as sa

    names = ("learner", "session", "account", "credential", "profile", "attempt", "slot", "step")
    with app.extensions["store"].database.engine.connect() as db:
        counts = {name: db.execute(sa.text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}  # noqa: S608
    return {name: count for name, count in counts.items() if count}


def test_a_guest_can_erase_and_others_keep_theirs(app: Flask, learner: Person, stranger: Person) -> None:
    learner.start()
    stranger.start()
    assert "This erases 1 answer," in learner.get("/erase").text
    learner.post("/erase", {"sure": "1"})
    assert "1 answer on this device" in stranger.get("/").text
    assert rows(app)["learner"] == 1


def test_erasing_takes_what_a_guest_brought_along_with_it(
    app: Flask, learner: Person, stranger: Person
) -> None:
    learner.start()
    keep(learner)
    stranger.start()
    sign_in(stranger)
    stranger.post("/erase", {"sure": "1"})
    assert rows(app) == {}


# -- what a browser says of itself


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537 Chrome/140 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (X11; CrOS x86_64) Chrome/140 Safari/537", "Chrome on ChromeOS"),
        ("curl/8", "A browser"),
        ("", "A browser"),
        ("<script>", "A browser"),
    ],
)
def test_a_device_is_named_in_words(app: Flask, learner: Person, said: str, named: str) -> None:
    learner.client.environ_base["HTTP_USER_AGENT"] = said
    learner.start()
    assert f"<b>{named}</b>" in learner.get("/account").text


def test_the_account_page_of_a_guest_offers_to_keep(app: Flask, learner: Person) -> None:
    guest(app, learner)
    page = learner.get("/account").text
    assert "0 answers on this device only." in page
    assert "Keep my progress" in page
