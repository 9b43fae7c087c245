"""How answers are marked, what the figures say, and when a difference is believed."""

import math

import pytest

from knowledge.evaluation import (
    MEASURES,
    Mark,
    Share,
    Tally,
    WrongRow,
    compare,
    failure,
    mark,
    marked_from,
    mcnemar,
    normal,
    row,
    saved,
)
from knowledge.types import Answer, Citation, Hit, Line, Passage

SOFA = {"id": 1, "question": "皮沙发咋擦", "kind": "answerable", "style": "plain", "guide": ["sofa.md"]}


def hit(guide, section=""):
    return Hit(Passage(guide, guide, section, "", 0), 1.0)


def said(text, guide="sofa.md"):
    return Answer(text, refused=False, citations=(Citation(guide, guide, "", 1.0),))


REFUSED = Answer("答不了。", refused=True)
URGENT = Answer("请拨 120。", refused=False, urgent=True, handoff=True)


def marks(*right, style="plain"):
    """Answerable rows with the ids 0, 1, …, each answered rightly or refused."""
    return [
        mark(row({**SOFA, "id": i, "style": style}), [], said("软布") if ok else REFUSED) for i, ok in enumerate(right)
    ]


def test_a_row_holds_what_its_json_says():
    found = row(
        {
            **SOFA,
            "section": "油渍",
            "must": ["20 分钟", ["软布", "干布"]],
            "must_not": ["酒精"],
            "history": ["沙发脏了", {"from": "bot", "text": "擦。"}],
        }
    )
    assert (found.id, found.guides, found.sections, found.must_not) == ("1", ("sofa.md",), ("油渍",), ("酒精",))
    assert found.must == (("20 分钟",), ("软布", "干布"))
    assert found.history == (Line("customer", "沙发脏了"), Line("bot", "擦。"))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ([], "question"),
        ({**SOFA, "question": 5}, "question"),
        ({**SOFA, "question": " "}, "question"),
        ({**SOFA, "id": None}, "id"),
        ({**SOFA, "id": True}, "id"),
        ({**SOFA, "kind": "maybe"}, "answerable、unanswerable、urgent"),
        ({**SOFA, "guide": []}, "guide"),
        ({**SOFA, "guide": [3]}, "guide"),
        ({**SOFA, "must": "软布"}, "must"),
        ({**SOFA, "must": [[]]}, "must"),
        ({**SOFA, "must": [""]}, "must"),
        ({**SOFA, "must_not": [None]}, "must_not"),
        ({**SOFA, "history": "沙发"}, "history"),
        ({**SOFA, "history": [{"from": "robot", "text": "x"}]}, "history"),
    ],
)
def test_a_wrong_row_is_refused_with_the_field_that_is_wrong(wrong, reason):
    with pytest.raises(WrongRow, match=reason):
        row(wrong)


def test_width_case_blanks_script_and_bold_make_no_difference():
    assert normal("静置 **２０** 分鐘，用 PH 值\n中性") == normal("静置20分钟, 用ph值中性")


def test_numerals_stay_as_they_are_written():
    """A numeral with its unit and without it must remain the same string, else "六个" is not in "六个月"."""
    assert normal("六个") in normal("满六个月起")


def test_an_answer_is_right_when_it_cites_the_guide_and_says_all_it_must_and_nothing_it_must_not():
    asked = row({**SOFA, "must": ["20 分钟", ["软布", "干布"]], "must_not": ["酒精"]})
    assert mark(asked, [], said("用干布，静置20分钟。")).right
    assert not mark(asked, [], said("用干布。")).right
    assert not mark(asked, [], said("用干布，静置20分钟，或用酒精。")).right
    assert not mark(asked, [], said("用干布，静置20分钟。", "rug.md")).right
    assert not mark(asked, [], REFUSED).right
    assert not mark(asked, [], URGENT).right


def test_what_may_not_be_answered_is_right_when_refused_and_an_emergency_when_it_is_taken_for_one():
    unanswerable, urgent = ({**SOFA, "kind": kind, "guide": []} for kind in ("unanswerable", "urgent"))
    assert [mark(row(unanswerable), None, answer).right for answer in (REFUSED, said("x"), URGENT)] == [
        True,
        False,
        False,
    ]
    assert [mark(row(urgent), None, answer).right for answer in (REFUSED, said("x"), URGENT)] == [False, False, True]


def test_the_place_of_a_guide_counts_other_guides_and_not_their_passages():
    found = [hit("rug.md"), hit("rug.md"), hit("food.md"), hit("sofa.md")]
    assert mark(row(SOFA), found, REFUSED).place == 3
    assert mark(row({**SOFA, "guide": ["sofa.md", "food.md"]}), found, REFUSED).place == 2
    assert mark(row(SOFA), found[:3], REFUSED).place == 0
    assert mark(row(SOFA), None, REFUSED).place is None


def test_a_section_is_met_by_any_of_the_headings_above_a_passage_and_only_in_the_first_guide():
    asked = row({**SOFA, "guide": ["sofa.md", "rug.md"], "section": ["油渍怎么处理"]})
    assert mark(asked, [hit("sofa.md", "清洁 · 油渍怎么处理")], REFUSED).section is True
    assert mark(asked, [hit("sofa.md", "每季护理")], REFUSED).section is False
    assert mark(asked, [hit("rug.md", "尺寸")], REFUSED).section is True
    assert mark(asked, [hit("food.md", "油渍怎么处理")], REFUSED).section is False
    assert mark(asked, [], REFUSED).section is False
    assert mark(row(SOFA), [hit("sofa.md")], REFUSED).section is None


