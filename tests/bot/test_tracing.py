"""Traces tell which steps a message went through, in which process, and nothing about who wrote what."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bot import tracing
from bot.clock import MovableClock
from bot.foundation import CannotStart
from bot.processes import process
from bot.settings import Settings
from bot.tracing import Tracing
from tests.bot.conftest import OpenHouse
from tests.bot.house import CHEN, MONDAY, House

WORDS = "谢谢你们，帮了大忙"
TRACED = {"observability": {"otlp_endpoint": "http://127.0.0.1:4317"}}


class Collector(InMemorySpanExporter):
    """Goes on when a process has stopped."""

    def shutdown(self) -> None:
        """Not ours to end."""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What a collector would be sent."""
    exporter = Collector()
    monkeypatch.setattr(tracing, "tracing_to", lambda _endpoint, role: Tracing(exporter, role))
    yield exporter
    exporter.clear()


def ended(house: House, spans: InMemorySpanExporter) -> list[ReadableSpan]:
    traces = house.program.base.tracing
    assert traces is not None
    traces._provider.force_flush()
    return list(spans.get_finished_spans())


def named(found: list[ReadableSpan], name: str) -> list[ReadableSpan]:
    return [span for span in found if span.name == name]


def of_one_trace(found: list[ReadableSpan], span: ReadableSpan) -> list[str]:
    trace = span.get_span_context().trace_id
    together = [each for each in found if each.get_span_context().trace_id == trace]
    return [each.name for each in sorted(together, key=lambda each: each.start_time or 0)]


async def test_a_message_of_the_app_is_one_trace_from_the_callback_to_the_send(
    open_house: OpenHouse, spans: InMemorySpanExporter
) -> None:
    async with open_house(**TRACED) as house:
        ended(house, spans)
        spans.clear()
        assert await house.colleague("/whoami")
        found = ended(house, spans)
        [callback] = named(found, "callback")
        assert of_one_trace(found, callback) == ["callback", "store", "decision", "send"]
        assert dict(callback.attributes or {}) == {"route": "/wecom/app", "status": 200}
        [decision] = named(found, "decision")
        assert (decision.attributes or {})["handler"] == "command"
        [send] = [span for span in named(found, "send") if "send" in of_one_trace(found, callback)]
        assert (send.attributes or {})["sent"] is True
        assert named(found, "drain")[0].get_span_context().span_id in {
            link.context.span_id for link in decision.links
        }, "the decision names the drain that it was part of"


async def test_a_pulled_message_has_a_trace_of_its_own(open_house: OpenHouse, spans: InMemorySpanExporter) -> None:
    async with open_house(**TRACED) as house:
        ended(house, spans)
        spans.clear()
        await house.customer(WORDS)
        found = ended(house, spans)
        [pulled] = named(found, "pulled")
        assert of_one_trace(found, pulled) == ["pulled", "decision", "send"]


async def test_the_trace_goes_on_in_another_process(open_house: OpenHouse, spans: InMemorySpanExporter) -> None:
    async with open_house(**TRACED) as house:
        await house.program.engine.stop(1)
        await house.standin.employee_says("wangwei", "/whoami")
        [callback] = [span for span in ended(house, spans) if span.name == "callback"][-1:]
        await house.reopen()
        await house.settled()
        found = ended(house, spans)
        assert of_one_trace(found, callback) == ["callback", "store", "decision", "send"]


async def test_no_span_holds_a_text_or_an_id(
    open_house: OpenHouse, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(**TRACED) as house:
        await house.customer(WORDS)
        await house.colleague(f"/person {CHEN}")
        monkeypatch.setattr("bot.desk.decide", broken)
        await house.colleague("这一句会出错")
        shown = "".join(span.to_json() for span in ended(house, spans))
        assert '"status_code": "ERROR"' in shown
        assert "LookupError" in shown
        for hidden in (CHEN, WORDS, "大忙", "wangwei", "出错", "boom of", "wkFencunDemo01", "access_token"):
            assert hidden not in shown


async def broken(*_: object) -> None:
    raise LookupError("boom of a handler")


async def test_without_the_setting_nothing_is_traced_and_nothing_carried(open_house: OpenHouse) -> None:
    async with open_house() as house:
        assert await house.colleague("/whoami")
        assert house.program.base.tracing is None
        assert type(house.program.base.inbox).__name__ == "Inbox"
        assert type(house.program.dispatcher).__name__ == "Dispatcher"


@pytest.mark.parametrize("module", ["bot.app", "bot.processes"])
def test_without_the_setting_nothing_is_loaded(module: str) -> None:
    program = f"import {module}, sys; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_where_the_packages_are_absent_the_start_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, store_url: str
) -> None:
    monkeypatch.delitem(sys.modules, "bot.tracing")
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.grpc.trace_exporter", None)
    settings = Settings.model_validate({"store": {"url": store_url}, **TRACED})
    with pytest.raises(CannotStart, match=r"fencun\[tracing\]"):
        process(settings, "all", MovableClock(MONDAY, frozen=True))  # type: ignore[arg-type]


async def test_a_collector_that_is_away_keeps_nobody_waiting(open_house: OpenHouse) -> None:
    nowhere = {"observability": {"otlp_endpoint": "http://127.0.0.1:9"}}
    async with open_house(**nowhere) as house:
        assert await house.colleague("/whoami")
