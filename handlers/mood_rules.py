"""Plain rules beside the mood classifier: what any colleague would call out at once, and what never is anger at us.

A rule reads canonical text (see `knowledge.language.terms.canonical`) and gives a finding that a colleague can check.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.rude_words import RUDE, TEASING
from knowledge.language.terms import canonical
from knowledge.types import Line

_INSULTS = re.compile(
    "傻[逼比b叉]|煞笔|沙[比雕]客服|脑[残瘫]|弱智|去死吧?你|死全家|冚家[铲鏟]|王八蛋|狗东西|不要脸|草[你泥]|操你|滚蛋|妈卖批|仆街|扑街|痴线"
    "|黐线|奸商|黑店|废物|垃圾(?=客服|公司|品牌|店|平台|售后|服务|产品|东西|玩意)"
    "|(?<![a-z])(?:n+m+s+l+|w?d?[cn]*nmd|c+n+m+|wdnmd|sha ?bi|"
    "f+u+c+k+|fxxk|assholes?|bullshit|son of a bitch|scammers?|liars?)(?![a-z])"
    "|(?<![a-z])s\\s?b(?![a-z])(?=\\s*(?:客服|公司|机器人|店|品牌|$|[!,。]))"
)
# Whom an insult is thrown at, where that is told. Said without it, it may be a friend's joke or a curse at something.
_AT_US = re.compile("你们|您们|你哋|你地|贵司|客服|售后|店家|商家|卖家|机器人|你家")
_BESIDE, _BARE = 6, 2  # characters
_RAGE = "😡🤬👿💢🖕😤😠"
_RAGE_FACES = re.compile("\\[(?:发怒|怒|咒骂|怒火|炸弹|敲打)\\]")
_OTHERS = re.compile(
    "婆婆|老公|房东|邻居|物业|楼[上下]|隔壁|同事|领导|别家|某宝|那家|拼夕夕|前夫|亲戚|娃|宝宝|孩子|儿子|"
    "女儿|熊孩子|健身房|外卖|队友|他爸|中介|老板"
    "|我(?:自己|真|是|就|这)|群里|楼主|网上|视频|新闻|电视剧|landlord|husband"
)
_THREAT = re.compile(
    "(?:我(?:要|就|会|马上|已经|现在|去|得)?|准备|已经|这就|等着|小心)(?:去|来|打|在|向|找|给你们?|把你们?)*(?:投诉(?:你们?|到|!|$)|12315|消协|工商|市监局"
    "|曝光|差评|起诉|告你们|举报你们|维权|报警)|律师函|法院见|法庭见|^投诉[!。]*$|(?:我要|要)投诉(?!楼|邻|物业|流程|怎么|电话|快递)"
)
_CALM_PROCESS = re.compile(
    "(?:投诉|差评|12315|退会|举报|维权|赔偿|律师).{0,8}(?:流程|怎么|电话(?:是|多少)|多久|入口|渠道|会影响|有什么|条件|积分)|(?:怎么|如何)(?:投诉|退会|举报)"
)
# The classifier has seen few of these after an answer that somebody may be cross about.
_WHO_ARE_YOU = re.compile(
    "(?:请问|那)?[你您](?:是谁|谁|叫什么(?:名字)?|叫啥(?:名字)?|是(?:机器人|真人|人工|ai|人)[吗嘛么]?)[呀啊呢]?[?。~]*"
)
# 那布料呢 asks on about a thing; 那我的配件呢, 那钱呢, 那人呢 ask where something owed has got to.
_GOES_ON = re.compile("(?:那[^我你您们说钱人赔退补换修件货单]{1,8}|还有)呢[?。~]*")
_ASKS = re.compile(
    "有人|在吗|在不|人呢|人回|回[复我]|进度|怎么样了|处理|答复|结果|到哪|发货|还没|催|\\?|？|吗|呢|什么时候|几时"
)
_TAKEN_BACK = re.compile("不急|没事|谢谢|好的|搞定|解决|收到|打扰了|算了不|不用了|另外|换个|顺便")
THIRD = 3  # the ask that nobody answered so often is a grievance


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found: a stable `rule`, the reason in Chinese for a colleague, and the words it stands on."""

    rule: str
    reason: str
    quote: str


def findings(text: str, history: Sequence[Line]) -> Finding | None:
    """The plainest displeasure with us that a rule sees, the worst first; None for none."""
    plain = canonical(text)
    return (
        _insulted(plain) or _rude(plain) or _threatened(plain) or _raging_faces(text) or _asked_in_vain(plain, history)
    )


def calm_question(text: str) -> bool:
    """Whether `text` asks how complaints and the like work, without making one; or who we are, or on, and no more."""
    plain = canonical(text)
    if _WHO_ARE_YOU.fullmatch(plain) or _GOES_ON.fullmatch(plain):
        return True
    return bool(_CALM_PROCESS.search(plain)) and not re.search("你们|!|还没|到底|气|骗", plain)


def _insulted(plain: str) -> Finding | None:
    found = _INSULTS.search(plain)
    if not found or _OTHERS.search(plain):
        return None
    beside = plain[max(0, found.start() - _BESIDE) : found.end() + _BESIDE]
    bare = len(plain) <= len(found.group()) + _BARE  # nothing else is said, so nobody else is meant
    return Finding("insulted us" if bare or _AT_US.search(beside) else "insult", "出口骂人", found.group())


def _rude(plain: str) -> Finding | None:
    found = None if _OTHERS.search(plain) or TEASING.search(plain) else RUDE.search(plain)
    return Finding("rude to us", "对我们出言不逊", found.group().strip(" ,!。?")) if found else None


def _threatened(plain: str) -> Finding | None:
    found = _THREAT.search(plain)
    if (
        not found
        or _OTHERS.search(plain)
        or _CALM_PROCESS.search(plain)
        or re.search("撤|删|吗$|\\?$|不会|没有", plain)
    ):
        return None
    return Finding("threat", f"说要{'投诉到 12315' if '12315' in found.group() else '投诉、维权或曝光'}", found.group())


def _raging_faces(text: str) -> Finding | None:
    """Angry faces alone. Other faces alone, however many, are no anger."""
    bare = _RAGE_FACES.sub("", text)
    rest = [char for char in bare if char not in _RAGE and (char.isalnum())]
    raging = bool(_RAGE_FACES.search(text)) or any(char in _RAGE for char in text)
    if rest or not raging:
        return None
    return Finding("faces", "只发来生气的表情", text.strip()[:8])


def _asked_in_vain(plain: str, history: Sequence[Line]) -> Finding | None:
    """The third ask in a row without an answer from us."""
    waiting = 0
    for line in reversed(history):
        if line.sender in ("bot", "staff"):
            break
        waiting += line.sender == "customer" and bool(_ASKS.search(line.text))
    if waiting + 1 < THIRD or not _ASKS.search(plain) or _TAKEN_BACK.search(plain):
        return None
    return Finding("unanswered", f"连续第{_ordinal(waiting + 1)}次问，还没有人回", plain[:30])


def _ordinal(count: int) -> str:
    return "零一二三四五六七八九十"[count] if count <= 10 else str(count)
