"""Logs of answers for tests of what is folded from them: made by hand, or drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from quizapp.bank import Answer, Question, load, revive
from quizapp.learn import Answered, Profile, fold_answers
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
QUESTIONS = [question for question in BANK if not question.rated]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def asked(answered: Answered) -> Question:
    """The question of the shipped bank that was answered."""
    return BANK[answered.question]


def said(question: Question, at: datetime = NOON, given: Answer | None = None, **more: object) -> Answered:
    """An answer to a question, the right one if none is given, graded as it would be."""
    answer = question.model() if given is None else given
    fields: dict[str, object] = {
        "id": f"{at.isoformat()} {question.id}",
        "revision": question.revision,
        "attempt": "a",
        "place": 1,
        "mode": "practice",
        "sure": True,
        "hints": 0,
    }
    grade = question.grade(answer)
    return Answered(
        question=question.id,
        answer=answer,
        at=at,
        score=grade.score,
        **(fields | more),
    )


def folded(answers: list[Answered], start: Profile | None = None) -> Profile:
    """The profile that answers to questions of the shipped bank make."""
    return fold_answers(start or Profile(), answers, asked)


def answers_to(question: Question) -> list[Answer]:
    """The right answer, none at all, and each part of the question alone."""
    return [question.model(), (), *zip(question.keys(), strict=True)]


def offers(misconception: str, number: int) -> tuple[Question, Answer]:
    """A question with an option that reveals a misconception, and the answer that picks that option."""
    body = {
        "type": "single-choice",
        "id": f"topic/question-{number}",
        "level": "beginner",
        "concepts": ["concept"],
        "prompt": f"Question {number}?",
        "explanation": "So it is.",
        "options": [
            {"right": "yes", "why": "It is."},
            {"wrong": "no", "why": "It is not.", "misconception": misconception},
            {"wrong": "maybe", "why": "It is."},
        ],
    }
    return revive(body), ("b",)


@st.composite
def logs(draw: st.DrawFn, most: int = 40) -> list[Answered]:
    """Answers to some questions over some days, oldest first; several at the same time, too."""
    few = draw(st.lists(st.sampled_from(QUESTIONS), min_size=1, max_size=8, unique_by=lambda each: each.id))
    gaps = st.sampled_from([0, 0, 1, 60, 11 * 60, 12 * 60, 24 * 60, 9 * 24 * 60])
    answers, at = [], NOON
    for number in range(draw(st.integers(0, most))):
        question = draw(st.sampled_from(few))
        at += timedelta(minutes=draw(gaps))
        answer = said(
            question,
            at,
            draw(st.sampled_from(answers_to(question))),
            sure=draw(st.booleans()),
            hints=draw(st.integers(0, 2)),
        )
        answers.append(replace(answer, id=f"{number:04}"))
    return answers
