"""Small charts as PNG. Only who draws imports this, in a thread: it loads Pillow and takes CPU.

Chinese letters need a font of the machine. Where there is none, `Words.ascii` is drawn, and the text beside the picture
has to say what it stands for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

WIDTH, ROW, MARGIN = 720, 44, 28
HEIGHT = 420  # of a line plot
LEFT, TOP, RIGHT, BOTTOM = MARGIN + 56.0, MARGIN + 72.0, WIDTH - MARGIN - 12.0, HEIGHT - MARGIN - 40.0  # of its axes
FINE = 2  # drawn so much larger and shrunk: Pillow's lines have no smooth edges
COLOURS = ("#2f6fde", "#d9822b", "#2f9e6e", "#c0486f", "#7a5cc7", "#6b7280")
INK, FAINT, GRID, PAPER, TRACK = "#1f2937", "#6b7280", "#e5e7eb", "#ffffff", "#eef2f7"
MOST_COLOURS = 64  # of the file: keeps it below some dozen kilobytes

# Files in which systems keep simplified Chinese, and which face of the file it is; Pillow knows the folders.
CHINESE = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("NotoSansSC-Regular.ttf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("SourceHanSansCN-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("DroidSansFallback.ttf", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Light.ttc", 0),
    ("msyh.ttc", 0),
    ("simhei.ttf", 0),
    ("NotoSerifCJK-Regular.ttc", 2),
)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Words:
    """A label as it should be, and in plain ASCII for machines without Chinese letters."""

    text: str
    ascii: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: `share` from 0 to 1 (None: no data, an empty track), `note` in ASCII at its end."""

    label: Words
    share: float | None
    note: str
    better: bool = True  # whether more is better: less is drawn in another colour


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot; points in the order of x."""

    label: Words
    points: Sequence[Point]


class Fonts:
    """The letters of one picture. `chinese` tells whether `Words.text` can be drawn."""

    def __init__(self, names: Sequence[tuple[str, int]] | None = None) -> None:
        known = CHINESE if names is None else names
        self._found = next(((name, face) for name, face in known if _loads(name, face)), None)

    @property
    def chinese(self) -> bool:
        return self._found is not None

    def of(self, size: int) -> Font:
        """A font of `size` pixels of the finished picture."""
        if self._found is None:
            return ImageFont.load_default(size * FINE)
        name, face = self._found
        return ImageFont.truetype(name, size * FINE, index=face)

    def say(self, words: Words) -> str:
        return words.text if self.chinese else words.ascii


class Sheet:
    """A picture that is being drawn, measured in pixels of the finished one."""

    def __init__(self, width: int, height: int, fonts: Fonts) -> None:
        self.width, self.height, self.fonts = width, height, fonts
        self._image = Image.new("RGB", (width * FINE, height * FINE), PAPER)
        self._draw = ImageDraw.Draw(self._image)

    def text(self, at: Point, text: str, size: int = 15, colour: str = INK, anchor: str = "lm") -> None:
        """`anchor` as Pillow has it: l, m, r across and t, m, s down."""
        self._draw.text(_fine(at), text, fill=colour, font=self.fonts.of(size), anchor=anchor)

    def width_of(self, text: str, size: int) -> float:
        return self._draw.textlength(text, font=self.fonts.of(size)) / FINE

    def pill(self, left: float, right: float, middle: float, thick: float, colour: str) -> None:
        """A bar with round ends."""
        box = [*_fine((left, middle - thick / 2)), *_fine((max(right, left + thick), middle + thick / 2))]
        self._draw.rounded_rectangle(box, radius=thick * FINE / 2, fill=colour)

    def line(self, points: Sequence[Point], colour: str, thick: float = 1) -> None:
        """Through the points, with round joints."""
        for start, end in pairwise(points):
            self._draw.line([_fine(start), _fine(end)], fill=colour, width=round(thick * FINE), joint="curve")

    def png(self) -> bytes:
        """The finished file."""
        small = self._image.resize((self.width, self.height), Image.Resampling.LANCZOS)
        out = BytesIO()
        small.quantize(MOST_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
            out, "PNG", optimize=True
        )
        return out.getvalue()


def bars(title: Words, rows: Sequence[Bar], fonts: Fonts | None = None) -> bytes:
    """Shares as horizontal bars, one below the other, as PNG."""
    fonts = fonts or Fonts()
    sheet = Sheet(WIDTH, 2 * MARGIN + ROW + ROW * len(rows), fonts)
    sheet.text((MARGIN, MARGIN + ROW / 4), fonts.say(title), 20)
    widest = max((sheet.width_of(fonts.say(row.label), 15) for row in rows), default=0)
    left, right = MARGIN + widest + 16, WIDTH - MARGIN - 84
    for place, row in enumerate(rows):
        middle = MARGIN + ROW + ROW * (place + 0.5)
        sheet.text((MARGIN, middle), fonts.say(row.label), 15)
        sheet.pill(left, right, middle, 16, TRACK)
        if row.share is not None and row.share > 0:
            length = (right - left) * min(1.0, row.share)
            sheet.pill(left, left + length, middle, 16, COLOURS[0] if row.better else COLOURS[1])
        sheet.text((WIDTH - MARGIN, middle), row.note, 15, FAINT, "rm")
    return sheet.png()


def lines(title: Words, x: Words, y: Words, series: Sequence[Series], fonts: Fonts | None = None) -> bytes:
    """Lines over a common x axis with a legend, as PNG. The y axis begins at 0, or below where values are negative."""
    fonts = fonts or Fonts()
    sheet = Sheet(WIDTH, HEIGHT, fonts)
    sheet.text((MARGIN, MARGIN), fonts.say(title), 20)
    points = [point for each in series for point in each.points] or [(0.0, 0.0)]
    first, last = min(point[0] for point in points), max(point[0] for point in points)
    last = last if last > first else first + 1
    across = [tick for tick in _ticks(first, last) if first <= tick <= last]
    up = _ticks(min(0.0, *(point[1] for point in points)), max(point[1] for point in points))
    place = partial(_placed, (first, last), (up[0], up[-1]))
    _axes(sheet, [(tick, place((tick, up[0]))) for tick in across], [(tick, place((first, tick))) for tick in up])
    sheet.text((RIGHT, BOTTOM + 30), fonts.say(x), 13, FAINT, "rt")
    sheet.text((MARGIN, TOP - 20), fonts.say(y), 13, FAINT)
    for number, each in enumerate(series):
        sheet.line([place(point) for point in each.points], COLOURS[number % len(COLOURS)], 2.5)
    _legend(sheet, [fonts.say(each.label) for each in series])
    return sheet.png()


def _axes(sheet: Sheet, across: Sequence[tuple[float, Point]], up: Sequence[tuple[float, Point]]) -> None:
    """Ticks with their numbers, each at its place on the sheet."""
    for tick, at in up:
        sheet.line([at, (RIGHT, at[1])], GRID)
        sheet.text((at[0] - 8, at[1]), f"{tick:g}", 13, FAINT, "rm")
    for tick, at in across:
        sheet.text((at[0], BOTTOM + 8), f"{tick:g}", 13, FAINT, "mt")


def _legend(sheet: Sheet, names: Sequence[str]) -> None:
    left = float(MARGIN)
    for number, name in enumerate(names):
        sheet.pill(left, left + 18, MARGIN + 30, 6, COLOURS[number % len(COLOURS)])
        sheet.text((left + 26, MARGIN + 30), name, 14)
        left += 26 + sheet.width_of(name, 14) + 24


def _placed(xs: Point, ys: Point, point: Point) -> Point:
    """A point of the data on the sheet; `xs` and `ys` are the ends of the axes."""
    across, up = xs[1] - xs[0] or 1.0, ys[1] - ys[0] or 1.0  # values as small as floats can be are one
    return LEFT + (RIGHT - LEFT) * (point[0] - xs[0]) / across, BOTTOM - (BOTTOM - TOP) * (point[1] - ys[0]) / up


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from at or below `low` to at or above `high`, six or so."""
    span = high - low or abs(high) or 1.0
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough)
    first, last = math.floor(low / step), math.ceil((high if high > low else low + span) / step)
    return [round(step * place, 10) for place in range(first, last + 1)]


def _fine(at: Point) -> Point:
    return at[0] * FINE, at[1] * FINE


def _loads(name: str, face: int) -> bool:
    try:
        ImageFont.truetype(name, 12, index=face)
    except OSError:
        return False
    return True
