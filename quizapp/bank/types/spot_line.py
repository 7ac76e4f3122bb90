"""`spot-line`: point at the line of the program that is at fault."""

from __future__ import annotations

import random
from collections.abc import Iterator

from pydantic import Field

from quizapp.bank.types.base import Answer, Finding, Grade, Mistake, Path, Question, tagged


class WrongLine(Mistake):
    """A line that looks guilty and is not; `line` quotes text that this line alone holds."""

    line: str = Field(min_length=1)


class SpotLine(Question):
    """`line` quotes the line at fault, so it stays true when the program above it grows."""

    type = "spot-line"

    code: str = Field(min_length=1)
    line: str = Field(min_length=1)
    fix: str
    why: str = Field(min_length=1)
    mistakes: tuple[WrongLine, ...] = ()

    def lines(self) -> tuple[tuple[str, str], ...]:
        """The program's lines, each with its number as a key."""
        return tuple((str(number), text) for number, text in enumerate(self.code.splitlines(), start=1))

    def keys(self) -> Answer:
        return tuple(key for key, text in self.lines() if text.strip())

    def face(self, key: str) -> str:
        return dict(self.lines())[key]

    def shuffled(self, rng: random.Random) -> Answer:
        """A program is shown in its own order."""
        return self.keys()

    def holding(self, quoted: str) -> Answer:
        """The keys of the lines that hold this text."""
        return tuple(key for key, text in self.lines() if quoted in text)

    def model(self) -> Answer:
        return self.holding(self.line)

    def grade(self, answer: Answer) -> Grade:
        made = [mistake for mistake in self.mistakes if answer == self.holding(mistake.line)]
        return Grade(float(answer == self.model()), tuple(mistake.note for mistake in made))

    def fixed(self) -> str:
        """The program with the line mended, at the old line's indentation."""
        return "\n".join(
            _indented_like(text, self.fix) if self.line in text else text for _, text in self.lines()
        )

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        quotes: list[tuple[Path, str]] = [(("line",), self.line)]
        quotes += [
            (("mistakes", number, "line"), mistake.line) for number, mistake in enumerate(self.mistakes)
        ]
        for path, quoted in quotes:
            if (count := len(self.holding(quoted))) != 1:
                yield Finding(
                    path, f"{count} lines of the code hold this text; quote what one line alone holds"
                )
            elif path != ("line",) and self.holding(quoted) == self.model():
                yield Finding(path, "this is the line at fault, so pointing at it is no mistake")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("mistakes", self.mistakes)


def _indented_like(old: str, new: str) -> str:
    margin = old[: len(old) - len(old.lstrip())]
    return "\n".join(margin + line for line in new.splitlines())
