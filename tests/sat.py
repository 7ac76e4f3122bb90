"""Attempts at assignments for tests: begun, answered, ended, marked and regraded at chosen times."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from quizapp import learn
from quizapp.bank import Answer, Bank, Question, revive
from quizapp.learn import Attempt, Quiz, Rules, Step
from quizapp.store import Assignment, Assignments, Member, Store
from quizapp.web.guests import new_id
from tests.learn.logs import NOON


def bank_of(app: Flask) -> Bank:
    """The bank in use."""
    bank: Bank = app.extensions["shelf"].bank()
    return bank


def store_of(app: Flask) -> Store:
    """The store of an app."""
    store: Store = app.extensions["store"]
    return store


def begun(
    app: Flask,
    assignment: Assignment,
    member: Member,
    now: datetime = NOON,
    *,
    bank: Bank | None = None,
    seed: int | None = None,
) -> Attempt:
    """A member's next attempt at an assignment; `bank` asks from another bank than the one in use."""
    assignments: Assignments = app.extensions["assignments"]
    make = maker(assignment, member.learner, bank or bank_of(app), now, seed=seed)
    attempt_id = assignments.begin(assignment.id, member.learner, now, make)
    return store_of(app).attempt(attempt_id, member.learner)


def previewed(app: Flask, assignment: Assignment) -> Attempt:
    """A trainer's preview."""
    assignments: Assignments = app.extensions["assignments"]
    make = maker(assignment, assignment.owner, bank_of(app), NOON)
    attempt_id = assignments.preview(assignment.id, assignment.owner, make)
    return store_of(app).attempt(attempt_id, assignment.owner)


def maker(
    assignment: Assignment,
    learner: str,
    bank: Bank,
    now: datetime,
    *,
    seed: int | None = None,
    attempt_id: str = "",
    shuffles: bool = True,
) -> Callable[[Rules, int], tuple[Attempt, Iterable[Question]]]:
    """What makes a learner's next attempt; by its number where there is no seed."""

    def make(rules: Rules, number: int) -> tuple[Attempt, Iterable[Question]]:
        by = number if seed is None else seed
        shuffle = rules.shuffle and shuffles
        picks = learn.draw_paper(assignment.paper, bank, seed=by, seen={}, shuffle=shuffle)
        quiz = Quiz(source="assignment", of=assignment.id, mode=rules.behaviour, count=len(picks))
        terms = learn.make_terms(rules, assignment.id, number, now)
        own_id = attempt_id or new_id()
        attempt = learn.start(quiz, picks, attempt_id=own_id, learner=learner, seed=by, now=now, terms=terms)
        return attempt, [pick.question for pick in picks]

    return make


def said(
    app: Flask, attempt: Attempt, place: int, given: Answer | None, at: datetime = NOON, *, sure: bool = True
) -> Attempt:
    """The attempt after an answer to a place: the right one where None is given."""
    store, slot = store_of(app), attempt.slot(place)
    asked = store.question(slot.revision)
    answer = asked.model() if given is None else given
    now = store.attempt(attempt.id, attempt.learner)
    store.add_step(now, learn.answer(now, place, asked, answer, sure=sure, step_id=new_id(), now=at))
    return store.attempt(attempt.id, attempt.learner)


def judged(app: Flask, attempt: Attempt, place: int, kind: Any, score: float, *more: str, by: str) -> None:
    """Mark or regrade a place of an attempt."""
    step = Step(
        id=new_id(), place=place, kind=kind, at=NOON + timedelta(days=1), answer=more, score=score, actor=by
    )
    store_of(app).add_steps(attempt, [step])


def ended(app: Flask, attempt: Attempt, at: datetime = NOON) -> Attempt:
    """The attempt, ended then."""
    store = store_of(app)
    asked = [store.question(slot.revision) for slot in attempt.slots]
    store.finish(attempt.id, attempt.learner, lambda current: learn.finish(current, asked, now=at))
    return store.attempt(attempt.id, attempt.learner)


def sat(
    app: Flask,
    assignment: Assignment,
    member: Member,
    answers: Mapping[int, Answer | None],
    now: datetime = NOON,
) -> Attempt:
    """A whole attempt with these answers, one every ten seconds, then ended."""
    attempt = begun(app, assignment, member, now)
    for number, (place, given) in enumerate(answers.items(), start=1):
        attempt = said(app, attempt, place, given, now + timedelta(seconds=10 * number))
    if attempt.finished is None:
        attempt = ended(app, attempt, now + timedelta(minutes=5))
    return attempt


def mended(bank: Bank, question_id: str, **changed: Any) -> Bank:
    """The bank with one question changed."""
    topics = tuple(
        replace(
            topic,
            questions=tuple(
                revive(each.body() | changed) if each.id == question_id else each for each in topic.questions
            ),
        )
        for topic in bank.topics
    )
    return replace(bank, topics=topics)
