"""aiohttp's own log, made to our rule: who is refused is one event, only a defect of ours has a traceback."""

import logging
from typing import Any

import structlog
from aiohttp.http_exceptions import HttpProcessingError

log = structlog.get_logger()


class ServerLog(logging.LoggerAdapter[logging.Logger]):
    """What aiohttp's server writes to. Scanners send what is no HTTP all day long."""

    def __init__(self) -> None:
        super().__init__(logging.getLogger(__name__))

    def exception(self, msg: object, *args: object, exc_info: Any = True, **kwargs: Any) -> None:
        if isinstance(exc_info, HttpProcessingError):
            log.warning("callback_refused", channel="http", reason=type(exc_info).__name__)
        else:
            super().exception(msg, *args, exc_info=exc_info, **kwargs)
