"""What a page may know of a question: before the answer no key at all, after it everything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from markupsafe import Markup

from quizapp.bank import Answer, Bank, Misconception, Question
from quizapp.learn import Slot
from quizapp.web.markup import code_lines, inline, markdown, plain, source_title

BY_NUMBER = re.compile(r"\blines? \d|\bwhich line\b", re.I)
"""A question that speaks of lines by their numbers shows the numbers."""

MAX_VALUES = 40
MAX_CHARACTERS = 2000
SHORT_TRUTH = 60
"""A right option of up to this many characters stands in the verdict itself."""


@dataclass(frozen=True)
class ShownPart:
    """A choosable part on the page: the place that is sent, and what is seen."""

    place: str
    html: Markup
    text: str
    group: str
    is_output: bool


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A question before its answer. There is no field that could hold a key."""

    type: str
    title: str
    stem: Markup
    body: Markup
    code: tuple[Markup, ...]
    numbered: bool
    parts: tuple[ShownPart, ...]
    stems: tuple[Markup, ...]
    hints: tuple[Markup, ...] = ()
    more_hints: bool = False
    hidden: Mapping[str, str] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class ToldRow:
    """One row of the feedback."""

    html: Markup
    why: Markup
    mark: Literal["right", "wrong", ""]
    tag: str
    is_output: bool


@dataclass(frozen=True)
class Source:
    """Where to read more."""

    address: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A question after its answer: the verdict, the belief behind a mistake, each part with its reason."""

    state: Literal["right", "partly", "wrong", "shown"]
    verdict: Markup
    verdict_text: str
    beliefs: tuple[Misconception, ...]
    notes: tuple[Markup, ...]
    rows: tuple[ToldRow, ...]
    explanation: Markup
    sources: tuple[Source, ...]


class BadAnswer(Exception):
    """What was sent can't be read as an answer; the text says what to do."""


def asking(
    question: Question,
    shown: Answer,
    *,
    hidden: Mapping[str, str],
    given: tuple[str, ...] = (),
    error: str = "",
    hints: int | None = None,
) -> Asking:
    """The question as a form shows it, with that many of its hints; None where none can be asked for."""
    stem, _, body = question.prompt.strip().partition("\n\n")
    said = [question.prompt, *(part.text for part in question.offer(shown))]
    parts = tuple(
        ShownPart(str(place), inline(part.text), plain(part.text), part.group, part.is_output)
        if not part.is_output
        else ShownPart(str(place), Markup("{}").format(part.text), part.text, part.group, part.is_output)
        for place, part in enumerate(question.offer(shown), start=1)
    )
    return Asking(
        type=question.type,
        title=plain(stem),
        stem=inline(stem),
        body=markdown(body) if body else Markup(),
        code=code_lines(question.code) if question.code else (),
        numbered=any(BY_NUMBER.search(text) for text in said),
        parts=parts,
        stems=tuple(inline(stem) for stem in question.stems()),
        hints=tuple(inline(hint) for hint in question.hints[: hints or 0]),
        more_hints=hints is not None and hints < len(question.hints),
        hidden=hidden,
        given=given,
        error=error,
    )


def face_of(question: Question, shown: Answer) -> str:
    """A fingerprint of what is seen before the answer: equal as long as the reader saw the same question."""
    seen = [question.type, question.prompt, question.code, *question.stems()]
    seen += [f"{part.group} {part.text}" for part in question.offer(shown)]
    return sha256(json.dumps(seen).encode()).hexdigest()[:16]


def read_answer(question: Question, shown: Answer, values: list[str]) -> Answer:
    """The answer in a form's values. Raises BadAnswer."""
    if len(values) > MAX_VALUES or any(len(value) > MAX_CHARACTERS for value in values):
        raise BadAnswer(f"This answer is too long. At most {MAX_CHARACTERS:,} characters can be kept.")
    try:
        return question.read([value.replace("\r\n", "\n") for value in values], shown)
    except ValueError as error:
        text = str(error)
        raise BadAnswer(f"{text[0].upper()}{text[1:]}.") from None


def telling(question: Question, slot: Slot, bank: Bank) -> Telling:
    """The question with the answer in its slot, for the learner who gave it, or gave none."""
    answer, sure = (slot.step.answer, slot.step.sure) if slot.step else ((), True)
    grade = question.grade(answer)
    state, verdict = _verdict(question, answer, grade.score, sure=sure)
    rows = tuple(
        ToldRow(
            Markup("{}").format(told.text) if told.is_output else inline(told.text),
            inline(told.why),
            told.mark,
            told.tag,
            told.is_output,
        )
        for told in question.tell(answer, slot.shown)
    )
    said = {row.why for row in rows}
    return Telling(
        state=state,
        verdict=inline(verdict),
        verdict_text=plain(verdict),
        beliefs=tuple(bank.misconceptions[m] for m in grade.misconceptions if m in bank.misconceptions)[:2],
        notes=tuple(
            why for note in grade.notes if (why := inline(note.why)) not in said and not question.stems()
        ),
        rows=rows,
        explanation=markdown(question.explanation),
        sources=tuple(Source(address, source_title(address)) for address in question.sources),
    )


def _verdict(
    question: Question, answer: Answer, score: float, *, sure: bool
) -> tuple[Literal["right", "partly", "wrong", "shown"], str]:
    if question.is_blank(answer):
        return "shown", "Here is how it works"
    if score == 1:
        return "right", "Right" if sure else "Right, and now you know why"
    if score > 0:
        return "partly", f"Partly right: {score:.0%}"
    return "wrong", f"Not quite{_short_truth(question)}"


def _short_truth(question: Question) -> str:
    """The right answer in a few words, where it is that short, as the end of a sentence."""
    right = [told for told in question.tell(question.model(), question.keys()) if told.mark == "right"]
    if len(right) != 1 or right[0].is_output or question.stems():
        return ""
    if len(right[0].text) > SHORT_TRUTH:
        return ""
    text = right[0].text.rstrip(".")
    if ": " in text:
        return f". {text}"
    return f": {text if text.startswith('`') or text[:2].isupper() else text[0].lower() + text[1:]}"
