"""The lab: what really happens. Runs a bank's programs on a virtual clock and records what the loop did."""

from __future__ import annotations

from quizapp.lab.drawing import Drawing, Timeline, side_by_side, timeline
from quizapp.lab.jobs import PERTURBED, PLAIN, Limits, Schedule
from quizapp.lab.pythons import Interpreter, NoSuchPython, interpreters
from quizapp.lab.running import Batch, LabBroken, run
from quizapp.lab.story import Step
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
    "Drawing",
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
    "Step",
    "Timeline",
    "Trace",
    "Waiting",
    "Warned",
    "interpreters",
    "run",
    "side_by_side",
    "timeline",
]