def test_every_figure_counts_only_the_rows_that_it_is_about():
    follow_up = row({**SOFA, "id": 2, "history": ["沙发脏了"]})
    none, urgent = (row({**SOFA, "id": kind, "kind": kind, "guide": []}) for kind in ("unanswerable", "urgent"))
    tally = Tally(
        [
            mark(row({**SOFA, "must": ["软布"]}), [hit("rug.md"), hit("sofa.md")], said("酒精")),
            mark(follow_up, None, said("软布")),
            mark(row({**SOFA, "id": 3}), [hit("sofa.md")], said("软布", "rug.md")),
            mark(none, None, said("x")),
            mark(urgent, None, URGENT),
        ]
    )
    assert {name: (tally.share(name).good, tally.share(name).of) for name in MEASURES} == {
        "recall_1": (1, 2),
        "recall_3": (2, 2),
        "section_1": (0, 0),
        "correct": (1, 3),
        "follow_ups": (1, 1),
        "refused": (0, 3),
        "wrong_guide": (1, 3),
        "lacking": (1, 3),
        "false_answers": (1, 1),
        "urgent": (1, 1),
        "false_alarms": (0, 4),
    }
    assert tally.styles == [("answerable", "plain"), ("unanswerable", "plain"), ("urgent", "plain")]
    assert tally.right(("answerable", "plain")) == Share(1, 3)
    assert tally.share("false_answers", ("answerable", "plain")).of == 0


@pytest.mark.parametrize(
    ("good", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (1, 1, 0.2065, 1.0)],
)
def test_intervals_are_those_of_wilson(good, of, low, high):
    """81 of 263 is the example of Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert Share(good, of).low == pytest.approx(low, abs=5e-5)
    assert Share(good, of).high == pytest.approx(high, abs=5e-5)


def test_a_share_of_no_rows_is_no_number():
    assert math.isnan(Share(0, 0).value)
    assert (Share(0, 0).low, Share(0, 0).high) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("better", "worse", "chance"), [(0, 0, 1.0), (3, 3, 1.0), (6, 0, 0.03125), (1, 9, 0.021484375)]
)
def test_the_chance_is_that_of_as_uneven_a_toss_of_coins(better, worse, chance):
    assert mcnemar(better, worse) == chance


def test_a_comparison_names_the_rows_that_changed_and_believes_only_what_chance_hardly_brings():
    before, after = marks(True, False, *[False] * 6), marks(False, True, *[True] * 6)
    moved = {one.name: one for one in compare(before, after)}["correct"]
    assert (moved.before, moved.after) == (Share(1, 8), Share(7, 8))
    assert (moved.better, moved.worse) == (("1", "2", "3", "4", "5", "6", "7"), ("0",))
    assert moved.chance == mcnemar(7, 1)
    assert not moved.believed
    assert {one.name: one for one in compare(before[1:], after[1:])}["correct"].believed


def test_fewer_refusals_are_better():
    moved = {one.name: one for one in compare(marks(False), marks(True))}["refused"]
    assert (moved.better, moved.worse) == (("0",), ())


def test_rows_that_only_one_run_has_are_left_out_of_a_comparison():
    moved = {one.name: one for one in compare(marks(True, True), marks(True))}["correct"]
    assert (moved.before, moved.after) == (Share(1, 1), Share(1, 1))


def test_a_mark_survives_being_saved():
    marked = mark(row({**SOFA, "section": "油渍"}), [hit("sofa.md", "油渍")], said("软布"))
    assert marked_from(saved(marked)) == marked
    assert "皮沙发" not in str(saved(marked))


@pytest.mark.parametrize("change", [{"told": 1}, {"kind": "x"}, {"place": "1"}, {"cited": 0}, {"more": 1}])
def test_what_was_not_saved_by_a_run_is_not_taken_for_a_mark(change):
    with pytest.raises(WrongRow):
        marked_from({**saved(marks(True)[0]), **change})
    with pytest.raises(WrongRow):
        marked_from([])


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        (REFUSED, "拒答"),
        (URGENT, "紧急提示"),
        (said("x", "rug.md"), "rug.md"),
        (said("酒精"), "sofa.md、缺“软布 / 干布”、多“酒精”"),
        (Answer("软布", refused=False), "没有出处"),
    ],
)
def test_a_failure_says_what_was_expected_and_what_came(answer, got):
    asked = row({**SOFA, "question": "皮\n沙发" * 20, "must": [["软布", "干布"]], "must_not": ["酒精"]})
    failed = failure(asked, mark(asked, [], answer), answer)
    assert failed is not None
    assert (failed.expected, failed.got, len(failed.question)) == ("sofa.md、软布 / 干布", got, 40)


def test_a_right_answer_is_no_failure():
    answer = said("软布")
    assert failure(row(SOFA), mark(row(SOFA), [], answer), answer) is None


def test_a_mark_is_the_same_whatever_the_must_strings_look_like_in_markdown():
    assert isinstance(marked := mark(row({**SOFA, "must": ["约 30 厘米"]}), [], said("约 **30 厘米**")), Mark)
    assert marked.told
