"""What to say unasked and to whom: choosing the guide, writing the post, reading the recipients' addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from knowledge.types import Guide
from scheduler import capsule
from scheduler.timetable import Kind, Planned, Schedule, upcoming, zone_of

Reach = Literal["robot", "aibot", "app", "group", "customer", "appchat"]
Scope = Literal["person", "group"]


@dataclass(frozen=True, slots=True)
class Post:
    """Content ready to be sent: the guide's file name, title and topic, and the message in channel-neutral Markdown."""

    guide: str
    title: str
    markdown: str
    kind: Kind
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of a schedule, read.

    `account` is what we speak through: the robot's or AI bot's name, or the userid of the colleague who sends.
    `target` is the id of the person or group there (for a group robot its name: it knows no other id).
    `subject` is whom the caps count for, the same whatever the channel: see `subject_of`.
    """

    address: str
    channel: Reach
    account: str
    target: str
    scope: Scope
    subject: str

    @property
    def confirmed(self) -> bool:
        """Whether a send is only a task that a colleague has to confirm (mass messages, 92135)."""
        return self.channel in ("group", "customer")


class WrongRecipient(ValueError):
    """An address cannot be read. The message is Chinese, says what is wrong and gives an example."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How an address is written: parts in angle brackets are filled in, the last of them is the target."""

    shape: str
    scope: Scope
    example: str


_FORMS: Mapping[Reach, tuple[_Form, ...]] = {
    "robot": (_Form("robot:<群机器人名>", "group", "robot:育儿一群"),),
    "aibot": (
        _Form("aibot:<智能机器人名>:group:<chatid>", "group", "aibot:小分:group:wrABC123"),
        _Form("aibot:<智能机器人名>:single:<userid>", "person", "aibot:小分:single:zhangsan"),
    ),
    "app": (_Form("app:<userid>", "person", "app:zhangsan"),),
    "group": (_Form("group:<发送人userid>:<客户群chat_id>", "group", "group:lihua:wrOgQhDg01"),),
    "customer": (_Form("customer:<发送人userid>:<external_userid>", "person", "customer:lihua:wmABC123"),),
    "appchat": (_Form("appchat:<chatid>", "group", "appchat:ithelp01"),),
}


def subject_of(scope: Scope, target: str) -> str:
    """The one name of a person or group for caps and opt-outs: "person:<id>" or "group:<id>".

    Lower-cased, because WeCom's userids are case-insensitive and some calls give them back in lower case (90236).
    """
    return f"{scope}:{target.lower()}"


def parse_recipient(address: str) -> Recipient:
    """Read an address like "app:<userid>" (all forms are in `_FORMS`); WrongRecipient where it is none."""
    parts = [part.strip() for part in address.split(":")]
    for channel, forms in _FORMS.items():
        for form in forms:
            if (filled := _filled(form.shape.split(":"), parts)) is not None:
                return _recipient(channel, form.scope, ":".join(parts), filled)
    raise _wrong(address, parts[0])


def _filled(shape: Sequence[str], parts: Sequence[str]) -> list[str] | None:
    """What stands in the brackets of `shape`, or None where the parts do not have that shape."""
    if len(shape) != len(parts):
        return None
    pairs = list(zip(shape, parts, strict=True))
    if any(want != word for want, word in pairs if not want.startswith("<")):
        return None
    return [word for want, word in pairs if want.startswith("<")]


def _recipient(channel: Reach, scope: Scope, address: str, filled: Sequence[str]) -> Recipient:
    if not all(filled):
        raise _wrong(address, channel, "有一段是空的")
    target, account = filled[-1], "" if channel in ("app", "appchat") else filled[0]
    if target.lower() == "@all" or "|" in target:
        # One address is one person: "@all" or a list would pass the gate as a single recipient.
        raise _wrong(address, channel, "只能写一个人或一个群")
    # A group robot's name must not meet a group's id.
    subject = subject_of(scope, f"robot:{target}" if channel == "robot" else target)
    return Recipient(address, channel, account, target, scope, subject)


