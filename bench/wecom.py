"""`python -m bench.wecom up|hanging`: the stand-in for WeCom as a process of its own. Says its address."""

import asyncio
import signal
import sys

from bench.place import people
from bot.sandbox.faults import EVERY
from bot.sandbox.standin import StandIn


async def main(mode: str) -> None:
    standin = StandIn(people())
    if mode == "hanging":
        standin.faults.hang(EVERY, asyncio.Event())
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    print(await standin.start(), flush=True)
    await stopping.wait()
    await standin.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
