"""Who is paged, and when: the ladder in working time, whatever the clock and the process do meanwhile."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from handlers.paging import Case, Ladder, Page, Rung
from scheduler.calendar import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(Calendar.parse("09:00-12:00,13:00-21:00"), "Asia/Shanghai", closed=frozenset({date(2026, 11, 25)}))
LADDER = Ladder(
    CALENDAR,
    timedelta(seconds=90),
    timedelta(hours=4),
    consultants=("lihua", "sunli"),
    leads=("zhaomin", "qianwei"),
    operators=("wangwei",),
)
SECOND = timedelta(seconds=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def opened(text: str, **more) -> Case:
    return Case(7, at(text), **{"assignee": "lihua", **more})


def walked(case: Case, until: str, *, ladder: Ladder = LADDER, step: timedelta = 10 * SECOND, made=()) -> list[Page]:
    """What is paged when somebody looks every `step` from the opening of the ticket on."""
    made, now = list(made), case.opened_at
    while now <= at(until):
        page = ladder.due(case, made, now)
        made += [page] if page else []
        now += step
    return made


def shown(pages: list[Page]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(f"{page.at.astimezone(SHANGHAI):%d %H:%M:%S}", page.rung, page.people) for page in pages]


def test_in_two_hours_of_absence_exactly_the_ladder_is_paged() -> None:
    assert shown(walked(opened("2026-11-23 10:00"), "2026-11-23 12:00")) == [
        ("23 10:00:00", "assignee", ("lihua",)),
        ("23 10:01:30", "another", ("sunli",)),
        ("23 10:03:00", "lead", ("zhaomin",)),
        ("23 10:04:30", "leads", ("zhaomin", "qianwei")),
    ]


def test_over_lunch_the_ladder_stands_still() -> None:
    times = [page.at.astimezone(SHANGHAI) for page in walked(opened("2026-11-23 11:59"), "2026-11-23 14:00")]
    assert [f"{time:%H:%M:%S}" for time in times] == ["11:59:00", "13:00:30", "13:02:00", "13:03:30"]


@pytest.mark.parametrize(
    ("start", "opening"), [("2026-11-23 22:00", "24 09:00:00"), ("2026-11-24 22:00", "26 09:00:00")]
)
def test_at_night_and_on_a_holiday_the_first_page_waits_for_the_opening(start, opening) -> None:
    pages = walked(opened(start), "2026-11-26 09:00", step=30 * SECOND)
    assert shown(pages)[0] == (opening, "assignee", ("lihua",))


@pytest.mark.parametrize("pressing", ["urgent", "furious"])
def test_danger_and_fury_reach_the_assignee_and_the_leads_at_night_once(pressing) -> None:
    case = opened("2026-11-23 22:00", **{pressing: True})
    assert shown(walked(case, "2026-11-24 08:59")) == [("23 22:00:00", "assignee", ("lihua", "zhaomin", "qianwei"))]
    quiet = replace(LADDER, urgent_always=False)
    assert walked(case, "2026-11-24 08:59", ladder=quiet) == []


def test_danger_in_working_hours_reaches_everybody_at_once() -> None:
    first = LADDER.first(opened("2026-11-23 10:00", urgent=True), at("2026-11-23 10:00"))
    assert first is not None
    assert first.people == ("lihua", "sunli", "zhaomin", "qianwei")


@pytest.mark.parametrize("away", [timedelta(minutes=3), timedelta(minutes=30), timedelta(hours=3)])
def test_after_a_pause_of_any_length_only_the_rung_that_is_due_now_is_paged(away) -> None:
    case = opened("2026-11-23 13:00")
    first = LADDER.due(case, [], case.opened_at)
    back = LADDER.due(case, [first], case.opened_at + away)
    assert back.rung is (Rung.LEAD if away < timedelta(minutes=4) else Rung.LEADS)
    assert LADDER.due(case, [first, back], case.opened_at + away) is None


def test_who_should_answer_hears_of_a_ticket_that_nobody_was_paged_about_while_we_were_away() -> None:
    page = LADDER.due(opened("2026-11-23 10:00"), [], at("2026-11-23 10:30"))
    assert (page.rung, page.people) == (Rung.LEADS, ("zhaomin", "qianwei", "lihua"))


def test_a_word_or_a_member_who_called_it_off_ends_the_ladder_and_not_the_ceiling() -> None:
    for changed in ({"replied": True}, {"waits": False}):
        pages = walked(opened("2026-11-23 10:00", **changed), "2026-11-23 16:00", step=timedelta(minutes=1))
        assert shown(pages) == [("23 15:00:00", "ceiling", ("zhaomin", "qianwei", "wangwei"))]


def test_the_ceiling_is_told_once_and_is_the_last_word() -> None:
    pages = walked(opened("2026-11-23 10:00"), "2026-11-26 20:00", step=timedelta(minutes=1))
    assert [page.rung for page in pages].count(Rung.CEILING) == 1
    assert pages[-1].rung is Rung.CEILING
    assert LADDER.due(opened("2026-11-23 10:00"), pages, at("2026-11-27 10:00")) is None


def test_who_takes_it_has_their_own_time_for_a_first_word() -> None:
    made = [Page(7, Rung.ASSIGNEE, ("lihua",), at("2026-11-23 10:00"))]
    taken = opened("2026-11-23 10:00", assignee="sunli", assigned_at=at("2026-11-23 10:01"))
    assert LADDER.due(taken, made, at("2026-11-23 10:02")) is None
    page = LADDER.due(taken, made, at("2026-11-23 10:02:30"))
    assert page is not None
    assert page.people == ("zhaomin",)


def test_a_clock_that_jumps_back_pages_nothing_twice_and_does_not_stop_the_ladder() -> None:
    case = opened("2026-11-23 10:00", assigned_at=at("2026-11-23 10:00"))
    made = [Page(7, Rung.ASSIGNEE, ("lihua",), at("2026-11-23 10:00"))]
    assert LADDER.due(case, made, at("2026-11-23 09:59:50")) is None
    pages = walked(replace(case, opened_at=at("2026-11-23 09:30")), "2026-11-23 09:50", made=made)
    assert [page.rung for page in pages] == [Rung.ASSIGNEE, Rung.ANOTHER, Rung.LEAD, Rung.LEADS]


def test_a_clock_that_jumps_ahead_pages_one_rung() -> None:
    case = opened("2026-11-23 10:00")
    made = [Page(7, Rung.ASSIGNEE, ("lihua",), case.opened_at)]
    assert LADDER.due(case, made, at("2026-11-23 11:00")) is not None


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ({"consultants": ("lihua",)}, ["lihua", "zhaomin", "zhaomin,qianwei"]),
        ({"consultants": ("lihua", "zhaomin"), "leads": ("zhaomin",)}, ["lihua", "zhaomin", "zhaomin"]),
        ({"consultants": ("lihua",), "leads": ()}, ["lihua", "wangwei"]),
    ],
)
def test_a_rung_that_would_reach_nobody_new_is_left_out(people, expected) -> None:
    pages = walked(opened("2026-11-23 10:00"), "2026-11-23 11:00", ladder=replace(LADDER, **people))
    assert [",".join(page.people) for page in pages] == expected


def test_where_nobody_is_named_operators_are_paged() -> None:
    alone = replace(LADDER, consultants=(), leads=())
    first = alone.first(opened("2026-11-23 10:00", assignee=""), at("2026-11-23 10:00"))
    assert first is not None
    assert first.people == ("wangwei",)


def test_a_calendar_that_never_opens_pages_only_what_presses() -> None:
    never = replace(LADDER, calendar=Calendar((), "Asia/Shanghai"))
    assert never.due(opened("2026-11-23 10:00"), [], at("2026-11-23 10:00")) is None
    assert never.due(opened("2026-11-23 10:00", urgent=True), [], at("2026-11-23 10:00")) is not None
