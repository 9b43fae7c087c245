"""Who writes to the site, and the settings of its processes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bench.site.words import TOPICS
from bot.sandbox.run import settings_for
from bot.sandbox.standin import StandIn
from bot.sandbox.world import Customer, Employee, World

NOON = 12
PERSON_PER_DAY, GROUP_PER_DAY = 2, 1
GROUP = "wrDemoGroup01"


@dataclass(frozen=True)
class Town:
    """How many of each write. The first `held` customers and members get angry on the way."""

    customers: int = 400
    members: int = 300
    visitors: int = 100  # of the AI bot
    held: int = 6

    @classmethod
    def of(cls, people: int) -> "Town":
        """Of that many conversations, in the shares of the default."""
        return cls(people // 2, people * 3 // 8, people // 8)

    def world(self) -> World:
        world = World.demo()
        names = [f"wmTown{number:05}" for number in range(self.customers)]
        world.customers = [Customer(name, f"客户{number}", ["lihua"]) for number, name in enumerate(names)]
        world.customer_groups[0].members = names[: self.customers // 2]
        world.employees += [Employee(f"member{number:05}", f"会员{number}") for number in range(self.members)]
        world.employees += [Employee(f"visitor{number:05}", f"访客{number}") for number in range(self.visitors)]
        world.limits.api_per_minute = 10**7  # a brand of this size has bought more; the bot's own limits stay
        return world


def zone_at_noon(now: datetime) -> str:
    """A zone in which it is about noon: a run of some minutes meets neither quiet hours nor midnight."""
    ahead = NOON - now.astimezone(UTC).hour  # -11 … 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


def schedules(now: datetime, zone: str, people: Sequence[str], minutes: int) -> list[dict[str, Any]]:
    """One post of each topic: in the next minutes of the run, and more than the caps allow to the same people."""
    to = ["robot:weekly", f"group:lihua:{GROUP}", *people]
    local = now.astimezone(ZoneInfo(zone))
    moments = [local + timedelta(minutes=1 + place % max(1, minutes)) for place in range(len(TOPICS))]
    return [
        {"name": topic, "every": f"每天 {at:%H:%M}", "topic": topic, "to": to}
        for topic, at in zip(TOPICS, moments, strict=True)
    ]


def settings(standin: StandIn, folder: Path, port: int, store: str, zone: str) -> dict[str, Any]:
    """One process's settings; `folder` holds what is its own, the folder above what all share."""
    plain = settings_for(standin, folder, folder.parent / "guides", port)
    plain["timezone"] = zone
    plain["server"] |= {"trusted_proxies": ["127.0.0.1/32"]}
    plain["store"] = {"url": store}
    plain["posts"] = {"folder": folder.parent / "posts"}
    plain["wecom"]["kf"]["poll_seconds"] = 5
    plain["wecom"]["aibots"] = [each for each in plain["wecom"]["aibots"] if each.get("mode") != "websocket"]
    plain["wecom"] |= {"connect_timeout": 2, "read_timeout": 4}
    caps = {"person_per_day": PERSON_PER_DAY, "group_per_day": GROUP_PER_DAY, "person_per_week": 3, "gap_hours": 0}
    plain["restraint"] = caps | {"holidays": "as_usual"}
    return plain


def toml(settings: Mapping[str, Any]) -> str:
    """Settings as a file: dotted keys, lists of tables inline."""
    return "".join(f"{key} = {value}\n" for key, value in _lines(settings, ""))


def _lines(table: Mapping[str, Any], above: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        if isinstance(value, Mapping):
            found += _lines(value, f"{above}{name}.")
        else:
            found.append((above + name, _value(value)))
    return found


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name} = {_value(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value if isinstance(value, bool | int | float) else str(value), ensure_ascii=False)
