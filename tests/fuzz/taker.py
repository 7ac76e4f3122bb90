"""A small model of attempts, written from what people are promised; it knows none of the product's rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GRACE = timedelta(seconds=10)


@dataclass
class Place:
    """What was done at one place: the answer that counts so far, and whether it is final."""

    question: str = ""
    answer: bool | None = None
    """Whether the answer is right; None without one."""
    draft: bool | None = None
    hints: int = 0


@dataclass
class Sat:
    """One attempt. Only assignments have a `deadline`; one with `closes` tells keys after that alone."""

    id: str
    mode: str
    started: datetime
    deadline: datetime | None = None
    one_way: bool = False
    closes: datetime | None = None
    places: dict[int, Place] = field(default_factory=dict)
    size: int = 0
    finished: datetime | None = None
    told: bool = False
    rows: Counter[tuple[int, str]] = field(default_factory=Counter)

    def is_over(self, now: datetime) -> bool:
        """Whether no answer counts any more, though nobody may have ended it."""
        return self.deadline is not None and now > self.deadline + GRACE

    @property
    def ran_out(self) -> bool:
        return self.deadline is not None and self.finished == self.deadline

    def next_place(self) -> int | None:
        return next((place for place in range(1, self.size + 1) if self.at(place).answer is None), None)

    def at(self, place: int) -> Place:
        return self.places.setdefault(place, Place())

    def end(self, now: datetime) -> None:
        """Submit what is kept, then end; after the deadline it ended at the deadline."""
        if self.finished:
            return
        self.finished = min(now, self.deadline) if self.deadline else now
        for place in range(1, self.size + 1):
            here = self.at(place)
            if here.answer is None and self.deadline:
                here.answer = here.draft
            if here.answer is not None:
                self.rows[place, "held" if self.closes else "submit"] += 1
        self.rows[0, "finish"] += 1

    def release(self) -> None:
        """All may be told now: what was held counts."""
        if not self.told and self.closes and self.finished:
            self.told = True
            for place in range(1, self.size + 1):
                self.rows[place, "submit"] += self.at(place).answer is not None and self.rows[place, "held"]

    def may_tell(self, place: int, now: datetime) -> bool:
        """Whether the key of a place may stand on its page."""
        if self.mode == "practice":
            return self.at(place).answer is not None
        return self.finished is not None and (self.closes is None or now >= self.closes + GRACE)

    # -- what a form does: the status, and the rows it leaves

    def answers(self, place: int, right: bool, now: datetime) -> int:
        """An answer from the form of a place."""
        here = self.at(place)
        if self.is_over(now):
            self.end(now)
        if self.ran_out:
            self.rows[place, "late"] += 1
        elif not (
            self.finished
            or (self.mode == "practice" and here.answer is not None)
            or (self.one_way and place != self.next_place())
        ):
            here.answer = right
            self.rows[place, "submit" if self.mode == "practice" else "save"] += 1
        return 303

    def autosaves(self, place: int, right: bool, now: datetime) -> int:
        """A change that the page saves by itself."""
        here = self.at(place)
        if self.is_over(now):
            self.end(now)
        if self.ran_out:
            self.rows[place, "late"] += 1
            return 409
        closed_off = self.one_way and place != self.next_place()
        if self.finished or closed_off or (self.mode == "practice" and here.answer is not None):
            return 409
        if self.mode == "practice" or self.one_way:
            here.draft = right
            self.rows[place, "draft"] += 1
        else:
            here.answer = right
            self.rows[place, "save"] += 1
        return 204

    def asks_hint(self, place: int, hints: int, now: datetime) -> int:
        here = self.at(place)
        if self.is_over(now):
            self.end(now)
        if not self.ran_out and (self.finished or (self.mode == "practice" and here.answer is not None)):
            return 303
        if not self.ran_out and self.one_way and place != self.next_place():
            return 303
        if self.finished or self.mode != "practice" or here.hints >= hints:
            return 409
        here.hints += 1
        self.rows[place, "hint"] += 1
        return 303

    def finishes(self, now: datetime) -> int:
        if self.mode == "practice":
            return 409 if self.next_place() else 303  # it ended by itself
        self.end(now)
        return 303
