"""Item lint: what makes a question hard to read, easy to guess or unkind, found by rule.

The rules are those of the authors' page (docs/authoring.md); after Haladyna, Downing and Rodriguez (2002),
"A review of multiple-choice item-writing guidelines for classroom assessment".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from quizapp.bank.types import Finding, Path, Question

MAX_WORDS = 60
MAX_CODE_LINES = 25
MAX_CODE_COLUMNS = 76
MAX_LENGTH_RATIO = 1.5
SHORT = 25
"""Options up to this many characters may differ in length: nobody guesses by it."""

CODE_SPAN = re.compile(r"`[^`]*`")
WORD = re.compile(r"\S+")
WHOLE_STEM = re.compile(r"^(which of the following|what is true)[^?]{0,24}\?$", re.I)
ALL_OF_ABOVE = re.compile(
    r"\b(all|none|both|neither) of (the|these) (above|options)\b|^(both )?[A-D] and [A-D]\b", re.I
)
NEGATIVE = re.compile(r"\b(which|what|who)\b[^.?]*\b(not|except)\b", re.I)
ABSOLUTE = re.compile(r"\b(always|never|only|all|every|none|must)\b", re.I)
UNKIND = re.compile(r"\b(obviously|simply|just|of course|clearly|easy|easily)\b", re.I)
YOU = re.compile(r"\b(you|your|yours|we|our)\b", re.I)


def wishes(question: Question) -> Iterator[Finding]:
    """The lint warnings of one question, without those it waives with a reason."""
    for rule, check in RULES.items():
        if rule not in question.waive:
            yield from (Finding(path, text, rule) for path, text in check(question))
    for rule, reason in question.waive.items():
        if rule not in RULES:
            yield Finding(("waive",), f"'{rule}' is no lint rule; there are {', '.join(RULES)}", "waive")
        elif not reason.strip():
            yield Finding(("waive",), f"say why '{rule}' does not apply", "waive")


@dataclass(frozen=True)
class Balance:
    """How much a guesser could learn from place and length of the right options, over a whole bank."""

    position: dict[str, float]
    """Share of single-answer questions whose right option stands 1st, 2nd … in the file."""
    longest: float
    """Share of single-answer questions whose right option alone is the longest."""
    expected_longest: float
    """What chance would give: the mean of 1 / (number of options)."""


def balance(questions: list[Question]) -> Balance:
    """The bank-wide figures over questions with one right option."""
    items = [item for question in questions if (item := _single_key(question))]
    if not items:
        return Balance({}, 0.0, 0.0)
    places = [place for place, _ in items]
    longest = [
        max(lengths) == lengths[place] and lengths.count(lengths[place]) == 1 for place, lengths in items
    ]
    return Balance(
        {str(place + 1): places.count(place) / len(items) for place in sorted(set(places))},
        mean(longest),
        mean(1 / len(lengths) for _, lengths in items),
    )


def _single_key(question: Question) -> tuple[int, list[int]] | None:
    """Place of the right option, and the lengths of all, where a question has options and one is right."""
    texts = [text for _, text in question.parts()]
    if not texts or len(question.model()) != 1:
        return None
    return question.keys().index(question.model()[0]), [len(text) for text in texts]


# -- the rules


def _stem(question: Question) -> Iterator[tuple[Path, str]]:
    if WHOLE_STEM.match(question.prompt.strip()):
        yield ("prompt",), "ask a full question that can be answered before the options are read"
    if question.type != "true-false" and "?" not in question.prompt and not _is_task(question.prompt):
        yield ("prompt",), "ask a question (with a question mark) or set a task"


def _is_task(prompt: str) -> bool:
    return bool(
        re.search(
            r"\b(put|match|name|order|arrange|type|write|give|complete|point|pick|choose)\b", prompt, re.I
        )
    )


def _all_of_above(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in question.parts():
        if ALL_OF_ABOVE.search(text):
            yield path, "no 'all of the above', 'none of the above' or 'A and C'"


def _negative(question: Question) -> Iterator[tuple[Path, str]]:
    found = NEGATIVE.search(CODE_SPAN.sub("", question.prompt))
    if found and not found[2].isupper():
        yield ("prompt",), f"a negative question: avoid it, or write {found[2].upper()} in capitals"


def _absolute(question: Question) -> Iterator[tuple[Path, str]]:
    if question.type == "output":
        return
    for path, text in question.parts():
        if found := ABSOLUTE.search(CODE_SPAN.sub("", text)):
            yield (
                path,
                f"'{found[0]}' gives the option away; say it without absolute words, or quote the docs in 'waive'",
            )


def _length(question: Question) -> Iterator[tuple[Path, str]]:
    parts = list(question.parts())
    for number, (path, text) in enumerate(parts):
        others = [len(other) for n, (_, other) in enumerate(parts) if n != number]
        if others and len(text) > SHORT and len(text) > MAX_LENGTH_RATIO * mean(others):
            yield (
                path,
                f"this option is {len(text) / mean(others):.1f} × as long as the others; even them out",
            )


def _misconception(question: Question) -> Iterator[tuple[Path, str]]:
    named = {path[:-1] for path, _ in question.misconceptions()}
    right = {question.keys().index(key) for key in question.model() if key in question.keys()}
    for number, (path, _) in enumerate(question.parts()):
        if number not in right and path not in named:
            yield path, "name the misconception behind this wrong option"


def _told(question: Question) -> Iterator[tuple[Path, str]]:
    """The texts that explain, each with its place."""
    yield ("explanation",), question.explanation
    for name in ("options", "mistakes", "pairs"):
        for number, item in enumerate(getattr(question, name, ())):
            if why := getattr(item, "why", ""):
                yield (name, number, "why"), why
    if why := getattr(question, "why", ""):
        yield ("why",), why


def _feedback_length(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in _told(question):
        if (words := len(WORD.findall(text))) > MAX_WORDS:
            yield path, f"{words} words; feedback has at most {MAX_WORDS}"


def _feedback_tone(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in _told(question):
        prose = CODE_SPAN.sub("", text)
        if found := UNKIND.search(prose):
            yield path, f"'{found[0]}' tells a learner off; leave it out"
        if found := YOU.search(prose):
            yield path, f"'{found[0]}': feedback speaks of the program, to nobody in particular"


def _sources(question: Question) -> Iterator[tuple[Path, str]]:
    if not question.sources:
        yield ("sources",), "name at least one source for the key"
    for number, source in enumerate(question.sources):
        if not re.match(r"https?://\S+$", source):
            yield ("sources", number), "a source is the address of a page"
        elif "//docs.python.org/" in source and "#" not in source:
            yield ("sources", number), "give the anchor too: page.html#section"


def _code_size(question: Question) -> Iterator[tuple[Path, str]]:
    rows = question.code.splitlines()
    if len(rows) > MAX_CODE_LINES:
        yield ("code",), f"{len(rows)} lines; a program has at most {MAX_CODE_LINES}"
    if rows and (widest := max(map(len, rows))) > MAX_CODE_COLUMNS:
        yield ("code",), f"a line has {widest} columns; at most {MAX_CODE_COLUMNS}"


def _run(question: Question) -> Iterator[tuple[Path, str]]:
    if question.code and question.run is None:
        yield (), "say in 'run' what the program does, or 'run: {clock: none}' for an excerpt"
    if question.run is None:
        return
    try:
        SpecifierSet(question.run.python)
    except InvalidSpecifier:
        yield ("run", "python"), f"'{question.run.python}' is no version range, such as \">=3.12\""


RULES: dict[str, Callable[[Question], Iterator[tuple[Path, str]]]] = {
    "stem": _stem,
    "all-of-above": _all_of_above,
    "negative-stem": _negative,
    "absolute-words": _absolute,
    "option-length": _length,
    "misconception": _misconception,
    "feedback-length": _feedback_length,
    "feedback-tone": _feedback_tone,
    "sources": _sources,
    "code-size": _code_size,
    "run": _run,
}
