"""An assignment as a learner meets it: beginning, the time, saving, the order, and the end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp.bank import load
from quizapp.learn import ALL, MARKED, Attempt, Override, Paper, Part, Slot, Step
from quizapp.shipped import shipped
from quizapp.store import Assignment, Assignments, Group, Groups, Store
from tests.classroom import PAPER, QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, hidden
from tests.web.tight import looseness

BANK = load(shipped("questions"))
OPEN = next(question for question in BANK if question.rated)
MICRO, SECOND, MINUTE, HOUR = (
    timedelta(**{each: 1}) for each in ("microseconds", "seconds", "minutes", "hours")
)
CLOCKS = ("copies", "reports", "learner", "sitting", "terms", "opening", "joining", "progress")


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Every page lives at that moment."""
    with ExitStack() as stack:
        for module in CLOCKS:
            stack.enter_context(patch(f"quizapp.web.{module}.now", lambda: moment))
        yield


@pytest.fixture
def group(app: Flask) -> Group:
    _, trainer = somebody(app, "Mona Keller", "trainer")
    return new_group(app, trainer)


def start(person: Person, given: Assignment, **form: str) -> str:
    """Begin an assignment; gives the address of the attempt."""
    page = person.post(f"/a/{given.code}", form)
    assert page.status_code == 200, page.text
    assert re.fullmatch(r"/s/[-0-9a-f]{36}/\d+", person.at), person.at
    return person.at.rpartition("/")[0]


def exam(app: Flask, group: Group, **more: Any) -> Assignment:
    """An exam whose questions come in the order of the paper."""
    return give(app, group, "exam", **{"shuffle": False} | more)


def kept(app: Flask, given: Assignment, address: str) -> Attempt:
    """The attempt as it is kept, without looking at its pages."""
    assignments: Assignments = app.extensions["assignments"]
    return assignments.attempt(address.rpartition("/")[2], given.owner)


def choose(
    app: Flask, given: Assignment, person: Person, page: TestResponse, *, well: bool = True
) -> TestResponse:
    """Answer the question on the page, rightly or not."""
    address, _, place = page.request.path.rpartition("/")
    slot = kept(app, given, address).slot(int(place))
    return person.answer(page, *values(slot, well=well))


def values(slot: Slot, *, well: bool) -> tuple[str, ...]:
    """What the form sends for a wholly right answer, or for one that earns nothing."""
    asked = BANK[slot.question]
    wrong = (
        asked.model()[::-1] if asked.stems() else [each for each in slot.shown if each not in asked.model()]
    )
    return asked.fill(asked.model() if well else tuple(wrong[: len(asked.model())]), slot.shown)


def autosave(person: Person, page: TestResponse, *values: str, edit: int = 1) -> TestResponse:
    form = hidden(page) | {"answer": list(values), "autosave": "1", "edit": str(edit)}
    return person.client.post(page.request.path, data=form)


# -- beginning


def test_a_stranger_reads_what_to_expect_gives_a_name_and_is_at_the_first_question(
    app: Flask, group: Group, stranger: Person
) -> None:
    soon = datetime.now(UTC) + timedelta(days=30)
    given = exam(
        app,
        group,
        minutes=30,
        due=soon,
        closes=soon + HOUR,
        zone="Europe/Berlin",
        late=50,
        attempts=2,
    )
    page = stranger.get(f"/a/{given.code[:5].lower()}-{given.code[5:]}")
    assert page.status_code == 200
    for words in ("Asyncio basics", "Mona Keller", "Team Kestrel", "3 questions, 3 points", "30 minutes"):
        assert words in page.text
    for words in ("Europe/Berlin", "earns 50% of its points", "2 of 2 left; the first one counts"):
        assert words in page.text
    assert (
        "At the end your answers; once it is closed your answers, marks, reasons and right answers"
        in page.text
    )
    stranger.post(f"/a/{given.code}", {"name": "  Ada   Lovelace "})
    assert stranger.at.endswith("/1")
    groups: Groups = app.extensions["groups"]
    assert [each.name for each in groups.members(group.id)] == ["Ada Lovelace"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 61, "Ad\u202ea", "A\x01"])
