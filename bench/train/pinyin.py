"""Makes knowledge/language/words/pinyin.txt of what pypinyin knows: `python -m bench.train.pinyin`.

Written is what `knowledge.language.pinyin` needs to read every phrase of pypinyin, and every Chinese word of wordfreq
that can be found by its sound, exactly as pypinyin does.
"""

from collections.abc import Iterator
from pathlib import Path

from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.constants import PHRASES_DICT
from wordfreq import get_frequency_dict

import knowledge.language
from knowledge.language.pinyin import Table
from knowledge.language.vocabulary import LONGEST, SHORTEST

FIRST, LAST = 0x4E00, 0x9FFF  # the characters in use
TARGET = Path(knowledge.language.__file__).with_name("words") / "pinyin.txt"
HEAD = """\
# Made by bench/train/pinyin.py from pypinyin 0.55.0 and its data (https://github.com/mozillazg/python-pinyin).
# The MIT License (MIT). Copyright (c) 2016 mozillazg, 闲耘 <hotoo.cn@gmail.com>. See pinyin.LICENSE beside this file.
"""


def made() -> Table:
    """The table, from pypinyin."""
    readings = dict(_readings())
    table = Table(readings, {}, 10)
    words = sorted(known(), key=lambda word: (len(word), word))
    phrases: dict[str, tuple[str, ...]] = {}
    while True:  # a phrase that is added may be seen in others where it is not meant
        table = Table(readings, phrases, max(map(len, phrases), default=0))
        wrong = [word for word in words if table.read(word) != lazy_pinyin(word)]
        if not wrong:
            return table
        shortest = len(wrong[0])
        phrases |= {word: tuple(lazy_pinyin(word)) for word in wrong if len(word) == shortest}


def known() -> set[str]:
    """The words that shall be read as pypinyin reads them."""
    words = {word for word in get_frequency_dict("zh", "best") if SHORTEST <= len(word) <= LONGEST}
    return {word for word in words | set(PHRASES_DICT) if all(FIRST <= ord(char) <= LAST for char in word)}


def stored(table: Table) -> Iterator[str]:
    """The lines of the file, which `Table.of` reads."""
    most = max(map(len, table.readings.values()))
    for rank in range(most):
        by_reading: dict[str, str] = {}
        for char, found in sorted(table.readings.items()):
            if len(found) > rank:
                by_reading[found[rank]] = by_reading.get(found[rank], "") + char
        yield from (f"{rank + 1} {reading} {by_reading[reading]}" for reading in sorted(by_reading))
    yield from (" ".join((phrase, *table.phrases[phrase])) for phrase in sorted(table.phrases))


def _readings() -> Iterator[tuple[str, tuple[str, ...]]]:
    for char in map(chr, range(FIRST, LAST + 1)):
        found = tuple(dict.fromkeys(pinyin(char, style=Style.NORMAL, heteronym=True)[0]))
        if found != (char,):
            yield char, found


if __name__ == "__main__":
    TARGET.write_text(HEAD + "\n".join(stored(made())) + "\n", encoding="utf-8")
