"""The command that counts: what a bank holds, what it covers, and what of it is proven."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quizapp.cli.options import Refusal, one_bank_option, shipped_bank

if TYPE_CHECKING:
    from quizapp.bank import Stats


@click.command()
@one_bank_option
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--markdown", is_flag=True, help="Print them as a table for a page.")
def stats(folder: Path | None, as_json: bool, markdown: bool) -> None:
    """Print what a bank holds: questions by topic, type and level, what they cover, and what is proven."""
    figures = _stats(folder or shipped_bank())
    click.echo(json.dumps(figures.as_json(), indent=2) if as_json else figures.as_text(markdown=markdown))


@dataclass(frozen=True)
class Figures:
    """The figures of a bank, and how many of its questions with a program are proven."""

    stats: Stats
    programs: int
    proven: int
    pythons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The figures for other programs. Shares are from 0 to 1."""
        found, balance = self.stats, self.stats.balance
        return {
            "questions": found.questions,
            "open": found.open,
            "topics": {topic.id: topic.questions for topic in found.topics},
            "types": found.types,
            "levels": found.levels,
            "concepts": asdict(found.concepts),
            "misconceptions": asdict(found.misconceptions),
            "programs": self.programs,
            "proven": self.proven / self.programs if self.programs else 0.0,
            "pythons": list(self.pythons),
            "reviewed": found.reviewed,
            "key_position": {"share": balance.position, "expected": balance.expected_position},
            "key_longest": {"share": balance.longest, "expected": balance.expected_longest},
        }

    def as_text(self, *, markdown: bool = False) -> str:
        """A line for each topic, then one for each kind of figure."""
        rows = [("topic", "questions", "of these open", *self.stats.levels)]
        rows += [
            tuple(map(str, (each.title, each.questions, each.open, *each.levels.values())))
            for each in self.stats.topics
        ]
        total = ("all", self.stats.questions, self.stats.open, *self.stats.levels.values())
        rows.append(tuple(map(str, total)))
        if markdown:
            rows.insert(1, ("---", *("---:",) * (len(rows[0]) - 1)))
            return "\n".join(f"| {' | '.join(row)} |" for row in rows)
        wide = max(len(row[0]) for row in rows)
        lines = [
            row[0].ljust(wide)
            + "".join(f"  {cell:>{len(head)}}" for cell, head in zip(row[1:], rows[0][1:], strict=True))
            for row in rows
        ]
        return "\n".join([*lines, "", *self._summary()])

    def _summary(self) -> Iterator[str]:
        found, balance = self.stats, self.stats.balance
        pythons = ", ".join(self.pythons) or "(none)"
        yield "types: " + ", ".join(f"{name} {count}" for name, count in found.types.items())
        yield f"concepts: {found.concepts.covered} of {found.concepts.all}"
        yield f"misconceptions: {found.misconceptions.covered} of {found.misconceptions.all}"
        yield f"proven: {self.proven} of {self.programs} programs, on CPython {pythons}"
        yield f"reviewed: {found.reviewed:.0%} answered blind by a second reader as they stand"
        yield f"right option longest: {balance.longest:.0%} (chance {balance.expected_longest:.0%})"
        places = [
            f"{place}. {share:.0%} (chance {balance.expected_position[place]:.0%})"
            for place, share in balance.position.items()
        ]
        yield f"right option in place {', '.join(places)}"


def _stats(folder: Path) -> Figures:
    from quizapp.bank import load
    from quizapp.bank import stats as count
    from quizapp.lab import evidence_key, load_evidence

    found, evidence = load(folder), load_evidence(folder)
    if found.faults:
        raise Refusal(f"the bank has faults; see them with: quizapp bank check {folder}")
    grounds = {question.id: question.grounds for question in found if question.grounds}
    proven = [
        evidence[question]
        for question, ground in grounds.items()
        if question in evidence
        and evidence[question].key == evidence_key(ground)
        and evidence[question].pythons
    ]
    pythons = {python for each in proven for python in each.pythons}
    return Figures(count(found), len(grounds), len(proven), tuple(sorted(pythons, key=_version)))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text))
