"""Long texts in pieces: nothing lost, nothing too long, cut where a reader would pause."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wecom.split import LIMITS, split
from handlers.turn import Channel


def squeezed(text: str) -> str:
    return "".join(text.split())


TEXTS = st.text(max_size=300) | st.text("好。，a b\n-|1.?!👩🏽\u200d👧é", max_size=300)


@given(TEXTS, st.integers(4, 200))
def test_nothing_but_white_space_is_lost_and_no_piece_is_too_long(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert squeezed("".join(pieces)) == squeezed(text)
    assert all(len(piece.encode("utf-8", "surrogatepass")) <= limit for piece in pieces)
    assert all(piece == piece.strip() != "" for piece in pieces)


@given(st.text(), st.integers(4, 100))
def test_a_text_that_fits_is_one_piece(text: str, limit: int) -> None:
    if len(text.strip().encode("utf-8", "surrogatepass")) <= limit:
        assert split(text, limit) == ((text.strip(),) if text.strip() else ())


def test_paragraphs_are_kept_whole() -> None:
    assert split("第一段。还有一句。\n\n第二段。\n\n第三段。", 30) == ("第一段。还有一句。", "第二段。\n\n第三段。")


def test_sentences_are_kept_whole_with_their_closing_marks() -> None:
    assert split("他说：“好吗？”我说好。再见！", 24) == ("他说：“好吗？”", "我说好。再见！")


def test_a_long_sentence_breaks_at_a_comma() -> None:
    assert split("先吸尘，再擦拭，最后通风", 24) == ("先吸尘，再擦拭，", "最后通风")


@pytest.mark.parametrize("limit", [40, 60, 100])
def test_an_address_is_never_cut(limit: int) -> None:
    address = "https://example.com/a?b=c!d,e;f"
    text = f"请看这里，{address}。再看一遍：{address}，谢谢。" * 3
    assert sum(piece.count(address) for piece in split(text, limit)) == 6


def test_a_markdown_link_is_never_cut() -> None:
    link = "[护理，指南。](https://example.com/care)"
    assert any(link in piece for piece in split(f"一二三四五六七八九十，{link}，一二三四五", 60))


def test_a_table_that_fits_is_kept_whole() -> None:
    table = "| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |"
    assert table in split("前言。" * 5 + "\n\n" + table + "\n\n" + "后记。" * 5, 60)


def test_a_list_item_keeps_the_lines_that_belong_to_it() -> None:
    items = ["· 第一项\n  说明一", "· 第二项\n  说明二", "· 第三项\n  说明三"]
    assert split("\n".join(items), 30) == tuple(items)


def test_an_address_longer_than_a_piece_is_cut_by_characters() -> None:
    pieces = split("https://example.com/" + "a" * 100, 50)
    assert [len(piece) for piece in pieces] == [50, 50, 20]


def test_an_emoji_of_several_code_points_stays_one() -> None:
    assert set(split("👩🏽\u200d👧" * 6, 20)) == {"👩🏽\u200d👧"}


def test_the_marks_of_one_character_may_exceed_a_piece() -> None:
    assert squeezed("".join(split("e" + "\u0301" * 40, 10))) == "e" + "\u0301" * 40


def test_a_limit_below_one_character_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="4 bytes"):
        split("好", 3)


def test_every_channel_has_its_limit() -> None:
    assert set(LIMITS) == set(Channel)
    assert (LIMITS[Channel.KF], LIMITS[Channel.ROBOT], LIMITS[Channel.AIBOT]) == (2048, 4096, 20480)
