"""The guides that come with the program: plain questions find the right one, others are refused.

What the library must always do is stated question by question; how often it finds the right guide is held by a floor,
so that tuning may win one question and lose another.
"""

from datetime import date

import pytest

from knowledge.types import Line

TODAY = date(2026, 11, 21)
MISSED = 6  # of FOUND; 4 today
ANSWERED = 8  # of FOREIGN; 6 today

FOUND = {
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
    "皮沙发脏了用什么擦": "leather-sofa-cleaning-and-care.md",
    "宝宝6个月了能吃盐不": "start-solids-6-months.md",
    "宝宝一直拉肚子怎么办急": "diarrhea-rehydration.md",
    "孩子摔到头了": "home-safety-falls-button-batteries.md",
    "宝宝夜里总醒怎么办": "frequent-night-waking.md",
    "退钱": "returns-and-exchanges.md",
    "我要退款": "returns-and-exchanges.md",
    "孩子不爱吃饭特别挑食真的愁死了": "picky-eating-3-years.md",
    "两岁多的宝宝晚上不肯睡怎么办": "bedtime-resistance-2-to-3-years.md",
    "打完疫苗要观察多久": "vaccination-day-care.md",
    "猫咪掉毛怎么办": "pet-friendly-living-room.md",
    "猫砂盆多久换一次": "pet-friendly-living-room.md",
    "宝宝能坐飞机吗": "travel-by-car-and-airplane.md",
    "洗衣机怎么清洗": "balcony-laundry-layout.md",
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
    "宝宝屁股红红的都破皮了抹什么好": "diaper-rash-care.md",
    "昨天买的东西不想要了能退吗": "returns-and-exchanges.md",
    "真皮沙发上被孩子画了圆珠笔怎么弄干净": "leather-sofa-cleaning-and-care.md",
    "我们家客厅特别小沙发买多大的好": "sofa-size-for-small-living-room.md",
    "我买的推车轮子坏了保修期多久": "warranty-and-repair.md",
    "物流一直不动好几天了": "delivery-and-installation.md",
    "我发现积分少了怎么回事": "points-and-benefits.md",
    "窗帘选多长的好看": "curtain-length-and-blackout.md",
}
FOREIGN = [
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
    "电池没电了怎么办",
    "手机纽扣电池型号",
    "怎么把沙发吃掉",
    "能给6个月宝宝吃花生吗",
    "大学生尿床怎么办",
    "青少年叛逆怎么办",
    "你是谁",
    "你是人吗",
    "空调不制冷怎么办",
    "老公打呼噜怎么办",
    "孕妇能喝咖啡吗",
    "孩子学钢琴几岁合适",
    "微波炉怎么清洗",
    "二手沙发在哪里能卖掉",
    "爷爷高血压吃什么药",
    "初中生早恋怎么办",
    "产后怎么减肥",
    "马桶堵了怎么办",
    "给宝宝买什么保险",
    "冰箱怎么清洗",
    "仓鼠吃什么",
    "车上的皮座椅怎么清洁",
]
OF_OTHERS = [
    "我发烧了怎么办",
    "我失眠怎么办",
    "我昨天感冒了头好痛",
    "我奶奶便秘",
    "我老公便秘",
    "我婆婆腹泻了怎么办",
    "我家狗狗发烧了",
]


async def guides_of(library, question: str, *history: Line) -> set[str]:
    return {one.guide for one in (await library.answer(question, history, TODAY)).citations}


async def test_questions_in_plain_words_are_answered_from_the_right_guide(sample):
    wrong = {
        question: found for question, guide in FOUND.items() if (found := await guides_of(sample, question)) != {guide}
    }
    assert len(wrong) <= MISSED, f"{len(wrong)} of {len(FOUND)}, 4 when this was written: {wrong}"


