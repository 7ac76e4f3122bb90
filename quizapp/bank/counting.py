"""What a bank holds, in figures: how much of each kind, what it covers, and what a guesser could use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from quizapp.bank.lint import Balance, balance
from quizapp.bank.loading import Bank
from quizapp.bank.types import LEVELS, TYPES, Question


@dataclass(frozen=True)
class Coverage:
    """How many of all are covered by at least one question."""

    covered: int
    all: int


@dataclass(frozen=True)
class TopicStats:
    """What one topic holds. `levels` counts by level; `open` questions are among `questions`."""

    id: str
    title: str
    questions: int
    open: int
    levels: dict[str, int]


@dataclass(frozen=True)
class Stats:
    """The figures of a bank. `reviewed` is a share, from 0 to 1, of the questions as they stand."""

    questions: int
    open: int
    topics: tuple[TopicStats, ...]
    types: dict[str, int]
    levels: dict[str, int]
    concepts: Coverage
    misconceptions: Coverage
    reviewed: float
    balance: Balance


def stats(bank: Bank) -> Stats:
    """Count a bank."""
    questions = list(bank)
    types = Counter(question.type for question in questions)
    concepts = {concept for question in questions for concept in question.concepts}
    beliefs = {belief for question in questions for _, belief in question.misconceptions()}
    return Stats(
        questions=len(questions),
        open=sum(question.rated for question in questions),
        topics=tuple(
            TopicStats(
                topic.id,
                topic.title,
                len(topic.questions),
                sum(question.rated for question in topic.questions),
                _levels(topic.questions),
            )
            for topic in bank.topics
        ),
        types={name: types[name] for name in TYPES if types[name]},
        levels=_levels(questions),
        concepts=_coverage(concepts, bank.concepts),
        misconceptions=_coverage(beliefs, bank.misconceptions),
        reviewed=sum(question.is_reviewed for question in questions) / len(questions) if questions else 0.0,
        balance=balance(questions),
    )


def _levels(questions: Iterable[Question]) -> dict[str, int]:
    counts = Counter(question.level for question in questions)
    return {level: counts[level] for level in LEVELS}


def _coverage(found: set[str], known: Collection[str]) -> Coverage:
    return Coverage(sum(each in found for each in known), len(known))
