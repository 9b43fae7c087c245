"""`python -m bench site`: a site under load while its processes are killed; exit code 1 when a promise breaks."""

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence

from bench.figures import percentile
from bench.site.load import Traffic
from bench.site.site import Shape, Site
from bench.site.trial import Plan, Result, Trial, tried
from bench.site.world import Town


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench site", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=180, help="how long processes are killed")
    parser.add_argument("--kill-every", type=float, default=5, help="seconds; 0 for never")
    parser.add_argument("--restart-postgres", type=int, default=2, help="how often, spread over the time")
    parser.add_argument("--rate", type=float, help="messages a second at most (default: so that they last --seconds)")
    parser.add_argument("--waiting", type=int, default=200, help="unanswered messages at most")
    parser.add_argument("--chroma", action="store_true", help="vectors on a Chroma server, which is killed too")
    parser.add_argument("--people", type=int, help="conversations (default: 800)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    result = asyncio.run(_try(chosen))
    print(report(result))
    return 0 if result.reckoning.good else 1


async def _try(chosen: argparse.Namespace) -> Result:
    shape = Shape(chroma=chosen.chroma, minutes=max(1, int(chosen.seconds // 60)))
    town = Town.of(chosen.people) if chosen.people else Town()
    rate = chosen.rate or chosen.messages / chosen.seconds
    traffic = Traffic(chosen.messages, rate, chosen.waiting, seed=chosen.seed)

    async def hurt(trial: Trial) -> None:
        restarts = [chosen.seconds * (n + 1) / (chosen.restart_postgres + 1) for n in range(chosen.restart_postgres)]
        await asyncio.gather(_kill(trial, chosen.kill_every), _restart(trial, restarts))

    return await tried(Plan(shape, town, traffic, hurt, chosen.seconds), Site(town, shape), say)


async def _kill(trial: Trial, every: float) -> None:
    while every and await trial.pause(every):
        names = [*trial.site.bots, *(["chroma"] if trial.site.chroma else [])]
        trial.hurts += trial.site.kill(trial.rng.choice(names))


async def _restart(trial: Trial, moments: Sequence[float]) -> None:
    began = time.monotonic()
    for moment in moments:
        if not await trial.pause(began + moment - time.monotonic()):
            return
        trial.say("PostgreSQL is restarted")
        await trial.site.restart_postgres()
        trial.hurts += 1


def report(result: Result) -> str:
    head = f"{result.sent:,} messages at {result.per_second:.1f} a second, {result.hurts} kills and restarts, "
    verdict = "good" if result.reckoning.good else "NOT GOOD"
    head += f"caught up {result.caught_up:.0f} s after the last"
    p50, p99 = percentile(result.waits, 0.5), percentile(result.waits, 0.99)
    waits = f"ack to answer at WeCom's: p50 {p50:.2f} s, p99 {p99:.2f} s"
    cpu = "".join(f"\n  {name:<44}{ms:>9.1f}" for name, ms in result.cpu.items())
    costs = f"\nms of processor time a message:{cpu}" if cpu else ""
    return f"{head}\n{waits}{costs}\n{result.reckoning}\n{verdict}"


def say(text: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
