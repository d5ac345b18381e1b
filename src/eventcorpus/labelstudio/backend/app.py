"""The app that Label Studio asks for predictions of one frozen model, and the port where it answers.

It keeps nothing from one request to the next. Mentions are found for one request at a time, in turns, and no longer
when nobody waits for them any more; in a thread, so that the port keeps answering.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import signal
import socket
import sys
import threading
from collections import Counter
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventcorpus.errors import InputError, OntologyError, RequestError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.backend.protocol import prediction_for, project_controls, read_texts
from eventcorpus.labelstudio.backend.requests import (
    AsciiResponse,
    Credentials,
    RequestLog,
    answer_fault,
    ask_for_login,
    read_body,
    read_json,
)
from eventcorpus.labelstudio.results import PredictionItems
from eventcorpus.schema import Article, Mention

logger = logging.getLogger(__name__)

DEFAULT_MAX_BYTES = 50_000_000
MAX_WAITING = 32
"""Predictions asked for and not yet answered; one more is refused, so that bodies do not fill the memory."""
TURN_TEXTS = 16
TURN_CHARACTERS = 50_000
"""What of one request is read in one turn: at most so many texts and characters, or a single longer text."""
GRACE_SECONDS = 3
"""How long requests may go on after SIGTERM; then their inference is stopped at its next batch."""
CLIENT_GONE = 499
"""The status in our log for an answer that nobody waited for (nginx's number)."""
Found = TypeVar("Found")


def create_app(
    extractor: Extractor, *, max_bytes: int = DEFAULT_MAX_BYTES, credentials: Credentials | None = None
) -> Starlette:
    """Make the app.

    Args:
        max_bytes: of a request's body.
        credentials: what every request but those to ``/webhook`` must bring.
    """
    backend = _Backend(extractor, max_bytes)
    routes = [
        Route("/", backend.health),
        Route("/health", backend.health),
        Route("/setup", backend.setup, methods=["POST"]),
        Route("/setup/refused/{reason:path}", backend.refused),
        Route("/predict", backend.predict, methods=["POST"]),
        Route("/versions", backend.versions),
        Route("/webhook", backend.webhook, methods=["POST"]),
    ]
    middleware = [Middleware(RequestLog), Middleware(ExceptionMiddleware, handlers={Exception: answer_fault})]
    if credentials is not None:
        middleware.append(Middleware(AuthenticationMiddleware, backend=credentials, on_error=ask_for_login))
    handlers = {HTTPException: _http_error, RequestError: _refuse, OntologyError: _refuse}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


class _Backend:
    """The routes."""

    def __init__(self, extractor: Extractor, max_bytes: int) -> None:
        self._predictor, self._max_bytes = Predictor(extractor), max_bytes
        self._model, self._ontology = extractor.name, extractor.about.ontology
        self._waiting = asyncio.Semaphore(MAX_WAITING)

    async def health(self, request: Request) -> Response:
        return AsciiResponse({"status": "UP", "model_class": "eventcorpus", "model_version": self._model.version})

    async def versions(self, request: Request) -> Response:
        return AsciiResponse({"versions": [self._model.version]})

    async def setup(self, request: Request) -> Response:
        body = await read_json(request, max_bytes=self._max_bytes)
        try:
            project_controls(body, "schema", ontology=self._ontology, model=self._model)
        except OntologyError as error:
            # Label Studio shows people the status and the address of a refusal, never its body: so they are led to an
            # address that tells it. 303 makes them ask with GET, without the owner's token in the body.
            logger.warning("/setup refused: %s", error)
            words = quote(str(error).replace(" ", "-").replace("/", "-"), safe="'(),;:.@-")
            return AsciiResponse({"detail": str(error)}, 303, {"Location": f"setup/refused/{words}"})
        return AsciiResponse({"model_version": self._model.version})

    async def refused(self, request: Request) -> Response:
        return AsciiResponse({"detail": request.path_params["reason"].replace("-", " ")}, 400)

    async def predict(self, request: Request) -> Response:
        if self._waiting.locked():
            raise RequestError(f"{MAX_WAITING} predictions are waiting already; ask again later", status=503)
        async with self._waiting:
            body = await read_json(request, max_bytes=self._max_bytes)
            controls = project_controls(body, "label_config", ontology=self._ontology, model=self._model)
            tasks = read_texts(body, controls.text_key)
            del body
            mentions = await _unless_gone(request, self._predictor.mentions([task.stored.text for task in tasks]))
            n_tasks = len(tasks)
            if mentions is None:
                request.state.counts = f", {n_tasks} tasks, given up: nobody waits for the answer any more"
                return AsciiResponse({"detail": "nobody waits for this any more"}, CLIENT_GONE)
            predictions = [
                prediction_for(task, found, controls=controls, model=self._model)
                for task, found in zip(tasks, mentions, strict=True)
            ]
            results = [items.as_json() for items, _ in predictions]
            request.state.counts = f", {n_tasks} tasks, {_counted([items for items, _ in predictions])}"
            _warn_left_out(shown.left_out for _, shown in predictions)
            return AsciiResponse({"results": results})

    async def webhook(self, request: Request) -> Response:
        await read_body(request, max_bytes=self._max_bytes)
        return AsciiResponse({"detail": "nothing is done with it: this model stays as it is"})


def _counted(predictions: Sequence[PredictionItems]) -> str:
    """What is in an answer, for the log."""
    kinds = ("mentions", "roles", "attributes")
    return ", ".join(f"{sum(getattr(items, f'n_{kind}') for items in predictions)} {kind}" for kind in kinds)


def _warn_left_out(counts: Iterable[Counter[str]]) -> None:
    """Say in the log, in one line a request, which roles and attributes have no control in the project."""
    total = sum(counts, start=Counter[str]())
    if total:
        reason, n = total.most_common(1)[0]
        others = f", and {total.total() - n} for {len(total) - 1} other reasons" if len(total) > 1 else ""
        logger.warning("/predict: left out of the answer: %d times: %s%s", n, reason, others)


class _Stopped(Exception):
    """Nobody waits for this any more."""


class Predictor:
    """The model, and whose turn it is: a request with 1,000 texts lets one with a single text in between."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._turn = asyncio.Lock()  # wakes those who wait in the order in which they came
        self._stop = threading.Event()
        extractor.engine.before_batch = self._check

    async def mentions(self, texts: Sequence[str]) -> list[list[Mention]]:
        """Find the mentions of each text (stored form), in order.

        Cancelled, it stops at the next batch of windows, and lets the next request in only then.
        """
        found: list[list[Mention]] = []
        for batch in turns(texts):
            async with self._turn:
                self._stop.clear()
                work = asyncio.create_task(asyncio.to_thread(self._extract, batch))
                try:
                    found += await asyncio.shield(work)
                except asyncio.CancelledError:
                    self._stop.set()
                    await asyncio.wait([work])
                    work.exception()  # retrieved, lest asyncio warn: it is _Stopped, or None if the work had just ended
                    raise
        return found

    def _extract(self, texts: Sequence[str]) -> list[list[Mention]]:
        return list(self._extractor.extract(Article("", text) for text in texts))

    def _check(self) -> None:
        """Before every batch of windows: a long article must not hold up those who still wait."""
        if self._stop.is_set():
            raise _Stopped


def turns(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of texts into what is read in one turn."""
    start = 0
    while start < len(texts):
        end, n_characters = start + 1, len(texts[start])
        while end < len(texts) and end - start < TURN_TEXTS and n_characters + len(texts[end]) <= TURN_CHARACTERS:
            n_characters += len(texts[end])
            end += 1
        yield texts[start:end]
        start = end


async def _unless_gone(request: Request, work: Awaitable[Found]) -> Found | None:
    """Wait for some work, or for the client to go away (None): Label Studio waits 100 s and then hangs up."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _refuse(request: Request, error: Exception) -> Response:
    logger.warning("%s refused: %s", request.url.path, error)
    return AsciiResponse({"detail": str(error)}, error.status if isinstance(error, RequestError) else 400)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {404: "there is no such page on this model server", 405: f"{request.method} is not answered here"}
    detail = details.get(error.status_code, error.detail)
    return AsciiResponse({"detail": detail}, error.status_code, dict(error.headers or {}))


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


def serve(app: Starlette, bound_socket: socket.socket) -> None:
    """Answer requests until SIGTERM or Ctrl-C, which end the process with status 0."""
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
