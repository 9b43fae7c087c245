"""People read words for channels and addresses, never our own names."""

import pytest

from handlers.naming import CHANNEL_NAMES, addressed, channel_name
from handlers.turn import Channel


def test_every_channel_has_a_name_that_people_know() -> None:
    assert set(CHANNEL_NAMES) == set(Channel)
    assert channel_name("kf") == "微信客服"
    assert channel_name("else") == "else"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("robot:育儿一群", "群机器人“育儿一群”"),
        ("aibot:小分:group:wrABCDEFGH1234", "智能机器人“小分”的群 wrAB…1234"),
        ("aibot:小分:single:zhangsan", "智能机器人“小分”的单聊 zhangsan"),
        ("app:zhangsan", "应用里的 zhangsan"),
        ("group:lihua:wrOgQhDg01", "lihua 的客户群 wrOg…Dg01"),
        ("customer:lihua:wmABC123456", "lihua 的客户 wmAB…3456"),
        ("appchat:ithelp01", "应用群聊 ithelp01"),
        ("audience:老客户", "人群“老客户”"),
        ("who:knows", "who:knows"),
    ],
)
def test_an_address_is_told_in_words(address: str, words: str) -> None:
    assert addressed(address) == words
