"""Roles and invitations, groups, assignments with their attempts, regrades, and reports of problems."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("account", sa.Column("role", Text, nullable=False, server_default="learner"))
    op.create_table(
        "invitation",
        sa.Column("token_hash", Text, primary_key=True),
        sa.Column("role", Text, nullable=False),
        sa.Column("for", Text, nullable=False, server_default=""),
        sa.Column("by", Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger),
    )
    op.create_table(
        "group",
        sa.Column("id", Text, primary_key=True),
        sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("code", Text, nullable=False, unique=True),
        sa.Column("joinable", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_group_owner", "group", ["owner"])
    op.create_table(
        "member",
        sa.Column("id", Text, primary_key=True),
        sa.Column("group", Text, sa.ForeignKey("group.id"), nullable=False),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("name", Text, nullable=False),
        sa.Column("labels", Text, nullable=False, server_default="[]"),
        sa.Column("joined", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("group", "learner", name="ux_member_learner"),
    )
    op.create_index("ix_member_learner", "member", ["learner"])
    op.create_table(
        "paper",
        sa.Column("id", Text, primary_key=True),
        sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("body", Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_paper_owner", "paper", ["owner"])
    op.create_table(
        "assignment",
        sa.Column("id", Text, primary_key=True),
        sa.Column("owner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("group", Text, sa.ForeignKey("group.id"), nullable=False),
        sa.Column("title", Text, nullable=False),
        sa.Column("code", Text, nullable=False, unique=True),
        sa.Column("paper", Text, nullable=False),
        sa.Column("rules", Text, nullable=False),
        sa.Column("ends", sa.BigInteger),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_assignment_owner", "assignment", ["owner", "made"])
    op.create_index("ix_assignment_group", "assignment", ["group"])
    op.create_table(
        "override",
        sa.Column("assignment", Text, sa.ForeignKey("assignment.id"), primary_key=True),
        sa.Column("whom", Text, primary_key=True),
        sa.Column("body", Text, nullable=False),
    )
    op.create_table(
        "regrade",
        sa.Column("id", Text, primary_key=True),
        sa.Column("assignment", Text, sa.ForeignKey("assignment.id"), nullable=False),
        sa.Column("question", Text, nullable=False),
        sa.Column("how", Text, nullable=False),
        sa.Column("body", Text, nullable=False),
        sa.Column("reason", Text, nullable=False),
        sa.Column("by", Text, nullable=False),
        sa.Column("changed", sa.Integer, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("undone", sa.BigInteger),
    )
    op.create_index("ix_regrade_assignment", "regrade", ["assignment", "made"])
    op.create_table(
        "report",
        sa.Column("id", Text, primary_key=True),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False),
        sa.Column("question", Text, nullable=False),
        sa.Column("revision", Text, nullable=False),
        sa.Column("attempt", Text, sa.ForeignKey("attempt.id")),
        sa.Column("place", sa.Integer, nullable=False, server_default="0"),
        sa.Column("assignment", Text, sa.ForeignKey("assignment.id")),
        sa.Column("reason", Text, nullable=False),
        sa.Column("text", Text, nullable=False),
        sa.Column("reply", Text, nullable=False, server_default=""),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("closed", sa.BigInteger),
    )
    op.create_index("ix_report_assignment", "report", ["assignment", "made"])
    op.create_index("ix_report_learner", "report", ["learner"])
    op.create_index("ix_report_question", "report", ["question"])
    _attempts()


def _attempts() -> None:
    """What an attempt of an assignment keeps beyond others."""
    op.add_column("attempt", sa.Column("assignment", Text))
    op.add_column("attempt", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.add_column("attempt", sa.Column("deadline", sa.BigInteger))
    op.add_column("attempt", sa.Column("terms", Text, nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("points", sa.Float))
    op.create_index(
        "ux_attempt_number",
        "attempt",
        ["assignment", "learner", "number"],
        unique=True,
        sqlite_where=sa.text("assignment IS NOT NULL"),
        postgresql_where=sa.text("assignment IS NOT NULL"),
    )
    op.add_column("slot", sa.Column("weight", sa.Float, nullable=False, server_default="1"))
    op.add_column("slot", sa.Column("score", sa.Float))
    op.add_column("slot", sa.Column("grader", Text))
    op.add_column("slot", sa.Column("seconds", sa.Float))
    op.add_column("step", sa.Column("actor", Text, nullable=False, server_default=""))
    op.create_index(
        "ux_step_held",
        "step",
        ["attempt", "place"],
        unique=True,
        sqlite_where=sa.text("kind = 'held'"),
        postgresql_where=sa.text("kind = 'held'"),
    )
