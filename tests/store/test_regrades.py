"""Regrades as they are kept: at once for all answers, undone at once, and equal to a fold from scratch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import PRESETS, NotNow
from quizapp.store import Missing, Profiles, Regrade, Regrades, Store, Taken, last_of
from quizapp.store import tables as t
from tests.databases import Databases
from tests.regrading import (
    ASKED,
    BANK,
    MENDED,
    MINUTE,
    NOON,
    OTHERS,
    answered,
    crowd,
    derived,
    judge,
    keep,
    loaded,
    mark,
    new_assignment,
    refolded,
    resettled,
    same,
)

LATER = NOON + 60 * MINUTE
TRAINER = "trainer"


def regrade(name: str = "r1", how: learn.How = "mended", at: datetime = LATER, **more: object) -> Regrade:
    mended = MENDED.revision if how == "mended" else ""
    accepted = (("two",),) if how == "accept" else ()
    made = Regrade(
        id=name,
        assignment="assignment",
        question=ASKED.id,
        how=how,
        reason="The key was wrong.",
        by=TRAINER,
        made=at,
        mended=mended,
        accepted=accepted,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def new_question(one: Regrade) -> Question | None:
    return MENDED if one.how == "mended" else None


def applied(regrades: Regrades, one: Regrade) -> Regrade:
    return regrades.apply(one, TRAINER, new_question(one))


@pytest.fixture
def regrades(store: Store) -> Regrades:
    return Regrades(store.database)


@pytest.fixture
def four(store: Store) -> tuple[str, ...]:
    """Four learners: one right, one who will be, one blank, one who left it out."""
    assignment = new_assignment(store, ASKED)
    given = {"ann": ("a",), "ben": ("b",), "cleo": ("c",), "dan": ()}
    return keep(store, [answered(assignment, ASKED, name, [answer]) for name, answer in given.items()])


def scores(store: Store) -> dict[str, float | None]:
    return {name.rpartition(" ")[0]: slots[0][0] for name, (_, slots) in derived(store).items()}


@pytest.mark.bulk
def test_a_wrong_key_of_2000_answers_is_mended_and_the_mending_undone(
    store: Store, regrades: Regrades
) -> None:
    crowd(store, 2_000)
    old = derived(store)
    run = regrades.dry_run(regrade(), TRAINER, MENDED, most=200)
    assert len(run.first) == 200
    assert run.total == 2_000
    assert derived(store) == old
    done = applied(regrades, regrade())
    new = derived(store)
    assert done.changed == run.changed == sum(new[name] != old[name] for name in old) > 200
    assert same(new, refolded(store))
    assert not same(new, old)
    regrades.undo("r1", "assignment", TRAINER, LATER + MINUTE)
    assert same(derived(store), old)
    assert same(derived(store), refolded(store))


def test_a_dry_run_tells_each_change_and_keeps_nothing(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    old = derived(store)
    run = regrades.dry_run(regrade(), TRAINER, MENDED, most=9)
    assert [(each.given.name, each.old, each.new, each.why) for each in run.first] == [
        ("Ann", 1, 0, "mended"),
        ("Ben", 0, 1, "mended"),
    ]
    assert (run.up, run.down, run.results, run.total) == (1, 1, 2, 4)
    assert derived(store) == old
    assert not regrades.of_assignment("assignment", TRAINER)


def test_a_regrade_says_what_a_settling_from_scratch_says(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    for number, how in enumerate(("mended", "everyone", "accept")):
        applied(regrades, regrade(how, how, LATER + number * MINUTE))  # type: ignore[arg-type]
        found = derived(store)
        assert same(found, refolded(store))
        assert same(found, resettled(store, four))
    assert scores(store) == {"ann": 1, "ben": 1, "cleo": 0, "dan": None}


def test_full_marks_go_to_those_who_left_it_out_and_are_taken_back(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    applied(regrades, regrade(how="everyone"))
    assert set(scores(store).values()) == {1.0}
    assert {points for points, _ in derived(store).values()} == {2.0}
    regrades.undo("r1", "assignment", TRAINER, LATER)
    assert scores(store) == {"ann": 1, "ben": 0, "cleo": 0, "dan": None}
    assert same(derived(store), refolded(store))


def test_a_mark_by_hand_stands_before_a_regrade_and_after_its_undo(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    judge(store, four[0], mark(four[0], 0.5, NOON + 20 * MINUTE))
    assert applied(regrades, regrade()).changed == 1
    assert regrades.dry_run(regrade("r2"), TRAINER, MENDED, most=9).whys["by hand"] == 1
    judge(store, four[1], mark(four[1], 0.25, LATER + MINUTE))
    regrades.undo("r1", "assignment", TRAINER, LATER + 2 * MINUTE)
    assert scores(store) == {"ann": 0.5, "ben": 0.25, "cleo": 0, "dan": None}
    assert same(derived(store), refolded(store))


def test_applying_twice_changes_nothing_more(store: Store, regrades: Regrades, four: tuple[str, ...]) -> None:
    first = applied(regrades, regrade())
    old = derived(store)
    assert applied(regrades, regrade(at=LATER + MINUTE)) == first
    assert derived(store) == old
    with pytest.raises(Taken):
        regrades.apply(regrade(question="another"), TRAINER, MENDED)
    assert [each.changed for each in regrades.of_assignment("assignment", TRAINER)] == [2]


def test_undoing_twice_changes_nothing_more(store: Store, regrades: Regrades, four: tuple[str, ...]) -> None:
    applied(regrades, regrade())
    first = regrades.undo("r1", "assignment", TRAINER, LATER)
    steps = _count(store, t.step)
    assert regrades.undo("r1", "assignment", TRAINER, LATER + MINUTE) == first
    assert _count(store, t.step) == steps


def _count(store: Store, table: sa.Table) -> int:
    with store.database.reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def test_only_the_last_regrade_of_a_question_can_be_undone(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    applied(regrades, regrade("r1"))
    applied(regrades, regrade("r2", "everyone"))  # at the same time: still the later one
    with pytest.raises(NotNow):
        regrades.undo("r1", "assignment", TRAINER, LATER)
    regrades.undo("r2", "assignment", TRAINER, LATER)
    assert scores(store) == {"ann": 0, "ben": 1, "cleo": 0, "dan": None}
    assert derived(store)[four[1]][1][0] == (1.0, MENDED.revision)
    regrades.undo("r1", "assignment", TRAINER, LATER)
    trail = regrades.of_assignment("assignment", TRAINER)
    assert [(each.id, each.undone is None) for each in trail] == [("r2", False), ("r1", False)]
    assert last_of(trail, ASKED.id) is None
    assert same(derived(store), refolded(store))


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(["mended", "accept", "everyone", "undo", "mark"]), st.booleans()),
        max_size=7,
    )
)
def test_any_sequence_of_regrades_undos_and_marks_equals_the_fold(
    make_four: Callable[[], Store], acts: list[tuple[str, bool]]
) -> None:
    store = make_four()
    regrades = Regrades(store.database)
    before = [derived(store)]
    marked = False
    for number, (act, never_lower) in enumerate(acts):
        at = LATER + number * MINUTE
        last = last_of(regrades.of_assignment("assignment", TRAINER), ASKED.id)
        if act == "mark":
            marked = True
            judge(store, "ben 1", mark("ben 1", 0.5, at, f"mark {number}"))
        elif act != "undo":
            before.append(derived(store))
            applied(regrades, regrade(f"r{number}", act, at, never_lower=never_lower))  # type: ignore[arg-type]
        elif last:
            regrades.undo(last.id, "assignment", TRAINER, at)
            if not marked:
                assert same(derived(store), before.pop())
        assert same(derived(store), refolded(store))
    store.close()


@pytest.fixture
def make_four(databases: Databases) -> Callable[[], Store]:
    def make() -> Store:
        store = Store(databases.new())
        assignment = new_assignment(store, ASKED)
        given = {"ann": ("a",), "ben": ("b",), "cleo": ("c",), "dan": ()}
        keep(store, [answered(assignment, ASKED, name, [answer]) for name, answer in given.items()])
        return store

    return make


def test_what_is_another_trainers_is_missing(store: Store, regrades: Regrades, four: tuple[str, ...]) -> None:
    applied(regrades, regrade())
    for act in (
        lambda: regrades.answers("assignment", "other", ASKED.id),
        lambda: regrades.changes(regrade(), "other", MENDED),
        lambda: regrades.dry_run(regrade(), "other", MENDED, most=1),
        lambda: regrades.asked("assignment", "other"),
        lambda: regrades.apply(regrade("r2"), "other", MENDED),
        lambda: regrades.undo("r1", "assignment", "other", LATER),
        lambda: regrades.undo("r2", "assignment", TRAINER, LATER),
        lambda: regrades.of_assignment("assignment", "other"),
    ):
        with pytest.raises(Missing):
            act()


def test_attempts_that_run_keep_their_revision_and_are_counted(store: Store, regrades: Regrades) -> None:
    rules = replace(PRESETS["practice"], counts="last")
    assignment = new_assignment(store, ASKED, rules)
    keep(
        store,
        [answered(assignment, ASKED, "ann", [("b",)]), answered(assignment, ASKED, "ben", [(), ("a",)])],
    )
    assert regrades.counted("assignment", ASKED.id) == (1, 1)
    done = applied(regrades, regrade())
    assert (done.seen, done.changed) == (1, 1)
    attempt = loaded(store, "ben 1")
    step = learn.answer(attempt, 1, ASKED, ("b",), sure=True, step_id="late", now=LATER + MINUTE)
    assert store.add_step(attempt, step)
    assert regrades.counted("assignment", ASKED.id) == (2, 0)
    assert scores(store) == {"ann": 1, "ben": 0}
    assert applied(regrades, regrade("r2", at=LATER + 2 * MINUTE)).changed == 1
    assert scores(store) == {"ann": 1, "ben": 1}


def test_previews_are_not_regraded(store: Store, regrades: Regrades) -> None:
    assignment = new_assignment(store, ASKED)
    keep(store, [answered(assignment, ASKED, TRAINER, [("b",)], number=-1)])
    assert applied(regrades, regrade(how="everyone")).seen == 0


def test_a_regrade_and_answers_that_come_in_at_the_same_time_both_count(
    store: Store, regrades: Regrades
) -> None:
    assignment = new_assignment(store, ASKED, PRESETS["practice"])
    keep(store, [answered(assignment, ASKED, f"learner {n}", []) for n in range(12)])

    def answer() -> None:
        for number in range(12):
            attempt = loaded(store, f"learner {number} 1")
            step = learn.answer(attempt, 1, ASKED, ("b",), sure=True, step_id=f"n{number}", now=LATER)
            store.add_step(attempt, step)

    thread = threading.Thread(target=answer)
    thread.start()
    done = applied(regrades, regrade())
    thread.join()
    assert same(derived(store), refolded(store))
    assert sum(score == 1 for score in scores(store).values()) == done.changed
    applied(regrades, regrade("r2", at=LATER + MINUTE))
    assert set(scores(store).values()) == {1.0}


def test_results_change_only_where_the_attempt_counts(store: Store, regrades: Regrades) -> None:
    rules = replace(PRESETS["test"], attempts=2, counts="best")
    assignment = new_assignment(store, ASKED, rules)
    right = [BANK[each].model() for each in OTHERS]
    taken = [
        answered(assignment, ASKED, "ann", [("a",), *right], 1),
        answered(assignment, ASKED, "ann", [("b",)], 2),
        answered(assignment, ASKED, "ben", [("b",)], 1),
    ]
    keep(store, taken)
    accept = regrade(how="accept")
    run = regrades.dry_run(accept, TRAINER, None, most=9)
    assert (run.up, run.down, run.results) == (2, 0, 1)


def test_the_learners_progress_follows_a_regrade_and_its_undo(store: Store, regrades: Regrades) -> None:
    assignment = new_assignment(store, ASKED, PRESETS["practice"])
    keep(store, [answered(assignment, ASKED, "ben", [("b",)])])
    profiles = Profiles(store.database)
    assert profiles.of("ben", BANK).total.right == 0
    (old,) = store.answers_of("ben")
    applied(regrades, regrade())
    (new,) = store.answers_of("ben")
    assert (old.revision, old.answer, old.score) == (ASKED.revision, ("b",), 0)
    assert (new.revision, new.answer, new.score) == (MENDED.revision, ("c",), 1)
    assert store.question(MENDED.revision).grade(new.answer).right
    assert profiles.of("ben", BANK).total.right == 1
    regrades.undo("r1", "assignment", TRAINER, LATER)
    assert store.answers_of("ben") == (old,)
    assert profiles.of("ben", BANK).total.right == 0


def test_a_profile_that_was_folded_before_a_regrade_is_not_kept_after_it(
    store: Store, regrades: Regrades, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = new_assignment(store, ASKED, PRESETS["practice"])
    keep(store, [answered(assignment, ASKED, "ben", [("b",)], number) for number in range(1, 26)])
    profiles = Profiles(store.database)
    keeps = profiles._keep

    def keep_late(*given: object) -> None:
        applied(regrades, regrade())
        keeps(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(profiles, "_keep", keep_late)
    assert profiles.of("ben", BANK).total.right == 0
    assert _count(store, t.profile) == 0
    assert Profiles(store.database).of("ben", BANK).total.right == 25
    assert _count(store, t.profile) == 1
    regrades.undo("r1", "assignment", TRAINER, LATER)
    assert _count(store, t.profile) == 0


def test_what_was_held_back_is_told_with_the_new_score(store: Store, regrades: Regrades) -> None:
    rules = replace(PRESETS["exam"], closes=LATER)
    assignment = new_assignment(store, ASKED, rules)
    steps = answered(assignment, ASKED, "ben", [("b",)])
    held = [replace(step, kind="held") if step.kind == "submit" else step for step in steps[1]]
    keep(store, [(steps[0], held, steps[2])])
    store.database.write(lambda db: db.execute(sa.update(t.assignment).values(ends=LATER)))
    applied(regrades, regrade(at=LATER + MINUTE))
    attempt = loaded(store, "ben 1")
    store.release(attempt, learn.release(attempt, LATER + MINUTE))
    assert [each.score for each in store.answers_of("ben")] == [1.0]
    other = regrade("r2", "accept", accepted=(("three",),))
    assert regrades.dry_run(other, TRAINER, None, most=9).down == 1  # as it was graded, not as it was told
    regrades.undo("r1", "assignment", TRAINER, LATER + 2 * MINUTE)
    assert [each.score for each in store.answers_of("ben")] == [0.0]
    assert same(derived(store), refolded(store))


def test_a_learner_is_told_the_score_before_and_why(
    store: Store, regrades: Regrades, four: tuple[str, ...]
) -> None:
    applied(regrades, regrade("r1"))
    applied(regrades, regrade("r2", "everyone", reason="All agreed."))
    told = [regrades.told(each, 1, step) for each in four if (step := loaded(store, each).slots[0].marked)]
    assert [(each.old, each.new, each.reason) for each in told if each] == [
        (0, 1, "All agreed."),
        (0, 1, "The key was wrong."),
        (0, 1, "All agreed."),
        (None, 1, "All agreed."),
    ]
    regrades.undo("r2", "assignment", TRAINER, LATER)
    steps = [loaded(store, each).slots[0].marked for each in four]
    told = [regrades.told(each, 1, step) for each, step in zip(four, steps, strict=True) if step]
    assert [each and (each.old, each.new, each.reason) for each in told] == [
        (1, 0, "The key was wrong."),
        (0, 1, "The key was wrong."),
        None,
        None,
    ]
