import pytest

from scheduler.posts import WrongRecipient, parse_recipient, subject_of


@pytest.mark.parametrize(
    ("address", "channel", "account", "target", "scope", "subject", "confirmed"),
    [
        ("robot:育儿一群", "robot", "育儿一群", "育儿一群", "group", "group:robot:育儿一群", False),
        ("aibot:小分:group:wrAB12", "aibot", "小分", "wrAB12", "group", "group:wrab12", False),
        ("aibot:小分:single:ZhangSan", "aibot", "小分", "ZhangSan", "person", "person:zhangsan", False),
        ("app:ZhangSan", "app", "", "ZhangSan", "person", "person:zhangsan", False),
        ("group:lihua:wrX01", "group", "lihua", "wrX01", "group", "group:wrx01", True),
        ("customer:lihua:wmC01", "customer", "lihua", "wmC01", "person", "person:wmc01", True),
        ("appchat:ithelp01", "appchat", "", "ithelp01", "group", "group:ithelp01", False),
    ],
)
def test_every_form_of_address_is_read(
    address: str, channel: str, account: str, target: str, scope: str, subject: str, confirmed: bool
) -> None:
    found = parse_recipient(address)
    assert (found.channel, found.account, found.target) == (channel, account, target)
    assert (found.scope, found.subject, found.confirmed) == (scope, subject, confirmed)
    assert found.address == address
    assert parse_recipient(found.address) == found


def test_blanks_around_the_parts_do_not_make_another_address() -> None:
    assert parse_recipient(" app : zhangsan ") == parse_recipient("app:zhangsan")


def test_one_person_is_one_subject_on_every_channel() -> None:
    """Caps count for the person: two channels or two senders are no way round them."""
    assert parse_recipient("app:ZhangSan").subject == parse_recipient("aibot:小分:single:zhangsan").subject
    assert parse_recipient("customer:lihua:wmC01").subject == parse_recipient("customer:wangwu:wmC01").subject
    assert parse_recipient("group:lihua:wrX01").subject == parse_recipient("group:wangwu:wrX01").subject
    assert parse_recipient("app:ZhangSan").subject == subject_of("person", "zhangsan")


def test_a_robot_is_never_taken_for_a_group_of_its_name() -> None:
    assert parse_recipient("robot:wrX01").subject != parse_recipient("appchat:wrX01").subject


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("", "开头应为"),
        ("zhangsan", "开头应为"),
        ("mail:zhangsan", "开头应为"),
        ("robot：育儿一群", "半角"),
        ("robot:", "空的"),
        ("app: ", "空的"),
        ("group::wrX01", "空的"),
        ("app:a:b", "应为 app:<userid>"),
        ("group:wrX01", "应为 group:<发送人userid>:<客户群chat_id>"),
        ("aibot:小分:wrX01", "single"),
        ("aibot:小分:room:wrX01", "single"),
        ("app:@all", "一个人"),
        ("app:@ALL", "一个人"),
        ("app:zhangsan|lisi", "一个人"),
    ],
)
def test_a_wrong_address_says_what_is_wrong_and_gives_an_example(address: str, what: str) -> None:
    with pytest.raises(WrongRecipient, match="例如") as caught:
        parse_recipient(address)
    assert what in str(caught.value)
