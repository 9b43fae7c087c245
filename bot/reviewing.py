"""The review of posts with the operators' own words: read again when their file changes."""

from pathlib import Path

from scheduler.review import Lexicon, Review, review


class Reviewer:
    """`review` is what `bot.shelf` asks. It raises LexiconUnusable where words are unreadable: nothing passes then."""

    def __init__(self, extension: Path) -> None:
        self._extension = extension
        self._lexicon: tuple[int, Lexicon] | None = None

    def review(self, title: str, body: str) -> Review:
        stamp = self._extension.stat().st_mtime_ns if self._extension.exists() else 0
        if self._lexicon is None or self._lexicon[0] != stamp:
            self._lexicon = stamp, Lexicon.read([self._extension] if stamp else [])
        return review(title, body, self._lexicon[1])
