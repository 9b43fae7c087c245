"""What each error code means for what happens next."""

import pytest

from bot.errors import AlreadyDone, NeedsOperator, RefreshToken, Refused, SendError, StateMoved, TryLater
from bot.wecom.errors import KNOWN, Family, family_of, raise_for


def raised(errcode: int, family: Family = "general", errmsg: str = "some text, hint: [1]") -> SendError:
    with pytest.raises(SendError) as caught:
        raise_for(errcode, errmsg, family)
    assert caught.value.errcode == errcode
    return caught.value


@pytest.mark.parametrize("family", ["token", "general", "kf", "mass", "webhook", "aibot"])
def test_zero_is_success_everywhere(family: Family) -> None:
    raise_for(0, "ok", family)


@pytest.mark.parametrize(
    ("family", "errcode", "expected"),
    [
        ("general", -1, TryLater),
        ("general", 45009, TryLater),
        ("general", 40014, RefreshToken),
        ("general", 42001, RefreshToken),
        ("general", 40001, NeedsOperator),
        ("general", 40013, NeedsOperator),
        ("general", 48002, NeedsOperator),
        ("general", 60020, NeedsOperator),
        ("general", 40058, Refused),
        ("general", 81013, Refused),
        ("general", 42045, Refused),
        ("general", 86215, AlreadyDone),
        ("kf", 95018, StateMoved),
        ("kf", 95016, StateMoved),
        ("kf", 95013, StateMoved),
        ("kf", 95001, Refused),
        ("kf", 95002, Refused),
        ("kf", 95014, Refused),
        ("kf", 95019, Refused),
        ("kf", 95004, NeedsOperator),
        ("kf", 95011, NeedsOperator),
        ("kf", 95012, NeedsOperator),
        ("kf", 60020, NeedsOperator),
        ("mass", 41051, AlreadyDone),
        ("mass", 41093, AlreadyDone),
        ("mass", 41063, TryLater),
        ("mass", 40201, Refused),
        ("webhook", 93000, NeedsOperator),
        ("webhook", 45009, TryLater),
        ("webhook", 40014, TryLater),
        ("aibot", 846606, AlreadyDone),
        ("aibot", 846607, TryLater),
        ("aibot", 853000, NeedsOperator),
        ("token", 42001, TryLater),
    ],
)
def test_the_class_says_what_happens_next(family: Family, errcode: int, expected: type[SendError]) -> None:
    assert type(raised(errcode, family)) is expected


@pytest.mark.parametrize(("errcode", "seconds"), [(-1, 2), (45009, 60), (45033, 5)])
def test_the_wait_is_the_documents(errcode: int, seconds: int) -> None:
    error = raised(errcode)
    assert isinstance(error, TryLater)
    assert error.after.total_seconds() == seconds


def test_a_reminder_over_the_daily_three_waits_a_day() -> None:
    error = raised(41094, "mass")
    assert isinstance(error, TryLater)
    assert error.after.days == 1


def test_a_code_in_no_table_is_refused_and_not_known() -> None:
    assert type(raised(987654, "kf")) is Refused
    assert 987654 not in KNOWN
    assert 95018 in KNOWN


@pytest.mark.parametrize("family", ["token", "general", "kf", "mass", "webhook", "aibot"])
def test_every_operator_text_is_a_chinese_sentence(family: Family) -> None:
    errors = [raised(errcode, family) for errcode in KNOWN]
    texts = [error.what_to_do for error in errors if isinstance(error, NeedsOperator)]
    assert texts
    assert all(text.endswith("。") and len(text) > 15 for text in texts)


def test_the_trusted_address_error_says_what_to_click() -> None:
    error = raised(60020, errmsg="not allow to access from your ip, from ip: 203.0.113.7")
    assert isinstance(error, NeedsOperator)
    assert "企业可信IP" in error.what_to_do
    assert "203.0.113.7" in str(error)


def test_a_long_errmsg_is_cut() -> None:
    assert len(str(raised(40058, errmsg="x" * 10_000))) < 400


@pytest.mark.parametrize(
    ("path", "family"),
    [("kf/send_msg", "kf"), ("externalcontact/add_msg_template", "mass"), ("message/send", "general")],
)
def test_a_path_tells_the_table(path: str, family: Family) -> None:
    assert family_of(path) == family
