"""Item lint: each rule fires on a bad question and is silent on a good one; plain English trips none."""

from pathlib import Path
from typing import Any

import pytest

from quizapp.bank import Question, balance, load, revive
from quizapp.bank.lint import RULES, lopsided, wishes

BANK = load(Path(__file__).parent / "samples")
SAMPLE = {question.type: question for question in reversed(list(BANK))}


def question(kind: str = "single-choice", **changes: Any) -> Question:
    return revive(SAMPLE[kind].body() | changes)


def wished(made: Question) -> list[tuple[str, str]]:
    return [(finding.rule, ".".join(map(str, finding.path))) for finding in wishes(made)]


def options(*texts: str) -> list[dict[str, str]]:
    """A right option and wrong ones."""
    wrong = [{"wrong": text, "why": "Because.", "misconception": "counts-from-one"} for text in texts[1:]]
    return [{"right": texts[0], "why": "Because."}, *wrong]


LONG = "word " * 61
BAD: dict[str, list[tuple[Question, str]]] = {
    "stem": [
        (question(prompt="Which of the following is true?"), "prompt"),
        (question(prompt="What is true here?"), "prompt"),
        (question(prompt="The first number of a range."), "prompt"),
    ],
    "all-of-above": [
        (question(options=options("a", "b", "Both of the above")), "options.2"),
        (question(options=options("None of these options", "b", "c")), "options.0"),
        (question(options=options("a", "b", "A and B")), "options.2"),
    ],
    "negative-stem": [
        (question(prompt="Which of these does not block the loop?"), "prompt"),
        (question(prompt="What is not printed?"), "prompt"),
        (question(prompt="Which call doesn't suspend?"), "prompt"),
        (question(prompt="All of these suspend, except which one?"), "prompt"),
    ],
    "absolute-words": [
        (question(options=options("It always waits", "b", "c")), "options.0"),
        (question(options=options("a", "All tasks wait", "c")), "options.1"),
        (question(options=options("a", "b", "Only tasks wait")), "options.2"),
    ],
    "option-length": [(question(options=options("x" * 40, "y" * 20, "z" * 20)), "options.0")],
    "misconception": [
        (question(options=[*options("a", "b"), {"wrong": "c", "why": "Because."}]), "options.2")
    ],
    "feedback-length": [
        (question(explanation=LONG), "explanation"),
        (question("spot-line", why=LONG), "why"),
        (question("short-answer", mistakes=[{"answer": "x", "why": LONG}]), "mistakes.0.why"),
    ],
    "feedback-tone": [
        (question(explanation="It obviously waits."), "explanation"),
        (question(explanation="It simply waits."), "explanation"),
        (question(explanation="It just waits."), "explanation"),
        (question(explanation="Of course it waits."), "explanation"),
        (question(explanation="Here you wait."), "explanation"),
        (question(explanation="Our loop waits."), "explanation"),
    ],
    "sources": [
        (question(sources=[]), "sources"),
        (question(sources=["the docs"]), "sources.0"),
        (question(sources=["https://docs.python.org/3/library/asyncio.html"]), "sources.0"),
    ],
    "code-size": [
        (question(code="pass\n" * 26), "code"),
        (question(code="x = '" + "y" * 80 + "'"), "code"),
    ],
    "reviewed": [
        (question(reviewed={"by": "x", "date": "2026-11-20", "revision": "of another"}), "reviewed")
    ],
    "run": [
        (question(run=None), ""),
        (question(run={}), "run"),
        (question(run={"clock": "none", "takes": 3}), "run"),
    ],
}
CASES = [(rule, made, place) for rule, cases in BAD.items() for made, place in cases]


def test_every_rule_has_a_bad_example() -> None:
    assert set(BAD) == set(RULES)


@pytest.mark.parametrize(("rule", "made", "place"), CASES)
def test_a_bad_example_breaks_its_rule_and_no_other(rule: str, made: Question, place: str) -> None:
    assert wished(made) == [(rule, place)]


@pytest.mark.parametrize(("rule", "made", "place"), CASES)
def test_a_rule_is_waived_with_a_reason_and_only_with_one(rule: str, made: Question, place: str) -> None:
    assert wished(revive(made.body() | {"waive": {rule: "the docs say so"}})) == []
    blank = revive(made.body() | {"waive": {rule: " "}})
    assert sorted(wished(blank)) == sorted([(rule, place), ("waive", f"waive.{rule}")])


def test_only_known_rules_are_waived() -> None:
    assert wished(question(waive={"beauty": "no time"})) == [("waive", "waive.beauty.@key")]


@pytest.mark.parametrize(
    "prompt",
    [
        "Why is the second task not cancelled?",
        "What happens when a coroutine is not awaited?",
        "What does Python do with a task that does not end?",
        "What does `gather` return if a task did not fail?",
        "What is the reason why the loop does not stop?",
        "Which change makes sure that no task is lost?",
        "What does the except block catch?",
        "A library is used which does not await. What is printed?",
        "Which of these is NOT awaitable?",
        "All of these suspend, EXCEPT which one?",
        "The task is not awaited. What is printed?",
        "Is the task done or not?",
        "What must stand in place of the dots?",
        "Who may cancel a task?",
        "What is true of a task, and how would the program show it?",
        "Which of the following calls gives control back to the loop?",
        "Fill in the word that is missing.",
        "Find the line at fault.",
    ],
)
def test_plain_questions_are_no_negative_or_empty_stems(prompt: str) -> None:
    assert wished(question(prompt=prompt)) == []


