"""Watches whether vectors take part in answers: without them the words answer alone, and nobody would notice."""

import asyncio
import time
from collections.abc import Callable

import structlog

from knowledge.library import Library

log = structlog.get_logger()

PROBE_SECONDS = 10.0  # between two looks for the server: a process that nobody asks learns of an outage too


class VectorWatch:
    """`look` is for a ticker: one line per outage, and one when it is over."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: a clock that only goes forward."""
        self._seconds = seconds
        self._probed = float("-inf")
        self._without = False

    async def look(self, library: Library | None) -> None:
        """Without a library there is more amiss, and said elsewhere."""
        if library is None:
            return
        now = self._seconds()
        if now - self._probed >= PROBE_SECONDS:
            self._probed = now
            await asyncio.to_thread(library.look_at_vectors)
        why = library.vectors_reason
        if bool(why) == self._without:
            return
        self._without = bool(why)
        if why:
            log.warning("vectors_away", why=why)
        else:
            log.info("vectors_back")
