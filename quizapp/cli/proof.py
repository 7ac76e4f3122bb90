"""Proof of a bank: each question's programs, tried in the lab on every Python that the question admits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

from quizapp import lab
from quizapp.bank import Bank, Fault, Question, Run, Trial
from quizapp.bank import Path as Way

WORKERS = os.cpu_count() or 1


@dataclass(frozen=True)
class Flaw:
    """Why a question is not proven: the way to the claim inside the question, and what is wrong with it."""

    way: Way
    text: str
    program: str = ""


@dataclass(frozen=True)
class Proof:
    """What trying a question's programs has shown. `pythons` are the versions they were run on."""

    question: Question
    pythons: tuple[str, ...]
    flaws: tuple[Flaw, ...]
    ended: str = ""
    """How the question's own program ended: an outcome's kind."""

    @property
    def proven(self) -> bool:
        """Whether the programs were run, and did what is claimed."""
        return bool(self.pythons) and not self.flaws

    @property
    def programs(self) -> frozenset[str]:
        """The different programs that the question stands on."""
        return frozenset(trial.code for trial in self.question.trials())

    @property
    def proven_programs(self) -> frozenset[str]:
        """Those that did what is claimed of them."""
        return self.programs - {flaw.program for flaw in self.flaws} if self.pythons else frozenset()


def prove(
    questions: Sequence[Question],
    pythons: Sequence[lab.Interpreter],
    logbook: lab.Logbook,
    *,
    real: bool = False,
    on_each: Callable[[], None] = lambda: None,
) -> tuple[Proof, ...]:
    """Prove these questions, several at a time; those without a program are left out."""
    provable = [question for question in questions if question.grounds]
    with ThreadPoolExecutor(WORKERS) as pool:
        proofs = []
        for proof in pool.map(lambda each: prove_question(each, pythons, logbook, real=real), provable):
            proofs.append(proof)
            for flaw in proof.flaws if proof.question.run and proof.question.run.clock == "real" else ():
                logbook.forget(flaw.program)
            on_each()
    return tuple(proofs)


def prove_question(
    question: Question, pythons: Sequence[lab.Interpreter], logbook: lab.Logbook, *, real: bool = False
) -> Proof:
    """Try all programs of a question. Where one does not hold, those that lean on it are still tried."""
    flaws: list[Flaw] = []
    own: lab.Verdict | None = None
    for trial in question.trials():
        admitted = [python for python in pythons if trial.run.admits(python.version)]
        if trial.holds:
            verdict = lab.prove(
                trial.code,
                _claims(trial.run),
                logbook=logbook,
                pythons=admitted,
                clock=_clock(trial.run),
                real=real,
            )
            own = own or verdict
            flaws += [Flaw(_way(trial, each), _text(trial, each), trial.code) for each in verdict.findings]
            if trial.unlike and verdict.proven:
                flaws += _likeness(trial, verdict, admitted, logbook)
        else:
            flaws += _unrefuted(trial, admitted, logbook)
    first = next(iter(own.facts.values())) if own and own.facts else None
    return Proof(question, own.pythons if own else (), tuple(flaws), first.ended if first else "")


def _claims(run: Run) -> lab.Claims:
    return lab.Claims(run.prints, run.takes, run.raises, run.warns)


def _clock(run: Run) -> lab.Clock:
    return "real" if run.clock == "real" else "virtual"


def _way(trial: Trial, finding: lab.Finding) -> Way:
    """The way to the claim that the finding speaks of."""
    return (*trial.path, finding.claim) if trial.path in (("run",), ("mended",)) else trial.path


def _text(trial: Trial, finding: lab.Finding) -> str:
    named = "" if trial.about == "the program" else f"{trial.about}: "
    beyond = "; narrow 'python:' or mend the claim" if finding.kind == "differs" else ""
    return f"{named}{finding}{beyond}"


def _likeness(
    trial: Trial, verdict: lab.Verdict, pythons: Sequence[lab.Interpreter], logbook: lab.Logbook
) -> Iterator[Flaw]:
    """Where the program does the same as the one that it must be unlike."""
    slack = 0.1 if trial.run.clock == "real" else 1e-6
    for python in pythons:
        other = logbook.facts(trial.unlike, python, _clock(trial.run))
        if verdict.facts[python.version].same(other, slack=slack):
            text = f"{trial.about} does the same as the program as it stands, on CPython {python.version}"
            yield Flaw(("fix",), text, trial.code)
            return


