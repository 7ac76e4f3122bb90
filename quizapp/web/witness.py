"""What runs have shown of a question: the Pythons it is proven on and what the event loop did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from quizapp import lab
from quizapp.bank import Question

AS_SHOWN, MENDED = "As shown", "Mended"


@dataclass(frozen=True)
class Side:
    """One timeline. `program` is the id of the element that shows its source, where one does."""

    heading: str
    timeline: lab.Timeline
    program: str = ""


@dataclass(frozen=True)
class Witness:
    """For the page after the answer: `proven_on` such as `CPython 3.11 – 3.13`, and one or two timelines."""

    proven_on: str
    versions: tuple[str, ...]
    sides: tuple[Side, ...]


def witness(question: Question, evidence: lab.Evidence | None) -> Witness | None:
    """What the evidence tells of this question; None without evidence, or with that of an older wording."""
    if evidence is None or not evidence.pythons or evidence.key != lab.evidence_key(question.grounds):
        return None
    return Witness(span_of(evidence.pythons), evidence.pythons, tuple(_sides(question, evidence)))


def span_of(versions: tuple[str, ...]) -> str:
    """The versions as minor versions, a range where none between is missing: `CPython 3.11 – 3.13`."""
    minors = sorted({int(version.split(".")[1]) for version in versions})
    if len(minors) > 2 and all(later == earlier + 1 for earlier, later in pairwise(minors)):
        return f"CPython 3.{minors[0]} – 3.{minors[-1]}"
    return "CPython " + ", ".join(f"3.{minor}" for minor in minors)


def _sides(question: Question, evidence: lab.Evidence) -> Iterator[Side]:
    """The run of the program, and next to it that of its mended counterpart."""
    programs = [trial.code for trial in question.trials()]
    mended = next((trial.code for trial in question.trials() if trial.unlike), "")
    if evidence.trace is None or not tells_something(evidence.trace):
        return
    if evidence.contrast is None:
        yield Side("", lab.timeline(evidence.trace, programs[0]), "program")
        return
    both = lab.side_by_side([(evidence.trace, programs[0]), (evidence.contrast, mended)])
    yield Side(AS_SHOWN, both[0], "program")
    yield Side(MENDED, both[1])


def tells_something(trace: lab.Trace) -> bool:
    """Whether there is more to see than lines printed one after the other."""
    return any(lane.kind != "main" for lane in trace.lanes) or any(
        event.kind == "never-awaited" for event in trace.events
    )
