"""The app that Label Studio asks for predictions of one frozen model.

Comes in: a loaded model, limits and perhaps credentials. Goes out: a Starlette app, which keeps nothing from one
request to the next.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from eventcorpus.errors import OntologyError, RequestError
from eventcorpus.labelstudio.backend.predictor import Predictor
from eventcorpus.labelstudio.backend.protocol import prediction_for, read_setup, read_tasks
from eventcorpus.labelstudio.backend.requests import Credentials, JsonResponse, Outermost, read_body, read_json
from eventcorpus.models.extractor import Extractor
from eventcorpus.schema import Mention

logger = logging.getLogger(__name__)

DEFAULT_MAX_BYTES = 50_000_000
MAX_WAITING = 32
"""Predictions asked for and not yet answered; one more is refused, so that bodies do not fill the memory."""
CLIENT_GONE = 499
"""The status in our log for an answer that nobody waited for (nginx's number)."""


def create_app(
    extractor: Extractor, *, max_bytes: int = DEFAULT_MAX_BYTES, credentials: Credentials | None = None
) -> Starlette:
    """Make the app.

    Args:
        max_bytes: of a request's body.
        credentials: what every request but those to ``/webhook`` must bring.
    """
    backend = _Backend(Predictor(extractor), max_bytes)
    routes = [
        Route("/", backend.health),
        Route("/health", backend.health),
        Route("/setup", backend.setup, methods=["POST"]),
        Route("/setup/refused/{reason:path}", backend.refused),
        Route("/predict", backend.predict, methods=["POST"]),
        Route("/versions", backend.versions),
        Route("/webhook", backend.webhook, methods=["POST"]),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Outermost, credentials=credentials)],
        exception_handlers={HTTPException: _http_error, RequestError: _refuse, OntologyError: _refuse},
    )
    app.router.redirect_slashes = False
    return app


class _Backend:
    """The routes."""

    def __init__(self, predictor: Predictor, max_bytes: int) -> None:
        self._predictor, self._max_bytes, self._n_waiting = predictor, max_bytes, 0

    async def health(self, request: Request) -> Response:
        return JsonResponse({"status": "UP", "model_class": "eventcorpus", "model_version": self._version})

    async def versions(self, request: Request) -> Response:
        return JsonResponse({"versions": [self._version]})

    async def setup(self, request: Request) -> Response:
        body = await read_json(request, max_bytes=self._max_bytes)
        try:
            read_setup(body, labels=self._predictor.labels, model=self._predictor.model)
        except OntologyError as error:
            # Label Studio shows people the status and the address of a refusal, never its body: so they are led to an
            # address that tells it. 303 makes them ask with GET, without the owner's token in the body.
            logger.warning("/setup refused: %s", error)
            words = quote(str(error).replace(" ", "-").replace("/", "-"), safe="'(),;:.@-")
            return JsonResponse({"detail": str(error)}, 303, {"Location": f"setup/refused/{words}"})
        return JsonResponse({"model_version": self._version})

    async def refused(self, request: Request) -> Response:
        return JsonResponse({"detail": request.path_params["reason"].replace("-", " ")}, 400)

    async def predict(self, request: Request) -> Response:
        if self._n_waiting >= MAX_WAITING:
            raise RequestError(f"{MAX_WAITING} predictions are waiting already; ask again later", status=503)
        self._n_waiting += 1
        try:
            return await self._predict(request)
        finally:
            self._n_waiting -= 1

    async def _predict(self, request: Request) -> Response:
        body = await read_json(request, max_bytes=self._max_bytes)
        model = self._predictor.model
        controls, tasks = read_tasks(body, labels=self._predictor.labels, model=model)
        del body
        found = await _unless_gone(request, self._predictor.mentions([task.stored.text for task in tasks]))
        n_tasks = len(tasks)
        if found is None:
            request.state.counts = f", {n_tasks} tasks, given up: nobody waits for the answer any more"
            return JsonResponse({"detail": "nobody waits for this any more"}, CLIENT_GONE)
        request.state.counts = f", {n_tasks} tasks, {sum(map(len, found))} mentions"
        results = [
            prediction_for(task, mentions, controls=controls, model=model)
            for task, mentions in zip(tasks, found, strict=True)
        ]
        return JsonResponse({"results": results})

    async def webhook(self, request: Request) -> Response:
        await read_body(request, max_bytes=self._max_bytes)
        return JsonResponse({"detail": "nothing is done with it: this model stays as it is"})

    @property
    def _version(self) -> str:
        return self._predictor.model.version


async def _unless_gone(
    request: Request, work: Awaitable[Sequence[Sequence[Mention]]]
) -> Sequence[Sequence[Mention]] | None:
    """Wait for some work, or for the client to go away (None): Label Studio waits 100 s and then hangs up."""
    task = asyncio.ensure_future(work)
    gone = asyncio.create_task(_disconnected(request.receive))
    try:
        await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.wait({task, gone})


async def _disconnected(receive: Callable[[], Awaitable[object]]) -> None:
    while True:
        message = await receive()
        if isinstance(message, dict) and message["type"] == "http.disconnect":
            return


async def _refuse(request: Request, error: Exception) -> Response:
    logger.warning("%s refused: %s", request.url.path, error)
    return JsonResponse({"detail": str(error)}, error.status if isinstance(error, RequestError) else 400)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "there is no such page on this model server", 405: f"{request.method} is not answered here"}
    detail = said.get(error.status_code, error.detail)
    return JsonResponse({"detail": detail}, error.status_code, dict(error.headers or {}))
