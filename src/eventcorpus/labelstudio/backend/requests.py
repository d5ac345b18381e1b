"""What every route needs: bodies within limits, credentials, one line of log a request, errors as JSON.

Nothing here remembers or logs a body, a header or a query string: Label Studio's requests carry its owner's token.
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
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventcorpus.errors import RequestError

logger = logging.getLogger(__name__)

MAX_DEPTH = 100
"""Levels of lists and objects in a body; Label Studio's have about 10."""
BODY_SECONDS = 60.0
"""How long a body may take to arrive."""


class JsonResponse(Response):
    """JSON in ASCII: a task's text may hold lone surrogates, which UTF-8 does not have."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, allow_nan=False).encode("ascii")


@dataclass(frozen=True, slots=True)
class Credentials:
    """HTTP basic authentication, as Label Studio offers it for a model."""

    user: str
    password: str

    def fit(self, header: str | None) -> bool:
        """Whether an ``Authorization`` header has them; takes as long for wrong ones as for right ones."""
        scheme, _, encoded = (header or "").partition(" ")
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            given = b""
        same = secrets.compare_digest(given, f"{self.user}:{self.password}".encode())
        return same and scheme.lower() == "basic"

    def __repr__(self) -> str:
        return "Credentials(...)"


async def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Read a body as it streams in, never more than ``max_bytes`` of it.

    Raises:
        RequestError: 413 if it is longer, 408 if it takes more than a minute, 400 if it breaks off.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > max_bytes:
        raise _too_long(max_bytes)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > max_bytes:
                    raise _too_long(max_bytes)
    except TimeoutError:
        raise RequestError(f"the body did not arrive within {BODY_SECONDS:.0f} s", status=408) from None
    except ClientDisconnect:
        raise RequestError("the body broke off") from None
    return bytes(body)


async def read_json(request: Request, *, max_bytes: int) -> Any:
    """Read and parse a JSON body, the parsing in a thread.

    Raises:
        RequestError: as ``read_body``, or 400 if it is not JSON or nested deeper than ``MAX_DEPTH``.
    """
    return await asyncio.to_thread(_parse, await read_body(request, max_bytes=max_bytes))


def _parse(body: bytes) -> Any:
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise RequestError(f"the body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # not UTF-8, or a number of thousands of digits
        raise RequestError("the body is not JSON in UTF-8 with numbers of a usual size") from None
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return value
    raise _too_deep()


def _too_deep() -> RequestError:
    return RequestError(f"the body is JSON nested deeper than {MAX_DEPTH} levels")


def _too_long(max_bytes: int) -> RequestError:
    return RequestError(
        f"the body is longer than {max_bytes / 1e6:g} MB; select fewer tasks at a time, or start the model server with "
        "a larger --max-body-mb",
        status=413,
    )


class Outermost:
    """Around the app: times and logs each request, asks for credentials, and turns a fault of ours into JSON.

    ``/webhook`` needs no credentials: Label Studio sends none there, and nothing happens there.
    """

    def __init__(self, app: ASGIApp, *, credentials: Credentials | None) -> None:
        self._app, self._credentials = app, credentials

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
            await self._checked(scope, receive, watch)
        except asyncio.CancelledError:  # the server ends, and its time of grace is over
            await JsonResponse({"detail": "the model server is ending"}, 503)(scope, receive, watch)
        except Exception as error:  # the last resort; a message might quote the request, so only its place is told
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.error("a fault of ours: %s in %s, line %d", type(error).__name__, place.name, place.lineno)
            if not status:
                answer = JsonResponse({"detail": "a fault in the model server; its log says where"}, 500)
                await answer(scope, receive, watch)
        counts = scope.get("state", {}).get("counts", "")
        took = (time.perf_counter() - began) * 1000
        logger.info("%s %s %d %.0f ms%s", scope["method"], _shown(scope["path"]), status, took, counts)

    async def _checked(self, scope: Scope, receive: Receive, send: Send) -> None:
        needed = None if scope["path"] == "/webhook" else self._credentials
        if needed is None or needed.fit(Headers(scope=scope).get("authorization")):
            await self._app(scope, receive, send)
            return
        detail = "this model server asks for a user and a password (Label Studio: Basic authentication)"
        headers = {"WWW-Authenticate": 'Basic realm="eventcorpus", charset="UTF-8"'}
        await JsonResponse({"detail": detail}, 401, headers)(scope, receive, send)


def _shown(path: str) -> str:
    """A path for the log: one line, escaped, without an end."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in path[:81])
    return shown if len(shown) <= 80 else f"{shown[:80]}…"
