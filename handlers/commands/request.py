"""What a command is given, and the usual shape of what it gives back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from handlers.effect_types import Effect
from handlers.turn import Office, Outcome, Reply, Turn


@dataclass(frozen=True, slots=True)
class Request:
    """One call of a command; `arguments` is what follows its name, stripped, as it was typed."""

    turn: Turn
    office: Office
    arguments: str

    @property
    def today(self) -> date:
        """The day it is where the tenant is."""
        return self.turn.now.astimezone(ZoneInfo(self.office.zone)).date()


def say(text: str, *effects: Effect, audit: str = "") -> Outcome:
    """One reply, with what is to happen beside it."""
    return Outcome("command", replies=(Reply(text),), effects=effects, audit=audit)


def stamp(at: datetime) -> str:
    """An aware time as the audit log writes it: 2026-11-26T02:00Z."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
