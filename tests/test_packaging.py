"""What a user installs: the wheel, and the locked requirements."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

Locked = dict[str, str]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def quizapp(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, from the wheel in an environment of its own that borrows the libraries of this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False, symlinks=os.name == "posix")
    scripts, site = (
        Path(sysconfig.get_path(kind, vars={"base": str(home), "platbase": str(home)}))
        for kind in ("scripts", "purelib")
    )
    uv = shutil.which("uv", path=f"{ROOT / '.tools' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("there is no uv; make test brings one")
    install = [uv, "pip", "install", "-q", "--offline", "--no-deps", "--python", str(scripts / "python")]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return scripts / "quizapp"


def run(command: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    ours = ("DATABASE_URL", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    return subprocess.run(
        [str(command), *words], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_all_that_the_package_and_the_banks_hold(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    for folder, inside in (("quizapp", "quizapp"), ("questions", "quizapp/_data/questions")):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{inside}/{path.relative_to(ROOT / folder).as_posix()}" in held
    for path in (ROOT / "migrations").rglob("*.py"):
        if "__pycache__" not in path.parts:
            assert f"quizapp/_data/migrations/{path.relative_to(ROOT / 'migrations').as_posix()}" in held


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = archive.namelist()
    assert {name.split("/")[0].partition("-")[0] for name in held} == {"quizapp"}
    assert not [name for name in held if "__pycache__" in name or name.endswith((".db", ".lock"))]


def test_an_installed_quizapp_checks_the_bank_that_came_with_it(quizapp: Path, tmp_path: Path) -> None:
    checked = run(quizapp, "bank", "check", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"^\d+ questions, \d+ topics, 0 faults,", checked.stdout, re.MULTILINE)
    assert str(ROOT) not in checked.stdout


def test_an_installed_quizapp_makes_its_database(quizapp: Path, tmp_path: Path) -> None:
    made = run(quizapp, "upgrade", "--database-url", f"sqlite:///{tmp_path / 'answers.db'}", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "was made" in made.stdout


def test_an_installed_quizapp_does_not_write_into_itself(quizapp: Path, tmp_path: Path) -> None:
    refused = run(quizapp, "bank", "new", "coroutines", "mine", "--type", "output", cwd=tmp_path)
    assert refused.returncode == 1
    assert "name yours with --bank" in refused.stderr


def test_the_shipped_bank_is_found_in_the_checkout_first() -> None:
    # an editable install copies the bank beside the libraries as well, where nobody would see an edit
    from quizapp.shipped import shipped

    assert shipped("questions") == ROOT / "questions"
    assert shipped("migrations") == ROOT / "migrations"


# -- the locks


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.stem))
def test_a_lock_names_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    assert "http" not in text
    pinned = re.findall(r"^\S+==.*", text, re.MULTILINE)
    assert pinned
    assert all(line.endswith("\\") for line in pinned), "each pin goes on with its hashes"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("run", PROJECT["project"]["dependencies"]),
        ("dev", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
        ("build", PROJECT["build-system"]["requires"]),
    ],
)
def test_a_lock_is_in_step_with_the_project(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for requirement in map(Requirement, wanted):
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement} is not locked; run: make lock"
        assert requirement.specifier.contains(Version(version), prereleases=True), requirement


def test_what_is_tested_is_what_runs() -> None:
    assert locked("run").items() <= locked("dev").items()


def locked(name: str) -> Locked:
    """The pinned version of each library in a lock."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.MULTILINE)
    return {canonicalize_name(library): version for library, version in pins}
