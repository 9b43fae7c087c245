"""Keeps the gaps: gathers new questions, asks the open ones again when the guides have changed, forgets old ones."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.foundation import Foundation
from bot.librarian import Librarian
from bot.part import part_id
from bot.store import gaps as store
from bot.store import marks, ratings
from bot.store.gaps import Gaps, Row
from handlers.commands.gaps import GUIDE
from knowledge.gaps import Gap, GapKind, clusters, digest, ranked
from knowledge.language.masking import unmarked

log = structlog.get_logger()

ASKED_AGAIN = "gaps_asked_again"  # the mark with the generation that the open questions were asked last


class GapKeeper:
    """`look` is for the ticker. `open` is what operators see."""

    def __init__(self, base: Foundation, librarian: Librarian) -> None:
        self._base = base
        self._librarian = librarian
        self._gaps = Gaps(base.database)
        self._gathering = asyncio.Lock()
        self._forgot: date | None = None

    @property
    def today(self) -> date:
        return self._base.clock.now().astimezone(ZoneInfo(self._base.settings.timezone)).date()

    async def look(self) -> None:
        """Gather what is new; once per generation of the index ask again; once a day forget."""
        await self._gather()
        await self._ask_again()
        await self._forget()

    async def open(self) -> Sequence[Gap]:
        """Open gaps, most asked first, with everything that was asked until now."""
        await self._gather()
        return ranked(await self._gaps.live())

    # --- gathering ---

    async def _gather(self) -> None:
        async with self._gathering:
            while rows := await self._gaps.ungathered():
                for kind in sorted({row.kind for row in rows}):
                    await self._gather_kind(kind, [row for row in rows if row.kind is kind])

    async def _gather_kind(self, kind: GapKind, rows: Sequence[Row]) -> None:
        """Each question into the gap of its meaning, or into a new one."""
        leaders = await self._gaps.leaders(kind)
        questions = [*(question for _, question in leaders), *(row.question for row in rows)]
        found = await asyncio.to_thread(clusters, questions, len(leaders))
        numbers: dict[int, int] = {place: number for place, (number, _) in enumerate(leaders)}
        async with self._base.transactions.begin() as transaction:
            if not await store.gathering(transaction.connection, [row.id for row in rows]):
                return  # another process was quicker; what it left comes round again
            for row, leader in zip(rows, found[len(leaders) :], strict=True):
                if leader not in numbers:
                    numbers[leader] = await store.open_gap(transaction.connection, kind)
                await store.join(transaction.connection, row.id, numbers[leader])
        opened = len(numbers) - len(leaders)
        self._base.metrics.gaps_opened.inc(opened)
        if opened:
            log.info("gaps_opened", kind=kind, count=opened)

    # --- closing ---

    async def _ask_again(self) -> None:
        """A gap closes when its questions pass. The mark is set last: what a stop cut off is asked again."""
        library = self._librarian.library
        if library is None:
            return
        generation = library.generation
        async with self._base.database.read() as connection:
            if await marks.get_mark(connection, ASKED_AGAIN) == generation:
                return
        rows = await self._gaps.open_asks()
        answers = await self._answered(rows)
        await self._close(rows, answers, generation)

    async def _answered(self, rows: Iterable[Row]) -> dict[int, str]:
        """The guide that answers it now, by ask."""
        guides = {guide.name: guide for guide in self._librarian.guides}
        digests: dict[str, str] = {}
        asked: dict[str, str] = {}
        answers: dict[int, str] = {}
        for row in rows:
            if row.kind is GapKind.REFUSED:
                if row.question not in asked:
                    asked[row.question] = await self._ask(row.question)
                answer = asked[row.question]
            else:
                if row.guide in guides and row.guide not in digests:
                    digests[row.guide] = await asyncio.to_thread(digest, guides[row.guide])
                own = GUIDE.format(row.gap)
                changed = digests.get(row.guide) != row.digest
                answer = own if own in guides else row.guide if changed else ""
            if answer:
                answers[row.id] = answer
        return answers

    async def _ask(self, question: str) -> str:
        """The guide that answers a question; empty for a refusal. Callbacks go first, and no model is asked."""
        await self._base.pace.turn()
        answer = await self._librarian.quoted(unmarked(question), self.today)
        return "" if answer.refused or not answer.citations else answer.citations[0].guide

    async def _close(self, rows: Sequence[Row], answers: dict[int, str], generation: str) -> None:
        by_gap: dict[int, str] = {}
        waiting: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            if row.gap is not None and row.id in answers:
                by_gap.setdefault(row.gap, answers[row.id])
            elif row.gap is not None:
                waiting[row.gap].append(row)
        async with self._base.transactions.begin() as transaction:
            connection, now = transaction.connection, transaction.now
            await store.passed(connection, answers)
            closed = await store.close_empty(connection, by_gap, self.today)
            told = [(number, who, self._closed_text(number, by_gap[number])) for number, who in closed]
            for number, who in await store.published(connection, waiting):
                told.append((number, who, _still_open(number, waiting[number])))
            if self._base.alarm.able:
                await transaction.enqueue(
                    self._base.alarm.notice(who, text, part_id("gap", number, generation, who), now)
                    for number, who, text in told
                    if who
                )
            await marks.set_mark(connection, ASKED_AGAIN, generation, now)
        self._base.metrics.gaps_closed.inc(len(closed))
        if closed:
            log.info("gaps_closed", count=len(closed))

    def _closed_text(self, number: int, guide: str) -> str:
        title = next((one.title for one in self._librarian.guides if one.name == guide), guide)
        return f"{number} 号缺口已能回答，已关闭。依据《{title}》。"

    # --- forgetting ---

    async def _forget(self) -> None:
        """Nothing is kept longer than messages are."""
        today = self.today
        if self._forgot == today:
            return
        before = today - timedelta(days=self._base.settings.privacy.message_retention_days)
        async with self._base.transactions.begin() as transaction:
            await store.forget(transaction.connection, before)
            await ratings.forget(transaction.connection, before)
        self._forgot = today


def _still_open(number: int, rows: Sequence[Row]) -> str:
    return (
        f"{number} 号的指南已经发布，但还有问题答不上来，例如“{rows[0].question[:40]}”。"
        f"请在正文或 keywords 里补上会员的说法，再发 /reindex。"
    )
