"""What each seat of the sandbox's page sees, as plain JSON, built anew from the transcripts at every look."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from bot.sandbox.aibot import feedback_of
from bot.sandbox.kf import BOT, ENDED, HUMAN, NEW, POOL, Session
from bot.sandbox.mass import MassTask, Share
from bot.sandbox.standin import StandIn
from bot.sandbox.wire import Exchange, Spoken
from bot.sandbox.world import World

# WeCom keeps AI bots in groups of colleagues; the demo's own group has this id in callbacks and schedules.
GROUP_ID = "wrFencunTeam"
GROUP_NAME = "家居育儿交流群"
LINES = 200  # of one chat
ROWS = 300  # of the wire

Line = dict[str, Any]
_STATES = {NEW: "new", BOT: "bot", POOL: "waiting", HUMAN: "human", ENDED: "ended"}
_MARKDOWN = ("stream", "markdown", "markdown_v2")


class Notices:
    """The grey lines of a session (who took it, who ended it), read from the wire as far as it has grown."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._read_to = 0
        self._seen: set[str] = set()
        self._lines: dict[str, list[Line]] = {}

    def of(self, customer: str) -> list[Line]:
        return self._lines.get(customer, [])

    def read(self, rows: Sequence[Exchange]) -> None:
        """Take in every row above those read before; `rows` is oldest first."""
        for row in rows:
            if row.number <= self._read_to:
                continue
            self._read_to = row.number
            if row.what == "kf/service_state/trans" and row.errcode == 0 and row.status == 200:
                self._moved(row)
            elif row.what == "kf/sync_msg" and isinstance(row.response, Mapping):
                for item in row.response.get("msg_list") or []:
                    self._item(item)

    def _moved(self, row: Exchange) -> None:
        """The bot moved a session (94669)."""
        name = name_of(self._world, str(row.request.get("servicer_userid", "")))
        words = {1: "机器人接待中", 2: "已进入等待队列", 3: f"已转给{name}", 4: "会话已结束"}
        said = words.get(row.request.get("service_state", 0))
        if said:
            self._add(str(row.request.get("external_userid", "")), row.at, said)

    def _item(self, item: Mapping[str, Any]) -> None:
        """An event that the bot pulled (94670); each counts once however often it is pulled."""
        msgid = str(item.get("msgid", ""))
        if item.get("msgtype") != "event" or msgid in self._seen:
            return
        self._seen.add(msgid)
        event = item.get("event") or {}
        said = self._words(event)
        if said:
            at = datetime.fromtimestamp(item.get("send_time", 0), UTC)
            self._add(str(event.get("external_userid", "")), at, said)

    def _words(self, event: Mapping[str, Any]) -> str:
        kind = event.get("event_type")
        if kind == "enter_session":
            return "客户打开了会话"
        if kind == "msg_send_fail":
            return "有一条消息没有送达"
        if kind != "session_status_change":
            return ""
        old = name_of(self._world, str(event.get("old_servicer_userid", "")))
        new = name_of(self._world, str(event.get("new_servicer_userid", "")))
        said = {1: f"{new}接入了会话", 2: f"会话转给了{new}", 3: f"{old}结束了会话", 4: f"{new}重新接入了会话"}
        return said.get(event.get("change_type", 0), "")

    def _add(self, customer: str, at: datetime, words: str) -> None:
        lines = self._lines.setdefault(customer, [])
        key = f"n:{customer}:{len(lines)}"
        lines.append({"id": key, "at": _stamp(at), "who": "", "name": "", "side": "system", "text": words})


def snapshot(standin: StandIn, notices: Notices, wire_after: int) -> dict[str, Any]:
    """All seats, and the wire's rows numbered above `wire_after`. Times are ISO 8601 in UTC."""
    world, rows = standin.world, standin.ledger.rows
    notices.read(rows)
    return {
        "customers": [_customer(standin, notices, one.external_userid, one.nickname) for one in world.customers],
        "groups": [_own_group(standin), *_customer_groups(standin)],
        "employees": [_employee(standin, one.userid, one.name) for one in world.employees],
        "servicers": [{"id": one.userid, "name": one.name, "receiving": one.receiving} for one in world.servicers],
        "operator": _operator(world),
        "tasks": [_task(world, task, share) for task in standin.mass_tasks() for share in task.shares.values()],
        "wire": {"count": standin.ledger.count, "rows": [_row(row) for row in rows[-ROWS:] if row.number > wire_after]},
    }


def name_of(world: World, who: str) -> str:
    """The name of a customer, colleague or group; the id itself where there is none."""
    customer, employee, group = world.customer(who), world.employee(who), world.group(who)
    if customer is not None:
        return customer.nickname
    if employee is not None:
        return employee.name
    return group.name if group is not None else who


def _operator(world: World) -> str:
    """The colleague who starts at the operator's seat: one who serves no customers, if there is one."""
    serving = {one.userid for one in world.servicers}
    return next((one.userid for one in world.employees if one.userid not in serving), world.employees[0].userid)


# ---- chats


def _customer(standin: StandIn, notices: Notices, customer: str, name: str) -> dict[str, Any]:
    session = standin.kf.session(standin.kf.default_account(), customer)
    world = standin.world
    account = world.kf.accounts[0].name
    lines = _lines(world, f"k:{customer}", session.chat, account)
    lines += _lines(world, f"r:{customer}", standin.received(customer), account, tag="群发")
    state = _settled(session, standin.clock.now())
    servicer = session.servicer if state == "human" else ""
    return {
        "id": customer,
        "name": name,
        "state": state,
        "servicer": servicer,
        "servicer_name": name_of(world, servicer) if servicer else "",
        "chat": _in_order([*lines, *notices.of(customer)]),
    }


