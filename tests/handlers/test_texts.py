"""The fixed sentences."""

from datetime import UTC, datetime

import pytest

from handlers import texts


def test_consultants_read_what_a_ticket_is_about_and_how_to_take_it() -> None:
    notice = texts.handoff_notice(12, "wmMe…0001", texts.MEMBER_ASKED, "沙发\n坏了")
    for piece in ("12 号", "wmMe…0001", "主动要求人工", "沙发 坏了", "/take 12", "/return 12"):
        assert piece in notice


def test_a_notice_without_an_ask_says_so_and_an_unknown_reason_is_shown_as_it_is() -> None:
    notice = texts.handoff_notice(1, "x", "furious", " ")
    assert "（没有文字）" in notice
    assert "furious" in notice


def test_nobody_on_shift_names_the_hours() -> None:
    assert "（工作时间 09:00-12:00、13:00-21:00）" in texts.nobody("09:00-12:00,13:00-21:00")


@pytest.mark.parametrize(("person", "shown"), [("zhangsan", "zhangsan"), ("wmMember0001", "wmMe…0001")])
def test_long_ids_are_shown_shortened(person, shown) -> None:
    assert texts.shorten(person) == shown


@pytest.mark.parametrize(
    ("zone", "shown"), [("Asia/Shanghai", "11-27 周五 00:30"), ("Europe/Berlin", "11-26 周四 17:30")]
)
def test_times_are_the_tenants(zone, shown) -> None:
    assert texts.moment(datetime(2026, 11, 26, 16, 30, tzinfo=UTC), zone) == shown
