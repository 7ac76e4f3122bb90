"""What is shown when: where no mark, reason or key may be told, no byte of any page depends on one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product

import pytest
from flask import Flask

from quizapp.bank import Bank, Open, Question, Topic
from quizapp.learn import ALL, NOTHING, OWN, Paper, Part, Rules, Shows, Sight
from quizapp.store import Assignment, Assignments, Groups
from quizapp.web.asking import Telling, telling
from tests.classroom import give, joined, new_group, somebody
from tests.conftest import settled
from tests.web.test_secrecy import ASKED, BANK, SEED, _faces, with_another_key
from tests.web.test_secrecy import two_apps as two_apps  # the fixture
from tests.web.test_sitting import HOUR, MINUTE, at

pytestmark = pytest.mark.bulk

BEGUN = datetime(2026, 11, 2, 9, tzinfo=UTC)
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
VARYING = ("Content-Length", "X-Request-ID")
TOKENS = re.compile(r"""quizapp=[\w-]+|nonce(-|=")[\w-]+|[A-Z0-9]{5}-?[A-Z0-9]{5}\b""")


def _with_another(question: Question) -> Question:
    """The same question to look at, with another key and other words about it."""
    body = with_another_key(question, 1).model_dump()
    body |= {"level": question.level, "concepts": question.concepts}
    if "blanks" in body:
        body["blanks"] = [blank | {"accept": ["something else"]} for blank in body["blanks"]]
    if question.type == "duration" and not question.keys():
        body["run"] = {**(body["run"] or {}), "takes": 777.0}
    if isinstance(question, Open):
        points = [point | {"point": f"Other {point['id']}", "strong": "Other"} for point in body["rubric"]]
        body |= {"rubric": points, "model_answer": "Other"}
    return type(question).model_validate(body)


def _samples() -> tuple[Question, ...]:
    """One question of each type and way to answer, which looks the same with another key; and an open one."""
    found: dict[tuple[str, bool], Question] = {}
    for each in ASKED:
        other = _with_another(each)
        if other.revision != each.revision and _faces(each) == _faces(other):
            found.setdefault((each.type, bool(each.keys())), each)
    return (*found.values(), next(each for each in BANK if each.rated))


SAMPLES = _samples()


def _changed(bank: Bank) -> Bank:
    others = {each.id: _with_another(each) for each in SAMPLES}
    topics = tuple(
        Topic(each.id, each.title, each.about, tuple(others.get(q.id, q) for q in each.questions))
        for each in bank.topics
    )
    return Bank(bank.title, topics, bank.concepts, bank.misconceptions)


@pytest.fixture
def banks(two_apps: tuple[Flask, Flask], monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Flask, Flask]]:
    """Two apps whose banks differ in the keys of the samples, and all that goes with a key."""
    monkeypatch.setattr("quizapp.web.beginning.new_seed", lambda: SEED)
    two_apps[0].extensions["shelf"]._bank = BANK
    two_apps[1].extensions["shelf"]._bank = _changed(BANK)
    return two_apps


def answers(app: Flask, given: Assignment, attempt_id: str) -> list[tuple[str, ...]]:
    """Some answer to each question, the same for whoever looks at the page."""
    assignments: Assignments = app.extensions["assignments"]
    found = []
    for slot in assignments.attempt(attempt_id, given.owner).slots:
        asked = BANK[slot.question]
        many = len(asked.stems()) or (len(slot.shown) if asked.type == "ordering" else 1)
        texts = tuple(str(1 + number) for number in range(many))
        found.append(texts if asked.keys() else ("3",) * many)
    return found


