"""What single types accept, read and refuse."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.bank import TYPES, load, revive
from quizapp.bank.types.short_answer import plain

BANK = load(Path(__file__).parent / "samples")
SAMPLE = {question.type: question for question in reversed(list(BANK))}
SINGLE = SAMPLE["single-choice"]
CHOSEN, TYPED = BANK["output/chosen-output"], BANK["output/typed-output"]


def faults(kind: str, **changes: Any) -> list[str]:
    """The faults of a type's sample after these changes."""
    question = revive(SAMPLE[kind].body() | changes)
    return [f"{'.'.join(map(str, finding.path))}: {finding.text}" for finding in question.faults()]


def options(*rights: bool, **more: str) -> list[dict[str, str]]:
    return [
        {"right" if right else "wrong": f"text {number}", "why": "because", **more}
        for number, right in enumerate(rights)
    ]


@pytest.mark.parametrize("kind", ["single-choice", "true-false", "spot-line", "output", "duration"])
def test_where_one_part_can_be_picked_two_are_refused(kind: str) -> None:
    question = SAMPLE[kind]
    with pytest.raises(ValueError, match="pick one, not 2"):
        question.read(("1", "2"), question.keys())


def test_a_short_answer_is_one_text() -> None:
    with pytest.raises(ValueError, match="pick one"):
        SAMPLE["short-answer"].read(("a", "b"), ())


def test_several_picks_are_read_in_the_order_of_the_file_each_once() -> None:
    assert SAMPLE["multiple-choice"].read(("3", "1", "3"), ("e", "b", "a", "c", "d")) == ("a", "e")


def test_choices_have_as_many_options_and_right_ones_as_their_type_says() -> None:
    assert faults("single-choice", options=options(True, False)) == ["options: 2 options; write 3 or 4"]
    assert faults("single-choice", options=options(True, True, False)) == [
        "options: 2 options are right; this type has exactly one"
    ]
    assert faults("multiple-choice", options=options(True, True, False)) == [
        "options: 3 options; write 4 to 6"
    ]
    assert faults("multiple-choice", options=options(True, True, True, True)) == [
        "options: 4 options are right; make 2 to 4 right, and leave some wrong"
    ]


def test_an_option_is_either_right_or_wrong_and_says_something_new() -> None:
    made = options(True, False, False)
    assert faults("single-choice", options=[*made[:2], {"why": "?"}])[0] == (
        "options.2: an option has either 'right:' or 'wrong:'"
    )
    assert faults("single-choice", options=[*made[:2], {"wrong": " ", "why": "?"}]) == [
        "options.2: this option says nothing"
    ]
    assert faults("single-choice", options=[*made[:2], {"wrong": "text 1 ", "why": "?"}]) == [
        "options.2: an option above says the same"
    ]
    assert faults("single-choice", options=[made[0] | {"misconception": "x"}, *made[1:]]) == [
        "options.0.misconception: a right option reveals no misconception; take this line out"
    ]


def test_true_false_needs_both_verdicts() -> None:
    assert faults("true-false", options=options(True, False, False, says="true")) == [
        "options: write reasons for both verdicts: says true and says false"
    ]


def test_true_false_shows_the_reasons_for_true_first() -> None:
    question = SAMPLE["true-false"]
    for seed in range(20):
        groups = [part.group for part in question.offer(question.shuffled(random.Random(seed)))]
        assert groups == sorted(groups, reverse=True)


def test_an_output_needs_a_program_and_what_it_prints() -> None:
    assert faults("output", code="", run=None)[:2] == [
        ": an output question needs 'code'",
        ": an output question needs 'run: prints:'; it is the key",
    ]


def test_only_the_right_option_of_an_output_equals_what_is_printed() -> None:
    assert faults("output", run={"prints": "3.10\nno\n"}) == [
        "options.0: this option is right but differs from 'run: prints:'",
        "options.2: this option is wrong but equals 'run: prints:'",
    ]


