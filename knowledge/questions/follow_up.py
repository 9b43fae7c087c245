"""Questions that make sense only with what was said before: "那布艺的呢", "8 个月的呢", "多久一次"."""

import re
from collections.abc import Sequence
from dataclasses import replace

from knowledge.answers.quoting import sources
from knowledge.language.terms import canonical, digits
from knowledge.questions.asking import Wants, bare
from knowledge.questions.question import Question, Reader, Wanted
from knowledge.types import Line

LINES = 6  # earlier lines that are looked at …
LONGEST = 300  # … and of each its last characters
EARLIER = 0.4  # how much less an earlier question's words tell
ALONE = 1.6  # weight from which a question stands by itself, unless it points back
_BACK = re.compile(
    "^(?:那|还有|另外|然后|再问|它|这个|这种|这样|上面|刚才|你说的|第\\d|咁|噉|so|呢个)|(?:呢|的话)[?!。]*$"
)
_WHOLE = re.compile(
    "(?:我?[要想]?(?:看|发给?我?|给我)?(?:一下)?(?:全文|整篇|完整版?|全部内容|原文|详细内容)(?:看看|发我|呢|吧|给我)?|展开)"
    "[。!?~]*"
)
_STEP = re.compile(r"第(\d{1,2}|[一二三四五六七八九十]{1,3})[步条点]")


def asks_for_whole(text: str) -> bool:
    """Whether the whole guide of the last answer is wanted."""
    return bool(_WHOLE.fullmatch(canonical(text).strip()))


def last_sources(history: Sequence[Line]) -> list[tuple[str, str]]:
    """The (title, sections) of our last answer that named any, within the last lines."""
    for line in reversed(history[-LINES:]):
        if line.sender == "bot" and (found := sources(line.text)):
            return found
    return []


def said_before(history: Sequence[Line]) -> str:
    """The customer's last line, canonical and without what only asks politely."""
    said = next((line.text for line in reversed(history[-LINES:]) if line.sender == "customer"), "")
    return bare(canonical(said[-LONGEST:]))


def last_words(history: Sequence[Line]) -> str:
    """The customer's last two lines: what an age that is told alone is the age for."""
    said = [line.text for line in history[-LINES:] if line.sender == "customer"]
    return " ".join(text[-LONGEST:] for text in said[-2:])


def step_asked(text: str) -> int:
    """The number of the step that a question points at; 0 for none."""
    found = _STEP.search(text)
    if not found:
        return 0
    return int(found[1] if found[1].isdigit() else digits(found[1]))


def points_back(question: Question) -> bool:
    """Whether a question needs what was said before, judged by its own words."""
    return question.weight < ALONE or goes_on(question)


def goes_on(question: Question) -> bool:
    """Whether a question says in so many words that it goes on from the one before it: 那……, ……呢."""
    return bool(_BACK.search(question.plain.strip()))


def together(question: Question, history: Sequence[Line], reader: Reader) -> Question | None:
    """The question with what the one before it was about; None where nothing was said before.

    What the new one names anew (an age, a material) takes the place of what the earlier one named.
    """
    earlier = _before(history, reader)
    if earlier is None:
        return None
    own = {one.text for one in question.wanted}
    taken = {form for one in question.wanted for form, _ in one.forms}
    kept = [
        replace(one, weight=one.weight * EARLIER)
        for one in earlier.wanted
        if one.text not in own | taken and not _replaced(one, question, reader)
    ]
    attributes = {**earlier.attributes, **question.attributes}
    wanted = (*question.wanted, *kept)
    ages = question.ages or earlier.ages
    return Question(question.plain, wanted, _wants(question, earlier), ages, attributes, earlier.subject)


def _before(history: Sequence[Line], reader: Reader) -> Question | None:
    """The last question of the customer that names a subject, itself with the one before it where it points back."""
    said = [line.text for line in history[-LINES:] if line.sender == "customer"]
    found: Question | None = None
    for text in reversed(said):
        question = reader.read(text[-LONGEST:])
        if found is None:
            found = question if question.wanted else None
        else:
            named = {one.text for one in found.wanted}
            more = [replace(one, weight=one.weight * EARLIER) for one in question.wanted if one.text not in named]
            found = replace(
                found,
                wanted=(*found.wanted, *more),
                ages=found.ages or question.ages,
                attributes={**question.attributes, **found.attributes},
            )
        if found is not None and not points_back(found):
            break
    return found


def _replaced(one: Wanted, question: Question, reader: Reader) -> bool:
    """Whether a word of the earlier question names an attribute of a class that the new one names otherwise."""
    named = reader.attributes(one.text)
    return any(kind in question.attributes and not values & question.attributes[kind] for kind, values in named.items())


def _wants(question: Question, earlier: Question) -> frozenset[Wants]:
    return question.wants or earlier.wants
