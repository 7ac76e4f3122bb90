"""The bank as a trainer sees it: each question with its figures, versions and reports."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from quizapp import learn
from quizapp.bank import LEVELS, TYPES, Misconception, Question
from quizapp.store import Missing, Received, Usage, Use
from quizapp.web.asking import Source, asking
from quizapp.web.guests import now, store, trainer
from quizapp.web.learner import topic_title
from quizapp.web.markup import inline, markdown, plain, source_title
from quizapp.web.opening import bank, shelf
from quizapp.web.reports import MOST_WORDS, REASONS, TOO_LONG
from quizapp.web.reports import reports as problems
from quizapp.web.trainer.board import figures_of

bp = Blueprint("questions", __name__, url_prefix="/t")

PAGE = 50
LONGEST_SEARCH = 200
LONGEST_TITLE = 120
NO_REPLY = "Write an answer, or close the report without one."
FIELDS = {
    "type": "Type",
    "prompt": "Prompt",
    "code": "Program",
    "options": "Options",
    "accept": "Accepted answers",
    "line": "Faulty line",
}
"""What parts of a question are called, as far as their key in the bank does not say it."""


@dataclass(frozen=True)
class Line:
    """A question in the list. `figures` are how many learners answered it, and the mean of their scores."""

    question: Question
    title: str
    topic: str
    proven: str
    figures: tuple[int, int] | None
    reports: int


@dataclass(frozen=True)
class Row:
    """A row of the key: what is offered or asked for, why it is right or wrong, and whether it is right."""

    html: Markup
    why: Markup
    is_key: bool
    is_output: bool


@dataclass(frozen=True)
class Difference:
    """A part of a question that reads otherwise in the bank than in an older revision."""

    name: str
    was: str
    now: str


@dataclass(frozen=True)
class Version:
    """A revision of a question, and which of the trainer's assignments asked it."""

    revision: str
    is_current: bool
    uses: tuple[Use, ...]
    differences: tuple[Difference, ...]

    @property
    def first(self) -> datetime | None:
        """When it was first asked in one of the trainer's assignments."""
        return min((use.first for use in self.uses), default=None)

    @property
    def times(self) -> int:
        """How often it was asked in them."""
        return sum(use.times for use in self.uses)


def usage() -> Usage:
    """What assignments tell of the questions they asked, in the running app."""
    return cast(Usage, current_app.extensions["usage"])


# -- the list


@bp.get("/questions")
def page() -> ResponseReturnValue:
    """All questions by topic, to search and to filter."""
    chosen = {name: request.args.get(name, "") for name in ("find", "topic", "level", "type")}
    chosen["find"] = chosen["find"].strip()[:LONGEST_SEARCH]
    found = [question for question in bank() if _fits(question, chosen)]
    number, pages = _page_number(len(found))
    return render_template(
        "trainer/questions.html",
        lines=_lines(found[(number - 1) * PAGE : number * PAGE]),
        count=len(found),
        chosen=chosen,
        number=number,
        pages=pages,
        topics=bank().topics,
        levels=LEVELS,
        types=sorted(TYPES),
    )


