"""The address of the store: read by everybody in the same way, and nothing of its password is ever shown."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.settings import WrongSettings, load
from bot.store.postgresql import where

PLAIN = ("postgresql://u:{}@h/db", "postgresql://u:{}@127.0.0.1:15432/db", "postgresql+asyncpg://u:{}@[::1]:5432/db")


def said(url: str) -> str:
    with pytest.raises(WrongSettings) as wrong:
        load(None, {"FENCUN_STORE__URL": url})
    assert wrong.value.__context__ is None
    return str(wrong.value)


@pytest.mark.parametrize("address", PLAIN)
@pytest.mark.parametrize(
    "password",
    [
        "new@hid",
        "hid@",
        "@hid",
        "12/hid",
        "hid/den",
        "hid#den",
        "12#hid",
        "hid?den",
        "12?hid",
        "1@hid/3",
        "1@hid?3",
        "[h",
    ],
)
def test_an_address_whose_password_is_not_encoded_is_refused_and_nothing_of_it_is_shown(
    address: str, password: str
) -> None:
    message = said(address.format(password))
    assert "百分号" in message
    assert "%40" in message
    assert "hid" not in message
    assert "127.0.0.1" not in message


@pytest.mark.parametrize("address", PLAIN)
@pytest.mark.parametrize("password", ["plain", "a%40b", "a%2Fb%23c%3Fd%3Ae", "a:b", "a+b!c"])
def test_an_address_whose_password_is_encoded_is_taken(address: str, password: str) -> None:
    url = address.format(password)
    assert load(None, {"FENCUN_STORE__URL": url}).store.url == url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h/db",
        "postgresql://u@h/db",
        "postgresql://fencun@server:pw@H.Example.com/db?sslmode=verify-full",
        "postgresql://u:p@h/db?host=/var/run/postgresql",
        "sqlite:////srv/a@b#c/fencun.db",
    ],
)
def test_what_stands_unencoded_elsewhere_does_no_harm(url: str, tmp_path: Path) -> None:
    assert load(None, {"FENCUN_STORE__URL": url}).store.url == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:p@h:5432/db", "h/db"),
        ("postgresql://u:new@hid@127.0.0.1:15432/db", "127.0.0.1/db"),
        ("postgresql://u:1@hid/3@h/db", "h/db"),
        ("postgresql:///db", "本机/db"),
    ],
)
def test_only_host_and_database_are_named_whatever_the_address_is(url: str, shown: str) -> None:
    assert where(make_url(url)) == shown
