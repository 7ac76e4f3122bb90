"""Gradebook and answers as files: the same figures in each, for the trainer alone; and one's own copy."""

import csv
import io
import json
import re
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from quizapp.learn import ALL, MARKED, NOTHING, OWN, Counts, Paper, Part, Rules, Sight, result
from quizapp.store import Assignment, Assignments, Exports, Groups, Member, Regrade, Regrades, Results
from quizapp.store.exports import AT_ONCE
from quizapp.web.guests import new_id
from quizapp.web.trainer.board import hardest_first
from tests.classroom import PAPER, QUESTIONS, give, joined, new_group, somebody
from tests.conftest import Person, settled
from tests.databases import IS_POSTGRESQL
from tests.sat import NOON, bank_of, begun, ended, judged, previewed, said, sat
from tests.taking import BANK
from tests.web.test_access import NOBODY
from tests.web.test_sheets import unsafe

FILES = (".csv", ".json", "/answers.csv")
MINUTE = timedelta(minutes=1)


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a CSV file as they were before they were made harmless."""
    found = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    return [{unsafe(name): unsafe(cell) for name, cell in row.items()} for row in found]


def gradebook(trainer: Person, assignment: Assignment, query: str = "") -> list[dict[str, str]]:
    return rows_of(trainer.get(f"/t/assignments/{assignment.id}.csv{query}").text)


def answers(trainer: Person, assignment: Assignment, query: str = "") -> list[dict[str, str]]:
    return rows_of(trainer.get(f"/t/assignments/{assignment.id}/answers.csv{query}").text)


def in_json(trainer: Person, assignment: Assignment, query: str = "") -> dict[str, object]:
    found: dict[str, object] = json.loads(trainer.get(f"/t/assignments/{assignment.id}.json{query}").text)
    return found


WEIGHTED = Paper(
    "Wäge, und mehr", tuple(Part(question=each, weight=n) for n, each in enumerate(QUESTIONS, 1))
)


@pytest.fixture
def trainer(app: Flask) -> tuple[Person, str]:
    return somebody(app, "Mona Keller", "trainer")


def a_class(app: Flask, owner: str) -> tuple[Assignment, list[Member]]:
    """Five members: with two attempts, a late one with late answers, a regraded one, a running one, none."""
    group = new_group(app, owner)
    members = [
        joined(app, group, name, ["extra time"] * (name == "Ben"))[1]
        for name in ("Cleo", "Ben", "Ann", "Dee", "Eve")
    ]
    rules = Rules(behaviour="exam", minutes=20, due=NOON + 10 * MINUTE, late=50, counts="best")
    assignment = give(app, group, rules, WEIGHTED)
    cleo, ben, ann, dee, _ = members
    sat(app, assignment, cleo, {1: (), 2: None})
    sat(app, assignment, cleo, {1: None, 2: None, 3: ("d",)}, NOON + 6 * MINUTE)
    late = begun(app, assignment, ben, NOON)
    late = said(app, late, 3, None, NOON + 12 * MINUTE, sure=False)
    late = ended(app, late, NOON + 30 * MINUTE)
    said(app, late, 1, None, NOON + 31 * MINUTE)
    changed = sat(app, assignment, ann, {1: ("a",), 2: None, 3: None})
    judged(app, changed, 1, "regrade", 1.0, "0" * 24, "g1", by=owner)
    judged(app, changed, 2, "mark", 0.25, by=owner)
    begun(app, assignment, dee, NOON + 24 * 365 * 60 * MINUTE)
    previewed(app, assignment)
    return assignment, members


def test_the_gradebook_has_a_row_for_each_member_by_name_and_a_column_for_each_question(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    assignment, members = a_class(app, owner)
    page = me.get(f"/t/assignments/{assignment.id}.csv")
    assert page.headers["Content-Disposition"] == 'attachment; filename="wage-und-mehr-gradebook.csv"'
    assert page.mimetype == "text/csv"
    rows = rows_of(page.text)
    assert [row["name"] for row in rows] == ["Ann", "Ben", "Cleo", "Dee", "Eve"]
    assert [row["attempts"] for row in rows] == ["1", "1", "2", "1", "0"]
    assert list(rows[0])[-3:] == [f"Q{n} {question}" for n, question in enumerate(QUESTIONS, 1)]
    by_name = {row["name"]: row for row in rows}
    assert by_name["Ben"]["labels"] == "extra time"
    assert by_name["Ben"]["member"] == members[1].id
    assert (by_name["Ben"]["late"], by_name["Ben"]["credit"], by_name["Ben"]["points"]) == ("yes", "0.5", "3")
    assert (by_name["Ben"]["percent"], by_name["Ben"]["result"]) == ("25", "25")
    assert by_name["Cleo"]["attempt"] == "1", "the late one earned more, and half of that counts"
    cleo = [by_name["Cleo"][name] for name in ("late", "points", "possible")]
    assert cleo == ["no", "2", "6"]
    assert [by_name["Ann"][each] for each in list(rows[0])[-3:]] == ["1", "0.5", "3"]
    assert {by_name["Eve"][name] for name in rows[0] if name not in ("name", "member", "attempts")} == {""}


@pytest.mark.parametrize("counts", ["best", "first", "last", "mean"])
def test_the_answers_read_back_come_to_the_totals_of_the_gradebook(
    app: Flask, trainer: tuple[Person, str], counts: str
) -> None:
    me, owner = trainer
    assignment, _ = a_class(app, owner)
    assignments: Assignments = app.extensions["assignments"]
    rules = replace(assignment.rules, counts=counts)
    assignments.change(assignment.id, owner, title="x", paper=assignment.paper, rules=rules)
    attempts: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in answers(me, assignment):
        if row["counts"] == "yes":
            attempts[row["member"], row["attempt"]].append(row)
    seen = 0
    for line in gradebook(me, assignment):
        own = {number: rows for (member, number), rows in attempts.items() if member == line["member"]}
        assert len(own) == int(line["attempts"])
        shares = {}
        for number, rows in own.items():
            points = sum(float(row["points"] or 0) for row in rows)
            possible = sum(float(row["weight"]) for row in rows)
            assert float(rows[0]["credit"]) in (0.5, 1)
            shares[number] = (
                points,
                possible,
                float(rows[0]["credit"]) * points / possible,
                rows[0]["finished"],
            )
        if not own:
            continue
        seen += 1
        shown = shares[line["attempt"]]
        assert float(line["points"] or 0) == pytest.approx(shown[0])
        assert float(line["possible"]) == pytest.approx(shown[1])
        assert float(line["percent"]) == pytest.approx(100 * shown[2])
        ends = [share for _, _, share, finished in shares.values() if finished] or [shown[2]]
        want = {"best": max(ends), "first": ends[0], "last": ends[-1], "mean": sum(ends) / len(ends)}[counts]
        assert float(line["result"]) == pytest.approx(100 * want)
        for row in own[line["attempt"]]:
            column = next(name for name in line if name.endswith(f" {row['question']}"))
            assert line[column] == row["points"]
    assert seen == 4


def test_the_files_say_the_same_as_what_was_written_down_beside_the_steps(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    assignment, members = a_class(app, owner)
    lines = {row["member"]: row for row in gradebook(me, assignment)}
    assignments: Assignments = app.extensions["assignments"]
    for member in members:
        outcomes = [each.outcome for each in assignments.sittings(assignment.id, member.learner)]
        want = result(outcomes, "best")
        assert lines[member.id]["result"] == ("" if want is None else f"{100 * want:.12g}")


def test_each_answer_tells_what_was_asked_what_was_said_and_who_judged_it(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    assignment, _ = a_class(app, owner)
    rows = answers(me, assignment)
    ann, ben = ([row for row in rows if row["name"] == name] for name in ("Ann", "Ben"))
    bank = bank_of(app)
    first = bank[QUESTIONS[0]]
    assert [row["place"] for row in ann] == ["1", "2", "3"]
    assert (ann[0]["revision"], ann[0]["grader"], ann[0]["regraded"]) == (first.revision, "0" * 24, "yes")
    assert (ann[0]["answer"], json.loads(ann[0]["answer_json"])) == (first.face("a"), ["a"])
    assert (ann[1]["marked_by"], ann[1]["regraded"], ann[1]["score"]) == ("Mona Keller", "no", "0.25")
    assert (ann[2]["marked_by"], ann[2]["grader"]) == ("", bank[QUESTIONS[2]].revision)
    assert [float(row["seconds"]) for row in ann] == [10, 10, 10]
    late = [row for row in ben if row["late"] == "yes"]
    assert [(row["place"], row["counts"], row["score"], row["points"]) for row in late] == [
        ("1", "no", "", "")
    ]
    assert late[0]["answer_json"] == json.dumps(list(first.model()))
    assert late[0]["at"] == (NOON + 31 * MINUTE).isoformat()
    kept = {row["place"]: row for row in ben if row["counts"] == "yes"}
    assert (kept["3"]["sure"], kept["3"]["score"], kept["1"]["answer_json"]) == ("no", "1", "[]")


def test_the_json_file_holds_all_of_it(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    assignment, members = a_class(app, owner)
    page = me.get(f"/t/assignments/{assignment.id}.json")
    assert page.mimetype == "application/json"
    found = json.loads(page.text)
    assert found["title"] == "Wäge, und mehr"
    assert found["rules"]["late"] == 50
    assert found["rules"]["after"]["key"] is True
    assert found["questions"] == list(QUESTIONS)
    assert [each["name"] for each in found["learners"]] == ["Ann", "Ben", "Cleo", "Dee", "Eve"]
    assert {each["member"] for each in found["learners"]} == {member.id for member in members}
    lines = {row["member"]: row for row in gradebook(me, assignment)}
    for learner in found["learners"]:
        share = learner["result"]
        assert lines[learner["member"]]["result"] == ("" if share is None else f"{100 * share:.12g}")
    ben = found["learners"][1]["attempts"][0]
    assert ben["late"] is True
    assert [len(place["late"]) for place in ben["places"]] == [1, 0, 0]
    assert [place["answer"] and place["answer"]["answer"] for place in ben["places"]][:2] == [None, None]
    marked = found["learners"][0]["attempts"][0]["places"][1]["marked"]
    assert (marked["kind"], marked["by"]) == ("mark", "Mona Keller")


def test_names_can_be_left_out_of_every_file(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    assignment, members = a_class(app, owner)
    for tail in FILES:
        text = me.get(f"/t/assignments/{assignment.id}{tail}?names=no").text
        for member in members:
            for secret in (member.name, member.id, member.learner, "extra time"):
                assert secret not in text, (tail, secret)
    rows = gradebook(me, assignment, "?names=no")
    assert [row["name"] for row in rows] == [f"Learner {n}" for n in range(1, 6)]
    assert [row["attempts"] for row in rows] == ["2", "1", "1", "1", "0"], "in the order of joining"


def test_what_ran_out_of_time_is_ended_before_it_is_written_down(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    _, member = joined(app, group, "Ann")
    assignment = give(app, group, "exam", minutes=5)
    said(app, begun(app, assignment, member), 1, None)
    row = gradebook(me, assignment)[0]
    assert row["finished"] == (NOON + 5 * MINUTE).isoformat()
    assert row["points"] == "1"


def test_a_running_attempt_shows_what_is_graded_so_far(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    _, member = joined(app, group, "Ann")
    assignment = give(app, group, "practice")
    said(app, begun(app, assignment, member), 2, None)
    row = gradebook(me, assignment)[0]
    assert (row["finished"], row["points"], row[f"Q2 {QUESTIONS[1]}"], row[f"Q1 {QUESTIONS[0]}"]) == (
        "",
        "1",
        "1",
        "",
    )


def test_questions_that_were_drawn_get_columns_of_their_own(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    paper = Paper("Drawn", (Part(question=QUESTIONS[1]), Part(topic="coroutines", count=2)))
    assignment = give(app, group, "practice", paper)
    asked = set()
    for number in range(4):
        attempt = begun(app, assignment, joined(app, group, f"L{number}")[1])
        asked |= {slot.question for slot in attempt.slots}
        said(app, attempt, 1, None)
    rows = gradebook(me, assignment)
    columns = [name for name in rows[0] if name.startswith("Q")]
    assert columns[0] == f"Q1 {QUESTIONS[1]}"
    assert {name.partition(" ")[2] for name in columns} == asked
    assert [name.partition(" ")[0] for name in columns] == [f"Q{n}" for n in range(1, len(asked) + 1)]
    assert {row[columns[0]] for row in rows} == {"1"}


def test_a_preview_of_a_trainer_who_is_in_the_group_leaves_no_trace(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    groups: Groups = app.extensions["groups"]
    groups.join(Member(new_id(), group.id, owner, "Mona", (), NOON))
    assignment = give(app, group, "practice", Paper("Drawn", (Part(topic="coroutines", count=2),)))
    preview = previewed(app, assignment)
    said(app, preview, 1, None)
    row = gradebook(me, assignment)[0]
    assert (row["name"], row["attempts"], row["points"]) == ("Mona", "0", "")
    assert not [name for name in row if name.startswith("Q")]
    assert answers(me, assignment) == []
    for slot in preview.slots:
        assert slot.question not in me.get(f"/t/assignments/{assignment.id}.json").text


def test_hostile_names_labels_and_answers_start_no_formula_and_come_back_as_they_were(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    names = [
        '=HYPERLINK("http://x","y")',
        "＝1+1",
        "+1",
        "@SUM(A1)",
        "\t=1",
        "a\r\n=b",
        "'=1",
        "<b>Zoë</b>",
    ]
    if not IS_POSTGRESQL:  # which takes no NUL; no form does
        names.append("\0=1")
    typed = next(each for each in bank_of(app) if each.type == "short-answer")
    assignment = give(app, group, "practice", Paper("=1+1", (Part(question=typed.id),)))
    for name in names:
        _, member = joined(app, group, name, [name])
        said(app, begun(app, assignment, member), 1, (name,))
    for tail in (".csv", "/answers.csv"):
        page = me.get(f"/t/assignments/{assignment.id}{tail}")
        cells = [cell for row in csv.reader(io.StringIO(page.text[1:], newline="")) for cell in row]
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝")) for cell in cells)
        rows = rows_of(page.text)
        assert sorted(row["name"] for row in rows) == sorted(names)
        assert sorted(row["labels"] for row in rows) == sorted(names)
    assert sorted(row["answer"] for row in answers(me, assignment)) == sorted(names)
    assert (
        'filename="1-1-gradebook.csv"'
        in me.get(f"/t/assignments/{assignment.id}.csv").headers["Content-Disposition"]
    )


def test_who_left_the_group_leaves_the_files(app: Flask, trainer: tuple[Person, str]) -> None:
    me, owner = trainer
    assignment, members = a_class(app, owner)
    groups: Groups = app.extensions["groups"]
    groups.remove_member(members[0].id, owner)
    for tail in FILES:
        assert "Cleo" not in me.get(f"/t/assignments/{assignment.id}{tail}").text


def test_the_files_are_for_the_trainer_who_assigned_it_alone(
    app: Flask, trainer: tuple[Person, str], stranger: Person
) -> None:
    me, owner = trainer
    assignment, _ = a_class(app, owner)
    member, _ = joined(app, new_group(app, owner), "Zed")
    others = [stranger, member, somebody(app, "Lea")[0], somebody(app, "Tom", "trainer")[0]]
    others.append(somebody(app, "Ada", "admin")[0])
    for tail in FILES:
        path = f"/t/assignments/{assignment.id}{tail}"
        assert me.get(path).status_code == 200
        for other in others:
            theirs, nobodys = other.get(path), other.get(path.replace(assignment.id, NOBODY))
            assert theirs.status_code == nobodys.status_code == 404
            assert settled(theirs).replace(assignment.id, NOBODY) == settled(nobodys)
        for method in ("POST", "PUT", "DELETE"):
            assert me.client.open(path, method=method).status_code == 405


def test_attempts_are_read_as_the_file_goes_on_and_not_all_at_once(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    _, owner = trainer
    group = new_group(app, owner)
    assignment = give(app, group, "practice")
    members = [joined(app, group, f"L{number:02}")[1] for number in range(AT_ONCE + 1)]
    exports: Exports = app.extensions["exports"]
    found = exports.attempts(assignment.id, owner, tuple(members))
    assert next(found) == (members[0], ())
    for member in (members[1], members[-1]):
        begun(app, assignment, member)
    rest = {member.id: attempts for member, attempts in found}
    assert len(rest[members[-1].id]) == 1, "it was not read before it was asked for"
    assert rest[members[1].id] == (), "it was read with the first one"


# -- a learner's own copy


COMBINED = [NOTHING, OWN, MARKED, ALL, Sight(answer=True, reason=True), Sight(answer=True, key=True)]


def test_the_own_copy_holds_what_may_be_shown_and_no_more(app: Flask, trainer: tuple[Person, str]) -> None:
    group = new_group(app, trainer[1])
    asked = bank_of(app)[QUESTIONS[0]]
    person, member = joined(app, group, "Ann")
    for sight in COMBINED:
        assignment = give(app, group, Rules(behaviour="exam", after=sight, closed=sight))
        attempt = sat(app, assignment, member, {1: ("a",), 2: None})
        page = person.get(f"/s/{attempt.id}/copy.csv")
        rows = rows_of(page.text)
        assert [row["place"] for row in rows] == ["1", "2", "3"]
        own = rows[0]
        assert (own["answer"] == asked.face("a")) is sight.answer
        assert (own["score"] == "0") is sight.mark
        assert (rows[1]["points"] == "1") is sight.mark
        assert bool(own["reason"]) is (sight.reason and sight.key), "the explanation tells the key"
        assert (own["right_answer"] == asked.face(asked.model()[0])) is sight.key
        assert (rows[2]["answer"], rows[2]["answered_at"]) == ("", "")
        assert QUESTIONS[0] not in page.text


def test_the_own_copy_tells_nothing_of_places_that_are_still_asked(
    app: Flask, trainer: tuple[Person, str]
) -> None:
    group = new_group(app, trainer[1])
    person, member = joined(app, group, "Ann")
    running = said(app, begun(app, give(app, group, "exam"), member), 1, None)
    assert rows_of(person.get(f"/s/{running.id}/copy.csv").text) == []
    told = said(app, begun(app, give(app, group, "practice"), member), 2, None)
    assert [row["place"] for row in rows_of(person.get(f"/s/{told.id}/copy.csv").text)] == ["2"]


def test_the_own_copy_is_nobody_elses_and_only_of_an_assignment(
    app: Flask, trainer: tuple[Person, str], learner: Person
) -> None:
    me, owner = trainer
    group = new_group(app, owner)
    _, member = joined(app, group, "Ann")
    attempt = sat(app, give(app, group, "practice", PAPER), member, {1: None})
    other, _ = joined(app, group, "Ben")
    for person in (me, other, learner):
        assert person.get(f"/s/{attempt.id}/copy.csv").status_code == 404
    address = learner.start()
    assert learner.get(f"{address}/copy.csv").status_code == 404


# -- one class, and everywhere the same numbers

OPEN = next(question for question in BANK if question.rated)
MIXED = Paper(
    "Mixed",
    (
        *WEIGHTED.parts,
        Part(question=OPEN.id, weight=4.0),
        Part(topic="tasks", count=1, weight=0.5),
    ),
)
ROW = re.compile(r'id="m([-0-9a-f]{36})">.*?<td class="num sc">(?:(\d+)%|.*?not begun)', re.S)
FOOT = re.compile(r'(\d+)<span class="vh"> percent right')


def a_mixed_class(app: Flask, owner: str) -> Assignment:
    """Several attempts, late ones, late answers, unmarked ones, nothing answered at all, one who has left."""
    group, names = new_group(app, owner), ("Ann", "Ben", "Cleo", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida")
    ann, ben, cleo, dee, eve, fay, gus, _, ida = [joined(app, group, name)[1] for name in names]
    rules = Rules(behaviour="exam", minutes=20, due=NOON + 10 * MINUTE, late=50, after=ALL)
    assignment, words = give(app, group, rules, MIXED), ("It waits.",)
    marked = sat(app, assignment, ann, {1: None, 2: ("a",), 4: words, 5: None})
    sat(app, assignment, ann, {1: ("a",), 3: None, 4: words}, NOON + MINUTE)
    sat(app, assignment, ben, {1: None, 2: None, 3: None, 4: words, 5: ("a",)}, NOON + 11 * MINUTE)
    late = ended(app, begun(app, assignment, cleo), NOON + 20 * MINUTE)
    said(app, late, 2, None, NOON + 30 * MINUTE)
    late = said(app, late, 3, None, NOON + 30 * MINUTE)
    sat(app, assignment, dee, {})
    sat(app, assignment, eve, {1: (), 2: None, 4: ()})
    sat(app, assignment, eve, {1: None, 2: None, 3: None, 5: None}, NOON + MINUTE)
    sat(app, assignment, fay, {3: ("a",)})
    said(app, begun(app, assignment, gus, NOON + 24 * 365 * 60 * MINUTE), 1, None)
    sat(app, assignment, ida, {1: None, 2: None, 3: None, 5: None})
    previewed(app, assignment)
    regrades: Regrades = app.extensions["regrades"]
    for question, is_undone in ((QUESTIONS[0], True), (QUESTIONS[1], False)):
        done = regrades.apply(everyone(assignment, question, owner), owner, None)
        if is_undone:
            regrades.undo(done.id, assignment.id, owner, done.made)
    judged(app, marked, 4, "mark", 0.3, *OPEN.model(), by=owner)
    judged(app, late, 3, "mark", 1.0, *bank_of(app)[QUESTIONS[2]].model(), by=owner)
    groups: Groups = app.extensions["groups"]
    groups.remove_member(ida.id, owner)
    return assignment


def everyone(assignment: Assignment, question: str, owner: str) -> Regrade:
    """Full marks for all who were asked."""
    return Regrade(
        id=new_id(),
        assignment=assignment.id,
        question=question,
        how="everyone",
        reason="Two are right.",
        by=owner,
        made=NOON + 60 * MINUTE,
    )


@pytest.mark.parametrize("counts", ["best", "first", "last", "mean"])
def test_the_page_the_files_and_the_results_give_the_same_numbers(
    app: Flask, trainer: tuple[Person, str], counts: Counts
) -> None:
    me, owner = trainer
    assignment = a_mixed_class(app, owner)
    assignments: Assignments = app.extensions["assignments"]
    rules = replace(assignment.rules, counts=counts)
    assignments.change(assignment.id, owner, title=assignment.title, paper=MIXED, rules=rules)
    results: Results = app.extensions["results"]
    page, book = me.get(f"/t/assignments/{assignment.id}").text, gradebook(me, assignment)
    board = results.board(assignments.by_id(assignment.id))
    in_file = {each["member"]: each for each in in_json(me, assignment)["learners"]}  # type: ignore[attr-defined]
    in_page = dict(ROW.findall(page))
    in_book = {row["member"]: row for row in book}
    assert set(in_file) == set(in_page) == set(in_book) == {line.member.id for line in board.lines}
    assert len(in_book) == 8
    earned = defaultdict(float)
    for row in answers(me, assignment):
        earned[row["member"], row["attempt"]] += float(row["points"] or 0)
    for line in board.lines:
        row, told, share = in_book[line.member.id], in_file[line.member.id], line.share(counts)
        assert told["result"] == pytest.approx(share)
        assert in_page[line.member.id] == ("" if share is None else str(round(100 * share)))
        sitting = line.counting(counts)
        assert int(row["attempts"]) == len(line.sittings) == len(told["attempts"])
        if sitting is None or share is None:
            assert {row[name] for name in ("result", "points", "percent", "attempt")} == {""}
            continue
        outcome = sitting.outcome
        assert float(row["result"]) == pytest.approx(100 * share)
        assert float(row["percent"]) == pytest.approx(100 * outcome.share)
        attempt = told["attempts"][outcome.number - 1]
        assert (row["attempt"], attempt["id"]) == (str(outcome.number), sitting.attempt)
        assert attempt["points"] == pytest.approx(outcome.points)
        assert float(row["points"] or "nan") == pytest.approx(
            float("nan") if outcome.points is None else outcome.points, nan_ok=True
        )
        assert earned[line.member.id, row["attempt"]] == pytest.approx(outcome.points or 0)
        assert float(row["possible"]) == attempt["possible"] == outcome.possible == 10.5
        own = me.get(f"/t/assignments/{assignment.id}/learner/{line.member.id}").text
        assert f"<b>{outcome.points or 0:.3g} of 10.5</b>" in own
    firsts = [each["attempts"][0] for each in in_file.values() if each["attempts"]]
    shown = []
    for column in hardest_first(board.columns):
        scores = _first_scores(firsts, column.question)
        assert column.answers == len(scores)
        assert column.facility == pytest.approx(sum(scores) / len(scores) if scores else 0)
        shown += [str(round(100 * column.facility))] * (column.answers >= 5)
    assert FOOT.findall(page) == shown
    assert {each.question: each.waiting for each in board.columns}[OPEN.id] == 2
    assert sum(each.waiting for each in board.columns) == 2


def _first_scores(firsts: list[dict[str, Any]], question: str) -> list[float]:
    """The scores of first tries: what has no answer once the attempt has ended is 0, what waits is none."""
    found = []
    for attempt in firsts:
        for place in attempt["places"]:
            waits = place["score"] is None and place["answer"] is not None
            if place["question"] == question and (place["score"] is not None or attempt["finished"]):
                found += [] if waits else [place["score"] or 0.0]
    return found
