"""A trainer assigns: quizzes to choose and to build, rules, overrides, previews, and who may do it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from quizapp import learn
from quizapp.learn import ALL, OWN, PRESETS, Override, Paper, Part, Rules, Sight
from quizapp.store import Assignment, Assignments, Group, Groups, HasAttempts, Kept, Missing, Store
from quizapp.web.access import POLICY, Who
from quizapp.web.beginning import maker
from quizapp.web.guests import new_id
from quizapp.web.trainer import drafting, ruling, wording
from tests.classroom import PAPER, QUESTIONS, give, joined, new_group, somebody
from tests.conftest import FIELD, Person, settled
from tests.learn.logs import BANK
from tests.web.tight import looseness

NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
GONE = "coroutines/retired-meanwhile"


@pytest.fixture
def mona(app: Flask) -> tuple[Person, str]:
    """A trainer who has just come, and her learner id."""
    return somebody(app, "Mona Keller", "trainer")


def kept(app: Flask) -> Assignments:
    found: Assignments = app.extensions["assignments"]
    return found


def own(app: Flask, owner: str) -> tuple[Assignment, ...]:
    return kept(app).of_owner(owner, most=50)


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page."""
    return {name: unescape(value) for name, value in FIELD.findall(page.text)}


def said(page: TestResponse) -> str:
    """The words of the page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def ends_of(assignment: Assignment) -> datetime:
    assert assignment.ends
    return assignment.ends


def begin(app: Flask, assignment: Assignment, learner_id: str) -> str:
    moment = datetime.now(UTC)
    with app.test_request_context():
        return kept(app).begin(assignment.id, learner_id, moment, maker(assignment, learner_id, moment, {}))


# -- a new assignment


def test_a_ready_made_quiz_is_assigned_by_one_button_and_its_link_comes_next(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    page = trainer.get("/t/assignments/new")
    assert page.status_code == 200
    form = fields(page) | {"group_name": "My group", "preset": "test", "zone": "Europe/Berlin"}
    linked = trainer.post("/t/assignments/new", form | {"quiz": "topic coroutines"})
    (assignment,) = own(app, owner)
    groups: Groups = app.extensions["groups"]
    (group,) = groups.of_owner(owner)
    assert trainer.at == f"/t/assignments/{assignment.id}/link"
    assert (group.name, assignment.group, assignment.title) == ("My group", group.id, "Coroutines")
    assert assignment.rules == replace(PRESETS["test"], zone="Europe/Berlin")
    assert assignment.paper.size == 10
    assert f'value="http://localhost/a/{assignment.code}"' in linked.text
    assert f"{assignment.code[:5]}-{assignment.code[5:]}" in linked.text
    assert re.search(r'class="btn primary" data-copies="#link" autofocus hidden>Copy link<', linked.text)
    for question_id in (part.question for part in assignment.paper.parts):
        assert drafting.title_of(BANK[question_id]) in said(linked)


def test_every_ready_made_quiz_of_the_page_can_be_assigned_and_is_the_same_each_time(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    values = re.findall(r'name="quiz" value="([^"]+)"', trainer.get("/t/assignments/new").text)
    assert {"basics", "everything", "topic coroutines"} <= set(values)
    closed = {topic.id: [each for each in topic.questions if not each.rated] for topic in BANK.topics}
    enough = {f"topic {topic}" for topic, questions in closed.items() if len(questions) >= 10}
    assert set(values) == enough | {"basics", "everything"}
    for value in ("basics", "everything", "topic coroutines") * 2:
        form = {"form": new_id(), "group": group.id, "preset": "practice", "quiz": value}
        assert trainer.post("/t/assignments/new", form).status_code == 200
    papers = [each.paper for each in own(app, owner)]
    assert len(papers) == 6
    assert len(set(papers)) == 3
    basics = next(paper for paper in papers if paper.title.startswith("The basics"))
    assert {BANK[part.question].level for part in basics.parts} == {"beginner"}


def test_a_form_sent_twenty_times_at_once_makes_one_assignment_and_one_group(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    cookie = trainer.client.get_cookie("quizapp")
    assert cookie
    form = {"form": new_id(), "group_name": "My group", "preset": "practice", "quiz": "basics"}

    def send(_: int) -> tuple[int, str]:
        client = app.test_client()
        client.set_cookie("quizapp", cookie.value)
        response = client.post("/t/assignments/new", data=form)
        return response.status_code, response.location

    with ThreadPoolExecutor(20) as threads:
        answers = set(threads.map(send, range(20)))
    groups: Groups = app.extensions["groups"]
    assert len(own(app, owner)) == len(groups.of_owner(owner)) == 1
    assert answers == {(303, f"/t/assignments/{own(app, owner)[0].id}/link")}
    assert send(0) in answers
    group = groups.of_owner(owner)[0].id
    trainer.post("/t/assignments/new", form | {"quiz": "everything", "group": group})
    assert len(own(app, owner)) == 2  # the same page, and another choice


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ({"quiz": ""}, "Choose a quiz"),
        ({"group_name": " "}, "Write a name."),
        ({"group_name": "x" * 61}, "at most 60 characters"),
        ({"group_name": "a\u202eb"}, "none that can’t be seen"),
    ],
)
def test_what_is_wrong_with_a_new_assignment_is_said_and_what_was_typed_stays(
    app: Flask, mona: tuple[Person, str], typed: dict[str, str], text: str
) -> None:
    trainer, owner = mona
    form = {"form": NOBODY, "group_name": "Kestrel", "preset": "exam", "quiz": "basics"} | typed
    page = trainer.post("/t/assignments/new", form)
    assert page.status_code == 422
    assert text in said(page)
    assert "<title>Error: " in page.text
    assert f'value="{form["group_name"]}"' in page.text
    assert 'value="exam" checked' in page.text
    assert fields(page)["form"] == NOBODY
    assert not own(app, owner)


def test_a_group_or_a_quiz_of_somebody_else_is_not_found(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    mine = new_group(app, owner)
    _, other = somebody(app, "Ned Other", "trainer")
    theirs = new_group(app, other)
    paper = Kept(new_id(), other, PAPER, NOON)
    kept(app).add_paper(paper)
    assignment = give(app, theirs)
    form = {"form": new_id(), "preset": "practice", "quiz": "basics", "group": mine.id}
    for typed in ({"group": theirs.id}, {"quiz": paper.id}, {"quiz": assignment.id}, {"quiz": "nonsense"}):
        assert trainer.post("/t/assignments/new", form | typed).status_code == 404
    for start in (paper.id, assignment.id, "nonsense"):
        assert trainer.get(f"/t/quizzes/new?from={start}").status_code == 404
    assert not own(app, owner)
    assert len(own(app, other)) == 1


# -- the list


def test_the_list_tells_of_each_assignment_how_it_stands(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    assert "Give your first quiz" in trainer.get("/t/assignments").text
    group, second = new_group(app, owner), new_group(app, owner, "Team Heron")
    people = [joined(app, group, name)[1] for name in ("Ann", "Ben", "Chen")]
    day, now = timedelta(days=30), datetime.now(UTC)
    one_question = Paper("Open", (Part(question=QUESTIONS[0]),))
    running = give(app, group, paper=one_question)
    give(app, group, paper=Paper("Closed", PAPER.parts), closes=now - day)
    give(app, second, paper=Paper("Later", PAPER.parts), opens=now + day)
    give(app, second, paper=Paper("Until", PAPER.parts), closes=now + day)
    store: Store = app.extensions["store"]
    for member in people[:2]:
        begin(app, running, member.learner)
    attempt = store.attempt(begin(app, running, people[0].learner), people[0].learner)
    asked = [BANK[QUESTIONS[0]]]
    store.finish(attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=now))
    page = said(trainer.get("/t/assignments"))
    assert "Open Team Kestrel · open until you close it 1 of 3 finished, 1 answering" in page
    assert re.search(r"Closed Team Kestrel · closed since .* 0 of 3 finished", page)
    assert re.search(r"Later Team Heron · opens .* \(UTC\) 0 of 0 finished", page)
    assert re.search(r"Until Team Heron · open until .* \(UTC\) 0 of 0 finished", page)
    only = said(trainer.get(f"/t/assignments?group={second.id}"))
    assert "Later" in only
    assert "Closed" not in only
    nobodys = trainer.get(f"/t/assignments?group={NOBODY}")
    assert "Nothing is assigned to this group yet" in nobodys.text


# -- rules


FORM = {
    "title": "Asyncio basics",
    "behaviour": "exam",
    "order": "one-way",
    "shuffle": "1",
    "zone": "Europe/Berlin",
    "opens": "2036-12-01T09:00",
    "due": "2036-12-04T18:00",
    "closes": "2036-12-05T18:00",
    "late": "50",
    "minutes": "30",
    "grace": "20",
    "attempts": "2",
    "counts": "mean",
    "during": ["answer"],
    "after": ["answer", "mark"],
    "closed": ["answer", "mark", "reason", "key"],
}
MEANT = Rules(
    behaviour="exam",
    order="one-way",
    shuffle=True,
    opens=datetime(2036, 12, 1, 8, tzinfo=UTC),
    due=datetime(2036, 12, 4, 17, tzinfo=UTC),
    closes=datetime(2036, 12, 5, 17, tzinfo=UTC),
    zone="Europe/Berlin",
    minutes=30,
    grace=20,
    attempts=2,
    counts="mean",
    late=50,
    during=OWN,
    after=Sight(answer=True, mark=True),
    closed=ALL,
)


def test_all_rules_are_kept_as_they_were_typed_and_shown_again(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    assignment = give(app, new_group(app, owner))
    path = f"/t/assignments/{assignment.id}/rules"
    page = trainer.post(path, FORM | {"title": "  Another   title "})
    assert page.status_code == 200
    assert "The rules are kept" in page.text
    found = own(app, owner)[0]
    assert (found.title, found.rules) == ("Another title", MEANT)
    for name in ("opens", "due", "closes", "late", "minutes", "grace", "attempts", "zone"):
        assert re.search(rf'name="{name}"[^>]* value="{FORM[name]}"', page.text), name
    again = trainer.post(path, FORM)
    assert own(app, owner)[0].rules == MEANT
    words = said(again)
    assert "It is due Thu 4 Dec 2036, 18:00 (Europe/Berlin). What comes later counts 50%." in words
    assert "2 attempts: their mean counts." in words
    assert "An attempt takes at most 30 minutes, and 20 seconds of grace." in words
    assert "Once they finish, they see their answers and the marks." in words
    assert "they see their answers, the marks, the reasons and the right answers." in words


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({"title": ""}, "title", "Write a title."),
        ({"title": "x" * 121}, "title", "at most 120 characters"),
        ({"zone": "Mars/Base"}, "zone", "Choose a time zone"),
        ({"behaviour": "quiz"}, "behaviour", "Choose one of these."),
        ({"order": ""}, "order", "Choose one of these."),
        ({"counts": "worst"}, "counts", "Choose one of these."),
        ({"opens": "soon"}, "opens", "Write a date and a time"),
        ({"opens": "2036-12-04T18:00"}, "due", "due before it opens"),
        ({"closes": "2036-12-04T17:59"}, "due", "due after it closes"),
        ({"due": "", "late": "100", "closes": "2036-12-01T09:00"}, "closes", "closes before it opens"),
        ({"closes": "2027-03-28T02:30"}, "closes", "does not exist in Europe/Berlin"),
        ({"due": ""}, "late", "Nothing is late without a due date"),
        ({"late": "101"}, "late", "from 0 to 100"),
        ({"minutes": "0"}, "minutes", "from 1 to 1440"),
        ({"minutes": "1.5"}, "minutes", "whole number"),
        ({"minutes": "\u0663"}, "minutes", "whole number"),
        ({"grace": "-1"}, "grace", "from 0 to 3600"),
        ({"attempts": "many"}, "attempts", "from 0 to 100"),
        ({"during": ["answer", "mark"]}, "during", "An exam tells no mark"),
        ({"after": ["key"]}, "after", "Tick “own answer” in this row, too."),
        ({"closed": ["answer", "reason"]}, "closed", "Tick “mark” in this row, too."),
    ],
)
def test_wrong_rules_are_told_at_their_field(typed: dict[str, Any], field: str, text: str) -> None:
    form: ruling.Form = MultiDict(FORM | typed)
    faults = ruling.read_rules(form, Rules()).faults
    assert text in faults[field]
    assert list(faults) == [field]


def test_wrong_rules_change_nothing_and_stay_typed(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    assignment = give(app, new_group(app, owner))
    typed = FORM | {"zone": "Mars/Base", "minutes": "half an hour", "during": ["answer", "key"]}
    page = trainer.post(f"/t/assignments/{assignment.id}/rules", typed)
    assert page.status_code == 422
    assert own(app, owner) == (assignment,)
    assert 'value="Mars/Base"' in page.text
    assert 'value="half an hour"' in page.text
    assert 'name="during" value="key" checked' in page.text
    assert 'name="during" value="mark" aria' in page.text
    for field in ("zone", "minutes", "during"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text


def test_of_an_hour_that_comes_twice_the_first_is_meant_and_the_second_is_not_lost(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    second = first + timedelta(hours=1, microseconds=7)
    base = replace(MEANT, opens=None, due=None, late=100)
    form = ruling.filled("Title", replace(base, closes=first))
    assert form["closes"] == "2026-10-25T02:30"
    assert ruling.read_rules(form, Rules()).rules.closes == first
    was = replace(base, closes=second)
    assert ruling.read_rules(ruling.filled("Title", was), was).rules == was
    assignment = give(app, new_group(app, owner), was)
    other = ruling.filled("Title", was)
    other["zone"] = "UTC"
    trainer.post(f"/t/assignments/{assignment.id}/rules", other)
    assert own(app, owner)[0].rules.closes == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


MOMENTS = st.integers(0, 100 * 365 * 86_400_000_000).map(
    lambda microseconds: datetime(2001, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
)


@given(
    st.lists(MOMENTS, min_size=3, max_size=3, unique=True),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]),
    st.sampled_from(sorted(PRESETS)),
    st.sampled_from([None, 1, 90]),
    st.integers(0, 100),
)
def test_a_form_says_the_rules_it_was_filled_with(
    moments: list[datetime], zone: str, preset: str, minutes: int | None, attempts: int
) -> None:
    opens, due, closes = sorted(moments)
    rules = replace(
        PRESETS[preset], opens=opens, due=due, closes=closes, zone=zone, minutes=minutes, attempts=attempts
    )
    read = ruling.read_rules(ruling.filled("Title", rules), rules)
    assert (read.title, read.rules, read.faults) == ("Title", rules, {})


def test_a_preset_fills_the_form_keeps_what_else_was_typed_and_saves_nothing(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    assignment = give(app, new_group(app, owner))
    path = f"/t/assignments/{assignment.id}/rules"
    for name, preset in PRESETS.items():
        page = trainer.client.get(path, query_string=MultiDict(FORM | {"preset": name}))
        assert page.status_code == 200
        assert 'value="2036-12-05T18:00"' in page.text
        assert "This is not kept yet." in page.text
        form = ruling.with_preset(MultiDict(FORM), name)
        read = ruling.read_rules(form, Rules())
        assert not read.faults
        assert read.rules == replace(
            preset,
            **{each: getattr(MEANT, each) for each in ("opens", "due", "closes", "late", "minutes", "grace")},
            zone=MEANT.zone,
        )
        for words in wording.in_words(read.rules, datetime.now(UTC)):
            assert words in said(page)
    assert own(app, owner) == (assignment,)


def test_closing_and_opening_now_is_one_button_each(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    now, day = datetime.now(UTC), timedelta(days=1)
    assignment = give(app, new_group(app, owner), opens=now - day, due=now + day, closes=now + 2 * day)
    path = f"/t/assignments/{assignment.id}/switch"
    page = trainer.post(path, {"do": "close"})
    found = own(app, owner)[0]
    assert found.rules.due == found.rules.closes
    assert found.rules.closes
    assert now <= found.rules.closes <= datetime.now(UTC)
    assert "Open now" in page.text
    assert "Close now" not in page.text
    page = trainer.post(path, {"do": "open"})
    found = own(app, owner)[0]
    assert (found.rules.due, found.rules.closes, found.ends) == (None, None, None)
    assert "Close now" in page.text
    early = give(app, new_group(app, owner), opens=now + day, closes=now + 2 * day)
    trainer.post(f"/t/assignments/{early.id}/switch", {"do": "open"})
    found = kept(app).assignment(early.id, owner)
    assert (found.rules.opens, found.rules.closes) == (None, now + 2 * day)
    for do in ("close", "open"):  # what these buttons leave can be saved as it stands
        trainer.post(f"/t/assignments/{early.id}/switch", {"do": do})
        rules = kept(app).assignment(early.id, owner).rules
        assert not ruling.read_rules(ruling.filled("Title", rules), rules).faults


def test_who_changes_rules_while_learners_answer_is_told_what_keeps_its_terms(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    assignment = give(app, group, minutes=30)
    path = f"/t/assignments/{assignment.id}/rules"
    assert "answering now" not in trainer.get(path).text
    _, member = joined(app, group, "Ann")
    attempt_id = begin(app, assignment, member.learner)
    assert "1 learner is answering now" in trainer.get(path).text
    trainer.post(path, FORM | {"minutes": "5"})
    store: Store = app.extensions["store"]
    attempt = store.attempt(attempt_id, member.learner)
    assert attempt.terms
    assert attempt.terms.deadline == attempt.started + timedelta(minutes=30)


def test_it_may_be_due_when_it_closes() -> None:
    form: ruling.Form = MultiDict(FORM | {"due": FORM["closes"]})
    assert not ruling.read_rules(form, Rules()).faults


def test_words_say_what_is_shown_after_the_end_even_where_it_is_as_little_as_before() -> None:
    words = wording.in_words(PRESETS["exam"], NOON)
    assert "Nothing is told before the end." in words
    assert "Once they finish, they see their answers." in words
    assert "Once you close it, they see their answers, the marks, the reasons and the right answers." in words
    told = [each for each in wording.in_words(PRESETS["practice"], NOON) if "see" in each]
    assert len(told) == 1


# -- overrides


def test_overrides_for_a_person_and_for_a_label_are_set_changed_and_removed(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    assignment = give(app, group, MEANT)
    path = f"/t/assignments/{assignment.id}/overrides"
    assert "Nobody has joined yet" in trainer.get(path).text
    ann, ben = (joined(app, group, name, labels)[1] for name, labels in (("Ann", ["slow"]), ("Ben", [])))
    trainer.post(path, {"whom": "label slow", "extra_time": "50"})
    page = trainer.post(
        path,
        {
            "whom": f"member {ben.id}",
            "closes": "2036-12-07T18:00",
            "due": "2036-12-06T18:00",
            "attempts": "0",
        },
    )
    assert page.status_code == 200
    words = said(page)
    assert "all with the label “slow” 50% more time: 45 minutes" in words
    assert "Ben due Sat 6 Dec 2036, 18:00 (Europe/Berlin) · closes Sun 7 Dec 2036, 18:00" in words
    assert "any number of attempts" in words
    later = datetime(2036, 12, 7, 17, tzinfo=UTC)
    assert ends_of(own(app, owner)[0]) >= later
    assert kept(app).rules_for(assignment, ben).closes == later
    assert kept(app).rules_for(assignment, ann).extra_time == 50
    assert 'value="2036-12-07T18:00"' in trainer.get(f"{path}?whom=member {ben.id}").text
    trainer.post(path, {"whom": f"member {ben.id}", "attempts": "5"})
    assert kept(app).overrides(assignment.id)[f"member {ben.id}"] == Override(attempts=5)
    trainer.post(path, {"remove": f"member {ben.id}"})
    assert set(kept(app).overrides(assignment.id)) == {"label slow"}
    assert ends_of(own(app, owner)[0]) < later


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        ({}, "extra_time", "Nothing is different yet"),
        ({"extra_time": "1000"}, "extra_time", "from 0 to 900"),
        ({"attempts": "-1"}, "attempts", "from 0 to 100"),
        ({"closes": "2036-12-04T17:00"}, "closes", "due after it closes"),
        ({"due": "2036-12-05T19:00"}, "due", "due after it closes"),
        ({"opens": "2036-12-06T09:00"}, "opens", "closes before it opens"),
        ({"closes": "2027-03-28T02:30"}, "closes", "does not exist in Europe/Berlin"),
    ],
)
def test_a_wrong_override_is_told_at_a_field_that_was_typed(
    typed: dict[str, str], field: str, text: str
) -> None:
    form: ruling.Form = MultiDict(typed)
    assert text in ruling.read_override(form, MEANT, Override()).faults[field]


def test_a_wrong_override_sets_nothing_and_stays_typed(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    assignment = give(app, group, MEANT)
    _, ann = joined(app, group, "Ann")
    _, stranger = joined(app, new_group(app, owner, "Team Heron"), "Zoe")
    path = f"/t/assignments/{assignment.id}/overrides"
    page = trainer.post(path, {"whom": f"member {ann.id}", "extra_time": "a lot"})
    assert page.status_code == 422
    assert 'value="a lot"' in page.text
    assert f'value="member {ann.id}" selected' in page.text
    for whom in ("", f"member {stranger.id}", "label unknown", "nonsense"):
        page = trainer.post(path, {"whom": whom, "extra_time": "50"})
        assert page.status_code == 422
        assert "Choose a person or a label." in page.text
        assert 'value="50"' in page.text
    assert not kept(app).overrides(assignment.id)


# -- building a quiz


def built(page: TestResponse) -> dict[str, Any]:
    """The form of the builder as a browser would send it, but for buttons."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page.text.partition("data-build")[2].partition("</form>")[0]):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, body in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', page.text, re.S):
        chosen = re.search(r'value="([^"]*)" selected', body)
        found[name] = [unescape(chosen[1]) if chosen else ""]
    return found


