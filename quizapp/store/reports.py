"""Reports: problems with questions, told by those who were asked, answered and closed by trainers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from quizapp.store import tables as t
from quizapp.store.database import Database
from quizapp.store.inserting import insert
from quizapp.store.store import Missing, _now, rules_of

PER_DAY = 20
"""Reports that one learner may begin within a day: who finds more mistakes had better write a letter."""
LONGEST_REPORT = 8_000
"""Characters of one report, with all that was added to it."""
DAY = timedelta(days=1)


class TooManyReports(Exception):
    """This learner has reported enough for a day, or enough about one question."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A problem with a revision of a question. `reason` is one of few words, `text` what was written.

    `attempt` and `place` say where it was asked, `assignment` of which one, where that is known. `reply` is
    what a trainer answered; `closed` is when the report was settled, None while it is open.
    """

    id: str
    learner: str
    question: str
    revision: str
    attempt: str | None
    place: int
    assignment: str | None
    reason: str
    text: str
    made: datetime
    reply: str = ""
    closed: datetime | None = None


@dataclass(frozen=True)
class Received:
    """A report as a trainer gets it: with the title of the assignment, and who sent it.

    `member` and `name` are empty where the learner is not in the group of the trainer's own assignment. Times
    are told by the clock of that one's `zone`.
    """

    report: Report
    assignment: str
    is_own: bool
    member: str
    name: str
    zone: str = "UTC"


REPORT = sa.select(t.report)
KNOWN = REPORT.where(
    t.report.c.learner == sa.bindparam("who"),
    t.report.c.question == sa.bindparam("which"),
    t.report.c.revision == sa.bindparam("of_revision"),
)
BY_LEARNER = REPORT.where(t.report.c.learner == sa.bindparam("who")).order_by(t.report.c.made, t.report.c.id)
RECENT = (
    sa.select(sa.func.count())
    .select_from(t.report)
    .where(t.report.c.learner == sa.bindparam("who"), t.report.c.made > sa.bindparam("since", type_=t.Moment))
)
WHERE = (
    sa.select(t.slot.c.question, t.slot.c.revision, t.assignment.c.id.label("assignment"))
    .join(t.attempt, t.attempt.c.id == t.slot.c.attempt)
    .outerjoin(t.assignment, t.assignment.c.id == t.attempt.c.assignment)
    .where(
        t.slot.c.attempt == sa.bindparam("in_attempt"),
        t.slot.c.place == sa.bindparam("at_place"),
        t.attempt.c.learner == sa.bindparam("who"),
    )
)
ADD = insert(t.report)
EXTEND = (
    sa.update(t.report)
    .where(t.report.c.id == sa.bindparam("which"))
    .values(text=sa.bindparam("new_text"), reason=sa.bindparam("new_reason"), closed=None)
)
IS_OWNER = t.assignment.c.owner == sa.bindparam("who")
RECEIVED = (
    sa.select(
        t.report,
        sa.case((IS_OWNER, t.assignment.c.title)).label("assignment_title"),
        IS_OWNER.label("is_own"),
        sa.case((IS_OWNER, t.assignment.c.rules)).label("own_rules"),
        sa.case((IS_OWNER, t.member.c.id)).label("member_id"),
        sa.case((IS_OWNER, t.member.c.name)).label("member_name"),
    )
    .outerjoin(t.assignment, t.assignment.c.id == t.report.c.assignment)
    .outerjoin(
        t.member, (t.member.c.group == t.assignment.c.group) & (t.member.c.learner == t.report.c.learner)
    )
    .order_by(t.report.c.closed.is_not(None), t.report.c.made.desc(), t.report.c.id.desc())
    .limit(sa.bindparam("most"))
    .offset(sa.bindparam("skip"))
)
ABOUT = t.report.c.question == sa.bindparam("which")
COUNTED = sa.select(t.report.c.question, sa.func.count().label("open")).where(t.report.c.closed.is_(None))
OF_OWNER = COUNTED.join(t.assignment, t.assignment.c.id == t.report.c.assignment).where(IS_OWNER)
OWN = (
    sa.select(t.report.c.id)
    .join(t.assignment, t.assignment.c.id == t.report.c.assignment)
    .where(t.report.c.id == sa.bindparam("which"), IS_OWNER)
)
ANY = sa.select(t.report.c.id).where(t.report.c.id == sa.bindparam("which"))
THIS = sa.update(t.report).where(t.report.c.id == sa.bindparam("which"))
REPLY = THIS.values(reply=sa.bindparam("new_reply"))
CLOSE = THIS.values(closed=sa.bindparam("new_closed"))

LIST = {True: RECEIVED, False: RECEIVED.where(IS_OWNER)}
LIST_ABOUT = {everything: statement.where(ABOUT) for everything, statement in LIST.items()}
COUNTS = {
    everything: statement.group_by(t.report.c.question)
    for everything, statement in {True: COUNTED, False: OF_OWNER}.items()
}
"""Each by whether it is for one who sees everything, or for a trainer, who sees the own assignments'."""


