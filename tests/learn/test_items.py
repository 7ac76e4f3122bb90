from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import Answer, Question, revive
from quizapp.learn import ENOUGH, Choice, Flag, Item, Try
from tests.learn.logs import BANK, QUESTIONS, answers_to

CLOSE = 1e-9
BELIEFS = ("", "it-blocks", "it-overlaps", "it-overlaps")
WORDS = ("gather", "wait", "run", "sleep", "")
RIGHT_OF_SIX = np.array([True, True, False, True, False, False])

steps = st.integers(0, 20)
times = st.none() | st.integers(0, 6000).map(lambda tenths: tenths / 10)
typed = [question for question in QUESTIONS if not question.keys()]
one_of = [question for question in QUESTIONS if question.type in ("single-choice", "true-false", "spot-line")]


def made(kind: str, **fields: Any) -> Question:
    """A question of a type, with the fields that its type needs."""
    body = {"type": kind, "id": "topic/it", "level": "beginner", "concepts": ["concept"]}
    return revive({**body, "prompt": "What?", "explanation": "So it is.", **fields})


ONE = made(
    "single-choice",
    options=[
        {"right": "yes", "why": "It is."},
        *({"wrong": f"no, {belief}", "why": "No.", "misconception": belief} for belief in BELIEFS[1:3]),
        {"wrong": "never", "why": "No.", "misconception": BELIEFS[3]},
    ],
)
SOME = made(
    "multiple-choice",
    options=[
        {"right" if is_right else "wrong": f"part {number}", "why": "So."}
        for number, is_right in enumerate(RIGHT_OF_SIX)
    ],
)
WORD = made(
    "short-answer",
    accept=["gather", "asyncio.gather"],
    mistakes=[
        {"answer": answer, "why": "It stops at the first.", "misconception": "it-blocks"}
        for answer in ("wait", "asyncio.wait")
    ],
)
SECONDS = made("duration", code="pass", run={"takes": 0.5})
LINES = made(
    "spot-line",
    code="import asyncio\n\nasync def main():\n    asyncio.sleep(1)\n    print(1)\n",
    line="asyncio.sleep",
    fix="await asyncio.sleep(1)",
    why="It is not awaited.",
    mistakes=[{"line": "import", "why": "It is needed."}],
)
PAIRS = made("matching", pairs=[{"term": f"`{n}`", "match": f"*{n}*"} for n in ("one", "two", "three")])
STEPS = made(
    "ordering", steps=["first", "second", "third"], mistakes=[{"order": ["2", "1", "3"], "why": "No."}]
)
BLANKS = made(
    "cloze",
    code="x = __1__\ny = __2__\n",
    run={"prints": ""},
    blanks=[
        {"accept": ["1"], "mistakes": [{"answer": "3", "why": "No.", "misconception": "it-blocks"}]},
        {"accept": ["2"]},
    ],
)


def tried(question: Question, answers: Iterable[Answer], **more: Any) -> list[Try]:
    """A try for each answer, the learners getting stronger from first to last."""
    found = [
        Try(
            learner=f"{number:03}",
            answer=answer,
            sure=True,
            score=question.grade(answer).score,
            rest=number / 100,
            seconds=None,
        )
        for number, answer in enumerate(answers)
    ]
    return [replace(each, **more) for each in found]


def picked(picks: str, question: Question = ONE) -> Item:
    """The analysis of options picked by learners from weak to strong; - picks none."""
    return learn.analyse(question, tried(question, (() if pick == "-" else (pick,) for pick in picks)))


def written(question: Question, *answers: Answer | str) -> tuple[Choice, ...]:
    """The rows that whole answers make; a string is an answer of one part."""
    given = [(each,) if isinstance(each, str) else each for each in answers]
    return learn.analyse(question, tried(question, given)).options


def kinds(item: Item) -> list[str]:
    return [flag.kind for flag in item.flags]


def flag(item: Item, kind: str) -> Flag | None:
    return next((flag for flag in item.flags if flag.kind == kind), None)


def counted(rows: Iterable[Choice], answers: int) -> dict[str, int]:
    """How many gave the answer of each row, by its text."""
    return {row.text: round(row.share * answers) for row in rows}


