"""What a post must not say, what only looks like it, and what kind of post it is."""

import time
from pathlib import Path

import pytest

from scheduler.review import Code, Lexicon, LexiconUnusable, PostKind, review


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.read()


def codes(text: str, lexicon: Lexicon, title: str = "") -> set[str]:
    return {str(one.code) for one in review(title, text, lexicon).violations}


BREACHES = [
    ("absolute_term", "国家级工艺的沙发，全网最低价 3999 元。"),
    ("absolute_term", "这款床垫行业第一，没有之一，1999 元下单。"),
    ("efficacy_claim", "我们的米饼能增强免疫力、预防感冒，第二件半价。"),
    ("efficacy_claim", "用金银花煮水泡澡，半个月根治湿疹。"),
    ("infant_formula", "1 段奶粉媲美母乳，三罐 699，戳链接。"),
    ("infant_formula", "母乳不够的放心换，配方和母乳一样。"),
    ("false_scarcity", "最后 3 席，手慢无，错过再等一年！"),
    ("false_scarcity", "今晚 12 点恢复原价，库存告急。"),
    ("guaranteed_result", "保证三天断夜奶，没有例外。"),
    ("guaranteed_result", "一周见效，无效全额退款。"),
    ("personal_data", "请在群里接龙：孩子姓名、所在学校班级、家庭住址。"),
    ("personal_data", "感谢 6 栋 1203 的王女士，电话 13900001234。"),
    ("sensitive_topic", "财位在东南，沙发朝那边放能改运。"),
    ("sensitive_topic", "女人天生就该围着灶台转。"),
]
LAWFUL = [
    "第一步先看水洗标，第二步再决定机洗还是送洗。",
    "第一次坐餐椅最好在 6 个月后，最晚不限。",
    "升降桌最低温度 5℃，最大承重 200 斤，本店最新款，1899 元。",
    "我们努力做到最好，也请多提意见。",
    "国家一级能效，首选干净的棉布，唯一要注意的是别暴晒。",
    "周日去天下第一城，最近的地铁口集合。",
    "发烧时多喝水，湿疹要保湿，严重看医生。",
    "麻腮风疫苗能预防麻疹和腮腺炎。",
    "亚麻四件套透气好、不闷汗，469 元。",
    "冲奶粉先加水再加粉，转奶要慢慢来。",
    "报名截至 6 月 20 日 18:00，名额 20 人，报满为止，免费。",
    "优惠券有效期至 12 月 31 日。",
    "包邮，质保三年，七天无理由退货，保证金 50 元，保证通风，不保证适合每个家庭。",
    "请勿在群里发身份证照片，订单号私信给客服。",
    "清明节放假三天，国庆放假七天。",
    "看到“根治”“包治百病”的广告要当心。",
]


@pytest.mark.parametrize(("code", "text"), BREACHES)
def test_a_breach_is_found_with_its_law_and_a_warm_reason(code: str, text: str, lexicon: Lexicon) -> None:
    found = [one for one in review("", text, lexicon).violations if one.code == code]
    assert found
    for one in found:
        assert one.quote in text
        assert one.quote in one.why
        assert one.law in one.why


@pytest.mark.parametrize("text", LAWFUL)
def test_a_lawful_look_alike_passes(text: str, lexicon: Lexicon) -> None:
    assert codes(text, lexicon) == set()


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("这是最 佳选择。", "最 佳"),
        ("第1品牌沙发。", "第1品牌"),
        ("全網蕞低價！", "全網蕞低價"),
        ("保-证三天学会。", "保-证三天学会"),
        ("ｇｕｏ ｊｉａ ｊｉ工艺。", "ｇｕｏ ｊｉａ ｊｉ"),
        ("护♡脊♡矫♡正椅，299 元。", "护♡脊"),
        ("钅昔过再等一年。", "钅昔过再等"),
        ("最🔥佳选择。", "最🔥佳"),
    ],
)
def test_a_disguised_word_is_seen_and_quoted_as_it_was_written(written: str, quoted: str, lexicon: Lexicon) -> None:
    assert any(one.quote.startswith(quoted) for one in review("", written, lexicon).violations)


def test_what_is_denied_is_no_claim(lexicon: Lexicon) -> None:
    assert codes("这款枕头不能治疗颈椎病，128 元。", lexicon) == set()
    assert codes("所谓“包治百病”都是骗人的。", lexicon) == set()


