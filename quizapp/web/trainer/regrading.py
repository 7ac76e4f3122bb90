"""Regrading: what a mended question or an overruled key changes, before and after it does."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any, cast, get_args
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from quizapp.bank import Answer, Question
from quizapp.learn import Change, How, NotNow
from quizapp.store import Asked, Assignment, DryRun, Missing, Regrade, last_of
from quizapp.web.guests import assignments, new_id, now, regrades, store, trainer
from quizapp.web.markup import inline, plain
from quizapp.web.opening import bank, question_finder, sent_id
from quizapp.web.sheets import csv_file, file_name
from quizapp.web.trainer.results import end_overdue

bp = Blueprint("regrading", __name__, url_prefix="/t/assignments")

MOST_ROWS = 200
MOST_CHOICES = 100
"""Different answers that are offered to be accepted, the most frequent first."""
LONGEST_REASON = 300
HOWS: Mapping[str, str] = {
    "mended": "Grade by the mended question",
    "accept": "Count more answers as right",
    "everyone": "Full marks for everyone who was asked",
}
WHYS: Mapping[str, str] = {
    "mended": "graded by the mended question",
    "accepted": "counts as right now",
    "as before": "the score it had before any regrade",
    "everyone": "full marks for everyone",
    "same": "same score",
    "by hand": "marked by hand: the mark stands",
    "gone": "this answer no longer exists: its score stays",
    "not lower": "would be lower: its score stays",
}
COLUMNS = ("learner", "answer", "score", "new_score", "why", "attempt", "place", "revision")
APART = frozenset({"prompt", "code", "options"})
"""Fields of a question whose changes are told one by one."""
CHANGED = "The question has just been changed in the bank. Look again at what would change."
NO_ANSWER = "No answer"


@dataclass(frozen=True)
class Choice:
    """An answer that was given, in words, and how often. `key` is what the form sends for it."""

    key: str
    said: Answer
    html: Markup
    count: int
    is_right: bool


@dataclass(frozen=True)
class Difference:
    """What changed between two revisions, as it was and as it is."""

    field: str
    old: Markup
    new: Markup


@dataclass(frozen=True)
class Row:
    """One change as the page and the file show it."""

    name: str
    member: str
    answer: str
    old: str
    new: str
    why: str


@dataclass(frozen=True)
class Topic:
    """What is regraded: a question of an assignment, as it was asked and as it is now.

    `current` is None where the bank no longer has it, or has it as everybody was asked.
    """

    assignment: Assignment
    asked: Question
    revisions: tuple[Asked, ...]
    current: Question | None
    choices: tuple[Choice, ...]
    """The different answers that were given, most frequent first; none to an open question."""

    @property
    def id(self) -> str:
        """The question's id."""
        return self.asked.id

    def mended(self, how: str) -> Question | None:
        """The question that grades now, where a regrade goes by it."""
        return self.current if how == "mended" else None


@dataclass(frozen=True)
class Wish:
    """A regrade as somebody asks for it, and what is wrong with that: by field, in words."""

    regrade: Regrade
    faults: Mapping[str, str]
    keys: tuple[str, ...]
    """What the form sends for the answers that are to count as right."""


# -- pages


@bp.get("/<uuid:assignment_id>/regrade")
def page(assignment_id: UUID) -> ResponseReturnValue:
    """The form, and once it says how, what that would change; below it, what was regraded before."""
    assignment = assignments().assignment(str(assignment_id), trainer().id)
    if "question" not in request.args:
        return _page(assignment, None)
    topic = _topic(assignment, request.args["question"])
    wish = _wish(topic, request.args) if "reason" in request.args else None
    return _page(assignment, topic, wish)


@bp.get("/<uuid:assignment_id>/regrade.csv")
def changes(assignment_id: UUID) -> ResponseReturnValue:
    """All that a regrade would do, answer by answer, as a file."""
    assignment = assignments().assignment(str(assignment_id), trainer().id)
    if "question" not in request.args:
        return redirect(url_for(".page", assignment_id=assignment_id), 303)
    topic = _topic(assignment, request.args["question"])
    wish = _wish(topic, request.args)
    if wish.faults:
        return _page(assignment, topic, wish)
    found = regrades().changes(wish.regrade, trainer().id, topic.mended(wish.regrade.how))
    name = file_name(assignment.title, "regrade", topic.id)
    question_of = question_finder()
    return csv_file(name, COLUMNS, (_cells(each, question_of) for each in found))


@bp.post("/<uuid:assignment_id>/regrade")
def apply(assignment_id: UUID) -> ResponseReturnValue:
    """Regrade, once, and go to where it can be undone."""
    assignment = assignments().assignment(str(assignment_id), trainer().id)
    topic = _topic(assignment, request.form.get("question", ""))
    wish = _wish(topic, request.form, sent_id("regrade"))
    if wish.regrade.mended != request.form.get("mended", ""):
        wish = replace(wish, faults={"how": CHANGED} | dict(wish.faults))
    if wish.faults:
        return _page(assignment, topic, wish)
    done = regrades().apply(wish.regrade, trainer().id, topic.mended(wish.regrade.how))
    return redirect(_address(assignment, topic.id, done.id), 303)


