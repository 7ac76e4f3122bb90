"""The strict YAML reader: every scalar stays the text that was written, and every fault has its place."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from quizapp.bank.plainfile import COMMENT, HIDDEN, Doubt, values
from quizapp.bank.types import Path

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 12
MAX_BYTES = 1_000_000
MAX_FAULTS = 200
MAX_TRIES = 50
MAX_READ = 2_500_000
"""Characters that reading one file over and over, to find all its faults, may cost."""
MAX_VALUES = 100_000
"""Keys and values that it may cost: a third of a second. A topic of a thousand questions has 80,000."""
TOO_LONG = (
    "reading all of this file takes too long; mend what is said of it, or make it a folder of smaller files"
)

SPECIAL = "`@%:\"'[]{}*&!|>?-,\\"
STAND_IN = {char: chr(0xE000 + number) for number, char in enumerate(SPECIAL)}
MEANT = {ord(stand_in): char for char, stand_in in STAND_IN.items()}

OPENED = re.compile(r"""(\s*(?:- +)*(?:[\w-]+: +)?)["'\[{*&!]""")
TAB = "a tab; write spaces (tabs may stand in quotes and in blocks)"
KEY_ALONE = re.compile(r"\s*(- +)*[\w.-]+")
ITEM = re.compile(r"( *)- ")
QUOTED = re.compile(r"""(\s*(?:- +)*(?:[\w-]+: +)?)(["'])""")
GLUED = re.compile(r"\s*(?:- +)*[a-z]+:(?=[^\s/:])")
NO_SPACE = "a space is missing after the colon"
KEYISH = re.compile(r"\s*(- |[\w-]+:( |$))")

Mark = tuple[int, int]
"""Line and column, both counted from 1."""


@dataclass(frozen=True, order=True)
class Fault:
    """Something an author must mend, or, as a warning, had better mend. Line and column count from 1."""

    path: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.text}"


@dataclass
class Document:
    """What a YAML file holds: plain text, lists and mappings, and the mark of each value."""

    path: str
    root: Any = None
    faults: list[Fault] = field(default_factory=list)
    whole: bool = True
    """False when parts of the file could not be read, so `root` lacks them."""
    read_marks: Callable[[], dict[Path, Mark]] = field(default=dict, repr=False, compare=False)

    @cached_property
    def marks(self) -> dict[Path, Mark]:
        """The mark of each value. Where nothing is wrong nobody asks, and then they are never made."""
        return self.read_marks()

    def mark(self, path: Path) -> Mark:
        """Where the value at this path stands, or the nearest value around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def fault(self, path: Path, text: str) -> Fault:
        """A fault at the place of a value."""
        return Fault(self.path, *self.mark(path), text)


def read(path: str, content: bytes, loader: Any = LOADER) -> Document:
    """Read one document. Never raises: what can't be read is in `faults`; `root` is None when nothing can."""
    document = Document(path)
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()
        _stop(document, *_end(before), "this is not UTF-8; save the file with the encoding UTF-8")
    except ValueError as error:
        _stop(document, 1, 1, str(error))
    else:
        _read(document, text, loader)
    return document


def _read(document: Document, text: str, loader: Any) -> None:
    """Read it the short way, and carefully only where that is wanted: the outcome is the same."""
    try:
        document.root = values(text, loader, MAX_DEPTH)
    except (Doubt, yaml.YAMLError):
        _Reading(document, text, loader).run()
    else:
        document.read_marks = lambda: _marks(text, loader)


def _marks(text: str, loader: Any) -> dict[Path, Mark]:
    document = Document("")
    _Reading(document, text, loader).run()
    return document.marks


def decoded(content: bytes) -> str:
    r"""The text of a file, its lines ended by `\n`. Raises ValueError when it is too long or not UTF-8."""
    if len(content) > MAX_BYTES:
        size = f"{len(content):,} bytes; {MAX_BYTES:,} are allowed"
        raise ValueError(f"the file has {size}, so make the topic a folder of smaller files")
    return content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode()


def _stop(document: Document, line: int, column: int, text: str) -> None:
    document.faults.append(Fault(document.path, line, column, text))
    document.root, document.whole = None, False


def _end(text: str) -> Mark:
    return text.count("\n") + 1, len(text) - text.rfind("\n")


