"""`make fuzz`: all of it. Prints what each parser did, and writes the figures into `docs/fuzz.json`.

`FUZZ_CASES` (20,000) is how many cases each parser gets, `FUZZ_RUNS` (200) and `FUZZ_STEPS` (50) how many
lives of attempts are walked and how long each is, `FUZZ_ONLY` a word in the names of the parsers wanted.
"""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.fuzz.parsers import PARSERS
from tests.fuzz.payloads import PAYLOADS
from tests.fuzz.running import Found, fed

OUT = Path(__file__).parents[2] / "docs" / "fuzz.json"
LIBRARIES = ("flask", "werkzeug", "pyyaml", "pydantic", "hypothesis", "markdown-it-py", "nh3", "sqlalchemy")
LIVES = {"FUZZ_RUNS": os.environ.get("FUZZ_RUNS", "200"), "FUZZ_STEPS": os.environ.get("FUZZ_STEPS", "50")}
WALKS = (
    ("attempt lives over HTTP", "tests/fuzz/test_life.py"),
    ("hostile forms and SQL", "tests/fuzz/test_forms.py"),
    ("XSS in Chromium", "tests/browser/test_xss.py"),
)


def walked(path: str) -> bool:
    """Whether the tests of a file pass with all that they leave out otherwise."""
    env = os.environ | LIVES | {"FUZZ_XSS": "all", "FUZZ_FORMS": "all"}
    patient = ("-o", "faulthandler_timeout=7200")
    command = [sys.executable, "-m", "pytest", "-q", "--show-capture=no", *patient, path]
    return subprocess.run(command, env=env, check=False).returncode == 0


def figures(found: Found) -> dict[str, Any]:
    """The figures of a parser that are kept."""
    return {
        "cases": found.cases,
        "refused": found.refused,
        "uncaught": sum(found.failures.values()),
        "over_one_second": found.slow,
        "slowest_ms": round(1000 * found.slowest, 1),
    }


def main() -> int:
    """Run it; 1 when anything broke."""
    cases, only = int(os.environ.get("FUZZ_CASES", "20000")), os.environ.get("FUZZ_ONLY", "")
    chosen = [number for number, parser in enumerate(PARSERS) if only in parser.name]
    kept: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: version(name) for name in LIBRARIES} | {"sqlite": sqlite3.sqlite_version},
        "parsers": {},
    }
    is_good = True
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        waiting = [(PARSERS[number].name, pool.submit(fed, number, cases)) for number in chosen]
        for name, future in waiting:
            found = future.result()
            kept["parsers"][name] = figures(found)
            print(
                f"{name:40} {found.cases:7,} cases  {found.refused:7,} refused  "
                f"{sum(found.failures.values()):3} uncaught  slowest {1000 * found.slowest:7.1f} ms",
                flush=True,
            )
            for kind, case in found.uncaught.items():
                is_good = False
                print(f"    {kind}\n    {case[:600]}", flush=True)
    if not only:
        kept["walks"] = {name: "passed" if walked(path) else "failed" for name, path in WALKS}
        kept["lives"] = {"runs": int(LIVES["FUZZ_RUNS"]), "steps": int(LIVES["FUZZ_STEPS"])}
        kept["xss_payloads"] = len(PAYLOADS)
        is_good &= "failed" not in kept["walks"].values()
        OUT.write_text(json.dumps(kept, indent=1) + "\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
