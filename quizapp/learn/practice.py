"""What to practise: what is due, which question would tell or mend most, and why it is asked."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from quizapp.bank import LEVELS, Question
from quizapp.learn.mastery import Mastery
from quizapp.learn.memory import recall
from quizapp.learn.profile import Profile

DAILY = 20
"""Due questions that are asked on one day: what is more than that is spread over the next days."""
SECONDS_EACH = 30
"""A learner's time for one question, for "about 3 minutes"."""


@dataclass(frozen=True)
class Due:
    """What is due: the questions to ask now, most forgotten first, and how many more wait for other days."""

    now: tuple[str, ...]
    later: int
    next_at: datetime | None
    """When the next question will be due, where nothing waits."""

    @property
    def minutes(self) -> int:
        """How long answering takes, about; at least 1."""
        return max(1, round(len(self.now) * SECONDS_EACH / 60))


def due(profile: Profile, known: Iterable[str], now: datetime) -> Due:
    """What is due of the known questions, less what was answered of it today: at most `DAILY` a day."""
    cards = {question: card for question in known if (card := profile.cards.get(question))}
    waiting = [question for question, card in cards.items() if card.memory.due <= now]
    waiting.sort(key=lambda question: (recall(cards[question].memory, now), question))
    done = profile.reviewed if profile.reviewed_on == now.date().isoformat() else 0
    room = max(0, DAILY - done)
    coming = [card.memory.due for card in cards.values() if card.memory.due > now]
    return Due(tuple(waiting[:room]), len(waiting[room:]), min(coming, default=None))


@dataclass(frozen=True)
class Pick:
    """A question to ask, and why: `due`, `weak` (its concept is), `new`, `seen`, or for no reason.

    `weight` is how many points it is worth in an assignment.
    """

    question: Question
    reason: str = ""
    weight: float = 1.0


def most_telling(
    questions: Iterable[Question], profile: Profile, *, now: datetime, seed: int, count: int
) -> tuple[Pick, ...]:
    """Questions by what asking them would tell or mend.

    First what is due. Then by concept, the one first that can be relied on least: whose range of mastery
    begins lowest, be it for wrong answers or for too few. In each concept the unseen question comes first,
    and no concept gives a second question before the others gave one. What is seen and not due comes last.
    """
    rng = random.Random(seed)  # noqa: S311 - a fair order among equals, not a secret
    known = {question.id: question for question in questions}
    picked = [Pick(known.pop(each), "due") for each in due(profile, known, now).now[:count]]
    rest = list(known.values())
    rng.shuffle(rest)
    rest.sort(key=lambda question: _rank(question, profile))
    turns: dict[str, int] = {}
    order: list[tuple[bool, int, float, int, Question]] = []
    for place, question in enumerate(rest):
        concept = question.concepts[0]
        turns[concept] = turns.get(concept, 0) + 1
        is_seen = question.id in profile.cards
        order.append((is_seen, turns[concept], _relied_on(concept, profile.concepts), place, question))
    order.sort(key=lambda entry: entry[:4])
    picked += [Pick(question, _reason(question, profile)) for *_, question in order[: count - len(picked)]]
    return tuple(picked)


def _rank(question: Question, profile: Profile) -> tuple[bool, float, int]:
    """Unseen first, then longest unseen; easy before hard."""
    card = profile.cards.get(question.id)
    return card is not None, card.memory.last.timestamp() if card else 0.0, LEVELS.index(question.level)


def _relied_on(concept: str, concepts: Mapping[str, Mastery]) -> float:
    """The lower end of the range of mastery: what can be relied on, as far as is known."""
    return concepts.get(concept, Mastery()).low


def _reason(question: Question, profile: Profile) -> str:
    if question.id in profile.cards:
        return "seen"
    return "weak" if question.concepts[0] in profile.concepts else "new"
