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
        if not _refused(exc_info):
            super().exception(msg, *args, exc_info=exc_info, **kwargs)

    def debug(self, msg: object, *args: object, exc_info: Any = None, **kwargs: Any) -> None:
        """Here aiohttp tells of a first line that is no HTTP, such as TLS."""
        if not _refused(exc_info):
            super().debug(msg, *args, exc_info=exc_info, **kwargs)


def _refused(why: Any) -> bool:
    if not isinstance(why, HttpProcessingError):
        return False
    log.warning("callback_refused", channel="http", reason=type(why).__name__)
    return True
