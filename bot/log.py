"""The log: named events with fields on stderr, one JSON object per line (readable text where a person watches).

What members write, secrets and full ids of people never get in. Callers log `short(id)` and no text; the processor here
is the second fence, for what slips through and for what libraries say.
"""

import hashlib
import logging
import re
import secrets as randomness
import sys
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "***"
PRIVATE_FIELDS = frozenset({"token", "secret", "key", "access_token", "echostr", "text", "content"})
IN_ADDRESS = re.compile(r"\b(access_token|corpsecret|secret|token|key|echostr|msg_signature)=[^&\s'\"<>)]+")
TOO_SHORT = 6  # taking out shorter secrets would blacken ordinary words
_SALT = randomness.token_bytes(16)

Event = MutableMapping[str, Any]


def short(identity: str) -> str:
    """Eight hex digits that stand for a person's id: the same within one process, worthless outside it."""
    return hashlib.blake2s(identity.encode(), key=_SALT, digest_size=4).hexdigest()


def redactor(secrets: Iterable[str]) -> Callable[[Any, str, Event], Event]:
    """A structlog processor that takes out the given values, private fields and secrets in web addresses."""
    values = sorted({value for value in secrets if len(value) >= TOO_SHORT}, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, values))) if values else None

    def clean(thing: Any) -> Any:
        if isinstance(thing, Mapping):
            return {name: HIDDEN if _private(name) else clean(value) for name, value in thing.items()}
        if isinstance(thing, list | tuple | set | frozenset):
            return [clean(value) for value in thing]
        if thing is None or isinstance(thing, bool | int | float):
            return thing
        text = IN_ADDRESS.sub(rf"\1={HIDDEN}", str(thing))
        return pattern.sub(HIDDEN, text) if pattern else text

    def redact(_logger: Any, _method: str, event: Event) -> Event:
        cleaned: Event = clean(event)
        return cleaned

    return redact


def _private(name: Any) -> bool:
    return str(name).lower() in PRIVATE_FIELDS or str(name).lower().endswith(("_token", "_secret", "_key"))


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second set-up finds the first and leaves other people's handlers alone."""


def set_up(
    secrets: Iterable[str] = (), *, stream: TextIO | None = None, level: str = "INFO", console: bool | None = None
) -> None:
    """Send every event to `stream` (stderr); our own from `level` on, those of libraries from WARNING on.

    `console` chooses between text and JSON lines; by default a terminal gets text. May be called again.
    """
    target = stream or sys.stderr
    handler = _Handler(target)
    handler.setFormatter(_formatter(redactor(secrets), target.isatty() if console is None else console))
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for ours in ("bot", "handlers", "scheduler", "knowledge"):
        logging.getLogger(ours).setLevel(level)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            *_stamps(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _stamps() -> list[Any]:
    return [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _formatter(redact: Callable[[Any, str, Event], Event], console: bool) -> logging.Formatter:
    """Redaction comes after exceptions became text, so that it sees them too."""
    render = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars, *_stamps()],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            redact,
            render,
        ],
    )
