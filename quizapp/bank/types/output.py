"""`output`: what a program prints, chosen from options or typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    CORRECT,
    MOST,
    YOURS,
    Answer,
    Finding,
    Grade,
    Note,
    Part,
    Path,
    Told,
    Trial,
    WrongAnswer,
    lines_of,
    tagged,
)
from quizapp.bank.types.choice import Option, WithOptions


class Output(WithOptions):
    """The key is `run.prints`. With options it is chosen, without them it is typed."""

    type = "output"

    may_be_empty = True

    options: tuple[Option, ...] = Field(default=(), max_length=MOST)
    mistakes: tuple[WrongAnswer, ...] = Field(default=(), max_length=MOST)

    @property
    def prints(self) -> str:
        """What the program prints, as claimed."""
        return (self.run and self.run.prints) or ""

    def trials(self) -> Iterator[Trial]:
        """The program, and each wrong output, which it must not print."""
        yield from super().trials()
        wrong: list[tuple[Path, str]] = [
            (("options", number), option.text)
            for number, option in enumerate(self.options)
            if not option.is_right
        ]
        wrong += [(("mistakes", number, "answer"), each.answer) for number, each in enumerate(self.mistakes)]
        for path, text in wrong:
            for trial in super().trials():
                yield replace(
                    trial,
                    path=path,
                    run=trial.run.model_copy(update={"prints": text}),
                    holds=False,
                    about="this wrong output",
                )

    def graded(self) -> dict[str, Any]:
        return super().graded() | {"prints": self.prints}

    def offer(self, shown: Answer) -> tuple[Part, ...]:
        return tuple(Part(self.face(key), is_output=True) for key in shown)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        if self.options:
            return tuple(replace(told, is_output=True) for told in super().tell(answer, shown))
        grade = self.grade(answer)
        if grade.right:
            return (Told(self.prints, mark="right", tag=BOTH, is_output=True),)
        given = [] if self.is_blank(answer) else [_given("\n".join(answer), grade)]
        return (*given, Told(self.prints, mark="right", tag=CORRECT, is_output=True))

    def model(self) -> Answer:
        return super().model() if self.options else ("\n".join(lines_of(self.prints)),)

    def said(self, answer: Answer) -> Answer:
        lines = () if self.options else lines_of("\n".join(answer))
        return ("\n".join(lines),) if lines else super().said(answer)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was picked, or what was typed without the blank lines after it."""
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
        if self.options and self.mistakes:
            yield Finding(("mistakes",), "with 'options', the wrong options say what 'mistakes' would")
        for number, mistake in enumerate(self.mistakes):
            if lines_of(mistake.answer) == lines_of(self.prints):
                yield Finding(("mistakes", number, "answer"), "this is what is printed, so it is no mistake")

    def count_faults(self) -> Iterator[Finding]:
        if self.options:
            yield from super().count_faults()
            yield from self._unlike_the_claim()
        elif not self.prints.strip():
            yield Finding((), "nothing is printed, so there is nothing to type; write 'options'")

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


def _given(typed: str, grade: Grade) -> Told:
    return Told(typed, grade.notes[0].why if grade.notes else "", "wrong", YOURS, is_output=True)


def _word(option: Option) -> str:
    return "right" if option.is_right else "wrong"
