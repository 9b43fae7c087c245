"""people first: holds, pages, preferences, profiles, tombstones"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # What is added to a table that may hold rows needs a value for them.
    op.add_column("conversation", sa.Column("settled", Id, nullable=False, server_default="0"))
    op.create_index("conversation_by_person", "conversation", ["person", "state"])
    op.add_column("inbox", sa.Column("mood", sa.String(length=14), nullable=False, server_default=""))
    for column in (
        sa.Column("mood", sa.String(length=14), nullable=False, server_default=""),
        sa.Column("quote", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("assigned_at", sa.BigInteger(), nullable=True),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_by", sa.String(length=128), nullable=False, server_default=""),
        sa.Column("resolution", sa.String(length=400), nullable=False, server_default=""),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("follow_up", sa.String(length=10), nullable=False, server_default=""),
        sa.Column("focused_at", sa.BigInteger(), nullable=True),
    ):
        op.add_column("ticket", column)
    op.create_table(
        "page",
        sa.Column("ticket", Id, nullable=False, autoincrement=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("acked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("ticket", "step"),
    )
    op.create_table(
        "hold",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("quote", sa.String(length=200), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=True),
        sa.Column("released_by", sa.String(length=128), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("hold_by_subject", "hold", ["subject", "released_at"])
    op.create_index(
        "hold_live",
        "hold",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "misreading",
        sa.Column("item", Id, nullable=False, autoincrement=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mood", sa.String(length=14), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("item"),
    )
    op.create_table(
        "preference",
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("only", sa.JSON(), nullable=False),
        sa.Column("never", sa.JSON(), nullable=False),
        sa.Column("off", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "profile",
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person"),
    )
    op.create_table(
        "tombstone",
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("who"),
    )


def downgrade() -> None:
    for name in ("tombstone", "profile", "preference", "misreading", "hold", "page"):
        op.drop_table(name)
    for name in ("focused_at", "follow_up", "score", "resolution", "resolved_by", "replied_at", "assigned_at"):
        op.drop_column("ticket", name)
    op.drop_column("ticket", "quote")
    op.drop_column("ticket", "mood")
    op.drop_column("inbox", "mood")
    op.drop_index("conversation_by_person", "conversation")
    op.drop_column("conversation", "settled")
