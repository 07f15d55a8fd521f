"""The server of the page of trainings: on the loopback address, so that no other machine reaches it."""

import contextlib
import errno
import secrets
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from filmrecovery.base.errors import SettingsError
from filmrecovery.watching.application import WatchApplication
from filmrecovery.watching.shown_runs import ShownRuns
from filmrecovery.watching.watch_settings import WatchSettings

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.1
"""Until `stop` is noticed."""


class WatchServer:
    """The server, which holds its port; its address, and the token that stop and extend need."""

    def __init__(self, port: socket.socket, folders: Sequence[Path]) -> None:
        self.token = secrets.token_urlsafe(12)
        application = WatchApplication(ShownRuns(folders), self.token)
        with port:
            self._server = make_server(_HOST, 0, application, threaded=True, request_handler=_Handler, fd=port.fileno())
        self.address = f"http://{_HOST}:{self._server.port}/"

    def serve(self) -> None:
        """Answers, each request in a thread of its own, until Ctrl-C, SIGTERM or `stop`."""
        # Not in this thread: the exception of a signal is raised wherever the main thread is.
        # One that only waits is nowhere within the library.
        serving = threading.Thread(target=self._server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        with contextlib.suppress(KeyboardInterrupt):
            serving.start()
            serving.join()
        if serving.is_alive():
            self._server.shutdown()
            serving.join()

    def stop(self) -> None:
        """Ends `serve` of another thread."""
        self._server.shutdown()


def open_watch(settings: WatchSettings, folders: Sequence[Path]) -> WatchServer:
    """A server for the trainings in the folders, ready to serve.

    Raises SettingsError for a folder that is not there, and for a port that cannot be used.
    """
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(f"{folder}: is no folder; give folders of trainings, or folders that hold them")
    try:
        port = socket.create_server((_HOST, settings.port))
    except OSError as error:
        why = {
            errno.EADDRINUSE: "another program uses it, perhaps another filmrecovery watch",
            errno.EACCES: "only the administrator may use it",
        }.get(error.errno or 0, error.strerror)
        raise SettingsError(
            f"--port {settings.port}: cannot be used ({why}); end that program, or give another port, or --port 0 for "
            "any that is free"
        ) from error
    return WatchServer(port, folders)


class _Handler(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """A page that asks every two seconds would fill the terminal; errors are still logged."""