def _page_number(count: int) -> tuple[int, int]:
    """The page that is asked for, and how many there are. What is no such page is not found."""
    pages, wanted = max(1, -(-count // PAGE)), request.args.get("page", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 6 and 1 <= int(wanted) <= pages):
        abort(404)
    return int(wanted), pages


def _fits(question: Question, chosen: dict[str, str]) -> bool:
    return (
        (not chosen["topic"] or question.topic == chosen["topic"])
        and (not chosen["level"] or question.level == chosen["level"])
        and (not chosen["type"] or question.type == chosen["type"])
        and all(word in _text(question) for word in chosen["find"].casefold().split())
    )


def _text(question: Question) -> str:
    """What a search looks at: the id, the prompt and the program."""
    return f"{question.id} {question.prompt} {question.code}".casefold()


def _lines(questions: Iterable[Question]) -> list[Line]:
    me, shown = trainer(), list(questions)
    figures = usage().figures(me.id, [question.id for question in shown])
    waiting = problems().open_counts(me.id, everything=me.role == "admin")
    return [_line(question, figures.get(question.id), waiting.get(question.id, 0)) for question in shown]


def _line(question: Question, figures: tuple[int, float] | None, waiting: int) -> Line:
    witness = shelf().witness(question)
    return Line(
        question,
        _short(title_of(question)),
        topic_title(question),
        witness.proven_on if witness else "",
        (figures[0], round(100 * figures[1])) if figures else None,
        waiting,
    )


def title_of(question: Question) -> str:
    """The first paragraph of the prompt, bare."""
    return plain(question.prompt.strip().partition("\n\n")[0])


def _short(title: str) -> str:
    """A title with as many words as fit into a list."""
    return textwrap.shorten(title, LONGEST_TITLE, placeholder=" …")


# -- one question


@bp.get("/questions/<path:question_id>")
def question(question_id: str) -> ResponseReturnValue:
    """A question as it is asked, its key and reasons, and how it did in the trainer's assignments."""
    found, me = _known(question_id), trainer()
    everything = me.role == "admin"
    return render_template(
        "trainer/question.html",
        question=found,
        is_in_bank=question_id in bank(),
        asking=asking(found, found.keys(), hidden={}),
        topic=topic_title(found),
        rows=_rows(found),
        beliefs=_beliefs(found),
        explanation=markdown(found.explanation),
        sources=[Source(each, source_title(each)) for each in found.sources],
        witness=shelf().witness(found),
        figures=figures_of(learn.analyse(found, usage().tries(me.id, found.id, found.revision))),
        versions=_versions(found, me.id),
        received=problems().received(me.id, everything=everything, question=found.id, most=PAGE),
        reasons=REASONS,
        place=_place(found.id),
    )


def _known(question_id: str) -> Question:
    """The question of the bank; one that was taken out is shown as it was asked last. Raises Missing."""
    if question_id in bank():
        return bank()[question_id]
    uses = usage().uses(trainer().id, question_id)
    if not uses:
        raise Missing(question_id)
    return store().question(uses[0].revision)


def _rows(found: Question) -> list[Row]:
    return [
        Row(
            Markup("{}").format(told.text) if told.is_output else inline(told.text),
            inline(told.why),
            told.mark == "right",
            told.is_output,
        )
        for told in found.tell(found.model(), found.keys())
    ]


def _beliefs(found: Question) -> list[Misconception]:
    """The misconceptions that wrong answers show, each once."""
    names = dict.fromkeys(name for _, name in found.misconceptions())
    return [bank().misconceptions[name] for name in names if name in bank().misconceptions]


def _place(question_id: str) -> str:
    """The file of the bank and the line in it; empty where it can't be told."""
    try:
        fault = bank().place(question_id)
    except (KeyError, OSError):
        return ""
    file, folders = Path(fault.path).absolute(), [each.absolute() for each in shelf().folders]
    folder = next((each for each in folders if file.is_relative_to(each)), file.parent)
    return f"{folder.name}/{file.relative_to(folder).as_posix()}:{fault.line}"


# -- versions


def _versions(found: Question, owner: str) -> list[Version]:
    """All revisions that anybody was asked: the current one first, then the newest in use first."""
    uses = usage().uses(owner, found.id)
    stored = [each for each in usage().revisions(found.id) if each != found.revision]
    versions = [_version(found, revision, uses) for revision in (found.revision, *stored)]
    return sorted(versions, key=lambda each: (not each.is_current, -_stamp(each.first), each.revision))


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _version(found: Question, revision: str, uses: Iterable[Use]) -> Version:
    mine = tuple(use for use in uses if use.revision == revision)
    if revision == found.revision:
        return Version(revision, True, mine, ())
    return Version(revision, False, mine, tuple(differences(store().question(revision), found)))


def differences(old: Question, new: Question) -> Iterator[Difference]:
    """Which parts of what is asked and graded read otherwise."""
    before, after = ({"type": each.type, **each.graded()} for each in (old, new))
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            called = FIELDS.get(name, name.replace("_", " ").capitalize())
            yield Difference(called, spelled_out(before.get(name)), spelled_out(after.get(name)))


def spelled_out(value: Any) -> str:
    """A value of a question as lines to read."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "\n".join(f"– {_on_a_line(each)}" for each in value)
    return "" if value is None else _on_a_line(value)


def _on_a_line(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_on_a_line(inner)}" for name, inner in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# -- reports


@bp.get("/reports")
def reports() -> ResponseReturnValue:
    """What learners reported, open ones first, each with what there is to judge it by."""
    return _reports_page()


def _reports_page(code: int = 200, **view: Any) -> ResponseReturnValue:
    me, number = trainer(), _report_page_number()
    found = problems().received(me.id, everything=me.role == "admin", most=PAGE + 1, skip=(number - 1) * PAGE)
    body = render_template(
        "trainer/reports.html",
        cases=[_case(each) for each in found[:PAGE]],
        number=number,
        has_more=len(found) > PAGE,
        reasons=REASONS,
        most=MOST_WORDS,
        **view,
    )
    return body, code


def _report_page_number() -> int:
    wanted = request.args.get("page", "1")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 6 and int(wanted)):
        abort(404)
    return int(wanted)


@dataclass(frozen=True)
class Case:
    """A report with its evidence: what was asked, and whether the bank has another wording now."""

    received: Received
    title: str
    proven: str
    versions: tuple[str, ...]
    has_timeline: bool
    state: str


def _case(received: Received) -> Case:
    report = received.report
    found = bank().by_revision.get(report.revision)
    witness, shown = shelf().witness(found) if found else None, found or _as_asked(report.revision)
    return Case(
        received,
        title_of(shown) if shown else report.question,
        witness.proven_on if witness else "",
        witness.versions if witness else (),
        bool(witness and witness.sides),
        "same" if found else "changed" if report.question in bank() else "gone",
    )


def _as_asked(revision: str) -> Question | None:
    """The question as it was asked; None where it was reported without ever being asked."""
    try:
        return store().question(revision)
    except Missing:
        return None


@bp.post("/reports/<uuid:report_id>")
def settle(report_id: UUID) -> ResponseReturnValue:
    """Answer a report, close it, or open it again."""
    me, do = trainer(), request.form.get("do", "")
    everything = me.role == "admin"
    problems().expect(str(report_id), me.id, everything=everything)
    if do == "reply":
        text = request.form.get("reply", "").replace("\r\n", "\n").strip()
        if error := NO_REPLY if not text else TOO_LONG if len(text) > MOST_WORDS else "":
            return _reports_page(422, error=error, wrong=str(report_id), typed=text)
        problems().reply(str(report_id), me.id, text, everything=everything)
    elif do in ("close", "open"):
        at = now() if do == "close" else None
        problems().close(str(report_id), me.id, at, everything=everything)
    else:
        abort(400)
    page = request.args.get("page")
    return redirect(url_for(".reports", page=page, _anchor=f"r-{report_id}"), 303)
