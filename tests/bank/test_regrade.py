"""An answer in words, and the same answer in the keys of a mended question."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quizapp.bank import Answer, Gone, Question, revive
from tests.learn.logs import QUESTIONS

CHOICE: dict[str, Any] = {
    "type": "single-choice",
    "id": "topic/question",
    "level": "beginner",
    "concepts": ["some-concept"],
    "prompt": "Which?",
    "explanation": "So.",
    "options": [{"right": "one", "why": "."}, {"wrong": "two", "why": "."}, {"wrong": "three", "why": "."}],
}
OPTIONS = CHOICE["options"]


def mended(body: dict[str, Any], **other: Any) -> Question:
    return revive(body | other)


def options(*said: str, right: str = "one") -> list[dict[str, str]]:
    return [{"right" if text == right else "wrong": text, "why": "."} for text in said]


def test_an_option_is_found_again_by_its_text_wherever_it_stands_now() -> None:
    old = revive(CHOICE)
    for order in permutations(("one", "two", "three")):
        new = mended(CHOICE, options=options(*order, right="two"))
        for key in ("a", "b", "c"):
            (now,) = old.carried((key,), new)
            assert new.face(now) == old.face(key)
            assert new.grade((now,)).right == (old.face(key) == "two")


def test_an_option_that_was_taken_out_or_reworded_is_gone_and_the_others_are_not() -> None:
    old, new = revive(CHOICE), mended(CHOICE, options=options("one", "deux", "three"))
    with pytest.raises(Gone):
        old.carried(("b",), new)
    assert old.carried(("c",), new) == ("c",)


def test_all_ticked_options_are_carried_in_the_new_order() -> None:
    body = CHOICE | {"type": "multiple-choice", "options": options("one", "two", "three", "four")}
    new = mended(body, options=options("four", "three", "two", "one"))
    assert revive(body).carried(("a", "b"), new) == ("c", "d")
    fewer = mended(body, options=options("one", "three", "four", "five"))
    with pytest.raises(Gone):
        revive(body).carried(("a", "b"), fewer)


def test_a_reason_that_stands_for_the_other_verdict_now_is_not_the_same_answer() -> None:
    reasons = [OPTIONS[0] | {"says": "true"}, OPTIONS[1] | {"says": "false"}, OPTIONS[2] | {"says": "false"}]
    old = mended(CHOICE, type="true-false", options=reasons)
    new = mended(CHOICE, type="true-false", options=[reasons[1], reasons[0], OPTIONS[2] | {"says": "true"}])
    assert old.carried(("a",), new) == ("b",)
    assert old.said(("a",)) != new.said(("c",)) == ("True, because… three",)
    with pytest.raises(Gone):
        old.carried(("c",), new)


def test_a_question_of_another_type_has_none_of_the_answers() -> None:
    chosen = revive(CHOICE)
    typed = revive(
        {key: value for key, value in CHOICE.items() if key != "options"}
        | {"type": "short-answer", "accept": ["one"]}
    )
    for one, other in ((chosen, typed), (typed, chosen)):
        with pytest.raises(Gone):
            one.carried(one.model(), other)


ORDER = {key: value for key, value in CHOICE.items() if key != "options"} | {
    "type": "ordering",
    "steps": ["one", "two", "three"],
}


def test_an_order_is_kept_while_all_its_steps_are_there() -> None:
    old, new = revive(ORDER), mended(ORDER, steps=["two", "one", "three"])
    assert old.carried(("b", "a", "c"), new) == new.model()
    for steps in (["one", "two", "three", "four"], ["one", "two", "four"]):
        with pytest.raises(Gone):
            old.carried(old.model(), mended(ORDER, steps=steps))


PAIRS = [{"term": f"term {name}", "match": f"match {name}"} for name in "xyz"]
MATCHING = {key: value for key, value in CHOICE.items() if key != "options"} | {
    "type": "matching",
    "pairs": PAIRS,
}


def test_matches_follow_their_terms_and_a_new_term_was_not_asked() -> None:
    old, turned = revive(MATCHING), mended(MATCHING, pairs=PAIRS[::-1])
    assert old.carried(old.model(), turned) == turned.model()
    assert old.carried(("b", "", "a"), turned) == ("c", "", "b")
    fewer = mended(MATCHING, pairs=PAIRS[1:], extra=["match x"])
    assert fewer.grade(old.carried(old.model(), fewer)).right
    more = mended(MATCHING, pairs=[*PAIRS, {"term": "new", "match": "new"}])
    with pytest.raises(Gone):
        old.carried(old.model(), more)


SPOT = {key: value for key, value in CHOICE.items() if key != "options"} | {
    "type": "spot-line",
    "code": "import asyncio\nawait wait()\nprint()\nawait wait()",
    "line": "print()",
    "fix": "pass",
    "why": ".",
}


def test_a_line_is_found_again_when_the_program_above_it_grows() -> None:
    old, new = (
        revive(SPOT),
        mended(SPOT, code="import asyncio\nimport time\nawait wait()\nprint()\nawait wait()"),
    )
    assert [old.carried((key,), new) for key in ("1", "2", "3", "4")] == [("1",), ("3",), ("4",), ("5",)]
    assert new.said(("3",)) == ("3  await wait()",)
    once = mended(SPOT, code="import asyncio\nawait wait()\nprint()")
    with pytest.raises(Gone):
        old.carried(("4",), once)  # which of the two lines it was can't be told any more


@pytest.mark.parametrize(
    ("more", "answer", "same"),
    [
        ({"type": "short-answer", "accept": ["TaskGroup"]}, (" `taskgroup()` ",), ("TaskGroup",)),
        ({"type": "duration", "code": "x", "run": {"takes": 1}}, ("500 ms",), ("0,5",)),
        ({"type": "output", "code": "x", "run": {"prints": "1"}}, ("1 \n2\n\n",), ("1\n2",)),
    ],
)
def test_typed_answers_that_grade_alike_say_the_same(
    more: dict[str, Any], answer: Answer, same: Answer
) -> None:
    body = {key: value for key, value in CHOICE.items() if key != "options"}
    question = revive(body | more)
    assert question.said(answer) == question.said(same) != ()
    assert question.said(("2",)) != question.said(same)
    assert question.said(("  ",)) == question.said(()) == ()


@given(st.sampled_from(QUESTIONS), st.data())
def test_an_answer_of_any_type_carried_to_the_same_question_stays_and_says_something(
    question: Question, data: st.DataObject
) -> None:
    keys = st.sampled_from([*question.keys(), ""]) if question.keys() else st.text(max_size=20)
    answer = tuple(data.draw(st.lists(keys, max_size=5)))
    assert question.carried(answer, question) == answer
    assert question.said(()) == ()
    question.said(answer)
    other = question.model_copy(update={"prompt": f"{question.prompt} Really?"})
    assert question.carried(question.model(), other) == question.model()
    assert question.said(question.model())
