"""One spelling per thing, and the terms that an index is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from knowledge.language.terms import bigrams, canonical, digits, grams, runs, terms


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("寶寶輔食", "宝宝辅食"),
        ("真皮沙發怎麼清潔", "真皮沙发怎么清洁"),
        ("ＬＥＤ燈", "led灯"),
        ("Ｋ５０００", "k5000"),
        ("六个月", "6个月"),
        ("十二个月", "12个月"),
        ("二十四个月", "24个月"),
        ("两岁半", "2岁半"),
        ("三十八度", "38度"),
        ("38度5", "38.5度"),
        ("一米八", "1米八"),
        ("三四个月", "3-4个月"),
        ("两三次", "2-3次"),
        ("24～26 ℃", "24-26 °c"),
        ("24 — 26度", "24-26度"),
        ("6到8个月", "6-8个月"),
        ("满 6 个月", "满6个月"),
        ("沙\u200b发", "沙发"),
        ("沙\ud83d发", "沙发"),
        ("\u202e沙发\u202c\ufeff", "沙发"),
    ],
)
def test_spellings_of_one_thing_become_one(typed, written):
    assert canonical(typed) == written


@pytest.mark.parametrize("word", ["一起", "两头", "三番两次", "第一个月", "星期五", "万一", "四面八方", "百度"])
def test_numerals_that_measure_nothing_stay_words(word):
    assert canonical(word) == word


def test_a_canonical_text_is_canonical_already():
    for text in ("寶寶六個月發燒38度5怎麼辦", "ＬＥＤ 燈 24～26", "三四個月"):
        assert canonical(canonical(text)) == canonical(text)


@pytest.mark.parametrize(
    ("numeral", "value"), [("六", "6"), ("十", "10"), ("十二", "12"), ("二十", "20"), ("九十九", "99")]
)
def test_numerals_are_read_up_to_ninety_nine(numeral, value):
    assert digits(numeral) == value


def test_chinese_becomes_characters_and_pairs_and_never_a_whole_clause():
    assert terms("换洗床品") == ["换", "换洗", "洗", "洗床", "床", "床品", "品"]


def test_latin_words_and_numbers_stay_whole_and_pairs_do_not_cross_punctuation():
    assert terms("LED 灯，3.5米") == ["led", "灯", "3.5", "3.5米", "米"]


def test_two_latin_words_side_by_side_are_two_terms():
    assert list(grams("vitamin d3")) == ["vitamin", "d", "3"]


def test_runs_are_what_stood_side_by_side():
    assert runs("沙发,怎么擦 6个") == [["沙", "发"], ["怎", "么", "擦"], ["6", "个"]]


def test_the_pairs_of_a_word():
    assert (list(bigrams("真皮沙发")), list(bigrams("灯"))) == (["真皮", "皮沙", "沙发"], [])


@given(st.text(max_size=200))
def test_any_text_has_terms_without_an_error(text):
    assert all(term and not term.isspace() for term in terms(text))
    canonical(text).encode()  # nothing is left that cannot be written


def test_a_character_is_simplified_as_opencc_simplifies_it() -> None:
    every = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    simplified = str(OpenCC("t2s").convert("\n".join(every))).split("\n")
    known = {char: plain for char, plain in zip(every, simplified, strict=True) if len(plain) == 1}
    assert {char: canonical(char) for char in known} == known
