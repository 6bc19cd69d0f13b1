"""An HTTP server in a thread."""

from threading import Thread
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class SilentRequestHandler(WSGIRequestHandler):
    def log(self, *_args: Any, **_kwargs: Any) -> None:
        """Log nothing: the output belongs to the test."""


class Server:
    """Listens on a free local port until it is closed."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._server = make_server(
            "127.0.0.1", 0, app, threaded=True, request_handler=SilentRequestHandler
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
