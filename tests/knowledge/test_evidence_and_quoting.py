"""The two decisions, without an index: is it evidence, and which of the guide's words answer."""

from knowledge.evidence import Found, judge
from knowledge.quoting import LIST_ROOM, ROOM, quote, refusal, sentences, source_line
from knowledge.terms import content, terms
from knowledge.types import Citation, Hit, Passage


def passage(text: str, title: str = "真皮沙发怎么清洁", section: str = "", position: int = 0) -> Passage:
    return Passage(guide="g.md", title=title, section=section, text=text, position=position)


def judged(question: str, *passages: Passage):
    found = [
        Found(1.0 - place / 10, {*terms(one.head), *terms(one.text)}, set(terms(one.head)))
        for place, one in enumerate(passages)
    ]
    return judge(content(question), found, lambda _: 1.0)


def answered(question: str, *passages: Passage):
    hits = [Hit(one, 1.0 - place / 10) for place, one in enumerate(passages)]
    return quote(content(question), hits, judged(question, *passages), lambda _: 1.0)[0]


def test_a_passage_about_the_subject_is_evidence():
    assert judged("真皮沙发怎么擦", passage("真皮沙发用软布擦拭。")).enough


def test_a_passage_that_only_came_back_is_none():
    evidence = judged("火星上怎么种土豆", passage("真皮沙发上的土用软布擦拭。"))
    assert not evidence.enough
    assert evidence.best == -1


def test_single_words_that_turn_up_in_a_body_are_none():
    assert not judged("天气怎么样", passage("天气干燥时，真皮沙发要多护理。")).enough


def test_no_subject_and_no_hits_are_none():
    assert not judged("怎么办呢", passage("真皮沙发。")).enough
    assert not judged("真皮沙发").enough


def test_a_better_place_in_the_search_decides_between_passages_that_both_are_evidence():
    text = "真皮沙发怎么清洁。"
    assert judged("真皮沙发怎么清洁", passage(text), passage(text, position=1)).best == 0


def test_a_rare_word_that_is_missing_weighs_more_than_common_ones_that_are_there():
    found = [Found(1.0, set(terms("宝宝吃饭")), set(terms("宝宝吃饭")))]
    subject = content("宝宝 比特币")
    assert (
        judge(subject, found, lambda _: 1.0).strength
        > judge(subject, found, lambda t: 5.0 if t in "比特币" else 0.1).strength
    )


def told(question: str, names: str, text: str, rare: str, about_others: str = "") -> bool:
    """Whether such a passage is evidence where the characters of `rare` are rare and all others common."""
    said = terms(text)
    repeated = frozenset(term for term in said if said.count(term) > 1)
    found = [Found(1.0, {*terms(names), *said}, set(terms(names)), repeated)]
    return judge(content(question), found, lambda unit: 4.0 if unit in rare else 0.5, about_others).enough


def test_a_telling_word_that_is_missing_speaks_against_a_passage_that_covers_the_rest():
    assert told("便秘", "宝宝便秘护理", "宝宝便秘多喝水。", "便秘")
    assert not told("便秘 鹦鹉", "宝宝便秘护理", "宝宝便秘多喝水。", "鹦鹉")


def test_a_telling_word_said_in_passing_is_no_subject():
    assert not told("疫苗几个月", "6 个月睡觉", "打疫苗后几个月睡得乱。", "疫苗")
    assert told("疫苗几个月", "6 个月睡觉", "打疫苗后几个月睡得乱。疫苗后观察。", "疫苗")


def test_a_passage_about_others_is_none_for_the_one_who_asks():
    assert told("发热", "宝宝发热", "宝宝发热多喝水。", "")
    assert not told("发热", "宝宝发热", "宝宝发热多喝水。", "", about_others="宝宝")


def test_quoted_sentences_keep_within_their_room_and_in_their_order():
    text = "".join(f"真皮沙发清洁的第{n}句话，写得稍微长一点点，看看放不放得下。" for n in "甲乙丙丁戊己庚辛壬癸")
    quoted = answered("真皮沙发怎么清洁", passage(text)).text.split("\n\n")[0]
    assert len(quoted) <= ROOM
    places = [text.index(sentence) for sentence in sentences(quoted)]
    assert places == sorted(places)
    assert len(places) > 2


def test_one_long_sentence_is_quoted_whole_rather_than_cut():
    text = "真皮沙发清洁时要注意" + "很多很多很多事情、" * 40 + "等等。"
    assert text in answered("真皮沙发怎么清洁", passage(text)).text


def test_a_line_that_only_introduces_a_list_never_stands_alone():
    other = passage("真皮沙发清洁的尺寸如下：\n\n- 甲\n- 乙", position=1)
    text = answered("真皮沙发怎么清洁", passage("真皮沙发清洁用软布。"), other).text
    assert ("如下：" in text) == ("- 甲" in text)


def test_a_passage_that_is_only_a_list_is_quoted_as_it_is():
    assert answered("真皮沙发怎么清洁", passage("1. 吸尘。\n2. 擦拭。")).text.startswith("1. 吸尘。\n2. 擦拭。")


def test_a_list_too_long_to_read_ends_at_a_line_end():
    rows = [f"{n}. 第 {n} 步，这一步要做的事情写在这里。" for n in range(1, 100)]
    text = answered("真皮沙发怎么清洁", passage("\n".join(rows))).text.split("\n\n——")[0]
    assert len(text) <= LIST_ROOM + 100
    assert text.splitlines() == rows[: len(text.splitlines())]


def test_sentences_of_several_sections_are_combined_and_all_are_named():
    first = passage("真皮沙发清洁用软布。", section="日常", position=1)
    second = passage("真皮沙发清洁先吸尘。", section="每季", position=2)
    answer = answered("真皮沙发怎么清洁", first, second)
    assert answer.text == "真皮沙发清洁用软布。\n\n真皮沙发清洁先吸尘。\n\n——《真皮沙发怎么清洁》· 日常、每季"
    assert [one.section for one in answer.citations] == ["日常", "每季"]


def test_other_guides_do_not_mix_into_an_answer():
    other = Passage("other.md", "布艺沙发怎么清洁", "", "真皮沙发清洁另说。", 0)
    assert {one.guide for one in answered("真皮沙发怎么清洁", passage("真皮沙发清洁用软布。"), other).citations} == {
        "g.md"
    }


def test_sentences_keep_closing_quotes_and_decimal_points():
    text = "他说“可以。”然后走了。长 3.5 米！真的？"
    assert sentences(text) == ["他说“可以。”", "然后走了。", "长 3.5 米！", "真的？"]
    assert "".join(sentences(text)) == text


def test_the_source_line_names_each_guide_once():
    cited = [
        Citation("a", "甲", "一", 1),
        Citation("a", "甲", "", 1),
        Citation("a", "甲", "一", 1),
        Citation("b", "乙", "", 1),
    ]
    assert source_line(cited) == "——《甲》· 一\n——《乙》"


def test_a_refusal_offers_at_most_three_different_titles():
    answer = refusal(["甲", "甲", "乙", "丙", "丁"])
    assert answer.nearest == ("甲", "乙", "丙")
    assert "《甲》《乙》《丙》" in answer.text
    assert refusal([]).nearest == ()
