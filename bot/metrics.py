"""What /metrics shows. One registry per program, so that two in one process do not mix."""

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Counters by outcome; no label ever holds an id of a person or a text."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.callbacks = Counter(
            "fencun_callbacks", "Callbacks answered", ["channel", "result"], registry=self.registry
        )
        self.ack_seconds = Histogram(
            "fencun_ack_seconds",
            "Time from the first byte of a callback to its answer",
            ["channel"],
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
            registry=self.registry,
        )
        self.handled = Counter("fencun_items_handled", "Items handled", ["channel", "handler"], registry=self.registry)
        self.wait_seconds = Histogram(
            "fencun_item_wait_seconds",
            "Time from an item's arrival to its decision",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 20, 90, 600),
            registry=self.registry,
        )
        self.gaps_opened = Counter("fencun_gaps_opened", "Gaps in the guides found", registry=self.registry)
        self.gaps_closed = Counter("fencun_gaps_closed", "Gaps whose questions pass now", registry=self.registry)
        self.ratings = Counter("fencun_ratings", "Ratings of answers", ["value"], registry=self.registry)
        self.decisions = Counter(
            "fencun_gate_decisions", "Words of the gate", ["verdict", "reason"], registry=self.registry
        )
        self.satisfaction = Counter(
            "fencun_satisfaction", "Taps after a colleague was done", ["value"], registry=self.registry
        )
        self.health = Gauge("fencun_health_figure", "Figures of the last 28 days", ["figure"], registry=self.registry)
        self.health_score = Gauge("fencun_health_score", "0 to 100, of the last 28 days", registry=self.registry)
        self.health_score.set(nan)  # not nought: nothing is known yet
        self.health_refusals = Gauge(
            "fencun_health_refusals", "Posts kept back in the last 28 days", ["reason"], registry=self.registry
        )
        self.parts = Gauge("fencun_parts", "Outgoing parts by state", ["state"], registry=self.registry)
        self.items_waiting = Gauge("fencun_items_waiting", "Items that nobody has handled", registry=self.registry)
        self.tickets = Gauge("fencun_tickets_open", "Hand-overs that are open", registry=self.registry)
