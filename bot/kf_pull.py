"""Fetching kf messages after the ack: one pull per account at a time, items and cursor in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.arrival import Arrival
from bot.clock import Clock
from bot.engine import Waker
from bot.errors import NeedsOperator, SendError, TryLater
from bot.store.arrivals import whole
from bot.store.away import named
from bot.store.inbox import Inbox, Place
from bot.wecom.messages import kf_arrival

if TYPE_CHECKING:  # a process that only hears of callbacks pulls nothing, and loads no client
    from bot.wecom.api import Kf, Page

log = structlog.get_logger()

Told = Callable[[str, SendError], Awaitable[None]]


class Ringing(Protocol):
    """Who hears that there is something to pull."""

    def wake(self, account: str, token: str = "") -> None: ...


class Neighbours(Protocol):
    """The other processes that pull, where there are any (`bot.cluster.pulls`)."""

    def alone(self, account: str) -> AbstractAsyncContextManager[bool]:
        """Whether this process may pull the account inside the block: only one does at a time."""
        ...

    def wake(self, account: str, token: str) -> None:
        """Tell whoever is pulling it that there is more."""
        ...


FIRST_RETRY = timedelta(seconds=1)
LONGEST_RETRY = timedelta(seconds=60)


class KfPuller:
    """`wake` after a callback; `wake_all` at the start and now and then, for callbacks that never came."""

    def __init__(
        self,
        kf: Kf,
        inbox: Inbox,
        engine: Waker,
        clock: Clock,
        fresh: timedelta,
        told: Told,
        lagged: Callable[[float], None] | None = None,
    ) -> None:
        """`fresh`: how old an item of the first start's history may be to be answered; `told` hears of what needs an
        operator, `lagged` how many seconds after its writing each new item is stored."""
        self._kf = kf
        self._fresh = fresh
        self._inbox = inbox
        self._engine = engine
        self._clock = clock
        self._told = told
        self._lagged = lagged
        self._neighbours: Neighbours | None = None
        self._ours: set[str] = set()  # of which nobody else has heard
        self._accounts: tuple[str, ...] | None = None  # not known before `serve`
        self._early: dict[str, str] = {}  # account → token of callbacks that came before that
        self._tokens: dict[str, str] = {}
        self._pulling: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._outages: dict[str, int] = {}  # account → errcode, while only an operator can help
        self._stopped = False

    def serve(self, accounts: tuple[str, ...]) -> None:
        """The accounts that are ours; a callback for another is passed over."""
        self._accounts = accounts
        early, self._early = self._early, {}
        for account, token in early.items():
            self.wake(account, token, heard=True)

    def share(self, neighbours: Neighbours) -> None:
        """Pull beside other processes."""
        self._neighbours = neighbours

    def wake(self, account: str, token: str = "", *, heard: bool = False) -> None:
        """Pull soon. A wake during a pull makes it pull once more; after `stop` there is nothing to wake.

        `heard` from another process, which has told all of them.
        """
        if self._stopped:
            return
        if not heard:
            self._ours.add(account)
        if self._accounts is None:
            self._early[account] = token
            return
        if account not in self._accounts:
            log.warning("kf_account_unknown")
            return
        if token:
            self._tokens[account] = token
        if account in self._pulling:
            self._again.add(account)
            return
        self._pulling[account] = asyncio.create_task(self._run(account))

    def wake_all(self) -> None:
        for account in self._accounts or ():
            self.wake(account)

    async def idle(self) -> None:
        """Return once no account is being pulled."""
        while self._pulling:
            await asyncio.wait(list(self._pulling.values()))

    async def stop(self) -> None:
        """End every pull and begin none: what it did not store comes again, the cursor has not moved."""
        self._stopped = True
        tasks = list(self._pulling.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pulling.clear()  # one that had not begun yet has not ended by itself either

    async def _run(self, account: str) -> None:
        wait = FIRST_RETRY
        try:
            while (after := await self._attempt(account)) is not None:
                wait = max(wait, after)
                await self._clock.sleep(wait.total_seconds())
                wait = min(wait * 2, LONGEST_RETRY)
        finally:
            del self._pulling[account]
            if account in self._again:
                self._again.discard(account)
                self.wake(account)

    async def _attempt(self, account: str) -> timedelta | None:
        """One pull; None when it is done (or will never work), else how long to wait before the next try."""
        self._again.discard(account)
        try:
            await self._pull_alone(account)
        except NeedsOperator as error:
            self._note_outage(account, error)  # first: operators may be out of reach for the same reason
            await self._told("kf", error)
            return LONGEST_RETRY
        except TryLater as error:
            log.warning("kf_pull_failed", error=type(error).__name__, errcode=error.errcode)
            return error.after
        except SendError as error:
            log.warning("kf_pull_refused", errcode=error.errcode)
        except (SQLAlchemyError, OSError) as error:
            log.warning("kf_pull_failed", error=named(error))  # not stored, the cursor stands: nothing is lost
            return FIRST_RETRY  # a server that was restarted is back in a moment; else each wait is twice as long
        except Exception:
            log.exception("kf_pull_broke")
            return LONGEST_RETRY
        return None

    def _note_outage(self, account: str, error: NeedsOperator) -> None:
        """One event per outage: it is tried again every minute until somebody has acted."""
        if self._outages.get(account) != error.errcode:
            self._outages[account] = error.errcode
            log.warning("kf_pull_refused", errcode=error.errcode)

    async def _pull_alone(self, account: str) -> None:
        ours = account in self._ours
        self._ours.discard(account)
        if self._neighbours is None:
            await self._pull(account)
            return
        async with self._neighbours.alone(account) as allowed:
            if allowed:
                await self._pull(account)
                return
        if ours:
            self._neighbours.wake(account, self._tokens.get(account, ""))

    async def _pull(self, account: str) -> None:
        """Page by page until there is no more. An empty page is not the end; a cursor that stands still is."""
        place = await self._inbox.place(account)
        more = True
        while more:
            page = await self._kf.sync_msg(account, cursor=place.cursor, token=self._tokens.get(account, ""))
            self._outages.pop(account, None)
            arrivals = self._arrivals(page, account, place.cold)
            following = page.cursor or place.cursor
            more = page.more and following != place.cursor
            place = Place(following, place.cold and page.more)
            accepted = await self._inbox.accept_page(account, place, arrivals)
            for arrival, result in zip(arrivals, accepted, strict=True):
                if result.new and not arrival.seen:
                    self._engine.wake(arrival.address.conversation)
                    self._note_lag(arrival)

    def _note_lag(self, arrival: Arrival) -> None:
        if self._lagged is not None:
            self._lagged(max(0.0, (self._clock.now() - arrival.sent_at).total_seconds()))

    def _arrivals(self, page: Page, account: str, cold: bool) -> list[Arrival]:
        """The page's items, oldest first. History of a first start is seen, not answered, but for what is fresh."""
        now = self._clock.now()
        fresh = self._fresh if cold else None
        found = [whole(made, item) for item in page.items if (made := kf_arrival(item, now, fresh)) is not None]
        # The order within a page is not promised; times have a resolution of a second, ties stay as they came.
        found.sort(key=lambda arrival: arrival.sent_at)
        return [each for each in found if each.address.account in (account, "")]
