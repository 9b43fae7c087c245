"""aiohttp's end of one connection: what is no HTTP, and what breaks, gets a status and not one word."""

import asyncio
import logging
from typing import cast

from aiohttp import web

from bot.web.server_log import ServerLog

LINGER = 1.0  # seconds in which somebody with too large a body may still read that it is


class Connection(web.RequestHandler):
    """aiohttp's own answers quote what was sent, and name aiohttp and Python."""

    __slots__ = ()

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop) -> None:
        logger, silent = cast("logging.Logger", ServerLog()), cast("logging.Logger", None)
        super().__init__(server, loop=loop, logger=logger, access_log=silent, lingering_time=LINGER)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp does about it, but for its words."""
        super().handle_error(request, status, exc, message)
        # No application has seen this request, so none takes the header out again: aiohttp fills it where it is absent.
        refusal = web.Response(status=status, headers={"Server": ""})
        refusal.force_close()
        return refusal

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Without the text of the one refusal of aiohttp's that quotes a header and passes no middleware."""
        if isinstance(resp, web.HTTPExpectationFailed):
            resp.body = None
        return await super().finish_response(request, resp, start_time)
