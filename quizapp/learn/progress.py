"""Progress: what a learner's graded answers say about where to look next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from quizapp.bank import Answer, Bank


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One graded answer, as history keeps it."""

    question: str
    revision: str
    attempt: str
    place: int
    mode: str
    answer: Answer
    sure: bool
    score: float
    at: datetime


@dataclass(frozen=True)
class TopicProgress:
    """How far a learner is in a topic: questions in it, how many were seen, how many last answered right."""

    topic: str
    title: str
    questions: int
    seen: int
    right: int


def latest(answers: Iterable[Answered]) -> dict[str, Answered]:
    """The last answer to each question. Answers come oldest first."""
    return {answered.question: answered for answered in answers}


def missed(last: Mapping[str, Answered]) -> frozenset[str]:
    """The questions that were last answered less than fully right."""
    return frozenset(question for question, answered in last.items() if answered.score < 1)


def by_topic(bank: Bank, last: Mapping[str, Answered]) -> tuple[TopicProgress, ...]:
    """Progress in each topic of the bank that a quiz can ask about, in the bank's order."""
    asked = {
        topic.id: [question.id for question in topic.questions if not question.rated] for topic in bank.topics
    }
    return tuple(
        TopicProgress(
            topic=topic.id,
            title=topic.title,
            questions=len(asked[topic.id]),
            seen=sum(question in last for question in asked[topic.id]),
            right=sum(question in last and last[question].score == 1 for question in asked[topic.id]),
        )
        for topic in bank.topics
        if asked[topic.id]
    )
