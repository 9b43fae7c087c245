"""Passage vectors on a Chroma server that several machines share, through its REST interface (v2).

Not through Chroma's own client: that one waits for ever (its time-out is fixed to none), and would bring its library
into the serving process. A collection is named after what it holds, so whoever comes first writes it and the others
use it. Its creation, which only one can win, is the lock of the builders; `state` says that all rows are in. The server
has no authentication, so only addresses of a private network are spoken to. Whatever fails is a `VectorsFailed`.
"""

import base64
import json
import socket
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
from numpy.typing import NDArray

from knowledge.embeddings.vectors import VectorsAway, VectorsFailed, settings_for
from knowledge.model.breaker import Breaker

PREFIX = "fencun-"
SEARCH_SECONDS = 1.0  # a question waits no longer; the lexical side then answers alone
ASK_SECONDS = 5.0  # for what is no search
WRITE_SECONDS = 60.0  # for one batch
BATCH = 1000  # rows of one write: single rows take 40 ms each
REST_SECONDS = 10.0  # after a failure nobody asks for so long
AT_ONCE = 8  # searches
GLANCE_SECONDS = 0.5  # between two looks at what another builder has done
PATIENCE_SECONDS = 30.0  # without a new row; then the other builder is dead
TOUCH_SECONDS = 6 * 3600.0  # so often a collection in use is marked as used
UNUSED_SECONDS = 7 * 86_400.0  # after so long nobody uses it
_PAGE = 200
_ROOT = "/api/v2"
_COLLECTIONS = f"{_ROOT}/tenants/default_tenant/databases/default_database/collections"
_AWAY = "Chroma 服务 {where} 没有应答（{why}）。"
PUBLIC = "Chroma 服务 {where} 是公网地址。它没有任何登录保护，只能用内网或本机地址；请改 [knowledge] vectors。"


class VectorsMissing(VectorsFailed):
    """There is no such collection."""


class _Taken(VectorsFailed):
    """There is such a collection already."""


