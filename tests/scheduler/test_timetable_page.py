"""What docs/timetable.md shows can be copied: every rule, trigger and audience on it is read."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from scheduler.audiences import Audience
from scheduler.stages import StageNote, reached_on, read_stage
from scheduler.timetable import parse_every
from scheduler.triggers import Trigger

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "timetable.md").read_text(encoding="utf-8")
SAMPLES = tomllib.loads("\n".join(re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)))


@pytest.mark.parametrize("rule", re.findall(r"`([^`]* \d\d:\d\d)`", PAGE))
def test_every_rule_on_the_page_is_read(rule: str) -> None:
    parse_every(rule)


def test_every_trigger_and_audience_on_the_page_is_read() -> None:
    assert {Trigger.parse(each).on for each in SAMPLES["triggers"]} == {"stage", "days_after", "new_guide"}
    assert [Audience.parse(each).name for each in SAMPLES["audiences"]] == ["辅食期"]


def test_stages_count_as_the_page_says() -> None:
    rows = dict(re.findall(r"^\| (`[^|]*) \| (exactly|roughly|for 90 days|not at all)[^|]* \|$", PAGE, re.MULTILINE))
    assert set(rows.values()) == {"exactly", "roughly", "for 90 days", "not at all"}
    for stated, counts in rows.items():
        for text in re.findall(r"`([^`]+)`", stated):
            stage, note = read_stage(text), StageNote(text, date(2026, 1, 1))
            reached = [reached_on(note, unit, count) for unit in ("months", "weeks") for count in range(60)]
            assert any(reached) == (counts != "not at all"), text
            assert counts != "exactly" or (stage is not None and not stage.rough), text
            assert counts != "roughly" or (stage is not None and stage.rough), text
