"""Loading: folders of YAML files → one immutable Bank, with every fault that was found."""

from __future__ import annotations

import difflib
import functools
import gc
import hashlib
import json
import os
import reprlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from quizapp.bank import lint, sheets
from quizapp.bank.caching import Cache
from quizapp.bank.sheets import MAX_QUESTION, SLUG, NoSheet, Sheet, TopicFile
from quizapp.bank.types import TYPES, Finding, Path, Question
from quizapp.bank.types.base import Frozen
from quizapp.bank.yamlfile import MAX_BYTES, Document, Fault, read

MAX_FAULTS = 1_000
ENDINGS = (".yaml", ".yml")
Value = TypeVar("Value", bound=BaseModel)


class Cover(Frozen):
    """`bank.yaml`: what the bank is called, how topics are ordered, which question ids are gone."""

    format: Literal["1"]
    title: str = Field(min_length=1)
    licence: str = ""
    topics: tuple[str, ...] = ()
    retired: Mapping[str, str] = Field(default_factory=dict)


class Concept(Frozen):
    """Something a question can measure."""

    id: str
    covers: str = Field(min_length=1)


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
    wrong: str = Field(min_length=1)
    right: str = Field(min_length=1)


class Misconceptions(Frozen):
    """`misconceptions.yaml`."""

    misconceptions: tuple[Misconception, ...]


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
    places: Mapping[str, tuple[str, Path]] = field(default_factory=dict, repr=False, compare=False)
    """The file of each question, and the way to it inside that file."""
    _linted: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict, repr=False, compare=False)
    """The warnings of those questions that were looked at while loading, because of faults near them."""
    _file: str = field(default="", repr=False, compare=False)
    """The file to name for what is wrong with no single question."""
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

    @cached_property
    def warnings(self) -> tuple[Fault, ...]:
        """What had better be mended, found when first asked for; reads files once more where there is any."""
        found = {warning for warnings in self._linted.values() for warning in warnings}
        for question in self:
            if question.id not in self._linted:
                found |= {self.place(question.id, each.path, _wish(each)) for each in lint.wishes(question)}
        found |= {Fault(self._file, 1, 1, text) for text in lint.lopsided(self)}
        return tuple(sorted(found))

    @cached_property
    def by_revision(self) -> Mapping[str, Question]:
        """The questions by their revisions."""
        return {question.revision: question for question in self}

    @cached_property
    def by_misconception(self) -> Mapping[str, tuple[Question, ...]]:
        """The questions that a quiz can ask by the misconceptions that a wrong answer to them may show."""
        found: dict[str, list[Question]] = {}
        for question in self:
            for misconception in dict.fromkeys(each for _, each in question.misconceptions()):
                if not question.rated:
                    found.setdefault(misconception, []).append(question)
        return {misconception: tuple(questions) for misconception, questions in found.items()}

    @cached_property
    def fingerprint(self) -> str:
        """Equal as long as the same answers say the same of a learner: of concepts and misconceptions."""
        said = [
            [each.id, each.revision, each.concepts, [belief for _, belief in each.misconceptions()]]
            for each in self
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:24]

    def topic(self, topic_id: str) -> Topic:
        """The topic of that id; raises KeyError when there is none."""
        return {topic.id: topic for topic in self.topics}[topic_id]

    def place(self, question_id: str, path: Path = (), text: str = "") -> Fault:
        """A fault at a value of a question, or at the nearest value around it; reads the file once more.

        Raises KeyError when there is no such question.
        """
        file, way = self.places[question_id]
        return _read_again(file, _changed(file)).fault((*way, *path), text)


def load(*folders: FilePath, cache: Cache | None = None) -> Bank:
    """Load one bank from its folders. Faulty questions are left out and their faults listed; never raises.

    Topic files that are in the cache, and as they were then, are not read again.
    """
    cache = cache or Cache()
    with _no_garbage_collection(), cache.load():
        return _Loading(folders, cache).bank()


def signature(*folders: FilePath) -> tuple[tuple[str, int, int], ...]:
    """The names, times (ns) and sizes of the bank's files: equal as long as nobody changed one."""
    return tuple(each for folder in folders for path in _files(folder) for each in _stat(path))


