"""Loading: folders of YAML files → one immutable Bank, with every fault that was found."""

from __future__ import annotations

import difflib
import gc
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from quizapp.bank import lint
from quizapp.bank.types import TYPES, Finding, Path, Question
from quizapp.bank.types.base import Frozen
from quizapp.bank.yamlfile import Document, Fault, read

COVER, CONCEPTS, MISCONCEPTIONS = "bank.yaml", "concepts.yaml", "misconceptions.yaml"
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Value = TypeVar("Value", bound=BaseModel)


class Cover(Frozen):
    """`bank.yaml`: what the bank is called, how topics are ordered, which question ids are gone."""

    format: Literal["1"]
    title: str
    licence: str = ""
    topics: tuple[str, ...] = ()
    retired: Mapping[str, str] = Field(default_factory=dict)


class Concept(Frozen):
    """Something a question can measure."""

    id: str
    covers: str


class ConceptTopic(Frozen):
    """The concepts of one topic."""

    id: str
    title: str
    concepts: tuple[Concept, ...]


class Concepts(Frozen):
    """`concepts.yaml`."""

    topics: tuple[ConceptTopic, ...]


class Misconception(Frozen):
    """A wrong belief and the truth that refutes it."""

    id: str
    concepts: tuple[str, ...] = ()
    wrong: str
    right: str


class Misconceptions(Frozen):
    """`misconceptions.yaml`."""

    misconceptions: tuple[Misconception, ...]


class TopicFile(Frozen):
    """A topic file, but for its questions."""

    title: str
    about: str = ""
    questions: tuple[Any, ...]


@dataclass(frozen=True)
class Topic:
    """A topic and its questions, in the author's order."""

    id: str
    title: str
    about: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Bank:
    """All that can be asked. Iterating gives the questions in order; `bank[id]` gives one."""

    title: str
    topics: tuple[Topic, ...]
    concepts: Mapping[str, Concept]
    misconceptions: Mapping[str, Misconception]
    retired: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    _by_id: Mapping[str, Question] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {question.id: question for topic in self.topics for question in topic.questions}
        object.__setattr__(self, "_by_id", by_id)

    def __iter__(self) -> Iterator[Question]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, question_id: object) -> bool:
        return question_id in self._by_id

    def __getitem__(self, question_id: str) -> Question:
        return self._by_id[question_id]

    def topic(self, topic_id: str) -> Topic:
        """The topic of that id; raises KeyError when there is none."""
        return {topic.id: topic for topic in self.topics}[topic_id]


def load(*folders: FilePath) -> Bank:
    """Load one bank from its folders. Faulty questions are left out and their faults listed; never raises."""
    with _no_garbage_collection():
        return _Loading(folders).bank()


def signature(*folders: FilePath) -> tuple[tuple[str, int, int], ...]:
    """The names, times (ns) and sizes of the bank's files: equal as long as nobody changed one."""
    stats = [(str(path), path.stat()) for folder in folders for path in _files(folder)]
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Loading makes many small values and no cycles: collecting meanwhile costs twice the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _files(folder: FilePath) -> list[FilePath]:
    return sorted(path for path in folder.rglob("*.yaml") if path.is_file())


