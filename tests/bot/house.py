"""The bot and the stand-in as one thing to test with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.clock import MovableClock
from bot.program import Program
from bot.sandbox.standin import StandIn

MONDAY = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)  # Monday 10:05 in Shanghai
KF = "wkFencunDemo01"
CHEN, LIN, ZHOU = "wmDemoChen", "wmDemoLin", "wmDemoZhou"

SOFA = """---
title: 小客厅沙发怎么选尺寸
topic: styling
keywords: [沙发, 小客厅]
weekly: true
---
小客厅沙发的长度控制在沙发墙的三分之二左右比较协调。

## 过道留多宽

沙发和茶几之间留 30 到 45 厘米，起身和走动都不挤。主过道留 80 到 90 厘米。
"""
FOOD = """---
title: 6 个月宝宝开始添加辅食
topic: parenting
keywords: [辅食, 6个月, 米粉]
weekly: true
---
宝宝满 6 个月开始添加辅食，第一口选强化铁的婴儿米粉。

## 怎么开始

1. 每次只加一种新食物，观察 3 天。
2. 从 1 到 2 勺开始，慢慢加量。
3. 1 岁前不加盐、不加糖、不喝蜂蜜。
"""
RETURNS = """---
title: 退换货规则
topic: service
keywords: [退货, 换货]
---
签收后 7 天内商品完好可以无理由退货。

## 怎么申请退货

退货申请在订单页提交，客服 24 小时内审核。
"""


@dataclass
class Shelf:
    """A small library with its index, built once for the whole run."""

    guides: Path
    index: Path
    vectors: Path


class House:
    """The bot and the stand-in, and what a test wants to do with both."""

    def __init__(self, standin: StandIn, clock: MovableClock, make: Callable[[], Program]) -> None:
        self.standin = standin
        self.clock = clock
        self._make = make
        self.program = make()

    async def open(self) -> None:
        port = await self.program.start(0)
        self.standin.world.bot_url = f"http://127.0.0.1:{port}"
        if self.program.running.leadership is not None:
            await self.program.running.leadership.tried.wait()

    async def reopen(self) -> None:
        """Stop the bot and start it again on the same data."""
        await self.program.stop()
        await self.restart()

    async def restart(self) -> None:
        """Start a stopped bot again on the same data."""
        self.program = self._make()
        await self.open()

    async def settled(self) -> None:
        """Until the bot has nothing to do at this moment of its clock."""
        puller = self.program.connections.puller
        for _ in range(2):
            if puller is not None:
                await puller.idle()
            await self.program.engine.idle()

    async def jump(self, **by: float) -> None:
        """Move the clock and let everything look at it."""
        self.clock.jump(timedelta(**by))
        await self.program.look()
        await self.settled()

    async def customer(self, text: str, who: str = CHEN) -> list[str]:
        """A customer says something; what the bot says to that."""
        before = len(self.said(who))
        await self.standin.customer_says(who, text)
        await self.settled()
        return self.said(who)[before:]

    def said(self, who: str = CHEN) -> list[str]:
        """Everything the bot has said to a customer."""
        return [spoken.text for spoken in self.standin.kf_chat(KF, who) if spoken.who == "bot"]

    async def colleague(self, text: str, who: str = "wangwei") -> list[str]:
        """A colleague writes to the app; what comes back."""
        before = len(self.told(who))
        await self.standin.employee_says(who, text)
        await self.settled()
        return self.told(who)[before:]

    def told(self, who: str = "wangwei") -> list[str]:
        return [spoken.text for spoken in self.standin.app_chat(who) if spoken.who == "bot"]

    def posts(self, robot: str = "weekly") -> list[str]:
        return [spoken.text for spoken in self.standin.group_messages(robot)]
