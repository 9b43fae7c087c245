"""What a person should look at in a library: guides that contradict or repeat each other, or are past their date.

Pure: guides and a day in, findings out. Nothing here keeps a guide from being used.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.language.terms import canonical
from knowledge.review.conflicts import Conflict, Quote, conflicts
from knowledge.review.twins import Twins, twins
from knowledge.types import Guide

__all__ = ["Conflict", "Quote", "Review", "Twins", "expiring", "review"]

DAYS_AHEAD = 30
SHOWN = 5  # findings of a kind that are listed; the rest is counted
_LONGEST_QUOTE = 80


@dataclass(frozen=True, slots=True)
class Review:
    """All findings. `same_titles` holds guide names, in groups; the last three hold guides, those with a date by it."""

    conflicts: tuple[Conflict, ...]
    twins: tuple[Twins, ...]
    same_titles: tuple[tuple[str, ...], ...]
    expired: tuple[Guide, ...]
    expiring: tuple[Guide, ...]
    reviewed_ahead: tuple[Guide, ...]

    def lines(self) -> tuple[str, ...]:
        """The findings for a person, in Chinese, a heading above each kind; empty when there is nothing to look at."""
        kinds = (
            ("可能互相矛盾 {} 处", map(_conflict_line, self.conflicts)),
            ("内容几乎相同 {} 处", map(_twins_line, self.twins)),
            ("标题相同 {} 处", ("、".join(names) for names in self.same_titles)),
            ("已过期 {} 份（不会再引用）", (f"{one.name}（有效期到 {one.valid_until}）" for one in self.expired)),
            (f"{DAYS_AHEAD} 天内过期 {{}} 份", (f"{one.name}（有效期到 {one.valid_until}）" for one in self.expiring)),
            ("审核日期在将来 {} 份", (f"{one.name}（{one.reviewed_on}）" for one in self.reviewed_ahead)),
        )
        return tuple(line for heading, found in kinds for line in _listed(heading, list(found)))


def review(guides: Sequence[Guide], today: date) -> Review:
    """Look through a library. Takes about a second for a thousand guides of two pages.

    What expired is named, and not compared with the rest: a new version may well stand beside the old one.
    """
    current = [guide for guide in guides if not guide.expired(today)]
    return Review(
        conflicts=conflicts(current),
        twins=twins(current),
        same_titles=_same_titles(current),
        expired=_by_date(guide for guide in guides if guide.expired(today)),
        expiring=expiring(guides, today),
        reviewed_ahead=tuple(guide for guide in guides if guide.reviewed_on and guide.reviewed_on > today),
    )


def expiring(guides: Iterable[Guide], today: date, days: int = DAYS_AHEAD) -> tuple[Guide, ...]:
    """Guides that are good today and will not be any more after `days` days, the soonest first."""
    last = today + timedelta(days=days)
    return _by_date(one for one in guides if one.valid_until and today <= one.valid_until <= last)


def _by_date(guides: Iterable[Guide]) -> tuple[Guide, ...]:
    return tuple(sorted(guides, key=lambda one: (one.valid_until or date.max, one.name)))


def _same_titles(guides: Sequence[Guide]) -> tuple[tuple[str, ...], ...]:
    """Rows of one workbook may share a title on purpose: they count once."""
    named: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for guide in guides:
        named["".join(canonical(guide.title).split())].setdefault(guide.name.partition("#")[0], guide.name)
    return tuple(tuple(files.values()) for files in named.values() if len(files) > 1)


def _listed(heading: str, found: list[str]) -> Iterator[str]:
    if not found:
        return
    yield f"{heading.format(len(found))}："
    yield from (f"  {one}" for one in found[:SHOWN])
    if len(found) > SHOWN:
        yield f"  另有 {len(found) - SHOWN} 处"


def _conflict_line(one: Conflict) -> str:
    return f"{one.left.figure} 还是 {one.right.figure}？{_quoted(one.left)}；{_quoted(one.right)}"


def _quoted(quote: Quote) -> str:
    where = f"{quote.guide} · {quote.section}" if quote.section else quote.guide
    text = quote.sentence if len(quote.sentence) <= _LONGEST_QUOTE else f"{quote.sentence[:_LONGEST_QUOTE]}……"
    return f"{where}：“{text}”"


def _twins_line(one: Twins) -> str:
    return f"{one.left} 和 {one.right}（{one.share:.0%} 相同），请合并或删去一份"
