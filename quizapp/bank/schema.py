"""The JSON Schema of a topic file, for editors: made from the question types, so it is never out of step."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from quizapp.bank.types import TYPES

SLUG_SCHEMA = {"type": ["string", "number"], "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
TEXT = ["string", "number", "boolean"]
"""What editors take plain text for: to them `no` and `3.10` are a boolean and a number."""


def schema() -> dict[str, Any]:
    """The schema of a topic file (JSON Schema 2020-12)."""
    inputs = [(name, "validation", TypeAdapter(each).core_schema) for name, each in TYPES.items()]
    made = GenerateJsonSchema().generate_definitions(inputs)[1]  # type: ignore[arg-type]
    definitions: dict[str, Any] = {str(name): _as_written(made[name]) for name in made}
    for name, each in TYPES.items():
        question = definitions[each.__name__]
        question["properties"] = {"id": SLUG_SCHEMA, "type": {"const": name}} | {
            key: value for key, value in question["properties"].items() if key != "id"
        }
        question["required"] = ["id", "type", *(key for key in question["required"] if key != "id")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A topic of a quizapp question bank",
        "type": "object",
        "additionalProperties": False,
        "required": ["title", "questions"],
        "properties": {
            "title": {"type": TEXT, "minLength": 1},
            "about": {"type": [*TEXT, "null"]},
            "questions": {
                "type": "array",
                "items": {"oneOf": [{"$ref": f"#/$defs/{each.__name__}"} for each in TYPES.values()]},
            },
        },
        "$defs": definitions,
    }


def _as_written(node: Any) -> Any:
    """The schema of a value, widened to what a plain scalar may look like to an editor."""
    if isinstance(node, list):
        return [_as_written(each) for each in node]
    if not isinstance(node, dict):
        return node
    wide = {key: _as_written(value) for key, value in node.items()}
    if "enum" in node:
        wide["enum"] = [
            *node["enum"],
            *(each == "true" for each in node["enum"] if each in ("true", "false")),
        ]
        del wide["type"]
    elif node.get("type") == "string":
        wide["type"] = TEXT if "minLength" in node else [*TEXT, "null"]
    elif node.get("type") == "number":
        wide["type"] = ["number", "string"]
    return wide
