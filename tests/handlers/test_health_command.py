"""/health: what operators and leads read, and how the score explains itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.commands.health import REFUSALS
from handlers.turn import Role
from scheduler.gate import Reason
from scheduler.health import DEFINITIONS, HealthFacts, Platform
from tests.handlers.conftest import NOW, SmallOffice, Talk

FACTS = HealthFacts(
    since=NOW - timedelta(days=28),
    until=NOW,
    begun=90,
    delivered=10,
    valuable=10,
    quick=9,
    due=10,
    active=40,
    active_days=100,
    members=200,
    opted_out=1,
    refusals={"min_gap": 12, "opted_out": 3, "brand_new": 1},
)


async def heard(talk: Talk, said: str = "/health") -> str:
    [reply] = (await talk.say(said)).replies
    return reply.text


async def test_every_figure_is_named_and_explained_with_its_counts(office: SmallOffice, operator: Talk) -> None:
    office.counted = FACTS
    text = await heard(operator)
    for each in DEFINITIONS:
        assert each.name in text
        assert each.meaning in text
    assert "会员主动率：90.0%（90/100）" in text
    assert "及时首复率：90.0%（9/10，可能在 60%–98% 之间）" in text
    assert "人均活跃天数：2.5 天（100/40）" in text
    assert "回答满意率：还没有数据" in text


async def test_the_formula_is_shown_with_what_it_left_out(office: SmallOffice, operator: Talk) -> None:
    office.counted = FACTS
    text = await heard(operator)
    assert "健康度（近 28 天）：93 分" in text
    assert "计分：100 ×（20×0.90 + 15×0.90 + 10×1.00 + 10×0.90 + 10×1.00）÷ 65 = 93" in text
    assert "没有数据、不计入：回答满意率、会员回访率。" in text


async def test_refusals_stand_in_words_most_frequent_first(office: SmallOffice, operator: Talk) -> None:
    office.counted = FACTS
    assert "拦下或推迟过的推送：离上一条太近 12，已退订 3，brand_new 1。" in await heard(operator)


async def test_what_wecom_counts_stands_below_and_what_it_did_not_say_is_named(
    office: SmallOffice, operator: Talk
) -> None:
    office.counted = replace(FACTS, platform=Platform(contacts=5, removed=0, missing=("微信客服",)))
    text = await heard(operator)
    assert "企业微信的统计（到昨天）：新增好友 5，被删除或拉黑 0。" in text
    assert "企业微信没有给出微信客服的统计，以上只有我们自己的数据。" in text


async def test_too_little_data_gets_no_score(operator: Talk) -> None:
    text = await heard(operator)
    assert "数据还太少，不打分" in text
    assert "计分：" not in text


@pytest.mark.parametrize(("said", "days"), [("/health", 28), ("/健康", 28), ("/健康7", 7), ("/health 90 天", 90)])
async def test_a_number_chooses_the_days(operator: Talk, said: str, days: int) -> None:
    assert f"近 {days} 天" in await heard(operator, said)


@pytest.mark.parametrize("said", ["/health 0", "/health 91", "/health 一周", "/health -1"])
async def test_anything_else_gets_the_usage_line(operator: Talk, said: str) -> None:
    assert await heard(operator, said) == "用法：/health [天数]（1–90，不写是 28 天）"


async def test_leads_may_ask_and_consultants_may_not(consultant: Talk) -> None:
    assert "健康度" in await heard(consultant.by("zhaomin", Role.LEAD))
    assert "只有运营和主管可以用" in await heard(consultant)


async def test_nothing_of_what_is_sold_is_among_the_figures(office: SmallOffice, operator: Talk) -> None:
    office.counted = FACTS
    text = await heard(operator)
    assert not [word for word in ("销售", "成交", "订单", "转化", "营收") if word in text]


def test_every_reason_of_the_gate_has_a_short_name() -> None:
    assert set(REFUSALS) == set(Reason)