class Walk:
    """A learner's way through an assignment, and every page of it, fit for comparing two apps."""

    def __init__(self, app: Flask, rules: Rules) -> None:
        _, trainer_id = somebody(app, "Mona", "trainer")
        group = new_group(app, trainer_id)
        self.given = give(app, group, rules, Paper("All types", tuple(Part(question=q.id) for q in SAMPLES)))
        self.app = app
        self.person, _ = joined(app, group, "Ada")
        self.pages: list[tuple[str, str]] = []
        self.phase = "before"

    def fetch(self, *paths: str) -> None:
        for path in paths:
            page = self.person.get(path)
            headers = sorted(each for each in page.headers if each[0] not in VARYING)
            text = f"{page.status_code} {self.person.at}\n{headers}\n{page.text}"
            self.pages.append((f"{self.phase} {path}", TOKENS.sub("", IDS.sub("", text))))

    def everywhere(self) -> None:
        places = [f"{self.address}/{place}" for place in range(1, len(SAMPLES) + 1)]
        self.fetch(f"/a/{self.given.code}", self.address, *places, f"{self.address}/done")
        self.fetch(f"{self.address}/copy.csv", *(f"{place}/report" for place in places))
        self.fetch(
            "/", "/assigned", "/topics", "/progress", "/progress/history", "/progress.csv", "/progress.json"
        )
        self.fetch(*(f"/progress/topics/{topic.id}" for topic in BANK.topics[:3]), "/review")

    def all(self) -> list[tuple[str, str]]:
        """Before, during, after, and once it is closed."""
        with at(BEGUN):
            self.fetch(f"/a/{self.given.code}")
            self.person.post(f"/a/{self.given.code}")
            self.address = self.person.at.rpartition("/")[0]
            self.phase = "during"
            for place, values in enumerate(answers(self.app, self.given, self.address[3:]), start=1):
                page = self.person.get(f"{self.address}/{place}")
                told = self.person.answer(page, *values)
                assert told.status_code == 200, (place, told.text)
                self.pages.append((f"answer {place}", TOKENS.sub("", IDS.sub("", told.text))))
            self.everywhere()
        self.phase = "after"
        with at(BEGUN + MINUTE):
            if self.given.rules.behaviour == "exam":
                self.person.post(f"{self.address}/finish")
            self.everywhere()
        self.phase = "closed"
        with at(BEGUN + 2 * HOUR):
            self.everywhere()
        return self.pages


@pytest.mark.parametrize(("behaviour", "sight"), list(product(("practice", "exam"), (NOTHING, OWN))))
def test_no_byte_depends_on_a_key_that_may_not_be_told(
    banks: tuple[Flask, Flask], behaviour: str, sight: Sight
) -> None:
    rules = Rules(
        behaviour="exam" if behaviour == "exam" else "practice",
        closes=BEGUN + HOUR,
        during=sight,
        after=sight,
        closed=sight,
    )
    walks = [Walk(app, rules).all() for app in banks]
    assert len(walks[0]) > 3 * len(SAMPLES)
    for (path, real), (_, other) in zip(*walks, strict=True):
        assert real == other, path


def test_each_type_and_way_to_answer_is_among_the_samples() -> None:
    assert {(each.type, bool(each.keys())) for each in SAMPLES} >= {
        (each.type, bool(each.keys())) for each in ASKED
    }


def test_the_comparison_would_notice_a_leak(banks: tuple[Flask, Flask]) -> None:
    """The control: as soon as the key may be told, the pages of each question do differ."""
    rules = Rules(behaviour="exam", closes=BEGUN + HOUR, during=OWN, after=OWN, closed=ALL)
    walks = [Walk(app, rules).all() for app in banks]
    differ = [path for (path, real), (_, other) in zip(*walks, strict=True) if real != other]
    assert {path.split()[0] for path in differ} == {"closed"}
    questions = [path for path in differ if re.search(r"/s/[^/]+/\d+$", path)]
    assert len({path.rpartition("/")[2] for path in questions}) == len(SAMPLES)
    assert any(path.endswith(".csv") for path in differ)


def test_ideas_say_nothing_of_answers_whose_reasons_are_not_told(banks: tuple[Flask, Flask]) -> None:
    rules = Rules(behaviour="exam", closes=BEGUN + HOUR, during=OWN, after=OWN, closed=OWN)
    walk = Walk(banks[0], rules)
    walk.all()
    groups: Groups = banks[0].extensions["groups"]
    nobody, _ = joined(banks[0], groups.group(walk.given.group, walk.given.owner), "Ben")
    named = {name for each in SAMPLES for _, name in each.misconceptions() if name in BANK.misconceptions}
    assert len(named) > 3
    for name in named:
        assert settled(walk.person.get(f"/ideas/{name}")) == settled(nobody.get(f"/ideas/{name}"))


