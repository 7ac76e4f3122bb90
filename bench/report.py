"""The page of the figures, docs/performance.md, and its picture, made from bench/results.json alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results.json"
DOCS = Path(__file__).parent.parent / "docs"
PAGE, PICTURE = DOCS / "performance.md", DOCS / "performance.svg"
BEGIN, END = "<!-- figures -->", "<!-- end of the figures -->"
"""What stands between them is made anew by each whole run; the rest of the page is written by hand."""
ROW, LEFT, BAR, RIGHT = 22, 420, 260, 240
"""Pixels of the picture: a row, the names, a figure that just meets its bar, and what is above it."""
STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #57606a; }
.met { fill: #2f81c1; } .missed { fill: #c2571a; } .bar { stroke: #57606a; stroke-dasharray: 3 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #9aa4af; } .bar { stroke: #9aa4af; } .met { fill: #58a6d6; } .missed { fill: #e08a50; }
}
"""


def results() -> dict[str, Any]:
    """What the last whole run measured."""
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def write(results: dict[str, Any]) -> None:
    """Write the results down, with the page and the picture of them."""
    RESULTS.write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    PAGE.write_text(page(results, PAGE.read_text()))
    PICTURE.write_text(picture(results["figures"]))


def page(results: dict[str, Any], before: str) -> str:
    """The page with these figures in it, and otherwise as it was before."""
    head, _, rest = before.partition(BEGIN)
    _, _, tail = rest.partition(END)
    machine = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    rows = "".join(f"{row}\n" for row in _rows(results["figures"]))
    left_out = "".join(f"\nNot measured: {name}, {why}.\n" for name, why in results["left_out"].items())
    table = f"| figure | measured | bar | |\n| --- | --- | --- | --- |\n{rows}"
    return f"{head}{BEGIN}\nMeasured on: {machine}.\n\n{table}{left_out}{END}{tail}"


def _rows(figures: list[dict[str, Any]]) -> Iterator[str]:
    for each in figures:
        bar = "" if each["bar"] is None else f"≤ {each['bar']:g}"
        state = "" if each["bar"] is None else "met" if each["ok"] else "**missed**"
        yield f"| {each['name']} | {_said(each)} | {bar} | {state} |"


def _said(each: dict[str, Any]) -> str:
    return " ".join(filter(None, [f"{each['value']:g}", each["unit"], each["ratio_to"]]))


def picture(figures: list[dict[str, Any]]) -> str:
    """Each figure as a share of its bar: what ends left of the line meets it."""
    barred = [each for each in figures if each["bar"]]
    wide, high = LEFT + BAR + RIGHT, ROW * (len(barred) + 1)
    rows = "".join(_row(number, each) for number, each in enumerate(barred))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img"'
        f' aria-label="Each figure as a share of its bar">\n<style>\n{STYLE}</style>\n{rows}'
        f'<line class="bar" x1="{LEFT + BAR}" x2="{LEFT + BAR}" y1="0" y2="{ROW * len(barred)}"/>\n'
        f'<text x="{LEFT + BAR}" y="{high - 7}" text-anchor="middle">the bar</text>\n</svg>\n'
    )


def _row(number: int, each: dict[str, Any]) -> str:
    share, top, kind = each["value"] / each["bar"], number * ROW, "met" if each["ok"] else "missed"
    long = min(round(share * BAR), BAR + RIGHT - 60)
    return (
        f'<text x="{LEFT - 8}" y="{top + 15}" text-anchor="end">{escape(each["name"])}</text>\n'
        f'<rect class="{kind}" x="{LEFT}" y="{top + 4}" width="{max(long, 1)}" height="{ROW - 8}"/>\n'
        f'<text x="{LEFT + long + 6}" y="{top + 15}">{share:.0%}</text>\n'
    )
