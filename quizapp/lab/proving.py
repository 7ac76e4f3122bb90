"""Proof: whether a program does what is claimed of it, on each Python and under every schedule."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from quizapp.lab.jobs import PERTURBED, PLAIN, Clock, Limits, Schedule
from quizapp.lab.pythons import Interpreter
from quizapp.lab.running import Batch, LabBroken
from quizapp.lab.trace import Trace

REPEATS = 3
"""Runs of a program on the real clock, each with another seed."""
EXACT = 1e-6
"""Virtual seconds within which two durations are the same."""
LATE = 0.002
"""Virtual seconds by which each turn of the loop may end later under a schedule that makes it late."""
QUICK = 2.0
"""Virtual seconds up to which a program is run on the real clock too, where that is wished."""
SLACK = 0.05
"""Real seconds by which a program on the real clock may end too early: clocks are coarse."""
ROOM = 20_000
"""Runs that a logbook remembers."""
SHOWN = 200
"""Characters of an output that a finding shows."""

NOT_RUN_BY_CHILDREN = {"__init__.py", "evidence.py", "proving.py", "pythons.py", "running.py"}


@dataclass(frozen=True)
class Claims:
    """What a program is claimed to do: print this, take so many virtual seconds, end with this exception,
    give a warning of this class. With None nothing is claimed of `prints` and `takes`, but that nothing of
    the kind happens for `raises` and `warns`.
    """

    prints: str | None = None
    takes: float | None = None
    raises: str | None = None
    warns: str | None = None


@dataclass(frozen=True)
class Facts:
    """What one run has shown, as far as claims go. `ended` is an outcome's kind; `broken`: the lab failed."""

    ended: str
    why: str = ""
    prints: str = ""
    takes: float = 0.0
    raises: str = ""
    warns: tuple[str, ...] = ()
    turns: int = 0

    @classmethod
    def of(cls, trace: Trace) -> Facts:
        """The facts of a run."""
        outcome = trace.outcome
        raised = outcome.raised.type if outcome.raised else "SystemExit" if outcome.kind == "exit" else ""
        warns = tuple(sorted({warned.category for warned in trace.warnings}))
        return cls(outcome.kind, outcome.why, trace.stdout, trace.elapsed, raised, warns, trace.turns)

    def same(self, other: Facts, *, slack: float = EXACT) -> bool:
        """Whether two runs did the same, as far as anybody can see."""
        return (
            (self.ended, self.raises, self.warns) == (other.ended, other.raises, other.warns)
            and _text(self.prints) == _text(other.prints)
            and abs(self.takes - other.takes) <= slack
        )


FindingKind = Literal[
    "refuted", "undetermined", "differs", "deadlock", "timeout", "crash", "needs-real-clock", "broken"
]
ENDED: dict[str, FindingKind] = {
    "deadlock": "deadlock",
    "timeout": "timeout",
    "output-limit": "timeout",
    "crash": "crash",
    "needs-real-clock": "needs-real-clock",
    "broken": "broken",
}


