"""Groups, joining them by link or code under a name, and what is assigned to a learner."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event
from werkzeug.test import TestResponse

from quizapp.learn import ALL, Override, Rules
from quizapp.store import Assignment, Assignments, Group, Groups, Member
from quizapp.web.access import POLICY, Who
from quizapp.web.guests import spelled
from quizapp.web.names import read_labels, read_name
from tests import sat
from tests.classroom import PAPER, give, joined, new_group, somebody
from tests.conftest import Person, settled

HOUR = timedelta(hours=1)
NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"
HOSTILE = (
    "<script>alert(1)</script>",
    "'; DROP TABLE member; --",
    "{{ 7 * 7 }}",
    "Zoë \U0001f9d1\u200d\U0001f4bb",
)
REFUSED = ("", "   ", "\u3164", "x" * 61, "x" * 10_000, "a\u202eb", "a\u200fb", "a\x01b")


def mona(app: Flask) -> tuple[Person, str]:
    return somebody(app, "Mona Keller", "trainer")


def groups_of(app: Flask) -> Groups:
    found: Groups = app.extensions["groups"]
    return found


def assignments_of(app: Flask) -> Assignments:
    found: Assignments = app.extensions["assignments"]
    return found


def members(app: Flask, group: Group) -> list[str]:
    return [each.name for each in groups_of(app).members(group.id)]


def main_of(page: TestResponse) -> str:
    return page.text.partition("<main")[2].partition("</main>")[0]


def begin(
    app: Flask, assignment: Assignment, learner_id: str, at: datetime, *, ended: int | None = None
) -> str:
    """Let a learner begin; with `ended` answer so many questions rightly, the others not, and end it."""
    make = sat.maker(assignment, learner_id, sat.bank_of(app), at)
    attempt_id = assignments_of(app).begin(assignment.id, learner_id, at, make)
    if ended is not None:
        attempt = sat.store_of(app).attempt(attempt_id, learner_id)
        for place in range(1, ended + 1):
            attempt = sat.said(app, attempt, place, None, at + timedelta(seconds=place))
        sat.ended(app, attempt, at + timedelta(seconds=30))
    return attempt_id


# -- a trainer's groups


def test_a_new_trainer_is_led_from_a_group_to_a_link(app: Flask) -> None:
    trainer, owner = mona(app)
    first = trainer.get("/t/")
    assert "Make your first group" in first.text
    assert re.findall(r"<b>(\w+)\.</b>", main_of(first)) == ["Group", "Assign", "Share"]
    made = trainer.post("/t/", {"name": "  Team   Kestrel "})
    [group] = groups_of(app).of_owner(owner)
    assert group.name == "Team Kestrel"
    assert trainer.at == f"/t/groups/{group.id}"
    assert f'value="http://localhost/join/{group.code}"' in made.text
    assert spelled(group.code) in made.text
    assert "Nobody has joined yet." in made.text
    assert f'href="/t/assignments/new?group={group.id}"' in made.text
    assert "Make your first group" not in trainer.get("/t/").text


def test_the_list_of_groups_counts_members_and_open_assignments(app: Flask) -> None:
    trainer, owner = mona(app)
    group, empty = new_group(app, owner), new_group(app, owner, "Team Merlin")
    joined(app, group, "Ada")
    joined(app, group, "Ben")
    give(app, group)
    give(app, group, closes=datetime.now(UTC) - HOUR)
    page = trainer.get("/t/").text
    assert f"/t/groups/{empty.id}" in page
    assert "2 members · 1 open assignment<" in page
    assert "0 members · no open assignments<" in page


def test_a_group_shows_who_is_in_it_and_what_it_was_given(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    _, ada = joined(app, group, "Ada", ("morning", "slow"))
    joined(app, group, "Ben")
    open_one = give(app, group, closes=datetime.now(UTC) + 30 * 24 * HOUR, zone="Europe/Berlin")
    closed = give(app, group, closes=datetime.now(UTC) - HOUR)
    begin(app, open_one, ada.learner, datetime(2026, 11, 19, 12, tzinfo=UTC))
    page = trainer.get(f"/t/groups/{group.id}").text
    row = page.partition("Ada</a></th>")[2].partition("</tr>")[0]
    assert "morning, slow" in row
    assert "19 Nov 2026" in row
    assert ">none<" in page.partition("Ben</a></th>")[2].partition("</tr>")[0]
    assert re.search(rf"{open_one.id}.{{0,200}}open until .{{0,40}}\(Europe/Berlin\)", page, re.DOTALL)
    assert re.search(rf"{closed.id}.{{0,200}}closed since ", page, re.DOTALL)


def test_a_preview_is_no_attempt_of_the_trainer_who_joined_her_own_group(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    trainer.post(f"/join/{group.code}", {"name": "Mona"})
    assert members(app, group) == ["Mona"]
    sat.previewed(app, give(app, group))
    assert ">none<" in trainer.get(f"/t/groups/{group.id}").text
    assert "Not begun" in trainer.get("/assigned").text


def test_a_group_is_renamed_and_a_name_that_is_none_is_refused(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    address = f"/t/groups/{group.id}"
    for name in REFUSED:
        for path in ("/t/", address):
            refused = trainer.post(path, {"name": name, "do": "rename"})
            assert refused.status_code == 422, ascii(name[:9])
            assert "<title>Error: " in refused.text
    assert "y" * 61 in trainer.post(address, {"name": "y" * 61}).text
    assert [each.name for each in groups_of(app).of_owner(owner)] == ["Team Kestrel"]
    assert "<h1>Team Merlin</h1>" in trainer.post(address, {"name": "Team Merlin", "do": "rename"}).text


def test_joining_is_stopped_and_allowed_again(app: Flask, stranger: Person) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    inside, _ = joined(app, group, "Ada")
    page = trainer.post(f"/t/groups/{group.id}", {"do": "close"}).text
    assert "Nobody else can join now." in page
    assert group.code not in page
    told = stranger.get(f"/join/{group.code}")
    assert "takes no new members now" in told.text
    assert "Ask Mona Keller to allow joining." in told.text
    refused = stranger.post(f"/join/{group.code}", {"name": "Eve"})
    assert refused.status_code == 409
    assert "takes no new members now" in refused.text
    assert "You are in Team Kestrel" in inside.get(f"/join/{group.code}").text
    assert members(app, group) == ["Ada"]
    trainer.post(f"/t/groups/{group.id}", {"do": "open"})
    stranger.post(f"/join/{group.code}", {"name": "Eve"})
    assert members(app, group) == ["Ada", "Eve"]


def test_a_new_code_stops_the_old_one(app: Flask, stranger: Person) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    asked = trainer.get(f"/t/groups/{group.id}/renew").text
    assert spelled(group.code) in asked
    assert "stop working at once" in asked
    assert groups_of(app).group(group.id, owner).code == group.code
    trainer.post(f"/t/groups/{group.id}/renew")
    renewed = groups_of(app).group(group.id, owner).code
    assert renewed != group.code
    assert stranger.get(f"/join/{group.code}").status_code == 404
    assert "Join Team Kestrel" in stranger.get(f"/join/{renewed}").text


def test_the_projector_shows_the_address_and_the_code_and_nobodys_name(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    joined(app, group, "Ada Lovelace")
    page = trainer.get(f"/t/groups/{group.id}/code").text
    assert "localhost/join" in page
    assert spelled(group.code) in page
    assert "1 joined so far." in page
    assert "Ada" not in page


def test_a_member_gets_another_name_and_labels(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    _, ada = joined(app, group, "Ada")
    joined(app, group, "Ben", ("afternoon",))
    address = f"/t/groups/{group.id}/members/{ada.id}"
    assert "In use: afternoon." in trainer.get(address).text
    trainer.post(address, {"name": "Ada L.", "labels": " Morning, extra  time,, MORNING "})
    [changed, _] = groups_of(app).members(group.id)
    assert (changed.name, changed.labels) == ("Ada L.", ("morning", "extra time"))
    assert 'value="morning, extra time"' in trainer.get(address).text
    bad = {
        "labels": ["x" * 31, "a\u202eb", ",".join(map(str, range(11)))],
        "name": list(REFUSED),
    }
    for field, values in bad.items():
        for value in values:
            refused = trainer.post(address, {"name": "Ada", "labels": "kept"} | {field: value})
            assert refused.status_code == 422
            assert f'href="#{field}"' in refused.text
            assert 'value="kept"' in refused.text or field == "labels"
    assert groups_of(app).members(group.id)[0] == changed


def test_a_member_is_removed_once_that_is_said_twice_and_may_come_back(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    person, ada = joined(app, group, "Ada")
    address = f"/t/groups/{group.id}/members/{ada.id}/remove"
    assert "Remove Ada?" in trainer.get(address).text
    assert members(app, group) == ["Ada"]
    trainer.post(address)
    assert trainer.at == f"/t/groups/{group.id}"
    assert members(app, group) == []
    assert trainer.get(address).status_code == 404
    person.post(f"/join/{group.code}", {"name": "Ada"})
    assert members(app, group) == ["Ada"]


def test_every_post_of_these_pages_answers_with_a_way_to_get_the_page_again(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    person, ada = joined(app, group, "Ada")
    posts = [
        (trainer, "/t/", {"name": "New"}),
        (trainer, f"/t/groups/{group.id}", {"name": "Newer"}),
        (trainer, f"/t/groups/{group.id}/members/{ada.id}", {"name": "Ada B."}),
        (person, "/join", {"code": group.code}),
        (person, f"/join/{group.code}", {"name": "Ada"}),
        (person, f"/joined/{group.id}", {"name": "Ada C."}),
        (person, f"/joined/{group.id}/leave", {}),
        (trainer, f"/t/groups/{group.id}/renew", {}),
    ]
    for who, path, form in posts:
        assert who.client.post(path, data=form).status_code == 303, path


# -- whose it is


def group_paths(app: Flask, group: Group, member: Member) -> list[tuple[str, str]]:
    """Each method and path of the pages of one group."""
    found = []
    for rule in app.url_map.iter_rules():
        if "group_id" in rule.arguments:
            path = rule.rule.replace("<uuid:group_id>", group.id).replace("<uuid:member_id>", member.id)
            found += [(method, path) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]
    return found


def test_nobody_else_finds_a_group_and_nothing_in_it_changes(
    app: Flask, learner: Person, stranger: Person
) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    person, ada = joined(app, group, "Ada", ("slow",))
    rival, rival_id = somebody(app, "Rival", "trainer")
    theirs, plain = new_group(app, rival_id), somebody(app, "Plain")[0]
    learner.start()
    before = (groups_of(app).group(group.id, owner), groups_of(app).members(group.id))
    form = {"name": "Taken", "labels": "x", "do": "close", "sure": "1"}
    paths = group_paths(app, group, ada)
    assert len(paths) >= 12
    for method, path in paths:
        outsiders = [rival, plain, learner, stranger]
        outsiders += [person] if path.startswith("/t/") else []
        for who in outsiders:
            answer = who.client.open(path, method=method, data=form)
            nobodys = who.client.open(path.replace(group.id, NOBODY), method=method, data=form)
            assert answer.status_code == nobodys.status_code == 404, (method, path)
            assert settled(answer).replace(group.id, NOBODY) == settled(nobodys)
    for method in ("GET", "POST"):
        for path in (
            f"/t/groups/{theirs.id}/members/{ada.id}",
            f"/t/groups/{theirs.id}/members/{ada.id}/remove",
        ):
            assert rival.client.open(path, method=method, data=form).status_code == 404
    for who in (plain, learner, stranger, person):
        assert who.client.get("/t/").status_code == who.client.post("/t/", data=form).status_code == 404
    assert (groups_of(app).group(group.id, owner), groups_of(app).members(group.id)) == before
    assert group.id not in rival.get("/t/").text


def test_pages_of_groups_serve_trainers_alone() -> None:
    ours = {name: who for name, who in POLICY.items() if name.startswith("groups.")}
    assert set(ours.values()) == {Who.TRAINER}


# -- joining


def test_a_stranger_joins_by_link_under_a_name_and_needs_no_account(app: Flask, stranger: Person) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    give(app, group)
    page = stranger.get(f"/join/{group.code}")
    assert "<h1>Join Team Kestrel</h1>" in page.text
    assert "The trainer is Mona Keller." in page.text
    joined_page = stranger.post(f"/join/{group.code}", {"name": " Ada  L. "})
    assert stranger.at == "/assigned"
    assert PAPER.title in joined_page.text
    assert "You are Ada L. here." in joined_page.text
    assert members(app, group) == ["Ada L."]


def test_an_account_joins_under_its_own_name_unless_it_types_another(app: Flask) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    ben, _ = somebody(app, "Ben Ortega")
    assert 'value="Ben Ortega"' in ben.get(f"/join/{group.code}").text
    ben.post(f"/join/{group.code}", {"name": "Ben O."})
    assert members(app, group) == ["Ben O."]


def test_joining_twice_changes_nothing(app: Flask, stranger: Person) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    for name in ("Ada", "Eve", "Ada"):
        stranger.get(f"/join/{group.code}")
        stranger.post(f"/join/{group.code}", {"name": name})
        assert stranger.at == "/assigned"
        assert members(app, group) == ["Ada"]
    page = stranger.get(f"/join/{group.code}").text
    assert "You are in Team Kestrel" in page
    assert "<b>Ada</b>" in page


@pytest.mark.parametrize("twin", ["Ada", "ADA", "ａｄａ"])
def test_of_two_members_with_one_name_the_second_is_asked_to_add_something(
    app: Flask, stranger: Person, twin: str
) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    joined(app, group, "Ada")
    stranger.get(f"/join/{group.code}")
    asked = stranger.post(f"/join/{group.code}", {"name": twin})
    assert asked.status_code == 422
    assert f"Somebody in this group is called {twin} already." in asked.text
    assert f'name="shared" value="{twin}"' in asked.text
    assert members(app, group) == ["Ada"]
    stranger.post(f"/join/{group.code}", {"name": twin, "shared": twin})
    assert sorted(members(app, group)) == sorted(["Ada", twin])


def test_a_trainer_sees_whose_names_are_the_same(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    for name in ("Élodie", "élodie", "Zoë"):
        joined(app, group, name)
    assert trainer.get(f"/t/groups/{group.id}").text.count("same name twice") == 2


def test_hostile_names_are_shown_as_they_are_or_refused(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    for name in (*HOSTILE, *REFUSED):
        person = Person(app.test_client())
        person.get(f"/join/{group.code}")
        answer = person.post(f"/join/{group.code}", {"name": name})
        assert answer.status_code == (422 if name in REFUSED or "\u200d" in name else 200), ascii(name[:20])
        assert "<script>alert" not in answer.text
    for page in (trainer.get(f"/t/groups/{group.id}"), trainer.post("/t/", {"name": HOSTILE[0]})):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
    assert "{{ 7 * 7 }}" in trainer.get(f"/t/groups/{group.id}").text


def test_a_code_is_found_however_it_is_typed(app: Flask, stranger: Person) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    code = group.code
    typed = [code, code.lower(), spelled(code), f"  {spelled(code).lower()} ", " ".join(code)]
    typed += [f"http://localhost/join/{code}", f"localhost/join/{code}/"]
    for each in typed:
        assert "Join Team Kestrel" in stranger.post("/join", {"code": each}).text, each
        assert stranger.at == f"/join/{code}"
    assert "Join Team Kestrel" in stranger.get(f"/join/{spelled(code).lower()}").text


def test_the_code_of_an_assignment_leads_to_the_assignment(app: Flask, stranger: Person) -> None:
    _, owner = mona(app)
    assignment = give(app, new_group(app, owner))
    for answer in (
        stranger.client.post("/join", data={"code": spelled(assignment.code).lower()}),
        stranger.client.get(f"/join/{assignment.code}"),
    ):
        assert answer.status_code == 303
        assert answer.location == f"/a/{assignment.code}"


def test_a_code_that_nobody_has_is_told_and_stays_in_the_field(stranger: Person) -> None:
    for typed, said in [
        ("ABCDE-FGHJK", "No group or assignment has this code."),
        ("<b>nope</b>" * 400, "No group or assignment has this code."),
        ("", "Write the code that your trainer gave you."),
        (" - ", "Write the code that your trainer gave you."),
    ]:
        answer = stranger.post("/join", {"code": typed})
        assert answer.status_code == 422
        assert said in answer.text
        assert "<b>nope" not in answer.text
    assert 'value="ABCDE-FGHJK"' in stranger.post("/join", {"code": "ABCDE-FGHJK"}).text
    wrong = stranger.get("/join/ABCDE-FGHJK")
    assert wrong.status_code == 404
    assert "No group or assignment has this code." in wrong.text


def test_a_browser_without_cookies_is_told_what_to_do(app: Flask) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    person = Person(app.test_client(use_cookies=False))
    answer = person.post(f"/join/{group.code}", {"name": "Ada"})
    assert answer.status_code == 400
    assert "did not keep the cookie" in answer.text
    assert members(app, group) == []


@pytest.mark.bulk
def test_forty_guests_behind_one_address_join_and_answer_without_a_refusal(app: Flask) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    assignment = give(app, group)
    room = [Person(app.test_client()) for _ in range(40)]
    for number, person in enumerate(room):
        assert person.get("/join").status_code == 200
        assert person.post("/join", {"code": "WRONG-WRONG"}).status_code == 422
        assert person.post("/join", {"code": group.code}).status_code == 200
        answer = person.post(f"/join/{group.code}", {"name": f"Learner {number}"})
        assert answer.status_code == 200
        assert person.at == "/assigned"
    found = groups_of(app).members(group.id)
    assert len({each.learner for each in found}) == len(found) == 40
    for person in room:
        page = person.post(f"/a/{assignment.code}")
        for _ in assignment.paper.parts:
            assert page.status_code == 200
            told = person.answer(page, unsure="1")
            assert told.status_code == 200
            page = person.get(f"{person.at.rpartition('/')[0]}/{int(person.at.rpartition('/')[2]) + 1}")
    assert len(groups_of(app).last_attempts(group.id)) == 40
    for person in room[:3]:
        assert "1 attempt finished" in person.get("/assigned").text


# -- what is assigned


def test_who_is_in_no_group_is_told_how_to_get_into_one(learner: Person, stranger: Person) -> None:
    learner.start()
    for person in (learner, stranger):
        page = person.get("/assigned")
        assert page.status_code == 200
        assert "You are in no group yet." in page.text
        assert 'name="code"' in page.text
        assert 'href="/join"' in person.get("/").text
        assert "Assigned:" not in person.get("/").text


def test_the_list_says_how_far_one_is_and_until_when(app: Flask) -> None:
    _, owner = mona(app)
    group, now = new_group(app, owner), datetime.now(UTC)
    person, member = joined(app, group, "Ada")
    later = now + 40 * 24 * HOUR
    fresh = give(app, group, due=later, closes=later + HOUR, zone="Europe/Berlin")
    running = give(app, group, "exam", minutes=42)
    done = give(app, group, attempts=2)
    unopened = give(app, group, opens=later)
    closed = give(app, group, closes=now - HOUR)
    begin(app, running, member.learner, now - timedelta(seconds=30))
    begin(app, done, member.learner, now - timedelta(minutes=2), ended=3)
    page = person.get("/assigned")
    lines = {each.code: line_of(page, each) for each in (fresh, running, done, unopened, closed)}
    assert "Not begun · Due " in lines[fresh.code]
    assert lines[fresh.code].count("(Europe/Berlin)") == 2
    assert ">Start</a>" in lines[fresh.code]
    assert "Running, 41 minutes left" in lines[running.code]
    assert ">Continue</a>" in lines[running.code]
    assert "1 of 2 attempts finished" in lines[done.code]
    assert '<b class="num">100%</b>' in lines[done.code]
    assert ">Start again</a>" in lines[done.code]
    assert "Opens " in lines[unopened.code]
    assert "btn" not in lines[unopened.code]
    assert "Closed " in lines[closed.code]
    assert "btn" not in lines[closed.code]
    order = [page.text.index(each.code) for each in (running, fresh, done, unopened, closed)]
    assert order == sorted(order)


def line_of(page: TestResponse, assignment: Assignment) -> str:
    found = [each for each in page.text.split("<li") if f"/a/{assignment.code}" in each]
    assert len(found) == 1
    return found[0].partition("</li>")[0]


def test_a_result_is_shown_only_once_its_mark_may_be(app: Flask) -> None:
    _, owner = mona(app)
    group, now = new_group(app, owner), datetime.now(UTC)
    person, member = joined(app, group, "Ada")
    kept_back = give(app, group, "exam", closes=now + HOUR)
    told = give(app, group, "test")
    ended = give(app, group, "exam", closes=now + HOUR)
    for each in (kept_back, told, ended):
        begin(app, each, member.learner, now - timedelta(minutes=2), ended=2)
    rules = ended.rules
    assignments_of(app).change(
        ended.id,
        owner,
        title=ended.title,
        paper=ended.paper,
        rules=Rules(**vars(rules) | {"closes": now - timedelta(minutes=1), "closed": ALL}),
    )
    page = person.get("/assigned")
    assert "Result" not in line_of(page, kept_back)
    assert '<b class="num">67%</b>' in line_of(page, told)
    assert '<b class="num">67%</b>' in line_of(page, ended)


def test_who_has_more_time_reads_their_own_times(app: Flask) -> None:
    _, owner = mona(app)
    group, now = new_group(app, owner), datetime.now(UTC)
    slow, _ = joined(app, group, "Ada", ("slow",))
    single, member = joined(app, group, "Ben")
    other, _ = joined(app, group, "Cleo")
    assignment = give(app, group, closes=now - HOUR)
    more, most = (Override(closes=datetime(year, 1, 1, tzinfo=UTC)) for year in (2098, 2099))
    assignments_of(app).set_override(assignment.id, owner, "label slow", more)
    assignments_of(app).set_override(assignment.id, owner, f"member {member.id}", most)
    assignments_of(app).set_override(assignment.id, owner, f"member {NOBODY}", most)
    assert "Closes Wed 1 Jan 2098" in line_of(slow.get("/assigned"), assignment)
    assert "Closes Thu 1 Jan 2099" in line_of(single.get("/assigned"), assignment)
    assert (
        "Closed today" in (line := line_of(other.get("/assigned"), assignment)) or "Closed yesterday" in line
    )
    assert "Assigned: " in slow.get("/").text
    assert "Assigned: " not in other.get("/").text


def test_the_first_page_leads_to_the_most_urgent_of_what_is_assigned(app: Flask, stranger: Person) -> None:
    _, owner = mona(app)
    group, now = new_group(app, owner), datetime.now(UTC)
    person, member = joined(app, group, "Ada")
    assert "Assigned:" not in person.get("/").text
    calm, urgent = give(app, group), give(app, group, due=now + HOUR)
    give(app, group, due=now + 5 * HOUR)
    give(app, group, opens=now + HOUR, due=now + 2 * HOUR)
    give(app, group, closes=now - HOUR)
    assert card_of(person) == f"/a/{urgent.code}"
    begin(app, calm, member.learner, now)
    assert card_of(person) == f"/a/{calm.code}"
    home = person.get("/").text
    assert ">Continue</span>" in home
    assert home.count("data-continue") == 1  # and not once more as a set that waits
    assert "Assigned:" not in stranger.get("/").text


def test_the_first_page_asks_the_database_once_more_for_members_at_most(
    app: Flask, learner: Person, stranger: Person
) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    give(app, group)
    person, _ = joined(app, group, "Ada")
    learner.start()
    asked: list[str] = []
    engine = app.extensions["store"].database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    for who, times in ((stranger, 0), (learner, 1), (person, 1)):
        asked.clear()
        who.get("/")
        assert len([each for each in asked if "FROM assignment JOIN member" in each]) == times


def card_of(person: Person) -> str:
    found = re.search(r'href="(/a/\w+)" data-continue><span><b>Assigned: ', person.get("/").text)
    assert found
    return found[1]


def test_what_is_finished_no_longer_waits_on_the_first_page(app: Flask) -> None:
    _, owner = mona(app)
    group, now = new_group(app, owner), datetime.now(UTC)
    person, member = joined(app, group, "Ada")
    begin(app, give(app, group), member.learner, now - timedelta(minutes=2), ended=3)
    assert "Assigned:" not in person.get("/").text
    assert ">Start again</a>" in person.get("/assigned").text


def test_one_changes_the_own_name_and_leaves_the_group(app: Flask) -> None:
    trainer, owner = mona(app)
    group = new_group(app, owner)
    person, _ = joined(app, group, "Ada", ("slow",))
    joined(app, group, "Ben")
    address = f"/joined/{group.id}"
    for name in REFUSED:
        assert person.post(address, {"name": name}).status_code == 422
    person.post(address, {"name": "Ada Lovelace"})
    assert person.at == "/assigned"
    assert members(app, group) == ["Ada Lovelace", "Ben"]
    assert groups_of(app).members(group.id)[0].labels == ("slow",)
    assert "Leave Team Kestrel?" in person.get(f"{address}/leave").text
    assert members(app, group) == ["Ada Lovelace", "Ben"]
    person.post(f"{address}/leave")
    assert members(app, group) == ["Ben"]
    assert person.get(address).status_code == 404
    assert person.post(f"{address}/leave").status_code == 404
    assert "Ada Lovelace" not in trainer.get(f"/t/groups/{group.id}").text


def test_pages_of_groups_hold_no_inline_code_or_style(app: Flask, stranger: Person) -> None:
    trainer, owner = mona(app)
    empty = trainer.get("/t/")
    group = new_group(app, owner)
    person, ada = joined(app, group, "Ada")
    give(app, group)
    base = f"/t/groups/{group.id}"
    paths = ["/t/", base, f"{base}/code", f"{base}/renew", f"{base}/members/{ada.id}"]
    pages = [empty, *map(trainer.get, [*paths, f"{base}/members/{ada.id}/remove"])]
    pages += map(person.get, ["/assigned", f"/joined/{group.id}", f"/joined/{group.id}/leave", "/account"])
    pages += map(stranger.get, ["/join", f"/join/{group.code}", "/join/NOPE", "/assigned"])
    for page in pages:
        assert page.status_code == (404 if page.request.path == "/join/NOPE" else 200)
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page.text)
        assert page.text.count("<h1") == 1


# -- names and labels


@given(st.text(max_size=80))
def test_a_name_that_was_read_can_be_seen_and_is_read_as_itself(text: str) -> None:
    try:
        name = read_name(text)
    except ValueError:
        return
    assert 0 < len(name) <= 60
    assert name.isprintable()
    assert read_name(name) == name
    assert read_name(f"  {name}\t") == name


@given(st.lists(st.text("aAbBéÉß ", max_size=8), max_size=9))
def test_labels_that_were_read_are_read_as_themselves(texts: list[str]) -> None:
    labels = read_labels(",".join(texts))
    assert len(set(labels)) == len(labels)
    assert read_labels(", ".join(labels)) == labels
    assert set(labels) == {" ".join(each.lower().split()) for each in texts} - {""}


def test_a_name_with_a_full_stop_ends_its_sentence_once(app: Flask) -> None:
    _, owner = mona(app)
    group = new_group(app, owner)
    ann, _ = joined(app, group, "Ann B.")
    page = re.sub(r"<[^>]+>", "", ann.get(f"/join/{group.code}").text)
    assert "Your name there is Ann B. The trainer is Mona Keller." in page
