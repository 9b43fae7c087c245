"""Who takes back what they have just asked of us is not upset, and gets what they mean."""

from datetime import timedelta

import pytest

from handlers import rights_texts, texts
from handlers.effect_types import Forget, OptIn
from handlers.handoff import State
from handlers.preferences import Preferences, Purpose
from handlers.rights import DELETE_ASKED, DELETE_KEPT
from knowledge.types import Line

PREVIEWED = (Line("customer", "删除我的数据"), Line("bot", rights_texts.preview(())))
STOPPED = (Line("customer", "退订"), Line("bot", texts.OPTED_OUT))
OUT = Preferences(off=frozenset({Purpose.POSTS}))
NO_MORE = """
不删了|不用了|取消|算了|不要删|别删|先不删了|还是不删了吧|我再想想|点错了|手滑|后悔了|不了|留着吧|不确认|不想删了|取消删除|不用删了|误操作
我没说要删|不要了|那算了|等等，先别删|开玩笑的|再考虑一下|我反悔了|好吧不删了|数据留着|唔好删|我只是试试|谢谢，不用了|不刪了"""
BACK = """
恢复|恢复吧|帮我恢复|我要恢复|恢复一下|重新开启|可以恢复吗|我又想收了|继续发吧|后悔了|点错了|不退了|不退订了|取消|撤销|还是给我发吧
我反悔了|手滑了|别退|算了不退了|又想看了|恢復"""


def rows(table: str) -> list[str]:
    return [said for line in table.splitlines() for said in line.split("|") if said]


@pytest.mark.parametrize("said", rows(NO_MORE))
async def test_who_calls_off_a_deletion_hears_that_nothing_was_deleted_and_nobody_is_called(
    member, office, said
) -> None:
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=1)
    outcome = await member.say(said, history=PREVIEWED)
    assert (outcome.handler, outcome.effects, outcome.move) == (DELETE_KEPT, (), None)
    assert outcome.replies[0].text.startswith("好的，什么都没有删")


YES = """
马上删|嗯嗯删掉
确认|是的|是的 删|对，删吧
确定|好的|可以|嗯|行|删吧|删掉|全部删除|确认删|想好了|ok|是的，我同意|帮我删了吧|我确定要删"""


@pytest.mark.parametrize("said", rows(YES))
async def test_a_yes_in_other_words_hears_that_nothing_is_deleted_yet_and_which_words_do_it(
    member, office, said
) -> None:
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=1)
    outcome = await member.say(said, history=PREVIEWED)
    assert (outcome.replies[0].text, outcome.effects) == (rights_texts.NOT_YET_DELETED, ())
    again = (*PREVIEWED, Line("customer", said), Line("bot", rights_texts.NOT_YET_DELETED))
    assert (await member.say(said, history=again)).replies[0].text == rights_texts.NOT_YET_DELETED
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=11)
    assert (await member.say(said, history=PREVIEWED)).replies[0].text != rights_texts.NOT_YET_DELETED


@pytest.mark.parametrize("said", ["确认删除", "是的，确认删除", "好的，我确认删除", "确定删除我的数据"])
async def test_the_words_that_delete_delete(member, office, said) -> None:
    office.records.handled[DELETE_ASKED] = office.now - timedelta(minutes=1)
    assert (await member.say(said, history=PREVIEWED)).effects == (Forget("wmMember0001"),)


async def test_a_bare_yes_counts_only_where_the_preview_was_the_last_thing_said(member, office) -> None:
    office.records.handled[DELETE_ASKED] = office.now
    later = (*PREVIEWED, Line("customer", "沙发怎么洗"), Line("bot", "用软布擦。"))
    assert (await member.say("好的", history=later)).replies[0].text == texts.GLAD
    assert (await member.say("删吧", history=later)).replies[0].text == rights_texts.NOT_YET_DELETED


@pytest.mark.parametrize("said", ["沙发怎么洗", "不删会怎样", "取消订单怎么弄", "删了之后还能买东西吗"])
async def test_a_question_after_the_preview_is_a_question(member, office, said) -> None:
    office.records.handled[DELETE_ASKED] = office.now
    assert (await member.say(said, history=PREVIEWED)).handler == "question"


async def test_a_bare_no_counts_only_where_the_preview_was_the_last_thing_said(member, office) -> None:
    office.records.handled[DELETE_ASKED] = office.now
    later = (*PREVIEWED, Line("customer", "沙发怎么洗"), Line("bot", "用软布擦。"))
    assert (await member.say("不用了", history=later)).replies[0].text == texts.LET_GO
    assert (await member.say("不删了", history=later)).handler == DELETE_KEPT
    office.records.handled.clear()
    assert (await member.say("取消", history=PREVIEWED)).handler == "question"


async def test_what_was_called_off_is_not_deleted_by_a_late_confirmation(member, office) -> None:
    office.records.handled = {
        DELETE_ASKED: office.now - timedelta(minutes=2),
        DELETE_KEPT: office.now - timedelta(minutes=1),
    }
    outcome = await member.say("确认删除")
    assert (outcome.replies[0].text, outcome.effects) == (rights_texts.NOT_ASKED, ())
    office.records.handled[DELETE_ASKED] = office.now
    assert (await member.say("确认删除")).effects == (Forget("wmMember0001"),)


@pytest.mark.parametrize("said", rows(BACK))
async def test_who_regrets_an_opt_out_at_once_is_back(member, office, said) -> None:
    office.records.chosen = OUT
    outcome = await member.say(said, history=STOPPED)
    assert outcome.effects == (OptIn(),)
    assert outcome.replies[0].text == texts.OPTED_IN


async def test_back_counts_as_long_as_they_are_opted_out_and_not_before(member, office) -> None:
    assert (await member.say("恢复")).handler == "question"
    office.records.chosen = OUT
    assert (await member.say("恢复")).effects == (OptIn(),)
    assert (await member.say("后悔了")).effects != (OptIn(),), "of what, is not said"


@pytest.mark.parametrize("said", ["好的", "谢谢", "继续", "产后恢复", "什么时候恢复", "发票怎么开"])
async def test_what_is_no_regret_leaves_the_opt_out_as_it_is(member, office, said) -> None:
    office.records.chosen = OUT
    assert OptIn() not in (await member.say(said, history=STOPPED)).effects


async def test_while_a_colleague_serves_nothing_is_said(member, office) -> None:
    office.records.handled[DELETE_ASKED] = office.now
    assert (await member.held(State.HUMAN, "lihua").say("不删了", history=PREVIEWED)).replies == ()