def _stat(path: FilePath) -> Iterator[tuple[str, int, int]]:
    with suppress(OSError):  # gone since the folder was listed
        stat = path.stat()
        yield str(path), stat.st_mtime_ns, stat.st_size


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Loading makes many small values and no cycles: collecting meanwhile costs twice the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # what was made is here to stay: nobody need look through it young
                gc.freeze()
                gc.unfreeze()
            gc.enable()


def _files(folder: FilePath) -> list[FilePath]:
    """The YAML files of a bank, but for hidden ones. Those named `.yml` are found too, to be refused."""
    found: list[FilePath] = []
    for place, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith(".")]
        found += [
            FilePath(place, each) for each in names if each.endswith(ENDINGS) and not each.startswith(".")
        ]
    return sorted(path for path in found if path.is_file())


@dataclass(frozen=True)
class _File:
    """A file of the bank: its name inside the folder, without the ending, its path and its bytes."""

    name: str
    path: str
    data: bytes = field(repr=False)
    trouble: str = ""

    @cached_property
    def document(self) -> Document:
        """What it holds, read when it is wanted."""
        if self.trouble:
            return Document(self.path, faults=[Fault(self.path, 1, 1, self.trouble)], whole=False)
        return read(self.path, self.data)


class _TooManyFaults(Exception):
    """Enough for one author and one day."""


