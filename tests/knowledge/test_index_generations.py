import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.embeddings.embedding import HashedEmbedder
from knowledge.indexing import generation
from knowledge.indexing.generation import NoIndex
from knowledge.indexing.index import IndexFailed, build, outdated
from knowledge.library import Library
from tests.knowledge.killing import killed_at

TODAY = date(2026, 11, 21)


@pytest.fixture
def roots(tmp_path):
    return tmp_path / "index", tmp_path / "chroma"


def everything(root: Path) -> set[str]:
    return {path.name for path in root.iterdir() if path.is_dir()}


def test_the_first_build_adds_all_guides_and_opens(guides, roots):
    built = build(guides, *roots)
    assert built.fresh
    assert built.added == ("food.md", "returns.md", "rug.md", "sofa.md")
    assert (built.changed, built.removed, built.rejected) == ((), (), ())
    assert built.vectors_ok
    library = Library.open(*roots)
    assert library.generation == built.generation
    assert [guide.name for guide in library.guides] == ["food.md", "returns.md", "rug.md", "sofa.md"]
    library.close()


def test_unchanged_guides_make_no_new_generation(guides, roots):
    first = build(guides, *roots)
    assert not outdated(guides, roots[0])
    again = build(guides, *roots)
    assert (again.fresh, again.generation) == (False, first.generation)
    assert (again.added, again.changed, again.removed) == ((), (), ())


def test_added_changed_removed_and_rejected_guides_are_told_apart(guides, roots, write_guide):
    build(guides, *roots)
    write_guide(guides, "new.md", "新的一篇", "新的内容。")
    write_guide(guides, "styling/rug.md", "客厅地毯选多大", "改过的内容。")
    (guides / "service/returns.md").unlink()
    (guides / "bad.md").write_text("没有标题")
    assert outdated(guides, roots[0])
    built = build(guides, *roots)
    assert (built.added, built.changed, built.removed) == (("new.md",), ("rug.md",), ("returns.md",))
    assert [one.name for one in built.rejected] == ["bad.md"]
    library = Library.open(*roots)
    assert [one.name for one in library.rejected] == ["bad.md"]
    library.close()


def test_a_newly_rejected_file_alone_is_noted_without_a_new_generation(guides, roots):
    first = build(guides, *roots)
    (guides / "bad.md").write_text("没有标题")
    assert build(guides, *roots).generation == first.generation
    library = Library.open(*roots)
    assert [one.name for one in library.rejected] == ["bad.md"]
    library.close()


def test_only_the_generation_in_use_and_the_one_before_it_are_kept(guides, roots, write_guide):
    names = []
    for number in range(4):
        write_guide(guides, "more.md", f"第 {number} 版", "内容。")
        names.append(build(guides, *roots).generation)
    assert everything(roots[0]) == everything(roots[1]) == set(names[2:])


def test_a_generation_that_a_server_has_open_is_not_swept_away(guides, roots, write_guide):
    build(guides, *roots)
    serving = Library.open(*roots)
    for number in range(3):
        write_guide(guides, "more.md", f"第 {number} 版", "内容。")
        build(guides, *roots)
    assert serving.generation in everything(roots[1])
    assert serving.vectors_ok
    assert serving.search("真皮沙发怎么清洁", TODAY)
    serving.close()


def test_a_missing_or_empty_guides_folder_keeps_the_old_index(guides, roots, tmp_path):
    built = build(guides, *roots)
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path / "empty"):
        with pytest.raises(IndexFailed, match="原有索引保持不变"):
            build(folder, *roots)
    assert generation.current(roots[0]) == built.generation


def test_a_place_that_cannot_be_written_is_reported_with_what_to_do(guides, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexFailed, match=r"目前没有可用的索引。请检查"):
        build(guides, tmp_path / "file" / "index", tmp_path / "chroma")


def test_vectors_that_cannot_be_written_leave_the_lexical_side_alone_in_use(guides, roots, tmp_path):
    (tmp_path / "file").write_text("in the way")
    built = build(guides, roots[0], tmp_path / "file" / "chroma")
    assert not built.vectors_ok
    assert built.vectors_reason
    library = Library.open(roots[0], tmp_path / "file" / "chroma")
    assert (library.vectors_ok, library.needs_rebuild) == (False, False)  # it would only end the same
    assert library.vectors_reason == built.vectors_reason
    assert library.search("真皮沙发怎么清洁", TODAY)[0].passage.guide == "sofa.md"


