"""The bot behind a real nginx with deploy/nginx.conf: what is signed is taken, the inside stays inside."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, House
from tests.bot.rough import app_text, ask, knock, signed, stored, verify
from tests.deploy.proxying import proxy


@pytest.fixture
async def served(open_house: OpenHouse, tmp_path: Path) -> AsyncIterator[House]:
    """A bot behind nginx; the stand-in calls it there."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    async with open_house(server={"trusted_proxies": ["127.0.0.1"]}) as house:
        port = house.program.running.port
        async with proxy(folder, (port, port)) as made:
            house.standin.world.bot_url = made.url
            yield house


async def test_a_customer_is_answered_through_nginx(served: House) -> None:
    assert "30 到 45 厘米" in (await served.customer("沙发和茶几之间留多少", CHEN))[0]


@pytest.mark.parametrize("keep", ["", "+", "+/=", "="])
async def test_an_address_is_verified_with_a_plus_however_it_is_written(served: House, keep: str) -> None:
    _, answered = await verify(served, "app", "echo+7281", keep)
    assert (answered.status, answered.text) == (200, "echo+7281")


async def test_a_signed_callback_is_stored_and_one_with_a_changed_byte_refused(served: House) -> None:
    assert (await knock(served, "app", app_text(served, "你好 + %2B"))).status == 200
    await served.settled()
    assert [row["text"] for row in await stored(served)] == ["你好 + %2B"]
    door = served.standin.callbacks.door("app")
    sealed = door.seal.seal(app_text(served, "再来一次"))
    query = urlencode(signed(served, "app", sealed))
    other = ("B" if sealed[0] == "A" else "A") + sealed[1:]
    refused = await ask(served, "POST", f"{door.path}?{query}", f"<xml><Encrypt>{other}</Encrypt></xml>".encode())
    assert refused.status == 403


async def test_the_inside_is_not_shown_to_who_comes_through_nginx(served: House) -> None:
    for target in ("/metrics", "/readyz", "/healthz"):
        assert (await ask(served, "GET", target)).status == 404
