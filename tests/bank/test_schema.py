"""The JSON Schema for editors."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from quizapp.bank import TYPES, schema
from quizapp.shipped import shipped

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.yaml"))
SPECIAL = {"bank.yaml", "concepts.yaml", "misconceptions.yaml"}
TOPICS = [
    path for path in [*SAMPLES, *sorted(shipped("questions").rglob("*.yaml"))] if path.name not in SPECIAL
]
SCHEMA = schema()
JSON_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
REMARKS = {"title", "description", "default", "$schema", "$defs", "format"}

Check = Callable[[Any, Any, Any, str], Iterator[str]]


def misfits(value: Any, node: Any, path: str = "") -> Iterator[str]:
    """Where a value does not fit the schema: JSON Schema, as far as ours goes."""
    for keyword, wanted in node.items():
        if keyword not in REMARKS:
            yield from CHECKS[keyword](value, wanted, node, path)


def fits(value: Any, node: Any) -> bool:
    return not any(misfits(value, node))


def ref(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
    yield from misfits(value, SCHEMA["$defs"][wanted.removeprefix("#/$defs/")], path)


def kind(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
    names = [wanted] if isinstance(wanted, str) else wanted
    if not any(isinstance(value, JSON_TYPES[name]) for name in names):
        yield f"{path}: is no {' or '.join(names)}"


def properties(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key in wanted:
            yield from misfits(inner, wanted[key], f"{path}/{key}")


def others(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
    for key in sorted(set(value) - set(node.get("properties", ()))) if isinstance(value, dict) else ():
        yield from [f"{path}/{key}: is unknown"] if wanted is False else misfits(value[key], wanted, path)


def entries(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
    for number, inner in enumerate(value) if isinstance(value, list) else ():
        yield from misfits(inner, wanted, f"{path}/{number}")


def check(applies_to: Any, is_met: Callable[[Any, Any], bool]) -> Check:
    """A check of values of these types."""

    def checked(value: Any, wanted: Any, node: Any, path: str) -> Iterator[str]:
        if isinstance(value, applies_to) and not is_met(value, wanted):
            yield f"{path}: is not as {wanted!r} asks"

    return checked


CHECKS: dict[str, Check] = {
    "$ref": ref,
    "type": kind,
    "properties": properties,
    "additionalProperties": others,
    "items": entries,
    "const": check(object, lambda value, wanted: value == wanted),
    "enum": check(object, lambda value, wanted: value in wanted),
    "oneOf": check(object, lambda value, wanted: sum(fits(value, each) for each in wanted) == 1),
    "anyOf": check(object, lambda value, wanted: any(fits(value, each) for each in wanted)),
    "required": check(dict, lambda value, wanted: set(wanted) <= set(value)),
    "pattern": check(str, lambda value, wanted: bool(re.search(wanted, value))),
    "minLength": check(str, lambda value, wanted: len(value) >= wanted),
    "maxItems": check(list, lambda value, wanted: len(value) <= wanted),
    "minimum": check((int, float), lambda value, wanted: value >= wanted),
    "maximum": check((int, float), lambda value, wanted: value <= wanted),
}


def broken(value: Any) -> list[str]:
    return list(misfits(value, SCHEMA))


def sample(kind: str) -> dict[str, Any]:
    path = Path(__file__).parent / "samples" / f"{kind}.yaml"
    return copy.deepcopy(yaml.load(path.read_text(), yaml.BaseLoader))  # noqa: S506  # reads text only


def test_the_committed_schema_is_that_of_the_types() -> None:
    committed = shipped("questions") / "schema.json"
    assert json.loads(committed.read_text()) == schema(), "stale; run: quizapp bank schema --write"


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_topic_fits_the_schema_when_all_is_text(path: Path) -> None:
    assert broken(yaml.load(path.read_text(), yaml.BaseLoader)) == []  # noqa: S506  # reads text only


@pytest.mark.parametrize("path", TOPICS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_topic_fits_the_schema_as_editors_read_it(path: Path) -> None:
    assert broken(yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize("kind", TYPES)
def test_an_unknown_key_does_not_fit(kind: str) -> None:
    topic = sample(kind)
    topic["questions"][0]["colour"] = "red"
    assert broken(topic)
    assert broken(sample(kind) | {"colour": "red"})


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("key", ["id", "type", "level", "prompt", "explanation"])
def test_a_missing_key_does_not_fit(kind: str, key: str) -> None:
    topic = sample(kind)
    del topic["questions"][0][key]
    assert broken(topic)


def test_wrong_values_do_not_fit() -> None:
    for key, value in {
        "level": "easy",
        "id": "No Slug",
        "type": "quiz",
        "prompt": "",
        "concepts": "one",
    }.items():
        topic = sample("single-choice")
        topic["questions"][0][key] = value
        assert broken(topic), key


def test_plain_scalars_fit_whatever_editors_take_them_for() -> None:
    topic = sample("single-choice")
    topic["questions"][0] |= {"prompt": 3.10, "run": {"takes": 3, "prints": None}, "code": True}
    assert broken(topic) == []
    verdict = sample("true-false")
    verdict["questions"][0]["options"][0]["says"] = False
    assert broken(verdict) == []
    verdict["questions"][0]["options"][0]["says"] = "maybe"
    assert broken(verdict)


def test_every_type_is_in_the_schema() -> None:
    consts = {
        node["properties"]["type"]["const"]
        for node in schema()["$defs"].values()
        if "type" in node["properties"]
    }
    assert consts == set(TYPES)
