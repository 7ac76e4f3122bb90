"""Names that people give themselves, their groups and labels: what is read, and what is refused."""

from __future__ import annotations

from unicodedata import normalize

LONGEST_NAME = 60
MOST_LABELS, LONGEST_LABEL = 10, 30
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Characters that count as printable and show nothing."""


def read_name(text: str, longest: int = LONGEST_NAME) -> str:
    """The name that was typed, its blanks made single. Raises ValueError with a sentence for what is none."""
    name = " ".join(normalize("NFC", text).split())
    if not set(name) - BLANK - {" "}:
        raise ValueError("Write a name.")
    if len(name) > longest or not name.isprintable():
        raise ValueError(f"A name has at most {longest} characters, and none that can’t be seen.")
    return name


def read_labels(text: str) -> tuple[str, ...]:
    """The labels that were typed with commas between, each once. Raises ValueError with a sentence."""
    typed = [each for each in text.split(",") if each.strip()]
    try:
        labels = tuple(dict.fromkeys(read_name(each, LONGEST_LABEL).lower() for each in typed))
    except ValueError:
        raise ValueError(
            f"A label has at most {LONGEST_LABEL} characters, and none that can’t be seen."
        ) from None
    if len(labels) > MOST_LABELS:
        raise ValueError(f"A member has at most {MOST_LABELS} labels.")
    return labels