# -- the same figures, computed by numpy


def same_figures(item: Item, scores: Any, rests: Any, seconds: Sequence[float | None]) -> None:
    """Assert that the figures of an item are those that numpy computes from the same columns.

    The range is where the distance to the share is z standard errors: the roots of that equation.
    """
    n, share, z = len(scores), np.mean(scores), NormalDist().inv_cdf(0.975)
    ends = np.sort(np.roots([1 + z**2 / n, -(2 * share + z**2 / n), share**2]).real)
    assert [item.facility, item.low, item.high] == pytest.approx([share, *ends], abs=CLOSE)
    if np.ptp(scores) and np.ptp(rests):
        assert item.discrimination == pytest.approx(np.corrcoef(scores, rests)[0, 1], abs=CLOSE)
    else:
        assert item.discrimination is None
    known = np.array([each for each in seconds if each is not None])
    assert item.seconds == (pytest.approx(np.median(known), abs=CLOSE) if known.size else None)


def same_shares(rows: Sequence[Choice], chose: Any, rests: Any, learners: Sequence[str]) -> None:
    """Assert that rows hold the shares of a matrix of learners × rows, by numpy's sorting."""
    n = len(rests)
    assert [row.share for row in rows] == pytest.approx(chose.mean(axis=0).tolist(), abs=CLOSE)
    by_strength = chose[np.lexsort((np.array(learners), rests))]
    third = n // 3
    if n < 6:
        assert {row.top for row in rows} | {row.low for row in rows} == {None}
    else:
        tops, lows = by_strength[n - third :].mean(axis=0), by_strength[:third].mean(axis=0)
        assert [row.top for row in rows] == pytest.approx(tops.tolist(), abs=CLOSE)
        assert [row.low for row in rows] == pytest.approx(lows.tolist(), abs=CLOSE)


@st.composite
def classes(
    draw: st.DrawFn, answer: st.SearchStrategy[Any]
) -> tuple[list[str], Any, Any, list[float | None]]:
    """Columns for some learners: their ids, what they answered, their rest, and their seconds."""
    rows = draw(st.lists(st.tuples(answer, steps, times), min_size=ENOUGH, max_size=40))
    learners = draw(st.permutations([f"{number:03}" for number in range(len(rows))]))
    answers, rests, seconds = zip(*rows, strict=True)
    return learners, np.array(answers), np.array(rests) / 20, list(seconds)


def rows_of(columns: tuple[list[str], Any, Any, list[Any]], answers: list[Answer], scores: Any) -> list[Try]:
    """The columns as tries, with these answers and scores."""
    learners, _, rests, seconds = columns
    rows = zip(learners, answers, scores.tolist(), rests.tolist(), seconds, strict=True)
    return [
        Try(learner=learner, answer=answer, sure=True, score=score, rest=rest, seconds=time)
        for learner, answer, score, rest, time in rows
    ]


@given(classes(st.integers(-1, 3)))
def test_figures_of_one_choice_equal_numpy(columns: tuple[list[str], Any, Any, list[Any]]) -> None:
    learners, picks, rests, seconds = columns
    scores = np.where(picks == 0, 1.0, 0.0)
    answers: list[Answer] = [("abcd"[pick],) if pick >= 0 else () for pick in picks.tolist()]
    item = learn.analyse(ONE, rows_of(columns, answers, scores))
    same_figures(item, scores, rests, seconds)
    heads = [0, 1, 2, 3] + [-1] * bool(np.any(picks == -1))
    same_shares(item.options, picks[:, None] == np.array(heads), rests, learners)
    assert [row.key for row in item.options] == [*"abcd", ""][: len(heads)]
    names, counts = np.unique(np.array(BELIEFS)[picks[picks > 0]], return_counts=True)
    order = np.lexsort((names, -counts))
    assert item.misconceptions == tuple(zip(names[order].tolist(), counts[order].tolist(), strict=True))


