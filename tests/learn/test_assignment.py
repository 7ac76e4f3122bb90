"""Rules of assignments: who gets which, when one may begin, until when answers count, and what is shown."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.learn import (
    ALL,
    ANY,
    MARKED,
    NOTHING,
    OWN,
    PRESETS,
    NotOpen,
    Outcome,
    Override,
    Rules,
    Shows,
    Terms,
    ends,
    make_terms,
    may_begin,
    prolonged,
    resolve,
    result,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
moments = st.integers(-500, 500).map(lambda minutes: NOON + timedelta(minutes=minutes))
overrides = st.builds(
    Override,
    extra_time=st.none() | st.integers(0, 300),
    opens=st.none() | moments,
    due=st.none() | moments,
    closes=st.none() | moments,
    attempts=st.none() | st.integers(0, 5),
)
rule_sets = st.builds(
    Rules,
    opens=st.none() | moments,
    due=st.none() | moments,
    closes=st.none() | moments,
    minutes=st.none() | st.integers(1, 300),
    extra_time=st.just(0),
    attempts=st.integers(0, 5),
)


# -- who gets which rules

RULES = Rules(minutes=30, attempts=2, due=NOON, closes=NOON + HOUR)


@pytest.mark.parametrize(
    ("own", "by_label", "expected"),
    [
        (None, [], {}),
        (Override(), [], {}),
        (Override(extra_time=25), [], {"extra_time": 25}),
        (Override(attempts=1), [Override(attempts=5)], {"attempts": 1}),
        (None, [Override(attempts=3), Override(attempts=5)], {"attempts": 5}),
        (None, [Override(attempts=ANY), Override(attempts=5)], {"attempts": ANY}),
        (None, [Override(extra_time=25), Override(extra_time=50)], {"extra_time": 50}),
        (None, [Override(due=NOON + HOUR), Override(due=NOON + 2 * HOUR)], {"due": NOON + 2 * HOUR}),
        (None, [Override(opens=NOON - HOUR), Override(opens=NOON)], {"opens": NOON - HOUR}),
        (Override(closes=NOON), [Override(due=NOON + HOUR)], {"closes": NOON, "due": NOON + HOUR}),
    ],
)
def test_ones_own_override_comes_before_those_of_labels_field_by_field(
    own: Override | None, by_label: list[Override], expected: dict[str, object]
) -> None:
    assert resolve(RULES, own, by_label) == replace(RULES, **expected)


@given(rule_sets, st.none() | overrides, st.lists(overrides, max_size=3))
def test_each_rule_comes_from_somewhere_and_the_order_of_labels_says_nothing(
    rules: Rules, own: Override | None, by_label: list[Override]
) -> None:
    found = resolve(rules, own, by_label)
    assert found == resolve(rules, own, by_label[::-1])
    for field in fields(Override):
        sources = [getattr(each, field.name) for each in (own, *by_label) if each] + [
            getattr(rules, field.name)
        ]
        assert getattr(found, field.name) in sources
    assert replace(found, extra_time=0, opens=None, due=None, closes=None, attempts=0) == replace(
        rules, extra_time=0, opens=None, due=None, closes=None, attempts=0
    )


def test_it_is_closed_for_everybody_only_when_the_last_one_has_no_more_time() -> None:
    assert ends(RULES, []) == NOON + HOUR
    assert ends(RULES, [Override(closes=NOON), Override(extra_time=50)]) == NOON + HOUR
    assert ends(RULES, [Override(closes=NOON + 3 * HOUR)]) == NOON + 3 * HOUR
    assert ends(Rules(), [Override(closes=NOON)]) is None


# -- beginning


@pytest.mark.parametrize(
    ("rules", "begun", "refusal"),
    [
        (Rules(), 99, ""),
        (Rules(opens=NOON), 0, ""),
        (Rules(opens=NOON + TICK), 0, "not open yet"),
        (Rules(closes=NOON + TICK), 0, ""),
        (Rules(closes=NOON), 0, "closed"),
        (Rules(attempts=2), 1, ""),
        (Rules(attempts=2), 2, "all your attempts"),
    ],
)
def test_one_may_begin_from_the_opening_until_the_end_and_no_oftener_than_allowed(
    rules: Rules, begun: int, refusal: str
) -> None:
    if not refusal:
        may_begin(rules, begun, NOON)
        return
    with pytest.raises(NotOpen, match=refusal):
        may_begin(rules, begun, NOON)


@pytest.mark.parametrize(
    ("rules", "deadline"),
    [
        (Rules(), None),
        (Rules(minutes=30), NOON + timedelta(minutes=30)),
        (Rules(minutes=30, extra_time=25), NOON + timedelta(minutes=37.5)),
        (Rules(minutes=90, closes=NOON + HOUR), NOON + HOUR),
        (Rules(closes=NOON + HOUR), NOON + HOUR),
        (Rules(minutes=30, closes=NOON + HOUR), NOON + timedelta(minutes=30)),
        (Rules(minutes=60, extra_time=100, closes=NOON + HOUR), NOON + HOUR),
    ],
)
def test_the_deadline_is_the_time_limit_or_the_end_whichever_is_sooner(
    rules: Rules, deadline: datetime | None
) -> None:
    assert make_terms(rules, "a", 1, NOON).deadline == deadline


@given(rule_sets, rule_sets)
def test_changed_rules_never_make_a_running_attempt_shorter(old: Rules, new: Rules) -> None:
    terms = make_terms(old, "a", 1, NOON)
    later = prolonged(terms, new, NOON)
    fresh = make_terms(new, "a", 1, NOON).deadline
    assert later == fresh or (later == terms.deadline and fresh is not None)
    if later is not None and terms.deadline is not None:
        assert later >= terms.deadline


# -- the end, to the microsecond


def test_an_answer_counts_up_to_the_deadline_and_its_grace_and_not_a_microsecond_more() -> None:
    terms = Terms(assignment="a", number=1, deadline=NOON, grace=10)
    grace = timedelta(seconds=10)
    assert terms.takes(NOON)
    assert terms.takes(NOON + grace)
    assert not terms.takes(NOON + grace + TICK)
    assert Terms(assignment="a", number=1).takes(datetime(9999, 1, 1, tzinfo=UTC))


def test_what_ends_after_it_was_due_earns_its_share() -> None:
    terms = Terms(assignment="a", number=1, due=NOON, late=60, grace=10)
    grace = timedelta(seconds=10)
    assert terms.credit(NOON) == terms.credit(NOON + grace) == terms.credit(None) == 1
    assert terms.credit(NOON + grace + TICK) == 0.6
    assert Terms(assignment="a", number=1, late=0).credit(NOON) == 1


# -- what is shown


def test_what_is_shown_changes_with_the_end_of_the_attempt_and_of_the_assignment() -> None:
    shows = Shows(OWN, MARKED, ALL, NOON)
    assert shows.sight(finished=False, now=NOON + HOUR) == OWN
    assert shows.sight(finished=True, now=NOON - TICK) == MARKED
    assert shows.sight(finished=True, now=NOON) == ALL
    assert replace(shows, ends=None).sight(finished=True, now=NOON + HOUR) == MARKED


def test_only_what_keeps_nothing_back_counts_towards_progress() -> None:
    assert ALL.is_all
    assert not any(
        sight.is_all for sight in (NOTHING, OWN, MARKED, replace(ALL, key=False), replace(ALL, reason=False))
    )


def test_an_exam_shows_nothing_but_ones_own_answers_before_it_is_closed() -> None:
    exam = PRESETS["exam"]
    assert (exam.behaviour, exam.during, exam.after, exam.closed) == ("exam", OWN, OWN, ALL)
    assert PRESETS["test"].after == ALL
    assert PRESETS["practice"].during == ALL


# -- the result


def outcome(number: int, points: float | None, *, credit: float = 1, is_finished: bool = True) -> Outcome:
    return Outcome(number, points, 10, credit, is_finished)


@pytest.mark.parametrize(
    ("counts", "expected"), [("first", 0.5), ("last", 0.4), ("best", 0.9), ("mean", 0.6)]
)
def test_the_rule_says_which_attempt_counts(counts: str, expected: float) -> None:
    attempts = [outcome(2, 9), outcome(1, 5), outcome(3, 4), outcome(-1, 10)]
    assert result(attempts, counts) == pytest.approx(expected)


def test_an_attempt_that_runs_counts_only_where_there_is_no_other() -> None:
    running = outcome(2, 1, is_finished=False)
    assert result([outcome(1, 5), running], "last") == 0.5
    assert result([running], "last") == 0.1
    assert result([], "best") is None
    assert result([outcome(-1, 10)], "best") is None


def test_late_credit_belongs_to_the_result() -> None:
    assert result([outcome(1, 10, credit=0.5), outcome(2, 6)], "best") == 0.6
    assert Outcome(1, 0.0, 0.0, 1, True).share == 0
