from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template_string

from quizapp import lab
from quizapp.web.markup import code_lines
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
        ("time.sleep(1)", timelines["blocking"], ""),
        ("await asyncio.sleep(1)", timelines["gather"], ""),
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


def test_feedback_shows_a_timeline_where_there_is_one(app: Flask, timelines: dict[str, lab.Timeline]) -> None:
    app.context_processor(lambda: {"timeline": timelines["blocking"]})
    person = Person(app.test_client())
    told = person.answer(person.get("/mixed"), unsure="1").text
    assert told.count("<svg viewBox") > 2
    assert re.search(r'<script src="/static/timeline\.js\?v=\w+" defer>', told)
    assert told.index('<h2 id="w">') < told.index("data-timeline")


def test_feedback_without_a_timeline_loads_nothing_for_it(learner: Person) -> None:
    told = learner.answer(learner.get("/mixed"), unsure="1").text
    assert "timeline" not in told
