import re
import uuid

from quizapp.bank import load
from quizapp.shipped import shipped
from tests.conftest import Person, settled

BANK = load(shipped("questions"))
ASKED = [question for question in BANK if not question.rated]
REASONS = [
    why
    for question in ASKED
    for row in question.tell(question.model(), question.keys())
    if len(why := row.why) > 30
]
EXPLANATIONS = [question.explanation.strip()[:40] for question in ASKED]


def begin(person: Person, count: str = "10") -> str:
    page = person.get("/topics")
    set_id = re.search(r'name="set" value="([^"]+)"', page.text)
    assert set_id
    person.post("/exam", {"set": set_id[1], "topic": "", "count": count})
    return person.at.rpartition("/")[0]


def test_an_exam_says_nothing_before_its_end(learner: Person) -> None:
    address = begin(learner)
    for place in range(1, 11):
        page = learner.answer(learner.get(f"{address}/{place}"), unsure="1")
        assert page.status_code == 200
        assert not any(
            text in page.text for text in ("Not quite", "Right", "Here is how it works", "Correct")
        )
    overview = learner.get(f"{address}/done")
    assert "10 of 10 answered" in overview.text
    for page in (
        overview,
        learner.get("/progress"),
        learner.get("/progress.csv"),
        learner.get(f"{address}/3"),
    ):
        assert not any(text in page.text for text in (*REASONS, *EXPLANATIONS, "To look at again"))
    assert learner.get("/progress.csv").text.count("\n") == 1


def test_answers_can_be_changed_until_the_end(learner: Person) -> None:
    address = begin(learner)
    pages = [learner.get(f"{address}/{place}") for place in range(1, 11)]
    page = next(page for page in pages if page.text.count('type="radio"') > 1)
    here = page.request.path
    learner.answer(page, "1")
    assert re.search(r'value="1"[^>]* checked', learner.get(here).text)
    learner.answer(learner.get(here), "2")
    assert re.search(r'value="2"[^>]* checked', learner.get(here).text)


def test_after_the_end_everything_is_told_and_nothing_changes_any_more(learner: Person) -> None:
    address = begin(learner)
    page = learner.get(f"{address}/1")
    learner.answer(page, unsure="1")
    ended = learner.post(f"{address}/finish")
    assert "0 of 10 right" in ended.text
    assert "Here is how it works" in learner.get(f"{address}/1").text
    assert "Here is how it works" in learner.get(f"{address}/2").text
    assert "answered before" not in learner.answer(page, unsure="1").text  # the same answer, sent again
    assert "answered before" in learner.answer(page, unsure="1", step=str(uuid.uuid4())).text
    assert settled(learner.post(f"{address}/finish")) == settled(ended)


def test_starting_the_same_exam_twice_starts_one(learner: Person) -> None:
    page = learner.get("/topics")
    set_id = re.search(r'name="set" value="([^"]+)"', page.text)
    assert set_id
    for _ in range(2):
        learner.post("/exam", {"set": set_id[1], "topic": "coroutines", "count": "10"})
    assert learner.get("/progress").text.count("(exam)") <= 1
    assert "Continue: Coroutines" in learner.get("/").text


def test_an_exam_of_a_wished_length_that_is_not_offered_is_refused(learner: Person) -> None:
    page = learner.get("/topics")
    set_id = re.search(r'name="set" value="([^"]+)"', page.text)
    assert set_id
    for count in ("11", "", "-1", "ten", "999999"):
        refused = learner.post("/exam", {"set": set_id[1], "topic": "", "count": count})
        assert refused.status_code == 422