def test_a_program_that_prints_nothing_has_an_empty_right_option() -> None:
    made = [{"right": "", "why": "x"}, {"wrong": "a", "why": "x"}, {"wrong": "b", "why": "x"}]
    assert faults("output", run={"prints": ""}, options=made) == []


def test_an_output_is_typed_or_chosen_and_its_mistakes_are_wrong() -> None:
    wrong, right = ({"answer": text, "why": "x"} for text in ("9", "no\n3.10"))
    assert faults("output", mistakes=[wrong]) == [
        "mistakes: with 'options', the wrong options say what 'mistakes' would"
    ]
    assert faults("output", options=[], mistakes=[wrong]) == []
    assert faults("output", options=[], mistakes=[right]) == [
        "mistakes.0.answer: this is what is printed, so it is no mistake"
    ]


@pytest.mark.parametrize(
    "typed", [" indented\n\nlast", " indented  \r\n\r\nlast\r\n\r\n", " indented\n \nlast\t"]
)
def test_a_typed_output_is_compared_without_trailing_blanks(typed: str) -> None:
    assert TYPED.grade(TYPED.read((typed,), ())).right


@pytest.mark.parametrize(
    "typed", ["indented\n\nlast", " indented\nlast", " indented\n\n\nlast", " indented\n\nLast"]
)
def test_a_typed_output_counts_case_indentation_and_lines(typed: str) -> None:
    assert TYPED.grade(TYPED.read((typed,), ())).score == 0


def test_a_foreseen_wrong_output_gets_its_reason() -> None:
    assert TYPED.grade((" indented\nlast ",)).misconceptions == ("prints-twice",)


@pytest.mark.parametrize(
    "typed", ["len", " LEN ", "`len()`", "'len'", "len().", "“len”", "`len`()", "list.__LEN__"]
)
def test_a_short_answer_forgives_case_spacing_quotes_and_a_call(typed: str) -> None:
    assert SAMPLE["short-answer"].grade((typed,)).right


@pytest.mark.parametrize("typed", ["length", "l en", "len(x)", "()", "`", "."])
def test_a_short_answer_forgives_nothing_else(typed: str) -> None:
    assert SAMPLE["short-answer"].grade((typed,)).score == 0


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_a_text_made_plain_is_plain(text: str) -> None:
    assert plain(plain(text)) == plain(text)


def test_accepted_answers_differ_and_mistakes_are_none_of_them() -> None:
    mistakes = [{"answer": "Len()", "why": "x"}]
    assert faults("short-answer", accept=["len", "`LEN`", "''"], mistakes=mistakes) == [
        "accept.1: this is the same answer as one above; case and quotes do not matter",
        "accept.2: this accepted answer is empty",
        "mistakes.0.answer: this answer is accepted, so it is no mistake",
    ]
    assert faults("short-answer", accept=[], mistakes=[]) == ["accept: list at least one accepted answer"]


def test_steps_are_shown_in_another_order_than_the_right_one() -> None:
    three = revive(SAMPLE["ordering"].body() | {"steps": ["one", "two", "three"], "mistakes": []})
    shown = {three.shuffled(random.Random(seed)) for seed in range(200)}
    assert len(shown) == 5
    assert three.model() not in shown


def test_steps_are_numbered_each_once() -> None:
    question = SAMPLE["ordering"]
    assert question.read(("2", "1", "4", "3"), ("d", "c", "b", "a")) == ("c", "d", "a", "b")
    assert question.read(("", "", "", ""), question.keys()) == ()
    for form in (("1", "1", "2", "3"), ("1", "2", "3"), ("1", "2", "3", "5"), ("1", "2", "3", "")):
        with pytest.raises(ValueError, match="give each step its own number"):
            question.read(form, question.keys())


def test_steps_are_3_to_8_and_each_says_something_different() -> None:
    assert faults("ordering", steps=["a", "b"], mistakes=[]) == ["steps: 2 steps; write 3 to 8"]
    assert faults("ordering", steps=["a", "b", "a"], mistakes=[]) == [
        "steps.2: each step says something, and each something different"
    ]


