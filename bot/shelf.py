"""What could be sent unasked: weekly guides, the posts folder and drafts, each reviewed as it stands."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy import select

from bot.store import contents
from bot.store.contents import Judged
from bot.store.database import Database
from bot.store.restraint_tables import draft
from handlers.posting import APPROVED, REJECTED, UNLAWFUL, WAITING
from knowledge.guides import ignored, read_folder
from knowledge.types import Guide, Rejected
from scheduler.posts import Post, of_file, of_guide
from scheduler.review import LexiconUnusable, PostKind, Review

log = structlog.get_logger()

Reviewing = Callable[[str, str], Review]
"""Title and body → what the review says. Raises LexiconUnusable."""
Seen = tuple[object, ...]


class Shelf:
    """`look` reads what has changed; `posts` is what there is, unlawful ones included so that people can mend them."""

    def __init__(
        self, guides: Callable[[], Sequence[Guide]], folder: Path, review: Reviewing, database: Database
    ) -> None:
        self._guides = guides
        self._folder = folder
        self._review = review
        self._database = database
        self._reviews: dict[str, Review] = {}  # by digest
        self._seen: Seen | None = None
        self.posts: tuple[Post, ...] = ()
        self.rejected: tuple[Rejected, ...] = ()
        self.warning = ""  # why nothing can be approved now

    def find(self, name: str) -> Post | None:
        """What there is under this name: on the shelf, or a guide that is sent only to who needs it."""
        found = next((post for post in self.posts if post.name == name), None)
        if found is not None:
            return found
        guide = next((guide for guide in self._guides() if guide.name == name), None)
        return self._reviewed(of_guide(guide)) if guide else None

    async def look(self) -> None:
        """Read again what has changed since the last look. A file that cannot be read is told in `rejected`."""
        drafts = await self._drafts()
        guides = self._guides()
        seen = (id(guides), len(guides), tuple(post.digest for post in drafts), await asyncio.to_thread(self._stamps))
        if seen == self._seen:
            return
        await asyncio.to_thread(self._read, guides, drafts)
        self._seen = seen

    def review_of(self, title: str, markdown: str) -> Review | None:
        """The review of a text; None where it cannot be reviewed, and then it may not leave."""
        post = Post("", title, markdown)
        if post.digest not in self._reviews:
            try:
                self._reviews[post.digest] = self._review(title, markdown)
            except LexiconUnusable as error:
                self.warning = str(error)
                log.error("lexicon_unusable", why=self.warning)  # noqa: TRY400 - a broken file, no defect to trace
                return None
        return self._reviews[post.digest]

    def codes_of(self, title: str, markdown: str) -> tuple[str, ...] | None:
        """The violations found in a text, by code; None where it cannot be reviewed."""
        review = self.review_of(title, markdown)
        return None if review is None else tuple(sorted({violation.code for violation in review.violations}))

    def _stamps(self) -> Seen:
        if not self._folder.is_dir():
            return ()
        files = sorted(path for path in self._folder.rglob("*") if path.is_file() and not ignored(path.name))
        return tuple((str(path), path.stat().st_mtime_ns) for path in files)

    def _read(self, guides: Sequence[Guide], drafts: Sequence[Post]) -> None:
        files: tuple[Guide, ...] = ()
        self.rejected = ()
        if self._folder.is_dir():
            files, self.rejected = read_folder(self._folder)
        made = [of_guide(guide) for guide in guides if guide.weekly]
        self.warning = ""
        self._reviews = {}  # the words of the review may be what has changed
        self.posts = tuple(self._reviewed(post) for post in (*made, *map(of_file, files), *drafts))
        log.info("posts_read", posts=len(self.posts), rejected=len(self.rejected))

    def _reviewed(self, post: Post) -> Post:
        """With the kind that its words make it; what is partly selling is selling."""
        review = self.review_of(post.title, post.markdown)
        codes = self.codes_of(post.title, post.markdown)
        if review is None or codes is None:
            return post
        return replace(post, kind="value" if review.kind is PostKind.VALUE else "promo", codes=codes)

    async def _drafts(self) -> list[Post]:
        async with self._database.read() as connection:
            rows = (await connection.execute(select(draft).order_by(draft.c.number))).mappings().all()
        return [Post(f"draft:{row['number']}", row["title"], row["body"], topic=row["topic"]) for row in rows]


def state_of(post: Post, decided: Judged | None) -> str:
    """How a text stands, given what a colleague decided about these very words, as in `handlers.posting`."""
    if post.codes:
        return UNLAWFUL
    if decided is None:
        return WAITING
    return APPROVED if decided.state == contents.APPROVED else REJECTED
