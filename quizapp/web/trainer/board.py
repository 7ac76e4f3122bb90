"""What the results page shows: the matrix of learners and questions, and why one question is hard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal, get_args

from flask import request
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import Gone, Misconception, Question
from quizapp.learn import ENOUGH, Item, Paper
from quizapp.store import Board, Column, Line, Sitting, State
from quizapp.web.guests import results
from quizapp.web.learner import topic_title
from quizapp.web.markup import inline
from quizapp.web.opening import bank, question_by

MOST_CELLS = 2500
"""Cells of one page: about what a browser lays out without a pause."""
MOST_ROWS, FEWEST_ROWS = 100, 5
SortOrder = Literal["name", "score", "active"]
ORDERS: tuple[SortOrder, ...] = get_args(SortOrder)
HIDDEN = "hidden"
MOST_OPTIONS = 8
"""Options of a question that are shown even if nobody chose them."""
LONG = 100
"""Seconds from which on a time is told in minutes."""
STATES = {
    "right": ("ok", "●", "right"),
    "partly": ("pa", "½", "partly right"),
    "wrong": ("no", "×", "wrong"),
    "unsure": ("un", "?", "not sure, wrong"),
    "waits": ("wt", "–", "no mark yet"),
    "late": ("lt", "◷", "late"),
    "empty": ("nr", "·", "not reached"),
    "absent": ("ab", "", "not asked"),
}
"""A cell's class, glyph and words by its state."""
USUAL = ("ok", "no", "un", "nr")
CELLS = {
    (state, is_chosen): Markup(
        '<td class="c {}{}"><span aria-hidden="true">{}</span><span class="vh">{}</span></td>'
    ).format(css, " sel" if is_chosen else "", glyph, words)
    for state, (css, glyph, words) in STATES.items()
    for is_chosen in (False, True)
}
"""A cell as HTML, made once: a page has thousands."""
NO_LONGER = ("(no longer offered)",)
"""Stands for an answer that the question has no more, which is no option's key."""


@dataclass(frozen=True)
class Head:
    """A column's head and foot: `percent` is how many are right, None below five first tries."""

    number: int
    question: str
    answers: int
    percent: int | None
    is_chosen: bool


@dataclass(frozen=True)
class Row:
    """A learner's line, with its cells in the order of the heads."""

    member: str
    name: str
    labels: tuple[str, ...]
    percent: int | None
    is_answering: bool
    attempt: int
    cells: Markup


@dataclass(frozen=True)
class Matrix:
    """One page of the matrix."""

    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    page: int
    pages: int
    order: SortOrder
    learners: int
    legend: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Tiles:
    """What is said before anything else."""

    begun: int
    finished: int
    members: int
    score: int | None
    time: str
    talk: tuple[int, ...]
    is_enough: bool


@dataclass(frozen=True)
class OptionRow:
    """A row of who answered what; shares are whole percents."""

    letter: str
    html: Markup
    is_key: bool
    is_wrong: bool
    is_output: bool
    share: int
    top: int | None
    low: int | None


@dataclass(frozen=True)
class Figures:
    """What first tries say of a question, as pages show it; shares are whole percents."""

    item: Item
    percent: int | None
    low: int | None
    high: int | None
    time: str
    options: tuple[OptionRow, ...]
    unchosen: int
    flags: tuple[learn.Flag, ...]
    beliefs: tuple[tuple[Misconception, int], ...]
    shared: Misconception | None


@dataclass(frozen=True)
class ItemView:
    """One question of an assignment with its figures."""

    number: int
    question: str
    topic: str
    title: Markup
    figures: Figures
    versions: int


# -- numbers and names


def percent(share: float) -> int:
    """A share as a whole percent."""
    return round(100 * share)


def duration(seconds: float | None) -> str:
    """A time in words: seconds up to a minute or two, then minutes; a dash where it is unknown."""
    if seconds is None:
        return "–"
    return f"{round(seconds)} s" if seconds < LONG else f"{round(seconds / 60)} min"


def numbers(board: Board) -> dict[str, int]:
    """What each question is called."""
    ids = question_order(board.assignment.paper, (column.question for column in board.columns))
    return {question_id: number for number, question_id in enumerate(ids, start=1)}


def question_order(paper: Paper, asked: Iterable[str]) -> tuple[str, ...]:
    """The questions of an assignment: fixed ones as the paper has them, then drawn ones as first asked."""
    fixed = [part.question for part in paper.parts if part.question]
    return tuple(dict.fromkeys([*fixed, *asked]))


