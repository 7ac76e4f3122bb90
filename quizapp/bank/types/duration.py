"""`duration`: how many seconds a program takes, chosen from options or typed."""

from __future__ import annotations

import re
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
    Path,
    Told,
    Trial,
    WrongAnswer,
    only_one,
    tagged,
)
from quizapp.bank.types.choice import Option, WithOptions

EXACT = 1e-6
"""Seconds within which two durations are the same."""

SECONDS = re.compile(
    r"(?:about )?(\d{1,6}(?:[.,]\d{1,6})?|[.,]\d{1,6}) ?(ms|milliseconds?|s|secs?|seconds?)?", re.I
)


class Duration(WithOptions):
    """The key is `run.takes`. With options, whose texts are seconds, it is chosen; without, it is typed."""

    type = "duration"

    options: tuple[Option, ...] = Field(default=(), max_length=MOST)
    tolerance: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="Seconds by which a typed answer may be off."
    )
    mistakes: tuple[WrongAnswer, ...] = Field(default=(), max_length=MOST)

    @property
    def takes(self) -> float:
        """How many seconds the program takes, as claimed."""
        return (self.run and self.run.takes) or 0.0

    def wrong(self) -> Iterator[tuple[Path, str]]:
        """Each answer that is told to be wrong, with its place."""
        for number, option in enumerate(self.options):
            if not option.is_right:
                yield ("options", number), option.text
        for number, mistake in enumerate(self.mistakes):
            yield ("mistakes", number, "answer"), mistake.answer

    def trials(self) -> Iterator[Trial]:
        """The program, and each wrong duration, which it must not take."""
        yield from super().trials()
        for path, text in self.wrong():
            for trial in super().trials():
                run = trial.run.model_copy(update={"takes": seconds(text)})
                yield replace(trial, path=path, run=run, holds=False, about="this wrong duration")

    def graded(self) -> dict[str, Any]:
        return super().graded() | {"takes": self.takes}

    def model(self) -> Answer:
        return super().model() if self.options else (f"{self.takes:g}",)

    def said(self, answer: Answer) -> Answer:
        typed = None if self.options else seconds(" ".join(answer))
        return super().said(answer) if typed is None else (f"{typed:g} s",)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was picked, or the seconds that were typed; raises ValueError for what is no number."""
        if self.options:
            return super().read(given, shown)
        typed = only_one(tuple(given))
        if any(text.strip() and seconds(text) is None for text in typed):
            raise ValueError("write the seconds as a number, such as 0.5")
        return typed

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        if self.options:
            return super().tell(answer, shown)
        grade, right = self.grade(answer), Told(f"{self.takes:g} s", mark="right", tag=CORRECT)
        if grade.right:
            return (replace(right, tag=BOTH),)
        if self.is_blank(answer):
            return (right,)
        why = grade.notes[0].why if grade.notes else ""
        return (Told(" ".join(answer), why, "wrong", YOURS, is_output=True), right)

    def grade(self, answer: Answer) -> Grade:
        if self.options:
            return super().grade(answer)
        typed = seconds(" ".join(answer))
        if typed is None:
            return Grade(0.0)
        if self._is_right(typed):
            return Grade(1.0)
        return Grade(0.0, tuple(each.note for each in self.mistakes if _same(seconds(each.answer), typed)))

    def _is_right(self, given: float) -> bool:
        return abs(given - self.takes) <= self.tolerance + EXACT

    def faults(self) -> Iterator[Finding]:
        if not self.code:
            yield Finding((), "a duration question needs 'code'")
        if self.run is None or self.run.takes is None:
            yield Finding((), "a duration question needs 'run: takes:'; it is the key")
        yield from super().faults()
        if self.options and self.mistakes:
            yield Finding(("mistakes",), "with 'options', the wrong options say what 'mistakes' would")
        for path, text in self.wrong():
            if (given := seconds(text)) is None:
                yield Finding(path, "write the seconds as a number, such as '0.5 s'")
            elif self._is_right(given):
                yield Finding(path, "this is what the program takes, so it is not wrong")

    def count_faults(self) -> Iterator[Finding]:
        if not self.options:
            return
        yield from super().count_faults()
        for number, option in enumerate(self.options):
            if option.is_right and not _same(seconds(option.text), self.takes):
                yield Finding(("options", number), "this option is right but differs from 'run: takes:'")
            earlier = [seconds(other.text) for other in self.options[:number]]
            if any(_same(each, seconds(option.text)) for each in earlier):
                yield Finding(("options", number), "an option above gives the same time")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        yield from super().misconceptions()
        yield from tagged("mistakes", self.mistakes)


def seconds(text: str) -> float | None:
    """The seconds that a text such as `0.5`, `0,5 s` or `500 ms` gives; None when it gives none."""
    found = SECONDS.fullmatch(" ".join(text.strip("`'\" ").removesuffix(".").split()))
    if found is None or not found[1].isascii():
        return None
    number = float(found[1].replace(",", "."))
    return number / 1000 if (found[2] or "").lower().startswith("m") else number


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= EXACT
