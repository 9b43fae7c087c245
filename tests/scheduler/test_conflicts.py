"""Two schedules that would reach the same people within the gap: told ahead, with whom and when."""

from datetime import UTC, datetime

import pytest

from scheduler.conflicts import Conflict, conflicts
from scheduler.posts import WrongRecipient
from scheduler.timetable import Schedule, WrongRule

NOW = datetime(2026, 11, 22, tzinfo=UTC)  # a Sunday
SHANGHAI = "Asia/Shanghai"


def schedule(name: str, every: str, *to: str) -> Schedule:
    return Schedule(name, every, "parenting", to or ("app:zhangsan",))


def found(*schedules: Schedule, gap: float = 18, days: int = 14) -> tuple[Conflict, ...]:
    return conflicts(schedules, NOW, days, SHANGHAI, gap)


def test_posts_closer_than_the_gap_to_the_same_person_are_a_conflict_told_once() -> None:
    [conflict] = found(schedule("搭配", "周四 18:00"), schedule("育儿", "周四 10:00"))
    assert (conflict.first, conflict.second, conflict.at) == ("育儿", "搭配", datetime(2026, 11, 26, 10, tzinfo=UTC))
    assert conflict.why == (
        "“育儿”11-26 10:00 和“搭配”11-26 18:00 只隔 8 小时，少于 18 小时，会撞上同样的人：app:zhangsan。请错开时间"
    )


def test_posts_as_far_apart_as_the_gap_are_none() -> None:
    assert found(schedule("a", "周四 10:00"), schedule("b", "周五 04:00")) == ()
    assert len(found(schedule("a", "周四 10:00"), schedule("b", "周五 03:59"))) == 1


def test_different_recipients_do_not_meet() -> None:
    assert found(schedule("a", "周四 10:00", "app:zhangsan"), schedule("b", "周四 10:00", "app:lisi")) == ()


def test_a_person_is_the_same_on_every_channel() -> None:
    [conflict] = found(
        schedule("a", "周四 10:00", "app:zhangsan", "app:lisi"),
        schedule("b", "周四 10:00", "aibot:小分:single:ZhangSan", "app:lisi"),
    )
    assert "同时发" in conflict.why
    assert "等 2 个收件地址" in conflict.why


def test_rules_of_the_week_and_the_month_meet_when_their_days_do() -> None:
    [conflict] = found(schedule("week", "周二 10:00"), schedule("month", "每月1日 12:00"))
    assert conflict.at == datetime(2026, 12, 1, 4, tzinfo=UTC)


def test_a_schedule_can_be_too_dense_for_itself() -> None:
    [conflict] = found(schedule("daily", "每天 10:00"), gap=36)
    assert (conflict.first, conflict.second) == ("daily", "daily")
    assert found(schedule("daily", "每天 10:00"), gap=24) == ()


def test_the_same_audience_twice_is_the_same_people() -> None:
    assert (
        len(found(schedule("a", "周四 10:00", "audience:老会员"), schedule("b", "周四 11:00", "audience:老会员"))) == 1
    )
    assert found(schedule("a", "周四 10:00", "audience:老会员"), schedule("b", "周四 11:00", "audience:新会员")) == ()


def test_conflicts_come_in_the_order_of_time_and_only_within_the_days() -> None:
    plans = (
        schedule("a", "周五 10:00"),
        schedule("b", "周五 11:00"),
        schedule("c", "周一 10:00", "app:lisi"),
        schedule("d", "周一 11:00", "app:lisi"),
    )
    assert [(each.first, each.second) for each in found(*plans)] == [("c", "d"), ("a", "b")]
    assert [each.first for each in found(*plans, days=2)] == ["c"]


def test_without_a_gap_nothing_is_too_close() -> None:
    assert found(schedule("a", "周四 10:00"), schedule("b", "周四 10:00"), gap=0) == ()


def test_what_cannot_be_read_is_an_error_and_not_silence() -> None:
    with pytest.raises(WrongRule):
        found(schedule("a", "funday 10:00"))
    with pytest.raises(WrongRecipient):
        found(schedule("a", "周四 10:00", "mail:zhangsan"))
