"""The page of the figures, docs/performance.md, made from bench/results.json alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
WIDTH = 30
"""Characters up to the bar."""
HEAD = """\
# Performance

Made by `make bench` from `bench/results.json`; don't edit it. These machines are shared and noisy,
so most figures are ratios within one run. How they were reached:
[decision 18](decisions/0018-speed.md).

"""


def page(results: dict[str, Any]) -> str:
    """The page as text."""
    machine = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    rows = "".join(f"{row}\n" for row in _rows(results["figures"]))
    table = f"| figure | measured | bar | |\n| --- | --- | --- | --- |\n{rows}"
    return f"{HEAD}Measured on: {machine}.\n\n{table}\n## Against the bars\n\n{_plot(results['figures'])}"


def _rows(figures: list[dict[str, Any]]) -> Iterator[str]:
    for each in figures:
        of = f" {each['ratio_to']}" if each["ratio_to"] else ""
        bar = "" if each["bar"] is None else f"≤ {each['bar']:g}"
        state = "" if each["bar"] is None else "met" if each["ok"] else "**missed**"
        yield f"| {each['name']} | {each['value']:g} {each['unit']}{of} | {bar} | {state} |"


def _plot(figures: list[dict[str, Any]]) -> str:
    """Each figure as a share of its bar, in characters: they show in a terminal and a diff as well."""
    barred = [each for each in figures if each["bar"]]
    wide = max((len(each["name"]) for each in barred), default=0)
    lines = [f"{each['name']:{wide}} {_bar(each['value'] / each['bar'])}" for each in barred]
    return "```text\n" + "".join(f"{line}\n" for line in lines) + "```\n"


def _bar(share: float) -> str:
    filled = min(round(share * WIDTH), 2 * WIDTH)
    return "█" * min(filled, WIDTH) + "·" * (WIDTH - filled) + "|" + "█" * (filled - WIDTH) + f" {share:.0%}"


def results() -> dict[str, Any]:
    """What the last whole run measured."""
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found
