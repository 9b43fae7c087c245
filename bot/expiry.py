"""Names guides to operators 30 days before they may no longer be quoted. Each guide is named once for each date."""

from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

from bot.foundation import Foundation
from bot.librarian import Librarian
from bot.part import part_id
from bot.store import marks
from knowledge.review import expiring
from knowledge.types import Guide

TOLD = "guides_expiring"  # the mark with the guides that were named, and their dates
MORNING, EVENING = 9, 21  # hours between which colleagues are told what is not urgent
SHOWN = 20  # guides of one notice


class ExpiryNotices:
    """`look` is for the ticker."""

    def __init__(self, base: Foundation, librarian: Librarian) -> None:
        self._base = base
        self._librarian = librarian
        self._seen: tuple[str, date] | None = None  # the generation and the day that were looked at last

    async def look(self) -> None:
        """Tell operators of guides that expire soon and were not named before; by day, and once a day at most."""
        now = self._base.clock.now().astimezone(ZoneInfo(self._base.settings.timezone))
        library, alarm = self._librarian.library, self._base.alarm
        if library is None or not alarm.able or not MORNING <= now.hour < EVENING:
            return
        if self._seen == (library.generation, now.date()):
            return
        await self._tell(expiring(library.guides, now.date()))
        self._seen = (library.generation, now.date())

    async def _tell(self, guides: Sequence[Guide]) -> None:
        dates = {guide.name: str(guide.valid_until) for guide in guides}
        async with self._base.transactions.begin() as transaction:
            told = await marks.get_mark(transaction.connection, TOLD) or {}
            fresh = [guide for guide in guides if told.get(guide.name) != dates[guide.name]]
            if not fresh:
                return
            key = part_id(*(f"{guide.name} {guide.valid_until}" for guide in fresh))
            await transaction.enqueue(
                self._base.alarm.notice(person, notice(fresh), part_id("expiring", key, person), transaction.now)
                for person in self._base.alarm.operators
            )
            await marks.set_mark(transaction.connection, TOLD, dates, transaction.now)


def notice(guides: Sequence[Guide]) -> str:
    """What operators read, soonest first."""
    rows = [f"- {guide.valid_until} 《{guide.title}》（{guide.name}）" for guide in guides[:SHOWN]]
    more = f"\n- 另有 {len(guides) - SHOWN} 份" if len(guides) > SHOWN else ""
    return (
        f"**有 {len(guides)} 份指南 30 天内到期**\n\n到期后不再引用。请复核内容，改好 valid_until，再发 /reindex。\n\n"
        + "\n".join(rows)
        + more
    )
