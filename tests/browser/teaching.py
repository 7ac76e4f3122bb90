"""The pages of trainers, and of learners in groups and assignments, with a class that has left its traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page

from quizapp import learn
from quizapp.bank import Answer, Bank, Question
from quizapp.learn import PRESETS, Attempt, Override, Paper, Part, Quiz, Rules, draw_paper, make_terms
from quizapp.store import (
    Assignment,
    Assignments,
    Group,
    Groups,
    Kept,
    Regrade,
    Regrades,
    Report,
    Reports,
    Store,
)
from quizapp.web.guests import new_code, new_id
from tests.browser.visitors import wrong_answer
from tests.classroom import new_account
from tests.kestrel import HARDEST_FIRST, QUESTIONS, paper, team

GROUPS = ("groups, none", "groups", "groups, refused", "group", "group, empty", "group code")
GROUPS += ("member", "member, refused", "remove member", "another code")
JOINING = ("code to join", "code to join, unknown", "join", "join, name taken", "join, in already")
JOINING += ("join, closed", "assigned, none", "assigned", "own name in a group", "leave a group")
ASSIGNING = ("assignments, none", "assignments", "new assignment, the first", "new assignment")
ASSIGNING += ("link", "rules", "rules, refused", "overrides", "overrides, refused", "overrides, nobody")
ASSIGNING += ("build", "build, refused", "remove assignment", "remove quiz", "preview")
RESULTS = ("no results", "results, nobody yet", "results", "results, names hidden", "one learner")
RESULTS += ("one learner, open answer", "marking", "review, asked", "review, answers", "review, key")
REGRADING = ("regrade, which", "regrade", "regrade, refused", "regrade, dry run", "regrade, done")
REPORTS = ("reports, none", "reports", "questions", "question with figures")
REPORTS += ("report", "report, nothing chosen", "report sent")
SITTING = ("assigned before", "assigned, name taken", "assigned running", "assigned finished")
SITTING += ("assigned closed", "assigned not open", "sat with a clock", "sat open answer", "sat overview")
SITTING += (
    "told in practice",
    "told after a test",
    "held in an exam",
    "done with a test",
    "done with an exam",
)
PAGES = (*GROUPS, *JOINING, *ASSIGNING, *RESULTS, *REGRADING, *REPORTS, *SITTING)
WALKED = ("group", "new assignment", "rules", "overrides", "build", "marking", "review, key")
WALKED += ("regrade, dry run", "reports", "sat with a clock", "sat open answer", "assigned before")

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
AMARA, BEN, FARID = "Amara Diallo", "Ben Ortega", "Farid Nasser"
WORDS = "A task is scheduled at once.\n\nA coroutine waits until somebody awaits it."
REPORTED = "Nothing is printed on my machine.\n\nI ran it twice."


@dataclass(frozen=True)
class Seen:
    """Where a page is, and the cookies of the one who sees it."""

    path: str
    cookies: dict[str, str]


# -- traces


class Class:
    """A trainer, her groups, and what she assigned to whom; all put into the store at once."""

    def __init__(self, store: Store, bank: Bank) -> None:
        self.store, self.bank, self.moment = store, bank, datetime.now(UTC)
        self.groups, self.assignments = Groups(store.database), Assignments(store.database)
        self.owner, self.token = new_account(store, f"Mona Keller {new_id()[-6:]}", "trainer")
        _, self.idle = new_account(store, f"Nora {new_id()[-6:]}", "trainer")
        self.kestrel, self.tokens = team(store, self.owner, bank)
        self.members = {each.name: each for each in self.groups.members(self.kestrel.group)}
        self.pages: dict[str, Seen] = {}

    def see(self, token: str, pages: dict[str, str], **cookies: str) -> None:
        """Add pages as a browser with that token sees them; without one, as a stranger does."""
        mine = {"quizapp": token} if token else {}
        self.pages |= {name: Seen(path, mine | cookies) for name, path in pages.items()}

    def group(self, name: str, *, joinable: bool = True) -> Group:
        """Another group of the trainer's."""
        group = Group(new_id(), self.owner, name, new_code(), joinable, self.moment)
        self.groups.add(group)
        return group

    def give(self, title: str, rules: Rules, asked: Sequence[Part], *, group: str = "") -> Assignment:
        """Assign questions, to Team Kestrel where no other group is named."""
        assignment = Assignment(
            id=new_id(),
            owner=self.owner,
            group=group or self.kestrel.group,
            title=title,
            code=new_code(),
            paper=Paper(title, tuple(asked)),
            rules=rules,
            made=self.moment - HOUR,
        )
        self.assignments.add(assignment)
        return assignment

    def sit(
        self,
        given: Assignment,
        name: str,
        answers: Iterable[Answer] = (),
        *,
        ends: bool = False,
        ago: timedelta = HOUR,
    ) -> Attempt:
        """Somebody begins, gives these answers, place by place, and ends it where that is said."""
        who, began = self.members[name].learner, datetime.now(UTC) - ago

        def make(rules: Rules, number: int) -> tuple[Attempt, Iterable[Question]]:
            picks = draw_paper(given.paper, self.bank, seed=1, seen={})
            quiz = Quiz(source="assignment", of=given.id, mode=rules.behaviour, count=len(picks))
            terms = make_terms(rules, given.id, number, began)
            begun = learn.start(quiz, picks, attempt_id=new_id(), learner=who, seed=1, now=began, terms=terms)
            return begun, [pick.question for pick in picks]

        attempt = self.store.attempt(self.assignments.begin(given.id, who, began, make), who)
        asked = [self.bank[slot.question] for slot in attempt.slots]
        for place, answer in enumerate(answers, start=1):
            at = began + place * timedelta(seconds=40)
            step = learn.answer(attempt, place, asked[place - 1], answer, sure=True, step_id=new_id(), now=at)
            self.store.add_step(attempt, step)
        if ends:
            at = began + HOUR / 2
            self.store.finish(attempt.id, who, lambda current: learn.finish(current, asked, now=at))
        return self.store.attempt(attempt.id, who)

    def attempt(self, given: Assignment, name: str) -> str:
        """The id of somebody's first attempt."""
        return self.assignments.sittings(given.id, self.members[name].learner)[0].attempt

    def kept(self, given: Assignment, name: str) -> Attempt:
        """Somebody's first attempt as it is kept now."""
        return self.store.attempt(self.attempt(given, name), self.members[name].learner)


