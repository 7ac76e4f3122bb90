"""Learners, their browsers, the questions asked, attempts, slots and steps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "learner",
        sa.Column("id", Text, primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", Text, primary_key=True),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_session_learner", "session", ["learner"])
    op.create_table(
        "question",
        sa.Column("revision", Text, primary_key=True),
        sa.Column("id", Text, nullable=False),
        sa.Column("body", Text, nullable=False),
    )
    op.create_index("ix_question_id", "question", ["id"])
    op.create_table(
        "attempt",
        sa.Column("id", Text, primary_key=True),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("source", Text, nullable=False),
        sa.Column("of", Text, nullable=False),
        sa.Column("mode", Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("seed", Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
    )
    op.create_index("ix_attempt_learner_started", "attempt", ["learner", "started"])
    op.create_table(
        "slot",
        sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("question", Text, nullable=False),
        sa.Column("revision", Text, sa.ForeignKey("question.revision"), nullable=False),
        sa.Column("shown", Text, nullable=False),
    )
    op.create_table(
        "step",
        sa.Column("id", Text, primary_key=True),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", Text, nullable=False),
        sa.Column("answer", Text, nullable=False),
        sa.Column("sure", sa.Boolean, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_step_attempt_place", "step", ["attempt", "place"])
    op.create_index("ix_step_learner_at", "step", ["learner", "at"])
    op.create_index(
        "ux_step_submit",
        "step",
        ["attempt", "place"],
        unique=True,
        sqlite_where=sa.text("kind = 'submit'"),
        postgresql_where=sa.text("kind = 'submit'"),
    )