class _Loading:
    """One pass over the folders, gathering values and faults."""

    def __init__(self, folders: Iterable[FilePath], cache: Cache) -> None:
        self.cache = cache
        self.folders = list({folder.absolute(): folder for folder in folders}.values())
        self.faults: set[Fault] = set()
        self.warnings: dict[str, tuple[Fault, ...]] = {}
        self.covers: list[tuple[Cover, Document]] = []
        self.topics: dict[str, Topic] = {}
        self.concepts: dict[str, Concept] = {}
        self.misconceptions: dict[str, Misconception] = {}
        self.places: dict[str, tuple[_File, Path]] = {}
        self.questions: dict[str, Question] = {}
        self.unsure: set[str] = set()
        """Kinds of id of which some could not be read: no fault then to name one that is not known."""

    def bank(self) -> Bank:
        try:
            self._load()
        except _TooManyFaults:
            where = str(self.folders[0])
            text = f"there are more than {MAX_FAULTS:,} faults; the others show when these are mended"
            self.faults.add(Fault(where, 1, 1, text))
        return self._result()

    def _load(self) -> None:
        files = [file for folder in self.folders for file in self._read(folder)]
        for special, take in self._specials().items():
            for file in files:
                if file.name == special:
                    self._add(file.document.faults)
                    take(file.document)
        for file in files:
            if file.name not in self._specials():
                self._topic(file)
        self._across()

    def _add(self, faults: Iterable[Fault]) -> None:
        self.faults.update(faults)
        if len(self.faults) > MAX_FAULTS:
            raise _TooManyFaults

    def _blame(self, document: Document, path: Path, text: str) -> None:
        """Note a fault, unless the reader found one at that place: this one would only follow from it."""
        fault = document.fault(path, text)
        if not any((seen.line, seen.column) == (fault.line, fault.column) for seen in document.faults):
            self._add([fault])

    def _read(self, folder: FilePath) -> Iterator[_File]:
        """The files of a folder, with a fault for each that is none of ours."""
        if not folder.is_dir():
            self._add([Fault(str(folder), 1, 1, "there is no such folder")])
            return
        files = _files(folder)
        if not files:
            self._add([Fault(str(folder), 1, 1, "there is no .yaml file in this folder")])
        for path in files:
            if path.suffix == ".yml":
                self._add([Fault(str(path), 1, 1, "name the file .yaml, or it is not read")])
            else:
                name = path.relative_to(folder).with_suffix("").as_posix()
                yield _file(name, path)

    def _result(self) -> Bank:
        order = [topic_id for cover, _ in self.covers for topic_id in cover.topics]
        ranked = sorted(self.topics.values(), key=lambda topic: _rank(topic.id, order))
        return Bank(
            title=self.covers[0][0].title if self.covers else "Questions",
            topics=tuple(topic for topic in ranked if topic.questions),
            concepts=self.concepts,
            misconceptions=self.misconceptions,
            retired={old: new for cover, _ in self.covers for old, new in cover.retired.items()},
            faults=tuple(sorted(self.faults)),
            places={each: (self.places[each][0].path, self.places[each][1]) for each in self.questions},
            _linted=self.warnings,
            _file=self._first_file(),
        )

    # -- the files beside the topics

    def _specials(self) -> dict[str, Callable[[Document], None]]:
        return {
            "bank": self._cover,
            "concepts": self._concepts,
            "misconceptions": self._misconceptions,
        }

    def _cover(self, document: Document) -> None:
        if cover := self._validated(Cover, document.root, document, ()):
            self.covers.append((cover, document))

    def _concepts(self, document: Document) -> None:
        if found := self._catalogue("concept", Concepts, document):
            for t, topic in enumerate(found.topics):
                for c, concept in enumerate(topic.concepts):
                    self._list(self.concepts, concept, document, ("topics", t, "concepts", c))

    def _misconceptions(self, document: Document) -> None:
        if found := self._catalogue("misconception", Misconceptions, document):
            for number, each in enumerate(found.misconceptions):
                path: Path = ("misconceptions", number)
                self._list(self.misconceptions, each, document, path)
                for place, concept in enumerate(each.concepts):
                    if text := self._unknown_id("concept", concept, self.concepts):
                        self._blame(document, (*path, "concepts", place), text)

    def _catalogue(self, kind: str, model: type[Value], document: Document) -> Value | None:
        found = self._validated(model, document.root, document, ())
        if found is None or not document.whole:
            self.unsure.add(kind)
        return found

    def _list(self, known: dict[str, Any], value: Any, document: Document, path: Path) -> None:
        if not SLUG.fullmatch(value.id):
            self._blame(document, (*path, "id"), _slug_text(value.id))
        elif value.id in known:
            self._blame(document, (*path, "id"), f"the id '{value.id}' is used twice")
        known.setdefault(value.id, value)

    # -- topics and questions

    def _topic(self, file: _File) -> None:
        if file.name in self.topics or not all(SLUG.fullmatch(part) for part in file.name.split("/")):
            self._topic_with_faults(file)
            return
        try:
            found = self._sheet(file)
        except NoSheet:
            self._topic_with_faults(file)
            return
        self.topics[file.name] = Topic(file.name, found.title, found.about, found.questions)
        for number, question in enumerate(found.questions):
            self.questions[question.id] = question
            self.places[question.id] = file, ("questions", number)

    def _sheet(self, file: _File) -> Sheet:
        """The file as a whole, when nothing is wrong in it and it names nothing unknown. Raises NoSheet."""

        def content() -> dict[str, Any]:
            document = file.document
            if document.faults:
                raise NoSheet
            return sheets.content(file.name, document.root)

        if file.trouble:
            raise NoSheet
        found = self.cache.sheet(file.name, file.data, content)
        if found.concepts - self.concepts.keys() or found.misconceptions - self.misconceptions.keys():
            raise NoSheet
        return found

    def _topic_with_faults(self, file: _File) -> None:
        """A topic file in which something is wrong: question by question, all of it with its place."""
        topic_id, document = file.name, file.document
        self._add(document.faults)
        if not all(SLUG.fullmatch(part) for part in topic_id.split("/")):
            self._blame(document, (), "name the file in lower-case words, like 'event-loop.yaml'")
        if topic_id in self.topics:
            self._blame(document, (), f"the topic '{topic_id}' is already in another bank folder")
            return
        if not document.whole:
            self.unsure.add("question")
        topic = self._validated(TopicFile, document.root, document, ())
        raws = document.root.get("questions") if isinstance(document.root, dict) else None
        questions = [
            question
            for number, raw in enumerate(raws if isinstance(raws, list) else [])
            if (question := self._question(file, raw, ("questions", number)))
        ]
        title, about = (topic.title, topic.about) if topic else (topic_id, "")
        self.topics[topic_id] = Topic(topic_id, title, about, tuple(questions))

    def _question(self, file: _File, raw: Any, path: Path) -> Question | None:
        document, unnamed = file.document, _unnamed(raw)
        for finding in unnamed:
            self._blame(document, (*path, *finding.path), finding.text)
        kind = str(raw.get("type")) if isinstance(raw, dict) else ""
        if kind not in TYPES:
            self.unsure.add("question")
            return None
        body = {key: value for key, value in raw.items() if key != "type"}
        body["id"] = f"{file.name}/{raw.get('id', '')}"
        is_new = self._place(body["id"], file, path)
        question, sound = self._built(TYPES[kind], body, document, path)
        unknown = list(self._unknown_ids(raw))
        findings = [*question.faults(), *unknown] if question else unknown
        for finding in findings:
            self._blame(document, (*path, *finding.path), finding.text)
        if question is None:
            return None
        self._warn(question, document, path)
        if findings or unnamed or not sound or not is_new:
            return None
        self.questions[question.id] = question
        return question

    def _place(self, question_id: str, file: _File, path: Path) -> bool:
        """Note where a question stands; False when another has its id."""
        slug = question_id.rpartition("/")[2]
        if slug and question_id in self.places:
            line = file.document.mark((*self.places[question_id][1], "id"))[0]
            self._blame(file.document, (*path, "id"), f"the id '{slug}' is used twice, first in line {line}")
            return False
        self.places[question_id] = file, path
        return True

    def _built(
        self, model: type[Question], body: dict[str, Any], document: Document, path: Path
    ) -> tuple[Question | None, bool]:
        """The question, and whether it is sound. Without unknown keys it may be looked at further."""
        if sheets.is_too_long(body):
            self._blame(document, path, f"the question has more than {MAX_QUESTION:,} characters")
            return None, False
        if question := self._validated(model, body, document, path):
            return question, True
        try:
            return model.model_validate(body, extra="ignore"), False
        except ValidationError:
            return None, False

    def _warn(self, question: Question, document: Document, path: Path) -> None:
        found = [document.fault((*path, *each.path), _wish(each)) for each in lint.wishes(question)]
        self.warnings[question.id] = (*self.warnings.get(question.id, ()), *found)

    def _unknown_ids(self, raw: dict[str, Any]) -> Iterator[Finding]:
        concepts = raw.get("concepts")
        for number, concept in enumerate(concepts if isinstance(concepts, list) else []):
            if isinstance(concept, str) and (text := self._unknown_id("concept", concept, self.concepts)):
                yield Finding(("concepts", number), text)
        for path, misconception in _misconceptions(raw, ()):
            if text := self._unknown_id("misconception", misconception, self.misconceptions):
                yield Finding(path, text)

    def _unknown_id(self, kind: str, given: str, known: Mapping[str, Any]) -> str:
        """What to say of an id that is not known; nothing when it is, or when that can't be told."""
        if given in known or kind in self.unsure:
            return ""
        return _unknown(kind, given, known) if known else f"unknown {kind} '{given}': {kind}s.yaml lists none"

    # -- what only the whole shows

    def _across(self) -> None:
        for cover, document in self.covers:
            for number, topic_id in enumerate(cover.topics):
                if not any(f"{known}/".startswith(f"{topic_id}/") for known in self.topics):
                    self._blame(document, ("topics", number), _unknown("topic", topic_id, self.topics))
                elif topic_id in cover.topics[:number]:
                    self._blame(document, ("topics", number), f"the topic '{topic_id}' stands here twice")
            for old, new in cover.retired.items():
                self._retired(cover, document, old, new)

    def _first_file(self) -> str:
        return self.covers[0][1].path if self.covers else str(self.folders[0])

    def _retired(self, cover: Cover, document: Document, old: str, new: str) -> None:
        if old in self.places:
            where, path = self.places[old]
            self._blame(where.document, (*path, "id"), f"the id '{old}' is retired; take a new one")
        if "/" not in old:
            text = f"'{old}' is no question; write topic/question"
            self._blame(document, ("retired", old, "@key"), text)
        if new in cover.retired:
            self._blame(document, ("retired", old), f"'{new}' is retired too; name what replaced it")
        elif new and (text := self._unknown_id("question", new, self.places)):
            self._blame(document, ("retired", old), text)

    def _validated(self, model: type[Value], raw: Any, document: Document, path: Path) -> Value | None:
        if raw is None:  # not even readable, and the reader has said so
            return None
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                inner = tuple(problem["loc"])
                spot = _spot(document, (*path, *inner), problem["type"])
                self._blame(document, spot, _plain(model, inner, problem))
            return None


