"""An assignment: the rules under which a group takes a quiz, who gets other ones, and what is shown when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

Behaviour = Literal["practice", "exam"]
Order = Literal["free", "one-way"]
Counts = Literal["best", "first", "last", "mean"]
Taken = TypeVar("Taken")

GRACE = 10
"""Seconds after a deadline in which an answer still counts: it was on its way."""
ANY = 0
"""As a number of attempts: as many as one likes."""


class NotOpen(Exception):
    """An assignment can't be begun now; the text says why, as a sentence."""


@dataclass(frozen=True)
class Sight:
    """What a learner may see of a question: the own answer, its mark, the reasons, and the right answer."""

    answer: bool = False
    mark: bool = False
    reason: bool = False
    key: bool = False

    @property
    def is_all(self) -> bool:
        """Whether nothing is kept back, so that the answer may count towards the learner's progress."""
        return self.mark and self.reason and self.key


NOTHING, OWN, MARKED, ALL = Sight(), Sight(answer=True), Sight(True, True), Sight(True, True, True, True)


@dataclass(frozen=True)
class Shows:
    """What is shown when: while an attempt runs, once it is finished, and once the assignment is closed."""

    during: Sight = ALL
    after: Sight = ALL
    closed: Sight = ALL
    ends: datetime | None = None
    """When it is closed for everybody, those with more time included; None while no end is set."""

    def sight(self, *, finished: bool, now: datetime) -> Sight:
        """What may be seen of an answered question."""
        if not finished:
            return self.during
        return self.closed if self.ends is not None and now >= self.ends else self.after


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of an assignment. Times are in UTC; `zone` is where the trainer reads the clock.

    `minutes` is the time limit, None for none; `extra_time` lengthens it, in percent. `attempts` is how many
    one has, `ANY` for no limit, and `counts` which of them is the result. An attempt that ends between `due`
    and `closes` earns `late` percent of its points. `grace` is in seconds.
    """

    behaviour: Behaviour = "practice"
    order: Order = "free"
    shuffle: bool = False
    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    zone: str = "UTC"
    minutes: int | None = None
    extra_time: int = 0
    grace: int = GRACE
    attempts: int = ANY
    counts: Counts = "best"
    late: int = 100
    during: Sight = ALL
    after: Sight = ALL
    closed: Sight = ALL

    def shows(self, ends: datetime | None) -> Shows:
        """What is shown when, of an assignment that ends then for everybody.

        Closed begins after the grace: an answer within it may still be on its way from somebody else.
        """
        end = ends and ends + timedelta(seconds=self.grace)
        return Shows(self.during, self.after, self.closed, end)


PRESETS: Mapping[str, Rules] = {
    "practice": Rules(),
    "test": Rules(behaviour="exam", attempts=1, counts="first", during=OWN),
    "exam": Rules(behaviour="exam", attempts=1, counts="first", during=OWN, after=OWN, shuffle=True),
}
"""Ready-made rules: reasons after every answer, after the last one, or once the assignment is closed."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """Rules that are others for one person or for all with a label; None leaves a rule as it is."""

    extra_time: int | None = None
    opens: datetime | None = None
    due: datetime | None = None
    closes: datetime | None = None
    attempts: int | None = None


def resolve(rules: Rules, own: Override | None, by_label: Sequence[Override]) -> Rules:
    """The rules for one person: field by field their own override, else of those of their labels the kindest.

    Kindest means: the most extra time, the earliest opening, the latest other dates, the most attempts.
    """
    found: dict[str, Any] = {
        each.name: value
        for each in fields(Override)
        if (value := _kindest(each.name, own, by_label)) is not None
    }
    return replace(rules, **found)


def _kindest(name: str, own: Override | None, by_label: Sequence[Override]) -> datetime | int | None:
    mine = getattr(own, name) if own else None
    given = [value for each in by_label if (value := getattr(each, name)) is not None]
    if mine is not None or not given:
        return mine
    if name == "attempts" and ANY in given:
        return ANY
    kindest: datetime | int = min(given) if name == "opens" else max(given)
    return kindest


def ends(rules: Rules, overrides: Iterable[Override]) -> datetime | None:
    """When an assignment is closed for everybody, those with more time included; None when it is never."""
    if rules.closes is None:
        return None
    return max([rules.closes, *(each.closes for each in overrides if each.closes)])


# -- beginning and ending


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds for one attempt, frozen when it began. `number` counts a learner's attempts from 1.

    Numbers below 0 are a trainer's previews, which count nowhere. `late` is in percent, `grace` in seconds.
    """

    assignment: str
    number: int
    order: Order = "free"
    deadline: datetime | None = None
    due: datetime | None = None
    late: int = 100
    grace: int = GRACE

    def takes(self, at: datetime) -> bool:
        """Whether an answer that comes in then still counts: up to the deadline and the grace after it."""
        return self.deadline is None or at <= self.deadline + timedelta(seconds=self.grace)

    def credit(self, finished: datetime | None) -> float:
        """Which share of its points an attempt earns that ended then, from 0 to 1."""
        on_time = self.due is None or finished is None or finished <= self.due + timedelta(seconds=self.grace)
        return 1.0 if on_time else self.late / 100


