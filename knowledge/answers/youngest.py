"""What stands before a guide on fever where nobody has said how old the child is.

Guides are for an age, and their medicine is not for the youngest; who did not tell an age may be holding a newborn.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from knowledge.danger.measures import ages, temperatures
from knowledge.danger.plain import plain
from knowledge.danger.whom import patients
from knowledge.danger.words import FEVER
from knowledge.types import Answer, Line

FIRST = (
    "先看月龄：约 3 个月以下的宝宝发烧，不管几度都请马上去医院急诊，不要自己喂退烧药。"
    "大一些的看下面；告诉我几个月，我再找更合适的。"
)
OF_FEVER = re.compile("发烧|发热|体温|退烧|退热")
_ONLY_AGE = re.compile(r"[我们家他她宝的才刚是了个多半月大天周岁零又龄男女儿娃孩子妹弟现在已经快有,。\d.]")


def youngest_first(answer: Answer, question: str, history: Sequence[Line]) -> Answer:
    """`answer` with the sentence for the youngest before it, where it speaks of fever and no age was told."""
    if not answer.citations or not OF_FEVER.search(answer.text) or any(FIRST in line.text for line in history):
        return answer
    own = [plain(line.text) for line in history if line.sender in ("customer", "member")]
    now = plain(question)
    whom = patients(now)
    feverish = FEVER(now) or (bool(temperatures(now)) and any(map(FEVER, own)))
    if not feverish or any(map(ages, (now, *own))) or (whom and "child" not in whom):
        return answer
    return replace(answer, text=f"{FIRST}\n\n{answer.text}")


def only_an_age(question: str) -> bool:
    """Whether somebody says how old the child is, and nothing else."""
    said = plain(question)
    return bool(ages(said)) and len(_ONLY_AGE.sub("", said)) <= 1


def told_of_fever(text: str) -> bool:
    return bool(text) and FEVER(plain(text))
