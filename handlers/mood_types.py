"""What a mood is called, for those who store and tell it; `handlers.mood` reads it, with a classifier behind it."""

from dataclasses import dataclass
from enum import StrEnum


class Mood(StrEnum):
    """A value is stored and promised to scripts, so it never changes."""

    CALM = "calm"
    POSITIVE = "positive"
    ANXIOUS = "anxious"
    DISSATISFIED = "dissatisfied"
    ANGRY = "angry"
    FURIOUS = "furious"


@dataclass(frozen=True, slots=True)
class Reading:
    """One message read. `reason` is Chinese, for colleagues; `quote` is the span of the message that decided it.

    `doubtful`: near the line, so that a model may be asked where one is set.
    """

    mood: Mood
    escalate: bool
    reason: str
    quote: str = ""
    doubtful: bool = False
