"""The watch over the log finds what it is there to find."""

import logging

import pytest
import structlog

from tests.log_watch import WATCH, Watch, found


def test_a_canary_is_found_wherever_it_stands_and_its_line_is_told_once() -> None:
    text = "x" * 600_000 + '\n{"event": "a", "who": "wmDemoChen"}\n' * 2
    assert found(text, ["wmDemoLin", "wmDemoChen"]) == ['\'wmDemoChen\' in {"event": "a", "who": "wmDemoChen"}']
    assert found("0" * 499_997 + "wmDemoChen", ["wmDemoChen"]) != []
    assert found("nothing", ["wmDemoChen"]) == []


def test_short_words_are_no_canaries_and_each_look_begins_anew() -> None:
    watch = Watch()
    watch.expect_not(["你好", "宝宝昨天开始发烧了"])
    watch.seen("你好 宝宝昨天开始发烧了")
    assert len(watch.leaks()) == 1
    watch.expect_not(["宝宝昨天开始发烧了"])
    assert watch.leaks() == []


@pytest.mark.parametrize("library", [False, True])
def test_what_the_program_and_its_libraries_log_during_a_test_is_read(library: bool) -> None:
    before = len(WATCH.stream.getvalue())
    if library:
        logging.getLogger("sqlalchemy").warning("boiled over")
    else:
        structlog.get_logger("bot.outbox").info("boiled over")
    assert "boiled over" in WATCH.stream.getvalue()[before:]
