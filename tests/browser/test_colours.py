"""Contrast of every pair of colours that meets on a page, computed from the stylesheet. Needs no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import quizapp.web

CSS = Path(quizapp.web.__file__).parent / "static" / "quizapp.css"
TOKEN = re.compile(r"(--[\w-]+):\s*(#[0-9a-f]{6})\b")
CODE = ("--c-key", "--c-str", "--c-fn", "--c-num", "--c-com", "--text")
TEXT = [
    *[(ink, paper) for ink in ("--text", "--text-2", "--accent") for paper in ("--bg", "--surface")],
    *[("--text", paper) for paper in ("--accent-soft", "--ok-soft", "--no-soft", "--hold-soft", "--sunken")],
    *[("--text-2", paper) for paper in ("--accent-soft", "--ok-soft", "--no-soft")],
    *[(ink, paper) for ink in CODE for paper in ("--code-bg", "--accent-soft")],
    ("--accent-ink", "--accent"),
    ("--ok", "--ok-soft"),
    ("--no", "--no-soft"),
    ("--no", "--bg"),
    ("--no", "--surface"),
    ("--hold", "--hold-soft"),
]
MARKS = [
    ("--line-strong", "--surface"),
    ("--line-strong", "--bg"),
    ("--line-strong", "--code-bg"),
    ("--focus", "--bg"),
    ("--focus", "--surface"),
    ("--focus", "--accent-soft"),
    ("--accent", "--accent-soft"),
    *[(sign, paper) for sign in ("--ok", "--no", "--hold") for paper in ("--bg", "--surface")],
    ("--text-2", "--line"),
]


def themes() -> dict[str, dict[str, str]]:
    """The colours of the light theme, of the dark one that follows the system, and of the chosen dark one."""
    css = CSS.read_text(encoding="utf-8")
    light = dict(TOKEN.findall(css.partition(":root{")[2].partition("}")[0]))
    follows = dict(TOKEN.findall(css.partition(":root:not([data-theme=light]){")[2].partition("}")[0]))
    chosen = dict(TOKEN.findall(css.partition(":root[data-theme=dark]{")[2].partition("}")[0]))
    return {"light": light, "dark": light | follows, "chosen dark": light | chosen}


def contrast(one: str, other: str) -> float:
    """The ratio that WCAG 2 defines."""
    dark, light = sorted(map(_luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_formula_gives_the_known_values() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_both_dark_themes_are_the_same() -> None:
    assert themes()["dark"] == themes()["chosen dark"]
    assert themes()["dark"] != themes()["light"]


@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (MARKS, 3.0)], ids=["text", "marks"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_has_enough_contrast(theme: str, pairs: list[tuple[str, str]], least: float) -> None:
    colours = themes()[theme]
    ratios = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < least} == {}
