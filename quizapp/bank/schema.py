"""The JSON Schema of a topic file, for editors: made from the question types, so it is never out of step."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from quizapp.bank.types import TYPES

SLUG_SCHEMA = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}


def schema() -> dict[str, Any]:
    """The schema of a topic file (JSON Schema 2020-12)."""
    inputs = [(name, "validation", TypeAdapter(each).core_schema) for name, each in TYPES.items()]
    made = GenerateJsonSchema().generate_definitions(inputs)[1]  # type: ignore[arg-type]
    definitions: dict[str, Any] = dict(made)
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
            "title": {"type": "string"},
            "about": {"type": "string"},
            "questions": {
                "type": "array",
                "items": {"oneOf": [{"$ref": f"#/$defs/{each.__name__}"} for each in TYPES.values()]},
            },
        },
        "$defs": definitions,
    }
