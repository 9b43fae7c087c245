"""Who types a command wrongly is told so in Chinese, and how it goes."""

from importlib.metadata import version

import pytest
import typer
from typer.core import TyperGroup
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
        ("sandbox --port 99999", "--port 的值不对：最大是 65535。"),
        ("sandbox --port -1", "--port 的值不对：最小是 0。"),
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


def commands(group: TyperGroup, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [above]
    for name, command in group.commands.items():
        named = (*above, name)
        found += commands(command, named) if isinstance(command, TyperGroup) else [named]
    return found


@pytest.mark.parametrize("typed", commands(typer.main.get_command(app)), ids=" ".join)  # type: ignore[arg-type]
def test_the_help_of_every_command_is_in_chinese(typed: tuple[str, ...]) -> None:
    ended = CliRunner().invoke(app, [*typed, "--help"], prog_name="fencun")
    assert ended.exit_code == 0
    assert ended.stdout.startswith(f"用法：{' '.join(('fencun', *typed))} [选项]")
    english = ("Usage", "Option", "Argument", "Command", "OPTIONS", "ARGS", "Show", "default", "required", "range")
    assert not any(word in ended.stdout for word in english)


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"fencun {version('fencun')}\n"


@pytest.mark.parametrize("question", ["", "  "])
def test_an_empty_question_is_wrong_use(question: str) -> None:
    ended = CliRunner().invoke(app, ["ask", question])
    assert ended.exit_code == 2
    assert "请给出一个问题" in ended.stderr
