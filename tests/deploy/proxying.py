"""A real nginx with deploy/nginx.conf, and something behind it that keeps what it gets."""

import asyncio
import re
import shutil
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.deploy.files import text

MISSING = "no nginx here: on Debian `apt-get install nginx-light` (its own server need not run)"
PATIENCE = 10.0  # seconds


def program() -> str:
    """Where nginx is; Debian keeps it out of the PATH of users."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip(MISSING)
    return found


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def configured(folder: Path, port: int, webs: Sequence[int]) -> Path:
    """The configuration as it is, but for where it listens, where the webs are, and where it may write."""
    written = text("nginx.conf")
    for old, new in (
        ("listen 8080 ", f"listen 127.0.0.1:{port} "),
        ("/tmp/", f"{folder}/"),
        ("/dev/stdout", str(folder / "access.log")),
        *((f"web{number}:8080", f"127.0.0.1:{web}") for number, web in enumerate(webs, 1)),
    ):
        assert old in written, old
        written = written.replace(old, new)
    path = folder / "nginx.conf"
    path.write_text(re.sub(r"worker_processes auto", "worker_processes 1", written), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Proxy:
    port: int
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def log(self) -> str:
        """The access log, once there is something in it: a line comes after its answer."""
        path = self.folder / "access.log"
        async with asyncio.timeout(PATIENCE):
            while not path.stat().st_size:  # noqa: ASYNC110 - nobody tells when nginx has written
                await asyncio.sleep(0.01)
        return path.read_text(encoding="utf-8")

    @property
    def said(self) -> str:
        """What nginx wrote to stderr: its error log."""
        return (self.folder / "stderr.log").read_text(encoding="utf-8")


@asynccontextmanager
async def proxy(folder: Path, webs: Sequence[int]) -> AsyncIterator[Proxy]:
    """nginx in front of two webs on these ports of loopback."""
    made = Proxy(free_port(), folder)
    path = configured(folder, made.port, webs)
    words = (program(), "-p", str(folder), "-c", str(path), "-g", "daemon off;")
    with (folder / "stderr.log").open("wb") as said:
        process = await asyncio.create_subprocess_exec(*words, stderr=said)
    try:
        await _listening(made.port, process)
        yield made
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), PATIENCE)


async def _listening(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                assert process.returncode is None, "nginx did not start"
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


@dataclass
class Recorder:
    """A web that keeps each request as it came over the wire, and says ok."""

    requests: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        self.requests.append(head + (await reader.readexactly(int(length[1])) if length else b""))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()


@asynccontextmanager
async def recorder() -> AsyncIterator[Recorder]:
    made = Recorder()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def send(port: int, request: bytes) -> bytes:
    """The request byte for byte; its whole answer. (Who is refused early may find the connection reset behind it.)"""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        await writer.drain()
        async with asyncio.timeout(PATIENCE):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            return head + (await reader.readexactly(int(length[1])) if length else b"")
    finally:
        writer.close()
