"""A server of one page for this machine only; through a tunnel it shows a remote machine's runs."""

from __future__ import annotations

import webbrowser
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hyperopt.cli.chosen_runs import now
from hyperopt.durable import as_bytes
from hyperopt.errors import ConfigError
from hyperopt.site.own import own_data, own_site

if TYPE_CHECKING:
    from hyperopt.cli.chosen_runs import ChosenRuns

LOOPBACK = "127.0.0.1"
OURS = (LOOPBACK, "localhost")
TYPES = {"html": "text/html; charset=utf-8", "js": "text/javascript", "css": "text/css; charset=utf-8"}


def serve(port: int, chosen: ChosenRuns, typed: str, *, opens: bool) -> None:
    """Serve the page until Ctrl-C, rebuilding it at every load.

    Raises:
        ConfigError: the port is taken.
    """
    server = made(port, chosen, typed)
    number = server.server_address[1]
    address = f"http://{LOOPBACK}:{number}/"
    print(
        f"{address}  (elsewhere, after: ssh -L {number}:{LOOPBACK}:{number} HOST); Ctrl-C ends it", flush=True
    )
    if opens:
        webbrowser.open(address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()


def made(port: int, chosen: ChosenRuns, typed: str) -> ThreadingHTTPServer:
    """Return the server, which listens only on the loopback address; port 0 means any free port."""
    files, one_at_a_time = own_site(chosen.runs(), typed, now()), Lock()

    class Handler(BaseHTTPRequestHandler):
        """Serves files from memory: no path reaches the disk."""

        def do_GET(self) -> None:
            """Send a file of the page."""
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
            name = urlsplit(self.path).path.lstrip("/") or "index.html"
            if host not in OURS:  # another site whose name resolves to this machine
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            if name not in files:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            if name == "runs.js":
                with one_at_a_time:
                    files.update(own_data(chosen.runs(), typed, now()))
            body = as_bytes(files[name])
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", TYPES.get(name.rpartition(".")[2], "application/octet-stream"))
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-cache" if name.startswith("assets/") else "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    try:
        return ThreadingHTTPServer((LOOPBACK, port), Handler)
    except OSError as error:
        raise ConfigError(
            f"--port {port}: it cannot be listened on ({error.strerror}); try another."
        ) from None
