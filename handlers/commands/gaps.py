"""/gaps /answer: what members asked in vain, and how it becomes a guide."""

import re
import unicodedata
from collections.abc import Sequence

from handlers import texts
from handlers.commands.paging import page_of, paged
from handlers.commands.parse import number
from handlers.commands.request import Request, say
from handlers.effect_types import DraftGuide, PublishGuide, Reindex
from handlers.turn import Outcome
from knowledge.gaps import Gap, GapKind, Stage, draft

DRAFT = ".drafts/gap-{}.md"  # below the guides folder; what is hidden there is never read as a guide
GUIDE = "faq-{}.md"
_SHOWN = 10  # gaps in one list
_WORDINGS = 8  # of one gap
_LEAST = 4  # characters of an answer
_PUBLISH = ("发布", "發布", "publish")
_MARKS = re.compile(r"[\W_]+")
_CALL = re.compile(r"([#＃]?\s*\d{1,6})\s*(?:[号条][\s:：,，]*|[\s:：,，]+)(.+)", re.DOTALL)
_KINDS = {GapKind.REFUSED: "没有资料", GapKind.DISLIKED: "被点没用"}
_STAGES = {Stage.DRAFTED: "，草稿待发布", Stage.PUBLISHED: "，已发布，原来的问题还没有通过"}


async def gaps(request: Request) -> Outcome | None:
    """The open gaps, what most members asked about first, a page at a time; or the wordings of one."""
    found = await request.office.gaps()
    page = page_of(request.arguments)
    if page is None:
        wanted = number(request.arguments, unit="[号条]")
        return None if wanted is None else say(_wordings(wanted, _gap(found, wanted)))
    if not found:
        return say("没有缺口：问过的都有资料。")
    shown, more = paged(found, page, _SHOWN, "gaps")
    return say(
        f"**没有好答案的问题 {len(found)} 条**\n\n" + "\n".join(map(_row, shown)) + f"{more}\n\n"
        "写答案，发“/answer 序号 答案”；看各种问法，发“/gaps 序号”。"
    )


def _row(gap: Gap) -> str:
    asked = f"{gap.members} 位会员" + (f"，共 {len(gap.asks)} 次" if len(gap.asks) > gap.members else "")
    near = f"，最相近《{gap.nearest}》" if gap.nearest else ""
    what = f"{_KINDS[gap.kind]}，{asked}，从 {gap.since:%m-%d} 起{near}{_STAGES.get(gap.stage, '')}"
    return f"- **{gap.number} 号** {texts.one_line(gap.question.rstrip('？?。！! '), 40)}：{what}"


def _wordings(wanted: int, gap: Gap | None) -> str:
    if gap is None:
        return _missing(wanted)
    said = list(dict.fromkeys(texts.one_line(ask.question, 60) for ask in gap.asks))
    more = f"\n\n另有 {len(said) - _WORDINGS} 种问法。" if len(said) > _WORDINGS else ""
    return "\n".join([_row(gap).removeprefix("- "), "", *(f"- {words}" for words in said[:_WORDINGS])]) + more


async def answer(request: Request) -> Outcome | None:
    """Drafts a guide about a gap, or publishes the draft. Nothing is quoted before somebody published it."""
    called = _CALL.fullmatch(request.arguments)
    wanted = number(called[1]) if called else None
    if called is None or wanted is None:
        return None
    gap = _gap(await request.office.gaps(), wanted)
    if gap is None:
        return say(_missing(wanted))
    text = called[2].strip()
    if _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold()) in _PUBLISH:
        return _publish(request, gap)
    return await _draft(request, gap, text) if len(text) >= _LEAST else None


async def _draft(request: Request, gap: Gap, text: str) -> Outcome:
    who = request.turn.conversation.person
    near = [guide.topic for guide in await request.office.guides() if guide.title == gap.nearest]
    written = draft(gap, text, near[0] if near else "", f"{texts.shorten(who)} {request.today.isoformat()}")
    told = (
        f"{gap.number} 号的草稿写好了：指南文件夹里的 {DRAFT.format(gap.number)}。现在还不会被引用，可以先打开改。\n\n"
        f"看过没问题，发“/answer {gap.number} 发布”。"
    )
    return say(told, DraftGuide(gap.number, written), audit=f"answer {gap.number} draft")


def _publish(request: Request, gap: Gap) -> Outcome:
    if gap.stage is Stage.OPEN:
        return say(f"{gap.number} 号还没有草稿，先发“/answer {gap.number} 您的答案”。")
    if gap.stage is Stage.PUBLISHED:
        return say(
            f"{gap.number} 号已经发布过：{GUIDE.format(gap.number)}。要改，先发“/answer {gap.number} 新的答案”。"
        )
    told = (
        f"{gap.number} 号已发布：{GUIDE.format(gap.number)}，审核人记为您。正在重新读取指南，"
        "原来的问题能回答了就自动关闭，并告诉您。"
    )
    publish = PublishGuide(gap.number, request.turn.conversation.person, request.today, again=bool(gap.guide))
    return say(told, publish, Reindex(), audit=f"answer {gap.number} publish")


def _gap(found: Sequence[Gap], wanted: int) -> Gap | None:
    return next((gap for gap in found if gap.number == wanted), None)


def _missing(wanted: int) -> str:
    return f"没有 {wanted} 号缺口，或者它已经关闭。发 /gaps 看还有哪些。"
