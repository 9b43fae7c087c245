"""The baseline of the search: plain BM25 over characters and their pairs, one field of title, section, keywords, text.

`python -m bench.knowledge_bm25 <guides> <folder>` builds it for a folder of guides.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

import tantivy

from knowledge.guides import read_folder
from knowledge.indexing.passages import split
from knowledge.language.terms import terms
from knowledge.types import Passage

DEPTH = 24  # passages of one search, as many as ours takes from each side
_HEAP = 64_000_000  # bytes of the writer


class Plain:
    """An index of passages; each is known by its guide's name."""

    def __init__(self, index: tantivy.Index) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()

    @classmethod
    def create(cls, folder: Path, passages: Iterable[Passage]) -> "Plain":
        """Write the index into `folder`, which must be empty, and open it."""
        folder.mkdir(parents=True, exist_ok=True)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("guide", stored=True, tokenizer_name="raw")
        builder.add_text_field("all", tokenizer_name="whitespace", index_option="freq")
        schema = builder.build()
        writer = tantivy.Index(schema, str(folder)).writer(heap_size=_HEAP, num_threads=1)
        for passage in passages:
            said = " ".join(terms(f"{passage.head}\n{passage.text}"))
            writer.add_document(tantivy.Document.from_dict({"guide": passage.guide, "all": said}, schema))
        writer.commit()
        writer.wait_merging_threads()
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "Plain":
        return cls(tantivy.Index.open(str(folder)))

    def search(self, question: str) -> list[str]:
        """The guides of the best passages, best first."""
        parts = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "all", term, index_option="freq"))
            for term in dict.fromkeys(terms(question))
        ]
        if not parts:
            return []
        found = self._searcher.search(tantivy.Query.boolean_query(parts), DEPTH)
        return [str(self._searcher.doc(address)["guide"][0]) for _, address in found.hits]


def main(guides: str, folder: str) -> None:
    found, _ = read_folder(Path(guides))
    Plain.create(Path(folder), (passage for guide in found for passage in split(guide)))


if __name__ == "__main__":
    main(*sys.argv[1:])
