"""Articles without labels, from which a model learns what teachers say of them: read, and cut into texts."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.errors import InputError
from eventcorpus.package_data import package_path
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.recipe import Recipe

logger = logging.getLogger(__name__)

MOST_WORDS = 400
"""Words of a text without labels that is read at once, unless a paragraph alone has more."""
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?])[”\"']?\s+(?=[^a-z\s])|(?<=[.!?])[”\"']?\s{2,}")


def unlabelled_articles(recipe: Recipe) -> list[Article]:
    """The articles of the recipe's ``unlabelled``, as ``read_unlabelled`` reads them, which raises."""
    return read_unlabelled([_unlabelled_path(item) for item in recipe.items_of("unlabelled")])


def read_unlabelled(paths: Sequence[Path]) -> list[Article]:
    """Read articles without labels; what was changed as they were read is logged.

    A plain text file may hold many articles, with two or more blank lines between them. Longer ones are cut at blank
    lines into parts of at most ``MOST_WORDS`` words, since heads read a text at once. Parts have the id of the whole
    with a number.

    Raises:
        InputError: if a path is missing or has no articles.
    """
    report = ReadReport()
    articles = list(read_articles(paths, report=report, way_out="call that column {}")) if paths else []
    for line in report.lines():
        logger.info("%s", line)
    return [part for article in articles for part in _parts(article)]


def _parts(article: Article) -> Iterator[Article]:
    parts: list[str] = []
    for text in re.split(r"\n{3,}", article.text):
        n_words = MOST_WORDS
        for paragraph in filter(str.strip, text.split("\n\n")):
            n_words += len(paragraph.split())
            if n_words > MOST_WORDS:
                parts.append(paragraph.strip("\n"))
                n_words = len(paragraph.split())
            else:
                parts[-1] += "\n\n" + paragraph.strip("\n")
    if len(parts) < 2:
        yield article
        return
    for i, text in enumerate(parts, start=1):
        yield replace(article, id=f"{article.id}-{i}", text=text)


def _unlabelled_path(item: str) -> Path:
    """Where articles of the recipe's ``unlabelled`` lie: a path, or that of a shipped file or folder."""
    try:
        return package_path(item)
    except InputError:
        raise InputError(f"{item}: no such file or folder (unlabelled); name it with --set unlabelled=PATH") from None


def unlabelled_texts(articles: Sequence[Article], labels: Sequence[str], recipe: Recipe) -> list[AnnotatedArticle]:
    """The articles, whole or in sentences as the recipe says, as if all labels had been used in them."""
    is_whole = recipe.unlabelled_unit == "article"
    texts = [text for article in articles for text in ([article] if is_whole else _sentences(article))]
    return [AnnotatedArticle(text, (), tuple(labels)) for text in texts]


def _sentences(article: Article) -> list[Article]:
    texts = [text.strip() for text in _SENTENCE_END.split(article.text)]
    return [replace(article, id=f"{article.id}-{i}", text=text) for i, text in enumerate(texts) if len(text) > 20]
