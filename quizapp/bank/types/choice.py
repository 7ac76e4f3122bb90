"""`single-choice` and `multiple-choice`: options, of which one or some are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from quizapp.bank.types.base import Answer, Finding, Frozen, Grade, Note, Path, Question, letters, tagged


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

    options: tuple[Option, ...]

    def keys(self) -> Answer:
        return letters(len(self.options))

    def option(self, key: str) -> Option:
        """The option of that key; raises KeyError when there is none."""
        return dict(zip(self.keys(), self.options, strict=True))[key]

    def face(self, key: str) -> str:
        return self.option(key).text

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The picked options, in the author's order."""
        return tuple(sorted(set(super().read(given, shown))))

    def model(self) -> Answer:
        return tuple(key for key in self.keys() if self.option(key).is_right)

    def notes(self, answer: Answer) -> tuple[Note, ...]:
        """A note for each wrong option that was picked."""
        picked = [self.option(key) for key in self.keys() if key in answer]
        return tuple(Note(option.why, option.misconception) for option in picked if not option.is_right)

    def grade(self, answer: Answer) -> Grade:
        return Grade(float(answer == self.model()), self.notes(answer))

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        for number, option in enumerate(self.options):
            yield from _faults_of(option, ("options", number))
        texts = [option.text.strip() for option in self.options]
        if len(set(texts)) < len(texts):
            yield Finding(("options",), "two options say the same")
        yield from self.count_faults()

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

    def grade(self, answer: Answer) -> Grade:
        right, ticked = set(self.model()), set(answer) & set(self.keys())
        net = len(ticked & right) - len(ticked - right)
        return Grade(max(0.0, net / len(right)), self.notes(answer))

    def count_faults(self) -> Iterator[Finding]:
        if not 4 <= len(self.options) <= 6:
            yield Finding(("options",), f"{len(self.options)} options; write 4 to 6")
        if not 2 <= (right := len(self.model())) <= 4 or right == len(self.options):
            yield Finding(("options",), f"{right} options are right; make 2 to 4 right, and leave some wrong")


def _faults_of(option: Option, path: Path) -> Iterator[Finding]:
    if (option.right is None) == (option.wrong is None):
        yield Finding(path, "an option begins with either 'right:' or 'wrong:'")
    if option.is_right and option.misconception:
        yield Finding((*path, "misconception"), "a right option reveals no misconception; take this line out")
