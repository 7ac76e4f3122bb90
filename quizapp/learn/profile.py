"""A learner's profile: all that their graded answers say, folded one by one, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from quizapp.bank import Answer, Question
from quizapp.learn.mastery import Mastery
from quizapp.learn.memory import Memory, rating, remember

FRESH = timedelta(hours=12)
"""Within this time an answer to the same question repeats what was read, and tells nothing of mastery."""
STRAIGHT = 2
"""An idea is straightened out when it could have been chosen so many times since, and was not."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One graded answer, as history keeps it. `hints` is how many hints were seen before."""

    id: str
    question: str
    revision: str
    attempt: str
    place: int
    mode: str
    answer: Answer
    sure: bool
    hints: int
    score: float
    at: datetime


@dataclass(frozen=True)
class Card:
    """What is known of one question: its memory, and the last answer to it."""

    memory: Memory
    seen: int
    score: float
    attempt: str
    place: int

    @property
    def is_missed(self) -> bool:
        """Whether the last answer was less than fully right."""
        return self.score < 1


@dataclass(frozen=True)
class Idea:
    """The evidence for one misconception.

    It was chosen `chosen` times of the `chances` times in which it could have been; `clear` counts the
    chances since it was last chosen, and `last` is when that was.
    """

    chosen: int
    chances: int
    clear: int
    last: datetime | None

    @property
    def is_held(self) -> bool:
        """Whether the evidence says that the learner believes it."""
        return self.chosen > 0 and self.clear < STRAIGHT


@dataclass(frozen=True)
class Tally:
    """How many answers there were, and how many of them fully right."""

    answers: int = 0
    right: int = 0

    def after(self, *, right: bool) -> Tally:
        """With one more answer."""
        return Tally(self.answers + 1, self.right + right)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What the answers so far say.

    `cards` are by question id, `topics` and `concepts` by theirs, `ideas` by misconception id, `weeks` by
    the Monday that begins them (UTC). `certain` and `doubtful` count answers by whether one was sure.
    `reviewed_on` is the last day on which due questions were answered, and `reviewed` how many then.
    `last_at` and `last_id` name the last answer that is in it.
    """

    cards: Mapping[str, Card] = field(default_factory=dict)
    topics: Mapping[str, Mastery] = field(default_factory=dict)
    concepts: Mapping[str, Mastery] = field(default_factory=dict)
    ideas: Mapping[str, Idea] = field(default_factory=dict)
    weeks: Mapping[str, Tally] = field(default_factory=dict)
    certain: Tally = Tally()
    doubtful: Tally = Tally()
    total: Tally = Tally()
    reviewed_on: str = ""
    reviewed: int = 0
    last_at: datetime | None = None
    last_id: str = ""

    @property
    def missed(self) -> frozenset[str]:
        """The questions that were last answered less than fully right."""
        return frozenset(question for question, card in self.cards.items() if card.is_missed)

    @property
    def seen(self) -> Mapping[str, datetime]:
        """When each question was last answered."""
        return {question: card.memory.last for question, card in self.cards.items()}


def fold_answers(
    profile: Profile, answers: Iterable[Answered], asked: Callable[[Answered], Question]
) -> Profile:
    """The profile with these answers, oldest first; `asked` gives the question as it was asked.

    Folding some and then the others gives the same as folding all.
    """
    folding = _Folding(profile)
    for answered in answers:
        folding.take(answered, asked(answered))
    return folding.result()


def fold_card(card: Card | None, answers: Iterable[Answered]) -> Card | None:
    """What is known of one question after these answers to it, oldest first; as folding all would have it."""
    for answered in answers:
        card = _after(card, answered)
    return card


def _after(card: Card | None, answered: Answered) -> Card:
    """What is known of a question after one more answer to it."""
    rated = rating(answered.score, sure=answered.sure, hints=answered.hints)
    memory = remember(card.memory if card else None, rated, answered.at)
    seen = card.seen + 1 if card else 1
    return Card(memory, seen, answered.score, answered.attempt, answered.place)


class _Folding:
    """A profile while answers are put into it."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.cards = dict(profile.cards)
        self.topics = dict(profile.topics)
        self.concepts = dict(profile.concepts)
        self.ideas = dict(profile.ideas)
        self.weeks = dict(profile.weeks)

    def result(self) -> Profile:
        return replace(
            self.profile,
            cards=self.cards,
            topics=self.topics,
            concepts=self.concepts,
            ideas=self.ideas,
            weeks=self.weeks,
        )

    def take(self, answered: Answered, question: Question) -> None:
        card = self.cards.get(answered.question)
        if not question.rated and (card is None or answered.at - card.memory.last >= FRESH):
            self._master(answered, question)
        was_due = not question.rated and card is not None and card.memory.due <= answered.at
        self._count(answered, question, was_due=was_due)
        self.cards[answered.question] = _after(card, answered)
        self._believe(answered, question)

    def _master(self, answered: Answered, question: Question) -> None:
        topic, concept = answered.question.rpartition("/")[0], question.concepts[0]
        self.topics[topic] = self.topics.get(topic, Mastery()).after(answered.score)
        self.concepts[concept] = self.concepts.get(concept, Mastery()).after(answered.score)

    def _count(self, answered: Answered, question: Question, *, was_due: bool) -> None:
        old, right, day = self.profile, answered.score == 1, answered.at.date()
        monday = (day - timedelta(days=day.weekday())).isoformat()
        self.weeks[monday] = self.weeks.get(monday, Tally()).after(right=right)
        said = not question.rated and not question.is_blank(answered.answer)
        before = old.reviewed if old.reviewed_on == day.isoformat() else 0
        self.profile = replace(
            old,
            certain=old.certain.after(right=right) if said and answered.sure else old.certain,
            doubtful=old.doubtful.after(right=right) if said and not answered.sure else old.doubtful,
            total=old.total.after(right=right),
            reviewed_on=day.isoformat() if was_due else old.reviewed_on,
            reviewed=before + 1 if was_due else old.reviewed,
            last_at=answered.at,
            last_id=answered.id,
        )

    def _believe(self, answered: Answered, question: Question) -> None:
        """Count each idea that the question offers, for or against; a blank answer says neither."""
        if question.is_blank(answered.answer):
            return
        chosen = set(question.grade(answered.answer).misconceptions)
        for misconception in dict.fromkeys(each for _, each in question.misconceptions()):
            idea = self.ideas.get(misconception, Idea(0, 0, 0, None))
            if misconception in chosen:
                new = Idea(idea.chosen + 1, idea.chances + 1, 0, answered.at)
            else:
                new = replace(idea, chances=idea.chances + 1, clear=idea.clear + 1)
            self.ideas[misconception] = new
