"""The interview's rules: what is asked, what is said and rated, follow-ups, the clock, and the report."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Open, Question
from quizapp.learn import (
    LENGTHS,
    SENIORITIES,
    Attempt,
    NoSuchPlace,
    NothingToAsk,
    NotNow,
    Plan,
    Profile,
    Quiz,
    Step,
)
from quizapp.learn.interview import Seniority
from tests.learn.logs import BANK, DAY, NOON, folded, said

QUESTIONS = tuple(BANK)
OPEN = [question for question in QUESTIONS if isinstance(question, Open)]
TOPICS = sorted({question.topic for question in OPEN})
COUNTS = {
    15: {"open": 2, "output": 1, "spot-line": 1, "short-answer": 1},
    30: {"open": 4, "output": 2, "spot-line": 1, "short-answer": 1},
    45: {"open": 5, "output": 3, "spot-line": 2, "short-answer": 2},
}
STAND_INS = {"output": {"duration"}, "spot-line": {"cloze"}, "short-answer": {"matching", "single-choice"}}
FAR = {
    "junior": {"beginner": 0, "intermediate": 1, "advanced": 2},
    "mid": {"beginner": 0, "intermediate": 0, "advanced": 1},
    "senior": {"beginner": 1, "intermediate": 0, "advanced": 0},
}
"""How far a question's level is from what a candidate is asked first."""
MINUTE = timedelta(minutes=1)

topics = st.lists(st.sampled_from(TOPICS), unique=True, max_size=6).map(tuple)
plans = st.builds(Plan, st.sampled_from(SENIORITIES), st.sampled_from(LENGTHS), topics)
seeds = st.integers(0, 2**64 - 1)
levels = st.sampled_from(["", "weak", "good", "strong"])


def scripted(plan: Plan, seed: int = 1, profile: Profile | None = None) -> list[Question]:
    return [pick.question for pick in learn.script(plan, QUESTIONS, profile or Profile(), seed=seed)]


def of_kind(questions: Sequence[Question], kind: str) -> list[Question]:
    return [question for question in questions if question.type == kind]


def minutes_for(questions: Sequence[Question]) -> float:
    """How long answering takes: open questions say it themselves."""
    closed = {"output": 1.5, "spot-line": 1.5, "short-answer": 1.0}
    return sum(each.minutes if isinstance(each, Open) else closed.get(each.type, 1.5) for each in questions)


# -- the script


@pytest.mark.bulk
@pytest.mark.parametrize("minutes", LENGTHS)
@pytest.mark.parametrize("seniority", SENIORITIES)
def test_a_script_meets_its_blueprint(seniority: Seniority, minutes: int) -> None:
    for seed in range(1000):
        asked = scripted(Plan(seniority, minutes), seed)
        assert Counter(question.type for question in asked) == COUNTS[minutes]
        assert asked[0].type == asked[-1].type == "open"
        assert len({question.id for question in asked}) == len(asked)
        assert 0.6 * minutes < minutes_for(asked) < 1.5 * minutes
        for kind in COUNTS[minutes]:
            assert len({each.topic for each in of_kind(asked, kind)}) == COUNTS[minutes][kind]
            assert_none_left_fits_better(asked, kind, lambda each: FAR[seniority][each.level])


def assert_none_left_fits_better(asked: Sequence[Question], kind: str, fitness: object) -> None:
    """Whatever of this type was left, in topics that were not asked, fits no better than what was taken."""
    assert callable(fitness)
    taken = of_kind(asked, kind)
    used = {question.topic for question in taken}
    left = [question for question in BY_KIND[kind] if question.topic not in used]
    assert max(map(fitness, taken)) <= min(map(fitness, left))


BY_KIND = {kind: of_kind(QUESTIONS, kind) for kind in COUNTS[45]}


def test_a_junior_is_asked_the_easy_open_questions_first_of_all() -> None:
    easy = {question.id for question in OPEN if question.level == "beginner"}
    for seed in range(50):
        asked = {question.id for question in of_kind(scripted(Plan("junior", 30), seed), "open")}
        assert asked <= easy or easy <= asked


def test_open_questions_grow_harder() -> None:
    order = ["beginner", "intermediate", "advanced"]
    for seed in range(50):
        ranks = [order.index(each.level) for each in of_kind(scripted(Plan("junior", 45), seed), "open")]
        assert ranks == sorted(ranks)


