"""What every route of the service needs: bodies within limits, a key, one line of log a request, faults as JSON.

Nothing here remembers or logs a body, a header or a query string: they hold articles, and Label Studio's requests carry
its owner's token. Starlette's own limit on bodies is not used: it answers in plain text, and pages of Label Studio show
JSON alone.
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
from collections.abc import AsyncIterator, Awaitable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.authentication import AuthenticationBackend, AuthenticationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from eventcorpus.errors import InputError, OntologyError, RequestError
from eventcorpus.serving.metrics import Metrics
from eventcorpus.text import printable

logger = logging.getLogger(__name__)

MAX_DEPTH = 100
"""Levels of lists and objects in a body; Label Studio's have about 10."""
BODIES_AT_ONCE = 4
"""All bodies that are held at a time have at most so many times the bytes of the longest one."""
CLIENT_GONE = 499
"""The status in our log for an answer that nobody waited for (nginx's number)."""
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring and cost.

    Args:
        max_bytes: of a body; hostile JSON takes twenty times as much when it is parsed.
        max_characters: of an article; the bundled encoder reads 300,000 in 12 s on two cores.
        max_waiting: requests that wait for their turn.
        timeout: seconds in which a body must arrive, and again for its answer; Label Studio waits 100.
    """

    max_bytes: int = 20_000_000
    max_characters: int = 200_000
    max_waiting: int = 64
    timeout: float = 100.0


class AsciiResponse(JSONResponse):
    """JSON in ASCII: a task's text may hold lone surrogates, which UTF-8 does not have."""

    def render(self, content: Any) -> bytes:
        """The bytes."""
        return json.dumps(content, allow_nan=False).encode("ascii")


# bodies --------------------------------------------------------------------------------------------------------------


class Bodies:
    """Reads bodies within limits of length, time and of what all of them may hold together.

    All that are held at a time have at most ``BODIES_AT_ONCE`` times the bytes that one may have.
    """

    def __init__(self, limits: Limits) -> None:
        self._max_bytes, self._timeout = limits.max_bytes, limits.timeout
        self._n_held = 0

    @asynccontextmanager
    async def held(self, request: Request) -> AsyncIterator[bytearray]:
        """A body, read as it streams in; its bytes count as held until the context ends.

        Raises:
            RequestError: 413 if it is too long, 408 if it takes too long, 400 if it breaks off, 429 if others fill the
                memory.
        """
        declared = request.headers.get("content-length", "")
        self._check_length(int(declared[:20]) if declared.isdecimal() else 0)
        body = bytearray()
        try:
            await self._fill(body, request)
            yield body
        finally:
            self._n_held -= len(body)

    async def _fill(self, body: bytearray, request: Request) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                async for chunk in request.stream():
                    body += chunk
                    self._n_held += len(chunk)
                    self._check_length(len(body))
        except TimeoutError:
            raise RequestError(f"the body did not arrive within {self._timeout:g} s", status=408) from None
        except ClientDisconnect:
            raise RequestError("the body broke off") from None

    def _check_length(self, n_bytes: int) -> None:
        if n_bytes > self._max_bytes:
            raise RequestError(
                f"the body is longer than {self._max_bytes / 1e6:g} MB; send fewer articles at a time, or start the "
                "service with a larger --max-body-mb",
                status=413,
            )
        if self._n_held > BODIES_AT_ONCE * self._max_bytes:
            raise RequestError("other bodies fill the memory; ask again later", status=429, retry_after=1)

    @asynccontextmanager
    async def json(self, request: Request) -> AsyncIterator[Any]:
        """A JSON body, parsed in a thread.

        Raises:
            RequestError: as ``held``, or 400 if it is not JSON or nested deeper than ``MAX_DEPTH``.
        """
        async with self.held(request) as body:
            yield await asyncio.to_thread(_parse, body)


