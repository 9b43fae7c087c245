"""A guide on fever is for an age: who told none hears first what holds for the youngest."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.answers.youngest import FIRST
from knowledge.library import Library
from knowledge.types import Line

TODAY = date(2026, 11, 24)


async def _talk(library: Library, *said: str) -> list[str]:
    history: list[Line] = []
    for text in said:
        answer = await library.answer(text, history, TODAY)
        history += [Line("customer", text), Line("bot", answer.text)]
    return [line.text for line in history if line.sender == "bot"]


@pytest.mark.parametrize("asked", ["宝宝发烧了 怎么办啊", "娃发烧38度5怎么办", "发烧怎么办", "宝宝发烧能洗澡吗"])
async def test_before_a_fever_guide_the_youngest_come_first_where_no_age_was_told(sample, asked) -> None:
    assert (await _talk(sample, asked))[0].startswith(FIRST)


@pytest.mark.parametrize(
    "said",
    [
        ("2岁发烧怎么办",),
        ("宝宝四个月 发烧38度5怎么办",),
        ("我家两岁了", "发烧怎么办"),
        ("我发烧了能喂奶吗",),
        ("怎么预防宝宝发烧",),
        ("打疫苗前要准备什么",),
        ("沙发怎么洗",),
    ],
)
async def test_who_told_an_age_or_asks_about_something_else_does_not_hear_it(sample, said) -> None:
    assert FIRST not in (await _talk(sample, *said))[-1]


async def test_it_is_said_once_and_the_age_that_is_told_then_leads_to_its_own_guide(sample) -> None:
    first, second, third = await _talk(sample, "宝宝发烧了 怎么办啊", "38度5", "女宝 四个月")
    assert first.startswith(FIRST)
    assert FIRST not in second
    assert "《3–6 个月宝宝发烧怎么办》" in third


async def test_an_age_alone_says_nothing_about_fever_where_nobody_spoke_of_it(sample) -> None:
    assert "发烧怎么办》·" not in (await _talk(sample, "沙发怎么洗", "宝宝四个月"))[-1]


def test_the_table_for_reviewers_holds_it() -> None:
    table = (Path(__file__).parents[2] / "docs" / "danger-signs.md").read_text(encoding="utf-8")
    assert FIRST in table
