"""Rendering and splitting, the same for every channel."""

from bot.wecom.render import render
from bot.wecom.split import LIMITS, split
from handlers.turn import Channel


def pieces(markdown: str, channel: Channel) -> list[str]:
    """`markdown` as `channel` shows it, in pieces of at most the channel's bytes."""
    return list(split(render(markdown, channel), LIMITS[channel]))


def fitting(markdown: str, channel: Channel) -> str:
    """The first piece alone, for messages that can be one message only."""
    return (pieces(markdown, channel) or [""])[0]