@dataclass(frozen=True)
class Finding:
    """Why a program is not proven: `claim` is the claim's name or empty, `pythons` are the versions."""

    kind: FindingKind
    claim: str
    claimed: str
    seen: str
    when: str = ""
    pythons: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words, such as: claimed prints 'a', seen 'b', on CPython 3.12.1."""
        when = f", {self.when}" if self.when else ""
        return f"claimed {self.claimed}, seen {self.seen}{when}, on CPython {', '.join(self.pythons)}"


@dataclass(frozen=True)
class Verdict:
    """The result of a proof. `facts` are those of the plain run on each Python, by its version."""

    pythons: tuple[str, ...]
    findings: tuple[Finding, ...]
    facts: dict[str, Facts]

    @property
    def proven(self) -> bool:
        """Whether it was run, and everything claimed was seen everywhere."""
        return bool(self.pythons) and not self.findings


class Logbook:
    """What runs have shown, so that nothing is run twice. From as many threads as you like.

    With a `path` it is read from there, and `save` writes it back: a program with the same lab and the same
    Python need not be run again another day.
    """

    def __init__(self, batch: Batch, path: Path | None = None) -> None:
        """A file that can't be read is as good as none."""
        self.runs = 0
        """How many programs really ran."""
        self._batch, self._path = batch, path
        self._lock = threading.Lock()
        self._known: dict[str, Any] = _entries(path) if path else {}
        self._used: dict[str, Any] = {}
        self._keys: dict[str, set[str]] = {}

    def facts(
        self, program: str, python: Interpreter, clock: Clock = "virtual", schedule: Schedule = PLAIN
    ) -> Facts:
        """What the program does; it is run if nobody has seen that yet."""
        key = _key(program, python.version, clock, schedule)
        with self._lock:
            self._keys.setdefault(program, set()).add(key)
        found = self._known.get(key)
        if found is not None:
            with suppress(KeyError, TypeError):
                facts = Facts(**(found | {"warns": tuple(found["warns"])}))
                self._used[key] = found
                return facts
        try:
            facts = Facts.of(self._batch.run(program, python=python.path, clock=clock, schedule=schedule))
        except LabBroken as broken:
            return Facts("broken", str(broken).strip().rpartition("\n")[2])
        with self._lock:
            self.runs += 1
            self._known[key] = self._used[key] = asdict(facts)
        return facts

    def forget(self, program: str) -> None:
        """Run this program anew the next time: on the real clock, what it did may have been an accident."""
        with self._lock:
            for key in self._keys.get(program, ()):
                self._used.pop(key, None)
                self._known[key] = None

    def save(self) -> None:
        """Write it to its file, what was used last at the end; the oldest are dropped. Never raises."""
        if self._path is None or not self.runs:
            return
        everything = _entries(self._path) | self._known
        kept = {key: facts for key, facts in everything.items() if key not in self._used} | self._used
        newest = dict([(key, facts) for key, facts in kept.items() if facts][-ROOM:])
        part = self._path.with_suffix(f".{threading.get_ident()}.part")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(newest, separators=(",", ":")), encoding="utf-8")
            part.replace(self._path)


def prove(
    program: str,
    claims: Claims,
    *,
    logbook: Logbook,
    pythons: Sequence[Interpreter],
    clock: Clock = "virtual",
    real: bool = False,
    repeats: int = REPEATS,
) -> Verdict:
    """Run a program on these Pythons, plainly and perturbed, and hold the claims against what it does.

    With the virtual clock there is one run for each of PERTURBED beside the plain one; with `real`, one more
    on the real clock where it is quick. With the real clock there are `repeats` runs. As long as the clock is
    virtual, what is not claimed must be the same in all runs too.
    """
    plain = {python.version: logbook.facts(program, python, clock) for python in pythons}
    found: list[Finding] = []
    for python in pythons:
        first = plain[python.version]
        wrong = list(refutations(claims, first, clock=clock))
        if not wrong:
            wrong = list(_unsteady(program, claims, first, python, clock, logbook, repeats=repeats))
        if not wrong and real and clock == "virtual" and python == pythons[0] and first.takes <= QUICK:
            wrong = list(_on_the_real_clock(claims, logbook.facts(program, python, "real"), first))
        found += [replace(finding, pythons=(python.version,)) for finding in wrong]
    if not found and clock == "virtual":
        found = list(_differences(plain))
    return Verdict(tuple(plain), _merged(found, tuple(plain)), plain)


def refutations(
    claims: Claims, facts: Facts, *, clock: Clock = "virtual", slack: float = EXACT
) -> Iterator[Finding]:
    """What a run shows to be otherwise than claimed. `slack` is how many seconds too late it may end."""
    if facts.ended in ENDED:
        yield Finding(ENDED[facts.ended], "", "that it ends by itself", facts.why or facts.ended)
        return
    if facts.raises != (claims.raises or ""):
        claimed = f"raises {claims.raises}" if claims.raises else "no exception"
        yield Finding("refuted", "raises", claimed, facts.why if facts.raises else "no exception")
    if facts.warns != ((claims.warns,) if claims.warns else ()):
        claimed = f"warns {claims.warns}" if claims.warns else "no warning"
        yield Finding("refuted", "warns", claimed, ", ".join(facts.warns) or "no warning")
    if claims.prints is not None and _text(claims.prints) != _text(facts.prints):
        yield Finding("refuted", "prints", f"prints {_quoted(claims.prints)}", _quoted(facts.prints))
    if claims.takes is not None and not -EXACT <= facts.takes - claims.takes <= slack:
        yield Finding("refuted", "takes", f"takes {claims.takes:g} s", f"{facts.takes:.9g} s")


