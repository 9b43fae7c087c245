"""Markdown as each channel shows it: kf and customer messages show none, apps and robots a small subset (90236).

One walk over markdown-it's tree writes both: with `marks` the subset's signs stay (headings, bold, links, inline code,
quotes, font colours), without them only the words do.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from handlers.turn import Channel

__all__ = ["app_markdown", "plain", "render"]

_USUAL = 128  # texts: to parse one costs a tenth of all that a message costs, and many ask the same
_MARKS = frozenset({Channel.APP, Channel.APPCHAT, Channel.ROBOT})
_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# The only HTML that WeCom's subset knows.
_FONT = re.compile(r"</?font\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)

# CommonMark leaves `**重点：**内容` alone, because the closing stars stand between punctuation and a letter.
_LEFT_OVER_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


def render(markdown: str, channel: Channel) -> str:
    """`markdown` as text for `channel`; an AI bot takes it as it is."""
    if channel is Channel.AIBOT:
        return markdown
    return app_markdown(markdown) if channel in _MARKS else plain(markdown)


def plain(markdown: str) -> str:
    """The words alone: links as 文字：address, lists as lines, tables as 项目：内容 lines."""
    return _write(markdown, marks=False)


def app_markdown(markdown: str) -> str:
    """The subset of app and robot messages; lists, tables, pictures and code blocks become plain lines in it."""
    return _write(markdown, marks=True)


@lru_cache(maxsize=_USUAL)
def _write(markdown: str, *, marks: bool) -> str:
    return _block(SyntaxTreeNode(_PARSER.parse(markdown)), marks).strip()


# --- blocks ----------------------------------------------------------------------------------------------------------


def _block(node: SyntaxTreeNode, marks: bool) -> str:
    write = _BLOCKS.get(node.type)
    return write(node, marks) if write else _blocks(node.children, marks, "\n\n")


def _blocks(nodes: Sequence[SyntaxTreeNode], marks: bool, between: str) -> str:
    written = (_block(node, marks) for node in nodes)
    return between.join(text for text in written if text.strip())


def _heading(node: SyntaxTreeNode, marks: bool) -> str:
    text = _inline(node.children, marks)
    return f"{'#' * int(node.tag[1:])} {text}" if marks and text else text


def _list(node: SyntaxTreeNode, marks: bool) -> str:
    start = int(node.attrs.get("start", 1))
    lines = []
    for number, item in enumerate(node.children, start):
        mark = f"{number}. " if node.type == "ordered_list" else "· "
        # Lines of an item stay under it: a nested list or a second paragraph.
        lines.append(mark + _blocks(item.children, marks, "\n").replace("\n", "\n  "))
    return "\n".join(lines)


def _quote(node: SyntaxTreeNode, marks: bool) -> str:
    text = _blocks(node.children, marks, "\n")
    return re.sub(r"^", "> ", text, flags=re.MULTILINE) if marks else text


def _code(node: SyntaxTreeNode, _marks: bool) -> str:
    return node.content.rstrip("\n")


def _html(node: SyntaxTreeNode, marks: bool) -> str:
    return _without_tags(node.content, marks).strip()


def _table(node: SyntaxTreeNode, marks: bool) -> str:
    rows = [[_inline(cell.children, marks) for cell in row.children] for part in node.children for row in part.children]
    head, *body = rows
    return "\n".join(_row(head, row) for row in body) if body else "，".join(filter(None, head))


def _row(head: Sequence[str], row: Sequence[str]) -> str:
    """Two columns are 项目：内容; with more, each value is named by its column."""
    first, *rest = row
    if len(rest) > 1:
        rest = [f"{name} {value}".strip() for name, value in zip(head[1:], rest, strict=False) if value]
    return "：".join(filter(None, (first, "，".join(filter(None, rest)))))


# --- inline ----------------------------------------------------------------------------------------------------------


def _inline(nodes: Sequence[SyntaxTreeNode], marks: bool) -> str:
    text, after_address = "", False
    for node in nodes:
        piece = _INLINES.get(node.type, _inside)(node, marks)
        # A client that makes addresses tappable would take the next word into the address.
        text += " " + piece if after_address and piece[:1].isalnum() else piece
        after_address = node.type in ("link", "image") and not marks
    return text


def _paragraph(node: SyntaxTreeNode, marks: bool) -> str:
    text = _inside(node, marks)
    return text if marks else _LEFT_OVER_BOLD.sub(r"\1", text)


def _inside(node: SyntaxTreeNode, marks: bool) -> str:
    return _inline(node.children, marks)


def _strong(node: SyntaxTreeNode, marks: bool) -> str:
    text = _inside(node, marks)
    return f"**{text}**" if marks and text else text


def _code_inline(node: SyntaxTreeNode, marks: bool) -> str:
    return f"`{node.content}`" if marks else node.content


def _link(node: SyntaxTreeNode, marks: bool) -> str:
    return _address(_inside(node, marks), str(node.attrs.get("href", "")), marks)


def _image(node: SyntaxTreeNode, marks: bool) -> str:
    return _address(node.content, str(node.attrs.get("src", "")), marks)


def _address(text: str, address: str, marks: bool) -> str:
    if "://" not in address:  # a path inside the guides, a mail address: nothing to tap on
        return text
    if not text or "://" in text:
        return address
    return f"[{text}]({address})" if marks else f"{text}：{address}"


def _html_inline(node: SyntaxTreeNode, marks: bool) -> str:
    return _without_tags(node.content, marks)


def _without_tags(html: str, marks: bool) -> str:
    text = _BREAK.sub("\n", html)
    return _TAG.sub(lambda tag: tag.group() if marks and _FONT.fullmatch(tag.group()) else "", text)


_BLOCKS: dict[str, Callable[[SyntaxTreeNode, bool], str]] = {
    "heading": _heading,
    "inline": _paragraph,
    "bullet_list": _list,
    "ordered_list": _list,
    "blockquote": _quote,
    "fence": _code,
    "code_block": _code,
    "html_block": _html,
    "table": _table,
    "hr": lambda _node, _marks: "",
}

_INLINES: dict[str, Callable[[SyntaxTreeNode, bool], str]] = {
    "inline": _paragraph,
    "text": lambda node, _marks: node.content,
    "softbreak": lambda _node, _marks: "\n",
    "hardbreak": lambda _node, _marks: "\n",
    "code_inline": _code_inline,
    "strong": _strong,
    "link": _link,
    "image": _image,
    "html_inline": _html_inline,
}
