"""The mock interview: its plan, the script that is drawn for it, follow-ups, and the report at its end."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from quizapp.bank import Answer, FollowUp, Open, Question
from quizapp.learn.attempt import Attempt, NotNow, Step
from quizapp.learn.mastery import Mastery
from quizapp.learn.practice import Pick
from quizapp.learn.profile import Profile
from quizapp.learn.quiz import NothingToAsk, Quiz, easy_first

Seniority = Literal["junior", "mid", "senior"]
SENIORITIES: tuple[Seniority, ...] = get_args(Seniority)
LENGTHS = (15, 30, 45)
"""Minutes that an interview may take."""

SKILLS = ("explain", "predict", "debug", "judge")
SKILL_OF = {
    "output": "predict",
    "duration": "predict",
    "ordering": "predict",
    "spot-line": "debug",
    "cloze": "debug",
}
"""What a closed question of a type shows; others show that one can explain. Open ones say it themselves."""

BLUEPRINT: Mapping[int, Mapping[str, int]] = {
    15: {"open": 2, "output": 1, "spot-line": 1, "short-answer": 1},
    30: {"open": 4, "output": 2, "spot-line": 1, "short-answer": 1},
    45: {"open": 5, "output": 3, "spot-line": 2, "short-answer": 2},
}
"""How many questions of each type an interview of so many minutes asks."""
FAR: Mapping[Seniority, Mapping[str, int]] = {
    "junior": {"beginner": 0, "intermediate": 1, "advanced": 2},
    "mid": {"beginner": 0, "intermediate": 0, "advanced": 1},
    "senior": {"beginner": 1, "intermediate": 0, "advanced": 0},
}
"""How far a question's level is from what a candidate is asked."""
STAND_INS = {"output": ("duration",), "spot-line": ("cloze",), "short-answer": ("matching", "single-choice")}
"""Types that stand in where a topic has too few of the type that is wanted."""
FOLLOW_UPS = 2
"""Follow-ups that an interviewer asks after one answer."""


@dataclass(frozen=True)
class Plan:
    """What a candidate wants to rehearse. Without topics, all of them."""

    seniority: Seniority = "mid"
    minutes: int = 30
    topics: tuple[str, ...] = ()

    @property
    def quiz(self) -> Quiz:
        """The quiz that stands for the plan; `plan_of` reads it back."""
        text = f"{self.seniority} {self.minutes} {' '.join(self.topics)}".rstrip()
        count = sum(BLUEPRINT[self.minutes].values())
        return Quiz(source="interview", of=text, mode="interview", count=count)


def plan_of(quiz: Quiz) -> Plan:
    """The plan behind an interview's quiz. Raises ValueError for any other."""
    seniority, minutes, *topics = quiz.of.split()
    return make_plan(seniority, minutes, topics)


def make_plan(seniority: str, minutes: str, topics: Iterable[str]) -> Plan:
    """A plan from what a form sent. Raises ValueError for a level or a length that there is not."""
    known = {each: each for each in SENIORITIES}
    lengths = {str(each): each for each in LENGTHS}
    if seniority not in known or minutes not in lengths:
        raise ValueError("choose a level and a length")
    return Plan(known[seniority], lengths[minutes], tuple(topics))


# -- the script


def script(plan: Plan, questions: Iterable[Question], profile: Profile, *, seed: int) -> tuple[Pick, ...]:
    """The questions of an interview: as many of each type as the blueprint says.

    Of each type, questions for the plan's level come first, then unseen ones, then those seen longest ago; no
    topic is asked twice by one type while another is left. Open questions begin and end the script, closed
    ones stand between them. Raises NothingToAsk where the topics hold no open question.
    """
    rng = random.Random(seed)  # noqa: S311 - shuffling questions, not secrets
    pool = [question for question in questions if not plan.topics or question.topic in plan.topics]
    rng.shuffle(pool)
    pool.sort(key=lambda question: _fitness(question, plan, profile))
    chosen = {
        kind: _spread(pool, (kind, *STAND_INS.get(kind, ())), count)
        for kind, count in BLUEPRINT[plan.minutes].items()
    }
    if not chosen["open"]:
        raise NothingToAsk("no open question in these topics")
    closed = [each for kind, found in chosen.items() if kind != "open" for each in found]
    rng.shuffle(closed)
    return tuple(map(Pick, _woven(easy_first(chosen["open"]), closed)))


def _fitness(question: Question, plan: Plan, profile: Profile) -> tuple[int, bool, float]:
    card, far = profile.cards.get(question.id), FAR[plan.seniority][question.level]
    return far, card is not None, card.memory.last.timestamp() if card else 0.0


def _spread(pool: Sequence[Question], kinds: tuple[str, ...], count: int) -> list[Question]:
    """The best fitting questions of these types, the first type before its stand-ins, topics in turn."""
    found: list[Question] = []
    for kind in kinds:
        of_kind = [question for question in pool if question.type == kind]
        while of_kind and len(found) < count:
            topics = [question.topic for question in found]
            best = min(of_kind, key=lambda question: topics.count(question.topic))
            of_kind.remove(best)
            found.append(best)
    return found