def _unrefuted(trial: Trial, pythons: Sequence[lab.Interpreter], logbook: lab.Logbook) -> Iterator[Flaw]:
    """Where the program does what must not be so."""
    clock = _clock(trial.run)
    alike = [
        python.version
        for python in pythons
        if not list(
            lab.refutations(_claims(trial.run), logbook.facts(trial.code, python, clock), clock=clock)
        )
    ]
    if alike:
        text = f"{trial.about} is not refuted: it is what a run shows, on CPython {', '.join(alike)}"
        yield Flaw(trial.path, text, trial.code)


# -- evidence


def evidence(proof: Proof, old: lab.Evidence | None, run: Callable[[str, str], lab.Trace]) -> lab.Evidence:
    """What to keep of a proof; `run` gives the trace of a program on a version of Python.

    What was proven before on other Pythons, of the same question, stays; of each minor version one is named.
    """
    key = lab.evidence_key(proof.question.grounds)
    if old is None or old.key != key:
        old = lab.Evidence(proof.question.id, key)
    minors = {_number(version)[:2]: version for version in (*old.pythons, *proof.pythons)}
    versions = tuple(minors[minor] for minor in sorted(minors))
    if versions[:1] != proof.pythons[:1] or not versions:  # proven before on an older Python than those here
        return replace(old, pythons=versions)
    trials = [trial for trial in proof.question.trials() if trial.run.clock == "virtual"]
    programs = [trial.code for place, trial in enumerate(trials) if trial.unlike or not place]
    traces = [run(program, versions[0]) for program in programs]
    trace, contrast = [
        *(each if len(each.events) <= lab.MOST_EVENTS else None for each in traces),
        None,
        None,
    ][:2]
    return lab.Evidence(proof.question.id, key, versions, proof.ended, trace, contrast)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2])


def folder_of(bank: Bank, question: Question, folders: Sequence[Path]) -> Path:
    """The bank folder that a question comes from."""
    file = Path(bank.places[question.id][0])
    return next(folder for folder in folders if file.is_relative_to(folder))


def missing(
    questions: Iterable[Question], kept: Mapping[str, lab.Evidence], pythons: Sequence[str] = ()
) -> Iterator[tuple[Question, str]]:
    """The questions without evidence, or with evidence of what they were before, and what to say of them.

    With versions in `pythons`, evidence from no Python at all is missing too where one of them is admitted.
    """
    for question in questions:
        if not question.grounds:
            continue
        found = kept.get(question.id)
        if found is None:
            yield question, "there is no evidence for this program"
        elif found.key != lab.evidence_key(question.grounds):
            yield question, "the evidence is of an older program or claim"
        elif not found.pythons and any(admits(question, version) for version in pythons):
            yield question, "this was proven nowhere yet, and now it can be"


def admits(question: Question, version: str) -> bool:
    """Whether the question's claims are made for this version of Python."""
    return bool(question.run and question.run.admits(version))


def write_evidence(
    folder: Path,
    proofs: Iterable[Proof],
    kept: Mapping[str, lab.Evidence],
    run: Callable[[str, str], lab.Trace],
    topics: Iterable[str],
) -> int:
    """Write the evidence of these topics, of questions without flaws; returns how many there are."""
    made = {
        proof.question.id: evidence(proof, kept.get(proof.question.id), run)
        for proof in proofs
        if not proof.flaws
    }
    for topic in topics:
        lab.save_evidence(folder, topic, [each for each in made.values() if _topic(each.question) == topic])
    return len(made)


def _topic(question_id: str) -> str:
    return question_id.rpartition("/")[0]


def faults(bank: Bank, flawed: Iterable[tuple[Question, Flaw]]) -> tuple[Fault, ...]:
    """The flaws with their places in the files, file by file."""
    ordered = sorted(flawed, key=lambda each: bank.places[each[0].id][0])
    return tuple(
        sorted(
            bank.place(question.id, flaw.way, flaw.text)
            for _, group in groupby(ordered, key=lambda each: bank.places[each[0].id][0])
            for question, flaw in group
        )
    )
