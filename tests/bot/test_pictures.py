"""Pictures are small PNGs, with and without Chinese letters, whatever the figures are."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.pictures import WIDTH, Bar, Fonts, Series, Words, bars, lines

NONE = Fonts(())
TITLE = Words("健康度 82 分", "Health 82")
ROOT = Path(__file__).resolve().parents[2]
LARGEST = 100_000  # bytes: it waits in the outbox, once for each operator


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG")
    assert len(png) < LARGEST
    return Image.open(BytesIO(png)).size


@pytest.mark.parametrize("share", [None, 0.0, 0.004, 0.5, 1.0, 1.7])
def test_a_bar_is_drawn_for_any_share_and_for_none(share: float | None) -> None:
    width, height = size(bars(TITLE, [Bar(Words("会员主动率", "asked"), share, "50%")], NONE))
    assert (width, height > 50) == (WIDTH, True)


def test_no_rows_are_a_title() -> None:
    assert size(bars(TITLE, [], NONE))[0] == WIDTH


def test_without_a_font_the_ascii_words_are_drawn() -> None:
    assert not NONE.chinese
    assert NONE.say(TITLE) == "Health 82"
    assert bars(Words("甲", "same"), [], NONE) == bars(Words("乙", "same"), [], NONE)


def test_with_a_font_the_chinese_words_are_drawn() -> None:
    fonts = Fonts()
    if not fonts.chinese:
        pytest.skip("this machine has no font with Chinese letters")
    assert bars(Words("甲", "same"), [], fonts) != bars(Words("乙", "same"), [], fonts)


def test_the_same_figures_give_the_same_picture() -> None:
    rows = [Bar(Words("投诉率", "complained"), 0.01, "1%", better=False)]
    assert bars(TITLE, rows, NONE) == bars(TITLE, rows, NONE)


NUMBERS = st.floats(-1e9, 1e9, allow_subnormal=False)


@settings(max_examples=25, deadline=None)
@example([[(0.0, 2.2250738585072014e-308)]])
@given(st.lists(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5), max_size=3))
def test_lines_are_drawn_through_any_points(each: list[list[tuple[float, float]]]) -> None:
    series = [Series(Words("分寸", "Fencun"), sorted(points)) for points in each]
    assert size(lines(TITLE, Words("周", "week"), Words("人", "people"), series, NONE))[0] == WIDTH


def test_a_year_of_three_policies_is_one_small_picture() -> None:
    series = [
        Series(Words(name, name), [(float(week), week * slope) for week in range(53)])
        for name, slope in (("Fencun", 0.4), ("daily", 3.5), ("4 a month", 1.2))
    ]
    size(lines(Words("离开的人", "left"), Words("周", "week"), Words("人", "people"), series, NONE))


def test_a_start_of_the_bot_does_not_load_what_draws() -> None:
    code = "import sys, bot.app; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0
