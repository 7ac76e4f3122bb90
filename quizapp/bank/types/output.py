"""`output`: what a program prints, chosen from options or typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from quizapp.bank.types.base import Answer, Finding, Grade, Mistake, Note, Path, lines_of, tagged
from quizapp.bank.types.choice import Option, WithOptions


class WrongOutput(Mistake):
    """A likely wrong output."""

    answer: str


class Output(WithOptions):
    """The key is `run.prints`. With options it is chosen, without them it is typed."""

    type = "output"

    options: tuple[Option, ...] = ()
    mistakes: tuple[WrongOutput, ...] = ()

    @property
    def prints(self) -> str:
        """What the program prints, as claimed."""
        return (self.run and self.run.prints) or ""

    def graded(self) -> dict[str, Any]:
        return super().graded() | {"prints": self.prints}

    def model(self) -> Answer:
        return super().model() if self.options else (self.prints,)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was picked, or what was typed without the blank lines around it."""
        return super().read(given, shown) if self.options else ("\n".join(lines_of("\n".join(given))),)

    def grade(self, answer: Answer) -> Grade:
        return super().grade(answer) if self.options else self._grade_typed("\n".join(answer))

    def _grade_typed(self, typed: str) -> Grade:
        if self.is_blank((typed,)):
            return Grade(0.0)
        if lines_of(typed) == lines_of(self.prints):
            return Grade(1.0)
        made = [mistake for mistake in self.mistakes if lines_of(mistake.answer) == lines_of(typed)]
        return Grade(0.0, tuple(Note(mistake.why, mistake.misconception) for mistake in made))

    def faults(self) -> Iterator[Finding]:
        if not self.code:
            yield Finding((), "an output question needs 'code'")
        if self.run is None or self.run.prints is None:
            yield Finding((), "an output question needs 'run: prints:'; it is the key")
        yield from super().faults()

    def count_faults(self) -> Iterator[Finding]:
        if self.options:
            yield from super().count_faults()
            yield from self._unlike_the_claim()
        elif not self.prints.strip():
            yield Finding((), "a typed output must print something; write options instead")

    def _unlike_the_claim(self) -> Iterator[Finding]:
        for number, option in enumerate(self.options):
            if option.is_right != (lines_of(option.text) == lines_of(self.prints)):
                claim = "differs from" if option.is_right else "equals"
                yield Finding(
                    ("options", number), f"this option is {_word(option)} but {claim} 'run: prints:'"
                )

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        yield from super().misconceptions()
        yield from tagged("mistakes", self.mistakes)


def _word(option: Option) -> str:
    return "right" if option.is_right else "wrong"
