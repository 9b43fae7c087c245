"""What was answered, what was not, and what members thought of it."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, UniqueConstraint

from bot.store.sealed import SealedText
from bot.store.tables import Id, metadata

gap = Table(
    "gap",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("kind", String(12), nullable=False),  # refused, disliked
    Column("stage", String(12), nullable=False),  # open, drafted, published, closed
    Column("guide", String(200), nullable=False, default=""),  # published for it; of a closed one what answers it now
    Column("drafted_by", String(128), nullable=False, default=""),
    Column("closed_on", String(10), nullable=False, default=""),
    Index("gap_by_stage", "stage", "number"),
    sqlite_autoincrement=True,  # a number that people may still type is not given again
)

gap_ask = Table(
    "gap_ask",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("gap", Id, nullable=True),  # none until it has been compared with the others
    Column("kind", String(12), nullable=False),
    Column("source", String(64), nullable=False),  # the item or the answer it comes from
    Column("question", SealedText, nullable=False),  # masked
    Column("who", String(32), nullable=False),  # salted hash: counts members, names nobody
    Column("day", String(10), nullable=False),  # in the tenant's zone
    Column("nearest", String(200), nullable=False, default=""),
    Column("guide", String(200), nullable=False, default=""),  # the disliked one, and its digest at that time
    Column("digest", String(32), nullable=False, default=""),
    Column("open", Boolean, nullable=False),
    UniqueConstraint("source", name="gap_ask_once"),
    Index("gap_ask_by_gap", "gap", "open"),
    Index("gap_ask_by_day", "day"),
)

answered = Table(
    "answered",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("item", Id, nullable=False),  # the question, as long as the inbox keeps it
    Column("passages", JSON, nullable=False),  # [[guide, section, digest], …]
    Column("day", String(10), nullable=False),
    Index("answered_by_day", "day"),
)

rating = Table(
    "rating",
    metadata,
    Column("answer", String(64), primary_key=True),
    Column("guide", String(200), primary_key=True),
    Column("section", String(400), primary_key=True),
    Column("good", Boolean, nullable=False),
    Column("day", String(10), nullable=False),
    Index("rating_by_guide", "guide", "section"),
)
