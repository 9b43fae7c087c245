"""What the log shows, and what it must never show."""

import ast
import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from typer.testing import CliRunner

from bot import cli
from bot.cli import serving
from bot.log import _private, set_up, short
from bot.process_role import ProcessRole
from bot.settings import Settings
from bot.store.database import StoreUnusable
from tests import log_watch

ROOT = Path(__file__).parents[2]
SECRET = "S3cretValueOfTheApp"


def test_what_prints_for_people_leaves_ordinary_events_to_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    levels: list[str] = []
    monkeypatch.setattr("bot.log.set_up", lambda *_, level="INFO": levels.append(level))
    monkeypatch.setattr("bot.cli.serving.serve", lambda *_: 0)
    (tmp_path / "in.jsonl").write_text('{"id": 1, "text": "在吗"}')
    for words in ("serve", "plan", "mood --batch in.jsonl", "intent --batch in.jsonl"):
        CliRunner().invoke(cli.app, words.split())
    assert levels == ["INFO", "WARNING", "WARNING", "WARNING"]


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    written = io.StringIO()
    set_up([SECRET], stream=written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)
    log_watch.listen()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def ours() -> Any:
    return structlog.get_logger("bot.outbox")


def test_an_event_is_one_json_line_with_its_fields(stream: io.StringIO) -> None:
    ours().info("part.sent", part="p1", tries=2, topic="育儿")
    [line] = lines(stream)
    assert (line["event"], line["part"], line["tries"], line["topic"]) == ("part.sent", "p1", 2, "育儿")
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")
    assert "育儿" in stream.getvalue()


def test_what_is_bound_stands_in_every_line_also_in_those_of_libraries(stream: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(role="worker", process="host:1"):
        ours().info("said")
        logging.getLogger("aiohttp").warning("said")
    assert [(line["role"], line["process"]) for line in lines(stream)] == [("worker", "host:1")] * 2


def test_serve_binds_its_role_and_process(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object, **__: object) -> None:
        ours().info("said")
        raise StoreUnusable("no store")

    monkeypatch.setattr(serving, "process", build)
    assert serving.serve(Settings(), ProcessRole.WORKER) == 1
    [line] = lines(stream)
    assert line["role"] == "worker"
    assert line["process"].endswith(f":{os.getpid()}")


@pytest.mark.parametrize("name", ["token", "secret", "key", "access_token", "echostr", "text", "content", "api_key"])
def test_a_private_field_is_never_written(stream: io.StringIO, name: str) -> None:
    ours().warning("odd", **{name: "visible"}, inner={name: "visible"}, several=[{name: "visible"}])
    assert "visible" not in stream.getvalue()


def test_no_event_of_ours_hides_what_it_reports() -> None:
    """A field by a private name comes out as ***, so nothing worth reading may have one."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno} {given.arg}"
        for folder in ("bot", "handlers", "scheduler", "knowledge")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if isinstance(call.func.value, ast.Name) and call.func.value.id == "log"
        for given in call.keywords
        if given.arg and _private(given.arg)
    ]
    assert hidden == []


def test_a_known_secret_is_taken_out_of_any_field_and_of_exceptions(stream: io.StringIO) -> None:
    try:
        int(SECRET)
    except ValueError:
        ours().exception(f"failed with {SECRET}", where=[f"a{SECRET}b"])
    assert SECRET not in stream.getvalue()
    assert "ValueError" in lines(stream)[0]["exception"]


def test_a_query_string_keeps_its_shape_and_loses_its_token(stream: io.StringIO) -> None:
    ours().info("call.failed", url="https://qyapi.weixin.qq.com/cgi-bin/x?access_token=abc123&debug=1")
    assert lines(stream)[0]["url"] == "https://qyapi.weixin.qq.com/cgi-bin/x?access_token=***&debug=1"


def test_what_a_library_says_goes_the_same_way_from_warning_on(stream: io.StringIO) -> None:
    library = logging.getLogger("aiohttp.access")
    library.info("GET /wecom/app?echostr=abcdef")
    library.warning("GET /wecom/app?%s", "echostr=abcdef&nonce=7")
    [line] = lines(stream)
    assert line["event"] == "GET /wecom/app?echostr=***&nonce=7"
    assert line["logger"] == "aiohttp.access"


def test_a_second_set_up_replaces_the_first(stream: io.StringIO) -> None:
    again = io.StringIO()
    set_up([], stream=again)
    ours().info("once")
    assert stream.getvalue() == ""
    assert len(lines(again)) == 1


def test_a_terminal_gets_text_with_the_same_fence(stream: io.StringIO) -> None:
    terminal = io.StringIO()
    set_up([SECRET], stream=terminal, console=True)
    try:
        int(SECRET)
    except ValueError:
        ours().exception("part.dead", text="宝宝发烧了")
    assert "part.dead" in terminal.getvalue()
    assert SECRET not in terminal.getvalue()
    assert "发烧" not in terminal.getvalue()


def test_a_person_has_one_short_name_per_process() -> None:
    assert short("wmCustomer0001") == short("wmCustomer0001")
    assert short("wmCustomer0001") != short("wmCustomer0002")
    assert len(short("wmCustomer0001")) == 8
