"""The guides that come with the program: plain questions find the right one, others are refused."""

from datetime import date
from pathlib import Path

import pytest

from knowledge.index import build
from knowledge.library import Library

TODAY = date(2026, 11, 21)
GUIDES = Path(__file__).resolve().parents[2] / "guides"

ANSWERED = {
    "宝宝半岁了可以吃辅食了吗": "start-solids-6-months.md",
    "沙发离茶几多远合适": "sofa-size-for-small-living-room.md",
    "娃老是半夜醒咋办": "frequent-night-waking.md",
    "客厅地毯买多大": "living-room-rug-size-and-placement.md",
    "皮沙发怎么擦": "leather-sofa-cleaning-and-care.md",
    "想退货怎么弄": "returns-and-exchanges.md",
    "娃发烧38度5怎么办": "fever-care-2-years.md",
    "红屁股怎么护理": "diaper-rash-care.md",
    "宝宝好几天不拉粑粑": "constipation-babies.md",
    "孩子拉肚子能吃啥": "diarrhea-rehydration.md",
    "新生儿怎么洗澡水温多少": "newborn-bath.md",
    "孩子不肯上幼儿园一送就哭": "separation-anxiety-kindergarten.md",
    "啥时候戒尿不湿": "potty-training.md",
    "布沙发脏了怎么洗": "fabric-sofa-cleaning-and-care.md",
    "窗帘要拖地吗": "curtain-length-and-blackout.md",
    "挂画挂多高": "wall-art-height-and-grouping.md",
    "餐桌上面吊灯离桌面多高": "dining-table-and-pendant-height.md",
    "租房不让打孔怎么挂东西": "renter-friendly-no-drill-styling.md",
    "新房味道大怎么办": "new-home-ventilation-and-odor.md",
    "鞋柜做多深": "entryway-and-shoe-cabinet-size.md",
    "木地板能用湿拖把拖吗": "wood-floor-daily-care.md",
    "客厅采光不好很暗怎么办": "mirrors-and-brightening-dark-living-room.md",
    "床单多久洗一次": "bedding-choice-and-washing.md",
    "快递几天能到": "delivery-and-installation.md",
    "东西坏了保修吗": "warranty-and-repair.md",
    "寶寶半夜一直醒怎麼辦": "frequent-night-waking.md",
    "退款多久到账": "returns-and-exchanges.md",
    "宝宝吞了纽扣电池怎么办": "home-safety-falls-button-batteries.md",
}
REPORTED = {
    "皮沙发脏了用什么擦": "leather-sofa-cleaning-and-care.md",
    "宝宝6个月了能吃盐不": "start-solids-6-months.md",
    "宝宝一直拉肚子怎么办急": "diarrhea-rehydration.md",
    "孩子从床上摔下来了": "home-safety-falls-button-batteries.md",
    "孩子摔到头了": "home-safety-falls-button-batteries.md",
    "宝宝夜里总醒怎么办": "frequent-night-waking.md",
    "宝宝晚上不肯睡怎么办": "sleep-routine-6-months.md",
    "退钱": "returns-and-exchanges.md",
    "我要退款": "returns-and-exchanges.md",
}
FRESH = {
    "宝宝长湿疹能天天洗澡吗": "eczema-daily-moisturizing.md",
    "两岁娃一生气就躺地上打滚怎么办": "tantrums-2-years.md",
    "几个月开始长牙呀": "teething-and-brushing.md",
    "宝宝可以看多久动画片": "screen-time-by-age.md",
    "娃几个月会爬": "gross-motor-milestones.md",
    "脐带没掉能洗澡吗": "newborn-bath.md",
    "布艺沙发上的咖啡渍怎么弄掉": "fabric-sofa-cleaning-and-care.md",
    "书桌多高合适": "desk-ergonomics-and-lighting.md",
    "积分什么时候过期": "points-and-benefits.md",
    "怎么投诉你们": "customer-service-and-complaints.md",
    "阳台朝北养什么植物好": "balcony-plants-choice-and-care.md",
    "小户型东西太多怎么收纳": "small-home-storage-planning.md",
    "卧室灯用什么颜色的光": "bedroom-lighting-color-temperature.md",
    "绘本从多大开始读": "reading-aloud-by-age.md",
    "宝宝能趴着睡吗": "safe-sleep-environment.md",
    "宝宝昨天晚上突然发烧到39度了怎么办": "fever-care-2-years.md",
    "我家娃一岁多了每天应该喝多少奶呀": "meals-and-milk-after-1-year.md",
    "孩子不爱吃饭特别挑食真的愁死了": "meals-and-milk-after-1-year.md",
    "宝宝屁股红红的都破皮了抹什么好": "diaper-rash-care.md",
    "昨天买的东西不想要了能退吗": "returns-and-exchanges.md",
    "真皮沙发上被孩子画了圆珠笔怎么弄干净": "leather-sofa-cleaning-and-care.md",
    "我们家客厅特别小沙发买多大的好": "sofa-size-for-small-living-room.md",
    "我买的推车轮子坏了保修期多久": "warranty-and-repair.md",
    "物流一直不动好几天了": "delivery-and-installation.md",
    "我发现积分少了怎么回事": "points-and-benefits.md",
    "窗帘选多长的好看": "curtain-length-and-blackout.md",
}
REFUSED = [
    "火星上怎么种土豆",
    "帮我写个 Python 爬虫",
    "今天股票涨了吗",
    "你们老板电话多少",
    "怎么修汽车发动机",
    "附近有什么好吃的火锅店",
    "世界杯谁赢了",
    "给我讲个笑话",
    "比特币现在多少钱",
    "今天天气怎么样",
    "苹果手机怎么越狱",
    "电脑蓝屏怎么办",
    "红烧肉怎么做",
    "狗狗拉肚子吃什么药",
    "如何申请美国签证",
    "洗衣机不转了怎么修",
    "宝宝取什么名字好",
]
ABOUT_SOMETHING_ELSE = [
    "洗衣机怎么清洗",
    "电池没电了怎么办",
    "手机纽扣电池型号",
    "怎么把沙发吃掉",
    "疫苗几个月打",
    "能给6个月宝宝吃花生吗",
    "我奶奶便秘",
    "大学生尿床怎么办",
    "青少年叛逆怎么办",
    "我发烧了怎么办",
    "你是谁",
    "你是人吗",
]
FROM_ELSEWHERE = [
    "猫咪掉毛怎么办",
    "空调不制冷怎么办",
    "老公打呼噜怎么办",
    "孕妇能喝咖啡吗",
    "孩子学钢琴几岁合适",
    "微波炉怎么清洗",
    "我失眠怎么办",
    "二手沙发在哪里能卖掉",
    "爷爷高血压吃什么药",
    "宝宝能坐飞机吗",
    "初中生早恋怎么办",
    "产后怎么减肥",
    "马桶堵了怎么办",
    "给宝宝买什么保险",
    "我昨天感冒了头好痛",
    "我家狗狗发烧了",
    "我老公便秘",
    "冰箱怎么清洗",
    "猫砂盆多久换一次",
    "仓鼠吃什么",
    "我婆婆腹泻了怎么办",
    "车上的皮座椅怎么清洁",
]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    root = tmp_path_factory.mktemp("sample")
    built = build(GUIDES, root / "index", root / "chroma")
    assert built.rejected == ()
    opened = Library.open(root / "index", root / "chroma")
    yield opened
    opened.close()


