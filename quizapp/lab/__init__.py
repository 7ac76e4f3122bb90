"""The lab: what really happens. Runs a bank's programs on a virtual clock and records what the loop did."""

from __future__ import annotations

from quizapp.lab.drawing import Drawing, Timeline, side_by_side, timeline
from quizapp.lab.evidence import (
    MOST_EVENTS,
    Evidence,
    NotEvidence,
    evidence_key,
    evidence_text,
    load_evidence,
    save_evidence,
    topic_evidence,
)
from quizapp.lab.jobs import PERTURBED, PLAIN, Clock, Limits, Schedule
from quizapp.lab.proving import Claims, Facts, Finding, Logbook, Verdict, prove, refutations
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
    "MOST_EVENTS",
    "PERTURBED",
    "PLAIN",
    "Awaiting",
    "Batch",
    "Claims",
    "Clock",
    "Drawing",
    "Event",
    "Evidence",
    "Facts",
    "Finding",
    "Interpreter",
    "LabBroken",
    "Lane",
    "Limits",
    "Logbook",
    "LoopError",
    "NoSuchPython",
    "NotATrace",
    "NotEvidence",
    "Note",
    "Outcome",
    "Place",
    "Raised",
    "Schedule",
    "Step",
    "Timeline",
    "Trace",
    "Verdict",
    "Waiting",
    "Warned",
    "evidence_key",
    "evidence_text",
    "interpreters",
    "load_evidence",
    "prove",
    "refutations",
    "run",
    "save_evidence",
    "side_by_side",
    "timeline",
    "topic_evidence",
]
