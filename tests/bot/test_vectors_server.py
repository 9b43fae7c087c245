"""The bot beside a Chroma server: it needs it for no answer, and takes it up by itself when it is there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import librarian, vector_watch
from bot.doctor import vectors
from bot.settings import WrongSettings, load
from knowledge.embeddings import remote
from knowledge.embeddings.places import place_of
from knowledge.indexing.index import build
from tests.bot.conftest import OpenHouse
from tests.bot.house import House, Shelf
from tests.bot.rough import ask, journal
from tests.knowledge.chroma_server import ChromaProcess

QUESTION = "沙发和茶几之间留多少"


@pytest.fixture
def chroma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChromaProcess]:
    """A server that is not running yet; who looks for it looks often."""
    monkeypatch.setattr(remote, "REST_SECONDS", 0.0)
    monkeypatch.setattr(librarian, "SERVER_SECONDS", 0.0)
    monkeypatch.setattr(vector_watch, "PROBE_SECONDS", 0.0)
    process = ChromaProcess(tmp_path / "vectors")
    yield process
    process.end()


def vectors_ok(house: House) -> bool:
    library = house.program.librarian.library
    assert library is not None
    return library.vectors_ok


async def test_answers_go_on_when_the_server_dies_and_use_it_again_when_it_is_back(
    open_house: OpenHouse, chroma: ChromaProcess, shelf: Shelf, tmp_path: Path
) -> None:
    chroma.start()
    await asyncio.to_thread(build, shelf.guides, tmp_path / "index", place_of(chroma.url))
    async with open_house(knowledge={"index": tmp_path / "index", "vectors": chroma.url}) as house:
        assert vectors_ok(house)
        chroma.kill()
        [answer] = await house.customer(QUESTION)
        assert "30 到 45 厘米" in answer
        chroma.start()
        assert await house.customer("怎么申请退货")
        assert vectors_ok(house)


async def test_a_server_that_comes_after_the_bot_gets_the_vectors_by_itself(
    open_house: OpenHouse, chroma: ChromaProcess, shelf: Shelf, tmp_path: Path
) -> None:
    await asyncio.to_thread(build, shelf.guides, tmp_path / "index", place_of(chroma.url))
    async with open_house(knowledge={"index": tmp_path / "index", "vectors": chroma.url}) as house:
        assert not vectors_ok(house)
        [answer] = await house.customer(QUESTION)
        assert "30 到 45 厘米" in answer
        chroma.start()
        await house.jump(seconds=5)
        assert vectors_ok(house)


async def test_an_outage_shows_without_a_question_and_is_logged_once(
    open_house: OpenHouse, chroma: ChromaProcess, shelf: Shelf, tmp_path: Path
) -> None:
    chroma.start()
    await asyncio.to_thread(build, shelf.guides, tmp_path / "index", place_of(chroma.url))
    with journal() as log:
        async with open_house(knowledge={"index": tmp_path / "index", "vectors": chroma.url}) as house:
            await house.jump(seconds=5)
            assert "fencun_vectors_up 1.0" in (await ask(house, "GET", "/metrics")).text
            chroma.kill()
            for _ in range(3):
                await house.jump(seconds=5)
            assert "fencun_vectors_up 0.0" in (await ask(house, "GET", "/metrics")).text
            chroma.start()
            await house.jump(seconds=5)
            assert "fencun_vectors_up 1.0" in (await ask(house, "GET", "/metrics")).text
    assert len(log.of("vectors_away")) == len(log.of("vectors_back")) == 1


async def test_the_check_says_whether_the_server_answers(chroma: ChromaProcess) -> None:
    [away] = await vectors(chroma.url)
    chroma.start()
    [there] = await vectors(chroma.url)
    assert (away.ok, there.ok) == (False, True)
    assert "没有应答" in away.message
    assert await vectors("var/chroma") == ()


@pytest.mark.parametrize("address", ["http://8.8.8.8:8000", "http://[2606:4700::1111]:8000", "http://:8000"])
def test_settings_with_a_public_or_a_broken_address_are_refused(tmp_path: Path, address: str) -> None:
    (tmp_path / "fencun.toml").write_text(f'[knowledge]\nvectors = "{address}"\n', encoding="utf-8")
    with pytest.raises(WrongSettings, match=r"knowledge\.vectors"):
        load(tmp_path / "fencun.toml", {})


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://chroma:8000", "http://10.0.0.7:8000/"])
def test_settings_with_a_private_address_are_taken(tmp_path: Path, address: str) -> None:
    (tmp_path / "fencun.toml").write_text(f'[knowledge]\nvectors = "{address}"\n', encoding="utf-8")
    assert load(tmp_path / "fencun.toml", {}).knowledge.vectors == address.rstrip("/")
