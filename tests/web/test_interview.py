"""Whole interviews: set up, said, rated, followed up, paused, ended, reported, and shared with a partner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from flask import Flask
from markupsafe import escape
from werkzeug.test import TestResponse

from quizapp.bank import Bank, FollowUp, Open, Question, Topic, load
from quizapp.bank.types.open import Point, RedFlag
from quizapp.shipped import shipped
from quizapp.store import tables
from quizapp.web import create_app
from quizapp.web.guests import new_id
from quizapp.web.markup import inline, plain
from tests.conftest import Person, settled
from tests.databases import Databases
from tests.rows import everything

BANK = load(shipped("questions"))
OPEN = [question for question in BANK if isinstance(question, Open)]
BY_PROMPT = {plain(question.prompt.strip().partition("\n\n")[0]): question for question in OPEN}
LENGTHS = {15: 5, 30: 8, 45: 12}
SEED = 42
NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"
VARYING = re.compile(r'name="(?:set|step|ticket)" value="[^"]*"|data-spent="\d+"')


def begin(person: Person, level: str = "mid", minutes: int = 15, *topics: str) -> str:
    """Start an interview; gives its id."""
    page = person.get("/interview")
    found = re.search(r'name="set" value="([^"]+)"', page.text)
    assert found
    form = {"set": found[1], "level": level, "minutes": str(minutes), "topic": list(topics)}
    assert person.post("/interview", form).status_code == 200
    return found[1]


def step(**more: Any) -> dict[str, Any]:
    return {"step": new_id()} | more


def here(set_id: str, place: int = 1) -> str:
    return f"/interview/{set_id}/{place}"


def asked(app: Flask, set_id: str) -> list[Question]:
    with app.extensions["store"].database.reading() as db:
        rows = db.execute(
            sa.text("SELECT question FROM slot WHERE attempt = :set ORDER BY place"), {"set": set_id}
        )
        return [BANK[name] for (name,) in rows]


def open_places(app: Flask, set_id: str) -> list[tuple[int, Open]]:
    found = enumerate(asked(app, set_id), start=1)
    return [(place, question) for place, question in found if isinstance(question, Open)]


def levels(question: Open, level: str, *flags: str, **more: Any) -> dict[str, Any]:
    """The form of a rating with the same level for all points."""
    points = {f"point-{point.id}": level for point in question.rubric}
    return step(do="rate", flag=list(flags)) | points | more


def say(person: Person, set_id: str, place: int, words: str) -> TestResponse:
    return person.post(here(set_id, place), step(do="say", words=words))


def rate(
    person: Person, set_id: str, place: int, question: Open, level: str = "good", *flags: str
) -> TestResponse:
    return person.post(here(set_id, place), levels(question, level, *flags))


def play(app: Flask, person: Person, set_id: str, level: str = "good") -> None:
    """Answer everything, open questions with that level, closed ones with "I'm not sure"."""
    for place, question in enumerate(asked(app, set_id), start=1):
        if isinstance(question, Open):
            say(person, set_id, place, f"Words to question {place}.")
            rate(person, set_id, place, question, level)
        else:
            person.answer(person.get(f"/s/{set_id}/{place}"), unsure="1")


def end(person: Person, set_id: str) -> TestResponse:
    return person.post(f"/interview/{set_id}/end")


def share(person: Person, set_id: str) -> str:
    """Make a link; gives its path."""
    page = person.post(f"/interview/{set_id}/share")
    found = re.search(r'value="http://localhost(/with/[A-Za-z0-9_-]{32})"', page.text)
    assert found
    return found[1]


def visible(page: TestResponse) -> str:
    """What stands in the main part of a page, as text."""
    main = page.text.partition("<main")[2].partition("</main>")[0]
    bare = re.sub(r"<[^>]*>", " ", re.sub(r"</?code>", "", main))
    return " ".join(unescape(bare).split())


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """The interview's clock goes that much ahead."""
    with patch("quizapp.web.interview.now", lambda: datetime.now(UTC) + by):
        yield


# -- whole interviews


@pytest.mark.parametrize(("minutes", "count"), LENGTHS.items())
@pytest.mark.parametrize("level", ["junior", "mid", "senior"])
def test_an_interview_from_start_to_report(
    app: Flask, learner: Person, level: str, minutes: int, count: int
) -> None:
    set_id = begin(learner, level, minutes)
    assert learner.at == here(set_id)
    questions = asked(app, set_id)
    assert len(questions) == count
    for place, question in enumerate(questions, start=1):
        page = learner.get(f"/s/{set_id}")
        assert learner.at in (here(set_id, place), f"/s/{set_id}/{place}")
        assert f"Question {place} of {count}" in page.text
        if isinstance(question, Open):
            assert "What an interviewer listens for" in say(learner, set_id, place, f"Said {place}").text
            told = rate(learner, set_id, place, question)
            assert "75% of the points" in told.text
            assert f"Said {place}" in told.text
        else:
            told = learner.answer(page, unsure="1")
            assert "Here is how it works" in told.text
    learner.get(f"/s/{set_id}")
    assert learner.at == f"/interview/{set_id}/ending"
    report = end(learner, set_id)
    assert learner.at == f"/interview/{set_id}/report"
    opened = sum(question.rated for question in questions)
    assert f"{round(75 * opened / count)}% of all points" in report.text
    assert f"{count} of {count} questions answered" in report.text


