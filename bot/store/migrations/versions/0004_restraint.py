"""restraint: approved content, signals, rhythms, extra days of promotion, digests"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Posts sent before this version were of use, and sent means that they arrived.
    for column in (
        sa.Column("kind", sa.String(length=10), nullable=False, server_default="value"),
        sa.Column("topic", sa.String(length=100), nullable=False, server_default=""),
        sa.Column("delivered", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("delivery", column)
    op.execute("UPDATE delivery SET delivered = (1 = 1)")
    op.create_index("delivery_by_kind", "delivery", ["kind", "day"])
    op.create_index("delivery_by_part", "delivery", ["part"])
    op.create_index("outbox_by_occurrence", "outbox", ["occurrence", "state"])
    op.create_table(
        "content",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("lexicon", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("why", sa.String(length=400), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "digest"),
    )
    op.create_table(
        "draft",
        sa.Column("number", Id, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "signal",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "kind", "key", name="signal_once"),
    )
    op.create_index("signal_by_subject", "signal", ["subject", "at"])
    op.create_table(
        "rhythm",
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("layer", sa.String(length=12), nullable=False),
        sa.Column("manual", sa.String(length=12), nullable=False),
        sa.Column("fatigue", sa.Integer(), nullable=False),
        sa.Column("rest_days", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject"),
    )
    op.create_index("rhythm_by_layer", "rhythm", ["layer"])
    op.create_table(
        "promo_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=128), nullable=False),
        sa.Column("granted_by", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.create_table(
        "digest",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("part", sa.String(length=64), nullable=False),
        sa.Column("guide", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("told_in", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject", "part", name="digest_once"),
    )
    op.create_index("digest_by_subject", "digest", ["subject", "told_in"])
    op.create_index("digest_by_part", "digest", ["told_in"])
    op.add_column("mass_task", sa.Column("reminded", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("mass_task", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
    approved_by = sa.Column("approved_by", sa.String(length=128), nullable=False, server_default="")
    op.add_column("mass_task", approved_by)
    op.add_column("profile", sa.Column("stage_on", sa.String(length=10), nullable=False, server_default=""))
    op.create_table(
        "mass_result",
        sa.Column("msgid", sa.String(length=128), nullable=False),
        sa.Column("recipient", sa.String(length=300), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("msgid", "recipient"),
    )
    op.create_table(
        "membership",
        sa.Column("group_subject", sa.String(length=300), nullable=False),
        sa.Column("person_subject", sa.String(length=300), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("group_subject", "person_subject"),
    )
    op.create_index("membership_by_person", "membership", ["person_subject"])
    op.create_table(
        "need",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("occurrence", Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("need_by_subject", "need", ["subject"])
    op.create_table(
        "relation",
        sa.Column("sender", sa.String(length=128), nullable=False),
        sa.Column("person", sa.String(length=128), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "person"),
    )
    op.create_index("relation_by_person", "relation", ["person"])
    op.create_table(
        "trial_person",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("trial", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("arm", sa.String(length=8), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("trial", "subject", name="trial_person_once"),
    )
    op.create_index("trial_person_by_subject", "trial_person", ["subject"])
