"""What ships with the package: the question bank and the migrations, in a checkout as in a wheel."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).parent


def shipped(name: str) -> Path:
    """The folder `questions` or `migrations`: beside the package in a checkout, inside it once installed.

    Raises FileNotFoundError when neither is there.
    """
    for folder in (PACKAGE.parent / name, PACKAGE / "_data" / name):
        if folder.is_dir() and (PACKAGE / "_data" in folder.parents or _is_checkout(folder.parent)):
            return folder
    raise FileNotFoundError(f"the folder '{name}' of quizapp is missing; install quizapp again")


def _is_checkout(root: Path) -> bool:
    return (root / "pyproject.toml").is_file()
