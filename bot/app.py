"""The one place that puts the program together. Objects receive what they need; nothing reaches for a global."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.admission import Admission
from bot.attendance import Attendance
from bot.audience import Directory
from bot.channels.kf import KfChannel
from bot.clock import Clock, SystemClock
from bot.cluster.engine import Caller, ClusterEngine
from bot.cluster.seats import Seats
from bot.connections import Connections, connect
from bot.context import Context
from bot.desk import Desk, Roles
from bot.drafts import Drafts
from bot.effects import Applier, Carrier
from bot.engine import EmbeddedEngine, Engine
from bot.exclusion import Exclusion
from bot.expiry import ExpiryNotices
from bot.facts import FactFinder, Surroundings
from bot.foundation import Foundation, lay, traced
from bot.gaps import GapKeeper
from bot.gatekeeper import Gatekeeper
from bot.health import HealthFigures, HealthGauges, health_figures
from bot.holds import Holding, Releasing
from bot.holidays import HolidayNotices, unknown_years
from bot.kf_sessions import KfSessions
from bot.librarian import Librarian
from bot.mass.checking import asking
from bot.measuring import Measuring
from bot.needs import Needs
from bot.notebook import Notebook
from bot.office import BotOffice
from bot.orders import OrderBook
from bot.outbox import Dispatcher
from bot.pager import Pager
from bot.planner import Planner
from bot.posting import BotPosting, PostJudge
from bot.process_role import ProcessRole
from bot.program import Program
from bot.readiness import Readiness
from bot.records import MemberRecords
from bot.recovery import Recovery
from bot.relations import Relations
from bot.report import weekly_report
from bot.retention import Retention
from bot.rhythm import LayerJudge, Rhythms, note
from bot.rights import Sweeper, members_rights
from bot.settings import Settings
from bot.shelf import Shelf
from bot.store.holds import Holds
from bot.store.ratings import Ratings
from bot.store.tickets import Tickets
from bot.streaming import Streaming
from bot.takeover import handing_over
from bot.ticker import Ticker
from bot.unasked import audiences_of, planner_of, rules_of, shelf_of
from bot.web.routes import Web
from handlers.effect_types import (
    DraftPost,
    Effect,
    ExtraPromoDay,
    FollowUp,
    HandOff,
    HoldUnasked,
    JudgePost,
    Release,
    SetLayer,
    ShowPlan,
    Solved,
)
from handlers.turn import Channel
from scheduler.gate import Rules

# Seconds between two looks.
PLAN_SECONDS = 5.0
LIBRARY_SECONDS = 5.0
GAP_SECONDS = 10.0
EXPIRY_SECONDS = 600.0
HEALTH_SECONDS = 60.0
STREAM_SECONDS = 15.0
RIGHTS_SECONDS = 15.0
RETENTION_SECONDS = 3600.0
MASS_TASK_SECONDS = 60.0
RHYTHM_SECONDS = 60.0
APPROVAL_SECONDS = 600.0
MEMBERSHIP_SECONDS = 15.0
ATTENDANCE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class _Unasked:
    """What speaks unasked, and what decides whether it may."""

    shelf: Shelf
    orders: OrderBook
    relations: Relations
    needs: Needs
    planner: Planner
    gatekeeper: Gatekeeper
    rhythms: Rhythms
    posting: BotPosting


@dataclass(frozen=True, kw_only=True)
class _Knowing:
    """What is known, and what is counted."""

    librarian: Librarian
    gap_keeper: GapKeeper
    figures: HealthFigures


def build(settings: Settings, clock: Clock | None = None, role: ProcessRole = ProcessRole.ALL) -> Program:
    """Put the program of a role that works or ticks together, inside a running event loop.

    Opens nothing yet. Raises StoreUnusable.
    """
    base = traced(lay(settings, clock or SystemClock(), role))
    connections = connect(base)
    librarian = Librarian(settings, base.database, base.transactions, base.alarm)
    figures = health_figures(base, connections.contact, connections.kf)
    knowing = _Knowing(librarian=librarian, gap_keeper=GapKeeper(base, librarian), figures=figures)
    unasked = _unasked(base, connections, librarian)
    office = _office(base, unasked, knowing, connections.names)
    exclusion = Exclusion(base.cluster.subject_locks if base.cluster else None)
    dispatcher = _dispatcher(base, connections, unasked.gatekeeper, exclusion)
    pager = Pager(base.alarm, base.ladder, Context(lambda: librarian.guides, base.ladder))
    desk = _desk(base, connections, office, dispatcher, exclusion, _applier(base, unasked, librarian, pager))
    engine = _engine(base, desk, connections)
    base.bell.to(engine)
    return Program(
        base=base,
        engine=engine,
        dispatcher=dispatcher,
        planner=unasked.planner,
        librarian=librarian,
        gap_keeper=knowing.gap_keeper,
        ticker=_ticker(base, connections, unasked, knowing, pager),
        everywhere=_everywhere(connections, unasked, librarian, base),
        connections=connections,
        web=_web(base, connections, librarian),
    )


def _web(base: Foundation, connections: Connections, librarian: Librarian) -> Web:
    # The clock too: it makes posts and reminders from the guides, and asks WeCom whom they are for.
    readiness = Readiness(base.settings.wecom, connections.client, librarian)
    measuring = Measuring(base, connections, librarian.built_at, librarian.vectors_up)
    return Web(base, connections.streams, connections.ringing, measuring, readiness.problems)


def _engine(base: Foundation, desk: Desk, connections: Connections) -> Engine:
    """What a wake leads to in this process."""
    concurrency = base.settings.work.concurrency
    if base.cluster is None:
        return EmbeddedEngine(desk.drain, base.clock, concurrency)
    if not base.role.works:
        return Caller(base.cluster.session)

    async def unfinished(most: int) -> tuple[list[str], list[str]]:
        now, unserved = base.clock.now(), connections.unserved()
        return await base.inbox.due(now, most, unserved), await base.outbox.due(now, most, unserved)

    session = base.cluster.session
    seats = Seats(session, connections.bound)
    return ClusterEngine(desk.drain, session, unfinished, connections.serves, seats, base.clock, concurrency)


def _unasked(base: Foundation, connections: Connections, librarian: Librarian) -> _Unasked:
    rules = rules_of(base.settings)
    shelf = shelf_of(base, lambda: librarian.guides)
    orders = OrderBook(base)
    rhythms = Rhythms(base, rules, orders.bought_at)
    directory = Directory(base.settings)
    audiences = audiences_of(base, directory, rhythms)
    planner = planner_of(base, shelf, audiences)
    gatekeeper = _gatekeeper(base, rules, connections, planner)
    connections.membership.use(note)
    if connections.mass_tasks is not None:
        connections.mass_tasks.use(asking(gatekeeper, base.settings.timezone), note)
    posting = BotPosting(
        rules=rules,
        shelf=shelf,
        librarian=librarian,
        gatekeeper=gatekeeper,
        rhythms=rhythms,
        audiences=audiences,
        compared=planner.trials,
        database=base.database,
        clock=base.clock,
        unknown_years=partial(unknown_years, base.settings),
        called=base.settings.people.called,
    )
    return _Unasked(
        shelf=shelf,
        orders=orders,
        relations=_relations(base, connections),
        needs=_needs(base, directory, orders, shelf, librarian),
        planner=planner,
        gatekeeper=gatekeeper,
        rhythms=rhythms,
        posting=posting,
    )


def _relations(base: Foundation, connections: Connections) -> Relations:
    settings = base.settings
    selectors = [each for one in settings.audiences for each in (*one.audience.include, *one.audience.exclude)]
    tags = {each.rpartition(":")[2] for each in selectors if each.startswith("tag:")}
    return Relations(base, connections.contact, tags, wanted=bool(settings.audiences or settings.triggers))


def _needs(base: Foundation, directory: Directory, orders: OrderBook, shelf: Shelf, librarian: Librarian) -> Needs:
    return Needs(
        base=base,
        triggers=[each.trigger for each in base.settings.triggers],
        directory=directory,
        orders=orders,
        shelf=shelf,
        guides=lambda: librarian.guides,
    )


def _traceable(base: Foundation) -> tuple[Callable[..., Dispatcher], Callable[..., Desk]]:
    """What makes the dispatcher and the desk: those with spans around their work, where there are traces."""
    if base.tracing is None:
        return Dispatcher, Desk
    from bot.traced import TracedDesk, TracedDispatcher  # noqa: PLC0415 - a bot without traces loads none of it

    return partial(TracedDispatcher, tracing=base.tracing), partial(TracedDesk, tracing=base.tracing)


def _dispatcher(base: Foundation, connections: Connections, gatekeeper: Gatekeeper, exclusion: Exclusion) -> Dispatcher:
    dispatcher, _ = _traceable(base)
    return dispatcher(
        base.outbox,
        base.transactions,
        connections.channels,
        Admission(gatekeeper, connections.limits),
        base.alarm,
        base.clock,
        base.pace,
        exclusion,
    )


def _applier(base: Foundation, unasked: _Unasked, librarian: Librarian, pager: Pager) -> Applier:
    zone = base.settings.timezone
    holding = Holding(unasked.gatekeeper, base.alarm)
    judge = PostJudge()
    carriers: dict[type[Effect], Carrier] = {
        HoldUnasked: holding,
        **members_rights(base.alarm, holding, zone),
        **handing_over(base.alarm),
        Release: Releasing(base.alarm, zone),
        HandOff: pager,
        FollowUp: Recovery(),
        Solved: Recovery(),
        JudgePost: judge,
        ExtraPromoDay: judge,
        ShowPlan: judge,
        SetLayer: LayerJudge(unasked.rhythms),
        DraftPost: judge,
    }
    return Applier(base.alarm, unasked.planner, Notebook(lambda: librarian.guides, zone), carriers)


def _desk(
    base: Foundation,
    connections: Connections,
    office: BotOffice,
    dispatcher: Dispatcher,
    exclusion: Exclusion,
    applier: Applier,
) -> Desk:
    _, desk = _traceable(base)
    return desk(
        inbox=base.inbox,
        transactions=base.transactions,
        dispatcher=dispatcher,
        office=office,
        applier=applier,
        exclusion=exclusion,
        channels=connections.channels,
        roles=_roles(base.settings),
        clock=base.clock,
        max_tries=base.settings.work.max_tries,
        metrics=base.metrics,
        pace=base.pace,
        drafts=Drafts(base.settings.knowledge.guides),
        streaming=Streaming(connections.channels, base.database, base.clock),
        kf_sessions=KfSessions(base, connections.kf),
    )


def _gatekeeper(base: Foundation, rules: Rules, connections: Connections, planner: Planner) -> Gatekeeper:
    restraint = base.settings.restraint
    around = Surroundings(
        rules=rules,
        reachable=connections.reaches,
        violations=planner.shelf.codes_of,
        coming=planner.coming,
        silent_days=frozenset(restraint.silent_days),
        speaking_days=frozenset(restraint.speaking_days),
    )
    return Gatekeeper(rules, FactFinder(around), base.metrics)


def _office(base: Foundation, unasked: _Unasked, knowing: _Knowing, channels: Sequence[str]) -> BotOffice:
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
        planner=unasked.planner,
        posting=unasked.posting,
        librarian=knowing.librarian,
        gap_keeper=knowing.gap_keeper,
        rating_store=Ratings(base.database),
        health_figures=knowing.figures,
        hold_store=Holds(base.database),
        clock=base.clock,
        records=MemberRecords(base.database, base.settings.privacy.message_retention_days),
        since=base.clock.now(),
        channels=channels,
        warnings=lambda: tuple(base.warnings.values()),
        process="" if base.cluster is None else f"{base.role} {socket.gethostname()}:{os.getpid()}",
        called=base.settings.people.called,
    )


def _attendance(base: Foundation, connections: Connections, pager: Pager) -> Attendance:
    kf = connections.channels.get(Channel.KF)
    receiving = kf.receiving if isinstance(kf, KfChannel) else None
    return Attendance(base, pager, receiving, named=base.settings.handoff.route == "named")


def _roles(settings: Settings) -> Roles:
    people = settings.people
    return Roles(frozenset(people.operators), frozenset(people.leads), frozenset(people.consultants))


def _ticker(base: Foundation, connections: Connections, unasked: _Unasked, knowing: _Knowing, pager: Pager) -> Ticker:
    """Everything that looks at the store now and then."""
    ticker = Ticker()
    librarian, figures = knowing.librarian, knowing.figures
    ticker.add("attendance", ATTENDANCE_SECONDS, _attendance(base, connections, pager).look)
    ticker.add("gaps", GAP_SECONDS, knowing.gap_keeper.look)
    ticker.add("expiring", EXPIRY_SECONDS, ExpiryNotices(base, librarian).look)
    ticker.add("holidays", EXPIRY_SECONDS, HolidayNotices(base).look)
    ticker.add("relations", EXPIRY_SECONDS, unasked.relations.look)
    ticker.add("plan", PLAN_SECONDS, unasked.planner.tick)
    ticker.add("trials", EXPIRY_SECONDS, unasked.planner.trials.look)
    ticker.add("needs", PLAN_SECONDS, unasked.needs.look)
    ticker.add("approvals", APPROVAL_SECONDS, unasked.planner.ask_for_approval, at_start=False)
    ticker.add("membership", MEMBERSHIP_SECONDS, connections.membership.look)
    ticker.add("rhythm", RHYTHM_SECONDS, unasked.rhythms.look)
    ticker.add("streams", STREAM_SECONDS, connections.sweep)
    guides_folder = base.settings.knowledge.guides
    ticker.add("rights", RIGHTS_SECONDS, Sweeper(base.database, base.transactions, base.clock, guides_folder).look)
    ticker.add("retention", RETENTION_SECONDS, Retention(base).look)
    ticker.add("health", HEALTH_SECONDS, HealthGauges(base, figures).look)
    ticker.add("weekly_report", HEALTH_SECONDS, weekly_report(base, figures).look)
    if connections.mass_tasks is not None:
        ticker.add("mass_tasks", MASS_TASK_SECONDS, connections.mass_tasks.follow)
    return ticker


def _everywhere(connections: Connections, unasked: _Unasked, librarian: Librarian, base: Foundation) -> Ticker:
    """What a process has to know of itself: files that changed, and kf messages that nobody was called for."""
    ticker = Ticker()
    ticker.add("library", LIBRARY_SECONDS, librarian.look)
    ticker.add("shelf", PLAN_SECONDS, unasked.shelf.look)
    ticker.add("orders", GAP_SECONDS, unasked.orders.look)
    if base.settings.wecom.kf is not None and base.role.works:
        # The first pull comes with the connections: before them there is nothing to answer through.
        ticker.add("kf", base.settings.wecom.kf.poll_seconds, connections.pull, at_start=False)
    return ticker
