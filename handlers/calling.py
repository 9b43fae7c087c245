"""Bringing a person in: one way for every reason and every channel."""

from handlers import texts
from handlers.effect_types import HandOff
from handlers.handoff import Event, Move
from handlers.plain import LONGEST_QUESTION
from handlers.turn import Channel, Office, Outcome, Reply, Turn
from scheduler.calendar import NeverOpen


def call(turn: Turn, office: Office, reason: str, ask: str = "") -> Outcome:
    """A ticket, a page, and one truthful line to the member: who comes, and when.

    On kf the line is said once the platform has moved the session, and tells what became of it (`bot.channels.kf`).
    `ask` is what it is about, else the text of this turn.
    """
    about = (ask or turn.item.text).strip()[:LONGEST_QUESTION]
    told = () if turn.conversation.channel is Channel.KF else (Reply(_told(turn, office, reason)),)
    return Outcome("call", told, (HandOff(reason, about),), Move(Event.CALL))


def _told(turn: Turn, office: Office, reason: str) -> str:
    try:
        opening = office.calendar.next_open(turn.now)
    except NeverOpen:  # then nobody can say when
        opening = turn.now
    opens = opening if opening > turn.now else None
    return texts.called(reason, opens=opens, zone=office.zone, heard=office.colleagues_hear)