class _Loading:
    """One pass over the folders, gathering values and faults."""

    def __init__(self, folders: Iterable[FilePath]) -> None:
        self.folders = list(folders)
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []
        self.covers: list[tuple[Cover, Document]] = []
        self.topics: dict[str, Topic] = {}
        self.concepts: dict[str, Concept] = {}
        self.misconceptions: dict[str, Misconception] = {}
        self.places: dict[str, tuple[Document, Path]] = {}

    def bank(self) -> Bank:
        for folder in self.folders:
            if not folder.is_dir():
                self.faults.append(Fault(str(folder), 1, 1, "there is no such folder"))
        documents = [(name, document) for folder in self.folders for name, document in _documents(folder)]
        for name, document in documents:
            self.faults += document.faults
        for special in (COVER, CONCEPTS, MISCONCEPTIONS):
            for name, document in documents:
                if name == special and document.root is not None:
                    self._special(special, document)
        for name, document in documents:
            if name not in (COVER, CONCEPTS, MISCONCEPTIONS) and document.root is not None:
                self._topic(name.removesuffix(".yaml"), document)
        self._across()
        return self._result()

    def _result(self) -> Bank:
        order = [topic_id for cover, _ in self.covers for topic_id in cover.topics]
        ranked = sorted(self.topics.values(), key=lambda topic: _rank(topic.id, order))
        return Bank(
            title=self.covers[0][0].title if self.covers else "Questions",
            topics=tuple(topic for topic in ranked if topic.questions),
            concepts=self.concepts,
            misconceptions=self.misconceptions,
            retired={old: new for cover, _ in self.covers for old, new in cover.retired.items()},
            faults=tuple(sorted(set(self.faults))),
            warnings=tuple(sorted(set(self.warnings))),
        )

    # -- the files beside the topics

    def _special(self, name: str, document: Document) -> None:
        match name:
            case "bank.yaml":
                if cover := self._validated(Cover, document.root, document, ()):
                    self.covers.append((cover, document))
            case "concepts.yaml":
                if concepts := self._validated(Concepts, document.root, document, ()):
                    found = [
                        (("topics", t, "concepts", c), concept)
                        for t, topic in enumerate(concepts.topics)
                        for c, concept in enumerate(topic.concepts)
                    ]
                    self._catalogue(self.concepts, found, document)
            case _:
                if catalogue := self._validated(Misconceptions, document.root, document, ()):
                    listed = [
                        (("misconceptions", n), each) for n, each in enumerate(catalogue.misconceptions)
                    ]
                    self._catalogue(self.misconceptions, listed, document)

    def _catalogue(
        self, known: dict[str, Any], found: Iterable[tuple[Path, Any]], document: Document
    ) -> None:
        for path, value in found:
            if not SLUG.fullmatch(value.id):
                self.faults.append(document.fault((*path, "id"), _slug_text(value.id)))
            elif value.id in known:
                self.faults.append(document.fault((*path, "id"), f"the id '{value.id}' is used twice"))
            known.setdefault(value.id, value)

    # -- topics and questions

    def _topic(self, topic_id: str, document: Document) -> None:
        if not all(SLUG.fullmatch(part) for part in topic_id.split("/")):
            self.faults.append(
                document.fault((), "name the file in lower-case words, like 'event-loop.yaml'")
            )
        if topic_id in self.topics:
            self.faults.append(
                document.fault((), f"the topic '{topic_id}' is already in another bank folder")
            )
            return
        topic = self._validated(TopicFile, document.root, document, ())
        if topic is None:
            return
        questions = [
            question
            for number, raw in enumerate(topic.questions)
            if (question := self._question(topic_id, raw, document, ("questions", number)))
        ]
        self.topics[topic_id] = Topic(topic_id, topic.title, topic.about, tuple(questions))

    def _question(self, topic_id: str, raw: Any, document: Document, path: Path) -> Question | None:
        made = _typed(raw)
        if isinstance(made, Finding):
            self.faults.append(document.fault((*path, *made.path), made.text))
            return None
        body = {key: value for key, value in raw.items() if key != "type"} | {"id": f"{topic_id}/{raw['id']}"}
        question = self._validated(made, body, document, path)
        if question is None:
            return None
        if question.id in self.places:
            self.faults.append(
                document.fault((*path, "id"), f"the id '{raw['id']}' is used twice in this topic")
            )
            return None
        self.places[question.id] = (document, path)
        findings = [*question.faults(), *self._unknown_ids(question)]
        self.faults += [document.fault((*path, *finding.path), finding.text) for finding in findings]
        self._warn(question, document, path)
        return None if findings else question

    def _warn(self, question: Question, document: Document, path: Path) -> None:
        for finding in lint.wishes(question):
            text = f"{finding.text} [{finding.rule}]"
            self.warnings.append(document.fault((*path, *finding.path), text))

    def _unknown_ids(self, question: Question) -> Iterator[Finding]:
        for number, concept in enumerate(question.concepts):
            if concept not in self.concepts:
                yield Finding(("concepts", number), _unknown("concept", concept, self.concepts))
        for path, misconception in question.misconceptions():
            if misconception not in self.misconceptions:
                yield Finding(path, _unknown("misconception", misconception, self.misconceptions))

    # -- what only the whole shows

    def _across(self) -> None:
        for cover, document in self.covers:
            for number, topic_id in enumerate(cover.topics):
                if not any(f"{known}/".startswith(f"{topic_id}/") for known in self.topics):
                    text = _unknown("topic", topic_id, self.topics)
                    self.faults.append(document.fault(("topics", number), text))
            for old, new in cover.retired.items():
                if old in self.places:
                    where, path = self.places[old]
                    self.faults.append(
                        where.fault((*path, "id"), f"the id '{old}' is retired; take a new one")
                    )
                if new and new not in self.places:
                    self.faults.append(
                        document.fault(("retired", old), _unknown("question", new, self.places))
                    )

    def _validated(self, model: type[Value], raw: Any, document: Document, path: Path) -> Value | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                inner = tuple(problem["loc"])
                self.faults.append(
                    document.fault(
                        _spot(document, (*path, *inner), problem["type"]), _plain(model, inner, problem)
                    )
                )
            return None