def test_a_quiz_is_built_step_by_step_kept_and_assigned(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    path = "/t/quizzes/new"
    page = trainer.get(f"{path}?find=what-a-call-returns")
    assert f'name="add" value="{QUESTIONS[1]}"' in page.text
    assert f'name="add" value="{QUESTIONS[0]}"' not in page.text
    page = trainer.post(path, built(page) | {"do": "add", "add": [QUESTIONS[1], "nonsense"], "title": "Mine"})
    page = trainer.post(path, built(page) | {"do": "add", "add": [QUESTIONS[0], QUESTIONS[1]]})
    page = trainer.post(path, built(page) | {"do": "draw"})
    form = built(page)
    assert form["question-0"] == [QUESTIONS[1]]
    assert form["question-1"] == [QUESTIONS[0]]
    assert form["row"] == ["0", "1", "2"]
    form |= {"topic-2": "tasks", "level-2": "beginner", "count-2": "2", "weight-2": "1,5", "weight-0": "4"}
    page = trainer.post(path, form | {"do": "up 1"})
    assert "4 questions, 8 points" in said(page)
    page = trainer.post(path, built(page) | {"place-2": "1", "do": "look"})
    page = trainer.post(path, built(page) | {"do": "save"})
    (paper,) = kept(app).papers(owner)
    draw = Part(topic="tasks", level="beginner", count=2, weight=1.5)
    fixed = (Part(question=QUESTIONS[0]), Part(question=QUESTIONS[1], weight=4))
    assert paper.paper == Paper("Mine", (draw, *fixed))
    assert trainer.at == "/t/assignments/new"
    assert "“Mine” is kept." in page.text
    group = new_group(app, owner)
    form = fields(page) | {"group": group.id, "preset": "practice", "quiz": paper.id}
    trainer.post("/t/assignments/new", form)
    assert own(app, owner)[0].paper == paper.paper


def test_saving_twice_keeps_one_quiz_and_an_edited_one_takes_the_place_of_the_old(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    path = "/t/quizzes/new"
    form = built(trainer.get(f"{path}?from=basics")) | {"do": "save"}
    for _ in range(3):
        trainer.post(path, form)
    (paper,) = kept(app).papers(owner)
    assert paper.paper.size == 10
    form = built(trainer.get(f"{path}?from={paper.id}")) | {"do": "save", "title": "Another"}
    trainer.post(path, form)
    assert [each.paper.title for each in kept(app).papers(owner)] == ["Another"]
    assignment = give(app, new_group(app, owner))
    form = built(trainer.get(f"{path}?from={assignment.id}")) | {"do": "save"}
    trainer.post(path, form)
    assert {each.paper for each in kept(app).papers(owner)} == {
        replace(paper.paper, title="Another"),
        PAPER,
    }
    form |= {"from": next(each.id for each in kept(app).papers(owner) if each.paper == PAPER)}
    trainer.post(path, form)
    newest = next(each for each in kept(app).papers(owner) if each.paper == PAPER)
    asks = trainer.get(f"/t/quizzes/{newest.id}/remove")
    assert "What was assigned of it stays." in said(asks)
    trainer.post(f"/t/quizzes/{newest.id}/remove")
    assert [each.paper.title for each in kept(app).papers(owner)] == ["Another"]
    assert own(app, owner) == (assignment,)


ROW = drafting.Row(question=QUESTIONS[0])
MANY = len([each for each in BANK if each.topic == "tasks" and not each.rated])


@pytest.mark.parametrize(
    ("rows", "field", "text"),
    [
        ([], "find", "Choose at least one question"),
        ([replace(ROW, weight="0")], "weight-0", "Write points from"),
        ([replace(ROW, weight="-1")], "weight-0", "Write points from"),
        ([replace(ROW, weight="nan")], "weight-0", "Write points from"),
        ([replace(ROW, weight="101")], "weight-0", "Write points from"),
        ([ROW, ROW], "weight-1", "in the quiz twice"),
        ([drafting.Row(question=GONE)], "count-0", "no longer in the bank"),
        ([drafting.Row(topic="tasks", count="0")], "count-0", "from 1 to 100"),
        ([drafting.Row(topic="tasks", count="x")], "count-0", "from 1 to 100"),
        ([drafting.Row(topic="tasks", count=str(MANY + 1))], "count-0", f"Only {MANY} questions fit"),
        ([drafting.Row(topic="tasks", count="9"), drafting.Row(topic="tasks", count="9")], "count-1", "Only"),
        ([drafting.Row(topic="unheard-of")], "count-0", "No question is left that fits"),
        ([drafting.Row(concept="unheard-of")], "count-0", "no such concept"),
        (
            [drafting.Row(count="60"), drafting.Row(count="41")],
            "find",
            "at most 100 questions. This one has 101",
        ),
    ],
)
def test_what_is_wrong_with_a_quiz_is_told_at_its_field(
    rows: list[drafting.Row], field: str, text: str
) -> None:
    faults = drafting.checked(drafting.Draft(title="Title", rows=tuple(rows)), BANK).faults
    assert text in faults[field]


def test_a_quiz_with_faults_is_not_kept_and_loses_nothing(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    form: dict[str, Any] = {
        "form": new_id(),
        "do": "save",
        "title": "",
        "row": ["0", "1"],
        "question-0": QUESTIONS[0],
        "weight-0": "much",
        "topic-1": "tasks",
        "count-1": "90",
        "weight-1": "2",
    }
    page = trainer.post("/t/quizzes/new", form)
    assert page.status_code == 422
    for field in ("title", "weight-0", "count-1"):
        assert f'href="#{field}"' in page.text
        assert f'id="{field}"' in page.text
    assert f"Only {MANY} questions fit: ask for fewer." in page.text
    sent = built(page)
    assert sent["weight-0"] == ["much"]
    assert (sent["topic-1"], sent["count-1"]) == (["tasks"], ["90"])
    assert not kept(app).papers(owner)
    nonsense = {"form": "x", "row": ["a", "b", "0"], "place-a": "nan", "do": "up 99", "count-0": "9" * 500}
    assert trainer.post("/t/quizzes/new", nonsense).status_code == 200


@given(st.lists(st.integers(1, 9), max_size=6), st.data())
def test_rows_stand_where_their_numbers_say(weights: list[int], data: st.DataObject) -> None:
    form: drafting.Form = MultiDict()
    for n, weight in enumerate(weights):
        form.add("row", str(n))
        form.update({f"weight-{n}": str(weight), f"place-{n}": str(n + 1)})
    expected = [str(weight) for weight in weights]
    if weights:
        moved = data.draw(st.integers(0, len(weights) - 1))
        to = data.draw(st.integers(1, len(weights)))
        form[f"place-{moved}"] = str(to)
        expected.insert(to - 1, expected.pop(moved))
    assert [row.weight for row in drafting.sent_draft(form).rows] == expected


@given(st.lists(st.builds(drafting.Row, question=st.sampled_from(QUESTIONS)), max_size=5), st.integers(0, 4))
def test_up_undoes_down_and_out_takes_one(rows: list[drafting.Row], at: int) -> None:
    rows = [replace(row, weight=str(n)) for n, row in enumerate(rows)]
    draft = drafting.Draft(rows=tuple(rows))
    down = drafting.act(draft, MultiDict({"do": f"down {at}"}), BANK)
    if at + 1 < len(rows):
        assert down.rows[at + 1] == rows[at]
        assert drafting.act(down, MultiDict({"do": f"up {at + 1}"}), BANK) == draft
    else:
        assert down == draft
    out = drafting.act(draft, MultiDict({"do": f"out {at}"}), BANK)
    assert list(out.rows) == rows[:at] + rows[at + 1 :]


@given(
    st.sampled_from(sorted({"", *(topic.id for topic in BANK.topics)})), st.sampled_from(["", "await", "zzz"])
)
def test_a_search_finds_what_fits_and_nothing_that_is_in_the_quiz(topic: str, words: str) -> None:
    draft = drafting.Draft(rows=(ROW,), topic=topic, find=words)
    found, fitting = drafting.found_in(draft, BANK)
    assert len(found) == min(fitting, drafting.MOST_FOUND)
    assert QUESTIONS[0] not in {each.id for each in found}
    assert all(topic in ("", each.topic) for each in found)
    assert all(words in f"{each.prompt} {each.id} {each.concepts}".casefold() for each in found)


# -- what the bank has no longer


def test_what_the_bank_lost_is_named_and_left_out_on_request(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    parts = (Part(question=QUESTIONS[0]), Part(question=GONE), Part(topic="tasks", count=90))
    assignment = give(app, group, paper=Paper("Old", parts))
    path = f"/t/assignments/{assignment.id}"
    page = said(trainer.get(f"{path}/link"))
    assert f"{GONE} was retired." in page
    assert f"90 drawn at random (Tasks): {MANY} are left." in page
    assert "Preview as a learner" not in page
    trainer.post(f"{path}/preview")
    assert trainer.at == f"{path}/link"
    mended = trainer.post(f"{path}/mend")
    assert own(app, owner)[0].paper.parts == (parts[0], replace(parts[2], count=MANY))
    assert "Preview as a learner" in mended.text
    nothing = give(app, group, paper=Paper("Gone", parts[1:2]))
    page = trainer.post(f"/t/assignments/{nothing.id}/mend")
    assert "None of its questions is left." in page.text
    assert kept(app).assignment(nothing.id, owner).paper == nothing.paper


def test_a_kept_quiz_that_lost_a_question_is_mended_in_the_builder(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    paper = Kept(new_id(), owner, Paper("Old", (Part(question=GONE), Part(question=QUESTIONS[0]))), NOON)
    kept(app).add_paper(paper)
    page = trainer.get("/t/assignments/new")
    assert re.search(rf'name="quiz" value="{paper.id}" disabled', page.text)
    form = fields(page) | {"group": group.id, "preset": "practice", "quiz": paper.id}
    refused = trainer.post("/t/assignments/new", form)
    assert refused.status_code == 422
    assert "asks for questions that the bank has no longer" in refused.text
    page = trainer.get(f"/t/quizzes/new?from={paper.id}")
    assert "1 question was retired" in said(page)
    assert GONE in page.text
    page = trainer.post("/t/quizzes/new", built(page) | {"do": "lost"})
    trainer.post("/t/quizzes/new", built(page) | {"do": "save"})
    assert [each.paper for each in kept(app).papers(owner)] == [Paper("Old", (Part(question=QUESTIONS[0]),))]


# -- previewing and removing


def test_a_preview_is_an_attempt_of_ones_own_that_counts_nowhere(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    assignment = give(app, new_group(app, owner), "exam", minutes=20)
    for number in (-1, -2):
        trainer.post(f"/t/assignments/{assignment.id}/preview")
        set_id = trainer.at.split("/")[2]
        store: Store = app.extensions["store"]
        attempt = store.attempt(set_id, owner)
        assert attempt.terms
        assert (attempt.terms.number, attempt.quiz.mode) == (number, "exam")
        assert attempt.terms.deadline == attempt.started + timedelta(minutes=20)
        assert {slot.question for slot in attempt.slots} == set(QUESTIONS)
    closed = give(app, new_group(app, owner), closes=NOON - timedelta(days=9), minutes=20)
    trainer.post(f"/t/assignments/{closed.id}/preview")
    attempt = store.attempt(trainer.at.split("/")[2], owner)
    assert not attempt.is_over(attempt.started + timedelta(minutes=20))
    assert not kept(app).taking([assignment.id])
    assert not kept(app).sittings(assignment.id, owner)


def test_an_assignment_is_removed_once_that_was_said_twice_and_only_while_nobody_has_begun(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group = new_group(app, owner)
    assignment, other = give(app, group), give(app, group)
    _, ann = joined(app, group, "Ann")
    path = f"/t/assignments/{assignment.id}"
    trainer.post(f"{path}/preview")
    previewed = trainer.at
    trainer.answer(trainer.get(previewed), unsure="1")
    trainer.post(f"{path}/overrides", {"whom": f"member {ann.id}", "extra_time": "50"})
    begin(app, other, ann.learner)
    assert "Nobody has begun it." in trainer.get(f"{path}/remove").text
    assert len(own(app, owner)) == 2
    trainer.post(f"{path}/remove")
    assert trainer.at == "/t/assignments"
    assert own(app, owner) == (other,)
    assert trainer.get(previewed).status_code == trainer.get(f"{path}/link").status_code == 404
    page = trainer.post(f"/t/assignments/{other.id}/remove")
    assert page.status_code == 409
    assert "Close it instead" in page.text
    assert "/switch" in page.text
    assert own(app, owner) == (other,)
    with pytest.raises(HasAttempts):
        kept(app).remove(other.id, owner)
    with pytest.raises(Missing):
        kept(app).remove(other.id, ann.learner)
    store: Store = app.extensions["store"]
    assert store.attempts_of(ann.learner, most=5)


# -- whose it is


def trainers_paths(app: Flask, assignment: Assignment, paper: Kept) -> list[tuple[str, str]]:
    """Each method and path of the routes of this part that name an assignment or a quiz."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("assigning.") and rule.arguments:
            path = rule.rule.replace("<uuid:assignment_id>", assignment.id)
            path = path.replace("<uuid:paper_id>", paper.id)
            found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_what_is_another_trainers_looks_like_what_never_was_and_stays_as_it_is(
    app: Flask, mona: tuple[Person, str], stranger: Person
) -> None:
    _, owner = mona
    group: Group = new_group(app, owner)
    assignment = give(app, group)
    paper = Kept(new_id(), owner, PAPER, NOON)
    kept(app).add_paper(paper)
    member, ann = joined(app, group, "Ann")
    colleague, _ = somebody(app, "Ned Other", "trainer")
    learner, _ = somebody(app, "Lea")
    assert all(POLICY[each] is Who.TRAINER for each in POLICY if each.startswith("assigning."))
    paths = trainers_paths(app, assignment, paper)
    assert len(paths) >= 12
    data = FORM | {"do": "close", "whom": f"member {ann.id}", "extra_time": "50", "remove": "label x"}
    for person in (colleague, learner, member, stranger):
        for method, path in paths:
            theirs = person.client.open(path, method=method, data=data)
            nobodys = person.client.open(
                path.replace(assignment.id, NOBODY).replace(paper.id, NOBODY), method=method, data=data
            )
            assert theirs.status_code == nobodys.status_code == 404, (method, path)
            assert settled(theirs).replace(assignment.id, NOBODY).replace(paper.id, NOBODY) == settled(
                nobodys
            )
    for person in (learner, member, stranger):
        for path in ("/t/assignments", "/t/assignments/new", "/t/quizzes/new"):
            assert person.client.get(path).status_code == person.client.post(path).status_code == 404 or (
                path == "/t/assignments" and person.client.get(path).status_code == 404
            )
    assert own(app, owner) == (assignment,)
    assert kept(app).papers(owner) == (paper,)
    assert not kept(app).overrides(assignment.id)


def test_names_and_titles_are_shown_as_text(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    evil = '"><script>alert(1)</script>'
    group = new_group(app, owner, evil)
    assignment = give(app, group, paper=Paper(evil, PAPER.parts))
    joined(app, group, evil, [evil])
    kept(app).add_paper(Kept(str(UUID(NOBODY)), owner, Paper(evil, PAPER.parts), NOON))
    base = f"/t/assignments/{assignment.id}"
    pages = ["/t/assignments", "/t/assignments/new", f"{base}/link", f"{base}/rules", f"{base}/overrides"]
    pages += [f"{base}/remove", f"/t/quizzes/new?from={assignment.id}", f"/t/quizzes/{NOBODY}/remove"]
    for path in pages:
        page = trainer.get(path)
        assert page.status_code == 200
        assert evil not in page.text, path
        assert looseness(page) == [], path


def test_the_state_of_an_assignment_reads_well_before_during_and_after(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    group, day = new_group(app, owner), timedelta(days=1)
    states = {
        "opens": (r"Opens tomorrow [\d:]+ \(UTC\)\.", {"opens": datetime.now(UTC) + day}),
        "open": (r"Open until you close it\.", {}),
        "closed": (r"Closed since yesterday [\d:]+ \(UTC\)\.", {"closes": datetime.now(UTC) - day}),
    }
    for expected, rules in states.values():
        path = f"/t/assignments/{give(app, group, **rules).id}"
        for page in ("rules", "overrides"):
            assert re.search(expected, said(trainer.get(f"{path}/{page}"))), (expected, page)


def test_what_is_late_and_earns_nothing_does_not_count(app: Flask, mona: tuple[Person, str]) -> None:
    trainer, owner = mona
    given = give(app, new_group(app, owner), due=datetime.now(UTC), late=0, minutes=5, grace=1)
    words = said(trainer.get(f"/t/assignments/{given.id}/link"))
    assert "What comes later does not count." in words
    assert "at most 5 minutes, and 1 second of grace." in words


DATES = ("opens", "due", "closes")


def test_rules_saved_in_an_older_tab_do_not_open_what_was_closed_meanwhile(
    app: Flask, mona: tuple[Person, str]
) -> None:
    trainer, owner = mona
    path = f"/t/assignments/{give(app, new_group(app, owner)).id}"
    older = trainer.get(f"{path}/rules").text
    assert 'name="closes_was" value=""' in older
    trainer.post(f"{path}/switch", {"do": "close"})
    closed = own(app, owner)[0].rules.closes
    assert closed
    untouched = FORM | {"zone": "UTC"} | {f"{each}{was}": "" for each in DATES for was in ("", "_was")}
    trainer.post(f"{path}/rules", untouched | {"title": "Renamed", "late": "100"})
    assert (own(app, owner)[0].title, own(app, owner)[0].rules.closes) == ("Renamed", closed)
    fresh = {f"{each}_was": "" for each in DATES} | {"closes_was": closed.strftime("%Y-%m-%dT%H:%M")}
    trainer.post(f"{path}/rules", untouched | fresh | {"late": "100"})
    assert own(app, owner)[0].rules.closes is None
