"""Item analysis: what a group's first answers to a question say of the group, and of the question."""

from __future__ import annotations

import math
import statistics
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from quizapp.bank import Answer, Grade, Question

ENOUGH = 5
"""Below so many answers nothing is said: a figure would speak of persons, and by chance."""
MANY = 10
"""From so many answers on, what nobody or nearly everybody did is held against the question."""
EASY = 0.95
"""From this facility on a question is too easy to tell anything."""
WELL = 0.85
"""Below this facility a question is worth talking about with the group."""
TALKS = 2
"""Questions that a trainer can talk about at the start of a course day."""
COMMONEST = 6
"""Different typed answers that get a row of their own."""
IDEA = 3
"""Wrong answers with the same misconception that make it an idea of the group."""
EVEN = 1e-9
"""Numbers that lie no further apart than this differ by rounding alone."""

FlagKind = Literal["key", "negative", "hard", "one-idea", "unused", "easy"]


@dataclass(frozen=True, kw_only=True)
class Try:
    """One learner's first answer to a question, in their first attempt.

    `learner` is an opaque id, by which ties are ordered. `answer` is as kept: empty or blank where there is
    none. `score` and `rest` run from 0 to 1; `rest` is the share of the points of the attempt's other
    questions. `seconds` is the time spent on it, None where unknown.
    """

    learner: str
    answer: Answer
    sure: bool
    score: float
    rest: float
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A row of who answered what: an option, a typed or whole answer, all other ones, or no answer.

    `key` is the option's key, empty where none is chosen from. `letter` is what flags call the row: of an
    option its place in the author's order, of a program's line its number, of other answers their place
    among these rows; rows of other answers and of no answer have none. `text` is Markdown unless `is_output`,
    then literal. `share` is of all learners, `top` and `low` of the third with the most and the fewest points
    elsewhere, from 0 to 1; None where a third is less than two learners.
    """

    key: str = ""
    letter: str = ""
    text: str
    is_key: bool = False
    is_output: bool = False
    share: float = 0.0
    top: float | None = None
    low: float | None = None


@dataclass(frozen=True)
class Flag:
    """Something a trainer should look at, in words; `of` is the letter or the misconception it speaks of."""

    kind: FlagKind
    text: str
    of: str = ""


@dataclass(frozen=True, kw_only=True)
class Item:
    """What `answers` first answers say of a question. Below `ENOUGH` of them, nothing.

    `facility` is the mean score, `low` and `high` its range. `discrimination` is the corrected item–rest
    correlation: Pearson's, of the score and of the share of points elsewhere, which for right and wrong alone
    is the corrected point-biserial; None where either is the same for everybody. `seconds` is the median
    time. `misconceptions` are counted by the answers that gave evidence for them, the most frequent first.
    `flags` stand by urgency: what may be wrong with the question, what to teach, what to improve.
    """

    answers: int
    facility: float | None = None
    low: float | None = None
    high: float | None = None
    discrimination: float | None = None
    seconds: float | None = None
    options: tuple[Choice, ...] = ()
    misconceptions: tuple[tuple[str, int], ...] = ()
    flags: tuple[Flag, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether there are enough answers to say anything."""
        return self.answers >= ENOUGH

    @property
    def tells(self) -> Literal["good", "fair", "weak", "negative", ""]:
        """How well the question tells strong from weak learners, in a word; empty where that is undefined.

        Bands after Ebel and Frisbie (Essentials of Educational Measurement, 5th ed., 1991), who call an index
        of discrimination good from 0.30 on. They call it poor below 0.20; here fair begins at 0.15, because
        the correction takes the question's own part out of the correlation.
        """
        if self.discrimination is None:
            return ""
        if self.discrimination >= 0.15:
            return "good" if self.discrimination >= 0.3 else "fair"
        return "weak" if self.discrimination >= 0 else "negative"


def analyse(question: Question, tries: Iterable[Try]) -> Item:
    """What learners' first answers say of the question that they were asked; their order has no influence."""
    ordered = sorted(tries, key=lambda each: (each.rest, each.learner, each.answer, each.score))
    if len(ordered) < ENOUGH:
        return Item(answers=len(ordered))
    answers, scores = [each.answer for each in ordered], [each.score for each in ordered]
    grades = {answer: question.grade(answer) for answer in set(answers)}
    facility = statistics.fmean(scores)
    low, high = wilson(facility, len(ordered))
    item = Item(
        answers=len(ordered),
        facility=facility,
        low=low,
        high=high,
        discrimination=_correlation(scores, [each.rest for each in ordered]),
        seconds=median(each.seconds for each in ordered),
        options=tuple(_choices(question, answers, grades)),
        misconceptions=_counted(grades[answer] for answer in answers),
    )
    wrong = [grades[each] for each in answers if not grades[each].right and not question.is_blank(each)]
    return replace(item, flags=tuple(_flags(question, item, facility, wrong)))