def test_vectors_that_failed_are_tried_again_by_the_next_build(guides, roots, tmp_path):
    (tmp_path / "file").write_text("in the way")
    first = build(guides, roots[0], tmp_path / "file" / "chroma")
    (tmp_path / "file").unlink()
    again = build(guides, roots[0], tmp_path / "file" / "chroma")
    assert (again.fresh, again.vectors_ok, again.generation != first.generation) == (True, True, True)


class Reversed(HashedEmbedder):
    """Other vectors of the same size."""

    name = "reversed"

    def embed_documents(self, texts):
        return super().embed_documents([text[::-1] for text in texts])


def test_another_embedding_is_noticed_and_the_index_built_anew(guides, roots):
    first = build(guides, *roots)
    library = Library.open(*roots, embedder=lambda _: Reversed())
    assert (library.vectors_ok, library.needs_rebuild) == (False, True)
    assert library.search("真皮沙发怎么清洁", TODAY)[0].passage.guide == "sofa.md"
    library.close()
    again = build(guides, *roots, embedder=Reversed())
    assert (again.fresh, again.generation != first.generation) == (True, True)
    library = Library.open(*roots, embedder=lambda _: Reversed())
    assert library.vectors_ok
    library.close()


def test_an_embedder_is_told_the_size_the_index_was_built_with(guides, roots):
    build(guides, *roots)
    sizes = []
    Library.open(*roots, embedder=lambda size: sizes.append(size) or HashedEmbedder()).close()
    assert sizes == [HashedEmbedder().size]


def test_only_one_builder_at_a_time(guides, roots):
    def meanwhile(_: str) -> None:
        with pytest.raises(IndexFailed, match="另一个索引任务"):
            build(guides, *roots)

    assert build(guides, *roots, meanwhile).fresh


def test_broken_vectors_are_built_anew_from_the_same_guides(guides, roots):
    first = build(guides, *roots)
    shutil.rmtree(roots[1] / first.generation)
    again = build(guides, *roots)
    assert again.fresh
    assert again.generation != first.generation
    assert (again.added, again.changed, again.removed, again.vectors_ok) == ((), (), (), True)


def test_a_broken_lexical_index_is_no_index_and_is_built_anew(guides, roots):
    first = build(guides, *roots)
    for path in (roots[0] / first.generation / "lexical").iterdir():
        path.write_bytes(b"junk")
    with pytest.raises(NoIndex):
        Library.open(*roots)
    assert build(guides, *roots).fresh
    Library.open(*roots).close()


@pytest.mark.parametrize("name", ["guides.json", "passages.json", "manifest.json", "words.json"])
@pytest.mark.parametrize("content", ["", "{", "[1]", '{"format": 1}', '[{"name": 1}]'])
def test_a_broken_file_of_a_generation_is_no_index_and_is_built_anew(guides, roots, name, content):
    first = build(guides, *roots)
    (roots[0] / first.generation / name).write_text(content)
    with pytest.raises(NoIndex):
        Library.open(*roots)
    assert build(guides, *roots).fresh


@pytest.mark.parametrize("content", ["", "../../etc", "000009-deadbeef", "\n"])
def test_a_broken_pointer_is_no_index_and_is_built_anew(guides, roots, content):
    build(guides, *roots)
    (roots[0] / "current").write_text(content)
    with pytest.raises(NoIndex):
        Library.open(*roots)
    assert build(guides, *roots).fresh


def test_another_format_is_no_index_and_is_built_anew(guides, roots, monkeypatch):
    build(guides, *roots)
    monkeypatch.setattr(generation, "FORMAT", generation.FORMAT + 1)
    with pytest.raises(NoIndex, match="另一个版本"):
        Library.open(*roots)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_kill_at_any_step_of_a_build_leaves_the_old_generation_in_use(guides, roots, write_guide, steps):
    first = build(guides, *roots)
    write_guide(guides, "new.md", "新的一篇", "新的内容。")
    killed_at(steps, guides, roots, thrifty=False)
    library = Library.open(*roots)
    assert library.generation == first.generation
    assert library.vectors_ok
    library.close()
    assert build(guides, *roots).added == ("new.md",)