@functools.lru_cache(maxsize=4)
def _read_again(path: str, _time: int) -> Document:
    return _file("", FilePath(path)).document


def _changed(path: str) -> int:
    """When the file was changed (ns); 0 where it is gone."""
    try:
        return FilePath(path).stat().st_mtime_ns
    except OSError:
        return 0


def _file(name: str, path: FilePath) -> _File:
    try:
        with path.open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size  # reading takes memory, and time, for what it asks for
            return _File(name, str(path), file.read(min(size, MAX_BYTES) + 1))
    except OSError as error:
        return _File(name, str(path), b"", f"the file can't be read: {error.strerror}")


def _wish(finding: Finding) -> str:
    return f"{finding.text} [{finding.rule}]"


def _unnamed(raw: Any) -> list[Finding]:
    """What keeps a raw question from having an id and a type."""
    if not isinstance(raw, dict):
        return [Finding((), "a question is a mapping: id, type, level, concepts, prompt …")]
    findings = []
    if "id" not in raw:
        findings.append(Finding((), "'id' is missing"))
    elif not isinstance(slug := raw["id"], str) or not SLUG.fullmatch(slug):
        findings.append(Finding(("id",), _slug_text(slug)))
    if "type" not in raw:
        findings.append(Finding((), f"'type' is missing; it is one of {', '.join(TYPES)}"))
    elif not isinstance(name := raw["type"], str) or name not in TYPES:
        findings.append(Finding(("type",), _unknown("type", str(name), TYPES)))
    return findings