@pytest.mark.parametrize(
    ("title", "body", "kind"),
    [
        ("沙发布套怎么洗", "先看水洗标，再决定机洗还是送洗。水温别超过 30℃，半干再套回去。", PostKind.VALUE),
        ("新品餐椅上架", "今天 12 点开抢，399 元一把，第二把半价，点链接下单。", PostKind.PROMO),
        (
            "孩子写作业总驼背？",
            "桌面和坐姿肘高齐平，脚要踩实，光从左前方来。我们的学习椅今天下单立减 200，点击链接购买。",
            PostKind.MIXED,
        ),
    ],
)
def test_a_guide_that_pulls_to_buy_is_not_value(title: str, body: str, kind: PostKind, lexicon: Lexicon) -> None:
    assert review(title, body, lexicon).kind == kind


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("efficacy_claim", "我妈的老寒腿，穿了这双袜子一个冬天，下楼不疼了，药膏全扔了。两双 79，想要的扣 1。"),
        ("guaranteed_result", "这个挂钩你要是能拽下来，我当面把它吃了，再倒贴你十个。群里拼两盒 19.9。"),
        ("absolute_term", "论静音，这一带没有谁敢跟我们家的窗户比，同行看了都得靠边站。每平 780，先量后报。"),
    ],
)
def test_a_claim_without_any_famous_word_is_found_in_its_sentence(code: str, text: str, lexicon: Lexicon) -> None:
    found = [one for one in review("", text, lexicon).violations if one.code == code]
    assert found
    assert all(one.quote in text for one in found)


def test_operators_words_stand_whatever_the_classifier_thinks(tmp_path: Path) -> None:
    extended = Lexicon.read(
        [own(tmp_path, "version: 1\ndate: 2026-12-01\ncodes: {false_scarcity: {words: [慢慢晾干]}}\n")]
    )
    text = "沙发布套先看水洗标，水温别超过 30℃，翻面装袋洗，脱水选最短那一档，挂起来慢慢晾干，半干再套回去。"
    assert codes(text, extended, "沙发布套怎么洗") == {Code.FALSE_SCARCITY}


def test_an_empty_post_is_harmless(lexicon: Lexicon) -> None:
    assert review("", "", lexicon).violations == ()


def own(folder: Path, text: str) -> Path:
    file = folder / "lexicon.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_operators_add_words_and_lawful_wordings_and_the_version_says_so(tmp_path: Path, lexicon: Lexicon) -> None:
    file = own(
        tmp_path,
        "version: 本店-3\ndate: 2026-12-01\ncodes:\n  absolute_term: {words: [宇宙好货], allowed: [第一品牌日]}\n",
    )
    extended = Lexicon.read([file])
    assert codes("宇宙好货来了。", lexicon) == set()
    assert codes("宇宙好货来了。", extended) == {Code.ABSOLUTE_TERM}
    assert codes("第一品牌日活动。", extended) == set()
    assert review("", "", extended).lexicon == f"{lexicon.version}+本店-3"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not: [a, lexicon]",
        "version: 1\ndate: 2026-12-01\ncodes: {unknown_code: {words: [a]}}",
        "version: 1\ndate: 2026-12-01\ncodes: {absolute_term: {rules: [{find: ['(']}]}}",
        "version: 1\ndate: 2026-12-01\ncodes: {absolute_term: {words: 最佳}}",
        "version: 1\ndate: soon\ncodes: {}",
        "version: [",
    ],
)
def test_a_broken_list_stops_everything(text: str, tmp_path: Path) -> None:
    with pytest.raises(LexiconUnusable, match="词表"):
        Lexicon.read([own(tmp_path, text)])


def test_a_missing_list_stops_everything(tmp_path: Path) -> None:
    with pytest.raises(LexiconUnusable, match="批准"):
        Lexicon.read([tmp_path / "none.yaml"])


@pytest.mark.parametrize("piece", ["1", "一", "最 ", "保证", "👍最", "不"])
def test_an_endless_post_does_not_stall_the_review(piece: str, lexicon: Lexicon) -> None:
    began = time.process_time()
    review("", piece * 10_000, lexicon)
    assert time.process_time() - began < 3
