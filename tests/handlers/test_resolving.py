"""/resolve, /followup, and what a member answers to the one question afterwards."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers.effect_types import FollowUp, HandOff, Release, Solved
from handlers.handoff import Event, State
from handlers.recovery import ROOM, when
from handlers.turn import Channel, Held, Ticket
from tests.handlers.conftest import CALENDAR, NOW, SmallOffice, Talk

ONE = Held("wmMember0001", "angry", "气死了", NOW - timedelta(hours=3))
TWIN = Held("wmMeXXXX0001", "complaint", "", NOW - timedelta(hours=1))


async def said(talk: Talk, text: str) -> str:
    return (await talk.say(text)).replies[0].text


@pytest.mark.parametrize("named", ["12", "#12", "12号", "wmMember0001", "WMMEMBER0001", "wmMe…0001", "wmMe...0001"])
async def test_a_member_is_named_by_ticket_id_or_short_form(consultant: Talk, named: str) -> None:
    outcome = await consultant.say(f"/resolve {named} 已经退款")
    assert outcome.effects == (Release("wmMember0001", "已经退款"),)
    assert outcome.audit == "resolve wmMe…0001"


async def test_a_short_form_that_two_share_names_nobody(consultant: Talk, office: SmallOffice) -> None:
    office.held = (ONE, TWIN)
    outcome = await consultant.say("/resolve wmMe…0001 已经退款")
    assert outcome.effects == ()
    assert "有 2 位" in outcome.replies[0].text


async def test_who_has_neither_hold_nor_ticket_cannot_be_resolved(consultant: Talk) -> None:
    outcome = await consultant.say("/resolve wmNobody 已经退款")
    assert outcome.effects == ()
    assert "没有找到" in outcome.replies[0].text


@pytest.mark.parametrize("text", ["/resolve", "/resolve 12", "/resolve 12 。"])
async def test_no_reason_no_release(consultant: Talk, text: str) -> None:
    outcome = await consultant.say(text)
    assert outcome.effects == ()
    assert outcome.replies[0].text.startswith("用法：/resolve")


@pytest.mark.parametrize("why", ["误判", "误判。", "誤判"])
async def test_misjudged_is_a_reason_of_its_own(consultant: Talk, why: str) -> None:
    [effect] = (await consultant.say(f"/resolve 12 {why}")).effects
    assert isinstance(effect, Release)
    assert effect.misjudged


async def test_from_a_member_it_is_plain_text(member: Talk) -> None:
    assert not any(isinstance(effect, Release) for effect in (await member.say("/resolve 12 已经退款")).effects)


async def test_handoffs_shows_the_holds_below_the_tickets(consultant: Talk, office: SmallOffice) -> None:
    office.held = (ONE,)
    listed = await said(consultant, "/handoffs")
    assert "- wmMe…0001，从 11-21 周六 07:00 起（3 小时），生气：“气死了”" in listed


def closed(**how: object) -> Ticket:
    ticket = Ticket(
        9, "kf:wk1::wmMember0001", Channel.KF, "wmMember0001", "upset", "柜子", "closed", "lihua",
        NOW - timedelta(hours=5), closed_at=NOW, resolved_by="lihua",
    )  # fmt: skip
    return replace(ticket, **how)  # type: ignore[arg-type]


async def test_a_follow_up_is_for_a_resolved_ticket_and_once(consultant: Talk, office: SmallOffice) -> None:
    office.closed = (closed(),)
    [effect] = (await consultant.say("/followup 9")).effects
    assert effect == FollowUp(9, datetime(2026, 11, 22, 1, 0, tzinfo=UTC), office.until)
    office.closed = (closed(follow_up="asked"),)
    assert (await consultant.say("/followup 9")).effects == ()
    office.closed = (closed(resolved_by=""),)
    assert (await consultant.say("/followup 9")).effects == ()


EARLIER = {"closed_at": NOW - timedelta(hours=4), "resolved_by": ""}  # before the hold of `ONE` began
MEANWHILE = {"closed_at": NOW - timedelta(hours=2), "resolved_by": ""}


@pytest.mark.parametrize(
    ("how", "held"),
    [(EARLIER, (ONE,)), (MEANWHILE, ()), ({"follow_up": "asked"}, (ONE,))],
    ids=["closed before the hold", "closed and no hold", "asked before"],
)
async def test_a_follow_up_that_would_be_refused_is_not_suggested(
    consultant: Talk, office: SmallOffice, how: dict[str, object], held: tuple[Held, ...]
) -> None:
    office.open_tickets, office.closed, office.held = (), (closed(**how),), held
    outcome = await consultant.say("/resolve 9 已经退款")
    assert outcome.effects == (Release("wmMember0001", "已经退款"),)
    assert "/followup" not in outcome.replies[0].text


async def test_a_follow_up_is_not_suggested_where_we_may_not_write_any_more(
    consultant: Talk, office: SmallOffice
) -> None:
    office.until = NOW - timedelta(minutes=1)
    assert "/followup" not in await said(consultant, "/resolve 12 已经退款")


@pytest.mark.parametrize("named", ["12", "wmMember0001"])
async def test_a_live_ticket_is_suggested_however_its_member_was_named(consultant: Talk, named: str) -> None:
    assert (await said(consultant, f"/resolve {named} 已经退款")).endswith("发 /followup 12。")


async def test_a_ticket_taken_up_again_after_it_was_resolved_is_suggested(
    consultant: Talk, office: SmallOffice
) -> None:
    office.open_tickets, office.closed, office.held = (), (closed(closed_at=None),), (ONE,)
    assert "/followup 9" in (await consultant.say("/resolve 9 已经退款")).replies[0].text


async def test_a_ticket_that_was_given_back_during_the_hold_is_suggested(consultant: Talk, office: SmallOffice) -> None:
    office.open_tickets, office.closed, office.held = (), (closed(**MEANWHILE),), (ONE,)
    assert (await said(consultant, "/resolve 9 已经退款")).endswith("发 /followup 9。")


async def test_in_place_of_an_old_ticket_the_live_one_of_the_same_member_is_suggested(
    consultant: Talk, office: SmallOffice
) -> None:
    office.closed, office.held = (closed(**EARLIER),), (ONE,)
    assert (await said(consultant, "/resolve 9 已经退款")).endswith("发 /followup 12。")


async def test_where_nobody_ever_works_a_matter_is_resolved_all_the_same_and_nothing_is_asked(
    consultant: Talk, office: SmallOffice
) -> None:
    office.calendar, office.closed = replace(CALENDAR, spans=()), (closed(),)
    outcome = await consultant.say("/resolve 12 已经退款")
    assert outcome.effects == (Release("wmMember0001", "已经退款"),)
    assert "/followup" not in outcome.replies[0].text
    assert (await consultant.say("/followup 9")).effects == ()


async def test_where_the_window_is_shut_the_colleague_hears_that_it_cannot_be_asked(
    consultant: Talk, office: SmallOffice
) -> None:
    office.closed, office.until = (closed(),), NOW - timedelta(minutes=1)
    outcome = await consultant.say("/followup 9")
    assert outcome.effects == ()
    assert "请您直接联系" in outcome.replies[0].text


def test_the_question_waits_for_the_working_hours_of_a_later_day() -> None:
    assert when(CALENDAR, NOW, NOW, NOW + timedelta(days=9)) == datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
    late = NOW + timedelta(days=2)
    assert when(CALENDAR, NOW, late, late + timedelta(days=9)) == late


def test_a_window_that_closes_in_the_night_is_used_before_the_evening_ends() -> None:
    shuts = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)  # 22:00 of the same day
    at = when(CALENDAR, NOW, NOW, shuts)
    assert at == datetime(2026, 11, 21, 11, 0, tzinfo=UTC)  # 19:00
    assert CALENDAR.is_open(at)


def test_a_window_with_no_working_moment_left_is_not_used() -> None:
    evening = datetime(2026, 11, 21, 13, 30, tzinfo=UTC)  # 21:30
    assert when(CALENDAR, evening, evening, evening + timedelta(hours=3)) is None
    assert when(CALENDAR, NOW, NOW, NOW + ROOM) is None


@pytest.mark.parametrize("text", ["解决了", "已经解决了，谢谢！", "好了", "嗯，搞定了", "没问题了"])
async def test_yes_is_counted(member: Talk, office: SmallOffice, text: str) -> None:
    office.follow_up = 9
    outcome = await member.say(text)
    assert (outcome.handler, outcome.effects, outcome.move) == ("recovery", (Solved(9, solved=True),), None)


@pytest.mark.parametrize("text", ["没有", "没", "还没有", "还没解决", "没解决，", "根本没有处理", "还是不行"])
async def test_no_is_counted_and_calls_a_person_again(member: Talk, office: SmallOffice, text: str) -> None:
    office.follow_up = 9
    outcome = await member.say(text)
    assert outcome.effects == (Solved(9, solved=False), HandOff("unsolved", text.strip()))
    assert outcome.move is not None
    assert outcome.move.event is Event.CALL


@pytest.mark.parametrize("text", ["没有沙发能放吗", "解决了怎么办", "好"])
async def test_other_words_are_no_answer(member: Talk, office: SmallOffice, text: str) -> None:
    office.follow_up = 9
    assert (await member.say(text)).handler != "recovery"


async def test_without_a_question_of_ours_the_same_words_mean_nothing_special(member: Talk) -> None:
    assert (await member.say("没有")).handler != "recovery"


async def test_while_a_colleague_serves_nothing_is_said(member: Talk, office: SmallOffice) -> None:
    office.follow_up = 9
    assert (await member.held(State.HUMAN, "lihua").say("没有")).replies == ()
