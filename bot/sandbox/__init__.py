"""A stand-in for WeCom: the same HTTP, the same crypto, as strict as the documents. For the sandbox and for tests."""

from bot.sandbox.standin import StandIn
from bot.sandbox.world import World

__all__ = ["StandIn", "World"]
