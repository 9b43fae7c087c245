"""Audiences and triggers as settings: what is wrong is named with its key, and what was probably meant."""

from pathlib import Path

import pytest

from bot.settings import WrongSettings, load

AUDIENCE = '[[audiences]]\nname = "家长"\ninclude = ["topic:parenting"]\n'
TRIGGER = '[[triggers]]\nname = "半岁"\non = "stage"\nvalue = "6个月"\nguide = "food.md"\n'
SCHEDULE = '[[schedules]]\nname = "s"\nevery = "周四 10:00"\nto = ["{to}"]\n'


def problems(folder: Path, text: str) -> dict[str, str]:
    path = folder / "fencun.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load(path, {})
    except WrongSettings as error:
        return {problem.key: problem.message for problem in error.problems}
    return {}


def test_what_is_right_is_read(tmp_path: Path) -> None:
    text = AUDIENCE + TRIGGER + SCHEDULE.format(to="audience:家长")
    assert problems(tmp_path, text) == {}
    settings = load(tmp_path / "fencun.toml", {})
    assert settings.audiences[0].audience.include == ("topic:parenting",)
    assert (settings.triggers[0].trigger.unit, settings.triggers[0].trigger.count) == ("months", 6)


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (AUDIENCE.replace("topic:parenting", "everyone"), "audiences[0]", "confirm_everyone = true"),
        (AUDIENCE.replace("topic:", "topics:"), "audiences[0]", "是不是想写 topic？"),
        (AUDIENCE.replace('["topic:parenting"]', "[]"), "audiences[0]", "没有写 include"),
        (AUDIENCE + AUDIENCE, "audiences[1].name", "用了两次"),
        (TRIGGER.replace("6个月", "很快"), "triggers[0]", "应为宝宝的月龄或孕周"),
        (TRIGGER.replace("stage", "stages"), "triggers[0].on", "只能是"),
        (TRIGGER.replace('guide = "food.md"', ""), "triggers[0]", "guide（文件名）或 topic（主题）"),
        (TRIGGER.replace('"6个月"', "true"), "triggers[0].value", "不是 true 或 false"),
        (TRIGGER + TRIGGER, "triggers[1].name", "用了两次"),
        (AUDIENCE + SCHEDULE.format(to="audience:家庭"), "schedules[0].to", "没有叫“家庭”的受众"),
        (SCHEDULE.format(to="audience:"), "schedules[0].to[0]", "要写受众的名字"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(tmp_path: Path, text: str, key: str, said: str) -> None:
    assert said in problems(tmp_path, text).get(key, "")


def test_an_audience_that_is_nearly_spelt_right_is_named(tmp_path: Path) -> None:
    text = AUDIENCE.replace("家长", "辅食期家长") + SCHEDULE.format(to="audience:辅食家长")
    assert "是不是想写 audience:辅食期家长？" in problems(tmp_path, text)["schedules[0].to"]


def test_a_number_of_days_may_be_written_as_a_number(tmp_path: Path) -> None:
    text = '[[triggers]]\nname = "到货"\non = "days_after"\nevent = "delivery"\nvalue = 30\ntopic = "service"\n'
    assert problems(tmp_path, text) == {}
