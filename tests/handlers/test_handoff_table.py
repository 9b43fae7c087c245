"""Who serves a conversation: every state with every event, the moves that do not exist among them."""

from itertools import product

import pytest

from handlers.handoff import SILENT, TABLE, Event, IllegalMove, State, after

# One row per state, one column per event; "-" is a move that does not exist.
EVENTS = (
    Event.OFFER,
    Event.LAPSE,
    Event.CALL,
    Event.NOBODY,
    Event.TAKE,
    Event.LEAVE,
    Event.CANCEL,
    Event.SETTLE,
)
EXPECTED = {
    State.BOT: "offered bot waiting - human bot bot bot",
    State.OFFERED: "offered bot waiting - human bot bot -",
    State.WAITING: "- - waiting waiting human bot bot -",
    State.HUMAN: "- - human waiting human closing - -",
    State.CLOSING: "offered bot waiting - human closing - bot",
}


def expected(state: State, event: Event) -> State | None:
    word = EXPECTED[state].split()[EVENTS.index(event)]
    return None if word == "-" else State(word)


def test_the_table_below_speaks_of_every_state_and_every_event() -> None:
    assert set(EXPECTED) == set(State) == set(TABLE)
    assert set(EVENTS) == set(Event)
    assert all(len(row.split()) == len(EVENTS) for row in EXPECTED.values())


@pytest.mark.parametrize(("state", "event"), list(product(State, EVENTS)))
def test_every_state_with_every_event(state: State, event: Event) -> None:
    following = expected(state, event)
    if following is not None:
        assert after(state, event) is following
        return
    with pytest.raises(IllegalMove) as illegal:
        after(state, event)
    assert (illegal.value.state, illegal.value.event) == (state, event)


@pytest.mark.parametrize("state", list(State))
def test_any_word_of_a_colleague_is_a_takeover(state: State) -> None:
    assert after(state, Event.TAKE) is State.HUMAN


@pytest.mark.parametrize("event", [each for each in Event if each not in (Event.LEAVE, Event.NOBODY)])
def test_only_its_end_takes_a_conversation_from_a_person(event: Event) -> None:
    assert expected(State.HUMAN, event) in (State.HUMAN, None)


@pytest.mark.parametrize("event", [each for each in Event if each not in (Event.LEAVE, Event.CANCEL)])
def test_who_waits_is_left_to_the_bot_only_by_their_own_wish_or_by_the_end(event: Event) -> None:
    following = expected(State.WAITING, event)
    assert following is None or following in SILENT


@pytest.mark.parametrize(("state", "event"), list(product(State, EVENTS)))
def test_the_same_event_again_changes_nothing(state: State, event: Event) -> None:
    """Callbacks repeat, and so do buttons; only a lost colleague and the end of a wait go on from where they led."""
    following = expected(state, event)
    if following is not None and (again := expected(following, event)) is not None:
        assert again is following