class Server:
    """One Chroma server, `http://host:port`. Every call has a time-out and may come from any thread."""

    def __init__(self, address: str, *, patience: float = PATIENCE_SECONDS) -> None:
        parts = urlsplit(address)
        self._secure, self._host = parts.scheme == "https", parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 8000)
        self._patience = patience
        self.where = f"{self._host}:{self._port}"

    def answers(self) -> bool:
        """Whether it is there now."""
        try:
            self.now()
        except VectorsFailed:
            return False
        return True

    def now(self) -> float:
        """The server's clock in seconds: the same for all who share it."""
        return float(self.ask("GET", f"{_ROOT}/heartbeat")["nanosecond heartbeat"]) / 1e9

    def find(self, name: str) -> dict[str, Any]:
        """What the server says of a collection. Raises VectorsFailed when it has none of this name."""
        return dict(self.ask("GET", f"{_COLLECTIONS}/{quote(name)}"))

    def count(self, id_: str) -> int:
        return int(self.ask("GET", f"{_COLLECTIONS}/{id_}/count"))

    def expect(self, id_: str, count: int) -> None:
        """Raises VectorsFailed unless a collection has so many rows."""
        if self.count(id_) != count:
            raise VectorsFailed("Chroma 服务上的向量不完整。")

    def sound(self, found: Mapping[str, Any], count: int) -> bool:
        """Whether a collection is complete, has so many rows and answers a search. Raises VectorsAway."""
        if not complete(found):
            return False
        try:
            self.expect(str(found["id"]), count)
            return bool(self.nearest(str(found["id"]), np.ones(int(found["metadata"]["size"]), np.float32), 1))
        except VectorsAway:
            raise
        except VectorsFailed:
            return False

    def nearest(self, id_: str, row: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest rows as (number, cosine similarity), nearest first."""
        wanted = {"query_embeddings": [row.tolist()], "n_results": limit, "include": ["distances"]}
        found = self.ask("POST", f"{_COLLECTIONS}/{id_}/query", wanted, seconds=SEARCH_SECONDS)
        return [(int(i), 1.0 - float(far)) for i, far in zip(found["ids"][0], found["distances"][0], strict=True)]

    def mark(self, id_: str, metadata: Mapping[str, Any]) -> None:
        self.ask("PUT", f"{_COLLECTIONS}/{id_}", {"new_metadata": dict(metadata)})

    def write(self, name: str, rows: NDArray[np.float32]) -> None:
        """Make sure that the collection `name` holds all `rows`, whoever writes them."""
        while (id_ := self._begin(name, rows)) is None:
            if self._written_by_another(name, len(rows)):
                return
            self.remove(name)
        try:
            for start in range(0, len(rows), BATCH):
                self._add(id_, start, rows[start : start + BATCH])
            self.expect(id_, len(rows))
            self.mark(id_, {"state": "complete", "size": rows.shape[1], "rows": len(rows), "used": self.now()})
        except VectorsFailed:
            with suppress(VectorsFailed):
                self.remove(name)
            raise

    def remove(self, name: str) -> None:
        with suppress(VectorsMissing):
            self.ask("DELETE", f"{_COLLECTIONS}/{quote(name)}")

    def unused(self, kept: Collection[str]) -> Iterator[str]:
        """Collections of ours beside `kept` that no machine has used for a week."""
        now, start = self.now(), 0
        while page := self.ask("GET", f"{_COLLECTIONS}?limit={_PAGE}&offset={start}"):
            for one in page:
                used = float((one.get("metadata") or {}).get("used", 0))
                if one["name"].startswith(PREFIX) and one["name"] not in kept and now - used > UNUSED_SECONDS:
                    yield str(one["name"])
            start += len(page)

    def ask(self, method: str, path: str, body: Any = None, *, seconds: float = ASK_SECONDS) -> Any:
        """One request. Raises VectorsAway when the server does not answer in time, else VectorsFailed."""
        try:
            link = self._link(seconds)
            try:
                sent = None if body is None else json.dumps(body)
                link.request(method, path, sent, {"Host": self.where, "Content-Type": "application/json"})
                answer = link.getresponse()
                status, said = answer.status, answer.read()
            finally:
                link.close()
            return self._read(status, said)
        except (OSError, HTTPException, ValueError) as error:
            raise VectorsAway(_AWAY.format(where=self.where, why=type(error).__name__)) from error

    def _link(self, seconds: float) -> HTTPConnection:
        """To the very address that was looked at, so that no name can be turned round in between."""
        found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        if not all(private(str(one[4][0])) for one in found):
            raise VectorsFailed(PUBLIC.format(where=self.where))
        if self._secure:  # its certificate is its name's
            return HTTPSConnection(self._host, self._port, timeout=seconds)
        return HTTPConnection(str(found[0][4][0]), self._port, timeout=seconds)

    def _read(self, status: int, said: bytes) -> Any:
        if status in (408, 429, 502, 503, 504):
            raise VectorsAway(_AWAY.format(where=self.where, why=status))
        if status == 404:
            raise VectorsMissing("Chroma 服务上没有这份向量，请运行 fencun index 重新生成。")
        if status == 409:
            raise _Taken("Chroma 服务上已经有这份向量。")
        if status >= 300:
            raise VectorsFailed(f"Chroma 服务 {self.where} 出错（{status}）。")
        return json.loads(said or b"null")

    def _begin(self, name: str, rows: NDArray[np.float32]) -> str | None:
        """The id of a new, empty collection; None when there is one of this name."""
        wanted = {
            "name": name,
            "metadata": {"state": "building", "used": self.now()},
            "configuration": {"hnsw": settings_for(len(rows))},
        }
        try:
            return str(self.ask("POST", _COLLECTIONS, wanted)["id"])
        except _Taken:
            return None

    def _add(self, id_: str, start: int, rows: NDArray[np.float32]) -> None:
        plain = np.ascontiguousarray(rows, dtype="<f4")
        told = [base64.b64encode(row.tobytes()).decode() for row in plain]
        body = {"ids": [str(start + place) for place in range(len(rows))], "embeddings": told}
        self.ask("POST", f"{_COLLECTIONS}/{id_}/add", body, seconds=WRITE_SECONDS)

    def _written_by_another(self, name: str, count: int) -> bool:
        """Wait for another builder; False when it is dead or what it made is broken."""
        before, since = -1, monotonic()
        while True:
            try:
                found = self.find(name)
                if complete(found):
                    return self.sound(found, count)
                now = self.count(str(found["id"]))
            except VectorsMissing:
                return False
            if now != before:
                before, since = now, monotonic()
            elif monotonic() - since > self._patience:
                return False
            sleep(GLANCE_SECONDS)


def complete(found: Mapping[str, Any]) -> bool:
    """Whether all rows of a collection are in."""
    return bool((found.get("metadata") or {}).get("state") == "complete")


def private(address: str) -> bool:
    """Whether an IP address is of this machine or a private network."""
    parsed = ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_private)


class RemoteVectors:
    """A collection as `Vectors` is one, of a server that may go and come back: while it is away, every search is a
    `VectorsAway`, at once but for one every ten seconds that tries again. Safe between threads.
    """

    def __init__(self, server: Server, name: str, expected: int, now: Callable[[], float] = monotonic) -> None:
        self._server = server
        self._name = name
        self._expected = expected
        self._now = now
        self._breaker = Breaker(1, REST_SECONDS, now)
        self._missed = False  # the last call failed: the breaker opens again by itself, which brings no server back
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chroma")
        self._id = ""
        self._proven_at = float("-inf")
        self._turn = Lock()
        self._users = 1

    @property
    def away(self) -> str:
        """Why nothing can be asked now; empty while the server answers, as far as the last call knows."""
        there = self._id and not self._missed
        return "" if there else _AWAY.format(where=self._server.where, why="稍后再试")

    def prove(self) -> None:
        """See that the collection is complete, and mark it as used. Raises VectorsFailed."""
        try:
            self._prove()
        except VectorsAway:
            self._failed()
            raise
        self._worked()

    def look(self) -> None:
        """Ask whether the server is there, so that an outage and its end show without a question.

        Raises VectorsFailed.
        """
        if self._breaker.pausing:
            return
        if self.away:
            self.prove()
            return
        try:
            self._server.now()
        except VectorsFailed as error:
            self._failed()
            raise VectorsAway(self.away) from error

    def _failed(self) -> None:
        self._missed = True
        self._breaker.failed()

    def _worked(self) -> None:
        self._missed = False
        self._breaker.worked()

    def _prove(self) -> None:
        found = self._server.find(self._name)
        if not complete(found):
            raise VectorsAway("Chroma 服务上的向量还没有写完。")
        if not self._server.sound(found, self._expected):
            raise VectorsFailed("Chroma 服务上的向量不完整或已损坏。")
        now, metadata = self._server.now(), dict(found["metadata"])
        if now - float(metadata["used"]) > TOUCH_SECONDS:
            self._server.mark(str(found["id"]), {**metadata, "used": now})
        self._id, self._proven_at = str(found["id"]), self._now()

    def search(self, row: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """The nearest passages as (number, cosine similarity), nearest first; a zero row finds nothing."""
        if not row.any() or limit < 1:
            return []
        if self._breaker.pausing:
            raise VectorsAway(self.away)
        try:
            # The time-out of a socket begins anew with every byte; a question waits no longer than it may.
            found = self._threads.submit(self._search, row, limit).result(SEARCH_SECONDS)
        except (VectorsAway, TimeoutError) as error:
            self._failed()
            raise VectorsAway(self.away) from error
        except RuntimeError:  # closed meanwhile
            return []
        self._worked()
        return found

    def _search(self, row: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        if not self._id or self._now() - self._proven_at > TOUCH_SECONDS:
            self.prove()
        try:
            return self._server.nearest(self._id, row, min(limit, self._expected))
        except VectorsMissing:  # another machine may have written it anew
            self.prove()
            return self._server.nearest(self._id, row, min(limit, self._expected))

    def shared(self) -> "RemoteVectors":
        """The same for one more user."""
        with self._turn:
            if self._users == 0:
                raise VectorsFailed("与 Chroma 服务的连接已经关闭。")
            self._users += 1
            return self

    def close(self) -> None:
        """Ask for nothing any more, unless others still use it."""
        with self._turn:
            self._users -= 1
            if self._users == 0:
                self._threads.shutdown(wait=False)
