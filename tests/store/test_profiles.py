import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from quizapp import learn
from quizapp.bank import Bank, Question, revive
from quizapp.learn import Answered, Profile, Step
from quizapp.store import Profiles, Store
from quizapp.store.profiles import KEEP_EVERY
from tests.store.keeping import BANK, NOON, answers, at_once, begin, keep, keep_all, step_for

DAY = timedelta(days=1)


@pytest.fixture
def profiles(store: Store) -> Iterator[Profiles]:
    store.add_learner("ann", "token of ann", NOON)
    store.add_learner("bob", "token of bob", NOON)
    return Profiles(store.database)


def from_scratch(store: Store, bank: Bank = BANK) -> Profile:
    """The fold of all that is kept, without any kept profile."""

    def asked(answered: Answered) -> Question:
        return bank.by_revision.get(answered.revision) or store.question(answered.revision)

    return learn.fold_answers(Profile(), store.answers_of("ann"), asked)


def same(one: Profile, other: Profile) -> bool:
    """Whether two profiles are equal, and in the same order, so that pages made of them are, too."""
    return one == other and all(
        list(getattr(one, part)) == list(getattr(other, part))
        for part in ("cards", "topics", "concepts", "ideas", "weeks")
    )


def changed(question_id: str, **keys: object) -> Bank:
    """The bank, with some keys of one question changed."""
    topics = tuple(
        replace(
            topic,
            questions=tuple(
                revive(each.body() | keys) if each.id == question_id else each for each in topic.questions
            ),
        )
        for topic in BANK.topics
    )
    return replace(BANK, topics=topics)


def without(question_id: str) -> Bank:
    """The bank, without one question."""
    topics = tuple(
        replace(topic, questions=tuple(each for each in topic.questions if each.id != question_id))
        for topic in BANK.topics
    )
    return replace(BANK, topics=topics)


def test_who_has_not_answered_has_an_empty_profile(profiles: Profiles) -> None:
    assert profiles.of("ann", BANK) == profiles.of("nobody", BANK) == Profile()


@pytest.mark.parametrize("seed", range(3))
def test_reading_again_and_again_gives_the_same_as_reading_once(
    store: Store, profiles: Profiles, seed: int
) -> None:
    dice = random.Random(seed)
    for number, one in enumerate(answers(130, seed=seed), start=1):
        keep(store, one)
        if dice.random() < 0.2:
            assert profiles.of("ann", BANK).total.answers == number
    assert same(profiles.of("ann", BANK), from_scratch(store))


@pytest.mark.parametrize("seed", range(3))
def test_the_card_of_one_question_is_the_one_in_the_whole_profile(
    store: Store, profiles: Profiles, seed: int
) -> None:
    """Whether nothing is kept yet, an old copy, or the newest; and of questions nobody has answered."""
    dice, ids = random.Random(seed), [question.id for question in BANK]
    for one in answers(50, seed=seed):
        keep(store, one)
        if dice.random() < 0.1:
            profiles.of("ann", BANK)
        if dice.random() < 0.3:
            cards = from_scratch(store).cards
            for question_id in [*dice.sample(ids, 3), *cards]:
                assert profiles.card("ann", question_id, BANK) == cards.get(question_id)
    assert profiles.card("nobody", ids[0], BANK) is None


@pytest.mark.parametrize("seed", range(3))
def test_answers_that_arrive_in_any_order_give_the_same(store: Store, profiles: Profiles, seed: int) -> None:
    dice, sets = random.Random(seed), list(answers(100, seed=seed))
    dice.shuffle(sets)
    for one in sets:
        keep(store, one)
        if dice.random() < 0.15:
            profiles.of("ann", BANK)
    assert same(profiles.of("ann", BANK), from_scratch(store))


@pytest.mark.parametrize(
    ("earlier", "name"), [(timedelta(microseconds=1), "z"), (3 * DAY, "z"), (timedelta(0), "0"), (-DAY, "z")]
)
def test_an_answer_that_arrives_late_is_folded_in_its_place(
    store: Store, profiles: Profiles, earlier: timedelta, name: str
) -> None:
    *sets, last = answers(2 * KEEP_EVERY)
    keep_all(store, sets)
    newest = profiles.of("ann", BANK).last_at
    assert newest is not None
    attempt, picks, step = last
    keep(store, (attempt, picks, replace(step, at=newest - earlier, id=name)))
    assert same(profiles.of("ann", BANK), from_scratch(store))
    assert profiles.of("ann", BANK).total.answers == 2 * KEEP_EVERY


