"""Webhooks into internal groups (99110) and the customer groups one may read (92120, 92122)."""

from collections.abc import Callable
from typing import Any

from bot.clock import Clock
from bot.sandbox.cards import check_card
from bot.sandbox.fields import Body, Call, Meter, Rejected, fresh, many, number, part, text, texts
from bot.sandbox.media import LARGEST, Media
from bot.sandbox.wire import Spoken
from bot.sandbox.world import CustomerGroup, GroupRobot, World

_KINDS = {kind: LARGEST[kind] for kind in ("file", "voice")}


class Robots:
    """What the internal groups see of each webhook."""

    def __init__(self, world: World, clock: Clock, media: Media) -> None:
        self._world = world
        self._clock = clock
        self._media = media
        self._meter = Meter()
        self.messages: dict[str, list[Spoken]] = {robot.name: [] for robot in world.group_robots}

    def send(self, call: Call) -> dict[str, Any]:
        """One message; 93000 for a bad key, 45009 above 20 a minute."""
        robot = self._robot(call)
        msgtype = text(call.body, "msgtype", empty=40008)
        line = self._content(call.body, msgtype, robot)
        now = self._clock.now()
        if not self._meter.allows(robot.key, now, (self._world.limits.webhook_per_minute, 60)):
            raise Rejected(45009, "more than 20 messages a minute")
        spoken = Spoken(now, "bot", line, fresh("R"), msgtype, part(call.body, msgtype))
        self.messages.setdefault(robot.name, []).append(spoken)
        return {}

    def upload(self, call: Call) -> dict[str, Any]:
        """A file or voice for this webhook only."""
        return self._media.upload(call, owner=self._robot(call).key, kinds=_KINDS)

    def _robot(self, call: Call) -> GroupRobot:
        key = call.query.get("key", "")
        found = next((one for one in self._world.group_robots if one.key == key), None)
        if found is None:
            raise Rejected(93000, "invalid webhook url")
        return found

    def _content(self, body: Body, msgtype: str, robot: GroupRobot) -> str:
        limits = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}
        if msgtype in limits:
            content = part(body, msgtype)
            for name in ("mentioned_list", "mentioned_mobile_list"):
                texts(content, name, high=1000)
            return text(content, "content", limit=limits[msgtype], empty=44004)
        readers: dict[str, Callable[[Body], str]] = {
            "image": _image,
            "news": _news,
            "template_card": lambda card: check_card(card, "webhook", set()),
            "file": lambda content: self._file(content, robot),
            "voice": lambda content: self._file(content, robot),
        }
        if msgtype not in readers:
            raise Rejected(40008, f"msgtype {msgtype} is not allowed here")
        return readers[msgtype](part(body, msgtype))

    def _file(self, content: Body, robot: GroupRobot) -> str:
        return "[文件] " + self._media.check(text(content, "media_id", empty=40007), robot.key).filename


class CustomerGroups:
    """Reading customer groups; nothing can be written into them but by mass tasks."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._made = int(clock.now().timestamp())
        self._versions: dict[str, int] = {}

    def listed(self, call: Call) -> dict[str, Any]:
        """Page through the groups (92120); `limit` is required."""
        limit = number(call.body, "limit", None, 1, 1000)
        owners = texts(call.body.get("owner_filter") or {}, "userid_list", high=100)
        groups = [one for one in self._world.customer_groups if not owners or one.owner in owners]
        cursor = text(call.body, "cursor", empty=None)
        start = int(cursor) if cursor.isdigit() else 0
        rows = [{"chat_id": one.chat_id, "status": 0} for one in groups[start : start + limit]]
        following = str(start + limit) if start + limit < len(groups) else ""
        return {"group_chat_list": rows, "next_cursor": following}

    def get(self, call: Call) -> dict[str, Any]:
        """One group with its members (92122); 90501 for anything else."""
        group = self._world.group(text(call.body, "chat_id"))
        if group is None:
            raise Rejected(90501, "not a customer group")
        named = number(call.body, "need_name", 0, 0, 1) == 1
        members = [{"userid": group.owner, "type": 1, "join_time": self._made, "join_scene": 1}]
        members += [self._member(one, named) for one in group.members]
        shown = {
            "chat_id": group.chat_id,
            "name": group.name,
            "owner": group.owner,
            "create_time": self._made,
            "member_list": members,
            "admin_list": [{"userid": group.owner}],
            "member_version": self.version(group),
        }
        return {"group_chat": shown}

    def version(self, group: CustomerGroup) -> str:
        return f"v{self._versions.get(group.chat_id, 1)}"

    def moved(self, group: CustomerGroup) -> tuple[str, str]:
        """Count one change of members; the versions before and after."""
        before = self.version(group)
        self._versions[group.chat_id] = self._versions.get(group.chat_id, 1) + 1
        return before, self.version(group)

    def _member(self, external_userid: str, named: bool) -> dict[str, Any]:
        customer = self._world.customer(external_userid)
        row: dict[str, Any] = {"userid": external_userid, "type": 2, "join_time": self._made, "join_scene": 3}
        if named and customer is not None:
            row["name"] = customer.nickname
        return row


def _image(content: Body) -> str:
    text(content, "base64")
    text(content, "md5")
    return "[图片]"


def _news(content: Body) -> str:
    articles = many(content, "articles", high=8, required=True)
    for article in articles:
        text(article, "description", limit=512, empty=None)
        text(article, "url")
    return "\n".join(text(article, "title", limit=128) for article in articles)
