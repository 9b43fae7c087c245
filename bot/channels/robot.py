"""Group robots: one way into one group, at most 20 messages a minute (doc 99110)."""

from collections.abc import Mapping

from bot.channels import Limits
from bot.channels.texts import fitting, pieces
from bot.part import Part, Receipt
from bot.wecom.api import Robot
from handlers.turn import Channel
from scheduler.posts import parse_recipient


class RobotChannel:
    """`robots` is name → robot."""

    limits = Limits(per_minute=20)

    def __init__(self, robots: Mapping[str, Robot]) -> None:
        self._robots = robots

    def pieces(self, markdown: str) -> list[str]:
        return pieces(markdown, Channel.ROBOT)

    async def send(self, part: Part) -> Receipt:
        robot = self._robots[parse_recipient(part.body["recipients"][0]).account]
        content = fitting(part.body["markdown"], Channel.ROBOT)
        await robot.send({"msgtype": "markdown", "markdown": {"content": content}})
        return Receipt()
