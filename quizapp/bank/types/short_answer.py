"""`short-answer`: a word or a short expression, typed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

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
    Question,
    Told,
    WrongAnswer,
    only_one,
    tagged,
)


class ShortAnswer(Question):
    """`accept` lists the right answers; the first is shown as the model."""

    type = "short-answer"

    accept: tuple[str, ...] = Field(max_length=MOST)
    mistakes: tuple[WrongAnswer, ...] = Field(default=(), max_length=MOST)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was typed."""
        return only_one(tuple(given))

    def said(self, answer: Answer) -> Answer:
        return tuple(filter(None, [plain(" ".join(answer))]))

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        grade = self.grade(answer)
        also = ", ".join(f"`{text}`" for text in self.accept[1:])
        accepted = Told(f"`{self.accept[0]}`", f"Also accepted: {also}." if also else "", "right", CORRECT)
        if grade.right:
            return (replace(accepted, tag=BOTH),)
        if self.is_blank(answer):
            return (accepted,)
        why = grade.notes[0].why if grade.notes else ""
        return (Told(" ".join(answer), why, "wrong", YOURS, is_output=True), accepted)

    def model(self) -> Answer:
        return self.accept[:1]

    def grade(self, answer: Answer) -> Grade:
        typed = plain(" ".join(answer))
        if not typed:
            return Grade(0.0)
        if typed in map(plain, self.accept):
            return Grade(1.0)
        return Grade(0.0, tuple(mistake.note for mistake in self.mistakes if plain(mistake.answer) == typed))

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        if not self.accept:
            yield Finding(("accept",), "list at least one accepted answer")
        accepted = list(map(plain, self.accept))
        for number, text in enumerate(accepted):
            if not text:
                yield Finding(("accept", number), "this accepted answer is empty")
            elif text in accepted[:number]:
                yield Finding(
                    ("accept", number), "this is the same answer as one above; case and quotes do not matter"
                )
        for number, mistake in enumerate(self.mistakes):
            if plain(mistake.answer) in accepted:
                yield Finding(("mistakes", number, "answer"), "this answer is accepted, so it is no mistake")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("mistakes", self.mistakes)


def plain(text: str) -> str:
    """A typed answer without what does not matter: case, spacing, quotes around it, a call's `()`."""
    text, before = " ".join(text.casefold().split()), ""
    while text != before:
        before = text
        text = text.strip("`'\"“”‘’ ").removesuffix(".").removesuffix("()")
    return text
