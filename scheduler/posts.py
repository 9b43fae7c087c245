"""What to say unasked and to whom: choosing the guide, writing the post, reading the recipients' addresses."""

import hashlib
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
    """Content ready to be sent, in channel-neutral Markdown.

    `name` is the guide's file name, `posts/<file>` or `draft:<number>`. `kind` is what the text is by its review, and
    `codes` are the violations found in it. `digest` stands for the very words: an approval is bound to it.
    """

    name: str
    title: str
    markdown: str
    kind: Kind = "value"
    topic: str = ""
    valid_until: date | None = None
    codes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        return hashlib.sha256(f"{self.title}\x1f{self.markdown}".encode()).hexdigest()[:32]

    def expired(self, today: date) -> bool:
        """Whether it may no longer be sent; `valid_until` itself is the last good day."""
        return self.valid_until is not None and today > self.valid_until


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
    schedule: Schedule, posts: Iterable[Post], used: Mapping[str, date], today: date, repeat_days: int
) -> Post | None:
    """The post for one occurrence on the local day `today`, or None where there is none to offer.

    Only posts of the schedule's kind (a schedule of service takes what is of use) and topic ("" takes any), lawful, not
    expired, and not sent to these recipients in the last `repeat_days` (0: may come again at once). `used` maps names
    to the last day. The least recently used comes first, then the name decides: the same facts always give the same.
    """

    def last(post: Post) -> date:
        return used.get(post.name, date.min)

    wanted = "promo" if schedule.kind == "promo" else "value"
    fit = (
        post
        for post in posts
        if post.kind == wanted
        and schedule.topic.strip() in ("", post.topic.strip())
        and not post.codes
        and not post.expired(today)
        and (post.name not in used or (today - last(post)).days >= repeat_days)
    )
    return min(fit, key=lambda post: (last(post), post.name), default=None)


def used_by(schedule: Schedule, history: Mapping[str, Mapping[str, date]]) -> dict[str, date]:
    """When each post last went to any of the schedule's recipients; `history` is address → name → last day."""
    latest: dict[str, date] = {}
    for address in schedule.to:
        for name, day in history.get(address, {}).items():
            latest[name] = max(day, latest.get(name, day))
    return latest


def plan(
    schedules: Sequence[Schedule],
    posts: Sequence[Post],
    history: Mapping[str, Mapping[str, date]],
    now: datetime,
    days: int,
    zone: str,
    repeat_days: int,
) -> tuple[Planned, ...]:
    """The occurrences of the coming `days`, by time and name, with a post each; see `used_by` for `history`.

    Two schedules with a recipient in common count for each other, so nobody is promised the same post twice.
    """
    place = zone_of(zone)
    so_far = {address: dict(history.get(address, {})) for schedule in schedules for address in schedule.to}

    def post_of(schedule: Schedule, at: datetime) -> tuple[str, str] | None:
        today = at.astimezone(place).date()
        post = choose(schedule, posts, used_by(schedule, so_far), today, repeat_days)
        if post is None:
            return None
        for address in schedule.to:
            so_far[address][post.name] = today
        return post.name, post.title

    return upcoming(schedules, now, days, zone, post_of)


def of_guide(guide: Guide) -> Post:
    """A guide as a short post of at most `capsule.LONGEST` characters, in its own words."""
    text = capsule.write(guide.title, guide.body)
    return Post(guide.name, guide.title, text, "value", guide.topic, guide.valid_until)


def of_file(file: Guide) -> Post:
    """A Markdown file of the posts folder, read like a guide: its text goes out whole."""
    text = f"**{file.title}**\n\n{file.body.strip()}"
    return Post(f"{POSTS}{file.name}", file.title, text, "value", file.topic, file.valid_until)


def with_missed(markdown: str, titles: Sequence[str]) -> str:
    """A post that also names what its reader did not get in time: the newest three, by title."""
    if not titles:
        return markdown
    named = "".join(f"《{title}》" for title in titles[-3:])
    return f"{markdown}\n\n之前没打扰您的还有：{named}，想看就回复标题。"


POSTS = "posts/"
"""How the names of posts from the posts folder begin."""


def as_sent(post: Post, channel: Reach) -> str:
    """The text of a post on a channel: where readers can answer it, they are told how to see all of it."""
    return post.markdown.replace(capsule.CLOSING, capsule.EXPANDABLE) if channel in ("app", "aibot") else post.markdown


def weight_of(kind: Kind, scope: Scope, *, needed: bool = False) -> int:
    """How much a post weighs where two want the same slot.

    What reaches a whole group yields to nobody alone, what somebody needs now goes before what is of use to all.
    """
    return {"promo": 1, "value": 3 if needed else 2, "service": 4}[kind] + (3 if scope == "group" else 0)
