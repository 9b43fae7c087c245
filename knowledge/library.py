"""The library in use: one open generation, searched and asked. Safe for concurrent questions."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from knowledge import danger
from knowledge.answers import quoting
from knowledge.answers.quoting import Quoted, within
from knowledge.answers.whole import offered, opening, step, whole
from knowledge.answers.youngest import only_an_age, told_of_fever, youngest_first
from knowledge.embeddings.embedding import Embedder, HashedEmbedder
from knowledge.embeddings.nearness import Later, Nearness
from knowledge.embeddings.places import OpenVectors, Place, place_of
from knowledge.embeddings.vectors import VectorsAbsent, VectorsAway, VectorsFailed
from knowledge.indexing import generation
from knowledge.indexing.generation import Contents, Manifest, NoIndex
from knowledge.indexing.stored import Passages
from knowledge.language.ages import gap
from knowledge.language.segmenting import Segmenter
from knowledge.language.vocabulary import Vocabulary
from knowledge.language.wordings import Wordings, wordings
from knowledge.model.chat import Assistant
from knowledge.questions import follow_up
from knowledge.questions.question import Question, Reader
from knowledge.search import following
from knowledge.search.evidence import ENOUGH, Evidence, judge, veto
from knowledge.search.finding import Finder
from knowledge.search.lexical import Lexical
from knowledge.search.matching import Prepared, coverage
from knowledge.search.ranking import Ranked
from knowledge.types import Answer, Guide, Hit, Line, Rejected

LONGEST_QUESTION = 1000  # characters; beyond it a person is asked to be brief
KEPT = 12  # hits of a search
_LEAST = 1e-6  # worth of the best hit of a search for which all are bad
OWN_SHARE = 0.45  # of a follow-up's own words that the passage must speak of, whatever was asked before
COVERED = 0.5  # share of a follow-up and what was before it that a passage for just that age must speak of
FOLLOWED = 0.4  # how sure an answer must be whose subject was named before


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one way of reading a question."""

    question: Question
    ranked: tuple[Ranked, ...]
    evidence: Evidence

    @property
    def enough(self) -> bool:
        return self.evidence.enough


