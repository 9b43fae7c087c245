"""A model as one would find it behind a base_url: real HTTP on a free port, well-behaved or not."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer

from knowledge.model import compose, reranking, rewriting

TASKS = {compose.RULES: "compose", rewriting.RULES: "rewrite", reranking.RULES: "rerank"}
Behaviour = Callable[[web.Request], Any]


class ModelServer:
    """Says what `replies` holds for a task ("compose", "rewrite", "rerank"; else `reply`), in pieces of `size`
    characters. `asked` remembers the requests, `hold` keeps an answer back at a piece until it is set."""

    def __init__(self) -> None:
        self.url = ""
        self.reply = ""
        self.replies: dict[str, str | Callable[[dict[str, Any]], str]] = {}
        self.size = 3
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.hold: asyncio.Event | None = None
        self.hold_after = 0  # characters that are sent before
        self.instead: Callable[[], web.Response] | None = None  # what comes in place of any answer
        self.vector: Callable[[str], Sequence[float]] = lambda text: (1.0, float(len(text)), 0.5)
        self.floats = False  # embeddings as lists, though base64 was asked for

    def tasks(self) -> list[str]:
        """What was asked for, in order."""
        return [task_of(body) for path, body in self.asked if path.endswith("/chat/completions")]

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append((request.path, body))
        if self.hold and not self.hold_after:
            await self.hold.wait()
        if self.instead:
            return self.instead()
        if request.path.endswith("/embeddings"):
            return self._embeddings(body)
        return await self._chat(request, body)

    async def _chat(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        assert body["stream"] is True
        said = self.replies.get(task_of(body), self.reply)
        text = said(body) if callable(said) else said
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for start in range(0, len(text), self.size):
            if self.hold and start >= self.hold_after:
                await self.hold.wait()
            await response.write(_event({"content": text[start : start + self.size]}, None))
        await response.write(_event({}, "stop") + b"data: [DONE]\n\n")
        return response

    def _embeddings(self, body: dict[str, Any]) -> web.Response:
        rows = [self.vector(text) for text in body["input"]]
        coded = body.get("encoding_format") == "base64" and not self.floats
        found = [_base64(row) if coded else list(row) for row in rows]
        data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(found)]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        # NaN is what some servers write, though it is no JSON.
        return web.Response(
            text=json.dumps({"object": "list", "model": body["model"], "data": data, "usage": usage}),
            content_type="application/json",
        )


def task_of(body: dict[str, Any]) -> str:
    return TASKS.get(body["messages"][0]["content"], "other")


def given(body: dict[str, Any]) -> dict[str, Any]:
    """The data of a request."""
    found: dict[str, Any] = json.loads(body["messages"][1]["content"])
    return found


def html(status: int = 200) -> web.Response:
    return web.Response(
        text="<html><body><h1>502 Bad Gateway 1,2</h1></body></html>", status=status, content_type="text/html"
    )


def rubbish() -> web.Response:
    return web.Response(text='{"unexpected": [1, 2', content_type="application/json")


def other_json() -> web.Response:
    return web.json_response({"result": "ok", "choices": None})


def failing(status: int) -> Callable[[], web.Response]:
    return lambda: web.json_response({"error": {"message": "no", "type": "x", "code": "y"}}, status=status)


def _event(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n".encode()


def _base64(row: Sequence[float]) -> str:
    return base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode()


@asynccontextmanager
async def model_server() -> AsyncIterator[ModelServer]:
    model = ModelServer()
    async with TestServer(model.app()) as server:
        model.url = str(server.make_url("/v1"))
        yield model
        if model.hold:
            model.hold.set()
