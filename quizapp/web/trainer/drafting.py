"""A quiz while it is built: the rows of its form, how they move, and what is wrong with each."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from werkzeug.datastructures import MultiDict

from quizapp.bank import LEVELS, Bank, Question
from quizapp.learn import MOST_QUESTIONS, Paper, Part, room
from quizapp.web.markup import plain
from quizapp.web.trainer.ruling import LONGEST_TITLE, Reader

Form = MultiDict[str, str]
NUMBER = re.compile(r"\d{1,3}([.,]\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"\d{1,3}", re.ASCII)
MOST_WEIGHT = 100
MOST_FOUND = 40
"""Questions that one search lists; whoever looks for more narrows it."""
MOST_CHARACTERS = 200
"""Of one field, so that a page stays small whatever is sent."""
FILTERS = ("topic", "level", "type")
DRAWS_BY = ("topic", "concept", "level", "type")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row as it was typed: a question, or where that is empty a draw."""

    question: str = ""
    topic: str = ""
    concept: str = ""
    level: str = ""
    type: str = ""
    count: str = "1"
    weight: str = "1"

    def part(self) -> Part:
        """The row as a part of a paper; a number that can't be read counts as 1."""
        weight = float(self.weight.replace(",", ".")) if NUMBER.fullmatch(self.weight) else 1.0
        if self.question:
            return Part(question=self.question, weight=weight)
        by = {name: getattr(self, name) for name in DRAWS_BY}
        count = int(self.count) if WHOLE.fullmatch(self.count) else 1
        return Part(**by, count=count, weight=weight)


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The form of a quiz: its rows, and what is looked for among all questions."""

    title: str = ""
    rows: tuple[Row, ...] = ()
    find: str = ""
    topic: str = ""
    level: str = ""
    type: str = ""
    faults: Mapping[str, str] = field(default_factory=dict)

    @property
    def paper(self) -> Paper:
        """The quiz as far as it can be read."""
        return Paper(self.title, tuple(row.part() for row in self.rows))


def draft_of(paper: Paper) -> Draft:
    """The form that says this paper."""
    rows = tuple(
        Row(
            **{name: getattr(part, name) for name in ("question", *DRAWS_BY)},
            count=str(part.count),
            weight=f"{part.weight:g}",
        )
        for part in paper.parts
    )
    return Draft(title=paper.title, rows=rows)


def sent_draft(form: Form) -> Draft:
    """The draft in a form, its rows in the order of their places."""
    rows = [_row(form, key) for key in form.getlist("row")[: 2 * MOST_QUESTIONS]]
    places = [form.get(f"place-{key}", "") for key in form.getlist("row")[: 2 * MOST_QUESTIONS]]
    return Draft(
        title=_short(form.get("title", "")),
        rows=tuple(_placed(rows, places)),
        find=_short(form.get("find", "")),
        topic=_short(form.get("topic", "")),
        level=_short(form.get("level", "")),
        type=_short(form.get("type", "")),
    )


def _row(form: Form, key: str) -> Row:
    names = ("question", *DRAWS_BY, "count", "weight")
    return Row(**{name: _short(form[f"{name}-{key}"]) for name in names if f"{name}-{key}" in form})


def _short(text: str) -> str:
    return " ".join(text[:MOST_CHARACTERS].split())


def _placed(rows: Sequence[Row], places: Sequence[str]) -> list[Row]:
    """The rows by the places that were typed: who is given a place takes it, and others make way."""

    def wanted(index: int) -> float:
        now, typed = index + 1, places[index]
        place = int(typed) if WHOLE.fullmatch(typed) else now
        return place + (place > now) * 0.5 - (place < now) * 0.5

    return [rows[index] for index in sorted(range(len(rows)), key=wanted)]


# -- what buttons do


def act(draft: Draft, form: Form, bank: Bank) -> Draft:
    """The draft after the button that was pressed: `add`, `draw`, or `up`, `down` or `out` with a row."""
    do, _, which = form.get("do", "").partition(" ")
    if do == "add":
        there = {row.question for row in draft.rows}
        new = [each for each in dict.fromkeys(form.getlist("add")) if each in bank and each not in there]
        return replace(draft, rows=(*draft.rows, *(Row(question=each) for each in new)))
    if do == "draw":
        return replace(draft, rows=(*draft.rows, Row(topic=draft.topic, level=draft.level, type=draft.type)))
    if not WHOLE.fullmatch(which) or int(which) >= len(draft.rows):
        return draft
    return replace(draft, rows=tuple(_moved(list(draft.rows), do, int(which))))


def _moved(rows: list[Row], do: str, index: int) -> list[Row]:
    row = rows.pop(index)
    if do == "out":
        return rows
    to = index - 1 if do == "up" else index + 1 if do == "down" else index
    rows.insert(max(0, to), row)
    return rows


def without_lost(draft: Draft, bank: Bank) -> Draft:
    """The draft without questions that are no longer in the bank."""
    return replace(draft, rows=tuple(row for row in draft.rows if not row.question or row.question in bank))


# -- what is wrong


def checked(draft: Draft, bank: Bank) -> Draft:
    """The draft with all that keeps it from being saved, a sentence by the name of its field."""
    reader = Reader(MultiDict({"title": draft.title}))
    reader.text("title", "a title", LONGEST_TITLE)
    faults, paper = reader.faults, draft.paper
    rooms = room(paper, bank)
    twice = {each for each, count in Counter(row.question for row in draft.rows).items() if count > 1}
    for index, (row, free) in enumerate(zip(draft.rows, rooms, strict=True)):
        if text := _wrong_weight(row.weight):
            faults[f"weight-{index}"] = text
        if row.question and row.question in twice:
            faults[f"weight-{index}"] = "This question is in the quiz twice. Take one out."
        if text := _wrong_count(row, free, bank):
            faults[f"count-{index}"] = text
    if not draft.rows:
        faults["find"] = "Choose at least one question, or add a draw."
    elif paper.size > MOST_QUESTIONS:
        faults["find"] = f"A quiz has at most {MOST_QUESTIONS} questions. This one has {paper.size}."
    return replace(draft, faults=faults)


def _wrong_weight(weight: str) -> str:
    found = float(weight.replace(",", ".")) if NUMBER.fullmatch(weight) else math.nan
    return "" if 0 < found <= MOST_WEIGHT else f"Write points from 0.001 to {MOST_WEIGHT}."


def _wrong_count(row: Row, free: int, bank: Bank) -> str:
    if row.question:
        return "" if row.question in bank else "This question is no longer in the bank. Take it out."
    if row.concept and row.concept not in bank.concepts:
        return "The bank has no such concept. Choose one of the list."
    if not WHOLE.fullmatch(row.count) or not 1 <= int(row.count) <= MOST_QUESTIONS:
        return f"Write a whole number from 1 to {MOST_QUESTIONS}."
    if int(row.count) <= free:
        return ""
    if not free:
        return "No question is left that fits. Ask for others, or take this draw out."
    return f"Only {free} question{' fits' if free == 1 else 's fit'}: ask for fewer."


# -- looking for questions


def found_in(draft: Draft, bank: Bank) -> tuple[Sequence[Question], int]:
    """The first questions that fit what is looked for and are not in the quiz yet, and how many do in all."""
    there = {row.question for row in draft.rows}
    words = draft.find.casefold().split()
    fitting = [
        each
        for each in bank
        if each.id not in there and _passes(draft, each) and all(word in _said(each) for word in words)
    ]
    return fitting[:MOST_FOUND], len(fitting)


def _passes(draft: Draft, question: Question) -> bool:
    return all(
        wanted in ("", getattr(question, name)) for name in FILTERS for wanted in [getattr(draft, name)]
    )


def _said(question: Question) -> str:
    return f"{plain(question.prompt)} {question.id} {' '.join(question.concepts)}".casefold()


def title_of(question: Question) -> str:
    """What is asked, in one line."""
    return plain(question.prompt.strip().partition("\n\n")[0])


def levels_of(questions: Iterable[Question]) -> str:
    """How many of each level: `4 beginner, 6 advanced`."""
    counts = Counter(question.level for question in questions)
    return ", ".join(f"{counts[level]} {level}" for level in LEVELS if counts[level])
