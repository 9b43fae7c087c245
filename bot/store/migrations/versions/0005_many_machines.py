"""many machines: shared tokens, when a failed item is tried again, and what is due in the outbox"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("retry_at", sa.BigInteger(), nullable=True))
    op.create_index("outbox_due", "outbox", ["state", "not_before"])
    op.create_table(
        "access_token",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("good_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
