"""What the program never does: run text as code, make SQL or HTML out of text, draw secrets from a toy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import quizapp

pytestmark = pytest.mark.bulk

ROOT = Path(quizapp.__file__).parent
FILES = sorted(path for path in ROOT.rglob("*.py") if "_data" not in path.parts)
CODE = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "marshal", "shelve", "dill", "xml", "zipfile", "tarfile"}
"""What reads data that may bring code, entities or paths along. There is no import of XML or archives."""
PROCESSES = {"subprocess", "pty", "popen2"}
STARTS_PROCESSES = ("web/serving.py", "lab/")
"""The command starts the server; the lab runs programs of a bank, for `quizapp prove`."""
SQL = {"text", "exec_driver_sql", "execute", "executescript"}


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield getattr(node.func, "attr", getattr(node.func, "id", "")), node


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def is_made_of_text(node: ast.expr) -> bool:
    """Whether a string is put together out of others that are neither our constants nor quoted names."""
    if isinstance(node, ast.JoinedStr):
        return not all(_is_ours(each.value) for each in node.values if isinstance(each, ast.FormattedValue))
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add | ast.Mod) and any(
            isinstance(each, ast.Constant | ast.JoinedStr) or is_made_of_text(each)
            for each in (node.left, node.right)
        )
    return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format"


def _is_ours(value: ast.expr) -> bool:
    """Whether a value is made of constants of ours, is a number, or a name that the driver quotes."""
    if isinstance(value, ast.Call):
        return getattr(value.func, "id", "") in ("quote", "int")
    names = [each.id for each in ast.walk(value) if isinstance(each, ast.Name)]
    return bool(names) and all(name.isupper() for name in names)


def broken_rules(name: str, source: str) -> list[str]:
    """Which of the rules a file of the program breaks."""
    tree, found = ast.parse(source), []
    for called, node in calls(tree):
        bare = isinstance(node.func, ast.Name)
        owner = getattr(getattr(node.func, "value", None), "id", "")
        if bare and called in CODE and not name.startswith("lab/"):
            found.append(f"{called}() runs text")
        if called in ("load", "load_all", "unsafe_load", "full_load") and owner == "yaml":
            loaders = [keyword for keyword in node.keywords if keyword.arg == "Loader"]
            if called != "load" or not loaders:
                found.append("yaml loads without a safe loader")
        if called in ("render_template_string", "from_string"):
            found.append("a template is made of text")
        if called in SQL and node.args and is_made_of_text(node.args[0]):
            found.append("SQL is made of text")
        if bare and called == "Markup" and node.args and is_made_of_text(node.args[0]):
            found.append("HTML is made of text")
    modules = set(imported(tree))
    found += [f"imports {each}" for each in sorted(modules & MODULES)]
    if not name.startswith(STARTS_PROCESSES):
        found += [f"starts processes with {each}" for each in sorted(modules & PROCESSES)]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_file_runs_text_or_makes_sql_of_it(path: Path) -> None:
    assert broken_rules(path.relative_to(ROOT).as_posix(), path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "eval(answer)",
        "exec(code)",
        "import pickle",
        "from xml.etree import ElementTree",
        "import zipfile",
        "import subprocess",
        "yaml.load(text)",
        "yaml.unsafe_load(text)",
        "render_template_string(text)",
        "db.execute(f'SELECT {name}')",
        "db.execute(sa.text('SELECT ' + name))",
        "sa.text('SELECT %s' % name)",
        "db.exec_driver_sql('SELECT {}'.format(name))",
        "Markup(f'<b>{name}</b>')",
    ],
)
def test_these_rules_find_what_breaks_them(source: str) -> None:
    assert broken_rules("web/new.py", source)


def test_tokens_come_from_the_systems_randomness_and_are_too_many_to_guess() -> None:
    from quizapp.web.admin import new_invitation
    from quizapp.web.guests import CODE_LENGTH, CODE_LETTERS, new_code, new_token

    assert [len(each) for each in (new_token(), new_invitation())] == [43, 32]  # 256 and 192 bits in base64
    for make in (new_token, new_invitation, new_code):
        assert len({make() for _ in range(2_000)}) == 2_000
    assert len(set(CODE_LETTERS)) ** CODE_LENGTH > 2**49
    for name in ("web/guests.py", "web/admin.py", "web/interview.py", "web/access.py", "store/site.py"):
        assert "random" not in set(imported(ast.parse((ROOT / name).read_text()))), name


def test_locks_name_the_hash_of_every_package() -> None:
    for lock in ("run", "dev", "build", "uv"):
        text = (ROOT.parent / f"requirements/{lock}.lock").read_text()
        packages = [line for line in text.splitlines() if "==" in line and not line.startswith("#")]
        assert packages
        assert text.count("--hash=sha256:") >= len(packages)
        assert [line for line in packages if not line.endswith("\\") and "--hash" not in line] == []