@pytest.mark.parametrize(
    "order", [["1", "2", "3", "4"], ["1", "2"], ["1", "1", "2", "3"], ["a", "b", "c", "d"]]
)
def test_a_foreseen_order_is_a_wrong_order_of_all_steps(order: list[str]) -> None:
    assert faults("ordering", mistakes=[{"order": order, "why": "x"}]) == [
        "mistakes.0.order: write the numbers 1 to 4 in a wrong order, each once"
    ]


def test_pairs_are_3_to_6_with_different_terms_and_matches_to_choose_from() -> None:
    pair = {"term": "t", "match": "m"}
    assert faults("matching", pairs=[pair, pair], extra=[], mistakes=[]) == [
        "pairs: 2 pairs; write 3 to 6",
        "pairs: a term stands here twice",
        "pairs: 1 different matches; write 3 to 8",
    ]
    assert faults("matching", extra=["3"], mistakes=[]) == ["extra.0: this is one of the matches already"]


def test_a_foreseen_pairing_is_a_wrong_one_of_what_is_shown() -> None:
    made = [("nothing", "2"), ("`len('')`", "nothing"), ("`len('')`", "0")]
    mistakes = [{"term": term, "match": match, "why": "x"} for term, match in made]
    assert faults("matching", mistakes=mistakes) == [
        "mistakes.0.term: this is not one of the terms",
        "mistakes.1.match: this is not one of the matches",
        "mistakes.2.match: this pairing is right, so it is no mistake",
    ]


def test_a_matching_form_has_a_place_or_nothing_for_each_term() -> None:
    question = SAMPLE["matching"]
    assert question.read(("1", "", "4", "1"), ("d", "c", "b", "a")) == ("d", "", "a", "d")
    with pytest.raises(ValueError, match="4 terms need a match, 1 came"):
        question.read(("1",), question.keys())


def test_a_quoted_line_is_one_line() -> None:
    assert faults("spot-line", line="result") == [
        "line: 3 lines of the code hold this text; quote what one line alone holds"
    ]
    assert faults("spot-line", line="no such") == [
        "line: 0 lines of the code hold this text; quote what one line alone holds"
    ]
    assert faults("spot-line", mistakes=[{"line": "result = 1", "why": "x"}]) == [
        "mistakes.0.line: this is the line at fault, so pointing at it is no mistake"
    ]
    assert faults("spot-line", fix="result = 1") == ["fix: the fix is the line as it stands"]


def test_a_fix_takes_the_place_and_the_indentation_of_the_line() -> None:
    question: Any = SAMPLE["spot-line"]
    assert question.fixed() == question.code.replace("result = 1", "result = 0")
    two: Any = revive(question.body() | {"fix": "result = 0\nif numbers:\n    pass"})
    assert "    result = 0\n    if numbers:\n        pass\n" in two.fixed()
    none: Any = revive(question.body() | {"fix": ""})
    assert none.fixed() == question.code.replace("    result = 1\n", "")


def test_a_line_is_picked_among_those_that_are_not_empty() -> None:
    question = SAMPLE["spot-line"]
    assert question.keys() == ("1", "2", "4", "5", "6", "8")
    assert question.shuffled(random.Random(3)) == question.keys()
    assert question.read(("3",), question.keys()) == ("4",)


def test_a_claim_needs_a_program_and_a_range_of_versions() -> None:
    assert faults("short-answer", run={"prints": "x"}) == [
        "run: 'run' claims something of a program, but there is no 'code'"
    ]
    assert faults("spot-line", run={"python": "three"}) == [
        'run.python: this is no range of versions; write it like ">=3.12"'
    ]


def test_a_question_measures_a_concept_and_names_it_once() -> None:
    assert faults("ordering", concepts=[]) == [
        "concepts: name at least one concept; the first is what the question measures"
    ]
    assert faults("ordering", concepts=["a", "a"]) == ["concepts: a concept is named twice"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 30), st.sampled_from(sorted(TYPES)))
