"""How an attempt of an assignment is made, be it a learner's or a trainer's preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from quizapp import learn
from quizapp.bank import Question
from quizapp.learn import Attempt, Quiz, Rules
from quizapp.store import Assignment, Begin
from quizapp.web.guests import new_id
from quizapp.web.opening import bank, new_seed


def maker(assignment: Assignment, learner_id: str, now: datetime, seen: Mapping[str, datetime]) -> Begin:
    """Makes attempts of an assignment that begin now, out of the bank in use.

    `seen` says when the learner met which question last: draws take others first. What it gives raises
    NothingToAsk when the bank can't fill the paper any more; called twice, it makes the same attempt.
    """
    attempt_id, seed, asked_of = new_id(), new_seed(), bank()

    def make(rules: Rules, number: int) -> tuple[Attempt, Iterable[Question]]:
        picks = learn.draw_paper(assignment.paper, asked_of, seed=seed, seen=seen, shuffle=rules.shuffle)
        attempt = learn.start(
            Quiz(source="assignment", of=assignment.id, mode=rules.behaviour, count=len(picks)),
            picks,
            attempt_id=attempt_id,
            learner=learner_id,
            seed=seed,
            now=now,
            terms=learn.make_terms(_dated(rules, number), assignment.id, number, now),
            shows=rules.shows(assignment.ends),
        )
        return attempt, [pick.question for pick in picks]

    return make


def _dated(rules: Rules, number: int) -> Rules:
    """The rules as they are; for previews without dates, so that what is closed can still be looked at."""
    return rules if number > 0 else replace(rules, opens=None, due=None, closes=None)
