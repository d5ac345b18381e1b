"""Exports for spaCy: a ``DocBin`` a split, which ``spacy train`` takes. The extra ``spacy`` brings the library.

Every span is in the span group ``sc``, which spancat learns; ``ents`` hold those of one layer, the longest first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from eventcorpus.annotation.rules import describe_span, resolve_overlaps
from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.export_account import ARTICLE_FIELDS, count_article, refuse_attributes, refuse_roles
from eventcorpus.files import to_json
from eventcorpus.formats.docbin import ARTICLE
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Span
from eventcorpus.text import trim, words

GROUP = "sc"
"""The span group with every span: the one that spaCy's spancat learns unless it is told otherwise."""


class SpacyWriter:
    """Writes ``train.spacy`` and the like; the documents of a split are in memory until the end, as spaCy has them."""

    def __init__(self, folder: Path, ontology: Ontology, report: ConversionReport) -> None:
        from spacy.vocab import Vocab

        self._folder, self._ontology, self._report = folder, ontology, report
        self._vocab = Vocab()
        self._bins: dict[str, Any] = {}

    def add(self, split: str, annotated: AnnotatedArticle) -> None:
        """Take one article of a split."""
        from spacy.tokens import Doc, DocBin, SpanGroup
        from spacy.tokens import Span as DocSpan

        article = annotated.article
        spans = self._trimmed(annotated)
        pieces, spaces, starts = pieces_of(article.text, ((span.start, span.end) for span in spans))
        doc = Doc(self._vocab, words=pieces, spaces=spaces)
        first_at = {start: i for i, start in enumerate(starts)}
        last_at = {start + len(piece): i for i, (start, piece) in enumerate(zip(starts, pieces, strict=True), start=1)}

        def made(span: Span) -> Any:
            return DocSpan(doc, first_at[span.start], last_at[span.end], label=span.label)

        stay, _ = resolve_overlaps(spans, self._ontology)
        doc.spans[GROUP] = SpanGroup(doc, name=GROUP, spans=[made(span) for span in spans])
        doc.set_ents([made(span) for span in stay])
        fields = {name: getattr(article, name) for name in ("id", *ARTICLE_FIELDS)}
        fields["metadata"] = (
            to_json(article.metadata) if article.metadata else None
        )  # numbers may be too long for msgpack
        doc.user_data[ARTICLE] = {name: value for name, value in fields.items() if value not in (None, ())}
        count_article(annotated, self._ontology, self._report, holds=ARTICLE_FIELDS)
        refuse_roles(annotated, self._report)
        refuse_attributes(annotated, self._report)
        self._bins.setdefault(split, DocBin(store_user_data=True)).add(doc)

    def close(self) -> None:
        """Write the files."""
        for split, documents in self._bins.items():
            (self._folder / f"{split}.spacy").write_bytes(documents.to_bytes())

    def _trimmed(self, annotated: AnnotatedArticle) -> list[Span]:
        """The spans without the blanks at their edges, which are no tokens of their own in spaCy."""
        found: list[Span] = []
        text = annotated.article.text
        for span in annotated.spans:
            start, end = trim(text, span.start, span.end)
            place = (span.start, span.end)
            if start == end:
                name = describe_span(span, text)
                self._report.refuse("spans", annotated.article.id, name, Code.ONLY_BLANKS, place=place)
                continue
            if (start, end) == place:
                self._report.keep("spans")
            else:
                name = describe_span(span, text)
                self._report.repair("spans", annotated.article.id, name, Code.EDGE_BLANKS, place=place)
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
