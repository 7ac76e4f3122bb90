"""The progress page, a topic's page, history, one's own data, and what a kept profile may change: nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from quizapp.bank import load
from quizapp.shipped import shipped
from tests.conftest import Person, hidden, settled
from tests.past import answered, believing, guest

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
TOPIC = "coroutines"
IN_TOPIC = [question for question in ASKED if question.topic == TOPIC]
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ROWS = re.compile(r'<li><a href="/s/')


def test_without_answers_the_page_says_how_to_begin(learner: Person) -> None:
    page = learner.get("/progress")
    assert "Nothing here yet" in page.text
    assert learner.get("/progress.csv").text.count("\n") == 1
    assert json.loads(learner.get("/progress.json").text)["answers"] == []
    assert "No answers yet." in learner.get("/progress/history").text


def test_progress_counts_topics_answers_and_sets(learner: Person) -> None:
    address = learner.start("/practice/coroutines")
    for place in range(2, 6):
        learner.answer(learner.get(f"{address}/{place}"), unsure="1")
    text = learner.get("/progress").text
    assert "All 5 answers" in text
    assert "5 of 10" in text
    assert f'href="{address}/done"' in text
    assert "All 5 answers move with you." in text


def test_a_range_is_wide_with_few_answers_and_narrow_with_many(app: Flask, learner: Person) -> None:
    learner_id = guest(app, learner)
    widths = []
    for count in (1, 12):
        for question in IN_TOPIC[:count]:
            answered(app.extensions["store"], learner_id, question, ago=DAY)
        low, high = ranges(learner.get("/progress").text)[0]
        widths.append(high - low)
        assert low < high
    assert widths[0] > 2 * widths[1]


def ranges(text: str) -> list[tuple[int, int]]:
    found = re.findall(r"likely between (\d+)% and (\d+)%", text)
    return [(int(low), int(high)) for low, high in found]


def test_topics_stand_strongest_first_and_ready_is_said(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    for question in IN_TOPIC[:12]:
        answered(store, learner_id, question, ago=DAY)
    other = next(question for question in ASKED if question.topic != TOPIC)
    answered(store, learner_id, other, ago=DAY, answer=())
    text = learner.get("/progress").text
    links = re.findall(r'href="/progress/topics/([^"]+)"', text)
    assert links == [TOPIC, other.topic]
    first, second = ranges(text)
    assert first > second
    assert f"likely between {first[0]}% and {first[1]}%, ready" in text
    assert f"{len(BANK.topics) - 2} topics not started" in text


def test_calibration_counts_sure_and_unsure_apart_and_blanks_in_neither(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    wrong = believing(BANK["coroutines/calling-does-not-run"], "call-runs-body")
    answered(store, learner_id, IN_TOPIC[1], ago=DAY)
    answered(store, learner_id, BANK["coroutines/calling-does-not-run"], ago=DAY, answer=wrong)
    answered(store, learner_id, IN_TOPIC[2], ago=DAY, sure=False)
    answered(store, learner_id, IN_TOPIC[3], ago=DAY, sure=False, answer=())
    text = learner.get("/progress").text
    assert "50% of 2" in text
    assert "100% of 1" in text


def test_weeks_are_told_in_words_and_old_ones_fall_out(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    answered(store, learner_id, ASKED[0], ago=MINUTE)
    answered(store, learner_id, ASKED[1], ago=MINUTE, answer=())
    answered(store, learner_id, ASKED[2], ago=timedelta(weeks=3))
    answered(store, learner_id, ASKED[3], ago=timedelta(weeks=20))
    text = learner.get("/progress").text
    weeks = re.findall(r"(This week|Week of \d+ \w+): (\d+) right, (\d+) to review", text)
    assert len(weeks) == 12
    assert sum(int(right) + int(other) for _, right, other in weeks) == 3
    assert [name for name, _, _ in weeks].index("This week") == 11


# -- a topic


def test_a_topic_page_lists_concepts_weakest_first_and_what_was_missed(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    by_concept = {question.concepts[0]: question for question in IN_TOPIC}
    strong, weak = list(by_concept.values())[:2]
    set_of_strong = answered(store, learner_id, strong, ago=DAY)
    set_of_weak = answered(store, learner_id, weak, ago=DAY, answer=())
    text = learner.get(f"/progress/topics/{TOPIC}").text
    assert "after 2 answers" in text
    assert f"2 of {len(IN_TOPIC)} questions seen" in text
    table = text.partition("<tbody>")[2].partition("</tbody>")[0]
    first, second = ranges(table)
    assert first < second
    assert table.count("Not started") == table.count("<tr>") - 2
    assert f"/s/{set_of_weak}/1" in text
    assert f"/s/{set_of_strong}/1" not in text


@pytest.mark.parametrize("topic", [topic.id for topic in BANK.topics])
def test_every_topic_has_its_page_for_strangers_too(stranger: Person, topic: str) -> None:
    page = stranger.get(f"/progress/topics/{topic}")
    assert page.status_code == 200
    assert "Not started" in page.text


# -- history


def test_history_shows_newest_first_and_filters_by_topic_and_result(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    other = next(question for question in ASKED if question.topic != TOPIC)
    sets = [
        answered(store, learner_id, IN_TOPIC[0], ago=4 * MINUTE),
        answered(store, learner_id, IN_TOPIC[1], ago=3 * MINUTE, answer=()),
        answered(store, learner_id, other, ago=2 * MINUTE, answer=()),
    ]

    def shown(query: str) -> list[str]:
        return re.findall(r'href="/s/([^/]+)/1"', learner.get(f"/progress/history{query}").text)

    assert shown("") == sets[::-1]
    assert shown(f"?topic={TOPIC}") == [sets[1], sets[0]]
    assert shown("?result=missed") == [sets[2], sets[1]]
    assert shown(f"?topic={TOPIC}&result=missed") == [sets[1]]
    assert shown(f"?topic={other.topic}&result=missed") == [sets[2]]
    empty = next(topic.id for topic in BANK.topics if topic.id not in (TOPIC, other.topic))
    assert "No answer fits." in learner.get(f"/progress/history?topic={empty}").text


@pytest.mark.parametrize("count", [50, 51, 120])
def test_history_pages_hold_every_answer_once(app: Flask, learner: Person, count: int) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    kept = [
        answered(store, learner_id, ASKED[number % 7], ago=timedelta(minutes=number // 3), answer=())
        for number in range(count)
    ]
    found, path = [], "/progress/history?result=missed"
    for _ in range(5):
        text = learner.get(path).text
        found += re.findall(r'href="/s/([^/]+)/1"', text)
        older = re.search(r'href="([^"]+)">Older answers', text)
        if not older:
            break
        path = older[1].replace("&amp;", "&")
        assert "result=missed" in path
        assert "before=" in path
    assert len(found) == count
    assert set(found) == set(kept)
    assert ("Newest" in text) == (count > 50)


def test_answers_of_one_moment_are_paged_without_a_loss(learner: Person) -> None:
    """An exam is graded in one moment: more answers at the same time than a page holds."""
    for _ in range(2):
        page = learner.get("/topics")
        set_id = re.search(r'name="set" value="([^"]+)"', page.text)
        assert set_id
        learner.post("/exam", {"set": set_id[1], "topic": "", "count": "40"})
        address = learner.at.rpartition("/")[0]
        for place in range(1, 41):
            learner.answer(learner.get(f"{address}/{place}"), unsure="1")
        learner.post(f"{address}/finish")
    first = learner.get("/progress/history").text
    older = re.search(r'href="([^"]+)">Older answers', first)
    assert older
    second = learner.get(older[1].replace("&amp;", "&")).text
    links = re.findall(r'href="(/s/[^/]+/\d+)"', first + second)
    assert len(links) == len(set(links)) == 80


# -- one's own data


def test_the_csv_file_holds_every_answer(learner: Person) -> None:
    address = learner.start()
    for place in range(2, 21):
        learner.answer(learner.get(f"{address}/{place}"), unsure="1")
    export = learner.get("/progress.csv")
    assert "attachment" in export.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(export.text)))
    assert len(rows) == 20
    assert {row["sure"] for row in rows} == {"no"}
    assert {row["hints"] for row in rows} == {"0"}
    assert [row["place"] for row in rows] == [str(place) for place in range(1, 21)]
    assert all(row["question"].startswith(row["topic"]) for row in rows)


def test_both_exports_tell_of_the_same_answers_with_their_hints(app: Flask, learner: Person) -> None:
    learner_id, store = guest(app, learner), app.extensions["store"]
    for number, question in enumerate(ASKED[:4]):
        answered(store, learner_id, question, ago=(9 - number) * MINUTE, hints=number, sure=number != 2)
    rows = list(csv.DictReader(io.StringIO(learner.get("/progress.csv").text)))
    export = learner.get("/progress.json")
    assert export.mimetype == "application/json"
    assert "attachment" in export.headers["Content-Disposition"]
    found = json.loads(export.text)
    assert [row["hints"] for row in rows] == ["0", "1", "2", "3"]
    assert [each["hints"] for each in found["answers"]] == [0, 1, 2, 3]
    assert [row["question"] for row in rows] == [each["question"] for each in found["answers"]]
    assert [row["sure"] == "yes" for row in rows] == [each["sure"] for each in found["answers"]]
    assert [each["question"] for each in found["memory"]] == [question.id for question in ASKED[:4]]
    assert all(each["stability_days"] > 0 for each in found["memory"])


def test_the_progress_of_others_is_not_shown(learner: Person, stranger: Person) -> None:
    learner.start()
    assert "Nothing here yet" in stranger.get("/progress").text
    assert "No answers yet" in stranger.get("/progress/history").text
    assert json.loads(stranger.get("/progress.json").text)["answers"] == []


# -- kept profiles


def test_pages_are_the_same_to_the_byte_with_and_without_what_is_kept(app: Flask, learner: Person) -> None:
    learner_id, store, profiles = guest(app, learner), app.extensions["store"], app.extensions["profiles"]
    for number, question in enumerate(ASKED[:45]):
        given = None if number % 3 else ()
        answered(store, learner_id, question, ago=timedelta(days=60 - number), answer=given, hints=number % 2)
    belief = BANK["coroutines/calling-does-not-run"]
    answered(store, learner_id, belief, ago=MINUTE, answer=believing(belief, "call-runs-body"))
    paths = ["/progress", f"/progress/topics/{TOPIC}", "/progress/history", "/progress.csv", "/progress.json"]
    paths += ["/ideas/call-runs-body", "/account"]

    def pages() -> list[str]:
        return [settled(learner.get(path)) for path in paths]

    fresh = pages()
    assert profiles.forget() == 1
    rebuilt, kept = pages(), pages()
    assert profiles.forget() == 1
    for path, *found in zip(paths, fresh, rebuilt, kept, pages(), strict=True):
        assert len(set(found)) == 1, path
    assert "call-runs-body" in fresh[0]


def test_answers_after_what_is_kept_are_counted_as_if_nothing_were(app: Flask, learner: Person) -> None:
    learner_id, store, profiles = guest(app, learner), app.extensions["store"], app.extensions["profiles"]
    for question in ASKED[:25]:
        answered(store, learner_id, question, ago=5 * DAY)
    learner.get("/progress")
    answered(store, learner_id, ASKED[3], ago=DAY, answer=())
    late = learner.get("/progress").data
    assert b"All 26 answers" in late
    answered(store, learner_id, ASKED[30], ago=9 * DAY)
    with_late = learner.get("/progress.json").data
    assert profiles.forget() == 1
    assert learner.get("/progress.json").data == with_late


# -- what a page costs


def statements_of(app: Flask) -> list[str]:
    """Fills with what the database is asked."""
    statements: list[str] = []
    engine = app.extensions["store"].database.engine
    sa.event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    return statements


def asked(statements: list[str]) -> list[str]:
    return [each for each in statements if not each.startswith("BEGIN")]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/topics", "/progress", "/mixed", "/practice/coroutines", "/q/coroutines/read-the-warning"),
        *("/review", "/matters", "/progress/history", "/progress/topics/coroutines", "/ideas/call-runs-body"),
    ],
)
def test_pages_ask_the_database_little(app: Flask, learner: Person, path: str) -> None:
    learner.start()
    statements = statements_of(app)
    learner.get(path)
    assert len(asked(statements)) <= 6, statements


def test_asking_takes_three_statements_answering_five_and_telling_four(app: Flask, learner: Person) -> None:
    address = learner.start()
    statements = statements_of(app)
    page = learner.get(f"{address}/2")
    assert len(asked(statements)) <= 3, statements
    statements.clear()
    learner.client.post(f"{address}/2", data=hidden(page) | {"unsure": "1"})
    assert len(asked(statements)) <= 5, statements
    statements.clear()
    learner.get(f"{address}/2")
    assert len(asked(statements)) <= 4, statements
