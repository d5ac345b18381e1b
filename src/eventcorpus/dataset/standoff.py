"""Standoff datasets: offsets and labels that travel without the text, and the text put back by those who hold it.

Comes in: a dataset folder that ``convert --text none`` (or ``licensed``) wrote, and articles. Goes out: the dataset
with its text, the same data files as if it had never been taken away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.folder import Entry, open_dataset
from eventcorpus.dataset.rows import annotated_of, with_text
from eventcorpus.dataset.tables import rows_of
from eventcorpus.schema import AnnotatedArticle, Article


@dataclass
class Held:
    """The articles that someone holds, found by the hash of their text, else by id."""

    by_hash: dict[str, Article] = field(default_factory=dict)
    by_id: dict[str, Article] = field(default_factory=dict)

    @classmethod
    def of(cls, articles: Iterable[Article]) -> Held:
        """Index articles; of several with one text, the first."""
        held = cls()
        for article in articles:
            held.by_hash.setdefault(article.text_sha256, article)
            held.by_id[article.id] = article
        return held

    def find(self, row: dict[str, Any]) -> Article | None:
        """The article of a row, or None."""
        same_id = self.by_id.get(row["id"])
        if same_id is not None and same_id.text_sha256 == row["text_sha256"]:
            return same_id
        return self.by_hash.get(row["text_sha256"])

    def why_missing(self, row: dict[str, Any]) -> Code:
        """Why a row has no article."""
        return Code.OTHER_TEXT_UNDER_ID if row["id"] in self.by_id else Code.NO_ARTICLE_WITH_TEXT


def joined(folder: Path, held: Held, report: ConversionReport) -> Iterator[Entry]:
    """The articles of a standoff dataset with their text; those that nobody holds are refused.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
        SpanError: if a row contradicts its text.
    """
    _, files = open_dataset(folder)
    for (config, split), path in files.items():
        if config != "default":
            continue
        every: dict[str, list[AnnotatedArticle]] = {}
        others = files.get(("annotations", split))
        for row in rows_of(others) if others is not None else ():
            if (one := _complete(row, held, str(others))) is not None:
                every.setdefault(row["id"], []).append(one)
        for row in rows_of(path):
            gold = _complete(row, held, str(path))
            if gold is None:
                report.refuse("articles", row["id"], "the article", held.why_missing(row))
                for span in row["spans"]:
                    report.refuse("spans", row["id"], f"{span['label']} {span['id']}", Code.ARTICLE_MISSING)
                for role in row["roles"]:
                    report.refuse("roles", row["id"], role["role"], Code.ARTICLE_MISSING)
                continue
            report.keep("articles")
            report.keep("spans", len(gold.spans))
            report.keep("roles", len(gold.roles))
            report.keep("attributes", sum(len(span.attributes) for span in gold.spans))
            yield Entry(split, gold, every.get(gold.article.id, []))


def _complete(row: dict[str, Any], held: Held, place: str) -> AnnotatedArticle | None:
    if row["text"] is None:
        article = held.find(row)
        if article is None:
            return None
        row = with_text(row, article)
    return annotated_of(row, place=place)
