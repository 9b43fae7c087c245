"""gaps and ratings"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "answered",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("item", Id, nullable=False),
        sa.Column("passages", sa.JSON(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("answered_by_day", "answered", ["day"])
    op.create_table(
        "rating",
        sa.Column("answer", sa.String(length=64), nullable=False),
        sa.Column("guide", sa.String(length=200), nullable=False),
        sa.Column("section", sa.String(length=400), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("answer", "guide", "section"),
    )
    op.create_index("rating_by_guide", "rating", ["guide", "section"])
    op.create_table(
        "gap",
        sa.Column("number", Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("guide", sa.String(length=200), nullable=False),
        sa.Column("drafted_by", sa.String(length=128), nullable=False),
        sa.Column("closed_on", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("gap_by_stage", "gap", ["stage", "number"])
    op.create_table(
        "gap_ask",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("gap", Id, nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("nearest", sa.String(length=200), nullable=False),
        sa.Column("guide", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source", name="gap_ask_once"),
    )
    op.create_index("gap_ask_by_day", "gap_ask", ["day"])
    op.create_index("gap_ask_by_gap", "gap_ask", ["gap", "open"])


def downgrade() -> None:
    for name in ("gap_ask", "gap", "rating", "answered"):
        op.drop_table(name)