def test_faults_are_found_in_lists_of_any_length(size: int, kind: str) -> None:
    body = SAMPLE[kind].body()
    for field in {"options", "steps", "pairs", "extra", "accept", "mistakes"} & set(body):
        list(revive(body | {field: (body[field] * 31)[:size]}).faults())


TIME = BANK["duration/typed-duration"]


@pytest.mark.parametrize("typed", ["0.75", ".75", "0,75", "0.75 s", "750 ms", "about 0.75 seconds", "`0.76`"])
def test_seconds_are_typed_in_many_ways_and_may_be_off_by_the_tolerance(typed: str) -> None:
    assert TIME.grade(TIME.read((typed,), ())).right


@pytest.mark.parametrize("typed", ["0.7", "0.77", "75", "750"])
def test_other_seconds_are_wrong(typed: str) -> None:
    assert TIME.grade(TIME.read((typed,), ())).score == 0


@pytest.mark.parametrize("typed", ["long", "1.5.2", "-1", "1e5", "inf", "٣", "1 hour", "9" * 400])
def test_what_is_no_number_of_seconds_is_sent_back(typed: str) -> None:
    with pytest.raises(ValueError, match="as a number"):
        TIME.read((typed,), ())
    assert TIME.grade((typed,)).score == 0


def test_a_foreseen_wrong_duration_gets_its_reason() -> None:
    assert TIME.grade(("500 ms",)).misconceptions == ("counts-from-one",)


def test_the_options_of_a_duration_are_different_times_of_which_the_key_is_right() -> None:
    wrong = {"wrong": "about 2", "why": "x"}
    told = {"options": [{"right": "1.4 s", "why": "x"}, {"wrong": "1500 ms", "why": "x"}, wrong]}
    assert faults("duration", **told) == [
        "options.0: this option is right but differs from 'run: takes:'",
        "options.1: this is what the program takes, so it is not wrong",
    ]
    same = {"options": [{"right": "1.5 s", "why": "x"}, {"wrong": "2.0 s", "why": "x"}, wrong]}
    assert faults("duration", **same) == ["options.2: an option above gives the same time"]
    assert faults(
        "duration", options=[{"right": "1.5", "why": "x"}, {"wrong": "long", "why": "x"}, wrong]
    ) == ["options.1: write the seconds as a number, such as '0.5 s'"]


def test_a_duration_needs_a_program_and_how_long_it_takes() -> None:
    assert faults("duration", code="", run=None)[:2] == [
        ": a duration question needs 'code'",
        ": a duration question needs 'run: takes:'; it is the key",
    ]


def test_seconds_are_claimed_of_the_virtual_clock_alone() -> None:
    assert (
        "run.takes: 'takes' counts seconds on the virtual clock; with 'clock: real' nothing can prove it"
        in (faults("duration", run={"takes": 1.5, "clock": "real"}))
    )


FILL: Any = SAMPLE["cloze"]


@pytest.mark.parametrize("typed", ["len(items)", " len( items )", "(len(items))", "items . __len__ ()"])
def test_a_filling_is_compared_as_code(typed: str) -> None:
    assert FILL.grade((typed, "1")).right


@pytest.mark.parametrize(
    "typed",
    ["len(item)", "Len(items)", "len", "2", "'a'", "(" * 150, "\0", "len(items" + " " * 300 + ")", "x\ny"],
)
def test_a_filling_that_makes_another_program_or_none_is_wrong(typed: str) -> None:
    assert FILL.grade((typed, "1")).score == 0.5


def test_blanks_are_graded_each_for_itself_with_their_reasons() -> None:
    grade = FILL.grade(("items.count( )", "1"))
    assert (grade.score, grade.misconceptions) == (0.5, ("counts-from-one",))
    assert FILL.grade(("", "-1")).score == 0.5
    assert FILL.grade(("len(items)",)).score == 0
    told = FILL.tell(("items.count()", "-1"), ())
    assert [(row.mark, row.tag) for row in told] == [
        ("wrong", "Your answer"),
        ("right", "Correct"),
        ("right", "Your answer, correct"),
    ]


