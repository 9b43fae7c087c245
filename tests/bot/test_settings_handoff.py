"""The settings of handing over: days that do not exist, and names that are none."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.settings import WrongSettings, load


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(toml: str) -> Path:
        path = tmp_path / "fencun.toml"
        path.write_text(toml, encoding="utf-8")
        return path

    return write


Write = Callable[[str], Path]


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('[handoff]\nclosed_days = ["2026-02-30"]', "handoff.closed_days[0]：要写成日期，例如 2026-10-08"),
        ('[handoff]\nopen_days = ["明天"]', "handoff.open_days[0]：要写成日期"),
        ("[handoff]\nopen_days = [20261008]", "handoff.open_days[0]：要写成日期"),
        ("[handoff]\nclosed_days = [2026-10-08T09:00:00]", "handoff.closed_days[0]：要写成日期"),
        ('[handoff]\nclosed_days = "2026-10-08"', "handoff.closed_days：要写成列表"),
        (
            '[handoff]\nclosed_days = ["2026-10-08"]\nopen_days = ["2026-10-08"]',
            "handoff.open_days：2026-10-08 同时写在 closed_days 里",
        ),
        ("[handoff]\nceiling_hours = 0", "handoff.ceiling_hours：要大于 0"),
        ('[people]\nnames = ["lihua"]', "people.names[0]：要写成 账号=称呼"),
    ],
)
def test_a_wrong_day_or_name_is_told_with_how_to_write_it(written: Write, toml: str, expected: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        load(written(toml), {})
    assert expected in str(wrong.value)


def test_days_may_be_dates_of_toml_or_texts_and_come_from_a_variable(written: Write) -> None:
    toml = '[handoff]\nclosed_days = [2026-10-08, "2026-10-09"]'
    assert load(written(toml), {}).handoff.closed_days == (date(2026, 10, 8), date(2026, 10, 9))
    environ = {"FENCUN_HANDOFF__OPEN_DAYS": "2026-10-01,2026-10-02"}
    assert load(None, environ).handoff.open_days == (date(2026, 10, 1), date(2026, 10, 2))


def test_a_userid_of_a_name_is_read_in_lower_case(written: Write) -> None:
    assert load(written('[people]\nnames = ["LiHua = 李华"]'), {}).people.names == ("lihua=李华",)
