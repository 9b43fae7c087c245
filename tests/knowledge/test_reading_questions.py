"""What a question asks for, read against one library: words, other wordings, slips, ages, and what is not asked."""

import math

import pytest
from wordfreq import get_frequency_dict

from knowledge.indexing.passages import split
from knowledge.language.segmenting import RAREST, Segmenter, telling, zipf
from knowledge.language.terms import canonical
from knowledge.language.vocabulary import Used, Vocabulary, collect
from knowledge.language.wordings import Phrases, wordings
from knowledge.questions.asking import Wants, asks_what_to_do, focus, of_illness, of_the_asker, wants
from knowledge.questions.question import Reader
from knowledge.types import Guide

WORDS = (
    "便秘",
    "发热",
    "沙发",
    "辅食",
    "湿疹",
    "晃动",
    "窗帘",
    "地毯",
    "夜醒",
    "书桌",
    "收纳",
    "布洛芬",
    "退款",
    "遮光帘",
)


def vocabulary(*words: str) -> Vocabulary:
    return Vocabulary({word: Used(3, True) for word in words or WORDS})


def reader(*words: str, added: tuple[tuple[str, ...], ...] = ()) -> Reader:
    table = wordings(added)
    return Reader(Segmenter(table.forms), table, vocabulary(*words))


def meant(question: str, *words: str) -> set[str]:
    """Everything that the words of a question may stand for."""
    return {form for one in reader(*words).read(question).wanted for form, _ in one.forms}


def test_a_word_is_found_by_its_sound():
    assert vocabulary().sounding_like("便密") == ["便秘"]
    assert vocabulary().sounding_like("便秘") == []


@pytest.mark.parametrize(
    ("typed", "written"), [("湿整", "湿疹"), ("窗连", "窗帘"), ("夜行", "夜醒"), ("书捉", "书桌"), ("收拉", "收纳")]
)
def test_sounds_that_many_do_not_tell_apart_are_one(typed, written):
    assert written in vocabulary().sounding_like(typed)


def test_a_word_is_found_by_pinyin_in_one_or_several_pieces():
    assert vocabulary().spelt(["bianmi"]) == vocabulary().spelt(["bian", "mi"]) == ["便秘"]


def test_a_half_spelt_word_keeps_its_chinese_characters():
    assert vocabulary().half_spelt("晃", "dong", "") == ["晃动"]
    assert vocabulary().half_spelt("黄", "dong", "") == []


def test_initials_are_read_unless_they_may_stand_for_too_many_words():
    assert vocabulary().abbreviated("sf") == ["沙发"]
    assert vocabulary("沙发", "沙粉", "手法", "算法").abbreviated("sf") == []


def test_one_wrong_character_of_three_is_forgiven_and_of_two_is_not():
    assert vocabulary().misspelt("遮光连") == ["遮光帘"]
    assert vocabulary().misspelt("沙子") == []


def test_initials_stand_only_for_words_that_name_something():
    assert Vocabulary({"沙发": Used(3, False)}).abbreviated("sf") == []


