"""Team Kestrel: twelve learners, ten questions, and what they answered; two are still at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from quizapp import learn
from quizapp.bank import Bank
from quizapp.learn import PRESETS, Attempt, Paper, Part, Rules
from quizapp.store import Assignment, Assignments, Group, Groups, Member, Store
from quizapp.web.guests import hashed, new_code, new_id, new_token
from tests.past import wrong_answer
from tests.sat import maker

QUESTIONS = (
    "coroutines/calling-does-not-run",
    "coroutines/what-a-call-returns",
    "coroutines/async-without-await",
    "common-mistakes/time-sleep-in-gather",
    "event-loop/{choice}",
    "tasks/{choice}",
    "cancellation/{choice}",
    "timeouts/{choice}",
    "synchronization/{choice}",
    "io-vs-cpu-fit/{choice}",
)
"""The topic's first single-choice question stands for `{choice}`."""
HARDEST_FIRST = (4, 6, 8, 3, 5, 7, 9, 10, 2, 1)
ANSWERS = {
    "Amara Diallo": "oooooooooo",
    "Ben Ortega": "xoxooooooo",
    "Chen Wei": "oooooooooo",
    "Dara Okafor": "oo??oooooo",
    "Elif Kaya": "oooooxoooo",
    "Farid Nasser": "xx.xx...?o",
    "Greta Lindqvist": "xooooooooo",
    "Hana Sato": "?xooxooooo",
    "Ines Moreau": "xxxxoooooo",
    "Jonas Weber": "xxxooo..oo",
    "Kavya Rao": "oooooooooo",
    "Luca Bianchi": "xxo??x??oo",
}
"""By learner: right, wrong, not sure and wrong, not reached; the hardest question first."""
ANSWERING = ("Farid Nasser", "Jonas Weber")
ZONE = "Europe/Berlin"


def paper(bank: Bank) -> Paper:
    """Ten questions of nine topics."""
    return Paper("Asyncio basics", tuple(Part(question=_named(bank, each)) for each in QUESTIONS))


def _named(bank: Bank, pattern: str) -> str:
    topic = pattern.partition("/")[0]
    choice = next(each.id for each in bank if each.topic == topic and each.type == "single-choice")
    return choice if pattern.endswith("{choice}") else pattern


def team(
    store: Store, trainer: str, bank: Bank, rules: Rules | None = None, now: datetime | None = None
) -> tuple[Assignment, dict[str, str]]:
    """The team's assignment with all answers; and each learner's token by name."""
    moment = now or datetime.now(UTC)
    groups, assignments = Groups(store.database), Assignments(store.database)
    group = Group(new_id(), trainer, "Team Kestrel", new_code(), True, moment - timedelta(days=2))
    groups.add(group)
    closes = moment + timedelta(days=1)
    assignment = Assignment(
        id=new_id(),
        owner=trainer,
        group=group.id,
        title="Asyncio basics",
        code=new_code(),
        paper=paper(bank),
        rules=rules or replace(PRESETS["practice"], closes=closes, zone=ZONE),
        made=moment - timedelta(days=1),
    )
    assignments.add(assignment)
    tokens = {}
    for number, (name, given) in enumerate(ANSWERS.items()):
        learner, tokens[name] = new_id(), new_token()
        began = moment - timedelta(minutes=90 - 3 * number)
        store.add_learner(learner, hashed(tokens[name]), began, "Firefox on Linux")
        groups.join(Member(new_id(), group.id, learner, name, (), began))
        take(store, assignments, assignment, learner, bank, given, began)
    return assignment, tokens


def take(
    store: Store,
    assignments: Assignments,
    assignment: Assignment,
    learner: str,
    bank: Bank,
    given: str,
    began: datetime,
) -> Attempt:
    """One learner's attempt: what `given` says, and its end where all was reached."""
    make = maker(assignment, learner, bank, began, shuffles=False)
    attempt = store.attempt(assignments.begin(assignment.id, learner, began, make), learner)
    for place, what in sorted(zip(HARDEST_FIRST, given, strict=True)):
        if what == ".":
            continue
        question = bank[attempt.slot(place).question]
        answer = question.model() if what == "o" else wrong_answer(question)
        began += timedelta(seconds=30 + 11 * (place % 4) + 7 * (what != "o"))
        step = learn.answer(attempt, place, question, answer, sure=what != "?", step_id=new_id(), now=began)
        store.add_step(attempt, step)
    attempt = store.attempt(attempt.id, learner)
    if attempt.quiz.mode == "exam" and "." not in given:
        asked = [bank[slot.question] for slot in attempt.slots]
        store.finish(attempt.id, learner, lambda current: learn.finish(current, asked, now=began))
    return store.attempt(attempt.id, learner)
