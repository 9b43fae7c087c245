"""Traces by OpenTelemetry: what happened to a message, from the callback to the send, across processes.

Imported only where `observability.otlp_endpoint` is set. Spans hold channels, kinds, outcomes and the hashes of the
log; no text, no id, no message of an error.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version

from aiohttp import web
from aiohttp.typedefs import Handler
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from bot.arrival import Arrival
from bot.clock import Clock
from bot.store.database import Database
from bot.store.inbox import Accepted, Inbox, Place

CARRIED = "traceparent"  # in an item's data and in a part's body: the W3C context that it belongs to
EXPORT_SECONDS = 2  # a collector that does not answer holds up a stop no longer


class Tracing:
    """Begins spans, and hands on what they belong to."""

    def __init__(self, exporter: SpanExporter, role: str) -> None:
        about = {"service.name": "fencun", "service.version": version("fencun"), "fencun.role": role}
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("fencun")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(
        self, name: str, span_kind: SpanKind = SpanKind.INTERNAL, parent: str | None = None, **attributes: str | int
    ) -> Iterator[Span]:
        """A span around what is done inside; an error is named by its class alone.

        `parent` is a `traceparent`, empty for a trace of its own; without it the span that is current here.
        """
        context = None if parent is None else self._propagator.extract({CARRIED: parent}, Context())
        here = get_current_span().get_span_context()
        with self._tracer.start_as_current_span(
            name,
            context,
            span_kind,
            attributes,
            [Link(here)] if parent and here.is_valid else (),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise

    def here(self) -> str:
        """What is current as a `traceparent`."""
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(CARRIED, "")

    def carrying(self, arrival: Arrival) -> Arrival:
        """The arrival with what is current here, for whoever works on it."""
        return replace(arrival, data={**arrival.data, CARRIED: self.here()})

    def watch(self, application: web.Application) -> None:
        """A span around each callback. What a caller sends along as its own trace is not believed."""

        @web.middleware
        async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
            resource = request.match_info.route.resource
            route = resource.canonical if resource is not None else ""
            if request.method != "POST" or not route.startswith("/wecom/"):
                return await handler(request)
            with self.span("callback", SpanKind.SERVER, parent="", route=route) as span:
                response = await handler(request)
                span.set_attribute("status", response.status)
                return response

        application.middlewares.append(traced)

    async def close(self) -> None:
        """Hand over what is left; what the collector does not take in time is lost."""
        await asyncio.to_thread(self._provider.shutdown)


class TracedInbox(Inbox):
    """Items carry the context of the callback that brought them; those of a pull begin traces of their own."""

    def __init__(self, database: Database, clock: Clock, tracing: Tracing) -> None:
        super().__init__(database, clock)
        self._tracing = tracing

    async def accept(self, arrival: Arrival) -> Accepted:
        with self._tracing.span("store", channel=arrival.address.channel, kind=arrival.kind) as span:
            accepted = await super().accept(self._tracing.carrying(arrival))
            span.set_attribute("new", accepted.new)
            return accepted

    async def accept_page(self, account: str, place: Place, arrivals: Sequence[Arrival]) -> list[Accepted]:
        return await super().accept_page(account, place, [self._begun(arrival) for arrival in arrivals])

    def _begun(self, arrival: Arrival) -> Arrival:
        with self._tracing.span("pulled", parent="", channel=arrival.address.channel, kind=arrival.kind):
            return self._tracing.carrying(arrival)


def tracing_to(endpoint: str, role: str) -> Tracing:
    """Traces for the collector at `endpoint`, by OTLP over gRPC; without TLS where it begins with http://."""
    return Tracing(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_SECONDS), role)
