"""Help for authors: the house order, and skeletons."""

import random
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp.bank import TYPES, Reviewed, format_topic, load, skeleton, with_reviews
from quizapp.bank.yamlfile import read
from quizapp.shipped import shipped

SAMPLES = Path(__file__).parent / "samples"
SPECIAL = {"bank.yaml", "concepts.yaml", "misconceptions.yaml"}
TOPICS = [
    path
    for path in [*SAMPLES.glob("*.yaml"), *shipped("questions").rglob("*.yaml")]
    if path.name not in SPECIAL
]
TEXTS = sorted(path.read_text() for path in SAMPLES.glob("*.yaml") if path.name not in SPECIAL)

UNTIDY = """\
# about this file
title: T
questions:
# about the first
- type: short-answer
  # about the prompt
  prompt: |
    What? # no comment

      indented
  id: one
  sources:
  - https://a/#b
  level: beginner


  explanation: Because.   
  accept: [a,
    b]   # both
# about the second
- id: two
  explanation: Because.
  type: ordering
  # at the end of the second
# at the end
"""  # noqa: W291  # blanks at the end of a line are what an untidy file has

TIDY = """\
# about this file
title: T
questions:

# about the first
- id: one
  type: short-answer
  level: beginner
  # about the prompt
  prompt: |
    What? # no comment

      indented
  accept: [a,
    b]   # both
  explanation: Because.   
  sources:
  - https://a/#b

# about the second
- id: two
  type: ordering
  explanation: Because.
  # at the end of the second
# at the end
"""  # noqa: W291  # see above


def test_an_untidy_topic_is_put_into_the_house_order() -> None:
    assert format_topic(UNTIDY) == TIDY


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_formatting_changes_no_value_and_is_done_once(path: Path) -> None:
    text = path.read_text()
    if read("topic", text.encode()).faults:
        return  # being written this minute; other tests say so
    done = format_topic(text)
    assert values(done) == values(text)
    assert comments(done) == comments(text)
    assert format_topic(done) == done


def values(text: str) -> object:
    return yaml.load(text, yaml.BaseLoader)  # noqa: S506  # reads text only


def comments(text: str) -> Counter[str]:
    return Counter(row.strip() for row in text.split("\n") if row.lstrip().startswith("#"))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_a_question_with_its_keys_in_any_order_is_put_into_one(text: str, rng: random.Random) -> None:
    assert format_topic(jumbled(text, rng)).replace("\n\n- id", "\n- id") == format_topic(text).replace(
        "\n\n- id", "\n- id"
    )


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(TEXTS), st.randoms(use_true_random=False))
def test_comments_and_empty_lines_anywhere_are_kept_or_tidied(text: str, rng: random.Random) -> None:
    rows = jumbled(text, rng).split("\n")
    for number in range(rng.randint(1, 6)):
        at = rng.randrange(len(rows))
        if not is_inside_block(rows, at):
            rows.insert(at, rng.choice(["", f"# note {number}", f"  # note {number}"]))
    noted = "\n".join(rows)
    done = format_topic(noted)
    assert values(done) == values(noted)
    assert comments(done) == comments(noted)
    assert format_topic(done) == done


def is_inside_block(rows: list[str], at: int) -> bool:
    """Whether a line put in here would change a text that goes over several lines."""
    near = [*rows[max(0, at - 1) : at + 1]]
    return any(row.startswith("    ") or row.rstrip().endswith("|") for row in near)


def jumbled(text: str, rng: random.Random) -> str:
    """The text with the keys of each question in another order."""
    head, *questions = text.split("\n- id: ")
    done = [head]
    for question in questions:
        entries: list[list[str]] = []
        for row in ("  id: " + question).rstrip("\n").split("\n"):
            if re.match("  [a-z]", row):
                entries.append([])
            entries[-1].append(row)
        rng.shuffle(entries)
        rows = [row for entry in entries for row in entry]
        done.append("- " + "\n".join(rows)[2:])
    return "\n".join(done) + "\n"


def test_blanks_at_the_end_of_printed_lines_are_kept() -> None:
    text = "title: T\nquestions:\n\n- id: a\n  type: output\n  run:\n    prints: |\n      x  \n\n      y\n"
    assert format_topic(text) == text


def test_windows_line_ends_and_a_byte_order_mark_are_dropped() -> None:
    assert format_topic("\ufeff" + UNTIDY.replace("\n", "\r\n")) == TIDY


