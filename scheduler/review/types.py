"""What a review says about a post."""

from dataclasses import dataclass
from enum import StrEnum


class PostKind(StrEnum):
    """What a post is for: help, selling, or both at once."""

    VALUE = "value"
    PROMO = "promo"
    MIXED = "mixed"


class Code(StrEnum):
    """What a post must not say; the laws are in lexicon.yaml."""

    ABSOLUTE_TERM = "absolute_term"
    EFFICACY_CLAIM = "efficacy_claim"
    INFANT_FORMULA = "infant_formula"
    FALSE_SCARCITY = "false_scarcity"
    GUARANTEED_RESULT = "guaranteed_result"
    PERSONAL_DATA = "personal_data"
    SENSITIVE_TOPIC = "sensitive_topic"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing to change before anybody may approve the post.

    `quote`: the post's own words. `why`: one Chinese sentence for the operator. `law`: the article, in Chinese.
    """

    code: Code
    quote: str
    why: str
    law: str


@dataclass(frozen=True, slots=True)
class Review:
    """`violations` in the order of the post; `lexicon`: the version of the word lists that judged it."""

    kind: PostKind
    violations: tuple[Violation, ...]
    lexicon: str
