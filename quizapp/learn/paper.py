"""A paper: which questions an assignment asks, fixed or drawn, and what each is worth."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from quizapp.bank import Bank, Question
from quizapp.learn.practice import Pick
from quizapp.learn.quiz import NothingToAsk, easy_first, unseen_first

READY_SIZE = 10
"""Questions of a ready-made quiz."""
MOST_QUESTIONS = 100
"""Questions of one paper."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One entry of a paper: a fixed question, or `count` drawn from those that fit all that is named.

    `weight` is what each question of it is worth, in points.
    """

    question: str = ""
    topic: str = ""
    concept: str = ""
    level: str = ""
    type: str = ""
    count: int = 1
    weight: float = 1.0

    def admits(self, question: Question) -> bool:
        """Whether a question fits. A draw takes open questions only where their type is named."""
        if self.question:
            return question.id == self.question
        return (
            (not self.topic or f"{question.topic}/".startswith(f"{self.topic}/"))
            and (not self.concept or self.concept in question.concepts)
            and (not self.level or question.level == self.level)
            and (question.type == self.type if self.type else not question.rated)
        )


@dataclass(frozen=True)
class Paper:
    """What an assignment asks, part by part."""

    title: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """How many questions it asks."""
        return sum(part.count for part in self.parts)

    @property
    def points(self) -> float:
        """What all of it is worth."""
        return sum(part.count * part.weight for part in self.parts)


def room(paper: Paper, bank: Bank) -> tuple[int, ...]:
    """How many of the questions that each part asks for the bank has, other parts taken into account."""
    pools = [_fitting(part, bank) for part in paper.parts]
    return tuple(map(len, _seated(paper, pools)))


def missing(paper: Paper, bank: Bank) -> tuple[Part, ...]:
    """The parts that the bank can't fill any more, or never could."""
    rooms = room(paper, bank)
    return tuple(part for part, found in zip(paper.parts, rooms, strict=True) if found < part.count)


def draw_paper(
    paper: Paper, bank: Bank, *, seed: int, seen: Mapping[str, datetime], shuffle: bool = False
) -> tuple[Pick, ...]:
    """The questions of one attempt, each once.

    A draw takes unseen questions before seen ones, and those seen long ago before others; at random among
    equals. The same arguments give the same paper. Raises NothingToAsk when a part can't be filled.
    """
    rng = random.Random(seed)  # noqa: S311 - shuffling questions, not secrets
    pools = [unseen_first(_fitting(part, bank), seen, rng) for part in paper.parts]
    picks: list[Pick] = []
    for part, found in zip(paper.parts, _seated(paper, pools), strict=True):
        if len(found) < part.count:
            raise NothingToAsk(part.question or f"{part.count} questions of {part.topic or 'any topic'}")
        picks += [Pick(question, weight=part.weight) for question in easy_first(found)]
    if shuffle:
        rng.shuffle(picks)
    return tuple(picks)


def _fitting(part: Part, bank: Bank) -> list[Question]:
    if part.question:
        return [bank[part.question]] if part.question in bank else []
    return [question for question in bank if part.admits(question)]


def _seated(paper: Paper, pools: Sequence[Sequence[Question]]) -> list[list[Question]]:
    """The questions of each part, no question twice, and as many as can be had.

    A wide draw gives way to a narrow one: each question is a seat that is taken by an augmenting path
    (Kuhn 1955), fixed questions first.
    """
    taken: dict[str, int] = {}

    def seat(part: int, asked: set[str]) -> bool:
        free = next((each.id for each in pools[part] if each.id not in taken), None)
        if free is not None:
            taken[free] = part
            return True
        for each in pools[part]:
            if each.id not in asked:
                asked.add(each.id)
                if taken[each.id] != part and seat(taken[each.id], asked):
                    taken[each.id] = part
                    return True
        return False

    order = sorted(range(len(pools)), key=lambda part: not paper.parts[part].question)
    for part in order:
        for _ in range(paper.parts[part].count):
            if not seat(part, set()):
                break  # nor will another question of the same part find a seat
    return [[each for each in pools[part] if taken.get(each.id) == part] for part in range(len(pools))]


def ready_made(title: str, questions: Iterable[Question], *, seed: str, size: int = READY_SIZE) -> Paper:
    """A paper of fixed questions out of these, from easy to hard, their concepts as different as can be.

    Fixed, so that a whole group answers the same questions and there is something to talk about.
    """
    pool = sorted((question for question in questions if not question.rated), key=lambda each: each.id)
    random.Random(seed).shuffle(pool)  # noqa: S311 - a choice of questions, not a secret
    chosen: list[Question] = []
    while pool and len(chosen) < size:
        known = [question.concepts[:1] for question in chosen]
        topics = [question.topic for question in chosen]
        best = min(pool, key=lambda each: (known.count(each.concepts[:1]), topics.count(each.topic)))
        pool.remove(best)
        chosen.append(best)
    return Paper(title, tuple(Part(question=question.id) for question in easy_first(chosen)))
