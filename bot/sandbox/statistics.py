"""WeCom's statistics: customer groups by day (92133), colleagues (92132), 微信客服 (95489).

Days are Beijing's; moments within a day count as its start. The last 180 days may be asked for, up to yesterday.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.sandbox.fields import Body, Call, Rejected, number, part, texts
from bot.sandbox.kf import Kf
from bot.sandbox.world import World

_BEIJING = ZoneInfo("Asia/Shanghai")
_OLDEST = 180  # days
_DAY = timedelta(days=1)


class Statistics:
    """Counts what happened since the stand-in began. `note` is told of it: who came or left, and whose contact."""

    def __init__(self, world: World, clock: Clock, kf: Kf) -> None:
        self._world = world
        self._clock = clock
        self._kf = kf
        self._noted: Counter[tuple[str, str, date]] = Counter()

    def note(self, what: str, whose: str) -> None:
        """`what` is added, removed (by the customer) or joined; `whose` the colleague, or the group's owner."""
        self._noted[what, whose.casefold(), self._today()] += 1

    def groups_by_day(self, call: Call) -> dict[str, Any]:
        """groupchat/statistic_group_by_day: owners are required, at most 100, at most 30 days."""
        body = call.body
        owners = texts(part(body, "owner_filter"), "userid_list", high=100, required=True)
        known = {each.casefold() for each in owners}
        groups = [each for each in self._world.customer_groups if each.owner.casefold() in known]
        items = []
        for day in self._days(body, "day_begin_time", "day_end_time", 30):
            counts = {
                "new_chat_cnt": 0,
                "chat_total": len(groups),
                "chat_has_msg": 0,
                "new_member_cnt": self._count("joined", known, day),
                "member_total": sum(len(each.members) + 1 for each in groups),
                "member_has_msg": 0,
                "msg_total": 0,
                "migrate_trainee_chat_cnt": 0,
            }
            items.append({"stat_time": _stamp(day), "data": counts})
        return {"items": items}

    def behavior(self, call: Call) -> dict[str, Any]:
        """get_user_behavior_data: one row a day, all colleagues summed; percentages are absent without messages."""
        people = texts(call.body, "userid", high=100)
        if not people and not call.body.get("partyid"):
            raise Rejected(40063, "userid and partyid are both missing")
        if any(self._world.employee(each) is None for each in people):
            raise Rejected(40003, "invalid userid")
        known = {each.casefold() for each in people}
        rows = [
            {
                "stat_time": _stamp(day),
                "new_apply_cnt": 0,
                "new_contact_cnt": self._count("added", known, day),
                "chat_cnt": 0,
                "message_cnt": 0,
                "negative_feedback_cnt": self._count("removed", known, day),
            }
            for day in self._days(call.body, "start_time", "end_time", 30)
        ]
        return {"behavior_data": rows}

    def kf_by_day(self, call: Call) -> dict[str, Any]:
        """kf/get_corp_statistic of all accounts: at most 31 days; rates are absent."""
        rows = []
        for day in self._days(call.body, "start_time", "end_time", 31):
            wrote = [session for session in self._kf.sessions() if _wrote_on(session.chat, session.customer, day)]
            counts = {
                "session_cnt": len(wrote),
                "customer_cnt": len({session.customer for session in wrote}),
                "customer_msg_cnt": sum(_wrote_on(session.chat, session.customer, day) for session in wrote),
                "upgrade_service_customer_cnt": 0,
                "ai_session_reply_cnt": len(wrote),
                "msg_rejected_customer_cnt": 0,
            }
            rows.append({"stat_time": _stamp(day), "statistic": counts})
        return {"statistic_list": rows}

    def _days(self, body: Body, begin: str, end: str, most: int) -> list[date]:
        """The days that are asked for, checked."""
        first, last = (_day(number(body, name, None)) for name in (begin, end))
        yesterday = self._today() - _DAY
        if last < first or (last - first).days >= most:
            raise Rejected(40058, f"the span must be 1 to {most} days")
        if last > yesterday or first < self._today() - _OLDEST * _DAY:
            raise Rejected(40058, f"only the last {_OLDEST} days up to yesterday")
        return [first + place * _DAY for place in range((last - first).days + 1)]

    def _count(self, what: str, people: Iterable[str], day: date) -> int:
        return sum(self._noted[what, each, day] for each in people)

    def _today(self) -> date:
        return self._clock.now().astimezone(_BEIJING).date()


def _wrote_on(chat: Iterable[Any], customer: str, day: date) -> int:
    return sum(row.who == customer and row.at.astimezone(_BEIJING).date() == day for row in chat)


def _day(stamp: int) -> date:
    return datetime.fromtimestamp(stamp, _BEIJING).date()


def _stamp(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), _BEIJING).timestamp())