@bp.post("/<uuid:assignment_id>/regrade/<uuid:regrade_id>/undo")
def undo(assignment_id: UUID, regrade_id: UUID) -> ResponseReturnValue:
    """Give back the scores that counted before."""
    owner = trainer().id
    assignment = assignments().assignment(str(assignment_id), owner)
    try:
        undone = regrades().undo(str(regrade_id), assignment.id, owner, now())
    except NotNow:
        return redirect(f"{url_for('.page', assignment_id=assignment_id)}?again={regrade_id}#trail", 303)
    return redirect(_address(assignment, undone.question, undone.id), 303)


def _address(assignment: Assignment, question_id: str, regrade_id: str) -> str:
    return url_for(".page", assignment_id=UUID(assignment.id), question=question_id, done=regrade_id)


def _page(assignment: Assignment, topic: Topic | None, wish: Wish | None = None) -> ResponseReturnValue:
    owner = trainer().id
    trail = regrades().of_assignment(assignment.id, owner)
    view: dict[str, Any] = {"topic": topic, "wish": wish, "hows": HOWS, "run": None}
    if topic:
        view |= _topic_view(topic, trail)
        if wish and not wish.faults:
            mended = topic.mended(wish.regrade.how)
            view["run"] = run = regrades().dry_run(wish.regrade, owner, mended, most=MOST_ROWS)
            view |= {"rows": _rows(run), "whys": _whys(run), "regrade_id": new_id()}
            view["query"] = _query(topic, wish)
    body = render_template(
        "trainer/regrade.html",
        assignment=assignment,
        asked={each.question: _stem(each) for each in regrades().asked(assignment.id, owner)},
        trail=[(each, last_of(trail, each.question) == each, _accepted(each)) for each in trail],
        done=next((each for each in trail if each.id == request.args.get("done")), None),
        was_again="again" in request.args,
        longest=LONGEST_REASON,
        **view,
    )
    return body, 422 if wish and wish.faults else 200


def _topic_view(topic: Topic, trail: tuple[Regrade, ...]) -> dict[str, Any]:
    last = last_of(trail, topic.id)
    answers, waiting = regrades().counted(topic.assignment.id, topic.id)
    return {
        "stem": _stem_of(topic.asked),
        "key": _words(topic.asked, topic.asked.model()),
        "differences": _differences(topic.asked, topic.current) if topic.current else (),
        "choices": topic.choices[:MOST_CHOICES],
        "more_choices": max(0, len(topic.choices) - MOST_CHOICES),
        "answers": answers,
        "waiting": waiting,
        "since": (last, max(0, answers - last.seen), _again(topic, last)) if last else None,
    }


# -- what is asked for


def _topic(assignment: Assignment, question_id: str) -> Topic:
    """Raises Missing for a question that the assignment has not asked."""
    end_overdue(assignment)
    found = regrades().asked(assignment.id, trainer().id)
    revisions = tuple(each for each in found if each.question == question_id)
    if not revisions:
        raise Missing(question_id)
    current = [bank()[question_id]] if question_id in bank() else []
    other = [each for each in revisions if not current or each.revision != current[0].revision]
    asked = store().question((other or list(revisions))[0].revision)
    is_mended = current and other and not asked.rated
    choices = () if asked.rated else tuple(_choices(assignment, question_id))
    return Topic(assignment, asked, revisions, current[0] if is_mended else None, choices)


def _wish(topic: Topic, form: MultiDict[str, str], regrade_id: str = "") -> Wish:
    keys, reason = tuple(form.getlist("accept")), " ".join(form.get("reason", "").split())
    how = form.get("how") or ("accept" if keys else "")
    accepted = tuple(each.said for each in topic.choices if each.key in keys)
    current = topic.mended(how)
    regrade = Regrade(
        id=regrade_id,
        assignment=topic.assignment.id,
        question=topic.id,
        how=cast(How, how),
        reason=reason,
        by=trainer().id,
        made=now(),
        mended=current.revision if current else "",
        accepted=accepted if how == "accept" else (),
        never_lower="never_lower" in form,
    )
    return Wish(regrade, dict(_faults(topic, regrade)), keys)


def _faults(topic: Topic, regrade: Regrade) -> Iterator[tuple[str, str]]:
    if regrade.how not in get_args(How):
        yield "how", "Choose how to regrade."
    if regrade.how == "mended" and topic.current is None:
        yield "how", "The question in the bank is the one that was asked. Mend it there first."
    if regrade.how == "accept" and topic.asked.rated:
        yield "how", "Answers to an open question are marked one by one."
    elif regrade.how == "accept" and not regrade.accepted:
        yield "accept", "Tick at least one answer that counts as right."
    if not regrade.reason:
        yield "reason", "Say why. Learners whose score changes read it."
    if len(regrade.reason) > LONGEST_REASON:
        yield "reason", f"The reason has {len(regrade.reason)} characters. Write at most {LONGEST_REASON}."


