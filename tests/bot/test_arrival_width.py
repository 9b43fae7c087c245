"""Whatever WeCom sends, an arrival fits into its columns: PostgreSQL refuses what is too long, and its page with it."""

from datetime import UTC, datetime

import pytest

from bot.arrival import Address, Arrival
from bot.store.inbox import _conversations, _row
from bot.store.tables import conversation, inbox
from handlers.turn import Channel, Kind

NOW = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)


@pytest.mark.parametrize("long", ["x" * 1000, "长" * 1000])
def test_ids_of_any_length_fit(long: str) -> None:
    address = Address(Channel.CONTACT, long, long, long)
    arrival = Arrival(long, address, Kind.TEXT, long, NOW, long, False, long, long, long, long)
    [talk] = _conversations([arrival])
    for row, table in ((_row(arrival, 0), inbox), (talk, conversation)):
        for name, value in row.items():
            longest = getattr(table.c[name].type, "length", None)
            assert not isinstance(value, str) or longest is None or len(value) <= longest, name


def test_ids_that_were_cut_stay_different() -> None:
    cut = [Arrival("k", Address(Channel.KF, "a", "", "p"), Kind.TEXT, "", NOW, ref="x" * 500 + end) for end in "ab"]
    assert cut[0].ref != cut[1].ref