def test_a_name_that_can_not_be_kept_is_refused_and_stays_in_its_field(
    app: Flask, group: Group, stranger: Person, name: str
) -> None:
    given = give(app, group)
    stranger.get(f"/a/{given.code}")
    page = stranger.post(f"/a/{given.code}", {"name": name})
    assert page.status_code == 422
    assert "There is a problem" in page.text
    assert not app.extensions["groups"].members(group.id)
    assert not name.strip() or f'value="{name}"' in page.text


def test_a_name_that_is_taken_is_asked_about_once(app: Flask, group: Group, stranger: Person) -> None:
    given = give(app, group)
    joined(app, group, "Ada")
    stranger.get(f"/a/{given.code}")
    asked = stranger.post(f"/a/{given.code}", {"name": "ada"})
    assert asked.status_code == 422
    assert "is called ada already" in asked.text
    assert 'name="shared" value="ada"' in asked.text
    assert len(app.extensions["groups"].members(group.id)) == 1
    start(stranger, given, name="ada", shared="ada")
    assert [each.name for each in app.extensions["groups"].members(group.id)] == ["Ada", "ada"]


def test_an_unknown_code_is_no_page(stranger: Person) -> None:
    for method in (stranger.get, stranger.post):
        assert method("/a/AAAAA-BBBBB").status_code == 404


def test_a_name_is_shown_as_text(app: Flask, group: Group) -> None:
    given = give(app, group)
    person, _ = joined(app, group, "<script>alert(1)</script>")
    assert "<script>alert" not in person.get(f"/a/{given.code}").text


def test_it_opens_and_closes_to_the_microsecond(app: Flask, group: Group) -> None:
    opens = datetime.now(UTC) + HOUR
    given = give(app, group, opens=opens, closes=opens + HOUR)
    person, _ = joined(app, group, "Ada")
    for moment, words in ((opens - MICRO, "opens"), (opens + HOUR, "closed")):
        with at(moment):
            page = person.post(f"/a/{given.code}")
            assert person.at == f"/a/{given.code}"
            assert f"This assignment {words}" in page.text
            assert ">Start<" not in page.text
    with at(opens):
        start(person, given)
    late, _ = joined(app, group, "Ben")
    with at(opens + HOUR - MICRO):
        start(late, given)


def test_a_stranger_does_not_join_what_is_closed_or_takes_nobody_new(
    app: Flask, group: Group, stranger: Person
) -> None:
    closed = give(app, group, closes=datetime.now(UTC) - HOUR)
    stranger.get(f"/a/{closed.code}")
    stranger.post(f"/a/{closed.code}", {"name": "Ada"})
    groups: Groups = app.extensions["groups"]
    groups.change(group.id, group.owner, name=group.name, joinable=False)
    given = give(app, group)
    page = stranger.post(f"/a/{given.code}", {"name": "Ada"})
    assert "takes nobody new" in page.text
    assert not groups.members(group.id)


@pytest.mark.parametrize("is_member", [True, False])
def test_twenty_starts_at_once_begin_one_attempt(
    app: Flask, group: Group, stranger: Person, is_member: bool
) -> None:
    given = give(app, group, attempts=2)
    person = joined(app, group, "Ada")[0] if is_member else stranger
    person.get(f"/a/{given.code}")
    cookie = person.client.get_cookie("quizapp")
    assert cookie

    def press(_: int) -> str:
        client = app.test_client()
        client.set_cookie("quizapp", cookie.value)
        return str(client.post(f"/a/{given.code}", data={"name": "Ada"}).headers["Location"])

    with ThreadPoolExecutor(20) as threads:
        where = set(threads.map(press, range(20)))
    assert len(where) == 1
    members = app.extensions["groups"].members(group.id)
    assert [each.name for each in members] == ["Ada"]
    assert len(app.extensions["assignments"].sittings(given.id, members[0].learner)) == 1


