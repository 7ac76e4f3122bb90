"""A trainer sees at once what to talk about, and why a question is hard is one click away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import escape

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp import learn
from quizapp.learn import Paper, Part
from quizapp.store import Assignment, Groups, Member, Results, Store
from quizapp.store import tables as t
from quizapp.web.access import POLICY
from quizapp.web.guests import new_id
from quizapp.web.trainer.board import STATES, percent
from tests.classroom import QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, settled
from tests.crowd import Crowd, crowd
from tests.taking import BANK, OPEN, begin, current, reply, right, take, tries_by_hand, wrong

NOBODY = "01a1f9af-0000-7142-b2b7-f6a3d7e7fb66"
HOSTILE = "<script>alert('x')</script>\u202e & \"Ann\""
OPEN_PAPER = Paper("In words", (Part(question=QUESTIONS[0]), Part(question=OPEN[0].id, weight=2.0)))
CELL = re.compile(
    r'<td class="c (\w+)[^"]*"><span aria-hidden="true">([^<]*)</span><span class="vh">([^<]*)<'
)


class Mona:
    """A trainer with a group."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.person, self.id = somebody(app, "Mona", "trainer")
        self.group = new_group(app, self.id)

    def at(self, assignment: Assignment, tail: str = "") -> str:
        """An address below an assignment."""
        return f"/t/assignments/{assignment.id}{tail}"

    def see(self, assignment: Assignment, tail: str = "") -> str:
        """A page of an assignment."""
        page = self.person.get(self.at(assignment, tail))
        assert page.status_code == 200, page.text
        return page.text

    def member(self, name: str = "Ann") -> tuple[Person, Member]:
        return joined(self.app, self.group, name)


@pytest.fixture
def mona(app: Flask) -> Mona:
    return Mona(app)


def class_of(app: Flask, mona: Mona, **more: int) -> Crowd:
    numbers = {"learners": 12, "questions": 10, "running": 2} | more
    return crowd(app.extensions["store"], BANK, owner=mona.id, **numbers)


def item_of(page: str) -> str:
    return page.partition('<aside class="card it"')[2].partition("</aside>")[0]


def tile(page: str, name: str) -> str:
    found = re.search(rf'<div class="tile"><b>((?:(?!</b>).)*)</b>\s*<span>{name}', page, re.S)
    assert found, name
    return re.sub(r"<[^>]*>|\s+", " ", found[1]).strip()


# -- the summary and the matrix


