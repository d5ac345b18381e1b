"""Listen on a port, and let an app answer there until SIGTERM or Ctrl-C."""

from __future__ import annotations

import errno
import ipaddress
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eventcorpus.errors import InputError

GRACE_SECONDS = 3
"""How long requests may go on after SIGTERM; then their inference is stopped at its next batch."""


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
        bound_socket.listen(128)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(bound_socket: socket.socket) -> bool:
    """Whether only this machine reaches a bound socket."""
    return ipaddress.ip_address(bound_socket.getsockname()[0].split("%")[0]).is_loopback


def serve(app: Any, bound_socket: socket.socket) -> None:
    """Answer requests until SIGTERM or Ctrl-C, which end the process with status 0."""
    import uvicorn

    for name in (signal.SIGTERM, signal.SIGINT):  # uvicorn ends in order, then raises the signal again for these
        signal.signal(name, lambda *_: sys.exit(0))
    config = uvicorn.Config(
        app, log_config=None, log_level="critical", access_log=False, server_header=False, lifespan="off",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )  # fmt: skip
    uvicorn.Server(config).run(sockets=[bound_socket])


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
