"""Exports for spaCy: a ``DocBin`` a split, which ``spacy train`` takes. The extra ``spacy`` brings the library.

Every span is in the span group ``sc``, which spancat learns; ``ents`` hold those of one layer, the longest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from eventcorpus.annotation.rules import resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.export_account import ARTICLE_FIELDS, count_article, count_span, refuse_roles_and_attributes
from eventcorpus.files import to_json
from eventcorpus.formats.docbin import ARTICLE, MAIN_GROUP
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.text import trim, words


def write_spacy(
    articles: Iterable[tuple[str, AnnotatedArticle]], folder: Path, ontology: Ontology, report: ConversionReport
) -> None:
    """Write ``train.spacy`` and the like; all documents are in memory until the end, as spaCy has them."""
    from spacy.tokens import Doc, DocBin, SpanGroup
    from spacy.tokens import Span as DocSpan
    from spacy.vocab import Vocab

    vocab = Vocab()
    bins: dict[str, DocBin] = {}
    for split, annotated in articles:
        article = annotated.article
        spans = _trimmed(annotated, report)
        pieces, spaces, starts = pieces_of(article.text, ((span.start, span.end) for span in spans))
        doc = Doc(vocab, words=pieces, spaces=spaces)
        first_at = {start: i for i, start in enumerate(starts)}
        last_at = {start + len(piece): i for i, (start, piece) in enumerate(zip(starts, pieces, strict=True), start=1)}
        made = {span.id: DocSpan(doc, first_at[span.start], last_at[span.end], label=span.label) for span in spans}
        doc.spans[MAIN_GROUP] = SpanGroup(doc, name=MAIN_GROUP, spans=list(made.values()))
        doc.set_ents([made[span.id] for span in resolve_overlaps(spans, ontology)[0]])
        fields: dict[str, Any] = {name: getattr(article, name) for name in ("id", *ARTICLE_FIELDS)}
        # in JSON, as numbers may be too long for msgpack
        fields["metadata"] = to_json(article.metadata) if article.metadata else None
        doc.user_data[ARTICLE] = {name: value for name, value in fields.items() if value not in (None, ())}
        count_article(annotated, ontology, report, holds=ARTICLE_FIELDS)
        refuse_roles_and_attributes(annotated, report)
        bins.setdefault(split, DocBin(store_user_data=True)).add(doc)
    for split, documents in bins.items():
        (folder / f"{split}.spacy").write_bytes(documents.to_bytes())


def _trimmed(annotated: AnnotatedArticle, report: ConversionReport) -> list[Span]:
    """The spans without the blanks at their edges, which are no tokens of their own in spaCy."""
    found: list[Span] = []
    for span in annotated.spans:
        start, end = trim(annotated.article.text, span.start, span.end)
        if start == end:
            count_span(span, annotated, report, Code.ONLY_BLANKS, is_lost=True)
            continue
        if (start, end) == (span.start, span.end):
            report.keep("spans")
        else:
            count_span(span, annotated, report, Code.EDGE_BLANKS)
        found.append(replace(span, start=start, end=end))
    return found


def pieces_of(text: str, places: Iterable[tuple[int, int]]) -> tuple[list[str], list[bool], list[int]]:
    r"""Cut a text into tokens as spaCy has them, so that they give the text back and no span begins or ends inside one.

    A blank after a word belongs to it, all other white space is a token of its own.

    Returns:
        the tokens, whether a blank follows each, and where each starts.

    >>> pieces_of("Pro-Kalo  men", [(4, 8)])
    (['Pro', '-', 'Kalo', ' ', 'men'], [False, False, True, False, False], [0, 3, 4, 9, 10])
    >>> pieces_of("Kaloan", [(0, 4)])
    (['Kalo', 'an'], [False, False], [0, 4])
    """
    of_words = words(text)
    cuts = sorted({0, len(text), *(at for place in (*of_words, *places) for at in place)})
    pieces: list[str] = []
    spaces: list[bool] = []
    starts: list[int] = []
    for start, end in pairwise(cuts):
        if text[start] == " " and pieces and not pieces[-1].isspace():
            spaces[-1] = True
            start += 1
        if start < end:
            pieces.append(text[start:end])
            spaces.append(False)
            starts.append(start)
    return pieces, spaces, starts
