"""/preview /approve /reject: nothing is said unasked before a named colleague has read and approved its very words."""

from collections.abc import Callable

from handlers import texts
from handlers.commands.picking import picked
from handlers.commands.request import Request, say, stamp
from handlers.effect_types import DraftPost, JudgePost
from handlers.posting import APPROVED, NEED, REJECTED, UNLAWFUL, Prospect
from handlers.turn import Outcome
from scheduler.timetable import Planned

KINDS = {"value": "实用内容", "promo": "推广", "service": "服务通知"}
STATES = {"waiting": "等批准", APPROVED: "已批准", REJECTED: "已驳回", UNLAWFUL: "不合规"}
_LONGEST_WHY = 200
_RECIPIENTS = 5  # whose expected decision is shown


async def preview(request: Request) -> Outcome | None:
    """The post as each channel shows it, what the review found, and what the gate would say at its time."""
    found = await _picked(request, request.arguments)
    if not isinstance(found, tuple):
        return found
    place, planned, prospect = found
    head = (
        f"**{texts.moment(planned.at, request.office.zone)} 《{prospect.post.title}》**\n"
        f"{KINDS[prospect.post.kind]} · {_standing(prospect, request.office.called)}"
    )
    shown = [f"▼ {channel}\n{text}" for channel, text in prospect.shown.items()]
    ask = f"批准发“/approve {place}”，驳回发“/reject {place} 原因”。" if prospect.state == "waiting" else ""
    return say("\n\n".join(block for block in (head, *_problems(prospect), *shown, _expected(prospect), ask) if block))


async def approve(request: Request) -> Outcome | None:
    """Lets this very text be sent, always through the gate; a changed text needs it again."""
    found = await _picked(request, request.arguments)
    if not isinstance(found, tuple):
        return found
    _, planned, prospect = found
    title = prospect.post.title
    if prospect.state == UNLAWFUL:
        return say("\n\n".join([f"《{title}》不能批准，先改掉这些说法：", *_problems(prospect)]))
    if not prospect.lexicon:
        return say("审核用的词库读不到，现在什么都不能批准。请检查 posts/lexicon.yaml，改好后再试。")
    if prospect.state == APPROVED:
        return say(f"《{title}》{request.office.called(prospect.by)} 已经批准过了。")
    judged = _judged(prospect, approved=True, why="")
    at = texts.moment(planned.at, request.office.zone)
    when = "接下来" if planned.schedule.startswith(NEED) else f"{at} "
    text = f"已批准《{title}》，{when}发送，发之前照样过一遍上限。改动一个字都要重新批准。"
    return say(text, judged, audit=f"approve {prospect.post.name} {stamp(planned.at)}")


async def reject(request: Request) -> Outcome | None:
    """This text is not sent; another one takes its place, where there is one."""
    place, _, why = request.arguments.strip().partition(" ")
    if not why.strip():
        return None
    found = await _picked(request, place)
    if not isinstance(found, tuple):
        return found
    _, _, prospect = found
    judged = _judged(prospect, approved=False, why=texts.one_line(why, _LONGEST_WHY))
    text = f"已驳回《{prospect.post.title}》，不会发送；有别的合适内容就换上，发 /plan 看。改好之后可以再批准。"
    return say(text, judged, audit=f"reject {prospect.post.name}")


async def draft(request: Request) -> Outcome | None:
    """Writes a post from a guide; it waits on the shelf for the review and an approval like any other text."""
    if not request.arguments:
        return None
    made = await request.office.posting.draft(request.arguments)
    if made is None:
        return say(f"没有合适的指南：{texts.one_line(request.arguments, 40)}。发 /guides 看有哪些。")
    how = "模型按指南写的" if made.by == "model" else "按模板从指南摘的"
    text = f"草稿写好了，{how}，稍后会出现在 /plan 里，批准之前不会发。\n\n{made.body}"
    kept = DraftPost(made.title, made.topic, made.body, made.source, made.by)
    return say(text, kept, audit=f"draft {made.source}")


async def _picked(request: Request, place: str) -> tuple[int, Planned, Prospect] | Outcome | None:
    """The planned post with this number and how it stands; see `picked` for what else it may be."""
    found = await picked(request, place)
    if not isinstance(found, tuple):
        return found
    prospect = await request.office.posting.prospect(found[1])
    if prospect is None:
        return say(f"《{found[1].title}》的内容刚刚变了，请重新发 /plan。")
    return *found, prospect


def _standing(prospect: Prospect, called: Callable[[str], str]) -> str:
    who = f"（{called(prospect.by)}{'：' + prospect.why if prospect.why else ''}）" if prospect.by else ""
    return STATES[prospect.state] + who


def _problems(prospect: Prospect) -> list[str]:
    rows = [f"- “{each.quote}”：{each.why}（{each.code}）" for each in prospect.problems]
    return ["\n".join(rows)] if rows else []


def _expected(prospect: Prospect) -> str:
    rows = [f"- {row}" for row in prospect.expected[:_RECIPIENTS]]
    left = max(prospect.people, len(prospect.expected)) - len(rows)
    more = [f"- 还有 {left} 处"] if left > 0 else []
    wrong = [f"- {each}" for each in prospect.nobody]
    return "\n".join(["到时候会怎样（按现在知道的）：", *rows, *more, *wrong]) if rows or wrong else ""


def _judged(prospect: Prospect, *, approved: bool, why: str) -> JudgePost:
    post = prospect.post
    return JudgePost(post.name, post.digest, post.kind, post.title, prospect.lexicon, approved, why)