@given(classes(st.lists(st.booleans(), min_size=6, max_size=6)))
def test_figures_of_several_choices_with_partial_credit_equal_numpy(
    columns: tuple[list[str], Any, Any, list[Any]],
) -> None:
    learners, ticks, rests, seconds = columns
    net = ticks[:, RIGHT_OF_SIX].sum(axis=1) - ticks[:, ~RIGHT_OF_SIX].sum(axis=1)
    scores = np.clip(net / RIGHT_OF_SIX.sum(), 0, None)
    answers = [tuple(np.array([*"abcdef"])[row].tolist()) for row in ticks]
    item = learn.analyse(SOME, rows_of(columns, answers, scores))
    same_figures(item, scores, rests, seconds)
    silent = ~ticks.any(axis=1)
    chose = np.column_stack([ticks, silent]) if silent.any() else ticks
    same_shares(item.options, chose, rests, learners)
    assert [row.is_key for row in item.options][:6] == RIGHT_OF_SIX.tolist()


@given(classes(st.integers(0, 4)))
def test_figures_of_typed_answers_equal_numpy(columns: tuple[list[str], Any, Any, list[Any]]) -> None:
    learners, words, rests, seconds = columns
    scores = np.where(words == 0, 1.0, 0.0)
    item = learn.analyse(WORD, rows_of(columns, [(WORDS[word],) for word in words.tolist()], scores))
    same_figures(item, scores, rests, seconds)
    heads = [WORDS.index(row.text) if row.letter else 4 for row in item.options]
    assert sorted(heads) == np.unique(words).tolist()
    same_shares(item.options, words[:, None] == np.array(heads), rests, learners)
    waits = int(np.sum(words == 1))
    assert item.misconceptions == ((("it-blocks", waits),) if waits else ())


def test_a_class_of_twelve_reads_as_it_was_worked_out_by_hand() -> None:
    points = {"Luca": 3, "Farid": 1, "Jonas": 5, "Ines": 6, "Hana": 7, "Ben": 8, "Greta": 9}
    points |= {"Dara": 8, "Elif": 9, "Amara": 10, "Chen": 10, "Kavya": 10}
    right = {"Dara", "Elif", "Amara", "Chen", "Kavya"}
    spent = (None, 12.0, 80.0, 44.0, 38.0, 41.0, None, 30.0, 61.0, 41.5, 40.0, 41.0)
    seconds = dict(zip(points, spent, strict=True))
    tries = [
        Try(
            learner=name,
            answer=("a",) if name in right else ("c",) if name == "Luca" else ("b",),
            sure=name != "Hana",
            score=float(name in right),
            rest=(count - (name in right)) / 9,
            seconds=seconds[name],
        )
        for name, count in points.items()
    ]
    item = learn.analyse(ONE, tries)
    scores, rests = [each.score for each in tries], [each.rest for each in tries]
    same_figures(item, np.array(scores), np.array(rests), [each.seconds for each in tries])
    assert (item.answers, round(item.facility or 0, 2)) == (12, 0.42)
    assert (round(item.low or 0, 2), round(item.high or 0, 2)) == (0.19, 0.68)
    assert (round(item.discrimination or 0, 2), item.tells, item.seconds) == (0.56, "good", 41.0)
    shares = [(row.letter, round(row.share, 2), row.top, row.low) for row in item.options]
    assert shares == [("A", 0.42, 0.75, 0), ("B", 0.5, 0.25, 0.75), ("C", 0.08, 0, 0.25), ("D", 0, 0, 0)]
    assert item.misconceptions == (("it-blocks", 6), ("it-overlaps", 1))
    assert item.flags == (
        Flag("one-idea", "At least half of the wrong answers share one idea", "it-blocks"),
        Flag("unused", "Nobody chose D: a useless option", "D"),
    )


# -- how much is said


@pytest.mark.parametrize("count", range(ENOUGH))
def test_below_five_answers_nothing_is_said(count: int) -> None:
    item = learn.analyse(ONE, tried(ONE, [("b",)] * count, seconds=3.0))
    assert item == Item(answers=count)
    assert not item.is_enough
    assert (item.facility, item.options, item.flags, item.tells) == (None, (), (), "")


def test_from_five_answers_on_figures_are_given_and_from_six_on_thirds() -> None:
    five, six = picked("abcda"), picked("abcdab")
    assert five.is_enough
    assert five.facility == 0.4
    assert [(row.top, row.low) for row in five.options] == [(None, None)] * 4
    assert [(row.top, row.low) for row in six.options] == [(0.5, 0.5), (0.5, 0.5), (0, 0), (0, 0)]


