"""The files of a generation: read line by line, whole or not at all, and let go of at once."""

import gc
import weakref
from datetime import date

import pytest

from knowledge.indexing import generation
from knowledge.indexing.generation import FORMAT, Manifest, NoIndex
from knowledge.indexing.index import build
from knowledge.indexing.passages import split
from knowledge.indexing.stored import Lines, Passages, stored
from knowledge.indexing.words import Words
from knowledge.language.vocabulary import Used, Vocabulary, heard
from knowledge.library import Library
from knowledge.types import Guide

TODAY = date(2026, 11, 21)
GUIDES = (
    Guide(
        "a.md", "真皮沙发\u2028怎么清洁", "styling", "开头。\n\n## 油渍\n\n先吸走，再擦。", keywords=("沙发", "皮革")
    ),
    Guide("b.md", "退换货规则", "service", "7 天内可以退。"),
)
PASSAGES = [passage for guide in GUIDES for passage in split(guide)]
USED = {"沙发": Used(2, True), "油渍": Used(1, False), "7": Used(1, False)}
WORDS = Words(USED, heard(USED), (("沙发", "sofa"),))


@pytest.fixture
def folder(tmp_path):
    manifest = Manifest(FORMAT, {guide.name: generation.digest(guide) for guide in GUIDES}, (), len(PASSAGES), "")
    generation.save(tmp_path, manifest, GUIDES, PASSAGES, WORDS)
    return tmp_path


def test_what_is_saved_is_what_is_loaded(folder):
    guides, passages = generation.load(folder)
    assert guides == GUIDES
    assert tuple(passages) == passages[:] == tuple(PASSAGES)
    assert passages.places == {"a.md": range(2), "b.md": range(2, 3)}
    assert generation.load_words(folder) == WORDS
    assert generation.load_manifest(folder).digests == {guide.name: generation.digest(guide) for guide in GUIDES}


def test_a_passage_beyond_the_last_does_not_exist(folder):
    _, passages = generation.load(folder)
    for number in (len(PASSAGES), -1):
        with pytest.raises(IndexError):
            passages[number]


@pytest.mark.parametrize("name", ["guides.json", "passages.json", "words.json", "digests.json"])
@pytest.mark.parametrize("damage", ["cut", "changed", "longer", "gone", "without its head"])
def test_a_file_that_is_not_as_it_was_written_is_no_index(folder, name, damage):
    path = folder / name
    content = path.read_bytes()
    changed = bytearray(content)
    changed[-4] ^= 1
    damaged = {
        "cut": content[:-3],
        "changed": bytes(changed),
        "longer": content + content.splitlines(keepends=True)[-1],
        "gone": b"",
        "without its head": content.partition(b"\n")[2],
    }
    path.write_bytes(damaged[damage])
    with pytest.raises(NoIndex):
        _everything(folder)


def _everything(folder):
    return generation.load(folder), generation.load_words(folder), generation.load_manifest(folder)


def test_passages_of_other_guides_are_no_index(folder):
    (folder / "passages.json").write_bytes(Passages.stored(PASSAGES[::-1]))
    with pytest.raises(NoIndex):
        generation.load(folder)


def test_no_values_are_a_file_as_well():
    assert list(Lines(stored([]))) == []


def test_words_that_were_kept_with_their_sound_are_found_like_those_that_were_not():
    kept, anew = Vocabulary(USED, heard(USED)), Vocabulary(USED)
    assert kept.sounding_like("油字") == anew.sounding_like("油字") == ["油渍"]
    assert kept.abbreviated("sf") == anew.abbreviated("sf") == ["沙发"]


def test_a_library_that_is_no_longer_used_goes_without_waiting_for_the_collector(guides, tmp_path):
    """Objects that hold themselves would stay for ever once the collector was told to leave them alone."""
    build(guides, tmp_path / "index", tmp_path / "chroma")
    library = Library.open(tmp_path / "index", tmp_path / "chroma")
    library.search("真皮沙发怎么清洁", TODAY)
    gone = weakref.ref(library)
    finder = weakref.ref(library._finder)
    gc.disable()
    try:
        library.close()
        del library
        assert gone() is None
        assert finder() is None
    finally:
        gc.enable()
