"""`fencun sandbox`: the ordinary bot, configured by settings only, beside the stand-in and its page."""

import asyncio
import shutil
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot.app import build
from bot.clock import MovableClock
from bot.program import Program
from bot.sandbox.approvals import approve
from bot.sandbox.standin import StandIn
from bot.sandbox.web import SandboxWeb
from bot.sandbox.world import World
from bot.settings import Settings

ZONE = "Asia/Shanghai"
SAMPLE_POSTS = Path(__file__).with_name("posts")
OPERATOR = "wangwei"
SAMPLE_GUIDES = Path(__file__).resolve().parents[2] / "guides"
LOCAL = "127.0.0.1"
LOOK_AHEAD_DAYS = 14


class Sandbox:
    """Everything in one process. `start` gives the address to open; `stop` ends it.

    Each run begins with an empty store and the sample guides as they come, whatever operators published in the last
    one; `folder` keeps the index, which takes time to build. `guides`: a folder of one's own, used where it is.
    """

    def __init__(self, folder: Path, guides: Path | None, clock: MovableClock) -> None:
        self._folder = folder
        self._own_guides = guides
        self._clock = clock
        self._world = World.demo()
        self.standin = StandIn(self._world, clock)
        self.program: Program | None = None
        self._page: SandboxWeb | None = None
        self._run = TemporaryDirectory(prefix="fencun-sandbox-")

    async def start(self, port: int) -> str:
        """Start the stand-in on a free port and the bot on `port`; raises what the bot's start raises."""
        if self._own_guides is None:
            await asyncio.to_thread(_copy, SAMPLE_GUIDES, self.guides)
        await self.standin.start()
        self.program = program = build(self.settings(port), self._clock)
        self._page = SandboxWeb(self.standin, self._clock, self._next_post, self._jumped, ZONE)
        program.web.more.extend(self._page.routes())
        actual = await program.start()
        await approve(program, OPERATOR)
        self._world.bot_url = f"http://{LOCAL}:{actual}"
        return f"http://{LOCAL}:{actual}/sandbox/"

    async def stop(self) -> None:
        if self._page is not None:  # first: a browser's open event stream would keep the server waiting
            await self._page.close()
        if self.program is not None:
            await self.program.stop()
        await self.standin.stop()
        self._run.cleanup()

    @property
    def guides(self) -> Path:
        """The folder that this run reads guides from, and publishes them to."""
        return self._own_guides or Path(self._run.name) / "guides"

    def settings(self, port: int) -> Settings:
        """The settings of an ordinary installation that happens to talk to the stand-in."""
        plain = settings_for(self.standin, self._folder, self.guides, port)
        # Beside the group robot, a customer group and a customer whose colleague confirms each post.
        plain["schedules"][0]["to"].append("group:lihua:wrDemoGroup01")
        plain["schedules"][1]["to"].append("customer:lihua:wmDemoLin")
        member_day = {"name": "member-day", "every": "每月15日 10:00", "topic": "community", "kind": "promo"}
        plain["schedules"].append({**member_day, "to": plain["schedules"][0]["to"][:1]})
        plain["people"]["names"] = [f"{one.userid}={one.name}" for one in self._world.employees]
        plain["store"] = {"url": f"sqlite:///{Path(self._run.name) / 'fencun.db'}"}
        return Settings.model_validate(plain)

    async def _next_post(self) -> datetime | None:
        if self.program is None:
            return None
        coming = await self.program.planner.upcoming(LOOK_AHEAD_DAYS)
        return coming[0].at if coming else None

    async def _jumped(self) -> None:
        """The clock has moved: look at everything now rather than at the next tick."""
        if self.program is not None:
            await self.program.look()


def settings_for(standin: StandIn, folder: Path, guides: Path, port: int) -> dict[str, Any]:
    """Settings, as a file would hold them, for a bot that talks to `standin` and keeps its data in `folder`."""
    world = standin.world
    callback = [bot for bot in world.aibots if bot.mode == "callback"]
    socket = [bot for bot in world.aibots if bot.mode == "websocket"]
    robot = world.group_robots[0].name
    return {
        "timezone": ZONE,
        "server": {"host": LOCAL, "port": port},
        "store": {"url": f"sqlite:///{folder / 'fencun.db'}"},
        "knowledge": {"guides": guides, "index": folder / "index", "vectors": str(folder / "chroma")},
        "posts": {"folder": SAMPLE_POSTS},
        "people": {"operators": [OPERATOR], "leads": ["zhaomin"], "consultants": ["lihua", "zhaomin"]},
        "wecom": {
            "corp_id": world.corp_id,
            "api_base": standin.base_url,
            "app": {"agent_id": world.app.agent_id, **_keys(world.app)},
            "kf": {**_keys(world.kf), "accounts": [account.open_kfid for account in world.kf.accounts]},
            "contact": _keys(world.contact),
            "group_robots": [{"name": each.name, "key": each.key} for each in world.group_robots],
            "aibots": [
                {"name": b.name, "display_name": b.display_name, "token": b.token, "encoding_aes_key": b.aes_key}
                for b in callback
            ]
            + [
                {
                    "name": b.name,
                    "display_name": b.display_name,
                    "mode": "websocket",
                    "bot_id": b.bot_id,
                    "secret": b.secret,
                    "ws_url": standin.ws_url,
                }
                for b in socket
            ],
        },
        "schedules": [
            {"name": "weekly-styling", "every": "thu 10:00", "topic": "styling", "to": [f"robot:{robot}"]},
            {"name": "weekly-parenting", "every": "tue 10:00", "topic": "parenting", "to": [f"robot:{robot}"]},
        ],
    }


def _copy(guides: Path, to: Path) -> None:
    """With the times of the files, by which the index knows documents again, and without anybody's drafts."""
    shutil.copytree(guides, to, ignore=shutil.ignore_patterns(".*"))


def _keys(seat: Any) -> dict[str, Any]:
    return {"secret": seat.secret, "token": seat.token, "encoding_aes_key": seat.aes_key}
