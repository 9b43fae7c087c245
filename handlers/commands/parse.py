"""The slash-commands: their names, who may use them, and how a line of text becomes a call."""

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from handlers import texts
from handlers.plain import clauses
from handlers.turn import Kind, Role, Turn

_COLLEAGUES = frozenset({Role.OPERATOR, Role.LEAD, Role.CONSULTANT})
_OPERATORS = frozenset({Role.OPERATOR})
_LEADS_TOO = frozenset({Role.OPERATOR, Role.LEAD})
_SLASHES = ("/", "／")
_HELP = ("help", "帮助", "幫助")
_GLUED_NUMBER = re.compile(r"(\D+)(\d+)")


@dataclass(frozen=True, slots=True)
class Command:
    """One command. `name` and `aliases` are without the slash, `usage` is its arguments in words, `does` one phrase."""

    name: str
    aliases: tuple[str, ...]
    usage: str
    does: str
    roles: frozenset[Role]

    @property
    def usage_line(self) -> str:
        return f"用法：/{self.name}{f' {self.usage}' if self.usage else ''}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Call:
    """A line taken apart: the word after the slash as it was typed, the command it names (if any), and the rest."""

    word: str
    command: Command | None
    arguments: str


COMMANDS: tuple[Command, ...] = (
    Command("help", ("帮助",), "[指令]", "看有哪些指令，或一个指令的用法", _COLLEAGUES),
    Command("status", ("状态",), "", "运行状态", _OPERATORS),
    Command("ask", ("问",), "问题", "按会员会得到的样子回答，并列出依据", _COLLEAGUES),
    Command("guides", ("指南",), "[词]", "列出指南，可按词筛选", _OPERATORS),
    Command("reindex", ("重建索引",), "", "重新读取指南文件夹", _OPERATORS),
    Command("gaps", ("缺口",), "[序号]，或第几页，如 第2页", "没有好答案的问题，问的人多的在前", _OPERATORS),
    Command("answer", ("解答",), "序号 答案（序号见 /gaps；写“发布”就发布草稿）", "为一个缺口写指南草稿", _OPERATORS),
    Command("plan", ("计划",), "[天数]（1–92，不写是 7 天）", "接下来要推送的内容", _OPERATORS),
    Command("preview", ("预览",), "序号（序号见 /plan）", "看一条推送在各处的样子和审核结果", _OPERATORS),
    Command("approve", ("批准",), "序号（序号见 /plan）", "批准一条推送的内容", _OPERATORS),
    Command("reject", ("驳回",), "序号 原因（序号见 /plan）", "驳回一条推送的内容", _OPERATORS),
    Command("draft", ("起草",), "指南名或词", "从一篇指南写一条推送草稿", _OPERATORS),
    Command("push", ("推送",), "序号（序号见 /plan）", "现在就推送计划里的一条", _OPERATORS),
    Command("pause", ("暂停",), "[小时]（1–720，不写就一直停到 /resume）", "暂停主动推送", _OPERATORS),
    Command("resume", ("恢复",), "", "恢复主动推送", _OPERATORS),
    Command("caps", ("上限",), "", "主动推送的各项上限", _OPERATORS),
    Command("why", ("为何",), "会员账号或单号，如 12号", "为什么给一位会员发或不发", _OPERATORS),
    Command("layer", ("分层",), "会员账号 分层（如“安静”，写“自动”就取消）", "手动设一位会员的分层", _OPERATORS),
    Command("trial", ("对比",), "[名字]", "两种说法的对比到了哪一步，够人数才有结论", _OPERATORS),
    Command("promoday", ("推广日",), "日期，如 2026-12-12（两位运营各发一遍才算数）", "加一个推广日", _OPERATORS),
    Command("handoffs", ("转接单",), "[第几页]，如 第2页", "没有结束的转接单", _COLLEAGUES),
    Command("take", ("接手",), "单号（单号见 /handoffs）", "接手一张转接单", _COLLEAGUES),
    Command("return", ("交还",), "单号（单号见 /handoffs）", "结束转接单，交还给智能助手", _COLLEAGUES),
    Command("resolve", ("处理完",), "单号或会员 原因（情绪看错了就写“误判”）", "了结会员的事，恢复推送", _COLLEAGUES),
    Command("followup", ("回访",), "单号（/resolve 之后）", "问一次会员解决了没有", _COLLEAGUES),
    Command("person", ("会员",), "会员账号或单号，如 12号", "保存了一位会员的哪些数据和设置", _OPERATORS),
    Command("forget", ("忘记",), "会员账号（后面再加“确认”就删除）", "删除一位会员的全部数据", _OPERATORS),
    Command("health", ("健康",), "[天数]（1–90，不写是 28 天）", "会员关系的健康度，各项指标和算法", _LEADS_TOO),
    Command("whoami", ("我是谁",), "", "您的账号和角色", _COLLEAGUES),
)
_BY_NAME = {name: command for command in COMMANDS for name in command.names}
_CHINESE = sorted((name for name in _BY_NAME if not name.isascii()), key=len, reverse=True)


