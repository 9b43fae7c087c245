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


@pytest.mark.parametrize("question", REFUSED)
async def test_a_question_from_elsewhere_is_refused(library, question):
    assert (await library.answer(question, (), TODAY)).refused


async def test_every_guide_is_answered_from_by_its_own_title(library):
    answers = {guide.name: await library.answer(guide.title, (), TODAY) for guide in library.guides}
    assert [name for name, answer in answers.items() if name not in {one.guide for one in answer.citations}] == []