def test_attempts_end_with_their_number_and_each_result_is_listed(app: Flask, group: Group) -> None:
    given = give(app, group, "practice", attempts=2, counts="best")
    person, _ = joined(app, group, "Ada")
    for well, words in ((True, "3 of 3 points"), (False, "0 of 3 points")):
        address = start(person, given)
        for place in (1, 2, 3):
            choose(app, given, person, person.get(f"{address}/{place}"), well=well)
        assert words in person.get(f"/a/{given.code}").text
    page = person.post(f"/a/{given.code}")
    assert "You have used all your attempts." in page.text
    assert "3 of 3 points" in page.text
    assert "0 of 3 points" in page.text


def test_own_rules_hold_for_whom_they_are_made(app: Flask, group: Group) -> None:
    closes = datetime.now(UTC) + HOUR
    given = give(app, group, minutes=20, closes=closes, attempts=1)
    slow, member = joined(app, group, "Ada", ["more time"])
    other, _ = joined(app, group, "Ben")
    assignments: Assignments = app.extensions["assignments"]
    assignments.set_override(given.id, given.owner, "label more time", Override(extra_time=50))
    assignments.set_override(given.id, given.owner, f"member {member.id}", Override(closes=closes + HOUR))
    assert "30 minutes from the start, your extra time included" in slow.get(f"/a/{given.code}").text
    assert "20 minutes from the start." in other.get(f"/a/{given.code}").text
    with at(closes + MINUTE):
        assert "This assignment closed" in other.get(f"/a/{given.code}").text
        address = start(slow, given)
    attempt = kept(app, given, address)
    assert attempt.terms
    assert attempt.terms.deadline == closes + 31 * MINUTE


def test_what_runs_is_gone_on_with(app: Flask, group: Group) -> None:
    given = exam(app, group, minutes=30)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"/a/{given.code}")
    assert "Your attempt is running" in page.text
    assert "minutes left" in page.text
    assert start(person, given) == address
    assert f'href="/a/{given.code}"' in person.get("/").text


def test_a_quiz_that_can_not_be_drawn_any_more_says_so(app: Flask, group: Group) -> None:
    given = give(app, group, paper=Paper("Gone", (Part(question="coroutines/was-retired"),)))
    person, _ = joined(app, group, "Ada")
    page = person.post(f"/a/{given.code}")
    assert page.status_code == 409
    assert "was taken away" in page.text


# -- the time


def test_answers_count_up_to_the_grace_and_are_late_a_microsecond_after(app: Flask, group: Group) -> None:
    begun = datetime.now(UTC)
    given = exam(app, group, minutes=30, grace=10)
    deadline = begun + 30 * MINUTE
    for after, counts in ((-MICRO, True), (10 * SECOND, True), (10 * SECOND + MICRO, False)):
        person, _ = joined(app, group, "Ada")
        with at(begun):
            address = start(person, given)
            page = person.get(f"{address}/2")
        with at(deadline + after):
            told = choose(app, given, person, page)
        slot = kept(app, given, address).slot(2)
        assert (slot.step is not None) == counts
        assert bool(slot.late) != counts
        with at(deadline + MINUTE):
            assert "The time was up" in person.get(f"{address}/done").text
        ended = kept(app, given, address)
        assert ended.finished == deadline
        assert ended.points == float(counts)
        if not counts:
            assert "Your answer came after the time." in told.text


def test_what_was_filled_in_is_handed_in_when_the_time_is_up(app: Flask, group: Group) -> None:
    """In an exam that one may go through freely, in one of one way, and in practice."""
    begun = datetime.now(UTC)
    for rules in ({"order": "free"}, {"order": "one-way"}, {"behaviour": "practice"}):
        given = exam(app, group, minutes=30, **rules)
        person, _ = joined(app, group, "Ada")
        with at(begun):
            address = start(person, given)
            page = person.get(f"{address}/1")
            right = values(kept(app, given, address).slot(1), well=True)
            assert autosave(person, page, *right).status_code == 204
            assert f'id="answer-{right[0]}" checked' in person.get(f"{address}/1").text
        with at(begun + 31 * MINUTE):
            person.get(f"/a/{given.code}")
        attempt = kept(app, given, address)
        assert attempt.finished == begun + 30 * MINUTE
        assert attempt.points == 1
        assert attempt.slot(2).step is None


