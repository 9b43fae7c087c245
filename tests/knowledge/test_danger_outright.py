"""Dangers in a few everyday words; and everyday sentences that look like them."""

from pathlib import Path

import pytest

from knowledge.danger import danger_in, help_is_called
from knowledge.danger.advice import HELP_COMES, advice_for
from knowledge.types import Line


def _told(*said: str) -> str:
    *earlier, now = said
    danger = danger_in(now, [Line("customer", text) for text in earlier])
    return danger.sign if danger else ""


HERE = Path(__file__).parent
SAID = [line.split("\t") for line in (HERE / "danger_outright.txt").read_text(encoding="utf-8").splitlines()[1:]]
NOT_SAID = (HERE / "danger_not_outright.txt").read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize(("sign", "text"), SAID)
def test_what_is_said_in_few_words_is_seen(sign, text) -> None:
    assert _told(text) == sign


@pytest.mark.parametrize("text", NOT_SAID)
def test_everyday_sentences_that_look_like_it_raise_no_alarm(text) -> None:
    assert _told(text) == ""


@pytest.mark.parametrize(
    "text", ["娃发烧39度5 三个半月", "三个半月 39度5", "三个半月 娃发烧39度5", "39度5三个半月", "烧到39度5 5个月"]
)
def test_the_age_may_stand_before_the_fever_or_after_it(text) -> None:
    assert _told(text) == "high_fever"


@pytest.mark.parametrize("text", ["娃发烧38度5 两个月", "两个月 38度5", "38度5两个月"])
def test_so_it_may_for_the_youngest(text) -> None:
    assert _told(text) == "newborn_fever"


@pytest.mark.parametrize("second", ["他拿刀", "他拿刀过来了", "他在踹门", "他追我", "我爸在门外"])
def test_a_threat_and_what_is_done_after_it_are_one_telling(second) -> None:
    assert _told("他说要杀了我", second) == "violence"
    assert _told("宝宝两岁了", "他拿刀") == ""


def test_a_worse_sign_after_a_first_one_is_heard() -> None:
    assert _told("诶她刚刚抖了一下 眼睛往上翻", "现在好像没事了 睡了", "叫她没什么反应") == "unconscious"


@pytest.mark.parametrize(
    "text",
    [
        "打了120了 在路上",
        "已经打120了",
        "已经叫救护车了",
        "120打了",
        "叫了救护车",
        "老公打了120",
        "刚打完120",
        "救护车在路上了",
        "打过120了",
        "急救电话打过了",
        "救护车马上到",
        "我已经拨打120了，他们在来",
    ],
)
def test_who_has_called_120_is_not_told_to_call_it(text) -> None:
    assert _told(text) == ""
    assert help_is_called(text)


@pytest.mark.parametrize(
    "text",
    [
        "要不要打120",
        "打120吗",
        "120打不通",
        "打了120没人接",
        "救护车怎么还没来",
        "需要叫救护车吗",
        "帮我打120",
        "快打120",
        "打120要多少钱",
        "",
        "120平的客厅",
        "救护车玩具",
        "打了电话了",
        "叫了师傅了",
    ],
)
def test_a_call_that_is_only_thought_of_or_fails_is_no_call(text) -> None:
    assert not help_is_called(text)


@pytest.mark.parametrize(
    "text", ["要不要打120", "打了120没人接", "救护车怎么还没来", "快打120", "孩子快不行了 打了120了"]
)
def test_a_cry_for_help_stays_one(text) -> None:
    assert _told(text) == "general"


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("宝宝抽搐了 已经打了120", "convulsion"),
        ("打了120了 现在没有呼吸了", "breathing"),
        ("120叫了 孩子昏迷", "unconscious"),
    ],
)
def test_a_sign_beside_the_call_gets_its_advice_without_being_told_to_call(text, sign) -> None:
    danger = danger_in(text)
    assert danger is not None
    assert danger.sign == sign
    assert danger.advice.startswith(HELP_COMES)
    assert "立即拨打 120" not in danger.advice
    assert "不要" in danger.advice.removeprefix(HELP_COMES)
    assert danger_in("宝宝抽搐了").advice == advice_for("convulsion")  # type: ignore[union-attr]


def test_the_table_for_reviewers_holds_what_is_said_while_help_comes() -> None:
    table = (HERE.parents[1] / "docs" / "danger-signs.md").read_text(encoding="utf-8")
    assert HELP_COMES in table
