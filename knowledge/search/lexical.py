"""Passages ↔ terms: a tantivy index over characters and character bigrams, naming fields and body scored apart."""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import tantivy

from knowledge.language.terms import terms
from knowledge.types import Passage

# Weights of the fields. Apart and summed; the body matters less than what names the passage.
FIELDS: Mapping[str, float] = {"title": 0.6, "head": 0.7, "body": 0.5}
WHOLE: Mapping[str, float] = {"whole": 1.0}
_HEAP = 32_000_000  # bytes the writer may hold; the least it accepts is 15 MB


class Lexical:
    """A read-only index of passages, known by their number in the order they were given. Safe to use from threads."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        self.size: int = self._searcher.num_docs

    @classmethod
    def create(cls, folder: Path, passages: Iterable[Passage]) -> None:
        """Write the index of `passages` into `folder`, which must be there and empty."""
        index = tantivy.Index(_schema(), str(folder))
        _write(index, enumerate(passages), ())

    @classmethod
    def change(cls, folder: Path, gone: Iterable[str], new: Iterable[tuple[int, Passage]]) -> None:
        """Take the guides named out of the index at `folder`, and add passages by number.

        Files that are there are only replaced or removed, never written: they may be links that others read.
        """
        _write(tantivy.Index.open(str(folder)), new, gone)

    @classmethod
    def open(cls, folder: Path) -> "Lexical":
        """Raises ValueError or OSError when `folder` holds no sound index."""
        return cls(tantivy.Index.open(str(folder)))

    def search(
        self, wanted: Mapping[str, float], limit: int, fields: Mapping[str, float] = FIELDS
    ) -> list[tuple[int, float]]:
        """The best passages for these weighted terms as (number, score), best first; scores compare in one search."""
        if not wanted or not self.size:
            return []
        # Uncounted, passages that cannot come among the best are passed over.
        found = self._searcher.search(self._query(wanted, fields), min(limit, self.size), count=False)
        return [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in found.hits]

    def rarity(self, term: str) -> float:
        """How much a term tells, as inverse document frequency: 0 when every passage has it."""
        frequent = self._searcher.doc_freq("whole", term)  # with passages of guides that went, until files are merged
        return math.log((self.size + 1) / (min(frequent, self.size) + 1))

    def has(self, guide: str) -> bool:
        """Whether it holds passages of the guide of this name."""
        return bool(self._searcher.search(tantivy.Query.term_query(self._schema, "guide", guide), 1).hits)

    def _query(self, wanted: Mapping[str, float], fields: Mapping[str, float]) -> tantivy.Query:
        # Built from terms: what people type never meets a query parser.
        parts = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, term), weight * share))
            for term, share in wanted.items()
            for field, weight in fields.items()
        ]
        return tantivy.Query.boolean_query(parts)

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True)
    builder.add_text_field("guide", tokenizer_name="raw", index_option="basic")
    for field in (*FIELDS, *WHOLE):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _write(index: tantivy.Index, new: Iterable[tuple[int, Passage]], gone: Iterable[str]) -> None:
    writer = index.writer(heap_size=_HEAP, num_threads=1)
    for guide in gone:
        writer.delete_documents_by_term("guide", guide)
    for number, passage in new:
        title, head = terms(passage.title), terms("\n".join((passage.section, *passage.keywords)))
        body = terms(passage.text)
        found = {"title": title, "head": head, "body": body, "whole": [*title, *head, *body]}
        fields = {field: " ".join(said) for field, said in found.items()}
        document = {"number": number, "guide": passage.guide, **fields}
        writer.add_document(tantivy.Document.from_dict(document, index.schema))
    writer.commit()
    writer.wait_merging_threads()
