"""The bank: what is asked. Questions, from YAML files to one immutable Bank."""

from __future__ import annotations

from typing import Any

from quizapp.bank.caching import Cache
from quizapp.bank.counting import Coverage, Stats, TopicStats, stats
from quizapp.bank.lint import Balance, balance
from quizapp.bank.loading import Bank, Concept, Misconception, Topic, load, signature
from quizapp.bank.schema import schema
from quizapp.bank.types import (
    CREDIT,
    LEVELS,
    TYPES,
    Answer,
    Claims,
    Finding,
    FollowUp,
    Gone,
    Grade,
    Note,
    Open,
    Option,
    Part,
    Path,
    Question,
    Reviewed,
    Run,
    Told,
    Trial,
)
from quizapp.bank.writing import format_topic, skeleton, with_reviews
from quizapp.bank.yamlfile import Fault

__all__ = [
    "CREDIT",
    "LEVELS",
    "TYPES",
    "Answer",
    "Balance",
    "Bank",
    "Cache",
    "Claims",
    "Concept",
    "Coverage",
    "Fault",
    "Finding",
    "FollowUp",
    "Gone",
    "Grade",
    "Misconception",
    "Note",
    "Open",
    "Option",
    "Part",
    "Path",
    "Question",
    "Reviewed",
    "Run",
    "Stats",
    "Told",
    "Topic",
    "TopicStats",
    "Trial",
    "balance",
    "format_topic",
    "load",
    "revive",
    "schema",
    "signature",
    "skeleton",
    "stats",
    "with_reviews",
]


def revive(body: dict[str, Any]) -> Question:
    """The question that `Question.body` was taken from."""
    kind = TYPES[body["type"]]
    return kind.model_validate({key: value for key, value in body.items() if key != "type"})