def test_who_did_not_answer_counts_among_the_answers_and_has_a_row() -> None:
    item = picked("aaa---")
    assert item.facility == 0.5
    assert item.options[-1] == Choice(text="No answer", share=0.5, top=1, low=0)
    assert "No answer" not in [row.text for row in picked("aaabbb").options]


def test_ties_between_thirds_are_ordered_by_the_learners_id() -> None:
    same = [replace(each, rest=0.5) for each in tried(ONE, [("a",), ("a",), ("b",), ("b",), ("c",), ("c",)])]
    assert [(row.low, row.top) for row in learn.analyse(ONE, same).options[:3]] == [(1, 0), (0, 0), (0, 1)]
    assert learn.analyse(ONE, same).discrimination is None


def test_rests_that_differ_by_rounding_alone_tell_nothing() -> None:
    tries = tried(ONE, [("a",), ("b",)] * 5)
    noisy = [replace(each, rest=0.1 + 0.2 if each.score else 0.3) for each in tries]
    assert len({each.rest for each in noisy}) == 2
    assert learn.analyse(ONE, noisy).discrimination is None


def test_scores_count_as_they_were_given_even_where_the_key_says_otherwise() -> None:
    item = learn.analyse(ONE, tried(ONE, [("b",)] * 6, score=1.0))
    assert item.facility == 1
    assert [row.is_key for row in item.options] == [True, False, False, False]


@given(st.sampled_from(QUESTIONS), st.data())
def test_the_order_of_tries_does_not_matter_and_facility_lies_in_its_range(
    question: Question, data: st.DataObject
) -> None:
    answers = data.draw(st.lists(st.sampled_from(answers_to(question)), min_size=ENOUGH, max_size=20))
    tries = [replace(each, rest=data.draw(steps) / 20) for each in tried(question, answers)]
    item = learn.analyse(question, tries)
    assert learn.analyse(question, data.draw(st.permutations(tries))) == item
    assert item.low is not None
    assert item.high is not None
    assert 0 <= item.low <= (item.facility or 0) <= item.high <= 1
    assert item.discrimination is None or -1 <= item.discrimination <= 1


@given(st.sampled_from(one_of + typed), st.data())
def test_where_one_answer_is_given_the_shares_sum_to_one(question: Question, data: st.DataObject) -> None:
    answers = [*answers_to(question), *([(word,) for word in "stuvwxyz"] if question in typed else [])]
    given = data.draw(st.lists(st.sampled_from(answers), min_size=6, max_size=30))
    rows = learn.analyse(question, tried(question, given)).options
    for name in ("share", "top", "low"):
        assert sum(getattr(row, name) for row in rows) == pytest.approx(1)
    letters = [row.letter for row in rows if row.letter]
    assert len(set(letters)) == len(letters)


@pytest.mark.bulk
def test_every_question_that_ships_can_be_analysed() -> None:
    for question in BANK:
        wrong: list[Answer] = list(zip(question.keys(), strict=True)) or [("what nobody would type",)]
        answers = [question.model(), (), ("", ""), *wrong, *([question.model()] * 3)]
        item = learn.analyse(question, tried(question, answers))
        assert item.is_enough, question.id
        assert question.rated == (item.options == ()), question.id
        assert all(row.text for row in item.options if question.type != "output"), question.id
        assert question.rated or any(row.is_key and row.share for row in item.options), question.id


# -- the rows


def test_options_stand_in_the_authors_order_with_their_letters_and_the_key_marked() -> None:
    rows = picked("ddcbaa").options
    assert [(row.key, row.letter, row.is_key) for row in rows] == [
        ("a", "A", True),
        ("b", "B", False),
        ("c", "C", False),
        ("d", "D", False),
    ]
    assert [row.text for row in rows] == list(map(ONE.face, ONE.keys()))


