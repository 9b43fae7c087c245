"""Which worker a lane falls to while all of them live, so that a call is answered by one and not tried by all.

A preference, never a permission: who drains is decided by the lane's lock, and what nobody takes is found by the look.
"""

import hashlib
from collections.abc import Callable

from bot.cluster.session import Session

SEATS = 64  # workers that are told apart; one without a seat helps out at every look
SEAT = "seat:{}"


class Seats:
    """Each worker holds the lock of one seat, which ends with its connection. `look` once a second.

    `bound` lanes fall to whoever can serve them, such as those of an AI bot whose long connection one process holds.
    """

    def __init__(self, session: Session, bound: Callable[[str], bool]) -> None:
        self._session = session
        self._bound = bound
        self._names = {SEAT.format(number): number for number in range(SEATS)}
        self._taken: tuple[int, ...] = ()
        self._own: int | None = None
        self._epoch = 0  # of the connection that holds our seat
        self._left = False

    async def look(self) -> None:
        """Sit down if we do not sit, and see who else does."""
        if self._epoch != self._session.epoch:
            self._own, self._epoch = None, self._session.epoch
        taken = await self._session.held(self._names)
        if self._own is None:
            self._own = await self._sit(taken)
            taken = await self._session.held(self._names)
        self._taken = tuple(sorted(self._names[name] for name in taken))

    async def _sit(self, taken: set[str]) -> int | None:
        for name, number in self._names.items():
            if name not in taken and await self._session.try_lock(name):
                self._epoch = self._session.epoch  # the connection may be another one than at the look's begin
                return number
        return None

    async def leave(self) -> None:
        """Nothing falls to us any more, from now on and for good."""
        self._left = True
        if self._own is not None:
            await self._session.unlock(SEAT.format(self._own))

    def ours(self, lane: str) -> bool:
        """Whether the lane falls to us. When a worker comes or goes, only the lanes that it gains or had move."""
        if self._left:
            return False
        if not self._taken or self._bound(lane):
            return True
        return max(self._taken, key=lambda seat: _weight(seat, lane)) == self._own


def _weight(seat: int, lane: str) -> bytes:
    return hashlib.blake2b(f"{seat}\x1f{lane}".encode(), digest_size=8).digest()