def test_closed_questions_stand_between_open_ones_and_in_no_fixed_order() -> None:
    orders = set()
    for seed in range(50):
        kinds = [question.type for question in scripted(Plan("mid", 45), seed)]
        assert "open open" not in " ".join(kinds)
        orders.add(tuple(kinds))
    assert len(orders) > 10


@given(seeds, st.sets(st.sampled_from([each.id for each in OPEN if each.level != "advanced"]), max_size=14))
def test_unseen_questions_come_first(seed: int, seen: set[str]) -> None:
    profile = folded([said(BANK[each], NOON) for each in sorted(seen)])
    asked = scripted(Plan("mid", 30), seed, profile)
    assert_none_left_fits_better(asked, "open", lambda each: (FAR["mid"][each.level], each.id in seen))


def test_among_seen_questions_the_longest_unseen_come_first() -> None:
    topic = "design-and-adoption"
    four = [question for question in OPEN if question.topic == topic and question.level != "beginner"]
    assert len(four) >= 3
    profile = folded([said(each, NOON + number * DAY) for number, each in enumerate(four)])
    for seed in range(20):
        asked = of_kind(scripted(Plan("senior", 15, (topic,)), seed, profile), "open")
        assert {each.id for each in asked} == {each.id for each in four[:2]}


@given(plans, seeds)
def test_only_chosen_topics_are_asked_and_other_types_stand_in_where_one_is_rare(
    plan: Plan, seed: int
) -> None:
    asked = scripted(plan, seed)
    assert len({question.id for question in asked}) == len(asked)
    assert {question.topic for question in asked} <= set(plan.topics or [each.id for each in BANK.topics])
    pool = [question for question in QUESTIONS if not plan.topics or question.topic in plan.topics]
    for kind, count in COUNTS[plan.minutes].items():
        taken, stood_in = (
            of_kind(asked, kind),
            [each for each in asked if each.type in STAND_INS.get(kind, ())],
        )
        there, others = of_kind(pool, kind), [each for each in pool if each.type in STAND_INS.get(kind, ())]
        assert len(taken) == min(count, len(there))
        assert len(stood_in) == min(count - len(taken), len(others))


@given(plans, seeds)
def test_topics_take_turns(plan: Plan, seed: int) -> None:
    taken = Counter(question.topic for question in of_kind(scripted(plan, seed), "open"))
    there = Counter(question.topic for question in OPEN if not plan.topics or question.topic in plan.topics)
    fewest = min(taken[topic] if taken[topic] < there[topic] else 99 for topic in there)
    assert all(count <= fewest + 1 for count in taken.values())


@given(plans, seeds)
def test_the_same_arguments_make_the_same_script(plan: Plan, seed: int) -> None:
    assert scripted(plan, seed) == scripted(plan, seed)


def test_other_seeds_make_other_scripts() -> None:
    assert len({tuple(each.id for each in scripted(Plan(), seed)) for seed in range(50)}) > 45


def test_topics_without_an_open_question_give_no_interview() -> None:
    closed = [question for question in QUESTIONS if not question.rated]
    with pytest.raises(NothingToAsk):
        learn.script(Plan(), closed, Profile(), seed=1)
    with pytest.raises(NothingToAsk):
        scripted(Plan(topics=("no-such-topic",)))


def test_one_open_question_begins_its_interview() -> None:
    topic = next(each for each in TOPICS if sum(question.topic == each for question in OPEN) == 1)
    asked = scripted(Plan("mid", 45, (topic,)))
    assert asked[0].type == "open"
    assert len(of_kind(asked, "open")) == 1


@given(plans)
def test_a_plan_survives_as_a_quiz(plan: Plan) -> None:
    assert learn.plan_of(plan.quiz) == plan
    assert (plan.quiz.mode, plan.quiz.source) == ("interview", "interview")
    assert plan.quiz.count == sum(COUNTS[plan.minutes].values())


