"""The process that opens documents: one path per line in, one reading per line out, both JSON.

A document can make its parser run for ever, take all memory, or crash. Here that ends this process and nothing else.
"""

import json
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from knowledge.readers.draft import MOST_CHARACTERS, Reading, Unusable, to_json

_MOST_MEMORY = 1_500 * 1024 * 1024  # bytes of address space


def main() -> None:
    """Read until the input ends. The only argument: seconds after which a file ends the process."""
    patience = int(sys.argv[1])
    sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    with suppress(ValueError, OSError):  # not every system lets it be set
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    for line in sys.stdin:
        signal.alarm(patience)  # for the case that nobody is left to stop us
        answer = json.dumps(_answer(Path(json.loads(line))))
        signal.alarm(0)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


def _answer(path: Path) -> dict[str, Any]:
    try:
        reading = _reader(path.suffix.lower())(path)
        long = sum(len(one.body) for one in reading.drafts) > 2 * MOST_CHARACTERS
        return {"reason": f"文字超过 {MOST_CHARACTERS // 10_000} 万字，请拆成几份。"} if long else to_json(reading)
    except Unusable as reason:
        return {"reason": str(reason)}
    except PermissionError:
        return {"reason": "文件读不到，请检查权限是否允许读取。"}
    except MemoryError:
        return {"reason": "内容太复杂，内存不够读完，请拆成几份。"}
    except Exception:  # noqa: BLE001  (a broken document breaks its parser in a way of its own)
        return {"reason": "文件已损坏或内容不规范，读不出来；请用原来的软件打开，重新另存一份。"}


def _reader(suffix: str) -> Callable[[Path], Reading]:
    """Imported only when such a file comes: most folders have one or two kinds."""
    if suffix == ".docx":
        from knowledge.readers.word import read  # noqa: PLC0415
    elif suffix == ".pdf":
        from knowledge.readers.pdf import read  # noqa: PLC0415
    elif suffix == ".xlsx":
        from knowledge.readers.workbook import read  # noqa: PLC0415
    else:
        from knowledge.readers.delimited import read  # noqa: PLC0415
    return read


if __name__ == "__main__":
    main()
