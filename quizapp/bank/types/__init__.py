"""The types of question. A new type is a new file here, and two lines below."""

from __future__ import annotations

from quizapp.bank.types.base import (
    LEVELS,
    Answer,
    Claims,
    Finding,
    Gone,
    Grade,
    Mistake,
    Note,
    Part,
    Path,
    Question,
    Reviewed,
    Run,
    Told,
    Trial,
)
from quizapp.bank.types.choice import MultipleChoice, Option, SingleChoice
from quizapp.bank.types.cloze import Cloze
from quizapp.bank.types.duration import Duration
from quizapp.bank.types.matching import Matching
from quizapp.bank.types.open import CREDIT, FollowUp, Open
from quizapp.bank.types.ordering import Ordering
from quizapp.bank.types.output import Output
from quizapp.bank.types.short_answer import ShortAnswer
from quizapp.bank.types.spot_line import SpotLine
from quizapp.bank.types.true_false import TrueFalse

TYPES: dict[str, type[Question]] = {
    each.type: each
    for each in (
        SingleChoice,
        MultipleChoice,
        TrueFalse,
        Output,
        Duration,
        Ordering,
        Matching,
        ShortAnswer,
        SpotLine,
        Cloze,
        Open,
    )
}

__all__ = [
    "CREDIT",
    "LEVELS",
    "TYPES",
    "Answer",
    "Claims",
    "Finding",
    "FollowUp",
    "Gone",
    "Grade",
    "Mistake",
    "Note",
    "Open",
    "Option",
    "Part",
    "Path",
    "Question",
    "Reviewed",
    "Run",
    "Told",
    "Trial",
]
