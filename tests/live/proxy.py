"""A proxy in front of a real server that does harm at a chosen request: to the client, the server or the answer."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Harm = Callable[[], None]


class Fault:
    """What happens at the ``nth`` request whose method and path match.

    Args:
        before: done before the server hears of it.
        during: done a moment after it was passed on, while the server works on it.
        after: done when the server has answered, and before the client hears of it.
        answer: sent to the client instead of the server's answer, a status.
        forward: whether the server hears of it at all.
    """

    def __init__(
        self,
        method: str,
        path: str,
        nth: int = 1,
        *,
        before: Harm | None = None,
        during: Harm | None = None,
        after: Harm | None = None,
        answer: int | None = None,
        forward: bool = True,
    ) -> None:
        self.method, self.path, self.nth = method, re.compile(path), nth
        self.before, self.during, self.after = before, during, after
        self.answer, self.forward = answer, forward
        self.n_seen = 0
        self.happened = threading.Event()

    def strikes(self, method: str, path: str) -> bool:
        """Whether this is the request."""
        if method == self.method and self.path.search(path):
            self.n_seen += 1
            return self.n_seen == self.nth
        return False


class FaultyProxy:
    """Listens on a port of its own and passes everything on to ``target``, but for one fault."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.fault: Fault | None = None
        self.log: list[tuple[str, str, int]] = []
        self._client = httpx.Client(timeout=120)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def _pass_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        kept = {k: v for k, v in headers.items() if k.lower() not in ("host", "accept-encoding", "connection")}
        return self._client.request(method, self.target + path, headers=kept, content=body)

    def _handler(proxy) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = proxy.fault if proxy.fault and proxy.fault.strikes(self.command, self.path) else None
                try:
                    status, headers, content = self._answer(body, fault)
                except httpx.HTTPError:
                    self.close_connection = True
                    return
                finally:
                    if fault:
                        fault.happened.set()
                proxy.log.append((self.command, self.path, status))
                try:
                    self.send_response(status)
                    for name, value in headers:
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True

            def _answer(self, body: bytes, fault: Fault | None) -> tuple[int, list[tuple[str, str]], bytes]:
                if fault and fault.before:
                    fault.before()
                if fault and not fault.forward:
                    return fault.answer or 500, [], b"the proxy says so"
                if fault and fault.during:
                    harm = fault.during
                    threading.Thread(target=lambda: (time.sleep(0.15), harm()), daemon=True).start()
                answer = proxy._pass_on(self.command, self.path, dict(self.headers.items()), body)
                if fault and fault.after:
                    fault.after()
                if fault and fault.answer:
                    return fault.answer, [], b"the proxy says so"
                kept = [(k, v) for k, v in answer.headers.items() if k.lower() in ("content-type", "location")]
                return answer.status_code, kept, answer.content

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _any

            def log_message(self, *_: object) -> None:
                pass

        return Handler