def test_each_blank_of_a_form_is_read() -> None:
    assert FILL.read((" a ", ""), ()) == ("a", "")
    with pytest.raises(ValueError, match="2 blanks are to be filled in, 1 came"):
        FILL.read(("a",), ())


def test_blanks_stand_in_the_code_in_their_order_with_likely_mistakes() -> None:
    accept = [{"accept": ["1"]}]
    assert faults("cloze", blanks=accept) == [
        "code: write each blank once and in order: __1__",
        "blanks: name at least 3 likely wrong fillings in 'mistakes'",
    ]
    wrong = [{"answer": text, "why": "x"} for text in ("1 ", "(1)", "2")]
    assert faults(
        "cloze", code="print(__1__)", blanks=[{"accept": ["1", " 1", "", "a\nb"], "mistakes": wrong}]
    ) == [
        "blanks.0.accept.1: this filling stands here already; spacing does not matter",
        "blanks.0.accept.2: a filling is a piece of one line",
        "blanks.0.accept.3: a filling is a piece of one line",
        "blanks.0.mistakes.0.answer: this filling is accepted, so it is no mistake",
        "blanks.0.mistakes.1.answer: this filling is accepted, so it is no mistake",
    ]
    assert "blanks.0.accept: list at least one accepted filling" in faults("cloze", blanks=[{"accept": []}])
    assert "blanks: 0 blanks; write 1 to 3" in faults("cloze", blanks=[])


def trials(question: Any) -> list[tuple[Any, ...]]:
    return [(trial.path, trial.holds, trial.run.prints, trial.run.takes) for trial in question.trials()]


def test_a_question_stands_on_its_program_and_on_its_wrong_answers() -> None:
    truth = CHOSEN.run.prints if CHOSEN.run else None
    assert trials(CHOSEN) == [
        (("run",), True, truth, None),
        (("options", 1), False, "no 3.10", None),
        (("options", 2), False, "3.10\nno", None),
    ]
    assert trials(TIME) == [
        (("run",), True, "", 0.75),
        (("mistakes", 0, "answer"), False, "", 0.5),
    ]
    spot = SAMPLE["spot-line"]
    assert trials(spot) == [(("run",), True, "4", None), (("mended",), True, "3", None)]
    assert [trial.unlike for trial in spot.trials()] == ["", spot.code]
    assert list(SAMPLE["matching"].trials()) == []


def test_a_cloze_stands_on_the_program_with_each_filling() -> None:
    assert [(trial.path, trial.holds) for trial in FILL.trials()] == [
        (("run",), True),
        (("blanks", 0, "accept", 1), True),
        (("blanks", 0, "mistakes", 0, "answer"), False),
        (("blanks", 0, "mistakes", 1, "answer"), False),
        (("blanks", 1, "accept", 1), True),
        (("blanks", 1, "mistakes", 0, "answer"), False),
    ]
    assert "print(items.count())\nprint(items[1])" in [trial.code for trial in FILL.trials()][2]


def test_steps_that_are_printed_lines_are_held_against_the_program() -> None:
    printed = {
        "code": "print(1)",
        "run": {"prints": "a\nb\nc"},
        "steps": ["`a`", "b", "`c`"],
        "mistakes": [{"order": ["2", "1", "3"], "why": "x"}],
    }
    question = revive(SAMPLE["ordering"].body() | printed)
    assert trials(question)[1] == (("mistakes", 0, "order"), False, "b\na\nc", None)
    assert faults("ordering", **printed | {"steps": ["b", "a", "c"]}) == [
        "steps: the steps are in another order than in 'run: prints:'"
    ]


def test_what_is_not_run_has_no_grounds_and_what_is_has_others_for_each_claim() -> None:
    assert SAMPLE["matching"].grounds == ""
    excerpt = revive(CHOSEN.body() | {"run": {"clock": "none", "prints": "x"}})
    assert excerpt.grounds == ""
    told = revive(CHOSEN.body() | {"explanation": "Another one."})
    assert told.grounds == CHOSEN.grounds != ""
    assert revive(CHOSEN.body() | {"run": {"prints": "3.10"}}).grounds != CHOSEN.grounds


