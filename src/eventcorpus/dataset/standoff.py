"""Standoff datasets: offsets and labels are shared without the text, and who has the text puts it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus.conversion_report import Code, ConversionReport
from eventcorpus.dataset.folder import Entry, open_dataset
from eventcorpus.dataset.rows import annotated_of, rows_of, with_text
from eventcorpus.schema import AnnotatedArticle, Article


@dataclass(frozen=True)
class ArticleIndex:
    """Articles by the hash of their text (of articles with the same text the first), and by id."""

    by_hash: dict[str, Article]
    by_id: dict[str, Article]

    @classmethod
    def of(cls, articles: Iterable[Article]) -> ArticleIndex:
        """Index articles."""
        by_id, by_hash = dict[str, Article](), dict[str, Article]()
        for article in articles:
            by_hash.setdefault(article.text_sha256, article)
            by_id[article.id] = article
        return cls(by_hash, by_id)

    def find(self, row: Mapping[str, Any]) -> Article | None:
        """The article of a dataset's row, or None."""
        same_id = self.by_id.get(row["id"])
        if same_id is not None and same_id.text_sha256 == row["text_sha256"]:
            return same_id
        return self.by_hash.get(row["text_sha256"])


def joined(folder: Path, index: ArticleIndex, report: ConversionReport) -> Iterator[Entry]:
    """The articles of a standoff dataset with their text; those that are not in the index are refused.

    The files that are written of them are byte for byte those of the dataset before its text was taken away.

    Raises:
        InputError: if the folder is not one of ours, or a file is not the one that was written.
        SpanError: if a row contradicts its text.
    """
    _, files = open_dataset(folder)
    for (config, split), path in files.items():
        if config != "default":
            continue
        annotations: dict[str, list[AnnotatedArticle]] = {}
        annotations_path = files.get(("annotations", split))
        for row in rows_of(annotations_path) if annotations_path is not None else ():
            if (annotated := _with_its_text(row, index, str(annotations_path))) is not None:
                annotations.setdefault(row["id"], []).append(annotated)
        for row in rows_of(path):
            gold = _with_its_text(row, index, str(path))
            if gold is None:
                why = Code.OTHER_TEXT_UNDER_ID if row["id"] in index.by_id else Code.NO_ARTICLE_WITH_TEXT
                report.refuse("articles", row["id"], "the article", why)
                for span in row["spans"]:
                    report.refuse("spans", row["id"], f"{span['label']} {span['id']}", Code.ARTICLE_MISSING)
                for role in row["roles"]:
                    report.refuse("roles", row["id"], role["role"], Code.ARTICLE_MISSING)
                continue
            report.keep_article(gold)
            yield Entry(split, gold, annotations.get(gold.article.id, []))


def _with_its_text(row: dict[str, Any], index: ArticleIndex, place: str) -> AnnotatedArticle | None:
    if row["text"] is None:
        article = index.find(row)
        if article is None:
            return None
        row = with_text(row, article)
    return annotated_of(row, place=place)