def test_lines_of_a_program_go_by_their_numbers() -> None:
    rows = picked("1134444444", LINES).options
    assert [(row.letter, row.text.strip()) for row in rows] == [
        ("1", "1  import asyncio"),
        ("3", "3  async def main():"),
        ("4", "4  asyncio.sleep(1)"),
        ("5", "5  print(1)"),
    ]
    assert [row.is_key for row in rows] == [False, False, True, False]
    assert all(row.is_output for row in rows)


def test_typed_answers_that_are_the_same_share_a_row_in_their_commonest_spelling() -> None:
    right = ("asyncio.gather", "gather", "Gather()", "gather")
    rows = written(WORD, *right, "wait", "asyncio.wait", "wait", "Run ", "run")
    assert counted(rows, 9) == {"gather": 4, "wait": 3, "Run ": 2}
    assert [(row.letter, row.is_key, row.is_output) for row in rows] == [
        ("A", True, True),
        ("B", False, True),
        ("C", False, True),
    ]


def test_right_durations_share_a_row_however_they_are_written() -> None:
    rows = written(SECONDS, "0.5", "0.5", "500 ms", ".5", "1", "2", " ")
    assert counted(rows, 7) == {"0.5": 4, "1": 1, "2": 1, "No answer": 1}


def test_only_the_commonest_six_typed_answers_have_a_row_of_their_own() -> None:
    rows = written(WORD, *"nmlkjihgfedcba", *"gfedc", "gather", " ")
    texts = [row.text for row in rows]
    assert texts == ["gather", "c", "d", "e", "f", "g", "Other answers", "No answer"]
    assert [row.letter for row in rows] == [*"ABCDEF", "", ""]
    assert counted(rows, 21)["Other answers"] == 9


def test_whole_matchings_are_counted_and_read_as_pairs() -> None:
    right, swapped = PAIRS.model(), ("b", "a", "c")
    rows = written(PAIRS, right, swapped, swapped, ("a", "", ""), swapped, ())
    assert counted(rows, 6) == {
        "`one` – *one*; `two` – *two*; `three` – *three*": 1,
        "`one` – *two*; `two` – *one*; `three` – *three*": 3,
        "`one` – *one*; `two` – no answer; `three` – no answer": 1,
        "No answer": 1,
    }
    assert not any(row.is_output for row in rows)


def test_whole_orders_are_counted_and_read_as_a_chain() -> None:
    rows = written(STEPS, ("a", "b", "c"), ("b", "a", "c"), ("b", "a", "c"), ("c", "b", "a"), ())
    assert counted(rows, 5) == {
        "first → second → third": 1,
        "second → first → third": 2,
        "third → second → first": 1,
        "No answer": 1,
    }
    assert [row.is_key for row in rows] == [True, False, False, False]


def test_fillings_of_several_blanks_are_told_apart_even_where_one_mistake_is_the_same() -> None:
    rows = written(BLANKS, ("1", "2"), ("3", "8"), ("3", "9"), ("3", "9"), ("3", "2"))
    assert counted(rows, 5) == {"1: 1\n2: 2": 1, "1: 3\n2: 9": 2, "1: 3\n2: 2": 1, "1: 3\n2: 8": 1}


def test_answers_in_own_words_have_no_rows_and_their_red_flags_are_counted() -> None:
    question = next(question for question in BANK if question.rated and list(question.misconceptions()))
    belief = next(belief for _, belief in question.misconceptions())
    answer = (*question.model(), belief)
    item = learn.analyse(question, tried(question, [answer] * 5))
    assert (item.options, item.misconceptions, item.facility) == ((), ((belief, 5),), 1)


# -- flags


@pytest.mark.parametrize(
    ("picks", "of"),
    [
        ("aaabbb", "B"),
        ("aaaaaaaabbba", "B"),
        ("aaaaaaccbbbb", "B"),
        ("aaaacc", "C"),
        ("bbbbba", None),  # the two strongest are one and one
        ("bbbaaa", None),
        ("aaaaaaaaaaabcbba", "B"),
        ("aaaaaaabb-", "B"),
        ("aaaaaaab--", None),  # one strong learner alone
        ("aabbb", None),  # too few for thirds
    ],
)
def test_the_key_is_doubted_where_strong_learners_prefer_another_option(picks: str, of: str | None) -> None:
    found = flag(picked(picks), "key")
    assert found == (Flag("key", f"Strong learners choose {of}: check the key", of) if of else None)


