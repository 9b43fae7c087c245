"""/person /forget: what is held about one member, and its deletion."""

from handlers import rights_texts, texts
from handlers.commands.request import Request, say
from handlers.commands.whom import meant, nobody
from handlers.effect_types import Forget
from handlers.rights_texts import of_another
from handlers.turn import Outcome

_SURE = ("确认", "確認", "confirm")


async def person(request: Request) -> Outcome | None:
    """What is held about somebody: kinds and counts, settings, and what the gate let through last. No messages."""
    typed = request.arguments.strip()
    if not typed or len(typed.split()) > 1:
        return None
    id_ = await meant(request, typed)
    records, office = request.office.records, request.office
    kept = await records.kept(id_)
    if not kept:
        return say(nobody(id_, "person"))
    rows = "\n".join(f"- {of_another(each.what)}：{each.count} 条，{of_another(each.until)}" for each in kept)
    settings = rights_texts.settings_rows(await records.preferences(id_), office.zone, request.turn.now)
    return say(
        f"**{texts.shorten(id_)}**\n\n{rows}\n\n设置：{settings}\n\n删除：/forget {id_}", audit=_trace("person", id_)
    )


async def forget(request: Request) -> Outcome | None:
    """Shows what a deletion takes; with 确认 behind the id it is done. The log names nobody."""
    words = request.arguments.split()
    if not 1 <= len(words) <= 2 or (len(words) == 2 and words[1] not in _SURE):
        return None
    id_ = await meant(request, words[0])
    if len(words) == 1:
        kept = await request.office.records.kept(id_)
        goes = "、".join(f"{of_another(each.what)}（{each.count} 条）" for each in kept) or "没有数据"
        return say(
            f"{texts.shorten(id_)} 会被删除的：{goes}。会留下一个加盐的标记，只用来记住不再主动发内容。"
            f"删除后无法恢复。确定的话发“/forget {id_} 确认”。"
        )
    return say("已删除，并记住不再主动给这位会员发内容。", Forget(id_))


def _trace(what: str, id_: str) -> str:
    """For the audit log: enough to look for in one's memory, not enough to name anybody."""
    return f"{what} {id_[: min(4, len(id_) // 2)]}…"