def hides_names() -> bool:
    """Whether names are hidden on this browser."""
    return request.cookies.get("names") == HIDDEN


def names(board: Board) -> dict[str, str]:
    """What each member is called here, by member id: as they joined, "Learner 1" and so on when hidden."""
    if not hides_names():
        return {line.member.id: line.member.name for line in board.lines}
    return {line.member.id: f"Learner {number}" for number, line in enumerate(board.lines, start=1)}


def ordered(board: Board, order: SortOrder) -> list[Line]:
    """The lines in an order. Hidden names do not show by their order, either."""
    lines = list(board.lines)
    if not hides_names():
        lines.sort(key=lambda line: line.member.name.casefold())
    if order == "score":
        counts = board.assignment.rules.counts
        lines.sort(key=lambda line: -1.0 if (share := line.share(counts)) is None else share, reverse=True)
    elif order == "active":
        lines.sort(key=lambda line: line.active.timestamp() if line.active else 0.0, reverse=True)
    return lines


def hardest_first(columns: Sequence[Column]) -> list[Column]:
    """The columns, the hardest question first; those that nobody has tried come last."""
    by_id = {each.question: each for each in columns}
    figures = {each.question: (each.answers, each.facility if each.answers else 1.0) for each in columns}
    return [by_id[question_id] for question_id in learn.hardest(figures)]


@dataclass(frozen=True)
class Analysed:
    """A question as most were asked it, what the first tries say of it, and in how many versions it was."""

    question: Question
    item: Item
    versions: int


def analysed(board: Board, question_id: str) -> Analysed | None:
    """What the first tries say of a question; None when none is there and it has left the bank."""
    return board.made(
        f"item {question_id}", lambda: _analysed(question_id, results().tries(board, question_id))
    )


def _analysed(question_id: str, tries: Sequence[tuple[learn.Try, str]]) -> Analysed | None:
    revisions = Counter(revision for _, revision in tries)
    is_known = question_id in bank()
    if is_known and (not revisions or bank()[question_id].revision in revisions):
        question = bank()[question_id]  # a regrade by it graded all that it changed
    elif revisions:
        question = question_by(revisions.most_common(1)[0][0])
    else:
        return None
    said = [_carried(one, revision, question) for one, revision in tries]
    return Analysed(question, learn.analyse(question, said), len(revisions))


def _carried(one: learn.Try, revision: str, to: Question) -> learn.Try:
    """The try with its answer in the keys of the question that all are analysed by."""
    if revision == to.revision or to.rated:
        return one
    try:
        return replace(one, answer=question_by(revision).carried(one.answer, to))
    except Gone:
        return replace(one, answer=NO_LONGER)


# -- the matrix


