"""Evidence: what proofs have shown, kept beside the bank as text that people can compare."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quizapp.lab.trace import FORMAT, Trace

FOLDER = "evidence"
"""The folder beside the topic files that holds it: a file for each topic."""
MOST_EVENTS = 500
PYTHON = re.compile(r"3\.\d{1,3}(\.\d{1,3}\w{0,9})?", re.ASCII)


class NotEvidence(ValueError):
    """The file holds no evidence that can be read."""


@dataclass(frozen=True)
class Evidence:
    """What was shown of one question.

    `key` is that of what was proven (`evidence_key`); `pythons` are the versions it was proven on, none where
    no Python at hand was admitted. `ended` says how it ended. `trace` is what it did on the oldest of
    these Pythons, and `contrast` what its mended counterpart did; both on the virtual clock alone, and not
    where there are more than MOST_EVENTS, which nobody would look at.
    """

    question: str
    key: str
    pythons: tuple[str, ...] = ()
    ended: str = ""
    trace: Trace | None = None
    contrast: Trace | None = None


def evidence_key(grounds: str) -> str:
    """The key of evidence for a question that stands on these grounds: what traces look like counts, too."""
    return hashlib.sha256(f"{FORMAT} {grounds}".encode()).hexdigest()[:24]


def load_evidence(folder: Path) -> Mapping[str, Evidence]:
    """The evidence beside a bank, by question id; empty when there is none. Raises NotEvidence."""
    root = folder / FOLDER
    topics = (path.relative_to(root).with_suffix("").as_posix() for path in sorted(root.rglob("*.json")))
    return {question: found for topic in topics for question, found in topic_evidence(folder, topic).items()}


def topic_evidence(folder: Path, topic: str) -> Mapping[str, Evidence]:
    """The evidence of one topic, by question id; empty when there is none. Raises NotEvidence."""
    path = folder / FOLDER / f"{topic}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {f"{topic}/{slug}": _read(f"{topic}/{slug}", each) for slug, each in kept.items()}
    except FileNotFoundError:
        return {}
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotEvidence(f"{path} can't be read: {error}; run: quizapp prove --write") from error


def _read(question: str, kept: dict[str, Any]) -> Evidence:
    trace, contrast = (_trace(kept.get(name)) for name in ("trace", "contrast"))
    key, pythons, ended = kept["key"], kept["pythons"], kept["ended"]
    if not isinstance(key, str) or not isinstance(ended, str) or not all(map(PYTHON.fullmatch, pythons)):
        raise ValueError(f"{question}: {key}, {ended}, {pythons}")
    return Evidence(question, key, tuple(pythons), ended, trace, contrast)


def _trace(kept: dict[str, Any] | None) -> Trace | None:
    return Trace.from_json(json.dumps(kept)) if kept else None


def save_evidence(folder: Path, topic: str, evidence: Iterable[Evidence]) -> None:
    """Write the file of a topic, each event on a line of its own; without evidence there is no file."""
    path = folder / FOLDER / f"{topic}.json"
    text = evidence_text(evidence)
    if text == "{}\n":
        path.unlink(missing_ok=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def evidence_text(evidence: Iterable[Evidence]) -> str:
    """The text of a topic's file."""
    entries = (_entry(each) for each in sorted(evidence, key=lambda each: each.question))
    return "{" + ",".join(f"\n{entry}" for entry in entries) + "}\n"


def _entry(evidence: Evidence) -> str:
    fields: dict[str, Any] = {
        "key": evidence.key,
        "pythons": list(evidence.pythons),
        "ended": evidence.ended,
    }
    rows = [f'"{name}": {json.dumps(value)}' for name, value in fields.items()]
    traces = {"trace": evidence.trace, "contrast": evidence.contrast}
    rows += [f'"{name}": {trace.to_json().rstrip()}' for name, trace in traces.items() if trace]
    slug = evidence.question.rpartition("/")[2]
    return f"{json.dumps(slug)}: {{\n" + ",\n".join(rows) + "\n}"
