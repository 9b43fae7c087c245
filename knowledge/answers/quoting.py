"""Evidence → an answer in the guide's own words: its sentences, verbatim and in their order, then where they stand."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from knowledge.indexing.passages import Block, blocks
from knowledge.language.ages import ages
from knowledge.language.sentences import sentences
from knowledge.language.terms import canonical
from knowledge.questions import kinds
from knowledge.questions.asking import GAP, Wants, asks_what_to_do, of_illness
from knowledge.questions.question import Question
from knowledge.search.matching import CONTEXT, Prepared, coverage, credit, share
from knowledge.search.meaning import directions, meaning, of_question
from knowledge.search.ranking import Ranked
from knowledge.types import Answer, Citation, Hit, Passage

ROOM = 180  # characters of quoted sentences
LIST_ROOM = 600  # characters of a list or table beside them; of a longer one, the lines that fit
WHOLE_LIST = 240  # characters up to which a list that answers is quoted whole
SECTIONS = 3  # sections of one guide that an answer may combine
STEADY = 0.85  # a further section must be this good, compared with the best
WORTH = 0.6  # a further sentence must be this good, compared with the best
LISTED = 0.8  # a list that is not asked for as such must be this good
# What makes a section the one to answer from: its best sentence, its heading, its place in the search.
TELLS = 1.0
NAMES = 0.3
RANKS = 0.5
MEANT = 0.5  # how near a sentence is in meaning, beside the share of the question that it speaks of
COMMON = 0.25  # what a word counts inside a guide all of which speaks of it
AGE = 0.15  # what a sentence for the age asked about has in advance
OPENING = 0.05  # what a section's first sentence has in advance: guides begin with the answer
NEW = 0.5  # what a sentence gains by speaking of something not yet said, as a share of the question
ROWS = 4  # rows of a large table, lines of a large list

MORE = "（回复“全文”看整篇）"
# A title may hold a 《name》, a heading a pair of brackets; only `MORE` ends the line early.
_SOURCE = re.compile(r"^——《(?P<title>.+?)》[ ]*(?:(?=（回复“)|$|·[ ]*(?P<section>(?:(?!（回复“).)*))", re.MULTILINE)
_DEFINES = re.compile("怎样算|怎么算|多少算|多少次算|多久|多大|什么是|是什么|为什么|什么样|原因|从哪里来")
_STEPS = re.compile("步骤|流程|怎么办|怎么做|做法|处理|护理|应对|回应|方法|[二两三四五六]步")
_DOCTOR = re.compile("(?:什么时候|何时|哪些情况|出现.*|要|及时|尽快|需要).*(?:就医|看医生|去医院)")
_PERSON = "需要的话回复“转人工”，我请同事来帮您。"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, list or table at its place in the guide, with how well it answers."""

    place: tuple[int, int]
    passage: Passage
    text: str
    listed: bool
    score: float
    said: tuple[float, ...]  # how far it speaks of each word asked

    @property
    def introduces(self) -> bool:
        """Whether it is only the line before a list or table."""
        return not self.listed and self.text.endswith(("：", ":"))

    @property
    def asks(self) -> bool:
        """Whether it is a question that the next sentence answers."""
        return not self.listed and self.text.rstrip("*").endswith(("？", "?"))


@dataclass(frozen=True, slots=True)
class _Section:
    """A section with its pieces and how well it answers."""

    prepared: Prepared
    pieces: tuple[_Piece, ...]
    score: float

    @classmethod
    def of(cls, prepared: Prepared, question: Question, found: Ranked | None, top: float) -> "_Section":
        pieces = tuple(_pieces(prepared, question))
        best = max((piece.score for piece in pieces), default=0.0)
        named = coverage(question, prepared.section)
        worth = found.worth / top if found and top > 0 else 0.0
        return cls(prepared, pieces, TELLS * best + NAMES * named + RANKS * worth)

    @property
    def passage(self) -> Passage:
        return self.prepared.passage

    @property
    def listed(self) -> bool:
        return _listed(self.passage)


@dataclass(frozen=True, slots=True)
class Quoted:
    """An answer in the guides' words, and the sections it was made from: what a model may work with."""

    answer: Answer
    hits: tuple[Hit, ...]


def quote(question: Question, ranked: Sequence[Ranked], own: Sequence[Prepared]) -> Quoted:
    """Answer from the guide of the best of `ranked`; `own` are all passages of it, in order."""
    found = {one.passage.position: one for one in ranked if one.passage.guide == ranked[0].passage.guide}
    asked = _within(question, own)
    sections = [_Section.of(one, asked, found.get(one.passage.position), ranked[0].worth) for one in own]
    lead = max(sections, key=lambda one: one.score)
    pool = _pool(asked, sections, lead)
    chosen = _chosen(asked, pool, lead)
    used = [one.passage for one in pool if any(piece.passage == one.passage for piece in chosen)]
    score = {position: one.match.covered for position, one in found.items()}
    citations = tuple(
        Citation(one.guide, one.title, one.section, round(score.get(one.position, 0.0), 3)) for one in used
    )
    more = sum(len(one.body) for one in own) > sum(len(piece.text) for piece in chosen) + ROOM
    text = f"{_joined(chosen)}\n\n{source_line(citations)}{MORE if more else ''}"
    hits = tuple(Hit(one.passage, score.get(one.passage.position, 0.0)) for one in pool)
    return Quoted(Answer(text, refused=False, citations=citations), hits)


