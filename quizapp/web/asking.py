"""What a page may know of a question: before the answer no key at all, after it everything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from markupsafe import Markup

from quizapp.bank import Answer, Bank, Misconception, Open, Part, Question
from quizapp.learn import ALL, Sight, Slot
from quizapp.web.markup import code_lines, inline, markdown, plain, source_title

BY_NUMBER = re.compile(r"\blines? \d|\bwhich line\b", re.I)
"""A question that speaks of lines by their numbers shows the numbers."""

MAX_VALUES = 40
MAX_CHARACTERS = 2000
MOST_WORDS = 8_000
"""Characters of an answer in one's own words: more than anybody says in five minutes."""
YOURS, CORRECT = "Your answer", "Correct"
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
    """A question after its answer, as far as it may be told: what may not be shown is not in it.

    `own` is what was answered, where no row says it.
    """

    state: Literal["right", "partly", "wrong", "shown", "kept"]
    verdict: Markup
    verdict_text: str
    own: tuple[ToldRow, ...] = ()
    beliefs: tuple[Misconception, ...] = ()
    notes: tuple[Markup, ...] = ()
    rows: tuple[ToldRow, ...] = ()
    explanation: Markup = field(default_factory=Markup)
    model: Markup = field(default_factory=Markup)
    comment: str = ""
    is_judged_anew: bool = False
    sources: tuple[Source, ...] = ()


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
    most, many = (MOST_WORDS, 1) if question.rated else (MAX_CHARACTERS, MAX_VALUES)
    if len(values) > many or any(len(value.replace("\r\n", "\n")) > most for value in values):
        raise BadAnswer(f"This answer is too long. At most {most:,} characters can be kept.")
    try:
        return question.read([value.replace("\r\n", "\n") for value in values], shown)
    except ValueError as error:
        text = str(error)
        raise BadAnswer(f"{text[0].upper()}{text[1:]}.") from None


def telling(question: Question, slot: Slot, bank: Bank, sight: Sight = ALL) -> Telling:
    """The question with the answer in its slot, for the learner who gave it, or gave none.

    Nothing goes in that `sight` keeps back: without a mark, a reason or the key, no answer key is asked.
    """
    answer = slot.step.answer if slot.step else ()
    rated = slot.marked.answer if slot.marked and slot.marked.kind == "mark" else answer
    rows = _rows(question, rated, slot, sight) if sight.key else ()
    state, verdict = _verdict(question, slot, sight)
    explains = sight.reason and sight.key
    return Telling(
        state=state,
        verdict=inline(verdict),
        verdict_text=plain(verdict),
        own=_own(question, answer, slot.shown) if sight.answer and not _says_own(question, sight) else (),
        beliefs=_beliefs(question, rated, bank) if sight.reason else (),
        notes=_notes(question, rated, rows) if sight.reason else (),
        rows=rows,
        explanation=markdown(question.explanation) if explains else Markup(),
        model=markdown(question.model_answer) if sight.key and isinstance(question, Open) else Markup(),
        comment=slot.note if sight.reason else "",
        is_judged_anew=sight.mark and slot.marked is not None and not question.rated,
        sources=_sources(question) if explains else (),
    )


def _says_own(question: Question, sight: Sight) -> bool:
    """Whether the rows of the key name the own answer, too."""
    return sight.key and sight.mark and not question.rated


def _rows(question: Question, answer: Answer, slot: Slot, sight: Sight) -> tuple[ToldRow, ...]:
    """The right answer; with the own one marked in it, and with reasons, where these may be told."""
    with_own = sight.mark and (sight.answer or question.rated) and not _waits(question, slot)
    told = question.tell(answer if with_own else (), slot.shown)
    return tuple(
        ToldRow(
            Markup("{}").format(row.text) if row.is_output else inline(row.text),
            inline(row.why) if sight.reason else Markup(),
            row.mark if with_own or not question.rated else "",
            row.tag if with_own else CORRECT if row.mark == "right" else "",
            row.is_output,
        )
        for row in told
    )


def _beliefs(question: Question, answer: Answer, bank: Bank) -> tuple[Misconception, ...]:
    found = question.grade(answer).misconceptions
    return tuple(bank.misconceptions[each] for each in found if each in bank.misconceptions)[:2]


def _notes(question: Question, answer: Answer, rows: tuple[ToldRow, ...]) -> tuple[Markup, ...]:
    """What is to be said of a mistake, and stands in no row."""
    said = {row.why for row in rows}
    if rows and question.stems():
        return ()
    return tuple(why for note in question.grade(answer).notes if (why := inline(note.why)) not in said)


def _sources(question: Question) -> tuple[Source, ...]:
    return tuple(Source(address, source_title(address)) for address in question.sources)


def _own(question: Question, answer: Answer, shown: Answer) -> tuple[ToldRow, ...]:
    """What was answered, in the words of the page that asked."""
    if question.is_blank(answer):
        return ()
    if not question.keys():
        texts = answer if question.stems() else ("\n".join(answer[:1] if question.rated else answer),)
        return _with_stems(question, tuple(Markup("{}").format(text) for text in texts), is_output=True)
    offered = dict(zip(shown, question.offer(shown), strict=True))
    if question.stems():
        faces = tuple(inline(offered[key].text) if key in offered else Markup("–") for key in answer)
        return _with_stems(question, faces, is_output=False)
    parts = [(key, offered[key]) for key in answer if key in offered]
    return tuple(
        _own_part(key, part, YOURS if question.type != "ordering" else f"{place} of {len(parts)}", question)
        for place, (key, part) in enumerate(parts, start=1)
    )


def _own_part(key: str, part: Part, tag: str, question: Question) -> ToldRow:
    if question.type == "spot-line":
        return ToldRow(Markup("{}  {}").format(key, part.text.strip()), Markup(), "", tag, is_output=True)
    html = Markup("{}").format(part.text) if part.is_output else inline(part.text)
    return ToldRow(html, Markup(), "", tag, part.is_output)


def _with_stems(question: Question, given: tuple[Markup, ...], *, is_output: bool) -> tuple[ToldRow, ...]:
    stems = question.stems() or ("",) * len(given)
    return tuple(
        ToldRow(Markup("{}: {}").format(inline(stem), text) if stem else text, Markup(), "", YOURS, is_output)
        for stem, text in zip(stems, given, strict=False)
        if text
    )


def _waits(question: Question, slot: Slot) -> bool:
    """Whether somebody has yet to mark the answer."""
    return question.rated and slot.step is not None and slot.score is None


def _verdict(
    question: Question, slot: Slot, sight: Sight
) -> tuple[Literal["right", "partly", "wrong", "shown", "kept"], str]:
    answer, sure = (slot.step.answer, slot.step.sure) if slot.step else ((), True)
    if question.is_blank(answer):
        return ("shown", "Here is how it works") if sight.is_all else ("kept", "Not answered")
    if not sight.mark:
        return "kept", "Your answer is kept"
    if _waits(question, slot):
        return "kept", "Waits for your trainer’s marks"
    score = slot.score if slot.marked and slot.score is not None else question.grade(answer).score
    if score == 1:
        return "right", "Right" if sure or not sight.is_all else "Right, and now you know why"
    if score > 0:
        return "partly", f"Partly right: {score:.0%}"
    return "wrong", f"Not quite{_short_truth(question) if sight.key else ''}"


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
