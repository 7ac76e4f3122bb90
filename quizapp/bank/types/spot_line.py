"""`spot-line`: point at the line of the program that is at fault."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    CORRECT,
    MOST,
    YOURS,
    Answer,
    Claims,
    Finding,
    Grade,
    Mistake,
    Path,
    Question,
    Run,
    Told,
    Trial,
    only_one,
    tagged,
)


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
    mended: Claims | None = Field(default=None, description="What the program does with the line mended.")
    mistakes: tuple[WrongLine, ...] = Field(default=(), max_length=MOST)

    def trials(self) -> Iterator[Trial]:
        """The program as it stands, and mended: then it must do what `mended` claims, and something else."""
        yield from super().trials()
        if self.code and self.run and self.run.clock != "none" and self.model():
            claims = self.mended.model_dump(exclude_defaults=True) if self.mended else {}
            run = Run(**claims, clock=self.run.clock, python=self.run.python)
            yield Trial(("mended",), self.fixed(), run, about="the mended program", unlike=self.code)

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

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The picked line."""
        return only_one(super().read(given, shown))

    def said(self, answer: Answer) -> Answer:
        return tuple(f"{key}  {text.strip()}" for key, text in self.lines() if key in answer)

    def holding(self, quoted: str) -> Answer:
        """The keys of the lines that hold this text."""
        return tuple(key for key, text in self.lines() if quoted in text)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        told = [self._told(key, answer) for key in self.keys() if key in (*self.model(), *answer)]
        mended = Told(self.fix or "(take the line out)", "", "", "Mended", is_output=True)
        return (*told, mended)

    def _told(self, key: str, answer: Answer) -> Told:
        text = f"{key}  {self.face(key).strip()}"
        if key in self.model():
            return Told(text, self.why, "right", BOTH if key in answer else CORRECT, is_output=True)
        made = [mistake.why for mistake in self.mistakes if key in self.holding(mistake.line)]
        return Told(text, " ".join(made), "wrong", YOURS, is_output=True)

    def model(self) -> Answer:
        return self.holding(self.line)

    def grade(self, answer: Answer) -> Grade:
        made = [mistake for mistake in self.mistakes if answer == self.holding(mistake.line)]
        return Grade(float(answer == self.model()), tuple(mistake.note for mistake in made))

    def fixed(self) -> str:
        """The program with the line mended, at the old line's indentation."""
        mended = (_indented_like(text, self.fix) if self.line in text else [text] for _, text in self.lines())
        return "\n".join(line for lines in mended for line in lines)

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

        if self.model() and self.fixed() == self.code:
            yield Finding(("fix",), "the fix is the line as it stands")
        if self.mended and self.mended.takes is not None and self.run and self.run.clock == "real":
            yield Finding(("mended", "takes"), "seconds can be proven on the virtual clock alone")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("mistakes", self.mistakes)


def _indented_like(old: str, new: str) -> list[str]:
    margin = old[: len(old) - len(old.lstrip())]
    return [(margin + line).rstrip() for line in new.splitlines()]
