"""Several processes of one bot, played as programs in this one: each with its own connections to one PostgreSQL."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot.clock import MovableClock
from bot.process_role import ProcessRole
from bot.processes import process
from bot.reception import Reception
from bot.sandbox.run import settings_for
from bot.sandbox.standin import StandIn
from bot.settings import Settings
from tests.bot.house import KF, Shelf

PATIENCE = 15.0  # seconds for what processes tell each other


@dataclass
class Site:
    """`callbacks` go to the first process that takes them in."""

    standin: StandIn
    clock: MovableClock
    url: str
    folder: Path
    shelf: Shelf
    programs: dict[str, Reception] = field(default_factory=dict)

    async def start(self, name: str, role: ProcessRole, **more: object) -> Reception:
        program = process(self._settings(name, more), role, self.clock)
        self.programs[name] = program
        port = await program.start(0)
        if role.takes_in:
            self.standin.world.bot_url = f"http://127.0.0.1:{port}"
        return program

    def _settings(self, name: str, more: dict[str, object]) -> Settings:
        folder = self.folder / name
        if not folder.exists():
            # Embedded Chroma bears one process: each has its own copy.
            shutil.copytree(self.shelf.index, folder / "index")
            shutil.copytree(self.shelf.vectors, folder / "chroma")
        plain = settings_for(self.standin, folder, self.shelf.guides, 0)
        plain["store"] = {"url": self.url}
        plain["knowledge"] |= {"index": folder / "index", "vectors": str(folder / "chroma")}
        plain["wecom"]["aibots"] = [b for b in plain["wecom"]["aibots"] if b.get("mode") != "websocket"]
        return Settings.model_validate(plain | more)

    async def stop(self, name: str) -> None:
        await self.programs.pop(name).stop()

    async def stop_all(self) -> None:
        for name in list(self.programs):
            await self.stop(name)

    def said(self, who: str) -> list[str]:
        return [spoken.text for spoken in self.standin.kf_chat(KF, who) if spoken.who == "bot"]

    def handled(self, name: str) -> float:
        """How many items a process has decided."""
        metric = self.programs[name].base.metrics.handled
        return sum(sample.value for one in metric.collect() for sample in one.samples if sample.name.endswith("_total"))


async def eventually(
    condition: Callable[[], bool], seconds: float = PATIENCE, moving: MovableClock | None = None
) -> None:
    """Until it holds: other processes are heard of over real sockets, whatever the clock of the bot says.

    `moving` goes on ten times as fast meanwhile, for what has to be tried again.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # nobody tells a test what another process has come to
            await asyncio.sleep(0.01)
            if moving is not None:
                moving.jump(timedelta(seconds=0.1))
