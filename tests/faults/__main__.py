"""`make faults`: cause every fault, ask the oracle what was kept, write docs/reliability.json."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from quizapp.store import sqlite
from tests.browser.conftest import find_browser
from tests.faults.catalogue import FAULTS, Ground, Outcome
from tests.faults.quoted import quote
from tests.faults.unavailable import NotHere

RESULTS = Path(__file__).parent.parent.parent / "docs" / "reliability.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", metavar="NAME", action="append", choices=FAULTS, help="this fault, not all")
    parser.add_argument("--nightly", action="store_true", help="ten times as much, for hours")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    faults: dict[str, dict[str, Any]] = {}
    for name in options.only or FAULTS:
        faults[name] = run(name, options.seed, nightly=options.nightly)
        print(line(name, faults[name]), flush=True)
    if not options.only:
        found = report(faults, options.seed, options.nightly)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")
        quote(found)
        print(f"wrote {RESULTS} and its part of the README")
    return int(not all(fault["ok"] for fault in faults.values()))


def run(name: str, seed: int, *, nightly: bool) -> dict[str, Any]:
    """Cause one fault; what cannot be caused here says why."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"fault-{name}-") as folder:
        try:
            found = FAULTS[name](Ground(Path(folder), seed, nightly))
        except NotHere as error:
            return {"ok": True, "not_run": str(error)}
        except (AssertionError, OSError, RuntimeError) as error:
            found = Outcome(0, broken=(f"{type(error).__name__}: {error}",))
    row = asdict(found) | {"seconds": round(time.monotonic() - began, 1)}
    return {"ok": found.is_good, "promise": (FAULTS[name].__doc__ or "").strip()} | row


def line(name: str, row: dict[str, Any]) -> str:
    """One line for who watches."""
    if "not_run" in row:
        return f"  –   {name:16} not run: {row['not_run']}"
    said = f"{row['cases']:6} cases {row['acknowledged']:6} acknowledged"
    said += f" {row['lost']:3} lost {row['doubled']:3} doubled"
    red = {True: "control red", False: "CONTROL GREEN", None: ""}[row["null_control_red"]]
    lines = [
        f"{'ok' if row['ok'] else 'BAD':>4}  {name:16} {said} {row['seconds']:6} s  {red} {row['figures']}"
    ]
    return "\n".join([*lines, *(f"        {each}" for each in row["broken"][:5])])


def report(faults: dict[str, dict[str, Any]], seed: int, nightly: bool) -> dict[str, Any]:
    """What may be quoted."""
    ran = [fault for fault in faults.values() if "not_run" not in fault]
    totals = {
        each: sum(fault[each] for fault in ran) for each in ("cases", "acknowledged", "lost", "doubled")
    }
    controls = [fault["null_control_red"] for fault in ran if fault["null_control_red"] is not None]
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seed": seed,
        "nightly": nightly,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "versions": {
            "quizapp": importlib.metadata.version("quizapp"),
            "python": platform.python_version(),
            "sqlite": ".".join(map(str, sqlite.VERSION)),
            "journal": sqlite.JOURNAL,
            "chromium": _chromium(),
        },
        "totals": totals
        | {
            "faults": len(ran),
            "not_run": len(faults) - len(ran),
            "null_controls": len(controls),
            "null_controls_red": sum(controls),
            "seconds": round(sum(fault["seconds"] for fault in ran)),
        },
        "faults": faults,
    }


def _chromium() -> str:
    if not (path := find_browser()):
        return ""
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    return next((word for word in said.split() if word[:1].isdigit()), "")


if __name__ == "__main__":
    sys.exit(main())
