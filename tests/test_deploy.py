"""The examples for hosting: what they name exists, and the programs that read them accept them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from quizapp.cli import main
from tests.servers import program

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "docs/deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNIT = (DEPLOY / "quizapp.service").read_text()
SERVE = main.commands["serve"]
VARIABLES = {
    str(each.envvar): each for each in SERVE.params if isinstance(each, click.Option) and each.envvar
}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", CONTAINERFILE, re.M)


def settings() -> dict[str, str]:
    """All settings of `quizapp serve` in the examples."""
    pairs = [pair for line in instructions("ENV") for pair in shlex.split(line)]
    pairs += [pair for line in re.findall(r"^Environment=(.*)$", UNIT, re.M) for pair in shlex.split(line)]
    found = dict(pair.split("=", 1) for pair in pairs) | COMPOSE["x-app"]["environment"]
    return {name: value for name, value in found.items() if name not in ("PATH", "HOME")}


def test_the_examples_set_only_what_there_is_to_set() -> None:
    found = settings()
    assert {"HOST", "PORT", "DATABASE_URL", "LOG_FORMAT", "DRAIN", "METRICS"} <= found.keys()
    for name, value in found.items():
        if name == "PYTHONDONTWRITEBYTECODE":
            continue
        VARIABLES[name].type_cast_value(click.Context(SERVE), value)


def test_the_readme_names_every_setting_with_its_option() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, option in VARIABLES.items():
        assert re.search(rf"^\| `{option.opts[0]}\b[^|]*\| `{name}` \|", readme, re.M), name


def test_the_container_is_made_of_what_is_there_and_of_hashed_requirements() -> None:
    for line in instructions("COPY"):
        sources = [word for word in line.split()[:-1] if not word.startswith("--from=")]
        assert all((ROOT / each).exists() or each.startswith("/opt/") for each in sources), line
    installs = [line for line in instructions("RUN") if "pip install" in line or "pip wheel" in line]
    assert len(installs) == 4
    for line in installs:
        assert "--require-hashes" in line or "--no-deps" in line
        for lock in re.findall(r"-r (\S+)", line):
            assert "--hash=sha256:" in (ROOT / lock).read_text()
    assert instructions("USER") == ["10001:10001"]


def test_the_servers_lock_is_that_of_a_run_with_the_driver_for_postgresql() -> None:
    run, server = (
        set(re.findall(r"^(\S+==\S+)", (ROOT / f"requirements/{name}.lock").read_text(), re.M))
        for name in ("run", "server")
    )
    assert run < server
    assert {each.partition("==")[0] for each in server - run} == {"psycopg", "psycopg-binary"}


def test_the_composed_nodes_are_alike_and_the_proxy_knows_them() -> None:
    services = COMPOSE["services"]
    assert services["app1"] == services["app2"]
    config = (DEPLOY / "haproxy.cfg").read_text()
    assert re.findall(r"^    server (\w+) (\w+):8000", config, re.M) == [("app1", "app1"), ("app2", "app2")]
    assert services["app1"]["read_only"]
    assert services["app1"]["cap_drop"] == ["ALL"]
    assert not [name for name, service in services.items() if name != "proxy" and "ports" in service]
    build = services["app1"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Containerfile"


@pytest.mark.skipif(not program("haproxy"), reason="haproxy is not installed")
def test_haproxy_accepts_its_configuration(tmp_path: Path) -> None:
    text = re.sub(r"app[12]:8000", "127.0.0.1:8000", (DEPLOY / "haproxy.cfg").read_text())
    (tmp_path / "haproxy.cfg").write_text(text)
    command = [program("haproxy") or "", "-c", "-f", str(tmp_path / "haproxy.cfg")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_accepts_its_unit(tmp_path: Path) -> None:
    unit = tmp_path / "quizapp.service"
    unit.write_text(UNIT.replace("/opt/quizapp/bin/quizapp", shutil.which("true") or ""))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert not [line for line in done.stderr.splitlines() if "quizapp.service" in line], done.stderr
