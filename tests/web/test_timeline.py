from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template_string

from quizapp import lab
from quizapp.bank import load, revive
from quizapp.shipped import shipped
from quizapp.web import create_app
from quizapp.web.markup import code_lines
from quizapp.web.witness import Side, span_of
from tests.conftest import Person
from tests.lab import programs

PAGE = (
    '{% from "_timeline.html" import draw, contrast %}{% from "_code.html" import block %}'
    '{{ block(code, true, id="program") }}{{ draw(shown, "program") }}'
    "{% if sides %}{{ contrast(sides) }}{% endif %}"
)


@pytest.fixture(scope="module")
def timelines() -> dict[str, lab.Timeline]:
    with lab.Batch() as batch:
        return {name: lab.timeline(batch.run(program), program) for name, program in programs.SIX.items()}


def page(app: Flask, shown: lab.Timeline, program: str = "", **more: object) -> str:
    with app.test_request_context():
        return render_template_string(PAGE, shown=shown, code=code_lines(program), **more)


@pytest.mark.parametrize("name", programs.SIX)
def test_a_timeline_is_plain_markup(app: Flask, timelines: dict[str, lab.Timeline], name: str) -> None:
    html = page(app, timelines[name], programs.SIX[name])
    assert not re.search(r"<script|<style|<[^>]*\s(style|on\w+)=|\sid=(?!\"program\")", html)
    drawings = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg viewBox.*?</svg>", html, re.S)]  # noqa: S314
    assert [drawing.get("aria-label") for drawing in drawings[:2]] == [timelines[name].summary] * 2


@pytest.mark.parametrize("name", programs.SIX)
def test_its_steps_stand_in_words_and_point_at_lines(
    app: Flask, timelines: dict[str, lab.Timeline], name: str
) -> None:
    shown, program = timelines[name], programs.SIX[name]
    html = page(app, shown, program)
    assert html.count("<li data-step") == len(shown.steps)
    for step in shown.steps:
        assert not step.line or f'<span class="cl" data-line="{step.line}">' in html


def test_two_programs_stand_side_by_side(app: Flask, timelines: dict[str, lab.Timeline]) -> None:
    sides = [
        Side("time.sleep(1)", timelines["blocking"]),
        Side("await asyncio.sleep(1)", timelines["gather"]),
    ]
    html = page(app, timelines["blocking"], sides=sides)
    pair = html.partition('<div class="tl-pair">')[2]
    assert pair.count("data-timeline") == 2
    assert 'aria-label="Timeline: time.sleep(1)"' in pair


def test_what_a_program_prints_can_not_become_markup(app: Flask) -> None:
    program = 'print("<script>alert(1)</script>")\nprint("\\"><b>")\n'
    html = page(app, lab.timeline(lab.run(program), program), program)
    assert "<script>" not in html
    assert "<b>" not in html


BANK = load(shipped("questions"))


def told_of(person: Person, question_id: str) -> str:
    return person.answer(person.get(f"/q/{question_id}"), unsure="1").text


def test_feedback_shows_what_the_loop_did_and_where_it_was_proven(learner: Person) -> None:
    told = told_of(learner, "common-mistakes/time-sleep-in-gather")
    assert told.count("<svg viewBox") > 2
    assert re.search(r'<script nonce="[\w-]+" src="/static/timeline\.js\?v=\w+" defer>', told)
    assert told.index('<h2 id="w">') < told.index("data-timeline")
    assert "holds the loop" in told
    assert "by running it on CPython 3.11 – 3.1" in told


def test_a_faulty_program_stands_beside_its_mended_one(learner: Person) -> None:
    told = told_of(learner, "coroutines/truth-of-a-coroutine")
    assert told.count("data-timeline") == 2
    assert 'aria-label="Timeline: Mended"' in told


def test_feedback_without_a_run_loads_nothing_for_it_and_claims_nothing(learner: Person) -> None:
    told = told_of(learner, "coroutines/start-from-a-script")
    assert "timeline" not in told
    assert "Proven" not in told


def test_no_question_claims_a_proof_that_the_evidence_does_not_hold(app: Flask) -> None:
    evidence, shelf = lab.load_evidence(shipped("questions")), app.extensions["shelf"]
    for question in BANK:
        kept = evidence.get(question.id)
        assert (shelf.witness(question) is not None) == bool(kept and kept.pythons), question.id
        if question.grounds:
            changed = revive(question.body() | {"code": f"{question.code}\n# changed"})
            assert shelf.witness(changed) is None, question.id


def test_versions_are_named_as_they_were_run() -> None:
    assert span_of(("3.11.7", "3.12.1", "3.13.0")) == "CPython 3.11 – 3.13"
    assert span_of(("3.11.7", "3.13.0", "3.14.2")) == "CPython 3.11, 3.13, 3.14"
    assert span_of(("3.12.1",)) == "CPython 3.12"


def test_a_bank_whose_evidence_can_not_be_read_is_asked_all_the_same(tmp_path: Path, database: str) -> None:
    bank = tmp_path / "bank"
    shutil.copytree(shipped("questions"), bank)
    (bank / "evidence" / "coroutines.json").write_text("{")
    app = create_app(banks=(bank,), database=database)
    assert "Proven" not in told_of(Person(app.test_client()), "coroutines/calling-does-not-run")
    app.extensions["store"].close()