class _Reading:
    """Reads a text as often as it takes to find all its faults.

    A fault that stops the parser is noted. Then the guilty character is replaced by a stand-in that means the
    same, or, where that does not help, the item around it is left out, and the reading begins again.
    """

    def __init__(self, document: Document, text: str, loader: Any) -> None:
        self.document, self.loader = document, loader
        self.found: dict[Mark, Fault] = {}
        for match in itertools.islice(HIDDEN.finditer(text), MAX_FAULTS):
            name = f"U+{ord(match[0]):04X}"
            self.note(*_end(text[: match.start()]), f"the character {name} can't be seen; take it out")
        self.rows = HIDDEN.sub(" ", text).split("\n")
        self.tries = min(MAX_TRIES, 1 + MAX_READ // (len(text) + 1))

    def note(self, line: int, column: int, text: str) -> None:
        self.found.setdefault((line, column), Fault(self.document.path, line, column, text))

    def run(self) -> None:
        values = itertools.count(1)
        for _ in range(self.tries):
            self.document.marks, self.document.faults = {}, []
            try:
                self.document.root = _Reader(self.document, self.rows, self.loader, values).document()
                break
            except yaml.MarkedYAMLError as error:
                if not self.mended(_Trouble.of(error, self.rows)):
                    break
            except _TooDeep as error:
                line, column = error.place
                text = f"nested deeper than {MAX_DEPTH} levels"
                if not self.mended(_Trouble(line - 1, column - 1, text)):
                    break
            except _TooMuch as error:
                self.note(1, 1, str(error))
                break
            except yaml.YAMLError as error:
                self.note(1, 1, f"the file can't be read as YAML: {error}")
                break
        else:
            self.document.whole = False
        if self.document.root is None:
            self.document.whole = False
        self.document.faults = sorted({*self.document.faults, *self.found.values()})

    def mended(self, trouble: _Trouble) -> bool:
        """Note the trouble and get it out of the way; False when the reading can't go on."""
        if trouble.instead or not any(line == trouble.line + 1 for line, _ in self.found):
            self.note(trouble.line + 1, trouble.column + 1, trouble.text)
        row = self.rows[trouble.line]
        if trouble.instead:
            self.rows[trouble.line] = row[: trouble.column] + trouble.instead + row[trouble.column + 1 :]
            return True
        self.document.whole = False
        return self.left_out(trouble.line)

    def left_out(self, line: int) -> bool:
        """Leave out the item of the file's outermost list that this line belongs to."""
        begins = [number for number, row in enumerate(self.rows) if ITEM.match(row)]
        outer = min((len(self.rows[n]) - len(self.rows[n].lstrip()) for n in begins), default=0)
        begins = [number for number in begins if self.rows[number].startswith(" " * outer + "- ")]
        first = max((number for number in begins if number <= line), default=None)
        if first is None or len(begins) < 2:
            return False
        after = min((number for number in begins if number > line), default=len(self.rows))
        self.rows[first:after] = [""] * (after - first)
        return True


@dataclass(frozen=True)
class _Trouble:
    """What stopped the parser, in plain words, and the character that may stand there instead.

    Line and column count from 0, as in the parser.
    """

    line: int
    column: int
    text: str
    instead: str = ""

    @classmethod
    def of(cls, error: yaml.MarkedYAMLError, rows: list[str]) -> _Trouble:
        here = _inside(error.problem_mark or error.context_mark, rows)
        start = _inside(error.context_mark or error.problem_mark, rows)
        if quote := _open_quote(rows, here[0]):
            return cls(*quote, "the quote that opens here is never closed")
        said = f"{error.context or ''}: {error.problem or ''}"
        for pattern, explain in EXPLAINED:
            if re.search(pattern, said):
                return explain(rows, here, start)
        return cls(*here, f"this is not YAML: {error.problem}")


def _inside(mark: Any, rows: list[str]) -> Mark:
    """The line and column of a parser's mark, from 0, at most at the last character of the file."""
    line = min(mark.line, len(rows) - 1) if mark else 0
    while line and not rows[line].strip():
        line -= 1
    at_mark = mark and mark.line == line
    return line, min(mark.column, len(rows[line])) if at_mark else max(0, len(rows[line].rstrip()) - 1)


# What to say about the parser's errors. The C parser and the pure one word them differently.


def _needs_quotes(rows: list[str], place: Mark) -> _Trouble:
    char = rows[place[0]][place[1] : place[1] + 1]
    if char in ("", "\t"):
        return (
            _Trouble(*place, TAB, " ") if char else _Trouble(*place, "the file ends in the middle of a list")
        )
    text = f"text that begins with {char} needs quotes around all of it, or a block: | and a new line"
    return _Trouble(*place, text, STAND_IN.get(char, ""))


def _colon(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    line, column = here
    before = rows[line][:column]
    if line and (glued := GLUED.match(rows[line - 1])):
        return _Trouble(line - 1, len(glued[0]), NO_SPACE)
    if KEY_ALONE.fullmatch(before):
        key = before.split()[-1]
        text = (
            f"is '{key}' a key? Then line it up with the keys above it. If it is text, the text needs quotes"
        )
        return _Trouble(line, len(before) - len(key), text)
    return _Trouble(line, column, "text that holds ': ' needs quotes around all of it", STAND_IN[":"])


def _out_of_line(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    line, column = here
    opened = OPENED.match(rows[line])
    if opened and len(opened[1]) < column:
        return _needs_quotes(rows, (line, len(opened[1])))
    text = "this does not line up with what stands above it; keys that belong together begin in one column"
    return _Trouble(line, column, text)


def _open_quote(rows: list[str], line: int) -> Mark | None:
    """A quote in the lines above, not closed before the next key: what follows is read the wrong way."""
    for number in range(line - 1, max(-1, line - 40), -1):
        opened = QUOTED.match(rows[number])
        if opened and _count(rows[number], opened[2]) % 2:
            inside = itertools.takewhile(lambda row: not KEYISH.match(row), rows[number + 1 :])
            if not any(opened[2] in row for row in inside):
                return number, len(opened[1])
    return None


def _count(row: str, quote: str) -> int:
    return row.replace("\\" + quote, "").replace(quote * 3, "").count(quote)


def _escape(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    line, column = here
    column = max(0, rows[line].rfind("\\", 0, column + 1))
    text = r"inside double quotes \ begins an escape; write \\ or use single quotes"
    return _Trouble(line, column, text, STAND_IN["\\"] if rows[line][column : column + 1] == "\\" else "")


def _no_key(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    if glued := GLUED.match(rows[start[0]]):
        return _Trouble(start[0], len(glued[0]), NO_SPACE)
    text = "this is neither 'key: value' nor part of the text above; indent the text under its key"
    return _Trouble(*start, text)


def _bracket(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    char = rows[start[0]][start[1] : start[1] + 1]
    text = (
        f"{char} opens a list here that is not closed, or a comma is missing; if it begins a text, quote it"
    )
    return _Trouble(*start, text)


def _begins(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    return _needs_quotes(rows, start)


def _stands(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    line, column = here
    if rows[line][:column].strip() == "" and rows[line][column : column + 1] == "-":
        above = range(line - 1, max(-1, line - 40), -1)
        for number in (number for number in above if rows[number].rstrip().endswith(("[", "{", ","))):
            return _bracket(rows, here, (number, max(rows[number].rfind("["), rows[number].rfind("{"), 0)))
    return _needs_quotes(rows, here)


def _tab(rows: list[str], here: Mark, start: Mark) -> _Trouble:
    return _Trouble(*here, TAB, " ")


Explain = Callable[[list[str], Mark, Mark], _Trouble]


def _at_start(text: str) -> Explain:
    return lambda rows, here, start: _Trouble(start[0], start[1], text)


EXPLAINED: list[tuple[str, Explain]] = [
    (r"tab character", _tab),
    (r"start any token|(keys|entries) are not allowed|node content", _stands),
    (r"mapping values are not allowed", _colon),
    (r"comment or (a )?line break|(scanning|parsing) an? (alias|anchor|tag)|undefined tag handle", _begins),
    (r"quoted scalar: found unexpected", _at_start("the quote that opens here is never closed")),
    (r"escape|hexa?dec", _escape),
    (r"flow (sequence|mapping)", _bracket),
    (r"expected key|<block end>|'-' indicator", _out_of_line),
    (r"could not find expected ':'", _no_key),
    (r"directive", _at_start("a line can't begin with %; quote the text")),
    (r"document start", _at_start("nothing can follow '...'; take that line out")),
]


def _back_over_blanks(row: str, column: int) -> int:
    """Where the blanks before a column begin. Nothing is copied: a line may be the whole file."""
    column = min(column, len(row))
    while column and row[column - 1].isspace():
        column -= 1
    return column


def _over_blanks(row: str, column: int) -> int:
    """Where the blanks from a column on end."""
    while column < len(row) and row[column].isspace():
        column += 1
    return min(column, len(row))


class _TooMuch(Exception):
    """Reading on would help nobody; the text says why."""


class _TooDeep(Exception):
    """The parser must not go on: the time it needs grows with the square of the depth."""

    def __init__(self, place: Mark) -> None:
        super().__init__()
        self.place = place


class _Reader:
    """Turns parser events into values, refusing what would be guessed or lost."""

    def __init__(self, document: Document, rows: list[str], loader: Any, values: Iterator[int]) -> None:
        self.found = document
        self.rows = rows
        self.values = values
        self.has_tabs = any("\t" in row for row in rows)
        self.events: Iterator[Any] = yaml.parse("\n".join(rows), Loader=loader)

    def document(self) -> Any:
        event = self.next_content()
        if event is None:
            self.refuse((1, 1), "the file is empty")
            return None
        root = self.value(event, ())
        if extra := self.next_content():
            self.refuse(self.place(extra), "a second document begins here; a file holds one")
        return root

    def next_content(self) -> Any:
        """The next event that carries content."""
        around = (
            yaml.StreamStartEvent,
            yaml.DocumentStartEvent,
            yaml.DocumentEndEvent,
            yaml.StreamEndEvent,
        )
        return next((event for event in self.events if not isinstance(event, around)), None)

    def place(self, event: Any) -> Mark:
        line, column = event.start_mark.line, event.start_mark.column
        if line >= len(self.rows):  # the C parser sets what is missing at the end of the file behind it
            return len(self.rows), len(self.rows[-1]) + 1
        return line + 1, column + 1

    def refuse(self, place: Mark, text: str) -> None:
        if len(self.found.faults) >= MAX_FAULTS:
            raise _TooMuch(f"there are more than {MAX_FAULTS} faults; the others show when these are mended")
        self.found.faults.append(Fault(self.found.path, *place, text))

    def value(self, event: Any, path: Path) -> Any:
        place = self.found.marks[path] = self.place(event)
        if next(self.values) > MAX_VALUES:
            raise _TooMuch(TOO_LONG)
        if isinstance(event, yaml.AliasEvent):
            self.refuse(place, f"'*{event.anchor}' is an alias; write the text out (or quote it)")
            return f"*{event.anchor}"
        if event.anchor:
            self.refuse(place, f"'&{event.anchor}' is an anchor; take it out (or quote the text)")
        if event.tag:
            self.refuse(place, f"'{event.tag}' is a tag; take it out (or quote the text)")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(path) >= MAX_DEPTH:
            raise _TooDeep(place)
        return self.mapping(path) if isinstance(event, yaml.MappingStartEvent) else self.sequence(path)

    def scalar(self, event: Any) -> str:
        text = str(event.value)
        if not event.style:  # '' from the C parser, None from the pure one: plain text
            self.watch_loss(event)
            if self.has_tabs:
                text = self.without_tabs(event)
        elif event.style in "|>":
            text = text.removesuffix("\n")
        if not text.isprintable() and (hidden := HIDDEN.search(text.translate(MEANT))):
            self.refuse(
                self.place(event), f"the character U+{ord(hidden[0]):04X} can't be shown; take it out"
            )
        return text.translate(MEANT) if not text.isascii() else text

    def watch_loss(self, event: Any) -> None:
        """Refuse a comment behind plain text: YAML would drop it, and its author may not know."""
        line, column = event.end_mark.line, event.end_mark.column
        if line < len(self.rows) and COMMENT.match(self.rows[line], column):
            text = "the text after # would be lost; quote the text, or give the comment a line of its own"
            self.refuse(self.place(event), text)

    def without_tabs(self, event: Any) -> str:
        """Refuse tabs in and around plain text: the C parser takes some, the pure one none."""
        start, end = event.start_mark, event.end_mark
        for number in range(start.line, min(end.line + 1, len(self.rows))):
            row = self.rows[number]
            first = _back_over_blanks(row, start.column) if number == start.line else 0
            last = _over_blanks(row, end.column) if number == end.line else len(row)
            if (column := row.find("\t", first, last)) >= 0:
                self.refuse((number + 1, column + 1), TAB)
        return str(event.value).replace("\t", " ")

    def sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, path)
            place, inner = self.place(event), next(self.events)
            if key in entries:
                first = self.found.marks[*path, key, "@key"][0]
                self.refuse(place, f"the key '{key}' stands here twice, first in line {first}")
                self.value(inner, (*path, "@twice"))
            elif key == "<<":
                self.refuse(place, "<< is a merge key; write the keys out")
                self.value(inner, (*path, "@merged"))
            else:
                self.found.marks[*path, key, "@key"] = place
                entries[key] = self.value(inner, (*path, key))
        return entries

    def key(self, event: Any, path: Path) -> str:
        key = self.value(event, (*path, "@"))
        if not isinstance(key, str):
            self.refuse(self.place(event), "a key must be text")
            return ""
        return key
