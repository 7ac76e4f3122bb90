"""A job: a program, the clock it runs on, the limits it must keep and the schedule it meets."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

Clock = Literal["virtual", "real"]


@dataclass(frozen=True)
class Limits:
    """Where a run is stopped: real seconds, virtual seconds, turns of the loop, characters printed, bytes of
    address space. Past `events` the run goes on, and no more of them are recorded.
    """

    seconds: float = 10.0
    virtual_seconds: float = 86_400.0
    turns: int = 50_000
    events: int = 20_000
    output: int = 64_000
    memory: int = 1 << 30


@dataclass(frozen=True)
class Schedule:
    """How the run is perturbed, to find out whether its result hangs on something that nobody promised.

    `seed` other than 0 changes what Python leaves open at rest: string hashes, the order of sets of tasks,
    addresses, the `random` module's seed. `late` makes steps cost some microseconds, wake-ups come up to
    1.5 ms late, and the monotonic clock start elsewhere. `ties` is the order of equal deadlines. `threads`
    says whether a worker thread runs `idle` (when the loop next waits) or `eager` (at once).
    """

    seed: int = 0
    late: bool = False
    ties: Literal["fifo", "lifo"] = "fifo"
    threads: Literal["idle", "eager"] = "idle"


PLAIN = Schedule()
PERTURBED = (
    Schedule(seed=1),
    Schedule(seed=2, late=True, threads="eager"),
    Schedule(seed=3, late=True),
    Schedule(ties="lifo"),
)
"""The schedules that a proven program must survive with the same result."""


@dataclass(frozen=True)
class Job:
    """What a child process is asked to run."""

    program: str
    clock: Clock = "virtual"
    limits: Limits = Limits()
    schedule: Schedule = PLAIN

    def to_json(self) -> str:
        """The job on one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str | bytes) -> Job:
        """Read what `to_json` wrote."""
        data = json.loads(text)
        return cls(data["program"], data["clock"], Limits(**data["limits"]), Schedule(**data["schedule"]))
