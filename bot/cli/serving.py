"""`fencun serve` and `fencun sandbox`: run until a signal comes, then stop cleanly."""

import asyncio
import ctypes
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.clock import MovableClock
from bot.foundation import CannotStart
from bot.process_role import ProcessRole
from bot.processes import process
from bot.reception import Reception
from bot.settings import Settings
from bot.store.database import StoreUnusable

if TYPE_CHECKING:  # what serves loads no stand-in
    from bot.sandbox.run import Sandbox


def serve(settings: Settings, role: ProcessRole) -> int:
    """Run the bot; the exit code is 0 after a signal, 1 when it could not start."""
    return asyncio.run(_serve(settings, role))


# Added to a worker's niceness. On one machine webs and PostgreSQL go first: an ack is late after five seconds (90238),
# an answer is not. What `bot.pace` does inside one process.
YIELDING = 10


async def _serve(settings: Settings, role: ProcessRole) -> int:
    stopping = _signals()
    if role is ProcessRole.WORKER:
        os.nice(YIELDING)
    structlog.contextvars.bind_contextvars(role=role, process=f"{socket.gethostname()}:{os.getpid()}")
    gc.disable()  # of what is loaded now nothing becomes garbage: to look for it takes a tenth of the start
    try:
        program = process(settings, role)
    except (CannotStart, StoreUnusable) as error:
        return _refuse(error)
    finally:
        gc.enable()
    try:
        await _served(program, settings.server.host, stopping)
    except (CannotStart, StoreUnusable) as error:
        return _refuse(error)  # after the stop: why there is no bot is the last line
    return 0


async def _served(program: Reception, host: str, stopping: asyncio.Event) -> None:
    """From the start until the signal. Raises CannotStart or StoreUnusable, with everything closed again."""
    try:
        port = await _started(program, stopping)
        if port is None:
            return
        # What the start left stays: a full collection over it would stop the loop for a tenth of a second.
        gc.collect()
        gc.freeze()
        _give_back()
        _say(f"分寸已启动：http://{host}:{port}（Ctrl-C 停止）")
        await stopping.wait()
    finally:
        await program.stop()


def _give_back() -> None:
    """Free memory back to the system, where the C library can: 15 MB of what a start needed for a moment."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


async def _started(program: Reception, stopping: asyncio.Event) -> int | None:
    """The port, or None when a signal came first: the start may build the index for minutes. Raises what it does."""
    starting, signalled = asyncio.create_task(program.start()), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({starting, signalled}, return_when=asyncio.FIRST_COMPLETED)
        return starting.result() if starting.done() else None
    finally:
        for task in (starting, signalled):
            task.cancel()
        await asyncio.gather(starting, signalled, return_exceptions=True)


def sandbox(port: int, folder: Path, guides: Path | None) -> int:
    """Run the bot beside the stand-in for WeCom; the exit code is 0 after a signal, 1 when it could not start."""
    return asyncio.run(_sandbox(port, folder, guides))


async def _sandbox(port: int, folder: Path, guides: Path | None) -> int:
    from bot.sandbox.run import Sandbox

    stopping = _signals()
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        return _refuse(f"沙盒目录无法使用：{folder}（{error.strerror}）。请检查权限，或用 --folder 换一个。")
    _say("正在准备沙盒：读指南、建索引……")
    box = Sandbox(folder, guides, MovableClock())
    try:
        await _played(box, port, stopping)
    except (CannotStart, StoreUnusable) as error:
        return _refuse(error)
    return 0


async def _played(box: "Sandbox", port: int, stopping: asyncio.Event) -> None:
    try:
        address = await box.start(port)
        _say(f"\n  打开浏览器：{address}\n\n  Ctrl-C 停止。", end="\n\n")
        await stopping.wait()
    finally:
        await box.stop()


def _signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _refuse(error: object) -> int:
    print(f"没有启动：{error}", file=sys.stderr)
    return 1


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)