def source_line(citations: Sequence[Citation]) -> str:
    """Where an answer comes from, one line for each guide."""
    sections: dict[str, list[str]] = {}
    for one in citations:
        sections.setdefault(one.title, [])
        if one.section and one.section not in sections[one.title]:
            sections[one.title].append(one.section)
    return "\n".join(f"——《{title}》" + (f"· {'、'.join(named)}" if named else "") for title, named in sections.items())


def within(section: str, named: str) -> bool:
    """Whether a section is one of those that an answer named, joined by 、, which a heading may hold itself."""
    return f"、{section}、" in f"、{named}、"


def sources(text: str) -> list[tuple[str, str]]:
    """The (title, sections) that an answer named as its source, read back from its text."""
    return [(found["title"], (found["section"] or "").strip()) for found in _SOURCE.finditer(text)]


def refusal(titles: Sequence[str]) -> Answer:
    """No evidence, no answer: offers up to three related titles, and a person."""
    nearest = tuple(dict.fromkeys(titles))[:3]
    named = "".join(f"《{title}》" for title in nearest)
    offer = f"\n\n我手边相近的有：{named}，想看哪一篇可以告诉我。" if named else ""
    return Answer(f"这个问题我的资料里没有可靠的依据，不想乱答。{offer}\n\n{_PERSON}", refused=True, nearest=nearest)


def too_long() -> Answer:
    """For a text too long to be one question."""
    return Answer(f"这段话有点长，我怕理解错。麻烦用一两句话说说最想问的。\n\n{_PERSON}", refused=True)


def _within(question: Question, own: Sequence[Prepared]) -> Question:
    """The question with weights for choosing inside one guide: what all its sections speak of tells nothing there."""
    if len(own) < 3:
        return question
    most = math.log(2 * (len(own) + 1))
    wanted = []
    for one in question.wanted:
        having = sum(credit(one, section.section + GAP + section.body) for section in own)
        rare = math.log((len(own) + 1) / (having + 0.5)) / most
        wanted.append(replace(one, weight=one.weight * (COMMON + (1 - COMMON) * max(0.0, rare))))
    return replace(question, wanted=tuple(wanted))


def _pool(question: Question, sections: Sequence[_Section], lead: _Section) -> list[_Section]:
    """The sections to answer from, in the guide's order: the best, others as good, what to do, when to see a doctor."""
    others = sorted((one for one in sections if one is not lead), key=lambda one: -one.score)
    pool = [lead, *(one for one in others if one.score >= STEADY * lead.score)][:SECTIONS]
    if asks_what_to_do(question.plain):
        ill = _ill(question, lead)  # what is to be done about an illness must not be left out for a section as near
        if not lead.listed and (ill or _DEFINES.search(lead.prepared.section) or lead.passage.position == 0):
            pool += [one for one in sections if _STEPS.search(one.prepared.section) and one.listed][:1]
        if ill:
            pool += [one for one in sections if _DOCTOR.search(one.prepared.section)][:1]
    unique = {one.passage.position: one for one in pool}
    return [unique[position] for position in sorted(unique)]


def _ill(question: Question, lead: _Section) -> bool:
    """Whether an illness is asked about: 红屁股 is one because its guide says so (尿布疹)."""
    return of_illness(question.plain) or of_illness(lead.prepared.title)


def _listed(passage: Passage) -> bool:
    return any(block.kind in ("list", "steps") for block in blocks(passage.text))


def _pieces(prepared: Prepared, question: Question) -> Iterator[_Piece]:
    above = prepared.section + "\n" + prepared.title
    heading = [CONTEXT * credit(one, above) for one in question.wanted]
    units = [(block, text, canonical(text)) for block, text in _units(prepared.passage.text)]
    section, *sums = meaning().sums([prepared.section, *(plain for _, _, plain in units)])
    near = directions(np.array(sums) + section) @ of_question(question.plain)
    for number, (block, text, plain) in enumerate(units):
        said = tuple(max(credit(one, plain), above) for one, above in zip(question.wanted, heading, strict=True))
        score = share(question.wanted, said) + kinds.worth(question.wants, plain) + MEANT * float(near[number])
        score += AGE * any(one.overlaps(other) for one in question.ages for other in ages(plain))
        place = (prepared.passage.position, number)
        yield _Piece(place, prepared.passage, text, block.kind in _LISTS, score + OPENING * (number == 0), said)


_LISTS = ("list", "steps", "table")


def _units(text: str) -> Iterator[tuple[Block, str]]:
    for block in blocks(text) or [Block("prose", text)]:
        for part in [block.text] if block.kind in _LISTS else sentences(block.text):
            yield block, part


