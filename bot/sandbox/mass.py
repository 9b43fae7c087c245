"""Mass tasks that a colleague confirms (92135, 93338, 97610, 97611), welcomes (92137), contacts (92113, 92114)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.sandbox.fields import Body, Call, Rejected, fresh, many, number, page_of, part, text, texts
from bot.sandbox.wire import Spoken
from bot.sandbox.world import Customer, World

WELCOME_LIFE = timedelta(seconds=20)
_BEIJING = ZoneInfo("Asia/Shanghai")
UNSENT, SENT, NO_FRIEND, OVER_CAP = range(4)  # status of one recipient


@dataclass(slots=True)
class Share:
    """What one member is asked to send: recipients (external ids or chat ids) with the status of each."""

    sender: str
    status: dict[str, int]
    sent_at: datetime | None = None


@dataclass(slots=True)
class MassTask:
    """One task. `reminders` are the moments at which its members were reminded."""

    msgid: str
    chat_type: Literal["single", "group"]
    text: str
    body: Mapping[str, Any]
    made_at: datetime
    shares: dict[str, Share]
    cancelled: bool = False
    reminders: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class _Welcome:
    customer: str
    until: datetime
    used: bool = False


class Mass:
    """All tasks, and what customers and customer groups received through them."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock
        self._welcomes: dict[str, _Welcome] = {}
        self.tasks: dict[str, MassTask] = {}
        self.received: dict[str, list[Spoken]] = {}

    # ---- making a task

    def add(self, call: Call) -> dict[str, Any]:
        """Make a task; nothing reaches anybody before the sender confirms it."""
        body = call.body
        kind = text(body, "chat_type", empty=None) or "single"
        line = _content(body)
        if kind == "group":
            shares, failed = self._group_shares(body)
        elif kind == "single":
            shares, failed = self._single_shares(body)
        else:
            raise Rejected(40058, "chat_type is single or group")
        if not shares:
            raise Rejected(41048, "nobody to send to")
        task = MassTask(fresh("msgGC"), "group" if kind == "group" else "single", line, body, self._clock.now(), shares)
        self.tasks[task.msgid] = task
        return {"fail_list": failed, "msgid": task.msgid}

    def _group_shares(self, body: Body) -> tuple[dict[str, Share], list[str]]:
        sender = text(body, "sender")
        wanted = texts(body, "chat_id_list", high=2000)
        own = [one.chat_id for one in self._world.customer_groups if one.owner == sender]
        chats = [one for one in wanted if one in own] if wanted else own
        failed = [one for one in wanted if one not in own]
        return ({sender: Share(sender, dict.fromkeys(chats, UNSENT))} if chats else {}), failed

    def _single_shares(self, body: Body) -> tuple[dict[str, Share], list[str]]:
        """Each customer goes to the one colleague who spoke with him last."""
        sender = text(body, "sender", empty=None)
        wanted = texts(body, "external_userid", high=10_000)
        if not wanted and not sender:
            raise Rejected(40063, "external_userid and sender are both missing")
        wanted_or_all = wanted or [one.external_userid for one in self._world.customers if sender in one.followers]
        shares: dict[str, Share] = {}
        failed: list[str] = []
        for external in wanted_or_all:
            follower = self._follower(external, sender)
            if follower:
                shares.setdefault(follower, Share(follower, {})).status[external] = UNSENT
            else:
                failed.append(external)
        return shares, failed

    def _follower(self, external: str, sender: str) -> str:
        customer = self._world.customer(external)
        if customer is None or not customer.followers:
            return ""
        if sender:
            return sender if sender in customer.followers else ""
        return customer.followers[0]

    # ---- following a task

    def listed(self, call: Call) -> dict[str, Any]:
        """The tasks made between two moments, a month apart at most (93338)."""
        kind, start = text(call.body, "chat_type"), number(call.body, "start_time", None)
        end = number(call.body, "end_time", None, start, start + 31 * 86_400)
        rows: list[Any] = [
            {
                "msgid": task.msgid,
                "create_time": int(task.made_at.timestamp()),
                "create_type": 0,
                "text": {"content": task.text},
            }
            for task in self.tasks.values()
            if task.chat_type == kind and start <= int(task.made_at.timestamp()) <= end
        ]
        page, following = page_of(call.body, rows, default=50, high=100)
        return {"group_msg_list": page, "next_cursor": following}

    def task_list(self, call: Call) -> dict[str, Any]:
        """Who has confirmed (status 2) and who has not (0)."""
        task = self._task(call.body)
        rows: list[Any] = []
        for share in task.shares.values():
            row: dict[str, Any] = {"userid": share.sender, "status": 2 if share.sent_at else 0}
            if share.sent_at:
                row["send_time"] = int(share.sent_at.timestamp())
            rows.append(row)
        page, following = page_of(call.body, rows, default=500, high=1000)
        return {"task_list": page, "next_cursor": following}

    def send_result(self, call: Call) -> dict[str, Any]:
        """The status of each recipient of one member; of a group task only what was sent."""
        task = self._task(call.body)
        share = task.shares.get(text(call.body, "userid"))
        if share is None:
            raise Rejected(40003, "no such member in the task")
        name = "chat_id" if task.chat_type == "group" else "external_userid"
        rows: list[Any] = []
        for who, status in share.status.items():
            row: dict[str, Any] = {name: who, "userid": share.sender, "status": status}
            if share.sent_at and status == SENT:
                row["send_time"] = int(share.sent_at.timestamp())
            if task.chat_type == "single" or status != UNSENT:
                rows.append(row)
        page, following = page_of(call.body, rows, default=500, high=1000)
        return {"send_list": page, "next_cursor": following}

    def remind(self, call: Call) -> dict[str, Any]:
        """At most three times in 24 hours (41094)."""
        task = self._task(call.body)
        now = self._clock.now()
        if sum(now - at < timedelta(hours=24) for at in task.reminders) >= 3:
            raise Rejected(41094, "reminded three times in 24 hours")
        task.reminders.append(now)
        return {}

    def cancel(self, call: Call) -> dict[str, Any]:
        """Stop what nobody has confirmed yet; whatever went out stays out."""
        self._task(call.body).cancelled = True
        return {}

    def _task(self, body: Body) -> MassTask:
        task = self.tasks.get(text(body, "msgid", empty=41046))
        if task is None:
            raise Rejected(41047, "invalid msgid")
        if task.cancelled:
            raise Rejected(41093, "the task was cancelled")
        if self._clock.now() - task.made_at < timedelta(seconds=self._world.limits.dispatch_seconds):
            raise Rejected(41063, "still dispatching")
        return task

    def confirm(self, sender: str, msgid: str, left_out: Collection[str] = (), also: Collection[str] = ()) -> Share:
        """The colleague presses send. KeyError when he has no such task, ValueError when it was cancelled or sent.

        `left_out` he deselects; `also` are groups that he picks himself in an old client (92135: before 4.1.10).
        """
        task = self.tasks[msgid]
        share = task.shares[sender]
        if task.cancelled or share.sent_at:
            raise ValueError("the task was cancelled or sent before")
        share.sent_at = self._clock.now()
        share.status |= dict.fromkeys(also, UNSENT)
        for who in share.status.keys() - set(left_out):
            share.status[who] = self._reach(who, task, share)
        return share

    def _reach(self, who: str, task: MassTask, share: Share) -> int:
        customer = self._world.customer(who)
        if task.chat_type == "single" and (customer is None or share.sender not in customer.followers):
            return NO_FRIEND
        if self._over_cap(who):
            return OVER_CAP
        now = self._clock.now()
        body = {**task.body, "mass": True}
        self.received.setdefault(who, []).append(Spoken(now, share.sender, task.text, task.msgid, "text", body))
        return SENT

    def _over_cap(self, who: str) -> bool:
        """As many a calendar month as it has days by default; the admin may choose 7 a week or 1 a day."""
        today = self._clock.now().astimezone(_BEIJING).date()
        days = [row.at.astimezone(_BEIJING).date() for row in self.received.get(who, []) if row.body.get("mass")]
        cap = self._world.limits.mass_cap
        if cap == "day":
            return today in days
        if cap == "week":
            return sum(day.isocalendar()[:2] == today.isocalendar()[:2] for day in days) >= 7
        following = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
        most = (following - timedelta(days=1)).day
        return sum((day.year, day.month) == (today.year, today.month) for day in days) >= most

    # ---- contacts

    def new_welcome(self, external_userid: str) -> str:
        """A WelcomeCode, good for one message within 20 seconds."""
        code = fresh("wel")
        self._welcomes[code] = _Welcome(external_userid, self._clock.now() + WELCOME_LIFE)
        return code

    def send_welcome(self, call: Call) -> dict[str, Any]:
        """41051 when the code was used, 41050 when it is unknown or older than 20 seconds."""
        body = call.body
        line = _content(body)
        welcome = self._welcomes.get(text(body, "welcome_code", empty=41050))
        if welcome is not None and welcome.used:
            raise Rejected(41051, "welcomed before")
        if welcome is None or welcome.until < self._clock.now():
            raise Rejected(41050, "invalid or expired welcome_code")
        welcome.used = True
        spoken = Spoken(self._clock.now(), "bot", line, fresh("W"), "text", {"welcome": True})
        self.received.setdefault(welcome.customer, []).append(spoken)
        return {}

    def contacts(self, call: Call) -> dict[str, Any]:
        """The customers of one member; 84061 when he has none."""
        userid = text(call.query, "userid")
        found = [one.external_userid for one in self._world.customers if userid in one.followers]
        if not found:
            raise Rejected(84061, "no contact relation")
        return {"external_userid": found}

    def contact(self, call: Call) -> dict[str, Any]:
        """One customer and who follows him."""
        customer = self._world.customer(text(call.query, "external_userid", empty=41035))
        if customer is None:
            raise Rejected(40096, "invalid external_userid")
        if not customer.followers:
            raise Rejected(84061, "no contact relation")
        return {"external_contact": _card(customer), "follow_user": [_follow(one) for one in customer.followers]}


def _card(customer: Customer) -> dict[str, Any]:
    return {"external_userid": customer.external_userid, "name": customer.nickname, "type": 1, "gender": 0}


def _follow(userid: str) -> dict[str, Any]:
    return {"userid": userid, "remark": "", "description": "", "createtime": 0, "tags": [], "add_way": 1}


def _content(body: Body) -> str:
    """The text of a message (≤ 4,000 B); text and attachments must not both be empty, at most nine attachments."""
    words = ""
    if body.get("text") is not None:
        words = text(part(body, "text"), "content", limit=4000, too_long=45002, empty=None)
    attachments = many(body, "attachments", high=9, too_many=41064)
    for attachment in attachments:
        if not isinstance(attachment, dict) or not isinstance(attachment.get(attachment.get("msgtype", "")), dict):
            raise Rejected(41065, "attachment of a wrong type")
    if not words and not attachments:
        raise Rejected(40063, "text and attachments are both empty")
    return words or "[附件]"
