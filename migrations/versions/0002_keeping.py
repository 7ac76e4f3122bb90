"""Accounts and devices, what comes back within a set, and profiles folded from answers."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", Text, primary_key=True),
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), nullable=False, unique=True),
        sa.Column("name", Text, nullable=False),
        sa.Column("folded", Text, nullable=False, unique=True),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "credential",
        sa.Column("account", Text, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("kind", Text, primary_key=True),
        sa.Column("secret", Text, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "throttle",
        sa.Column("key", Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "profile",
        sa.Column("learner", Text, sa.ForeignKey("learner.id"), primary_key=True),
        sa.Column("basis", Text, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.Column("body", Text, nullable=False),
    )
    op.add_column("learner", sa.Column("moved_to", Text))
    op.add_column("session", sa.Column("device", Text, nullable=False, server_default=""))
    op.add_column("session", sa.Column("seen", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE session SET seen = made")
    op.add_column("slot", sa.Column("again", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("slot", sa.Column("reason", Text, nullable=False, server_default=""))
