"""Who has whom as a customer, page by page, with the tags that each colleague set."""

from typing import Any

import pytest

from bot.sandbox import StandIn


@pytest.mark.usefixtures("tiny")
async def test_pairs_come_in_pages_with_the_tags_of_this_colleague(stand_in: StandIn, api: Any) -> None:
    lin = stand_in.world.customer("wmDemoLin")
    assert lin is not None
    lin.tags = {"lihua": ["etA1"]}
    body = {"userid_list": ["lihua", "zhaomin"], "limit": 2}
    first = await api.post("externalcontact/batch/get_by_user", body, "contact")
    again = body | {"cursor": first["next_cursor"]}
    second = await api.post("externalcontact/batch/get_by_user", again, "contact")
    rows = [*first["external_contact_list"], *second["external_contact_list"]]
    pairs = [(row["follow_info"]["userid"], row["external_contact"]["external_userid"]) for row in rows]
    assert pairs == [
        ("lihua", "wmDemoChen"),
        ("lihua", "wmDemoLin"),
        ("zhaomin", "wmDemoLin"),
        ("zhaomin", "wmDemoZhou"),
    ]
    assert [row["follow_info"]["tag_id"] for row in rows] == [[], ["etA1"], [], []]
    assert second["next_cursor"] == ""


@pytest.mark.usefixtures("tiny")
async def test_colleagues_without_customers_are_refused(api: Any) -> None:
    body = {"userid_list": ["wangwei"]}
    assert (await api.post("externalcontact/batch/get_by_user", body, "contact"))["errcode"] == 84061
