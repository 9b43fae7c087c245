"""A danger sign and the ways in which it shows."""

from collections.abc import Callable
from dataclasses import dataclass

Finder = Callable[[str], bool]  # whether something is in a plain text
Told = tuple[tuple[Finder, ...], ...]  # ways in which a sign shows


@dataclass(frozen=True, slots=True)
class Sign:
    """`code` is stable and names the advice. Each of `ways` is enough; a way needs all its finders in one text.

    `across` are pairs for what is told in two messages: the first stands in an earlier line, the second is said now.
    """

    code: str
    ways: Told
    across: tuple[tuple[Finder, Finder], ...] = ()
