"""What a question tells about its writer: the topic, and the child's stage or the room that they state themselves.

Nothing else about a child is looked for: no name, no sex, no illness.
"""

import re
from collections.abc import Sequence

from handlers.turn import Learn, Role, Turn
from knowledge.danger import danger_in
from knowledge.language.ages import Age, ages
from knowledge.language.terms import canonical
from knowledge.types import Answer, Guide

_CHILD = "(?:宝宝|宝贝|娃娃?|孩子|小孩|儿子|女儿|闺女|小朋友|大宝|二宝|老大|老二)"
_OWN = "(?:我家|我们家|咱家|我有个|我有一个|家里|我的)"
_AGE = r"\d{1,3}(?:\.\d)?(?:个半?月|月龄|周?岁半?|天)(?:\d{1,2}个?月)?"
_OTHERS = re.compile("朋友|同事|亲戚|邻居|闺蜜|别人|人家|姐姐家|妹妹家|同学")
# 我家宝宝6个月, 宝宝现在6个月了; and 我家6个月的宝宝. "6个月的宝宝能…" may be anybody's.
_STATED = re.compile(
    f"(?:{_OWN})?{_CHILD}(?:现在|今年|已经|刚刚|刚|快|才|都|马上)?(?:满)?(?P<a>{_AGE})(?:大|了|多)?(?!以|前|之前|之后|内|后|起|到|-|~)"
    f"|{_OWN}(?:个|一个)?(?P<b>{_AGE})(?:大)?的?{_CHILD}"
)
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
    """The age of the writer's own child, where they state it: "6 个月", "2 岁"; empty where they do not."""
    plain = canonical(text)
    found = _STATED.search(plain)
    if found is None or _OTHERS.search(plain):
        return ""
    named = ages(f"{found['a'] or found['b']}宝宝")
    return _words(named[0]) if named else ""


def room(text: str) -> str:
    """The room of their home that the writer speaks of; empty where they name none as theirs."""
    plain = canonical(text)
    found = None if _OTHERS.search(plain) else _ROOM.search(plain)
    return found["room"] if found else ""


def _words(age: Age) -> str:
    months = int(age.low)
    if months < 1:
        return "新生儿"
    return f"{months} 个月" if months < 24 else f"{months // 12} 岁"
