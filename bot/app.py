"""The one place that puts the program together. Objects receive what they need; nothing reaches for a global."""

import fcntl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import structlog
from aiohttp import web
from sqlalchemy.engine import make_url

from bot.admission import Admission
from bot.attendance import Attendance
from bot.channels.kf import KfChannel
from bot.clock import Clock, SystemClock
from bot.connections import Connections, connect
from bot.context import Context
from bot.desk import Desk, Roles
from bot.drafts import Drafts
from bot.effects import Applier
from bot.engine import EmbeddedEngine
from bot.exclusion import Exclusion
from bot.expiry import ExpiryNotices
from bot.foundation import Foundation, lay
from bot.gaps import GapKeeper
from bot.gatekeeper import Gatekeeper
from bot.holds import Holding, Releasing
from bot.librarian import Librarian
from bot.notebook import Notebook
from bot.office import BotOffice
from bot.outbox import Dispatcher
from bot.pager import Pager
from bot.planner import Planner
from bot.records import MemberRecords
from bot.recovery import Recovery
from bot.retention import Retention
from bot.rights import Sweeper, members_rights
from bot.settings import Settings
from bot.store.database import StoreUnusable
from bot.store.holds import Holds
from bot.store.migrate import migrate
from bot.store.ratings import Ratings
from bot.store.tickets import Tickets
from bot.streaming import Streaming
from bot.takeover import handing_over
from bot.ticker import Ticker
from bot.web.routes import Web
from bot.web.server_log import ServerLog
from handlers.turn import Channel, FollowUp, HandOff, HoldUnasked, Release, Solved
from scheduler.gate import Rules
from scheduler.timetable import Schedule

log = structlog.get_logger()

STOP_GRACE = 5.0  # seconds for conversations that are being worked on
LAST_REQUESTS = 2.0  # seconds for requests that are under way at the stop; WeCom's take milliseconds
LINGER = 1.0  # seconds in which somebody with too large a body may still read that it is

# Seconds between two looks.
PLAN_SECONDS = 5.0
LIBRARY_SECONDS = 5.0
GAP_SECONDS = 10.0
EXPIRY_SECONDS = 600.0
STREAM_SECONDS = 15.0
RIGHTS_SECONDS = 15.0
RETENTION_SECONDS = 3600.0
MASS_TASK_SECONDS = 60.0
ATTENDANCE_SECONDS = 2.0


class CannotStart(Exception):
    """The message says what is in the way and what to do; nothing was changed."""


@dataclass
class Running:
    """What exists only between start and stop."""

    runner: web.AppRunner | None = None
    lock: TextIO | None = None
    port: int = 0


@dataclass(frozen=True, kw_only=True)
class Program:
    """The bot, put together and not yet started. `start` opens everything, `stop` ends it in the reverse order."""

    base: Foundation
    engine: EmbeddedEngine
    dispatcher: Dispatcher
    planner: Planner
    librarian: Librarian
    gap_keeper: GapKeeper
    ticker: Ticker
    connections: Connections
    web: Web
    running: Running = field(default_factory=Running)

    async def start(self, port: int | None = None) -> int:
        """Open the store, listen, take up what was left, begin to tick; returns the port.

        Raises CannotStart or StoreUnusable; what was opened until then is closed by `stop`.
        """
        self.running.lock = _only_one(self.base.settings.store.url)
        await migrate(self.base.database)
        await self.base.database.check()
        self.running.port = await self._listen(port)
        await self.librarian.open()
        self.engine.start([*await self.base.inbox.unfinished(), *await self.base.outbox.lanes()])
        await self.connections.start()
        await self.ticker.run_all()
        self.ticker.start()
        self.web.ready = True
        log.info("started", port=self.running.port, channels=list(self.connections.names))
        return self.running.port

    async def stop(self) -> None:
        """Stop taking, finish what is being done, close. What is left over is taken up by the next start."""
        self.web.ready = False
        self.ticker.stop()
        await self.connections.stop()
        if self.running.runner is not None:
            await self.running.runner.cleanup()
        await self.engine.stop(STOP_GRACE)
        await self.connections.close()
        self.librarian.close()
        await self.base.database.close()
        if self.running.lock is not None:
            self.running.lock.close()
        log.info("stopped")

    async def _listen(self, port: int | None) -> int:
        server = self.base.settings.server
        wanted = server.port if port is None else port
        runner = web.AppRunner(
            self.web.app(),
            access_log=None,
            handle_signals=False,
            logger=ServerLog(),
            shutdown_timeout=LAST_REQUESTS,
            lingering_time=LINGER,
        )
        await runner.setup()
        self.running.runner = runner
        try:
            await web.TCPSite(runner, server.host, wanted, backlog=1024).start()
        except OSError as error:
            raise CannotStart(
                f"端口 {server.host}:{wanted} 打不开（{error.strerror or error}）。数据没有动。"
                "请先停掉占用它的程序，或改 [server] port（make run 用 PORT=…）。"
            ) from error
        return int(runner.addresses[0][1])


