"""Whom a post is for: each person once, nobody who is not welcome, and never everybody by accident."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.audiences import Audience, MemberFacts, WrongAudience, read_list, resolve
from scheduler.stages import StageNote

TODAY = date(2026, 11, 26)
LISTS = {"vip.csv": ("wmC02", "app:boss"), "leer.csv": ()}


def member(name: str, *addresses: str, **facts) -> MemberFacts:
    known = {"opted_out": False, "deleted": False} | facts
    return MemberFacts(f"person:{name}", addresses or (f"app:{name}",), **known)


def audience(*include: str, exclude: tuple[str, ...] = (), **more) -> Audience:
    return Audience.parse({"name": "一群人", "include": list(include), "exclude": list(exclude), **more})


def chosen(
    *include: str, among: tuple[MemberFacts, ...] = (), exclude: tuple[str, ...] = (), **more
) -> tuple[str, ...]:
    return resolve(audience(*include, exclude=exclude, **more), among, TODAY, LISTS)


LIN = member("lin", topics=frozenset({"parenting"}), layer="regular")
CHEN = member("chen", topics=frozenset({"styling"}), layer="quiet")
WANG = member(
    "wmc02",
    "customer:lihua:wmC02",
    "customer:zhao:wmC02",
    layer="regular",
    tags=frozenset({("zhao", "etA1"), ("lihua", "etB2")}),
)
ALL = (LIN, CHEN, WANG)


def test_members_are_chosen_by_topic_layer_and_tag() -> None:
    assert chosen("topic:parenting", among=ALL) == ("app:lin",)
    assert chosen("layer:regular", among=ALL) == ("app:lin", "customer:lihua:wmC02")
    assert chosen("layer:平常", among=ALL) == chosen("layer:regular", among=ALL)
    assert chosen("tag:lihua:etB2", among=ALL) == ("customer:lihua:wmC02",)


def test_a_tag_belongs_to_the_colleague_who_set_it_and_the_post_goes_through_them() -> None:
    assert chosen("tag:Zhao:etA1", among=ALL) == ("customer:zhao:wmC02",)
    with pytest.raises(WrongAudience, match="现在没有人"):
        chosen("tag:lihua:etA1", among=ALL)


def test_selectors_add_up_and_exclude_takes_away() -> None:
    assert chosen("topic:parenting", "topic:styling", among=ALL) == ("app:chen", "app:lin")
    assert chosen("topic:parenting", "topic:styling", among=ALL, exclude=("layer:quiet",)) == ("app:lin",)
    assert chosen("layer:regular", among=ALL, exclude=("app:LIN",)) == ("customer:lihua:wmC02",)


def test_addresses_of_groups_and_people_are_taken_as_they_are() -> None:
    assert chosen("robot:育儿一群", "group:lihua:wrX01", "app:boss") == (
        "app:boss",
        "group:lihua:wrX01",
        "robot:育儿一群",
    )
    assert chosen("group:lihua:wrX01", "group:zhao:WRX01") == ("group:lihua:wrX01",), "one group, two senders"
    assert chosen("robot:a", "robot:b", exclude=("robot:a",)) == ("robot:b",)


def test_a_person_gets_one_address_app_before_customer_before_a_bot_s_chat() -> None:
    three = member("lin", "aibot:小分:single:lin", "customer:lihua:lin", "app:lin", layer="close")
    assert chosen("layer:close", among=(three,)) == ("app:lin",)
    two = member("lin", "aibot:小分:single:lin", "customer:lihua:lin", layer="close")
    assert chosen("layer:close", "app:boss", among=(two,)) == ("app:boss", "customer:lihua:lin")
    assert chosen("aibot:小分:single:lin", "app:lin") == ("app:lin",)


def test_an_address_written_out_is_used_where_only_it_selects_the_member() -> None:
    assert chosen("customer:zhao:wmC02", among=ALL) == ("customer:zhao:wmC02",)
    assert chosen("customer:zhao:wmC02", "layer:regular", among=ALL) == ("app:lin", "customer:lihua:wmC02")


def test_a_group_is_no_address_of_a_member() -> None:
    odd = member("lin", "robot:育儿一群", layer="close")
    with pytest.raises(WrongAudience, match="现在没有人"):
        chosen("layer:close", among=(odd,))


@pytest.mark.parametrize("fact", ["opted_out", "deleted"])
@pytest.mark.parametrize("known", [True, None])
@pytest.mark.parametrize("how", ["topic:parenting", "app:lin", "everyone", "file:vip.csv"])
def test_who_opted_out_or_deleted_us_or_may_have_stays_out_however_chosen(
    fact: str, known: bool | None, how: str
) -> None:
    gone = member("lin", topics=frozenset({"parenting"}), **{fact: known})
    found = resolve(
        audience(how, "app:boss", confirm_everyone=True), (gone, gone), TODAY, {"vip.csv": ("lin", "app:Lin")}
    )
    assert found == ("app:boss",)


def test_told_of_twice_the_word_that_keeps_out_counts() -> None:
    again = member("lin", "customer:lihua:lin", opted_out=True)
    for members in ((LIN, again), (again, LIN)):
        assert chosen("topic:parenting", "app:boss", among=members) == ("app:boss",)


def test_who_is_no_member_is_left_to_the_gate() -> None:
    assert chosen("app:stranger", among=ALL) == ("app:stranger",)


def test_a_list_names_addresses_and_ids_of_members() -> None:
    assert chosen("file:vip.csv", among=ALL) == ("app:boss", "customer:lihua:wmC02")
    assert chosen("file:vip.csv") == ("app:boss",), "an id of nobody we know has no address"
    assert chosen("layer:regular", among=ALL, exclude=("file:vip.csv",)) == ("app:lin",)
    assert audience("file:vip.csv", "file:vip.csv", exclude=("file:weg.csv",)).files == ("vip.csv", "weg.csv")
    with pytest.raises(WrongAudience, match="读不到"):
        chosen("file:fehlt.csv", among=ALL)
    with pytest.raises(WrongAudience, match="现在没有人"):
        chosen("file:leer.csv", among=ALL)


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("wmA01\nwmA02\n", ("wmA01", "wmA02")),
        ("\ufeff姓名,external_userid\n小陈,wmA01\n\n小林,wmA01\n,\n", ("wmA01",)),
        ("地址\napp:lin\n", ("app:lin",)),
        ("app:lin,x\ngroup:lihua:wrX01\n", ("app:lin", "group:lihua:wrX01")),
        ("", ()),
    ],
)
def test_a_csv_is_read_by_its_known_column_or_its_first(text: str, entries: tuple[str, ...]) -> None:
    assert read_list(text, "vip.csv") == entries


def test_a_csv_with_a_wrong_address_names_file_and_line() -> None:
    with pytest.raises(WrongAudience, match=r"“vip.csv”第 2 行.*@all"):
        read_list("app:lin\napp:@all\n", "vip.csv")


NOTES = {
    "six": StageNote("6个月", date(2026, 11, 1)),
    "five": StageNote("5个月", date(2026, 11, 1)),
    "grown": StageNote("2个月", date(2026, 7, 1)),
    "vague": StageNote("6个月左右", date(2026, 1, 1)),
    "year": StageNote("1岁", date(2026, 11, 1)),
    "pregnant": StageNote("孕20周", date(2026, 11, 1)),
    "lost": StageNote("孕20周", date(2026, 5, 1)),
}
PARENTS = (*(member(name, stage=note) for name, note in NOTES.items()), member("none"))


@pytest.mark.parametrize(
    ("stage", "names"),
    [
        ("6个月", ("app:grown", "app:six")),
        ("5-7个月", ("app:five", "app:grown", "app:six")),
        ("孕期", ("app:pregnant",)),
        ("孕20-24周", ("app:pregnant",)),
    ],
)
def test_a_stage_selects_those_who_are_surely_in_it_now(stage: str, names: tuple[str, ...]) -> None:
    assert chosen(f"stage:{stage}", among=PARENTS) == names


def test_to_be_left_out_it_is_enough_that_a_stage_may_be_meant() -> None:
    """Five months stated four weeks ago may be six by now; what cannot be told may be anything."""
    left = chosen("everyone", among=PARENTS, exclude=("stage:6个月",), confirm_everyone=True)
    assert left == ("app:none", "app:pregnant")


def test_everyone_has_to_be_confirmed_by_a_second_line() -> None:
    for confirmed in ({}, {"confirm_everyone": False}, {"confirm_everyone": "true"}, {"confirm_everyone": 1}):
        with pytest.raises(WrongAudience, match="confirm_everyone = true"):
            audience("everyone", **confirmed)
    assert len(chosen("Everyone", among=ALL, confirm_everyone=True)) == 3


@pytest.mark.parametrize("word", ["all", "@all", "*", "所有人", "全部"])
def test_other_words_for_everyone_are_not_taken_even_confirmed(word: str) -> None:
    with pytest.raises(WrongAudience, match="everyone"):
        audience(word, confirm_everyone=True)


@pytest.mark.parametrize(
    ("include", "what"),
    [
        ([], "没有写 include"),
        ("layer:regular", "列表"),
        (["topics:parenting"], "是不是想写 topic"),
        (["lay:regular"], "是不是想写 layer"),
        (["zhangsan"], "不认识“zhangsan”"),
        (["topic"], "是不是想写 topic"),
        (["topic:"], "格式不对"),
        (["tag:etA1"], "tag:<同事userid>:<tag_id>"),
        (["tag:lihua:"], "tag:<同事userid>:<tag_id>"),
        (["layer:reglar"], "是不是想写 regular"),
        (["layer:vip"], "没有“vip”这一层"),
        (["stage:宝宝"], "看不懂"),
        (["app:@all"], "只能写一个人"),
        (["app:"], "空的"),
        (["file:"], "格式不对"),
    ],
)
def test_a_wrong_audience_says_what_to_write_instead(include: object, what: str) -> None:
    with pytest.raises(WrongAudience, match=what):
        Audience.parse({"name": "一群人", "include": include})


def test_an_audience_has_a_name_and_never_excludes_everyone() -> None:
    with pytest.raises(WrongAudience, match="没有名字"):
        Audience.parse({"include": ["layer:regular"]})
    with pytest.raises(WrongAudience, match="exclude"):
        audience("layer:regular", exclude=("everyone",))


def test_nobody_is_an_error_and_not_an_empty_list() -> None:
    with pytest.raises(WrongAudience, match="“一群人”现在没有人"):
        chosen("topic:cooking", among=ALL)


def test_full_width_colons_and_spaces_are_forgiven() -> None:
    assert audience("topic：parenting", " tag : lihua : etB2 ").include == ("topic:parenting", "tag:lihua:etB2")


NAMES = st.sampled_from(["lin", "chen", "wang", "zhao", "li"])
MEMBERS = st.lists(
    st.builds(
        lambda name, channels, **facts: MemberFacts(
            f"person:{name}", tuple(f"{channel}:{name}" for channel in channels), **facts
        ),
        NAMES,
        st.lists(st.sampled_from(["app", "customer:lihua", "customer:zhao", "aibot:小分:single"]), unique=True),
        topics=st.frozensets(st.sampled_from(["parenting", "styling"])),
        layer=st.sampled_from(["", "regular", "quiet"]),
        tags=st.frozensets(st.tuples(st.sampled_from(["lihua", "zhao"]), st.sampled_from(["etA1", "etB2"]))),
        stage=st.none() | st.sampled_from(sorted(NOTES.values(), key=str)),
        opted_out=st.sampled_from([True, False, False, None]),
        deleted=st.sampled_from([True, False, False, None]),
    ),
    max_size=8,
)
SELECTS = st.lists(
    st.sampled_from(
        [
            "topic:parenting",
            "layer:regular",
            "tag:zhao:etA1",
            "stage:6个月",
            "app:lin",
            "customer:zhao:chen",
            "file:l.csv",
        ]
    ),
    max_size=4,
)


@given(members=MEMBERS, include=SELECTS, exclude=SELECTS, everyone=st.booleans())
def test_whatever_is_written_nobody_is_reached_twice_or_against_their_will(
    members: list[MemberFacts], include: list[str], exclude: list[str], everyone: bool
) -> None:
    whole = audience("robot:一群", *include, *(["everyone"] * everyone), exclude=tuple(exclude), confirm_everyone=True)
    lists = {"l.csv": ("li", "aibot:小分:single:wang")}
    found = resolve(whole, members, TODAY, lists)
    people = [address.rpartition(":")[2] for address in found if address != "robot:一群"]
    assert len(people) == len(set(people))
    unwelcome = {each.subject.removeprefix("person:") for each in members if not each.welcome}
    assert unwelcome.isdisjoint(people)
    assert found == resolve(whole, members, TODAY, lists), "the same facts give the same audience"
