"""Corrupts what a bank claims, one thing at a time, and counts how often the checker or a run finds out.

`python -m tests.lab.mutants [DIR]...`: its last line is JSON, and its exit code 1 when one gets through.
A key or an option in prose is beyond any run: what is corrupted is what runs can decide.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path
from pydantic import ValidationError

from quizapp import lab
from quizapp.bank import Question, load, revive
from quizapp.cli import proof
from quizapp.shipped import shipped

Body = dict[str, Any]


@dataclass(frozen=True)
class Mutant:
    """A corrupted question: what was corrupted, in words, and the question's body."""

    kind: str
    what: str
    body: Body


def mutants_of(question: Question) -> Iterator[Mutant]:
    """Each claim, key and wrong answer of a question corrupted in turn."""
    body = question.body()
    for kind, what, run in corrupted_claims(body["run"], virtual=body["run"].get("clock") != "real"):
        yield Mutant(kind, what, body | {"run": run})
    if make := BY_TYPE.get(question.type):
        yield from make(question, body)


def corrupted_claims(claims: Body, *, virtual: bool) -> Iterator[tuple[str, str, Body]]:
    """Claims of a program with one of them wrong."""
    for text in corrupted_outputs(claims.get("prints")):
        yield "prints", repr(text), claims | {"prints": text}
    if virtual:
        takes = claims.get("takes")
        for seconds in [777.25] if takes is None else [takes + 1, takes - 1 if takes >= 1 else takes + 0.05]:
            yield "takes", str(seconds), claims | {"takes": seconds}
    for name, others in (
        ("raises", ("KeyError", "OSError")),
        ("warns", ("DeprecationWarning", "UserWarning")),
    ):
        other = next(each for each in others if each != claims.get(name))
        yield name, other, claims | {name: other}
        if claims.get(name):
            yield name, "left out", {key: value for key, value in claims.items() if key != name}


def corrupted_outputs(text: str | None) -> Iterator[str]:
    """An output with a line changed, removed or added."""
    lines = (text or "").splitlines()
    yield "\n".join([*lines, "one line more"]) + "\n"
    for place, line in enumerate(lines):
        before, after = lines[:place], lines[place + 1 :]
        yield "\n".join([*before, line + "x", *after])
        yield "\n".join([*before, *after])
        if after and after[0] != line:
            yield "\n".join([*before, after[0], line, *after[1:]])


def of_choice(claim: str) -> Any:
    """Corrupts `output` and `duration`, whose key is the claim of that name."""

    def make(question: Question, body: Body) -> Iterator[Mutant]:
        truth = body["run"][claim]
        options = body.get("options", [])
        for n, option in enumerate(options):
            if "right" in option:
                continue
            key = next(m for m, other in enumerate(options) if "right" in other)
            swapped = deepcopy(body)
            swapped["options"][n] = {"right": option["wrong"], "why": "x"}
            swapped["options"][key] = {"wrong": options[key]["right"], "why": "x"}
            yield Mutant("key", f"option {n + 1} is right", deepcopy(swapped))
            swapped["run"][claim] = as_claim(claim, option["wrong"])
            yield Mutant("key", f"option {n + 1} is right and claimed", swapped)
            equal = deepcopy(body)
            equal["options"][n]["wrong"] = f"{options[key]['right']}"
            yield Mutant("wrong option", f"option {n + 1} equals the key", equal)
        for n, mistake in enumerate(body.get("mistakes", [])):
            equal = deepcopy(body)
            equal["mistakes"][n]["answer"] = str(truth)
            yield Mutant("wrong answer", f"mistake {n + 1} equals the key", equal)
            swapped = deepcopy(equal)
            swapped["run"][claim] = as_claim(claim, mistake["answer"])
            yield Mutant("key", f"mistake {n + 1} is claimed", swapped)

    return make


def as_claim(claim: str, text: str) -> Any:
    from quizapp.bank.types.duration import seconds

    return seconds(text) if claim == "takes" else text


def of_ordering(question: Question, body: Body) -> Iterator[Mutant]:
    steps = body["steps"]
    if not getattr(question, "printed", ()):
        return
    for n in range(len(steps) - 1):
        turned = [*steps[:n], steps[n + 1], steps[n], *steps[n + 2 :]]
        yield Mutant("key", f"steps {n + 1} and {n + 2} turned", body | {"steps": turned})
        prints = "\n".join(step.strip("`") for step in turned)
        claimed = body | {"steps": turned, "mistakes": [], "run": body["run"] | {"prints": prints}}
        yield Mutant("key", f"steps {n + 1} and {n + 2} turned and claimed", claimed)
    for n in range(len(body.get("mistakes", []))):
        equal = deepcopy(body)
        equal["mistakes"][n]["order"] = [str(place + 1) for place in range(len(steps))]
        yield Mutant("wrong answer", f"mistake {n + 1} equals the key", equal)


