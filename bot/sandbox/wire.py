"""The ledger of everything said between the bot and the stand-in, and what one person or group sees of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Direction = Literal["to_bot", "to_wecom"]

_HIDDEN = frozenset(
    (
        "access_token",
        "corpsecret",
        "secret",
        "token",
        "Token",
        "aeskey",
        "response_url",
        "response_code",
        "ResponseCode",
    )
)
_MASK = "***"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A callback just as it was posted, so that it can be posted again."""

    door: str
    url: str
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    `what` is the API's path below /cgi-bin/ ("kf/send_msg"), "ws/…" for frames of the long connection, or the kind of a
    callback ("kf_msg_or_event", "text", "stream" …). `status` is the HTTP status, 0 where there was no answer.
    """

    number: int
    at: datetime
    direction: Direction
    what: str
    request: Any
    response: Any
    status: int
    note: str = ""
    parcel: Parcel | None = field(default=None, repr=False)

    @property
    def errcode(self) -> int:
        """The errcode of the answer, 0 where it has none."""
        return int(self.response.get("errcode", 0)) if isinstance(self.response, dict) else 0


@dataclass(slots=True)
class Spoken:
    """One line of a transcript. `who` is "bot" or the id of the person; `body` the message as it was sent."""

    at: datetime
    who: str
    text: str
    msgid: str
    msgtype: str = "text"
    body: Mapping[str, Any] = field(default_factory=dict)


class Wire:
    """The newest `size` exchanges. Secrets and tokens are masked before they are kept."""

    def __init__(self, size: int = 20_000) -> None:
        self._rows: deque[Exchange] = deque(maxlen=size)
        self._listeners: list[Callable[[Exchange], None]] = []
        self.count = 0

    @property
    def rows(self) -> list[Exchange]:
        """Oldest first."""
        return list(self._rows)

    def record(
        self,
        at: datetime,
        direction: Direction,
        what: str,
        request: Any,
        response: Any,
        status: int = 200,
        *,
        note: str = "",
        parcel: Parcel | None = None,
    ) -> Exchange:
        """Keep one exchange and tell whoever listens."""
        self.count += 1
        row = Exchange(self.count, at, direction, what, masked(request), masked(response), status, note, parcel)
        self._rows.append(row)
        for tell in tuple(self._listeners):
            tell(row)
        return row

    @contextmanager
    def subscribe(self) -> Iterator[asyncio.Queue[Exchange]]:
        """A queue that receives every new exchange while the context lasts."""
        queue: asyncio.Queue[Exchange] = asyncio.Queue()
        self._listeners.append(queue.put_nowait)
        try:
            yield queue
        finally:
            self._listeners.remove(queue.put_nowait)

    async def wait_for(
        self,
        predicate: Callable[[Exchange], bool],
        timeout: float = 5.0,  # noqa: ASYNC109  a test reads better with it here
        *,
        after: int = 0,
    ) -> Exchange:
        """The first kept or coming exchange numbered above `after` that fits; TimeoutError after real seconds."""
        found = next((row for row in self._rows if row.number > after and predicate(row)), None)
        if found is not None:
            return found
        with self.subscribe() as queue:
            async with asyncio.timeout(timeout):
                while not predicate(row := await queue.get()):
                    pass
                return row

    async def wait_until(
        self,
        condition: Callable[[], bool],
        timeout: float = 5.0,  # noqa: ASYNC109  a test reads better with it here
    ) -> None:
        """Return once the condition holds; it is asked again after every exchange. TimeoutError after real seconds."""
        with self.subscribe() as queue:
            async with asyncio.timeout(timeout):
                while not condition():
                    await queue.get()


def masked(value: Any) -> Any:
    """A copy in which every secret or token is replaced by stars."""
    if isinstance(value, Mapping):
        return {key: _MASK if key in _HIDDEN and one else masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value