def _woven(opened: list[Question], closed: list[Question]) -> list[Question]:
    """Open questions first and last, the closed ones spread between them."""
    gaps = max(1, len(opened) - 1)
    woven: list[Question] = []
    for number, question in enumerate(opened):
        woven.append(question)
        if number < gaps:
            woven += closed[number * len(closed) // gaps : (number + 1) * len(closed) // gaps]
    return woven


# -- saying, rating, following up


def say(attempt: Attempt, place: int, words: str, *, step_id: str, now: datetime) -> Step:
    """The step that keeps what was said, before the points are shown. Raises NotNow once it is rated.

    A partner may rate while the candidate still types: the first words are kept even then.
    """
    if not attempt.slot(place).takes_words or attempt.finished:
        raise NotNow("this answer is rated already")
    return Step(id=step_id, place=place, kind="say", at=now, answer=(words,))


def follow_ups(question: Open, answer: Answer) -> tuple[FollowUp, ...]:
    """The follow-ups that an answer calls for, at most two: for red flags, missed points, then said ones."""
    levels = {point.id: question.level_of(point, answer) for point in question.rubric}
    flags = {flag.misconception for flag in question.flags_of(answer)}
    wanted = [each for each in question.follow_ups if each.flagged in flags and each.flagged]
    wanted += [each for each in question.follow_ups if each.missed and levels[each.missed] in ("", "weak")]
    wanted += [each for each in question.follow_ups if each.said and levels[each.said] in ("good", "strong")]
    return tuple(wanted[:FOLLOW_UPS])


def follow(attempt: Attempt, place: int, answer: Answer, *, step_id: str, now: datetime) -> Step:
    """The step that keeps an answer to a follow-up: the follow-up, what was said, and how it went."""
    if attempt.finished or attempt.slot(place).step is None:
        raise NotNow("rate the answer first")
    return Step(id=step_id, place=place, kind="follow", at=now, answer=answer)


def note(attempt: Attempt, place: int, text: str, *, step_id: str, now: datetime) -> Step:
    """The step that keeps what a partner noted; the last one to a question counts. Raises NotNow."""
    attempt.slot(place)
    if attempt.finished:
        raise NotNow("this interview is over")
    return Step(id=step_id, place=place, kind="note", at=now, answer=(text,))


def pause(
    attempt: Attempt, place: int, draft: Answer = (), *, stop: bool, step_id: str, now: datetime
) -> Step:
    """The step that stops the clock, or starts it again, and keeps what was typed so far.

    Doing so twice changes nothing.
    """
    kind: Literal["pause", "resume"] = "pause" if stop else "resume"
    attempt.slot(place)
    if attempt.finished:
        raise NotNow("this interview is over")
    return Step(id=step_id, place=place, kind=kind, at=now, answer=draft)


def spent(attempt: Attempt, now: datetime) -> timedelta:
    """The time that an interview has taken, without its pauses."""
    end = attempt.finished or now
    paused = sum(((until or end) - since for since, until in attempt.pauses), timedelta())
    return max(timedelta(), end - attempt.started - paused)


# -- the report


@dataclass(frozen=True)
class Part:
    """How a topic or a skill went in an interview: how many answers, and the chance that the next is good."""

    name: str
    mastery: Mastery


@dataclass(frozen=True)
class Spoken:
    """One open answer in the report: its place, the question, what was said, and its score."""

    place: int
    question: Open
    words: str
    score: float


@dataclass(frozen=True)
class Report:
    """What an interview showed. `score` is the mean of all answers, open ones by their rubric."""

    score: float
    overall: Mastery
    answered: int
    questions: int
    topics: tuple[Part, ...]
    skills: tuple[Part, ...]
    flags: tuple[str, ...]
    strongest: Spoken | None
    thinnest: Spoken | None


def report(attempt: Attempt, asked: Sequence[Question]) -> Report:
    """The report of an interview, finished or not; what was not answered is left out of the ranges."""
    rated = [
        (place, slot, question, step, step.score or 0.0)
        for place, (slot, question) in enumerate(zip(attempt.slots, asked, strict=True), start=1)
        if (step := slot.step)
    ]
    topics: dict[str, Mastery] = {}
    skills: dict[str, Mastery] = {}
    overall, flags = Mastery(), list[str]()
    for _, _, question, step, score in rated:
        overall = overall.after(score)
        topics[question.topic] = topics.get(question.topic, Mastery()).after(score)
        skill = skill_of(question)
        skills[skill] = skills.get(skill, Mastery()).after(score)
        flags += question.grade(step.answer).misconceptions
    opened = [
        Spoken(place, question, slot.said or "", score)
        for place, slot, question, _, score in rated
        if isinstance(question, Open)
    ]
    best = max(opened, key=lambda told: told.score, default=None)
    worst = min(opened, key=lambda told: told.score, default=None)
    return Report(
        score=sum(score for *_, score in rated) / len(attempt.slots),
        overall=overall,
        answered=len(rated),
        questions=len(attempt.slots),
        topics=tuple(Part(name, mastery) for name, mastery in topics.items()),
        skills=tuple(Part(name, skills[name]) for name in SKILLS if name in skills),
        flags=tuple(dict.fromkeys(flags)),
        strongest=best,
        thinnest=worst if worst is not best else None,
    )


def skill_of(question: Question) -> str:
    """What answering shows: that one can explain, predict, debug or judge."""
    return question.skill if isinstance(question, Open) else SKILL_OF.get(question.type, "explain")
