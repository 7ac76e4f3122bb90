"""Item lint: what makes a question hard to read, easy to guess or unkind, found by rule.

The rules are those of the authors' page (docs/authoring.md); after Haladyna, Downing and Rodriguez (2002),
"A review of multiple-choice item-writing guidelines for classroom assessment".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from statistics import mean

from quizapp.bank.types import Finding, Path, Question

MAX_WORDS = 60
MAX_CODE_LINES = 25
MAX_CODE_COLUMNS = 76
MAX_LENGTH_RATIO = 1.5
MAX_PROSE = 2_000
"""Characters of a text that are searched for words: the time this takes may grow with their square."""
SHORT = 25
"""Options up to this many characters may differ in length: nobody guesses by it."""

MIN_QUESTIONS = 40
"""Below this many questions with one right option, shares say little about the bank."""
MAX_POINTS = 0.05
"""How far shares over the whole bank may be from what chance would give."""

CODE_SPAN = re.compile(r"(`+).+?\1", re.S)
QUOTE = re.compile(r'"[^"]*"|“[^”]*”')
WORD = re.compile(r"\S+")
WHOLE_STEM = re.compile(r"^(which of the following|what is true)[^?]{0,24}\?$", re.I)
ALL_OF_ABOVE = re.compile(
    r"\b(all|none|both|neither) of (the|these) (above|options)\b|^(both )?[A-D] and [A-D]\b", re.I
)
TASK = re.compile(
    r"\b(put|match|name|order|sort|arrange|type|write|give|complete|fill|point|mark|tick|find|pick|choose|select)\b",
    re.I,
)
# "Which of these does not …?", but not "What happens when … is not …?" nor "Why is … not …?"
TURN = r"\b(?:when|if|while|because|why|that|who|whose|where|although|until|unless|after|before|how)\b"
VERB = r"\b(?:is|are|was|were|does|do|did|has|have|can|ca|could|will|wo|would|should|must|may)"
NEGATIVE = re.compile(
    rf"\b(?:which|what|who)\b(?:(?!{TURN})[^.?!:;,])*?{VERB}(?:(?:\s+[\w.-]+){{0,3}}?\s+(not)\b|(n['’]t)\b)(?=[^.!]*\?)"
    r"|\b(except)\b(?=\s*(?:[?:.]|$|for\b|which\b|one\b))",
    re.I,
)
# Not: "at all", "not all", "all three", "every 2 seconds", "read-only"
ABSOLUTE = re.compile(
    r"(?<![-\w])(?<!\bat )(?<!\bafter )(?<!\bnot )(?<!\bif and )"
    r"(always|never|only|all(?! (?:two|three|four|five|six|\d+)\b)|every(?! (?:\d+|second|other|time|few)\b))"
    r"(?![-\w])",
    re.I,
)
# Not: "has just started", "just before", "just created"
UNKIND = re.compile(
    r"\b(obviously|simply|of course"
    r"|(?<!has )(?<!had )(?<!have )(?<!was )(?<!were )just"
    r"(?! (?:before|after|as|now|then|enough|below|above|created|made|started|finished|scheduled)\b)"
    r")\b(?!-)",
    re.I,
)
YOU = re.compile(r"\b(you|your|yours|we|us|our|ours)\b", re.I)


def wishes(question: Question) -> Iterator[Finding]:
    """The lint warnings of one question, without those it waives with a reason."""
    for rule, check in RULES.items():
        if not question.waive.get(rule, "").strip():
            yield from (Finding(path, text, rule) for path, text in check(question))
    for rule, reason in question.waive.items():
        if rule not in RULES:
            text = f"'{rule}' is no lint rule; there are {', '.join(RULES)}"
            yield Finding(("waive", rule, "@key"), text, "waive")
        elif not reason.strip():
            yield Finding(("waive", rule), f"say why '{rule}' does not apply", "waive")


@dataclass(frozen=True)
class Balance:
    """How much a guesser could learn from place and length of the right options, over a whole bank."""

    position: dict[str, float]
    """Share of single-answer questions whose right option stands 1st, 2nd … in the file."""
    expected_position: dict[str, float]
    """What chance would give, for the numbers of options that these questions have."""
    longest: float
    """Share of single-answer questions whose right option alone is the longest."""
    expected_longest: float
    """What chance would give: the mean of 1 / (number of options)."""

    questions: int = 0
    """How many questions with one right option there are."""


def balance(questions: Iterable[Question]) -> Balance:
    """The bank-wide figures over questions with one right option."""
    items = [item for question in questions if (item := _single_key(question))]
    if not items:
        return Balance({}, {}, 0.0, 0.0)
    places = range(max(len(lengths) for _, lengths in items))
    longest = [
        max(lengths) == lengths[place] and lengths.count(lengths[place]) == 1 for place, lengths in items
    ]
    return Balance(
        {str(place + 1): mean(key == place for key, _ in items) for place in places},
        {str(place + 1): mean((place < len(of)) / len(of) for _, of in items) for place in places},
        mean(longest),
        mean(1 / len(lengths) for _, lengths in items),
        len(items),
    )


def lopsided(questions: Iterable[Question]) -> Iterator[str]:
    """What a guesser could use: lengths or places of the right options that chance would not give."""
    found = balance(questions)
    if found.questions < MIN_QUESTIONS:
        return
    if found.longest > found.expected_longest + MAX_POINTS:
        yield (
            f"the right option is the longest in {found.longest:.0%} of {found.questions} questions; "
            f"chance would give {found.expected_longest:.0%} [balance]"
        )
    for place, share in found.position.items():
        if abs(share - found.expected_position[place]) > MAX_POINTS:
            yield (
                f"the right option stands in place {place} in {share:.0%} of {found.questions} questions; "
                f"chance would give {found.expected_position[place]:.0%} [balance]"
            )


def _single_key(question: Question) -> tuple[int, list[int]] | None:
    """Place of the right option, and the lengths of all, where a question has options and one is right."""
    texts = [text for _, text in question.parts()]
    if not texts or len(question.model()) != 1:
        return None
    return question.keys().index(question.model()[0]), [len(text) for text in texts]


# -- the rules


def _prose(text: str) -> str:
    """The text without its code, as far as one would read."""
    return CODE_SPAN.sub("`", text[:MAX_PROSE])


def _stem(question: Question) -> Iterator[tuple[Path, str]]:
    if WHOLE_STEM.match(question.prompt.strip()):
        yield ("prompt",), "ask a full question that can be answered before the options are read"
    if question.type != "true-false" and "?" not in question.prompt and not TASK.search(question.prompt):
        yield ("prompt",), "ask a question (with a question mark) or set a task"


def _all_of_above(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in question.parts():
        if ALL_OF_ABOVE.search(text):
            yield path, "no 'all of the above', 'none of the above' or 'A and C'"


def _negative(question: Question) -> Iterator[tuple[Path, str]]:
    found = NEGATIVE.search(_prose(question.prompt))
    if found and not next(filter(None, found.groups())).isupper():
        yield ("prompt",), "a negative question: avoid it, or write NOT or EXCEPT in capitals"


def _absolute(question: Question) -> Iterator[tuple[Path, str]]:
    if question.type == "output":
        return
    for path, text in question.parts():
        if found := ABSOLUTE.search(_prose(text)):
            yield path, f"'{found[1]}' gives the option away; leave it out, or quote the docs in 'waive'"


def _length(question: Question) -> Iterator[tuple[Path, str]]:
    if question.type == "output":  # nobody can reword what a program prints
        return
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
    keys, right = question.keys(), question.model()
    for key, (path, _) in zip(keys, question.parts(), strict=False):
        if key not in right and path not in named:
            yield path, "name the misconception behind this wrong option"
    for number, flag in enumerate(getattr(question, "red_flags", ())):
        if not flag.misconception:
            yield ("red_flags", number, "misconception"), "name the misconception behind this red flag"


def _told(question: Question) -> Iterator[tuple[Path, str]]:
    """The texts that explain, each with its place."""
    yield ("explanation",), question.explanation
    yield from ((("hints", number), hint) for number, hint in enumerate(question.hints))
    for name in ("options", "mistakes", "pairs"):
        for number, item in enumerate(getattr(question, name, ())):
            if why := getattr(item, "why", ""):
                yield (name, number, "why"), why
    for number, blank in enumerate(getattr(question, "blanks", ())):
        for place, mistake in enumerate(blank.mistakes):
            yield ("blanks", number, "mistakes", place, "why"), mistake.why
    if why := getattr(question, "why", ""):
        yield ("why",), why


def _feedback_length(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in _told(question):
        if (words := len(WORD.findall(text))) > MAX_WORDS:
            yield path, f"{words} words; feedback has at most {MAX_WORDS}"


def _feedback_tone(question: Question) -> Iterator[tuple[Path, str]]:
    for path, text in _told(question):
        prose = QUOTE.sub("", _prose(text))
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


def _reviewed(question: Question) -> Iterator[tuple[Path, str]]:
    if question.reviewed and not question.is_reviewed:
        text = "the question was changed since; let somebody else answer it again: quizapp bank review"
        yield ("reviewed",), text


def _code_size(question: Question) -> Iterator[tuple[Path, str]]:
    rows = question.code.splitlines()
    if len(rows) > MAX_CODE_LINES:
        yield ("code",), f"{len(rows)} lines; a program has at most {MAX_CODE_LINES}"
    if rows and (widest := max(map(len, rows))) > MAX_CODE_COLUMNS:
        yield ("code",), f"a line has {widest} columns; at most {MAX_CODE_COLUMNS}"


def _run(question: Question) -> Iterator[tuple[Path, str]]:
    run = question.run
    if run is None:
        if question.code:
            yield (), "say in 'run' what the program does, or 'run: {clock: none}' for an excerpt"
        return
    claims = [name for name in ("prints", "takes", "raises", "warns") if getattr(run, name) is not None]
    if run.clock == "none" and claims:
        yield ("run",), f"with 'clock: none' nothing is run, so nothing proves {' and '.join(claims)}"
    if run.clock != "none" and not claims:
        yield ("run",), "nothing is claimed; say what the program prints, takes, raises or warns of"
    if question.type == "spot-line" and run.clock != "none" and getattr(question, "mended", None) is None:
        yield (
            ("fix",),
            "say in 'mended' what the program does with this line; a run then proves the key",
        )


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
    "reviewed": _reviewed,
}
