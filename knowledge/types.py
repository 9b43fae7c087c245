"""The words of the knowledge package. A guide is a document, a passage a part of it, a hit a passage with its score."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Guide:
    """One document of the library.

    `name` is the file name (unique in the library, `sub/dir/file.md` is named `file.md` unless two files share it);
    `body` is Markdown without the front matter.
    """

    name: str
    title: str
    topic: str
    body: str
    audience: str = ""
    keywords: tuple[str, ...] = ()
    reviewed_by: str = ""
    reviewed_on: date | None = None
    valid_until: date | None = None
    source: str = ""
    weekly: bool = False

    def expired(self, today: date) -> bool:
        """Whether the guide may no longer be quoted; `valid_until` itself is the last good day."""
        return self.valid_until is not None and today > self.valid_until


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that could not become a guide, with a reason an operator can act on."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One earlier line of a conversation, oldest first in a history. `at`: when, where that is known."""

    sender: Literal["customer", "bot", "staff", "member"]
    text: str
    at: datetime | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where an answer comes from: file name, title and section heading of the guide, score in 0–1."""

    guide: str
    title: str
    section: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What the library has to say. A refusal has no citations; `nearest` then holds up to three titles to offer.

    `text` is Markdown and carries its own source line; every cited guide was used in it.
    """

    text: str
    refused: bool
    citations: tuple[Citation, ...] = ()
    nearest: tuple[str, ...] = ()
    urgent: bool = False
    handoff: bool = False
    generated: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a guide that stands by itself: one section, or a run of whole blocks of a long one.

    `guide` is the guide's name, `section` the headings above it joined by " · " (empty before the first heading),
    `text` is Markdown, verbatim from the guide, `position` counts from 0 inside the guide.
    """

    guide: str
    title: str
    section: str
    text: str
    position: int
    keywords: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """What names the passage: title, section and the guide's keywords, one line each."""
        return "\n".join((self.title, self.section, *self.keywords))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found. `score` is in 0–1: 1 is the best of this search, not a measure of truth."""

    passage: Passage
    score: float
