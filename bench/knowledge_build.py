"""`python -m bench.knowledge_build <guides> <index> <vectors>`: builds an index and says what that took, as JSON."""

import json
import sys
import time
from pathlib import Path

from knowledge.indexing.index import build

_BEGAN = time.perf_counter()


def memory_mb(what: str) -> float:
    """Memory of this process: `VmRSS` now, `VmHWM` the most so far (getrusage would tell of its parent's as well)."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def main(guides: str, index: str, vectors: str) -> None:
    said: list[tuple[float, str]] = []
    built = build(
        Path(guides), Path(index), Path(vectors), lambda text: said.append((time.perf_counter() - _BEGAN, text))
    )
    for seconds, text in said:
        print(f"{seconds:7.1f} s  {text}", file=sys.stderr)
    if not built.vectors_ok:
        raise RuntimeError(built.vectors_reason)
    print(json.dumps({"passages": built.passages, "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main(*sys.argv[1:])
