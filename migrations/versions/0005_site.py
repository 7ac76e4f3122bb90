"""What the site remembers of itself: its secret, and when it last tidied."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "site",
        sa.Column("name", Text, primary_key=True),
        sa.Column("value", Text, nullable=False),
    )