def _wrong(address: str, start: str, what: str = "格式不对") -> WrongRecipient:
    if "：" in address and start not in _FORMS:
        return WrongRecipient(f"收件地址“{address}”里的冒号要用半角“:”。例如：“{_FORMS['robot'][0].example}”")
    forms = next((forms for channel, forms in _FORMS.items() if channel == start), None)
    if forms is None:
        return WrongRecipient(
            f"收件地址“{address}”{what}：开头应为 {'、'.join(_FORMS)} 之一。例如：“{_FORMS['robot'][0].example}”"
        )
    shapes = " 或 ".join(form.shape for form in forms)
    return WrongRecipient(f"收件地址“{address}”{what}：应为 {shapes}。例如：“{forms[0].example}”")


def choose(
    schedule: Schedule, guides: Iterable[Guide], used: Mapping[str, date], today: date, repeat_days: int
) -> Guide | None:
    """The guide for one post on the local day `today`, or None where the library has none to offer.

    Only guides marked `weekly`, of the schedule's topic ("" takes any), not expired, and not sent to these recipients
    in the last `repeat_days` (0: may come again at once). `used` maps file names to the last day. The least recently
    used comes first, then the name decides: the same facts always give the same guide.
    """

    def last(guide: Guide) -> date:
        return used.get(guide.name, date.min)

    fit = (
        guide
        for guide in guides
        if guide.weekly
        and schedule.topic.strip() in ("", guide.topic.strip())
        and not guide.expired(today)
        and (guide.name not in used or (today - last(guide)).days >= repeat_days)
    )
    return min(fit, key=lambda guide: (last(guide), guide.name), default=None)


def sequence(
    schedule: Schedule, guides: Sequence[Guide], used: Mapping[str, date], days: Iterable[date], repeat_days: int
) -> tuple[Guide | None, ...]:
    """What `choose` gives on each of `days` (oldest first) when every earlier choice has been sent."""
    chosen: list[Guide | None] = []
    so_far = dict(used)
    for day in days:
        guide = choose(schedule, guides, so_far, day, repeat_days)
        chosen.append(guide)
        if guide is not None:
            so_far[guide.name] = day
    return tuple(chosen)


def used_by(schedule: Schedule, history: Mapping[str, Mapping[str, date]]) -> dict[str, date]:
    """When each guide last went to any of the schedule's recipients; `history` is address → guide → last day."""
    latest: dict[str, date] = {}
    for address in schedule.to:
        for guide, day in history.get(address, {}).items():
            latest[guide] = max(day, latest.get(guide, day))
    return latest


def plan(
    schedules: Sequence[Schedule],
    guides: Sequence[Guide],
    history: Mapping[str, Mapping[str, date]],
    now: datetime,
    days: int,
    zone: str,
    repeat_days: int,
) -> tuple[Planned, ...]:
    """The posts of the coming `days`, by time and name, with a guide each; see `used_by` for `history`.

    Two schedules with a recipient in common count for each other, so nobody is promised the same guide twice.
    """
    place = zone_of(zone)
    so_far = {address: dict(history.get(address, {})) for schedule in schedules for address in schedule.to}

    def post_of(schedule: Schedule, at: datetime) -> tuple[str, str] | None:
        today = at.astimezone(place).date()
        guide = choose(schedule, guides, used_by(schedule, so_far), today, repeat_days)
        if guide is None:
            return None
        for address in schedule.to:
            so_far[address][guide.name] = today
        return guide.name, guide.title

    return upcoming(schedules, now, days, zone, post_of)


def compose(guide: Guide, kind: Kind = "value") -> Post:
    """The guide as a short post of at most `capsule.LONGEST` characters, in its own words."""
    return Post(guide.name, guide.title, capsule.write(guide.title, guide.body), kind, guide.topic)
