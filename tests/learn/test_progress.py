from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from quizapp import learn
from quizapp.learn import Answered, Idea, Mastery, Profile, Tally
from tests.learn.logs import BANK, NOON, folded, logs

TODAY = NOON.date()
names = st.sampled_from([*sorted(BANK.misconceptions)[:4], "gone-from-the-bank"])
ideas = st.builds(Idea, st.integers(0, 3), st.integers(3, 6), st.integers(0, 3), st.just(NOON))


@settings(deadline=None)
@given(logs())
def test_topics_add_up_to_the_bank(log: list[Answered]) -> None:
    profile, last = folded(log), {answered.question: answered.score for answered in log}
    topics = learn.by_topic(BANK, profile)
    assert sum(topic.questions for topic in topics) == sum(not question.rated for question in BANK)
    assert sum(topic.seen for topic in topics) == len(last)
    assert sum(topic.right for topic in topics) == list(last.values()).count(1.0)
    assert all(topic.right <= topic.seen <= topic.questions for topic in topics)
    assert all(topic.mastery == profile.topics.get(topic.topic, Mastery()) for topic in topics)


def test_what_is_gone_from_the_bank_is_in_no_topic() -> None:
    kept = folded([])
    profile = Profile(cards=kept.cards, topics={"gone": Mastery().after(1)})
    assert "gone" not in {topic.topic for topic in learn.by_topic(BANK, profile)}


@settings(deadline=None)
@given(st.dictionaries(names, ideas))
def test_ideas_that_are_held_come_most_often_chosen_first(ideas: dict[str, Idea]) -> None:
    found = learn.held(Profile(ideas=ideas), BANK)
    expected = {name for name, idea in ideas.items() if idea.is_held and name in BANK.misconceptions}
    assert {name for name, _ in found} == expected
    assert [idea.chosen for _, idea in found] == sorted((idea.chosen for _, idea in found), reverse=True)


def test_every_misconception_that_a_question_offers_can_be_practised() -> None:
    for name in BANK.misconceptions:
        offered = {question.id for question in BANK.by_misconception.get(name, ())}
        assert offered == {
            question.id
            for question in BANK
            if not question.rated and name in [each for _, each in question.misconceptions()]
        }


@settings(deadline=None)
@given(logs(), st.integers(0, 400))
def test_the_last_twelve_weeks_are_shown_oldest_first(log: list[Answered], days: int) -> None:
    profile, today = folded(log), TODAY + timedelta(days=days)
    weeks = learn.weekly(profile, today)
    mondays = [monday for monday, _ in weeks]
    assert mondays == [mondays[0] + timedelta(weeks=number) for number in range(12)]
    assert timedelta(0) <= today - mondays[-1] < timedelta(days=7)
    assert all(tally == profile.weeks.get(monday.isoformat(), Tally()) for monday, tally in weeks)