@pytest.mark.parametrize("question", ["6个月宝宝能吃什么", "七个月吃啥", "八个月宝宝可以吃什么"])
async def test_an_age_is_a_subject_where_a_guide_is_for_just_that_age(sample, question):
    assert await guides_of(sample, question)


@pytest.mark.parametrize("said", ["孩子3岁了", "我家宝宝8个月", "两岁了"])
async def test_an_age_that_is_told_asks_nothing(sample, said):
    assert not await guides_of(sample, said)


async def test_a_question_answered_rightly_has_its_guide_first_among_those_found(sample):
    for question, guide in FOUND.items():
        if await guides_of(sample, question) == {guide}:
            assert sample.search(question, TODAY)[0].passage.guide == guide, question


async def test_questions_about_what_no_guide_says_are_refused(sample):
    answered = {question: found for question in FOREIGN if (found := await guides_of(sample, question))}
    assert len(answered) <= ANSWERED, f"{len(answered)} of {len(FOREIGN)}, 6 when this was written: {answered}"


@pytest.mark.parametrize("question", OF_OTHERS)
async def test_the_illness_of_an_adult_or_a_pet_is_not_answered_from_a_guide_on_children(sample, question):
    assert await guides_of(sample, question) == set()


async def test_every_guide_is_answered_from_by_its_own_title(sample):
    missed = [guide.name for guide in sample.guides if guide.name not in await guides_of(sample, guide.title)]
    assert missed == []


async def test_a_title_in_passing_finds_its_guide_too(sample):
    asked = {guide.name: f"请问{guide.title}，谢谢" for guide in sample.guides}
    missed = [name for name, question in asked.items() if name not in await guides_of(sample, question)]
    assert len(missed) <= 2, missed


async def test_a_new_topic_is_not_captured_by_the_guide_just_quoted(sample):
    """Each question after an answer on something else: it gets the answer it gets alone."""
    asked = [question for question, guide in FOUND.items() if await guides_of(sample, question) == {guide}]
    captured = []
    for question, before in zip(asked, [*asked[7:], *asked[:7]], strict=True):
        told = await sample.answer(before, (), TODAY)
        after = await guides_of(sample, question, Line("customer", before), Line("bot", told.text))
        if FOUND[before] != FOUND[question] and FOUND[before] in after:
            captured.append((before, question))
    assert len(captured) <= 2, captured


@pytest.mark.parametrize("question", ["宝宝6个月了能吃盐不", "六个月宝宝可以吃盐吗"])
async def test_the_rarest_word_asked_for_is_in_what_is_quoted(sample, question):
    assert "1 岁前的辅食不加盐和糖" in (await sample.answer(question, (), TODAY)).text


@pytest.mark.parametrize("question", ["宝宝一直拉肚子怎么办急", "孩子拉肚子怎么办"])
async def test_who_asks_what_to_do_is_told_that_and_when_to_see_a_doctor(sample, question):
    answer = await sample.answer(question, (), TODAY)
    assert "补液盐" in answer.text
    assert "8 小时没有尿、眼窝凹陷" in answer.text
    assert "什么时候要马上就医" in [one.section for one in answer.citations]


@pytest.mark.parametrize("question", ["红屁股怎么护理", "娃发烧38度5怎么办", "宝宝便秘怎么办"])
async def test_an_illness_comes_with_when_to_see_a_doctor(sample, question):
    answer = await sample.answer(question, (), TODAY)
    assert "什么时候要马上就医" in [one.section for one in answer.citations]


async def test_where_nobody_is_ill_no_doctor_is_named(sample):
    answer = await sample.answer("新房味道大怎么办", (), TODAY)
    assert "就医" not in answer.text


@pytest.mark.parametrize("question", ["宝宝吞了纽扣电池怎么办", "孩子从床上摔下来了一直吐"])
async def test_a_danger_sign_comes_before_any_guide(sample, question):
    answer = await sample.answer(question, (), TODAY)
    assert (answer.urgent, answer.handoff, answer.citations) == (True, True, ())
