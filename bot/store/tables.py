"""All tables. Times are integers, milliseconds since 1970 in UTC, so that both engines compare them alike.

A change here needs a migration in `migrations/versions/`; a test compares the two.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from bot.store.sealed import SealedJSON, SealedString, SealedText

metadata = MetaData()

# SQLite counts rowids only in a column that is exactly INTEGER; PostgreSQL needs the wide kind.
Id = BigInteger().with_variant(Integer, "sqlite")


EMPTY = text("''")  # for columns added to tables that may hold rows


def millis(at: datetime) -> int:
    """An aware time as stored."""
    return int(at.timestamp() * 1000)


def moment(stored: int) -> datetime:
    """A stored time, aware, in UTC."""
    return datetime.fromtimestamp(stored / 1000, UTC)


conversation = Table(
    "conversation",
    metadata,
    Column("id", String(400), primary_key=True),
    Column("channel", String(20), nullable=False),
    Column("account", String(128), nullable=False),
    Column("chat", String(128), nullable=False),
    Column("person", String(128), nullable=False),
    Column("state", String(20), nullable=False, default="bot"),
    Column("assignee", String(128), nullable=False, default=""),
    Column("version", Integer, nullable=False, default=0),  # grows with every change of state: the fence
    Column("member_at", BigInteger, nullable=False, default=0),  # last message of the member: opens the 48 h window
    Column("spent", Integer, nullable=False, default=0),  # parts sent since then: kf allows five
    Column("settled", Id, nullable=False, default=0, server_default="0"),  # a colleague saw to items up to it
    Index("conversation_by_person", "person", "state"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("channel", String(20), nullable=False),
    Column("key", String(200), nullable=False),
    Column("conversation", String(400), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("msgtype", String(60), nullable=False),
    Column("text", SealedText, nullable=False),
    Column("servicer", String(128), nullable=False, default=""),
    Column("code", String(256), nullable=False, default=""),
    Column("ref", String(128), nullable=False, default=""),
    Column("stream", String(64), nullable=False, default=""),
    # Outside stays what `bot.store.health` counts by.
    Column("data", SealedJSON(plain=("update_detail", "quit_scene")), nullable=False, default=dict),
    Column("sent_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),  # new, handled, seen (history), dead
    Column("tries", Integer, nullable=False, default=0),
    Column("retry_at", BigInteger, nullable=True),  # of one that failed: no process tries it earlier
    Column("handled_by", String(40), nullable=False, default=""),
    Column("handled_at", BigInteger, nullable=True),
    Column("mood", String(14), nullable=False, default="", server_default=EMPTY),
    UniqueConstraint("channel", "key", name="inbox_once"),
    Index("inbox_by_conversation", "conversation", "state", "id"),
    Index("inbox_by_state", "state", "conversation"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False),
    Column("lane", String(400), nullable=False),  # parts of one lane leave one after another
    Column("conversation", String(400), nullable=False, default=""),
    Column("channel", String(20), nullable=False),
    Column("klass", String(10), nullable=False),  # reply, notice, action, post
    Column("kind", String(20), nullable=False),  # what the channel does with the body
    Column("body", SealedJSON, nullable=False),
    Column("fence", Integer, nullable=True),  # conversation.version it was decided under; None: always good
    Column("repeatable", Boolean, nullable=False),  # whether sending it twice arrives once
    Column("occurrence", Id, nullable=True),
    Column("state", String(10), nullable=False),  # ready, sending, sent, dropped, dead, lost
    Column("tries", Integer, nullable=False, default=0),
    Column("not_before", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=True),
    Column("platform_id", String(128), nullable=False, default=""),
    Column("reason", String(200), nullable=False, default=""),  # why dropped, dead or lost; no text of anybody's
    UniqueConstraint("id", name="outbox_once"),
    Index("outbox_by_lane", "lane", "state", "seq"),
    Index("outbox_by_state", "state", "lane"),
    Index("outbox_due", "state", "not_before"),
    Index("outbox_by_sent", "lane", "sent_at"),
    Index("outbox_by_conversation", "conversation", "sent_at"),
    Index("outbox_by_occurrence", "occurrence", "state"),
)

stream = Table(
    "stream",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("bot", String(64), nullable=False),
    Column("conversation", String(400), nullable=False),
    Column("text", SealedText, nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("response_url", Text, nullable=False, default=""),
    Column("url_expires_at", BigInteger, nullable=False, default=0),
    Column("url_used", Boolean, nullable=False, default=False),
    Index("stream_by_state", "finished", "opened_at"),
)

kf_cursor = Table(
    "kf_cursor",
    metadata,
    Column("account", String(128), primary_key=True),
    Column("cursor", String(128), nullable=False),
    Column("cold", Boolean, nullable=False),  # still importing the 3 days of history of a first start
    Column("pulled_at", BigInteger, nullable=False),
)

ticket = Table(
    "ticket",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("conversation", String(400), nullable=False),
    Column("reason", String(60), nullable=False),
    Column("ask", SealedText, nullable=False),
    Column("state", String(10), nullable=False),  # open, taken, closed
    Column("assignee", String(128), nullable=False, default=""),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=True),
    Column("mood", String(14), nullable=False, default="", server_default=EMPTY),
    Column("quote", SealedString(200), nullable=False, default="", server_default=EMPTY),
    Column("assigned_at", BigInteger, nullable=True),  # since when `assignee` is the one who should answer
    Column("replied_at", BigInteger, nullable=True),  # the first word of a colleague
    Column("resolved_by", String(128), nullable=False, default="", server_default=EMPTY),
    Column("resolution", SealedString(400), nullable=False, default="", server_default=EMPTY),
    Column("score", Integer, nullable=True),  # the member's tap: 1 no, 2 so so, 3 yes
    Column("follow_up", String(10), nullable=False, default="", server_default=EMPTY),  # asked, solved, unsolved
    Column("focused_at", BigInteger, nullable=True),  # when `assignee` last turned to it: their plain text goes there
    Index("ticket_by_state", "state", "number"),
    Index("ticket_by_conversation", "conversation", "state"),
)

opt_out = Table(
    "opt_out",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("at", BigInteger, nullable=False),
)

occurrence = Table(
    "occurrence",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("schedule", String(200), nullable=False),
    Column("planned_at", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),  # planned, skipped, done
    Column("kind", String(10), nullable=False),  # value, promo, service: as it was when sent
    Column("guide", String(200), nullable=False, default=""),
    Column("title", String(200), nullable=False, default=""),
    Column("asked_by", String(400), nullable=False, default=""),  # conversation of the /push that brought it forward
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("schedule", "planned_at", name="occurrence_once"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("part", String(64), nullable=False),
    Column("recipient", String(300), nullable=False),
    Column("verdict", String(10), nullable=False),
    Column("reason", String(30), nullable=False),
    Column("until", BigInteger, nullable=True),
    Column("rule", String(20), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("decided_at", BigInteger, nullable=False),
    Index("decision_by_part", "part", "id"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subject", String(300), nullable=False),  # the person or group whose slot it takes
    Column("part", String(64), nullable=False),
    Column("guide", String(200), nullable=False, default=""),
    # What it was when it was sent; a change afterwards changes no count.
    Column("kind", String(10), nullable=False, default="value", server_default="value"),
    Column("topic", String(100), nullable=False, default="", server_default=EMPTY),
    Column("at", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),  # in the tenant's zone
    Column("ordinal", Id, nullable=False),  # the n-th of that day: two workers cannot take the same
    # Whether it reached them, and not only took their slot: a colleague's task may never be confirmed.
    Column("delivered", Boolean, nullable=False, default=False, server_default=false()),
    UniqueConstraint("subject", "day", "ordinal", name="delivery_slot"),
    UniqueConstraint("subject", "part", name="delivery_once"),
    Index("delivery_by_subject", "subject", "at"),
    Index("delivery_by_kind", "kind", "day"),
    Index("delivery_by_part", "part"),
)

mass_task = Table(
    "mass_task",
    metadata,
    Column("msgid", String(128), primary_key=True),
    Column("part", String(64), nullable=False),
    Column("sender", String(128), nullable=False),
    Column("state", String(12), nullable=False),  # waiting, recalling, sent, cancelled, lost
    Column("result", JSON, nullable=False, default=dict),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("reminded", Integer, nullable=False, default=0, server_default="0"),
    Column("reminded_at", BigInteger, nullable=True),
    Column("approved_by", String(128), nullable=False, default="", server_default=EMPTY),
    Index("mass_task_by_state", "state"),
)

lease = Table(
    "lease",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("name", String(150), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("who", String(128), nullable=False),
    Column("what", String(400), nullable=False),
)

page = Table(
    "page",
    metadata,
    Column("ticket", Id, primary_key=True),
    Column("step", Integer, primary_key=True),  # the n-th rung of the ladder: a restart cannot page it twice
    Column("kind", String(12), nullable=False),  # assignee, another, lead, leads, ceiling
    Column("people", JSON, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("acked_at", BigInteger, nullable=True),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subject", String(300), nullable=False),  # as in `delivery`
    Column("person", String(128), nullable=False),  # the same as it is written in conversations
    Column("reason", String(20), nullable=False),  # a mood, or complaint
    Column("quote", SealedString(200), nullable=False, default=""),
    Column("items", JSON, nullable=False, default=list),  # the messages that led to it, while the inbox keeps them
    Column("since", BigInteger, nullable=False),
    Column("released_at", BigInteger, nullable=True),
    Column("released_by", String(128), nullable=False, default=""),
    Column("why", SealedString(400), nullable=False, default=""),
    Index("hold_by_subject", "subject", "released_at"),
    Index(
        "hold_live",
        "subject",
        unique=True,
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
)

misreading = Table(
    "misreading",
    metadata,
    Column("item", Id, primary_key=True),
    Column("text", SealedText, nullable=False),  # masked
    Column("mood", String(14), nullable=False),  # as it was read
    Column("by", String(128), nullable=False),
    Column("at", BigInteger, nullable=False),
)

preference = Table(
    "preference",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("muted_until", BigInteger, nullable=True),
    Column("every_days", Integer, nullable=False, default=0),
    Column("only", JSON, nullable=False, default=list),
    Column("never", JSON, nullable=False, default=list),
    Column("off", JSON, nullable=False, default=list),
    Column("at", BigInteger, nullable=False),
)

profile = Table(
    "profile",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("topics", JSON, nullable=False, default=dict),
    Column("stage", SealedString(40), nullable=False, default=""),
    Column("stage_on", String(10), nullable=False, default="", server_default=EMPTY),  # the local day it was said on
    Column("room", SealedString(40), nullable=False, default=""),
    Column("hours", JSON, nullable=False, default=dict),
    Column("last_seen", BigInteger, nullable=False),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("who", String(64), primary_key=True),  # salted hash: recognises the person again, tells nobody who it was
    Column("opted_out", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
)

mass_result = Table(
    "mass_result",
    metadata,
    Column("msgid", String(128), primary_key=True),
    Column("recipient", String(300), primary_key=True),  # a subject, as in `delivery`
    Column("status", Integer, nullable=False),  # 0 not sent, 1 sent, 2 no friend any more, 3 over the cap (doc 93338)
    Column("at", BigInteger, nullable=False),
)

membership = Table(
    "membership",
    metadata,
    Column("group_subject", String(300), primary_key=True),
    Column("person_subject", String(300), primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # last time that it was known for certain
    Index("membership_by_person", "person_subject"),
)
