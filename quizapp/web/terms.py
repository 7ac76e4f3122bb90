"""What the terms of an assignment mean on the pages of an attempt: its clock, and what is told when."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta

from flask import url_for

from quizapp.bank import Question
from quizapp.learn import Attempt, Shows, Sight, Slot
from quizapp.store import Assignment, Regraded
from quizapp.web import times
from quizapp.web.guests import assignments, now, regrades, spelled
from quizapp.web.opening import question_by

WORDS = {"answer": "your answers", "mark": "marks", "reason": "reasons", "key": "right answers"}


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How much time is left until the deadline, and how long there was, in seconds."""

    left: int
    total: int
    says: str
    until: str


@dataclass(frozen=True, kw_only=True)
class Seat:
    """An attempt as part of an assignment: what stands around its questions."""

    title: str
    back: str
    is_preview: bool
    is_one_way: bool
    clock: Clock | None
    later: str
    """What is not told yet, and when it comes; empty where nothing more will come."""
    credit: int
    """Percent of its points that the attempt earns: less than 100 when it ended late."""


def seat_of(attempt: Attempt) -> Seat | None:
    """The seat of an attempt; None for all that are no assignment's."""
    if attempt.terms is None or attempt.shows is None:
        return None
    terms, given, moment = attempt.terms, assignments().by_id(attempt.terms.assignment), now()
    is_preview = terms.number < 0
    return Seat(
        title=given.title,
        back=url_for("results.page", assignment_id=given.id)
        if is_preview
        else url_for("sitting.page", code=spelled(given.code)),
        is_preview=is_preview,
        is_one_way=terms.order == "one-way",
        clock=_clock(attempt, given, moment),
        later=promise(attempt.shows, given.rules.zone, finished=attempt.finished is not None, now=moment),
        credit=round(100 * terms.credit(attempt.finished)),
    )


def _clock(attempt: Attempt, given: Assignment, moment: datetime) -> Clock | None:
    if attempt.terms is None or attempt.terms.deadline is None or attempt.finished:
        return None
    deadline = attempt.terms.deadline
    left = max(timedelta(), deadline - moment)
    return Clock(
        left=-(-left // timedelta(seconds=1)),
        total=max(1, (deadline - attempt.started) // timedelta(seconds=1)),
        says=f"{times.left(left)} left" if left else "Time is up",
        until=times.said(deadline, given.rules.zone, moment),
    )


def is_up(attempt: Attempt, moment: datetime) -> bool:
    """Whether a running attempt has come to its deadline, grace left out."""
    deadline = attempt.terms.deadline if attempt.terms else None
    return attempt.finished is None and deadline is not None and moment >= deadline


def promise(shows: Shows, zone: str, *, finished: bool, now: datetime) -> str:
    """What is not told now but will be, and when, in sentences."""
    known, said = shows.sight(finished=finished, now=now), []
    phases = [] if finished else [(shows.after, "once you have finished")]
    if shows.ends is None:
        phases.append((shows.closed, "once your trainer has closed the assignment"))
    elif now < shows.ends:
        when = times.said(shows.ends, zone, now)
        phases.append((shows.closed, f"once the assignment is closed, {when}"))
    for sight, when in phases:
        if more := _more(sight, known):
            said.append(f"{_listed(more).capitalize()} come {when}.")
        known = sight
    return " ".join(said)


def _more(sight: Sight, known: Sight) -> list[str]:
    return [
        WORDS[each.name]
        for each in fields(Sight)
        if each.name != "answer" and getattr(sight, each.name) and not getattr(known, each.name)
    ]


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def shown_words(sight: Sight) -> str:
    """What a learner may see, as the end of a sentence."""
    words = [WORDS[each.name] for each in fields(Sight) if getattr(sight, each.name)]
    return _listed(words) if words else "nothing"


def grader_of(slot: Slot, asked: Question) -> Question:
    """The question that the score is by: the one asked, or a mended one."""
    if slot.grader == asked.revision:
        return asked
    return question_by(slot.grader)


def regraded(attempt: Attempt, place: int) -> Regraded | None:
    """What a regrade did to the answer at a place, where the learner may know its mark; None without one."""
    marked, sight = attempt.slot(place).marked, attempt.sight(place, now())
    if marked is None or marked.kind != "regrade" or not sight.mark:
        return None
    found = regrades().told(attempt.id, place, marked)
    return found if found is None or sight.reason else replace(found, reason="")  # it may name the key
