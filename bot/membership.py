"""Keeping up who is in which group: by events (92130), by who speaks in an AI bot's group, and nightly (92122)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.alarm import Alarm
from bot.clock import Clock
from bot.errors import NeedsOperator, Refused, SendError
from bot.part import part_id
from bot.signals import NoteSignal, parted, unheeded
from bot.store import marks
from bot.store import memberships as store
from bot.store.database import Database
from bot.store.tables import conversation, inbox, moment
from bot.transaction import Transaction, Transactions
from bot.wecom.api import Contact
from handlers.texts import shorten
from handlers.turn import Channel
from scheduler.fatigue import SignalKind
from scheduler.posts import subject_of

log = structlog.get_logger()

READ = "membership_read"  # mark: the last item of the inbox that was looked at
NIGHT = "membership_night"  # mark: the local day of the last nightly look
BATCH = 200  # items of one transaction
GROUPS = 100  # read again in one look
NIGHT_HOUR = 3  # on the tenant's clock
LAG = timedelta(seconds=10)  # by which groupchat/get may be behind an event (92130)
REST = timedelta(minutes=10)  # after the platform said no to everything
_NO_GROUP = (90501, 90509)
_CUSTOMER_IDS = ("wm", "wo")  # how an external_userid begins; other members are colleagues
_BY_TRANSFER = "DELETE_BY_TRANSFER"  # the customer goes to another colleague: nobody left
_LEFT = "0"  # QuitScene: went by themselves
DISSOLVED = "客户群 {chat} 已经解散，或不是客户群。定时内容发不到那里了，请从设置的收件地址里去掉它。"


@dataclass(frozen=True, slots=True)
class _Heard:
    """An item of the inbox: an event of customer contact, or something said in an AI bot's group."""

    id: int
    channel: str
    account: str
    chat: str
    person: str
    data: Mapping[str, Any]
    at: datetime

    def of(self, name: str) -> str:
        return str(self.data.get(name, ""))

    @property
    def change(self) -> str:
        """What happened, such as dismiss, del_follow_user or update/add_member."""
        return "/".join(word for word in (self.of("change_type"), self.of("update_detail")) if word)


