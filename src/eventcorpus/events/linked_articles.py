"""Articles with linked mentions, as event rows are made of them: annotated by people, or predicted by a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.articles.read import read_articles
from eventcorpus.dataset.folder import is_dataset_folder, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.files import read_lines
from eventcorpus.labelstudio.config import load_ontology
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, check_prediction, read_predictions
from eventcorpus.schema import AnnotatedArticle, Article, ChosenValue, Link, Mention
from eventcorpus.text import one_line

LinkedArticle = tuple[Article, list[Mention]]


def read_linked_articles(
    source: Path, *, articles: Iterable[Path] = (), ontology: Path | None = None, split: str | None = None
) -> tuple[Ontology, Iterator[LinkedArticle]]:
    """The ontology and the linked articles of a dataset folder or a predictions file.

    Args:
        articles: files that have the articles of predictions; not needed where the predictions have their text.
        ontology: of predictions; None: by the rule of ``package_data.find_ontology_path``. A dataset has its own.
        split: the only one that is read of a dataset; None: all.

    Raises:
        InputError: if the source is neither, or the text of an article is nowhere.
        PredictionsError: if a prediction was made from another text.
    """
    articles = list(articles)
    if not source.is_dir():
        return load_ontology(ontology, near=[source, *articles]), _of_predictions(source, articles)
    if not is_dataset_folder(source):
        raise InputError(f"{source}: a folder that convert did not write; name a dataset folder or a predictions file")
    dataset = read_dataset(source)
    splits = dataset.splits.values() if split is None else [dataset.split(split)]
    return dataset.ontology, (
        (annotated.article, annotated_mentions_of(annotated, dataset.ontology)) for gold in splits for annotated in gold
    )


def _of_predictions(path: Path, articles: Sequence[Path]) -> Iterator[LinkedArticle]:
    known = {article.id: article for article in read_articles(articles)} if articles else {}
    for prediction in read_predictions(read_lines(path), place=str(path)):
        article = known.get(prediction.id)
        if article is None and prediction.text is not None:
            article = Article(prediction.id, prediction.text, published=prediction.published)
        if article is None:
            raise InputError(
                f"{path}: article {one_line(prediction.id)} has no text; extract with --with-text, or name its file "
                "with --articles"
            )
        check_prediction(prediction, article, place=str(path))
        yield article, predicted_mentions(prediction)


def annotated_mentions_of(annotated: AnnotatedArticle, ontology: Ontology) -> list[Mention]:
    """What people annotated, in the form of what a model finds; every confidence is 1."""
    text = annotated.article.text
    links: dict[str, list[Link]] = {}
    for role in annotated.roles:
        links.setdefault(role.trigger, []).append(Link(role.role, role.argument, 1.0))
    return [
        Mention(
            span.start,
            span.end,
            span.label,
            text[span.start : span.end],
            1.0,
            id=span.id,
            attributes=tuple(ChosenValue(name, value, 1.0) for name, value in with_defaults(span, ontology)),
            links=tuple(links.get(span.id, ())),
        )
        for span in annotated.spans
    ]


def predicted_mentions(prediction: Prediction) -> list[Mention]:
    """The mentions of a line of a predictions file; one without an id is called by its position."""
    links: dict[str, list[Link]] = {}
    for role in prediction.roles or ():
        links.setdefault(role.trigger, []).append(Link(role.role, role.argument, role.confidence))
    return [
        Mention(
            mention.start,
            mention.end,
            mention.label,
            mention.text,
            mention.confidence,
            id=mention.id or f"#{i}",
            attributes=tuple(
                ChosenValue(name, value, (mention.attribute_confidences or {}).get(name, 1.0))
                for name, values in mention.attribute_values.items()
                for value in values
            ),
            links=tuple(links.get(mention.id or "", ())),
        )
        for i, mention in enumerate(prediction.mentions)
    ]
