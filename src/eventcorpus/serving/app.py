"""The app: articles in, mentions and event rows out, a page for people, and Label Studio's routes; one frozen model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from eventcorpus.errors import InputError, RequestError
from eventcorpus.events.assembly import Normalisers, event_rows
from eventcorpus.events.rows import Row
from eventcorpus.inference.extractor import Extractor
from eventcorpus.render.service import result_page, service_page
from eventcorpus.schema import Article
from eventcorpus.serving.batching import Batcher, Reading
from eventcorpus.serving.labelstudio import WEBHOOK, LabelStudio
from eventcorpus.serving.messages import (
    MAX_ARTICLES,
    Extraction,
    articles_of,
    extraction_of,
)
from eventcorpus.serving.metrics import Metrics
from eventcorpus.serving.openapi import openapi_document
from eventcorpus.serving.requests import (
    AsciiResponse,
    Bodies,
    Key,
    Limits,
    RequestLog,
    answer_fault,
    answer_http_error,
    ask_for_key,
    check_is_json,
    in_time,
    refuse,
    status_of,
)
from eventcorpus.tables import counted

OPEN_PATHS = ("/health", "/ready", WEBHOOK)
"""What needs no key: those who look after a service ask whether it runs."""
FORM = "application/x-www-form-urlencoded"


def create_app(
    extractor: Extractor, normalisers: Normalisers, *, limits: Limits | None = None, key: str | None = None
) -> Starlette:
    """Make the app.

    Args:
        normalisers: what gives the words of event rows their meaning.
        key: what every request but those to ``OPEN_PATHS`` must bring.
    """
    limits = limits or Limits()
    service = _Service(extractor, normalisers, limits, has_key=key is not None)
    middleware = [
        Middleware(RequestLog, metrics=service.metrics),
        Middleware(ExceptionMiddleware, handlers={Exception: answer_fault}),
    ]
    if key is not None:
        authentication = Key(key, open_paths=OPEN_PATHS)
        middleware.append(Middleware(AuthenticationMiddleware, backend=authentication, on_error=ask_for_key))
    handlers = {HTTPException: answer_http_error, RequestError: refuse, InputError: refuse}
    app = Starlette(routes=service.routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


class _Service:
    """The routes."""

    def __init__(self, extractor: Extractor, normalisers: Normalisers, limits: Limits, *, has_key: bool) -> None:
        self._model, self._ontology = extractor.name, extractor.about.ontology
        self._normalisers, self._limits = normalisers, limits
        self._document = openapi_document(
            has_key=has_key, max_characters=limits.max_characters, max_articles=MAX_ARTICLES
        )
        own = [
            Route("/", self.page, methods=["GET", "POST"]),
            Route("/extract", self.extract, methods=["POST"]),
            Route("/rows", self.rows, methods=["POST"]),
            Route("/health", self.health),
            Route("/ready", self.ready),
            Route("/metrics", self.show_metrics),
            Route("/openapi.json", self.openapi),
        ]
        self.metrics = Metrics(route.path for route in own)
        self._bodies = Bodies(limits)
        self._batcher = Batcher(extractor, max_waiting=limits.max_waiting, metrics=self.metrics)
        labelstudio = LabelStudio(extractor, self._batcher, self._bodies, limits)
        self.routes = [*own, *labelstudio.routes()]

    async def extract(self, request: Request) -> Response:
        def answer(articles: Sequence[Article], readings: Sequence[Reading], changed: Sequence[bool]) -> dict[str, Any]:
            found = map(self._extraction, articles, readings, changed)
            return {"articles": [one.model_dump(mode="json", by_alias=True, exclude_none=True) for one in found]}

        return await self._answer(request, answer)

    async def rows(self, request: Request) -> Response:
        def answer(articles: Sequence[Article], readings: Sequence[Reading], _: Sequence[bool]) -> dict[str, Any]:
            return {
                "rows": [row.as_dict() for pair in zip(articles, readings, strict=True) for row in self._rows(*pair)]
            }

        return await self._answer(request, answer)

    async def _answer(
        self, request: Request, answer: Callable[[Sequence[Article], Sequence[Reading], Sequence[bool]], dict[str, Any]]
    ) -> Response:
        """Read the articles of a request; what is long work in Python is done in a thread."""
        self._batcher.check_room()
        check_is_json(request)
        async with self._bodies.json(request) as body:
            articles, changed = await asyncio.to_thread(articles_of, body, max_characters=self._limits.max_characters)
            del body
            readings = await self._read(request, articles)
            return AsciiResponse(await asyncio.to_thread(answer, articles, readings, changed))

    async def _read(self, request: Request, articles: Sequence[Article]) -> list[Reading]:
        request.state.counts = f", {counted(len(articles), 'article')}"
        readings = await in_time(request, self._batcher.read(articles), timeout=self._limits.timeout)
        request.state.counts += f", {counted(sum(len(reading.mentions) for reading in readings), 'mention')}"
        return readings

    def _extraction(self, article: Article, reading: Reading, is_changed: bool) -> Extraction:
        return extraction_of(article, reading, model=self._model, ontology=self._ontology, is_changed=is_changed)

    def _rows(self, article: Article, reading: Reading) -> list[Row]:
        return event_rows(article, reading.mentions, self._ontology, self._normalisers)

    async def page(self, request: Request) -> Response:
        """The page for people; what they send comes back marked, with its rows."""
        if request.method != "POST":
            return HTMLResponse(service_page(self._model))
        sent: dict[str, str] = {}
        try:
            self._batcher.check_room()
            async with self._bodies.held(request) as body:
                sent = _form(request, body)
                (article,), (is_changed,) = articles_of(
                    {name: value for name, value in sent.items() if value}, max_characters=self._limits.max_characters
                )
                (reading,) = await self._read(request, [article])
                rows = await asyncio.to_thread(self._rows, article, reading)
                extraction = self._extraction(article, reading, is_changed)
        except (RequestError, InputError) as error:
            refused = await refuse(request, error)
            page = service_page(self._model, sent=sent, error=str(error))
            return HTMLResponse(
                page, status_of(error), {k: v for k, v in refused.headers.items() if k == "retry-after"}
            )
        return HTMLResponse(result_page(extraction, rows, self._ontology, article=article, sent=sent))

    async def health(self, request: Request) -> Response:
        return AsciiResponse({"status": "UP"})

    async def ready(self, request: Request) -> Response:
        self._batcher.check_room()
        return AsciiResponse({"status": "READY"})

    async def show_metrics(self, request: Request) -> Response:
        return Response(self.metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    async def openapi(self, request: Request) -> Response:
        return AsciiResponse(self._document)


def _form(request: Request, body: bytearray) -> dict[str, str]:
    """The fields of the page's form.

    Raises:
        RequestError: if it is another one, or not in UTF-8.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise RequestError(f"the page sends its form as {FORM}; POST /extract takes JSON", status=415)
    try:
        fields = parse_qs(body.decode("ascii"), encoding="utf-8", errors="strict", max_num_fields=20)
    except ValueError:  # UnicodeDecodeError too
        raise RequestError("the form is not in UTF-8, or has more fields than ours") from None
    # browsers send every line end as CR LF
    return {name: fields[name][0].replace("\r\n", "\n") for name in ("text", "title", "published") if name in fields}