def matrix(board: Board, *, chosen: str, page: int, order: SortOrder) -> Matrix:
    """One page of the matrix, with the chosen question marked."""
    columns, called = hardest_first(board.columns), numbers(board)
    size = max(FEWEST_ROWS, min(MOST_ROWS, MOST_CELLS // max(1, len(columns))))
    pages = max(1, ceil(len(board.lines) / size))
    page = max(1, min(page, pages))
    shown = ordered(board, order)[(page - 1) * size : page * size]
    heads = tuple(_head(each, called[each.question], chosen) for each in columns)
    rows = _rows(board, shown, heads)
    return Matrix(heads, rows, page, pages, order, len(board.lines), _legend(rows))


def _legend(rows: Sequence[Row]) -> tuple[tuple[str, str, str], ...]:
    """The states to explain: those that are always there, and the others where one is seen."""
    return tuple(
        state
        for state in STATES.values()
        if state[1] and (state[0] in USUAL or any(f'"c {state[0]}' in row.cells for row in rows))
    )


def _head(column: Column, number: int, chosen: str) -> Head:
    share = percent(column.facility) if column.answers >= ENOUGH else None
    return Head(number, column.question, column.answers, share, column.question == chosen)


def _rows(board: Board, lines: Sequence[Line], heads: Sequence[Head]) -> tuple[Row, ...]:
    counts, called = board.assignment.rules.counts, names(board)
    counting: dict[str, Sitting] = {
        line.member.id: sitting for line in lines if (sitting := line.counting(counts))
    }
    found = results().states(sitting.attempt for sitting in counting.values())
    return tuple(_row(line, counting.get(line.member.id), found, heads, called, counts) for line in lines)


def _row(
    line: Line,
    sitting: Sitting | None,
    states: Mapping[str, Mapping[str, State]],
    heads: Sequence[Head],
    called: Mapping[str, str],
    counts: learn.Counts,
) -> Row:
    found = states[sitting.attempt] if sitting else {}
    share = line.share(counts)
    nothing: Literal["absent", "empty"] = "absent" if sitting else "empty"
    cells = [CELLS[found.get(head.question, nothing), head.is_chosen] for head in heads]
    return Row(
        member=line.member.id,
        name=called[line.member.id],
        labels=() if hides_names() else line.member.labels,
        percent=None if share is None else percent(share),
        is_answering=line.is_answering,
        attempt=sitting.outcome.number if sitting else 0,
        cells=Markup("".join(cells)),  # noqa: S704 - made above
    )


# -- the summary


def tiles(board: Board) -> Tiles:
    """How far the group is, how it went, and what to talk about."""
    counts, called = board.assignment.rules.counts, numbers(board)
    done = [line for line in board.lines if line.is_finished]
    score, time = board.made(f"medians {counts}", lambda: _medians(done, counts))
    figures = {each.question: (each.answers, each.facility) for each in board.columns}
    return Tiles(
        begun=sum(bool(line.sittings) for line in board.lines),
        finished=len(done),
        members=len(board.lines),
        score=None if score is None else percent(score),
        time=duration(time),
        talk=tuple(called[each] for each in learn.talk_about(figures)),
        is_enough=any(each.answers >= ENOUGH for each in board.columns),
    )


def _medians(done: Sequence[Line], counts: learn.Counts) -> tuple[float | None, float | None]:
    shares = learn.median(line.share(counts) for line in done)
    return shares, learn.median(_taken(line, counts) for line in done)


def _taken(line: Line, counts: learn.Counts) -> float | None:
    sitting = line.counting(counts)
    if sitting is None or sitting.finished is None:
        return None
    return (sitting.finished - sitting.started).total_seconds()


# -- one question


def item_view(board: Board, question_id: str) -> ItemView | None:
    """What the first tries say of a question; None for one that nobody was asked."""
    if question_id not in {column.question for column in board.columns}:
        return None
    found = analysed(board, question_id)
    if found is None:
        return None
    return ItemView(
        number=numbers(board)[question_id],
        question=question_id,
        topic=topic_title(found.question),
        title=inline(found.question.prompt.strip().partition("\n\n")[0]),
        figures=figures_of(found.item),
        versions=found.versions,
    )


def figures_of(item: Item) -> Figures:
    """The figures as pages show them."""
    options, shared = some_of(item.options), [flag.of for flag in item.flags if flag.kind == "one-idea"]
    return Figures(
        item=item,
        percent=None if item.facility is None else percent(item.facility),
        low=None if item.low is None else percent(item.low),
        high=None if item.high is None else percent(item.high),
        time=duration(item.seconds),
        options=tuple(map(option_row, options)),
        unchosen=len(item.options) - len(options),
        flags=tuple(flag for flag in item.flags if flag.kind != "one-idea"),
        beliefs=tuple(beliefs_of(item)),
        shared=next(map(bank().misconceptions.get, shared), None),
    )


def beliefs_of(item: Item) -> list[tuple[Misconception, int]]:
    """The misconceptions that answers showed, and how many showed each; those that the bank still has."""
    known = bank().misconceptions
    return [(known[each], count) for each, count in item.misconceptions if each in known]


def some_of(options: Sequence[learn.Choice]) -> list[learn.Choice]:
    """All options, but of many, such as a program's lines, those that are the key or that somebody chose."""
    if len(options) <= MOST_OPTIONS:
        return list(options)
    return [each for each in options if each.is_key or each.share]


def option_row(choice: learn.Choice) -> OptionRow:
    """A row with its text as HTML and its shares as percents."""
    return OptionRow(
        letter="" if choice.letter.isdigit() else choice.letter,
        html=Markup("{}").format(choice.text) if choice.is_output else inline(choice.text),
        is_key=choice.is_key,
        is_wrong=bool(choice.letter) and not choice.is_key,
        is_output=choice.is_output,
        share=percent(choice.share),
        top=None if choice.top is None else percent(choice.top),
        low=None if choice.low is None else percent(choice.low),
    )
