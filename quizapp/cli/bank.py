"""The commands for authors: check a bank, begin a question, put files in order, print the schema."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quizapp.cli.options import FOLDER, Refusal, bank_option, one_bank_option, own_bank, shipped_bank
from quizapp.cli.review import review
from quizapp.cli.stats import stats

if TYPE_CHECKING:
    from quizapp.bank import Bank

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
NOT_TOPICS = ("bank.yaml", "concepts.yaml", "misconceptions.yaml")
SCHEMA = "schema.json"


@click.group()
def bank() -> None:
    """Check and write question banks."""


bank.add_command(review)
bank.add_command(stats)


@bank.command()
@click.argument("folders", type=FOLDER, nargs=-1, metavar="[DIR]...")
@bank_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(folders: tuple[Path, ...], banks: tuple[Path, ...], as_json: bool) -> None:
    """Print every fault and every warning of a bank. The exit code is 1 when there are faults."""
    from quizapp.bank import load

    found = load(*(folders + banks or [shipped_bank()]))
    click.echo(json.dumps(_figures(found), indent=2, ensure_ascii=False) if as_json else _report(found))
    sys.exit(1 if found.faults else 0)


def _figures(found: Bank) -> dict[str, Any]:
    from quizapp.bank import balance

    figures = balance(list(found))
    return {
        "questions": len(found),
        "topics": len(found.topics),
        "types": dict(sorted(Counter(question.type for question in found).items())),
        "faults": [asdict(fault) for fault in found.faults],
        "warnings": [asdict(warning) for warning in found.warnings],
        "key_position": figures.position,
        "key_longest": {"share": figures.longest, "expected": figures.expected_longest},
    }


def _report(found: Bank) -> str:
    lines = [(fault, str(fault)) for fault in found.faults]
    lines += [(each, str(each).replace(": ", ": warning: ", 1)) for each in found.warnings]
    counts = {
        "question": len(found),
        "topic": len(found.topics),
        "fault": len(found.faults),
        "warning": len(found.warnings),
    }
    summary = ", ".join(f"{number} {noun}{'s' * (number != 1)}" for noun, number in counts.items())
    return "\n".join([*(text for _, text in sorted(lines)), summary])


@bank.command()
@click.argument("topic")
@click.argument("slug")
@click.option("--type", "kind", required=True, help="The type of the question, such as single-choice.")
@one_bank_option
def new(topic: str, slug: str, kind: str, folder: Path | None) -> None:
    """Begin a question: add a skeleton with the id SLUG to the file of TOPIC."""
    from quizapp.bank import TYPES, skeleton

    if kind not in TYPES:
        raise Refusal(f"there is no type '{kind}'; take one of {', '.join(TYPES)}")
    for name in (*topic.split("/"), slug):
        if not SLUG.fullmatch(name):
            raise Refusal(f"'{name}' can't be a name here; write lower-case words, like calling-does-not-run")
    folder = folder or own_bank()
    path = folder / f"{topic}.yaml"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    _refuse_known(folder, topic, slug, old)
    text = _appended(old or _head(topic), skeleton(kind, slug), path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"Added {topic}/{slug} to {path}, line {_line_of(slug, text)}.")
    if _is_unlisted(folder, topic):
        click.echo(f"Add '{topic}' to the topics in {folder / 'bank.yaml'}.")
    click.echo(f"Fill it in, then run: quizapp bank check {folder}")


def _line_of(slug: str, text: str) -> int:
    """The line where the question of that id begins; 0 when there is none."""
    found = re.search(rf"^ *- +id: *(['\"]?){slug}\1 *$", text, re.MULTILINE)
    return text.count("\n", 0, found.end()) + 1 if found else 0


def _refuse_known(folder: Path, topic: str, slug: str, text: str) -> None:
    from quizapp.bank import load

    if line := _line_of(slug, text):
        raise Refusal(f"{folder / topic}.yaml:{line} has the id '{slug}' already; take another one")
    if folder.is_dir() and f"{topic}/{slug}" in load(folder).retired:
        raise Refusal(f"the id '{slug}' was used and is retired; take another one")


def _head(topic: str) -> str:
    title = topic.rpartition("/")[2].replace("-", " ").capitalize()
    return f"title: {title}\nabout: One sentence that says what the topic is about.\nquestions:\n"


def _appended(text: str, question: str, path: Path) -> str:
    """The topic file with one more question, which stands as deep as those before it."""
    text = re.sub(r"^questions:\s*\[\]\s*\Z", "questions:\n", text, flags=re.MULTILINE)
    depths = re.findall(r"^( *)- id:", text, re.MULTILINE)
    depth = depths[-1] if depths else ""
    indented = "".join(f"{depth}{row}\n" for row in question.splitlines())
    text = f"{text.rstrip()}\n\n{indented}"
    try:
        _ordered(text)
    except ValueError as error:
        raise Refusal(f"nothing was added to {path}: {error}") from None
    return text


def _ordered(text: str) -> str:
    """The topic file in the house order. Raises ValueError when it has faults."""
    from quizapp.bank import format_topic

    try:
        return format_topic(text)
    except (LookupError, TypeError):
        raise ValueError("the file is no topic; quizapp bank check says what it lacks") from None


def _is_unlisted(folder: Path, topic: str) -> bool:
    cover = folder / "bank.yaml"
    names = [topic, topic.partition("/")[0]]
    text = cover.read_text(encoding="utf-8") if cover.exists() else ""
    return not any(re.search(rf"^ *- +{re.escape(name)} *$", text, re.MULTILINE) for name in names)


@bank.command()
@click.argument("paths", type=click.Path(path_type=Path, exists=True), nargs=-1, metavar="[FILES]...")
@click.option("--check", "only_check", is_flag=True, help="Change nothing; name the files that would change.")
def fmt(paths: tuple[Path, ...], only_check: bool) -> None:
    """Put the keys of each question into the house order, in these files or folders.

    Files with faults are named and left alone. The exit code is 1 when there are any, and, with --check,
    when a file would change.
    """
    bad = 0
    for path in _topic_files(paths or (own_bank(),)):
        said = _format(path, only_check)
        bad += bool(said) and (only_check or not said.startswith("put in order"))
        if said:
            click.echo(f"{path}: {said}")
    sys.exit(1 if bad else 0)


def _topic_files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        yield from (
            each
            for each in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
            if each.name not in NOT_TOPICS
        )


def _format(path: Path, only_check: bool) -> str:
    """What was done to the file, or must be; empty when it is in order."""
    try:
        text = path.read_text(encoding="utf-8")
        ordered = _ordered(text)
    except UnicodeDecodeError:
        return "the file is not UTF-8 text; save it as UTF-8"
    except ValueError as error:
        return str(error)
    if ordered == text:
        return ""
    if only_check:
        return "not in the house order; run: quizapp bank fmt"
    path.write_text(ordered, encoding="utf-8", newline="\n")
    return "put in order"


@bank.command()
@click.option("--check", "task", flag_value="check", help=f"Compare it with {SCHEMA} in the bank's folder.")
@click.option("--write", "task", flag_value="write", help=f"Write it to {SCHEMA} in the bank's folder.")
@one_bank_option
def schema(task: str | None, folder: Path | None) -> None:
    """Print the JSON Schema of a topic file, with which editors check and complete while one writes."""
    from quizapp import bank as room  # `schema` is a module there, too

    text = json.dumps(room.schema(), indent=2, ensure_ascii=False) + "\n"
    if task is None:
        click.echo(text, nl=False)
        return
    path = (folder or own_bank()) / SCHEMA
    if task == "write":
        path.write_text(text, encoding="utf-8", newline="\n")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        raise Refusal(f"{path} is not the schema of the question types; run: quizapp bank schema --write")
