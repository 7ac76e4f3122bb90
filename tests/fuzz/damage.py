"""Files as an unlucky or unfriendly author leaves them: real ones, damaged, and some that never were."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from quizapp.bank import TYPES, skeleton
from quizapp.shipped import shipped
from tests.fuzz.texts import HOSTILE, NUMBERS

SAMPLES = Path(__file__).parents[1] / "bank" / "samples"
TOPICS = {path.name: path.read_text() for path in sorted(SAMPLES.glob("*.yaml"))}
REAL = tuple(TOPICS.values()) + tuple(
    "title: One\nquestions:\n" + skeleton(kind, "a-question") for kind in sorted(TYPES)
)
EVIDENCE = tuple(
    path.read_text()[:60_000] for path in sorted((shipped("questions") / "evidence").glob("*.json"))[:2]
)
SNIPPETS = (
    *(
        "- ",
        "  ",
        "\n",
        ": ",
        "\t",
        "\r",
        "\r\n",
        "#",
        " #x",
        "&a ",
        "*a",
        "!!python/object:os.system ",
        "<<: ",
    ),
    *(
        "[",
        "]",
        "{",
        "}",
        "|",
        ">",
        "|2-",
        "'",
        '"',
        "%YAML 9",
        "---\n",
        "...\n",
        "? ",
        "!",
        "\ufeff",
        "\x00",
    ),
    *(
        "\x85",
        "\u2028",
        "\u202e",
        "\ue000",
        "\ud7ff",
        "yes",
        "~",
        "null",
        "017",
        "1:30",
        ".inf",
        "\\",
        "=",
        ",",
    ),
    *(
        "id: x\n",
        "id: x\nid: x\n",
        "type: open\n",
        "right: x\n",
        "options: []\n",
        "\n- id: a\n  type: ordering\n",
    ),
    *("run:\n  prints: x\n", "accept: ['/(a+)+$/']\n", "line: x\n", "code: |\n  x\n", "reviewed: {by: x}\n"),
)
HUGE = (
    "[" * 5_000,
    "{a: " * 5_000,
    "- " * 5_000,
    "? " * 3_000,
    "a:\n" + " b:\n" * 20_000,
    "&a [" * 2_000,
    "x" * 1_000_001,
    "a: " + "x" * 900_000,
    "- 'x\n" * 40_000,
    "- `x\n" * 40_000,
    "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n" * 50,
    "title: x\nquestions:\n" + "- id: a\n  type: open\n" * 8_000,
    "\u00a0" * 300_000,
    "\x01" * 300_000,
    '"' + "\\" * 200_000,
    "'" * 300_001,
    "#" * 900_000,
    "a: b: " * 60_000,
    "!" * 300_000,
    "%" * 300_000,
    "k: [" + "a," * 200_000,
    "".join(f"k{number}: v\n" for number in range(60_000)),
)
"""Files that cost a careless reader its time or its stack."""

Edit = tuple[str, int, str]
edits = st.lists(
    st.tuples(
        st.sampled_from(
            ("insert", "insert", "cut", "row out", "row twice", "indent", "swap", "value", "tail")
        ),
        st.integers(0, 1 << 20),
        st.sampled_from((*SNIPPETS, *(each for each in HOSTILE if len(each) < 700))),
    ),
    min_size=1,
    max_size=4,
)


def damaged(text: str, changes: Sequence[Edit]) -> str:
    """The text after these changes, each at a place that its number says."""
    for kind, number, snippet in changes:
        at, rows = number % (len(text) + 1), text.split("\n")
        row = number % len(rows)
        match kind:
            case "insert":
                text = text[:at] + snippet + text[at:]
            case "cut":
                text = text[:at] + text[at + len(snippet) :]
            case "tail":
                text = text[:at]
            case "row out":
                text = "\n".join(rows[:row] + rows[row + 1 :])
            case "row twice":
                text = "\n".join([*rows[: row + 1], *rows[row:]])
            case "indent":
                text = "\n".join([*rows[:row], "  " + rows[row], *rows[row + 1 :]])
            case "swap":
                text = "\n".join([*rows[:row], *reversed(rows[row : row + 2]), *rows[row + 2 :]])
            case _:
                text = "\n".join(
                    [*rows[:row], rows[row].partition(":")[0] + f": {snippet}", *rows[row + 1 :]]
                )
    return text


KEYS = sorted(
    {word.strip("- ") for text in REAL for row in text.split("\n") for word in [row.partition(":")[0]]}
)
scalars = st.sampled_from(
    (*NUMBERS[:9], "x", "", "true", "2026-01-01", "single-choice", "counting", "print(1)")
)
grown = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=14,
)
"""Values of a file with the right words in the wrong places."""

yaml_texts = st.one_of(
    st.builds(damaged, st.sampled_from(REAL), edits),
    st.builds(damaged, st.sampled_from(REAL), edits),
    grown.map(lambda value: yaml.safe_dump(value, allow_unicode=True)),
    grown.map(lambda value: "title: x\nquestions: " + json.dumps(value)),
    st.lists(st.sampled_from(SNIPPETS), max_size=40).map("".join),
    st.text(max_size=200),
)


def encoded(text: str, how: str) -> bytes:
    """The text as an editor may save it."""
    match how:
        case "crlf":
            return text.replace("\n", "\r\n").encode("utf-8", "replace")
        case "bom":
            return b"\xef\xbb\xbf" + text.encode("utf-8", "replace")
        case "latin":
            return text.encode("latin-1", "replace")
        case "utf-16":
            return text.encode("utf-16", "replace")
        case _:
            return text.encode("utf-8", "surrogatepass")


yaml_files = st.builds(
    encoded, yaml_texts, st.sampled_from(("", "", "", "crlf", "bom", "latin", "utf-16"))
) | st.binary(max_size=120)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from((*NUMBERS[:9], "x", "", "2026-01-01T00:00:00Z", "\ud800")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)
JSON_HUGE = (
    "[" * 200_000,
    '{"a":' * 100_000,
    "1" * 6_000,
    '{"a": ' + "9" * 6_000 + "}",
    "\ufeff{}",
    '"\\ud800"',
)
"""Texts that make careless readers of JSON fall over."""


def replaced(value: Any, way: Sequence[int], by: Any) -> Any:
    """The value with the part at the end of the way replaced; each number chooses a branch."""
    if not way or not isinstance(value, dict | list) or not value:
        return by
    keys = sorted(value) if isinstance(value, dict) else range(len(value))
    at = keys[way[0] % len(keys)]
    rest = replaced(value[at], way[1:], by)
    if isinstance(value, dict):
        return value | {at: rest}
    return [*value[:at], rest, *value[at + 1 :]]


def leaves(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value at the end of a way, with the way."""
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if inner is None:
        yield way, value
    for key, each in inner or ():
        yield from leaves(each, (*way, key))