def build(settings: Settings, clock: Clock | None = None) -> Program:
    """Put the program together inside a running event loop. Opens nothing yet. Raises StoreUnusable."""
    base = lay(settings, clock or SystemClock())
    connections = connect(base)
    librarian = Librarian(settings, base.database, base.transactions, base.alarm)
    planner = _planner(base, librarian)
    gap_keeper = GapKeeper(base, librarian)
    office = _office(base, planner, librarian, gap_keeper, connections.names)
    gatekeeper = Gatekeeper(_rules(settings), connections.reaches, base.metrics)
    admission = Admission(gatekeeper, connections.limits)
    exclusion = Exclusion()
    holding = Holding(gatekeeper, base.alarm)
    dispatcher = Dispatcher(
        base.outbox, base.transactions, connections.channels, admission, base.alarm, base.clock, base.pace, exclusion
    )
    pager = Pager(base.alarm, base.ladder, Context(lambda: librarian.guides, base.ladder))
    desk = Desk(
        inbox=base.inbox,
        transactions=base.transactions,
        dispatcher=dispatcher,
        office=office,
        applier=Applier(
            base.alarm,
            planner,
            Notebook(lambda: librarian.guides, settings.timezone),
            {
                HoldUnasked: holding,
                **members_rights(base.alarm, holding, settings.timezone),
                **handing_over(base.alarm),
                Release: Releasing(base.alarm, settings.timezone),
                HandOff: pager,
                FollowUp: Recovery(),
                Solved: Recovery(),
            },
        ),
        exclusion=exclusion,
        channels=connections.channels,
        roles=_roles(settings),
        clock=base.clock,
        max_tries=settings.work.max_tries,
        metrics=base.metrics,
        pace=base.pace,
        drafts=Drafts(settings.knowledge.guides),
        streaming=Streaming(connections.channels, base.database, base.clock),
    )
    engine = EmbeddedEngine(desk.drain, base.clock, settings.work.concurrency)
    base.bell.to(engine)
    site = Web(base, connections, office)
    return Program(
        base=base,
        engine=engine,
        dispatcher=dispatcher,
        planner=planner,
        librarian=librarian,
        gap_keeper=gap_keeper,
        ticker=_ticker(base, connections, librarian, gap_keeper, planner, _attendance(base, connections, pager)),
        connections=connections,
        web=site,
    )


def _planner(base: Foundation, librarian: Librarian) -> Planner:
    return Planner(
        schedules={each.name: Schedule(**each.model_dump()) for each in base.settings.schedules},
        guides=lambda: librarian.guides,
        database=base.database,
        transactions=base.transactions,
        alarm=base.alarm,
        clock=base.clock,
        zone=base.settings.timezone,
        posts=base.posts,
        repeat_days=base.settings.restraint.repeat_guide_days,
        agent=base.agent,
    )