def _unsteady(
    program: str,
    claims: Claims,
    first: Facts,
    python: Interpreter,
    clock: Clock,
    logbook: Logbook,
    *,
    repeats: int,
) -> Iterator[Finding]:
    """What a perturbed run shows, or a repeated one: the first that differs is enough."""
    schedules = PERTURBED if clock == "virtual" else [Schedule(seed=seed) for seed in range(1, repeats)]
    for schedule in schedules:
        facts = logbook.facts(program, python, clock, schedule)
        slack = LATE * (facts.turns + 5) if schedule.late else EXACT
        wrong = list(refutations(claims, facts, clock=clock, slack=slack))
        if not wrong and clock == "virtual" and not facts.same(first, slack=slack):
            wrong = [Finding("undetermined", "", f"the same each time: {_told(first)}", _told(facts))]
        if wrong:
            kind: FindingKind = "broken" if facts.ended == "broken" else "undetermined"
            yield from (replace(finding, kind=kind, when=_words(schedule)) for finding in wrong)
            return


def _on_the_real_clock(claims: Claims, facts: Facts, first: Facts) -> Iterator[Finding]:
    """What a run on the real clock shows otherwise; that it takes longer is the machine's business."""
    wrong = list(refutations(replace(claims, takes=None), facts, clock="real"))
    if not wrong and (facts.takes < first.takes - SLACK or not replace(facts, takes=first.takes).same(first)):
        wrong = [
            Finding("undetermined", "", f"the same as on the virtual clock: {_told(first)}", _told(facts))
        ]
    yield from (replace(finding, kind="undetermined", when="on the real clock") for finding in wrong)


def _differences(plain: dict[str, Facts]) -> Iterator[Finding]:
    """What Pythons do not agree on though nobody claimed anything of it."""
    versions = list(plain)
    for version in versions[1:]:
        if not plain[version].same(plain[versions[0]]):
            claimed = f"the same as on CPython {versions[0]}: {_told(plain[versions[0]])}"
            yield Finding("differs", "", claimed, _told(plain[version]), pythons=(version,))


def _merged(found: Iterable[Finding], pythons: tuple[str, ...]) -> tuple[Finding, ...]:
    """Findings that are alike on several Pythons, as one; those that not all Pythons give, marked as such."""
    alike: dict[Finding, tuple[str, ...]] = {}
    for finding in found:
        bare = replace(finding, pythons=())
        alike[bare] = (*alike.get(bare, ()), *finding.pythons)
    where = {
        claim: {v for f, vs in alike.items() if f.claim == claim for v in vs} for claim in _claims(alike)
    }
    return tuple(
        replace(
            finding,
            pythons=versions,
            kind="differs"
            if finding.kind == "refuted" and len(where[finding.claim]) < len(pythons)
            else finding.kind,
        )
        for finding, versions in alike.items()
    )


def _claims(findings: Iterable[Finding]) -> set[str]:
    return {finding.claim for finding in findings}


def _words(schedule: Schedule) -> str:
    if schedule.ties == "lifo":
        return "when timers that are due together fire in the other order"
    if schedule.late:
        return f"when steps cost time and timers fire late (seed {schedule.seed})"
    return f"with other hashes and addresses (seed {schedule.seed})"


def _told(facts: Facts) -> str:
    said = [f"prints {_quoted(facts.prints)}", f"takes {facts.takes:.9g} s"]
    said += [f"raises {facts.raises}"] * bool(facts.raises) + [f"warns {name}" for name in facts.warns]
    return ", ".join(said if facts.ended in ("ok", "error", "exit") else [facts.why or facts.ended])


def _quoted(text: str) -> str:
    return repr(_text(text)[:SHOWN]) + "…" * (len(text) > SHOWN) if _text(text) else "nothing"


def _text(printed: str) -> str:
    """What is printed, but for the last end of line."""
    return printed.removesuffix("\n")


def _key(program: str, version: str, clock: Clock, schedule: Schedule) -> str:
    content = json.dumps([lab_version(), version, clock, asdict(schedule), asdict(Limits()), program])
    return hashlib.sha256(content.encode()).hexdigest()[:32]


@cache
def lab_version() -> str:
    """A fingerprint of the modules that run programs: with others, all must be run again."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    content = b"".join(path.read_bytes() for path in modules if path.name not in NOT_RUN_BY_CHILDREN)
    return hashlib.sha256(content).hexdigest()


def _entries(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
