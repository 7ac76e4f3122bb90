"""Learners, their browsers, the questions asked, attempts, slots and steps."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "learner",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_session_learner", "session", ["learner"])
    op.create_table(
        "question",
        sa.Column("revision", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_question_id", "question", ["id"])
    op.create_table(
        "attempt",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("of", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
    )
    op.create_index("ix_attempt_learner_started", "attempt", ["learner", "started"])
    op.create_table(
        "slot",
        sa.Column("attempt", sa.Text, sa.ForeignKey("attempt.id"), primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("question", sa.Text, nullable=False),
        sa.Column("revision", sa.Text, sa.ForeignKey("question.revision"), nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
    )
    op.create_table(
        "step",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("learner", sa.Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("attempt", sa.Text, sa.ForeignKey("attempt.id"), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
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
