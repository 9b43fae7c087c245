"""How often: a rate that is wished for is kept, one that is complained of becomes rarer."""

import pytest

from handlers.effect_types import Prefer
from handlers.mood_types import Mood, Reading
from handlers.preferences import Preferences


@pytest.fixture(autouse=True)
def calm(monkeypatch) -> None:
    """Nobody here is upset: what anger leads to has tests of its own."""
    monkeypatch.setattr("handlers.mood.read", lambda _text, _history=(): Reading(Mood.CALM, escalate=False, reason=""))


TOO_OFTEN = [
    ("一天一条太多了", 7), ("一周一次太多了", 14), ("一天一条太频繁", 7), ("每天一条有点多", 7),
    ("一天发一条 太多了", 7),
    ("一天发一条，真的太多了，受不了", 7), ("每周两条也太多了", 8), ("一天三条太多了", 7), ("一个月一次太多", 60),
    ("太多了 一天一条", 7), ("一周两条我看不过来", 8), ("隔天一条太烦了", 7), ("一周一条多了", 14),
    ("一天推两条太过分了", 7),
    ("一个星期一条嫌多", 14),
]  # fmt: skip
WISHED = [
    ("一天一条太多了 一周一条就行", 7), ("太频繁了 一周一条吧", 7), ("改成一月一条吧 一周一条太频繁了", 30),
    ("最多一周一条", 7), ("一周一条够了", 7), ("两周一条差不多", 14),
]  # fmt: skip


@pytest.mark.parametrize(("said", "days"), TOO_OFTEN + WISHED)
async def test_a_rate_is_kept_where_it_is_wished_for_and_halved_where_it_is_too_much(member, said, days) -> None:
    outcome = await member.say(said)
    [effect] = outcome.effects
    assert isinstance(effect, Prefer)
    assert effect.preferences.every_days == days
    assert f"至少隔 {days} 天" in outcome.replies[0].text


async def test_a_complaint_never_makes_it_more_often_than_it_was(member, office) -> None:
    office.records.chosen = Preferences(every_days=30)
    [effect] = (await member.say("一天一条太多了")).effects
    assert effect.preferences.every_days == 30


@pytest.mark.parametrize("said", ["一周洗一次太多了吗", "一天一次大便太多了吗", "一周一条太少了"])
async def test_what_asks_for_no_fewer_changes_nothing(member, said) -> None:
    assert not [effect for effect in (await member.say(said)).effects if isinstance(effect, Prefer)]
