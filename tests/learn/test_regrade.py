"""What a regrade changes, and what was before it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from quizapp.bank import Answer, Question
from quizapp.learn import Change, Given, Regrading, Slot, Step, as_graded, before, replay, take_back
from tests.regrading import ASKED, BANK, MENDED, MINUTE, NOON, choice

KEYS = ("a", "b", "c", "d")
QUESTIONS = {each.revision: each for each in (ASKED, MENDED, choice("one", "two", "five", right="two"))}


def place(answer: Answer = ("a",), *, question: Question = ASKED, **more: object) -> Given:
    """A place with an answer, scored as it was graded."""
    first = question.grade(answer).score
    fields: dict[str, object] = {"score": first, "first": first}
    one = Given(attempt="x", place=1, learner="ann", revision=question.revision, answer=answer)
    return replace(one, **(fields | more))  # type: ignore[arg-type]


def changed(one: Given, regrading: Regrading) -> Change:
    (change,) = replay([one], regrading, {**QUESTIONS, **BANK.by_revision}.__getitem__)
    return change


MEND = Regrading(how="mended", mended=MENDED)
ACCEPT = Regrading(how="accept", accepted=frozenset({("two",)}))
EVERYONE = Regrading(how="everyone")
HOWS = st.sampled_from([MEND, ACCEPT, EVERYONE]) | st.sampled_from(list(QUESTIONS.values())).map(
    lambda mended: Regrading(how="mended", mended=mended)
)
PLACES = st.builds(
    lambda question, answer, score, by_hand: place(
        answer, question=question, by_hand=by_hand, **({} if score is None else {"score": score})
    ),
    st.sampled_from(list(QUESTIONS.values())),
    st.sampled_from([(), *((key,) for key in KEYS)]),
    st.none() | st.sampled_from([0.0, 0.5, 1.0]),
    st.booleans(),
) | st.builds(
    lambda score: place((), is_answered=False, first=None, score=score), st.sampled_from([None, 1.0])
)


def test_a_mended_question_grades_the_option_that_was_chosen_wherever_it_stands_now() -> None:
    found = [changed(place((key,)), MEND) for key in KEYS]
    assert [each.new for each in found] == [0, 1, 0, 0]
    assert [each.answer for each in found] == [("d",), ("c",), ("b",), ("a",)]
    assert [each.why for each in found] == ["mended", "mended", "same", "same"]
    assert found[1].grader == MENDED.revision
    assert MENDED.grade(found[1].answer).right


def test_an_answer_that_is_no_longer_offered_stays_as_it_was() -> None:
    mended = Regrading(how="mended", mended=choice("one", "two", "five", right="two"))
    found = changed(place(("c",), score=0.5), mended)
    assert (found.new, found.why, found.is_change) == (0.5, "gone", False)


def test_an_accepted_answer_is_right_and_others_are_graded_as_at_first() -> None:
    assert [changed(place((key,), score=0.25), ACCEPT).new for key in KEYS] == [1, 1, 0, 0]
    assert [changed(place((key,)), ACCEPT).why for key in KEYS] == ["same", "accepted", "same", "same"]


def test_an_accepted_answer_is_the_same_in_every_revision() -> None:
    assert MENDED.face("c") == "two"
    found = changed(place(("b",), question=MENDED), ACCEPT)
    assert (found.new, found.old) == (0, 0)
    assert changed(place(("c",), question=MENDED, score=0.0), ACCEPT).new == 1


def test_everyone_who_was_asked_gets_full_marks_without_an_answer_too() -> None:
    assert changed(place(()), EVERYONE).new == 1
    assert changed(place((), is_answered=False, first=None, score=None), EVERYONE).new == 1
    assert changed(place(("a",)), EVERYONE).why == "same"


def test_a_blank_answer_earns_nothing_from_a_mended_or_an_accepted_key() -> None:
    for how in (MEND, replace(ACCEPT, accepted=frozenset({()}))):
        assert changed(place(()), how).new == 0
        assert changed(place((), is_answered=False, first=None, score=None), how).new is None


def test_answers_to_open_questions_are_marked_and_not_replayed() -> None:
    asked = next(question for question in BANK if question.rated)
    one = place(("My words.",), question=asked, first=None, score=None)
    hows = (MEND, Regrading(how="mended", mended=asked), ACCEPT, EVERYONE)
    assert [changed(one, how).is_change for how in hows] == [False, False, False, True]


@given(PLACES, HOWS)
def test_a_trainers_mark_is_never_overruled(one: Given, how: Regrading) -> None:
    found = changed(replace(one, by_hand=True), how)
    assert (found.new, found.why) == (one.score, "by hand")


@given(PLACES, HOWS)
def test_never_lower_never_lowers_and_else_changes_nothing(one: Given, how: Regrading) -> None:
    free, held = changed(one, how), changed(one, replace(how, never_lower=True))
    assert held.gain >= 0
    assert held.new == (free.new if free.gain >= 0 else one.score)
    assert (held.why == "not lower") == (free.gain < 0)


@given(st.sampled_from([question for question in BANK if not question.rated]), st.data())
def test_regrading_by_the_revision_that_was_asked_changes_nothing(
    question: Question, data: st.DataObject
) -> None:
    keys = st.sampled_from(question.keys()) if question.keys() else st.text(max_size=9)
    answer = tuple(data.draw(st.lists(keys, max_size=4)))
    found = changed(place(answer, question=question), Regrading(how="mended", mended=question))
    assert not found.is_change


@given(PLACES, HOWS)
def test_regrading_once_more_changes_nothing(one: Given, how: Regrading) -> None:
    new = changed(one, how).new
    assert not changed(replace(one, score=new), how).is_change


def log(*judged: Step) -> list[Step]:
    return [Step(id="s", place=1, kind="held", at=NOON, answer=("b",), score=0.0), *judged]


def regraded(name: str, minutes: int, score: float, one: Given | None = None) -> Step:
    change = Change(one or place(("b",)), score, "mended", MENDED.revision, ("c",))
    return change.step(name, actor="trainer", at=NOON + minutes * MINUTE)


def marked(minutes: int) -> Step:
    return Step(id=f"m{minutes}", place=1, kind="mark", at=NOON + minutes * MINUTE, score=0.5)


def back(steps: list[Step], name: str) -> Step | None:
    return take_back(steps, name, ASKED.revision, actor="trainer", at=NOON + 99 * MINUTE)


def test_what_was_before_a_regrade_is_the_answer_or_the_last_regrade() -> None:
    steps = log(regraded("r1", 1, 1.0), regraded("r2", 2, 0.5))
    first, second = before(steps, "r1", ASKED.revision), before(steps, "r2", ASKED.revision)
    assert first
    assert (first.score, first.answer) == (0, (ASKED.revision, "", "b"))
    assert second == steps[1]
    assert before(steps, "r3", ASKED.revision) is None


def test_what_was_told_after_a_regrade_is_not_taken_for_what_was_before_it() -> None:
    told = Step(id="told", place=1, kind="submit", at=NOON, answer=("b",), score=1.0)
    undone = back([told, log()[0], regraded("r1", 1, 1.0)], "r1")
    assert undone
    assert undone.score == 0


def test_undoing_gives_back_the_score_and_the_grader() -> None:
    steps = log(regraded("r1", 1, 1.0), regraded("r2", 2, 0.5))
    undone = back(steps, "r2")
    assert undone
    assert (undone.score, undone.answer) == (1.0, steps[1].answer)
    assert undone.kind == "regrade"
    assert undone.id.startswith("r2.")
    again = back([*steps, undone], "r1")
    assert again
    assert (again.score, again.answer[0]) == (0, ASKED.revision)


def test_undoing_leaves_a_mark_that_was_made_since() -> None:
    assert back(log(regraded("r1", 1, 1.0), marked(2)), "r1") is None
    assert back(log(), "r1") is None


def test_undoing_full_marks_for_no_answer_leaves_no_score() -> None:
    one = place((), is_answered=False, first=None, score=None)
    undone = back([changed(one, EVERYONE).step("r1", actor="trainer", at=NOON)], "r1")
    assert undone
    assert undone.score is None
    assert undone.answer == (ASKED.revision, "")


def test_a_regraded_answer_is_shown_with_the_mended_question_in_its_own_order() -> None:
    mended = choice("five", "three", "two", "one", right="two")
    found = changed(place(("b",)), Regrading(how="mended", mended=mended))
    slot = Slot(
        question=ASKED.id,
        revision=ASKED.revision,
        shown=("d", "b", "a", "c"),
        step=log()[0],
        marked=found.step("r1", actor="trainer", at=NOON),
    )
    shown = as_graded(slot, ASKED, mended)
    assert shown.step
    assert [mended.face(key) for key in shown.shown] == ["two", "one", "three", "five"]
    assert mended.tell(shown.step.answer, shown.shown)[0].tag == "Your answer, correct"
    assert as_graded(replace(slot, marked=None), ASKED, ASKED) == replace(slot, marked=None)
