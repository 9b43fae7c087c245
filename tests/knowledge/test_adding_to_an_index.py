"""A few changed guides are added to the generation in use; what it answers is what one built at once would answer."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from knowledge.embeddings.embedding import EmbeddingFailed, HashedEmbedder
from knowledge.guides import read_folder
from knowledge.indexing import generation
from knowledge.indexing.adding import Thrift
from knowledge.indexing.generation import NoIndex
from knowledge.indexing.index import build, outdated
from knowledge.library import Library
from knowledge.readers import markdown
from knowledge.search.evidence import ENOUGH, judge
from tests.knowledge.killing import killed_at

TODAY = date(2026, 11, 21)
ROOT = Path(__file__).resolve().parents[2]
ALWAYS = Thrift(least=0, large=2.0, most=2.0)
NOISE = 0.1  # how much less sure counts and neighbours that are a little other ones may make an answer
QUESTION = "团购满几人成团"


@pytest.fixture
def roots(tmp_path):
    return tmp_path / "index", tmp_path / "chroma"


@pytest.fixture
def add(guides, roots):
    """Builds after a change, and insists that it was added and not built anew."""
    build(guides, *roots)

    def added(**more):
        built = build(guides, *roots, thrift=ALWAYS, **more)
        assert generation.load_manifest(roots[0] / built.generation).base == base
        return built

    base = generation.current(roots[0])
    return added


@pytest.fixture
def party(guides, write_guide):
    return lambda body="团购满三人成团。": write_guide(guides, "party.md", "团购规则", body)


def first(library: Library, question: str) -> str:
    found = library.search(question, TODAY)
    return found[0].passage.guide if found else ""


def questions() -> list[str]:
    rows = map(json.loads, (ROOT / "tests" / "evaluation" / "dev.jsonl").read_text(encoding="utf-8").splitlines())
    return [row["question"] for row in rows if not row.get("history")][::2]


def test_a_library_with_guides_added_changed_and_removed_answers_like_one_built_at_once(tmp_path):
    folder = tmp_path / "guides"
    shutil.copytree(ROOT / "guides", folder)
    files = sorted(path for path in folder.rglob("*.md"))
    kept = {path: path.read_text(encoding="utf-8") for path in files}
    for path in files[::9]:
        path.unlink()
    for path in files[1::9]:
        path.write_text("---\ntitle: 还没写好\n---\n\n明天再写。\n", encoding="utf-8")
    (folder / "gone.md").write_text("---\ntitle: 猫爬架怎么选\n---\n\n猫爬架选稳的。\n", encoding="utf-8")
    grown = tmp_path / "grown" / "index", tmp_path / "grown" / "chroma"
    build(folder, *grown)
    for path in (*files[::9], *files[1::9]):
        path.write_text(kept[path], encoding="utf-8")
    (folder / "gone.md").unlink()
    assert build(folder, *grown, thrift=ALWAYS).removed == ("gone.md",)
    at_once = tmp_path / "once" / "index", tmp_path / "once" / "chroma"
    build(folder, *at_once)
    ours, theirs = Library.open(*grown), Library.open(*at_once)
    assert generation.load_manifest(grown[0] / ours.generation).base
    assert set(ours.guides) == set(theirs.guides)
    words = generation.load_words(grown[0] / ours.generation), generation.load_words(at_once[0] / theirs.generation)
    assert words[0].used == words[1].used
    assert set(words[0].spoken) == set(words[1].spoken)
    for question in questions():
        (asked, mine), (_, other) = ours.examined(question), theirs.examined(question)
        own, others = judge(asked, mine), judge(asked, other)
        if abs(own.sure - ENOUGH) > NOISE:
            assert own.enough == others.enough, question
        if own.enough and others.enough:
            assert mine[0].passage.guide == other[0].passage.guide, question
    ours.close()
    theirs.close()


def test_an_added_a_changed_and_a_removed_guide_are_seen_at_once(guides, roots, add, party):
    party()
    assert add().added == ("party.md",)
    library = Library.open(*roots)
    assert (first(library, QUESTION), library.vectors_ok) == ("party.md", True)
    library.close()
    party("团购满五人成团，三天内有效。")
    assert add().changed == ("party.md",)
    library = Library.open(*roots)
    assert "满五人" in library.quoted(QUESTION, TODAY).text
    assert "满三人" not in library.quoted(QUESTION, TODAY).text
    library.close()
    (guides / "party.md").unlink()
    assert add().removed == ("party.md",)
    library = Library.open(*roots)
    assert "party.md" not in {hit.passage.guide for hit in library.search(QUESTION, TODAY)}
    assert library.quoted(QUESTION, TODAY).refused
    library.close()


def test_a_guide_of_the_base_that_went_is_near_nothing(guides, roots, add):
    (guides / "service/returns.md").unlink()
    add()
    library = Library.open(*roots)
    near = library._nearness.find("签收次日起 7 天内可以无理由退货", 24)
    assert near
    assert {library._finder.prepared(number).passage.guide for number, _ in near} == {"food.md", "rug.md", "sofa.md"}
    library.close()


def test_what_is_added_is_near_by_its_vector(roots, add, party):
    party()
    add()
    library = Library.open(*roots)
    number, likeness = library._nearness.find("团购规则\n团购满三人成团。", 3)[0]
    assert library._finder.prepared(number).passage.guide == "party.md"
    assert likeness > 0.9
    library.close()


def test_nothing_that_the_generation_before_uses_is_touched(roots, add, party):
    folder = roots[0] / generation.current(roots[0])
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    party()
    add()
    party("改了。")
    build(roots[0].parent / "guides", *roots, thrift=ALWAYS)
    for path, content in before.items():
        assert not path.exists() or path.read_bytes() == content
    assert (roots[0] / generation.current(roots[0]) / "passages.json").stat().st_nlink > 1


def test_generations_of_one_base_are_opened_side_by_side_and_share_it(roots, add, party):
    before = Library.open(*roots)
    party()
    add()
    after = Library.open(*roots, before=before)
    assert (before.vectors_ok, after.vectors_ok) == (True, True)
    assert after._base is before._base
    before.close()
    assert first(after, QUESTION) == "party.md"
    assert after._nearness.find("真皮沙发", 3)
    after.close()
    Library.open(*roots).close()


def test_vectors_that_broke_in_use_ask_for_a_rebuild_after_the_next_opening_too(roots, add, party):
    before = Library.open(*roots)
    before._nearness.reason = "坏了"
    party()
    add()
    after = Library.open(*roots, before=before)
    assert (after.vectors_ok, after.needs_rebuild) == (False, True)
    after.close()
    before.close()


def test_broken_vectors_of_the_base_are_built_anew_with_the_change(guides, roots, add, party):
    shutil.rmtree(roots[1] / generation.current(roots[0]))
    party()
    built = build(guides, *roots, thrift=ALWAYS)
    assert (built.added, built.vectors_ok) == (("party.md",), True)
    assert not generation.load_manifest(roots[0] / built.generation).base


def test_a_broken_index_is_built_anew_with_the_change(guides, roots, party):
    first_one = build(guides, *roots)
    (roots[0] / first_one.generation / "passages.json").write_text("[")
    party()
    built = build(guides, *roots, thrift=ALWAYS)
    assert not generation.load_manifest(roots[0] / built.generation).base
    Library.open(*roots).close()


@pytest.mark.parametrize(
    "name", ["added_guides.json", "added_passages.json", "added_words.json", "added_rows", "digests.json"]
)
@pytest.mark.parametrize("content", [b"", b"{", b'{"count": 0, "crc": 0}\n'])
def test_a_broken_file_of_what_was_added_is_no_index_and_is_built_anew(guides, roots, add, party, name, content):
    party()
    built = add()
    (roots[0] / built.generation / name).write_bytes(content)
    with pytest.raises(NoIndex):
        Library.open(*roots)
    assert build(guides, *roots).fresh
    Library.open(*roots).close()


def test_a_change_that_is_large_is_added_and_then_built_anew(guides, roots, party):
    build(guides, *roots)
    party()
    said: list[str] = []
    built = build(guides, *roots, said.append, thrift=Thrift(least=0, large=0.01, most=2.0))
    assert built.added == ("party.md",)
    assert not generation.load_manifest(roots[0] / built.generation).base
    assert generation.names(roots[0]) == [built.generation[:5] + "2" + "-" + built.generation[7:], built.generation]
    assert any("份指南有变化" in text for text in said)


def test_a_change_of_most_of_it_or_of_a_small_library_is_built_anew_at_once(guides, roots, party):
    build(guides, *roots)
    for body, thrift in (("一。", Thrift()), ("二。", Thrift(least=0, large=0.01, most=0.05))):
        party(body)
        assert not generation.load_manifest(roots[0] / build(guides, *roots, thrift=thrift).generation).base
    assert len(generation.names(roots[0])) == 2


def test_the_vectors_of_the_base_stay_as_long_as_a_generation_uses_them(guides, roots, add, party):
    base = generation.current(roots[0])
    names = []
    for number in range(4):
        party(f"第 {number} 版。")
        names.append(add().generation)
    assert set(generation.names(roots[0])) == set(names[2:])
    assert generation.names(roots[1]) == [base]
    party("最后一版。")
    for number in range(2):
        party(f"重建 {number}。")
        build(guides, *roots)
    assert base not in generation.names(roots[1])


class Failing(HashedEmbedder):
    def embed_documents(self, texts):
        raise EmbeddingFailed("向量服务没有回应。")


def test_an_embedding_that_fails_leaves_the_words_in_use_and_is_made_up_for_later(guides, roots, add, party):
    party()
    built = add(embedder=Failing())
    assert (built.added, built.vectors_ok) == (("party.md",), False)
    library = Library.open(*roots)
    assert (first(library, QUESTION), library.vectors_ok, library.needs_rebuild) == ("party.md", False, False)
    library.close()
    again = build(guides, *roots, thrift=ALWAYS)
    assert (again.fresh, again.vectors_ok) == (True, True)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_kill_at_any_step_leaves_the_old_generation_in_use(guides, roots, add, party, steps):
    before = generation.current(roots[0])
    party()
    killed_at(steps, guides, roots, thrifty=True)
    library = Library.open(*roots)
    assert (library.generation, library.vectors_ok) == (before, True)
    library.close()
    assert add().added == ("party.md",)


class Killed(BaseException):
    """Ends a build as a kill would: nothing is put in order behind it."""


@pytest.mark.parametrize(
    "step", ["save_addition", "save_files", "put_in_use", "write", "_save_digests", "save_manifest", "link"]
)
def test_a_death_in_any_file_leaves_a_generation_that_answers(guides, roots, add, party, monkeypatch, step):
    before = generation.current(roots[0])
    party()

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(generation, step, die)
        with pytest.raises(Killed):
            build(guides, *roots, thrift=ALWAYS)
    library = Library.open(*roots)
    assert (library.generation, first(library, "真皮沙发怎么清洁")) == (before, "sofa.md")
    library.close()
    add()


def same_as_reading_all(folder: Path, index_root: Path) -> bool:
    """Whether the index knows of every guide and every file of no use that the folder holds."""
    manifest = generation.load_manifest(index_root / generation.current(index_root))
    guides, rejected = read_folder(folder)
    return (manifest.digests, manifest.rejected) == ({one.name: generation.digest(one) for one in guides}, rejected)


def test_whatever_becomes_of_files_the_index_knows_the_folder_as_it_is(guides, roots, write_guide):
    build(guides, *roots)
    changes = [
        lambda: (guides / "bad.md").write_text("没有标题", encoding="utf-8"),
        lambda: write_guide(guides, "bad.md", "写好了", "现在有内容。"),
        lambda: (guides / "bad.md").write_text("又坏了", encoding="utf-8"),
        (guides / "bad.md").unlink,
        lambda: write_guide(guides, "other/rug.md", "另一份地毯", "两个文件同名。"),
        lambda: write_guide(guides, "other/rug.md", "另一份地毯", "同名的改了。"),
        (guides / "other/rug.md").unlink,
        lambda: (guides / "styling/rug.md").rename(guides / "styling/carpet.md"),
        lambda: (guides / "faq.csv").write_text("问题,答案\n发票怎么开,下单时选。\n", encoding="utf-8"),
        lambda: (guides / "faq.csv.yaml").write_text("topic: service\n", encoding="utf-8"),
        (guides / "faq.csv").unlink,
        lambda: (guides / "notes.txt").write_text("x", encoding="utf-8"),
        lambda: (guides / "service").rename(guides / "help"),
        lambda: (guides / "linked").symlink_to(guides / "help"),
    ]
    for number, change in enumerate(changes):
        change()
        outdated(guides, roots[0])
        build(guides, *roots, thrift=ALWAYS)
        assert same_as_reading_all(guides, roots[0]), number
        assert not outdated(guides, roots[0])


def test_a_file_written_twice_in_one_moment_is_read_again(guides, roots, add, party):
    party("甲甲甲。")
    add()
    path = guides / "party.md"
    path.write_text(path.read_text(encoding="utf-8").replace("甲", "乙"), encoding="utf-8")
    assert add().changed == ("party.md",)


def test_only_what_changed_is_read(guides, roots, add, party, monkeypatch):
    monkeypatch.setattr("knowledge.indexing.reading._FRESH", -(10**12))  # as if all had been written long ago
    party()
    add()
    party("改过了。")
    read: list[str] = []
    really = markdown.read
    monkeypatch.setattr(markdown, "read", lambda path: read.append(path.name) or really(path))
    add()
    assert read == ["party.md"]


def test_new_synonyms_build_everything_anew(guides, roots, party):
    build(guides, *roots)
    party()
    (guides / "synonyms.yaml").write_text("- 团购=拼单\n", encoding="utf-8")
    built = build(guides, *roots, thrift=ALWAYS)
    assert not generation.load_manifest(roots[0] / built.generation).base
