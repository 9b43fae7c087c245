"""Which laws a post breaks: what was found, minus what stands in a lawful frame or is denied."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from scheduler.review.lexicon import Article, Lexicon, Rule
from scheduler.review.spelling import Spelt
from scheduler.review.types import Violation

_SENTENCE = re.compile(r"[。!?\n|]")
_CLAUSE = re.compile(r"[,。!?;…\n|]")
_FAR = 40  # characters of a clause that are read before and after the words

Span = tuple[int, int]


class _Text:
    """A post with its sentences and clauses."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _stops(self) -> list[int]:
        return [found.end() for found in _SENTENCE.finditer(self.text)]

    @cached_property
    def _clauses(self) -> list[int]:
        return [found.end() for found in _CLAUSE.finditer(self.text)]

    def sentence(self, span: Span) -> Span:
        """The sentences that `span` reaches into."""
        at = bisect_right(self._stops, span[0])
        after = bisect_right(self._stops, max(span[0], span[1] - 1))
        return self._stops[at - 1] if at else 0, self._stops[after] if after < len(self._stops) else len(self.text)

    def clause_before(self, start: int) -> str:
        at = bisect_right(self._clauses, start)
        return self.text[max(self._clauses[at - 1] if at else 0, start - _FAR) : start]

    def sentence_after(self, span: Span) -> str:
        return self.text[span[1] : min(self.sentence(span)[1], span[1] + _FAR)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One article read against one post."""

    text: _Text
    article: Article
    denial: tuple[re.Pattern[str], re.Pattern[str]]

    def found(self) -> Iterator[Span]:
        """What breaks the article, in the order of the post; what lies inside another quote is told with that one."""
        candidates = [(rule, hit.span()) for rule in self.article.rules for hit in self._hits(rule)]
        if not candidates:
            return
        frames = _spans(self.article.unless, self.text.text)
        own = {id(rule): [*frames, *_spans(rule.unless, self.text.text)] for rule, _ in candidates}
        last = -1
        for rule, span in sorted(candidates, key=lambda one: (one[1][0], -one[1][1])):
            if span[0] >= last and self._stands(rule, span, own[id(rule)]):
                last = span[1]
                yield span

    def _hits(self, rule: Rule) -> Iterator[re.Match[str]]:
        if rule.post is None or rule.post.search(self.text.text):
            yield from rule.find.finditer(self.text.text)

    def _stands(self, rule: Rule, span: Span, frames: Sequence[Span]) -> bool:
        if any(_covers(frame, span) for frame in frames):
            return False
        sentence = self.text.sentence(span)
        if rule.near is not None and rule.near.search(self.text.text, *sentence) is None:
            return False
        lawful = (rule.unless_near, self.article.unless_near)
        if any(one is not None and one.search(self.text.text, *sentence) for one in lawful):
            return False
        return not (rule.deniable and self._denied(span))

    def _denied(self, span: Span) -> bool:
        before, after = self.denial
        return bool(before.search(self.text.clause_before(span[0])) or after.search(self.text.sentence_after(span)))


def violations(post: Spelt, lexicon: Lexicon) -> tuple[Violation, ...]:
    """Every breach once per article and words, in the order of the post."""
    text = _Text(post.text)
    found = [
        (span, article) for article in lexicon.articles for span in _Reading(text, article, lexicon.denial).found()
    ]
    found.sort(key=lambda each: each[0])
    return tuple(_violation(post, span, article) for span, article in found)


def _violation(post: Spelt, span: Span, article: Article) -> Violation:
    quote = post.quote(*span)
    return Violation(article.code, quote, article.why.replace("{quote}", quote), article.law)


def _covers(frame: Span, span: Span) -> bool:
    """A frame takes back what begins inside it, or what it begins inside of and outlasts."""
    return frame[0] <= span[0] < frame[1] or span[0] < frame[0] < span[1] <= frame[1]


def _spans(pattern: re.Pattern[str] | None, text: str) -> list[Span]:
    return [] if pattern is None else [found.span() for found in pattern.finditer(text)]