def test_the_key_of_typed_answers_and_of_lines_is_doubted_too() -> None:
    words = ("gather", "x", "gather", "x", "run", "run")
    item = learn.analyse(WORD, tried(WORD, zip(words, strict=True)))
    assert item.flags[0] == Flag("key", "Strong learners answer B: check the key", "B")
    assert picked("444411", LINES).flags[0].text == "Strong learners choose line 1: check the key"


def test_of_several_keys_the_one_chosen_least_is_doubted() -> None:
    answers = [("a", "b", "d")] * 4 + [("a", "b", "c")] * 2
    item = learn.analyse(SOME, tried(SOME, answers))
    assert flag(item, "key") == Flag("key", "Strong learners choose C: check the key", "C")
    item = learn.analyse(SOME, tried(SOME, [("a", "b", "c", "d")] * 6))
    assert flag(item, "key") is None


@pytest.mark.parametrize(
    ("picks", "is_told"),
    [("aaaabbbbbb", True), ("bbbbbbaaaa", False), ("aaaabbbbb", False), ("a" * 10, False)],
)
def test_negative_discrimination_is_told_from_ten_answers_on(picks: str, is_told: bool) -> None:
    assert (flag(picked(picks), "negative") is not None) == is_told


def test_no_discrimination_at_all_is_not_negative() -> None:
    ninths = (4, 5, 1, 2, 9, 7, 7, 1, 6, 6)  # summed up in floats, these correlate by -4e-17
    tries = tried(ONE, zip("bbaaabbbaa", strict=True))
    item = learn.analyse(
        ONE, [replace(each, rest=ninth / 9) for each, ninth in zip(tries, ninths, strict=True)]
    )
    assert (item.discrimination, item.tells) == (0, "weak")
    assert "negative" not in kinds(item)


@pytest.mark.parametrize(
    ("picks", "letters"),
    [("bcbcbaaaaa", "D"), ("bcbcaaaaa", ""), ("bbbbbaaaaa", "CD"), ("bcdbbbbccc", ""), ("abcdabcdab", "")],
)
def test_a_distractor_that_nobody_of_ten_chose_is_useless(picks: str, letters: str) -> None:
    found = [flag for flag in picked(picks).flags if flag.kind == "unused"]
    assert found == [Flag("unused", f"Nobody chose {each}: a useless option", each) for each in letters]


def test_a_line_that_its_author_did_not_foresee_is_no_useless_option() -> None:
    found = [flag.text for flag in picked("4" * 10, LINES).flags if flag.kind == "unused"]
    assert found == ["Nobody chose line 1: a useless option"]


@pytest.mark.parametrize(
    ("picks", "is_told"),
    [("b" + "a" * 19, True), ("b" + "a" * 17, False), ("a" * 10, True), ("a" * 9, False)],
)
def test_a_question_that_nearly_all_of_ten_get_right_is_easy(picks: str, is_told: bool) -> None:
    assert ("easy" in kinds(picked(picks))) == is_told


@pytest.mark.parametrize(
    ("picks", "is_told"), [("bbbccddddaaa", True), ("bbbccdddaaaa", False), ("bcdda", True), ("-----", True)]
)
def test_a_question_is_hard_where_guessing_would_do_as_well(picks: str, is_told: bool) -> None:
    assert ("hard" in kinds(picked(picks))) == is_told


def test_guessing_ticks_as_many_as_are_right_and_typing_cannot_be_guessed() -> None:
    # of 20 ways to tick 3 of 6, one earns 3 of 3 and nine earn 1 of 3: a mean of 0.2
    full, third, none = ("a", "b", "d"), ("a", "b", "c"), ("c", "e", "f")
    at = learn.analyse(SOME, tried(SOME, [full, *[none] * 4]))
    above = learn.analyse(SOME, tried(SOME, [full, third, *[none] * 3]))
    assert (at.facility, "hard" in kinds(at)) == (0.2, True)
    assert "hard" not in kinds(above)
    assert "hard" not in kinds(learn.analyse(WORD, tried(WORD, [("x",)] * 6)))


