"""A small office that is real enough to talk to, and a way of saying things to it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from handlers import mood
from handlers.handoff import State
from handlers.mood_types import Reading
from handlers.policy import decide
from handlers.posting import Drafted, Problem, PromoMonth, Prospect, Shown, Whys
from handlers.preferences import Preferences, Profile
from handlers.records import Kept, LastPost
from handlers.turn import Channel, Conversation, Held, Item, Kind, Outcome, Role, Status, Tally, Ticket, Turn
from knowledge.gaps import Gap
from knowledge.types import Answer, Citation, Guide, Line
from scheduler.calendar import Calendar
from scheduler.health import Health, HealthFacts, assess
from scheduler.posts import Post
from scheduler.rules import Rules
from scheduler.timetable import Planned

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # Saturday, 10:00 in Shanghai

CALENDAR = Calendar(Calendar.parse("09:00-12:00,13:00-21:00"), "Asia/Shanghai")

GUIDES = (
    Guide("living-room.md", "小户型客厅搭配", "styling", "", keywords=("沙发",), weekly=True),
    Guide("night-waking.md", "宝宝夜醒怎么办", "parenting", ""),
    Guide("returns.md", "退货规则", "service", "", valid_until=date(2026, 11, 20)),
)
PLANNED = (
    Planned(
        "weekly-styling", datetime(2026, 11, 26, 2, 0, tzinfo=UTC), "living-room.md", "小户型客厅搭配", ("kf:all",)
    ),
    Planned(
        "weekly-parenting",
        datetime(2026, 11, 27, 11, 30, tzinfo=UTC),
        "night-waking.md",
        "宝宝夜醒怎么办",
        ("robot:a", "robot:b", "robot:c", "robot:d"),
    ),
)
TICKETS = (
    Ticket(
        12, "kf:wk1::wmMember0001", Channel.KF, "wmMember0001", "member_asked", "沙发\n坏了", "open", "",
        NOW - timedelta(minutes=35),
    ),
    Ticket(
        13, "kf:wk1::wmMember0002", Channel.KF, "wmMember0002", "urgent", "宝宝发热" * 20, "taken", "lihua",
        NOW - timedelta(minutes=5),
    ),
)  # fmt: skip


@dataclass
class SmallRecords:
    """What is held about members: for everybody the same, and by default nothing but that we have spoken to them."""

    chosen: Preferences = field(default_factory=Preferences)
    known: Profile | None = None
    held: Sequence[Kept] = ()
    exported: str = "{}"
    post: LastPost | None = None
    coming: LastPost | None = None
    in_chats: dict[str, LastPost] = field(default_factory=dict)
    handled: dict[str, datetime] = field(default_factory=dict)
    met: bool = True
    retention_days: int = 180
    asked: list[str] = field(default_factory=list)

    async def preferences(self, person: str) -> Preferences:
        return self.chosen

    async def profile(self, person: str) -> Profile | None:
        return self.known

    async def kept(self, person: str) -> Sequence[Kept]:
        self.asked.append(person)
        return self.held

    async def export(self, person: str) -> str:
        return self.exported

    async def last_post(self, person: str) -> LastPost | None:
        return self.post

    async def open_post(self, person: str) -> LastPost | None:
        return self.coming

    async def last_group_post(self, chat: str) -> LastPost | None:
        return self.in_chats.get(chat)

    async def last_handled(self, conversation: str, handler: str, since: datetime) -> int:
        at = self.handled.get(handler)
        return int(at.timestamp()) if at is not None and at >= since else 0

    async def spoken_to(self, person: str) -> bool:
        return self.met


@dataclass
class SmallPosting:
    """Every planned post waits for approval and is lawful, unless it is said to be otherwise."""

    rules: Rules = field(default_factory=Rules)
    state: str = "waiting"
    problems: Sequence[Problem] = ()
    lexicon: str = "2026.1"
    whole: Answer | None = None
    month: PromoMonth = field(default_factory=lambda: PromoMonth((), {}))
    reached: dict[str, int] = field(default_factory=dict)
    compared: dict[str, str] = field(default_factory=dict)
    listed: dict[str, Sequence[Shown]] = field(default_factory=dict)
    unknown: Sequence[int] = ()
    known: Whys = field(default_factory=lambda: Whys((), "没有迹象", "新认识，今天刚加上", 0))

    async def prospect(self, planned: Planned) -> Prospect | None:
        post = Post(planned.guide, planned.title, f"**{planned.title}**\n\n先量尺寸。")
        by = "" if self.state == "waiting" else "wangwei"
        shown = {"robot": post.markdown}
        expected = tuple(f"{address}：可以发" for address in planned.to)
        return Prospect(post, self.state, by, "", self.problems, shown, expected, self.lexicon)

    async def states(self, coming: Sequence[Planned]) -> Sequence[str]:
        return [self.state for _ in coming]

    async def shown(self, person: str) -> Sequence[Shown] | None:
        return self.listed.get(person)

    def years_unknown(self, days: int) -> Sequence[int]:
        return self.unknown

    async def trials(self) -> Mapping[str, str]:
        return self.compared

    async def people(self, coming: Sequence[Planned]) -> Sequence[int | None]:
        return [self.reached.get(planned.schedule) for planned in coming]

    async def promo_month(self, today: date) -> PromoMonth:
        return self.month

    async def in_full(self, person: str, chat: str, now: datetime) -> Answer | None:
        return self.whole

    async def draft(self, word: str) -> Drafted | None:
        if word not in GUIDES[0].title:
            return None
        return Drafted("这周聊聊", "styling", "**这周聊聊**\n\n先量尺寸。", "living-room.md", "template")

    async def whys(self, person: str) -> Whys:
        return self.known


@dataclass
class SmallOffice:
    """Keeps everything in memory and remembers what it was asked."""

    zone: str = "Asia/Shanghai"
    colleagues_hear: bool = True
    calendar: Calendar = CALENDAR
    working_hours: str = "09:00-12:00,13:00-21:00"
    library: Sequence[Guide] = GUIDES
    coming: Sequence[Planned] = PLANNED
    now: datetime = NOW
    open_tickets: Sequence[Ticket] = TICKETS
    paused: bool = False
    paused_until: datetime | None = None
    handoff: bool = False
    urgent: bool = False
    open_gaps: Sequence[Gap] = ()
    tallies: Sequence[Tally] = ()
    answered: str = ""
    closed: Sequence[Ticket] = ()
    held: Sequence[Held] = ()
    until: datetime = NOW + timedelta(hours=48)
    follow_up: int | None = None
    served: int | None = None
    awaited: bool = True
    asked: list[tuple[str, tuple[Line, ...], date]] = field(default_factory=list)
    records: SmallRecords = field(default_factory=SmallRecords)
    posting: SmallPosting = field(default_factory=SmallPosting)
    counted: HealthFacts | None = None
    process: str = ""
    names: dict[str, str] = field(default_factory=dict)

    async def answer(
        self, question: str, history: Sequence[Line], today: date, so_far: Callable[[str], None] | None = None
    ) -> Answer:
        self.asked.append((question, tuple(history), today))
        if "沙发" not in question:
            return Answer(
                "这个我不确定。", refused=True, nearest=("退货规则",), handoff=self.handoff, urgent=self.urgent
            )
        cited = Citation("living-room.md", "小户型客厅搭配", "沙发", 0.82)
        return Answer("沙发靠墙放。", refused=False, citations=(cited,), handoff=self.handoff, urgent=self.urgent)

    async def mood(self, text: str, history: Sequence[Line]) -> Reading:
        return mood.read(text, history)

    def called(self, colleague: str) -> str:
        return self.names.get(colleague, colleague)

    async def guides(self) -> Sequence[Guide]:
        return self.library

    async def status(self) -> Status:
        return Status(
            since=self.now - timedelta(hours=3),
            guides=len(self.library),
            generation="g-0007",
            vectors=True,
            waiting_items=2,
            waiting_parts=2,
            dead_parts=3,
            open_tickets=len(self.open_tickets),
            paused_until=self.paused_until,
            paused=self.paused,
            next_post=self.coming[0] if self.coming else None,
            channels=("kf", "app"),
            warnings=("企业可信 IP 还没有设置",),
            process=self.process,
        )

    async def plan(self, days: int) -> Sequence[Planned]:
        return [post for post in self.coming if post.at <= self.now + timedelta(days=days)]

    async def tickets(self) -> Sequence[Ticket]:
        return self.open_tickets

    async def only_awaited(self, person: str) -> bool:
        return self.awaited

    async def last_served(self, turn: Turn) -> int | None:
        return self.served

    async def ticket(self, number: int) -> Ticket | None:
        return next((each for each in (*self.open_tickets, *self.closed) if each.number == number), None)

    async def holds(self) -> Sequence[Held]:
        return self.held

    async def writable_until(self, conversation: str) -> datetime:
        return self.until

    async def asked_whether_solved(self, turn: Turn) -> int | None:
        return self.follow_up

    async def opted_out(self, person: str) -> bool:
        return False

    async def last_answer(self, turn: Turn) -> str:
        return self.answered

    async def gaps(self) -> Sequence[Gap]:
        return self.open_gaps

    async def ratings(self) -> Sequence[Tally]:
        return self.tallies

    async def health(self, days: int) -> Health:
        return assess(self.counted or HealthFacts(since=self.now - timedelta(days=days), until=self.now))


@dataclass
class Talk:
    """One conversation: `say` decides on a text, `happens` on any other item."""

    office: SmallOffice
    conversation: Conversation
    roles: frozenset[Role]

    async def say(self, text: str, *, history: tuple[Line, ...] = (), waited: float = 0) -> Outcome:
        return await self.happens(Kind.TEXT, text=text, history=history, waited=waited)

    async def happens(
        self,
        kind: Kind,
        *,
        text: str = "",
        history: tuple[Line, ...] = (),
        waited: float = 0,
        servicer: str = "",
        code: str = "",
        ref: str = "",
    ) -> Outcome:
        came = self.office.now - timedelta(seconds=waited)
        item = Item(1, kind, text, sent_at=came, received_at=came, servicer=servicer, code=code, ref=ref)
        reading = mood.read(text, history) if kind is Kind.TEXT else None
        turn = Turn(item, self.conversation, self.roles, self.office.now, history, reading=reading)
        return await decide(turn, self.office)

    def held(self, state: State, assignee: str = "") -> "Talk":
        """The same conversation in another state."""
        return replace(self, conversation=replace(self.conversation, state=state, assignee=assignee))

    def by(self, person: str, *roles: Role) -> "Talk":
        """The same channel, somebody else."""
        return replace(self, conversation=replace(self.conversation, person=person), roles=frozenset(roles))


@pytest.fixture
def office() -> SmallOffice:
    return SmallOffice()


@pytest.fixture
def member(office: SmallOffice) -> Talk:
    """A member on kf."""
    return Talk(office, _talk(Channel.KF, "wk1", "wmMember0001"), frozenset({Role.MEMBER}))


@pytest.fixture
def member_elsewhere(office: SmallOffice) -> Talk:
    """A member who reached us another way than kf."""
    return Talk(office, _talk(Channel.AIBOT, "bot1", "zhaoliu"), frozenset({Role.MEMBER}))


@pytest.fixture
def operator(office: SmallOffice) -> Talk:
    return Talk(office, _talk(Channel.APP, "1000002", "zhangsan"), frozenset({Role.OPERATOR}))


@pytest.fixture
def consultant(office: SmallOffice) -> Talk:
    return Talk(office, _talk(Channel.APP, "1000002", "wangwu"), frozenset({Role.CONSULTANT}))


def _talk(channel: Channel, account: str, person: str) -> Conversation:
    return Conversation(f"{channel}:{account}::{person}", channel, account, "", person)