def fixed(*questions: Question) -> list[Part]:
    """A part for each of these questions."""
    return [Part(question=each.id) for each in questions]


def choices_of(bank: Bank, count: int) -> list[Question]:
    """The first questions with one choice."""
    return [each for each in bank if each.type == "single-choice"][:count]


def open_of(bank: Bank) -> Question:
    """The open question with most text."""
    return max(
        (each for each in bank if each.rated), key=lambda each: len(each.prompt) + len(each.explanation)
    )


# -- pages


def teach(store: Store, bank: Bank) -> dict[str, Seen]:
    """All the pages, by name, once everybody has been there."""
    room = Class(store, bank)
    for add in (_groups, _joining, _assigning, _results, _exam, _test, _doors, _regrading, _reports):
        add(room)
    return room.pages


def _groups(room: Class) -> None:
    one, group = room.members[BEN], f"/t/groups/{room.kestrel.group}"
    room.groups.change_member(one.id, room.owner, name=BEN, labels=("evening", "extra time"))
    room.see(room.idle, {"groups, none": "/t/"})
    member = f"{group}/members/{one.id}"
    pages = {"groups": "/t/", "groups, refused": "/t/", "group": group, "group code": f"{group}/code"}
    pages |= {"group, empty": f"/t/groups/{room.group('Monday evenings, beginners').id}"}
    pages |= {"member": member, "member, refused": member, "remove member": f"{member}/remove"}
    room.see(room.token, pages | {"another code": f"{group}/renew"})


def _joining(room: Class) -> None:
    code = room.groups.group(room.kestrel.group, room.owner).code
    closed, joined = room.group("Last year", joinable=False), f"/joined/{room.kestrel.group}"
    pages = dict.fromkeys(("code to join", "code to join, unknown"), "/join")
    pages |= dict.fromkeys(("join", "join, name taken"), f"/join/{code}")
    room.see("", pages | {"join, closed": f"/join/{closed.code}", "assigned, none": "/assigned"})
    pages = {"own name in a group": joined, "leave a group": f"{joined}/leave"}
    room.see(room.tokens[AMARA], pages | {"assigned": "/assigned", "join, in already": f"/join/{code}"})


