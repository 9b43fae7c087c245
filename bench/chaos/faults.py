"""What is done to a site while people write to it, as long as the trial lets it (`Trial.pause`)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from resource import RLIM_INFINITY, RLIMIT_FSIZE, prlimit

from aiohttp import web

from bench.site.trial import Fault, Trial
from bot.sandbox.faults import EVERY

SENDS = ("kf/send_msg", "message/send", "aibot/response", "webhook/send")
BUSY = (-1, 6000, 45033, 95013)  # busy, several at once, too many at once, state moved
STORM = (45009, *BUSY)  # over the limit: not again within a minute
FULL = 4096  # bytes that a file may have while the disk is full
BACK_SOON = 4.0
LONG = 3600.0


async def nothing(trial: Trial) -> None:
    """A quiet day."""
    await trial.pause(LONG)


async def latency(trial: Trial) -> None:
    """WeCom takes up to a second and a half for an answer, each call differently."""
    faults = trial.site.standin.faults
    while await trial.pause(1.0):
        for path in (*SENDS, "kf/sync_msg", "gettoken"):
            faults.delay(path, trial.rng.choice((0.0, 0.1, 0.5, 1.5)))
        trial.hurts += 1


async def broken(trial: Trial) -> None:
    """Connections are reset, pages of a broken proxy come in place of answers, and for two seconds nothing answers."""
    faults = trial.site.standin.faults
    while await trial.pause(0.5):
        match trial.rng.randrange(8):
            case 0 | 1 | 2:
                faults.refuse(EVERY, 3)
            case 3 | 4 | 5:
                faults.html(EVERY, 3, trial.rng.choice((500, 502, 503, 504)))
            case 6:
                faults.html(EVERY, 3, 200)
            case _:
                gone_on = asyncio.Event()
                faults.hang(EVERY, gone_on)
                await trial.pause(2.0)
                gone_on.set()
                faults.clear()
        trial.hurts += 1


def errcodes(codes: Sequence[int]) -> Fault:
    """WeCom refuses a handful of calls in a row, with whatever code."""

    async def refuse(trial: Trial) -> None:
        while await trial.pause(0.5):
            path, code = trial.rng.choice(SENDS[:2]), trial.rng.choice(codes)
            trial.site.standin.faults.errcode(path, code, trial.rng.randint(1, 4))
            trial.hurts += 1

    return refuse


async def tokens(trial: Trial) -> None:
    """Tokens expire (42001) or are unknown (40014) at any moment, and a new one ends the one before."""
    accounts = trial.site.standin.accounts
    while await trial.pause(1.0):
        trial.rng.choice((accounts.expire_tokens, accounts.forget_tokens))()
        trial.hurts += 1


async def lost_replies(trial: Trial) -> None:
    """What is carried out is not confirmed: of each call the first answer is lost, the repetition is answered."""
    trial.site.standin.faults.lose_each_reply_once()
    trial.hurts += 1
    await trial.pause(LONG)


async def skewed(trial: Trial) -> None:
    """The stand-in's own clock is off too: its timestamps are up to four minutes early or late."""
    trial.site.standin.callbacks.clock = Off(trial)
    trial.hurts += 1
    await trial.pause(LONG)


class Off:
    """A clock that says something else each time."""

    def __init__(self, trial: Trial) -> None:
        self._rng = trial.rng

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._rng.uniform(-240, 240))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def kills(every: float) -> Fault:
    async def kill(trial: Trial) -> None:
        while await trial.pause(every):
            trial.kill_one()

    return kill


def postgres(every: float) -> Fault:
    async def restart(trial: Trial) -> None:
        while await trial.pause(every):
            await trial.site.restart_postgres()
            trial.hurts += 1

    return restart


def together(*faults: Fault) -> Fault:
    async def all_of_them(trial: Trial) -> None:
        await asyncio.gather(*(fault(trial) for fault in faults))

    return all_of_them


async def full_disk(trial: Trial) -> None:
    """No file of the bot may grow: what SQLite writes then is refused, as on a full disk."""
    while await trial.pause(BACK_SOON):
        pids = [pid for daemon in trial.site.bots.values() if (pid := daemon.pid)]
        for pid in pids:
            prlimit(pid, RLIMIT_FSIZE, (FULL, RLIM_INFINITY))
        trial.hurts += 1
        await trial.pause(BACK_SOON)
        for pid in pids:
            prlimit(pid, RLIMIT_FSIZE, (RLIM_INFINITY, RLIM_INFINITY))


async def chroma_gone(trial: Trial) -> None:
    """The server of the vectors vanishes, comes back and vanishes again."""
    assert trial.site.chroma is not None
    while await trial.pause(BACK_SOON):
        trial.site.chroma.down()
        trial.hurts += 1
        await trial.pause(2 * BACK_SOON)
        trial.site.chroma.up()
    trial.site.chroma.up()


@asynccontextmanager
async def silent_model() -> AsyncIterator[str]:
    """The address of a model that takes every question and never answers."""

    async def silence(_: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", silence)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    finally:
        await runner.cleanup()
