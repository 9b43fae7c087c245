"""The scenarios of `make chaos`: which site, which traffic, what is broken."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bench.chaos import faults
from bench.site.load import Traffic
from bench.site.site import Shape
from bench.site.trial import Fault, Plan
from bench.site.world import Town

SMALL = Town(customers=60, members=40, visitors=15, held=3)
ONE = Shape(roles={"all": 1}, postgresql=False, minutes=1)  # the ordinary program on SQLite
PAIR = Shape(roles={"web": 1, "worker": 2, "clock": 1}, minutes=1)
TRAFFIC = Traffic(300, rate=20.0, waiting=60)
MODEL_SECONDS = 1.0


@dataclass(frozen=True)
class Scenario:
    """`model`: the answers come from a model that hangs."""

    about: str
    shape: Shape
    fault: Fault
    traffic: Traffic = TRAFFIC
    model: bool = False

    def plan(self, seed: int, model_url: str) -> Plan:
        more = {"model": {"name": "m", "base_url": model_url, "api_key": "k", "timeout_seconds": MODEL_SECONDS}}
        shape = replace(self.shape, more=more) if self.model else self.shape
        return Plan(shape, SMALL, replace(self.traffic, seed=seed), self.fault)


SCENARIOS: Mapping[str, Scenario] = {
    "latency": Scenario("WeCom answers late", ONE, faults.latency),
    "broken": Scenario("resets, 5xx, HTML, hanging calls", ONE, faults.broken),
    "errcodes": Scenario("storms of 45009, -1, 6000, 45033, 95013", ONE, faults.errcodes(faults.STORM)),
    "tokens": Scenario("tokens expire or are revoked every second", PAIR, faults.tokens),
    "lost-replies": Scenario("carried out, and the answer lost", ONE, faults.lost_replies),
    "callbacks": Scenario(
        "callbacks twice and in the wrong order", PAIR, faults.nothing, replace(TRAFFIC, again=0.5, swapped=0.5)
    ),
    "skew": Scenario(
        "clocks that disagree", replace(PAIR, skew={"worker1": 90, "clock1": 45, "web1": 60}), faults.skewed
    ),
    "kills": Scenario("kill -9 of any process every two seconds", PAIR, faults.kills(2.0)),
    "sqlite-kills": Scenario("kill -9 of the one process on SQLite", ONE, faults.kills(4.0)),
    "postgres": Scenario("PostgreSQL crashes every five seconds", PAIR, faults.postgres(5.0)),
    "disk": Scenario("the disk is full every few seconds", ONE, faults.full_disk),
    "chroma": Scenario("the server of the vectors vanishes", replace(PAIR, chroma=True), faults.chroma_gone),
    "model": Scenario("the model never answers", ONE, faults.nothing, model=True),
    "everything": Scenario(
        "kills, crashes of PostgreSQL, lost replies, errcodes and repeated callbacks at once",
        PAIR,
        faults.together(faults.kills(4.0), faults.postgres(10.0), faults.errcodes(faults.BUSY), faults.lost_replies),
        replace(TRAFFIC, again=0.3, swapped=0.3),
    ),
}
