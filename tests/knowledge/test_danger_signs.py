"""Danger signs: none is missed, and ordinary questions raise no alarm."""

import re
import time
from pathlib import Path

import frontmatter
import pytest

from knowledge.danger import danger_in
from knowledge.danger.advice import ADVICE, advice_for
from knowledge.danger.plain import plain
from knowledge.danger.signs import SIGNS
from knowledge.types import Line

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CODES = {sign.code for sign in SIGNS}


def _lines(name: str) -> list[str]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


SAID = [tuple(line.split("\t")) for line in _lines("danger_said.txt")]
NOT_SAID = _lines("danger_not_said.txt")

# What people put around it; none of it may hide the sign or make one.
AROUND = {
    "after small talk": lambda text: f"你好，我刚才在客厅沙发上看手机，{text}",
    "before a cry": lambda text: f"{text}，急急急在线等！！！谢谢",
    "voice input": lambda text: f"老师您好我想问一下{text}",
    "emoji": lambda text: f"😭😭{text}🙏",
    "in quotes": lambda text: f"“{text}”怎么办",
    "two questions": lambda text: f"我在你们家买过沙发。{text}？你们客服在吗",
}  # fmt: skip


def _told(*said: str) -> str:
    *earlier, now = said
    danger = danger_in(now, [Line("customer", text) for text in earlier])
    return danger.sign if danger else ""


def test_the_tables_are_large_enough_to_mean_something() -> None:
    assert len(SAID) >= 700
    assert len(NOT_SAID) >= 1000
    assert CODES - {sign for sign, _ in SAID} == set()


def test_every_danger_is_seen_with_its_own_sign() -> None:
    wrong = {text: (sign, _told(text)) for sign, text in SAID if _told(text) != sign}
    assert wrong == {}


def test_a_bare_cry_for_help_is_one_and_a_sigh_over_goods_is_none() -> None:
    assert [_told(cry) for cry in ("救命", "救命啊！！！", "救命救命急急急", "救命啊怎么办")] == ["general"] * 4
    assert _told("这个抽屉怎么也装不上，救命") == ""


def test_no_ordinary_question_raises_an_alarm() -> None:
    assert {text: _told(text) for text in NOT_SAID if _told(text)} == {}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_what_stands_around_it_changes_nothing(around) -> None:
    assert [text for _, text in SAID if not _told(around(text))] == []
    assert [text for text in NOT_SAID if _told(around(text))] == []


def test_titles_and_headings_of_the_guides_are_ordinary_questions() -> None:
    """What a member who reads a guide would ask; keywords are left out, some name a danger by itself."""
    asked = set()
    for path in (ROOT / "guides").rglob("*.md"):
        guide = frontmatter.load(str(path))
        heads = [str(guide["title"]), *re.findall(r"^#+ (.+)$", guide.content, re.MULTILINE)]
        asked |= {wording for head in heads for wording in (head, f"{head}怎么办", f"宝宝{head}")}
    assert len(asked) > 400
    assert {text for text in asked if _told(text)} == set()


@pytest.mark.parametrize(
    ("said", "sign"),
    [
        (("宝宝两个月", "现在烧到38度"), "newborn_fever"),
        (("宝宝发烧38度怎么办", "两个月"), "newborn_fever"),
        (("宝宝发烧38度怎么办", "他才刚满月"), "newborn_fever"),
        (("宝宝五个月了", "好的", "39度2"), "high_fever"),
        (("刚才摔到头了", "现在吐了两次"), "head_injury"),
        (("孩子掉床了", "他一直想睡"), "head_injury"),
        (("拉肚子两天了", "一直没尿"), "dehydration"),
        (("发烧39度", "精神很差"), "listless"),
        (("遥控器电池不见了", "可能吃了"), "battery"),
        (("孩子吃了虾", "脸肿了"), "allergy"),
        (("家里煤炉烧着", "头晕恶心"), "gas"),
        (("怀孕36周", "肚子突然很疼 流血"), "pregnancy"),
        (("我家的上个月才生", "现在有点烧 要紧吗"), "newborn_fever"),
        (("我家毛毛头上周刚抱回家", "脑门发烫，三十八度"), "newborn_fever"),
        (("奶奶的药盒开了", "少了四粒，他嘴里苦"), "poison"),
        (("茶几上那瓶除草剂盖子没拧", "他手里攥着瓶，嘴角绿的"), "poison"),
        (("外婆的心脏药放枕头边", "瓶子空了，他在那儿笑"), "poison"),
        (("秤的电池仓空了", "他说放嘴里了"), "battery"),
        (("我怀孕33周", "今天下面流水了"), "pregnancy"),
        (("阳台的栏杆坏了", "他掉下去了"), "fall"),
        (("我家飘窗没装栏杆", "他栽出去了"), "fall"),
        (("宝宝哭一阵停一阵", "刚拉了果酱一样的"), "belly"),
        (("他打翻了热水壶", "大腿起泡了"), "burn"),
        (("烧39度", "现在眼睛往上翻手在抖"), "convulsion"),
        (("宝宝才一个月", "刚才从沙发上摔下来了"), "newborn_ill"),
    ],
)
def test_the_age_or_the_event_may_stand_in_an_earlier_line(said, sign) -> None:
    assert _told(*said) == sign


