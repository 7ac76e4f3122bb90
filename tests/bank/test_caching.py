"""What was read of a bank before: it saves time, and never changes what is asked or what is said of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quizapp.bank import Bank, Cache, load
from quizapp.shipped import PACKAGE, shipped
from tests.bank.conftest import SAMPLES, Write

TOPIC = """\
title: A topic
questions:
- id: right
  type: single-choice
  level: beginner
  concepts: [counting]
  prompt: Which one is right?
  options:
  - {right: This one, why: It is.}
  - {wrong: That one, why: It is not., misconception: off-by-one}
  - {wrong: The other, why: It is not., misconception: off-by-one}
  explanation: It is so.
  sources: [https://docs.python.org/3/library/functions.html#len]
"""
CATALOGUES = {
    "concepts.yaml": "topics:\n- id: t\n  title: T\n  concepts:\n  - {id: counting, covers: Counting.}\n",
    "misconceptions.yaml": "misconceptions:\n- {id: off-by-one, wrong: W., right: R.}\n",
}


@pytest.fixture
def folder(write: Write) -> Path:
    return write({**CATALOGUES, "topic.yaml": TOPIC})


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "bank"


def entries(kept: Path) -> list[Path]:
    return sorted(kept.iterdir()) if kept.exists() else []


def same(one: Bank, other: Bank) -> None:
    assert one == other
    assert [each.revision for each in one] == [each.revision for each in other]
    assert one.places == other.places
    assert one.warnings == other.warnings


@pytest.mark.parametrize("source", [shipped("questions"), SAMPLES])
def test_a_bank_from_the_cache_is_the_bank_that_was_read(source: Path, kept: Path) -> None:
    read = load(source)
    same(load(source, cache=Cache(kept)), read)
    written = entries(kept)
    assert written
    same(load(source, cache=Cache(kept)), read)
    assert entries(kept) == written


def test_everything_of_the_shipped_bank_is_kept(kept: Path) -> None:
    bank = load(shipped("questions"), cache=Cache(kept))
    assert len(entries(kept)) == len(bank.topics)


def test_when_one_file_changes_the_questions_of_the_others_stay_the_same_objects(
    folder: Path, kept: Path
) -> None:
    (folder / "other.yaml").write_text(TOPIC)
    cache = Cache(kept)
    before = load(folder, cache=cache)
    (folder / "topic.yaml").write_text(TOPIC.replace("Which one", "Which of these"))
    after = load(folder, cache=cache)
    assert after["other/right"] is before["other/right"]
    assert after["topic/right"].prompt == "Which of these is right?"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_entry_is_ignored_and_written_anew(data: st.DataObject, folder: Path, kept: Path) -> None:
    read = load(folder, cache=Cache(kept))
    (entry,) = entries(kept)
    sound = entry.read_bytes()
    at = data.draw(st.integers(0, len(sound)))
    damaged = sound[:at] + data.draw(st.binary(max_size=3)) + sound[at + data.draw(st.integers(0, 9)) :]
    entry.write_bytes(damaged)
    same(load(folder, cache=Cache(kept)), read)
    assert entry.read_bytes() == sound


def test_a_key_changed_in_an_entry_is_never_served(folder: Path, kept: Path) -> None:
    read = load(folder, cache=Cache(kept))
    (entry,) = entries(kept)
    text = entry.read_text()
    swapped = text.replace('"right":"This', '"wrong":"This').replace('"wrong":"That', '"right":"That')
    assert swapped != text
    entry.write_text(swapped)
    same(load(folder, cache=Cache(kept)), read)
    assert entry.read_text() == text


def test_a_sound_entry_under_the_name_of_another_is_never_served(folder: Path, kept: Path) -> None:
    load(folder, cache=Cache(kept))
    (first,) = entries(kept)
    (folder / "topic.yaml").write_text(TOPIC.replace("right: This", "right: Such"))
    read = load(folder, cache=Cache(kept))
    (second,) = [each for each in entries(kept) if each != first]
    shutil.copy(first, second)
    same(load(folder, cache=Cache(kept)), read)
    assert load(folder, cache=Cache(kept))["topic/right"].face("a") == "Such one"


@pytest.mark.skipif(os.name != "posix", reason="asks for POSIX permissions")
def test_an_entry_that_others_may_write_is_not_read(folder: Path, kept: Path) -> None:
    load(folder, cache=Cache(kept))
    (entry,) = entries(kept)
    assert entry.stat().st_mode & 0o077 == 0
    forged = entry.read_bytes().partition(b"\n")[2].replace(b"It is so.", b"It was so")
    seal = hashlib.sha256(entry.name.encode() + forged).hexdigest().encode()
    entry.write_bytes(seal + b"\n" + forged)
    entry.chmod(0o666)
    assert load(folder, cache=Cache(kept))["topic/right"].explanation == "It is so."
    assert entry.stat().st_mode & 0o077 == 0


def test_an_entry_without_the_questions_it_names_is_ignored(folder: Path, kept: Path) -> None:
    read = load(folder, cache=Cache(kept))
    (entry,) = entries(kept)
    body = json.loads(entry.read_bytes().partition(b"\n")[2])
    for broken in (body | {"SingleChoice": []}, body | {"order": ["Nothing"]}, {"title": 1}, []):
        data = json.dumps(broken).encode()
        entry.write_bytes(hashlib.sha256(entry.name.encode() + data).hexdigest().encode() + b"\n" + data)
        same(load(folder, cache=Cache(kept)), read)


def test_faults_show_with_their_places_whatever_is_kept(folder: Path, kept: Path) -> None:
    load(folder, cache=Cache(kept))
    faulty = TOPIC.replace("level: beginner", "level: begginer").replace("prompt:", "promt:")
    for text, count in ((faulty, 3), (TOPIC, 0), (faulty, 3)):
        (folder / "topic.yaml").write_text(text)
        cached, read = load(folder, cache=Cache(kept)), load(folder)
        assert cached.faults == read.faults
        assert len(read.faults) == count
    assert {(fault.line, fault.column) for fault in read.faults} == {(3, 3), (5, 10), (7, 3)}


def test_what_a_kept_file_names_is_looked_up_each_time(folder: Path, kept: Path) -> None:
    load(folder, cache=Cache(kept))
    (folder / "misconceptions.yaml").write_text(
        CATALOGUES["misconceptions.yaml"].replace("off-by-one", "off-by-two")
    )
    found = load(folder, cache=Cache(kept)).faults
    assert [(fault.line, fault.column) for fault in found] == [(10, 55), (11, 56)]
    assert found == load(folder).faults


def test_a_retired_id_in_a_kept_file_is_a_fault_at_its_place(folder: Path, kept: Path) -> None:
    load(folder, cache=Cache(kept))
    (folder / "bank.yaml").write_text('format: "1"\ntitle: B\nretired: {topic/right: ""}\n')
    (fault,) = load(folder, cache=Cache(kept)).faults
    assert (Path(fault.path).name, fault.line, fault.column) == ("topic.yaml", 3, 7)


def test_a_changed_reader_reads_every_file_anew(folder: Path, kept: Path, tmp_path: Path) -> None:
    load(folder, cache=Cache(kept))
    (old,) = entries(kept)
    copy = shutil.copytree(PACKAGE, tmp_path / "newer" / "quizapp", ignore=shutil.ignore_patterns("_data"))
    choice = copy / "bank" / "types" / "choice.py"
    choice.write_text(choice.read_text().replace("This option", "The option"))
    choice.write_text(choice.read_text() + "\n# a newer version\n")
    loaded_by(copy.parent, folder, kept)
    assert len(entries(kept)) == 2
    assert old in entries(kept)


def loaded_by(home: Path, folder: Path, kept: Path) -> str:
    done = subprocess.run(command(folder, kept), cwd=home, capture_output=True, text=True, check=True)
    return done.stdout


def command(folder: Path, kept: Path) -> list[str]:
    program = (
        "import sys; from pathlib import Path; from quizapp.bank import Cache, load; "
        "bank = load(Path(sys.argv[1]), cache=Cache(Path(sys.argv[2]))); print(bank.fingerprint, len(bank))"
    )
    return [sys.executable, "-c", program, str(folder), str(kept)]


def test_processes_that_start_together_on_an_empty_cache_load_the_same_bank(kept: Path) -> None:
    source = SAMPLES
    started = [
        subprocess.Popen(command(source, kept), stdout=subprocess.PIPE, text=True, cwd=PACKAGE.parent)
        for _ in range(3)
    ]
    said = {process.communicate()[0] for process in started}
    bank = load(source)
    assert said == {f"{bank.fingerprint} {len(bank)}\n"}
    assert {each.suffix for each in entries(kept)} == {""}
    same(load(source, cache=Cache(kept)), bank)


def test_a_place_that_takes_no_files_does_no_harm(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/none")):
        same(load(folder, cache=Cache(place)), load(folder))


def test_old_entries_go_when_there_are_too_many(folder: Path, kept: Path) -> None:
    kept.mkdir(parents=True)
    for name, at in [*((f"{number}", number) for number in range(20)), ("left.part", 0)]:
        (kept / name).touch()
        os.utime(kept / name, (at, at))
    load(folder, cache=Cache(kept, room=20))
    left = {each.name for each in entries(kept)}
    assert len(left) == 10
    assert not left & {"left.part", "0", "9"}
    assert {"12", "19"} < left
