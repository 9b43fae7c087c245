"""A guide that is asked for by name: the whole of the one just quoted, or one that a refusal offered."""

import re
from collections.abc import Collection, Sequence

from knowledge.answers.quoting import MORE, source_line, within
from knowledge.indexing.passages import blocks
from knowledge.language.terms import canonical
from knowledge.types import Answer, Citation, Guide, Line, Passage

ROOM = 2400  # characters of a guide that fit into a few messages; of a longer one, the section that was quoted
OPENING_ROOM = 400
_NAMED = re.compile("《(.+?)》")
_OFFER = "我手边相近的有："
_ORDINAL = re.compile(r"我?[想要]?(?:看看?)?第?([一二三123])[篇个份本]?[吧。!]*")
_YES = re.compile("(?:要|好|好的|好啊|可以|想看|看|看看|行|嗯|发我|发来看看)[的吧啊呀。!~]*")


def whole(guide: Guide, section: str) -> Answer:
    """All of a guide; of one that is too long, the sections named (joined by 、) and the headings of the others."""
    cited = (Citation(guide.name, guide.title, "", 1.0),)
    body = guide.body.strip()
    if len(body) > ROOM:
        body = _shortened(body, section)
    return Answer(f"**{guide.title}**\n\n{body}\n\n{source_line(cited)}", refused=False, citations=cited)


def opening(guide: Guide, passages: Sequence[Passage]) -> Answer:
    """How a guide begins, and what else is in it."""
    cited = (Citation(guide.name, guide.title, passages[0].section, 1.0),)
    headings = [one.section for one in passages[1:] if one.section]
    parts = [_within(passages[0].text, OPENING_ROOM)]
    more = MORE if len(passages) > 1 or parts[0] != passages[0].text else ""
    if headings:
        parts.append("这篇还讲了：" + "、".join(dict.fromkeys(headings)))
    return Answer("\n\n".join([*parts, source_line(cited) + more]), refused=False, citations=cited)


def step(guide: Guide, passages: Sequence[Passage], section: str, number: int) -> Answer | None:
    """Step `number` of the list in one of the sections named, as it stands in the guide; None where there is none."""
    for passage in passages:
        if passage.section and not within(passage.section, section):
            continue
        for block in blocks(passage.text):
            found = [line for line in block.text.splitlines() if re.match(rf"\s*{number}[.、)]", line)]
            if block.kind == "steps" and found:
                cited = (Citation(guide.name, guide.title, passage.section, 1.0),)
                text = re.sub(r"^\s*\d+[.、)]\s*", "", found[0])
                return Answer(f"第 {number} 步：{text}\n\n{source_line(cited)}{MORE}", refused=False, citations=cited)
    return None


def offered(question: str, history: Sequence[Line], titles: Collection[str]) -> str:
    """The title of a guide that `question` picks: by its name, or from those our last line offered; else nothing."""
    plain = question.strip().strip('《》“”"')
    if plain in titles:
        return plain
    last = next((line.text for line in reversed(history) if line.sender == "bot"), "")
    if _OFFER not in last:
        return ""
    choice: list[str] = _NAMED.findall(last.split(_OFFER, 1)[1])
    text = canonical(question).strip()
    if (ordinal := _ORDINAL.fullmatch(text)) and choice:
        place = "一二三".find(ordinal[1]) if ordinal[1] in "一二三" else int(ordinal[1]) - 1
        return choice[place] if place < len(choice) else ""
    if len(choice) == 1 and _YES.fullmatch(text):
        return choice[0]
    return next((title for title in choice if canonical(title) in text), "")


def _shortened(body: str, section: str) -> str:
    kept: list[str] = []
    others: list[str] = []
    taking = not section
    for block in blocks(body):
        if block.kind == "heading":
            taking = f"{block.text}、" in f"{section}、"
            if not taking:
                others.append(block.text)
        if taking:
            kept.append(f"**{block.text}**" if block.kind == "heading" else block.text)
    text = _within("\n\n".join(kept) or body, ROOM)
    return text + (f"\n\n篇幅较长，其余部分可以接着问：{'、'.join(others)}" if others else "")


def _within(text: str, room: int) -> str:
    """The first lines of a text that fit."""
    kept: list[str] = []
    for line in text.splitlines():
        if kept and sum(map(len, kept)) + len(line) > room:
            break
        kept.append(line)
    return "\n".join(kept)[: room * 2]
