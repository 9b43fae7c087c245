"""Passages ↔ terms: a tantivy index over characters and character bigrams, naming fields and body scored apart."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import tantivy

from knowledge.terms import terms
from knowledge.types import Passage

HEAD_WEIGHT = 1.0
BODY_WEIGHT = 0.35  # apart and summed; the body matters less than what names the passage
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
        schema = _schema()
        writer = tantivy.Index(schema, str(folder)).writer(heap_size=_HEAP, num_threads=1)
        for number, passage in enumerate(passages):
            head, body = terms(passage.head), terms(passage.text)
            fields = {
                "number": number,
                "head": " ".join(head),
                "body": " ".join(body),
                "anywhere": " ".join({*head, *body}),
            }
            writer.add_document(tantivy.Document.from_dict(fields, schema))
        writer.commit()
        writer.wait_merging_threads()

    @classmethod
    def open(cls, folder: Path) -> "Lexical":
        """Raises ValueError or OSError when `folder` holds no sound index."""
        return cls(tantivy.Index.open(str(folder)))

    def search(self, wanted: Sequence[str], limit: int) -> list[tuple[int, float]]:
        """The best passages for these terms as (number, score), best first; scores compare only inside one search."""
        if not wanted or not self.size:
            return []
        found = self._searcher.search(self._query(wanted), min(limit, self.size))
        return [(int(self._searcher.doc(address)["number"][0]), float(score)) for score, address in found.hits]

    def rarity(self, term: str, hidden: int = 0, with_term: int = 0) -> float:
        """How much a term tells, as inverse document frequency: 0 when every passage has it.

        `hidden` passages, `with_term` of them with the term, are left out of account.
        """
        having = self._searcher.doc_freq("anywhere", term) - with_term
        return math.log((self.size - hidden + 1) / (having + 1))

    def known(self, term: str) -> bool:
        """Whether any passage has this term."""
        return bool(self._searcher.doc_freq("anywhere", term))

    def _query(self, wanted: Sequence[str]) -> tantivy.Query:
        # Built from terms: what people type never meets a query parser.
        parts = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, term), weight))
            for term in wanted
            for field, weight in (("head", HEAD_WEIGHT), ("body", BODY_WEIGHT))
        ]
        return tantivy.Query.boolean_query(parts)

    def _term(self, field: str, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, term, index_option="freq")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", stored=True)
    for field in ("head", "body"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("anywhere", tokenizer_name="whitespace", index_option="basic")
    return builder.build()