def _settled(session: Session, now: datetime) -> str:
    """The state as the API would tell it: 48 hours after the customer's last message a session is over."""
    return _STATES[session.state if session.fresh_at(now) else ENDED]


def _own_group(standin: StandIn) -> dict[str, Any]:
    """The AI bots' talk in the group and the posts of the webhooks, in one timeline."""
    world = standin.world
    lines: list[Line] = []
    for bot in world.aibots:
        lines += _lines(world, f"g:{bot.name}", standin.bot_chat(bot.name, GROUP_ID), bot.display_name)
    for robot in world.group_robots:
        name = robot.display_name or robot.name
        lines += _lines(world, f"w:{robot.name}", standin.group_messages(robot.name), name, "群机器人", "每周内容")
    members = [{"id": one.userid, "name": one.name} for one in world.employees]
    return {"id": GROUP_ID, "name": GROUP_NAME, "open": True, "members": members, "chat": _in_order(lines)}


def _customer_groups(standin: StandIn) -> list[dict[str, Any]]:
    """Customer groups hear only what a colleague confirms: no bot reads or writes in them."""
    world = standin.world
    found = []
    for one in world.customer_groups:
        chat = _in_order(_lines(world, f"c:{one.chat_id}", standin.received(one.chat_id), "", tag="每周内容"))
        members = [{"id": who, "name": name_of(world, who)} for who in one.members]
        found.append({"id": one.chat_id, "name": one.name, "open": False, "members": members, "chat": chat})
    return found


def _employee(standin: StandIn, userid: str, name: str) -> dict[str, Any]:
    """What a colleague sees of the app, and of the first AI bot in single chat."""
    world = standin.world
    talk: list[Line] = []
    for bot in world.aibots:
        talk += _lines(world, f"s:{bot.name}:{userid}", standin.bot_chat(bot.name, userid), bot.display_name)
    app = _lines(world, f"a:{userid}", standin.app_chat(userid), "分寸", "应用")
    return {"id": userid, "name": name, "app": _in_order(app), "aibot": _in_order(talk)}


def _in_order(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=itemgetter("at"))[-LINES:]


def _lines(
    world: World, source: str, chat: Iterable[Spoken], bot_name: str, badge: str = "AI", tag: str = ""
) -> list[Line]:
    return [_line(world, f"{source}:{place}", one, bot_name, badge) | _tag(one, tag) for place, one in enumerate(chat)]


def _tag(spoken: Spoken, tag: str) -> Line:
    if not tag:
        return {}
    return {"tag": "欢迎语" if spoken.body.get("welcome") else tag}


def _line(world: World, key: str, spoken: Spoken, bot_name: str, badge: str) -> Line:
    """`side` is bot, customer or colleague; `format` tells how the text is drawn, `badge` what kind of bot spoke."""
    by_bot = spoken.who == "bot"
    side = "bot" if by_bot else "customer" if world.customer(spoken.who) else "colleague"
    line: Line = {
        "id": key,
        "at": _stamp(spoken.at),
        "who": spoken.who,
        "name": bot_name if by_bot else name_of(world, spoken.who),
        "side": side,
        "text": spoken.text,
        "format": "markdown" if spoken.msgtype in _MARKDOWN else "text",
    }
    if by_bot:
        line["badge"] = badge
    if spoken.msgtype == "stream":
        line["growing"] = not spoken.body.get("finish")
    if by_bot and (feedback := feedback_of(spoken.body)):
        line |= {"feedback": feedback, "rated": spoken.body.get("rated", 0), "bot": key.split(":")[1]}
    if spoken.msgtype == "template_card":
        line |= {"format": "card", "card": _card(spoken.body)}
    if spoken.msgtype == "image" and by_bot:
        line |= {"format": "picture", "media": str(spoken.body.get("media_id", ""))}
    if spoken.msgtype == "msgmenu":
        line |= {"format": "menu", "menu": _menu(spoken.body)}
    return line


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    title = card.get("main_title") or {}
    rows = card.get("horizontal_content_list") or []
    return {
        "task": card.get("task_id", ""),
        "title": title.get("title", ""),
        "note": title.get("desc", ""),
        "text": card.get("sub_title_text", ""),
        "rows": [[row.get("keyname", ""), row.get("value", "")] for row in rows],
        "buttons": [{"text": one.get("text", ""), "key": one.get("key", "")} for one in card.get("button_list") or []],
        "replaced": card.get("replaced", ""),
    }


def _menu(menu: Mapping[str, Any]) -> dict[str, Any]:
    """Only entries of the kind "click" can be sent back; the others are lines."""
    entries = []
    for one in menu.get("list") or []:
        content = one.get(one.get("type", "")) or {}
        entries.append({"id": content.get("id", ""), "text": content.get("content", ""), "kind": one.get("type", "")})
    return {"head": menu.get("head_content", ""), "entries": entries, "tail": menu.get("tail_content", "")}


# ---- tasks and the wire


def _task(world: World, task: MassTask, share: Share) -> dict[str, Any]:
    """One colleague's share of a mass task: waiting, sent or cancelled."""
    return {
        "id": task.msgid,
        "at": _stamp(task.made_at),
        "sender": share.sender,
        "sender_name": name_of(world, share.sender),
        "to": [name_of(world, who) for who in share.status],
        "text": task.text,
        "state": "sent" if share.sent_at else "cancelled" if task.cancelled else "waiting",
    }


def _row(row: Exchange) -> dict[str, Any]:
    return {
        "number": row.number,
        "at": _stamp(row.at),
        "direction": row.direction,
        "what": row.what,
        "request": row.request,
        "response": row.response,
        "status": row.status,
        "errcode": row.errcode,
        "note": row.note,
    }


def _stamp(at: datetime) -> str:
    """To the microsecond always, so that the texts sort as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