def test_face_of_a_typed_question_is_refused() -> None:
    assert TYPED.keys() == ()
    assert CHOSEN.face("a") == "no\n3.10"
    assert SINGLE.face("b") == "1"


def test_hints_are_few_and_change_no_revision() -> None:
    assert faults("cloze", hints=["a", "b", "c", "d"]) == [
        "hints: 4 hints; write at most 3, from vague to plain"
    ]
    assert revive(SINGLE.body() | {"hints": ["Think of a ruler."]}).revision == SINGLE.revision


OPEN = SAMPLE["open"]


def test_an_open_answer_is_what_was_said_with_all_levels_or_none() -> None:
    assert OPEN.read(("my words",), ()) == ("my words",)
    assert OPEN.read(("", "good", "", "weak"), ()) == ("", "good", "", "weak")
    for form, said in (
        (("words", "good"), "rate each of the 3 points"),
        (("words", "good", "great", ""), "'great' is no level"),
        (("words", "good", "", "", "counts-from-one"), "no red flag of this question"),
    ):
        with pytest.raises(ValueError, match=said):
            OPEN.read(form, ())


@pytest.mark.parametrize(
    ("levels", "score"),
    [
        (("strong", "strong", "strong"), 1),
        (("good", "good", "good"), 0.75),
        (("weak", "", "strong"), 1.25 / 3),
        (("", "", ""), 0),
        ((), 0),
    ],
)
def test_an_open_answer_scores_the_mean_of_its_points(levels: tuple[str, ...], score: float) -> None:
    assert OPEN.grade(("words", *levels)).score == pytest.approx(score)


def test_a_red_flag_that_was_heard_is_noted_once_and_costs_nothing() -> None:
    grade = OPEN.grade(("words", "strong", "strong", "strong", "prints-twice", "prints-twice", "unknown"))
    assert grade.score == 1
    assert grade.misconceptions == ("prints-twice",)
    assert len(grade.notes) == 1


def test_points_that_were_missed_are_told_with_what_a_strong_answer_says() -> None:
    rows = OPEN.tell(("words", "strong", "good", ""), ())
    assert [(row.tag, row.mark) for row in rows] == [("Strong", "right"), ("Good", ""), ("Not said", "wrong")]
    assert rows[2].why.startswith("A strong answer: Suggests printing less")


def test_an_open_question_has_points_follow_ups_and_red_flags_that_fit_together() -> None:
    body = OPEN.body()
    assert faults("open", rubric=body["rubric"][:2], follow_ups=body["follow_ups"][1:]) == [
        "rubric: 2 entries; write 3 to 5"
    ]
    twice = [*body["rubric"][:2], body["rubric"][0], body["rubric"][2] | {"id": "Not a slug"}]
    asked = "give each rubric point an id of its own, in lower-case words"
    assert faults("open", rubric=twice) == [f"rubric.{n}.id: {asked}" for n in (0, 2, 3)]
    once = {"ask": "Why?", "answer": "Because."}
    cue = "say when it is asked: 'missed' or 'said' with a rubric id, or 'flagged' with a red flag"
    assert faults("open", follow_ups=[once, once | {"said": "a", "missed": "output"}]) == [
        f"follow_ups.0: {cue}",
        f"follow_ups.1: {cue}",
        "follow_ups.1.said: this question has no rubric point 'a'",
    ]
    assert faults("open", red_flags=body["red_flags"] * 2) == [
        f"red_flags.{n}.misconception: this red flag stands here twice" for n in (0, 1)
    ]
    assert faults("open", follow_ups=[once | {"flagged": "counts-from-one"}, once | {"said": "output"}]) == [
        "follow_ups.0.flagged: this question has no red flag 'counts-from-one'"
    ]
