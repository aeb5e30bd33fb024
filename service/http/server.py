"""Running the application: one process, one event loop, sockets bound before anybody is told.

SIGTERM and Ctrl-C stop it gracefully: nothing new is taken, what is in flight is finished and answered, what
is committed is signed. A second one does not wait for slow clients. Whatever kills it harder loses nothing
that was acknowledged: that is the store's doing.

Source: ``claims.md`` PO-05 for keep-alive.
"""

import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette

from billproof.service.http.limits import HEADER_BYTES_MAX

KEEP_ALIVE_SECONDS: Final = 75
"""How long an idle connection stays open (PO-05)."""

GRACE_SECONDS: Final = 30
"""How long a stopping service waits for requests in flight."""

_BACKLOG: Final = 2_048


class Server(uvicorn.Server):
    """A server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[str], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the store, listen, and tell."""
        await super().startup(sockets)
        if self.started and self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            self._on_started(f"http://{shown}:{port}")


def make_server(app: Starlette, host: str, port: int, on_started: Callable[[str], None]) -> Server:
    """Return the server of an application; ``run`` serves until a signal or ``should_exit`` stops it.

    Args:
        app: The application.
        host: The address to listen on.
        port: The port; 0 takes a free one.
        on_started: Called with the URL once requests are taken.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=_BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        h11_max_incomplete_event_size=HEADER_BYTES_MAX * 2,
        lifespan="on",
    )
    return Server(config, on_started)