@pytest.mark.parametrize("of", ["", "coroutines", "mid 31", "expert 30", "mid thirty", "30 mid"])
def test_another_quiz_has_no_plan(of: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        learn.plan_of(Quiz(of=of))


# -- follow-ups


@st.composite
def answers_to_open(draw: st.DrawFn) -> tuple[Open, tuple[str, ...]]:
    question = draw(st.sampled_from(OPEN))
    flags = draw(st.sets(st.sampled_from([flag.misconception for flag in question.red_flags])))
    return question, ("words", *(draw(levels) for _ in question.rubric), *sorted(flags))


def called_for(question: Open, answer: tuple[str, ...]) -> list[int]:
    """Which follow-ups an answer calls for, by number."""
    made = dict(zip([point.id for point in question.rubric], answer[1:], strict=False))
    heard = answer[1 + len(made) :]
    return [
        number
        for number, each in enumerate(question.follow_ups)
        if (each.flagged and each.flagged in heard)
        or (each.missed and made[each.missed] in ("", "weak"))
        or (each.said and made[each.said] in ("good", "strong"))
    ]


@given(answers_to_open())
def test_follow_ups_are_called_for_and_at_most_two(told: tuple[Open, tuple[str, ...]]) -> None:
    question, answer = told
    asked = [question.follow_ups.index(each) for each in learn.follow_ups(question, answer)]
    wanted = called_for(question, answer)
    assert set(asked) <= set(wanted)
    assert len(asked) == len(set(asked)) == min(2, len(wanted))


@given(answers_to_open())
def test_red_flags_are_followed_up_first_then_what_was_missed(told: tuple[Open, tuple[str, ...]]) -> None:
    question, answer = told
    kinds = [0 if each.flagged else 1 if each.missed else 2 for each in learn.follow_ups(question, answer)]
    wanted = [question.follow_ups[number] for number in called_for(question, answer)]
    all_kinds = sorted(0 if each.flagged else 1 if each.missed else 2 for each in wanted)
    assert kinds == all_kinds[:2]


# -- saying, rating, following up


def begun(minutes: int = 15) -> tuple[Attempt, list[Question]]:
    plan = Plan("mid", minutes)
    picks = learn.script(plan, QUESTIONS, Profile(), seed=3)
    attempt = learn.start(plan.quiz, picks, attempt_id="a", learner="ann", seed=3, now=NOON)
    return attempt, [pick.question for pick in picks]


def rated(attempt: Attempt, place: int, question: Question, *given: str, at: timedelta = MINUTE) -> Step:
    step_id = f"rate {place}"
    return learn.answer(attempt, place, question, given, sure=True, step_id=step_id, now=NOON + at)


def told(words: str, minute: int = 1, place: int = 1, step_id: str = "say") -> Step:
    return Step(id=step_id, place=place, kind="say", at=NOON + minute * MINUTE, answer=(words,))


def ended(attempt: Attempt, asked: list[Question], minute: int = 20) -> Attempt:
    return learn.fold(attempt, learn.finish(attempt, asked, now=NOON + minute * MINUTE))


def test_what_is_said_is_kept_before_it_is_rated() -> None:
    attempt, _ = begun()
    assert attempt.slot(1).said is None
    said_now = learn.fold(attempt, [learn.say(attempt, 1, "my words", step_id="s", now=NOON)])
    assert (said_now.slot(1).said, said_now.slot(1).step, said_now.answered) == ("my words", None, 0)


def test_saying_nothing_is_something_said() -> None:
    attempt, _ = begun()
    assert learn.fold(attempt, [learn.say(attempt, 1, "", step_id="s", now=NOON)]).slot(1).said == ""


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("one", "two", "one\n\ntwo"),
        ("one", "", "one"),
        ("", "two", "two"),
        ("one", "one", "one"),
        ("one", "one and more", "one\n\none and more"),
    ],
)
def test_two_tabs_lose_no_words(first: str, second: str, kept: str) -> None:
    attempt, _ = begun()
    assert learn.fold(attempt, [told(first), told(second, 2, step_id="t")]).slot(1).said == kept


def test_what_was_said_does_not_change_once_it_is_rated() -> None:
    attempt, asked = begun()
    attempt = learn.fold(attempt, [told("before"), rated(attempt, 1, asked[0], "before", at=2 * MINUTE)])
    with pytest.raises(NotNow):
        learn.say(attempt, 1, "after", step_id="t", now=NOON + 3 * MINUTE)
    assert learn.fold(attempt, [told("after", 3, step_id="t")]).slot(1).said == "before"


def test_words_are_kept_that_come_after_a_partner_has_rated() -> None:
    attempt, asked = begun()
    attempt = learn.fold(attempt, [rated(attempt, 1, asked[0], "")])
    late = learn.say(attempt, 1, "my notes", step_id="s", now=NOON + 2 * MINUTE)
    attempt = learn.fold(attempt, [late])
    assert attempt.slot(1).said == "my notes"
    with pytest.raises(NotNow):
        learn.say(attempt, 1, "more", step_id="t", now=NOON + 3 * MINUTE)


