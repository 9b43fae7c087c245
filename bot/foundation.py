"""What everything else stands on: clock, store, transactions, and the way to the engine."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.alarm import Alarm
from bot.clock import Clock
from bot.cluster.cluster import Cluster, cluster_of
from bot.engine import Engine
from bot.errors import NeedsOperator, SendError
from bot.metrics import Metrics
from bot.opening import open_store
from bot.pace import Pace
from bot.process_role import ProcessRole
from bot.settings import Settings
from bot.store.database import Database
from bot.store.inbox import Inbox
from bot.store.outbox import Outbox
from bot.store.posts import Posts
from bot.transaction import Transactions
from handlers.paging import Ladder
from scheduler.calendar import Calendar

if TYPE_CHECKING:
    from bot.tracing import Tracing

NO_TRACING = (
    "设置了 [observability] otlp_endpoint，但没有装链路追踪的组件。数据没有动。"
    '请安装：pip install "fencun[tracing]"，或去掉这个设置。'
)


class CannotStart(Exception):
    """The message says what is in the way and what to do; nothing was changed."""


class Bell:
    """Passes wakes to the engine, which is built last because it needs everything that rings."""

    def __init__(self) -> None:
        self._engine: Engine | None = None

    def to(self, engine: Engine) -> None:
        self._engine = engine

    def wake(self, lane: str) -> None:
        if self._engine is not None:
            self._engine.wake(lane)


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """Built once, in `bot.app`."""

    settings: Settings
    role: ProcessRole
    clock: Clock
    metrics: Metrics
    pace: Pace
    database: Database
    cluster: Cluster | None  # where the store is PostgreSQL
    bell: Bell
    transactions: Transactions
    inbox: Inbox
    outbox: Outbox
    posts: Posts
    alarm: Alarm
    ladder: Ladder
    tracing: "Tracing | None" = None
    warnings: dict[str, str]  # what needs an operator now, by what it is about; shown by /status

    @property
    def agent(self) -> str:
        """The app's id as it stands in conversation ids; empty without an app."""
        app = self.settings.wecom.app
        return str(app.agent_id) if app else ""

    async def tell(self, what: str, error: SendError) -> None:
        """Something beside a send went wrong: note it, and tell operators when only they can help."""
        if not isinstance(error, NeedsOperator):
            return
        self.warnings[what] = error.what_to_do
        async with self.transactions.begin() as transaction:
            told = self.alarm.raised(f"needs:{what}:{error.errcode}", error.what_to_do, transaction.now)
            await transaction.enqueue(told)


def lay(settings: Settings, clock: Clock, role: ProcessRole) -> Foundation:
    """The foundation for these settings. Opens nothing yet. Raises StoreUnusable."""
    bell = Bell()
    metrics = Metrics()
    database = open_store(settings)
    agent = str(settings.wecom.app.agent_id) if settings.wecom.app else ""
    return Foundation(
        settings=settings,
        role=role,
        clock=clock,
        metrics=metrics,
        pace=Pace(),
        database=database,
        cluster=cluster_of(settings, database, role),
        bell=bell,
        transactions=Transactions(database, clock, bell.wake, metrics.calls.transaction_seconds.observe),
        inbox=Inbox(database, clock),
        outbox=Outbox(database),
        posts=Posts(database),
        alarm=_alarm(agent, settings),
        ladder=_ladder(settings),
        warnings={},
    )


def _alarm(agent: str, settings: Settings) -> Alarm:
    people = settings.people
    return Alarm(agent, people.operators, people.consultants, people.leads, people.called)


def _ladder(settings: Settings) -> Ladder:
    handoff, people = settings.handoff, settings.people
    calendar = Calendar(
        Calendar.parse(handoff.working_hours),
        settings.timezone,
        handoff.weekends,
        frozenset(handoff.closed_days),
        frozenset(handoff.open_days),
    )
    return Ladder(
        calendar,
        timedelta(seconds=handoff.first_reply_seconds),
        timedelta(hours=handoff.ceiling_hours),
        people.consultants,
        people.leads,
        people.operators,
        handoff.urgent_always,
    )


def traced(base: Foundation) -> Foundation:
    """The same with traces, where the settings ask for them. Raises CannotStart where the packages are absent."""
    endpoint = base.settings.observability.otlp_endpoint
    if not endpoint:
        return base
    try:
        from bot.tracing import TracedInbox, tracing_to  # noqa: PLC0415 - a bot without traces loads none of it
    except ImportError as error:
        raise CannotStart(NO_TRACING) from error
    tracing = tracing_to(endpoint, base.role)
    return replace(base, tracing=tracing, inbox=TracedInbox(base.database, base.clock, tracing))
