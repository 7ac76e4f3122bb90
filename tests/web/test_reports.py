"""Reporting a problem: three clicks from any question, and it reaches the right trainer with its evidence."""

import json
import re
from dataclasses import replace

from flask import Flask
from werkzeug.test import TestResponse

from quizapp.store import Reports
from quizapp.web.guests import new_id
from quizapp.web.reports import REASONS
from tests.classroom import QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, settled
from tests.sat import bank_of, begun, ended, mended, said, sat
from tests.web.test_access import NOBODY
from tests.web.test_interview import begin as begin_interview

HOSTILE = '<script>alert("x")</script> & "\u202ertl"'


def reports_of(app: Flask) -> Reports:
    reports: Reports = app.extensions["reports"]
    return reports


def received(app: Flask, trainer: str = "x", *, everything: bool = True) -> list[object]:
    return [each.report for each in reports_of(app).received(trainer, everything=everything, most=99)]


def sent(person: Person, path: str, **form: str) -> TestResponse:
    """What comes of reporting on a page that was opened before."""
    person.get(path)
    return person.post(path, form)


def link_in(text: str) -> str:
    found = re.search(r'href="([^"]+/report|/report/[^"]+)"', text)
    assert found
    return found[1]


def test_from_the_feedback_it_takes_three_clicks_and_leads_back(app: Flask, learner: Person) -> None:
    address = learner.start()
    told = learner.get(f"{address}/1")
    assert "data-report>Report a problem" in told.text
    form = learner.get(link_in(told.text))
    assert form.status_code == 200
    assert [words in form.text for words in REASONS.values()] == [True] * 5
    thanks = learner.post(learner.at, {"reason": "key"})
    assert "Thank you" in thanks.text
    assert REASONS["key"] in thanks.text
    assert f'href="{address}/1"' in thanks.text
    found = reports_of(app).received("x", everything=True, most=9)[0].report
    set_id = address.rpartition("/")[2]
    assert (found.attempt, found.place, found.reason, found.assignment) == (set_id, 1, "key", None)
    for page in (form, thanks):
        assert found.question not in page.text, "its id would tell the lesson before the answer"
    export = json.loads(learner.get("/progress.json").text)
    assert [(each["question"], each["reason"]) for each in export["reports"]] == [(found.question, "key")]


def test_a_question_can_be_reported_before_it_is_answered(learner: Person, stranger: Person) -> None:
    address = learner.start()
    assert link_in(learner.get(f"{address}/2").text) == f"{address}/2/report"
    path = f"/q/{QUESTIONS[0]}"
    page = stranger.get(path)
    assert link_in(page.text) == f"/report/{QUESTIONS[0]}"
    thanks = stranger.post(link_in(page.text), {"reason": "unclear", "text": "What is meant?"})
    assert "What is meant?" in thanks.text
    assert f'href="{path}"' in thanks.text
    assert "Report sent" not in stranger.get("/report/coroutines/what-a-call-returns?sent=1").text


def test_an_open_question_of_an_interview_can_be_reported(app: Flask, learner: Person) -> None:
    set_id = begin_interview(learner)
    page = learner.get(f"/interview/{set_id}/1")
    assert link_in(page.text) == f"/s/{set_id}/1/report"
    learner.post(link_in(page.text), {"reason": "unclear"})
    found = reports_of(app).received("x", everything=True, most=9)[0].report
    assert (found.attempt, found.place) == (set_id, 1)
    reports_of(app).reply(found.id, "x", "Now it is clear.", everything=True)
    learner.post(f"/interview/{set_id}/1", {"do": "say", "words": "x", "step": new_id()})
    assert "Now it is clear." in learner.get(f"/s/{set_id}/1/report").text


def test_a_named_place_is_kept_only_where_it_is_the_askers_own(
    app: Flask, learner: Person, stranger: Person
) -> None:
    address = learner.start(f"/q/{QUESTIONS[0]}")
    set_id = address.rpartition("/")[2]
    query = f"?set={set_id}&place=1"
    assert "Thank you" in sent(learner, f"/report/{QUESTIONS[0]}{query}", reason="key").text
    assert "Thank you" in sent(stranger, f"/report/{QUESTIONS[0]}{query}", reason="key").text
    wrong = f"/report/{QUESTIONS[1]}{query}"
    assert "Thank you" in sent(learner, wrong, reason="key").text
    for odd in ("?set=x&place=1", f"?set={set_id}&place=9", f"?set={set_id}&place=" + "9" * 30, "?place=1"):
        assert learner.get(f"/report/{QUESTIONS[2]}{odd}").status_code == 200
    found = reports_of(app).received("x", everything=True, most=9)
    kept = {(each.report.question, each.report.attempt, each.report.place) for each in found}
    assert kept == {(QUESTIONS[0], set_id, 1), (QUESTIONS[0], None, 0), (QUESTIONS[1], None, 0)}
    assert learner.get("/report/no/such-question").status_code == 404
    assert sent(learner, "/report/no/such-question", reason="key").status_code == 404


