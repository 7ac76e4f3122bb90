"""An assignment in words: when it is open, what its rules mean for learners, and how it stands now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from quizapp.learn import ANY, Override, Rules, Sight
from quizapp.store import Assignment
from quizapp.web.times import said

COUNTS = {
    "best": "the best one counts",
    "first": "the first one counts",
    "last": "the last one counts",
    "mean": "their mean counts",
}
SEEN = {
    "answer": "their answers",
    "mark": "the marks",
    "reason": "the reasons",
    "key": "the right answers",
}
PRESETS = {
    "practice": ("Practice", "The reason follows each answer. As many attempts as they like."),
    "test": ("Test", "One attempt. Marks and reasons come when a learner finishes."),
    "exam": ("Exam", "One attempt, in mixed order. Marks and reasons come once it is closed."),
}


def state_of(assignment: Assignment, now: datetime) -> str:
    """Whether an assignment is open, in a few words."""
    rules = assignment.rules
    if rules.opens and now < rules.opens:
        return f"opens {said(rules.opens, rules.zone, now)}"
    if rules.closes is None:
        return "open until you close it"
    if now < rules.closes:
        return f"open until {said(rules.closes, rules.zone, now)}"
    if not assignment.is_closed(now) and assignment.ends:
        return f"closed, but for those with more time: {said(assignment.ends, rules.zone, now)}"
    return f"closed since {said(rules.closes, rules.zone, now)}"


def in_short(rules: Rules) -> tuple[str, ...]:
    """The rules that a trainer wants to know beside results, each in a few words."""
    counting = (COUNTS | {"mean": "the mean of all counts, the last one is shown"})[rules.counts]
    tells = ": reasons after every answer" if rules.behaviour == "practice" and rules.during.is_all else ""
    return (
        f"{rules.behaviour}{tells}",
        f"{minutes(rules)} each" if rules.minutes else "no time limit",
        "1 attempt" if rules.attempts == 1 else f"{_many(rules.attempts)}, {counting}",
    )


def _many(attempts: int) -> str:
    if attempts == ANY:
        return "any number of attempts"
    return f"{attempts} attempt{'' if attempts == 1 else 's'}"


def in_words(rules: Rules, now: datetime, ends: datetime | None = None) -> tuple[str, ...]:
    """What rules mean for learners, as sentences. `ends` is when the last one has no more time."""
    return (*_dates(rules, now), _attempts(rules), *_way(rules), *_told(rules, now, ends or rules.closes))


def _dates(rules: Rules, now: datetime) -> Iterator[str]:
    opens, closes = (_time(rules.opens, rules, now), _time(rules.closes, rules, now))
    until = f"closes {closes}" if closes else "stays open until you close it"
    if rules.opens and now < rules.opens:
        yield f"It opens {opens} and {until}."
    elif rules.closes and now >= rules.closes:
        yield f"It closed {closes}."
    else:
        yield f"It is open now and {until}."
    if rules.due:
        worth = "counts in full" if rules.late == 100 else f"counts {rules.late}%"
        what = f"What comes later {worth if rules.late else 'does not count'}."
        yield f"It is due {_time(rules.due, rules, now)}. {what}"


def _time(moment: datetime | None, rules: Rules, now: datetime) -> str:
    return said(moment, rules.zone, now) if moment else ""


def _attempts(rules: Rules) -> str:
    if rules.attempts == 1:
        return "One attempt."
    many = "As many attempts as they like" if rules.attempts == ANY else f"{rules.attempts} attempts"
    return f"{many}: {COUNTS[rules.counts]}."


def _way(rules: Rules) -> Iterator[str]:
    if rules.minutes:
        grace = f"{rules.grace} second{'' if rules.grace == 1 else 's'} of grace"
        yield f"An attempt takes at most {minutes(rules)}, and {grace}."
    if rules.shuffle:
        yield "The questions come in another order each time."
    if rules.order == "one-way":
        yield "One question follows the other, with no way back."


def minutes(rules: Rules) -> str:
    """The time limit, extra time counted in: `45 minutes`."""
    total = (rules.minutes or 0) * (100 + rules.extra_time) / 100
    return f"{total:g} minute{'' if total == 1 else 's'}"


def _told(rules: Rules, now: datetime, ends: datetime | None) -> Iterator[str]:
    """What is shown when, phase by phase; a phase that changes nothing is left out."""
    if rules.behaviour == "exam":
        yield "Nothing is told before the end."
    else:
        yield f"After each answer learners see {_what(rules.during)}."
    if rules.behaviour == "exam" or rules.after != rules.during:
        yield f"Once they finish, they see {_what(rules.after)}."
    if rules.closed != rules.after:
        when = f"it is closed for all, {_time(ends, rules, now)}" if rules.closes else "you close it"
        yield f"Once {when}, they see {_what(rules.closed)}."


def _what(sight: Sight) -> str:
    named = [words for name, words in SEEN.items() if getattr(sight, name)]
    if not named:
        return "nothing"
    return " and ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def override_in_words(override: Override, resolved: Rules, now: datetime) -> tuple[str, ...]:
    """What an override changes, and what comes of it."""
    return tuple(_changes(override, resolved, now))


def _changes(override: Override, resolved: Rules, now: datetime) -> Iterator[str]:
    if override.extra_time is not None:
        result = minutes(resolved) if resolved.minutes else "nothing, while there is no time limit"
        yield f"{override.extra_time}% more time: {result}"
    for name, verb in (("opens", "opens"), ("due", "due"), ("closes", "closes")):
        if moment := getattr(override, name):
            yield f"{verb} {_time(moment, resolved, now)}"
    if override.attempts is not None:
        yield _many(override.attempts)
