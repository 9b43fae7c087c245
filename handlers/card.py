"""What a colleague reads before the page about a ticket: what it is about, on one screen and without a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers import texts
from handlers.mood_types import Mood
from handlers.plain import LONGEST_QUESTION, RECENT
from knowledge.types import Line

LIMIT = 2000  # bytes of the card: it has to leave as one message (2,048, doc 90236)
TURNS = 6
_TOLD = 80  # characters of what the member was told
_ROOM = 3 * _TOLD + 30  # bytes that are kept free for it: on kf it is known only once the session has moved
_WHO = {"customer": "会员", "bot": "助手", "staff": "同事", "member": "其他人"}
_CALM = frozenset({"", Mood.CALM})


@dataclass(frozen=True, slots=True)
class Background:
    """`person` is shown shortened; `quoted` and `nearest` are titles of guides that were used, and that came close.

    `holds`: why nothing unasked goes to them, in words. `deadline`: for the first word; None where nobody ever works.
    What is urgent is asked for now, whatever the deadline.
    `now`: what was said longer before it than RECENT gets its date.
    """

    ticket: int
    person: str
    reason: str
    ask: str
    zone: str
    mood: str = ""
    quote: str = ""
    lines: Sequence[Line] = ()
    quoted: Sequence[str] = ()
    nearest: Sequence[str] = ()
    holds: Sequence[str] = ()
    deadline: datetime | None = None
    now: datetime | None = None


def card(background: Background) -> str:
    """The card as Markdown, with room for `with_told`; where there is too much, the oldest turns are left out."""
    head = _head(background)
    tail = f"接手发 /take {background.ticket}，处理完发 /return {background.ticket}。"
    turns = [_turn(line, background) for line in background.lines[-TURNS:]]
    while turns and len(_joined(head, turns, tail).encode()) > LIMIT - _ROOM:
        turns.pop(0)
    return _joined(head, turns, tail)


def with_told(card_: str, told: str) -> str:
    """The card with what was promised to the member, word for word as far as it fits."""
    return f"{card_}\n\n已告诉会员：“{texts.one_line(told, _TOLD)}”" if told else f"{card_}\n\n还没有告诉会员什么。"


def _head(background: Background) -> list[str]:
    ask = texts.one_line(background.ask[:LONGEST_QUESTION], 80) or "（没有文字）"
    rows = [
        f"**转接单 {background.ticket} 号的背景**\n",
        f"- 会员：{background.person}，{texts.reason_words(background.reason)}",
        f"- 想问：{ask}",
    ]
    if background.mood not in _CALM:
        quote = f"，“{texts.one_line(background.quote, 40)}”" if background.quote else ""
        rows.append(f"- 情绪：{texts.mood_words(background.mood)}{quote}")
    if background.quoted or background.nearest:
        tried = [f"引用过{_titles(background.quoted)}"] if background.quoted else []
        tried += [f"没答上，最接近的是{_titles(background.nearest)}"] if background.nearest else []
        rows.append(f"- 查过的资料：{'；'.join(tried)}")
    if background.holds:
        rows.append(f"- 不主动发消息：{'、'.join(background.holds)}")
    if background.reason == texts.URGENT:
        rows.append("- **请现在就联系会员**，确认已经就医或求助")
    elif background.deadline is not None:
        local = background.deadline.astimezone(ZoneInfo(background.zone))
        rows.append(f"- 请在 {texts.moment(background.deadline, background.zone)}:{local:%S} 前说第一句话")
    return rows


def _titles(titles: Sequence[str]) -> str:
    return "".join(f"《{texts.one_line(title, 20)}》" for title in tuple(dict.fromkeys(titles))[:3])


def _turn(line: Line, background: Background) -> str:
    old = line.at is not None and background.now is not None and background.now - line.at > RECENT
    when = f"（{texts.moment(line.at, background.zone)}）" if old and line.at else ""
    return f"> {_WHO[line.sender]}{when}：{texts.one_line(line.text.replace('*', ''), 40)}"


def _joined(head: list[str], turns: list[str], tail: str) -> str:
    said = ["", "最近几句：", *turns] if turns else []
    return "\n".join([*head, *said, "", tail])
