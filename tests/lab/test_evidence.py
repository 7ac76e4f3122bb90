"""Evidence: kept beside the bank, in step with it, and true."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from quizapp import lab
from quizapp.bank import Question, load
from quizapp.cli import proof
from quizapp.lab.pythons import Interpreter
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
KEPT = lab.load_evidence(shipped("questions"))
PROVABLE = [question for question in BANK if question.grounds]
REAL = [question for question in PROVABLE if question.run and question.run.clock == "real"]
VIRTUAL = [question for question in PROVABLE if question not in REAL]
HERE = Interpreter(sys.version_info[:3], ".".join(map(str, sys.version_info[:3])), sys.executable)
TRACE = lab.Trace(
    "3.11.7",
    "virtual",
    lab.Outcome("ok"),
    lanes=(lab.Lane(0, "main", "module"),),
    events=(lab.Event("print", 0.0, 0, text="é\n"),),
)


def test_every_program_of_the_shipped_bank_has_evidence_that_is_not_stale() -> None:
    stale = [f"{question.id}: {text}" for question, text in proof.missing(BANK, KEPT)]
    assert not stale, "run: quizapp prove --write"


def test_there_is_no_evidence_of_questions_that_are_gone() -> None:
    assert set(KEPT) == {question.id for question in PROVABLE}


def test_evidence_names_three_pythons_or_honestly_none() -> None:
    for question in PROVABLE:
        admitted = [version for version in ("3.11", "3.12", "3.13") if proof.admits(question, version)]
        versions = KEPT[question.id].pythons
        assert {version.rpartition(".")[0] for version in versions} >= set(admitted)
        assert list(versions) == sorted(versions, key=lambda text: [int(part) for part in text.split(".")])


def test_a_trace_is_that_of_the_oldest_python_and_of_the_virtual_clock() -> None:
    for question in PROVABLE:
        kept = KEPT[question.id]
        if question.run and question.run.clock == "real":
            assert kept.trace is None
        for trace in filter(None, (kept.trace, kept.contrast)):
            assert trace.python == kept.pythons[0]
            assert trace.clock == "virtual"
            assert len(trace.events) <= lab.MOST_EVENTS


@pytest.mark.parametrize("question", [*VIRTUAL[::8], *REAL[:1]], ids=lambda question: question.id)
def test_a_sample_of_the_programs_does_what_the_evidence_says(question: Question, batch: lab.Batch) -> None:
    if not proof.admits(question, HERE.version):
        pytest.skip("this Python is not admitted")
    kept = KEPT[question.id]
    found = proof.prove_question(question, [HERE], lab.Logbook(batch))
    assert found.flaws == ()
    assert found.ended == kept.ended
    if kept.trace and HERE.version == kept.trace.python:
        assert batch.run(next(question.trials()).code) == kept.trace


def test_what_is_written_is_read_again_and_an_event_has_a_line_of_its_own(tmp_path: Path) -> None:
    real = lab.Evidence("deep/topic/b", "k2", (), "")
    full = lab.Evidence("deep/topic/a", "k1", ("3.11.7", "3.12.1"), "ok", TRACE, TRACE)
    lab.save_evidence(tmp_path, "deep/topic", [real, full])
    assert dict(lab.load_evidence(tmp_path)) == {each.question: each for each in (full, real)}
    text = (tmp_path / "evidence/deep/topic.json").read_text()
    assert text.count('\n{"kind":"print","t":0.0,"lane":0,"text":"é\\n"}\n') == 2
    lab.save_evidence(tmp_path, "deep/topic", [full, real])
    assert (tmp_path / "evidence/deep/topic.json").read_text() == text


def test_a_topic_without_evidence_has_no_file(tmp_path: Path) -> None:
    lab.save_evidence(tmp_path, "topic", [lab.Evidence("topic/a", "k")])
    lab.save_evidence(tmp_path, "topic", [])
    assert list((tmp_path / "evidence").iterdir()) == []
    assert lab.load_evidence(tmp_path) == {}
    assert lab.load_evidence(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", '{"a": 1}', '{"a": {"key": "k"}}', '{"a": {"key": "k", "pythons": []'),
        *("[" * 100_000, '{"a": {"key": 1, "pythons": [], "ended": ""}}'),
        '{"a": {"key": "k", "pythons": ["x"], "ended": ""}}',
    ],
    ids=lambda text: text[:30],
)
def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence/topic.json").write_text(text)
    with pytest.raises(lab.NotEvidence, match=r"topic\.json can't be read"):
        lab.load_evidence(tmp_path)


def test_evidence_is_stale_when_a_program_or_a_claim_of_it_changes_and_else_not() -> None:
    from quizapp.bank import revive

    question = next(each for each in PROVABLE if each.type == "output" and each.keys())
    body = question.body()
    changed = {
        "prompt": body | {"prompt": "Another prompt?"},
        "code": body | {"code": body["code"] + "\n# more\n"},
        "run": body | {"run": body["run"] | {"takes": 77}},
    }
    stale = {name for name, each in changed.items() if list(proof.missing([revive(each)], KEPT))}
    assert stale == {"code", "run"}


def test_pythons_that_are_not_at_hand_are_not_taken_out_of_the_evidence() -> None:
    question = next(each for each in PROVABLE if each.run and each.run.clock == "virtual")
    key = lab.evidence_key(question.grounds)
    proven = proof.Proof(question, ("3.12.5",), (), "ok")
    old = lab.Evidence(question.id, key, ("3.11.7", "3.12.1", "3.14.2"), "ok", TRACE)
    new = proof.evidence(proven, old, lambda program, python: pytest.fail("3.11.7 has told what happens"))
    assert new == lab.Evidence(question.id, key, ("3.11.7", "3.12.5", "3.14.2"), "ok", TRACE)
    stale = lab.Evidence(question.id, "other", ("3.11.7",), "ok", TRACE)
    assert proof.evidence(proven, stale, lambda program, python: TRACE).pythons == ("3.12.5",)
