"""`python -m tests.fuzz [--inputs 1000000] [--seed 1] [target …]`: prints a table; exit 1 when something was found."""

import argparse
import logging
import shutil
import sys
from collections.abc import Sequence

import structlog

from tests.fuzz import files, wire
from tests.fuzz.running import Outcome, Target, run


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help="default: all")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="of all targets together (default: 1,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same inputs")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    try:
        outcomes = [_told(run(each, _number(each, chosen.inputs), chosen.seed)) for each in _wanted(chosen.targets)]
    finally:
        files.PROCESS.__exit__(None, None, None)
        shutil.rmtree(files.FOLDER, ignore_errors=True)
    total = sum(each.inputs for each in outcomes)
    seconds = sum(each.seconds for each in outcomes)
    print(f"| **all** | {total:,} | {total / seconds:,.0f} | | | | {sum(len(each.defects) for each in outcomes)} |")
    return 1 if any(each.defects for each in outcomes) else 0


def _wanted(names: Sequence[str]) -> list[Target]:
    print(
        "| target | inputs | per second | refused | slowest, ms | memory, MB | defects |\n|---|---|---|---|---|---|---|"
    )
    return [each for each in (*wire.TARGETS, *files.targets()) if not names or each.name in names]


def _number(target: Target, inputs: int) -> int:
    return max(1, round(inputs * target.share / 100))


def _told(outcome: Outcome) -> Outcome:
    refused = f"{outcome.refused / outcome.inputs:.0%}"
    figures = f"{outcome.inputs:,} | {outcome.per_second:,.0f} | {refused} | {outcome.slowest * 1000:,.0f}"
    print(f"| {outcome.name} | {figures} | {outcome.grown_mb:+.0f} | {len(outcome.defects)} |", flush=True)
    for what, data in outcome.defects.items():
        print(f"  {outcome.name}: {what}\n    {data[:300]!r}", file=sys.stderr, flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
