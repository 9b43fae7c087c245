"""Who types a command wrongly is told so in Chinese, and how it goes."""

import pytest
from typer.testing import CliRunner

from bot.cli import app


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("pla", "没有 pla 这个命令。您是不是想写 plan？"),
        ("person nope", "没有 nope 这个命令。"),
        ("plan --week 3", "没有 --week 这个选项。您是不是想写 --weeks？"),
        ("plan --weeks", "选项 --weeks 后面要写一个值。"),
        ("plan --weeks x", "--weeks 的值不对：要写整数。"),
        ("plan --weeks 99", "--weeks 的值不对：最大是 52。"),
        ("plan --weeks 0", "--weeks 的值不对：最小是 1。"),
        ("plan --json=3", "选项 --json 后面不用写值。"),
        ("plan extra", "多写了：extra。"),
        ("backup", "少写了 FILE。"),
        ("review", "少写了 --batch。"),
        ("person show", "少写了 ID。"),
        ("serve --role foo", "--role 的值不对：只能是 all、web、worker、clock 之一。"),
    ],
)
def test_wrong_use_is_told_in_chinese_and_ends_with_2(typed: str, told: str) -> None:
    ended = CliRunner().invoke(app, typed.split())
    assert ended.exit_code == 2
    assert told in ended.stderr
    assert not any(word in ended.stderr for word in ("Error", "Usage", "Try", "Invalid", "such"))
    assert ended.stdout == ""


def test_where_to_read_on_is_named() -> None:
    assert "用法见：fencun plan --help" in CliRunner().invoke(app, ["plan", "--weeks", "x"], prog_name="fencun").stderr


@pytest.mark.parametrize("typed", [[], ["person"]])
def test_without_a_command_the_list_of_commands_is_shown(typed: list[str]) -> None:
    ended = CliRunner().invoke(app, typed)
    assert ended.exit_code == 2
    assert "导出" in ended.output
