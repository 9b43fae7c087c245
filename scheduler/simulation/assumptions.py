"""What the simulated members are supposed to be like. Every number is our own guess: none was measured on anybody."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The same people, moods and needs meet every policy. Times are days, `…_a_month` is per 30 days, the rest shares.

    A point of annoyance is what one promotion costs that is of no use. All of a member's numbers are independent of
    whether Fencun or another policy writes to them; what a policy does with their wishes is the only difference.
    """

    start: date = date(2025, 1, 6)  # a Monday of a year whose public holidays are known
    in_groups: float = 0.5  # of the people; the others are written to alone
    # How they read.
    reads: float = 0.5  # of posts, by somebody who is not annoyed
    attention_halves: float = 4.0  # points of annoyance that halve it
    # What a post costs and gives.
    promo_annoys: float = 1.0
    value_annoys: float = 0.4  # a post of use that is of no use to this person now
    help_soothes: float = 1.0
    annoyance_halves: float = 10.0  # days
    most_annoyance: float = 6.0  # points beyond which nobody gets more annoyed
    # Needs.
    needs_a_month: float = 0.6
    need_lasts: int = 21
    topics: int = 4  # of needs and of posts, equally often
    value_fits: float = 0.5  # chance that a post on the topic of the need meets it
    promo_fits: float = 0.02  # chance that a promotion meets an open need, whatever its topic
    asks: float = 0.3  # chance that somebody with a need asks us
    answered: float = 0.8  # chance that the answer meets it
    thanks: float = 0.3  # chance of a word after a post that helped
    remarks: float = 0.03  # chance of a word after another post that was read
    # When they have had enough.
    enough: float = 0.002  # chance after a post, per point of annoyance
    patience: float = 1.0  # shape of the gamma distribution of touchiness (mean 1); smaller: people differ more
    mutes: float = 0.45  # of those who have had enough …
    asks_for_less: float = 0.20
    opts_out: float = 0.15  # … somebody in a group can only leave it
    leaves: float = 0.20
    mute_days: int = 7  # what our answers promise where no length was asked for
    muted_annoys: float = 0.25  # part of the annoyance that a post still costs where the chat was muted
    less_often_days: int = 7  # the same
    gone_a_year: float = 0.05  # leave for reasons of their own

    def __post_init__(self) -> None:
        if abs(self.mutes + self.asks_for_less + self.opts_out + self.leaves - 1) > 1e-9:
            raise ValueError("mutes, asks_for_less, opts_out and leaves are shares of the same people: their sum is 1")


_SAID = MappingProxyType({
    "start": "模拟从哪天开始（法定节假日按当年的安排）",
    "in_groups": "在群里收内容的人占多少，其余逐个收",
    "reads": "没有烦的人会读一条的概率",
    "attention_halves": "每添这么多点烦，读的概率减半",
    "promo_annoys": "一条没用上的推广添多少烦",
    "value_annoys": "一条此刻用不上的实用内容添多少烦",
    "help_soothes": "正好帮上忙的一条消多少烦",
    "annoyance_halves": "烦多少天消一半",
    "most_annoyance": "烦最多到多少点",
    "needs_a_month": "每人每 30 天有几次需要",
    "need_lasts": "一次需要持续多少天",
    "topics": "需要和内容各有几个主题",
    "value_fits": "主题对上的实用内容帮上忙的概率",
    "promo_fits": "一条推广正好满足需要的概率",
    "asks": "有需要时会来问的概率",
    "answered": "问了以后答得上的概率",
    "thanks": "帮上忙后会回一句的概率",
    "remarks": "读了别的内容会回一句的概率",
    "enough": "每收一条，每点烦让人“受够了”的概率",
    "patience": "耐心的差别（伽马分布的形状，越小差别越大）",
    "mutes": "受够了的人里静音的",
    "asks_for_less": "受够了的人里要求少发的",
    "opts_out": "受够了的人里退订的（在群里只能退群）",
    "leaves": "受够了的人里离开的",
    "mute_days": "静音多少天",
    "muted_annoys": "静音后还收到的一条，添的烦打几折",
    "less_often_days": "要求少发后至少隔多少天",
    "gone_a_year": "每年因为自己的原因离开的",
})  # fmt: skip


def listed(assumptions: Assumptions) -> Sequence[tuple[str, str, str]]:
    """Name, value and Chinese meaning of every assumption, in their order."""
    return [(each.name, f"{getattr(assumptions, each.name)}", _SAID[each.name]) for each in fields(assumptions)]
