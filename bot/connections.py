"""The channels that these settings open, and what runs beside them: pulls, long connections, followed tasks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import aiohttp
import structlog

from bot.channels import ChannelPort, Limits
from bot.channels.aibot import AiBotChannel, Mode, close_overdue
from bot.channels.aibot_callback import CallbackBot
from bot.channels.aibot_socket import AiBotSocket
from bot.channels.aibot_websocket import WebSocketBot
from bot.channels.app import AppChannel, AppChatChannel
from bot.channels.customers import ContactChannel, CustomersChannel
from bot.channels.kf import KfChannel
from bot.channels.robot import RobotChannel
from bot.cluster.pulls import Pulls
from bot.cluster.token_shelf import TokenShelf
from bot.errors import NeedsOperator, SendError
from bot.foundation import Foundation
from bot.kf_pull import KfPuller, Ringing
from bot.mass.following import MassTasks
from bot.mass.reminding import Reminding
from bot.membership import Membership
from bot.part import Part
from bot.settings import WeCom
from bot.store.marks import Leases
from bot.store.mass_results import MassTasksStore
from bot.store.streams import Streams
from bot.wecom.api import App, Contact, Kf, Robot
from bot.wecom.client import WeComClient
from handlers.turn import Channel
from scheduler.posts import Recipient, parse_recipient
from scheduler.rules import Quiet

log = structlog.get_logger()

LANE_KINDS = ("", "service:", "post:")  # of a conversation, of what is asked afterwards, of posts
STREAMS_KEPT = timedelta(days=1)  # response_url is good for an hour, polls end after six minutes

NOT_MANAGED = (
    "没有可由本应用管理的客服账号。请在管理后台「微信客服 → API → 通过 API 管理微信客服账号」里把账号交给本应用。"
)


@dataclass(kw_only=True)
class Connections:
    """Everything that talks to WeCom. `channels` is what the outbox sends through."""

    foundation: Foundation
    session: aiohttp.ClientSession
    client: WeComClient
    streams: Streams
    channels: dict[Channel, ChannelPort] = field(default_factory=dict)
    sockets: dict[str, AiBotSocket] = field(default_factory=dict)
    kf: Kf | None = None
    puller: KfPuller | None = None
    ringing: Ringing | None = None  # who hears of kf callbacks: our puller, or those of other processes
    contact: Contact | None = None
    mass_tasks: MassTasks | None = None
    membership: Membership = field(init=False)
    accounts: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The channels that are set up, for people."""
        return tuple(sorted(str(channel) for channel in self.channels))

    def limits(self, part: Part) -> Limits:
        channel = self.channels.get(part.channel)
        return channel.limits if channel is not None else Limits()

    def reaches(self, recipient: Recipient) -> bool:
        """Whether a post can be handed over at all: the gate's `not_reachable`."""
        match recipient.channel:
            case "robot":
                return any(robot.name == recipient.account for robot in self.foundation.settings.wecom.group_robots)
            case "aibot":
                socket = self.sockets.get(recipient.account)
                return socket is not None and socket.connected
            case "app" | "appchat":
                return Channel.APP in self.channels
        return Channel.CUSTOMERS in self.channels

    def unserved(self) -> tuple[str, ...]:
        """How the lanes begin that this process cannot drain: those of AI bots whose long connection is not here."""
        return _lanes_of(name for name, socket in self.sockets.items() if not socket.connected)

    def serves(self, lane: str) -> bool:
        """Whether this process can drain the lane."""
        return not lane.startswith(self.unserved())

    def bound(self, lane: str) -> bool:
        """Whether the lane is an AI bot's that has a long connection, here or in another process."""
        return lane.startswith(_lanes_of(self.sockets))

    async def start(self) -> None:
        """Begin to pull and to connect. Nothing here waits for WeCom to be there."""
        for socket in self.sockets.values():
            socket.start()
        await self.pull()

    async def pull(self) -> None:
        """Pull every kf account: callbacks may have been lost while we were away (doc 94670)."""
        if self.puller is None or self.kf is None:
            return
        self.foundation.warnings.pop("kf", None)  # what is still wrong says so again
        if not self.accounts and not await self._find_accounts(self.kf):
            return
        self.puller.serve(self.accounts)
        self.puller.wake_all()

    async def _find_accounts(self, kf: Kf) -> bool:
        """`accounts = []` means every account that our app may manage. False where WeCom did not say which."""
        try:
            found = await kf.account_list()
        except SendError as error:
            log.warning("kf_accounts_unknown", error=type(error).__name__, errcode=error.errcode)
            await self.foundation.tell("kf", error)
            return False
        self.accounts = tuple(account.open_kfid for account in found if account.manageable)
        if not self.accounts:
            await self.foundation.tell("kf", NeedsOperator("no kf account", what_to_do=NOT_MANAGED))
        return True

    async def sweep(self) -> None:
        """Close AI-bot streams that WeCom is about to stop asking for; the answer then leaves by response_url."""
        for bot in self.foundation.settings.wecom.aibots:
            await close_overdue(self.streams, self.foundation.clock, bot.name, bot.stream_seconds)
        await self.streams.forget(self.foundation.clock.now() - STREAMS_KEPT)

    async def stop(self) -> None:
        """No new items from here on."""
        if self.puller is not None:
            await self.puller.stop()
        for socket in self.sockets.values():
            await socket.stop()

    async def close(self) -> None:
        await self.session.close()


