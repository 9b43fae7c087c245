"""What can go wrong on the way, to order."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field

EVERY = "*"


@dataclass(slots=True)
class _Left:
    """How often something still happens; None is for ever."""

    times: int | None
    errcode: int = 0

    def spend(self) -> bool:
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


@dataclass(slots=True)
class Faults:
    """Paths are those below /cgi-bin/ ("kf/send_msg"), or "*" for all. `times=None` lasts until `clear()`.

    `no_pong` and `no_acks` belong to the long connection: pings or all frames stay without an answer.
    """

    no_pong: bool = False
    no_acks: bool = False
    _refused: dict[str, _Left] = field(default_factory=dict)
    _pages: dict[str, _Left] = field(default_factory=dict)
    _codes: dict[str, deque[_Left]] = field(default_factory=dict)
    _lost: dict[str, _Left] = field(default_factory=dict)
    _hanging: dict[str, asyncio.Event] = field(default_factory=dict)
    _delays: dict[str, float] = field(default_factory=dict)
    _lose_each: bool = False
    _seen: set[Hashable] = field(default_factory=set)

    def refuse(self, path: str = EVERY, times: int | None = None) -> None:
        """Cut the connection before anything is carried out."""
        self._refused[path] = _Left(times)

    def hang(self, path: str, until: asyncio.Event) -> None:
        """Carry nothing out and answer nothing until the event is set."""
        self._hanging[path] = until

    def html(self, path: str = EVERY, times: int | None = None, status: int = 502) -> None:
        """Answer with a page of HTML, as a broken proxy does."""
        self._pages[path] = _Left(times, status)

    def errcode(self, path: str, code: int, times: int | None = 1) -> None:
        """Refuse with this errcode, carrying nothing out; several calls queue up."""
        self._codes.setdefault(path, deque()).append(_Left(times, code))

    def lose_reply(self, path: str = EVERY, times: int | None = 1) -> None:
        """Carry the call out, then cut the connection without an answer."""
        self._lost[path] = _Left(times)

    def lose_each_reply_once(self) -> None:
        """Lose the first answer to every distinct request (gettoken too); the same request again is answered."""
        self._lose_each = True
        self._seen.clear()

    def delay(self, path: str, seconds: float) -> None:
        """Answer that much later, in real seconds."""
        self._delays[path] = seconds

    def clear(self) -> None:
        """All is well again; whoever hangs goes on."""
        for event in self._hanging.values():
            event.set()
        for kept in (self._refused, self._pages, self._codes, self._lost, self._hanging, self._delays, self._seen):
            kept.clear()
        self._lose_each = self.no_pong = self.no_acks = False

    async def before(self, path: str) -> None:
        """Wait as long as hang and delay order."""
        for key in (path, EVERY):
            if (event := self._hanging.get(key)) is not None:
                await event.wait()
            if (seconds := self._delays.get(key)) is not None:
                await asyncio.sleep(seconds)

    def refuses(self, path: str) -> bool:
        """Whether this call is cut off unanswered and not carried out."""
        return _spend(self._refused, path) is not None

    def page(self, path: str) -> int:
        """The HTTP status of the HTML page to answer with, 0 for none."""
        left = _spend(self._pages, path)
        return left.errcode if left else 0

    def code(self, path: str) -> int | None:
        """The errcode to refuse with, None for none."""
        for key in (path, EVERY):
            queue = self._codes.get(key)
            while queue:
                if queue[0].spend():
                    return queue[0].errcode
                queue.popleft()
        return None

    def loses(self, path: str, request: Hashable) -> bool:
        """Whether the answer to this request, already carried out, is lost."""
        if _spend(self._lost, path) is not None:
            return True
        if not self._lose_each or (path, request) in self._seen:
            return False
        self._seen.add((path, request))
        return True


def _spend(kept: dict[str, _Left], path: str) -> _Left | None:
    for key in (path, EVERY):
        left = kept.get(key)
        if left is not None and left.spend():
            return left
    return None