class Reports:
    """Problems with questions. A trainer's are those of the own assignments; admins get all (`everything`).

    What is not the asker's is Missing, like what never was.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- those who report

    def add(self, report: Report) -> None:
        """Keep a report, or add its words to the one that this learner made of this revision before.

        Adding reopens it. The place is kept where it is the learner's own and this was asked there; else only
        the question is. Where a guest's answers have gone to an account meanwhile, the report goes there,
        too. Raises TooManyReports, and Missing where the learner was erased.
        """

        def act(db: sa.Connection) -> None:
            now_of = _now(db, report.learner)
            mine = _placed(db, replace(report, learner=now_of))
            given = {"who": now_of, "which": report.question, "of_revision": report.revision}
            if row := db.execute(KNOWN, given).first():
                _extend(db, row, mine)
            elif db.execute(RECENT, {"who": now_of, "since": report.made - DAY}).scalar_one() >= PER_DAY:
                raise TooManyReports(report.learner)
            else:
                db.execute(ADD, asdict(mine))

        self._database.write(act)

    def made(self, learner_id: str, question_id: str, revision: str) -> Report | None:
        """What a learner has reported of a revision; None where nothing was."""
        given = {"who": learner_id, "which": question_id, "of_revision": revision}
        with self._database.reading() as db:
            row = db.execute(KNOWN, given).first()
        return Report(**row._asdict()) if row else None

    def made_by(self, learner_id: str) -> tuple[Report, ...]:
        """All that a learner has reported, oldest first."""
        with self._database.reading() as db:
            return tuple(Report(**row._asdict()) for row in db.execute(BY_LEARNER, {"who": learner_id}))

    # -- those who answer

    def received(
        self, trainer_id: str, *, everything: bool = False, question: str = "", most: int, skip: int = 0
    ) -> tuple[Received, ...]:
        """Reports, open ones first, then newest first; of one question where it is given."""
        statement = (LIST_ABOUT if question else LIST)[everything]
        given = {"who": trainer_id, "most": most, "skip": skip}
        with self._database.reading() as db:
            rows = db.execute(statement, given | ({"which": question} if question else {})).all()
        return tuple(map(_received, rows))

    def open_counts(self, trainer_id: str, *, everything: bool = False) -> dict[str, int]:
        """How many reports are open, by question."""
        given = {} if everything else {"who": trainer_id}
        with self._database.reading() as db:
            return {row.question: row.open for row in db.execute(COUNTS[everything], given)}

    def expect(self, report_id: str, trainer_id: str, *, everything: bool = False) -> None:
        """Raises Missing where there is no such report for this trainer."""
        with self._database.reading() as db:
            _expect(db, report_id, trainer_id, everything)

    def reply(self, report_id: str, trainer_id: str, text: str, *, everything: bool = False) -> None:
        """Answer a report; the learner sees it where they reported. Raises Missing."""
        self._change(REPLY, report_id, trainer_id, everything, {"new_reply": text})

    def close(
        self, report_id: str, trainer_id: str, at: datetime | None, *, everything: bool = False
    ) -> None:
        """Settle a report at that time, or with None open it again. Raises Missing."""
        self._change(CLOSE, report_id, trainer_id, everything, {"new_closed": at})

    def _change(
        self, statement: Any, report_id: str, trainer_id: str, everything: bool, given: dict[str, Any]
    ) -> None:
        def act(db: sa.Connection) -> None:
            _expect(db, report_id, trainer_id, everything)
            db.execute(statement, given | {"which": report_id})

        self._database.write(act)


def _expect(db: sa.Connection, report_id: str, trainer_id: str, everything: bool) -> None:
    given = {"which": report_id} | ({} if everything else {"who": trainer_id})
    if db.execute(ANY if everything else OWN, given).first() is None:
        raise Missing(report_id)


def _placed(db: sa.Connection, report: Report) -> Report:
    """The report with the assignment of its place, or without a place where it is not the learner's."""
    given = {"in_attempt": report.attempt, "at_place": report.place, "who": report.learner}
    row = db.execute(WHERE, given).first() if report.attempt else None
    if row is None or (row.question, row.revision) != (report.question, report.revision):
        return replace(report, attempt=None, place=0, assignment=None)
    return replace(report, assignment=row.assignment)


def _extend(db: sa.Connection, row: Any, report: Report) -> None:
    """Add words to a report; the same words twice are one."""
    words = row.text if report.text in row.text else f"{row.text}\n\n{report.text}".strip()
    if len(words) > LONGEST_REPORT:
        raise TooManyReports(report.learner)
    if (words, report.reason) != (row.text, row.reason):
        db.execute(EXTEND, {"which": row.id, "new_text": words, "new_reason": report.reason})


def _received(row: Any) -> Received:
    found = {column.name: getattr(row, column.name) for column in t.report.c}
    title, member, name = row.assignment_title or "", row.member_id or "", row.member_name or ""
    zone = rules_of(row.own_rules).zone if row.own_rules else "UTC"
    return Received(Report(**found), title, bool(row.is_own), member, name, zone)
