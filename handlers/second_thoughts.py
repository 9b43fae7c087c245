# ruff: noqa: E501 - word lists: a line per group reads better than a wrapped one
"""Somebody takes back what they have just asked of us: a deletion that was shown, or an opt-out.

Asked before the mood is looked at: who changes their mind is not upset.
"""

import re

from handlers import rights_texts as words
from handlers import texts
from handlers.asked_rights import asked_in
from handlers.effect_types import OptIn
from handlers.plain import clauses
from handlers.preferences import Purpose
from handlers.rights import DELETE_KEPT, HANDLER, asked_to_delete, last_said
from handlers.turn import Kind, Office, Outcome, Reply, Turn
from knowledge.language.terms import canonical

_LONGEST = 24  # characters
_SOFT = "(?:那|那就|还是|我|我们|哦|噢|嗯|啊|呃|额|不好意思|抱歉|对不起|麻烦|请|帮我|你好|您好|谢谢|好吧|好的|等等|等一下|等下|诶|哎|先|暂时|真的|刚才|刚刚|现在|算了|只是|就是)"
_END = "(?:了|吧|啦|呢|哈|哦|啊|呀|哒|嘛|先|谢谢您|谢谢你|谢谢|多谢|麻烦了|不好意思|抱歉|哈哈|的|一下|可以吗|行吗|好吗)"
_REGRET = (
    "(?:想想|想一想|再想想|再考虑(?:一下|下)?|考虑(?:一下|下)?|反悔|后悔|改主意|改变主意|变卦|点错|按错|打错|发错|说错|弄错|搞错|误会"
    "|误触|误点|误操作|手滑|手误|不小心(?:点|按|发)(?:的|错)?|开玩笑|逗你玩?|试试|试一下|测试(?:一下)?|随便(?:问问|试试|说说|看看)|只是(?:看看|问问)|看看而已|问问而已)"
)
_CALLED_OFF = (
    "(?:算|不用|不必|不需要|不要|不|别|取消|撤销|撤回|放弃|停|停下|打住|no|cancel|作罢|罢|拉倒|免|不弄|不搞|不做|不想|暂不|稍后再说|以后再说|下次再说"
    f"|改天再说|先这样|就这样|不了|没事|当我没说|不确认|不确定|不同意|{_REGRET})"
)
_KEEP_DATA = (
    "(?:(?:又|都|也|就)?(?:不|别|不要|先不|不用|不想|不必|不需要|甭|唔好|唔)(?:再|要|想|用|给我)?(?:删|删除|删掉|清|清空|清除|注销)(?:除|掉|咗)?"
    "(?:我|我的)?(?:数据|资料|信息|记录|聊天记录|东西|任何东西)?"
    "|(?:取消|撤销|撤回|停止|放弃)(?:这次)?(?:删除?|清除|注销)(?:操作|申请|请求)?(?:我的)?(?:数据|资料|信息)?"
    "|(?:把)?(?:数据|资料|信息|记录|这些|它们?)?(?:还是|都|就|先)?(?:留着|保留|留下|留|保存着|放着|存着)(?:我的)?(?:数据|资料|信息|记录|它们?)?"
    "|(?:没|不是|没有|没想|没说|没要)(?:想|要|让你|说|说要|打算)?(?:你)?(?:删|删除|删掉)(?:我的)?(?:数据|资料|信息)?)"
)
_KEEP_POSTS = (
    "(?:(?:不|别|不要|不想|先不|不用|没想|没要|没说|没想要|没说要)(?:再)?(?:给我)?(?:退|退订|取消订阅|取消)"
    "|(?:取消|撤销|撤回)(?:刚才的|刚刚的)?(?:退订)?|恢复|订回来?|加回来?|开回来?"
    "|(?:继续|接着|照常|照旧|可以|再|重新|又想)?(?:给我)?(?:继续|接着|照常)?(?:发|推|推送|收|接收)(?:给我|送)?|(?:又)?想(?:继续|再)?(?:收|看)(?:到)?|还?要)"
)
_RESTORE = "(?:帮我|给我|我要|我想|想|要|请|可以|能不能|能|重新)?(?:恢复|重新开启|重新打开|重新开|重新订|重开|再订|再订阅|开回来|订回来)"