def test_bad_input_is_told_in_words_and_loses_nothing(app: Flask, learner: Person) -> None:
    path = f"/report/{QUESTIONS[0]}"
    page = sent(learner, path, text=HOSTILE)
    assert page.status_code == 422
    assert "Choose what is wrong." in page.text
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert" in page.text
    assert 'href="#reason-key"' in page.text
    assert sent(learner, path, reason="nonsense").status_code == 422
    long = sent(learner, path, reason="key", text="x" * 2001)
    assert long.status_code == 422
    assert "At most 2,000 characters" in long.text
    assert "x" * 2001 in long.text
    assert re.search(r'value="key" id="reason-key" checked', long.text)
    assert received(app) == []
    assert "Thank you" in sent(learner, path, reason="key", text="x" * 2000).text


def test_a_second_report_is_added_to_the_first_and_the_page_says_so(app: Flask, learner: Person) -> None:
    path = f"/report/{QUESTIONS[0]}"
    sent(learner, path, reason="key", text="One.")
    assert "You reported this question before" in learner.get(path).text
    page = sent(learner, path, reason="unclear", text="Two.")
    assert "One.\n\nTwo." in page.text
    assert len(received(app)) == 1


def test_after_twenty_in_a_day_it_says_when_to_go_on_and_keeps_the_words(app: Flask, learner: Person) -> None:
    ids = [each.id for each in bank_of(app)][:21]
    for question_id in ids[:20]:
        assert sent(learner, f"/report/{question_id}", reason="other").status_code == 200
    page = sent(learner, f"/report/{ids[20]}", reason="other", text="The last straw.")
    assert page.status_code == 429
    assert "Nothing was sent" in page.text
    assert "The last straw." in page.text
    assert len(received(app)) == 20


def test_a_question_that_lies_ahead_on_a_one_way_road_can_not_be_looked_at(app: Flask) -> None:
    _, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    person, member = joined(app, group, "Ann")
    attempt = begun(app, give(app, group, "exam", order="one-way"), member)
    attempt = said(app, attempt, 1, None)
    statuses = [person.get(f"/s/{attempt.id}/{place}/report").status_code for place in (1, 2, 3, 4)]
    assert statuses == [200, 200, 404, 404]
    ended(app, attempt)
    assert person.get(f"/s/{attempt.id}/3/report").status_code == 200


# -- the trainer's list


def test_a_report_reaches_the_trainer_with_attempt_revision_and_evidence(app: Flask) -> None:
    trainer, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    assignment = give(app, group, "practice")
    person, member = joined(app, group, HOSTILE)
    attempt = sat(app, assignment, member, {1: ("a",), 2: None, 3: None})
    empty = trainer.get("/t/reports")
    assert "Nobody has reported a problem" in empty.text
    assert "open report" not in empty.text
    person.post(f"/s/{attempt.id}/1/report", {"reason": "key", "text": HOSTILE})
    page = trainer.get("/t/reports")
    assert re.search(r">Questions \(1<span class=\"vh\"> open report</span>\)</a>", page.text)
    assert page.text.count("&lt;script&gt;alert") >= 2
    assert "<script>alert" not in page.text
    question = bank_of(app)[QUESTIONS[0]]
    assert question.revision[:8] in page.text
    assert f'href="/t/assignments/{assignment.id}/learner/{member.id}"' in page.text
    assert f'href="/t/assignments/{assignment.id}/regrade?question={QUESTIONS[0]}"' in page.text
    assert "still has this wording" in page.text
    assert re.search(r"proven by running it on CPython 3\.\d+ – 3\.\d+", page.text)
    assert f'href="/t/questions/{QUESTIONS[0]}#timeline"' in page.text
    assert member.learner not in page.text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page.text)
    shelf = app.extensions["shelf"]
    shelf._bank = mended(shelf._bank, QUESTIONS[0], prompt="What happens now?")
    changed = trainer.get("/t/reports").text
    assert "has another wording now" in changed
    assert "no run was recorded for this wording" in changed
    shelf._bank = replace(shelf._bank, topics=shelf._bank.topics[1:])
    if QUESTIONS[0] not in shelf._bank:
        assert "no longer has this question" in trainer.get("/t/reports").text


