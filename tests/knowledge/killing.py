"""A build of an index in a process of its own, ended by SIGKILL while it waits after one of its steps."""

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_AND_WAIT = """
import sys
from pathlib import Path
from knowledge.indexing.adding import Thrift
from knowledge.indexing.index import build

def wait(text):
    print(text, flush=True)
    sys.stdin.readline()

more = {"thrift": Thrift(0, 2.0, 2.0)} if sys.argv[1] == "True" else {}
build(*map(Path, sys.argv[2:5]), wait, **more)
"""


def killed_at(step: int, guides: Path, roots: tuple[Path, Path], *, thrifty: bool) -> None:
    """Build `guides` into `roots` and kill at `step` (from 1). `thrifty`: a change is added, however small."""
    with subprocess.Popen(
        [sys.executable, "-c", BUILD_AND_WAIT, str(thrifty), guides, *roots],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as builder:
        assert builder.stdin is not None
        assert builder.stdout is not None
        for _ in range(step - 1):
            assert builder.stdout.readline()
            builder.stdin.write("\n")
            builder.stdin.flush()
        assert builder.stdout.readline()
        builder.send_signal(signal.SIGKILL)