def test_the_first_rating_counts() -> None:
    attempt, asked = begun()
    first = rated(attempt, 1, asked[0], "", "strong")
    attempt = learn.fold(attempt, [first, rated(attempt, 1, asked[0], "", "weak", at=2 * MINUTE)])
    assert attempt.slot(1).step == first
    with pytest.raises(NotNow):
        rated(attempt, 1, asked[0], "", "good")


def test_a_follow_up_is_asked_after_the_rating_and_its_answer_is_kept() -> None:
    attempt, asked = begun()
    answer = ("0", "my answer", "yes")
    with pytest.raises(NotNow):
        learn.follow(attempt, 1, answer, step_id="f", now=NOON)
    attempt = learn.fold(attempt, [rated(attempt, 1, asked[0], "")])
    step = learn.follow(attempt, 1, answer, step_id="f", now=NOON + 2 * MINUTE)
    assert learn.fold(attempt, [step]).slot(1).follows == (answer,)


def test_the_last_note_of_a_partner_counts_before_and_after_the_rating() -> None:
    attempt, asked = begun()
    steps = [
        learn.note(attempt, 1, "first", step_id="n", now=NOON),
        rated(attempt, 1, asked[0], ""),
        learn.note(attempt, 1, "second", step_id="m", now=NOON + 2 * MINUTE),
    ]
    assert learn.fold(attempt, steps).slot(1).note == "second"


def test_nothing_is_taken_after_the_end() -> None:
    attempt, asked = begun()
    attempt = ended(attempt, asked)
    now = NOON + 30 * MINUTE
    for act in (
        lambda: learn.say(attempt, 1, "", step_id="x", now=now),
        lambda: rated(attempt, 1, asked[0], ""),
        lambda: learn.follow(attempt, 1, ("0", "", "yes"), step_id="x", now=now),
        lambda: learn.note(attempt, 1, "", step_id="x", now=now),
        lambda: learn.pause(attempt, 1, stop=True, step_id="x", now=now),
    ):
        with pytest.raises(NotNow):
            act()


def test_there_is_no_place_outside_the_script() -> None:
    attempt, asked = begun()
    for place in (0, len(asked) + 1):
        with pytest.raises(NoSuchPlace):
            learn.say(attempt, place, "", step_id="x", now=NOON)
        with pytest.raises(NoSuchPlace):
            learn.note(attempt, place, "", step_id="x", now=NOON)
        with pytest.raises(NoSuchPlace):
            learn.pause(attempt, place, stop=True, step_id="x", now=NOON)


def test_an_interview_tells_what_was_answered_and_at_its_end_everything() -> None:
    attempt, asked = begun()
    attempt = learn.fold(attempt, [told("words", place=2), rated(attempt, 1, asked[0], "")])
    assert [attempt.tells(place) for place in (1, 2, 3)] == [True, False, False]
    assert all(ended(attempt, asked).tells(place) for place in (1, 2, 3))


def test_an_interview_has_no_hints_and_nothing_comes_back() -> None:
    attempt, asked = begun()
    with pytest.raises(NotNow):
        learn.ask_hint(attempt, 1, asked[0], (), step_id="h", now=NOON)
    assert learn.come_back(attempt, rated(attempt, 1, asked[0], ""), asked[0]) is None


def test_ending_twice_ends_once() -> None:
    attempt, asked = begun()
    once = ended(attempt, asked, 20)
    assert ended(once, asked, 30) == once
    assert once.finished == NOON + 20 * MINUTE


# -- the clock


def presses(*minutes: tuple[str, int]) -> list[Step]:
    return [
        Step(id=f"{kind} {minute}", place=1 + minute % 3, kind=kind, at=NOON + minute * MINUTE)
        for kind, minute in minutes
    ]


@pytest.mark.parametrize(
    ("pressed", "spent", "is_paused"),
    [
        ((), 20, False),
        ((("pause", 5),), 5, True),
        ((("pause", 5), ("resume", 8)), 17, False),
        ((("pause", 5), ("pause", 6), ("resume", 8)), 17, False),
        ((("pause", 5), ("resume", 8), ("resume", 10)), 17, False),
        ((("resume", 2),), 20, False),
        ((("pause", 5), ("resume", 8), ("pause", 10), ("resume", 14)), 13, False),
        ((("pause", 0),), 0, True),
    ],
)
def test_the_clock_leaves_pauses_out(pressed: Sequence[tuple[str, int]], spent: int, is_paused: bool) -> None:
    attempt, asked = begun()
    attempt = learn.fold(attempt, presses(*pressed))
    assert learn.spent(attempt, NOON + 20 * MINUTE) == spent * MINUTE
    assert attempt.is_paused == is_paused
    over = ended(attempt, asked)
    assert learn.spent(over, NOON + DAY) == spent * MINUTE