def _again(topic: Topic, last: Regrade) -> str:
    """The address at which the same regrade is tried once more."""
    keys = tuple(_key(each) for each in last.accepted)
    return url_for(".page", assignment_id=UUID(topic.assignment.id), **_query(topic, Wish(last, {}, keys)))


def _query(topic: Topic, wish: Wish) -> dict[str, Any]:
    """What the form sends for a wish."""
    query = {"question": topic.id, "how": wish.regrade.how, "reason": wish.regrade.reason}
    held = {"never_lower": "1"} if wish.regrade.never_lower else {}
    return query | held | {"accept": list(wish.keys)} if wish.regrade.how == "accept" else query | held


# -- answers in words


def _choices(assignment: Assignment, question_id: str) -> list[Choice]:
    question_of, counts, html = question_finder(), Counter[tuple[Answer, bool]](), dict[Answer, Markup]()
    said = lru_cache(4096)(lambda revision, answer: question_of(revision).said(answer))
    for each in regrades().answers(assignment.id, trainer().id, question_id):
        if words := said(each.revision, each.answer):
            counts[words, each.first == 1] += 1
            if words not in html:
                html[words] = _words(question_of(each.revision), each.answer)
    found = [Choice(_key(words), words, html[words], n, right) for (words, right), n in counts.items()]
    return sorted(found, key=lambda choice: (-choice.count, choice.said))


def _key(said: Answer) -> str:
    return sha256(json.dumps(said).encode()).hexdigest()[:16]


def _words(question: Question, answer: Answer) -> Markup:
    """An answer as it is read: program text and output as they are, all else as the author marked it up."""
    if not (said := question.said(answer)):
        return Markup("<i>{}</i>").format(NO_ANSWER)
    is_text = question.keys() and not _is_literal(question)
    parts = [inline(part) if is_text else _code(part) for part in said]
    return Markup("<br>").join(parts)


def _is_literal(question: Question) -> bool:
    """Whether its parts are lines of a program or of output."""
    return question.type == "spot-line" or any(part.is_output for part in question.offer(question.keys()))


def _code(text: str) -> Markup:
    return Markup('<code class="out">{}</code>').format(text)


def _accepted(regrade: Regrade) -> list[str]:
    return [" · ".join(map(plain, said)) for said in regrade.accepted]


def _stem(asked: Asked) -> str:
    return _stem_of(bank()[asked.question] if asked.question in bank() else store().question(asked.revision))


def _stem_of(question: Question) -> str:
    return plain(question.prompt.strip().partition("\n\n")[0])


def _differences(old: Question, new: Question) -> tuple[Difference, ...]:
    """What changed, the key first."""
    found = [Difference("Right answer", _words(old, old.model()), _words(new, new.model()))]
    if old.prompt != new.prompt:
        found.append(Difference("Wording", inline(old.prompt), inline(new.prompt)))
    if old.code != new.code:
        found.append(Difference("Program", _text(old.code), _text(new.code)))
    here, there = _offered(old), _offered(new)
    if set(here) != set(there):
        out, into = [each for each in here if each not in there], [each for each in there if each not in here]
        found.append(Difference("Parts taken out, and new ones", _list(out), _list(into)))
    before, after = old.graded(), new.graded()
    for name in sorted({*before, *after} - APART):
        if before.get(name) != after.get(name):
            found.append(Difference(name.replace("_", " "), _text(before.get(name)), _text(after.get(name))))
    return tuple(found)


def _offered(question: Question) -> list[str]:
    return [" ".join(filter(None, (part.group, part.text))) for part in question.offer(question.keys())]


def _list(texts: list[str]) -> Markup:
    return Markup("<br>").join(map(inline, texts)) if texts else Markup("–")


def _text(value: Any) -> Markup:
    """A field as its author wrote it, or nearly."""
    if value in (None, ""):
        return Markup("–")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return _code("\n".join(value))
    return _code(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1))


# -- what would change


def _rows(run: DryRun) -> list[Row]:
    question_of = question_finder()
    return [_row(each, question_of) for each in run.first]


def _row(change: Change, question_of: Callable[[str], Question]) -> Row:
    one = change.given
    said = " · ".join(map(plain, question_of(one.revision).said(one.answer))) or NO_ANSWER
    name = one.name or "Somebody who has left the group"
    return Row(name, one.member, said, _score(change.old), _score(change.new), WHYS[change.why])


def _cells(change: Change, question_of: Callable[[str], Question]) -> tuple[str, ...]:
    row, one = _row(change, question_of), change.given
    return (
        row.name,
        row.answer,
        row.old,
        row.new,
        row.why,
        one.attempt,
        str(one.place),
        change.grader if change.is_change else one.revision,
    )


def _score(score: float | None) -> str:
    return "–" if score is None else f"{round(score, 2):g}"


def _whys(run: DryRun) -> list[tuple[int, str]]:
    """Why scores stay, and for how many, where that is worth a word."""
    return [
        (run.whys[why], WHYS[why]) for why in ("same", "by hand", "gone", "not lower") if run.whys.get(why)
    ]
