"""Two HTTP servers for `submit`: one redirects, and the other records whatever reaches it."""

import ssl
import threading
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer


class Server:
    """A server on a free port of this machine.

    Args:
        answer: Function of a path that returns status, Location and body.
        tls: Context for HTTPS; None for plain HTTP.

    Attributes:
        url: Its address.
        requests: Headers of the requests so far.
    """

    def __init__(self, answer: Callable[[str], tuple[int, str, bytes]], tls: ssl.SSLContext | None = None):
        requests: list[Message] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                requests.append(self.headers)
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, location, body = answer(self.path)
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET

            def log_message(self, *arguments: object) -> None:
                """Nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.requests = requests
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def collector() -> Server:
    """A server that agrees to everything."""
    return Server(lambda path: (200, "", b"{}"))
