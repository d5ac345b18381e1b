"""Mentions as tables: a line each, with what it is linked to and what is known of its article.

Comes in: articles with the mentions that a model found, or people annotated. Goes out: lines for ``table_files``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology
from eventcorpus.schema import Article, Mention
from eventcorpus.table_files import Line, column_names, joined

_BEFORE: Mapping[str, type] = {
    "article": str, "id": str, "label": str, "text": str, "start": int, "end": int, "confidence": float,
}  # fmt: skip
_AFTER: Mapping[str, type] = {
    "published": str, "outlet": str, "title": str, "url": str, "language": str, "licence": str, "kind": str,
    "metadata": str,
}  # fmt: skip
"""Columns around those of attributes and roles."""
_IDS = "_ids"


def mention_columns(ontology: Ontology) -> dict[str, type]:
    """The columns in their order: one for each attribute, and two for each role, its words and the ids of these."""
    columns = dict(_BEFORE)
    for (what, _), column in _column_names(ontology).items():
        columns |= dict.fromkeys((column, column + _IDS) if what == "role" else (column,), str)
    return {**columns, **_AFTER}


def mention_lines(found: Iterable[tuple[Article, Sequence[Mention]]], ontology: Ontology) -> Iterator[Line]:
    """A line for each mention, in order; several values of an attribute, arguments and ids are joined by ``; ``.

    Offsets are code points of the article's stored text, end exclusive. ``metadata`` is a JSON object: what came along
    with the article besides the fields that have columns.
    """
    columns = _column_names(ontology)
    for article, mentions in found:
        about = {name: getattr(article, name) for name in _AFTER} | {"metadata": None}
        if article.metadata:
            about["metadata"] = to_json(article.metadata)
        text_of = {mention.id: mention.text for mention in mentions if mention.id}
        for mention in mentions:
            line: Line = {
                "article": article.id,
                "id": mention.id or None,
                "label": mention.label,
                "text": mention.text,
                "start": mention.start,
                "end": mention.end,
                "confidence": round(mention.confidence, 4),
            }
            for (what, name), column in columns.items():
                if what == "attribute":
                    line[column] = joined(chosen.value for chosen in mention.attributes if chosen.attribute == name)
                else:
                    ids = [link.argument for link in mention.links if link.role == name and link.argument in text_of]
                    line[column], line[column + _IDS] = joined(text_of[i] for i in ids), joined(ids)
            yield line | about


def _column_names(ontology: Ontology) -> dict[tuple[str, str], str]:
    attributes, roles = (attribute.name for attribute in ontology.attributes), (role.name for role in ontology.roles)
    return column_names({*_BEFORE, *_AFTER}, attributes=attributes, roles=roles, second=_IDS)
