"""A group goes through what was hard, step by step, and nobody is named."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from quizapp import learn
from quizapp.bank import Bank
from quizapp.learn import Paper, Part
from quizapp.store import Assignment
from tests.classroom import give
from tests.crowd import crowd
from tests.taking import BANK, OPEN, right, take, tries_by_hand, wrong
from tests.web.test_results import Mona

CHOICE = next(
    question for question in BANK if question.type == "single-choice" and question.topic == "coroutines"
)
TYPED = next(question for question in BANK if question.type == "short-answer")
PAPER = Paper("Review", (Part(question=CHOICE.id), Part(question=TYPED.id), Part(question=OPEN[0].id)))


@pytest.fixture
def mona(app: Flask) -> Mona:
    return Mona(app)


@pytest.fixture
def given(app: Flask, mona: Mona) -> Assignment:
    """Six learners answered; the choice is the hardest question."""
    found = give(app, mona.group, "test", paper=PAPER)
    for number in range(6):
        typed = right(TYPED.id) if number else ("zzz quite another answer",)
        answers = [wrong(CHOICE.id) if number < 5 else right(CHOICE.id), typed, ("words of my own",)]
        take(app, found, mona.member(f"Quentin {number}")[1], answers)
    return found


def test_the_review_begins_with_the_hardest_question_and_goes_on_from_there(app: Flask, mona: Mona) -> None:
    made = crowd(app.extensions["store"], BANK, learners=8, questions=5, owner=mona.id)
    ids = [part.question for part in made.assignment.paper.parts]
    tries = {each: tries_by_hand(app, made.assignment, each) for each in ids}
    order = learn.hardest(
        {each: (len(all_), sum(t.score for t in all_) / len(all_)) for each, all_ in tries.items()}
    )
    page = mona.person.get(mona.at(made.assignment, "/review"))
    walked = []
    while True:
        walked.append(int(page.request.path.rpartition("/")[2]))
        onward = re.search(r'href="([^"]+)" data-(?:skip|next)>Next question', page.text)
        if not onward:
            break
        assert f"{len(walked)} of 5, hardest first" in page.text
        page = mona.person.get(onward[1])
    assert walked == [ids.index(each) + 1 for each in order]
    assert "data-skip" not in page.text


def test_a_question_comes_in_three_stages(mona: Mona, given: Assignment) -> None:
    asked, answers, key = (mona.see(given, f"/review/1{show}") for show in ("", "?show=answers", "?show=key"))
    assert "Show the answers" in asked
    assert "%" not in re.sub(r"<[^>]*>", "", asked)
    assert "Show the key" in answers
    assert "How 6 of you answered" in answers
    shares = re.findall(r'dist-share">(\d+)%', answers)
    item = learn.analyse(CHOICE, tries_by_hand(mona.app, given, CHOICE.id))
    assert shares == [str(round(100 * each.share)) for each in item.options]
    assert "17% right, 6 answers" in key
    for page in (asked, answers):
        assert 'class="tag"' not in page
        assert "key-row" not in page
        assert "data-timeline" not in page
    assert key.count(">Correct") == 1
    assert "<h2>Why</h2>" in key


def test_the_key_stays_back_until_it_is_asked_for(mona: Mona, given: Assignment) -> None:
    typed = mona.see(given, "/review/2?show=answers")
    shares = [int(each) for each in re.findall(r'dist-share">(\d+)%', typed)]
    assert shares == sorted(shares, reverse=True)
    assert "zzz quite another answer" in typed
    assert 'class="key"' not in typed
    assert 'class="letter"' not in typed
    open_key = mona.see(given, "/review/3?show=key")
    model = OPEN[0].model_answer.split()[0]  # type: ignore[attr-defined]
    assert model in open_key


def test_below_five_answers_the_distribution_is_not_shown(app: Flask, mona: Mona) -> None:
    found = give(app, mona.group, "test", paper=PAPER)
    for number in range(4):
        take(app, found, mona.member(f"Ann {number}")[1], [wrong(CHOICE.id), None, None])
    page = mona.see(found, "/review/1?show=answers")
    assert "Too few answers to show" in page
    assert "dist-share" not in page
    assert "% right" not in mona.see(found, "/review/1?show=key")


def test_nothing_of_a_review_names_anybody(mona: Mona, given: Assignment) -> None:
    for number in (1, 2, 3):
        for show in ("", "?show=answers", "?show=key"):
            page = mona.see(given, f"/review/{number}{show}")
            assert "Quentin" not in page
            assert "Mona" not in page
            assert "words of my own" not in page
            assert '<nav aria-label="Main"' not in page


def test_a_question_that_was_not_asked_has_no_review(mona: Mona, given: Assignment) -> None:
    for tail in ("/review/4", "/review/0", "/review/99999"):
        assert mona.person.get(mona.at(given, tail)).status_code == 404
    assert mona.person.get(mona.at(given, "/review/1?show=everything")).status_code == 200


def test_without_answers_a_review_leads_back_to_the_link(app: Flask, mona: Mona) -> None:
    found = give(app, mona.group)
    page = mona.person.get(mona.at(found, "/review"))
    assert page.request.path == mona.at(found)
    assert "Share this link" in page.text


def test_every_kind_of_question_can_be_reviewed(app: Flask, mona: Mona) -> None:
    bank: Bank = BANK
    kinds = {question.type: question for question in bank}
    paper = Paper("All kinds", tuple(Part(question=each.id) for each in kinds.values()))
    found = give(app, mona.group, "test", paper=paper)
    for number in range(6):
        _, member = mona.member(f"Ann {number}")
        take(app, found, member, [each.model() if number else None for each in kinds.values()])
    for number in range(1, len(kinds) + 1):
        for show in ("", "?show=answers", "?show=key"):
            mona.see(found, f"/review/{number}{show}")
        assert (
            "first tries only" in mona.see(found, f"?q={number}")
            or kinds["open"].id == paper.parts[number - 1].question
        )
    results = app.extensions["results"].board(found)
    assert "Q1" in mona.see(found, f"/learner/{results.lines[0].member.id}")
