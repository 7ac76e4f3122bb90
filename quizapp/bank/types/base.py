"""What every question is: something to ask, a way to answer, a way to grade."""

from __future__ import annotations

import datetime
import hashlib
import json
import random
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal, get_args

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import BaseModel, ConfigDict, Field

Answer = tuple[str, ...]
"""An answer of any type is a tuple of strings, as a form or a JSON body sends it."""

Path = tuple[str | int, ...]
"""The way to a value inside a YAML document: keys and list positions."""

TOLD = frozenset(
    {"explanation", "sources", "level", "concepts", "waive", "why", "misconception", "mistakes"}
    | {"fix", "mended", "run", "reviewed", "hints"}
    | {"skill", "minutes", "model_answer", "follow_ups", "sounds"}
)
"""Keys that explain or classify. Changing them changes neither what is asked nor how it is graded."""


Level = Literal["beginner", "intermediate", "advanced"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From easy to hard."""

MAX_HINTS = 3

MOST = 30
"""More entries than this in one list of a question are a slip, and not worth grading."""


class Frozen(BaseModel):
    """A value as its author wrote it: nothing added, nothing changed later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Finding:
    """Something for the author to mend, at a place inside the question. A wish names its lint rule."""

    path: Path
    text: str
    rule: str = ""


@dataclass(frozen=True)
class Note:
    """What to tell about one wrong part of an answer, and the belief (a misconception id) behind it."""

    why: str
    misconception: str = ""


@dataclass(frozen=True)
class Grade:
    """How right an answer is, from 0 to 1, with a note on each part that was wrong."""

    score: float
    notes: tuple[Note, ...] = ()

    @property
    def right(self) -> bool:
        """Whether nothing is missing."""
        return self.score == 1

    @property
    def misconceptions(self) -> tuple[str, ...]:
        """The ids of the beliefs that this answer gives evidence for."""
        return tuple(dict.fromkeys(note.misconception for note in self.notes if note.misconception))


@dataclass(frozen=True)
class Part:
    """What a learner sees of one choosable part before answering. `group` is a heading it stands under."""

    text: str
    group: str = ""
    is_output: bool = False  # literal output, not Markdown


@dataclass(frozen=True)
class Told:
    """One row of what is told after the answer: a part, how it stands, and why.

    `mark` is `right` or `wrong` where the row is right or was wrongly given, else empty.
    """

    text: str
    why: str = ""
    mark: Literal["right", "wrong", ""] = ""
    tag: str = ""
    is_output: bool = False


class Gone(LookupError):
    """A revision no longer has what was answered, or asks something that was not."""


YOURS, CORRECT, BOTH, LEFT_OUT = "Your answer", "Correct", "Your answer, correct", "Correct, not chosen"


class Claims(Frozen):
    """What is claimed of a program. Without `raises` or `warns` nothing of the kind may happen."""

    prints: str | None = None
    takes: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, description="Seconds on the virtual clock."
    )
    raises: str | None = None
    warns: str | None = None


class Run(Claims):
    """What is claimed of the question's program, on which clock and for which Pythons."""

    clock: Literal["virtual", "real", "none"] = "virtual"
    python: str = Field(default=">=3.11", description="Versions for which the claims hold (PEP 440).")

    def admits(self, version: str) -> bool:
        """Whether the claims are made for this version of Python, such as 3.12.1."""
        return SpecifierSet(self.python).contains(version, prereleases=True)


@dataclass(frozen=True)
class Trial:
    """A program that the question stands on, and what must come out when it is run.

    When it `holds`, all that `run` claims is so; otherwise something of it must not be so. A program that is
    `unlike` another must differ from it in what it does.
    """

    path: Path
    code: str
    run: Run
    holds: bool = True
    about: str = "the program"
    unlike: str = ""


class Mistake(Frozen):
    """A likely wrong answer with its reason and the belief behind it. Each type adds the answer itself."""

    misconception: str = ""
    why: str = Field(min_length=1)

    @property
    def note(self) -> Note:
        """What to tell a learner who made it."""
        return Note(self.why, self.misconception)


class WrongAnswer(Mistake):
    """A likely wrong answer that is typed or printed."""

    answer: str


class Reviewed(Frozen):
    """That somebody else answered this revision without seeing the key, and agreed."""

    by: str = Field(min_length=1)
    date: datetime.date
    revision: str


