"""The command `prove`: whether every program of a bank does what the bank says."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quizapp.cli.options import Refusal, bank_option, cache_folder, own_bank, shipped_bank

if TYPE_CHECKING:
    from quizapp.bank import Bank, Fault, Question
    from quizapp.cli.proof import Proof
    from quizapp.lab import Evidence, Interpreter, Logbook


@click.command()
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option(
    "--python", "named", multiple=True, metavar="EXE", help="Python to run on.  [default: all found]"
)
@bank_option
@click.option("--real", is_flag=True, help="Run quick programs on the real clock too.")
@click.option("--write", is_flag=True, help="Keep what was proven as evidence beside the bank.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--no-cache", is_flag=True, help="Run every program, even if nothing changed since the last time."
)
def prove(
    topics: tuple[str, ...],
    named: tuple[str, ...],
    banks: tuple[Path, ...],
    real: bool,
    write: bool,
    as_json: bool,
    no_cache: bool,
) -> None:
    """Run the programs of a bank, or of these topics or questions, and hold its claims against them.

    Each program runs on every CPython found that its question admits, plainly and perturbed. Missing or stale
    evidence is a fault too, where a bank keeps any. The exit code is 1 when there are faults.
    """
    began = time.monotonic()
    folders = banks or (own_bank() if write else shipped_bank(),)
    job = _Job(folders, topics, _pythons(named), real=real)
    with _logbook(no_cache) as logbook:
        job.prove(logbook)
        if write:
            job.write()
        job.check()
    result = job.result(time.monotonic() - began)
    click.echo(json.dumps(result, indent=2, ensure_ascii=False) if as_json else job.report(result))
    sys.exit(1 if job.faults else 0)


def _pythons(named: tuple[str, ...]) -> tuple[Interpreter, ...]:
    from quizapp.lab import NoSuchPython, interpreters

    try:
        return interpreters(named)
    except NoSuchPython as error:
        raise Refusal(str(error)) from None


@contextmanager
def _logbook(no_cache: bool) -> Iterator[Logbook]:
    from quizapp.lab import Batch, Logbook

    path = None if no_cache else cache_folder() / "runs.json"
    with Batch() as batch:
        logbook = Logbook(batch, path)
        try:
            yield logbook
        finally:
            logbook.save()


@dataclass
class _Job:
    """One proof of a bank, or of parts of it."""

    folders: tuple[Path, ...]
    topics: tuple[str, ...]
    pythons: Sequence[Interpreter]
    real: bool
    proofs: tuple[Proof, ...] = ()
    faults: tuple[Fault, ...] = ()
    kept: dict[Path, dict[str, Evidence]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        from quizapp.bank import load

        self.bank: Bank = load(*self.folders)
        self.questions = [each for each in self.bank if not self.topics or self._is_wanted(each)]
        for topic in self.topics:
            if not any(_stands_in(each, topic) for each in self.bank):
                raise Refusal(f"there is no topic and no question '{topic}'")

    def _is_wanted(self, question: Question) -> bool:
        return any(_stands_in(question, topic) for topic in self.topics)

    def prove(self, logbook: Logbook) -> None:
        """Run what must be run, with a bar on a terminal."""
        from quizapp.cli import proof

        provable = [question for question in self.questions if question.grounds]
        with click.progressbar(
            length=len(provable), label="Proving", file=sys.stderr, hidden=not sys.stderr.isatty()
        ) as bar:
            self.proofs = proof.prove(
                provable, self.pythons, logbook, real=self.real, on_each=lambda: bar.update(1)
            )

    def check(self) -> None:
        """Gather the faults: the bank's own, what runs have shown, and evidence that is missing or stale."""
        from quizapp.cli import proof

        flawed = [(each.question, flaw) for each in self.proofs for flaw in each.flaws]
        self.faults = tuple(sorted({*self.bank.faults, *proof.faults(self.bank, [*flawed, *self._stale()])}))

    def _stale(self) -> Iterator[tuple[Question, Any]]:
        from quizapp.cli import proof

        flawed = {each.question.id for each in self.proofs if each.flaws}
        versions = [python.version for python in self.pythons]
        for folder, questions in self._by_folder().items():
            if (kept := self._evidence(folder)) is None:
                continue
            for question, text in proof.missing(questions, kept, versions):
                if question.id not in flawed:
                    yield question, proof.Flaw(("run",), f"{text}; run: quizapp prove --write")

    def _by_folder(self) -> dict[Path, list[Question]]:
        from quizapp.cli.proof import folder_of

        found: dict[Path, list[Question]] = {}
        for question in self.questions:
            found.setdefault(folder_of(self.bank, question, self.folders), []).append(question)
        return found

    def _evidence(self, folder: Path) -> dict[str, Evidence] | None:
        """What is kept beside that part of the bank; None where nothing ever was."""
        from quizapp.lab import NotEvidence, load_evidence

        if not (folder / "evidence").is_dir():
            return None
        try:
            return dict(load_evidence(folder))
        except NotEvidence as error:
            raise Refusal(str(error)) from None

    def write(self) -> None:
        """Keep the evidence of what has no flaws."""
        from quizapp import lab
        from quizapp.cli import proof

        paths = {python.version: python.path for python in self.pythons}
        with lab.Batch() as batch:
            for folder, questions in self._by_folder().items():
                ids = {question.id for question in questions}
                old = self._evidence(folder) or {}
                proof.write_evidence(
                    folder,
                    [each for each in self.proofs if each.question.id in ids],
                    old,
                    lambda program, version: batch.run(program, python=paths[version]),
                    topics=self._topics_of(questions, old),
                )

    def _topics_of(self, questions: Sequence[Question], old: dict[str, Evidence]) -> list[str]:
        """The topics whose files are written: with a whole bank also those that are gone."""
        topics = {question.topic for question in questions}
        return sorted(topics if self.topics else topics | {each.rpartition("/")[0] for each in old})

    def result(self, seconds: float) -> dict[str, Any]:
        """The figures. A question that admits no Python at hand counts as a program and not as proven."""
        return {
            "programs": len({code for each in self.proofs for code in each.programs}),
            "proven": len({code for each in self.proofs for code in each.proven_programs}),
            "pythons": [python.version for python in self.pythons],
            "faults": [asdict(fault) for fault in self.faults],
            "seconds": round(seconds, 2),
            "not_here": [each.question.id for each in self.proofs if not each.pythons],
        }

    def report(self, result: dict[str, Any]) -> str:
        """The same in words."""
        lines = [str(fault) for fault in self.faults]
        for each in self.proofs:
            if not each.pythons and each.question.run:
                lines.append(
                    f"{each.question.id}: not proven here, because it needs Python {each.question.run.python}"
                )
        count = len(self.faults)
        lines.append(
            f"{result['proven']} of {result['programs']} programs proven on CPython"
            f" {', '.join(result['pythons'])}, {count} fault{'s' * (count != 1)}, {result['seconds']:.1f} s"
        )
        return "\n".join(lines)


def _stands_in(question: Question, topic: str) -> bool:
    return f"{question.id}/".startswith(f"{topic}/")
