"""`python -m bench [name …] [--seconds N]`: take the figures, print them, exit 1 when one misses its target."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from bench.acks import acks
from bench.figures import Figure, table
from bench.idle import memory, start
from bench.latency import latency
from bench.place import Place, place

BENCHES: dict[str, Callable[[Place, float | None], Awaitable[list[Figure]]]] = {
    "start": start,
    "memory": memory,
    "latency": latency,
    "acks": acks,
}


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(BENCHES)} (default: all)")
    parser.add_argument("--seconds", type=float, help="how long each load lasts (latency: at least 20)")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(BENCHES):
        parser.error(f"there is no bench {', '.join(sorted(unknown))}")
    figures = asyncio.run(_take(chosen.names or list(BENCHES), chosen.seconds))
    print(table(figures))
    missed = [figure.name for figure in figures if figure.missed]
    for name in missed:
        print(f"missed: {name}", file=sys.stderr)
    return 1 if missed else 0


async def _take(names: Sequence[str], seconds: float | None) -> list[Figure]:
    figures = [Figure("machine: cores busy with other things", await _busy_cores(), f"of {os.cpu_count()}")]
    with place() as folder:
        for name in names:
            print(f"{name} …", file=sys.stderr, flush=True)
            figures += await BENCHES[name](folder, seconds)
    return figures


async def _busy_cores() -> float:
    """Over one second before the run: figures of a machine that does something else are no figures."""
    before = _idle_seconds()
    await asyncio.sleep(1)
    return (os.cpu_count() or 1) - (_idle_seconds() - before)


def _idle_seconds() -> float:
    """Of all cores together, waiting for the disk included."""
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return (int(fields[4]) + int(fields[5])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
