"""Different words for one thing: our table, the operators' guides/synonyms.yaml, and what becomes of a wrong one."""

from datetime import date

import pytest

from knowledge.indexing.index import build, outdated
from knowledge.language.wordings import FILE, LARGEST, PHRASE, RELATED, SAME, WrongWordings, read, wordings
from knowledge.library import Library

TODAY = date(2026, 11, 21)


def write(folder, text: str | bytes):
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def forms(word: str, *added: tuple[str, ...]) -> dict[str, float]:
    return dict(wordings(added).forms.get(word, ()))


@pytest.mark.parametrize(
    ("written", "groups"),
    [
        ("- 宝宝=bb=娃\n", (("宝宝", "bb", "娃"),)),
        ("- [宝宝, bb, 娃]\n- [沙发, 梳化]\n", (("宝宝", "bb", "娃"), ("沙发", "梳化"))),
        ("groups:\n  - 云朵椅=小云\n", (("云朵椅", "小云"),)),
        ("- 雲朵椅=ＸＹ１\n", (("云朵椅", "xy1"),)),
        ("- 沙发 = 梳化 = 沙发 =\n", (("沙发", "梳化"),)),
        ("- [沙发, 618]\n", (("沙发", "618"),)),
        ("\ufeff- 沙发=梳化\n", (("沙发", "梳化"),)),
        ("", ()),
        ("# 还没写\n", ()),
        ("groups:\n", ()),
    ],
)
def test_groups_are_read_in_every_form(tmp_path, written, groups):
    assert read(write(tmp_path, written)) == groups


def test_without_a_file_there_are_no_groups(tmp_path):
    assert read(tmp_path) == ()


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("- 沙发\n", "第 1 组至少要有两个不同的词"),
        ("- 沙发=梳化\n- 沙发=沙發\n", "第 2 组至少要有两个不同的词"),
        ("- 沙发=这是一个非常非常长的说法\n", "第 1 组的“这是一个非常非常长的说法…”太长"),
        ("- {宝宝: 娃}\n", "第 1 组应该是一组词"),
        ("- [宝宝, [娃]]\n", "第 1 组应该是一组词"),
        ("- 5\n", "第 1 组应该是一组词"),
        ("宝宝=娃\n", "请写成每行一组"),
        ("words: [a]\ngroups: 宝宝\n", "请写成每行一组"),
        ("- [宝宝, 娃\n", "YAML 写法有误"),
        ("- !!python/object/apply:os.system [x]\n", "YAML 写法有误"),
        ("[" * 5000, "YAML 写法有误"),
        ("- 沙发=梳化\n".encode("gb18030"), "不是 UTF-8"),
        (b"#" * (LARGEST + 1), "文件太大"),
    ],
)
def test_a_wrong_file_is_told_with_its_reason(tmp_path, written, reason):
    with pytest.raises(WrongWordings, match=reason):
        read(write(tmp_path, written))


def test_our_table_knows_everyday_words_for_written_ones():
    assert forms("发烧")["发热"] == SAME
    assert forms("娃")["宝宝"] == SAME
    assert "发烧" not in forms("发烧")


def test_credit_falls_from_the_same_to_the_related_and_the_told():
    assert 1.0 > SAME > PHRASE > RELATED > 0


def test_an_operators_group_joins_ours_where_its_first_word_stands_there():
    assert forms("神奇宝", ("宝宝", "神奇宝"))["娃"] == SAME
    assert forms("云朵椅", ("云朵椅", "小云")) == {"小云": SAME}


def test_longer_wordings_of_an_attribute_win():
    assert wordings().values("牛皮沙发")["sofa"] == {"真皮"}
    assert wordings().values("仿皮沙发")["sofa"] == {"人造革"}
    assert wordings().values("落地灯") == {}


@pytest.fixture
def roots(tmp_path):
    return tmp_path / "index", tmp_path / "chroma"


async def answered(roots, question: str):
    library = Library.open(*roots)
    try:
        return await library.answer(question, (), TODAY)
    finally:
        library.close()


async def test_operators_words_are_understood_once_the_index_is_built_anew(guides, roots):
    build(guides, *roots)
    assert (await answered(roots, "小云怎么擦")).refused
    write(guides, "- 真皮沙发=小云\n")
    assert outdated(guides, roots[0])
    assert build(guides, *roots).fresh
    assert not outdated(guides, roots[0])
    assert {one.guide for one in (await answered(roots, "小云怎么擦")).citations} == {"sofa.md"}
    assert not build(guides, *roots).fresh
    (guides / FILE).unlink()
    assert outdated(guides, roots[0])
    assert build(guides, *roots).fresh
    assert (await answered(roots, "小云怎么擦")).refused


async def test_a_wrong_table_is_reported_and_the_guides_are_used_without_it(guides, roots):
    write(guides, "- 沙发\n")
    built = build(guides, *roots)
    assert [(one.name, one.reason) for one in built.rejected] == [(FILE, "第 1 组至少要有两个不同的词。")]
    assert not (await answered(roots, "真皮沙发怎么擦")).refused
    assert not outdated(guides, roots[0])


def test_the_table_is_no_guide_and_never_quoted(guides, roots):
    write(guides, "- 真皮沙发=小云\n")
    assert FILE not in build(guides, *roots).added


async def test_quotes_stay_in_the_guides_own_words(guides, roots):
    write(guides, "- 真皮沙发=小云\n")
    build(guides, *roots)
    assert "小云" not in (await answered(roots, "小云怎么擦")).text
