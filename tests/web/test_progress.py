import csv
import io

import pytest
from flask import Flask

from quizapp.web.progress import _harmless
from tests.conftest import Person


def test_without_answers_the_page_says_how_to_begin(learner: Person) -> None:
    page = learner.get("/progress")
    assert "Nothing here yet" in page.text
    assert learner.get("/progress.csv").text.count("\n") == 1


def test_progress_counts_topics_answers_and_sets(learner: Person) -> None:
    address = learner.start("/practice/coroutines")
    for place in range(2, 6):
        learner.answer(learner.get(f"{address}/{place}"), unsure="1")
    text = learner.get("/progress").text
    assert "<b>5</b><span>answers</span>" in text
    assert "5 questions to answer again" in text
    assert "5 of 10" in text
    assert f'href="{address}/done"' in text


def test_the_csv_file_holds_every_answer(learner: Person) -> None:
    address = learner.start()
    for place in range(2, 11):
        learner.answer(learner.get(f"{address}/{place}"), unsure="1")
    export = learner.get("/progress.csv")
    assert "attachment" in export.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(export.text)))
    assert len(rows) == 10
    assert {row["sure"] for row in rows} == {"no"}
    assert [row["place"] for row in rows] == [str(place) for place in range(1, 11)]
    assert all(row["question"].startswith(row["topic"]) for row in rows)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_no_cell_is_taken_for_a_formula(cell: str) -> None:
    assert _harmless(cell) == f"'{cell}"


def test_the_progress_of_others_is_not_shown(learner: Person, stranger: Person) -> None:
    learner.start()
    assert "Nothing here yet" in stranger.get("/progress").text


@pytest.mark.parametrize(
    "path", ["/", "/topics", "/progress", "/mixed", "/practice/coroutines", "/q/coroutines/read-the-warning"]
)
def test_pages_ask_the_database_little(app: Flask, learner: Person, path: str) -> None:
    import sqlalchemy as sa

    learner.start()
    statements: list[str] = []
    engine = app.extensions["store"]._database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    learner.get(path)
    assert len([each for each in statements if not each.startswith("BEGIN")]) <= 6, statements


def test_asking_takes_three_statements_and_answering_four(app: Flask, learner: Person) -> None:
    import sqlalchemy as sa

    address = learner.start()
    statements: list[str] = []
    engine = app.extensions["store"]._database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    page = learner.get(f"{address}/2")
    assert len([each for each in statements if not each.startswith("BEGIN")]) <= 3, statements
    statements.clear()
    from tests.conftest import hidden

    learner.client.post(f"{address}/2", data=hidden(page) | {"unsure": "1"})
    assert len([each for each in statements if not each.startswith("BEGIN")]) <= 4, statements
