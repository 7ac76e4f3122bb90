"""The question of the day stands on a phone without scrolling, whichever it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from quizapp import learn
from quizapp.bank import Bank
from tests.browser.conftest import Visit
from tests.browser.visitors import PHONE

pytestmark = pytest.mark.browser

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAYS = 1500
HAS_INTER = """() => {
  const context = document.createElement("canvas").getContext("2d");
  const width = font => { context.font = font; return context.measureText("Check answer").width };
  return width("16px Inter, monospace") !== width("16px monospace");
}"""
WIDER = 1.05
"""What DejaVu Sans, which servers have, adds in height to Inter, Roboto or San Francisco."""


def test_check_is_seen_without_scrolling(
    visit: Visit, app: Flask, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The home page of each day on which another question stands there, with the real files around it."""
    day_of: dict[str, datetime] = {}
    for day in (START + timedelta(days=number) for number in range(DAYS)):
        if question := learn.question_of_the_day(bank, day.date()):
            day_of.setdefault(question.id, day)
    assert len(day_of) >= 10

    visitor = visit(viewport=PHONE, has_touch=True, is_mobile=True)
    today: list[TestResponse] = []
    visitor.page.route(
        f"{visitor.url}/",
        lambda route: route.fulfill(body=today[-1].text, headers=dict(today[-1].headers)),
    )
    ends: dict[str, float] = {}
    for question_id, day in day_of.items():
        monkeypatch.setattr("quizapp.web.learner.now", lambda day=day: day)
        today.append(app.test_client().get("/"))
        visitor.open("/")
        assert visitor.asked()[0].id == question_id
        box = visitor.page.locator("[data-ask] .primary").bounding_box()
        assert box
        ends[question_id] = box["y"] + box["height"]
    limit = PHONE["height"] if visitor.page.evaluate(HAS_INTER) else PHONE["height"] * WIDER
    assert {question: end for question, end in ends.items() if end > limit} == {}
