"""Reports: once per learner and revision, at a place of their own, for the trainer who assigned it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from quizapp.learn import PRESETS, Attempt, Paper, Part
from quizapp.store import (
    Accounts,
    Assignment,
    Assignments,
    Group,
    Groups,
    Member,
    Missing,
    Report,
    Reports,
    Store,
    TooManyReports,
)
from quizapp.store.reports import LONGEST_REPORT, PER_DAY
from tests.sat import maker
from tests.store.keeping import ASKED, BANK, NOON, at_once, begin

QUESTION = ASKED[0]


def reports_of(store: Store) -> Reports:
    return Reports(store.database)


def report(learner: str = "ann", name: str = "r", **more: object) -> Report:
    base = Report(
        id=name,
        learner=learner,
        question=QUESTION.id,
        revision=QUESTION.revision,
        attempt=None,
        place=0,
        assignment=None,
        reason="key",
        text="It is b.",
        made=NOON,
    )
    return replace(base, **more)  # type: ignore[arg-type]


def assigned(store: Store, owner: str = "mona", learner: str = "ann", name: str = "a1") -> Attempt:
    """A learner's attempt at a trainer's assignment of the one question."""
    for each in (owner, learner):
        store.add_learner(each, f"token of {each}", NOON)
    groups, assignments = Groups(store.database), Assignments(store.database)
    groups.add(Group(f"g {name}", owner, "Kestrel", f"G{name}", True, NOON))
    groups.join(Member(f"m {name}", f"g {name}", learner, "Ann A.", (), NOON))
    given = Assignment(
        id=name,
        owner=owner,
        group=f"g {name}",
        title="Basics",
        code=name,
        paper=Paper("Basics", (Part(question=QUESTION.id),)),
        rules=PRESETS["practice"],
        made=NOON,
    )
    assignments.add(given)
    make = maker(given, learner, BANK, NOON, attempt_id=f"of {name}")
    return store.attempt(assignments.begin(name, learner, NOON, make), learner)


def test_a_report_is_found_again_by_who_made_it_and_nobody_else(store: Store) -> None:
    begin(store)
    reports_of(store).add(report(attempt="a", place=1))
    found = reports_of(store).made("ann", QUESTION.id, QUESTION.revision)
    assert found == report(attempt="a", place=1)
    assert reports_of(store).made("ben", QUESTION.id, QUESTION.revision) is None
    assert reports_of(store).made("ann", QUESTION.id, "0" * 24) is None


@pytest.mark.parametrize(("attempt", "place"), [("a", 2), ("a", 99), ("b", 1), ("none", 1), (None, 1)])
def test_a_place_that_is_not_ones_own_or_asked_something_else_is_left_out(
    store: Store, attempt: str | None, place: int
) -> None:
    begin(store)
    begin(store, "b", "ben")
    reports_of(store).add(report(attempt=attempt, place=place, assignment="forged"))
    found = reports_of(store).made("ann", QUESTION.id, QUESTION.revision)
    assert found is not None
    assert (found.attempt, found.place, found.assignment) == (None, 0, None)


def test_a_second_report_of_a_revision_adds_its_words_and_opens_it_again(store: Store) -> None:
    attempt = assigned(store)
    reports = reports_of(store)
    reports.add(report(attempt=attempt.id, place=1))
    reports.close("r", "mona", NOON)
    reports.add(report(name="r2", text="It is b.", reason="key"))
    reports.add(report(name="r3", text="Or is it c?", reason="unclear"))
    reports.add(report(name="r4", text="Or is it c?", reason="unclear"))
    found = reports.made("ann", QUESTION.id, QUESTION.revision)
    assert found == report(
        attempt=attempt.id, place=1, assignment="a1", text="It is b.\n\nOr is it c?", reason="unclear"
    )
    reports.add(report(name="r5", revision="0" * 24))
    assert len(reports.received("mona", everything=True, most=9)) == 2


def test_twenty_at_once_make_one_report(store: Store) -> None:
    begin(store)
    at_once(20, lambda number: reports_of(store).add(report(name=f"r{number}", text=f"words {number % 2}")))
    found = reports_of(store).received("x", everything=True, most=50)
    assert len(found) == 1
    assert sorted(found[0].report.text.split("\n\n")) == ["words 0", "words 1"]


def test_more_than_twenty_a_day_are_refused_and_on_the_next_day_it_goes_on(store: Store) -> None:
    store.add_learner("ann", "token", NOON)
    reports = reports_of(store)
    for number in range(PER_DAY):
        reports.add(report(name=f"r{number}", question=f"q/{number}", made=NOON + timedelta(hours=number)))
    day = NOON + timedelta(days=1)
    more = report(name="more", question="q/more", made=day - timedelta(microseconds=1))
    with pytest.raises(TooManyReports):
        reports.add(more)
    reports.add(replace(more, question="q/3", text="Adding words to one is no new report."))
    reports.add(replace(more, made=day))
    assert len(reports.received("x", everything=True, most=50)) == PER_DAY + 1


def test_a_report_grows_only_so_far(store: Store) -> None:
    store.add_learner("ann", "token", NOON)
    reports = reports_of(store)
    reports.add(report(text="x" * LONGEST_REPORT))
    with pytest.raises(TooManyReports):
        reports.add(report(text="y"))
    found = reports.made("ann", QUESTION.id, QUESTION.revision)
    assert found is not None
    assert found.text == "x" * LONGEST_REPORT


def test_a_learner_who_was_erased_reports_nothing(store: Store) -> None:
    with pytest.raises(Missing):
        reports_of(store).add(report())


def test_a_trainer_gets_the_reports_of_the_own_assignments_with_names_and_an_admin_all(store: Store) -> None:
    mine, theirs = assigned(store), assigned(store, "tom", "ben", "a2")
    reports = reports_of(store)
    reports.add(report(attempt=mine.id, place=1))
    reports.add(report("ben", "s", attempt=theirs.id, place=1, made=NOON + timedelta(hours=1)))
    reports.add(report("ben", "free", revision="0" * 24, made=NOON + timedelta(hours=2)))
    found = reports.received("mona", most=9)
    assert [(each.report.id, each.is_own, each.assignment, each.member, each.name) for each in found] == [
        ("r", True, "Basics", "m a1", "Ann A.")
    ]
    every = reports.received("mona", everything=True, most=9)
    assert [(each.report.id, each.is_own, each.member, each.name) for each in every] == [
        ("free", False, "", ""),
        ("s", False, "", ""),
        ("r", True, "m a1", "Ann A."),
    ]
    assert reports.open_counts("mona") == {QUESTION.id: 1}
    assert reports.open_counts("mona", everything=True) == {QUESTION.id: 3}
    assert reports.received("stranger", most=9) == ()
    assert [each.report.id for each in reports.received("x", everything=True, most=1, skip=1)] == ["s"]
    assert reports.received("mona", question="another/one", most=9) == ()
    assert len(reports.received("mona", question=QUESTION.id, most=9)) == 1


def test_closed_reports_stand_last_and_count_no_more(store: Store) -> None:
    attempt = assigned(store)
    reports = reports_of(store)
    reports.add(report(attempt=attempt.id, place=1, made=NOON))
    reports.add(report(name="old", question="q/old", made=NOON - timedelta(days=9)))
    reports.close("r", "mona", NOON)
    assert [each.report.id for each in reports.received("x", everything=True, most=9)] == ["old", "r"]
    assert reports.open_counts("mona") == {}
    reports.close("r", "mona", None)
    assert reports.open_counts("mona") == {QUESTION.id: 1}


def test_what_is_another_trainers_can_be_neither_answered_nor_closed(store: Store) -> None:
    attempt = assigned(store)
    store.add_learner("tom", "token of tom", NOON)
    reports = reports_of(store)
    reports.add(report(attempt=attempt.id, place=1))
    for which, who in (("r", "tom"), ("none", "mona")):
        with pytest.raises(Missing):
            reports.expect(which, who)
        with pytest.raises(Missing):
            reports.reply(which, who, "Hacked")
        with pytest.raises(Missing):
            reports.close(which, who, NOON)
    found = reports.made("ann", QUESTION.id, QUESTION.revision)
    assert found is not None
    assert (found.reply, found.closed) == ("", None)
    reports.expect("r", "mona")
    reports.reply("r", "tom", "From an admin", everything=True)
    found = reports.made("ann", QUESTION.id, QUESTION.revision)
    assert found is not None
    assert found.reply == "From an admin"
    assert BANK[QUESTION.id].revision == found.revision


def test_erasing_a_learner_erases_the_reports_and_erasing_a_trainer_leaves_them_to_admins(
    store: Store,
) -> None:
    mine, theirs = assigned(store), assigned(store, "tom", "ben", "a2")
    reports, accounts = reports_of(store), Accounts(store.database)
    reports.add(report(attempt=mine.id, place=1))
    reports.add(report("ben", "s", attempt=theirs.id, place=1))
    accounts.erase("ann")
    assert reports.received("mona", most=9) == ()
    assert reports.made_by("ann") == ()
    accounts.erase("tom")
    kept = reports.received("x", everything=True, most=9)
    assert [(each.report.id, each.report.assignment, each.assignment) for each in kept] == [("s", None, "")]
    assert [each.id for each in reports.made_by("ben")] == ["s"]
