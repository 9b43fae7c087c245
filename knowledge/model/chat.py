"""The chat model: access to it through LangChain, and what it may help with.

A model helps and never decides: whatever it does not do in time or does wrong, the model-free path does.
"""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import monotonic
from typing import Any

import structlog

from knowledge.model import compose, reranking, rewriting
from knowledge.model.breaker import Breaker
from knowledge.model.compose import Draft, SoFar
from knowledge.model.endpoint_errors import meaning
from knowledge.types import Answer, Hit, Line

LONGEST_REPLY = 4000  # characters that are read of what a model says
CHOOSE_SECONDS = 2.0  # a choice stands before everything else that a member waits for
AT_ONCE = 8  # questions for which a model is asked at the same time; one more is answered without it
_PRIVATE = re.compile(r"\d(?:[ -]?\d){6,}")
_FIXED_HEAT = re.compile(r"o\d|gpt-5")  # models that refuse any temperature but their own

_LOG = structlog.get_logger(__name__)


class ModelUnusable(Exception):
    """The model's name leads to nothing that could be asked. The message says why, in words for an operator."""


class Assistant:
    """Rewrites, reranks, composes and chooses. No method raises; each gives up after its own time-out in seconds.

    A time-out of 0 turns the part off. Rewriting and reranking rest for a while after one failure, so that a model that
    hangs costs a question one of them and not both; composing after three in a row.
    """

    def __init__(
        self,
        model: Any,
        *,
        timeout: float,
        rewrite_timeout: float,
        rerank_timeout: float,
        at_once: int = AT_ONCE,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._model = model
        self._timeout = timeout
        self._rewrite_timeout = rewrite_timeout
        self._rerank_timeout = rerank_timeout
        self._free = at_once
        self._helping = Breaker(1, now=now)
        self._composing = Breaker(3, now=now)

    async def rewrite(self, question: str, history: Sequence[Line]) -> tuple[str, ...]:
        """Up to three self-contained wordings of the question to search for; empty when there are none."""
        data = rewriting.data(without_numbers(question), lines_without_numbers(history))
        said = await self._short("rewrite", rewriting.RULES, data, self._rewrite_timeout)
        return rewriting.wordings(said, question, history)

    async def rerank(self, question: str, hits: Sequence[Hit]) -> tuple[int, ...]:
        """The places of `hits`, best first. Some may be missing, all when there is no order to be had."""
        if len(hits) < 2:
            return ()
        said = await self._short(
            "rerank", reranking.RULES, reranking.data(without_numbers(question), hits), self._rerank_timeout
        )
        return reranking.order(said, len(hits))

    async def compose(self, question: str, hits: Sequence[Hit], so_far: SoFar | None = None) -> Answer | None:
        """An answer worded by the model and checked against `hits`; None when no supported one came in time.

        `so_far` hears the growing text: checked sentences only, always with the label.
        """
        draft = Draft(hits)

        def hear(piece: str) -> bool:
            if draft.write(piece) and so_far is not None:
                so_far(draft.shown)
            return not draft.full

        data = compose.data(without_numbers(question), hits)
        if not await self._ask("compose", self._composing, compose.RULES, data, self._timeout, hear):
            return None
        draft.end()
        answer = draft.answer()
        if answer is None:
            _LOG.info("compose_unsupported")
        return answer

    async def choose(self, rules: str, data: dict[str, object], choices: Sequence[str]) -> str:
        """The one of `choices` that the model replies to `data` under `rules`, within 2 s; empty when it names none."""
        said = await self._short("choose", rules, data, CHOOSE_SECONDS)
        word = said.strip().strip("。.\"“”'").casefold()
        return word if word in choices else ""

    async def trouble(self) -> str:
        """Ask for one word: why none came, in words for an operator; empty when one did."""
        try:
            async with asyncio.timeout(self._timeout):
                await self._read("只回复一个字：好", {"question": "在吗"}, lambda _: False)
        except Exception as error:  # noqa: BLE001  (every reason is worth telling)
            return meaning(error)
        return ""

    async def _short(self, what: str, rules: str, data: dict[str, object], seconds: float) -> str:
        """A whole short reply; empty when there is none."""
        said: list[str] = []

        def hear(piece: str) -> bool:
            said.append(piece)
            return sum(map(len, said)) < LONGEST_REPLY

        done = await self._ask(what, self._helping, rules, data, seconds, hear)
        return compose.without_thoughts("".join(said)) if done else ""

    async def _ask(
        self,
        what: str,
        breaker: Breaker,
        rules: str,
        data: dict[str, object],
        seconds: float,
        hear: Callable[[str], bool],
    ) -> bool:
        """Have the reply read to `hear`; whether it was heard to its end."""
        if seconds <= 0 or breaker.pausing or not self._free:
            return False
        self._free -= 1
        try:
            async with asyncio.timeout(seconds):
                await self._read(rules, data, hear)
        except Exception as error:  # noqa: BLE001  (whatever happens out there, the model-free path stands)
            breaker.failed()
            _LOG.warning("model_failed", task=what, error=type(error).__name__)
            return False
        finally:
            self._free += 1
        breaker.worked()
        return True

    async def _read(self, rules: str, data: dict[str, object], hear: Callable[[str], bool]) -> None:
        """Stream one reply. `hear` says whether to go on."""
        from langsmith import tracing_context  # noqa: PLC0415  (a bot without a model loads none of it)

        heard = False
        # A variable of the environment could have LangChain send every question to its makers' service as well.
        with tracing_context(enabled=False):
            async with aclosing(self._model.astream([("system", rules), ("human", as_json(data))])) as chunks:
                async for chunk in chunks:
                    piece = str(chunk.text)
                    heard = heard or bool(piece)
                    if piece and not hear(piece):
                        return
        if not heard:
            raise ValueError("the model said nothing")


def assistant(
    name: str,
    base_url: str,
    api_key: str,
    *,
    timeout: float,
    rewrite_timeout: float,
    rerank_timeout: float,
    at_once: int = AT_ONCE,
) -> Assistant:
    """An assistant on the chat model `name`, see `chat_model`. Time-outs in seconds. Raises ModelUnusable.

    Loads LangChain, which takes a second: call it in a thread.
    """
    return Assistant(
        chat_model(name, base_url, api_key, timeout),
        timeout=timeout,
        rewrite_timeout=rewrite_timeout,
        rerank_timeout=rerank_timeout,
        at_once=at_once,
    )


def chat_model(name: str, base_url: str, api_key: str, timeout: float) -> Any:
    """LangChain's chat model for `name`: `provider:model`, or the bare name of a model behind an OpenAI-compatible
    address. A colon after no provider known to LangChain belongs to the model's name (qwen3:8b).

    Nothing is retried and nothing is sent yet. Raises ModelUnusable where the provider's package is not installed or
    does not take what it is given.
    """
    from langchain.chat_models import init_chat_model  # noqa: PLC0415  (a bot without a model loads none of it)

    provider, model = _named(name)
    options: dict[str, Any] = {"timeout": timeout, "max_retries": 0, "base_url": base_url or None}
    if not _FIXED_HEAT.match(model):
        options["temperature"] = 0
    if provider == "openai":
        # Newer names would make it call an endpoint that compatible servers lack. Servers on the own machine often want
        # no key; the client insists on one.
        options |= {"use_responses_api": False, "api_key": api_key or "none"}
    elif api_key:
        options["api_key"] = api_key
    try:
        return init_chat_model(
            model, model_provider=provider, **{key: value for key, value in options.items() if value is not None}
        )
    except ImportError as error:
        package = f"langchain-{provider.replace('_', '-')}"
        raise ModelUnusable(f"用 {provider} 的模型要先安装 LangChain 的对应包（一般叫 {package}）。") from error
    except Exception as error:
        raise ModelUnusable(f"{provider} 的模型建不起来（{type(error).__name__}），请检查 [model] 各项。") from error


def as_json(data: dict[str, object]) -> str:
    """The data as one JSON text that nothing inside can end: quotes and line breaks are escaped by JSON, angle brackets
    too, since some servers read <|…|> anywhere as the turn of another speaker."""
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")


def without_numbers(text: str) -> str:
    """What a member wrote without telephone, order and identity numbers: no model needs them to find a guide."""
    return _PRIVATE.sub("（号码）", text)


def lines_without_numbers(history: Sequence[Line]) -> list[Line]:
    """The same for what was said before."""
    return [replace(line, text=without_numbers(line.text)) for line in history]


def _named(name: str) -> tuple[str, str]:
    provider, colon, model = name.partition(":")
    if not colon:
        return "openai", name
    from langchain.chat_models.base import _BUILTIN_PROVIDERS  # noqa: PLC0415

    known = provider.strip().replace("-", "_").lower()
    return (known, model.strip()) if known in _BUILTIN_PROVIDERS else ("openai", name)
