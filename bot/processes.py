"""Which program a role runs."""

from bot.clock import Clock
from bot.process_role import ProcessRole
from bot.reception import Reception, reception
from bot.settings import Settings


def process(settings: Settings, role: ProcessRole, clock: Clock | None = None) -> Reception:
    """Put the process of `role` together inside a running event loop. Opens nothing yet.

    Raises CannotStart or StoreUnusable.
    """
    if role is ProcessRole.WEB:
        return reception(settings, clock)
    from bot.app import build  # noqa: PLC0415 - half the memory and two thirds of the start, which a web does not need

    return build(settings, clock, role)
