"""Links that let a partner be the interviewer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "share",
        sa.Column("token_hash", Text, primary_key=True),
        sa.Column("attempt", Text, sa.ForeignKey("attempt.id"), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_share_attempt", "share", ["attempt"])
