from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from quizapp import learn
from quizapp.bank import load
from quizapp.learn import Answered
from quizapp.shipped import shipped

BANK = load(shipped("questions"))
IDS = [question.id for question in BANK if not question.rated]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

histories = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from([0.0, 0.5, 1.0])))


def answers(history: list[tuple[str, float]]) -> list[Answered]:
    return [
        Answered(
            question=question,
            revision="r",
            attempt="a",
            place=1,
            mode="practice",
            answer=(),
            sure=True,
            score=score,
            at=NOON + timedelta(minutes=number),
        )
        for number, (question, score) in enumerate(history)
    ]


@given(histories)
def test_the_last_answer_to_each_question_counts(history: list[tuple[str, float]]) -> None:
    last = learn.latest(answers(history))
    assert {question: answered.score for question, answered in last.items()} == dict(history)
    assert learn.missed(last) == {question for question, score in dict(history).items() if score < 1}


@given(histories)
def test_topics_add_up_to_the_bank(history: list[tuple[str, float]]) -> None:
    topics = learn.by_topic(BANK, learn.latest(answers(history)))
    assert sum(topic.questions for topic in topics) == sum(not question.rated for question in BANK)
    assert sum(topic.seen for topic in topics) == len(dict(history))
    assert sum(topic.right for topic in topics) == list(dict(history).values()).count(1.0)
    assert all(topic.right <= topic.seen <= topic.questions for topic in topics)
