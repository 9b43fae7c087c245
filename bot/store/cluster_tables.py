"""What several processes share beside the conversations."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from bot.store.tables import metadata

access_token = Table(
    "access_token",
    metadata,
    Column("name", String(64), primary_key=True),  # a hash of the secret it was fetched with
    Column("value", Text, nullable=False),  # sealed with a key that only the secret gives
    Column("good_until", BigInteger, nullable=False),
)
