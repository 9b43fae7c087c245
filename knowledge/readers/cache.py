"""Readings kept between two builds: opening a hundred unchanged PDFs again would take a minute."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

_FORMAT = 1  # raise it whenever a reader gives something else for the same file


class ReadCache(Protocol):
    """`key` is of the file as it stands: relative path, size and time of change. Values are JSON."""

    def get(self, key: str) -> dict[str, Any] | None: ...

    def put(self, key: str, value: dict[str, Any]) -> None: ...


class FileCache:
    """A cache in one JSON file. A missing or broken file is an empty cache; `save` keeps only what was used since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = _load(path)
        self._used: dict[str, dict[str, Any]] = {}

    def get(self, key: str) -> dict[str, Any] | None:
        found = self._used.get(key) or self._before.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: str, value: dict[str, Any]) -> None:
        self._used[key] = value

    def save(self) -> None:
        """Write it, if it changed, so that a crash leaves the old or the new one; a full disk costs only time later."""
        if self._used == self._before:
            return
        content = json.dumps({"format": _FORMAT, "readings": self._used}, ensure_ascii=False)
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with suppress(OSError):
            beside.write_text(content, encoding="utf-8", errors="surrogatepass")
            beside.replace(self._path)


def _load(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_bytes())
        readings = found["readings"] if found["format"] == _FORMAT else {}
        return {str(key): value for key, value in readings.items() if isinstance(value, dict)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
