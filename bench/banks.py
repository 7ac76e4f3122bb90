"""A bank of about 10,000 questions: reading it, and taking it from the cache, against its bare parse."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure, cpu, figure
from quizapp import bank
from quizapp.shipped import shipped

COPIES = 26
"""How many times the shipped bank is written out."""
TIMES = 5
REVIEWED = re.compile(r"^ *reviewed: .*\n", re.MULTILINE)
"""A copied question has another id and thereby another revision: nobody has reviewed that."""
PROGRAM = """
import json, sys, time
from pathlib import Path
import yaml
from quizapp.bank import Cache, load

folder, kept = Path(sys.argv[1]), Path(sys.argv[2])
texts = [path.read_text() for path in folder.rglob("*.yaml")]

def cpu(act):
    began = time.process_time()
    made = act()
    return time.process_time() - began, made

def parse():
    for text in texts:
        for _ in yaml.parse(text, Loader=yaml.CSafeLoader):
            pass

cached, one = cpu(lambda: load(folder, cache=Cache(kept)))
parsed, _ = cpu(parse)
read, other = cpu(lambda: load(folder))
assert one == other and not one.faults
print(json.dumps({"cached": cached / parsed, "read": read / parsed, "questions": len(one)}))
"""


def bank_figures(folder: Path) -> Iterator[Figure]:
    """Each round in a process of its own; what was made is kept till the end, as in a start."""
    source, kept = folder / "large", folder / "kept"
    write_copies(source)
    bank.load(source, cache=bank.Cache(kept))
    command = [sys.executable, "-c", PROGRAM, str(source), str(kept)]
    rounds = [json.loads(subprocess.check_output(command, text=True)) for _ in range(TIMES)]
    named = f"a bank of {rounds[0]['questions']:,} questions"
    for name, key, bar in ((f"load {named}", "read", 2.5), (f"load {named} from the cache", "cached", 0.3)):
        share = statistics.median(each[key] for each in rounds)
        yield figure(name, share, "×", ratio_to="its bare parse", bar=bar)
    cache = bank.Cache()
    bank.load(source, cache=cache)
    changed = next(path for path in source.rglob("0.yaml"))
    changed.write_text(changed.read_text() + "# a change\n")
    yield figure("take up one changed file of it", cpu(lambda: bank.load(source, cache=cache)), "s CPU")
    check = cpu(lambda: bank.load(shipped("questions")).warnings, 3)
    yield figure("check the shipped bank", check, "s CPU", bar=1.0)
    shutil.rmtree(source)


def write_copies(folder: Path) -> None:
    """The shipped bank many times over, without a fault: each topic becomes a folder of its copies."""
    folder.mkdir()
    for source in shipped("questions").glob("*.yaml"):
        text = source.read_text()
        if source.name in ("bank.yaml", "concepts.yaml", "misconceptions.yaml"):
            (folder / source.name).write_text(text)
            continue
        (folder / source.stem).mkdir()
        for copy in range(COPIES):
            (folder / source.stem / f"{copy}.yaml").write_text(REVIEWED.sub("", text))
