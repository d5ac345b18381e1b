"""The page of the service: a form for an article, and what the model found in it. It needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eventcorpus.events.rows import Row
from eventcorpus.ontology import Ontology, label_colours
from eventcorpus.package_data import fill_template
from eventcorpus.predictions import ModelName, Prediction
from eventcorpus.render.html import Mark, highlight, json_in_html, page_script
from eventcorpus.render.reports import linked_words, shown_confidence
from eventcorpus.render.rows import row_cells
from eventcorpus.schema import Article


def service_page(model: ModelName, *, sent: Mapping[str, str] | None = None, error: str = "") -> str:
    """The form, with what was sent, and why it was not read.

    Args:
        sent: the fields ``text``, ``title`` and ``published``, as far as there are any.
    """
    return _page(model, sent=sent or {}, error=error)


def result_page(
    found: Prediction, rows: Sequence[Row], ontology: Ontology, *, article: Article, sent: Mapping[str, str]
) -> str:
    """The form, and below it the article with its mentions marked, and its event rows."""
    marks = [Mark(m.start, m.end, m.label, hint=shown_confidence(m.confidence), id=m.id or "") for m in found.mentions]
    columns, lines = row_cells(rows, ontology.rows)
    return _page(
        found.model,
        sent=sent,
        found=found,
        marked=highlight(article.text, marks, label_colours(ontology.labels)),
        linked=linked_words(found),
        roles=[(role.trigger, role.argument, role.role) for role in found.roles or ()],
        columns=columns[1:],  # all rows are of this article
        rows=[line[1:] for line in lines],
    )


def _page(
    model: ModelName, *, sent: Mapping[str, str], roles: Sequence[tuple[str, str, str]] = (), **values: Any
) -> str:
    fields = {"text": "", "title": "", "published": ""}
    nothing: dict[str, Any] = {"found": None, "error": "", "rows": ()}
    script = page_script("marks.js", "arrows.js", "service.js")
    return fill_template(
        "service.html.j2",
        model=model,
        sent=fields | dict(sent),
        roles=roles,
        roles_json=json_in_html(roles),
        script=script,
        shown=shown_confidence,
        **nothing | values,
    )
