"""Evidence → an answer in the guide's own words: its sentences, verbatim and in their order, then where they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.evidence import Evidence, Rarity, Subject, coverage
from knowledge.passages import blocks
from knowledge.terms import terms
from knowledge.types import Answer, Citation, Hit

ROOM = 180  # characters of quoted sentences
LIST_ROOM = 700  # characters of a list or table beside them; a longer one is quoted from its start
SECTIONS = 3  # sections of one guide that an answer may combine
STEADY = 0.75  # a further section must be this strong, compared with the best
WORTH = 0.55  # a further sentence must be this good, compared with the best
LEAD = 0.5  # what the best section has in advance, as a share of its heading naming the subject
OPENING = 0.1  # what a section's first sentence has in advance: guides begin with the answer
FOCUS = 0.3  # what a sentence has in advance when its section's heading names the whole subject

_SENTENCE = re.compile(r"[^。！？!?]*[。！？!?]+[”’」』）)]*|[^。！？!?]+\Z", re.DOTALL)
_PERSON = "需要的话回复“转人工”，我请同事来帮您。"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence, list or table at its place in the guide, with how well it answers."""

    place: tuple[int, int]
    hit: Hit
    text: str
    listed: bool
    score: float

    @property
    def introduces(self) -> bool:
        """Whether it is only the line before a list or table."""
        return not self.listed and self.text.endswith(("：", ":"))


def quote(subject: Subject, hits: Sequence[Hit], judged: Evidence, rarity: Rarity) -> tuple[Answer, tuple[Hit, ...]]:
    """Answer from the judged hits. The hits returned carry their coverage as score: what a composer may work from."""
    lead = hits[judged.best]
    pool = _pool(hits, judged)
    focus = {
        hit.passage.position: coverage(subject, frozenset(terms(hit.passage.section)), rarity)
        + LEAD * (hit.passage == lead.passage)
        for hit in pool
    }
    pieces = [piece for hit in pool for piece in _pieces(hit, focus[hit.passage.position], subject, rarity)]
    chosen = _choose(pieces, max(focus, key=lambda position: focus[position]))
    used = [hit for hit in pool if any(piece.hit == hit for piece in chosen)]
    citations = tuple(
        Citation(hit.passage.guide, hit.passage.title, hit.passage.section, round(hit.score, 3)) for hit in used
    )
    text = f"{_joined(chosen)}\n\n{source_line(citations)}"
    return Answer(text, refused=False, citations=citations), tuple(pool)


def source_line(citations: Sequence[Citation]) -> str:
    """Where an answer comes from, one line for each guide."""
    sections: dict[str, list[str]] = {}
    for one in citations:
        sections.setdefault(one.title, [])
        if one.section and one.section not in sections[one.title]:
            sections[one.title].append(one.section)
    return "\n".join(f"——《{title}》" + (f"· {'、'.join(named)}" if named else "") for title, named in sections.items())


def refusal(titles: Sequence[str]) -> Answer:
    """No evidence, no answer: offers up to three related titles, and a person."""
    nearest = tuple(dict.fromkeys(titles))[:3]
    named = "".join(f"《{title}》" for title in nearest)
    offer = f"\n\n我手边相近的有：{named}，想看哪一篇可以告诉我。" if named else ""
    return Answer(f"这个问题我的资料里没有可靠的依据，不想乱答。{offer}\n\n{_PERSON}", refused=True, nearest=nearest)


def too_long() -> Answer:
    """For a text too long to be one question."""
    return Answer(f"这段话有点长，我怕理解错。麻烦用一两句话说说最想问的。\n\n{_PERSON}", refused=True)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing marks; together they are the text again, save for spaces."""
    return [found for one in _SENTENCE.findall(text) if (found := one.strip())]


def _pool(hits: Sequence[Hit], judged: Evidence) -> list[Hit]:
    """The sections to answer from, in the guide's order; scores become coverage."""
    lead = hits[judged.best].passage
    least = STEADY * judged.strength[judged.best]
    places = [
        place
        for place, hit in enumerate(hits)
        if hit.passage.guide == lead.guide
        and (place == judged.best or judged.strength[place] >= least or hit.passage.position == 0)
    ]
    places.sort(key=lambda place: (place != judged.best, -judged.strength[place]))
    pool = [Hit(hits[place].passage, judged.covered[place]) for place in places[:SECTIONS]]
    return sorted(pool, key=lambda hit: hit.passage.position)


def _pieces(hit: Hit, focus: float, subject: Subject, rarity: Rarity) -> Iterator[_Piece]:
    number = 0
    for block in blocks(hit.passage.text):
        listed = block.kind in ("list", "steps", "table")
        for text in [block.text] if listed else sentences(block.text):
            worth = coverage(subject, frozenset(terms(text)), rarity) + FOCUS * focus + OPENING * (number == 0)
            yield _Piece((hit.passage.position, number), hit, text, listed, worth)
            number += 1


def _choose(pieces: Sequence[_Piece], focus: int) -> list[_Piece]:
    """The best sentences that fit, and the list or table of the section at position `focus` with its introduction."""
    chosen: list[_Piece] = []
    for before, piece in zip([None, *pieces], pieces, strict=False):
        if piece.listed and piece.hit.passage.position == focus:
            chosen += [before, piece] if before and before.introduces else [piece]
    room = ROOM - sum(len(piece.text) for piece in chosen if not piece.listed)
    said = [piece for piece in pieces if not piece.listed and not piece.introduces]
    said.sort(key=lambda piece: (-piece.score, piece.place))
    for place, piece in enumerate(said):
        fits = len(piece.text) <= room and piece.score >= WORTH * said[0].score
        if fits or (place == 0 and not chosen):
            chosen.append(piece)
            room -= len(piece.text)
    return sorted(chosen or pieces[:1], key=lambda piece: piece.place)


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
