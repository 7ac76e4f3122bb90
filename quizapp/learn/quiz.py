"""A quiz: which questions are asked, in which mode, and the draw that picks them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from math import ceil
from typing import Literal

from quizapp.bank import LEVELS, Bank, Question
from quizapp.learn.practice import Pick, due, most_telling
from quizapp.learn.profile import Profile

SET_SIZE = 10

DAILY_CODE_LINES = 12
DAILY_CODE_COLUMNS = 48
DAILY_WORDS = 50
"""Words of prompt and options together: read in seconds."""
DAILY_ROWS = 24
"""Lines of text on a phone: more would push the button below its screen."""

DAILY_TYPES = frozenset({"single-choice", "output"})

Mode = Literal["practice", "exam", "interview"]
Source = Literal["mixed", "topic", "missed", "due", "matters", "idea", "one", "interview", "assignment"]


class NothingToAsk(LookupError):
    """No question of the bank fits the quiz."""


@dataclass(frozen=True, kw_only=True)
class Quiz:
    """What is asked of a learner.

    `source` says where questions come from: the whole bank (`mixed`), one topic and what stands below it
    (`topic`), what was last answered wrong (`missed`), what is due for review (`due`), what would tell or
    mend most (`matters`), what separates a misconception from the truth (`idea`), or a single question
    (`one`), the plan of an `interview`, or the paper of an `assignment`; `of` names the topic, the
    misconception, the question, the plan or the assignment.
    """

    source: Source = "mixed"
    of: str = ""
    mode: Mode = "practice"
    count: int = SET_SIZE

    def admits(self, question: Question) -> bool:
        """Whether the question belongs to the source; whether it was missed or is due is for the draw to say.

        What is judged against a rubric is for interviews, and in no quiz.
        """
        if question.rated:
            return False
        if self.source == "topic":
            return f"{question.topic}/".startswith(f"{self.of}/")
        if self.source == "idea":
            return self.of in {misconception for _, misconception in question.misconceptions()}
        return question.id == self.of if self.source == "one" else True


def draw(
    quiz: Quiz,
    bank: Iterable[Question],
    *,
    seed: int,
    profile: Profile,
    now: datetime,
    first: Question | None = None,
) -> tuple[Pick, ...]:
    """Pick the questions, for whom the profile is of. `first` is asked first, whatever else is drawn.

    What is due and what matters have an order of their own. Else unseen come before seen, long ago before
    lately, at random among equals, and they are asked from easy to hard. The same arguments draw the same
    questions. Raises NothingToAsk when there are none.
    """
    admitted = [question for question in bank if quiz.admits(question)]
    if quiz.source == "missed":
        missed = profile.missed
        admitted = [question for question in admitted if question.id in missed]
    if quiz.source == "due":
        known = {question.id: question for question in admitted}
        picks = tuple(Pick(known[each], "due") for each in due(profile, known, now).now[: quiz.count])
    elif quiz.source == "matters":
        picks = most_telling(admitted, profile, now=now, seed=seed, count=quiz.count)
    else:
        others = [question for question in admitted if not first or question.id != first.id]
        picks = _fairly(others, profile, seed, quiz.count - (first is not None))
    if first:
        rest = tuple(pick for pick in picks if pick.question.id != first.id)[: quiz.count - 1]
        picks = (_first(quiz, first, profile, now), *rest)
    if not picks:
        raise NothingToAsk(f"no question for {quiz.source} {quiz.of}".rstrip())
    return picks


def _first(quiz: Quiz, first: Question, profile: Profile, now: datetime) -> Pick:
    if quiz.source in ("due", "matters"):
        return most_telling([first], profile, now=now, seed=0, count=1)[0]
    return Pick(first)


def _fairly(questions: list[Question], profile: Profile, seed: int, count: int) -> tuple[Pick, ...]:
    rng = random.Random(seed)  # noqa: S311 - shuffling questions, not secrets
    return tuple(map(Pick, easy_first(unseen_first(questions, profile.seen, rng)[:count])))


def unseen_first(
    questions: Iterable[Question], seen: Mapping[str, datetime], rng: random.Random
) -> list[Question]:
    """Unseen questions before seen ones, those seen long ago before others, at random among equals."""
    found = list(questions)
    rng.shuffle(found)
    return sorted(found, key=lambda each: seen[each.id].timestamp() if each.id in seen else 0.0)


def easy_first(questions: Iterable[Question]) -> list[Question]:
    """Questions by level; those of one level stay in their order."""
    return sorted(questions, key=lambda question: LEVELS.index(question.level))


def question_of_the_day(bank: Bank, today: date) -> Question | None:
    """The same short question for everybody all day long; None when the bank has none so short."""
    fit = sorted(question.id for question in bank if _is_short(question))
    if not fit:
        return None
    digest = sha256(f"question of {today.isoformat()}".encode()).digest()
    return bank[fit[int.from_bytes(digest[:8]) % len(fit)]]


def _is_short(question: Question) -> bool:
    words = sum(len(text.split()) for text in (question.prompt, *(text for _, text in question.parts())))
    rows = question.code.splitlines()
    return (
        question.type in DAILY_TYPES
        and bool(question.keys())
        and question.level == "beginner"
        and len(rows) <= DAILY_CODE_LINES
        and max(map(len, rows), default=0) <= DAILY_CODE_COLUMNS
        and words <= DAILY_WORDS
        and _rows_on_a_phone(question) <= DAILY_ROWS
    )


def _rows_on_a_phone(question: Question) -> int:
    """About how many lines prompt, program and options take at 390 pixels, an option's frame as one more."""
    options = sum(1 + ceil(len(text) / 34) for _, text in question.parts())
    return len(question.code.splitlines()) + ceil(len(question.prompt) / 28) + options