_YES = (
    "(?:是的?|对的?|对头|嗯+|恩|哦|好的?|好呀|行的?|可以的?|要的?|确认|确定|确实|没错|同意|知道|明白|当然|肯定|必须|ok|okay|yes|sure|y"
    "|继续|执行|操作|动手|快点?|来吧|想好|考虑好|决定|不后悔|就这样|就是|确认键?|收到)"
)
_DO_DELETE = (
    "(?:(?:是|就|我|都|全部?|统统|直接|马上|现在|赶紧|快|帮我|给我|请|可以|确认|确定|要|想|同意|决定|一定|必须|把(?:它们?|数据|我的数据)?){0,5}"
    "(?:删除|删掉|删了|删光|删|清空|清除|清掉)(?:掉|光|除)?(?:我|我的|这些|它们?|全部)?(?:数据|资料|信息|记录)?)"
)


def _said(body: str) -> re.Pattern[str]:
    return re.compile(f"(?:{_SOFT}){{0,4}}(?:{body}(?:{_END}){{0,3}}(?:{_SOFT}){{0,2}}){{1,3}}")


_NOT_DELETED = _said(_KEEP_DATA)
_OFF = _said(f"(?:{_KEEP_DATA}|{_CALLED_OFF})")
_HALF_YES = _said(_YES)
_YES_DELETE = _said(f"(?:{_YES}|{_DO_DELETE})")
_DELETES = re.compile("删|清")
_NOT_STOPPED = _said(f"(?:{_KEEP_POSTS}|{_REGRET}|撤销|撤回|当我没说)")
_BACK = _said(f"(?:可以|能|能不能|可不可以)?{_RESTORE}(?:吗|么)?")


async def second_thoughts(turn: Turn, office: Office) -> Outcome | None:
    """Says that nothing was deleted, or takes the opt-out back; None where nothing of the kind is taken back."""
    if turn.item.kind is not Kind.TEXT or turn.silent:
        return None
    said = "".join(clauses(canonical(turn.item.text)))
    if not 0 < len(said) <= _LONGEST:
        return None
    found = await _kept(turn, office, said) or await _half_confirmed(turn, office, said)
    return found or await _resumed(turn, office, said)


async def _kept(turn: Turn, office: Office, said: str) -> Outcome | None:
    """Without a word for deleting, only where what would be deleted was the last thing we said."""
    plain = _NOT_DELETED.fullmatch(said)
    if not plain and not (_OFF.fullmatch(said) and last_said(turn).startswith(words.PREVIEW)):
        return None
    return Outcome(DELETE_KEPT, (Reply(words.NOT_DELETED),)) if await asked_to_delete(turn, office) else None


async def _half_confirmed(turn: Turn, office: Office, said: str) -> Outcome | None:
    """A yes in other words than those that delete: what cannot be undone waits for them, and they hear so.

    Without a word for deleting only right after what would be deleted, or after this was said.
    """
    asked_last = last_said(turn).startswith((words.PREVIEW, words.NOT_YET_DELETED))
    yes = _HALF_YES.fullmatch(said) if asked_last else None
    deletes = _DELETES.search(said) and _YES_DELETE.fullmatch(said)
    if not (yes or deletes) or asked_in(turn.item.text, turn.now) is not None:
        return None
    asked = await asked_to_delete(turn, office)
    return Outcome(HANDLER, (Reply(words.NOT_YET_DELETED),)) if asked else None


async def _resumed(turn: Turn, office: Office, said: str) -> Outcome | None:
    """Back anywhere while they are opted out; any other word for it only right after they were told so."""
    stopped = last_said(turn).startswith(texts.STOPPED)
    if not _BACK.fullmatch(said) and not (stopped and _NOT_STOPPED.fullmatch(said)):
        return None
    chosen = await office.records.preferences(turn.conversation.person)
    if Purpose.POSTS not in chosen.off:
        return None
    return Outcome("self_service", (Reply(words.opted_in(chosen, office.zone, turn.now)),), (OptIn(),))