# -- what each of the 16 combinations shows


def shown(question: Question, sight: Sight, *, well: bool = False) -> Telling:
    """What is told of a right or a wrong answer to a question."""
    from quizapp import learn
    from quizapp.learn import Pick, Quiz

    attempt = learn.start(
        Quiz(source="one", of=question.id, count=1),
        [Pick(question)],
        attempt_id="a",
        learner="l",
        seed=1,
        now=BEGUN,
        shows=Shows(sight, sight, sight),
    )
    wrong = tuple(key for key in attempt.slot(1).shown if key not in question.model())[:1]
    given = question.model() if well else wrong
    step = learn.answer(attempt, 1, question, given, sure=True, step_id="s", now=BEGUN)
    attempt = learn.fold(attempt, [step])
    return telling(question, attempt.slot(1), BANK, attempt.sight(1, BEGUN))


ONE = next(
    each
    for each in ASKED
    if each.type == "single-choice"
    and each.sources
    and all(each.grade((key,)).notes for key in set(each.keys()) - set(each.model()))
)


@pytest.mark.parametrize("sight", [Sight(*flags) for flags in product((False, True), repeat=4)], ids=str)
def test_what_is_told_in_each_combination(sight: Sight) -> None:
    told = shown(ONE, sight)
    has = {
        "own answer": bool(told.own) or any(row.tag == "Your answer" for row in told.rows),
        "verdict": told.state == "wrong",
        "notes": bool(told.notes) or any(row.why for row in told.rows),
        "right option": any(row.tag == "Correct" for row in told.rows),
        "explanation": bool(told.explanation),
        "sources": bool(told.sources),
    }
    assert has == {
        "own answer": sight.answer,
        "verdict": sight.mark,
        "notes": sight.reason,
        "right option": sight.key,
        "explanation": sight.reason and sight.key,
        "sources": sight.reason and sight.key,
    }
    assert (told.verdict_text == "Your answer is kept") is not sight.mark
    if not sight.key:
        right = ONE.tell(ONE.model(), ONE.keys())
        texts = [row.text for row in right if row.mark == "right"]
        assert not any(text in str(told) for text in texts)


@pytest.mark.parametrize("question", SAMPLES, ids=lambda each: each.type)
def test_a_telling_of_nothing_or_ones_own_holds_the_same_for_right_and_wrong_keys(question: Question) -> None:
    for sight in (NOTHING, OWN):
        real, other = (_kept_back(each, sight) for each in (question, _with_another(question)))
        assert real == other
        assert bool(real.own) is sight.answer


def _kept_back(question: Question, sight: Sight) -> Telling:
    from quizapp.learn import Slot, Step

    keys = sorted(question.keys(), key=question.face)
    answer = tuple(keys) if question.type in ("ordering", "matching") else tuple(keys[:1]) or ("3",)
    if question.type == "matching":
        answer = tuple(keys[: len(question.stems())])
    if question.type == "cloze":
        answer = ("3",) * len(question.stems())
    step = Step(id="s", place=1, kind="held", at=BEGUN, answer=answer, score=0.5)
    return telling(question, Slot(question="q", revision="r", shown=tuple(keys), step=step), BANK, sight)


def test_sight_follows_the_rules_as_they_are_now(app: Flask) -> None:
    """A trainer who opens the reasons early does so for attempts that are over, too."""
    _, trainer_id = somebody(app, "Mona", "trainer")
    group = new_group(app, trainer_id)
    given = give(app, group, "exam")
    person, _ = joined(app, group, "Ada")
    person.post(f"/a/{given.code}")
    address = person.at.rpartition("/")[0]
    person.answer(person.get(f"{address}/1"), unsure="1")
    person.post(f"{address}/finish")
    assert ">Why<" not in person.get(f"{address}/1").text
    assignments: Assignments = app.extensions["assignments"]
    rules = replace(given.rules, after=ALL)
    assignments.change(given.id, given.owner, title=given.title, paper=given.paper, rules=rules)
    assert ">Why<" in person.get(f"{address}/1").text