def connect(foundation: Foundation) -> Connections:
    """Build what the settings name. Must run inside the event loop; opens no connection yet."""
    wecom = foundation.settings.wecom
    timeouts = aiohttp.ClientTimeout(
        total=wecom.connect_timeout + wecom.read_timeout, connect=wecom.connect_timeout, sock_read=wecom.read_timeout
    )
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100, limit_per_host=50))
    cluster, clock = foundation.cluster, foundation.clock
    shared = TokenShelf(foundation.database, cluster.session, clock) if cluster else None
    client = WeComClient(
        session,
        wecom.api_base,
        wecom.corp_id,
        clock,
        wecom.proxy or None,
        timeouts=timeouts,
        shared=shared,
        answered=foundation.metrics.calls.wecom_answered,
    )
    made = Connections(foundation=foundation, session=session, client=client, streams=Streams(foundation.database))
    _add_app(made, wecom)
    _add_kf(made, wecom)
    _add_contact(made, wecom)
    _add_robots(made, wecom)
    _add_aibots(made, wecom)
    made.membership = _membership(made)
    return made


def _add_app(made: Connections, wecom: WeCom) -> None:
    if wecom.app is None:
        return
    app = App(made.client, wecom.app.secret.get_secret_value(), wecom.app.agent_id)
    made.channels[Channel.APP] = AppChannel(app)
    made.channels[Channel.APPCHAT] = AppChatChannel(app)


def _add_kf(made: Connections, wecom: WeCom) -> None:
    if wecom.kf is None:
        return
    base, settings = made.foundation, made.foundation.settings
    made.kf = Kf(made.client, wecom.kf.secret.get_secret_value())
    made.accounts = wecom.kf.accounts
    made.channels[Channel.KF] = KfChannel(
        made.kf,
        base.alarm,
        base.ladder,
        settings.handoff.route,
        settings.handoff.working_hours,
        base.clock,
        dict(_named(settings.people.names)),
    )
    fresh = timedelta(minutes=wecom.kf.cold_start_minutes)
    lagged = base.metrics.calls.kf_lag_seconds.observe
    made.puller = KfPuller(made.kf, base.inbox, base.bell, base.clock, fresh, base.tell, lagged)
    pulls = Pulls(base.cluster.session) if base.cluster else None
    if pulls is not None and base.role.works:
        pulls.share(made.puller)
    made.ringing = pulls if pulls is not None and not base.role.works else made.puller


def _named(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in names:
        userid, _, name = each.partition("=")
        yield userid, name


def _add_contact(made: Connections, wecom: WeCom) -> None:
    if wecom.contact is None:
        return
    base = made.foundation
    contact = Contact(made.client, wecom.contact.secret.get_secret_value())
    made.channels[Channel.CONTACT] = ContactChannel(contact)
    made.channels[Channel.CUSTOMERS] = CustomersChannel(contact)
    made.contact = contact
    quiet, zone = Quiet.parse(base.settings.restraint.quiet), base.settings.timezone
    reminding = Reminding(base.ladder.calendar, quiet, zone)
    tasks = MassTasksStore(base.database)
    made.mass_tasks = MassTasks(contact, tasks, base.transactions, base.alarm, base.clock, reminding)


def _lanes_of(bots: Iterable[str]) -> tuple[str, ...]:
    """How the lanes of AI bots begin."""
    return tuple(f"{kind}{Channel.AIBOT}:{bot}:" for bot in bots for kind in LANE_KINDS)


def _membership(made: Connections) -> Membership:
    base = made.foundation
    written = [address for each in base.settings.schedules for address in each.to]
    written += [address for each in base.settings.audiences for address in each.audience.include]
    groups = frozenset(parse_recipient(each).target for each in written if each.startswith("group:"))
    keep = timedelta(days=base.settings.privacy.message_retention_days)
    zone = base.settings.timezone
    return Membership(made.contact, base.database, base.transactions, base.alarm, base.clock, zone, groups, keep)


def _add_robots(made: Connections, wecom: WeCom) -> None:
    if wecom.group_robots:
        robots = {each.name: Robot(made.client, each.key.get_secret_value()) for each in wecom.group_robots}
        made.channels[Channel.ROBOT] = RobotChannel(robots)


def _add_aibots(made: Connections, wecom: WeCom) -> None:
    if not wecom.aibots:
        return
    base = made.foundation
    bots: dict[str, Mode] = {}
    for bot in wecom.aibots:
        if bot.mode == "callback":
            bots[bot.name] = CallbackBot(made.client, made.streams, base.clock, bot.stream_seconds)
            continue
        told = partial(base.tell, f"aibot:{bot.name}")
        leases = Leases(base.database)
        socket = AiBotSocket(bot, made.session, leases, base.inbox, base.bell, base.clock, told, wecom.proxy or None)
        made.sockets[bot.name] = socket
        bots[bot.name] = WebSocketBot(socket, base.clock, bot.stream_seconds)
    made.channels[Channel.AIBOT] = AiBotChannel(bots)
