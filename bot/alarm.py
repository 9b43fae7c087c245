"""Telling operators. A notice of one kind goes out at most once an hour: an outage is one message, not a flood."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog

from bot.part import Klass, Part, part_id
from handlers.texts import URGENT, handoff_notice, shorten
from handlers.turn import Channel

log = structlog.get_logger()

NOTICE_LIFE = timedelta(hours=24)


class Alarm:
    """Builds notice parts; whoever raises the alarm enqueues them in its own transaction."""

    def __init__(
        self, agent: str, operators: Iterable[str], consultants: Iterable[str], leads: Iterable[str] = ()
    ) -> None:
        """`agent` is the app's id, empty where no app is configured: then only the log can speak."""
        self._agent = agent
        self.operators = tuple(operators)
        self.consultants = tuple(consultants)
        self._leads = tuple(leads)

    def raised(self, what: str, text: str, now: datetime) -> list[Part]:
        """One notice per operator; `what` names the kind and its subject, for the once-an-hour rule."""
        if not self._agent or not self.operators:
            log.warning("nobody_to_tell", what=what)
            return []
        hour = now.strftime("%Y%m%d%H")
        return [self.notice(person, text, part_id("alarm", what, hour, person), now) for person in self.operators]

    def page(
        self, ticket: int, person: str, reason: str, ask: str, now: datetime, key: str = "", assignee: str = ""
    ) -> list[Part]:
        """A card with a button to every consultant (to operators where none is named): a ticket nobody has yet.

        A ticket is paged once. An urgent one is paged again for each `key`, and to leads and its `assignee` too.
        """
        if not self.able:
            log.warning("nobody_to_tell", what=f"ticket:{ticket}")
            return []
        text = handoff_notice(ticket, shorten(person), reason, ask)
        button = f"/take {ticket}"
        urgent = reason == URGENT
        people = dict.fromkeys((*self.consultants, *self._leads, assignee) if urgent else self.consultants)
        people.pop("", None)
        words = (ticket, URGENT, key) if urgent else (ticket,)
        return [
            self.notice(each, text, part_id("page", *words, each), now, button=button)
            for each in people or self.operators
        ]

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
        """Whether a page reaches anybody: there is an app, and somebody is named."""
        return bool(self._agent and (self.consultants or self.operators))
