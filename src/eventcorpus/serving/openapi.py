"""The OpenAPI document of the service, written from the models of its messages.

Label Studio's routes are not in it: their protocol is Label Studio's own.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from eventcorpus import __version__
from eventcorpus.serving.messages import EventRows, Extractions, Fault, SentArticle

EXAMPLE = {
    "id": "kourani",
    "published": "2016-04-19",
    "text": "Gunmen killed at least nine soldiers on the road to Kourani on Tuesday, security sources said.",
}
_REFUSALS = {
    "400": "The body is not JSON, breaks off, or is nested too deeply.",
    "401": "The key is missing or wrong.",
    "408": "The body did not arrive in time.",
    "413": "The body is longer than the limit.",
    "415": "The body is not declared as JSON.",
    "422": "Too many articles, too long a text, or what does not fit; the detail names article and key.",
    "429": "Too many requests are waiting.",
    "500": "A fault in the service.",
    "503": "No answer in time, or the service is ending.",
}
_RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}


def openapi_document(*, has_key: bool, max_characters: int, max_articles: int) -> dict[str, Any]:
    """The document, for OpenAPI 3.1."""
    models: list[type[BaseModel]] = [SentArticle, Extractions, EventRows, Fault]
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    components: dict[str, Any] = {"schemas": schemas["$defs"]}
    components["schemas"]["SentArticle"]["properties"]["text"]["maxLength"] = max_characters
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "eventcorpus",
            "version": __version__,
            "description": "Mentions, roles, attributes, events and event rows of news articles. Offsets are Unicode "
            "code points of the text, end exclusive.",
        },
        "paths": {
            "/extract": {"post": _post("extract", "Find mentions, their roles and attributes, and events.", Extractions)
            | {"requestBody": _articles(max_articles)}},
            "/rows": {"post": _post("rows", "Make a row of each event.", EventRows)
            | {"requestBody": _articles(max_articles)}},
            "/health": {"get": _get("health", "Whether the service runs.", "application/json")},
            "/ready": {"get": _get("ready", "Whether one more request would be taken.", "application/json", "429")},
            "/metrics": {"get": _get("metrics", "Counters for Prometheus.", "text/plain", "401")},
        },
        "components": components,
    }  # fmt: skip
    if has_key:
        components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["security"] = [{"bearer": []}]
        for path in ("/health", "/ready"):
            document["paths"][path]["get"]["security"] = []
    return document


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _articles(max_articles: int) -> dict[str, Any]:
    article = _ref(SentArticle)
    schema = {"anyOf": [article, {"type": "array", "items": article, "maxItems": max_articles}]}
    return {"required": True, "content": {"application/json": {"schema": schema, "example": EXAMPLE}}}


def _post(name: str, summary: str, answer: type[BaseModel]) -> dict[str, Any]:
    found = {"description": "An entry an article, in order.", "content": {"application/json": {"schema": _ref(answer)}}}
    return {"operationId": name, "summary": summary, "responses": {"200": found, **_refused(*_REFUSALS)}}


def _get(name: str, summary: str, media_type: str, *refusals: str) -> dict[str, Any]:
    schema = {"type": "object" if media_type == "application/json" else "string"}
    found = {"description": summary, "content": {media_type: {"schema": schema}}}
    return {"operationId": name, "summary": summary, "responses": {"200": found, **_refused(*refusals)}}


def _refused(*statuses: str) -> dict[str, Any]:
    content = {"application/json": {"schema": _ref(Fault)}}
    return {
        status: {"description": _REFUSALS[status], "content": content}
        | ({"headers": _RETRY} if status in ("429", "503") else {})
        for status in statuses
    }
