"""What `--help` shows, in Chinese: the library's own words are English ones."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from typer import Typer
from typer.core import TyperCommand

# The library's words where they stand in a help → ours.
_WORDS: Mapping[str, str] = {
    r"^Usage: ": "用法：",
    r"^Arguments:$": "参数：",
    r"^Options:$": "选项：",
    r"^Commands:$": "命令：",
    r"\[OPTIONS\]": "[选项]",
    r"COMMAND \[ARGS\]\.\.\.": "命令 [参数]...",
    r"Show this message and exit\.": "显示这份说明。",
    r" +\[default: (.*?); (\d+)<=x<=(\d+)\]": r"（\2–\3，默认 \1）",
    r" +\[default: (.*?)\]": r"（默认 \1）",
    r" +\[required\]": "（必填）",
    r"<int range>": "<int>      ",
}

Function = TypeVar("Function", bound=Callable[..., Any])


def in_chinese(shown: str) -> str:
    """A help text with the library's words put into ours."""
    for pattern, words in _WORDS.items():
        shown = re.sub(pattern, words, shown, flags=re.MULTILINE)
    return shown


class ChineseCommand(TyperCommand):
    """One command; `ChineseGroup` is what holds several."""

    def get_help(self, ctx: Any) -> str:
        return in_chinese(super().get_help(ctx))


class Commands(Typer):
    """A Typer whose commands show their help in Chinese."""

    def command(self, *args: Any, **kwargs: Any) -> Callable[[Function], Function]:
        return super().command(*args, **{"cls": ChineseCommand, **kwargs})
