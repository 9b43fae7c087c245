"""Telling operators. A notice of one kind goes out at most once an hour: an outage is one message, not a flood."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.part import Klass, Part, part_id
from handlers.texts import UNSAID, shorten
from handlers.turn import Channel

log = structlog.get_logger()

NOTICE_LIFE = timedelta(hours=24)


class Alarm:
    """Builds notice parts; whoever raises the alarm enqueues them in its own transaction."""

    def __init__(
        self,
        agent: str,
        operators: Iterable[str],
        consultants: Iterable[str],
        leads: Iterable[str] = (),
        called: Callable[[str], str] = str,
    ) -> None:
        """`agent` is the app's id, empty where no app is configured: then only the log can speak.

        `called`: what a colleague (userid) is called in what others read.
        """
        self._agent = agent
        self.operators = tuple(operators)
        self.consultants = tuple(consultants)
        self._leads = tuple(leads)
        self.called = called

    def raised(self, what: str, text: str, now: datetime) -> list[Part]:
        """One notice per operator; `what` names the kind and its subject, for the once-an-hour rule."""
        if not self._agent or not self.operators:
            log.warning("nobody_to_tell", what=what)
            return []
        hour = now.strftime("%Y%m%d%H")
        return [self.notice(person, text, part_id("alarm", what, hour, person), now) for person in self.operators]

    def page(self, ticket: int, card: str, text: str, people: Iterable[str], now: datetime, key: str) -> list[Part]:
        """For each of `people` the context `card`, then the page with a button; `key` tells its pages apart."""
        if not self.able:
            log.warning("nobody_to_tell", what=f"ticket:{ticket}")
            return []
        parts: list[Part] = []
        for each in people:
            context = self.notice(each, card, part_id("context", ticket, key, each), now)
            page = self.notice(each, text, part_id("page", ticket, key, each), now, button=f"/take {ticket}")
            # What the notices say of a member can be found again by the ticket.
            told = (context, page) if card else (page,)
            parts += [replace(part, body={**part.body, "ticket": ticket}) for part in told]
        return parts

    def unsaid(self, part: Part, now: datetime) -> list[Part]:
        """The advice for a member in danger did not leave: consultants and leads get the words to say."""
        if not self.able:
            log.warning("nobody_to_tell", what="unsaid")
            return []
        text = UNSAID.format(person=shorten(part.body["to"]), advice=part.body["text"])
        people = dict.fromkeys((*self.consultants, *self._leads)) or dict.fromkeys(self.operators)
        return [self.notice(each, text, part_id("unsaid", part.id, each), now) for each in people]

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

    def picture(self, person: str, png: bytes, name: str, id_: str, now: datetime) -> Part:
        """One small picture to one colleague. It waits in the store, and is never sent twice (see AppChannel)."""
        return Part(
            id=id_,
            lane=self.lane(person),
            channel=Channel.APP,
            klass=Klass.NOTICE,
            kind="image",
            body={"to": person, "name": name, "image": base64.b64encode(png).decode()},
            repeatable=False,
            expires_at=now + NOTICE_LIFE,
        )

    @property
    def able(self) -> bool:
        """Whether a page reaches anybody: there is an app, and somebody is named."""
        return bool(self._agent and (self.consultants or self._leads or self.operators))
