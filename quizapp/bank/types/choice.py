"""`single-choice` and `multiple-choice`: options, of which one or some are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from pydantic import Field

from quizapp.bank.types.base import (
    BOTH,
    CORRECT,
    LEFT_OUT,
    MOST,
    YOURS,
    Answer,
    Finding,
    Frozen,
    Grade,
    Note,
    Path,
    Question,
    Told,
    at,
    letters,
    only_one,
    tagged,
)


class Option(Frozen):
    """Written `right: text` or `wrong: text`, with a `why` for whoever picks it."""

    right: str | None = None
    wrong: str | None = None
    why: str = Field(min_length=1)
    misconception: str = ""

    @property
    def text(self) -> str:
        """What the option says."""
        return (self.right if self.right is not None else self.wrong) or ""

    @property
    def is_right(self) -> bool:
        """Whether picking it is right."""
        return self.right is not None


class WithOptions(Question):
    """What the types with options share. Not a type of its own."""

    may_be_empty: ClassVar[bool] = False
    """Whether the text of an option may be empty, as an output may."""

    options: tuple[Option, ...] = Field(max_length=MOST)

    def keys(self) -> Answer:
        return letters(len(self.options))

    def option(self, key: str) -> Option:
        """The option of that key; raises KeyError when there is none."""
        for name, option in zip(self.keys(), self.options, strict=True):
            if name == key:
                return option
        raise KeyError(key)

    def face(self, key: str) -> str:
        return self.option(key).text

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The picked option."""
        return only_one(tuple(sorted(set(super().read(given, shown)))))

    def renamed(self, answer: Answer, to: Question) -> Answer:
        return tuple(sorted(super().renamed(answer, to))) if self.options else super().renamed(answer, to)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        return tuple(self._told(self.option(key), picked=key in answer) for key in shown)

    def _told(self, option: Option, *, picked: bool) -> Told:
        if option.is_right:
            tag = BOTH if picked else LEFT_OUT if len(self.model()) > 1 else CORRECT
            return Told(option.text, option.why, "right", tag)
        return Told(option.text, option.why, "wrong" if picked else "", YOURS if picked else "")

    def model(self) -> Answer:
        return tuple(key for key, option in zip(self.keys(), self.options, strict=True) if option.is_right)

    def notes(self, answer: Answer) -> tuple[Note, ...]:
        """A note for each wrong option that was picked."""
        picked = [self.option(key) for key in self.keys() if key in answer]
        return tuple(Note(option.why, option.misconception) for option in picked if not option.is_right)

    def grade(self, answer: Answer) -> Grade:
        return Grade(float(answer == self.model()), self.notes(answer))

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        for number, option in enumerate(self.options):
            yield from _faults_of(option, ("options", number), may_be_empty=self.may_be_empty)
        yield from self._same_texts()
        yield from self.count_faults()

    def _same_texts(self) -> Iterator[Finding]:
        texts = [option.text.strip() for option in self.options]
        for number, text in enumerate(texts):
            if text in texts[:number]:
                yield Finding(("options", number), "an option above says the same")

    def count_faults(self) -> Iterator[Finding]:
        """Faults in how many options there are, and how many are right."""
        if not 3 <= len(self.options) <= 4:
            yield Finding(("options",), f"{len(self.options)} options; write 3 or 4")
        if (right := len(self.model())) != 1:
            yield Finding(("options",), f"{right} options are right; this type has exactly one")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        return tagged("options", self.options)

    def parts(self) -> Iterator[tuple[Path, str]]:
        return ((("options", number), option.text) for number, option in enumerate(self.options))


class SingleChoice(WithOptions):
    """3 or 4 options, exactly one of them right."""

    type = "single-choice"


class MultipleChoice(WithOptions):
    """4 to 6 options, 2 to 4 of them right; right ticks minus wrong ticks, never below 0."""

    type = "multiple-choice"

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The picked options, in the author's order."""
        return tuple(sorted({at(shown, place) for place in given}))

    def grade(self, answer: Answer) -> Grade:
        right, ticked = set(self.model()), set(answer) & set(self.keys())
        net = len(ticked & right) - len(ticked - right)
        return Grade(max(0.0, net / len(right)), self.notes(answer))

    def count_faults(self) -> Iterator[Finding]:
        if not 4 <= len(self.options) <= 6:
            yield Finding(("options",), f"{len(self.options)} options; write 4 to 6")
        if not 2 <= (right := len(self.model())) <= 4 or right == len(self.options):
            yield Finding(("options",), f"{right} options are right; make 2 to 4 right, and leave some wrong")


def _faults_of(option: Option, path: Path, *, may_be_empty: bool) -> Iterator[Finding]:
    if (option.right is None) == (option.wrong is None):
        yield Finding(path, "an option has either 'right:' or 'wrong:'")
    elif not option.text.strip() and not may_be_empty:
        yield Finding(path, "this option says nothing")
    if option.is_right and option.misconception:
        yield Finding((*path, "misconception"), "a right option reveals no misconception; take this line out")
