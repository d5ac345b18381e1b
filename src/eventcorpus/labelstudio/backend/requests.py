"""What every route of the backend needs: bodies within limits, a login, one line of log a request, faults as JSON.

Nothing here remembers or logs a body, a header or a query string: Label Studio's requests carry its owner's token.
Starlette's own limit on bodies is not used: it answers in plain text, and pages of Label Studio show JSON alone.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
import secrets
import time
import traceback
from typing import Any

from starlette.authentication import AuthenticationBackend, AuthenticationError
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventcorpus.errors import RequestError
from eventcorpus.text import printable

logger = logging.getLogger(__name__)

MAX_DEPTH = 100
"""Levels of lists and objects in a body; Label Studio's have about 10."""
BODY_SECONDS = 60.0
"""How long a body may take to arrive."""


class AsciiResponse(JSONResponse):
    """JSON in ASCII: a task's text may hold lone surrogates, which UTF-8 does not have."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, allow_nan=False).encode("ascii")


async def read_json(request: Request, *, max_bytes: int) -> Any:
    """Read and parse a JSON body, the parsing in a thread.

    Raises:
        RequestError: as ``read_body``, or 400 if it is not JSON or nested deeper than ``MAX_DEPTH``.
    """
    return await asyncio.to_thread(_parse, await read_body(request, max_bytes=max_bytes))


async def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Read a body as it streams in, never more than ``max_bytes`` of it.

    Raises:
        RequestError: 413 if it is longer, 408 if it takes more than a minute, 400 if it breaks off.
    """
    declared = request.headers.get("content-length", "")
    n_declared = int(declared[:20]) if declared.isdecimal() else 0
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            stream = request.stream()
            while max(n_declared, len(body)) <= max_bytes and (chunk := await anext(stream, b"")):
                body += chunk
    except TimeoutError:
        raise RequestError(f"the body did not arrive within {BODY_SECONDS:.0f} s", status=408) from None
    except ClientDisconnect:
        raise RequestError("the body broke off") from None
    if max(n_declared, len(body)) > max_bytes:
        raise RequestError(
            f"the body is longer than {max_bytes / 1e6:g} MB; select fewer tasks at a time, or start the model server "
            "with a larger --max-body-mb",
            status=413,
        )
    return bytes(body)


def _parse(body: bytes) -> Any:
    too_deep = RequestError(f"the body is JSON nested deeper than {MAX_DEPTH} levels")
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise RequestError(f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise too_deep from None
    except ValueError:  # not UTF-8, or a number of thousands of digits
        raise RequestError("the body is not JSON in UTF-8 with numbers of a usual size") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _containers(parent)]
        if not level:
            return value
    raise too_deep


def _containers(value: Any) -> list[Any]:
    """The lists and objects right inside a value."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, (dict, list))]


class Credentials(AuthenticationBackend):
    """HTTP basic authentication, as Label Studio offers it for a model, for Starlette's AuthenticationMiddleware.

    ``/webhook`` needs none: Label Studio sends none there, and nothing happens there.
    """

    def __init__(self, user: str, password: str) -> None:
        self._expected = f"{user}:{password}".encode()

    async def authenticate(self, conn: HTTPConnection) -> None:
        """Check a request; takes as long for wrong credentials as for right ones.

        Raises:
            AuthenticationError: if they are not the expected ones.
        """
        scheme, _, encoded = conn.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        is_expected = secrets.compare_digest(given, self._expected) and scheme.lower() == "basic"
        if not is_expected and conn.scope["path"] != "/webhook":
            raise AuthenticationError


def ask_for_login(conn: HTTPConnection, error: AuthenticationError) -> Response:
    """The answer to a request without the right credentials."""
    detail = "this model server asks for a user and a password (Label Studio: Basic authentication)"
    return AsciiResponse({"detail": detail}, 401, {"WWW-Authenticate": 'Basic realm="eventcorpus", charset="UTF-8"'})


async def answer_fault(request: Request, error: Exception) -> Response:
    """The last resort: the message of an unexpected error might quote the request, so only its place is logged."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("a fault of ours: %s in %s, line %d", type(error).__name__, place.name, place.lineno)
    return AsciiResponse({"detail": "a fault in the model server; its log says where"}, 500)


class RequestLog:
    """The outermost middleware: times and logs each request, and answers what is cut short when the server ends.

    A route may put into ``request.state.counts`` what the line says beside method, path, status and time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except asyncio.CancelledError:  # the server's time of grace is over
            await AsciiResponse({"detail": "the model server is ending"}, 503)(scope, receive, watch)
        finally:
            counts = scope.get("state", {}).get("counts", "")
            milliseconds = (time.perf_counter() - began) * 1000
            logger.info("%s %s %d %.0f ms%s", scope["method"], _shown(scope["path"]), status, milliseconds, counts)


def _shown(path: str) -> str:
    """A path for the log: one line, escaped, at most 80 characters of it."""
    shown = printable(path[:81])
    return shown if len(shown) <= 80 else f"{shown[:80]}…"
