"""The library in use: one open generation, searched and asked. Safe for concurrent questions."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path

from knowledge import evidence, generation, quoting
from knowledge.compose import Composer
from knowledge.evidence import Evidence, Found
from knowledge.generation import NoIndex
from knowledge.lexical import Lexical
from knowledge.quoting import Further
from knowledge.terms import asks_what_to_do, content, of_illness, of_the_asker, query_terms, terms
from knowledge.types import Answer, Guide, Hit, Line, Passage, Rejected
from knowledge.vectors import Vectors, VectorsFailed, VectorsLocked, embed

LONGEST_QUESTION = 1000  # characters; beyond it a person is asked to be brief
LEXICAL_WEIGHT = 0.8  # the rest is the vectors' share of a hit's score
DEPTH = 20  # passages taken from either side
KEPT = 12  # hits of a search
CHILD = "宝宝"  # the wording that every word for a child has among the terms
_OWN_SHARE = 0.5  # of a follow-up's own words that the passage must speak of, whatever was asked before


class Library:
    """One generation of the index, open for questions.

    `vectors_ok` tells whether vectors take part; if not, `vectors_reason` says why and the lexical side answers alone.
    `needs_rebuild` is True when building the index again would bring them back.
    """

    def __init__(
        self,
        name: str,
        guides: Sequence[Guide],
        rejected: Sequence[Rejected],
        passages: Sequence[Passage],
        lexical: Lexical,
        vectors: Vectors | VectorsFailed,
        composer: Composer | None = None,
    ) -> None:
        self.generation = name
        self.guides: tuple[Guide, ...] = tuple(guides)
        self.rejected: tuple[Rejected, ...] = tuple(rejected)
        self.vectors_reason = str(vectors) if isinstance(vectors, VectorsFailed) else ""
        self.needs_rebuild = isinstance(vectors, VectorsFailed) and not isinstance(vectors, VectorsLocked)
        self._passages = tuple(passages)
        self._lexical = lexical
        self._vectors = vectors if isinstance(vectors, Vectors) else None
        self._composer = composer
        self._terms = lru_cache(maxsize=5000)(self._terms_of)
        self._hidden = lru_cache(maxsize=2)(self._count_hidden)
        self._rarity: Callable[[str], float] = lru_cache(maxsize=50_000)(lexical.rarity)

    @classmethod
    def open(
        cls, index_root: Path, vectors_root: Path, *, composer: Composer | None = None, share: bool = False
    ) -> "Library":
        """Open the generation in use; raises NoIndex when there is no sound one.

        Broken or locked vectors do not stop it, see `vectors_ok`. With `share`, vectors that another process holds are
        read from a private copy.
        """
        name = generation.current(index_root)
        if not name:
            raise NoIndex("还没有可用的索引，请运行 fencun index 生成。")
        manifest = generation.load_manifest(index_root / name)
        guides, passages = generation.load(index_root / name)
        try:
            lexical = Lexical.open(index_root / name / "lexical")
        except (OSError, ValueError) as error:
            raise NoIndex("字词索引已损坏，请运行 fencun index 重新生成。") from error
        if lexical.size != len(passages):
            raise NoIndex("字词索引不完整，请运行 fencun index 重新生成。")
        vectors = _open_vectors(vectors_root / name, len(passages), share=share)
        return cls(name, guides, manifest.rejected, passages, lexical, vectors, composer)

    @property
    def vectors_ok(self) -> bool:
        return not self.vectors_reason

    def search(self, question: str, today: date) -> list[Hit]:
        """The best passages of guides that are still valid on `today`, best first."""
        question = question[:LONGEST_QUESTION]
        expired = self._expired(today)
        hidden = sum(passage.guide in expired for passage in self._passages) if expired else 0
        wanted = query_terms(content(question))
        lexical = self._scaled(self._lexical.search(wanted, DEPTH + hidden), expired)
        if not lexical:  # no term in common: what is near by vector is near by chance
            return []
        near = self._scaled(self._nearest(question, DEPTH + hidden), expired)
        share = LEXICAL_WEIGHT if near else 1.0
        scores = {
            number: share * lexical.get(number, 0.0) + (1 - share) * near.get(number, 0.0)
            for number in {*lexical, *near}
        }
        ranked = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:KEPT]
        return [Hit(self._passages[number], score) for number, score in ranked]

    async def answer(self, question: str, history: Sequence[Line], today: date) -> Answer:
        """What the library has to say: quoted, composed where a model is set, or an honest refusal."""
        quoted, used = await asyncio.to_thread(self._quote, question, tuple(history), today)
        if quoted.refused or self._composer is None:
            return quoted
        composed = await self._composer(question, used)
        return composed or quoted

    def close(self) -> None:
        """Let go of the files; questions that are under way still get their answer."""
        if self._vectors:
            self._vectors.close()

    def _quote(self, question: str, history: Sequence[Line], today: date) -> tuple[Answer, tuple[Hit, ...]]:
        if len(question) > LONGEST_QUESTION:
            return quoting.too_long(), ()
        hits, judged = self._find(question, today)
        if not judged.enough and (fuller := _follow_up(question, history)):
            together, again = self._find(fuller, today)
            if again.enough and self._speaks_of(together[again.best], question):
                question, hits, judged = fuller, together, again
        if not judged.enough:
            return quoting.refusal([hits[place].passage.title for place in judged.related]), ()
        return quoting.quote(content(question), hits, judged, self._rarity, self._further(hits[judged.best], question))

    def _further(self, lead: Hit, question: str) -> Further:
        """What of the lead's guide belongs into an answer, whether or not the search found it."""
        if not asks_what_to_do(question):
            return Further()
        own = tuple(one for one in self._passages if one.guide == lead.passage.guide)
        return quoting.further(lead.passage, own, ill=of_illness(question))

    def _find(self, question: str, today: date) -> tuple[list[Hit], Evidence]:
        hits = self.search(question, today)
        found = [Found(hit.score, *self._terms(hit.passage)) for hit in hits]
        others = CHILD if of_the_asker(question) else ""
        return hits, evidence.judge(content(question), found, self._rarity_on(today), others)

    def _expired(self, today: date) -> frozenset[str]:
        return frozenset(guide.name for guide in self.guides if guide.expired(today))

    def _rarity_on(self, today: date) -> Callable[[str], float]:
        """Rarity among what may be quoted: a word that only expired guides have is one that nobody knows."""
        expired = self._expired(today)
        if not expired:
            return self._rarity
        hidden, having = self._hidden(expired)
        return lambda term: self._lexical.rarity(term, hidden, having[term])

    def _count_hidden(self, expired: frozenset[str]) -> tuple[int, Counter[str]]:
        """How many passages expired guides have, and in how many of them each term stands."""
        gone = [passage for passage in self._passages if passage.guide in expired]
        return len(gone), Counter(term for passage in gone for term in self._terms(passage)[0])

    def _speaks_of(self, hit: Hit, question: str) -> bool:
        everything, _, _ = self._terms(hit.passage)
        return evidence.coverage(content(question), everything, self._rarity) >= _OWN_SHARE

    def _scaled(self, found: Sequence[tuple[int, float]], expired: frozenset[str]) -> dict[int, float]:
        """Scores as shares of the best one, so that two sides can be added up."""
        valid = [one for one in found if one[1] > 0 and self._passages[one[0]].guide not in expired]
        top = max((score for _, score in valid), default=1.0)
        return {number: score / top for number, score in valid[:DEPTH]}

    def _nearest(self, question: str, limit: int) -> list[tuple[int, float]]:
        if self._vectors is None or self.vectors_reason:
            return []
        try:
            return self._vectors.search(embed([question])[0], min(limit, len(self._passages)))
        except VectorsFailed as error:
            self.vectors_reason, self.needs_rebuild = str(error), True
            return []

    @staticmethod
    def _terms_of(passage: Passage) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """All terms of a passage, those of what names it, and those its text has more than once."""
        names, said = frozenset(terms(passage.head)), Counter(terms(passage.text))
        return names | said.keys(), names, frozenset(term for term, times in said.items() if times > 1)


def _open_vectors(folder: Path, expected: int, *, share: bool) -> Vectors | VectorsFailed:
    try:
        return Vectors.open_proven(folder, expected, share=share)
    except VectorsFailed as error:
        return error


def _follow_up(question: str, history: Sequence[Line]) -> str:
    """The question together with the one before it, when it is too short to stand alone; else nothing."""
    before = next((line.text for line in reversed(history) if line.sender == "customer" and content(line.text)), "")
    short = sum(map(len, content(question))) <= 8
    return f"{before[-200:]}\n{question}" if before and short and content(question) else ""
