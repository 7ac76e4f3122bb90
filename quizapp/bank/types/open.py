"""`open`: an interview question, answered in one's own words and judged against a rubric."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import ConfigDict, Field

from quizapp.bank.types.base import MOST, Answer, Finding, Frozen, Grade, Note, Path, Question, Told

CREDIT = {"weak": 0.25, "good": 0.75, "strong": 1.0}
"""What a rubric point earns at each level, from 0 to 1; a point that was not said earns nothing.

A convention of this project: good on all points comes near the mark for "ready" (80 %), weak on all does not.
"""

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
POINTS, FOLLOW_UPS, RED_FLAGS, MINUTES = (3, 5), (2, 4), (1, 4), (2, 12)


class Point(Frozen):
    """One thing that a full answer says, and how it sounds when it is said weakly, well or strongly."""

    id: str
    point: str = Field(min_length=1)
    weak: str = Field(min_length=1)
    good: str = Field(min_length=1)
    strong: str = Field(min_length=1)


class FollowUp(Frozen):
    """A question that digs deeper, when it is asked, and what a good answer to it holds.

    It is asked when a rubric point was `missed` or `said`, or a red flag was `flagged`: one of these.
    """

    ask: str = Field(min_length=1)
    missed: str = ""
    said: str = ""
    flagged: str = ""
    answer: str = Field(min_length=1)


class RedFlag(Frozen):
    """A wrong belief that an answer may show, and what it sounds like."""

    misconception: str
    sounds: str = Field(min_length=1)


class Open(Question):
    """An answer is what was said, a level for each rubric point, then the red flags that were heard.

    Nothing compares the words: whoever rates, be it the candidate or a partner, picks the levels.
    """

    model_config = ConfigDict(protected_namespaces=())

    type = "open"
    rated = True

    skill: Literal["explain", "predict", "debug", "judge"]
    minutes: float = Field(ge=MINUTES[0], le=MINUTES[1], description="Time to answer.")
    rubric: tuple[Point, ...] = Field(max_length=MOST)
    model_answer: str = Field(min_length=1)
    follow_ups: tuple[FollowUp, ...] = Field(default=(), max_length=MOST)
    red_flags: tuple[RedFlag, ...] = Field(default=(), max_length=MOST)

    def read(self, given: Sequence[str], shown: Answer) -> Answer:
        """What was said, alone or with all levels and any flags. Raises ValueError for anything else."""
        levels, flags = given[1 : 1 + len(self.rubric)], given[1 + len(self.rubric) :]
        if len(given) > 1 and len(levels) < len(self.rubric):
            raise ValueError(f"rate each of the {len(self.rubric)} points, or none")
        if unknown := [level for level in levels if level and level not in CREDIT]:
            raise ValueError(f"{unknown[0][:20]!r} is no level; there are {', '.join(CREDIT)}")
        if unknown := [flag for flag in flags if flag not in self._flags()]:
            raise ValueError(f"{unknown[0][:40]!r} is no red flag of this question")
        return tuple(given)

    def _flags(self) -> dict[str, RedFlag]:
        return {flag.misconception: flag for flag in self.red_flags}

    def level_of(self, point: Point, answer: Answer) -> str:
        """How well the answer makes a rubric point: weak, good or strong; empty when it does not."""
        place = 1 + self.rubric.index(point)
        level = answer[place] if place < len(answer) else ""
        return level if level in CREDIT else ""

    def flags_of(self, answer: Answer) -> tuple[RedFlag, ...]:
        """The red flags that were heard in an answer, each once."""
        known = self._flags()
        return tuple(known[each] for each in dict.fromkeys(answer[1 + len(self.rubric) :]) if each in known)

    def tell(self, answer: Answer, shown: Answer) -> tuple[Told, ...]:
        return tuple(self._told(point, self.level_of(point, answer)) for point in self.rubric)

    def _told(self, point: Point, level: str) -> Told:
        if level == "strong":
            return Told(point.point, point.strong, "right", "Strong")
        why = f"A strong answer: {point.strong}"
        return Told(point.point, why, "" if level == "good" else "wrong", (level or "not said").capitalize())

    def model(self) -> Answer:
        return (self.model_answer, *("strong" for _ in self.rubric))

    def grade(self, answer: Answer) -> Grade:
        """The mean credit of the rubric points; red flags cost nothing and are noted."""
        earned = sum(CREDIT.get(self.level_of(point, answer), 0.0) for point in self.rubric)
        notes = tuple(Note(flag.sounds, flag.misconception) for flag in self.flags_of(answer))
        return Grade(earned / len(self.rubric) if self.rubric else 0.0, notes)

    def faults(self) -> Iterator[Finding]:
        yield from super().faults()
        yield from _counted("rubric", self.rubric, POINTS)
        yield from _counted("follow_ups", self.follow_ups, FOLLOW_UPS)
        yield from _counted("red_flags", self.red_flags, RED_FLAGS)
        yield from self._id_faults()
        for number, follow_up in enumerate(self.follow_ups):
            yield from self._cue_faults(number, follow_up)

    def _id_faults(self) -> Iterator[Finding]:
        counts = Counter(point.id for point in self.rubric)
        for number, point in enumerate(self.rubric):
            if not SLUG.fullmatch(point.id) or counts[point.id] > 1:
                text = "give each rubric point an id of its own, in lower-case words"
                yield Finding(("rubric", number, "id"), text)
        named = Counter(flag.misconception for flag in self.red_flags)
        for number, flag in enumerate(self.red_flags):
            if named[flag.misconception] > 1:
                yield Finding(("red_flags", number, "misconception"), "this red flag stands here twice")

    def _cue_faults(self, number: int, follow_up: FollowUp) -> Iterator[Finding]:
        cues = {name: cue for name in ("missed", "said", "flagged") if (cue := getattr(follow_up, name))}
        if len(cues) != 1:
            text = "say when it is asked: 'missed' or 'said' with a rubric id, or 'flagged' with a red flag"
            yield Finding(("follow_ups", number), text)
        for name, cue in cues.items():
            known = self._flags() if name == "flagged" else {point.id for point in self.rubric}
            if cue not in known:
                kind = "red flag" if name == "flagged" else "rubric point"
                yield Finding(("follow_ups", number, name), f"this question has no {kind} '{cue}'")

    def misconceptions(self) -> Iterator[tuple[Path, str]]:
        for number, flag in enumerate(self.red_flags):
            if flag.misconception:
                yield ("red_flags", number, "misconception"), flag.misconception


def _counted(name: str, items: Sequence[Frozen], allowed: tuple[int, int]) -> Iterator[Finding]:
    if not allowed[0] <= len(items) <= allowed[1]:
        yield Finding((name,), f"{len(items)} entries; write {allowed[0]} to {allowed[1]}")