def _assigning(room: Class) -> None:
    kept = Kept(new_id(), room.owner, replace(paper(room.bank), title="For Tuesday"), room.moment)
    room.assignments.add_paper(kept)
    draw = Part(topic=room.bank.topics[0].id, count=2, weight=1.5)
    parts = (*kept.paper.parts, draw)
    empty = room.give("For later", PRESETS["exam"], parts, group=room.group("Nobody yet").id)
    more = Override(extra_time=25, attempts=3)
    room.assignments.set_override(room.kestrel.id, room.owner, "label evening", more)
    here, later = (f"/t/assignments/{each.id}" for each in (room.kestrel, empty))
    first = {"assignments, none": "/t/assignments", "new assignment, the first": "/t/assignments/new"}
    room.see(room.idle, first)
    pages = {"assignments": "/t/assignments", "new assignment": f"/t/assignments/new?chosen={kept.id}"}
    pages |= {"link": f"{later}/link", "preview": f"{later}/link", "remove assignment": f"{later}/remove"}
    pages |= dict.fromkeys(("rules", "rules, refused"), f"{here}/rules")
    pages |= dict.fromkeys(("overrides", "overrides, refused"), f"{here}/overrides")
    pages |= {"overrides, nobody": f"{later}/overrides", "results, nobody yet": later}
    pages |= {"build": f"/t/quizzes/new?from={empty.id}", "build, refused": f"/t/quizzes/new?from={empty.id}"}
    room.see(room.token, pages | {"remove quiz": f"/t/quizzes/{kept.id}/remove"})


def _results(room: Class) -> None:
    here = f"/t/assignments/{room.kestrel.id}"
    review = f"{here}/review/{HARDEST_FIRST[0]}"
    room.see(room.idle, {"no results": "/t/results"})
    room.see(room.token, {"results, names hidden": f"{here}?q=6"}, names="hidden")
    pages = {"results": f"{here}?q=4", "one learner": f"{here}/learner/{room.members[BEN].id}"}
    pages |= {"review, asked": review, "review, answers": f"{review}?show=answers"}
    room.see(room.token, pages | {"review, key": f"{review}?show=key"})
    told = f"/s/{room.attempt(room.kestrel, BEN)}/{HARDEST_FIRST[0]}"
    room.see(room.tokens[BEN], {"told in practice": told})


def _exam(room: Class) -> None:
    """An exam with an open question: Amara sits it, Ben has handed it in and waits for his result."""
    asked = [*choices_of(room.bank, 2), open_of(room.bank)]
    rules = replace(PRESETS["exam"], minutes=300, closes=room.moment + DAY, zone="Europe/Berlin")
    given = room.give("An exam with words", replace(rules, shuffle=False), fixed(*asked))
    answers = [asked[0].model(), wrong_answer(asked[1]), (WORDS,)]
    room.sit(given, BEN, answers, ends=True)
    room.sit(given, AMARA, answers[:1], ago=HOUR / 4)
    here, mine = f"/t/assignments/{given.id}", f"/s/{room.attempt(given, AMARA)}"
    pages = {"assigned running": f"/a/{given.code}", "sat with a clock": f"{mine}/1"}
    room.see(room.tokens[AMARA], pages | {"sat open answer": f"{mine}/3", "sat overview": f"{mine}/done"})
    theirs = f"/s/{room.attempt(given, BEN)}"
    room.see(room.tokens[BEN], {"held in an exam": f"{theirs}/1", "done with an exam": f"{theirs}/done"})
    pages = {"one learner, open answer": f"{here}/learner/{room.members[BEN].id}"}
    room.see(room.token, pages | {"marking": f"{here}/marking?question={asked[2].id}"})


def _test(room: Class) -> None:
    """A test that has two attempts, late ones too: Ben has handed in the first, after it was due."""
    asked = choices_of(room.bank, 3)
    rules = replace(PRESETS["test"], attempts=2, due=room.moment - HOUR, late=50)
    given = room.give("A test", rules, fixed(*asked))
    attempt = room.sit(given, BEN, map(wrong_answer, asked), ends=True)
    pages = {"assigned finished": f"/a/{given.code}", "told after a test": f"/s/{attempt.id}/2"}
    room.see(room.tokens[BEN], pages | {"done with a test": f"/s/{attempt.id}/done"})