class Question(Frozen):
    """One question. The fields of a type are the keys its authors may write."""

    type: ClassVar[str]
    rated: ClassVar[bool] = False
    """Whether somebody judges the answer against a rubric, instead of a key."""

    id: str
    level: Level
    concepts: tuple[str, ...] = Field(default=(), max_length=MOST)
    prompt: str = Field(min_length=1)
    code: str = ""
    run: Run | None = None
    explanation: str = Field(min_length=1)
    sources: tuple[str, ...] = Field(default=(), max_length=MOST)
    hints: tuple[str, ...] = Field(default=(), max_length=MOST)
    waive: Mapping[str, str] = Field(default_factory=dict)
    reviewed: Reviewed | None = None

    @property
    def is_reviewed(self) -> bool:
        """Whether somebody else agreed with the key of this very revision."""
        return self.reviewed is not None and self.reviewed.revision == self.revision

    @property
    def topic(self) -> str:
        """The id of the topic the question stands in."""
        return self.id.rpartition("/")[0]

    @property
    def lesson(self) -> str:
        """What the question teaches, in the words of its id."""
        return self.id.rpartition("/")[2].replace("-", " ")

    @cached_property
    def revision(self) -> str:
        """A fingerprint of what is asked and graded: equal as long as old answers stay comparable.

        The first 96 bits of the SHA-256 of that content, as 24 hexadecimal digits.
        """
        body = json.dumps({"type": self.type, **self.graded()}, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(body.encode()).hexdigest()[:24]

    def graded(self) -> dict[str, Any]:
        """The content that `revision` stands for.

        Fields left at their defaults are no part of it, so that a field added later changes no revision.
        """
        content: dict[str, Any] = _without(self.model_dump(mode="json", exclude_defaults=True), TOLD)
        return content

    def body(self) -> dict[str, Any]:
        """All of the question as plain values, for keeping; `quizapp.bank.revive` reads it back."""
        return {"type": self.type, **self.model_dump(mode="json", exclude_defaults=True)}

    def trials(self) -> Iterator[Trial]:
        """The programs that the question stands on; none where nothing is run. Its own is first."""
        if self.code and self.run and self.run.clock != "none":
            yield Trial(("run",), self.code, self.run)

    @cached_property
    def grounds(self) -> str:
        """A fingerprint of the programs and of what is claimed of them, as `revision` is of what is asked."""
        trials = [
            [trial.code, trial.run.model_dump(mode="json"), trial.holds, trial.unlike]
            for trial in self.trials()
        ]
        return hashlib.sha256(json.dumps(trials, sort_keys=True).encode()).hexdigest()[:24] if trials else ""

    def keys(self) -> Answer:
        """The choosable parts, in the author's order; none where one types."""
        return ()

    def face(self, key: str) -> str:
        """What a learner sees of a choosable part; raises KeyError when there is none."""
        raise KeyError(key)

    def shuffled(self, rng: random.Random) -> Answer:
        """The choosable parts in the order in which a learner sees them.

        It starts from the order of their texts, so the author's order has no influence on what is shown.
        """
        keys = sorted(self.keys(), key=self.face)
        rng.shuffle(keys)
        return tuple(keys)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """The answer that a form stands for: the places (from 1) of the shown parts, or what was typed.

        Raises ValueError when the form holds anything else.
        """
        return tuple(at(shown, place) for place in given) if self.keys() else tuple(given)

    def fill(self, answer: Answer, shown: Answer) -> tuple[str, ...]:
        """The form values that `read` turns into this answer."""
        return tuple(str(shown.index(key) + 1) for key in answer if key in shown) if self.keys() else answer

    def offer(self, shown: Answer) -> tuple[Part, ...]:
        """The choosable parts as they are shown before the answer."""
        return tuple(Part(self.face(key)) for key in shown)

    def said(self, answer: Answer) -> Answer:
        """The answer in words: equal for answers that say the same, whatever they are keyed or spelled by."""
        if self.is_blank(answer):
            return ()
        if not (known := self.keys()):
            return tuple(part.strip() for part in answer)
        return tuple(map(_wording, self.offer(tuple(key for key in answer if key in known))))

    def carried(self, answer: Answer, to: Question) -> Answer:
        """The answer in the keys of another revision, by what its parts say. Raises Gone."""
        if self.revision == to.revision or self.is_blank(answer):
            return answer
        if self.type != to.type or bool(self.keys()) != bool(to.keys()):
            raise Gone(to.id)
        return self.renamed(answer, to)

    def renamed(self, answer: Answer, to: Question) -> Answer:
        """The answer in the keys of another revision of the same type, also typed or chosen. Raises Gone."""
        if len(self.stems()) != len(to.stems()):
            raise Gone(to.id)
        return tuple(self.new_key(key, to) for key in answer) if self.keys() else answer

    def new_key(self, key: str, to: Question) -> str:
        """The key under which another revision offers the same part. Raises Gone.

        Of parts that look the same, the first here is the first there, if there are as many.
        """
        part = _wording(self.offer((key,))[0]) if key in self.keys() else None
        old, new = self._saying(part), to._saying(part)
        if key not in old or len(old) != len(new):
            raise Gone(to.id)
        return new[old.index(key)]

    def _saying(self, wording: str | None) -> Answer:
        return tuple(key for key in self.keys() if _wording(self.offer((key,))[0]) == wording)

    def stems(self) -> tuple[str, ...]:
        """What needs an answer each, where a question asks several things at once."""
        return ()

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        """The rows that are shown after the answer."""
        raise NotImplementedError

    def is_blank(self, answer: Answer) -> bool:
        """Whether the answer says nothing."""
        return not any(part.strip() for part in answer)

    def model(self) -> Answer:
        """A fully right answer."""
        raise NotImplementedError

    def grade(self, answer: Answer) -> Grade:
        """Grade any tuple of strings; what makes no sense scores 0."""
        raise NotImplementedError

    def faults(self) -> Iterator[Finding]:
        """What the author must mend; never raises, whatever the fields hold."""
        if not self.concepts:
            yield Finding(("concepts",), "name at least one concept; the first is what the question measures")
        if len(self.concepts) != len(set(self.concepts)):
            yield Finding(("concepts",), "a concept is named twice")
        if len(self.hints) > MAX_HINTS:
            yield Finding(
                ("hints",), f"{len(self.hints)} hints; write at most {MAX_HINTS}, from vague to plain"
            )
        if self.run and not self.code:
            yield Finding(("run",), "'run' claims something of a program, but there is no 'code'")
        yield from self._version_faults()
        if self.run and self.run.takes is not None and self.run.clock == "real":
            text = "'takes' counts seconds on the virtual clock; with 'clock: real' nothing can prove it"
            yield Finding(("run", "takes"), text)

    def _version_faults(self) -> Iterator[Finding]:
        if self.run and not _is_range(self.run.python):
            yield Finding(("run", "python"), 'this is no range of versions; write it like ">=3.12"')

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        """Each misconception the question names, with the place where it does."""
        yield from ()

    def parts(self) -> Iterator[tuple[Path, str]]:
        """Each text that is offered for choosing, with its place: what the item lint looks at."""
        yield from ()


@lru_cache(maxsize=64)
def _is_range(versions: str) -> bool:
    try:
        SpecifierSet(versions)
    except InvalidSpecifier:
        return False
    return True


def _wording(part: Part) -> str:
    return " ".join(filter(None, [part.group, part.text.strip()]))


@lru_cache(maxsize=64)
def letters(count: int) -> Answer:
    """Names for the parts of a question: a, b, c ... z, aa, bb ..."""
    return tuple(string.ascii_lowercase[place % 26] * (1 + place // 26) for place in range(count))


def only_one(picked: Answer) -> Answer:
    """The answer, where one part may be picked; raises ValueError when there are more."""
    if len(picked) > 1:
        raise ValueError(f"pick one, not {len(picked)}")
    return picked


def at(shown: Answer, place: str) -> str:
    """The part shown at a place, counted from 1; raises ValueError when there is no such place."""
    if place.isascii() and place.isdigit() and len(place) < 4 and 1 <= int(place) <= len(shown):
        return shown[int(place) - 1]
    raise ValueError(f"{place[:20]!r} is not one of the {len(shown)} places")


def tagged(key: str, items: Iterable[Any]) -> Iterator[tuple[Path, str]]:
    """The misconceptions of a list of options or mistakes, each with its place."""
    for number, item in enumerate(items):
        if item.misconception:
            yield (key, number, "misconception"), item.misconception


def lines_of(text: str) -> tuple[str, ...]:
    """Text as lines without trailing blanks, and without blank lines at the end."""
    return tuple(line.rstrip() for line in text.rstrip().splitlines())


def _without(value: Any, dropped: frozenset[str]) -> Any:
    """The value with these keys left out, at any depth."""
    if isinstance(value, dict):
        return {key: _without(inner, dropped) for key, inner in value.items() if key not in dropped}
    if isinstance(value, list):
        return [_without(inner, dropped) for inner in value]
    return value