class Library:
    """One generation of the index, open for questions.

    `vectors_ok` tells whether vectors take part; if not, `vectors_reason` says why and the lexical side answers alone.
    `needs_rebuild` is True when building the index again would bring them back.
    """

    def __init__(
        self,
        name: str,
        contents: Contents,
        rejected: Sequence[Rejected],
        lexical: Lexical,
        nearness: Nearness,
        assistant: Assistant | None = None,
    ) -> None:
        self.generation = name
        self.guides: tuple[Guide, ...] = contents.guides
        self.rejected: tuple[Rejected, ...] = tuple(rejected)
        passages, words = contents.passages, contents.words
        self._base = contents.base
        self._ending = tuple(guide for guide in self.guides if guide.valid_until)
        self._by_title: dict[str, list[Guide]] = {}
        for guide in self.guides:
            self._by_title.setdefault(guide.title, []).append(guide)
        self._places = passages.places
        self._nearness = nearness
        self._assistant = assistant
        table = _table(words.added)
        self._reader = Reader(Segmenter(table.forms), table, Vocabulary(words.used, words.spoken))
        self._finder = Finder(passages, lexical, nearness.find, table)

    @classmethod
    def open(
        cls,
        index_root: Path,
        vectors: Path | Place,
        *,
        embedder: Callable[[int | None], Embedder] = lambda _: HashedEmbedder(),
        assistant: Assistant | None = None,
        share: bool = False,
        before: "Library | None" = None,
    ) -> "Library":
        """Open the generation in use; raises NoIndex when there is no sound one.

        `vectors` is their folder, or any place for them; broken or locked ones do not stop it, see `vectors_ok`. With
        `share`, vectors that another process holds are read from a private copy. `embedder` is given the dimension the
        index was built with. What the generation shares with that of the library `before`, still open, is not read
        again.
        """
        name = generation.current(index_root)
        if not name:
            raise NoIndex("还没有可用的索引，请运行 fencun index 生成。")
        folder = index_root / name
        manifest = generation.load_manifest(folder, digests=False)
        contents = generation.load_contents(folder, before._base if before else None)
        passages = contents.passages
        lexical = _open_lexical(folder, passages)
        made = embedder(manifest.vector_size or None)
        opened: OpenVectors | VectorsFailed | None = _unfit(manifest, made.name)
        if opened is None and before and before._base is contents.base:
            opened = before._nearness.shared()
        opened = opened or _open_vectors(place_of(vectors), contents.base.name, manifest, share=share)
        rows = generation.load_rows(folder, len(passages) - manifest.in_base)
        later = Later(rows, manifest.in_base, passages.places.values()) if manifest.base else None
        return cls(name, contents, manifest.rejected, lexical, Nearness(opened, made, later), assistant)

    @property
    def vectors_ok(self) -> bool:
        return not self.vectors_reason

    @property
    def vectors_reason(self) -> str:
        return self._nearness.absent

    def look_at_vectors(self) -> None:
        """Bring `vectors_ok` up to this moment, also when nobody has asked anything. May take seconds."""
        self._nearness.look()

    @property
    def needs_rebuild(self) -> bool:
        return self._nearness.needs_rebuild

    @property
    def missed_server(self) -> bool:
        """Whether building again would bring vectors, once the Chroma server answers that was away."""
        return self._nearness.missed_server

    def search(self, question: str, today: date) -> list[Hit]:
        """The best passages of guides that are still valid on `today`, best first; scores are shares of the best."""
        found = self._find(self._reader.read(question[:LONGEST_QUESTION]), today)
        top = max(found.ranked[0].worth, _LEAST) if found.ranked else 1.0
        return [Hit(one.passage, max(0.0, one.worth / top)) for one in found.ranked]

    def examined(self, question: str, hidden: Collection[str] = ()) -> tuple[Question, list[Ranked]]:
        """How a question is read, and all that was compared with it, best first, without the guides `hidden`: for
        fitting and looking."""
        asked = self._reader.read(question[:LONGEST_QUESTION])
        spare = sum(len(self._places[name]) for name in hidden if name in self._places)
        return asked, self._finder.find(asked, hidden, spare)

    async def answer(
        self,
        question: str,
        history: Sequence[Line],
        today: date,
        so_far: Callable[[str], None] | None = None,
    ) -> Answer:
        """What the library has to say: urgent advice, a quote, a composed text where a model is set, or a refusal.

        `so_far` is called with the growing text while a model composes.
        """
        urgent = danger.danger_in(question, history)
        if urgent:
            return Answer(urgent.advice, refused=False, urgent=True, handoff=True)
        if len(question) > LONGEST_QUESTION:
            return quoting.too_long()
        asked = self._asked_by_name(question, history, today)
        if asked:
            return asked
        rewritten = await self._assistant.rewrite(question, history) if self._assistant else ()
        found = await asyncio.to_thread(self._look, question, tuple(history), today, rewritten)
        found = await self._reranked(question, found)
        if not found.enough:
            return quoting.refusal(found.evidence.related)
        quoted = await asyncio.to_thread(self._quote, found)
        composed = None
        if self._assistant is not None:
            composed = await self._assistant.compose(self._in_full(question, history), quoted.hits, so_far)
        return youngest_first(composed or quoted.answer, question, history)

    def quoted(self, question: str, today: date) -> Answer:
        """What the guides say in their own words, or a refusal; no model is asked. To be called in a thread."""
        found = self._look(question, (), today, ())
        return self._quote(found).answer if found.enough else quoting.refusal(found.evidence.related)

    def close(self) -> None:
        """Let go of the files; questions that are under way still get their answer."""
        self._finder.close()
        self._nearness.close()

    def _in_full(self, question: str, history: Sequence[Line]) -> str:
        """The question for who words the answer: with the line before it where it makes no sense alone."""
        before = next((line.text for line in reversed(history) if line.sender == "customer"), "")
        if not before or not follow_up.points_back(self._reader.read(question)):
            return question
        return f"{before[:300]}\n{question}"

    def _asked_by_name(self, question: str, history: Sequence[Line], today: date) -> Answer | None:
        """The whole guide of the last answer, or the one chosen among those a refusal offered."""
        if follow_up.asks_for_whole(question):
            for title, section in follow_up.last_sources(history):
                guide = self._titled(title, section, today)
                if guide:
                    return whole(guide, section)
        number = follow_up.step_asked(question)
        for title, section in follow_up.last_sources(history) if number else ():
            guide = self._titled(title, section, today)
            if guide and (answer := step(guide, [one.passage for one in self._own(guide.name)], section, number)):
                return answer
        chosen = self._titled(offered(question, history, self._by_title), "", today)
        if chosen is None:
            return None
        return opening(chosen, [one.passage for one in self._own(chosen.name)])

    def _titled(self, title: str, section: str, today: date) -> Guide | None:
        """The valid guide of a title; of several, the one that has the section."""
        valid = [guide for guide in self._by_title.get(title, ()) if not guide.expired(today)]
        for guide in valid:
            if any(within(one.passage.section, section) for one in self._own(guide.name)):
                return guide
        return valid[0] if valid else None

    def _look(self, question: str, history: Sequence[Line], today: date, rewritten: Sequence[str]) -> Found:
        """The reading of the question for which the evidence is best: alone, with what was said before, reworded."""
        asked = self._reader.read(question)
        alone = self._find(asked, today)
        best = alone
        worded = any(char.isalnum() for char in asked.plain)  # a link or a picture asks for nothing again
        if history and worded and (follow_up.points_back(asked) or not alone.enough):
            best = self._with_history(alone, history, today)
        if worded and only_an_age(question) and told_of_fever(before := follow_up.last_words(history)):
            aged = self._find(self._reader.read(f"{before} {question}"), today)
            best = aged if aged.enough else best
        for wording in rewritten:
            found = self._find(self._reader.read(wording), today)
            if found.evidence.sure > best.evidence.sure:
                best = found
        return best

    def _with_history(self, alone: Found, history: Sequence[Line], today: date) -> Found:
        """The question read with what was said before: in the guide just quoted, else in all of them."""
        fuller = follow_up.together(alone.question, history, self._reader)
        if fuller is None:
            return alone
        quoted = follow_up.last_sources(history)
        titles = [title for title, _ in quoted]
        for title, section in quoted:
            guide = self._titled(title, section, today)
            if guide and (same := self._in_guide(alone, fuller, history, guide)):
                return alone if veto(fuller, same.ranked[0]) else same
        both = self._find(fuller, today, titles)
        if not _followed(both) or not self._speaks_of(both.ranked[0].prepared, alone.question):
            return alone
        return replace(both, evidence=replace(both.evidence, sure=max(ENOUGH, both.evidence.sure)))

    def _in_guide(self, alone: Found, fuller: Question, history: Sequence[Line], guide: Guide) -> Found | None:
        """The question asked of one guide; None where it asks for another age or material, or for something else."""
        own = self._own(guide.name)
        if any(one.ages and gap(alone.question.ages, one.ages) > 0 for one in own[:1]):
            return None
        named = own[0].attributes
        if any(kind in named and not values & named[kind] for kind, values in alone.question.attributes.items()):
            return None
        if not following.stays(self._following(alone, history, guide)):
            return None
        ranked = self._finder.among(fuller, self._places[guide.name])
        return Found(fuller, tuple(ranked[:KEPT]), Evidence(ENOUGH, "the guide just quoted speaks of it"))

    def _following(self, alone: Found, history: Sequence[Line], guide: Guide) -> dict[str, float]:
        own = self._finder.among(alone.question, self._places[guide.name])
        before = follow_up.said_before(history)
        return following.figures(alone.question, before, own, alone.ranked, alone.evidence.sure)

    def followed(self, question: str, history: Sequence[Line], today: date) -> tuple[str, dict[str, float]] | None:
        """The guide just quoted and the figures by which a question goes on in it or not, for fitting; None where
        neither is asked."""
        alone = self._find(self._reader.read(question), today)
        quoted = follow_up.last_sources(history)
        guide = self._titled(*quoted[0], today) if quoted else None
        if guide is None or not (follow_up.points_back(alone.question) or not alone.enough):
            return None
        return guide.name, self._following(alone, history, guide)

    def _speaks_of(self, prepared: Prepared, question: Question) -> bool:
        if question.subject < following.OWN_WEIGHT:  # "多久一次" has no word of its own
            return True
        return coverage(question.by_itself(), f"{prepared.head}\n{prepared.body}") >= OWN_SHARE

    def _find(self, question: Question, today: date, favoured: Collection[str] = ()) -> Found:
        hidden = frozenset(guide.name for guide in self._ending if guide.expired(today))
        spare = sum(len(self._places[name]) for name in hidden if name in self._places)
        return self._judged(question, self._finder.find(question, hidden, spare, favoured))

    def _judged(self, question: Question, ranked: Sequence[Ranked]) -> Found:
        return Found(question, tuple(ranked[:KEPT]), judge(question, ranked))

    async def _reranked(self, question: str, found: Found) -> Found:
        """The passages in the order a model gives them; what it does not name keeps its place behind."""
        if self._assistant is None or not found.enough:
            return found
        order = await self._assistant.rerank(question, [_hit(one) for one in found.ranked])
        ranked = [found.ranked[place] for place in order]
        ranked += [one for place, one in enumerate(found.ranked) if place not in order]
        again = self._judged(found.question, ranked)
        return again if again.enough else found

    def _quote(self, found: Found) -> Quoted:
        return quoting.quote(found.question, found.ranked, self._own(found.ranked[0].passage.guide))

    def _own(self, guide: str) -> list[Prepared]:
        return [self._finder.prepared(number) for number in self._places.get(guide, ())]


