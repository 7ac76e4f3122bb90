"""Every fault by its name: what is done, and how it comes out. A new fault is one function and one line."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from quizapp.store import sqlite
from tests.faults import banks, browsers, clocks, copies, hindrances, kills, nodes, power, storms, upgrades
from tests.faults.oracle import Verdict
from tests.faults.unavailable import NotHere

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made there


@dataclass(frozen=True)
class Ground:
    """Where a fault happens and how often: a folder of its own, the seed, and whether there is all night."""

    folder: Path
    seed: int
    nightly: bool = False

    def times(self, usually: int, nightly: int) -> int:
        """How often, by how much time there is."""
        return nightly if self.nightly else usually

    def new(self, name: str) -> Path:
        """A fresh folder."""
        made = self.folder / name
        made.mkdir()
        return made


@dataclass(frozen=True)
class Outcome:
    """How a fault came out. `null_control_red` says whether the oracle saw what was broken on purpose.

    It is None where no promise can be taken away. `figures` are worth knowing and nothing depends on them.
    """

    cases: int
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    null_control_red: bool | None = None
    null_control: str = ""
    broken: tuple[str, ...] = ()
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether all promises were kept, and the control, where there is one, was seen to break."""
        return not self.broken and not self.lost and not self.doubled and self.null_control_red is not False


def _of(
    verdict: Verdict, cases: int, control: bool | None = None, what: str = "", **figures: float
) -> Outcome:
    return Outcome(
        cases,
        verdict.acknowledged,
        verdict.lost,
        verdict.doubled,
        control,
        what,
        verdict.broken[:20],
        {"sent_again": verdict.replays, **figures},
    )


def _unless(*conditions: tuple[bool, str]) -> tuple[str, ...]:
    """The texts of what is not so."""
    return tuple(text for holds, text in conditions if not holds)


