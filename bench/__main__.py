"""`python -m bench [name …] [options]`: take the figures, print them, exit 1 when one misses its target."""

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

from bench.acks import acks
from bench.day import MESSAGES, day
from bench.figures import Figure, table
from bench.idle import memory, start
from bench.knowledge import PASSAGES, knowledge
from bench.latency import latency
from bench.place import Place, place
from bench.repeats import repeats
from bench.restraint import ROWS, restraint
from bench.year import year

Bench = Callable[[Place, float | None], Awaitable[list[Figure]]]
BENCHES: dict[str, Bench] = {
    "start": start,
    "memory": memory,
    "latency": latency,
    "acks": acks,
    "knowledge": knowledge,
    "restraint": restraint,
}


async def _acks_postgresql(place: Place, seconds: float | None) -> list[Figure]:
    from bench.acks_postgres import acks_postgresql  # noqa: PLC0415 - needs what only the tests need

    return await acks_postgresql(place, seconds)


async def _end_to_end(place: Place, seconds: float | None) -> list[Figure]:
    from bench.site.beside import end_to_end  # noqa: PLC0415 - as above

    return await end_to_end(place, seconds)


ON_REQUEST: dict[str, Bench] = {  # long, or about rules or what lasts rather than speed
    "year": year,
    "day": day,
    "repeats": repeats,
    "acks-postgresql": _acks_postgresql,
    "end-to-end": _end_to_end,
}


def main(arguments: Sequence[str]) -> int:
    if arguments[:1] == ["site"]:  # it has options of its own
        from bench.site.command import main as site  # noqa: PLC0415 - needs what only the tests need

        return site(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    which = f"which: {', '.join(BENCHES)} (default: all), {', '.join(ON_REQUEST)}; fit, train: make weights"
    parser.add_argument("names", nargs="*", metavar="name", help=which)
    parser.add_argument("--seconds", type=float, help="how long each load lasts (latency: at least 20)")
    many = f"of the large library (default: {PASSAGES:,}; 0: only what is found in the sample guides)"
    parser.add_argument("--passages", type=int, default=PASSAGES, help=many)
    of_ledger = f"of the ledger beside which the gate decides (default: {ROWS:,})"
    parser.add_argument("--rows", type=int, default=ROWS, help=of_ledger)
    of_day = f"of the day (default: {MESSAGES:,}, which take hours)"
    parser.add_argument("--messages", type=int, default=MESSAGES, help=of_day)
    chosen = parser.parse_args(arguments)
    if chosen.names == ["fit"]:
        from bench.fit.command import main as fit  # noqa: PLC0415 - needs SciPy, which comes with scikit-learn

        fit()
        return 0
    if chosen.names == ["train"]:
        from bench.train.card import train  # noqa: PLC0415 - needs scikit-learn, the others do not

        train()
        return 0
    if unknown := set(chosen.names) - {*BENCHES, *ON_REQUEST}:
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    figures = asyncio.run(_take(chosen.names or list(BENCHES), chosen))
    print(table(figures))
    missed = [figure.name for figure in figures if figure.missed]
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


async def _take(names: Sequence[str], chosen: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    began, busy, ours = time.monotonic(), _busy(), _ours()
    benches: dict[str, Bench] = {
        **BENCHES,
        **ON_REQUEST,
        "knowledge": partial(knowledge, passages=chosen.passages),
        "restraint": partial(restraint, rows=chosen.rows),
        "day": partial(day, messages=chosen.messages),
    }
    with place() as folder:
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            figures += await benches[name](folder, chosen.seconds)
    others = (_busy() - busy - (_ours() - ours)) / (time.monotonic() - began)
    # A machine that has other things to do gives no figures: the reader must see it.
    return [Figure("machine: cores taken by others", max(0.0, others), f"of {os.cpu_count()}"), *figures]


def _busy() -> float:
    """Seconds that all cores together have worked, or were taken away from us, since they were started."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    idle, waiting_for_disk = 3, 4
    worked = [int(field) for place, field in enumerate(fields) if place not in (idle, waiting_for_disk)]
    return sum(worked) / os.sysconf("SC_CLK_TCK")


def _ours() -> float:
    """Processor seconds of this process and of the children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
