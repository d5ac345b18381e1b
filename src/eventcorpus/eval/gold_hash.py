"""Which gold a score rests on: one hash over what is said of the articles, not over how files hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from eventcorpus.files import to_json
from eventcorpus.schema import AnnotatedArticle


def gold_sha256(gold: Iterable[AnnotatedArticle]) -> str:
    """SHA-256 over the articles' ids and texts, their spans with attributes, roles and events.

    The order of articles, spans, roles and events, and the ids of spans, change nothing.
    """
    lines = sorted(to_json(_said(one)) for one in gold)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")).hexdigest()


def _said(one: AnnotatedArticle) -> dict[str, Any]:
    place = {span.id: (span.start, span.end, span.label) for span in one.spans}
    return {
        "id": one.article.id,
        "text_sha256": one.article.text_sha256,
        "spans": sorted((*place[span.id], sorted(span.attributes)) for span in one.spans),
        "roles": sorted((role.role, place[role.trigger], place[role.argument]) for role in one.roles),
        "events": sorted((event.label, sorted(place[trigger] for trigger in event.triggers)) for event in one.events),
    }
