"""Progress: what a learner's profile says of a bank's topics, concepts and ideas."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from quizapp.bank import Bank
from quizapp.learn.mastery import Mastery
from quizapp.learn.profile import Idea, Profile, Tally

WEEKS = 12
"""Weeks that the plot of answers shows."""


@dataclass(frozen=True)
class TopicProgress:
    """How far a learner is in a topic: questions in it, how many were seen, and how well they went."""

    topic: str
    title: str
    questions: int
    seen: int
    right: int
    mastery: Mastery


def by_topic(bank: Bank, profile: Profile) -> tuple[TopicProgress, ...]:
    """Progress in each topic of the bank that a quiz can ask about, in the bank's order."""
    asked = {
        topic.id: [question.id for question in topic.questions if not question.rated] for topic in bank.topics
    }
    return tuple(
        TopicProgress(
            topic=topic.id,
            title=topic.title,
            questions=len(asked[topic.id]),
            seen=sum(question in profile.cards for question in asked[topic.id]),
            right=sum(
                question in profile.cards and not profile.cards[question].is_missed
                for question in asked[topic.id]
            ),
            mastery=profile.topics.get(topic.id, Mastery()),
        )
        for topic in bank.topics
        if asked[topic.id]
    )


def held(profile: Profile, bank: Bank) -> tuple[tuple[str, Idea], ...]:
    """The misconceptions of the bank that the evidence says the learner holds, most often chosen first."""
    found = [
        (name, idea) for name, idea in profile.ideas.items() if idea.is_held and name in bank.misconceptions
    ]
    return tuple(sorted(found, key=lambda each: (-each[1].chosen, -_when(each[1]), each[0])))


def _when(idea: Idea) -> float:
    return idea.last.timestamp() if idea.last else 0.0


def weekly(profile: Profile, today: date) -> tuple[tuple[date, Tally], ...]:
    """Answers in each of the last weeks, by the Monday that begins it, oldest first; the last runs today."""
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in reversed(range(WEEKS))]
    return tuple((each, profile.weeks.get(each.isoformat(), Tally())) for each in mondays)
