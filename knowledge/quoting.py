"""Evidence → an answer in the guide's own words: its sentences, verbatim and in their order, then where they stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from knowledge.evidence import SINGLE, Evidence, Rarity, Subject, coverage, credit
from knowledge.passages import blocks
from knowledge.terms import terms
from knowledge.types import Answer, Citation, Hit, Passage

ROOM = 180  # characters of quoted sentences
LIST_ROOM = 700  # characters of a list or table beside them; a longer one is quoted from its start
SECTIONS = 3  # sections of one guide that an answer may combine
STEADY = 0.75  # a further section must be this strong, compared with the best
WORTH = 0.55  # a further sentence must be this good, compared with the best
LEAD = 0.5  # what the best section has in advance, as a share of its heading naming the subject
OPENING = 0.1  # what a section's first sentence has in advance: guides begin with the answer
FOCUS = 0.3  # what a sentence has in advance when its section's heading names the whole subject

_DEFINES = re.compile("怎样算|怎么算|多少算|多少次算|多久|多大|什么是|是什么|为什么|什么样|原因|从哪里来")
_STEPS = re.compile("步骤|流程|怎么办|怎么做|做法|处理|护理|应对|回应|方法|[二两三四五六]步")
_DOCTOR = re.compile("什么时候.*(?:就医|看医生|去医院)")
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


@dataclass(frozen=True, slots=True)
class Further:
    """Sections for one who asks what to do: `steps` in the place of explanations, `doctor` for its first sentence."""

    steps: Passage | None = None
    doctor: Passage | None = None


def further(lead: Passage, own: Sequence[Passage], *, ill: bool) -> Further:
    """What to add to an answer led by `lead`, out of all passages of its guide."""
    acts = lead.position > 0 and not _DEFINES.search(lead.section) and not _DOCTOR.search(lead.section)
    steps = None if acts else next((one for one in own if _STEPS.search(one.section) and _listed(one)), None)
    doctor = next((one for one in own if _DOCTOR.search(one.section)), None) if ill else None
    return Further(steps, doctor)


def quote(
    subject: Subject, hits: Sequence[Hit], judged: Evidence, rarity: Rarity, more: Further | None = None
) -> tuple[Answer, tuple[Hit, ...]]:
    """Answer from the judged hits. The hits returned carry their coverage as score: what a composer may work from."""
    more = more or Further()
    lead = hits[judged.best]
    pool = _acting(_pool(hits, judged), more.steps, subject, rarity)
    focus = {
        hit.passage.position: coverage(subject, frozenset(terms(hit.passage.section)), rarity)
        + LEAD * (hit.passage == (more.steps or lead.passage))
        for hit in pool
    }
    pieces = [piece for hit in pool for piece in _pieces(hit, focus[hit.passage.position], subject, rarity)]
    chosen = _choose(pieces, max(focus, key=lambda position: focus[position]))
    chosen = _with_telling(chosen, pieces, subject, rarity)
    if more.doctor:
        advice = Hit(more.doctor, coverage(subject, _all_terms(more.doctor), rarity))
        pool = [*(hit for hit in pool if hit.passage != more.doctor), advice]
        chosen = [piece for piece in chosen if piece.hit.passage != more.doctor]
        chosen += _advice(list(_pieces(advice, 0.0, subject, rarity)), subject, rarity)
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


def _acting(pool: list[Hit], steps: Passage | None, subject: Subject, rarity: Rarity) -> list[Hit]:
    """The sections to answer from, with the steps instead of explanations where there are some."""
    if steps is None:
        return pool
    kept = [hit for hit in pool if hit.passage != steps and not _DEFINES.search(hit.passage.section)]
    kept.append(Hit(steps, coverage(subject, _all_terms(steps), rarity)))
    return sorted(kept, key=lambda hit: hit.passage.position)


def _listed(passage: Passage) -> bool:
    return any(block.kind in ("list", "steps") for block in blocks(passage.text))


def _advice(pieces: Sequence[_Piece], subject: Subject, rarity: Rarity) -> list[_Piece]:
    """The first sentence on when to see a doctor, and one that speaks of just this case where the first does not."""
    fitting = _with_telling(list(pieces[:1]), pieces, subject, rarity)
    return sorted({*pieces[:1], *fitting}, key=lambda piece: piece.place)


def _all_terms(passage: Passage) -> frozenset[str]:
    return frozenset(terms(f"{passage.head}\n{passage.text}"))


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


def _with_telling(chosen: list[_Piece], pieces: Sequence[_Piece], subject: Subject, rarity: Rarity) -> list[_Piece]:
    """What was chosen, with a sentence that has the rarest word asked for, where there is one."""
    asked = [(run, at) for run in subject for at in range(len(run))]
    for run, at in sorted(asked, key=lambda one: -rarity(one[0][one[1]])):
        having = [one for one in pieces if not one.introduces and credit(run, at, frozenset(terms(one.text))) >= SINGLE]
        if not having:
            continue
        if any(piece in having for piece in chosen):
            break
        best = max(having, key=lambda piece: piece.score)
        kept, room = [best], ROOM - len(best.text)
        for piece in sorted(chosen, key=lambda piece: -piece.score):
            if piece.listed or piece.introduces or len(piece.text) <= room:
                kept.append(piece)
                room -= 0 if piece.listed else len(piece.text)
        return sorted(kept, key=lambda piece: piece.place)
    return chosen


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
