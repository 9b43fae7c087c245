"""The tables of restraint: what may be said unasked, and how seldom people want to hear from us."""

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint

from bot.store.tables import Id, metadata

content = Table(
    "content",
    metadata,
    Column("key", String(200), primary_key=True),  # guide:<file>, post:<file> or draft:<number>
    Column("digest", String(32), primary_key=True),  # of the very text: a change needs a new approval
    Column("state", String(10), nullable=False),  # approved, rejected
    Column("kind", String(10), nullable=False),  # value, promo: as it was reviewed
    Column("title", String(200), nullable=False),
    Column("lexicon", String(40), nullable=False),  # the version that it was reviewed under
    Column("by", String(128), nullable=False),
    Column("why", String(400), nullable=False, default=""),
    Column("at", BigInteger, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=True),
    Column("title", String(200), nullable=False),
    Column("topic", String(100), nullable=False, default=""),
    Column("body", Text, nullable=False),
    Column("source", String(200), nullable=False, default=""),  # the guide it was written from
    Column("by", String(20), nullable=False),  # template, model
    Column("at", BigInteger, nullable=False),
)

signal = Table(
    "signal",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subject", String(300), nullable=False),
    Column("kind", String(20), nullable=False),  # scheduler.fatigue.SignalKind
    Column("key", String(100), nullable=False),  # the same event is noted once
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("subject", "kind", "key", name="signal_once"),
    Index("signal_by_subject", "subject", "at"),
)

rhythm = Table(
    "rhythm",
    metadata,
    Column("subject", String(300), primary_key=True),
    Column("layer", String(12), nullable=False, default=""),  # scheduler.layers.Layer, as computed
    Column("manual", String(12), nullable=False, default=""),  # the layer an operator set, until they lift it
    Column("fatigue", Integer, nullable=False, default=0),  # 0-100
    Column("rest_days", Integer, nullable=False, default=0),
    Column("at", BigInteger, nullable=False),
    Index("rhythm_by_layer", "layer"),
)

promo_day = Table(
    "promo_day",
    metadata,
    Column("day", String(10), primary_key=True),  # an extra day of promotion, in the tenant's zone
    Column("asked_by", String(128), nullable=False),
    Column("granted_by", String(128), nullable=False, default=""),  # somebody else; empty: not granted yet
    Column("at", BigInteger, nullable=False),
)

digest = Table(
    "digest",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("subject", String(300), nullable=False),
    Column("part", String(64), nullable=False),
    Column("guide", String(200), nullable=False),
    Column("title", String(200), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("told_in", String(64), nullable=False, default=""),  # the part that named it
    UniqueConstraint("subject", "part", name="digest_once"),
    Index("digest_by_subject", "subject", "told_in"),
    Index("digest_by_part", "told_in"),
)

need = Table(
    "need",
    metadata,
    Column("key", String(32), primary_key=True),  # scheduler.triggers.Need.key: each comes once
    Column("subject", String(300), nullable=False),
    Column("occurrence", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("need_by_subject", "subject"),
)

relation = Table(
    "relation",
    metadata,
    Column("sender", String(128), primary_key=True),  # the colleague
    Column("person", String(128), primary_key=True),  # the customer, as WeCom writes them
    Column("tags", JSON, nullable=False, default=list),  # ids of the tags that audiences ask for, set by this colleague
    Column("since", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),  # last time that WeCom said so (92994)
    Index("relation_by_person", "person"),
)

trial_person = Table(
    "trial_person",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    Column("trial", String(100), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("arm", String(8), nullable=False),  # scheduler.trial.Arm; the holdout gets neither wording
    Column("at", BigInteger, nullable=False),
    UniqueConstraint("trial", "subject", name="trial_person_once"),
    Index("trial_person_by_subject", "subject"),
)