def test_indented_questions_stay_indented() -> None:
    text = "title: T\nquestions:\n  # note\n  - type: ordering\n    id: a\n  - prompt: x\n    id: b\n"
    assert format_topic(text) == (
        "title: T\nquestions:\n\n  # note\n  - id: a\n    type: ordering\n\n  - id: b\n    prompt: x\n"
    )


@pytest.mark.parametrize("text", ["a: `b`", "title: T\nquestions:\n- id: *x\n", "", "a: 1\na: 2\n"])
def test_a_file_with_faults_is_not_formatted(text: str) -> None:
    with pytest.raises(ValueError, match="the file has faults; mend them first"):
        format_topic(text)


@pytest.mark.parametrize(
    "text", ["just text", "- a\n", "title: T\n", "questions: x\n", "questions:\n- x\n", "questions: [{}]\n"]
)
def test_what_is_no_topic_is_not_formatted(text: str) -> None:
    with pytest.raises(ValueError, match="this is no topic file"):
        format_topic(text)


@pytest.mark.parametrize(
    "text",
    [
        "questions:\n- {type: ordering, id: a}\n",
        "questions: [{type: ordering, id: a}]\n",
        "questions:\n-\n  type: ordering\n  id: a\n",
        "questions:\n- type: ordering\n  id: a\ntitle: T\n",
    ],
)
def test_an_odd_layout_is_kept_or_refused_but_never_spoilt(text: str) -> None:
    try:
        done = format_topic(text)
    except ValueError:
        return
    assert values(done) == values(text)


def test_a_layout_that_can_not_be_put_in_order_is_told() -> None:
    with pytest.raises(ValueError, match="write one key a line"):
        format_topic("questions:\n- {type: ordering,\n   id: a}\n")


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.sampled_from(list("aq:- \n#'|[{}]")), max_size=40).map("questions:\n- id: a\n  ".__add__)
    | st.text(max_size=30)
)
def test_formatting_any_text_keeps_it_or_refuses(text: str) -> None:
    try:
        done = format_topic(text)
    except ValueError:
        return
    assert read("x", done.encode()).root == read("x", text.encode()).root


def test_an_empty_topic_is_fine_as_it_is() -> None:
    assert format_topic("title: T\nquestions: []\n") == "title: T\nquestions: []\n"


@pytest.mark.parametrize("kind", TYPES)
def test_a_skeleton_loads_but_for_what_its_author_must_fill_in(kind: str, tmp_path: Path) -> None:
    text = f"title: T\nquestions:\n\n{skeleton(kind, 'my-question')}"
    (tmp_path / "topic.yaml").write_text(text)
    found = load(tmp_path)
    assert [fault.text for fault in found.faults] == [
        "name at least one concept; the first is what the question measures"
    ]
    rules = {warning.text.rpartition("[")[2] for warning in found.warnings}
    assert rules <= {"sources]", "misconception]"}
    assert format_topic(text) == text


def test_a_review_takes_its_place_in_the_file_and_replaces_an_older_one() -> None:
    text = f"title: T\nquestions:\n\n{skeleton('cloze', 'one')}\n{skeleton('output', 'two')}"
    first, second = (
        Reviewed(by="reader 2", date=date(2026, 11, day), revision=f"r{day}") for day in (19, 20)
    )
    once = with_reviews(text, {"two": first})
    assert once == f'{text}  reviewed: {{by: reader 2, date: "2026-11-19", revision: "r19"}}\n'
    twice = with_reviews(once, {"one": second, "two": second, "three": first})
    assert twice.count('revision: "r20"') == 2
    assert "r19" not in twice
    assert format_topic(twice) == twice
    with pytest.raises(ValueError, match="mend them first"):
        with_reviews("questions: [", {})


def test_there_is_no_skeleton_of_an_unknown_type() -> None:
    with pytest.raises(KeyError):
        skeleton("essay", "x")


@pytest.mark.parametrize(
    "questions", ['[{"a b": x}, {"a b": x}]', '[{id: a, "2": x}, {id: b}]', "[{id: a}, {id: a}]"]
)
def test_questions_that_share_a_line_are_refused_in_words(questions: str) -> None:
    text, review = (
        f"title: x\nquestions: {questions}\n",
        Reviewed(by="x", date=date(2026, 1, 1), revision="0" * 16),
    )
    for change in (format_topic, lambda text: with_reviews(text, {"a": review})):
        with pytest.raises(ValueError, match="write one key a line"):
            change(text)
