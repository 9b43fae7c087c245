"""Order data from an address of the shop's own system: its answers count, and what is no answer harms nothing."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, ZHOU
from tests.bot.test_needs import AFTER, reached

HEAD = "external_userid,date,order\n"
KEY = "key-of-the-shop"


@dataclass
class Shop:
    """Answers with `text`; `asked` holds the headers it was asked with."""

    text: str = f"{HEAD}{CHEN},2026-11-17,A1\n"
    status: int = 200
    asked: list[str] = field(default_factory=list)
    address: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("If-None-Match", ""))
        etag = f'"{hash(self.text)}"'
        if self.status == 200 and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        return web.Response(text=self.text, status=self.status, headers={"ETag": etag})


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    made = Shop()
    application = web.Application()
    application.router.add_get("/orders.csv", made.answer)
    server = TestServer(application)
    await server.start_server()
    made.address = str(server.make_url(f"/orders.csv?key={KEY}"))
    yield made
    await server.close()


async def test_what_the_shop_answers_counts_and_it_is_asked_every_ten_minutes_at_most(
    open_house: OpenHouse, shop: Shop
) -> None:
    async with open_house(triggers=[AFTER], schedules=[], posts={"orders": shop.address}) as house:
        await house.jump(minutes=1)
        assert len(shop.asked) == 1
        shop.text += f"{ZHOU},2026-11-17,A2\n"
        await house.jump(minutes=10)
        await house.jump(minutes=10)
        assert len(shop.asked) == 3
        assert shop.asked[2], "the unchanged answer was not asked for by its ETag"
        await house.jump(days=1)
        assert reached(house) == [CHEN, ZHOU]


@pytest.mark.parametrize(("status", "text"), [(500, "oops"), (302, ""), (200, "谁,什么时候\n"), (200, "\udc80")])
async def test_an_answer_that_is_none_is_told_without_the_address_and_what_was_known_stays(
    open_house: OpenHouse, shop: Shop, status: int, text: str
) -> None:
    async with open_house(triggers=[AFTER], schedules=[], posts={"orders": shop.address}) as house:
        shop.status, shop.text = status, text.encode("utf-8", "replace").decode()
        await house.jump(minutes=10)
        await house.jump(minutes=10)
        told = [line for line in house.told() if "posts.orders" in line or "第一行要有" in line]
        assert len(told) == 1
        assert KEY not in "".join(house.told())
        await house.jump(days=1)
        assert reached(house) == [CHEN]


async def test_a_shop_that_cannot_be_reached_is_told_once_a_day(open_house: OpenHouse) -> None:
    async with open_house(triggers=[AFTER], schedules=[], posts={"orders": "http://127.0.0.1:9/orders.csv"}) as house:
        await house.jump(minutes=10)
        await house.jump(minutes=10)
        assert len([line for line in house.told() if "posts.orders" in line]) == 1
