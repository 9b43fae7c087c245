"""Guides that will soon be too old to quote are named to operators in time, once."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.bot.conftest import OpenHouse
from tests.bot.house import Shelf

MORNING = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)  # Monday 10:05 in Shanghai
NIGHT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)  # 03:00 in Shanghai
OLD = "---\ntitle: 旧版积分规则\ntopic: service\nvalid_until: {}\n---\n积分满 100 分抵 1 元。\n"


@pytest.fixture
def shop(shelf: Shelf, tmp_path: Path) -> dict[str, Any]:
    guides = tmp_path / "mine"
    shutil.copytree(shelf.guides, guides)
    (guides / "points.md").write_text(OLD.format("2026-12-10"), encoding="utf-8")
    (guides / "later.md").write_text(OLD.format("2027-06-30").replace("旧版", "新版"), encoding="utf-8")
    return {"knowledge": {"guides": guides, "index": tmp_path / "i", "vectors": str(tmp_path / "v")}}


async def test_a_guide_that_expires_within_thirty_days_is_named_once(
    open_house: OpenHouse, shop: dict[str, Any]
) -> None:
    async with open_house(start=MORNING, **shop) as house:
        await house.settled()
        [told] = [text for text in house.told() if "到期" in text]
        assert "2026-12-10 《旧版积分规则》" in told
        assert "新版" not in told
        await house.jump(hours=24)
        await house.settled()
        assert len([text for text in house.told() if "到期" in text]) == 1


async def test_nobody_is_woken_for_it(open_house: OpenHouse, shop: dict[str, Any]) -> None:
    async with open_house(start=NIGHT, **shop) as house:
        await house.settled()
        assert [text for text in house.told() if "到期" in text] == []
        await house.jump(hours=7)
        await house.settled()
        assert len([text for text in house.told() if "到期" in text]) == 1
