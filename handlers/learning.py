"""What a question tells about its writer: the topic, and the child's stage or the room that they state themselves.

Nothing else about a child is looked for: no name, no sex, no illness.
"""

import re
from collections.abc import Sequence

from handlers.effect_types import Learn
from handlers.turn import Role, Turn
from knowledge.danger import danger_in
from knowledge.language.terms import canonical
from knowledge.types import Answer, Guide
from scheduler.stages import read_stage

_CHILD = "(?:宝宝|宝贝|娃娃?|孩子|小孩|儿子|女儿|闺女|小朋友|大宝|二宝|老大|老二)"
_OWN = "(?:我家|我们家|咱家|我有个|我有一个|家里|我的)"
_NUMBER = r"\d{1,3}(?:\.\d)?"
_AGE = (
    rf"(?:{_NUMBER}-)?{_NUMBER}(?:个半?多?月|月龄|周?岁半?多?|天)(?:\d{{1,2}}个?月)?"
    "|半岁多?"
)
# How sure the writer is: without these words the age would be more exact than what was said.
_BEFORE = (
    "(?:(?:还)?(?:没到|不到|未到|没满|不满|未满|不足)|快要?|马上就?|将近|接近|就要|即将"
    "|大概|大约|差不多|约|好像|应该|可能|似乎|满)"
)
_AFTER = "(?:左右|上下|不到|不足|差不多|大)"
_OTHERS = re.compile("朋友|同事|亲戚|邻居|闺蜜|别人|人家|姐姐家|妹妹家|同学")
# 我家宝宝6个月, 宝宝现在6个月了; and 我家6个月的宝宝. "6个月的宝宝能…" may be anybody's.
_STATED = re.compile(
    f"(?:{_OWN})?{_CHILD}(?:现在|今年|今天|已经|刚刚|刚好|刚|才|都|也|正好|[,，])*"
    f"(?P<a>{_BEFORE}{{0,3}}(?>(?:{_AGE}){_AFTER}{{0,2}}))(?!以|前|之|内|后|起|到|-|~|的?时候|那)"
    f"|{_OWN}(?:个|一个)?(?P<b>{_BEFORE}{{0,3}}(?>(?:{_AGE}){_AFTER}{{0,2}}))的?{_CHILD}(?!的?时候)"
)
# Another time than now, or another way of counting: what would be kept is not how old the child is.
_NOT_NOW = re.compile("早产|矫正|纠正|去年|前年|上个?月|下个?月|当时|那时|以前|之前|等到?|过几|再过|要是|如果")
_PARTS = re.compile(r"[。！!；;\n]")
ROOMS = (
    "客厅", "主卧", "次卧", "卧室", "儿童房", "婴儿房", "书房", "厨房", "餐厅", "阳台", "玄关", "卫生间",
    "浴室", "衣帽间",
)  # fmt: skip
_ROOM = re.compile(f"{_OWN}(?:的|这个|那个|小|大)?(?P<room>{'|'.join(ROOMS)})")


def learned(turn: Turn, answer: Answer, guides: Sequence[Guide]) -> tuple[Learn, ...]:
    """What may be remembered of this question: one to one with a member only, and nothing where there is danger."""
    member = turn.roles == {Role.MEMBER} and not turn.conversation.chat
    if not member or answer.urgent or danger_in(turn.item.text, turn.history):
        return ()
    cited = {each.guide for each in answer.citations[:1]} if not answer.refused else set()
    topic = next((guide.topic for guide in guides if guide.name in cited), "")
    told = Learn(topic, stage(turn.item.text), room(turn.item.text))
    return (told,) if told != Learn() else ()


def stage(text: str) -> str:
    """The age of the writer's own child as they state it: "6个月", "快8个月", "2岁3个月", "6个月左右".

    Empty where they state none, or more than one, or where it is not how old the child is now.
    """
    plain = canonical(text)
    if _OTHERS.search(plain):
        return ""
    parts = [part for part in _PARTS.split(plain) if not _NOT_NOW.search(part)]
    said = {_words(found) for part in parts for found in _STATED.finditer(part)}
    words = said.pop() if len(said) == 1 else ""
    return words if read_stage(words) is not None else ""


def _words(found: re.Match[str]) -> str:
    """Days are an age only where it says so: 宝宝10天没大便 is none, 20天的宝宝 is."""
    own = found["b"]
    return str(found["a"] or (f"{own}大" if own.endswith("天") else own))


def room(text: str) -> str:
    """The room of their home that the writer speaks of; empty where they name none as theirs."""
    plain = canonical(text)
    found = None if _OTHERS.search(plain) else _ROOM.search(plain)
    return found["room"] if found else ""
