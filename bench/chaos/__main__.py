"""`python -m bench.chaos [scenario …]`: each scenario with its reckoning; exit code 1 when a promise breaks."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.chaos.faults import silent_model
from bench.chaos.scenarios import SCENARIOS
from bench.site.command import report, say
from bench.site.postgres import Postgres, remove, scratch
from bench.site.site import Site
from bench.site.trial import Result, tried


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.chaos", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="scenario", help=f"which: {', '.join(SCENARIOS)} (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(SCENARIOS):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    began = time.monotonic()
    bad = asyncio.run(_all(chosen.names or list(SCENARIOS), chosen.seed))
    print(f"{time.monotonic() - began:.0f} s, {'bad: ' + ', '.join(bad) if bad else 'all good'}")
    return 1 if bad else 0


async def _all(names: Sequence[str], seed: int) -> list[str]:
    """The names of those in which a promise was broken. One PostgreSQL and one index serve all."""
    postgres, library, bad = Postgres(), scratch("fencun-chaos-"), []
    await postgres.start()
    try:
        for place, name in enumerate(names, 1):
            print(f"[{place}/{len(names)}] {name}: {SCENARIOS[name].about}", flush=True)
            result = await _one(name, seed, postgres, library)
            print(report(result), flush=True)
            bad += [] if result.reckoning.good else [name]
    finally:
        await postgres.stop()
        remove(library)
    return bad


async def _one(name: str, seed: int, postgres: Postgres, library: Path) -> Result:
    async with silent_model() as model_url:
        plan = SCENARIOS[name].plan(seed, model_url)
        return await tried(plan, Site(plan.town, plan.shape, postgres, library), say)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