def of_spot_line(question: Question, body: Body) -> Iterator[Mutant]:
    lines = [line.strip() for line in body["code"].splitlines()]
    guilty = next(line for line in lines if body["line"] in line)
    yield Mutant("fix", "the faulty line", body | {"fix": guilty})
    for line in dict.fromkeys(lines):
        if line and line != guilty and sum(line in other for other in lines) == 1:
            mistakes = [each for each in body.get("mistakes", []) if each["line"] not in line]
            yield Mutant("key", f"the line {line!r}", body | {"line": line, "mistakes": mistakes})
    virtual = body["run"].get("clock") != "real"
    for kind, what, claims in corrupted_claims(body.get("mended", {}), virtual=virtual):
        yield Mutant(f"mended {kind}", what, body | {"mended": claims})


def of_cloze(question: Question, body: Body) -> Iterator[Mutant]:
    for b, blank in enumerate(body["blanks"]):
        for m, mistake in enumerate(blank.get("mistakes", [])):
            for a, accepted in enumerate(blank["accept"]):
                swapped = deepcopy(body)
                swapped["blanks"][b]["accept"][a] = mistake["answer"]
                swapped["blanks"][b]["mistakes"][m]["answer"] = accepted
                yield Mutant("key", f"blank {b + 1}: {mistake['answer']!r} is accepted", swapped)
            equal = deepcopy(body)
            equal["blanks"][b]["mistakes"][m]["answer"] = f" {blank['accept'][-1]} "
            yield Mutant("wrong answer", f"blank {b + 1}: mistake {m + 1} equals the key", equal)
            moved = deepcopy(body)
            moved["blanks"][b]["mistakes"][m]["answer"] = blank["accept"][-1]
            if moved["blanks"][b]["accept"][1:]:
                del moved["blanks"][b]["accept"][-1]
                yield Mutant("wrong answer", f"blank {b + 1}: mistake {m + 1} is right", moved)


BY_TYPE = {
    "output": of_choice("prints"),
    "duration": of_choice("takes"),
    "ordering": of_ordering,
    "spot-line": of_spot_line,
    "cloze": of_cloze,
}


def caught_by(mutant: Mutant, pythons: Sequence[lab.Interpreter], logbook: lab.Logbook) -> str:
    """Who finds the corruption out: `checker`, `run`, or nobody (empty)."""
    try:
        question = revive(mutant.body)
    except ValidationError:
        return "checker"
    if list(question.faults()):
        return "checker"
    return "run" if proof.prove_question(question, pythons, logbook).flaws else ""


def run(folders: Sequence[Path], *, cache: Path | None = None) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Tries all mutants of these banks: how many of each kind were caught by whom, and which got through.

    The oldest Python that a question admits must catch them: others would only add to it.
    """
    found: Counter[tuple[str, str]] = Counter()
    through: list[str] = []
    pythons = lab.interpreters()

    def tried(question: Question) -> list[tuple[Mutant, str]]:
        oldest = [python for python in pythons if proof.admits(question, python.version)][:1]
        mutants = mutants_of(question) if oldest else ()
        return [(mutant, caught_by(mutant, oldest, logbook)) for mutant in mutants]

    with lab.Batch() as batch, ThreadPoolExecutor(proof.WORKERS) as pool:
        logbook = lab.Logbook(batch, cache)
        questions = [question for question in load(*folders) if question.grounds]
        for question, results in zip(questions, pool.map(tried, questions), strict=True):
            for mutant, by in results:
                found[mutant.kind, by] += 1
                if not by:
                    through.append(f"{question.id}: {mutant.kind}: {mutant.what}")
        logbook.save()
    return found, through


def main(folders: Sequence[Path]) -> int:
    """Prints the kinds of mutants, those that got through, and the figures."""
    found, through = run(folders, cache=user_cache_path("quizapp", appauthor=False) / "runs.json")
    for kind in sorted({kind for kind, _ in found}):
        by = {who: found[kind, who] for who in ("checker", "run", "")}
        print(f"{kind:16} {by['checker']:5} by the checker {by['run']:5} by a run {by['']:5} not caught")
    for line in through:
        print(f"not caught: {line}")
    total = found.total()
    print(json.dumps({"mutants": total, "caught": total - len(through)}))
    return 1 if through or not total else 0


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]] or [shipped("questions")]))
