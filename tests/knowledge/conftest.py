"""A small library of guides of our own, as text files."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from knowledge.indexing.index import build
from knowledge.library import Library

settings.register_profile("loaded machine", deadline=None)  # how long an example takes says nothing here
settings.load_profile("loaded machine")

WriteGuide = Callable[..., Path]

SOFA = """真皮沙发怕晒怕干，平时用微湿软布擦拭。每三到六个月做一次皮革护理。

## 每季护理的步骤

护理按下面的顺序做：

1. 用软毛刷头吸净灰尘。
2. 在隐蔽处试用皮革清洁剂。
3. 薄涂一层护理剂，静置 20 分钟。

## 油渍怎么处理

油渍先用干布吸走，再用皮革清洁剂轻擦。讨厌的油渍不要用酒精。
"""
FOOD = """宝宝满 6 个月就可以开始吃辅食，从含铁的泥糊起步。辅食刚开始时，奶仍是主要食物。

## 添加一种新食物

同一种新食物连续吃 2 天，看皮肤和大便有没有变化。没有不适再换下一种。
"""
RETURNS = """签收次日起 7 天内可以无理由退货。退款在验收通过后 3 个工作日内原路退回。

## 运费谁承担

| 情况 | 运费 |
| --- | --- |
| 质量问题 | 商家承担 |
| 不想要了 | 会员承担 |
"""
RUG = """客厅地毯宁可略大一些，让沙发的前腿压住地毯边缘。

## 尺寸怎么选

两米长的沙发配 160×230 厘米的地毯。
"""


def _write(folder: Path, name: str, title: str, body: str, **front: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    more = "".join(f"{key}: {value}\n" for key, value in front.items())
    path.write_text(f"---\ntitle: {title}\n{more}---\n\n{body}", encoding="utf-8")
    return path


def _four(folder: Path) -> Path:
    _write(folder, "styling/sofa.md", "真皮沙发怎么清洁保养", SOFA, topic="styling", keywords="[真皮沙发, 清洁]")
    _write(folder, "parenting/food.md", "6 个月开始添加辅食", FOOD, topic="parenting", keywords="[辅食, 宝宝]")
    _write(folder, "service/returns.md", "退换货规则", RETURNS, topic="service", keywords="[退货, 退款]")
    _write(folder, "styling/rug.md", "客厅地毯选多大", RUG, topic="styling", keywords="[地毯, 客厅]")
    return folder


@pytest.fixture(scope="session")
def write_guide() -> WriteGuide:
    """write_guide(folder, name, title, body, **front matter) → path."""
    return _write


@pytest.fixture
def guides(tmp_path: Path) -> Path:
    """A folder with four guides."""
    return _four(tmp_path / "guides")


OpenLibrary = Callable[[], Library]


@pytest.fixture
def opened(guides: Path, tmp_path: Path) -> Iterator[OpenLibrary]:
    """Opens libraries over the guides as they are now; all are closed in the end."""
    libraries: list[Library] = []

    def open_now() -> Library:
        for library in libraries:
            library.close()
        build(guides, tmp_path / "index", tmp_path / "chroma")
        libraries.append(Library.open(tmp_path / "index", tmp_path / "chroma"))
        return libraries[-1]

    yield open_now
    for library in libraries:
        library.close()


@pytest.fixture
def library(opened: OpenLibrary) -> Library:
    """The four guides, open; for tests that close it or change what it was made from."""
    return opened()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The four guides, open for all tests of a file."""
    root = tmp_path_factory.mktemp("small")
    build(_four(root / "guides"), root / "index", root / "chroma")
    found = Library.open(root / "index", root / "chroma")
    yield found
    found.close()


SAMPLE = Path(__file__).resolve().parents[2] / "guides"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The guides that come with the program, open."""
    root = tmp_path_factory.mktemp("sample")
    built = build(SAMPLE, root / "index", root / "chroma")
    assert built.rejected == ()
    found = Library.open(root / "index", root / "chroma")
    yield found
    found.close()