def check_is_json(request: Request) -> None:
    """Refuse a body that says it is something else: a page of another site can send no JSON without being asked.

    Raises:
        RequestError: 415.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise RequestError("the body must be JSON; send it with Content-Type: application/json", status=415)


def _parse(body: bytearray) -> Any:
    too_deep = RequestError(f"the body is JSON nested deeper than {MAX_DEPTH} levels")
    try:
        value = json.loads(body.decode("utf-8-sig"))
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


# answers -------------------------------------------------------------------------------------------------------------


async def in_time(request: Request, work: Awaitable[Answer], *, timeout: float) -> Answer:
    """Wait for some work, no longer than the client does; then the work is cancelled.

    Raises:
        RequestError: 503 after ``timeout`` seconds, 499 if the client has gone.
    """
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        if gone.done():
            raise RequestError("given up: nobody waits for the answer any more", status=CLIENT_GONE)
        raise RequestError(
            f"given up after {timeout:g} s; send fewer or shorter articles at a time", status=503, retry_after=10
        )
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def status_of(error: RequestError | InputError) -> int:
    """The HTTP status that answers an error of what was sent."""
    if isinstance(error, RequestError):
        return error.status
    return 400 if isinstance(error, OntologyError) else 422


async def refuse(request: Request, error: Exception) -> Response:
    """The answer to what cannot be read or is not allowed."""
    assert isinstance(error, (RequestError, InputError))
    status = status_of(error)
    # what is wrong with an article may quote it
    logger.warning("%s refused: %s", request.url.path, error if status != 422 else "an article that cannot be read")
    retry_after = error.retry_after if isinstance(error, RequestError) else None
    return AsciiResponse({"detail": str(error)}, status, {"Retry-After": str(retry_after)} if retry_after else None)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """The answer to a path or method that there is not."""
    assert isinstance(error, HTTPException)
    details = {404: "there is no such page on this model server", 405: f"{request.method} is not answered here"}
    detail = details.get(error.status_code, error.detail)
    return AsciiResponse({"detail": detail}, error.status_code, dict(error.headers or {}))


async def answer_fault(request: Request, error: Exception) -> Response:
    """The last resort: the message of an unexpected error might quote the request, so only its place is logged."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("a fault of ours: %s in %s, line %d", type(error).__name__, place.name, place.lineno)
    return AsciiResponse({"detail": "a fault in the model server; its log says where"}, 500)


# the key -------------------------------------------------------------------------------------------------------------


class Key(AuthenticationBackend):
    """One secret, which a request brings as a bearer token, or as the password of HTTP basic authentication.

    The latter is what browsers and Label Studio offer; the user's name is not looked at.

    Args:
        key: the secret.
        open_paths: what needs none.
    """

    def __init__(self, key: str, *, open_paths: Collection[str]) -> None:
        self._expected, self._open_paths = key.encode(), frozenset(open_paths)

    async def authenticate(self, conn: HTTPConnection) -> None:
        """Check a request; takes as long for a wrong key as for the right one.

        Raises:
            AuthenticationError: if it is not the expected one.
        """
        scheme, _, given = conn.headers.get("authorization", "").partition(" ")
        key = given.strip().encode("latin-1")  # as the bytes came
        if scheme.lower() == "basic":
            key = _password(key)
        is_expected = secrets.compare_digest(key, self._expected) and scheme.lower() in ("bearer", "basic")
        if not is_expected and conn.scope["path"] not in self._open_paths:
            raise AuthenticationError


def _password(encoded: bytes) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""


def ask_for_key(conn: HTTPConnection, error: AuthenticationError) -> Response:
    """The answer to a request without the right key."""
    detail = (
        "this service asks for its key: Authorization: Bearer KEY, or any user with the key as the password (Label "
        "Studio: Basic authentication)"
    )
    return AsciiResponse(
        {"detail": detail}, 401, {"WWW-Authenticate": 'Basic realm="eventcorpus", charset="UTF-8", Bearer'}
    )


# the log -------------------------------------------------------------------------------------------------------------


class RequestLog:
    """The outermost middleware: times, counts and logs each request, and answers what is cut short at the end.

    A route may put into ``request.state.counts`` what the line says beside method, path, status and time.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status, is_logged = time.perf_counter(), 0, False

        def log() -> None:
            nonlocal is_logged
            if is_logged:
                return
            is_logged = True
            counts = scope.get("state", {}).get("counts", "")
            seconds, method, path = time.perf_counter() - began, scope["method"], scope["path"]
            self._metrics.observe_request(path, method=method, status=status, seconds=seconds)
            logger.info("%s %s %d %.0f ms%s", printable(method[:20]), _shown(path), status, seconds * 1000, counts)

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                log()  # before the client has it: what comes after is lost if that was the last request before the end
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except asyncio.CancelledError:  # the service's time of grace is over
            await AsciiResponse({"detail": "the model server is ending"}, 503)(scope, receive, watch)
        finally:
            log()


def _shown(path: str) -> str:
    """A path for the log: one line, escaped, at most 80 characters of it."""
    shown = printable(path[:81])
    return shown if len(shown) <= 80 else f"{shown[:80]}…"
