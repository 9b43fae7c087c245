"""Reads documents in a process of their own, which is stopped when one takes too long."""

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import knowledge
from knowledge.readers.draft import Reading, Unusable, from_json

PATIENCE = 20.0  # seconds for one file
_CRASHED = "文件让读取程序出错退出，可能已损坏；请用原来的软件打开，重新另存一份。"
_LARGEST_ANSWER = 64 * 1024 * 1024  # bytes


class Apart:
    """Use it in a `with`; the process starts with the first file and ends with the block."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def read(self, path: Path) -> dict[str, Any]:
        """What `to_json` makes of the file, or `{"reason": …}`: plain JSON, fit to be kept. Never waits for ever."""
        process = self._process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without pipes")
        try:
            process.stdin.write(json.dumps(str(path.absolute())).encode() + b"\n")
            process.stdin.flush()
            answer = self._line(process.stdout.fileno())
        except TimeoutError:
            self._stop()
            return {"reason": f"超过 {self._patience:g} 秒还没读完，可能已损坏或太复杂；请拆成几份，或改成 .md。"}
        except OSError:
            answer = b""
        try:
            found = json.loads(answer)
        except ValueError:
            self._stop()
            return {"reason": _CRASHED}
        return found if isinstance(found, dict) else {"reason": _CRASHED}

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(knowledge.__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        return subprocess.Popen(  # noqa: S603  (our own module, and a number)
            [sys.executable, "-m", "knowledge.readers.worker", str(int(self._patience) + 5)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )

    def _line(self, output: int) -> bytes:
        """One line; what there is when the process ends before. Raises TimeoutError."""
        until = time.monotonic() + self._patience
        found = bytearray()
        while not found.endswith(b"\n") and len(found) < _LARGEST_ANSWER:
            ready, _, _ = select.select([output], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError
            piece = os.read(output, 1 << 20)
            if not piece:
                break
            found += piece
        return bytes(found)

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def reading(found: dict[str, Any]) -> Reading:
    """Raises Unusable with the reason when the file could not be read, or when `found` is not what `read` gave."""
    if "reason" in found:
        raise Unusable(str(found["reason"]))
    try:
        return from_json(found)
    except (KeyError, TypeError, ValueError) as error:
        raise Unusable(_CRASHED) from error
