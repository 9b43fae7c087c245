"""Processes that a bench starts, how much of a core they took, and their end."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

READY_SECONDS = 30
STOP_SECONDS = 20
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class Child:
    """A Python process that says one line on stdout when it is ready."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self.process = process
        self.line = ""
        self._log = log

    @classmethod
    async def start(cls, *arguments: str, environ: Mapping[str, str] | None = None, log: Path) -> "Child":
        """`python -m <arguments>`; returns at once, `ready` waits for its line. Its stderr goes to the file `log`."""
        with log.open("ab") as errors:
            made = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *arguments),
                env={**os.environ, **(environ or {})},
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        return cls(made, log)

    async def ready(self) -> str:
        assert self.process.stdout is not None
        self.line = (await asyncio.wait_for(self.process.stdout.readline(), READY_SECONDS)).decode().strip()
        if not self.line:
            raise RuntimeError(f"a process of the bench ended before it was ready: {self._last_words}")
        return self.line

    @property
    def url(self) -> str:
        """The address in its line."""
        found = ADDRESS.search(self.line)
        assert found is not None
        return found[0]

    async def everything(self, seconds: float) -> str:
        """All it says until it ends by itself."""
        said, _ = await asyncio.wait_for(self.process.communicate(), seconds)
        if self.process.returncode:
            raise RuntimeError(f"a process of the bench ended with {self.process.returncode}: {self._last_words}")
        return said.decode()

    @property
    def cpu_seconds(self) -> float:
        """Processor time so far, of all its threads."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def resident_mb(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    @property
    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop it; killed when it does not stop by itself."""
        if self.process.returncode is not None:
            return
        self.process.send_signal(number)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


@asynccontextmanager
async def child(*arguments: str, environ: Mapping[str, str] | None = None, log: Path) -> AsyncIterator[Child]:
    """A process for as long as the context lasts, ready when it begins."""
    made = await Child.start(*arguments, environ=environ, log=log)
    try:
        await made.ready()
        yield made
    finally:
        await made.end()
