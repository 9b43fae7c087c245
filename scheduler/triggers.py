"""What one member needs now: a stage that their child reaches, so many days after an event, a guide they lacked.

A need is one message to one person, and goes through the same gate as everything unasked. Each comes once, by its key.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, get_args

from knowledge.language.terms import canonical
from scheduler.stages import StageNote, Unit, reached_on
from scheduler.timetable import zone_of

__all__ = ["Answered", "Event", "Need", "PersonFacts", "StageNote", "Trigger", "WrongTrigger", "due_for"]

On = Literal["stage", "days_after", "new_guide"]

LATEST = timedelta(days=7)  # a need older than this is over
HOUR = time(10)  # of the tenant's day
OLDEST_QUESTION = timedelta(days=90)  # who asked longer ago has helped themselves

_ONE_DAY = timedelta(days=1)
_MOST_DAYS = 1825
_STAGE = re.compile(
    r"(?:宝宝)?满?(?:(?P<months>\d{1,3})个月|(?P<years>\d{1,2})周?岁(?:(?P<half>半)|(?P<extra>\d{1,2})个月)?|(?P<early>半岁))"
    r"|怀?孕(?P<weeks>[1-9]|[123]\d|40)周"  # later nobody but the parents knows
)
_EXAMPLE = {
    "stage": 'value = "6个月"、“1岁半”或“孕36周”',
    "days_after": 'event = "delivery"，value = 30',
    "new_guide": 'value = "parenting"（留空表示所有主题）',
}


class WrongTrigger(ValueError):
    """A `[[triggers]]` entry makes no sense. The message is Chinese, says what is wrong and gives an example."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One `[[triggers]]` entry, read by `Trigger.parse`.

    `value` is as written; `count` is what it comes to: months of a child or weeks of a pregnancy (`unit`) for "stage",
    days after `event` for "days_after", 0 for "new_guide", where `value` is the topic ("" is any). What is sent is
    `guide` (a file name), or one that is chosen from `topic`; for "new_guide" the guide that answers.
    """

    name: str
    on: On
    value: str
    guide: str = ""
    topic: str = ""
    event: str = ""
    unit: Unit | Literal["days", ""] = ""
    count: int = 0

    @staticmethod
    def parse(setting: Mapping[str, object]) -> "Trigger":
        """Read an entry with the keys name, on, value, guide, topic and event; WrongTrigger where it makes no sense."""
        name, value, guide, topic, event = (_text(setting, key) for key in ("name", "value", "guide", "topic", "event"))
        if not name:
            raise WrongTrigger('触发条件没有名字。例如：name = "满6个月"')
        match setting.get("on"):
            case "stage":
                unit, count = _stage(name, value)
                made = Trigger(name, "stage", value, guide, topic, event, unit, count)
            case "days_after":
                made = Trigger(name, "days_after", value, guide, topic, event, "days", _days(name, value))
            case "new_guide":
                made = Trigger(name, "new_guide", value, guide, topic, event)
            case other:
                raise WrongTrigger(
                    f'触发条件“{name}”的 on 写的是“{other}”：只能是 {"、".join(get_args(On))}。例如：on = "stage"'
                )
        _complete(made)
        return made


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a member on a day of the tenant's calendar, such as "delivery".

    `order` tells two of one day apart, and keeps a corrected date from counting as another event.
    """

    name: str
    on: date
    order: str = ""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question of the member that had no answer on `asked_on`, and that `guide` answers since `answered_on`."""

    topic: str
    guide: str
    asked_on: date
    answered_on: date


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """What is known of one member (`person` is their bare id): no more than they or an order told us."""

    person: str
    stage: StageNote | None = None
    events: tuple[Event, ...] = ()
    answered: tuple[Answered, ...] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """One message that `person` may be sent from `at` (aware, UTC) on, until LATEST after it.

    `guide` is what to send, or "" where one is to be chosen from `topic`. `key` is the same whenever the same need is
    found: store it under a unique constraint. It tells nobody who the person is without their id.
    """

    person: str
    trigger: str
    guide: str
    topic: str
    at: datetime
    key: str


def due_for(
    facts: PersonFacts, triggers: Iterable[Trigger], since: datetime, until: datetime, zone: str
) -> tuple[Need, ...]:
    """The needs of one member with since < at <= until (aware), oldest first, none older than LATEST.

    They come at HOUR of the day on which they become true. What we hear of during a day, a stage stated as reached or
    a guide just published, is for the next one: that day has had its conversation. A fact may also arrive after its
    day (an order read late): look back by LATEST each time and let the key say once, and it is not lost.
    """
    place = zone_of(zone)
    since = max(since, until - LATEST)
    found: dict[str, Need] = {}
    for trigger in triggers:
        for what, day, guide in _days_of(facts, trigger):
            at = datetime.combine(day, HOUR, tzinfo=place).astimezone(UTC)
            key = _key(facts.person, trigger.name, what)
            if key not in found or at < found[key].at:
                found[key] = Need(facts.person, trigger.name, guide, trigger.topic, at, key)
    due = (need for need in found.values() if since < need.at <= until)
    return tuple(sorted(due, key=lambda need: (need.at, need.trigger, need.key)))


def _days_of(facts: PersonFacts, trigger: Trigger) -> Iterator[tuple[str, date, str]]:
    """What each need of this trigger is known by, its day and its guide."""
    if trigger.on == "stage" and facts.stage is not None and trigger.unit in ("months", "weeks"):
        day = reached_on(facts.stage, trigger.unit, trigger.count)
        if day is not None:
            yield f"{trigger.count} {trigger.unit}", max(day, facts.stage.stated_on + _ONE_DAY), trigger.guide
    if trigger.on == "days_after":
        for event in facts.events:
            if event.name.casefold() == trigger.event.casefold():
                which = event.order or event.on.isoformat()
                yield f"{trigger.count} {which}", event.on + timedelta(days=trigger.count), trigger.guide
    if trigger.on == "new_guide":
        for each in facts.answered:
            waited = each.answered_on - each.asked_on
            if trigger.value in ("", each.topic) and timedelta(0) <= waited <= OLDEST_QUESTION:
                yield each.guide, each.answered_on + _ONE_DAY, each.guide


def _key(person: str, trigger: str, what: str) -> str:
    # Ids of WeCom do not tell upper from lower case (90236).
    return hashlib.sha256("\x1f".join((person.lower(), trigger, what)).encode()).hexdigest()[:32]


def _text(setting: Mapping[str, object], key: str) -> str:
    value = setting.get(key, "")
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise WrongTrigger(f"触发条件的 {key} 要写成文字或整数。")
    return str(value).strip()


def _stage(name: str, value: str) -> tuple[Unit, int]:
    found = _STAGE.fullmatch(canonical(value).replace(" ", ""))
    if found is None:
        raise WrongTrigger(f"触发条件“{name}”的 value 写的是“{value}”：应为宝宝的月龄或孕周。例如：{_EXAMPLE['stage']}")
    if found["weeks"]:
        return "weeks", int(found["weeks"])
    half = 6 if found["half"] or found["early"] else 0
    return "months", int(found["months"] or 0) + int(found["years"] or 0) * 12 + half + int(found["extra"] or 0)


def _days(name: str, value: str) -> int:
    number = value.removesuffix("天").strip()
    if not (number.isascii() and number.isdigit() and int(number) <= _MOST_DAYS):
        raise WrongTrigger(
            f"触发条件“{name}”的 value 写的是“{value}”：应为 0 到 {_MOST_DAYS} 天。例如：{_EXAMPLE['days_after']}"
        )
    return int(number)


def _complete(trigger: Trigger) -> None:
    """Exactly one thing to send, and an event where one is needed."""
    example = _EXAMPLE[trigger.on]
    if trigger.on == "new_guide":
        if trigger.guide or trigger.topic:
            raise WrongTrigger(f"触发条件“{trigger.name}”发的就是新指南，不用写 guide 或 topic。例如：{example}")
    elif bool(trigger.guide) == bool(trigger.topic):
        raise WrongTrigger(
            f'触发条件“{trigger.name}”要写 guide（文件名）或 topic（主题）中的一个。例如：topic = "parenting"'
        )
    if (trigger.on == "days_after") != bool(trigger.event):
        raise WrongTrigger(
            f'触发条件“{trigger.name}”的 event 只用于 on = "days_after"，并且必须写。例如：{_EXAMPLE["days_after"]}'
        )
