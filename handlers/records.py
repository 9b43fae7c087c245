"""What handlers may ask about a member's own data. Reading only; the program keeps it in one registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from handlers.preferences import Preferences, Profile


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is held about a person, in words for that person: what, how much, why, until when, how
    it was used."""

    what: str
    count: int
    why: str
    until: str
    used: str


@dataclass(frozen=True, slots=True)
class LastPost:
    """The last content that went to a person unasked, alone or through a group of theirs.

    `topic` is as guides write it, empty for none; `need` names the trigger of what one member needed, else empty;
    `pushed`: a colleague brought it forward; `group`: it went to a group. `inputs` is what the
    gate saw when it allowed it.
    """

    title: str
    at: datetime
    topic: str
    inputs: Mapping[str, Any]
    need: str = ""
    pushed: bool = False
    group: bool = False


class Records(Protocol):
    """`person` is an id as it stands in `Conversation.person`."""

    @property
    def retention_days(self) -> int:
        """For how many days what people wrote is kept."""
        ...

    async def preferences(self, person: str) -> Preferences: ...

    async def profile(self, person: str) -> Profile | None: ...

    async def kept(self, person: str) -> Sequence[Kept]:
        """Everything that is held about the person, and nothing else; empty for somebody we do not know."""
        ...

    async def export(self, person: str) -> str:
        """The same as JSON, with its content."""
        ...

    async def last_post(self, person: str) -> LastPost | None:
        """From the gate's record; None where nothing was sent, or it is older than what is kept.

        What arrived goes before what only may have, and what waits for a colleague's confirmation counts as neither.
        What came through a group counts from when they were in it.
        """
        ...

    async def open_post(self, person: str) -> LastPost | None:
        """The newest content for the person or a group of theirs that a colleague was asked to send, where we do not
        know yet what became of it: it may have arrived this very minute."""
        ...

    async def last_group_post(self, chat: str) -> LastPost | None:
        """The last content that went to the group unasked; nothing of its members."""
        ...

    async def last_handled(self, conversation: str, handler: str, since: datetime) -> int:
        """The newest item of the conversation that `handler` took at `since` or later: later ones have higher numbers.

        0 where it took none.
        """
        ...

    async def spoken_to(self, person: str) -> bool:
        """Whether we ever said anything to the person, as far as is kept."""
        ...