def test_what_is_saved_after_the_time_is_kept_as_late_and_the_page_is_told(app: Flask, group: Group) -> None:
    begun = datetime.now(UTC)
    given = exam(app, group, minutes=30)
    person, _ = joined(app, group, "Ada")
    with at(begun):
        page = person.get(f"{start(person, given)}/1")
    with at(begun + 31 * MINUTE):
        assert autosave(person, page, "1").status_code == 409
    assert len(kept(app, given, page.request.path.rpartition("/")[0]).slot(1).late) == 1


def test_the_overview_after_the_deadline_ends_the_attempt_though_grace_remains(
    app: Flask, group: Group
) -> None:
    begun = datetime.now(UTC)
    given = exam(app, group, minutes=30)
    person, _ = joined(app, group, "Ada")
    with at(begun):
        address = start(person, given)
        assert "data-countdown" in person.get(f"{address}/1").text
    with at(begun + 30 * MINUTE - MICRO):
        assert "Continue" in person.get(f"{address}/done").text
    with at(begun + 30 * MINUTE):
        assert "The time was up" in person.get(f"{address}/done").text
    assert kept(app, given, address).finished == begun + 30 * MINUTE


def test_time_that_was_lent_to_an_attempt_stays_when_the_rules_change(app: Flask, group: Group) -> None:
    begun = datetime.now(UTC)
    given = exam(app, group, minutes=30)
    person, _ = joined(app, group, "Ada")
    with at(begun):
        address = start(person, given)
    from dataclasses import replace

    assignments: Assignments = app.extensions["assignments"]
    rules = replace(given.rules, minutes=1)
    assignments.change(given.id, given.owner, title="Renamed", paper=PAPER, rules=rules)
    with at(begun + 29 * MINUTE):
        assert "1 of 3 answered" not in person.get(f"{address}/1").text
        page = choose(app, given, person, person.get(f"{address}/1"))
        assert page.request.path == f"{address}/2"


# -- saving


def test_an_older_change_never_undoes_a_later_one(app: Flask, group: Group) -> None:
    given = exam(app, group)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    assert autosave(person, page, "2", edit=2).status_code == 204
    assert autosave(person, page, "1", edit=1).status_code == 204
    assert kept(app, given, address).slot(1).step == _step_with(app, given, address, "2")
    person.answer(page, "1")
    assert autosave(person, page, "2", edit=9).status_code == 204
    assert kept(app, given, address).slot(1).step == _step_with(app, given, address, "1")


def _step_with(app: Flask, given: Assignment, address: str, place: str) -> Step:
    slot = kept(app, given, address).slot(1)
    assert slot.step
    assert slot.step.answer == (slot.shown[int(place) - 1],)
    return slot.step


def test_saving_nothing_is_no_answer_and_nonsense_is_refused(app: Flask, group: Group) -> None:
    given = exam(app, group)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    assert autosave(person, page).status_code == 204
    assert autosave(person, page, "99").status_code == 204
    for edit in ("x", "-1", "9" * 30):
        form = hidden(page) | {"autosave": "1", "edit": edit, "answer": "1"}
        assert person.client.post(page.request.path, data=form).status_code == 422
    assert kept(app, given, address).answered == 0


def test_the_librarys_own_exam_saves_each_change_too(learner: Person) -> None:
    page = learner.get("/topics")
    set_id = re.search(r'name="set" value="([^"]+)"', page.text)
    assert set_id
    learner.post("/exam", {"set": set_id[1], "topic": "coroutines", "count": "10"})
    address = learner.at.rpartition("/")[0]
    pages = [learner.get(f"{address}/{place}") for place in range(1, 11)]
    page = next(page for page in pages if page.text.count('type="radio"') > 1)
    assert "sitting.js" in page.text
    assert autosave(learner, page, "2").status_code == 204
    assert re.search(r'value="2"[^>]* checked', learner.get(page.request.path).text)
    assert "1 of 10 answered" in learner.get(f"{address}/done").text


