"""Feeds targets with inputs and notes what they must not do: crash, hang, grow, or tell a secret in an error."""

import gc
import random
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

Make = Callable[[random.Random, Sequence[bytes]], bytes]

GROWTH_MB = 60  # of memory over all inputs of a target: more is a leak
WARM = 0.2  # share of the inputs after which memory is measured for the first time


class Hang(BaseException):
    """One input took longer than its target allows; no `except Exception` swallows it."""


@dataclass(frozen=True)
class Target:
    """`take` gets one input and raises nothing but `allowed`, whose text never holds one of `secrets`."""

    name: str
    seeds: Sequence[bytes]
    make: Make
    take: Callable[[bytes], object]
    allowed: tuple[type[BaseException], ...] = ()
    secrets: tuple[str, ...] = ()
    share: float = 1.0  # of a million inputs, in percent
    seconds: float = 2.0  # for one input


@dataclass
class Outcome:
    name: str
    inputs: int = 0
    refused: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    grown_mb: float = 0.0
    defects: dict[str, bytes] = field(default_factory=dict)  # what went wrong → the first input that showed it

    @property
    def per_second(self) -> float:
        return self.inputs / self.seconds if self.seconds else 0.0


def run(target: Target, inputs: int, seed: int) -> Outcome:
    """Every seed as it is, then `inputs` altered ones. The same `seed` makes the same inputs."""
    rng, outcome = random.Random(f"{target.name}/{seed}"), Outcome(target.name)
    begun, memory = time.perf_counter(), None
    with _alarm():
        for number, data in enumerate(_inputs(target, inputs, rng)):
            if memory is None and number >= WARM * inputs:
                memory = _memory_mb()
            _feed(target, data, outcome)
    outcome.seconds = time.perf_counter() - begun
    outcome.grown_mb = _memory_mb() - (memory or 0.0) if memory is not None else 0.0
    if outcome.grown_mb > GROWTH_MB:
        outcome.defects[f"memory grew by {outcome.grown_mb:.0f} MB"] = b""
    return outcome


def _inputs(target: Target, inputs: int, rng: random.Random) -> Iterator[bytes]:
    yield from target.seeds
    for _ in range(inputs):
        yield target.make(rng, target.seeds)


def _feed(target: Target, data: bytes, outcome: Outcome) -> None:
    started = time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, target.seconds)
    try:
        target.take(data)
    except Hang:
        outcome.defects.setdefault(f"no end within {target.seconds:g} s", data)
    except target.allowed as refusal:
        outcome.refused += 1
        if any(secret in f"{refusal}{refusal.__cause__}{refusal.__context__}" for secret in target.secrets):
            outcome.defects.setdefault("an error's text holds a secret", data)
    except Exception as error:  # noqa: BLE001 - this is what we are looking for
        outcome.defects.setdefault(_told(error), data)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    outcome.inputs += 1
    outcome.slowest = max(outcome.slowest, time.perf_counter() - started)


def _told(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    place = ours[-1] if ours else last
    return f"{type(error).__name__} at {place.filename.rpartition('/')[2]}:{place.lineno} in {place.name}"


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)


def _memory_mb() -> float:
    """The most memory that this process ever had, in MB."""
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