def hardest(items: Mapping[str, tuple[int, float]]) -> tuple[str, ...]:
    """Question ids, hardest first, from how many answers each has and its facility.

    Those with enough answers come first; of equally hard ones, the one with more answers, then by id.
    """
    return tuple(
        sorted(items, key=lambda each: (items[each][0] < ENOUGH, items[each][1], -items[each][0], each))
    )


def talk_about(items: Mapping[str, tuple[int, float]]) -> tuple[str, ...]:
    """The hardest questions, two at most, that have enough answers and went less than well."""
    known = {each: (n, facility) for each, (n, facility) in items.items() if n >= ENOUGH and facility < WELL}
    return hardest(known)[:TALKS]


# -- figures


def wilson(share: float, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """The range of a share that was seen in n answers: Wilson's score interval (Wilson, 1927).

    This z makes it a 95 % interval. For a mean of scores with partial credit, taken as the share, it errs on
    the wide side, because such scores vary less than right and wrong alone. Without answers, everything from
    0 to 1 is possible.
    """
    if not n:
        return 0.0, 1.0
    weight = 1 + z * z / n
    middle = (share + z * z / (2 * n)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def median(values: Iterable[float | None]) -> float | None:
    """The median of the values that are known, None where none is."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _correlation(scores: Sequence[float], rests: Sequence[float]) -> float | None:
    """Pearson's correlation, from -1 to 1; None where one side does not vary by more than rounding."""
    if any(max(each) - min(each) <= EVEN for each in (scores, rests)):
        return None
    found = statistics.correlation(scores, rests)
    return 0.0 if abs(found) < EVEN / 1000 else max(-1.0, min(1.0, found))


def _counted(grades: Iterable[Grade]) -> tuple[tuple[str, int], ...]:
    counts = Counter(belief for grade in grades for belief in grade.misconceptions)
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


# -- who answered what


def _choices(
    question: Question, answers: Sequence[Answer], grades: Mapping[Answer, Grade]
) -> Iterator[Choice]:
    """The rows of a question; none where somebody rates, for no two answers in own words are the same."""
    if question.rated:
        return
    if _is_picked(question):
        parts = question.keys()
        yield from (_option(question, part, answers) for part in parts)
        silent = [not set(answer) & set(parts) for answer in answers]
    else:
        yield from _given(question, answers, grades)
        silent = [question.is_blank(answer) for answer in answers]
    if any(silent):
        yield _shared(Choice(text="No answer"), silent)


def _is_picked(question: Question) -> bool:
    """Whether an answer picks some of the parts. Ordering and matching use them all, typing has none."""
    return len(question.model()) < len(question.keys()) and not question.stems()


def _shared(choice: Choice, made: Sequence[bool]) -> Choice:
    """The row with its shares; `made` tells of each learner, weakest first, whether this was the answer."""
    third, share = len(made) // 3, sum(made) / len(made)
    if third < 2:
        return replace(choice, share=share)
    return replace(choice, share=share, top=sum(made[-third:]) / third, low=sum(made[:third]) / third)


def _option(question: Question, key: str, answers: Sequence[Answer]) -> Choice:
    """The row of an option, in the words that whoever picks it is told."""
    is_key = key in question.model()
    mark = "right" if is_key else "wrong"
    told = next(told for told in question.tell((key,), (key,)) if told.mark == mark)
    choice = Choice(key=key, letter=key.upper(), text=told.text, is_key=is_key, is_output=told.is_output)
    return _shared(choice, [key in answer for answer in answers])


def _given(question: Question, answers: Sequence[Answer], grades: Mapping[Answer, Grade]) -> Iterator[Choice]:
    """The rows of whole answers: the right one first, then the commonest, then all others together."""
    stands_for = _spellings(question, answers, grades)
    given = [stands_for.get(answer) for answer in answers]
    counts = Counter(answer for answer in given if answer is not None)
    ranked = sorted(counts, key=lambda answer: (not grades[answer].right, -counts[answer], answer))
    for letter, answer in zip(string.ascii_uppercase, ranked[:COMMONEST], strict=False):
        text, is_output = _words(question, answer)
        row = Choice(letter=letter, text=text, is_key=grades[answer].right, is_output=is_output)
        yield _shared(row, [each == answer for each in given])
    if others := set(ranked[COMMONEST:]):
        yield _shared(Choice(text="Other answers"), [each in others for each in given])


def _spellings(
    question: Question, answers: Sequence[Answer], grades: Mapping[Answer, Grade]
) -> dict[Answer, Answer]:
    """For each answer that is not blank, the commonest of those that are the same."""
    counts, first = Counter(answers), dict[tuple[object, ...], Answer]()
    return {
        answer: first.setdefault(_same(question, answer, grades[answer]), answer)
        for answer in sorted(counts, key=lambda answer: (-counts[answer], answer))
        if not question.is_blank(answer)
    }


def _same(question: Question, answer: Answer, grade: Grade) -> tuple[object, ...]:
    """What is equal for answers that are the same, and different for others.

    Right ones are the same, and so are those that the author foresaw as one mistake. Where several things are
    asked, a mistake tells of one alone. There, and where nobody foresaw it, those are the same that look
    alike and have the same score.
    """
    if grade.right:
        return ("right",)
    if grade.notes and len(question.stems()) < 2:
        return grade.notes
    return (grade.score, *(tuple(map(_plain, part.strip().splitlines())) for part in answer))


def _plain(line: str) -> str:
    """A line without what makes two answers differ to the eye only: case, spacing, quotes around it."""
    return " ".join(line.casefold().split()).strip("`'\"")


def _words(question: Question, answer: Answer) -> tuple[str, bool]:
    """A whole answer as text, and whether that is literal."""
    stems, parts = question.stems(), question.keys()
    if not parts:
        numbered = (f"{number}: {text}" for number, text in enumerate(answer, start=1))
        return "\n".join(numbered if len(stems) > 1 else answer), True
    faces = [question.face(key) if key in parts else "no answer" for key in answer]
    if stems:
        return "; ".join(f"{stem} – {face}" for stem, face in zip(stems, faces, strict=False)), False
    return " → ".join(faces), False


# -- flags


def _flags(question: Question, item: Item, facility: float, wrong: Sequence[Grade]) -> Iterator[Flag]:
    """What a trainer should look at; `wrong` are the grades of the answers that were not right."""
    are_many = item.answers >= MANY
    yield from _better_liked(item.options, item.answers // 3)
    if are_many and item.tells == "negative":
        yield Flag("negative", "Weak learners do better here: the key may be wrong")
    if _is_picked(question) and facility <= _chance(question) + EVEN:
        yield Flag("hard", "No better than guessing: too hard, or unclear")
    yield from _one_idea(wrong)
    if are_many:
        yield from _unused(question, item.options)
    if are_many and facility >= EASY:
        yield Flag("easy", "Nearly everybody is right: it tells little")


def _better_liked(rows: Iterable[Choice], third: int) -> Iterator[Flag]:
    """The wrong answer that strong learners give most, where they give it more than the key.

    Of several keys, the one chosen least. One learner alone is no "strong learners".
    """
    named = [row for row in rows if row.letter and row.top is not None]
    best = max((row for row in named if not row.is_key), key=_liking, default=None)
    key = min((_liking(row) for row in named if row.is_key), default=0.0)
    if best and _liking(best) > key and round(_liking(best) * third) > 1:
        verb = "choose" if best.key else "answer"
        yield Flag("key", f"Strong learners {verb} {_name(best)}: check the key", best.letter)


def _liking(row: Choice) -> float:
    return row.top or 0.0


def _chance(question: Question) -> float:
    """The mean score of picking blindly as many parts as are right."""
    guesses = combinations(question.keys(), len(question.model()))
    return statistics.fmean(question.grade(guess).score for guess in guesses)


def _one_idea(wrong: Sequence[Grade]) -> Iterator[Flag]:
    for belief, count in _counted(wrong)[:1]:
        if count >= IDEA and 2 * count >= len(wrong):
            yield Flag("one-idea", "At least half of the wrong answers share one idea", belief)


def _unused(question: Question, rows: Iterable[Choice]) -> Iterator[Flag]:
    """The distractors that nobody chose; a program's line is one where its author foresaw it."""
    for row in rows:
        if row.key and not row.share and question.grade((row.key,)).notes:
            yield Flag("unused", f"Nobody chose {_name(row)}: a useless option", row.letter)


def _name(row: Choice) -> str:
    return f"line {row.letter}" if row.letter.isdigit() else row.letter