def test_pausing_makes_the_step_that_was_pressed_in_whatever_tab() -> None:
    attempt, _ = begun()
    first = learn.pause(attempt, 1, stop=True, step_id="p", now=NOON + 2 * MINUTE)
    paused = learn.fold(attempt, [first])
    second = learn.pause(paused, 2, stop=True, step_id="q", now=NOON + 3 * MINUTE)
    assert learn.fold(paused, [second]) == paused
    on = learn.pause(paused, 3, stop=False, step_id="r", now=NOON + 4 * MINUTE)
    assert (first.kind, second.kind, on.kind) == ("pause", "pause", "resume")
    assert not learn.fold(paused, [second, on]).is_paused


@given(st.lists(st.tuples(st.sampled_from(["pause", "resume"]), st.integers(0, 60)), max_size=8))
def test_the_clock_never_runs_backwards(pressed: list[tuple[str, int]]) -> None:
    pressed.sort(key=lambda press: press[1])
    attempt = learn.fold(begun()[0], presses(*pressed))
    seen = [learn.spent(attempt, NOON + minute * MINUTE) for minute in range(60, 90)]
    assert seen == sorted(seen)
    assert timedelta() <= seen[0] <= 60 * MINUTE


def test_other_steps_do_not_move_the_clock() -> None:
    attempt, asked = begun()
    pauses = presses(("pause", 5), ("resume", 8))
    others = [told("words"), rated(attempt, 1, asked[0], "words", at=6 * MINUTE)]
    whole = {learn.fold(attempt, order) for order in permutations_of(pauses, others)}
    assert len(whole) == 1
    assert learn.spent(whole.pop(), NOON + 20 * MINUTE) == 17 * MINUTE


def permutations_of(pauses: list[Step], others: list[Step]) -> list[list[Step]]:
    """Every order that keeps each of the two rows in its own."""
    orders = [list(order) for order in permutations([*pauses, *others])]
    return [
        order
        for order in orders
        if [each for each in order if each in pauses] == pauses
        and [each for each in order if each in others] == others
    ]


# -- the report


def level_all(question: Open, level: str, *flags: str) -> tuple[str, ...]:
    return ("words", *(level for _ in question.rubric), *flags)


def interviewed(
    given: dict[int, tuple[str, ...]], minutes: int = 15
) -> tuple[Attempt, list[Question], learn.Report]:
    attempt, asked = begun(minutes)
    steps = []
    for place, answer in given.items():
        if answer[:1] == ("words",):
            steps.append(told(f"words {place}", place=place, step_id=f"say {place}"))
        steps.append(rated(attempt, place, asked[place - 1], *answer))
    attempt = ended(learn.fold(attempt, steps), asked)
    return attempt, asked, learn.report(attempt, asked)


def test_a_report_of_nothing_is_empty() -> None:
    _, asked, report = interviewed({})
    assert (report.score, report.answered, report.questions) == (0, 0, len(asked))
    assert (report.topics, report.skills, report.flags) == ((), (), ())
    assert report.strongest is report.thinnest is None


def test_what_was_not_answered_counts_in_the_score_and_not_in_the_ranges() -> None:
    _, asked = begun()
    opened = asked[0]
    assert isinstance(opened, Open)
    attempt, asked, report = interviewed({1: level_all(opened, "strong")})
    assert report.score == attempt.score == 1 / len(asked)
    assert report.overall.answers == 1
    assert report.overall == learn.Mastery().after(1.0)
    assert [(part.name, part.mastery.answers) for part in report.topics] == [(opened.topic, 1)]
    assert [(part.name, part.mastery.answers) for part in report.skills] == [(opened.skill, 1)]


def test_points_earn_by_their_levels() -> None:
    for level, points in (("", 0), ("weak", 0.25), ("good", 0.75), ("strong", 1)):
        _, asked = begun()
        assert isinstance(asked[0], Open)
        *_, report = interviewed({1: level_all(asked[0], level)})
        assert report.score == pytest.approx(points / len(asked))


