"""What members want of us in their own words, and what only looks like it."""

import time
from datetime import timedelta

import pytest

from handlers.effect_types import HandOff, Learn, NoteGap, OptIn, OptOut
from handlers.handoff import Event, Move, State
from handlers.texts import GOES_ON
from handlers.wishes import wish_in
from knowledge.types import Line

STOP = """
退订|TD|td|“退订”|退订。|退 订|退订[微笑]|@分寸 退订
请帮我退订，谢谢|我要退订|你好，退订|退订吧|回复TD|回复退订
别发了|别再发了|別再發了|不要发了|别再发了，谢谢|以后别再给我发这些内容了|能不能别天天给我发消息|不要再给我发
不要再给我发消息了|請不要再給我發消息|别给我发广告了！|不要给我推送消息和广告|别给我推送了|別給我推送了|不需要推送|不用再给我发了|不要再推送了
取消推送|取消订阅|取消每周推送|关闭推送|停止推送|把推送关了|屏蔽广告|拒收广告|退订推送|停止给我发消息|可以帮我退订吗
不想再收到你们的推送|不想收到推送了|我不想收你们的消息了|不想看到你们的推送了|请勿打扰我|别再骚扰我了|太烦了别发了
你们天天发，烦死了，退订|退订退订"""
RESUME = """
恢复推送|恢复推送。|恢复訂閱|恢复订阅|恢復推送
我要恢复推送|请恢复推送吧|麻烦恢复一下推送|重新订阅|重新开启推送
继续给我推送吧|可以恢复推送吗|取消退订|我要订阅"""
PERSON = """
转人工|轉人工|转人工！|【转人工】|转 人工|转人工转人工
人工|人工！！！|真人|客服|人工客服|人工服务|找真人|我要找客服|我要人工
要人工|你好，转人工|麻烦转一下人工客服|帮我转接人工客服谢谢|人工客服在吗|有真人吗|有没有人工客服|能转人工吗|可以转人工吗
怎么转人工|我要跟真人说话|我想和真人聊聊|让真人来处理|联系客服|叫客服来|找个真人来|换个人|我不想跟机器人聊|转接顾问
我想找人聊聊 你们有活人没有|有活人吗|你们有活人没|有真人没|给我个活人|能不能来个活人|有没有能管事的人
让你们经理来|叫你们老板出来|我要和你们领导说|能换人跟我说吗|别让机器人回我|我想跟你们的人聊|我不想跟机器说话
叫你们的顾问来|我要找客服投诉|沙发坏了，转人工|你说的不对，我要找人工|听不懂，帮我转人工吧"""
HOW = """
怎么退订|如何取消推送？|退订怎么操作|请问怎么退订你们的消息|怎么才能不收到推送|怎么恢复推送|可以退订吗"""
NONE = """
退货怎么退|退订酒店怎么办|我订的酒店，我要退订|沙发不要了，退订|退订课程|退订家具|可以退订酒店吗
订金退吗|退订有手续费吗|不退订|我不想退订
怎么取消订单|我要取消活动|取消安装|取消|退|T恤|td50是什么型号|退订制家具
宝宝不跟人说话|孩子怕跟人说话|跟人说话不看眼睛怎么办|要两个人搬吗|有人安装吗|扫地机器人怎么回充
人工湖|人工草坪怎么打理|要人工草坪|人工费多少|人工皮革好打理吗|人工喂养和母乳喂养|人工智能是什么|费用包括人工、材料、运费吗
安装需要人工吗|你是人工吗|是人工还是机器人|人工客服几点上班|人工客服电话多少|转人工要等多久|转人工是什么意思
不用转人工|先别转人工|不要转人工|找人安装|找顾问量房|请顾问上门|联系物业|换个位置|转椅|客服说可以退，是真的吗
不要扫地机器人可以吗|沙发什么时候发货|别发货|不用发货了|停止发货|发票怎么开|宝宝发烧怎么办|别发烧了|柜子发霉怎么办|不要发黄的
宝宝睡觉时，不要打扰，对吗|别给宝宝发零食|如何停止夜奶|拒绝吃奶|别的颜色有吗|不想让宝宝看广告|关闭柜门有响声|恢复|产后恢复
恢复出厂设置|推送什么时候发|这个推送里的沙发多少钱|怎么看推送|没有收到推送|不收到货可以退吗|怎么还没收到"""


GO_ON = """
继续问|不等了|还是问你吧|不用等了|不想等人工了|不排队了|不用排队等了
没事了 不用人工了|我不要人工|先不用人工|不用等人工了，你接着说
算了不用人工了|不用转了|先不转了|暂时不用转了|别转了
不用给我转了|不用帮我转了|算了 不转了 你答吧|取消转人工|不用叫人|别叫人了|不用喊人来
算了不用了|算了不用了 我自己看看|不用啦谢谢|不用找客服了|先不找客服了|不用麻烦顾问了|不用同事来了|不用人来了
你来回答吧|你来答吧|机器人你来答|算了 你说吧|你先说吧
机器人回答就行|让机器人来回答吧|你直接回答我吧|算了 别转了 你来说吧"""
WAITS_ON = """
算了|没事了|人呢|怎么还不来人|怎么没人回答|等多久|还要等吗|不用等吗|不想等了|我等不及了|不要让我再等|转人工怎么还没人|让顾问来说|叫你们的人来答
洗衣机坏了，不转了|风扇不转了怎么办|孩子两岁了，不叫人|孩子不叫人怎么办|别叫醒宝宝|宝宝没事了吗|不要人抱怎么办|不用奶瓶了|取消订单|取消预约
你说呢|你说话啊|你倒是说啊|你别说了|不用你回答|不要你回答|你回答我的问题|不要转移话题|不用付运费了吗"""


