"""Who serves a conversation: one table for every channel, from the bot to a person and back.

    BOT ──offer──▶ OFFERED ──call──▶ WAITING ──take──▶ HUMAN ──leave──▶ CLOSING ──settle──▶ BOT

On kf the platform's own session follows it (service_state, doc 94669); elsewhere a colleague takes the
ticket in the app.
Every move raises the conversation's version, and what was decided under an older one is not said any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Who serves the conversation. A value is stored, so it never changes."""

    BOT = "bot"
    OFFERED = "offered"  # the bot could not answer and offered a person; it still serves
    WAITING = "waiting"  # a person was called and has not come yet: the bot is silent
    HUMAN = "human"  # a person serves: the bot is silent
    CLOSING = "closing"  # the person is done; the member's next message is the bot's again


SILENT = frozenset({State.WAITING, State.HUMAN})
"""The states in which the bot says nothing to the person, on any channel."""


class Event(StrEnum):
    """What moves it."""

    OFFER = "offer"  # a refusal offered a person
    LAPSE = "lapse"  # the member went on without taking the offer
    CALL = "call"  # a person is wanted: asked for, accepted, anger, danger, a second refusal, a promise we cannot keep
    NOBODY = "nobody"  # no colleague can take it now; the ticket stays open and the bot stays silent
    TAKE = "take"  # a colleague took it, was given it, or simply wrote to the member
    LEAVE = "leave"  # the colleague is done, or the platform ended the session
    CANCEL = "cancel"  # the member would rather go on with the bot than wait
    SETTLE = "settle"  # the member wrote again after the colleague was done


class IllegalMove(ValueError):
    """The table has no such move: what happened is noted, and the conversation stays where it is."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event} does not move {state}")
        self.state = state
        self.event = event


_BOT, _OFFERED, _WAITING, _HUMAN, _CLOSING = State.BOT, State.OFFERED, State.WAITING, State.HUMAN, State.CLOSING

# A repetition of an event moves to where the conversation already is. A row's missing events are illegal there.
TABLE: Mapping[State, Mapping[Event, State]] = MappingProxyType(
    {
        _BOT: {
            Event.OFFER: _OFFERED,
            Event.LAPSE: _BOT,
            Event.CALL: _WAITING,
            Event.TAKE: _HUMAN,  # any word of a colleague is a takeover
            Event.LEAVE: _BOT,
            Event.CANCEL: _BOT,
            Event.SETTLE: _BOT,
        },
        _OFFERED: {
            Event.OFFER: _OFFERED,
            Event.LAPSE: _BOT,
            Event.CALL: _WAITING,
            Event.TAKE: _HUMAN,
            Event.LEAVE: _BOT,
            Event.CANCEL: _BOT,
        },
        _WAITING: {
            Event.CALL: _WAITING,
            Event.NOBODY: _WAITING,
            Event.TAKE: _HUMAN,
            Event.LEAVE: _BOT,  # ended before anybody had come: there is nothing to settle
            Event.CANCEL: _BOT,
        },
        _HUMAN: {
            Event.CALL: _HUMAN,
            Event.NOBODY: _WAITING,  # who had it is gone: it waits for somebody again
            Event.TAKE: _HUMAN,
            Event.LEAVE: _CLOSING,
        },
        _CLOSING: {
            Event.OFFER: _OFFERED,
            Event.LAPSE: _BOT,
            Event.CALL: _WAITING,
            Event.TAKE: _HUMAN,  # a colleague who writes again has it again (kf: 4 → 3, doc 94670)
            Event.LEAVE: _CLOSING,
            Event.SETTLE: _BOT,
        },
    }
)


def after(state: State, event: Event) -> State:
    """Where `event` moves a conversation that stands at `state`. Raises IllegalMove where there is no such move."""
    following = TABLE[state].get(event)
    if following is None:
        raise IllegalMove(state, event)
    return following


@dataclass(frozen=True, slots=True)
class Move:
    """An event to apply to the conversation; `assignee` is the colleague of TAKE."""

    event: Event
    assignee: str = ""
