"""A run of the sandbox begins as every other did: what was published in one is not there in the next."""

from datetime import UTC, datetime
from pathlib import Path

from bot.clock import MovableClock
from bot.program import Program
from bot.sandbox.run import SAMPLE_GUIDES, Sandbox

MONDAY = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)  # Monday 10:05 in Shanghai
OPERATOR, CUSTOMER = "wangwei", "wmDemoChen"
QUESTION = "智能马桶盖怎么安装"
WRITTEN = "智能马桶盖安装要先关角阀，再装底板，最后接水接电。安装前量好孔距。"


def files(folder: Path) -> dict[str, float]:
    return {str(path.relative_to(folder)): path.stat().st_mtime for path in folder.rglob("*") if path.is_file()}


class Run:
    """One run of the sandbox, its index in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.sandbox = Sandbox(folder, None, MovableClock(MONDAY, frozen=True))

    async def __aenter__(self) -> "Run":
        await self.sandbox.start(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sandbox.stop()

    @property
    def program(self) -> Program:
        assert self.sandbox.program is not None
        return self.sandbox.program

    async def settled(self) -> None:
        for _ in range(2):
            if self.program.connections.puller is not None:
                await self.program.connections.puller.idle()
            await self.program.engine.idle()

    async def operator(self, text: str) -> str:
        await self.sandbox.standin.employee_says(OPERATOR, text)
        await self.settled()
        return self.sandbox.standin.app_chat(OPERATOR)[-1].text


async def test_what_an_operator_publishes_is_in_a_copy_that_ends_with_the_run(tmp_path: Path) -> None:
    before = files(SAMPLE_GUIDES)
    async with Run(tmp_path):
        index = (tmp_path / "index" / "current").read_text()
    async with Run(tmp_path) as run:
        assert (tmp_path / "index" / "current").read_text() == index, "unchanged guides need no new index"
        await run.sandbox.standin.customer_says(CUSTOMER, QUESTION)
        await run.settled()
        await run.operator(f"/answer 1 {WRITTEN}")
        assert "已发布" in await run.operator("/answer 1 发布")
        assert (run.sandbox.guides / "faq-1.md").is_file()
    assert files(SAMPLE_GUIDES) == before
    assert not run.sandbox.guides.exists()
    async with Run(tmp_path) as run:
        names = {guide.name for guide in run.program.librarian.guides}
        assert names == {Path(name).name for name in before}


def test_a_folder_of_ones_own_is_used_where_it_is(tmp_path: Path) -> None:
    assert Sandbox(tmp_path, tmp_path / "mine", MovableClock(MONDAY)).guides == tmp_path / "mine"
