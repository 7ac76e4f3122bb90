"""Papers: fixed questions and draws, the same for the same seed, and what can't be filled."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.bank import LEVELS
from quizapp.learn import NothingToAsk, Paper, Part, draw_paper, missing, ready_made, room
from tests.learn.logs import BANK, NOON, QUESTIONS

COROUTINES = [question for question in QUESTIONS if question.topic == "coroutines"]
FIXED = COROUTINES[0].id


def drawn(*parts: Part, seed: int = 1, **more: object) -> list[str]:
    picks = draw_paper(Paper("Title", parts), BANK, seed=seed, **({"seen": {}} | more))
    return [pick.question.id for pick in picks]


@given(st.integers(0, 2**64 - 1), st.booleans())
def test_a_paper_asks_what_its_parts_say_each_question_once(seed: int, shuffle: bool) -> None:
    parts = (
        Part(topic="coroutines", count=3, weight=2),
        Part(question=FIXED),
        Part(topic="coroutines", level="advanced", count=2),
        Part(type="open", count=1, weight=5),
    )
    paper = Paper("Title", parts)
    picks = draw_paper(paper, BANK, seed=seed, seen={}, shuffle=shuffle)
    assert picks == draw_paper(paper, BANK, seed=seed, seen={}, shuffle=shuffle)
    assert len({pick.question.id for pick in picks}) == len(picks) == paper.size == 7
    assert sum(pick.weight for pick in picks) == paper.points == 14
    assert Counter(pick.weight for pick in picks) == {2: 3, 1: 3, 5: 1}
    assert [pick.question.id for pick in picks if pick.weight == 1].count(FIXED) == 1
    assert all(pick.question.rated == (pick.weight == 5) for pick in picks)


def test_a_draw_asks_what_one_has_not_seen_and_then_what_one_saw_long_ago() -> None:
    seen = {question.id: NOON - timedelta(days=n) for n, question in enumerate(COROUTINES)}
    new, oldest = seen.popitem()[0], COROUTINES[-2].id
    assert set(drawn(Part(topic="coroutines", count=2), seen=seen)) == {new, oldest}


def test_other_seeds_draw_other_questions() -> None:
    assert len({tuple(drawn(Part(topic="coroutines", count=3), seed=seed)) for seed in range(20)}) > 1


def test_a_shuffled_paper_has_another_order_for_others() -> None:
    parts = [Part(question=question.id) for question in COROUTINES[:6]]
    orders = {tuple(drawn(*parts, seed=seed, shuffle=True)) for seed in range(20)}
    assert len(orders) > 1
    assert {tuple(sorted(order)) for order in orders} == {tuple(sorted(part.question for part in parts))}
    assert drawn(*parts) == [part.question for part in parts]


def test_a_topic_includes_what_stands_below_it_and_nothing_that_merely_begins_alike() -> None:
    assert Part(topic="coroutines").admits(BANK[FIXED])
    assert not Part(topic="corou").admits(BANK[FIXED])
    assert not Part(topic="coroutines", level="advanced").admits(BANK[FIXED]) or (
        BANK[FIXED].level == "advanced"
    )


def test_a_part_that_the_bank_can_not_fill_is_told_and_never_left_short() -> None:
    gone = Part(question="coroutines/retired-meanwhile")
    many = Part(topic="coroutines", count=len(COROUTINES) + 1)
    for part in (gone, many):
        assert missing(Paper("Title", (part, Part(question=FIXED))), BANK) == (part,)
        with pytest.raises(NothingToAsk):
            drawn(part)
    assert missing(Paper("Title", (Part(topic="coroutines", count=len(COROUTINES)),)), BANK) == ()


def test_draws_of_one_topic_share_its_questions() -> None:
    half = len(COROUTINES) // 2 + 1
    parts = (Part(topic="coroutines", count=half), Part(topic="coroutines", count=half))
    assert missing(Paper("Title", parts), BANK) == parts[1:]
    with pytest.raises(NothingToAsk):
        drawn(*parts)


def test_a_ready_made_quiz_is_the_same_for_everybody_from_easy_to_hard_and_of_many_concepts() -> None:
    paper = ready_made("Coroutines", COROUTINES, seed="coroutines")
    assert paper == ready_made("Coroutines", COROUTINES[::-1], seed="coroutines")
    asked = [BANK[part.question] for part in paper.parts]
    levels = [LEVELS.index(question.level) for question in asked]
    assert len(asked) == paper.size == 10
    assert levels == sorted(levels)
    concepts = Counter(question.concepts[0] for question in COROUTINES)
    assert len({question.concepts[0] for question in asked}) == min(10, len(concepts))
    assert not any(question.rated for question in asked)


def test_a_ready_made_quiz_of_few_questions_asks_these() -> None:
    assert ready_made("Few", COROUTINES[:3], seed="few").size == 3
    assert ready_made("None", [], seed="none").parts == ()


@given(
    st.lists(
        st.builds(
            Part,
            topic=st.sampled_from(["coroutines", "tasks", ""]),
            level=st.sampled_from(["", *LEVELS]),
            count=st.integers(1, 30),
        ),
        max_size=5,
    ),
    st.integers(0, 99),
)
def test_there_is_room_for_a_part_exactly_where_no_draw_is_left_short(parts: list[Part], seed: int) -> None:
    paper = Paper("Title", tuple(parts))
    rooms = room(paper, BANK)
    assert all(0 <= free <= part.count for part, free in zip(parts, rooms, strict=True))
    short = [part for part, free in zip(parts, rooms, strict=True) if free < part.count]
    assert list(missing(paper, BANK)) == short
    if short:
        with pytest.raises(NothingToAsk):
            drawn(*parts, seed=seed)
    else:
        assert len(drawn(*parts, seed=seed)) == paper.size


def test_a_paper_that_asks_for_far_more_than_there_is_gets_what_there_is() -> None:
    """Its parts once looked for a seat for each of 200,000 questions."""
    parts = (Part(count=999), Part(level="beginner", count=999)) * 100
    assert sum(room(Paper("Absurd", parts), BANK)) == sum(not question.rated for question in BANK)