# -- the order


def test_one_way_leads_on_and_never_back(app: Flask, group: Group) -> None:
    given = exam(app, group, order="one-way")
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    assert "You can’t come back to this question." in page.text
    assert "Skip for now" not in page.text
    person.get(f"{address}/3")
    assert person.at == f"{address}/1"
    choose(app, given, person, page)
    assert person.at == f"{address}/2"
    assert ">Back<" not in person.get(f"{address}/2").text
    person.get(f"{address}/1")
    assert person.at == f"{address}/2"
    person.post(page.request.path, hidden(page) | {"answer": "1"})  # the same form again
    assert person.at == f"{address}/2"
    again = person.post(page.request.path, {"step": str(uuid4()), "answer": "1"})
    assert "That question is behind you." in again.text
    assert autosave(person, page, "1").status_code == 409
    assert kept(app, given, address).points == 0
    assert kept(app, given, address).slot(1).step is not None
    overview = person.get(f"{address}/done").text
    assert f'href="{address}/1"' not in overview
    assert f'href="{address}/2"' in overview


def test_an_exam_can_be_finished_early_and_says_what_is_left_open(app: Flask, group: Group) -> None:
    for behaviour in ("exam", "practice"):
        given = exam(app, group, behaviour=behaviour, during=ALL, after=ALL)
        person, _ = joined(app, group, "Ada")
        address = start(person, given)
        choose(app, given, person, person.get(f"{address}/1"))
        overview = person.get(f"{address}/done").text
        assert "2 are not answered" in overview
        assert "Finish: 2 not answered" in overview
        done = person.post(f"{address}/finish")
        assert "1 of 3 points" in done.text
        assert "Here is how it works" in person.get(f"{address}/2").text
        assert (
            person.client.post(f"{address}/2", data={"step": str(uuid4()), "answer": "1"}).status_code == 303
        )
        assert kept(app, given, address).points == 1


def test_points_are_weighted_and_late_ones_shared(app: Flask, group: Group) -> None:
    begun = datetime.now(UTC)
    paper = Paper("Weights", (Part(question=QUESTIONS[0], weight=3), Part(question=QUESTIONS[1])))
    given = give(app, group, paper=paper, due=begun + HOUR, closes=begun + 5 * HOUR, late=50)
    person, _ = joined(app, group, "Ada")
    with at(begun + 2 * HOUR):
        address = start(person, given)
        choose(app, given, person, person.get(f"{address}/1"))
        choose(app, given, person, person.get(f"{address}/2"), well=False)
        done = person.get(f"{address}/done").text
        assert "3 of 4 points" in done
        assert "50% of its points count" in done
        assert "3 of 4 points, of which 50% count" in person.get(f"/a/{given.code}").text


# -- open questions


def test_an_open_answer_waits_and_is_then_told_with_its_levels(app: Flask, group: Group) -> None:
    paper = Paper("Interview", (Part(question=OPEN.id),))
    given = give(app, group, "practice", paper=paper)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    assert "<textarea" in page.text
    assert 'maxlength="8000"' in page.text
    for wrong in ([""], ["x" * 8001], ["words", *("strong" for _ in range(5))]):
        refused = person.post(page.request.path, hidden(page) | {"answer": wrong})
        assert refused.status_code == 422
    told = person.answer(page, "It <b>yields</b>\r\nto the loop.")
    assert "Waits for your trainer’s marks" in told.text
    assert "It &lt;b&gt;yields&lt;/b&gt;\nto the loop." in told.text
    assert "1 answer waits" in person.get(f"{address}/done").text
    assert person.get("/progress.csv").text.count("\n") == 1
    levels = ("strong", *("weak" for _ in OPEN.tell((), ())[1:]))
    answer = ("It yields", *levels)
    now = datetime.now(UTC)
    score = OPEN.grade(answer).score
    mark = Step(id=str(uuid4()), place=1, kind="mark", at=now, answer=answer, score=score, actor=given.owner)
    note = Step(id=str(uuid4()), place=1, kind="note", at=now, answer=("Well put.",), actor=given.owner)
    store: Store = app.extensions["store"]
    store.add_steps(kept(app, given, address), [mark, note])
    marked = person.get(f"{address}/1").text
    assert f"Partly right: {score:.0%}" in marked
    assert "Strong" in marked
    assert "Weak" in marked
    assert "Well put." in marked
    assert len(person.get("/progress.json").json["answers"]) == 1


