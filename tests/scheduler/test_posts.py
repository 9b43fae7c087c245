from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from knowledge.types import Guide
from scheduler.posts import choose, compose, plan, sequence, used_by
from scheduler.timetable import Schedule

TODAY = date(2026, 11, 26)
WEEKLY = Schedule("weekly", "thu 10:00", "parenting", ("robot:一群", "app:zhangsan"))


def guide(name: str, *, topic: str = "parenting", weekly: bool = True, valid_until: date | None = None) -> Guide:
    return Guide(name, name.upper(), topic, "先看这一段。", weekly=weekly, valid_until=valid_until)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def name_of(found: Guide | None) -> str | None:
    return found and found.name


def test_only_weekly_guides_of_the_topic_that_are_still_valid_are_chosen() -> None:
    guides = (
        guide("a.md", weekly=False),
        guide("b.md", topic="styling"),
        guide("c.md", valid_until=ago(1)),
        guide("d.md", valid_until=TODAY),
    )
    assert name_of(choose(WEEKLY, guides, {}, TODAY, 90)) == "d.md"
    assert choose(WEEKLY, guides[:3], {}, TODAY, 90) is None


def test_an_empty_topic_takes_any_guide() -> None:
    anything = Schedule("weekly", "thu 10:00", "", ("robot:一群",))
    assert name_of(choose(anything, (guide("b.md", topic="styling"),), {}, TODAY, 90)) == "b.md"


def test_a_guide_rests_for_repeat_days_and_comes_back_on_the_last_of_them() -> None:
    only = (guide("a.md"),)
    assert choose(WEEKLY, only, {"a.md": ago(89)}, TODAY, 90) is None
    assert name_of(choose(WEEKLY, only, {"a.md": ago(90)}, TODAY, 90)) == "a.md"
    assert choose(WEEKLY, only, {"a.md": TODAY + timedelta(days=3)}, TODAY, 90) is None


def test_repeat_days_of_zero_lets_a_guide_come_again_at_once() -> None:
    assert name_of(choose(WEEKLY, (guide("a.md"),), {"a.md": TODAY}, TODAY, 0)) == "a.md"


def test_never_used_comes_first_then_the_least_recent_then_the_name() -> None:
    guides = (guide("c.md"), guide("b.md"), guide("a.md"))
    used = {"a.md": ago(100), "b.md": ago(200), "c.md": ago(200)}
    assert name_of(choose(WEEKLY, guides, {"a.md": ago(100), "b.md": ago(200)}, TODAY, 90)) == "c.md"
    assert name_of(choose(WEEKLY, guides, used, TODAY, 90)) == "b.md"
    assert choose(WEEKLY, guides, used, TODAY, 90) == choose(WEEKLY, guides[::-1], used, TODAY, 90)


def test_several_weeks_ahead_are_several_guides() -> None:
    guides = [guide(f"{letter}.md") for letter in "dcba"]
    days = [TODAY + timedelta(days=7 * week) for week in range(5)]
    found = sequence(WEEKLY, guides, {"a.md": ago(7)}, days, 90)
    assert [name_of(one) for one in found] == ["b.md", "c.md", "d.md", None, None]


def test_a_sequence_respects_the_day_on_which_a_guide_ends() -> None:
    guides = [guide("a.md"), guide("b.md", valid_until=TODAY + timedelta(days=1))]
    days = [TODAY, TODAY + timedelta(days=7)]
    assert [name_of(one) for one in sequence(WEEKLY, guides, {}, days, 90)] == ["a.md", None]


def test_a_guide_counts_as_used_where_any_recipient_got_it() -> None:
    history = {
        "robot:一群": {"a.md": ago(30), "b.md": ago(9)},
        "app:zhangsan": {"a.md": ago(10)},
        "app:x": {"c.md": TODAY},
    }
    assert used_by(WEEKLY, history) == {"a.md": ago(10), "b.md": ago(9)}


def test_a_plan_promises_no_recipient_the_same_guide_twice() -> None:
    other = Schedule("other", "fri 10:00", "", ("app:zhangsan",))
    guides = [guide("a.md"), guide("b.md"), guide("c.md", topic="styling"), guide("d.md")]
    now = datetime(2026, 11, 21, tzinfo=UTC)
    found = plan((WEEKLY, other), guides, {"robot:一群": {"a.md": ago(7)}}, now, 14, "Asia/Shanghai", 90)
    assert [(one.schedule, one.guide) for one in found] == [
        ("weekly", "b.md"),
        ("other", "a.md"),
        ("weekly", "d.md"),
        ("other", "c.md"),
    ]
    assert found[0].at.astimezone(ZoneInfo("Asia/Shanghai")) == datetime(
        2026, 11, 26, 10, tzinfo=ZoneInfo("Asia/Shanghai")
    )


def test_the_same_facts_give_the_same_plan() -> None:
    guides = [guide(f"{letter}.md") for letter in "abcdef"]
    now = datetime(2026, 11, 21, tzinfo=UTC)
    one = plan((WEEKLY,), guides, {}, now, 28, "Asia/Shanghai", 90)
    assert one == plan((WEEKLY,), guides[::-1], {}, now, 28, "Asia/Shanghai", 90)
    assert len({post.guide for post in one}) == len(one) == 4


def test_a_post_keeps_the_guide_its_title_and_the_kind_it_was_planned_as() -> None:
    """The class is snapshotted on the post, so changing a schedule later does not change what was counted."""
    post = compose(guide("a.md"), "promo")
    assert (post.guide, post.title, post.kind) == ("a.md", "A.MD", "promo")
    assert post.markdown.startswith("**A.MD**\n\n先看这一段。")
    assert compose(guide("a.md")).kind == "value"
