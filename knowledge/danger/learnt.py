"""Danger signs as a classifier tells them that was trained on labelled messages.

It sees dangers that no pattern knows, and it takes back what a pattern saw in a story, a question or the past.
"""

import re
from functools import partial

from knowledge.classify.linear import Classifier, classifier
from knowledge.danger.measures import ages
from knowledge.danger.plain import plain

# Chances of danger, chosen on the training rows and on ordinary questions (dev.jsonl, other.jsonl):
ALONE = 0.93  # from here on no pattern is needed
UNLIKELY = 0.1  # below it a pattern alone is no alarm
SURE = 0.4  # share that a sign needs, else the general advice is given
GENERAL = "general"
_DANGER = "danger"
_YOUNG_FEVER = "newborn_fever"
SENTENCES = 12  # a longer story is not judged sentence by sentence: its alarm stands
_SENTENCE = re.compile(r"[^。！？!?；;\n，,]+")
_MILD_FEVER = re.compile("[^,。]{0,6}烧[^,。]{0,3}3[78](?:\\.\\d)?度?[^,。]{0,4}")
_YOUNG = re.compile("新生|月子|满月|百天|百日|出生|刚生|才生|早产|产房|[天月周]")

_classifier = partial(classifier, "danger", plain)


def unlikely(text: str) -> bool:
    """Whether neither `text` as a whole nor any sentence of it tells of a danger, in all likelihood."""
    judge = _classifier().judge
    sentences = {text, *_SENTENCE.findall(text)}
    return len(sentences) <= SENTENCES and all(judge(each).chances[_DANGER] < UNLIKELY for each in sentences)


def learnt_sign(text: str) -> str | None:
    """The code of the sign whose advice fits `text` best, "general" when it is unclear which; None for no danger."""
    judge: Classifier = _classifier()
    judged = judge.judge(text)
    if judged.chances[_DANGER] < ALONE:
        return None
    likeliest = judged.best([label for label in judge.labels if label != _DANGER])
    young = ages(plain(text)) or _YOUNG.search(text)
    if not young and (likeliest == _YOUNG_FEVER or _MILD_FEVER.fullmatch(plain(text))):
        return None  # a fever is ordinary at most ages, and none was told
    return likeliest if judged.chances[likeliest] >= SURE else GENERAL