def _office(
    base: Foundation, planner: Planner, librarian: Librarian, gap_keeper: GapKeeper, channels: Sequence[str]
) -> BotOffice:
    return BotOffice(
        zone=base.settings.timezone,
        working_hours=base.settings.handoff.working_hours,
        mood_threshold=base.settings.handoff.mood_threshold,
        calendar=base.ladder.calendar,
        colleagues_hear=base.alarm.able,
        database=base.database,
        inbox=base.inbox,
        outbox=base.outbox,
        ticket_store=Tickets(base.database),
        planner=planner,
        librarian=librarian,
        gap_keeper=gap_keeper,
        rating_store=Ratings(base.database),
        hold_store=Holds(base.database),
        clock=base.clock,
        records=MemberRecords(base.database, base.settings.privacy.message_retention_days),
        since=base.clock.now(),
        channels=channels,
        warnings=lambda: tuple(base.warnings.values()),
    )


def _rules(settings: Settings) -> Rules:
    restraint = settings.restraint
    return Rules.parse(
        person_per_day=restraint.person_per_day,
        person_per_week=restraint.person_per_week,
        group_per_day=restraint.group_per_day,
        gap_hours=restraint.gap_hours,
        quiet=restraint.quiet,
        zone=settings.timezone,
    )


def _attendance(base: Foundation, connections: Connections, pager: Pager) -> Attendance:
    kf = connections.channels.get(Channel.KF)
    receiving = kf.receiving if isinstance(kf, KfChannel) else None
    return Attendance(base, pager, receiving, named=base.settings.handoff.route == "named")


def _roles(settings: Settings) -> Roles:
    people = settings.people
    return Roles(frozenset(people.operators), frozenset(people.leads), frozenset(people.consultants))


def _ticker(
    base: Foundation,
    connections: Connections,
    librarian: Librarian,
    gap_keeper: GapKeeper,
    planner: Planner,
    attendance: Attendance,
) -> Ticker:
    """Everything that looks at the store now and then."""
    ticker = Ticker()
    ticker.add("attendance", ATTENDANCE_SECONDS, attendance.look)
    ticker.add("library", LIBRARY_SECONDS, librarian.look)
    ticker.add("gaps", GAP_SECONDS, gap_keeper.look)
    ticker.add("expiring", EXPIRY_SECONDS, ExpiryNotices(base, librarian).look)
    ticker.add("plan", PLAN_SECONDS, planner.tick)
    ticker.add("streams", STREAM_SECONDS, connections.sweep)
    guides_folder = base.settings.knowledge.guides
    ticker.add("rights", RIGHTS_SECONDS, Sweeper(base.database, base.transactions, base.clock, guides_folder).look)
    ticker.add("retention", RETENTION_SECONDS, Retention(base).look)
    if connections.mass_tasks is not None:
        ticker.add("mass_tasks", MASS_TASK_SECONDS, connections.mass_tasks.follow)
    if base.settings.wecom.kf is not None:
        ticker.add("kf", base.settings.wecom.kf.poll_seconds, connections.pull)
    return ticker


def _only_one(url: str) -> TextIO | None:
    """SQLite and embedded Chroma bear one process: hold a lock beside the database for as long as this one lives."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return None
    try:
        held = Path(f"{parsed.database}.lock").open("w")  # noqa: SIM115 - held until the program stops
    except OSError as error:
        raise StoreUnusable(
            f"数据目录无法写入：{Path(parsed.database).parent}（{error.strerror}）。没有写入任何内容。"
            "请检查目录权限，或改 [store] url。"
        ) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        held.close()
        raise CannotStart(
            f"另一个分寸正在使用 {parsed.database}，一份数据同时只能有一个进程用。"
            "请先停掉它，或为这一个改 [store] url。"
        ) from error
    return held
