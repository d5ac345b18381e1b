"""Event rows of many articles, for benchmarks that ask for them again and again: what the model found can be kept."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from eventcorpus.events.assembly import Normalisers, event_rows
from eventcorpus.events.linked_articles import predicted_mentions
from eventcorpus.events.rows import Row
from eventcorpus.files import read_lines, write_text
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.folder import model_hash, read_about
from eventcorpus.predictions import Prediction, prediction_line, prediction_of, read_predictions
from eventcorpus.schema import Article, Mention


def rows_of_articles(
    articles: Sequence[Article], model: Path, kept: Path | None = None
) -> Iterator[tuple[Article, list[Mention], list[Row]]]:
    """Each article with its mentions and rows, as ``eventcorpus extract --rows`` makes them.

    Args:
        kept: a predictions file; where it has all articles they are taken from there, else it is written.
    """
    normalisers, ontology = Normalisers(), read_about(model).ontology
    for article, prediction in zip(articles, _predictions(articles, model, kept), strict=True):
        mentions = predicted_mentions(prediction)
        yield article, mentions, event_rows(article, mentions, ontology, normalisers)


def _predictions(articles: Sequence[Article], model: Path, kept: Path | None) -> list[Prediction]:
    if kept and kept.is_file():
        found = {prediction.id: prediction for prediction in read_predictions(read_lines(kept), place=str(kept))}
        is_same = all(a.id in found and found[a.id].text_sha256 == a.text_sha256 for a in articles)
        if is_same and all(p.model.hash == model_hash(model) for p in found.values()):
            return [found[article.id] for article in articles]
    extractor = Extractor.from_pretrained(model)
    made = [prediction_of(a, m, extractor.name) for a, m in zip(articles, extractor.extract(articles), strict=True)]
    if kept:
        write_text(kept, "".join(f"{prediction_line(prediction)}\n" for prediction in made))
    return made