def may_begin(rules: Rules, begun: int, now: datetime) -> None:
    """Whether one who has begun that many attempts may begin another. Raises NotOpen with the reason."""
    if rules.opens is not None and now < rules.opens:
        raise NotOpen("This assignment is not open yet.")
    if rules.closes is not None and now >= rules.closes:
        raise NotOpen("This assignment is closed.")
    if rules.attempts != ANY and begun >= rules.attempts:
        raise NotOpen("You have used all your attempts.")


def make_terms(rules: Rules, assignment: str, number: int, now: datetime) -> Terms:
    """The terms of an attempt that begins now. Its deadline is the time limit or the end, the sooner one."""
    limits = [rules.closes] if rules.closes else []
    if rules.minutes is not None:
        limits.append(now + timedelta(minutes=rules.minutes) * (100 + rules.extra_time) / 100)
    return Terms(
        assignment=assignment,
        number=number,
        order=rules.order,
        deadline=min(limits, default=None),
        due=rules.due,
        late=rules.late,
        grace=rules.grace,
    )


def prolonged(terms: Terms, rules: Rules, started: datetime) -> datetime | None:
    """The deadline of a running attempt once its rules were changed: never sooner than it was promised.

    An attempt that had no deadline was promised none, and takes the new one.
    """
    new = make_terms(rules, terms.assignment, terms.number, started).deadline
    if new is None or terms.deadline is None:
        return new
    return max(new, terms.deadline)


# -- the result


@dataclass(frozen=True)
class Outcome:
    """One attempt of an assignment as the gradebook sees it. `points` are None while nothing is graded."""

    number: int
    points: float | None
    possible: float
    credit: float
    is_finished: bool

    @property
    def share(self) -> float:
        """What was earned of all points, late credit included, from 0 to 1."""
        return self.credit * (self.points or 0.0) / self.possible if self.possible else 0.0


def result(outcomes: Iterable[Outcome], counts: Counts) -> float | None:
    """The result of a learner's attempts, from 0 to 1, by the rule which of them counts; None without one.

    Attempts that still run count only when there are no others.
    """
    numbered = sorted((each for each in outcomes if each.number > 0), key=lambda each: each.number)
    shown = counting(numbered, counts, lambda each: each)
    if shown is None or counts != "mean":
        return shown.share if shown else None
    shares = [each.share for each in numbered if each.is_finished or not shown.is_finished]
    return sum(shares) / len(shares)


def counting(taken: Sequence[Taken], counts: Counts, outcome: Callable[[Taken], Outcome]) -> Taken | None:
    """The attempt that counts, of a learner's attempts from first to last; None without one.

    It is the last one where the mean does. One that still runs counts only when there are no others.
    """
    rated = [each for each in taken if outcome(each).is_finished] or list(taken)
    if not rated:
        return None
    if counts == "best":
        return max(rated, key=lambda each: outcome(each).share)  # the first one of equals
    return rated[0 if counts == "first" else -1]