def _followed(found: Found) -> bool:
    """Whether what was found is enough where the subject was named before: for just that age or material, it is."""
    if not found.ranked or veto(found.question, found.ranked[0]):
        return False
    met = found.ranked[0].match
    return found.evidence.sure >= FOLLOWED or (met.covered >= COVERED and (met.age_fits or met.fits > 0))


def _hit(one: Ranked) -> Hit:
    return Hit(one.passage, one.match.covered)


@lru_cache(maxsize=1)
def _table(added: tuple[tuple[str, ...], ...]) -> Wordings:
    """The wordings of a library; two generations mostly have the same."""
    return wordings(added)


def _open_lexical(folder: Path, passages: Passages) -> Lexical:
    try:
        lexical = Lexical.open(folder / "lexical")
    except (OSError, ValueError) as error:
        raise NoIndex("字词索引已损坏，请运行 fencun index 重新生成。") from error
    if lexical.size != passages.in_use:
        raise NoIndex("字词索引不完整，请运行 fencun index 重新生成。")
    return lexical


def _unfit(manifest: Manifest, embedder: str) -> VectorsFailed | None:
    """Why the vectors of a generation cannot be used, whatever is in their folder."""
    if manifest.vectors_reason:
        return (VectorsAway if manifest.away else VectorsAbsent)(manifest.vectors_reason)
    if manifest.embedder != embedder:
        return VectorsFailed("向量索引是用另一种向量设置建立的，请运行 fencun index 重新生成。")
    return None


def _open_vectors(place: Place, name: str, manifest: Manifest, *, share: bool) -> OpenVectors | VectorsFailed:
    try:
        return place.open(name, manifest.collection, manifest.in_base, share=share)
    except VectorsFailed as error:
        return error
