"""What somebody reads who typed a command wrongly: the library's own words are English ones."""

import difflib
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from typer import Abort
from typer.core import TyperGroup
from typer.exceptions import TyperException

from bot.cli.help_words import in_chinese

# How the library begins what it says → what we say; the groups are numbered from 0.
_SAID: Mapping[str, str] = {
    r"Missing command": "还要写一个命令。",
    r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)": "多写了：{0}。",
    r"Option '(.+)' does not take a value": "选项 {0} 后面不用写值。",
    r"Option '(.+)' requires (?:an argument|\d+ arguments)": "选项 {0} 后面要写一个值。",
}
_VALUES: Mapping[str, str] = {
    r"Input should be a valid integer": "要写整数",
    r"Input should be a valid number": "要写数字",
    r"Input should be greater than or equal to (\S+)": "最小是 {0}",
    r"Input should be less than or equal to (\S+)": "最大是 {0}",
    r".*is not one of (.+?)\.?$": "只能是 {0} 之一",
}


class ChineseGroup(TyperGroup):
    """The commands, with wrong use told in Chinese. `fencun` itself has it, so it holds for every command below."""

    def get_help(self, ctx: Any) -> str:
        return in_chinese(super().get_help(ctx))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """As `TyperGroup.main`, which ends the process unless `standalone_mode` is false: then errors are raised."""
        given = (args, prog_name, complete_var, False, windows_expand_args)
        if not standalone_mode:
            return super().main(*given, **extra)
        try:
            code = super().main(*given, **extra)
        except Abort:
            print("\n已取消，什么都没有做。", file=sys.stderr)
            sys.exit(1)
        except TyperException as error:
            print(worded(error), file=sys.stderr)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)


def worded(error: TyperException) -> str:
    """The error in Chinese, with the way to the command's help where it is known which one was meant."""
    kind, context = type(error).__name__, getattr(error, "ctx", None)
    if kind == "NoArgsIsHelpError":
        return str(context.get_help() if context else error.format_message()).rstrip()
    said = _what(error, kind, context)
    return f"{said}\n用法见：{context.command_path} --help" if context else said


def _what(error: TyperException, kind: str, context: Any) -> str:
    match kind:
        case "MissingParameter":
            return f"少写了 {_name(error)}。"
        case "NoSuchOption":
            return f"没有 {_of(error, 'option_name')} 这个选项。{_near(getattr(error, 'possibilities', None) or ())}"
        case "BadParameter":
            return f"{_name(error)} 的值不对：{_put(error.message, _VALUES) or error.message}。"
        case "FileError":
            return f"打不开文件 {_of(error, 'filename')}：{error.message}"
    if unknown := re.match(r"No such command '(.*?)'", error.message):
        commands = getattr(getattr(context, "command", None), "commands", {})
        return f"没有 {unknown[1]} 这个命令。{_near(difflib.get_close_matches(unknown[1], commands, n=1))}"
    return _put(error.message, _SAID) or f"命令写得不对：{error.message}"


def _put(message: str, table: Mapping[str, str]) -> str:
    """`message` in our words, empty where it is none of `table`."""
    for pattern, words in table.items():
        if found := re.match(pattern, message):
            return words.format(*(re.sub(r"', '", "、", group).strip("'") for group in found.groups()))
    return ""


def _of(error: TyperException, field: str) -> str:
    return str(getattr(error, field, ""))


def _name(error: TyperException) -> str:
    """The option or argument that is meant, as it is typed."""
    param = getattr(error, "param", None)
    options = [each for each in getattr(param, "opts", ()) if each.startswith("-")]
    return options[0] if options else str(getattr(param, "metavar", "") or getattr(param, "name", ""))


def _near(names: Any) -> str:
    return f"您是不是想写 {sorted(names)[0]}？" if names else ""
