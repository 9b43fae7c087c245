"""A few guides compared with questions without an index on disk: read, matched, ranked, judged and quoted."""

from knowledge.answers.quoting import Quoted, quote
from knowledge.indexing.passages import split
from knowledge.language.segmenting import Segmenter
from knowledge.language.vocabulary import Vocabulary, collect
from knowledge.language.wordings import wordings
from knowledge.questions.asking import GAP
from knowledge.questions.question import Question, Reader
from knowledge.search.evidence import Evidence, judge, veto
from knowledge.search.matching import Prepared, coverage, match, spelt
from knowledge.search.ranking import Around, Ranked, Sides
from knowledge.types import Guide


def guide(title: str, body: str, name: str = "", keywords: tuple[str, ...] = ()) -> Guide:
    return Guide(name=name or f"{title}.md", title=title, topic="", body=body, keywords=keywords)


class Shelf:
    def __init__(self, *guides: Guide) -> None:
        table = wordings()
        segmenter = Segmenter(table.forms)
        passages = [passage for one in guides for passage in split(one)]
        self.reader = Reader(segmenter, table, Vocabulary(collect(passages, segmenter)))
        self.prepared = [Prepared(passage, table) for passage in passages]

    def ranked(self, asked: Question) -> list[Ranked]:
        """All passages, best first, as if both indexes thought as well of each."""
        found = []
        for number, prepared in enumerate(self.prepared):
            met = match(asked, prepared, rarity)
            text = GAP.join(one.whole for one in self.own(prepared.passage.guide))
            around = Around(coverage(asked, text), spelt(asked.plain, text, rarity))
            found.append(Ranked.of(number, prepared, met, Sides(1.0, 1.0, 1.0, 1.0), around))
        return sorted(found, key=lambda one: (-one.worth, one.number))

    def best(self, question: str) -> str:
        """The title of the guide that fits best."""
        return self.ranked(self.reader.read(question))[0].passage.title

    def veto(self, question: str) -> str:
        asked = self.reader.read(question)
        return veto(asked, self.ranked(asked)[0])

    def judged(self, question: str) -> Evidence:
        asked = self.reader.read(question)
        ranked = self.ranked(asked)
        return judge(asked, ranked)

    def quoted(self, question: str) -> Quoted:
        asked = self.reader.read(question)
        ranked = self.ranked(asked)
        return quote(asked, ranked, self.own(ranked[0].passage.guide))

    def text(self, question: str) -> str:
        return self.quoted(question).answer.text

    def own(self, name: str) -> list[Prepared]:
        return [one for one in self.prepared if one.passage.guide == name]


def rarity(_: str) -> float:
    return 1.0
