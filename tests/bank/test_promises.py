"""What every type of question promises, tried on a sample of each and on all questions that ship."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from quizapp.bank import TYPES, Question, load, revive
from quizapp.shipped import shipped

SAMPLES = list(load(Path(__file__).parent / "samples"))
SHIPPED = load(shipped("questions"))
QUESTIONS = [*SAMPLES, *SHIPPED]
SEEDS = range(12)
TOLD = {
    "why",
    "explanation",
    "sources",
    "level",
    "concepts",
    "misconception",
    "mistakes",
    "fix",
    "mended",
    "waive",
    "run",
    "reviewed",
    "hints",
    "skill",
    "minutes",
    "model_answer",
    "follow_ups",
    "sounds",
}

LOTS = [
    *(pytest.param([sample], id=sample.id) for sample in SAMPLES),
    *(pytest.param(topic.questions, id=topic.id, marks=pytest.mark.bulk) for topic in SHIPPED.topics),
]


def every_question(promise: Callable[[Question], None]) -> Callable[[Sequence[Question]], None]:
    """Try it on each sample, and on all that ships, a topic at a time."""

    @pytest.mark.parametrize("questions", LOTS)
    def holds(questions: Sequence[Question]) -> None:
        for question in questions:
            try:
                promise(question)
            except BaseException as error:
                error.add_note(f"The question is {question.id}.")
                raise

    return holds


every_sample = pytest.mark.parametrize("question", SAMPLES, ids=lambda question: question.id)
texts = st.lists(
    st.text(st.characters(), max_size=12) | st.sampled_from(["a", "b", "0", "1", ""]), max_size=8
)


def test_every_type_has_a_sample_question() -> None:
    assert {question.type for question in SAMPLES} == set(TYPES)


def test_the_samples_are_free_of_faults_and_warnings() -> None:
    bank = load(Path(__file__).parent / "samples")
    assert (bank.faults, bank.warnings) == ((), ())


@every_question
def test_the_model_answer_is_fully_right(question: Question) -> None:
    grade = question.grade(question.model())
    assert grade.score == 1
    assert grade.right
    assert not grade.notes


@every_question
def test_an_empty_answer_scores_nothing(question: Question) -> None:
    for empty in ((), ("",), (" ",), ("",) * len(question.stems())):
        assert question.is_blank(empty)
        assert question.grade(empty).score == 0


@settings(max_examples=60, deadline=None)
@given(texts)
def test_any_texts_are_graded_from_0_to_1(given_texts: list[str]) -> None:
    answer = tuple(given_texts)
    for question in QUESTIONS:
        assert 0 <= question.grade(answer).score <= 1
        question.tell(answer, question.keys())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), max_size=9))
def test_any_parts_are_graded_from_0_to_1(places: list[int]) -> None:
    for question in QUESTIONS:
        if keys := question.keys():
            answer = tuple(keys[place % len(keys)] for place in places)
            assert 0 <= question.grade(answer).score <= 1
            question.tell(answer, keys)


@every_question
def test_shuffling_is_a_permutation_that_the_seed_fixes(question: Question) -> None:
    for seed in SEEDS:
        shown = question.shuffled(random.Random(seed))
        assert sorted(shown) == sorted(question.keys())
        assert shown == question.shuffled(random.Random(seed))


@every_question
def test_the_order_in_the_file_has_no_influence_on_what_is_shown(question: Question) -> None:
    body = question.body()
    for field in {"options", "pairs", "extra"} & set(body):
        turned = revive(body | {field: body[field][::-1]})
        for seed in SEEDS:
            assert seen(question, seed) == seen(turned, seed)


def seen(question: Question, seed: int) -> list[tuple[str, str]]:
    return [(part.text, part.group) for part in question.offer(question.shuffled(random.Random(seed)))]


@every_question
def test_reading_a_form_inverts_the_shown_places(question: Question) -> None:
    blank = ("",) * len(question.stems())
    for seed in SEEDS:
        shown = question.shuffled(random.Random(seed))
        assert question.read(question.fill(question.model(), shown), shown) == question.model()
        assert question.is_blank(question.read(question.fill(blank, shown), shown))


@every_question
def test_each_shown_part_can_be_picked_by_its_place(question: Question) -> None:
    if len(question.model()) != 1:
        return
    shown = question.shuffled(random.Random(5))
    for place, key in enumerate(shown, start=1):
        assert question.read((str(place),), shown) == (key,)


@every_sample
def test_a_place_that_is_not_shown_is_refused(question: Question) -> None:
    shown = question.shuffled(random.Random(1))
    for foreign in ("0", str(len(shown) + 1), "-1", "a", "٣", "1e0", "1" * 5000):
        if shown:
            with pytest.raises(ValueError, match=r"places|number|match"):
                question.read((foreign,), shown)


@settings(max_examples=60, deadline=None)
@given(texts)
def test_a_foreign_form_is_read_or_refused_but_never_a_crash(form: list[str]) -> None:
    for question in SAMPLES:
        try:
            answer = question.read(form, question.keys())
        except ValueError:
            continue
        assert 0 <= question.grade(answer).score <= 1


@every_question
def test_a_part_that_is_not_there_has_no_face(question: Question) -> None:
    with pytest.raises(KeyError):
        question.face("no such part")


@every_question
def test_a_kept_body_gives_the_same_question_back(question: Question) -> None:
    kept = json.loads(json.dumps(question.body()))
    assert revive(kept) == question
    assert revive(kept).revision == question.revision
    assert revive(kept).body() == kept


def test_a_revision_is_24_hexadecimal_digits_and_differs_between_questions() -> None:
    revisions = {question.revision for question in QUESTIONS}
    assert len(revisions) == len(QUESTIONS)
    assert all(len(each) == 24 and int(each, 16) >= 0 for each in revisions)


@every_sample
def test_a_revision_changes_with_what_is_asked_or_graded_and_with_nothing_else(question: Question) -> None:
    body = question.body()
    for path in leaves(body):
        if path == ("type",):
            continue
        try:
            edited = revive(changed(body, path))
        except ValidationError:  # a level or a clock that does not exist
            continue
        is_key = (question.type, path) in (("output", ("run", "prints")), ("duration", ("run", "takes")))
        is_told = bool(TOLD & set(path)) and not is_key
        assert (edited.revision == question.revision) is is_told, path


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    else:
        yield path


def changed(value: Any, path: tuple[Any, ...]) -> Any:
    if not path:
        return {"true": "false", "false": "true"}.get(value, f"{value} edited")
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:])
    return copy


@every_question
def test_every_misconception_comes_with_the_place_where_it_is_named(question: Question) -> None:
    body = question.body()
    for path, misconception in question.misconceptions():
        value: Any = body
        for step in path:
            value = value[step]
        assert value == misconception


@every_question
def test_a_question_without_faults_says_so_again(question: Question) -> None:
    assert list(question.faults()) == []


@every_question
def test_a_question_knows_its_topic(question: Question) -> None:
    assert question.id.startswith(f"{question.topic}/")
