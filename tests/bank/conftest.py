from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pytest

from quizapp.bank import Bank, load

SAMPLES = Path(__file__).parent / "samples"

QUESTION = """\
- id: {id}
  type: short-answer
  level: beginner
  concepts: [counting]
  prompt: What is the name of the function?
  accept: [len]
  explanation: It counts.
  sources: [https://docs.python.org/3/library/functions.html#len]
"""

Write = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Make a bank folder of these files; the concepts and misconceptions of the samples stand beside them."""
    numbers = count()

    def written(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / f"bank{next(numbers)}"
        catalogues = {
            name: (SAMPLES / name).read_bytes() for name in ("concepts.yaml", "misconceptions.yaml")
        }
        for name, content in {**catalogues, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    return written


@pytest.fixture
def bank_of(write: Write) -> Callable[[Mapping[str, str | bytes]], Bank]:
    return lambda files: load(write(files))


@pytest.fixture
def faults_of(write: Write) -> Callable[[Mapping[str, str | bytes]], list[str]]:
    """The faults of a bank of these files, as an author reads them, with paths inside the folder."""

    def told(files: Mapping[str, str | bytes]) -> list[str]:
        folder = write(files)
        return [str(fault).removeprefix(f"{folder}/") for fault in load(folder).faults]

    return told


@pytest.fixture
def topic() -> Callable[..., str]:
    """The text of a topic file with questions of these ids."""
    return lambda *ids: "title: A topic\nquestions:\n" + "".join(QUESTION.format(id=each) for each in ids)