@pytest.mark.parametrize(
    ("picks", "of"),
    [
        ("bbbcdaaaaa", "it-blocks"),
        ("bbcddaaaaa", "it-overlaps"),
        ("bbbcdcd", "it-overlaps"),
        ("bbbcdcaa", "it-blocks"),
        ("bbaaaaaa", None),
        ("bbb------", "it-blocks"),
        ("aaaaa", None),
    ],
)
def test_an_idea_behind_half_of_the_wrong_answers_is_named(picks: str, of: str | None) -> None:
    found = flag(picked(picks), "one-idea")
    assert (found.of if found else None) == of


def test_less_than_half_of_the_wrong_answers_make_no_idea() -> None:
    answers = list(zip(("wait", "wait", "wait", "x", "x", "x", "x"), strict=True))
    assert "one-idea" not in kinds(learn.analyse(WORD, tried(WORD, answers)))
    assert "one-idea" in kinds(learn.analyse(WORD, tried(WORD, answers[:-1])))


def test_flags_stand_by_urgency() -> None:
    assert kinds(picked("aabbbbbbbbbb")) == ["key", "negative", "hard", "one-idea", "unused", "unused"]
    assert kinds(picked("a" * 20)) == ["unused", "unused", "unused", "easy"]
    assert kinds(picked("bbcdaaaaaaaa")) == []


# -- figures on their own


@pytest.mark.parametrize(
    ("discrimination", "word"),
    [
        (None, ""),
        (1.0, "good"),
        (0.3, "good"),
        (0.29, "fair"),
        (0.15, "fair"),
        (0.14, "weak"),
        (0.0, "weak"),
        (-0.01, "negative"),
    ],
)
def test_discrimination_is_put_in_a_word(discrimination: float | None, word: str) -> None:
    assert Item(answers=12, discrimination=discrimination).tells == word


def test_the_range_of_five_in_twelve_is_19_to_68_percent() -> None:
    assert learn.wilson(5 / 12, 12) == pytest.approx((0.193, 0.680), abs=0.001)
    assert learn.wilson(0.0, 0) == (0, 1)


@given(st.floats(0, 1), st.integers(1, 10_000))
def test_the_range_holds_its_share_and_narrows_with_answers(share: float, n: int) -> None:
    low, high = learn.wilson(share, n)
    assert 0 <= low <= share <= high <= 1
    fewer_low, fewer_high = learn.wilson(share, max(1, n // 2))
    assert high - low <= fewer_high - fewer_low
    assert low < high


@given(st.lists(times, max_size=30))
def test_the_median_is_of_what_is_known(values: list[float | None]) -> None:
    known = [value for value in values if value is not None]
    assert learn.median(values) == (pytest.approx(float(np.median(known))) if known else None)


# -- which questions to look at


CLASS = {
    "q1": (12, 1.0),
    "q4": (12, 0.42),
    "q6": (12, 0.58),
    "q7": (4, 0.0),
    "q8": (11, 0.58),
    "q5": (12, 0.58),
}


def test_the_hardest_question_comes_first_and_what_few_answered_last() -> None:
    assert learn.hardest(CLASS) == ("q4", "q5", "q6", "q8", "q1", "q7")
    assert learn.hardest({"b": (3, 0.9), "a": (4, 0.9), "c": (1, 0.1)}) == ("c", "a", "b")
    assert learn.hardest({}) == ()


def test_the_lowest_two_that_went_less_than_well_are_worth_talking_about() -> None:
    assert learn.talk_about(CLASS) == ("q4", "q5")
    assert learn.talk_about({"q1": (12, 0.85), "q2": (4, 0.2), "q3": (5, 0.84)}) == ("q3",)
    assert learn.talk_about({"q1": (12, 0.9)}) == ()


@given(st.dictionaries(st.text("abc"), st.tuples(st.integers(0, 8), steps.map(lambda n: n / 20))))
def test_every_question_is_listed_once_and_talk_is_about_the_first(
    items: dict[str, tuple[int, float]],
) -> None:
    listed, talk = learn.hardest(items), learn.talk_about(items)
    assert sorted(listed) == sorted(items)
    assert talk == listed[: len(talk)]
    assert len(talk) <= 2
    assert all(items[each][0] >= ENOUGH for each in talk)