def test_before_anybody_begins_there_is_the_link_to_share(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    assert "The group is empty" in mona.see(given)
    mona.member()
    page = mona.see(given)
    assert "0 of 1 have begun" in page
    assert f"http://localhost/a/{given.code}" in page
    assert f"{given.code[:5]}-{given.code[5:]}" in page
    assert "Copy link" in page
    assert "<table" not in page
    assert f'href="{mona.at(given, "/rules")}"' in page
    assert f'href="{mona.at(given, "/overrides")}"' in page


def test_the_summary_says_how_far_the_group_is_and_what_to_talk_about(app: Flask, mona: Mona) -> None:
    made = class_of(app, mona)
    page = mona.see(made.assignment)
    assert tile(page, "finished") == "10 of 12"
    shares = sorted(
        current(app, made.assignment, each).score
        for each in made.attempts
        if current(app, made.assignment, each).finished
    )
    assert tile(page, "median score") == f"{percent((shares[4] + shares[5]) / 2)}%"
    tries = {each: tries_by_hand(app, made.assignment, each) for each in questions_of(made)}
    figures = {
        each: (len(found), sum(one.score for one in found) / len(found)) for each, found in tries.items()
    }
    talk = learn.talk_about(figures)
    assert len(talk) == 2
    assert tile(page, "talk about these").replace(" ", "") == ",".join(
        f"Q{questions_of(made).index(each) + 1}" for each in talk
    )


def questions_of(made: Crowd) -> list[str]:
    return [part.question for part in made.assignment.paper.parts]


def figures_by_hand(app: Flask, made: Crowd) -> dict[str, tuple[int, float]]:
    """How many first tries each question has, and their mean score."""
    tries = {each: tries_by_hand(app, made.assignment, each) for each in questions_of(made)}
    return {each: (len(found), sum(one.score for one in found) / len(found)) for each, found in tries.items()}


def test_the_matrix_stands_hardest_first_and_says_how_many_are_right(app: Flask, mona: Mona) -> None:
    made = class_of(app, mona)
    page = mona.see(made.assignment)
    tries = {each: tries_by_hand(app, made.assignment, each) for each in questions_of(made)}
    figures = {
        each: (len(found), sum(one.score for one in found) / len(found)) for each, found in tries.items()
    }
    order = learn.hardest(figures)
    heads = re.findall(r'id="h(\d+)"', page)
    assert heads == [str(questions_of(made).index(each) + 1) for each in order]
    foot = re.findall(r"</svg>(\d+)<span class=\"vh\"> percent right", page)
    assert foot == [str(percent(figures[each][1])) for each in order]
    assert page.count('class="live">answering') == 2


def test_every_figure_of_a_question_is_that_of_an_analysis_of_the_same_answers(
    app: Flask, mona: Mona
) -> None:
    made = class_of(app, mona, learners=24)
    for number, question_id in enumerate(questions_of(made), start=1):
        item = learn.analyse(BANK[question_id], tries_by_hand(app, made.assignment, question_id))
        panel = item_of(mona.see(made.assignment, f"?q={number}"))
        assert f"<span>Q{number}</span>" in panel
        assert item.facility is not None
        assert item.low is not None
        assert item.high is not None
        assert f"<dd>{percent(item.facility)}% <span>range {percent(item.low)}–{percent(item.high)}<" in panel
        if item.discrimination is not None:
            assert f"{item.discrimination:.2f}".replace("-", "−") in panel
        assert f"<dd>{item.answers} <span>first tries only" in panel
        shown = [each for each in item.options if each.is_key or each.share or len(item.options) <= 8]
        shares = re.findall(r'</th><td class="num">(\d+)%</td><td class="num">(\d+)%<svg', panel)
        assert shares == [(str(percent(each.share)), str(percent(each.top or 0))) for each in shown]
        for flag in item.flags:
            assert flag.kind == "one-idea" or f"{flag.text}." in panel


def test_below_five_answers_nothing_is_said_of_a_question(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    for name in ("Ann", "Ben", "Cy", "Di"):
        take(app, given, mona.member(name)[1], [wrong(each) for each in QUESTIONS])
    page = mona.see(given, "?q=1")
    assert "4 answers so far. Figures come with five answers." in item_of(page)
    assert "percent right" not in page
    assert "after five answers" in page
    assert "Top third" not in page
    take(app, given, mona.member("Eve")[1], [wrong(each) for each in QUESTIONS])
    page = mona.see(given, "?q=1")
    assert "0 percent right" in re.sub(r"<[^>]*>", "", page)
    assert "range 0–" in item_of(page)


def test_a_cell_has_a_glyph_and_a_word(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member()
    attempt = begin(app, given, ann)
    reply(app, attempt, 1, right(QUESTIONS[0]))
    reply(app, attempt, 2, wrong(QUESTIONS[1]), sure=False)
    cells = {(css, glyph, words) for css, glyph, words in CELL.findall(mona.see(given))}
    assert cells == {STATES["right"], STATES["unsure"], STATES["empty"]}
    reply(app, attempt, 3, wrong(QUESTIONS[2]))
    cells = {(css, glyph, words) for css, glyph, words in CELL.findall(mona.see(given))}
    assert cells == {STATES["right"], STATES["unsure"], STATES["wrong"]}


def test_an_exam_that_runs_shows_answers_without_marks(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, "test")
    _, ann = mona.member()
    attempt = begin(app, given, ann)
    reply(app, attempt, 1, right(QUESTIONS[0]))
    words = [each[2] for each in CELL.findall(mona.see(given))]
    assert sorted(words) == ["no mark yet", "not reached", "not reached"]
    assert "answering" in mona.see(given)


def test_a_draw_gives_columns_of_all_that_anybody_was_asked(app: Flask, mona: Mona) -> None:
    paper = Paper("Drawn", (Part(question=QUESTIONS[0]), Part(topic="tasks", count=2)))
    given = give(app, mona.group, paper=paper)
    asked: dict[str, None] = {QUESTIONS[0]: None}
    for name in ("Ann", "Ben", "Cy"):
        attempt = begin(app, given, mona.member(name)[1])
        asked.update(dict.fromkeys(slot.question for slot in attempt.slots))
    page = mona.see(given)
    assert set(re.findall(r'id="h(\d+)"', page)) == {str(number) for number in range(1, len(asked) + 1)}
    assert page.count(">not asked<") == 3 * len(asked) - 9
    assert BANK[QUESTIONS[0]].prompt.partition("`")[0].strip()[:20] in item_of(mona.see(given, "?q=1"))


def test_the_best_attempt_is_shown_and_the_first_one_is_analysed(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    for name in ("Ann", "Ben", "Cy", "Di", "Eve"):
        _, member = mona.member(name)
        take(app, given, member, [wrong(each) for each in QUESTIONS])
        take(app, given, member, [right(each) for each in QUESTIONS])
    page = mona.see(given, "?q=1")
    assert {each[2] for each in CELL.findall(page)} == {"right"}
    assert "<dd>0% <span>range" in item_of(page)
    assert tile(page, "median score") == "100%"
    assert "each learner’s best attempt" in page


def test_lines_are_sorted_and_pages_are_bounded(app: Flask, mona: Mona) -> None:
    made = class_of(app, mona, learners=60, questions=100, running=0)
    first, second, third = (mona.see(made.assignment, f"?page={page}") for page in (1, 2, 3))
    names = [re.findall(r"Learner No\. (\d+)", page) for page in (first, second, third)]
    assert [len(each) for each in names] == [25, 25, 10]
    assert len(CELL.findall(first)) == 2500
    assert [*names[0], *names[1], *names[2]] == [f"{number:04}" for number in range(60)]
    scores = [int(each) for each in re.findall(r'num sc">(\d+)%', mona.see(made.assignment, "?order=score"))]
    assert scores == sorted(scores, reverse=True)
    latest = re.findall(r"Learner No\. (\d+)", mona.see(made.assignment, "?order=active"))
    assert latest[0] > latest[-1]
    for odd in ("?page=0", "?page=99999999", "?page=-1", "?page=x", "?order=x", "?q=0", "?q=9999", "?q=x"):
        assert "<table" in mona.see(made.assignment, odd)


def test_the_state_changes_when_somebody_answers(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member()
    attempt = begin(app, given, ann)
    page = mona.see(given)
    version = re.search(r'data-version="(\w+)"', page)
    assert version
    state = mona.person.get(mona.at(given, "/state"))
    assert state.json == {"version": version[1]}
    reply(app, attempt, 1, right(QUESTIONS[0]))
    assert mona.person.get(mona.at(given, "/state")).json != state.json


def test_a_closed_assignment_is_not_looked_at_again(app: Flask, mona: Mona) -> None:
    now = datetime.now(UTC)
    given = give(app, mona.group, opens=now - timedelta(days=2), closes=now + timedelta(days=1))
    take(app, given, mona.member()[1], [right(each) for each in QUESTIONS])
    assert "data-state" in mona.see(given)
    closed = give(app, mona.group, opens=now - timedelta(days=2), closes=now - timedelta(days=1))
    mona.app.extensions["store"].database.write(
        lambda db: db.execute(sa.update(t.attempt).values(assignment=closed.id))
    )
    page = mona.see(closed)
    assert "closed" in page
    assert "data-state" not in page


def test_an_attempt_whose_time_is_up_ends_when_the_trainer_looks(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, "test", minutes=10)
    _, ann = mona.member()
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    attempt = begin(app, given, ann, now=long_ago)
    reply(app, attempt, 1, right(QUESTIONS[0]), now=long_ago + timedelta(minutes=1))
    page = mona.see(given)
    assert tile(page, "finished") == "1 of 1"
    ended = current(app, given, attempt.id)
    assert ended.finished == long_ago + timedelta(minutes=10)
    assert ended.points == 1
    assert 'num sc">33%' in page


def test_the_newest_results_are_one_click_away(app: Flask, mona: Mona) -> None:
    assert "No results yet" in mona.person.get("/t/results").text
    older = give(app, mona.group)
    take(app, older, mona.member()[1], [right(each) for each in QUESTIONS])
    give(app, mona.group)
    page = mona.person.get("/t/results")
    assert page.request.path == mona.at(older)


# -- names


def pages_of(mona: Mona, given: Assignment) -> Iterator[str]:
    """Every page of an assignment's results that could name somebody."""
    results: Results = mona.app.extensions["results"]
    for line in results.board(given).lines:
        yield mona.see(given, f"/learner/{line.member.id}")
    yield mona.see(given)
    yield mona.see(given, "?order=score")
    yield mona.see(given, f"/marking?question={OPEN[0].id}")
    for show in ("", "?show=answers", "?show=key"):
        yield mona.see(given, f"/review/1{show}")
    yield mona.see(given, "/state")


def test_a_hostile_name_is_shown_as_it_is_typed(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    _, ann = mona.member(HOSTILE)
    take(app, given, ann, [right(QUESTIONS[0]), (HOSTILE,)])
    shown = 0
    for page in pages_of(mona, given):
        assert "<script>alert" not in page
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
        shown += escape(HOSTILE).replace("&quot;", "&#34;").replace("&#x27;", "&#39;") in page
    assert shown >= 4


def test_hidden_names_are_nowhere_and_lines_keep_their_numbers(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    names = ("Zoe Quist", "Abel Quist", "Mia Quist")
    for name in names:
        _, member = joined(app, mona.group, name, labels=("Quist family",))
        take(app, given, member, [right(QUESTIONS[0]), ("words",)])
    assert sum("Quist" in page for page in pages_of(mona, given)) >= 6
    back = mona.person.post(mona.at(given, "/names"), {"hide": "1", "back": mona.at(given, "?order=score")})
    assert back.request.path == mona.at(given)
    for page in pages_of(mona, given):
        assert "Quist" not in page
        assert 'name="hide"' not in page
    rows = re.findall(r">(Learner \d+)</a>", mona.see(given))
    assert rows == ["Learner 1", "Learner 2", "Learner 3"]
    mona.person.post(mona.at(given, "/names"), {"show": "1", "back": "//evil.example"})
    assert re.findall(r'id="m[^"]*">([^<]*)</a>', mona.see(given)) == sorted(names)


# -- who may see it


def routes(app: Flask, given: Assignment, member: Member) -> list[tuple[str, str]]:
    """Each method and path of the routes of this part, filled in for one assignment."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.partition(".")[0] in ("results", "marking", "review"):
            path = rule.rule.replace("<uuid:assignment_id>", given.id)
            path = path.replace("<uuid:member_id>", member.id).replace("<int:number>", "1")
            path += f"?question={OPEN[0].id}" if path.endswith("/marking") else ""
            found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_nobody_else_sees_or_changes_results(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    ann, member = mona.member()
    attempt = take(app, given, member, [right(QUESTIONS[0]), ("words",)])
    learner, _ = somebody(app, "Lea")
    other, other_id = somebody(app, "Otto", "trainer")
    give(app, new_group(app, other_id, "Others"))
    paths = routes(app, given, member)
    assert len(paths) >= 10
    store: Store = app.extensions["store"]

    def kept() -> list[object]:
        with store.database.reading() as db:
            return list(map(tuple, db.exec_driver_sql("SELECT * FROM step ORDER BY id").all()))

    before = kept()
    form = {"attempt": attempt.id, "at": attempt.id, "place": "2", "question": OPEN[0].id, "step": new_id()}
    for method, path in paths:
        if path == "/t/results":
            continue
        for person in (Person(app.test_client()), ann, learner, other):
            theirs = person.client.open(path, method=method, data=form)
            nobodys = person.client.open(path.replace(given.id, NOBODY), method=method, data=form)
            assert theirs.status_code == nobodys.status_code == 404, (method, path)
            assert settled(theirs).replace(given.id, NOBODY) == settled(nobodys)
        assert mona.person.client.open(path, method="GET").status_code in (200, 303, 405), path
    assert other.get("/t/results").text.count(given.title) == 0
    assert kept() == before


def test_a_learner_of_another_assignment_is_not_found_here(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member()
    attempt = take(app, given, ann, [right(each) for each in QUESTIONS])
    other = give(app, new_group(app, mona.id, "Others"))
    for tail in (
        f"/learner/{ann.id}",
        f"/learner/{NOBODY}",
        f"/marking?question={QUESTIONS[0]}",
        "/review/1",
    ):
        assert mona.person.get(mona.at(other, tail)).status_code == 404, tail
    assert mona.person.get(mona.at(given, f"/learner/{ann.id}?attempt=2")).status_code == 404
    form = {"attempt": attempt.id, "place": "1", "late": "x", "step": new_id()}
    assert mona.person.post(mona.at(other, "/count"), form).status_code == 404
    assert mona.person.post(mona.at(given, "/count"), form).status_code == 404
    assert all(POLICY[f"{each}.page"].name == "TRAINER" for each in ("results", "marking", "review"))


# -- one learner


def test_one_learner_is_shown_question_by_question(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member("Ann")
    _, ben = mona.member("Ben")
    take(app, given, ann, [right(QUESTIONS[0]), wrong(QUESTIONS[1]), right(QUESTIONS[2])])
    page = mona.see(given, f"/learner/{ann.id}")
    assert tile(page, "result") == "67%"
    assert tile(page, "points") == "2 of 3"
    assert page.count('<section class="card entry-of"') == 3
    tags = re.findall(r'class="tag">([^<]*)<', page)
    assert tags[0] == tags[-1] == "Answered, correct"
    assert "Your answer" not in page
    assert f'/learner/{ben.id}" rel="next"' in page
    assert 'rel="prev"' not in page
    other = mona.see(given, f"/learner/{ben.id}")
    assert "Ben has not begun yet." in other
    assert f'/learner/{ann.id}" rel="prev"' in other


def test_each_attempt_can_be_looked_at(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member()
    take(app, given, ann, [wrong(each) for each in QUESTIONS])
    take(app, given, ann, [right(each) for each in QUESTIONS])
    best = mona.see(given, f"/learner/{ann.id}")
    assert tile(best, "points in attempt 2") == "3 of 3"
    first = mona.see(given, f"/learner/{ann.id}?attempt=1")
    assert tile(first, "points in attempt 1") == "0 of 3"
    assert tile(first, "result") == "100%"


def test_a_late_answer_can_be_counted(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, "test", minutes=10, zone="Asia/Tokyo")
    _, ann = mona.member()
    began = datetime.now(UTC) - timedelta(hours=1)
    attempt = begin(app, given, ann, now=began)
    reply(app, attempt, 1, wrong(QUESTIONS[0]), now=began + timedelta(minutes=1))
    for place in (1, 2):
        asked = QUESTIONS[place - 1]
        reply(app, current(app, given, attempt.id), place, right(asked), now=began + timedelta(minutes=11))
    page = mona.see(given, f"/learner/{ann.id}")
    assert page.count("An answer came late,") == 2
    assert len(re.findall(r"came late,</b> \w+ \d\d:\d\d:\d\d \(Asia/Tokyo\)", page)) == 2
    assert page.count("It does not count.") == 2
    assert "late" in {each[2] for each in CELL.findall(mona.see(given))}
    late = current(app, given, attempt.id).slots[1].late[0]
    form = {"attempt": attempt.id, "place": "2", "late": late.id, "step": new_id()}
    for _ in range(2):
        page = mona.person.post(mona.at(given, "/count"), form).text
        assert page.count("It counts.") == 1
    counted = current(app, given, attempt.id)
    assert counted.points == 1
    assert counted.slots[1].marked is not None
    assert counted.slots[1].marked.actor == mona.id
    assert 'num sc">33%' in mona.see(given)
    words = sorted(each[2] for each in CELL.findall(mona.see(given)))
    assert words == ["not reached", "right", "wrong"]


# -- marking by hand


def marked(mona: Mona, given: Assignment, attempt_id: str, level: str, **more: str) -> str:
    form = {f"point-{point.id}": level for point in OPEN[0].rubric}  # type: ignore[attr-defined]
    form |= {"step": new_id(), "question": OPEN[0].id, "at": attempt_id, "comment": ""} | more
    page = mona.person.post(mona.at(given, "/marking"), form)
    assert page.status_code in (200, 422), page.text
    return page.text


def test_open_answers_wait_until_each_is_marked(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, "test", paper=OPEN_PAPER)
    people = [mona.member(name)[1] for name in ("Ann", "Ben", "Cy")]
    attempts = [take(app, given, each, [right(QUESTIONS[0]), (f"I am {each.name}",)]) for each in people]
    page = mona.see(given)
    assert "Q2: 3 answers" in page
    assert sorted(each[2] for each in CELL.findall(page)) == ["no mark yet"] * 3 + ["right"] * 3
    assert 'num sc">33%' in page
    seen = set()
    for done in range(3):
        page = mona.see(given, f"/marking?question={OPEN[0].id}")
        assert f"{done} of 3 answers marked" in page
        at = re.search(r'name="at" value="([^"]+)"', page)
        assert at
        seen.add(at[1])
        page = marked(mona, given, at[1], "strong", comment="Well said.")
    assert seen == {each.id for each in attempts}
    assert "3 of 3 answers marked" in page
    page = mona.see(given)
    assert "wait for your marks" not in page
    assert 'num sc">100%' in page
    slot = current(app, given, attempts[0].id).slots[1]
    assert slot.score == 1.0
    assert slot.note == "Well said."
    assert slot.marked is not None
    assert slot.marked.answer[0] == "I am Ann"
    assert slot.marked.actor == mona.id
    assert "Well said." in mona.see(given, f"/learner/{people[0].id}")


def test_a_mark_can_be_changed_later_and_every_one_is_kept(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    _, ann = mona.member()
    attempt = take(app, given, ann, [right(QUESTIONS[0]), ("words",)])
    marked(mona, given, attempt.id, "strong")
    page = marked(mona, given, attempt.id, "weak")
    assert page.count('value="weak" checked') == len(OPEN[0].rubric)  # type: ignore[attr-defined]
    assert current(app, given, attempt.id).slots[1].score == 0.25
    step = new_id()
    for _ in range(2):
        marked(mona, given, attempt.id, "good", step=step)
    store: Store = app.extensions["store"]
    with store.database.reading() as db:
        count = db.exec_driver_sql("SELECT count(*) FROM step WHERE kind = 'mark'").scalar_one()
    assert count == 3


def test_a_comment_that_is_too_long_loses_nothing(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    attempt = take(app, given, mona.member()[1], [right(QUESTIONS[0]), ("words",)])
    page = marked(mona, given, attempt.id, "good", comment="far too long " * 200)
    assert "The comment is too long" in page
    assert "far too long far too long" in page
    assert page.count('value="good" checked') == len(OPEN[0].rubric)  # type: ignore[attr-defined]
    assert current(app, given, attempt.id).slots[1].score is None
    odd = marked(mona, given, attempt.id, "splendid")
    assert "is no level" in odd
    assert current(app, given, attempt.id).slots[1].score is None


def test_answers_come_in_the_same_random_order_each_time(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    for number in range(8):
        take(app, given, mona.member(f"Learner {number}")[1], [right(QUESTIONS[0]), (f"words {number}",)])

    def walk() -> list[str]:
        page, found = mona.see(given, f"/marking?question={OPEN[0].id}"), []
        while True:
            found.append(re.findall(r"words (\d)", page)[0])
            onward = re.search(r'rel="next" href="([^"]+)"', page)
            if not onward:
                return found
            page = mona.person.get(onward[1].replace("&amp;", "&")).text

    order = walk()
    assert sorted(order) == [str(number) for number in range(8)]
    assert walk() == order


def test_a_mark_by_hand_makes_the_progress_of_the_learner_new(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group, paper=OPEN_PAPER)
    ann, member = mona.member()
    attempt = take(app, given, member, [right(QUESTIONS[0]), ("words",)])
    ann.get("/progress")
    marked(mona, given, attempt.id, "good")
    store: Store = app.extensions["store"]
    with store.database.reading() as db:
        kept = db.execute(sa.select(t.profile).where(t.profile.c.learner == member.learner)).all()
        assert kept == []


def test_who_has_left_the_group_is_no_longer_in_its_results(app: Flask, mona: Mona) -> None:
    given = give(app, mona.group)
    _, ann = mona.member("Ann")
    _, ben = mona.member("Ben")
    for member in (ann, ben):
        take(app, given, member, [right(each) for each in QUESTIONS])
    groups: Groups = app.extensions["groups"]
    groups.remove_member(ann.id, mona.id)
    page = mona.see(given)
    assert ">Ann<" not in page
    assert tile(page, "finished") == "1 of 1"
    assert mona.person.get(mona.at(given, f"/learner/{ann.id}")).status_code == 404


def test_a_comment_does_not_stop_the_clock_of_one_who_still_answers(app: Flask, mona: Mona) -> None:
    paper = Paper("In words", (Part(question=OPEN[0].id), Part(question=QUESTIONS[0])))
    given = give(app, mona.group, paper=paper)
    began = datetime.now(UTC) - timedelta(minutes=10)
    attempt = begin(app, given, mona.member()[1], now=began)
    reply(app, attempt, 1, ("words",), now=began + timedelta(minutes=1))
    marked(mona, given, attempt.id, "good", comment="Go on.")
    later = began + timedelta(minutes=12)
    reply(app, current(app, given, attempt.id), 2, right(QUESTIONS[0]), now=later)
    slots = current(app, given, attempt.id).slots
    assert [slot.seconds for slot in slots] == [60, 660]
