"""The review of a post before anybody may approve it: what it is for, and what the advertising laws forbid in it."""

from scheduler.review.finding import violations
from scheduler.review.kinds import kind_of
from scheduler.review.lexicon import Lexicon, LexiconUnusable
from scheduler.review.spelling import spelt
from scheduler.review.types import Code, PostKind, Review, Violation

__all__ = ["Code", "Lexicon", "LexiconUnusable", "PostKind", "Review", "Violation", "review"]


def review(title: str, body: str, lexicon: Lexicon) -> Review:
    """What kind of post it is and every breach in it, quoted in the post's own words. Pure; a few milliseconds."""
    post = spelt(f"{title}\n{body}", lexicon.disguises)
    return Review(kind_of(post.text, lexicon.signals), violations(post, lexicon), lexicon.version)