def test_dropping_what_is_kept_and_reading_again_gives_the_same(store: Store, profiles: Profiles) -> None:
    keep_all(store, answers(KEEP_EVERY + 5))
    folded = profiles.of("ann", BANK)
    kept = profiles.of("ann", BANK)
    assert profiles.forget() == 1
    assert profiles.forget() == 0
    assert same(kept, folded)
    assert same(profiles.of("ann", BANK), folded)
    assert profiles.forget() == 1


def test_a_copy_is_kept_once_it_is_worth_it(store: Store, profiles: Profiles) -> None:
    sets = list(answers(KEEP_EVERY))
    keep_all(store, sets[:-1])
    profiles.of("ann", BANK)
    assert profiles.forget() == 0
    keep(store, sets[-1])
    profiles.of("ann", BANK)
    assert profiles.forget() == 1


def test_a_kept_copy_saves_reading_what_is_in_it(store: Store, profiles: Profiles) -> None:
    keep_all(store, answers(KEEP_EVERY))
    kept = profiles.of("ann", BANK)
    store.database.write(lambda db: db.exec_driver_sql("UPDATE step SET score = 1"))
    assert same(profiles.of("ann", BANK), kept)
    profiles.forget()
    assert profiles.of("ann", BANK).total.right == KEEP_EVERY != kept.total.right


def test_another_learners_answers_are_not_in_it(store: Store, profiles: Profiles) -> None:
    keep_all(store, answers(30))
    before = profiles.of("ann", BANK)
    keep_all(store, answers(30, learner="bob", seed=2))
    assert same(profiles.of("ann", BANK), before)
    assert profiles.of("bob", BANK).total.answers == 30
    assert profiles.forget() == 2


def test_a_question_that_measures_something_else_now_is_folded_anew(store: Store, profiles: Profiles) -> None:
    keep_all(store, answers(30))
    before = profiles.of("ann", BANK)
    question = BANK[next(iter(before.cards))]
    other = next(each for each in BANK.concepts if each not in before.concepts)
    bank = changed(question.id, concepts=[other])
    assert bank[question.id].revision == question.revision
    assert bank.fingerprint != BANK.fingerprint
    after = profiles.of("ann", bank)
    assert other in after.concepts
    assert same(after, from_scratch(store, bank))
    assert same(profiles.of("ann", BANK), before)


def test_an_explanation_that_is_rewritten_changes_nothing(store: Store, profiles: Profiles) -> None:
    keep_all(store, answers(30))
    before = profiles.of("ann", BANK)
    bank = changed(next(iter(before.cards)), explanation="Told in other words.")
    assert bank.fingerprint == BANK.fingerprint
    assert same(profiles.of("ann", bank), before)


def test_an_answer_to_a_question_that_is_asked_otherwise_now_is_read_as_it_was_asked(
    store: Store, profiles: Profiles
) -> None:
    keep_all(store, answers(30))
    before = profiles.of("ann", BANK)
    bank = changed(next(iter(before.cards)), prompt="Asked in other words?")
    assert same(profiles.of("ann", bank), before)
    assert same(from_scratch(store, bank), before)


def test_an_answer_to_a_question_that_is_gone_is_read_as_it_was_asked(
    store: Store, profiles: Profiles
) -> None:
    keep_all(store, answers(30))
    before = profiles.of("ann", BANK)
    bank = without(next(iter(before.cards)))
    assert len(bank) == len(BANK) - 1
    assert same(profiles.of("ann", bank), before)


def test_a_hint_that_comes_after_the_answer_is_in_neither_the_kept_copy_nor_a_new_one(
    store: Store, profiles: Profiles
) -> None:
    attempt = begin(store)
    keep_all(store, answers(KEEP_EVERY))
    store.add_step(attempt, step_for(attempt, 1, "s"))
    kept = profiles.of("ann", BANK)
    store.add_step(attempt, Step(id="h", place=1, kind="hint", at=NOON - DAY))
    profiles.forget()
    assert same(profiles.of("ann", BANK), kept)


def test_reading_at_once_from_several_threads_while_answers_arrive_gives_the_same(
    store: Store, profiles: Profiles
) -> None:
    sets = list(answers(80))

    def act(number: int) -> object:
        if number:
            return [profiles.of("ann", BANK).total.answers for _ in range(15)]
        return keep_all(store, sets)

    counts = at_once(5, act)[1:]
    assert all(isinstance(each, list) and each == sorted(each) for each in counts)
    assert same(profiles.of("ann", BANK), from_scratch(store))
