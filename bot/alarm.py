"""Telling operators. A notice of one kind goes out at most once an hour: an outage is one message, not a flood."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.part import Klass, Part, part_id
from handlers.turn import Channel

NOTICE_LIFE = timedelta(hours=24)


class Alarm:
    """Builds notice parts; whoever raises the alarm enqueues them in its own transaction."""

    def __init__(self, agent: str, operators: Iterable[str], consultants: Iterable[str]) -> None:
        """`agent` is the app's id, empty where no app is configured: then only the log can speak."""
        self._agent = agent
        self.operators = tuple(operators)
        self.consultants = tuple(consultants)

    def raised(self, what: str, text: str, now: datetime) -> list[Part]:
        """One notice per operator; `what` names the kind and its subject, for the once-an-hour rule."""
        hour = now.strftime("%Y%m%d%H")
        return [self.notice(person, text, part_id("alarm", what, hour, person), now) for person in self._reachable()]

    def _reachable(self) -> tuple[str, ...]:
        return self.operators if self._agent else ()

    def lane(self, person: str) -> str:
        """The conversation of a colleague with the app."""
        return f"{Channel.APP}:{self._agent}::{person}"

    def notice(self, person: str, text: str, id_: str, now: datetime, kind: str = "text", button: str = "") -> Part:
        """One notice to one colleague; with `button` it is a card whose click sends that command."""
        return Part(
            id=id_,
            lane=self.lane(person),
            channel=Channel.APP,
            klass=Klass.NOTICE,
            kind="card" if button else kind,
            body={"to": person, "text": text, **({"button": button, "task": id_} if button else {})},
            expires_at=now + NOTICE_LIFE,
        )

    @property
    def able(self) -> bool:
        """Whether colleagues can be reached at all."""
        return bool(self._agent)
