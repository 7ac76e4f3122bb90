"""What a trainer can assign at once: ready-made quizzes out of the bank, and those built before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from quizapp.bank import Bank, Question
from quizapp.learn import READY_SIZE, Paper, Part, ready_made, room
from quizapp.store import Assignments
from quizapp.web.trainer.drafting import title_of


@dataclass(frozen=True)
class Ready:
    """A ready-made quiz: the value that a form sends, its title, what it is about, and what it is made of."""

    value: str
    title: str
    about: str
    pool: tuple[Question, ...]
    seed: str

    @property
    def paper(self) -> Paper:
        """The questions: the same ones, as long as the bank is."""
        return ready_made(self.title, self.pool, seed=self.seed)


@dataclass(frozen=True)
class Asked:
    """A part of a paper as a trainer reads it. `id` is empty for a draw, `lost` what can't be asked of it."""

    id: str
    title: str
    about: str
    count: int
    points: float
    lost: int


def ready(bank: Bank) -> Iterator[Ready]:
    """The ready-made quizzes of a bank: across all topics, and one for each topic that has enough."""
    closed = [each for each in bank if not each.rated]
    basics = tuple(each for each in closed if each.level == "beginner")
    if basics:
        about = "Beginners’ questions from everywhere."
        yield Ready("basics", "The basics, across all topics", about, basics, "basics")
    if closed:
        about = "Easy and hard questions from everywhere."
        yield Ready("everything", "A bit of everything", about, tuple(closed), "everything")
    for topic in bank.topics:
        pool = tuple(each for each in topic.questions if not each.rated)
        if len(pool) >= READY_SIZE:
            yield Ready(f"topic {topic.id}", topic.title, topic.about, pool, topic.id)


def chosen(value: str, owner: str, bank: Bank, assignments: Assignments) -> Paper:
    """The paper that a value of a form or an address names: a ready-made one, or one of the trainer's.

    Values are those of `Ready`, and the ids of papers and assignments. Raises Missing.
    """
    kept = (each.paper for each in assignments.papers(owner) if each.id == value)
    made = (each.paper for each in ready(bank) if each.value == value)
    found = next(chain(made, kept), None)
    return found or assignments.assignment(value, owner).paper


def asked(paper: Paper, bank: Bank) -> Sequence[Asked]:
    """The parts of a paper in words, with what the bank can't ask any more."""
    return [
        Asked(
            part.question,
            *_in_words(part, bank),
            count=part.count,
            points=part.count * part.weight,
            lost=max(0, part.count - free),
        )
        for part, free in zip(paper.parts, room(paper, bank), strict=True)
    ]


def _in_words(part: Part, bank: Bank) -> tuple[str, str]:
    """What a part asks, and what that is about."""
    if part.question in bank:
        question = bank[part.question]
        about = (_topic(bank, question.topic), question.lesson, question.level)
        return title_of(question), " · ".join(about)
    if part.question:
        return part.question, "This question was retired."
    by = (_topic(bank, part.topic), _covers(bank, part.concept), part.level, part.type)
    return f"{part.count} drawn at random", " · ".join(filter(None, by)) or "any topic"


def _topic(bank: Bank, topic_id: str) -> str:
    return next((topic.title for topic in bank.topics if topic.id == topic_id), topic_id)


def _covers(bank: Bank, concept: str) -> str:
    return bank.concepts[concept].covers if concept in bank.concepts else concept


def without_lost(paper: Paper, bank: Bank) -> Paper:
    """The paper without what the bank can't ask any more; a draw asks for as many as there are."""

    parts = [
        replace(part, count=min(part.count, free))
        for part, free in zip(paper.parts, room(paper, bank), strict=True)
        if free
    ]
    return Paper(paper.title, tuple(parts))