def _misconceptions(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """The misconceptions that a raw question names, wherever it does."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _misconceptions(inner, (*path, number))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key != "misconception":
                yield from _misconceptions(inner, (*path, key))
            elif isinstance(inner, str) and inner:
                yield (*path, key), inner


def _slug_text(slug: Any) -> str:
    return f"an id in lower-case words is needed, like 'calling-does-not-run', not {reprlib.repr(slug)}"


def _unknown(what: str, given: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(given[:80], list(known), n=1)
    hint = f"; did you mean '{near[0]}'?" if near else ""
    if not near and what in ("key", "type"):
        hint = f"; there are {', '.join(known)}"
    return f"unknown {what} '{given[:80]}'{hint}"


def _rank(topic_id: str, order: list[str]) -> tuple[int, str]:
    places = [n for n, listed in enumerate(order) if f"{topic_id}/".startswith(f"{listed}/")]
    return (places[0] if places else len(order), topic_id)


def _spot(document: Document, path: Path, kind: str) -> Path:
    """Where to point: for an unknown key at the key itself, else at the value."""
    key = (*path, "@key")
    return key if kind == "extra_forbidden" and key in document.marks else path


def _plain(model: type[BaseModel], loc: Path, problem: Any) -> str:
    """pydantic's message in the words of this project."""
    name = _named(loc)
    kind: str = problem["type"]
    given, context = reprlib.repr(problem["input"]), problem.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown("key", str(loc[-1]), _fields_at(model, loc))
    say = {
        "missing": f"{name} is missing",
        "string_type": f"{name} must be text; text over several lines begins with | behind its key",
        "tuple_type": f"{name} must be a list: '- ' before each entry, or all of them in [ ]",
        "model_type": f"{name} must have keys, written 'key: value'",
        "mapping_type": f"{name} must have keys, written 'key: value'",
        "dict_type": f"{name} must have keys, written 'key: value'",
        "string_too_short": f"{name} must not be empty",
        "too_long": f"{name} has more than {context.get('max_length')} entries",
        "literal_error": f"{name} must be {context.get('expected')}, not {given}",
        "float_parsing": f"{name} must be a number, not {given}",
        "float_type": f"{name} must be a number",
        "finite_number": f"{name} must be a number, not {given}",
        "greater_than_equal": f"{name} must not be {_below(context.get('ge'))}",
        "less_than_equal": f"{name} must not be more than {context.get('le')}",
    }
    return say.get(kind, f"{name}: {problem['msg']}")


def _below(least: Any) -> str:
    return f"less than {least}" if least else "negative"


def _named(loc: Path) -> str:
    """A value in words: its key, or its number in a list."""
    match loc:
        case (*_, str(key)):
            return f"'{key}'"
        case (*_, str(key), int(number)):
            return f"entry {number + 1} of '{key}'"
    return "the file"


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
