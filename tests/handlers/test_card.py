"""The context card: what a colleague must know, on one screen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from handlers import texts
from handlers.card import LIMIT, Background, card, with_told
from knowledge.types import Line

FULL = Background(
    ticket=12,
    person="wmMe…0001",
    reason=texts.UPSET,
    ask="沙发\n坏了，三天没人理",
    zone="Asia/Shanghai",
    mood="furious",
    quote="你们到底管不管",
    lines=[Line("customer", f"第{n}句" + "话" * 60) if n % 2 else Line("bot", f"第{n}答") for n in range(1, 9)],
    quoted=["退换货规则"],
    nearest=["沙发保养"],
    holds=["非常生气"],
    deadline=datetime(2026, 11, 23, 2, 6, 30, tzinfo=UTC),
)


def test_it_holds_everything_a_colleague_needs() -> None:
    told = texts.handed_over(texts.MEMBER_ASKED)
    shown = with_told(card(FULL), told)
    for piece in (
        "12 号", "沙发 坏了，三天没人理", "非常生气，“你们到底管不管”", "《退换货规则》", "《沙发保养》",
        "不主动发消息",
        "11-23 周一 10:06:30", "/take 12", "/return 12", told,
    ):  # fmt: skip
        assert piece in shown


def test_the_last_six_turns_stand_in_order_and_shortened() -> None:
    rows = [row for row in card(FULL).splitlines() if row.startswith("> ")]
    assert [row[:7] for row in rows] == [
        "> 会员：第3", "> 助手：第4", "> 会员：第5", "> 助手：第6", "> 会员：第7", "> 助手：第8",
    ]  # fmt: skip
    assert all(len(row) <= 45 for row in rows)


def test_whatever_was_said_it_fits_into_one_message_and_keeps_the_newest_turn() -> None:
    flood = Background(
        12, "wmMe…0001", texts.UPSET, "😡" * 3000, "Asia/Shanghai", "furious", "😡" * 200,
        [Line("customer", "😡" * 3000)] * 5 + [Line("customer", "最后一句")], ["😡" * 99] * 9,
        ["😡" * 99] * 9, ["退订"] * 3,
        FULL.deadline,
    )  # fmt: skip
    shown = with_told(card(flood), "好" * 900)
    assert len(shown.encode()) <= LIMIT
    assert "最后一句" in shown
    assert "/take 12" in shown


def test_what_is_not_known_is_left_out() -> None:
    shown = with_told(card(Background(1, "x", texts.MEMBER_ASKED, " ", "Asia/Shanghai", mood="calm")), "")
    assert "（没有文字）" in shown
    assert "还没有告诉会员" in shown
    for absent in ("情绪", "资料", "最近几句", "说第一句话"):
        assert absent not in shown


def test_what_was_said_days_ago_carries_its_date() -> None:
    now = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)
    lines = [
        Line("customer", "沙发怎么保养", now - timedelta(days=3)),
        Line("customer", "转人工", now - timedelta(minutes=1)),
    ]
    shown = card(replace(FULL, lines=lines, now=now))
    assert "> 会员（11-23 周一 22:00）：沙发怎么保养" in shown
    assert "> 会员：转人工" in shown


def test_in_danger_the_call_reads_the_same_without_bold() -> None:
    shown = card(replace(FULL, reason=texts.URGENT)).replace("*", "")
    assert "请现在就联系会员，确认已经就医或求助" in shown
