"""Which laws a post breaks: what patterns find, minus what stands in a lawful frame or is denied.

A classifier of the codes is the second voice: it takes back what stands in harmless company and finds what no pattern
names.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from scheduler.review.learnt import ADDS, SURE, Opinion, opinions
from scheduler.review.lexicon import Article, Denial, Lexicon, Rule
from scheduler.review.spelling import Spelt
from scheduler.review.types import Violation

_SENTENCE = re.compile(r"[。!?\n|]")
_CLAUSE = re.compile("[,。!?;…\n|\u2600-\u27bf\U0001f300-\U0001faff]")
_QUOTED = re.compile('“[^”\n]{1,60}”|「[^」\n]{1,60}」|"[^"\n]{1,60}"')
_FAR = 40  # characters of a clause that are read before and after the words

Span = tuple[int, int]


class _Text:
    """A post with its sentences and clauses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._held: dict[tuple[re.Pattern[str], Span], bool] = {}

    def holds(self, pattern: re.Pattern[str], sentence: Span) -> bool:
        """Whether `pattern` is in a sentence; asked once, however often something is found in it."""
        asked = (pattern, sentence)
        if asked not in self._held:
            self._held[asked] = pattern.search(self.text, *sentence) is not None
        return self._held[asked]

    @cached_property
    def quotations(self) -> list[Span]:
        return _spans(_QUOTED, self.text)

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
    denial: Denial

    def found(self) -> tuple[list[tuple[Rule, Span]], list[tuple[Rule, Span]]]:
        """What breaks the article, in the order of the post, and what was taken back as lawful or denied.

        What lies inside another quote is told with that one.
        """
        candidates = [(rule, hit.span()) for rule in self.article.rules for hit in self._hits(rule)]
        if not candidates:
            return [], []
        frames = _spans(self.article.unless, self.text.text)
        own = {id(rule): [*frames, *_spans(rule.unless, self.text.text)] for rule, _ in candidates}
        found: list[tuple[Rule, Span]] = []
        lawful: list[tuple[Rule, Span]] = []
        for rule, span in sorted(candidates, key=lambda one: (one[1][0], -one[1][1])):
            if self._lawful(rule, span, own[id(rule)]):
                lawful.append((rule, span))
            elif not found or span[0] >= found[-1][1][1]:
                found.append((rule, span))
        return found, lawful

    def _hits(self, rule: Rule) -> Iterator[re.Match[str]]:
        if rule.post is not None and rule.post.search(self.text.text) is None:
            return
        for hit in rule.find.finditer(self.text.text):
            if rule.near is None or self.text.holds(rule.near, self.text.sentence(hit.span())):
                yield hit

    def _lawful(self, rule: Rule, span: Span, frames: Sequence[Span]) -> bool:
        if any(_covers(frame, span) for frame in frames):
            return True
        sentence = self.text.sentence(span)
        lawful = (rule.unless_near, self.article.unless_near)
        if any(one is not None and self.text.holds(one, sentence) for one in lawful):
            return True
        return self.denies(rule, span)

    def denies(self, rule: Rule, span: Span) -> bool:
        """ "不能根治": the post itself says that it is not so."""
        return rule.deniable and bool(
            self.denial.before.search(self.text.clause_before(span[0]))
            or self.denial.after.search(self.text.sentence_after(span))
            or self._told_about(span)
        )

    def _told_about(self, span: Span) -> bool:
        """The words of others, in a post that warns of them."""
        quoted = any(_covers(quotation, span) for quotation in self.text.quotations)
        return quoted and self.text.holds(self.denial.quoted, (0, len(self.text.text)))


def violations(post: Spelt, lexicon: Lexicon) -> tuple[Violation, ...]:
    """Every breach once per article and words, in the order of the post."""
    text = _Text(post.text)
    learnt = opinions(post.text, lexicon.hints, lexicon.signals)
    found = [
        (span, article)
        for article in lexicon.articles
        for span in _both(text, article, lexicon, learnt.get(article.code))
    ]
    found.sort(key=lambda each: each[0])
    return tuple(_violation(post, span, article) for span, article in found)


def _both(text: _Text, article: Article, lexicon: Lexicon, learnt: Opinion | None) -> list[Span]:
    """What the patterns find and the classifier does not doubt; where they find nothing, what it is sure of."""
    reading = _Reading(text, article, lexicon.denial)
    read, lawful = reading.found()
    if learnt is None:
        return [span for _, span in read]
    found = [span for rule, span in read if rule.sure or not learnt.doubts]
    if found:
        return found
    beside = [(rule, span) for rule, span in lawful if _meet(span, learnt.sentence)]
    if learnt.score < (SURE if beside else ADDS) or any(reading.denies(rule, span) for rule, span in beside):
        return []
    allowed = article.allowed is not None and article.allowed.search(text.text, *learnt.sentence)
    return [] if allowed else [learnt.sentence]


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _violation(post: Spelt, span: Span, article: Article) -> Violation:
    quote = post.quote(*span)
    return Violation(article.code, quote, article.why.replace("{quote}", quote), article.law)


def _covers(frame: Span, span: Span) -> bool:
    """A frame takes back what begins inside it, or what it begins inside of and outlasts."""
    return frame[0] <= span[0] < frame[1] or span[0] < frame[0] < span[1] <= frame[1]


def _spans(pattern: re.Pattern[str] | None, text: str) -> list[Span]:
    return [] if pattern is None else [found.span() for found in pattern.finditer(text)]