class Membership:
    """`look` is for the ticker, every quarter of a minute."""

    def __init__(
        self,
        contact: Contact | None,
        database: Database,
        transactions: Transactions,
        alarm: Alarm,
        clock: Clock,
        zone: str,
        groups: Collection[str],
        keep: timedelta,
    ) -> None:
        """`groups` are the ids of the customer groups that posts go to: of no other one is anything kept. What was not
        confirmed for as long as `keep` is deleted; `zone` is the tenant's, by its IANA name."""
        self._contact = contact
        self._database = database
        self._transactions = transactions
        self._alarm = alarm
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._groups = {subject_of("group", chat): chat for chat in groups}
        self._keep = keep
        self._note_signal: NoteSignal = unheeded
        self._rest_until = datetime.min.replace(tzinfo=UTC)

    def use(self, note_signal: NoteSignal) -> None:
        """Where it is noted that somebody left."""
        self._note_signal = note_signal

    async def look(self) -> None:
        """Take in what was heard since the last look, then read the groups of which the members are not certain."""
        while await self._read_on():
            pass
        await self._plan_night()
        if self._contact is not None and self._clock.now() >= self._rest_until:
            await self._read_groups(self._contact)

    # ---- what was heard

    async def _read_on(self) -> bool:
        """One batch, in one transaction with how far it goes; whether there may be more."""
        async with self._database.read() as connection:
            done = int(await marks.get_mark(connection, READ) or 0)
            last = int(await connection.scalar(select(func.max(inbox.c.id))) or 0)
            heard = await _heard(connection, done, last) if last > done else []
        if last <= done:
            return False
        more = len(heard) == BATCH
        async with self._transactions.begin() as transaction:
            for each in heard:
                await self._take_in(transaction, each)
            await marks.set_mark(transaction.connection, READ, heard[-1].id if more else last, transaction.now)
        return more

    async def _take_in(self, transaction: Transaction, heard: _Heard) -> None:
        if heard.channel == Channel.AIBOT:
            person = {subject_of("person", heard.person): heard.at}
            await store.join(transaction.connection, subject_of("group", heard.chat), person, heard.at)
        elif heard.of("event") == "change_external_contact":
            await self._contact_changed(transaction, heard)
        elif heard.of("event") == "change_external_chat" and subject_of("group", heard.chat) in self._groups:
            await self._group_changed(transaction, heard)

    async def _contact_changed(self, transaction: Transaction, heard: _Heard) -> None:
        """Whichever of the two deleted the other: we are not to be heard any more."""
        deleted = heard.change in ("del_follow_user", "del_external_contact")
        if deleted and heard.of("source") != _BY_TRANSFER:
            await self._left(transaction, heard.person, parted(heard.account), heard.at)

    async def _group_changed(self, transaction: Transaction, heard: _Heard) -> None:
        group = subject_of("group", heard.chat)
        if heard.change == "dismiss":
            await self._dissolve(transaction, group, heard.chat)
        elif heard.change == "create":
            await store.mark_stale(transaction.connection, [(group, heard.chat)], transaction.now)
        elif heard.change in ("update/add_member", "update/del_member"):
            await self._moved(transaction, heard, group)

    async def _moved(self, transaction: Transaction, heard: _Heard, group: str) -> None:
        """Somebody came or went. Where that does not follow on what we know, an event was lost: read it again."""
        connection, known = transaction.connection, await store.version(transaction.connection, group)
        if known and heard.of("version") == known:
            return
        people = [str(each) for each in heard.data.get("members", []) if str(each).startswith(_CUSTOMER_IDS)]
        subjects = {subject_of("person", each): heard.at for each in people}
        if heard.change == "update/add_member":
            await store.join(connection, group, subjects, heard.at)
        else:
            await store.leave(connection, group, subjects.keys())
            for person in people if heard.of("quit_scene") == _LEFT else ():
                await self._left(transaction, person, f"item:{heard.id}", heard.at)
        if known and heard.of("last_version") == known and heard.data.get("members"):
            await marks.set_mark(connection, store.VERSION + group, heard.of("version"), transaction.now)
        else:
            await store.mark_stale(connection, [(group, heard.chat)], transaction.now)

    async def _left(self, transaction: Transaction, person: str, key: str, at: datetime) -> None:
        if person:
            subject = subject_of("person", person)
            await self._note_signal(transaction.connection, subject, SignalKind.LEAVE, key, at)

    async def _dissolve(self, transaction: Transaction, group: str, chat: str) -> None:
        """Told once, however often it is found out."""
        if not await store.dissolve(transaction.connection, group, transaction.now) or not self._alarm.able:
            return
        text = DISSOLVED.format(chat=shorten(chat))
        await transaction.enqueue(
            self._alarm.notice(each, text, part_id("dissolved", group, each), transaction.now)
            for each in self._alarm.operators
        )

    # ---- what is read

    async def _plan_night(self) -> None:
        """Once a night, and at the very first look, no group's members count as certain: events may be lost."""
        local = self._clock.now().astimezone(self._zone)
        today = local.date().isoformat()
        async with self._database.read() as connection:
            last = await marks.get_mark(connection, NIGHT)
        if last == today or (last is not None and local.hour < NIGHT_HOUR):
            return
        groups = list(self._groups.items())
        for start in range(0, len(groups), BATCH):  # the door waits for no more than these
            async with self._transactions.begin() as transaction:
                some = groups[start : start + BATCH]
                await store.mark_stale(transaction.connection, some, transaction.now - LAG)
        async with self._transactions.begin() as transaction:
            await store.forget_unseen(transaction.connection, transaction.now - self._keep)
            await marks.set_mark(transaction.connection, NIGHT, today, transaction.now)

    async def _read_groups(self, contact: Contact) -> None:
        async with self._database.read() as connection:
            stale = await marks.named(connection, store.STALE)
        due = [each for each in stale if each.at <= self._clock.now() - LAG]
        for each in due[:GROUPS]:
            try:
                await self._read_group(contact, each.name.removeprefix(store.STALE), str(each.value))
            except NeedsOperator as error:
                await self._rest(error)
                return
            except SendError as error:
                log.warning("group_not_read", errcode=error.errcode)
                self._rest_until = self._clock.now() + timedelta(minutes=1)
                return

    async def _read_group(self, contact: Contact, group: str, chat: str) -> None:
        """Replace what we know of one group; one that the platform does not know is dissolved."""
        try:
            found = await contact.groupchat_get(chat)
        except Refused as error:
            log.warning("group_refused", errcode=error.errcode)
            async with self._transactions.begin() as transaction:
                if error.errcode in _NO_GROUP:
                    await self._dissolve(transaction, group, chat)
                else:  # not for us to see: what we know stays until the next night
                    await marks.remove_mark(transaction.connection, store.STALE + group)
            return
        people = {subject_of("person", each): since for each, since in found.joined.items()}
        async with self._transactions.begin() as transaction:
            await store.replace(transaction.connection, group, people, found.version, transaction.now)

    async def _rest(self, error: NeedsOperator) -> None:
        self._rest_until = self._clock.now() + REST
        async with self._transactions.begin() as transaction:
            told = self._alarm.raised(f"needs:groups:{error.errcode}", error.what_to_do, transaction.now)
            await transaction.enqueue(told)


async def _heard(connection: AsyncConnection, after: int, last: int) -> list[_Heard]:
    """The next items that tell of a group or a parting, oldest first."""
    talk = conversation.c
    in_group = and_(talk.channel == Channel.AIBOT, talk.chat != "", talk.person != "")
    query = (
        select(inbox.c.id, talk.channel, talk.account, talk.chat, talk.person, inbox.c.data, inbox.c.sent_at)
        .join(conversation, talk.id == inbox.c.conversation)
        .where(inbox.c.id > after, inbox.c.id <= last, or_(talk.channel == Channel.CONTACT, in_group))
        .order_by(inbox.c.id)
        .limit(BATCH)
    )
    return [_Heard(*row[:-1], at=moment(row.sent_at)) for row in await connection.execute(query)]