# -- previews, accounts, erasing


def test_a_preview_says_that_nothing_counts_and_is_in_no_list(app: Flask) -> None:
    from quizapp.web.beginning import maker

    trainer, trainer_id = somebody(app, "Mona Keller", "trainer")
    given = give(app, new_group(app, trainer_id))
    assignments: Assignments = app.extensions["assignments"]
    with app.test_request_context():
        make = maker(given, trainer_id, datetime.now(UTC), {})
        attempt_id = assignments.preview(given.id, trainer_id, make)
    page = trainer.get(f"/s/{attempt_id}")
    assert "Preview: nothing of this counts." in page.text
    assert f'href="/t/assignments/{given.id}"' in page.text
    assert "Continue: " not in trainer.get("/").text
    for place in (1, 2, 3):
        told = trainer.answer(trainer.get(f"/s/{attempt_id}/{place}"), unsure="1")
        assert "Here is how it works" in told.text
    assert "3 points" in trainer.get(f"/s/{attempt_id}/done").text
    assert attempt_id not in trainer.get("/progress").text
    assert trainer.get("/progress.csv").text.count("\n") == 1


def test_a_guest_makes_an_account_during_an_attempt_and_goes_on(app: Flask, group: Group) -> None:
    given = exam(app, group, attempts=1)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    choose(app, given, person, person.get(f"{address}/1"))
    form = {"name": "ada", "password": "a long enough password", "again": "a long enough password"}
    assert person.post("/keep", form).status_code == 200
    choose(app, given, person, person.get(f"{address}/2"))
    person.post(f"{address}/finish")
    assert kept(app, given, address).points == 2
    assert "You have used your attempt." in person.get(f"/a/{given.code}").text
    assert [each.name for each in app.extensions["groups"].members(group.id)] == ["Ada"]


def test_erasing_takes_memberships_and_attempts_along(app: Flask, group: Group) -> None:
    given = exam(app, group)
    person, member = joined(app, group, "Ada")
    address = start(person, given)
    choose(app, given, person, person.get(f"{address}/1"))
    app.extensions["accounts"].erase(member.learner)
    assert person.get(address).status_code == 404
    assert not app.extensions["groups"].members(group.id)
    assert not app.extensions["assignments"].sittings(given.id, member.learner)
    assert person.get(f"/a/{given.code}").status_code == 200


def test_an_attempt_outlives_its_assignment(app: Flask, group: Group) -> None:
    given = exam(app, group)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    choose(app, given, person, person.get(f"{address}/1"))
    app.extensions["accounts"].erase(group.owner)
    assert "An assignment" in person.get(f"{address}/done").text
    assert person.get("/").status_code == 200
    assert "right" in person.post(f"{address}/finish").text
    assert person.get(f"/a/{given.code}").status_code == 404


def test_nobody_else_reaches_an_attempt(app: Flask, group: Group, stranger: Person) -> None:
    given = exam(app, group)
    person, _ = joined(app, group, "Ada")
    other, _ = joined(app, group, "Ben")
    address = start(person, given)
    for somebody_else in (stranger, other):
        for path in (address, f"{address}/1", f"{address}/done"):
            assert somebody_else.get(path).status_code == 404
        assert somebody_else.post(f"{address}/1", {"step": str(uuid4()), "autosave": "1"}).status_code == 404
    assert kept(app, given, address).answered == 0


