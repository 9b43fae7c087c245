"""How much one source may ask: a token bucket each, for a bounded number of sources."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MOST = 10_000  # sources remembered; the one not heard of for longest is forgotten, which refills its bucket
BURST = 5  # seconds' worth that may come at once
VOUCHED = 3600.0  # seconds for which one authentic callback speaks for its source


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    vouched_until: float = float("-inf")


class Buckets:
    """`rate` is in requests per second and source. `now` counts in seconds."""

    def __init__(self, rate: float, now: Callable[[], float], most: int = MOST) -> None:
        self._rate = rate
        self._full = rate * BURST
        self._now = now
        self._most = most
        self._of: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._of)

    def take(self, source: str) -> bool:
        """Take one token; False when there is none."""
        bucket = self._filled(source)
        if bucket.left < 1:
            return False
        bucket.left -= 1
        return True

    def charge(self, source: str, tokens: float) -> None:
        """Take more after the fact, as far as there are any."""
        bucket = self._filled(source)
        bucket.left = max(0.0, bucket.left - tokens)

    def vouch(self, source: str) -> None:
        """Somebody who knows our token came from there: WeCom, or the proxy through which it comes."""
        self._filled(source).vouched_until = self._now() + VOUCHED

    def vouched(self, source: str) -> bool:
        bucket = self._of.get(source)
        return bucket is not None and self._now() < bucket.vouched_until

    def _filled(self, source: str) -> _Bucket:
        now = self._now()
        bucket = self._of.get(source)
        if bucket is None:
            bucket = self._of[source] = _Bucket(self._full, now)
            if len(self._of) > self._most:
                self._of.popitem(last=False)
            return bucket
        self._of.move_to_end(source)
        bucket.left = min(self._full, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        return bucket
