from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from knowledge.types import Guide
from scheduler.posts import Post, choose, of_file, of_guide, plan, used_by, weight_of, with_missed
from scheduler.timetable import Schedule

TODAY = date(2026, 11, 26)
WEEKLY = Schedule("weekly", "thu 10:00", "parenting", ("robot:一群", "app:zhangsan"))


def post(name: str, *, topic: str = "parenting", valid_until: date | None = None, **how: object) -> Post:
    return Post(name, name.upper(), "先看这一段。", topic=topic, valid_until=valid_until, **how)  # type: ignore[arg-type]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def name_of(found: Post | None) -> str | None:
    return found and found.name


def test_only_lawful_posts_of_the_topic_that_are_still_valid_are_chosen() -> None:
    posts = (
        post("a.md", codes=("absolute_term",)),
        post("b.md", topic="styling"),
        post("c.md", valid_until=ago(1)),
        post("d.md", valid_until=TODAY),
    )
    assert name_of(choose(WEEKLY, posts, {}, TODAY, 90)) == "d.md"
    assert choose(WEEKLY, posts[:3], {}, TODAY, 90) is None


def test_a_schedule_takes_posts_of_its_own_kind_and_one_of_service_takes_what_is_of_use() -> None:
    posts = (post("a.md", kind="promo"), post("b.md"))
    chosen = [choose(replace(WEEKLY, kind=kind), posts, {}, TODAY, 90) for kind in ("value", "promo", "service")]
    assert list(map(name_of, chosen)) == ["b.md", "a.md", "b.md"]


def test_an_empty_topic_takes_any_guide() -> None:
    anything = Schedule("weekly", "thu 10:00", "", ("robot:一群",))
    assert name_of(choose(anything, (post("b.md", topic="styling"),), {}, TODAY, 90)) == "b.md"


def test_a_guide_rests_for_repeat_days_and_comes_back_on_the_last_of_them() -> None:
    only = (post("a.md"),)
    assert choose(WEEKLY, only, {"a.md": ago(89)}, TODAY, 90) is None
    assert name_of(choose(WEEKLY, only, {"a.md": ago(90)}, TODAY, 90)) == "a.md"
    assert choose(WEEKLY, only, {"a.md": TODAY + timedelta(days=3)}, TODAY, 90) is None


def test_repeat_days_of_zero_lets_a_guide_come_again_at_once() -> None:
    assert name_of(choose(WEEKLY, (post("a.md"),), {"a.md": TODAY}, TODAY, 0)) == "a.md"


def test_never_used_comes_first_then_the_least_recent_then_the_name() -> None:
    guides = (post("c.md"), post("b.md"), post("a.md"))
    used = {"a.md": ago(100), "b.md": ago(200), "c.md": ago(200)}
    assert name_of(choose(WEEKLY, guides, {"a.md": ago(100), "b.md": ago(200)}, TODAY, 90)) == "c.md"
    assert name_of(choose(WEEKLY, guides, used, TODAY, 90)) == "b.md"
    assert choose(WEEKLY, guides, used, TODAY, 90) == choose(WEEKLY, guides[::-1], used, TODAY, 90)


def test_a_guide_counts_as_used_where_any_recipient_got_it() -> None:
    history = {
        "robot:一群": {"a.md": ago(30), "b.md": ago(9)},
        "app:zhangsan": {"a.md": ago(10)},
        "app:x": {"c.md": TODAY},
    }
    assert used_by(WEEKLY, history) == {"a.md": ago(10), "b.md": ago(9)}


def test_a_plan_promises_no_recipient_the_same_guide_twice() -> None:
    other = Schedule("other", "fri 10:00", "", ("app:zhangsan",))
    guides = [post("a.md"), post("b.md"), post("c.md", topic="styling"), post("d.md")]
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
    guides = [post(f"{letter}.md") for letter in "abcdef"]
    now = datetime(2026, 11, 21, tzinfo=UTC)
    one = plan((WEEKLY,), guides, {}, now, 28, "Asia/Shanghai", 90)
    assert one == plan((WEEKLY,), guides[::-1], {}, now, 28, "Asia/Shanghai", 90)
    assert len({post.guide for post in one}) == len(one) == 4


def test_an_approval_is_bound_to_the_very_words() -> None:
    assert replace(post("a.md"), markdown="先看这一段！").digest != post("a.md").digest
    assert replace(post("a.md"), title="别的").digest != post("a.md").digest
    assert replace(post("a.md"), kind="promo").digest == post("a.md").digest


def test_a_guide_becomes_a_short_post_and_a_file_of_the_posts_folder_goes_out_whole() -> None:
    guide = Guide("a.md", "小客厅", "styling", "先看这一段。", weekly=True, valid_until=TODAY)
    short = of_guide(guide)
    assert (short.name, short.kind, short.topic, short.valid_until) == ("a.md", "value", "styling", TODAY)
    assert short.markdown.startswith("**小客厅**\n\n先看这一段。")
    assert of_file(guide).name == "posts/a.md"
    assert of_file(guide).markdown == "**小客厅**\n\n先看这一段。"


def test_what_reaches_a_group_weighs_more_than_what_reaches_one_and_promotion_weighs_least() -> None:
    weights = [weight_of("promo", "person"), weight_of("value", "person"), weight_of("value", "person", needed=True)]
    weights += [weight_of("service", "person"), weight_of("value", "group")]
    assert weights == sorted(set(weights))


@pytest.mark.parametrize(("titles", "named"), [([], ""), (["甲"], "《甲》"), (list("甲乙丙丁"), "《乙》《丙》《丁》")])
def test_a_post_names_the_newest_three_that_did_not_come_in_time(titles: list[str], named: str) -> None:
    text = with_missed("正文", titles)
    assert text == "正文" if not titles else named + "，想看" in text