EDGES: dict[type, tuple[Any, ...]] = {
    int: (0, -1, 1, 10**6),
    float: (0, -1.5, 1e9, 1e-9, 3),
    str: ("", "x", "<b>", "Task-1", "\U0001f9d1"),
}


def shaken(value: Any, picks: Sequence[tuple[int, int]]) -> Any:
    """The value with leaves replaced by others of the same type, from inside it or at the edge."""
    found = list(leaves(value))
    for where, what in picks:
        way, old = found[where % len(found)]
        alike = [*EDGES.get(type(old), ()), *(leaf for _, leaf in found if type(leaf) is type(old))]
        value = _put(value, way, alike[what % len(alike)])
    return value


def _put(value: Any, way: tuple[Any, ...], leaf: Any) -> Any:
    if not way:
        return leaf
    inner = _put(value[way[0]], way[1:], leaf)
    if isinstance(value, dict):
        return value | {way[0]: inner}
    return [*value[: way[0]], inner, *value[way[0] + 1 :]]


picks = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 1 << 12)), min_size=1, max_size=4)
ways = st.lists(st.integers(0, 400), max_size=9)


def json_like(*real: Any) -> st.SearchStrategy[str]:
    """JSON texts like these values: with a part replaced, damaged as text, of another shape, or of none."""
    whole = st.sampled_from([json.dumps(each) for each in real])
    return st.one_of(
        st.builds(shaken, st.sampled_from([each for each in real if each]), picks).map(json.dumps),
        st.builds(shaken, st.sampled_from([each for each in real if each]), picks).map(json.dumps),
        st.builds(replaced, st.sampled_from(real), ways, json_values).map(json.dumps),
        st.builds(damaged, whole, edits),
        json_values.map(json.dumps),
        st.sampled_from(JSON_HUGE),
    )