def rows(table: str) -> list[str]:
    return [said for line in table.splitlines() for said in line.split("|") if said]


@pytest.mark.parametrize("said", rows(STOP))
async def test_whoever_wants_no_more_messages_is_opted_out_and_hears_what_stays(member, said) -> None:
    outcome = await member.say(said)
    assert outcome.effects == (OptOut(),)
    assert "退订" in outcome.replies[0].text
    assert "回答" in outcome.replies[0].text
    assert "恢复推送" in outcome.replies[0].text
    assert outcome.move is None


@pytest.mark.parametrize("said", rows(RESUME))
async def test_whoever_wants_messages_again_gets_them_again(member, said) -> None:
    outcome = await member.say(said)
    assert outcome.effects == (OptIn(),)
    assert "恢复" in outcome.replies[0].text


@pytest.mark.parametrize("said", rows(HOW))
async def test_asking_how_to_stop_is_told_and_stops_nothing(member, said) -> None:
    outcome = await member.say(said)
    assert outcome.effects == ()
    assert "回复“退订”" in outcome.replies[0].text


@pytest.mark.parametrize("said", rows(GO_ON))
async def test_who_would_rather_not_wait_goes_on_with_the_bot(member, said) -> None:
    outcome = await member.held(State.WAITING).say(said)
    assert [reply.text for reply in outcome.replies] == [GOES_ON]
    assert outcome.move == Move(Event.CANCEL)
    assert (await member.held(State.HUMAN).say(said)).replies == ()


@pytest.mark.parametrize("said", rows(WAITS_ON))
async def test_nothing_else_ends_the_wait(member, said) -> None:
    outcome = await member.held(State.WAITING).say(said)
    assert (outcome.replies, outcome.move) == ((), None)


@pytest.mark.parametrize("said", rows(PERSON))
async def test_on_kf_who_wants_a_person_hears_it_from_the_desk_once_the_session_moved(member, said) -> None:
    outcome = await member.say(said)
    assert [type(effect) for effect in outcome.effects] == [HandOff]
    assert outcome.replies == ()
    assert outcome.move == Move(Event.CALL)


async def test_elsewhere_who_wants_a_person_is_told_that_a_colleague_will_write(member_elsewhere) -> None:
    outcome = await member_elsewhere.say("转人工")
    assert outcome.replies[0].text.startswith("已经请同事来帮您")
    assert outcome.effects == (HandOff("member_asked", "转人工"),)
    assert outcome.move == Move(Event.CALL)


async def test_after_hours_who_wants_a_person_hears_when_one_is_back(member_elsewhere, office) -> None:
    office.now += timedelta(hours=13)  # 23:00
    outcome = await member_elsewhere.say("转人工")
    assert "11-22 周日 09:00 上班后会联系您" in outcome.replies[0].text


@pytest.mark.parametrize("said", rows(NONE))
async def test_a_question_that_only_holds_the_word_is_a_question(member, office, said) -> None:
    outcome = await member.say(said)
    assert outcome.handler == "question"
    assert all(isinstance(effect, NoteGap | Learn) for effect in outcome.effects)
    assert office.asked[0][0] == said


async def test_colleagues_opt_out_like_anybody(operator) -> None:
    assert (await operator.say("退订")).effects == (OptOut(),)


HISTORY = (
    Line("customer", "沙发腿断了怎么办"),
    Line("bot", "这个我不确定。"),
    Line("customer", "人工"),
    Line("staff", "在的"),
    Line("member", "我家也断了"),
)


@pytest.mark.parametrize(
    ("said", "ask"),
    [
        ("转人工", "沙发腿断了怎么办"),
        ("你好，麻烦转人工，谢谢", "沙发腿断了怎么办"),
        ("柜门关不上，转人工", "柜门关不上，转人工"),
    ],
)
async def test_the_ticket_says_what_it_is_about(member, said, ask) -> None:
    outcome = await member.say(said, history=HISTORY)
    assert outcome.effects == (HandOff("member_asked", ask),)


async def test_without_an_earlier_question_the_ticket_holds_what_was_said(member) -> None:
    outcome = await member.say("转人工", history=(Line("customer", "人工"), Line("bot", "您好")))
    assert outcome.effects == (HandOff("member_asked", "转人工"),)


@pytest.mark.parametrize("seed", ["我要", "别再", "推送", "你们推广", "不要再给我发营销推广", "请", "退订推广营销"])
def test_no_text_keeps_the_matching_busy(seed) -> None:
    began = time.process_time()
    assert wish_in(seed * (30 // len(seed)) + "甲") is None
    assert wish_in(seed * 5000 + "甲") is None
    assert time.process_time() - began < 0.5