def _doors(room: Class) -> None:
    """Assignments as a stranger meets them."""
    asked = fixed(*choices_of(room.bank, 3))
    opens = room.give("Next week", replace(PRESETS["test"], opens=room.moment + 7 * DAY), asked)
    closed = room.give("Last week", replace(PRESETS["test"], closes=room.moment - 7 * DAY), asked)
    pages = dict.fromkeys(("assigned before", "assigned, name taken"), f"/a/{room.kestrel.code}")
    room.see("", pages | {"assigned not open": f"/a/{opens.code}", "assigned closed": f"/a/{closed.code}"})


def _regrading(room: Class) -> None:
    """What may be regraded, and a test of which one question was."""
    asked = choices_of(room.bank, 2)
    given = room.give("Regraded", PRESETS["test"], fixed(*asked))
    room.sit(given, BEN, map(wrong_answer, asked), ends=True)
    regrade = Regrade(
        id=new_id(),
        assignment=given.id,
        question=asked[0].id,
        how="everyone",
        reason="Two answers were right.",
        by=room.owner,
        made=room.moment,
    )
    Regrades(room.store.database).apply(regrade, room.owner, None)
    here = f"/t/assignments/{room.kestrel.id}/regrade"
    one = f"{here}?question={QUESTIONS[HARDEST_FIRST[0] - 1]}"
    pages = {"regrade, which": here, "regrade": one, "regrade, refused": one}
    pages |= {"regrade, dry run": f"{one}&how=everyone&reason=The+key+was+wrong."}
    done = f"/t/assignments/{given.id}/regrade?question={asked[0].id}&done={regrade.id}"
    room.see(room.token, pages | {"regrade, done": done})


def _reports(room: Class) -> None:
    """Two reports of Team Kestrel: one waits, one is answered and closed."""
    place, reports = HARDEST_FIRST[0], Reports(room.store.database)
    hardest = room.bank[QUESTIONS[place - 1]]
    for name, closed in ((BEN, None), (FARID, room.moment)):
        report = Report(
            id=new_id(),
            learner=room.members[name].learner,
            question=hardest.id,
            revision=hardest.revision,
            attempt=room.attempt(room.kestrel, name),
            place=place,
            assignment=None,
            reason="key",
            text=REPORTED,
            made=room.moment,
            reply="It is printed when the loop closes." if closed else "",
            closed=closed,
        )
        reports.add(report)
    room.see(room.idle, {"reports, none": "/t/reports"})
    pages = {"reports": "/t/reports", "questions": "/t/questions"}
    room.see(room.token, pages | {"question with figures": f"/t/questions/{hardest.id}"})
    mine = f"/s/{room.attempt(room.kestrel, BEN)}"
    pages = dict.fromkeys(("report", "report, nothing chosen"), f"{mine}/1/report")
    room.see(room.tokens[BEN], pages | {"report sent": f"{mine}/{place}/report?sent=1"})


# -- what is done before a page is seen


def _press(button: str, **fields: str) -> Callable[[Page], None]:
    """Fill in fields by their ids, and press a button."""

    def prepare(page: Page) -> None:
        for field_id, text in fields.items():
            page.locator(f"#{field_id}").fill(text)
        page.get_by_role("main").get_by_role("button", name=button, exact=True).click()

    return prepare


PREPARE: dict[str, Callable[[Page], None]] = {
    "groups, refused": _press("Make the group", name=" "),
    "member, refused": _press("Save", name="", labels="evening"),
    "code to join, unknown": _press("Go on", code="0000-0000-00"),
    "join, name taken": _press("Join", name=AMARA),
    "rules, refused": _press("Save the rules", title="", minutes="soon"),
    "overrides, refused": _press("Save", extra_time="much"),
    "build, refused": _press("Save the quiz", title=""),
    "preview": _press("Preview as a learner"),
    "regrade, refused": _press("Show what would change"),
    "report, nothing chosen": _press("Send"),
    "assigned, name taken": _press("Start", name=AMARA),
}
