"""What a member decided about what we send and keep. Pure values; the store keeps one row per person."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Purpose(StrEnum):
    """What a member's data is used for; each can be switched off by itself. A value is stored, so it never changes."""

    ANSWERS = "answers"  # the conversation's last lines make follow-ups understood
    PERSONALISATION = "personalisation"  # the profile: topics asked, the stage or room stated, preferred hours
    POSTS = "posts"  # scheduled content


@dataclass(frozen=True, slots=True)
class Preferences:
    """What `Prefer` stores, whole.

    `every_days`: at least so many days between two posts, 0 is the tenant's own rule. `only`: just these topics, empty
    is all; `never`: not these. `off`: purposes that were switched off; POSTS is off while the person is opted out.
    """

    muted_until: datetime | None = None
    every_days: int = 0
    only: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()
    off: frozenset[Purpose] = frozenset()


@dataclass(frozen=True, slots=True)
class Profile:
    """What we remember of a member beside messages, all of it shown by 我的数据.

    Nothing about a child but the stage that a parent stated.

    `topics`: topic → how often asked. `stage`, `room`: in the member's own words; `stage_on` is the local day on which
    they said the stage, None where that is not known. `hours`: hour of the tenant's day →
    messages. Used for choosing what to send and never for prices.
    """

    topics: dict[str, int]
    stage: str = ""
    room: str = ""
    hours: dict[int, int] | None = None
    last_seen: datetime | None = None
    stage_on: date | None = None
