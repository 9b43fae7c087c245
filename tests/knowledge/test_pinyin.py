"""How Chinese is said: our table says of a word what pypinyin says, which it was made of."""

from collections.abc import Iterable

import pytest
from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PHRASES_DICT
from wordfreq import get_frequency_dict

from knowledge.language.pinyin import Table, readings, syllables


def chinese(words: Iterable[str]) -> list[str]:
    return [word for word in words if all("\u4e00" <= char <= "\u9fff" for char in word)]


@pytest.mark.parametrize(
    "words",
    [chinese(PHRASES_DICT), [word for word in chinese(get_frequency_dict("zh", "small")) if 2 <= len(word) <= 5]],
    ids=["phrases", "words"],
)
def test_every_known_word_is_read_as_pypinyin_reads_it(words: list[str]) -> None:
    assert len(words) > 30_000
    assert [word for word in words if syllables(word) != lazy_pinyin(word)] == []


def test_every_way_to_read_a_character_is_known_the_usual_one_first() -> None:
    for char in "长行重乐便血单朝呼吸发烧":
        assert readings(char) == tuple(dict.fromkeys(pinyin(char, style=Style.NORMAL, heteronym=True)[0]))


@pytest.mark.parametrize("text", ["", "a", "abc", "， "])
def test_what_is_not_chinese_stays_as_it_is(text: str) -> None:
    assert "".join(syllables(text)) == text
    assert [readings(char) for char in text] == [(char,) for char in text]


@pytest.mark.parametrize(
    ("text", "read"), [("长大", "zhang da"), ("人行道", "ren xing dao"), ("行道树长", "hang dao shu chang")]
)
def test_a_phrase_is_seen_only_where_it_is_meant(text: str, read: str) -> None:
    usual = ["1 chang 长", "1 da 大", "1 ren 人", "1 xing 行", "1 dao 道", "1 shu 树"]
    table = Table.of([*usual, "2 zhang 长", "长大 zhang da", "行道 hang dao", "人行道 ren xing dao"])
    assert " ".join(table.read(text)) == read
