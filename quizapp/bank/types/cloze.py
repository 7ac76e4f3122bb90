"""`cloze`: a program with blanks, each filled in with a piece of code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    CORRECT,
    MOST,
    YOURS,
    Answer,
    Finding,
    Frozen,
    Grade,
    Mistake,
    Note,
    Path,
    Question,
    Told,
    Trial,
)

BLANK = re.compile(r"__(\d+)__")
LONGEST = 200
"""Characters that a filling may have: more is no answer, and parsing it costs."""
MOST_BLANKS = 3
FEWEST_MISTAKES = 3


class WrongFilling(Mistake):
    """A likely wrong filling. The program that has it must fail the claims."""

    answer: str = Field(min_length=1)


class Blank(Frozen):
    """What may stand in one blank: `accept` lists right fillings, the first of which is the model."""

    accept: tuple[str, ...] = Field(max_length=MOST)
    mistakes: tuple[WrongFilling, ...] = Field(default=(), max_length=MOST)


class Cloze(Question):
    """The code holds blanks, written `__1__`, `__2__` …; `run` claims what it does once they are filled in.

    An answer holds a filling for each blank, in their order. Credit is the share of right ones.
    """

    type = "cloze"

    code: str = Field(min_length=1)
    blanks: tuple[Blank, ...] = Field(max_length=MOST)

    def filled(self, answer: Answer) -> str:
        """The program with its blanks filled in; a blank without a filling stays."""
        texts = {str(number): text for number, text in enumerate(answer, start=1)}
        return BLANK.sub(lambda blank: texts.get(blank[1], blank[0]), self.code)

    def with_one(self, number: int, filling: str) -> Answer:
        """The model answer, but for one blank (counted from 0)."""
        model = list(self.model())
        model[number] = filling
        return tuple(model)

    def trials(self) -> Iterator[Trial]:
        """The program with each accepted filling, which holds, and with each wrong one, which fails."""
        for trial in super().trials():
            yield replace(trial, code=self.filled(self.model()))
            for path, number, text, holds in self._fillings():
                about = "the program with this filling" if holds else "this wrong filling"
                code = self.filled(self.with_one(number, text))
                yield replace(trial, path=path, code=code, holds=holds, about=about)

    def _fillings(self) -> Iterator[tuple[Path, int, str, bool]]:
        """Each filling but the model: its place, the number of the blank, the text, whether it is right."""
        for number, blank in enumerate(self.blanks):
            for place, text in enumerate(blank.accept[1:], start=1):
                yield ("blanks", number, "accept", place), number, text, True
            for place, mistake in enumerate(blank.mistakes):
                yield ("blanks", number, "mistakes", place, "answer"), number, mistake.answer, False

    def stems(self) -> tuple[str, ...]:
        return tuple(f"`__{number}__`" for number in range(1, len(self.blanks) + 1))

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was typed into each blank."""
        if not any(text.strip() for text in given):
            return ()
        if len(given) != len(self.blanks):
            raise ValueError(f"{len(self.blanks)} blanks are to be filled in, {len(given)} came")
        return tuple(text.strip() for text in given)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        given = answer if len(answer) == len(self.blanks) else ("",) * len(self.blanks)
        return tuple(row for number, text in enumerate(given) for row in self._told(number, text))

    def _told(self, number: int, given: str) -> Iterator[Told]:
        blank = self.blanks[number]
        name = f"{number + 1}: " if len(self.blanks) > 1 else ""
        also = ", ".join(f"`{text}`" for text in blank.accept[1:])
        right = Told(f"{name}`{blank.accept[0]}`", f"Also right: {also}." if also else "", "right", CORRECT)
        if not given.strip():
            yield right
        elif self._is_right(number, given):
            yield replace(right, tag=BOTH)
        else:
            why = " ".join(note.why for note in self._notes(number, given))
            yield Told(f"{name}{given}", why, "wrong", YOURS, is_output=True)
            yield right

    def model(self) -> Answer:
        return tuple("".join(blank.accept[:1]) for blank in self.blanks)

    def grade(self, answer: Answer) -> Grade:
        if self.is_blank(answer) or len(answer) != len(self.blanks):
            return Grade(0.0)
        right = [self._is_right(number, text) for number, text in enumerate(answer)]
        notes = (self._notes(n, text) for n, text in enumerate(answer) if not right[n] and text.strip())
        return Grade(sum(right) / len(right), tuple(note for some in notes for note in some))

    def _is_right(self, number: int, given: str) -> bool:
        return any(self._same(number, given, text) for text in self.blanks[number].accept)

    def _notes(self, number: int, given: str) -> list[Note]:
        mistakes = self.blanks[number].mistakes
        return [mistake.note for mistake in mistakes if self._same(number, given, mistake.answer)]

    def _same(self, number: int, one: str, other: str) -> bool:
        """Whether two fillings make the same program, whatever the spacing and the quotes."""
        if len(one) > LONGEST or not one.strip():
            return False
        if _pieces(one) == _pieces(other):
            return True
        tree = _tree(self.filled(self.with_one(number, " ".join(one.split()))))
        return bool(tree) and tree == _tree(self.filled(self.with_one(number, other)))

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        if self.run is None or self.run.clock == "none":
            yield Finding((), "a cloze question needs 'run': its claims tell right fillings from wrong ones")
        if not 1 <= len(self.blanks) <= MOST_BLANKS:
            yield Finding(("blanks",), f"{len(self.blanks)} blanks; write 1 to {MOST_BLANKS}")
        named, expected = BLANK.findall(self.code), [str(n + 1) for n in range(len(self.blanks))]
        if named != expected:
            yield Finding(("code",), f"write each blank once and in order: {' '.join(self._marks())}")
        if sum(len(blank.mistakes) for blank in self.blanks) < FEWEST_MISTAKES:
            yield Finding(("blanks",), f"name at least {FEWEST_MISTAKES} likely wrong fillings in 'mistakes'")
        for number in range(len(self.blanks)):
            yield from self._filling_faults(number)

    def _marks(self) -> list[str]:
        return [f"__{number + 1}__" for number in range(len(self.blanks))]

    def _filling_faults(self, number: int) -> Iterator[Finding]:
        blank, path = self.blanks[number], ("blanks", number)
        if not blank.accept:
            yield Finding((*path, "accept"), "list at least one accepted filling")
        for place, text in enumerate(blank.accept):
            if not text.strip() or "\n" in text.strip() or len(text) > LONGEST:
                yield Finding((*path, "accept", place), "a filling is a piece of one line")
            elif any(_pieces(text) == _pieces(other) for other in blank.accept[:place]):
                yield Finding(
                    (*path, "accept", place), "this filling stands here already; spacing does not matter"
                )
        for place, mistake in enumerate(blank.mistakes):
            if self._is_right(number, mistake.answer):
                yield Finding(
                    (*path, "mistakes", place, "answer"), "this filling is accepted, so it is no mistake"
                )

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        for number, blank in enumerate(self.blanks):
            for place, mistake in enumerate(blank.mistakes):
                if mistake.misconception:
                    yield ("blanks", number, "mistakes", place, "misconception"), mistake.misconception


def _pieces(text: str) -> list[str]:
    """The words and signs of a piece of code, without the spacing between them."""
    return re.findall(r"\w+|[^\w\s]", text)


@lru_cache(512)
def _tree(program: str) -> str:
    """The program's syntax tree as text; empty when it has none. It is parsed, and never run."""
    try:
        return ast.dump(ast.parse(program))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
