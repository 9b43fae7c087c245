"""The registry of personal data knows every column in which a person can stand."""

import pytest
from sqlalchemy import JSON, Column, MetaData, String, Table, Text

from bot.store.personal import ENTRIES, EXEMPT
from bot.store.tables import metadata

SUSPECT = frozenset({
    "person", "who", "whom", "conversation", "lane", "subject", "recipient", "recipients", "servicer", "assignee",
    "asked_by", "to", "by", "text", "ask", "quote", "body", "people", "question", "member", "customer", "userid",
    "external_userid", "name", "nickname", "phone", "address", "resolution", "why", "released_by", "resolved_by",
    "drafted_by", "sender",
})  # fmt: skip


def unknown(tables: MetaData) -> list[str]:
    """Columns that hold words and are neither registered nor exempted with a reason."""
    whole = {entry.table.name: entry for entry in ENTRIES}
    missing = []
    for table in tables.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            worded = isinstance(column.type, String | Text | JSON)
            if table.name in whole:
                known = column.name not in SUSPECT or column.name in whole[table.name].columns
            else:
                known = name in EXEMPT or not (worded or column.name in SUSPECT)
            missing += [] if known else [name]
    return missing


def test_every_column_in_which_a_person_can_stand_is_registered_or_exempted_with_a_reason() -> None:
    assert unknown(metadata) == []


@pytest.mark.parametrize("column", [Column("person", String(128)), Column("note", Text), Column("data", JSON)])
def test_a_new_table_that_nobody_registered_is_found(column: Column[object]) -> None:
    other = MetaData()
    Table("wish_list", other, column)
    assert unknown(other) == [f"wish_list.{column.name}"]


def test_nothing_is_registered_or_exempted_that_is_not_there() -> None:
    columns = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    named = {f"{entry.table.name}.{column}" for entry in ENTRIES for column in entry.columns}
    assert (named | set(EXEMPT)) - columns == set()
    assert all(EXEMPT.values())
