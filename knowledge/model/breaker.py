"""Not asking again, for a while, what has just failed: one question waits for a dead endpoint, not all of them."""

from collections.abc import Callable
from time import monotonic

PAUSE = 30.0  # seconds


class Breaker:
    """Closed after `failures` in a row for `pause` seconds; then one more failure closes it again.

    `now` gives seconds that only go forward. Safe between threads: the worst that can happen is one call more.
    """

    def __init__(self, failures: int, pause: float = PAUSE, now: Callable[[], float] = monotonic) -> None:
        self._limit = failures
        self._pause = pause
        self._now = now
        self._failures = 0
        self._until = float("-inf")

    @property
    def pausing(self) -> bool:
        """Whether nothing should be asked at this moment."""
        return self._now() < self._until

    def worked(self) -> None:
        self._failures = 0

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= self._limit:
            self._until = self._now() + self._pause