def _documents(folder: FilePath) -> Iterator[tuple[str, Document]]:
    for path in _files(folder):
        yield path.relative_to(folder).as_posix(), read(str(path), path.read_bytes())


def _typed(raw: Any) -> type[Question] | Finding:
    """The type a raw question asks for, or what keeps it from being one."""
    if not isinstance(raw, dict):
        return Finding((), "a question is a mapping with 'id', 'type', 'prompt' …")
    if not isinstance(slug := raw.get("id"), str) or not SLUG.fullmatch(slug):
        return Finding(("id",), _slug_text(slug))
    if not isinstance(name := raw.get("type"), str) or name not in TYPES:
        return Finding(("type",), _unknown("type", str(name or ""), TYPES))
    return TYPES[name]


def _slug_text(slug: Any) -> str:
    return f"an id in lower-case words is needed, like 'calling-does-not-run', not {slug!r}"


def _unknown(what: str, given: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(given, list(known), n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    return f"unknown {what} '{given}'{hint}"


def _rank(topic_id: str, order: list[str]) -> tuple[int, str]:
    places = [n for n, listed in enumerate(order) if f"{topic_id}/".startswith(f"{listed}/")]
    return (places[0] if places else len(order), topic_id)


def _spot(document: Document, path: Path, kind: str) -> Path:
    """Where to point: for an unknown key at the key itself, else at the value."""
    key = (*path, "@key")
    return key if kind == "extra_forbidden" and key in document.marks else path


def _plain(model: type[BaseModel], loc: Path, problem: Any) -> str:
    """pydantic's message in the words of this project."""
    name = str(loc[-1]) if loc else "this"
    say: dict[str, Callable[[], str]] = {
        "extra_forbidden": lambda: _unknown("key", name, _fields_at(model, loc)),
        "missing": lambda: f"'{name}' is missing",
        "string_type": lambda: f"'{name}' must be text",
        "tuple_type": lambda: f"'{name}' must be a list",
        "model_type": lambda: f"'{name}' must be a mapping of keys",
        "mapping_type": lambda: f"'{name}' must be a mapping of keys",
        "dict_type": lambda: f"'{name}' must be a mapping of keys",
        "string_too_short": lambda: f"'{name}' must not be empty",
        "literal_error": lambda: f"'{name}' must be {problem['ctx']['expected']}, not {problem['input']!r}",
        "float_parsing": lambda: f"'{name}' must be a number, not {problem['input']!r}",
    }
    return say.get(problem["type"], lambda: f"'{name}': {problem['msg']}")()


def _fields_at(model: type[BaseModel], loc: Path) -> list[str]:
    """The keys that may stand where an unknown one was found."""
    fields: Any = model.model_fields
    for step in loc[:-1]:
        if isinstance(step, str) and step in fields:
            fields = getattr(_inner_model(fields[step].annotation), "model_fields", {})
    return ["type", *fields] if issubclass(model, Question) and len(loc) == 1 else list(fields)


def _inner_model(annotation: Any) -> Any:
    """The model inside an annotation such as `tuple[Option, ...]` or `Run | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((found for each in arguments if (found := _inner_model(each))), None)