def test_the_words_of_a_library_are_counted_by_passage_and_told_apart_from_what_names_one():
    guide = Guide("g.md", "真皮沙发", "", "沙发用软布。沙发怕晒。\n\n## 油渍\n\n油渍用干布。", keywords=("皮革",))
    used = collect(split(guide), Segmenter())
    assert used["真皮沙发"] == Used(2, True)  # the title names every passage
    assert (used["软布"], used["油渍"].names, used["皮革"].names) == (Used(1, False), True, True)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("宝宝便密怎么办", "便秘"),  # homophone
        ("宝宝bianmi怎么办", "便秘"),  # pinyin
        ("沙发 huang dong", "晃动"),
        ("床头晃dong", "晃动"),  # half spelt
        ("sf怎么擦", "沙发"),  # initials
        ("布洛劳怎么吃", "布洛芬"),  # one wrong character
        ("寶寶便秘", "便秘"),  # traditional
        ("梳化點樣清潔", "沙发"),  # Cantonese
        ("娃发烧了", "发热"),  # another wording
        ("宝宝烧到38度5", "发热"),
        ("退钱", "退款"),
        ("沙法怎么擦", "沙发"),  # keyboard slip
        ("瓷砖逢发黑", "美缝"),
    ],
)
def test_a_word_is_understood_however_it_is_typed(typed, written):
    assert written in meant(typed)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("真皮梳化点抹", "真皮沙发"),  # Cantonese
        ("仔仔成晚踢被", "踢被子"),
        ("BB扎醒好多次", "夜醒"),
        ("娃儿屙不出来", "便秘"),  # Sichuan
        ("屋头潮唧唧", "潮湿"),
        ("囡囡困不着", "入睡"),  # Jiangnan
        ("沙发埋了吧汰", "污渍"),  # northeast
        ("油点子洗不掉", "去除"),  # verb with its complement
        ("坐垫塌下去", "凹陷"),
        ("娃老醒", "夜醒"),
        ("便便稀", "腹泻"),
        ("钱啥时候退", "到账"),
        ("写字枱几高", "书桌"),  # a thing described, or called otherwise
        ("轱辘子坏了", "轮子"),
        ("客厅十来平", "十平米"),
    ],
)
def test_everyday_speech_of_the_regions_stands_for_the_written_word(told, written):
    assert canonical(written) in meant(told)


@pytest.mark.parametrize(
    ("question", "never"),
    [
        ("洗手后擦什么", "售后"),  # a slip may not be found across the border of two words
        ("衣柜贵不贵", "鞋柜"),
        ("检查几次", "茶几"),
        ("酱油渍怎么洗", "咖啡渍"),  # each stain has its own cleaner
        ("奶渍怎么洗", "咖啡渍"),
        ("宝宝没有烧", "反复发热"),
        ("鱼油滴剂", "鱼肝油"),
    ],
)
def test_no_wording_stands_for_what_only_looks_or_sounds_like_it(question, never):
    assert never not in meant(question)


@pytest.mark.parametrize(("question", "other"), [("沙发多高", "沙发"), ("便秘", "便秘")])
def test_a_word_the_library_knows_is_never_repaired(question, other):
    texts = {one.text for one in reader("沙发", "沙法", "便秘", "便密").read(question).wanted}
    assert other in texts


def test_a_repaired_word_counts_less_than_one_written_right():
    forms = {form: credit for one in reader().read("宝宝便密").wanted for form, credit in one.forms}
    assert forms["便密"] == 1.0
    assert 0.5 < forms["便秘"] < 1.0


@pytest.mark.parametrize(
    "empty", ["", "   ", "😀🎉👍", "？？！！", "https://a.cn/x?y=真皮沙发", "[图片]", "@分寸助手 ", "你好", "怎么办呢"]
)
def test_what_names_nothing_has_no_subject(empty):
    assert reader().read(empty).subject == 0


@pytest.mark.parametrize("question", ["宝宝怎么办", "6 个月", "娃呢"])
def test_a_child_or_a_number_alone_is_no_subject(question):
    assert reader().read(question).subject == 0


@pytest.mark.parametrize("question", ["运费谁出", "怎么投诉你们", "我发现积分少了怎么回事"])
def test_a_wording_that_asks_is_a_subject_all_the_same(question):
    assert reader().read(question).subject > 0.2


def test_telling_words_weigh_more_than_those_of_everyday():
    assert telling("甲醛") > telling("沙发") > telling("东西") >= telling("好")
    weights = {one.text: one.weight for one in reader().read("宝宝湿疹").wanted}
    assert weights["湿疹"] > weights["宝宝"]


