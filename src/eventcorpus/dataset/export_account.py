"""The account of an export: what of an annotated article a format cannot hold, counted; and names that it can write."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from eventcorpus.annotation.rules import describe_role, describe_span, resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tags import spans_from_tags, tags_from_spans
from eventcorpus.text import trim

ARTICLE_FIELDS = (
    "title", "outlet", "url", "published", "language", "licence", "invented", "kind", "tags", "cluster", "metadata",
)  # fmt: skip
"""What an article has besides its id and text."""
_SUFFIX = re.compile(r" \((?:role|attribute)\)$")
"""What ``convert`` puts after the name of a role or attribute that is also a label's."""


class Writer(Protocol):
    """Writes the files of one format into a folder, article by article, and counts what they cannot hold."""

    def add(self, split: str, annotated: AnnotatedArticle) -> None:
        """Write one article of a split."""

    def close(self) -> None:
        """Write what waits."""


def count_article(
    annotated: AnnotatedArticle,
    ontology: Ontology,
    report: ConversionReport,
    *,
    holds: Collection[str] = (),
    text: str | None = None,
) -> None:
    """Count an article as kept, or as repaired where what is written lacks some of it.

    Args:
        holds: which of ``ARTICLE_FIELDS`` are written.
        text: the text that the files give back, if not the article's own.
    """
    article = annotated.article
    lacks = [name for name in ARTICLE_FIELDS if name not in holds and getattr(article, name) not in (None, (), {})]
    if set(annotated.labels_annotated) != set(ontology.labels):
        lacks.append("labels_annotated")
    if text not in (None, article.text):
        lacks.append("white space")
    if lacks:
        report.repair("articles", article.id, "the article", Reason(Code.WITHOUT, (", ".join(lacks),)))
    else:
        report.keep("articles")
    if n := sum(bool(span.decided_by) or span.origin not in ("manual", "imported") for span in annotated.spans):
        report.note("spans of which it is not written who drew or decided them", n)


def refuse_roles(annotated: AnnotatedArticle, report: ConversionReport) -> None:
    """Count the roles of an article, and the events that they join, in a format that has none."""
    by_id = {span.id: span for span in annotated.spans}
    for role in annotated.roles:
        report.refuse("roles", annotated.article.id, describe_role(role, by_id), Reason(Code.NOT_IN_FORMAT, ("roles",)))
    if n := sum(len(event.triggers) > 1 for event in annotated.events):
        report.note("events of several triggers, which only roles join", n)


def refuse_attributes(annotated: AnnotatedArticle, report: ConversionReport) -> None:
    """Count the attributes of an article in a format that has none."""
    for span in annotated.spans:
        for name, value in span.attributes:
            what = f"{name}={value} of {span.label} {span.id}"
            report.refuse("attributes", annotated.article.id, what, Reason(Code.NOT_IN_FORMAT, ("attributes",)))


def one_layer(
    annotated: AnnotatedArticle, tokens: Sequence[tuple[int, int]], ontology: Ontology, report: ConversionReport
) -> list[int]:
    """The tags of an article's words, as the dataset has them; spans that they cannot hold are counted.

    Args:
        tokens: where the words stand in the text.

    Returns:
        ids of ``tags.tag_names``, shape (n_tokens,).
    """
    article = annotated.article
    stay, lost = resolve_overlaps(annotated.spans, ontology)
    tags, unreached = tags_from_spans(stay, tokens, ontology.rank)
    for loser, winner in lost:
        reason = Reason(Code.BEYOND_LAYER, (winner.label,))
        name = describe_span(loser, article.text)
        report.refuse("spans", article.id, name, reason, place=(loser.start, loser.end))
    gone = {span.id for span in unreached}
    for span in unreached:
        name = describe_span(span, article.text)
        report.refuse("spans", article.id, name, Code.NO_WORD_OF_ITS_OWN, place=(span.start, span.end))
    reached = [span for span in stay if span.id not in gone]
    for span, (first, last, _) in zip(reached, spans_from_tags(tags), strict=True):
        place = tokens[first][0], tokens[last - 1][1]
        if place == (span.start, span.end):
            report.keep("spans")
            continue
        edges = place == trim(article.text, span.start, span.end)
        reason_of_change = Code.EDGE_BLANKS if edges else Code.WHOLE_WORDS
        name = describe_span(span, article.text)
        report.repair("spans", article.id, name, reason_of_change, place=(span.start, span.end))
    return tags


def plain_names(names: Iterable[str], *, unwanted: str, numbered: bool = True) -> dict[str, str]:
    r"""Each name as a format can write it, no two alike; names that it can write stay.

    Args:
        unwanted: a regular expression of the characters that become an underscore.
        numbered: whether a name may end in a digit.

    >>> plain_names(["Money amount", "Money_amount", "Place (role)"], unwanted="[^\\w-]+")
    {'Money amount': 'Money_amount_', 'Money_amount': 'Money_amount', 'Place (role)': 'Place'}
    """
    names = list(names)
    made: dict[str, str] = {}
    for name in sorted(names, key=lambda name: re.search(unwanted, name) is not None):
        plain = re.sub(unwanted, "_", _SUFFIX.sub("", name)) if re.search(unwanted, name) else name
        while plain in made.values() or (not numbered and plain[-1].isdigit()):
            plain += "_"
        made[name] = plain
    return {name: made[name] for name in names}


def note_names(kind: str, names: dict[str, str], report: ConversionReport) -> None:
    """Say which names are written otherwise."""
    for name, plain in names.items():
        if name != plain:
            report.note(f"{kind} {name!r} is written {plain}")