def test_the_strongest_and_the_thinnest_answer_are_named_with_what_was_said() -> None:
    _, asked = begun(30)
    places = [place for place, each in enumerate(asked, start=1) if isinstance(each, Open)]
    given = {
        place: level_all(asked[place - 1], level)
        for place, level in zip(places, ["good", "weak", "strong"], strict=False)
    }
    *_, report = interviewed(given, 30)
    assert report.strongest is not None
    assert report.thinnest is not None
    assert (report.strongest.place, report.strongest.words) == (places[2], f"words {places[2]}")
    assert (report.thinnest.place, report.thinnest.score) == (places[1], 0.25)


def test_one_answer_is_the_strongest_and_none_the_thinnest() -> None:
    _, asked = begun()
    assert isinstance(asked[0], Open)
    *_, report = interviewed({1: level_all(asked[0], "weak")})
    assert report.strongest is not None
    assert report.thinnest is None


def test_red_flags_are_named_once_and_cost_nothing() -> None:
    _, asked = begun()
    opened = asked[0]
    assert isinstance(opened, Open)
    flag = opened.red_flags[0].misconception
    *_, with_flag = interviewed({1: level_all(opened, "strong", flag, flag)})
    *_, without = interviewed({1: level_all(opened, "strong")})
    assert with_flag.flags == (flag,)
    assert without.flags == ()
    assert with_flag.score == without.score


def test_each_answer_counts_for_one_topic_and_one_skill() -> None:
    _, asked = begun(45)
    given = {place: question.model() for place, question in enumerate(asked, start=1)}
    *_, report = interviewed(given, 45)
    assert report.score == pytest.approx(1)
    assert sum(part.mastery.answers for part in report.topics) == len(asked)
    assert sum(part.mastery.answers for part in report.skills) == len(asked)
    assert [part.name for part in report.skills] == [
        each for each in learn.SKILLS if each in {part.name for part in report.skills}
    ]
    closed = Counter(
        {"output": "predict", "spot-line": "debug", "short-answer": "explain"}[q.type]
        for q in asked
        if q.type != "open"
    )
    opened = Counter(question.skill for question in asked if isinstance(question, Open))
    assert {part.name: part.mastery.answers for part in report.skills} == dict(closed + opened)


# -- what an interview says of the learner


def test_a_rated_answer_touches_neither_mastery_nor_certainty_but_ideas_and_what_was_seen() -> None:
    question = OPEN[0]
    flag = question.red_flags[0].misconception
    before = folded([said(each, NOON) for each in QUESTIONS[:5]])
    after = folded([said(question, NOON + DAY, level_all(question, "weak", flag), mode="interview")], before)
    assert (after.topics, after.concepts) == (before.topics, before.concepts)
    assert (after.certain, after.doubtful) == (before.certain, before.doubtful)
    assert question.id in after.seen
    assert after.ideas[flag].chosen == 1
    assert after.total.answers == before.total.answers + 1


def test_an_open_question_is_never_due_and_takes_no_room_from_what_is() -> None:
    question = OPEN[0]
    profile = folded([said(question, NOON, level_all(question, "weak"))])
    later = NOON + 400 * DAY
    profile = folded([said(question, later, level_all(question, "weak"))], profile)
    assert profile.reviewed == 0
    known = [each.id for each in QUESTIONS if not each.rated]
    assert learn.due(profile, known, later + 400 * DAY).now == ()
    with pytest.raises(NothingToAsk):
        learn.draw(Quiz(source="missed"), BANK, seed=1, profile=profile, now=later)


def test_what_was_not_said_and_not_rated_says_nothing_of_ideas() -> None:
    question = OPEN[0]
    blank = ("", *("" for _ in question.rubric))
    assert folded([said(question, NOON, blank)]).ideas == {}


def test_random_interviews_hold_together() -> None:
    for seed in range(30):
        dice = random.Random(seed)
        _, asked = begun(45)
        given = {
            place: (
                level_all(question, dice.choice(["", "weak", "good", "strong"]))
                if isinstance(question, Open)
                else dice.choice([question.model(), ()])
            )
            for place, question in enumerate(asked, start=1)
            if dice.random() < 0.7
        }
        attempt, asked, report = interviewed(given, 45)
        assert report.answered == len(given) == attempt.answered
        assert report.score == pytest.approx(attempt.score)
        assert all(0 <= part.mastery.low <= part.mastery.high <= 1 for part in report.topics)