@pytest.mark.parametrize(("question", "guide"), ANSWERED.items())
async def test_a_question_in_plain_words_is_answered_from_the_right_guide(library, question, guide):
    assert library.search(question, TODAY)[0].passage.guide == guide
    answer = await library.answer(question, (), TODAY)
    assert {one.guide for one in answer.citations} == {guide}


@pytest.mark.parametrize(("question", "guide"), (REPORTED | FRESH).items())
async def test_words_between_the_telling_ones_do_not_lead_astray(library, question, guide):
    answer = await library.answer(question, (), TODAY)
    assert {one.guide for one in answer.citations} == {guide}


@pytest.mark.parametrize("question", ABOUT_SOMETHING_ELSE + FROM_ELSEWHERE)
async def test_a_question_whose_object_or_person_no_passage_knows_is_refused(library, question):
    answer = await library.answer(question, (), TODAY)
    assert (answer.refused, answer.citations) == (True, ())


@pytest.mark.parametrize("question", ["宝宝6个月了能吃盐不", "六个月宝宝可以吃盐吗"])
async def test_the_rarest_word_asked_for_is_in_what_is_quoted(library, question):
    assert "1 岁前的辅食不加盐和糖" in (await library.answer(question, (), TODAY)).text


@pytest.mark.parametrize("question", ["宝宝一直拉肚子怎么办急", "孩子拉肚子怎么办"])
async def test_who_asks_what_to_do_is_told_that_and_when_to_see_a_doctor(library, question):
    answer = await library.answer(question, (), TODAY)
    assert "补液盐" in answer.text
    assert "24 小时内达到 3 次以上" not in answer.text  # what counts as one is no help
    assert "8 小时没有尿、眼窝凹陷" in answer.text
    assert "什么时候要马上就医" in [one.section for one in answer.citations]


@pytest.mark.parametrize(
    "question", ["红屁股怎么护理", "宝宝吞了纽扣电池怎么办", "娃发烧38度5怎么办", "宝宝便秘怎么办"]
)
async def test_an_illness_comes_with_when_to_see_a_doctor(library, question):
    answer = await library.answer(question, (), TODAY)
    assert "什么时候要马上就医" in [one.section for one in answer.citations]


async def test_where_nobody_is_ill_no_doctor_is_named(library):
    answer = await library.answer("新房味道大怎么办", (), TODAY)
    assert "就医" not in answer.text


@pytest.mark.parametrize("question", REFUSED)
async def test_a_question_from_elsewhere_is_refused(library, question):
    assert (await library.answer(question, (), TODAY)).refused


async def test_every_guide_is_answered_from_by_its_own_title(library):
    answers = {guide.name: await library.answer(guide.title, (), TODAY) for guide in library.guides}
    assert [name for name, answer in answers.items() if name not in {one.guide for one in answer.citations}] == []
