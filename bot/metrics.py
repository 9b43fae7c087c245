"""What /metrics shows. One registry per program, so that two in one process do not mix."""

from datetime import datetime
from math import inf, nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.part import Final, Klass, Part
from bot.store.tables import moment


class Metrics:
    """Counters by outcome; no label ever holds an id of a person or a text."""

    def __init__(self) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"fencun_{name}", text, labels, registry=self.registry)

        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time and open files, where the system tells
        self.store = StoreGauges(self.registry)
        self.process = ProcessGauges(self.registry)
        self.calls = CallMetrics(self.registry)
        self.callbacks = CallbackMetrics(self.registry)
        self.outgoing = OutgoingMetrics(self.registry)
        self.health = HealthMetrics(self.registry)
        self.handled = counter("items_handled", "Items handled", "channel", "handler")
        self.wait_seconds = Histogram(
            "fencun_item_wait_seconds",
            "Time from an item's arrival to its decision",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 20, 90, 600),
            registry=self.registry,
        )
        self.gaps_opened = counter("gaps_opened", "Gaps in the guides found")
        self.gaps_closed = counter("gaps_closed", "Gaps whose questions pass now")
        self.ratings = counter("ratings", "Ratings of answers", "value")
        self.decisions = counter("gate_decisions", "Words of the gate", "verdict", "reason")
        self.satisfaction = counter("satisfaction", "Taps after a colleague was done", "value")


class CallbackMetrics:
    """What callers of ours got, and how soon."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.answered = Counter("fencun_callbacks", "Callbacks answered", ["channel", "result"], registry=registry)
        self.ack_seconds = Histogram(
            "fencun_ack_seconds",
            "Time from the first byte of a callback to its answer",
            ["channel"],
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
            registry=registry,
        )


class OutgoingMetrics:
    """What became of what this process sent."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.parts_ended = Counter(
            "fencun_parts_ended",
            "Outgoing parts that this process ended",
            ["state", "klass", "channel"],
            registry=registry,
        )
        self.reply_seconds = Histogram(
            "fencun_reply_seconds",
            "Time from a message's arrival to its answer having left",
            ["channel"],
            buckets=(0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 90, 600, 7200),
            registry=registry,
        )

    def part_ended(self, part: Part, final: Final, now: datetime) -> None:
        """Count a part that has ended, and how long its member waited for it if it is an answer."""
        self.parts_ended.labels(final, part.klass, part.channel).inc()
        asked_at = part.body.get("asked_at")
        if final is Final.SENT and part.klass is Klass.REPLY and asked_at is not None:
            self.reply_seconds.labels(part.channel).observe((now - moment(asked_at)).total_seconds())


class HealthMetrics:
    """How the members take it, of the last 28 days (`bot.health`)."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.figures = Gauge("fencun_health_figure", "Figures of the last 28 days", ["figure"], registry=registry)
        self.score = Gauge("fencun_health_score", "0 to 100, of the last 28 days", registry=registry)
        self.score.set(nan)  # not nought: nothing is known yet
        self.refusals = Gauge(
            "fencun_health_refusals", "Posts kept back in the last 28 days", ["reason"], registry=registry
        )


class CallMetrics:
    """How long others take: WeCom, the store, and WeCom's callbacks to come."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.wecom = Counter(
            "fencun_wecom_calls", "Calls to WeCom by what came back", ["api", "errcode"], registry=registry
        )
        self.wecom_seconds = Histogram(
            "fencun_wecom_seconds",
            "Time of a call to WeCom",
            ["api"],
            buckets=(0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 120),
            registry=registry,
        )
        self.kf_lag_seconds = Histogram(
            "fencun_kf_lag_seconds",
            "Time from a kf message being written to its being stored here",
            buckets=(1, 2, 5, 10, 30, 60, 120, 300, 3600),
            registry=registry,
        )
        self.transaction_seconds = Histogram(
            "fencun_transaction_seconds",
            "Time of a transaction, from asking for a connection to the commit",
            buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30),
            registry=registry,
        )

    def wecom_answered(self, api: str, errcode: str, seconds: float) -> None:
        """Note one call: `api` is the path of a document, never an address that was given to us."""
        self.wecom.labels(api, errcode).inc()
        self.wecom_seconds.labels(api).observe(seconds)


class StoreGauges:
    """What lies in the store, as of the last look (`bot.measuring`); all processes that share it show the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"fencun_{name}", text, labels, registry=registry)

        self.up = gauge("store_up", "Whether the store takes writes and could be read for these figures")
        self.items_waiting = gauge("items_waiting", "Items that nobody has handled")
        self.oldest_item = gauge("oldest_item_seconds", "Age of the oldest of them")
        self.items_dead = gauge("items_dead", "Items that could not be handled")
        self.parts = gauge("parts", "Outgoing parts that have not left", "state", "klass")
        self.oldest_part = gauge("oldest_part_seconds", "Age of the oldest part that should leave", "klass")
        self.occurrences = gauge("occurrences_open", "Posts with parts that have not ended")
        self.gaps = gauge("gaps_open", "Gaps in the guides by stage", "stage")
        self.tickets = gauge("tickets", "Hand-overs that are not closed", "state")
        self.first_replies_overdue = gauge("first_replies_overdue", "Hand-overs without a word of a colleague in time")
        self.pages_unacked = gauge("pages_unacked", "Pages about live hand-overs that nobody has seen")
        self.mass_tasks = gauge("mass_tasks", "Mass messages that colleagues have not confirmed", "state")
        self.backup_age = gauge("backup_age_seconds", "Age of the last backup; infinite without one")
        self.kf_pull_age = gauge("kf_pull_age_seconds", "Time since the least lately pulled kf account was pulled")
        self.unknown()

    def unknown(self) -> None:
        """The store does not answer, or takes no writes: nothing is rather shown than something old."""
        self.up.set(0)
        for plain in (
            self.items_waiting,
            self.oldest_item,
            self.items_dead,
            self.occurrences,
            self.first_replies_overdue,
            self.pages_unacked,
            self.backup_age,
            self.kf_pull_age,
        ):
            plain.set(nan)
        for labelled in (self.parts, self.oldest_part, self.gaps, self.tickets, self.mass_tasks):
            labelled.clear()

    def backed_up(self, seconds: float | None) -> None:
        self.backup_age.set(inf if seconds is None else seconds)


class ProcessGauges:
    """What this process is, and how it stands with the others."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.build = Gauge("fencun_build_info", "Always 1", ["version", "role"], registry=registry)
        self.ready = Gauge("fencun_ready", "Whether /readyz says so", registry=registry)
        self.session_up = Gauge(
            "fencun_session_up", "Whether the session for locks and calls stands", registry=registry
        )
        self.session_up.set(nan)  # a process that is alone has none
        self.leads = Gauge("fencun_leads", "Whether this process is the clock", registry=registry)
        self.aibot_bots = Gauge("fencun_aibot_bots", "AI bots with a long connection", registry=registry)
        self.aibot_connections = Gauge("fencun_aibot_connections", "Those connected here", registry=registry)
        self.index_age = Gauge("fencun_index_age_seconds", "Age of the index in use", registry=registry)
        self.index_age.set(nan)
        self.vectors_up = Gauge("fencun_vectors_up", "Whether vectors take part in answers", registry=registry)
        self.vectors_up.set(nan)  # a process that only takes in asks no guides
        self.lanes_refused = Counter(
            "fencun_lanes_refused", "Lanes that another process was draining", registry=registry
        )
        self.lanes_found = Counter(
            "fencun_lanes_found", "Lanes that the look at the store found and no call had named", registry=registry
        )
