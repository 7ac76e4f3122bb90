"""Topic files in which nothing is wrong by itself: made from what was read, or from what was kept of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cache
from types import GenericAlias
from typing import Any

from pydantic import BaseModel, Field, ValidationError, create_model
from pydantic_core import to_json

from quizapp.bank.types import TYPES, Question
from quizapp.bank.types.base import Frozen

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MAX_QUESTION = 64_000
"""Characters of one question: what a page and a row of the database bear."""


class TopicFile(Frozen):
    """A topic file, but for its questions."""

    title: str = Field(min_length=1)
    about: str = ""
    questions: tuple[Any, ...]


@dataclass(frozen=True)
class Sheet:
    """A topic file with nothing wrong in it, as far as the file alone can tell."""

    title: str
    about: str
    questions: tuple[Question, ...]
    concepts: frozenset[str]
    """Those that are named in it."""
    misconceptions: frozenset[str]


class NoSheet(Exception):
    """Something is wrong in the file, or may be; the careful way through it says what and where."""


def content(topic_id: str, root: Any) -> dict[str, Any]:
    """What a file holds, its questions by type, as `sheet` takes it. Raises NoSheet."""
    try:
        topic = TopicFile.model_validate(root)
        bodies = [(TYPES[raw["type"]].__name__, _body(topic_id, raw)) for raw in topic.questions]
    except (ValidationError, KeyError, TypeError):
        raise NoSheet from None
    found: dict[str, Any] = {
        "title": topic.title,
        "about": topic.about,
        "order": [kind for kind, _ in bodies],
    }
    for kind, body in bodies:
        found.setdefault(kind, []).append(body)
    if len({body["id"] for _, body in bodies}) < len(bodies):
        raise NoSheet
    return found


def _body(topic_id: str, raw: dict[str, Any]) -> dict[str, Any]:
    """A question as its type takes it. Raises KeyError or TypeError where it is no mapping, NoSheet else."""
    if not SLUG.fullmatch(raw["id"]) or is_too_long(raw):
        raise NoSheet
    body = raw | {"id": f"{topic_id}/{raw['id']}"}
    del body["type"]
    return body


def is_too_long(raw: dict[str, Any]) -> bool:
    """Whether a question has more characters than it may have.

    As JSON it takes at least a third of them in bytes, which is known much sooner.
    """
    return 3 * len(to_json(raw)) > MAX_QUESTION and len(str(raw)) > MAX_QUESTION


def sheet(found: dict[str, Any]) -> Sheet:
    """The sheet with this content, every question looked at. Raises NoSheet."""
    try:
        made = _sheet(_content_model().model_validate(found))
    except ValidationError:
        raise NoSheet from None
    if any(True for question in made.questions for _ in question.faults()):
        raise NoSheet
    return replace(
        made,
        concepts=frozenset(each for question in made.questions for each in question.concepts),
        misconceptions=frozenset(
            belief for question in made.questions for _, belief in question.misconceptions()
        ),
    )


def kept(found: dict[str, Any], made: Sheet) -> bytes:
    """The content of a sheet as it is kept."""
    named = {"concepts": sorted(made.concepts), "misconceptions": sorted(made.misconceptions)}
    return json.dumps(found | named, ensure_ascii=False, separators=(",", ":")).encode()


def revived(data: bytes) -> Sheet:
    """The sheet whose content was kept once it had been looked at. Raises NoSheet where the form is wrong."""
    try:
        return _sheet(_content_model().model_validate_json(data))
    except ValidationError:
        raise NoSheet from None


def _sheet(made: Any) -> Sheet:
    """Raises NoSheet where there are not the questions that the order names."""
    of_type = {kind: iter(getattr(made, kind, ())) for kind in {*made.order}}
    questions = [next(of_type[kind], None) for kind in made.order]
    if any(each is None for each in questions):
        raise NoSheet
    return Sheet(made.title, made.about, tuple(filter(None, questions)), made.concepts, made.misconceptions)


@cache
def _content_model() -> type[BaseModel]:
    """One model for a whole file: it is validated at once, which takes half the time of one by one."""
    fields: dict[str, Any] = {kind.__name__: (GenericAlias(list, kind), []) for kind in TYPES.values()}
    fields |= dict.fromkeys(("concepts", "misconceptions"), (frozenset[str], frozenset()))
    return create_model("Content", __base__=Frozen, title=str, about=str, order=list[str], **fields)
