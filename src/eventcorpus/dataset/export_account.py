"""What the exports share: what of an annotated article a format cannot hold, counted, and names that it can write."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from eventcorpus.annotation.rules import describe_role, describe_span, resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport, Reason
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.tags import spans_from_tags, tags_from_spans
from eventcorpus.text import trim

ARTICLE_FIELDS = (
    "title", "outlet", "url", "published", "language", "licence", "invented", "kind", "tags", "cluster", "metadata",
)  # fmt: skip
"""What an article has besides its id and text."""
_SUFFIX = re.compile(r" \((?:role|attribute)\)$")
"""What ``convert`` puts after the name of a role or attribute that is also a label's."""


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
    if annotated.not_annotated:
        lacks.append("not_annotated")
    if text not in (None, article.text):
        lacks.append("white space")
    if lacks:
        report.repair("articles", article.id, "the article", Reason(Code.WITHOUT, (", ".join(lacks),)))
    else:
        report.keep("articles")
    if n := sum(bool(span.decided_by) or span.origin not in ("manual", "imported") for span in annotated.spans):
        report.note("spans of which it is not written who drew or decided them", n)


def count_span(
    span: Span, annotated: AnnotatedArticle, report: ConversionReport, reason: Code | Reason, *, is_lost: bool = False
) -> None:
    """Count a span that is written otherwise, or not at all."""
    text, count = annotated.article.text, report.refuse if is_lost else report.repair
    count("spans", annotated.article.id, describe_span(span, text), reason, place=(span.start, span.end))


def refuse_roles_and_attributes(annotated: AnnotatedArticle, report: ConversionReport) -> None:
    """Count the roles of an article, the events that they join, and the attributes in a format that has none."""
    by_id = {span.id: span for span in annotated.spans}
    for role in annotated.roles:
        report.refuse("roles", annotated.article.id, describe_role(role, by_id), Reason(Code.NOT_IN_FORMAT, ("roles",)))
    if n := sum(len(event.triggers) > 1 for event in annotated.events):
        report.note("events of several triggers, which only roles join", n)
    for span in annotated.spans:
        for name, value in span.attributes:
            what = f"{name}={value} of {span.label} {span.id}"
            report.refuse("attributes", annotated.article.id, what, Reason(Code.NOT_IN_FORMAT, ("attributes",)))


def one_layer(
    annotated: AnnotatedArticle, tokens: Sequence[tuple[int, int]], ontology: Ontology, report: ConversionReport
) -> list[int]:
    """One tag a word; spans that are not in the one layer are counted, and those whose edges are moved.

    Args:
        tokens: where the words stand in the text.

    Returns:
        ids of ``tags.tag_names``, shape (n_tokens,).
    """
    stay, lost = resolve_overlaps(annotated.spans, ontology)
    tags, unreached = tags_from_spans(stay, tokens, ontology.rank)
    for loser, winner in lost:
        count_span(loser, annotated, report, Reason(Code.BEYOND_LAYER, (winner.label,)), is_lost=True)
    for span in unreached:
        count_span(span, annotated, report, Code.NO_WORD_OF_ITS_OWN, is_lost=True)
    gone = {span.id for span in unreached}
    reached = [span for span in stay if span.id not in gone]
    for span, (first, last, _) in zip(reached, spans_from_tags(tags), strict=True):
        place = tokens[first][0], tokens[last - 1][1]
        if place == (span.start, span.end):
            report.keep("spans")
        else:
            edges = place == trim(annotated.article.text, span.start, span.end)
            count_span(span, annotated, report, Code.EDGE_BLANKS if edges else Code.WHOLE_WORDS)
    return tags


def plain_names(
    kind: str, names: Iterable[str], report: ConversionReport, *, unwanted: str, numbered: bool = True
) -> dict[str, str]:
    r"""Each name as a format can write it, no two alike; names that it can write stay, and the others are noted.

    Args:
        kind: what has these names.
        unwanted: a regular expression of the characters that become an underscore.
        numbered: whether a name may end in a digit.

    >>> names = ["Money amount", "Money_amount", "Place (role)"]
    >>> plain_names("label", names, ConversionReport(), unwanted="[^\\w-]+")
    {'Money amount': 'Money_amount_', 'Money_amount': 'Money_amount', 'Place (role)': 'Place'}
    """
    names = list(names)
    made: dict[str, str] = {}
    for name in sorted(names, key=lambda name: re.search(unwanted, name) is not None):
        plain = re.sub(unwanted, "_", _SUFFIX.sub("", name)) if re.search(unwanted, name) else name
        while plain in made.values() or (not numbered and plain[-1].isdigit()):
            plain += "_"
        made[name] = plain
    for name in names:
        if made[name] != name:
            report.note(f"{kind} {name!r} is written {made[name]}")
    return {name: made[name] for name in names}
