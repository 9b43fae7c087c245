"""What members decide about what we send and keep, in plain and in free words, and what only looks like it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from handlers import rights_texts
from handlers.effect_types import AskColleague, Forget, Learn, OptIn, OptOut, Prefer
from handlers.handoff import State
from handlers.mood_types import Mood, Reading
from handlers.preferences import Preferences, Profile, Purpose
from handlers.records import Kept, LastPost
from handlers.rights import DELETE_ASKED, FORGET
from handlers.turn import Kind
from knowledge.types import Line

TALKED = (Kept("聊天消息", 12, "回答您的问题", "保存 180 天", "用来查资料"),)
EARLIER = (Line("customer", "客厅怎么摆"), Line("bot", "先量尺寸。"))
POST = LastPost(
    "小客厅沙发怎么选尺寸",
    datetime(2026, 11, 20, 2, 0, tzinfo=UTC),
    "styling",
    {
        "facts": {"opted_out": False, "human_has_it": False},
        "rules": {"quiet": "21:00-09:00", "person_per_day": 1, "person_per_week": 3, "gap_hours": 18.0},
        "seen": {"day": 0, "week": 1},
    },
)


@pytest.fixture(autouse=True)
def calm(monkeypatch) -> None:
    """Nobody here is upset: what anger leads to has tests of its own."""
    monkeypatch.setattr("handlers.mood.read", lambda _text, _history=(): Reading(Mood.CALM, escalate=False, reason=""))


def chosen(outcome) -> Preferences:
    [effect] = outcome.effects
    assert isinstance(effect, Prefer)
    return effect.preferences


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("少发点", 7), ("能不能少发点", 7), ("你好，少推送一些吧", 7), ("推送太频繁了", 7), ("一周一条", 7),
        ("每周一条就行", 7), ("两周一次", 14), ("改成半个月一条", 15), ("一个月一条", 30), ("隔天一条", 2),
        ("每月最多2条", 15),
    ],
)  # fmt: skip
async def test_who_wants_fewer_gets_fewer(member, said, days) -> None:
    outcome = await member.say(said)
    assert chosen(outcome).every_days == days
    assert f"至少隔 {days} 天" in outcome.replies[0].text


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("静音7天", datetime(2026, 11, 28, 2, 0, tzinfo=UTC)),
        ("静音七天", datetime(2026, 11, 28, 2, 0, tzinfo=UTC)),
        ("靜音两周", datetime(2026, 12, 5, 2, 0, tzinfo=UTC)),
        ("静音", datetime(2026, 11, 28, 2, 0, tzinfo=UTC)),
        ("静音到周五", datetime(2026, 11, 27, 16, 0, tzinfo=UTC)),
        ("这个月别发了", datetime(2026, 11, 30, 16, 0, tzinfo=UTC)),
        ("静音到12月1号", datetime(2026, 12, 1, 16, 0, tzinfo=UTC)),
        ("静音9999天", datetime(2027, 11, 21, 2, 0, tzinfo=UTC)),
    ],
)
async def test_who_wants_silence_for_a_while_gets_it_for_a_year_at_most(member, said, until) -> None:
    assert chosen(await member.say(said)).muted_until == until


@pytest.mark.parametrize(
    ("said", "only", "never"),
    [
        ("只看育儿", {"parenting"}, set()), ("只看育儿和搭配", {"parenting", "styling"}, set()),
        ("不要家居", set(), {"styling"}), ("育儿的就别发了", set(), {"parenting"}),
        ("别给我推宝宝的内容", set(), {"parenting"}), ("不要社群的推送", set(), {"community"}),
    ],
)  # fmt: skip
async def test_topics_are_chosen_by_name(member, said, only, never) -> None:
    preferences = chosen(await member.say(said))
    assert (preferences.only, preferences.never) == (only, never)


async def test_without_the_only_topic_they_wanted_nothing_else_is_sent_instead(member, office) -> None:
    office.records.chosen = Preferences(only=frozenset({"styling"}))
    preferences = chosen(await member.say("不要家居"))
    assert (preferences.only, preferences.never) == ({"styling"}, {"styling"})


async def test_a_choice_changes_nothing_that_was_chosen_before(member, office) -> None:
    office.records.chosen = Preferences(every_days=14, only=frozenset({"parenting"}))
    preferences = chosen(await member.say("静音7天"))
    assert (preferences.every_days, preferences.only) == (14, {"parenting"})


@pytest.mark.parametrize(
    ("said", "purpose", "off"),
    [
        ("关闭个性化", Purpose.PERSONALISATION, True), ("开启个性化推荐", Purpose.PERSONALISATION, False),
        ("关闭上下文", Purpose.ANSWERS, True), ("打开上下文", Purpose.ANSWERS, False),
    ],
)  # fmt: skip
async def test_each_purpose_is_switched_by_itself(member, office, said, purpose, off) -> None:
    office.records.chosen = Preferences(off=frozenset() if off else frozenset({purpose}))
    assert (purpose in chosen(await member.say(said)).off) is off


async def test_scheduled_content_is_switched_by_the_opt_out(member) -> None:
    assert (await member.say("关闭主动推送")).effects == (OptOut(),)
    assert (await member.say("恢复推送")).effects == (OptIn(),)


async def test_with_answers_off_a_question_is_asked_without_what_was_said_before(member, office) -> None:
    await member.say("沙发呢", history=EARLIER)
    assert office.asked[-1][1] == EARLIER
    office.records.chosen = Preferences(off=frozenset({Purpose.ANSWERS}))
    await member.say("沙发呢", history=EARLIER)
    assert office.asked[-1][1] == ()


async def test_settings_are_shown_in_words_with_how_to_change_each(member, office) -> None:
    office.records.chosen = Preferences(every_days=14, never=frozenset({"styling"}), off=frozenset({Purpose.POSTS}))
    text = (await member.say("我的设置")).replies[0].text
    for part in ("已退订", "至少隔 14 天", "不发空间搭配", "静音7天", "关闭个性化", "恢复推送"):
        assert part in text


async def test_my_data_says_what_why_until_when_and_what_is_remembered(member, office) -> None:
    office.records.held = TALKED
    office.records.known = Profile({"parenting": 3}, "快8个月", "客厅", {21: 4}, stage_on=date(2026, 11, 3))
    text = (await member.say("我的数据")).replies[0].text
    remembered = ("常问育儿", "宝宝快8个月（您 2026-11-03 说的）", "客厅", "21 点")
    for part in ("聊天消息（12 条）", "回答您的问题", "保存 180 天", *remembered):
        assert part in text


async def test_why_is_answered_from_what_the_gate_saw(member, office) -> None:
    office.records.post = POST
    text = (await member.say("为什么给我发这个")).replies[0].text
    for part in ("《小客厅沙发怎么选尺寸》", "11-20 周五 10:00", "一天最多 1 条", "21:00-09:00", "没有退订", "退订"):
        assert part in text
    assert "是定期发的“空间搭配”内容" in text


async def test_why_tells_a_push_by_hand_and_a_need_from_what_comes_regularly(member, office) -> None:
    office.records.post = replace(POST, pushed=True)
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "同事手动安排推送" in text
    assert "定期" not in text
    office.records.post = replace(POST, need="满6个月")
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "“满6个月”" in text
    assert "定期" not in text


async def test_why_says_of_a_post_in_a_group_what_was_looked_at_for_the_group(member, office) -> None:
    inputs = POST.inputs | {"rules": POST.inputs["rules"] | {"group_per_day": 2}}
    office.records.post = replace(POST, group=True, inputs=inputs)
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "发在您所在的群里的《小客厅沙发怎么选尺寸》" in text
    assert "这个群那天之前已发 0 条，一天最多 2 条" in text
    assert "您没有退订" not in text, "nobody asks that before a post to a group"


async def test_why_is_answered_truthfully_where_nothing_was_sent(member) -> None:
    assert (await member.say("为什么给我发这个")).replies[0].text == rights_texts.NEVER_SENT


async def test_why_does_not_offer_to_stop_to_who_has_stopped(member, office) -> None:
    office.records.post, office.records.chosen = POST, Preferences(off=frozenset({Purpose.POSTS}))
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "回复“退订”" not in text
    assert "您已退订" in text


TIRED = """
你们怎么老给我发广告 烦不烦|怎么又给我发消息 烦死人|为什么老是发这些东西给我|干嘛一直给我推广告|你们有完没完老发消息
凭什么给我发广告|谁让你们给我发的|天天给我发广告干嘛|怎么老是收到你们的广告|老发这些干嘛"""


@pytest.mark.parametrize("said", [one for line in TIRED.splitlines() for one in line.split("|") if one])
async def test_who_sounds_tired_of_messages_reads_first_that_we_are_sorry(member, said) -> None:
    assert (await member.say(said)).replies[0].text == f"{rights_texts.SORRY_TO_BOTHER}{rights_texts.NEVER_SENT}"


HOW_KNOWN = """
你咋知道我有孩子|你怎么知道我家宝宝多大|你们怎么有我的电话|你们从哪知道我的信息|谁告诉你我怀孕了|我的信息你哪来的|你们哪来的我的手机号
你是不是在监听我|你怎么晓得我是二胎妈妈|你认识我吗|凭什么你们有我的信息|你怎么知道的"""


@pytest.mark.parametrize("said", [one for line in HOW_KNOWN.splitlines() for one in line.split("|") if one])
async def test_who_asks_how_we_know_sees_what_is_held_and_where_it_is_from(member, office, said) -> None:
    assert (await member.say(said)).replies[0].text == rights_texts.KNOWN_NOTHING
    office.records.held = TALKED
    text = (await member.say(said)).replies[0].text
    assert text.startswith(rights_texts.KNOWN_FROM)
    assert "聊天消息（12 条）" in text


@pytest.mark.parametrize(
    ("said", "noted"),
    [
        ("少发点", "至少隔 7 天一条"),
        ("两周一次", "至少隔 14 天一条"),
        ("只看育儿", "只发育儿"),
        ("不要家居", "不发空间搭配"),
    ],
)
async def test_who_is_opted_out_hears_that_a_choice_is_noted_and_nothing_comes(member, office, said, noted) -> None:
    office.records.chosen = Preferences(off=frozenset({Purpose.POSTS}))
    outcome = await member.say(said)
    assert outcome.replies[0].text == f"记下了：{noted}。{rights_texts.STILL_STOPPED}"
    assert Purpose.POSTS in chosen(outcome).off


async def test_who_is_opted_out_needs_no_mute_and_is_told_so(member, office) -> None:
    office.records.chosen = Preferences(off=frozenset({Purpose.POSTS}))
    outcome = await member.say("静音7天")
    assert (outcome.replies[0].text, outcome.effects) == (rights_texts.MUTE_IN_VAIN, ())
    assert (await member.say("取消静音")).replies[0].text.startswith("好的，静音已取消。不过您已退订")


async def test_who_comes_back_reads_what_stays_chosen(member, office) -> None:
    office.records.chosen = Preferences(every_days=14, only=frozenset({"parenting"}), off=frozenset({Purpose.POSTS}))
    outcome = await member.say("恢复推送")
    assert outcome.effects == (OptIn(),)
    assert "您选过的照旧：至少隔 14 天一条，只发育儿" in outcome.replies[0].text


async def test_a_deletion_is_shown_first_and_done_on_confirmation(member, office) -> None:
    office.records.held = TALKED
    shown = await member.say("删除我的数据")
    assert (shown.handler, shown.effects) == (DELETE_ASKED, ())
    assert "聊天消息（12 条）" in shown.replies[0].text
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=9)
    assert (await member.say("确认删除")).effects == (Forget("wmMember0001"),)
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=11)
    assert (await member.say("确认删除")).effects == ()


async def test_a_small_export_is_shown_and_a_large_one_is_for_a_colleague(member, office) -> None:
    office.records.exported = '{"person": "wmMember0001"}'
    assert (await member.say("导出我的数据")).replies[0].text == office.records.exported
    office.records.exported = "长" * 1000
    assert [type(effect) for effect in (await member.say("导出我的数据")).effects] == [AskColleague]


@pytest.mark.parametrize("state", [State.WAITING, State.HUMAN])
async def test_while_a_colleague_is_awaited_or_serves_wishes_count_and_nothing_is_said(member, office, state) -> None:
    held = member.held(state, "lihua")
    muted = await held.say("静音7天")
    assert muted.replies == ()
    assert [type(effect) for effect in muted.effects] == [Prefer]
    asked = await held.say("删除我的数据")
    assert (asked.handler, asked.replies, asked.effects) == (DELETE_ASKED, (), (AskColleague(FORGET),))
    office.records.handled[DELETE_ASKED] = office.now
    assert (await held.say("确认删除")).effects == (Forget("wmMember0001"),)


async def test_personal_things_are_not_said_in_a_group(member, office) -> None:
    office.records.held = TALKED
    group = replace(member, conversation=replace(member.conversation, chat="wrGroup"))
    for said in ("我的数据", "我的设置", "删除我的数据", "导出我的数据"):
        outcome = await group.say(said)
        assert (outcome.replies[0].text, outcome.effects) == (rights_texts.IN_GROUP, ())


NOTHING = """
退货怎么退|我要退款|静音马桶哪个好|静音轮|只看不买|只看深色沙发|删除购物车|怎么删除评论|我的数据线坏了|身高数据正常吗
宝宝少吃点行吗|少放点盐|恢复出厂设置|产后恢复|为什么发霉|为什么给我发的是次品|怎么发了两件|一周洗一次|一天几次|不要发黄的|别发货|停电了
取消活动|宝宝不要|孩子不看|服务不要了|我不想退订|这个月发货吗"""


@pytest.mark.parametrize("said", [one for line in NOTHING.splitlines() for one in line.split("|") if one])
async def test_shop_and_child_questions_change_nothing(member, said) -> None:
    outcome = await member.say(said)
    kinds = (Prefer, Forget, OptOut, OptIn, AskColleague)
    assert not [effect for effect in outcome.effects if isinstance(effect, kinds)]


@pytest.mark.parametrize(
    ("said", "learnt"),
    [
        ("我家宝宝6个月了，沙发要包边吗", Learn("styling", "6个月", "")),
        ("我家客厅放多大的沙发", Learn("styling", "", "客厅")),
        ("沙发怎么摆", Learn("styling")),
        ("朋友家宝宝6个月了，沙发要包边吗", Learn("styling")),
    ],
)
async def test_of_a_question_only_the_topic_and_what_is_stated_is_learnt(member, said, learnt) -> None:
    assert (await member.say(said)).effects == (learnt,)


async def test_with_personalisation_off_nothing_is_learnt(member, office) -> None:
    office.records.chosen = Preferences(off=frozenset({Purpose.PERSONALISATION}))
    assert (await member.say("我家客厅沙发怎么摆")).effects == ()


async def test_the_first_answer_to_a_stranger_says_who_we_are_once(member, office) -> None:
    office.records.met = False
    text = (await member.say("沙发怎么摆")).replies[0].text
    for part in ("智能助手（AI）", "最多保存 180 天", "我的数据", "退订", "转人工"):
        assert part in text
    office.records.met = True
    assert "智能助手" not in (await member.say("沙发怎么摆")).replies[0].text


async def test_the_greeting_says_who_we_are_what_is_kept_and_how_to_stop_and_fits_one_message(member) -> None:
    [greeting] = (await member.happens(Kind.ENTERED, code="CODE")).replies
    for part in ("智能助手（AI）", "最多保存 180 天", "我的数据", "删除我的数据", "退订", "转人工"):
        assert part in greeting.text
    assert len(greeting.text.encode()) <= 2048


ONLY_PARENTING = Preferences(only=frozenset({"parenting"}))
WIDER = """
算了 家居的也发吧|家居的也发吧|家居也要|也发家居的|家居的可以发|搭配也给我发
把家居的加回来|再发搭配的内容|收纳的也要|家居还是要"""


@pytest.mark.parametrize("said", [one for line in WIDER.splitlines() for one in line.split("|") if one])
async def test_a_topic_comes_beside_the_others_again(member, office, said) -> None:
    office.records.chosen = ONLY_PARENTING
    outcome = await member.say(said)
    assert chosen(outcome).only == {"parenting", "styling"}
    assert "以后只发空间搭配、育儿" in outcome.replies[0].text
    office.records.chosen = Preferences(never=frozenset({"styling"}))
    outcome = await member.say(said)
    assert chosen(outcome) == Preferences()
    assert "各类内容都会发" in outcome.replies[0].text


@pytest.mark.parametrize("said", ["别的也发吧", "其他的也可以发", "其他类型的也推吧", "所有的都发吧"])
async def test_all_topics_come_again(member, office, said) -> None:
    office.records.chosen = replace(ONLY_PARENTING, every_days=14)
    assert chosen(await member.say(said)) == Preferences(every_days=14)


@pytest.mark.parametrize(
    "said",
    ["宝宝也要", "沙发也要", "两个都发吧", "灰色的也发", "发票也要", "服务也要", "育儿也要钱吗", "装修也要注意什么"],
)
async def test_what_only_sounds_like_a_further_topic_changes_nothing(member, office, said) -> None:
    office.records.chosen = ONLY_PARENTING
    assert not [each for each in (await member.say(said)).effects if isinstance(each, Prefer)]


async def test_a_topic_more_where_none_is_missing_is_about_something_else(member, office) -> None:
    assert (await member.say("搭配也给我发")).handler == "question"


HOURS = """
晚上别发 只要上午|晚上别发|半夜不要给我发消息|别大晚上发|只在上午发|午休别打扰我
睡觉的时候别给我推送|凌晨别发了|早上再发|上午再给我发吧"""


@pytest.mark.parametrize("said", [one for line in HOURS.splitlines() for one in line.split("|") if one])
async def test_who_names_hours_hears_which_are_quiet_and_that_none_can_be_chosen(member, said) -> None:
    outcome = await member.say(said)
    assert (outcome.handler, outcome.effects) == ("rights", ())
    assert outcome.replies[0].text.startswith("21:00–09:00 是免打扰时段，本来就不会主动给您发。")


@pytest.mark.parametrize("said", ["下午发货吗", "晚上别喂奶", "早上发烧", "只要上午", "上午再喂"])
async def test_hours_of_other_things_are_questions(member, said) -> None:
    assert (await member.say(said)).handler == "question"


async def test_why_does_not_deny_what_a_colleague_may_have_just_sent(member, office) -> None:
    office.records.coming = replace(POST, title="换季收纳", at=POST.at + timedelta(hours=1))
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "没有主动给您发过" not in text
    assert "您刚看到的如果是《换季收纳》" in text
    assert "一天最多 1 条" in text
    office.records.post = POST
    text = (await member.say("为什么给我发这个")).replies[0].text
    assert "最近一条是" in text
    assert "您刚看到的如果是《换季收纳》" in text
    office.records.coming = replace(POST, title="换季收纳", at=POST.at - timedelta(days=9))
    assert "换季收纳" not in (await member.say("为什么给我发这个")).replies[0].text


async def test_why_is_answered_in_a_group_for_the_group_s_post_and_for_nobody_s_own(member, office) -> None:
    group = replace(member, conversation=replace(member.conversation, chat="wrGroup"))
    office.records.post = replace(POST, title="只给他一个人的")
    assert (await group.say("为什么发这个")).replies[0].text == rights_texts.GROUP_POSTS
    office.records.in_chats["wrGroup"] = replace(POST, group=True)
    text = (await group.say("为什么发这个")).replies[0].text
    assert "发在这个群里的《小客厅沙发怎么选尺寸》" in text
    assert "您没有退订" not in text
    assert "只给他一个人的" not in text


LISTED = (Line("customer", "我的数据"), Line("bot", rights_texts.data(TALKED, None)))


@pytest.mark.parametrize("said", ["谁让你们存的", "存多久啊", "要保存多久", "你们存这些干嘛", "什么时候删"])
async def test_after_the_list_of_what_is_kept_members_hear_why_and_how_long(member, office, said) -> None:
    assert "最多保存 180 天" in (await member.say(said, history=LISTED)).replies[0].text
    assert (await member.say(said)).handler == "question", "alone it may be about food"


async def test_who_names_their_data_hears_it_anywhere(member) -> None:
    for said in ("我的数据存多久", "谁让你们存我的数据", "凭什么保存我的信息"):
        assert "最多保存 180 天" in (await member.say(said)).replies[0].text


async def test_who_comes_back_is_told_of_the_mute_that_stays(member, office) -> None:
    until = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)
    office.records.chosen = Preferences(muted_until=until, off=frozenset({Purpose.POSTS}))
    assert "您选过的照旧：静音到 11-30 周一 00:00" in (await member.say("恢复推送")).replies[0].text
    office.records.chosen = replace(office.records.chosen, muted_until=office.now)
    assert "静音" not in (await member.say("恢复推送")).replies[0].text
