"""What the README says of the last run: made from docs/reliability.json, and from nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

README = Path(__file__).parent.parent.parent / "README.md"
NOTHING = "<!-- faults -->\n<!-- /faults -->\n"
PART = re.compile(r"<!-- faults -->\n.*?<!-- /faults -->\n", re.DOTALL)


def quoted(report: dict[str, Any]) -> str:
    """The part of the README."""
    totals, versions, faults = report["totals"], report["versions"], report["faults"]
    ran = {name: fault for name, fault in faults.items() if "not_run" not in fault}
    lines = [
        f"On {report['date']}, on {report['machine']}, with Python {versions['python']}"
        f" and SQLite {versions['sqlite']}:"
        f" **{totals['lost']} of {totals['acknowledged']:,} acknowledged answers lost, {totals['doubled']}"
        f" doubled**, in {totals['cases']:,} cases of {totals['faults']} faults."
        f" {totals['null_controls_red']} of {totals['null_controls']} null controls, each without one"
        " protection, were seen to break.",
        "",
        "| fault | cases | acknowledged | lost | doubled |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for fault in ran.values():
        promise = re.sub(r"^[^:]*: ", "", re.sub(r"\s+", " ", fault["promise"].replace("`", "")))
        lines.append(
            f"| {promise[0].upper()}{promise[1:]} | {fault['cases']:,} | {fault['acknowledged']:,} |"
            f" {fault['lost']} | {fault['doubled']} |"
        )
    lines += [
        f"\nNot run there: {name} ({fault['not_run']})." for name, fault in faults.items() if name not in ran
    ]
    return "\n".join(["<!-- faults -->", *lines, "<!-- /faults -->", ""])


def quote(report: dict[str, Any]) -> None:
    """Bring the README up to date."""
    README.write_text(PART.sub(lambda _: quoted(report), README.read_text()))
