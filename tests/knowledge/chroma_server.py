"""A real Chroma server as a process of its own, and one that takes connections and says nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from knowledge.embeddings.remote import Server


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class ChromaProcess:
    """`chroma run` on a port and a folder that stay the same over restarts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = Path(sys.executable).with_name("chroma")
        where = ["--path", str(self._folder), "--host", "127.0.0.1", "--port", str(self.port)]
        with (self._folder.parent / "chroma.log").open("ab") as log:
            self._process = subprocess.Popen([program, "run", *where], stdout=log, stderr=log, start_new_session=True)
        server, until = Server(self.url), time.monotonic() + 30
        while not server.answers():
            assert time.monotonic() < until, (self._folder.parent / "chroma.log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """As a machine that dies; what it said is on its disk or not."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def end(self) -> None:
        if self._process is not None:
            self.kill()


@contextmanager
def deaf() -> Iterator[str]:
    """The address of something that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