def kill_everything(ground: Ground) -> Outcome:
    """F1: SIGKILL of everything, while eight learners practise, sit exams and take assignments."""
    times = ground.times(100, 1000)
    verdict, ready = kills.kill_rounds(ground.folder, ground.seed, times)
    ready.sort()
    return _of(
        verdict,
        len(ready),
        ready_again_p50=round(ready[len(ready) // 2], 2),
        ready_again_max=round(ready[-1], 2),
    )


def kill_worker(ground: Ground) -> Outcome:
    """F7: SIGKILL of the worker alone; the command ends with a failure, to be started again."""
    verdict, codes = kills.kill_workers(ground.folder, ground.seed, ground.times(5, 100))
    outcome = _of(verdict, len(codes))
    told = _unless((set(codes) == {1}, f"the command ended with {sorted(set(codes))}"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def stop(ground: Ground) -> Outcome:
    """F21: SIGTERM under load; who got no reply sends again."""
    verdict, codes, unanswered = kills.ask_to_stop(ground.folder, ground.seed, ground.times(5, 100))
    outcome = _of(verdict, len(codes), waited_for_the_next_start=unanswered)
    told = _unless((set(codes) == {0}, f"the command ended with {sorted(set(codes))}"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def cut_power(ground: Ground) -> Outcome:
    """F2: power is cut: what the kernel was never asked to sync is gone. Control: `synchronous=OFF`."""
    _expect_log()
    total, times = Verdict(), ground.times(5, 100)
    for number in range(times):
        total += power.cut_power(ground.new(f"cut-{number}"), ground.seed + number)
    careless = power.cut_power(ground.new("control"), ground.seed, "careless")
    return _of(total, times, careless.lost > 0, "synchronous=OFF", lost_in_control=careless.lost)


def tear_log(ground: Ground) -> Outcome:
    """F2: a write-ahead log of which only a part reached the disk, or something else did."""
    _expect_log()
    frozen = power.freeze(ground.new("frozen"), ground.seed, answers=ground.times(2, 6))
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        torn = power.tear_log(Path(folder), frozen, ground.seed, ground.times(6_000, 50_000))
    acknowledged = sum(learner.acknowledged for learner in frozen.learners)
    size = frozen.wal.stat().st_size
    return Outcome(torn.cases, acknowledged, torn.lost, 0, broken=torn.broken[:20], figures={"bytes": size})


def tear_journal(ground: Ground) -> Outcome:
    """F2, where SQLite is old: a rollback journal and a database that were half written."""
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        cases, broken = power.tear_journal(Path(folder), ground.seed)
    return Outcome(cases, broken=tuple(broken))


def _memory() -> str | None:
    """Where files need no disk, if there is such a place."""
    return str(MEMORY) if MEMORY.is_dir() else None


def _expect_log() -> None:
    if sqlite.JOURNAL != "WAL":
        raise NotHere("this SQLite is not safe to write a WAL, so that there is none to tear")


def fill_disk(ground: Ground) -> Outcome:
    """F3: the disk is full; answers are refused with 503, pages can be read, and it goes on after."""
    full = hindrances.fill_disk(ground.folder, ground.seed)
    told = _unless(
        (full.refused > 0, "nobody was refused"),
        (full.unreadable == 0, f"{full.unreadable} pages could not be read"),
        (full.went_on > 0, "nothing was stored when there was room again"),
    )
    outcome = _of(full.verdict, 1, refused=full.refused, stored_after=full.went_on)
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def lock(ground: Ground) -> Outcome:
    """F4: another program holds the database for 1 and for 30 seconds."""
    short = hindrances.lock(ground.new("short"), ground.seed, 1)
    long = hindrances.lock(ground.new("long"), ground.seed, 30)
    told = _unless((long.unavailable > 0, "nobody was told to come back"))
    outcome = _of(
        short.verdict + long.verdict,
        2,
        refused=short.unavailable + long.unavailable,
        slowest_reply=round(max(short.longest, long.longest), 1),
    )
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def jump_clock(ground: Ground) -> Outcome:
    """F6: the clock goes forward by an hour, then back, in a timed exam. Control: it is believed."""
    verdict, is_told = clocks.jump(ground.new("jump"), ground.seed)
    control, _ = clocks.jump(ground.new("control"), ground.seed, "trusting")
    outcome = _of(verdict, 2, bool(control.broken), "the clock is believed")
    told = _unless((is_told, "the log does not tell of the jump"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def lose_replies(ground: Ground) -> Outcome:
    """F12 on the way to the browser: the answer is kept, and the reply lost. Control: a new id each time."""
    answers = ground.times(40, 1000)
    verdict = storms.lose_replies(ground.new("drops"), ground.seed, answers)
    control = storms.lose_replies(ground.new("control"), ground.seed, 20, keeps_ids=False)
    told = "each time it is sent under a new id"
    return _of(verdict, verdict.acknowledged, control.doubled > 0, told, doubled_in_control=control.doubled)


def send_copies(ground: Ground) -> Outcome:
    """F10: the same answer fifty times at once: one row, fifty equal replies."""
    rounds = ground.times(10, 100)
    verdict, strays = storms.send_copies(ground.folder, ground.seed, rounds)
    outcome = _of(verdict, rounds * storms.COPIES)
    told = _unless((strays == 0, f"{strays} replies led elsewhere"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def all_at_once(ground: Ground) -> Outcome:
    """F25: five hundred learners send an answer in the same second."""
    verdict, figures = storms.all_at_once(ground.folder, ground.seed, 500)
    outcome = _of(verdict, 500, **figures)
    told = _unless((verdict.acknowledged == 500, f"only {verdict.acknowledged} of 500 were acknowledged"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def break_bank(ground: Ground) -> Outcome:
    """F15: a broken bank is swapped in, in four ways; answers go on, and a mended one is taken up."""
    found = banks.break_bank(ground.folder, ground.seed)
    outcome = _of(found.verdict, found.cases, answered_meanwhile=found.answered)
    told = _unless(
        (found.answered > 0, "nobody could answer while the bank was broken"),
        (found.mended == found.cases, f"only {found.mended} of {found.cases} mended banks were taken up"),
    )
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def edit_question(ground: Ground) -> Outcome:
    """F16: every question is edited between the page and the answer."""
    cases = ground.times(3, 30)
    verdict, wrong = banks.edit_question(ground.folder, ground.seed, cases)
    outcome = _of(verdict, 2 * cases)
    told = _unless((wrong == 0, f"{wrong} answers to an older wording were taken"))
    return Outcome(**vars(outcome) | {"broken": (*outcome.broken, *told)})


def kill_upgrade(ground: Ground) -> Outcome:
    """F17: SIGKILL during the upgrade from before each revision. Control: each statement by itself."""
    cases, broken = upgrades.kill_upgrades(ground.new("killed"), ground.seed, ground.times(60, 500))
    _, half = upgrades.kill_upgrades(ground.new("control"), ground.seed, 10, in_pieces=True)
    told = {"half_done_in_control": float(len(half))}
    return Outcome(
        cases, 0, 0, 0, bool(half), "each statement is its own transaction", tuple(broken[:20]), told
    )


def back_up(ground: Ground) -> Outcome:
    """F19: backups under load hold all that was acknowledged before. Control: `cp` of the main file."""
    times = ground.times(3, 50)
    verdict = copies.back_up_under_load(ground.new("backups"), ground.seed, times)
    control = copies.back_up_under_load(ground.new("control"), ground.seed, 2, copies.by_cp)
    is_log = sqlite.JOURNAL == "WAL"  # without it, cp finds what was committed
    red = bool(control.lost) if is_log else None
    return _of(verdict, times, red, "cp of the main file", lost_in_control=control.lost)


def fail_requests(ground: Ground) -> Outcome:
    """F9: a real browser through aborted requests, 503, offline and reload. Control: no outbox."""
    tally, troubles = browsers.answer_through_faults(
        ground.new("faulty"), ground.seed, ground.times(200, 5000)
    )
    control, _ = browsers.answer_through_faults(ground.new("control"), ground.seed, 20, "no outbox")
    return Outcome(
        tally.cases,
        tally.acknowledged,
        tally.lost,
        tally.doubled,
        control.lost > 0,
        "without the outbox",
        tuple(troubles[:20]),
        {"faults": float(sum(tally.faults.values())), "lost_in_control": float(control.lost)},
    )


def kill_node(ground: Ground) -> Outcome:
    """F1: SIGKILL of one of two nodes behind a proxy; who got no reply sends again."""
    harms = [nodes.kill_node] * ground.times(3, 100)
    verdict, slowest, again = nodes.harmed(ground.folder, ground.seed, harms)
    return _of(verdict, len(harms), slowest=round(slowest, 2), asked_again=again)


def restart_database(ground: Ground) -> Outcome:
    """F11, F12, F13: PostgreSQL restarted under two nodes and a pooler. Control: `synchronous_commit=off`."""
    modes = ("fast", "immediate") * ground.times(3, 50)
    harms = [nodes.restart_database(mode) for mode in modes]
    verdict, slowest, again = nodes.harmed(ground.new("kept"), ground.seed, harms)
    crashes = [nodes.restart_database("immediate")] * 3
    careless, _, _ = nodes.harmed(ground.new("control"), ground.seed, crashes, durable=False)
    return _of(
        verdict,
        len(harms),
        careless.lost > 0,
        "synchronous_commit=off",
        slowest=round(slowest, 2),
        asked_again=again,
        lost_in_control=careless.lost,
    )


FAULTS: dict[str, Callable[[Ground], Outcome]] = {
    "kill-everything": kill_everything,
    "kill-worker": kill_worker,
    "stop": stop,
    "cut-power": cut_power,
    "tear-log": tear_log,
    "tear-journal": tear_journal,
    "fill-disk": fill_disk,
    "lock": lock,
    "jump-clock": jump_clock,
    "lose-replies": lose_replies,
    "send-copies": send_copies,
    "all-at-once": all_at_once,
    "break-bank": break_bank,
    "edit-question": edit_question,
    "kill-upgrade": kill_upgrade,
    "back-up": back_up,
    "fail-requests": fail_requests,
    "kill-node": kill_node,
    "restart-database": restart_database,
}


def clean(folder: Path) -> None:
    """Remove what a fault has left."""
    shutil.rmtree(folder, ignore_errors=True)