def is_command(turn: Turn) -> bool:
    """Whether a colleague wrote a line that starts with a slash ("/:" starts an old WeChat emoji, not a command)."""
    text = turn.item.text.lstrip()
    slash = text.startswith(_SLASHES) and not text[1:].startswith(":")
    return slash and turn.item.kind is Kind.TEXT and bool(turn.roles & _COLLEAGUES)


def asks_for_help(turn: Turn) -> bool:
    """Whether a colleague wrote 帮助 or help and nothing else: who knows of no slash yet must find them."""
    return turn.item.kind is Kind.TEXT and bool(turn.roles & _COLLEAGUES) and "".join(clauses(turn.item.text)) in _HELP


def parse(text: str) -> Call:
    """A line that starts with a slash, taken apart. Width and case of the command do not matter."""
    head, rest = [*text.strip()[1:].split(maxsplit=1), "", ""][:2]
    word = unicodedata.normalize("NFKC", head).casefold()
    if word in _BY_NAME:
        return Call(head, _BY_NAME[word], rest)
    name, glued = _unglued(word, head)
    return Call(head, _BY_NAME.get(name), f"{glued} {rest}".strip())


def named(word: str) -> Command | None:
    """The command called `word`, with or without its slash."""
    return _BY_NAME.get(unicodedata.normalize("NFKC", word).strip().removeprefix("/").casefold())


def allowed(roles: Iterable[Role]) -> list[Command]:
    """The commands that somebody with `roles` may use, in the order of the table."""
    held = frozenset(roles)
    return [command for command in COMMANDS if command.roles & held]


def unknown(word: str, roles: Iterable[Role]) -> str:
    """What to say to a command we do not have: the nearest one this person may use, else the way to the list."""
    names = [name for command in allowed(roles) for name in command.names]
    shown = texts.one_line(word, 20)
    near = difflib.get_close_matches(unicodedata.normalize("NFKC", word).casefold(), names, n=1, cutoff=0.5)
    return f"没有这个指令：/{shown}。" + (f"您是不是想用 /{near[0]}？" if near else "发 /help 看全部指令。")


def number(text: str, *, unit: str = "", least: int = 1, most: int = 999_999) -> int | None:
    """The one whole number that `text` is, `least` to `most`, or None. "#3", "３" and a trailing `unit` are fine."""
    found = re.fullmatch(rf"#?(\d{{1,6}})\s*(?:{unit})?", unicodedata.normalize("NFKC", text).strip())
    value = int(found[1]) if found else 0
    return value if found and least <= value <= most else None


def _unglued(word: str, head: str) -> tuple[str, str]:
    """Chinese is written without spaces: "/推送2" and "/问主卧怎么摆" name their command all the same."""
    if (found := _GLUED_NUMBER.fullmatch(word)) and found[1] in _BY_NAME:
        return found[1], found[2]
    name = next((name for name in _CHINESE if word.startswith(name)), "")
    return name, head[len(name) :]