@pytest.mark.parametrize(
    "text",
    [
        "It must wait.",
        "None",
        "It does not wait at all.",
        "Not all tasks wait.",
        "All three tasks wait.",
        "It wakes every 2 seconds.",
        "Every other one",
        "The file is read-only.",
        "If and only if it waits.",
        "It is `only` a word.",
        "`asyncio.ALL_COMPLETED`",
        "After all it waits.",
        "It has overall control.",
        "The none-blocking call",
        "It calls A and B.",
    ],
)
def test_plain_options_are_not_absolute(text: str) -> None:
    assert wished(question(options=options(text, "b", "c"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "The task that was just created waits.",
        "The loop has just started.",
        "This happens just before the loop ends.",
        "A just-in-time compiler would not help.",
        "Adjust the timeout; justice is done.",
        "`just` is the name of a tool, ``simply`` too.",
        'The docs say: "You should await it."',
        "The function is called `you`.",
        "The two delays are clearly different, so the order is easy to tell.",
        "Younger tasks wait; hours pass.",
    ],
)
def test_plain_feedback_has_the_right_tone(text: str) -> None:
    assert wished(question(explanation=text)) == []


def test_options_up_to_25_characters_may_differ_in_length() -> None:
    assert wished(question(options=options("a", "b", "x" * 25))) == []
    assert wished(question(options=options("x" * 45, "y" * 30, "z" * 30))) == []


def test_outputs_are_as_long_and_as_absolute_as_they_are() -> None:
    made = options("only\n" * 20, "a", "all")
    assert wished(question("output", options=made, run={"prints": "only\n" * 20})) == []


def test_feedback_may_have_60_words_and_code_25_lines_of_76_columns() -> None:
    row = "x = '" + "y" * 70 + "'\n"
    assert wished(question(explanation="word " * 60, code=row * 25)) == []


def test_an_excerpt_is_not_run() -> None:
    assert wished(question(run={"clock": "none"})) == []


# -- over the whole bank


def bank(*, places: list[int], counts: tuple[int, ...] = (3, 4), length: int = 5) -> list[Question]:
    """40 or more questions: the right options stand in these places by turns, this long among 5 others."""
    made = []
    for number in range(len(places) * len(counts)):
        texts = [f"text{n}" for n in range(counts[number % len(counts)])]
        right = places[number // len(counts)] % len(texts)
        parts = options(*texts)[1:]
        parts.insert(right, {"right": "r" * length, "why": "Because."})
        made.append(question(options=parts))
    return made


def test_a_flat_bank_has_no_warnings() -> None:
    assert list(lopsided(bank(places=[*range(12)] * 4))) == []


def test_right_options_in_one_place_are_told_for_the_whole_bank() -> None:
    assert list(lopsided(bank(places=[1] * 30))) == [
        "the right option stands in place 1 in 0% of 60 questions; chance would give 29% [balance]",
        "the right option stands in place 2 in 100% of 60 questions; chance would give 29% [balance]",
        "the right option stands in place 3 in 0% of 60 questions; chance would give 29% [balance]",
        "the right option stands in place 4 in 0% of 60 questions; chance would give 12% [balance]",
    ]


def test_a_place_that_few_questions_have_is_measured_by_those_few() -> None:
    assert balance(bank(places=[*range(12)] * 4)).expected_position == pytest.approx(
        {"1": 7 / 24, "2": 7 / 24, "3": 7 / 24, "4": 1 / 8}
    )


def test_right_options_that_are_the_longest_are_told_for_the_whole_bank() -> None:
    (text,) = lopsided(bank(places=[*range(12)] * 4, length=9))
    assert text == "the right option is the longest in 100% of 96 questions; chance would give 29% [balance]"


def test_few_questions_are_not_measured() -> None:
    assert list(lopsided(bank(places=[1] * 39, counts=(3,)))) == []
    assert list(lopsided(bank(places=[1] * 40, counts=(3,)))) != []
    assert list(lopsided([])) == []


def test_questions_with_several_right_options_or_none_are_not_measured() -> None:
    assert (
        balance(
            [SAMPLE[kind] for kind in ("multiple-choice", "ordering", "matching", "short-answer")]
        ).questions
        == 0
    )


def test_the_warnings_of_the_whole_bank_stand_at_its_cover(tmp_path: Path) -> None:
    samples = Path(__file__).parent / "samples"
    for name in ("concepts.yaml", "misconceptions.yaml"):
        (tmp_path / name).write_text((samples / name).read_text())
    (tmp_path / "bank.yaml").write_text("format: 1\ntitle: T\n")
    head, _, one = (samples / "single-choice.yaml").read_text().partition("questions:\n")
    many = "".join(one.replace("where-counting-begins", f"question-{number}") for number in range(40))
    (tmp_path / "counting.yaml").write_text(f"{head}questions:\n{many}")
    found = load(tmp_path)
    assert found.faults == ()
    assert {warning.path for warning in found.warnings} == {str(tmp_path / "bank.yaml")}
    assert all("[balance]" in warning.text for warning in found.warnings)


def test_warnings_stand_at_their_place_and_name_their_rule(tmp_path: Path) -> None:
    samples = Path(__file__).parent / "samples"
    for path in samples.glob("*.yaml"):
        (tmp_path / path.name).write_text(
            path.read_text().replace("A range begins at zero and", "You see: it")
        )
    (warning,) = load(tmp_path).warnings
    said = "'You': feedback speaks of the program, to nobody in particular [feedback-tone]"
    assert str(warning) == f"{tmp_path}/single-choice.yaml:28:16: {said}"