def test_a_reply_is_read_where_the_problem_was_reported(app: Flask) -> None:
    trainer, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    person, member = joined(app, group, "Ann")
    attempt = sat(app, give(app, group, "practice"), member, {1: ("a",), 2: None, 3: None})
    person.post(f"/s/{attempt.id}/1/report", {"reason": "key", "text": "Why?"})
    report = reports_of(app).received(owner, most=9)[0].report
    path = f"/t/reports/{report.id}"
    bad = trainer.post(path, {"do": "reply", "reply": "  "})
    assert bad.status_code == 422
    assert "Write an answer" in bad.text
    too_long = trainer.post(path, {"do": "reply", "reply": "y" * 2001})
    assert too_long.status_code == 422
    assert "y" * 2001 in too_long.text
    assert "Your report was answered" not in person.get(f"/s/{attempt.id}/1").text
    page = trainer.client.post(path, data={"do": "reply", "reply": "It is <b>so</b>."})
    assert page.status_code == 303
    told = person.get(f"/s/{attempt.id}/1").text
    assert re.search(r"Your report was answered:</b> It is &lt;b&gt;so&lt;/b&gt;\.", told)
    assert "Your report was answered" not in person.get(f"/s/{attempt.id}/2").text
    assert "It is &lt;b&gt;so" in person.get(f"/s/{attempt.id}/1/report").text
    trainer.post(path, {"do": "close"})
    assert not reports_of(app).open_counts(owner)
    page = trainer.get("/t/reports")
    assert "Open again" in page.text
    assert "open report" not in page.text
    trainer.post(path, {"do": "open"})
    assert reports_of(app).open_counts(owner) == {QUESTIONS[0]: 1}
    assert trainer.post(path, {"do": "nonsense"}).status_code == 400


def test_reports_are_for_the_trainer_who_assigned_it_and_for_admins(
    app: Flask, learner: Person, stranger: Person
) -> None:
    trainer, owner = somebody(app, "Mona", "trainer")
    group = new_group(app, owner)
    person, member = joined(app, group, "Ann Secret")
    attempt = sat(app, give(app, group, "practice", zone="Asia/Tokyo"), member, {1: None})
    person.post(f"/s/{attempt.id}/1/report", {"reason": "key", "text": "Secret words"})
    assert "(Asia/Tokyo)" in trainer.get("/t/reports").text
    sent(learner, f"/report/{QUESTIONS[1]}", reason="other", text="From nobody's group")
    assert "From nobody" not in trainer.get("/t/reports").text
    admin, _ = somebody(app, "Ada", "admin")
    other, _ = somebody(app, "Tom", "trainer")
    seen = admin.get("/t/reports").text
    assert "From nobody" in seen
    assert "Secret words" in seen
    assert "Ann Secret" not in seen
    assert "A learner" in seen
    assert f"/learner/{member.id}" not in seen
    assert "Secret words" not in other.get("/t/reports").text
    report = reports_of(app).received(owner, most=9)[0].report
    path = f"/t/reports/{report.id}"
    for asker in (stranger, learner, person, other):
        for do in ("reply", "close", "open", "nonsense"):
            theirs = asker.post(path, {"do": do, "reply": "Hacked"})
            nobodys = asker.post(path.replace(report.id, NOBODY), {"do": do, "reply": ""})
            assert theirs.status_code == nobodys.status_code == 404
            assert settled(theirs).replace(report.id, NOBODY) == settled(nobodys)
    for asker in (stranger, learner, person):
        for page in ("/t/reports", "/t/questions", f"/t/questions/{QUESTIONS[0]}"):
            assert asker.get(page).status_code == 404
    kept = reports_of(app).received(owner, most=9)[0].report
    assert (kept.reply, kept.closed) == ("", None)
    assert admin.client.post(path, data={"do": "close"}).status_code == 303
    assert reports_of(app).received(owner, most=9)[0].report.closed is not None


def test_the_report_of_a_place_is_for_whose_set_it_is(app: Flask, learner: Person, stranger: Person) -> None:
    address = learner.start()
    stranger.start()
    for method in ("GET", "POST"):
        page = stranger.client.open(f"{address}/1/report", method=method, data={"reason": "key"})
        assert page.status_code == 404
    assert learner.get(f"{address}/99/report").status_code == 404
    assert received(app) == []


def test_many_reports_come_in_pages_and_an_answer_leads_back_to_its_page(app: Flask) -> None:
    admin, _ = somebody(app, "Ada", "admin")
    for number in range(3):
        person = Person(app.test_client())
        for each in list(bank_of(app))[20 * number : 20 * number + 20]:
            sent(person, f"/report/{each.id}", reason="other")
    first, second = admin.get("/t/reports"), admin.get("/t/reports?page=2")
    assert [page.text.count(' id="r-') for page in (first, second)] == [50, 10]
    assert 'href="/t/reports?page=2"' in first.text
    action = re.search(r'action="(/t/reports/[^"]+)"', second.text)
    assert action
    closed = admin.client.post(action[1], data={"do": "close"})
    assert closed.status_code == 303
    assert closed.location.startswith("/t/reports?page=2#r-")
    assert admin.get("/t/reports?page=x").status_code == 404
    assert admin.get("/t/reports?page=0").status_code == 404
