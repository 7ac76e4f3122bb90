"""The lab: what really happens. Runs a bank's programs on a virtual clock and records what the loop did."""

from __future__ import annotations

<<<<<<< HEAD
from quizapp.lab.jobs import PERTURBED, PLAIN, Limits, Schedule
from quizapp.lab.pythons import Interpreter, NoSuchPython, interpreters
from quizapp.lab.running import Batch, LabBroken, run
=======
from quizapp.lab.drawing import Drawing, Timeline, side_by_side, timeline
from quizapp.lab.jobs import PERTURBED, PLAIN, Limits, Schedule
from quizapp.lab.pythons import Interpreter, interpreters
from quizapp.lab.running import Batch, LabBroken, run
from quizapp.lab.story import Step
>>>>>>> 2fe262db87314e18b97ec4f0f63be3a93cd29034
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
<<<<<<< HEAD
=======
    "Drawing",
>>>>>>> 2fe262db87314e18b97ec4f0f63be3a93cd29034
    "Event",
    "Interpreter",
    "LabBroken",
    "Lane",
    "Limits",
    "LoopError",
<<<<<<< HEAD
    "NoSuchPython",
=======
>>>>>>> 2fe262db87314e18b97ec4f0f63be3a93cd29034
    "NotATrace",
    "Note",
    "Outcome",
    "Place",
    "Raised",
    "Schedule",
<<<<<<< HEAD
=======
    "Step",
    "Timeline",
>>>>>>> 2fe262db87314e18b97ec4f0f63be3a93cd29034
    "Trace",
    "Waiting",
    "Warned",
    "interpreters",
    "run",
<<<<<<< HEAD
=======
    "side_by_side",
    "timeline",
>>>>>>> 2fe262db87314e18b97ec4f0f63be3a93cd29034
]
