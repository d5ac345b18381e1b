"""The port of the service: taking it, listening, and the server that ends in order.

Everything that a client sends must arrive in a given time: a connection on which no request does is closed.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from eventcorpus.errors import InputError

BACKLOG = 2048
"""Connections that the system keeps until we accept them."""
_LATE = b'{"detail": "no whole request arrived in time"}'


@contextmanager
def bound(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that has the port but does not listen yet, so that a taken port is reported before a model is loaded.

    Raises:
        InputError: if the host is not this machine's, or the port is taken or not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise InputError(f"--host {host}: no such address; name one of this machine, such as 127.0.0.1") from None
    family, kind, _, _, address = found[0]
    with socket.socket(family, kind) as bound_socket, _explained(host, port):
        bound_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound_socket.bind(address)
        yield bound_socket


def listen(bound_socket: socket.socket) -> str:
    """Begin to listen; returns the address for people, with the port that the system chose if 0 was asked for.

    Raises:
        InputError: if somebody else began to listen there meanwhile.
    """
    host, port = bound_socket.getsockname()[:2]
    with _explained(host, port):
        bound_socket.listen(BACKLOG)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(bound_socket: socket.socket) -> bool:
    """Whether only this machine reaches a bound socket."""
    return ipaddress.ip_address(bound_socket.getsockname()[0].split("%")[0]).is_loopback


def serve(app: ASGIApp, bound_socket: socket.socket, *, timeout: float, grace: int) -> None:
    """Answer requests until SIGTERM or Ctrl-C, which end the process with status 0.

    Then nothing new is accepted, and what was accepted is answered.

    Args:
        timeout: seconds in which the head of a request must arrive.
        grace: seconds after which requests are cut short when the service ends.
    """

    class Protocol(_HttpWithoutWaiting):
        seconds = timeout

    for name in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends in order, then raises the signal again for these
        signal.signal(name, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        app, http=Protocol, ws="none", log_config=None, log_level="critical", access_log=False, server_header=False,
        lifespan="off", backlog=BACKLOG, timeout_graceful_shutdown=grace,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[bound_socket])


class _HttpWithoutWaiting(H11Protocol):
    """Closes a connection on which the head of a request does not arrive: uvicorn itself would wait for ever."""

    seconds: float
    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._due is not None:
            self._due.cancel()

    @property
    def _has_request(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _watch(self) -> None:
        if self._has_request and self._due is not None:
            self._due.cancel()
            self._due = None
        elif not self._has_request and self._due is None:
            self._due = self.loop.call_later(self.seconds, self._close)

    def _close(self) -> None:
        self._due = None
        if self._has_request or self.transport.is_closing():
            return
        if self.cycle is None:
            head = "HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
            self.transport.write(f"{head}content-length: {len(_LATE)}\r\n\r\n".encode() + _LATE)
        self.transport.close()


@contextmanager
def _explained(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} on {host} is taken; name another one, such as --port {port + 1}") from None
        if error.errno in (errno.EACCES, errno.EADDRNOTAVAIL):
            raise InputError(f"{host}, port {port}: {error.strerror}; name another --host or --port") from None
        raise
