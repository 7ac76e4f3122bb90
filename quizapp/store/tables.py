"""The tables. Keys are made by the app, nothing counts up, and all of a learner's rows name the learner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Moment(sa.types.TypeDecorator[datetime]):
    """A time in UTC, kept as whole microseconds since 1970: the same on every database, and sortable."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else EPOCH + value * MICROSECOND


Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Text that is compared and sorted by its bytes, as SQLite does, wherever the database was made."""

meta = sa.MetaData()

learner = sa.Table(
    "learner",
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("made", Moment, nullable=False),
    sa.Column("answers", sa.Integer, nullable=False),  # how many submit steps there are: may be recounted
    sa.Column("moved_to", Text),  # whom a guest's answers went to, once they were kept under an account
)
session = sa.Table(
    "session",  # a browser that a learner uses, known by the hash of its cookie
    meta,
    sa.Column("token_hash", Text, primary_key=True),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False, index=True),
    sa.Column("made", Moment, nullable=False),
    sa.Column("device", Text, nullable=False, server_default=""),
    sa.Column("seen", Moment, nullable=False, server_default="0"),
)
account = sa.Table(
    "account",  # a name under which a learner's answers are found again from anywhere
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False, unique=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("folded", Text, nullable=False, unique=True),
    sa.Column("made", Moment, nullable=False),
    sa.Column("role", Text, nullable=False, server_default="learner"),
)
credential = sa.Table(
    "credential",  # a way to prove that an account is one's own: a password now, others may join it
    meta,
    sa.Column("account", Text, sa.ForeignKey("account.id"), primary_key=True),
    sa.Column("kind", Text, primary_key=True),
    sa.Column("secret", Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
)
throttle = sa.Table(
    "throttle",  # failed sign-ins, by a hash of the name or of the network
    meta,
    sa.Column("key", Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last", Moment, nullable=False),
)
profile = sa.Table(
    "profile",  # derived: the fold of a learner's answers, which may be dropped at any time
    meta,
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), primary_key=True),
    sa.Column("basis", Text, nullable=False),
    sa.Column("answers", sa.Integer, nullable=False),
    sa.Column("body", Text, nullable=False),
)
site = sa.Table(
    "site",  # what the site remembers of itself, by name
    meta,
    sa.Column("name", Text, primary_key=True),
    sa.Column("value", Text, nullable=False),
)
invitation = sa.Table(
    "invitation",  # a link that lets whoever opens it take a role, once
    meta,
    sa.Column("token_hash", Text, primary_key=True),
    sa.Column("role", Text, nullable=False),
    sa.Column("for", Text, nullable=False, server_default=""),  # whom it is meant for, in words
    sa.Column("by", Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("used", Moment),
)
group = sa.Table(
    "group",
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False, index=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("code", Text, nullable=False, unique=True),
    sa.Column("joinable", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("made", Moment, nullable=False),
)
member = sa.Table(
    "member",  # a learner within one group, under the name that the trainer sees
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("group", Text, sa.ForeignKey("group.id"), nullable=False),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False, index=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("labels", Text, nullable=False, server_default="[]"),
    sa.Column("joined", Moment, nullable=False),
    sa.UniqueConstraint("group", "learner", name="ux_member_learner"),
)
paper = sa.Table(
    "paper",  # a quiz that a trainer built, to be assigned again
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False, index=True),
    sa.Column("title", Text, nullable=False),
    sa.Column("body", Text, nullable=False),
    sa.Column("made", Moment, nullable=False),
)
assignment = sa.Table(
    "assignment",
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False),
    sa.Column("group", Text, sa.ForeignKey("group.id"), nullable=False, index=True),
    sa.Column("title", Text, nullable=False),
    sa.Column("code", Text, nullable=False, unique=True),
    sa.Column("paper", Text, nullable=False),
    sa.Column("rules", Text, nullable=False),
    sa.Column("ends", Moment),  # derived: when it is closed for everybody, with all overrides
    sa.Column("made", Moment, nullable=False),
    sa.Index("ix_assignment_owner", "owner", "made"),
)
override = sa.Table(
    "override",  # rules that are others for one member (`member <id>`) or for a label (`label <name>`)
    meta,
    sa.Column("assignment", Text, sa.ForeignKey("assignment.id"), primary_key=True),
    sa.Column("whom", Text, primary_key=True),
    sa.Column("body", Text, nullable=False),
)
regrade = sa.Table(
    "regrade",  # why scores of one question were changed, by whom, and whether that was taken back
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("assignment", Text, sa.ForeignKey("assignment.id"), nullable=False),
    sa.Column("question", Text, nullable=False),
    sa.Column("how", Text, nullable=False),
    sa.Column("body", Text, nullable=False),
    sa.Column("reason", Text, nullable=False),
    sa.Column("by", Text, nullable=False),
    sa.Column("changed", sa.Integer, nullable=False),
    sa.Column("made", Moment, nullable=False),
    sa.Column("undone", Moment),
    sa.Index("ix_regrade_assignment", "assignment", "made"),
)
report = sa.Table(
    "report",  # a problem with a question, as somebody told it
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False, index=True),
    sa.Column("question", Text, nullable=False, index=True),
    sa.Column("revision", Text, nullable=False),
    sa.Column("attempt", Text, sa.ForeignKey("attempt.id")),
    sa.Column("place", sa.Integer, nullable=False, server_default="0"),
    sa.Column("assignment", Text, sa.ForeignKey("assignment.id")),
    sa.Column("reason", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    sa.Column("reply", Text, nullable=False, server_default=""),
    sa.Column("made", Moment, nullable=False),
    sa.Column("closed", Moment),
    sa.Index("ix_report_assignment", "assignment", "made"),
)
share = sa.Table(
    "share",  # a link that lets somebody else be the interviewer
    meta,
    sa.Column("token_hash", Text, primary_key=True),
    sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), nullable=False, index=True),
    sa.Column("made", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
)
question = sa.Table(
    "question",  # every revision that anybody was ever asked, kept once
    meta,
    sa.Column("revision", Text, primary_key=True),
    sa.Column("id", Text, nullable=False, index=True),
    sa.Column("body", Text, nullable=False),
)
attempt = sa.Table(
    "attempt",
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
    sa.Column("source", Text, nullable=False),
    sa.Column("of", Text, nullable=False),
    sa.Column("mode", Text, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("seed", Text, nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("finished", Moment),  # set by a finish step; practice ends by its last answer instead
    sa.Column("assignment", Text),
    sa.Column("number", sa.Integer, nullable=False, server_default="0"),  # below 0: a trainer's preview
    sa.Column("deadline", Moment),  # frozen when it began
    sa.Column("terms", Text, nullable=False, server_default=""),
    sa.Column("points", sa.Float),  # derived: the weighted scores of its slots
    sa.Index("ix_attempt_learner_started", "learner", "started"),
    sa.Index(
        "ux_attempt_number",  # a learner begins each attempt of an assignment once, however many tabs try
        "assignment",
        "learner",
        "number",
        unique=True,
        sqlite_where=sa.text("assignment IS NOT NULL"),
        postgresql_where=sa.text("assignment IS NOT NULL"),
    ),
)
slot = sa.Table(
    "slot",
    meta,
    sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("question", Text, nullable=False),
    sa.Column("revision", Text, sa.ForeignKey("question.revision"), nullable=False),
    sa.Column("shown", Text, nullable=False),
    sa.Column("again", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("reason", Text, nullable=False, server_default=""),
    sa.Column("weight", sa.Float, nullable=False, server_default="1"),
    sa.Column("score", sa.Float),  # derived, in assignments: the score that counts, after marks and regrades
    sa.Column("grader", Text),  # derived: the revision that graded it, where it is not the one asked
    sa.Column("seconds", sa.Float),  # derived: the time spent on it
)
step = sa.Table(
    "step",  # append-only: what a learner did, once, under the id that the browser made
    meta,
    sa.Column("id", Text, primary_key=True),
    sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
    sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("answer", Text, nullable=False),
    sa.Column("sure", sa.Boolean, nullable=False),
    sa.Column("score", sa.Float),
    sa.Column("at", Moment, nullable=False),
    sa.Column("actor", Text, nullable=False, server_default=""),  # who did it, where not the learner
    sa.Index("ix_step_attempt_place", "attempt", "place"),
    sa.Index("ix_step_learner_at", "learner", "at"),
    sa.Index(
        "ux_step_submit",  # a place takes one graded answer, however many tabs send one
        "attempt",
        "place",
        unique=True,
        sqlite_where=sa.text("kind = 'submit'"),
        postgresql_where=sa.text("kind = 'submit'"),
    ),
    sa.Index(
        "ux_step_held",  # the same for an answer whose mark is not told yet
        "attempt",
        "place",
        unique=True,
        sqlite_where=sa.text("kind = 'held'"),
        postgresql_where=sa.text("kind = 'held'"),
    ),
)
