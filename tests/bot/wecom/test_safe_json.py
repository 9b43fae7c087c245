"""JSON from outside: what no store takes and what breaks whoever walks it does not get in. Found by fuzzing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.wecom.safe_json import MAX_DEPTH, count, moment, objects, read_json, table, texts
from bot.wecom.safe_xml import Malformed


def nested(depth: int) -> str:
    return '{"a":[' * (depth // 2) + "1" + "]}" * (depth // 2)


def test_what_is_no_number_becomes_nothing() -> None:
    assert read_json("[NaN, Infinity, -Infinity, 1e999, -1e999, 1.5]") == [None, None, None, None, None, 1.5]


@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 900, 100_000])
def test_deep_nesting_is_refused_however_deep(depth: int) -> None:
    with pytest.raises(Malformed):
        read_json(nested(depth))
    with pytest.raises(Malformed):
        read_json(nested(depth).encode())


def test_a_wide_value_and_the_deepest_allowed_one_are_read() -> None:
    assert read_json(nested(MAX_DEPTH)) == json.loads(nested(MAX_DEPTH))
    assert read_json(json.dumps([{"a": [1]}] * 1000)) == [{"a": [1]}] * 1000


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nul", "9" * 5000, b"\xff\xfe", b"\x00"])
def test_what_is_no_json_is_malformed(text: str | bytes) -> None:
    with pytest.raises(Malformed):
        read_json(text)


@pytest.mark.parametrize(
    "wrong", [None, True, [], {}, "", "x", -1, 10**30, 10**400, float("inf"), float("nan"), [1], [{}]]
)
def test_a_field_of_the_wrong_kind_reads_as_absent_and_never_raises(wrong: Any) -> None:
    row = {"a": wrong}
    assert isinstance(table(row, "a"), dict)
    assert all(isinstance(each, dict) for each in objects(row, "a"))
    assert all(isinstance(each, str) for each in texts(row, "a"))
    assert isinstance(count(row, "a"), int)
    assert moment(row, "a").tzinfo is UTC


def test_numbers_come_as_numbers_and_as_texts() -> None:
    assert [count({"a": written}, "a") for written in (7, 7.0, "7")] == [7, 7, 7]
    assert moment({"a": "1764000000"}, "a") == datetime.fromtimestamp(1764000000, UTC)