def test_an_interview_waits_where_it_was_left(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (first, question), *_ = open_places(app, set_id)
    say(learner, set_id, first, "my words")
    assert "Continue your interview" in learner.get("/interview").text
    assert "my words" in learner.get(here(set_id, first)).text
    rate(learner, set_id, first, question)
    learner.get(f"/s/{set_id}")
    assert learner.at.endswith("/2")
    assert "Continue: Interview" in learner.get("/").text


def test_starting_twice_starts_one(learner: Person) -> None:
    form = {"set": new_id(), "level": "mid", "minutes": "15"}
    learner.get("/interview")
    for _ in range(2):
        learner.post("/interview", form)
    assert learner.get("/progress").text.count("Interview</") <= 2
    assert learner.at == "/progress"
    assert learner.get(f"/s/{form['set']}").status_code == 200


def test_chosen_topics_are_the_only_ones(app: Flask, learner: Person) -> None:
    set_id = begin(learner, "mid", 15, "tasks", "coroutines")
    assert {question.topic for question in asked(app, set_id)} == {"tasks", "coroutines"}


def test_what_was_asked_before_comes_last(app: Flask, learner: Person) -> None:
    first = begin(learner, "senior", 45)
    play(app, learner, first)
    second = begin(learner, "senior", 45)
    opened = [{question.id for _, question in open_places(app, each)} for each in (first, second)]
    assert not opened[0] & opened[1]


def test_skipping_leads_on_and_the_end_says_what_is_open(learner: Person) -> None:
    set_id = begin(learner)
    assert "5 questions are still open" in learner.get(f"/interview/{set_id}/ending").text
    page = learner.get(here(set_id))
    onward = re.search(r'<a href="([^"]+)">Skip for now', page.text)
    assert onward
    learner.get(onward[1])
    assert learner.at.endswith("/2")


# -- what is kept


HOSTILE = "<script>alert(1)</script>\n\n  {{ 7*7 }} & é 漢字 🙂\n```python\nx = '|'\n```"


def test_words_survive_every_stage_as_they_were_typed(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    shown = str(escape(HOSTILE))
    for page in (
        say(learner, set_id, place, HOSTILE.replace("\n", "\r\n")),
        learner.get(here(set_id, place)),
        rate(learner, set_id, place, question),
        learner.get(here(set_id, place)),
        end(learner, set_id),
    ):
        assert f'<div class="words">{shown}</div>' in page.text
    assert "<script>alert" not in page.text


def test_two_tabs_lose_no_words(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    say(learner, set_id, 1, "from one tab")
    say(learner, set_id, 1, "")
    assert "from one tab" in say(learner, set_id, 1, "from another").text
    assert "from another" in learner.get(here(set_id)).text


def test_a_form_sent_twice_counts_once(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    form = step(do="say", words="once")
    for _ in range(2):
        learner.post(here(set_id, place), form)
    assert learner.get(here(set_id, place)).text.count("once</div>") == 1
    form = levels(question, "strong")
    for _ in range(2):
        learner.post(here(set_id, place), form)
    assert learner.get("/progress.csv").text.count("\n") == 2


def test_rating_twice_keeps_the_first(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "words")
    rate(learner, set_id, place, question, "strong")
    again = rate(learner, set_id, place, question, "weak")
    assert again.status_code == 200
    assert "100% of the points" in again.text
    late = say(learner, set_id, place, "some quite other words")
    assert (late.status_code, late.request.query_string) == (200, b"kept=1")
    assert "some quite other words" not in learner.get(here(set_id, place)).text


def test_red_flags_are_told_with_what_is_true(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    flag = question.red_flags[0].misconception
    say(learner, set_id, place, "words")
    told = rate(learner, set_id, place, question, "good", flag)
    assert str(inline(BANK.misconceptions[flag].right)) in told.text
    assert told.text.count("<b>Red flag:</b>") == 1
    report = end(learner, set_id)
    assert f"/ideas/{flag}" in report.text
    assert BANK.misconceptions[flag].wrong in learner.get(f"/interview/{set_id}/report.md").text


def test_follow_ups_are_asked_answered_and_kept(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "words")
    told = rate(learner, set_id, place, question, "")
    missed = [number for number, each in enumerate(question.follow_ups) if each.missed][:2]
    numbers = re.findall(r'name="number" value="(\d+)"', told.text)
    assert numbers == [str(number) for number in missed]
    form = step(do="follow", number=numbers[0], words="my <b>follow</b>", went="partly")
    kept = learner.post(here(set_id, place), form)
    assert "my &lt;b&gt;follow&lt;/b&gt;" in kept.text
    assert "It went partly." in kept.text
    learner.post(here(set_id, place), form)
    learner.post(here(set_id, place), form | step(words="from another tab"))
    assert learner.get(here(set_id, place)).text.count("It went partly.") == 1


def test_the_clock_stops_and_goes_on_by_what_was_pressed(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    page = learner.get(here(set_id))
    assert 'name="do" value="pause"' in page.text
    for _ in range(2):
        paused = learner.post(here(set_id), step(do="pause"))
        assert "The clock stands still." in paused.text
    assert 'name="do" value="resume"' in paused.text
    with later(timedelta(minutes=9)):
        assert "9 of 15" not in learner.get(here(set_id)).text
    running = learner.post(here(set_id), step(do="resume"))
    assert "The clock stands still." not in running.text
    with later(timedelta(minutes=9, seconds=30)):
        assert "9 of 15 minutes" in learner.get(here(set_id)).text


# -- what is sent by hand


@pytest.mark.parametrize(
    "change",
    [
        {"level": "expert"},
        {"level": ""},
        {"minutes": "20"},
        {"minutes": "１５"},
        {"minutes": "-15"},
        {"minutes": "x" * 9000},
        {"level": "<script>"},
        {"set": ""},
        {"set": "1"},
    ],
    ids=str,
)
def test_a_wish_that_is_not_offered_is_refused(learner: Person, change: dict[str, str]) -> None:
    learner.get("/interview")
    form = {"set": new_id(), "level": "mid", "minutes": "15"} | change
    page = learner.post("/interview", form)
    assert page.status_code == 422
    assert "<script>" not in page.text.replace("<script src", "")
    assert learner.get("/progress.json").json["answers"] == []
    assert "Continue your interview" not in learner.get("/interview").text


def test_no_fields_at_all_are_refused(learner: Person) -> None:
    learner.get("/interview")
    page = learner.post("/interview")
    assert page.status_code == 422
    assert "Choose a level and a length." in page.text


def test_topics_that_are_not_there_are_left_out(app: Flask, learner: Person) -> None:
    set_id = begin(learner, "mid", 15, "no-such-topic", "tasks", "../etc")
    assert {question.topic for question in asked(app, set_id)} == {"tasks"}


def test_without_a_cookie_nothing_begins(stranger: Person) -> None:
    page = stranger.post("/interview", {"set": new_id(), "level": "mid", "minutes": "15"})
    assert page.status_code == 400


BAD_STEPS: list[dict[str, Any]] = [
    {},
    {"do": "say", "words": "x"},
    {"do": "say", "words": "x", "step": "1"},
    step(),
    step(do="end"),
    step(do="say", words="x" * 8001),
    step(do="say", words="\n".join("x" * 4001)),
    step(do="note", words="x"),
]
BAD_RATINGS: list[dict[str, Any]] = [
    {"flag": "no-such-flag"},
    {"flag": ["<script>alert(1)</script>"]},
    {"level": "perfect"},
    {"level": "Strong"},
    {"level": "x" * 5000},
    {"step": ""},
]
BAD_FOLLOWS: list[dict[str, Any]] = [
    {"number": "99"},
    {"number": "-1"},
    {"number": ""},
    {"number": "０"},
    {"number": "0.0"},
    {"went": ""},
    {"went": "great"},
    {"words": "x" * 8001},
    {"step": "nothing"},
]


@pytest.mark.parametrize("form", BAD_STEPS, ids=lambda form: str(sorted(form))[:40])
def test_a_step_that_can_not_be_read_is_refused_and_changes_nothing(
    learner: Person, form: dict[str, Any]
) -> None:
    set_id = begin(learner)
    state = learner.get(f"{here(set_id)}/state").text
    page = learner.post(here(set_id), form)
    assert page.status_code == 422
    assert learner.get(f"{here(set_id)}/state").text == state


def test_words_that_are_too_long_stay_in_the_field(learner: Person) -> None:
    set_id = begin(learner)
    page = say(learner, set_id, 1, "long " * 2000)
    assert page.status_code == 422
    assert "too long" in page.text
    assert ">long long" in page.text
    assert say(learner, set_id, 1, "é" * 8000).status_code == 200


@pytest.mark.parametrize("change", BAD_RATINGS, ids=lambda change: str(change)[:40])
def test_a_rating_that_can_not_be_read_is_refused(
    app: Flask, learner: Person, change: dict[str, Any]
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "kept words")
    form = levels(question, "good") | change
    if "level" in change:
        form[f"point-{question.rubric[0].id}"] = form.pop("level")
    page = learner.post(here(set_id, place), form)
    assert page.status_code == 422
    assert "<script>alert" not in page.text
    after = learner.get(here(set_id, place))
    assert "Keep this rating" in after.text
    assert "kept words" in after.text


@pytest.mark.parametrize("change", BAD_FOLLOWS, ids=lambda change: str(change)[:40])
def test_a_follow_up_that_can_not_be_read_is_refused(
    app: Flask, learner: Person, change: dict[str, Any]
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "my own words")
    rate(learner, set_id, place, question, "")
    page = learner.post(here(set_id, place), step(do="follow", number="0", went="yes", words="thin") | change)
    assert page.status_code == 422
    if "step" not in change:
        assert '<div class="words">my own words</div>' in page.text
    assert "It went" not in learner.get(here(set_id, place)).text


def test_a_follow_up_before_the_rating_is_refused(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    assert learner.post(here(set_id), step(do="follow", number="0", went="yes")).status_code == 409


def test_a_flag_of_another_question_is_refused(app: Flask, learner: Person) -> None:
    set_id = begin(learner, "mid", 45)
    (place, question), *others = open_places(app, set_id)
    known = {flag.misconception for flag in question.red_flags}
    foreign = next(
        flag.misconception
        for _, other in others
        for flag in other.red_flags
        if flag.misconception not in known
    )
    say(learner, set_id, place, "")
    assert rate(learner, set_id, place, question, "good", foreign).status_code == 422


PAGES = ("/1", "/1/state", "/ending", "/report", "/report.md", "/invite")
ACTS = ("/1", "/end", "/share")


def test_somebody_elses_interview_is_not_found(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    begin(stranger)
    for other in (set_id, NOBODY):
        for path in PAGES:
            assert stranger.get(f"/interview/{other}{path}").status_code == 404, path
        for path in ACTS:
            assert stranger.post(f"/interview/{other}{path}", step(do="say")).status_code == 404, path
    assert learner.get(here(set_id)).status_code == 200


@pytest.mark.parametrize("kind", ["practice", "exam"])
def test_another_set_is_no_interview(learner: Person, kind: str) -> None:
    if kind == "practice":
        set_id = learner.start().rpartition("/")[2]
    else:
        set_id = new_id()
        learner.get("/")
        learner.post("/exam", {"set": set_id, "topic": "", "count": "10"})
    for path in ("/ending", "/report", "/report.md", "/invite", "/1/state"):
        assert learner.get(f"/interview/{set_id}{path}").status_code == 404, path
    for path in ("/end", "/share"):
        assert learner.post(f"/interview/{set_id}{path}").status_code == 404, path
    assert learner.get(f"/s/{set_id}/2").status_code == 200


def test_places_outside_the_interview_are_not_found(learner: Person) -> None:
    set_id = begin(learner)
    for place in ("0", "6", "99999999999999999999"):
        assert learner.get(f"/interview/{set_id}/{place}").status_code == 404
        assert learner.post(f"/interview/{set_id}/{place}", step(do="say")).status_code == 404


def test_an_open_question_has_no_page_of_its_own(learner: Person) -> None:
    page = learner.get(f"/q/{OPEN[0].id}")
    assert page.status_code == 404
    assert not any(text in page.text for text in secrets_of(OPEN[0]))


# -- after the end


def test_ending_twice_shows_the_same_report(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    play(app, learner, set_id)
    assert settled(end(learner, set_id)) == settled(end(learner, set_id))
    learner.get(f"/interview/{set_id}/ending")
    assert learner.at == f"/interview/{set_id}/report"


def test_nothing_is_answered_after_the_end_and_everything_is_told(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    end(learner, set_id)
    questions = asked(app, set_id)
    for place, question in enumerate(questions, start=1):
        page = learner.get(f"/s/{set_id}/{place}")
        if isinstance(question, Open):
            assert "Not answered" in page.text
            assert "A strong answer" in page.text
            assert "<textarea" not in page.text
            assert say(learner, set_id, place, "late").status_code == 409
            assert rate(learner, set_id, place, question).status_code == 409
            assert learner.post(here(set_id, place), step(do="pause")).status_code == 409
        else:
            assert "Here is how it works" in page.text
            assert "finished before your answer came" in learner.answer(page, unsure="1", **step()).text
    assert learner.get("/progress.csv").text.count("\n") == 1
    assert "0% of all points" in learner.get(f"/interview/{set_id}/report").text


def test_the_report_of_an_interview_that_goes_on_leads_back_to_it(learner: Person) -> None:
    set_id = begin(learner)
    learner.get(f"/interview/{set_id}/report")
    assert learner.at == here(set_id)
    assert learner.get(f"/interview/{set_id}/report.md").status_code == 404


def test_the_report_names_the_strongest_and_the_thinnest_answer_beside_the_model(
    app: Flask, learner: Person
) -> None:
    set_id = begin(learner, "mid", 30)
    first, second, *_ = open_places(app, set_id)
    for (place, question), level in ((first, "weak"), (second, "strong")):
        say(learner, set_id, place, f"These are my words at {place}.")
        rate(learner, set_id, place, question, level)
    report = visible(end(learner, set_id))
    assert "Your strongest answer: 100%" in report
    assert "Your thinnest answer: 25%" in report
    assert f"These are my words at {first[0]}." in report
    assert "2 of 8 questions answered" in report
    assert "not answered" in report


def test_the_report_leads_to_practice_of_the_weakest_topic(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "")
    rate(learner, set_id, place, question, "weak")
    report = end(learner, set_id)
    assert f'href="/practice/{question.topic}"' in report.text
    assert learner.get(f"/practice/{question.topic}").status_code == 200


def test_earlier_interviews_are_compared(app: Flask, learner: Person) -> None:
    first = begin(learner)
    play(app, learner, first, "strong")
    end(learner, first)
    second = begin(learner, "senior", 30)
    play(app, learner, second, "weak")
    report = end(learner, second)
    assert f'href="/interview/{first}/report"' in report.text
    assert "Mid-level, 15 minutes" in report.text
    assert f'href="/interview/{second}/report"' not in report.text
    assert "Earlier interviews" not in learner.get(f"/interview/{first}/report").text
    home = learner.get("/interview")
    assert all(f"/interview/{each}/report" in home.text for each in (first, second))
    assert "40%" in home.text


# -- the report as Markdown


def report_of(app: Flask, person: Person, words: str) -> str:
    set_id = begin(person)
    (place, question), *_ = open_places(app, set_id)
    say(person, set_id, place, words)
    rate(person, set_id, place, question, "good", question.red_flags[0].misconception)
    end(person, set_id)
    page = person.get(f"/interview/{set_id}/report.md")
    assert page.mimetype == "text/markdown"
    assert "attachment" in page.headers["Content-Disposition"]
    return page.text


def test_the_report_can_be_kept_as_markdown(app: Flask, learner: Person) -> None:
    text = report_of(app, learner, "First line.\nSecond line.")
    assert text.startswith("# Interview: Mid-level, 15 minutes, ")
    assert not re.search(r"&(?:amp|lt|gt|quot|#\d+);", text)
    assert "15 % of all points. 1 of 5 questions answered in 0 minutes." in text
    assert "> First line.\n> Second line." in text
    assert "## Red flags" in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 4
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {4}
    before = text.partition("| part")[0]
    assert before.endswith("\n\n")


@pytest.mark.parametrize(
    "words",
    [
        "```python\nasync def f():\n    await g()\n```",
        "```\nnever closed",
        "| a | b |\n| --- | --- |\n# A heading\n## Your strongest answer: 100 %",
        "<!-- <details><script>",
        "a\r\rb\r\n\u2028c",
        "---\n\n> quoted\n\n1. one",
    ],
)
def test_words_stay_words_in_markdown_whatever_they_hold(app: Flask, learner: Person, words: str) -> None:
    text = report_of(app, learner, words)
    said = text.partition("What was said:\n\n")[2].partition("\n\nA strong answer:")[0]
    lines = said.split("\n")
    assert all(line.startswith(">") for line in lines)
    normal = words.replace("\r\n", "\n").replace("\r", "\n")
    assert [line.removeprefix(">").removeprefix(" ") for line in lines] == normal.split("\n")
    assert sum(line.startswith("# ") for line in text.splitlines()) == 1


def test_nothing_typed_is_said_so(app: Flask, learner: Person) -> None:
    assert "What was said:\n\n(nothing typed)\n" in report_of(app, learner, "")


# -- nothing is told before something was said


def secrets_of(question: Open) -> list[str]:
    """What an interviewer knows and a candidate does not: as text without markup."""
    texts = [question.model_answer, question.explanation]
    texts += [
        text for point in question.rubric for text in (point.point, point.weak, point.good, point.strong)
    ]
    texts += [text for each in question.follow_ups for text in (each.ask, each.answer)]
    texts += [flag.sounds for flag in question.red_flags]
    return [str(escape(plain(text)[:60])) for text in texts]


def test_nothing_to_rate_by_is_on_the_page_before_something_was_said(app: Flask, learner: Person) -> None:
    set_id = begin(learner, "senior", 45)
    for place, question in open_places(app, set_id):
        paths = [here(set_id, place), f"{here(set_id, place)}/state", f"/interview/{set_id}/ending"]
        for path in (*paths, f"/interview/{set_id}/invite"):
            text = learner.get(path).text
            assert not any(secret in text for secret in secrets_of(question)), path
        told = say(learner, set_id, place, "")
        assert plain(question.rubric[0].point) in visible(told)
        assert question.model_answer.strip()[:40] not in told.text
        assert not any(str(escape(plain(each.answer)[:60])) in told.text for each in question.follow_ups)


def with_other_secrets(question: Question) -> Question:
    if not isinstance(question, Open):
        return question
    rubric = tuple(
        Point(id=f"other-{number}", point="Other.", weak="Other.", good="Other.", strong="Other.")
        for number in range(3)
    )
    return question.model_copy(
        update={
            "rubric": rubric,
            "model_answer": "Something else.",
            "follow_ups": (FollowUp(ask="Other?", missed="other-0", answer="Other."),) * 2,
            "red_flags": (RedFlag(misconception="other", sounds="Other."),),
            "explanation": "Something else.",
            "sources": (),
        }
    )


@pytest.fixture
def two_apps(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, Flask]]:
    """The app over the shipped bank, and over one whose open questions hide other things."""
    topics = tuple(
        Topic(each.id, each.title, each.about, tuple(map(with_other_secrets, each.questions)))
        for each in BANK.topics
    )
    other = Bank(BANK.title, topics, BANK.concepts, BANK.misconceptions)
    apps = []
    for bank in (BANK, other):
        app = create_app(banks=(shipped("questions"),), database=databases.new())
        app.extensions["shelf"]._bank = bank
        apps.append(app)
    monkeypatch.setattr("quizapp.web.interview.new_seed", lambda: SEED)
    yield apps[0], apps[1]
    for app in apps:
        app.extensions["store"].close()


def test_no_byte_before_something_was_said_depends_on_what_is_listened_for(
    two_apps: tuple[Flask, Flask],
) -> None:
    set_id = new_id()
    texts: list[list[str]] = []
    for app in two_apps:
        person = Person(app.test_client())
        person.get("/interview")
        person.post("/interview", {"set": set_id, "level": "senior", "minutes": "45"})
        paths = ["/interview", f"/interview/{set_id}/ending", f"/interview/{set_id}/invite"]
        paths += [f"{here(set_id, place)}{tail}" for place in range(1, 13) for tail in ("", "/state")]
        pages = [person.get(path) for path in paths]
        pages += [say(person, set_id, 1, "x" * 8001), person.post(here(set_id), step(do="pause"))]
        texts.append([VARYING.sub("", settled(page)) for page in pages])
    for number, (real, other) in enumerate(zip(*texts, strict=True)):
        assert real == other, number


def test_the_comparison_would_notice_a_leak(two_apps: tuple[Flask, Flask]) -> None:
    """The control: once something was said, the two pages do differ."""
    set_id = new_id()
    texts = []
    for app in two_apps:
        person = Person(app.test_client())
        person.get("/interview")
        person.post("/interview", {"set": set_id, "level": "senior", "minutes": "45"})
        texts.append(VARYING.sub("", say(person, set_id, 1, "").text))
    assert texts[0] != texts[1]


# -- with a partner


def mark(person: Person, link: str, place: int, form: dict[str, Any]) -> TestResponse:
    return person.post(link, step(do="note", place=str(place)) | form)


def test_a_partner_sees_what_to_listen_for_and_what_was_said(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    say(learner, set_id, place, "<i>my words</i>")
    page = stranger.get(link)
    text = visible(page)
    assert "You are the interviewer" in text
    for point in question.rubric:
        assert plain(point.point) in text
    for each in question.follow_ups:
        assert plain(each.ask) in text
    for flag in question.red_flags:
        assert plain(flag.sounds) in text
    assert "&lt;i&gt;my words&lt;/i&gt;" in page.text
    assert "Set-Cookie" not in page.headers


def test_a_partners_marks_and_notes_arrive(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    say(learner, set_id, place, "words")
    form = levels(question, "strong", question.red_flags[0].misconception, note="well <b>said</b>", noted="")
    rated = mark(stranger, link, place, form)
    assert "Rated: 100%" in rated.text
    told = learner.get(here(set_id, place))
    assert "100% of the points" in told.text
    assert "well &lt;b&gt;said&lt;/b&gt;" in told.text
    assert "<b>Red flag:</b>" in told.text
    assert "well &lt;b&gt;said&lt;/b&gt;" in end(learner, set_id).text


def test_words_typed_while_a_partner_rates_are_kept(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    mark(stranger, link, place, levels(question, "good"))
    kept = say(learner, set_id, place, "typed meanwhile")
    assert kept.status_code == 200
    assert '<div class="words">typed meanwhile</div>' in kept.text
    assert "75% of the points" in kept.text


def test_a_note_can_be_changed_and_an_old_tab_does_not_undo_it(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    mark(stranger, link, place, {"note": "first", "noted": ""})
    mark(stranger, link, place, levels(question, "good", note="", noted=""))
    assert "first" in learner.get(here(set_id, place)).text
    mark(stranger, link, place, {"note": "second", "noted": "first"})
    page = learner.get(here(set_id, place)).text
    assert "second" in page
    assert "first</p>" not in page
    mark(stranger, link, place, {"note": "", "noted": "second"})
    assert "Your partner noted" not in learner.get(here(set_id, place)).text


def test_the_first_of_partner_and_candidate_to_rate_counts(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    say(learner, set_id, place, "words")
    rate(learner, set_id, place, question, "good")
    assert "Rated: 75%" in mark(stranger, link, place, levels(question, "weak")).text
    assert "75% of the points" in learner.get(here(set_id, place)).text


def test_a_partner_sees_a_closed_answer_once_it_is_given_and_can_not_give_it(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    place = next(number for number, each in enumerate(asked(app, set_id), start=1) if not each.rated)
    link = share(learner, set_id)
    address = f"{link}?place={place}"
    assert "A short question" in stranger.get(address).text
    mark(stranger, link, place, {"do": "rate", "answer": "1", "note": "hm", "noted": ""})
    assert "A short question" in stranger.get(address).text
    learner.answer(learner.get(f"/s/{set_id}/{place}"), unsure="1")
    assert "Here is how it works" in stranger.get(address).text


@pytest.mark.parametrize(
    "change",
    [
        {"flag": "no-such-flag"},
        {"note": "x" * 8001},
        {"noted": "x" * 8001},
        {"point": "perfect"},
        {"step": "nothing"},
    ],
    ids=lambda change: str(change)[:30],
)
def test_what_a_partner_sends_that_can_not_be_read_changes_nothing(
    app: Flask, learner: Person, stranger: Person, change: dict[str, str]
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    state = stranger.get(f"{link}/state?place={place}").text
    form = levels(question, "good", note="a note", noted="") | change
    if "point" in change:
        form[f"point-{question.rubric[0].id}"] = form.pop("point")
    assert mark(stranger, link, place, form).status_code == 422
    assert stranger.get(f"{link}/state?place={place}").text == state


@pytest.mark.parametrize("place", ["0", "6", "999"])
def test_a_partner_finds_no_place_outside_the_interview(
    learner: Person, stranger: Person, place: str
) -> None:
    link = share(learner, begin(learner))
    assert stranger.get(f"{link}?place={place}").status_code == 404
    assert mark(stranger, link, int(place), {}).status_code == 404
    assert stranger.get(f"{link}/state?place={place}").status_code == 404


@pytest.mark.parametrize("place", ["", "x", "-1", "１", "1e1", "99999"])
def test_a_place_that_can_not_be_read_is_where_the_candidate_is(
    learner: Person, stranger: Person, place: str
) -> None:
    link = share(learner, begin(learner))
    assert "Question 1 of 5" in stranger.get(f"{link}?place={place}").text


def test_a_partner_can_neither_end_nor_read_what_is_the_candidates(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    link = share(learner, set_id)
    for path in PAGES:
        assert stranger.get(f"/interview/{set_id}{path}").status_code == 404
    for path in ACTS:
        assert stranger.post(f"/interview/{set_id}{path}", step(do="say")).status_code == 404
    for tail in ("/end", "/report", "/share"):
        assert stranger.get(f"{link}{tail}").status_code == 404
        assert stranger.post(f"{link}{tail}").status_code == 404
    mark(stranger, link, 1, {"do": "end"})
    assert "still open" in learner.get(f"/interview/{set_id}/ending").text


def test_a_partner_can_do_nothing_after_the_end(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    end(learner, set_id)
    page = stranger.get(link)
    assert "The interview is over." in page.text
    assert 'name="do"' not in page.text
    for form in (levels(question, "good"), {"note": "a belated note", "noted": ""}):
        assert mark(stranger, link, place, form).status_code == 409
    assert "a belated note" not in learner.get(here(set_id, place)).text
    assert learner.post(f"/interview/{set_id}/share").status_code == 409


def reveals_nothing(page: TestResponse, question: Open) -> bool:
    hidden = [*secrets_of(question), str(escape(plain(question.prompt)[:40])), "interviewer"]
    return page.status_code == 404 and not any(text in page.text for text in hidden)


def test_links_that_do_not_work_are_not_found_and_reveal_nothing(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    old = share(learner, set_id)
    link = share(learner, set_id)
    assert stranger.get(link).status_code == 200
    token = link.rpartition("/")[2]
    wrong = [old, "/with/x", f"/with/{'A' * 32}", f"{link}A", link[:-1], f"/with/{token.swapcase()}"]
    wrong += [f"/with/{set_id}", "/with/%00", "/with/" + "é" * 32, f"/with/{token}%0a", f"/with/ {token}"]
    bodies = set()
    for address in wrong:
        for page in (stranger.get(address), mark(stranger, address, place, levels(question, "good"))):
            assert reveals_nothing(page, question), address
            bodies.add(page.text.replace(page.request.path, ""))
        assert stranger.get(f"{address}/state").status_code == 404
    assert "Show the points" in learner.get(here(set_id, place)).text


def test_a_link_ends_when_it_expires_or_is_taken_back(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    (_, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    with later(timedelta(hours=23, minutes=59)):
        assert stranger.get(link).status_code == 200
    with later(timedelta(hours=24, seconds=1)):
        assert reveals_nothing(stranger.get(link), question)
        assert "Invite a partner</a>" in learner.get(here(set_id)).text
    assert "A link works until" in learner.get(f"/interview/{set_id}/invite").text
    taken = learner.post(f"/interview/{set_id}/share", {"do": "revoke"})
    assert "A link works until" not in taken.text
    assert reveals_nothing(stranger.get(link), question)
    assert stranger.get(f"{link}/state").status_code == 404


def test_a_token_has_192_bits_and_is_kept_as_a_hash_alone(learner: Person, database: str) -> None:
    set_id = begin(learner)
    tokens = {share(learner, set_id).rpartition("/")[2] for _ in range(5)}
    assert len(tokens) == 5
    assert {len(token) * 6 for token in tokens} == {192}
    kept = everything(database)
    assert not any(token in kept for token in tokens)
    assert not any(token in learner.get(f"/interview/{set_id}/invite").text for token in tokens)


def test_the_candidate_knows_who_sees_the_words(learner: Person) -> None:
    set_id = begin(learner)
    assert "Only you can see them." in learner.get(here(set_id)).text
    share(learner, set_id)
    page = learner.get(here(set_id)).text
    assert "Only you can see them." not in page
    assert "A partner can see this interview" in page


# -- what is watched


def test_the_candidates_state_changes_when_a_partner_acts_and_only_then(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), (other, _), *_ = open_places(app, set_id)
    link = share(learner, set_id)

    def state() -> str:
        return learner.get(f"{here(set_id, place)}/state").text

    page = learner.get(here(set_id, place)).text
    assert f'data-state="{state()}"' in page
    seen = [state()]
    stranger.get(link)
    mark(stranger, link, other, {"note": "elsewhere", "noted": ""})
    learner.get(here(set_id, other))
    assert state() == seen[0]
    mark(stranger, link, place, {"note": "None", "noted": ""})
    seen.append(state())
    mark(stranger, link, place, levels(question, "good", note="None", noted="None"))
    seen.append(state())
    assert len(set(seen)) == 3
    mark(stranger, link, place, levels(question, "weak", note="None", noted="None"))
    assert state() == seen[-1]


def test_the_partners_state_changes_when_the_candidate_acts_and_only_then(
    app: Flask, learner: Person, stranger: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)

    def state() -> str:
        return stranger.get(f"{link}/state?place={place}").text

    seen = [state()]
    assert f'data-state="{seen[0]}"' in stranger.get(f"{link}?place={place}").text
    learner.get(here(set_id, place))
    learner.get(f"/interview/{set_id}/ending")
    assert state() == seen[0]
    for act in (
        lambda: say(learner, set_id, place, "None"),
        lambda: rate(learner, set_id, place, question),
        lambda: learner.post(here(set_id, place), step(do="pause")),
        lambda: learner.post(here(set_id, place), step(do="resume")),
        lambda: end(learner, set_id),
    ):
        before = state()
        act()
        assert state() != before
    assert state() == state()


def test_saying_nothing_and_saying_none_are_told_apart(app: Flask, learner: Person, stranger: Person) -> None:
    states = set()
    for words in (None, "", "None"):
        set_id = begin(learner)
        if words is not None:
            say(learner, set_id, 1, words)
        states.add(learner.get(f"{here(set_id)}/state").text)
    assert len(states) == 3


# -- what stays with the learner


def test_an_interview_tells_the_progress_page_of_ideas_and_not_of_mastery(
    app: Flask, learner: Person
) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "words")
    rate(learner, set_id, place, question, "weak", question.red_flags[0].misconception)
    text = visible(learner.get("/progress"))
    assert plain(BANK.misconceptions[question.red_flags[0].misconception].wrong) in text
    assert "to look at again" not in visible(learner.get("/")).lower()
    assert learner.get("/again").status_code == 404
    assert "Interview" in text
    end(learner, set_id)
    for path in ("/progress", "/progress/history", "/review", "/matters", "/", "/topics"):
        assert learner.get(path).status_code == 200, path


def test_what_was_said_is_in_ones_own_data(app: Flask, learner: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    say(learner, set_id, place, "=my words")
    rate(learner, set_id, place, question)
    exported = learner.get("/progress.json").json
    assert exported["answers"][0]["answer"][0] == "=my words"
    assert "'=my words" in learner.get("/progress.csv").text


def test_erasing_everything_erases_a_shared_interview(app: Flask, learner: Person, stranger: Person) -> None:
    set_id = begin(learner)
    (place, question), *_ = open_places(app, set_id)
    link = share(learner, set_id)
    say(learner, set_id, place, "words")
    mark(stranger, link, place, levels(question, "good", note="noted", noted=""))
    assert learner.post("/erase", {"sure": "1"}).status_code == 200
    assert reveals_nothing(stranger.get(link), question)
    assert mark(stranger, link, place, {"note": "late", "noted": ""}).status_code == 404
    assert learner.get(f"/interview/{set_id}/report").status_code == 404
    with app.extensions["store"].database.reading() as db:
        for table in (tables.step, tables.attempt, tables.slot, tables.share, tables.learner):
            assert db.execute(sa.select(table)).all() == [], table.name
