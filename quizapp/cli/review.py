"""The command for a second pair of eyes: questions without their keys, and blind answers compared."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from quizapp.cli.options import Refusal, one_bank_option, own_bank

if TYPE_CHECKING:
    from quizapp.bank import Answer, Bank, Question

SOUND = "sound"
"""What a reviewer answers to an open question whose rubric and model answer hold."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]*")


@click.command()
@click.argument("topics", nargs=-1, metavar="[TOPIC]...")
@click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), help="JSON: {id: [answers]}.")
@click.option("--by", help="Who answered; needed with --answers.")
@click.option("--all", "everything", is_flag=True, help="Show reviewed questions, too.")
@one_bank_option
def review(
    topics: tuple[str, ...], answers: Path | None, by: str | None, everything: bool, folder: Path | None
) -> None:
    """Print questions as a learner sees them, or compare a blind reader's answers with the keys.

    An answer is a list of texts: numbers of options, the number that each shown step takes, the number of
    each term's match, the line, what is typed; for an open question "sound", or what is wrong with it. Where
    answer and key agree, `reviewed:` is written into the file. The exit code is 1 when any differ.
    """
    from quizapp.bank import load

    found = load(folder := folder or own_bank())
    asked = [question for question in found if not topics or question.topic in topics]
    if unknown := set(topics) - {topic.id for topic in found.topics}:
        raise Refusal(f"there is no topic '{sorted(unknown)[0]}' in {folder}")
    if answers is None:
        for question in asked:
            if everything or not question.is_reviewed:
                click.echo("\n".join(_sheet(question)) + "\n")
        return
    if not by or not NAME.fullmatch(by):
        raise Refusal("say with --by who answered, in letters, digits, blanks, '.', '_' and '-'")
    _compare(found, folder, asked, _given(answers), by)


def _shown(question: Question) -> Answer:
    """The order in which this question is shown to every reviewer."""
    return question.shuffled(random.Random(f"review {question.id}"))  # noqa: S311 - an order, not a secret


def _sheet(question: Question) -> Iterator[str]:
    """The lines of a question on a reviewer's sheet."""
    yield f"=== {question.id} [{question.type}, {question.level}]"
    yield question.prompt.rstrip()
    yield from (f"{number:3}  {row}" for number, row in enumerate(question.code.splitlines(), start=1))
    yield from (f"term {number}: {term}" for number, term in enumerate(question.stems(), start=1))
    if question.type != "spot-line":  # the lines of the program stand above
        for number, part in enumerate(question.offer(_shown(question)), start=1):
            group = f"{part.group}: " if part.group else ""
            yield f"({number}) {group}" + part.text.rstrip().replace("\n", "\n    ")
    if question.rated:
        told = {"rubric", "model_answer", "follow_ups", "red_flags"}
        yield json.dumps(question.model_dump(mode="json", include=told), indent=2, ensure_ascii=False)


def _given(path: Path) -> Mapping[str, list[str]]:
    try:
        given: Any = json.loads(path.read_text(encoding="utf-8"))
        json.dumps(given, ensure_ascii=False).encode()  # half a surrogate pair could not be printed
    except (OSError, ValueError, RecursionError) as error:
        raise Refusal(f"{path} can't be read: {error}") from None
    lists = isinstance(given, dict) and all(isinstance(each, list) for each in given.values())
    if not lists:
        raise Refusal(f'{path}: write an object of lists, such as {{"coroutines/truthy": ["2"]}}')
    return {question: list(map(str, answer)) for question, answer in given.items()}


@dataclass(frozen=True)
class _Opinion:
    """A reviewer's answer to one question; `says` is empty where it agrees with the key."""

    question: Question
    says: str


def _opinion(question: Question, given: list[str]) -> _Opinion:
    if question.rated:
        return _Opinion(question, "" if given == [SOUND] else " ".join(given))
    if question.type == "spot-line":
        lines = question.keys()
        given = [str(lines.index(each) + 1) if each in lines else each for each in given]
    shown = _shown(question)
    try:
        answer = question.read(given, shown)
    except ValueError as error:
        return _Opinion(question, f"can't be read: {error}")
    if question.grade(answer).right:
        return _Opinion(question, "")
    key = " | ".join(question.fill(question.model(), shown))
    return _Opinion(question, f"answered {' | '.join(given)}, the key is {key}")


def _compare(
    bank: Bank, folder: Path, asked: list[Question], given: Mapping[str, list[str]], by: str
) -> None:
    if unknown := set(given) - {question.id for question in bank}:
        raise Refusal(f"there is no question '{sorted(unknown)[0]}' in {folder}")
    opinions = [_opinion(question, given[question.id]) for question in asked if question.id in given]
    differing = [opinion for opinion in opinions if opinion.says]
    for opinion in differing:
        click.echo(f"{opinion.question.id}: {opinion.says}")
    agreed = [opinion.question for opinion in opinions if not opinion.says]
    _record(bank, agreed, by)
    left = len(asked) - len(opinions)
    click.echo(f"{len(agreed)} agree, {len(differing)} differ, {left} not answered")
    sys.exit(1 if differing else 0)


def _record(bank: Bank, agreed: list[Question], by: str) -> None:
    """Write the reviews into the files, but for those of a revision that is reviewed already."""
    from quizapp.bank import Reviewed, with_reviews

    today = datetime.now(UTC).date()
    files: dict[str, dict[str, Reviewed]] = {}
    for question in agreed:
        if not question.is_reviewed:
            slug = question.id.rpartition("/")[2]
            reviewed = Reviewed(by=by, date=today, revision=question.revision)
            files.setdefault(bank.places[question.id][0], {})[slug] = reviewed
    for name, reviews in files.items():
        path = Path(name)
        text = with_reviews(path.read_text(encoding="utf-8"), reviews)
        path.write_text(text, encoding="utf-8", newline="\n")
