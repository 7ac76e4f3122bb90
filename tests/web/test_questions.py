"""The bank as a trainer sees it: found by search and filter, with figures, versions, reports and the key."""

import os
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from quizapp.bank import Bank
from quizapp.learn import Paper, Part, Try, analyse
from quizapp.shipped import shipped
from quizapp.store import Usage
from quizapp.web import create_app
from quizapp.web.trainer.questions import differences
from tests.classroom import QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person
from tests.sat import NOON, bank_of, begun, judged, mended, previewed, said, sat

FIRST = QUESTIONS[0]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:")


@pytest.fixture
def trainer(app: Flask) -> tuple[Person, str]:
    return somebody(app, "Mona Keller", "trainer")


def listed(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/t/questions/([^"]+)"', text)


def bank_with(app: Flask, bank: Bank) -> None:
    app.extensions["shelf"]._bank = bank


def test_all_questions_are_listed_in_pages_of_fifty_in_the_order_of_the_bank(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, _ = trainer
    found: list[str] = []
    number = 1
    while listed((page := me.get(f"/t/questions?page={number}")).text):
        assert len(listed(page.text)) <= 50
        found += listed(page.text)
        number += 1
    assert page.status_code == 404
    assert found == [each.id for each in bank_of(app)]
    assert not INLINE.search(me.get("/t/questions").text)
    for odd in ("0", "-1", "x", "9" * 9, "١"):
        assert me.get(f"/t/questions?page={odd}").status_code == 404


def test_questions_are_found_by_words_topic_level_and_type(app: Flask, trainer: tuple[Person, str]) -> None:
    me, _ = trainer
    bank = bank_of(app)
    wanted = [each.id for each in bank if "shield" in f"{each.id} {each.prompt} {each.code}".casefold()]
    assert listed(me.get("/t/questions?find=SHIELD").text) == wanted[:50]
    some = bank[FIRST]
    page = me.get(f"/t/questions?find=calling+run&topic={some.topic}&level={some.level}&type={some.type}")
    assert FIRST in listed(page.text)
    assert 'value="calling run"' in page.text
    assert {bank[each].topic for each in listed(page.text)} == {some.topic}
    none = me.get("/t/questions?find=%3Cscript%3Ezzz")
    assert "No question fits" in none.text
    assert "<script>zzz" not in none.text
    assert me.get("/t/questions?topic=nope&level=x").status_code == 200


def a_class(app: Flask, owner: str) -> None:
    """Seven who answered once, some twice, in two assignments; with a preview and one of another trainer."""
    group = new_group(app, owner)
    once, again = give(app, group, "practice"), give(app, group, "practice")
    answers = [None, None, ("a",), ("b",), None, (), ("a",)]
    for number, given in enumerate(answers):
        _, member = joined(app, group, f"L{number}")
        sat(app, once, member, {1: given, 2: None if number % 2 else (), 3: None})
        if number < 3:
            sat(app, once, member, {1: None, 2: None, 3: None}, NOON + timedelta(hours=1))
            sat(app, again, member, {1: None, 2: None, 3: None}, NOON + timedelta(hours=2))
    said(app, previewed(app, once), 1, None)
    foreign = new_group(app, somebody(app, "Tom", "trainer")[1])
    sat(app, give(app, foreign, "practice"), joined(app, foreign, "Zed")[1], {1: None, 2: None, 3: None})


def test_figures_are_each_learners_first_answer_in_the_trainers_own_assignments(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    a_class(app, owner)
    usage: Usage = app.extensions["usage"]
    question = bank_of(app)[FIRST]
    tries = usage.tries(owner, FIRST, question.revision)
    given = [None, None, ("a",), ("b",), None, (), ("a",)]
    expected = [
        (question.model() if each is None else each, float(each is None), number % 2)
        for number, each in enumerate(given)
    ]
    found = sorted((each.answer, each.score, each.rest) for each in tries)
    assert found == sorted((answer, score, 0.5 + 0.5 * odd) for answer, score, odd in expected)
    assert {each.seconds for each in tries} == {10.0}
    assert usage.figures(owner, [FIRST, "no/such"]) == {FIRST: (7, pytest.approx(3 / 7))}
    item = analyse(question, tries)
    text = me.get(f"/t/questions/{FIRST}").text
    assert item.low is not None
    assert item.high is not None
    assert f"43% <span>range {100 * item.low:.0f}–{100 * item.high:.0f}</span>" in text
    assert item.discrimination is not None
    assert f"{item.discrimination:.2f} <span>{item.tells}</span>".replace("-", "−") in text
    assert "<dd>7 <span>first tries only" in text
    for each in item.options:
        assert f'<td class="num">{100 * each.share:.0f}%</td>' in text
    row = re.search(rf'/t/questions/{FIRST}".*?</tr>', me.get("/t/questions?find=calling").text, re.S)
    assert row
    assert ">7</td>" in row[0]
    assert ">43%</td>" in row[0]


def test_who_ended_without_an_answer_counts_as_wrong_and_who_still_answers_not_yet(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    _, owner = trainer
    group = new_group(app, owner)
    spoken = next(each for each in bank_of(app) if each.rated)
    paper = Paper("Two", (Part(question=FIRST), Part(question=spoken.id)))
    assignment = give(app, group, "exam", paper, shuffle=False, attempts=2)
    ended, waiting, running = (joined(app, group, name)[1] for name in ("Ann", "Ben", "Cleo"))
    sat(app, assignment, ended, {})
    marked = sat(app, assignment, waiting, {1: None, 2: ("My words", "", "")})
    begun(app, assignment, running)
    usage: Usage = app.extensions["usage"]
    assert usage.figures(owner, [FIRST, spoken.id]) == {FIRST: (2, 0.5), spoken.id: (1, 0.0)}
    found = sorted(
        (each.answer, each.score) for each in usage.tries(owner, FIRST, bank_of(app)[FIRST].revision)
    )
    assert found == [((), 0.0), (bank_of(app)[FIRST].model(), 1.0)]
    sat(app, assignment, waiting, {1: ()}, NOON + timedelta(hours=1))
    assert usage.figures(owner, [spoken.id]) == {spoken.id: (1, 0.0)}, "a second attempt is no first answer"
    judged(app, marked, 2, "mark", 1.0, *spoken.model(), by=owner)
    assert usage.figures(owner, [spoken.id]) == {spoken.id: (2, 0.5)}
    tries = usage.tries(owner, spoken.id, spoken.revision)
    assert sorted(each.answer for each in tries) == [(), spoken.model()]


def test_nothing_is_said_below_five_answers(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    assignment = give(app, group, "practice")
    text = me.get(f"/t/questions/{FIRST}").text
    assert "Nobody has answered this wording" in text
    for number in range(4):
        sat(app, assignment, joined(app, group, f"L{number}")[1], {1: None, 2: None, 3: None})
    text = me.get(f"/t/questions/{FIRST}").text
    assert "4 answers so far. Figures come with five answers." in text
    assert "range" not in text
    row = re.search(rf'/t/questions/{FIRST}".*?</tr>', me.get("/t/questions?find=calling").text, re.S)
    assert row
    assert ">4</td>" in row[0]
    assert "%</td>" not in row[0]


def test_one_question_is_shown_with_key_reasons_place_and_ways_on(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, _ = trainer
    question = bank_of(app)[FIRST]
    page = me.get(f"/t/questions/{FIRST}")
    text = unescape(re.sub(r"<[^>]+>", "", page.text))
    for why in (told.why for told in question.tell(question.model(), question.keys())):
        assert why.replace("`", "") in text
    assert page.text.count('<span class="tag">Key</span>') == 1
    assert "What wrong answers believe" in text
    assert "data-timeline" in page.text
    assert "proven" in text.lower()
    assign = re.search(r'href="(/t/quizzes/new\?add=[^"]+)"', page.text)
    assert assign
    assert re.search(rf'name="question-\w+" value="{FIRST}"', me.get(assign[1]).text)
    assert me.get("/t/quizzes/new?add=no/such").status_code == 200
    assert f'href="/q/{FIRST}"' in page.text
    place = re.search(r"<code>(\S+\.yaml):(\d+)</code>", page.text)
    assert place
    assert not place[1].startswith("/")
    assert not INLINE.search(page.text)
    assert me.get("/t/questions/no/such-question").status_code == 404


@pytest.mark.bulk
def test_every_question_of_the_bank_has_its_page(app: Flask, trainer: tuple[Person, str]) -> None:
    me, _ = trainer
    for question in bank_of(app):
        page = me.client.get(f"/t/questions/{question.id}")
        assert page.status_code == 200, question.id
        assert not INLINE.search(page.text), question.id


def test_versions_tell_what_was_asked_where_and_what_differs(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    before = give(app, group, "practice")
    ann, ben = (joined(app, group, name)[1] for name in ("Ann", "Ben"))
    begun(app, before, ann)
    old = bank_of(app)
    new = mended(old, FIRST, prompt="What happens now, <i>really</i>?")
    bank_with(app, new)
    after = give(app, group, "practice")
    begun(app, after, ben, NOON + timedelta(days=3))
    text = me.get(f"/t/questions/{FIRST}").text
    versions = text.partition('id="v"')[2].partition("</section>")[0]
    current, older = versions.split("<li")[1:]
    assert new[FIRST].revision[:8] in current
    assert old[FIRST].revision[:8] in older
    assert "as it is now" in current
    assert "first asked on 23 Nov 2026, once" in current
    assert "first asked on 20 Nov 2026, once" in older
    assert f"/t/assignments/{after.id}" in current
    assert "/regrade" not in current
    assert f'href="/t/assignments/{before.id}/regrade?question={FIRST}"' in older
    assert "What was different: prompt" in older
    assert "What happens now, &lt;i&gt;really&lt;/i&gt;?" in older
    assert "What happens when this program runs?" in older


def test_what_differs_is_told_part_by_part(app: Flask) -> None:
    bank = bank_of(app)
    old = bank[FIRST]
    assert list(differences(old, old)) == []
    assert list(differences(old, old.model_copy(update={"explanation": "Another one."}))) == []
    options = old.options[::-1]
    changed = old.model_copy(update={"options": options, "code": "print(1)"})
    found = {each.name: each for each in differences(old, changed)}
    assert set(found) == {"Options", "Program"}
    assert found["Program"].was == old.code
    assert found["Program"].now == "print(1)"
    assert sorted(found["Options"].was.splitlines()) == sorted(found["Options"].now.splitlines())
    assert found["Options"].was.startswith("– ")


def test_a_question_that_the_bank_lost_is_shown_to_those_who_asked_it(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    begun(app, give(app, group, "practice"), joined(app, group, "Ann")[1])
    bank = bank_of(app)
    without = [
        replace(topic, questions=tuple(each for each in topic.questions if each.id != FIRST))
        for topic in bank.topics
    ]
    bank_with(app, replace(bank, topics=tuple(without)))
    page = me.get(f"/t/questions/{FIRST}")
    assert page.status_code == 200
    assert "The bank no longer has this question" in page.text
    assert "Assign this" not in page.text
    assert somebody(app, "Tom", "trainer")[0].get(f"/t/questions/{FIRST}").status_code == 404


def test_first_answers_of_an_older_wording_are_not_mixed_in(app: Flask, trainer: tuple[Person, str]) -> None:
    _, owner = trainer
    group = new_group(app, owner)
    assignment = give(app, group, "practice", Paper("One", (Part(question=FIRST),)))
    old = bank_of(app)
    new = mended(old, FIRST, prompt="What now?")
    for number in range(3):
        attempt = begun(app, assignment, joined(app, group, f"L{number}")[1], bank=new if number else old)
        said(app, attempt, 1, None)
    usage: Usage = app.extensions["usage"]
    found: list[tuple[Try, ...]] = [usage.tries(owner, FIRST, each[FIRST].revision) for each in (old, new)]
    assert [len(each) for each in found] == [1, 2]
    assert {each.rest for tries in found for each in tries} == {0.0}
    assert set(usage.revisions(FIRST)) == {old[FIRST].revision, new[FIRST].revision}


def test_reports_stand_at_the_question_and_in_the_list(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    person, member = joined(app, group, "Ann")
    attempt = sat(app, give(app, group, "practice"), member, {1: None, 2: None, 3: None})
    person.post(f"/s/{attempt.id}/1/report", {"reason": "mistake", "text": "Line 3 is odd."})
    page = me.get(f"/t/questions/{FIRST}").text
    assert "Line 3 is odd." in page
    assert "Line 3 is odd." not in me.get(f"/t/questions/{QUESTIONS[1]}").text
    assert "1 open report</b>" in me.get("/t/questions?find=calling").text


def test_the_place_in_the_bank_is_told_however_the_bank_was_named(database: str) -> None:
    elsewhere = create_app(banks=(Path(os.path.relpath(shipped("questions"))),), database=database)
    me, _ = somebody(elsewhere, "Mona Keller", "trainer")
    page = me.get(f"/t/questions/{FIRST}")
    elsewhere.extensions["store"].close()
    assert page.status_code == 200
    assert re.search(r"<code>questions/coroutines\.yaml:\d+</code>", page.text)
