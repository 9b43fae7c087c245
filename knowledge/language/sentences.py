"""Where a sentence ends."""

import re

_SENTENCE = re.compile(r"[^。！？!?]*[。！？!?]+[”’」』）)*]*|[^。！？!?]+\Z", re.DOTALL)


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with its closing marks; together they are the text again, save for spaces."""
    return [found for one in _SENTENCE.findall(text) if (found := one.strip())]