@pytest.mark.parametrize(
    "said",
    [
        ("宝宝发烧38度", "两个月", "沙发多大好"),
        ("宝宝吞了电池", "好的我们去医院了，客厅地毯怎么选"),
        ("孩子抽搐了", "谢谢"),
        ("宝宝2个月", "姐姐2岁发烧38度怎么办"),
        ("2个月宝宝怎么洗澡", "谢谢", "沙发怎么选"),
        ("刚才摔到头了", "吐槽一下你们物流"),
        ("我家孩子发烧了", "布艺沙发怎么洗"),
        ("我女儿刚出生12天 全身滚烫 量了38", "新生儿洗澡多久一次"),
    ],
)
def test_an_ordinary_later_line_raises_no_alarm_again(said) -> None:
    assert _told(*said) == ""


def test_a_danger_is_not_heard_again_in_ordinary_questions_that_follow_it() -> None:
    """Every ordinary question after some danger: one in fifty may add something to it, as "吐了" does to a fall."""
    pairs = [(SAID[number % len(SAID)][1], text) for number, text in enumerate(NOT_SAID * 3)]
    again = [(danger, text) for danger, text in pairs if _told(danger, text)]
    assert len(again) <= len(pairs) / 50


def test_what_colleagues_and_the_bot_said_is_nobody_s_symptom() -> None:
    history = [Line("bot", "宝宝两个月以下发热要立即就医"), Line("staff", "宝宝两个月吗")]
    assert danger_in("现在烧到38度", history) is None


def test_only_the_last_lines_are_looked_at() -> None:
    chat = ["宝宝两个月", *["沙发多大好"] * 6]
    assert _told(*chat, "现在烧到38度") == ""
    assert _told(*chat[:-1], "现在烧到38度") == "newborn_fever"


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("发烧40度，还抽搐了，家里煤气味很重", "gas"),
        ("吞了硬币，喘不上气", "breathing"),
        ("摔到头吐了，还在发烧39度没精神", "head_injury"),
        ("吃了安眠药 不想活了", "poison"),
        ("两个月宝宝发烧38.5，抽搐", "convulsion"),
    ],
)
def test_of_several_signs_the_most_urgent_one_wins(text, sign) -> None:
    assert _told(text) == sign


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("寶寶兩個月，發燒三十九度五！", "宝宝2个月,发烧39.5度"),
        ("38度半 三十八九度 烧到395", "38.5度,38度,烧到39.5度"),
        ("１岁半 两个半月 四十二天", "1.5岁,2.5个月,42天"),
        ("BB唔透到氣，瞓咗", "宝宝喘不上气,睡了"),
        ("宝 宝 抽 筋", "宝宝抽筋"),
        ("fashao 39 chouchu", "发烧39抽搐"),
        ("宝宝hu吸te别ji，嘴唇fa灰", "宝宝呼吸特别急,嘴唇发灰"),
        ("hu xi 很快 皮tang脱了", "呼吸很快,皮烫脱了"),
        ("da ren de yao ta chi le", "大人的药他吃了"),
        ("宝宝忽吸很急", "宝宝呼吸很急"),
        ("客户系统打不开，app闪退", "客户系统打不开,app闪退"),
    ],
)
def test_one_spelling_per_thing(text, read) -> None:
    assert plain(text) == read


def test_every_sign_has_one_advice_that_says_first_what_to_do() -> None:
    assert set(ADVICE) == CODES
    first = re.compile("^(?:立即|马上|请现在就|请先带孩子到安全的地方|先断电|拿不准就先拨打 120)")
    for code in CODES:
        advice = advice_for(code)
        assert len(advice) <= 220, code
        assert first.match(advice), code
        assert re.search("12[0O]|11[09]|急诊", advice[:110]), code
        assert "不要" in advice, code
        assert advice.endswith("不要等我们回复。"), code


def test_thoughts_of_death_are_met_with_people_to_call_and_without_blame() -> None:
    for code in ("self_harm", "harm_child"):
        assert "12356" in ADVICE[code]
        assert "120" in ADVICE[code]


def test_the_table_for_reviewers_holds_every_advice_word_for_word() -> None:
    table = (ROOT / "docs" / "danger-signs.md").read_text(encoding="utf-8")
    missing = [code for code in CODES if f"`{code}`" not in table or ADVICE[code] not in table]
    assert missing == []


def test_no_text_is_too_long_or_too_odd() -> None:
    started = time.process_time()
    for text in ("", " ", "😀", "\x00", "热水洒手摔头呛吃了宝宝" * 2000, "a " * 5000, "。" * 9000, "1" * 9000):
        danger_in(text)
    assert time.process_time() - started < 5


def test_in_a_very_long_text_the_beginning_and_the_end_are_read() -> None:
    filler = "今天去看了沙发和地毯，" * 600
    assert _told(f"{filler}宝宝突然抽搐了") == "convulsion"
    assert _told(f"宝宝突然抽搐了。{filler}") == "convulsion"