def test_what_is_held_is_told_and_counted_once_all_may_be(app: Flask, group: Group) -> None:
    begun = datetime.now(UTC)
    given = exam(app, group, closes=begun + HOUR)
    person, _ = joined(app, group, "Ada")
    with at(begun):
        address = start(person, given)
        choose(app, given, person, person.get(f"{address}/1"))
        done = person.post(f"{address}/finish").text
        assert "Your answers are kept" in done
        assert "Marks, reasons and right answers come once the assignment is closed, " in done
    with at(begun + HOUR + 10 * SECOND - MICRO):  # somebody else's last answer may still be on its way
        assert "Your answer is kept" in person.get(f"{address}/1").text
        assert person.get("/progress.csv").text.count("\n") == 1
    with at(begun + HOUR + 10 * SECOND):
        assert "1 of 3 points" in person.get(f"{address}/done").text
        assert ">Why<" in person.get(f"{address}/1").text
        assert person.get("/progress.csv").text.count("\n") == 2
        person.get(f"/a/{given.code}")
        assert person.get("/progress.csv").text.count("\n") == 2


def test_marks_may_be_told_without_the_key(app: Flask, group: Group) -> None:
    given = exam(app, group, after=MARKED, closed=MARKED)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    choose(app, given, person, person.get(f"{address}/1"), well=False)
    done = person.post(f"{address}/finish").text
    assert "0 of 3 points" in done
    told = person.get(f"{address}/1").text
    assert "Not quite</h2>" in told
    assert ">Correct<" not in told
    assert ">Why<" not in told


def test_pages_of_an_assignment_hold_no_inline_code_or_style(app: Flask, group: Group) -> None:
    given = exam(app, group, minutes=30, attempts=2)
    person, _ = joined(app, group, "Ada")
    door = person.get(f"/a/{given.code}")
    address = start(person, given)
    pages = [door, *(person.get(f"{address}/{tail}") for tail in ("1", "2", "3", "done"))]
    pages += [person.post(f"{address}/finish"), person.get(f"{address}/1"), person.get(f"/a/{given.code}")]
    for page in pages:
        assert page.status_code == 200
        assert looseness(page) == []


def test_a_name_with_a_full_stop_ends_the_sentence_once(app: Flask, group: Group) -> None:
    ann, _ = joined(app, group, "Ann B.")
    page = ann.get(f"/a/{give(app, group).code}").text
    assert "You answer as <b>Ann B.</b></p>" in page


def test_a_form_that_names_the_attempt_keeps_nobody_from_ending_it(app: Flask, group: Group) -> None:
    given = exam(app, group)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    forged = {"step": address.rpartition("/")[2], "autosave": "1", "edit": "1"}
    forged["answer"] = values(kept(app, given, address).slot(3), well=True)[0]
    assert person.client.post(f"{address}/3", data=forged).status_code == 204
    assert choose(app, given, person, person.get(f"{address}/1")).status_code == 200
    assert person.post(f"{address}/finish").status_code == 200
    attempt = kept(app, given, address)
    assert attempt.finished
    assert [slot.is_graded for slot in attempt.slots] == [True, False, True]


def test_what_comes_late_is_kept_only_so_often(app: Flask, group: Group) -> None:
    given = exam(app, group, minutes=1)
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    with at(datetime.now(UTC) + HOUR):
        for edit in range(25):
            assert autosave(person, page, "1", edit=edit).status_code == 409
    assert len(kept(app, given, address).slot(1).late) == 20


def test_what_can_not_be_read_leaves_the_answer_before(app: Flask, group: Group) -> None:
    asked = next(each for each in BANK if each.rated)
    given = exam(app, group, paper=Paper("Title", (Part(question=asked.id),)))
    person, _ = joined(app, group, "Ada")
    address = start(person, given)
    page = person.get(f"{address}/1")
    assert autosave(person, page, "It blocks.", edit=1).status_code == 204
    assert autosave(person, page, "It blocks. " * 1000, edit=2).status_code == 204
    step = kept(app, given, address).slot(1).step
    assert step
    assert step.answer == ("It blocks.",)
