"""The short way through a YAML file in which nothing is wrong: parser events → values, and no more.

Whatever it has a doubt about is left to the careful reader in `yamlfile`, which explains every fault.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ue000-\ue0ff\ufeff\ufffe\uffff]")
"""Control characters, marks and other breaks that an author can't see and hardly meant."""

Scalar, Mapping, Sequence = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
EndOfMapping, EndOfSequence = yaml.MappingEndEvent, yaml.SequenceEndEvent


COMMENT = re.compile(r"\s*#")
MOST_VALUES = 100_000
"""Signs of a value: a file with more of them is hardly a bank, and the careful reader gives up in time."""


class Doubt(Exception):
    """Something stands in the file that needs a closer look."""


def values(text: str, loader: Any, depth: int) -> Any:
    """What the text holds. Raises Doubt, also of what is nested deeper than that, or yaml.YAMLError."""
    if "\t" in text or hides_something(text) or _has_too_many(text):
        raise Doubt
    plain = _Plain(text, loader)
    plain.skip(yaml.StreamStartEvent, yaml.DocumentStartEvent)
    found = plain.value(plain.next(), depth)
    plain.skip(yaml.DocumentEndEvent, yaml.StreamEndEvent)
    return found


def _has_too_many(text: str) -> bool:
    return len(text) > MOST_VALUES and sum(map(text.count, (",", ": ", "- "))) > MOST_VALUES


def hides_something(text: str) -> bool:
    """Whether the text holds a character that can't be seen. The first look is the quicker one."""
    return not text.replace("\n", "").isprintable() and HIDDEN.search(text) is not None


class _Plain:
    """One pass over the events of a text; each method is called for every value, so each is short."""

    def __init__(self, text: str, loader: Any) -> None:
        self.rows = text.split("\n")
        self.marked = ["#" in row for row in self.rows]
        self.next = loader(text).get_event

    def skip(self, *kinds: type) -> None:
        """Go past events of these kinds, in this order. Raises Doubt where there are others."""
        if any(type(self.next()) is not kind for kind in kinds):
            raise Doubt

    def value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is Scalar:
            return self.scalar(event)
        if kind not in (Mapping, Sequence) or event.anchor or event.tag or not depth:
            raise Doubt
        return self.mapping(depth - 1) if kind is Mapping else self.sequence(depth - 1)

    def mapping(self, depth: int) -> dict[str, Any]:
        following, scalar = self.next, self.scalar
        entries: dict[str, Any] = {}
        while type(event := following()) is not EndOfMapping:
            if type(event) is not Scalar:
                raise Doubt
            key = scalar(event)
            if key in entries:
                raise Doubt
            event = following()
            entries[key] = scalar(event) if type(event) is Scalar else self.value(event, depth)
        if "<<" in entries:
            raise Doubt
        return entries

    def sequence(self, depth: int) -> list[Any]:
        following, scalar = self.next, self.scalar
        items: list[Any] = []
        while type(event := following()) is not EndOfSequence:
            items.append(scalar(event) if type(event) is Scalar else self.value(event, depth))
        return items

    def scalar(self, event: Any) -> str:
        if event.anchor is not None or event.tag is not None:
            raise Doubt
        text: str = event.value
        style = event.style
        if not style:  # plain: a comment behind it would be lost
            end = event.end_mark
            line = end.line
            if line < len(self.rows) and self.marked[line] and COMMENT.match(self.rows[line], end.column):
                raise Doubt
        elif style in "|>":
            return text.removesuffix("\n")
        elif style == '"' and hides_something(text):  # by an escape
            raise Doubt
        return text
