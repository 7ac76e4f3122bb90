"""The lab: what really happens. Runs a bank's programs on a virtual clock and records what the loop did."""

from __future__ import annotations

from quizapp.lab.jobs import PERTURBED, PLAIN, Limits, Schedule
from quizapp.lab.pythons import Interpreter, NoSuchPython, interpreters
from quizapp.lab.running import Batch, LabBroken, run
from quizapp.lab.trace import (
    FORMAT,
    Awaiting,
    Event,
    Lane,
    LoopError,
    NotATrace,
    Note,
    Outcome,
    Place,
    Raised,
    Trace,
    Waiting,
    Warned,
)

__all__ = [
    "FORMAT",
    "PERTURBED",
    "PLAIN",
    "Awaiting",
    "Batch",
    "Event",
    "Interpreter",
    "LabBroken",
    "Lane",
    "Limits",
    "LoopError",
    "NoSuchPython",
    "NotATrace",
    "Note",
    "Outcome",
    "Place",
    "Raised",
    "Schedule",
    "Trace",
    "Waiting",
    "Warned",
    "interpreters",
    "run",
]