def test_ages_attributes_and_what_is_wanted_are_read_with_the_words():
    asked = reader().read("半岁的娃，真皮沙发多久擦一次")
    assert [(age.low, age.high) for age in asked.ages] == [(6, 7)]
    assert asked.attributes["sofa"] == {"真皮"}
    assert Wants.TIME in asked.wants


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("沙发怎么擦", Wants.STEPS),
        ("多久擦一次", Wants.TIME),
        ("几时可以吃辅食", Wants.TIME),
        ("吊灯离桌面多高", Wants.LENGTH),
        ("水温多少度", Wants.DEGREES),
        ("一天喝多少毫升", Wants.AMOUNT),
        ("运费谁出", Wants.MONEY),
        ("为什么总醒", Wants.WHY),
        ("能不能用酒精", Wants.WHETHER),
        ("选哪种", Wants.WHICH),
    ],
)
def test_the_kind_of_answer_is_read_from_how_it_is_asked(question, kind):
    assert kind in wants(canonical(question))


def test_in_a_long_story_what_is_asked_counts_more_than_what_is_told():
    story = "上周我婆婆从老家过来住着，带了一大箱土特产，还把客厅的东西都挪了一遍，家里乱得不行，到今天都没收拾完，"
    text = story + "真皮沙发怎么擦？"
    weights = focus(canonical(text))
    assert weights[canonical(text).index("土特产")] < weights[canonical(text).index("沙发")] == 1.0
    told = {one.text: one.weight for one in reader().read(text).wanted}
    alone = {one.text: one.weight for one in reader().read("客厅").wanted}
    assert told["客厅"] < alone["客厅"]


def test_a_short_question_counts_everywhere():
    assert set(focus("真皮沙发怎么擦")) == {1.0}


@pytest.mark.parametrize("question", ["我发烧了怎么办", "我自己便秘", "你好，我腹泻了", "我最近胃痛"])
def test_who_names_only_themselves_asks_for_themselves(question):
    assert of_the_asker(canonical(question))


@pytest.mark.parametrize(
    "question", ["我家娃发烧", "我宝宝便秘", "我想退货", "我的积分", "我一喂辅食他就吐", "发烧怎么办"]
)
def test_who_names_a_child_or_only_their_wish_does_not(question):
    assert not of_the_asker(canonical(question))


def test_illness_and_what_to_do_are_told_apart():
    assert of_illness("娃拉肚子")
    assert not of_illness("沙发怎么擦")
    assert asks_what_to_do("宝宝便秘怎么办")
    assert not asks_what_to_do("多久算便秘")


PHRASES = Phrases({"喂一口吐一口": ("拒食",), "嘴巴闭得死死的": ("拒食",), "灯太刺眼": ("眩光",)})


@pytest.mark.parametrize("text", ["我家娃喂一口吐一口", "喂一口他就吐一口啊", "嘴巴闭得死死"])
def test_a_colloquial_way_of_telling_is_known_by_most_of_its_pairs(text):
    assert [words for _, words, _ in PHRASES.told_in(text)] == [("拒食",)]


@pytest.mark.parametrize(
    "text", ["", "喂", "吐一口", "喂饭的时候客厅灯亮着，后来他到门口去玩，过了很久很久才吐了一口水"]
)
def test_a_few_pairs_or_pairs_far_apart_tell_nothing(text):
    assert PHRASES.told_in(text) == []


def test_a_phrase_only_helps_and_is_never_missed():
    found = [one for one in reader().read("喂一口吐一口，嘴巴闭得死死的").wanted if one.optional]
    assert any("拒食" in dict(one.forms) or "挑食" in dict(one.forms) for one in found)
    assert all(credit < 1.0 for one in found for form, credit in one.forms if form != one.text)


def test_the_list_of_words_says_what_wordfreq_says_of_it() -> None:
    known = get_frequency_dict("zh", "small")
    assert len(known) > 30_000
    assert all(zipf(word) == max(RAREST, math.log10(share * 1e9)) for word, share in known.items())
    assert zipf("没有这样的词儿") == RAREST
