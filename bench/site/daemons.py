"""Programs that are started again when they die, as systemd or compose would do it."""

import asyncio
import ctypes
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PAUSE = 0.3  # seconds before a program that died is started again
STOP_SECONDS = 15


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, of its children that have ended too. OSError when it is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


class Daemon:
    """One program. What it says goes to `log`."""

    def __init__(self, name: str, command: Sequence[object], log: Path, environ: Mapping[str, str] | None = None):
        self.name = name
        self.starts = 0
        self.kills = 0
        self._command = [str(word) for word in command]
        self._environ = {**os.environ, **(environ or {})}
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    @property
    def pid(self) -> int:
        """0 while it is down."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the process that runs now."""
        return cpu_seconds(self.pid)

    @property
    def resident_mb(self) -> float:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024

    async def start(self) -> None:
        self._wanted.set()
        self._keeping = asyncio.create_task(self._keep())

    def kill(self) -> bool:
        """kill -9; False when it is down at this moment."""
        if not self.pid:
            return False
        os.kill(self.pid, signal.SIGKILL)
        self.kills += 1
        return True

    def down(self) -> None:
        """kill -9, and not started again before `up`."""
        self._wanted.clear()
        self.kill()

    def up(self) -> None:
        self._wanted.set()

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """SIGTERM, and after `grace` seconds SIGKILL."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.gather(self._keeping, return_exceptions=True)
        if self._process is None or not self.pid:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), grace)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _keep(self) -> None:
        while True:
            await self._wanted.wait()
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *self._command, env=self._environ, stdout=log, stderr=log, preexec_fn=_die_with_parent
                )
            self.starts += 1
            await self._process.wait()
            await asyncio.sleep(PAUSE)


def _die_with_parent() -> None:
    """A run that is killed leaves nothing behind (PR_SET_PDEATHSIG, Linux)."""
    if hasattr(ctypes.CDLL(None), "prctl"):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
