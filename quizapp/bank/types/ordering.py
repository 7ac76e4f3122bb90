"""`ordering`: steps, written in the right order and shown in another."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    MOST,
    Answer,
    Finding,
    Gone,
    Grade,
    Mistake,
    Path,
    Question,
    Told,
    Trial,
    letters,
    lines_of,
    tagged,
)


class WrongOrder(Mistake):
    """A likely wrong order, by the numbers (from 1) of the steps as written."""

    order: tuple[str, ...] = Field(max_length=MOST)


class Ordering(Question):
    """3 to 8 steps with one right order; the longest common subsequence earns partial credit."""

    type = "ordering"

    steps: tuple[str, ...] = Field(max_length=MOST)
    mistakes: tuple[WrongOrder, ...] = Field(default=(), max_length=MOST)

    @property
    def printed(self) -> tuple[str, ...]:
        """The lines that the program prints, where the steps are these lines; else none."""
        lines = lines_of((self.run and self.run.prints) or "")
        return lines if sorted(lines) == sorted(map(_bare, self.steps)) else ()

    def trials(self) -> Iterator[Trial]:
        """The program; where the steps are what it prints, the foreseen wrong orders must not be printed."""
        yield from super().trials()
        for number, mistake in enumerate(self.mistakes if self.printed else ()):
            text = "\n".join(_bare(self.steps[int(place) - 1]) for place in self._places(mistake))
            for trial in super().trials():
                run = trial.run.model_copy(update={"prints": text})
                path = ("mistakes", number, "order")
                yield replace(trial, path=path, run=run, holds=False, about="this wrong order")

    def _places(self, mistake: WrongOrder) -> Answer:
        return tuple(place for place in mistake.order if place in _numbers(self.steps))

    def keys(self) -> Answer:
        return letters(len(self.steps))

    def face(self, key: str) -> str:
        return dict(zip(self.keys(), self.steps, strict=True))[key]

    def shuffled(self, rng: random.Random) -> Answer:
        """The steps in any order but the right one."""
        shown = super().shuffled(rng)
        while shown == self.keys() and len(shown) > 1:
            shown = super().shuffled(rng)
        return shown

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The form gives each shown step, from the top, its number (from 1) in the answer."""
        if not any(given):
            return ()
        if sorted(given) != sorted(_numbers(shown)):
            raise ValueError(f"give each step its own number, from 1 to {len(shown)}")
        return tuple(key for _, key in sorted(zip(map(int, given), shown, strict=True)))

    def fill(self, answer: Answer, shown: Answer) -> tuple[str, ...]:
        return tuple(str(answer.index(key) + 1) if key in answer else "" for key in shown)

    def renamed(self, answer: Answer, to: Question) -> Answer:
        if len(self.keys()) != len(to.keys()):
            raise Gone(to.id)
        return super().renamed(answer, to)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        given = sorted(answer) == sorted(self.keys())
        return tuple(
            _told(number, step, answer.index(key) + 1 if given else None)
            for number, (key, step) in enumerate(zip(self.keys(), self.steps, strict=True), start=1)
        )

    def model(self) -> Answer:
        return self.keys()

    def grade(self, answer: Answer) -> Grade:
        """(longest common subsequence - 1) / (steps - 1): right order 1, reversed order 0."""
        if len(answer) < 2 or sorted(answer) != sorted(self.keys()):
            return Grade(0.0)
        kept = longest_rising([self.keys().index(key) for key in answer])
        made = [mistake for mistake in self.mistakes if self._keys_of(mistake) == answer]
        return Grade((kept - 1) / (len(self.steps) - 1), tuple(mistake.note for mistake in made))

    def _keys_of(self, mistake: WrongOrder) -> Answer:
        return tuple(
            dict(zip(_numbers(self.steps), self.keys(), strict=True)).get(n, "") for n in mistake.order
        )

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        if not 3 <= len(self.steps) <= 8:
            yield Finding(("steps",), f"{len(self.steps)} steps; write 3 to 8")
        for number, step in enumerate(self.steps):
            if not step.strip() or step in self.steps[:number]:
                yield Finding(("steps", number), "each step says something, and each something different")
        if self.printed and self.printed != tuple(map(_bare, self.steps)):
            yield Finding(("steps",), "the steps are in another order than in 'run: prints:'")
        for number, mistake in enumerate(self.mistakes):
            if sorted(mistake.order) != sorted(_numbers(self.steps)) or mistake.order == _numbers(self.steps):
                yield Finding(
                    ("mistakes", number, "order"),
                    f"write the numbers 1 to {len(self.steps)} in a wrong order, each once",
                )

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("mistakes", self.mistakes)


def longest_rising(numbers: Sequence[int]) -> int:
    """Length of the longest rising subsequence: what an order shares with the right one."""
    best: list[int] = []
    for place, number in enumerate(numbers):
        before = [best[earlier] for earlier in range(place) if numbers[earlier] < number]
        best.append(1 + max(before, default=0))
    return max(best, default=0)


def _told(number: int, step: str, given: int | None) -> Told:
    if given is None or given == number:
        return Told(f"{number}. {step}", mark="right", tag="" if given is None else BOTH)
    return Told(f"{number}. {step}", mark="wrong", tag=f"You: {given}.")


def _bare(step: str) -> str:
    return step.strip().strip("`")


def _numbers(steps: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, len(steps) + 1))
