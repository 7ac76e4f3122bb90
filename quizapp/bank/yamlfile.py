"""The strict YAML reader: every scalar stays the text that was written, and every fault has its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from quizapp.bank.types import Path

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 12
MAX_BYTES = 1_000_000
MAX_RETRIES = 50

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
    marks: dict[Path, Mark] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def mark(self, path: Path) -> Mark:
        """Where the value at this path stands, or the nearest value around it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))

    def fault(self, path: Path, text: str) -> Fault:
        """A fault at the place of a value."""
        return Fault(self.path, *self.mark(path), text)


def read(path: str, content: bytes) -> Document:
    """Read one document. Never raises: what can't be read is in `faults`, and `root` is then None."""
    document = Document(path)
    try:
        if len(content) > MAX_BYTES:
            raise ValueError(
                f"the file has {len(content):,} bytes; {MAX_BYTES:,} are allowed, so split the topic"
            )
        text = content.decode("utf-8-sig")
    except ValueError as error:
        reason = "the file is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        document.faults.append(Fault(path, 1, 1, reason))
        return document
    _parse(document, text)
    return document


def _parse(document: Document, text: str) -> None:
    """Read the text. A character that stops the parser is a fault; put aside, the reading goes on."""
    found: list[Fault] = []
    for _ in range(MAX_RETRIES):
        document.marks, document.faults = {}, []
        reader = _Reader(document, text)
        try:
            document.root = reader.document()
            break
        except yaml.MarkedYAMLError as error:
            fault, mended = _syntax_fault(document.path, text, error)
        except yaml.YAMLError as error:
            fault, mended = Fault(document.path, 1, 1, f"the file can't be read as YAML: {error}"), None
        document.root = None
        found.append(fault)
        if mended is None:
            break
        text = mended
    document.faults = sorted({*found, *document.faults})
    if found:
        document.root = None


def _syntax_fault(path: str, text: str, error: yaml.MarkedYAMLError) -> tuple[Fault, str | None]:
    """The fault in plain words, and the text with the guilty character replaced, where that helps."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    rows = text.split("\n")
    row = rows[line] if line < len(rows) else ""
    char = row[column : column + 1]
    problem = error.problem or "this is not YAML"
    fault = Fault(path, line + 1, column + 1, problem)
    if "cannot start any token" in problem and char:
        said = f'text that begins with {char} needs quotes: write "{char}…"'
    elif "mapping values are not allowed" in problem and char == ":":
        said = "text that holds ': ' needs quotes around all of it"
    else:
        return fault, None
    rows[line] = row[:column] + "x" + row[column + 1 :]
    return Fault(path, line + 1, column + 1, said), "\n".join(rows)


class _Reader:
    """Turns parser events into values, refusing what would be guessed or lost."""

    def __init__(self, document: Document, text: str) -> None:
        self.found = document
        self.rows = text.split("\n")
        self.events: Iterator[Any] = yaml.parse(text, Loader=LOADER)

    def document(self) -> Any:
        event = self.next_content()
        if event is None:
            self.refuse(None, "the file is empty")
            return None
        root = self.value(event, ())
        if extra := self.next_content():
            self.refuse(extra, "a second document begins here; a file holds one")
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

    def refuse(self, event: Any, text: str) -> None:
        line, column = (event.start_mark.line, event.start_mark.column) if event else (0, 0)
        self.found.faults.append(Fault(self.found.path, line + 1, column + 1, text))

    def value(self, event: Any, path: Path) -> Any:
        self.found.marks[path] = (event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, f"'*{event.anchor}' is an alias; write the text out (or quote it)")
            return ""
        if event.anchor:
            self.refuse(event, f"'&{event.anchor}' is an anchor; take it out (or quote the text)")
        if event.tag and event.tag != "!":
            self.refuse(event, f"'{event.tag}' is a tag; take it out (or quote the text)")
        if isinstance(event, yaml.ScalarEvent):
            return self.scalar(event)
        if len(path) >= MAX_DEPTH:
            return self.too_deep(event)
        return self.mapping(path) if isinstance(event, yaml.MappingStartEvent) else self.sequence(path)

    def scalar(self, event: Any) -> str:
        if not event.style:  # '' from the C parser, None from the pure one: plain text
            rest = self.rows[event.end_mark.line][event.end_mark.column :] if self.rows else ""
            if rest.lstrip().startswith("#"):
                self.refuse(
                    event,
                    "the text after '#' would be lost; quote the text, or give the comment a line of its own",
                )
        return str(event.value).rstrip("\n")

    def too_deep(self, event: Any) -> None:
        self.refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        depth = 1
        while depth:
            event = next(self.events)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)

    def sequence(self, path: Path) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def mapping(self, path: Path) -> dict[str, Any]:
        entries: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, path)
            inner = next(self.events)
            if key in entries:
                self.refuse(event, f"'{key}' stands here twice")
            value = self.value(inner, (*path, key))
            entries.setdefault(key, value)
            self.found.marks[*path, key, "@key"] = (event.start_mark.line + 1, event.start_mark.column + 1)
        return entries

    def key(self, event: Any, path: Path) -> str:
        key = self.value(event, (*path, "@"))
        if not isinstance(key, str):
            self.refuse(event, "a key must be text")
            return ""
        if key == "<<":
            self.refuse(event, "'<<' is a merge key; write the keys out")
        return key