def _chosen(question: Question, pool: Sequence[_Section], lead: _Section) -> list[_Piece]:
    """The lists that are asked for, then sentences: the best one with its neighbours, then news from other sections."""
    chosen = _lists(question, pool, lead)
    room = ROOM - sum(len(piece.text) for piece in chosen if not piece.listed)
    run = [piece for piece in _run(lead, room, first=not chosen) if piece not in chosen]
    chosen += run
    room -= sum(len(piece.text) for piece in run)
    others = (piece for one in pool if one is not lead for piece in one.pieces)
    rest = [piece for piece in others if not piece.listed and not piece.introduces]
    best = max((piece.score for piece in lead.pieces), default=0.0)
    doctor = next((piece for piece in rest if _DOCTOR.search(piece.passage.section)), None)
    if doctor and _ill(question, lead) and asks_what_to_do(question.plain) and doctor not in chosen:
        chosen.append(doctor)  # when to see a doctor belongs beside what to do at home
        room -= len(doctor.text)
    while rest:
        known = [max(column) for column in zip(*(piece.said for piece in chosen), strict=True)] if chosen else []
        rest.sort(key=lambda piece: (-piece.score - NEW * _news(question, piece, known), piece.place))
        piece = rest.pop(0)
        if piece not in chosen and len(piece.text) <= room and piece.score >= WORTH * best:
            chosen.append(piece)
            room -= len(piece.text)
    chosen = chosen or [*lead.pieces]  # a section of nothing but questions is quoted as it is
    return sorted(chosen, key=lambda piece: piece.place)


def _lists(question: Question, pool: Sequence[_Section], lead: _Section) -> list[_Piece]:
    """The lists and tables that answer, each with the line before it: whole where steps are asked for or if short."""
    chosen: list[_Piece] = []
    best = max((piece.score for piece in lead.pieces), default=0.0)
    steps = Wants.STEPS in question.wants
    for one in pool:
        acting = steps and (one is lead or (_STEPS.search(one.prepared.section) and not lead.listed))
        for before, piece in zip([None, *one.pieces], one.pieces, strict=False):
            asked = acting and not _DOCTOR.search(one.prepared.section)
            if piece.listed and (asked or piece.score >= LISTED * best):
                cut = piece if asked or len(piece.text) <= WHOLE_LIST else _lines_of(piece, question)
                chosen += [before, cut] if before and before.introduces else [cut]
    return chosen


def _run(lead: _Section, room: int, *, first: bool) -> list[_Piece]:
    """The best sentence of a section with its neighbours, as many as fit; a section that fits is taken whole."""
    said = [piece for piece in lead.pieces if not piece.listed]
    plain = [place for place, piece in enumerate(said) if not piece.introduces and not piece.asks]
    if not plain:
        return []
    start = end = max(plain, key=lambda place: (said[place].score, -place))
    left = room - len(said[start].text)
    if left < 0 and not first:
        return []
    while True:
        around = [place for place in (start - 1, end + 1) if 0 <= place < len(said) and len(said[place].text) <= left]
        if not around:
            break
        place = max(around, key=lambda one: (said[one].score, one))
        left -= len(said[place].text)
        start, end = min(start, place), max(end, place)
    return [piece for piece in said[start : end + 1] if not piece.introduces]


def _news(question: Question, piece: _Piece, known: Sequence[float]) -> float:
    """The share of the question that a sentence speaks of and what is chosen so far does not."""
    if not known or not question.weight:
        return 0.0
    gained = zip(question.wanted, piece.said, known, strict=True)
    return sum(one.weight * max(0.0, own - before) for one, own, before in gained) / question.weight


def _lines_of(piece: _Piece, question: Question) -> _Piece:
    """Of a large list or table, its head and the lines that speak of the question."""
    lines = [line for line in piece.text.splitlines() if line.strip()]
    head = lines[:2] if lines[0].lstrip().startswith("|") else []
    rows = lines[len(head) :]
    plain = {row: canonical(row) for row in rows}
    ranked = sorted(rows, key=lambda row: -coverage(question, plain[row]) - kinds.worth(question.wants, plain[row]))
    kept = set(ranked[:ROWS])
    text = "\n".join([*head, *(row for row in rows if row in kept)])
    return _Piece(piece.place, piece.passage, text, True, piece.score, piece.said)


def _joined(chosen: Sequence[_Piece]) -> str:
    text = ""
    for before, piece in zip([None, *chosen], chosen, strict=False):
        same = before and before.place[0] == piece.place[0] and not before.listed and not piece.listed
        text += ("" if before is None or same else "\n\n") + (_cut(piece.text) if piece.listed else piece.text)
    return text


def _cut(listed: str) -> str:
    """The first lines of a long list or table, never half a line."""
    if len(listed) <= LIST_ROOM:
        return listed
    kept: list[str] = []
    for line in listed.splitlines():
        if kept and sum(map(len, kept)) + len(line) > LIST_ROOM:
            break
        kept.append(line)
    return "\n".join(kept)
