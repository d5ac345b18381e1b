"""What ``eventcorpus stats`` counts: figures of a corpus and of its splits, its originality, and what it promises.

Words are what white space separates; triggers per 1,000 words are counted in the articles that have an event.

Promises are minimums and maximums of the figures in a YAML file, by their paths in what ``stats --json`` prints:

schema: 1
require:
  total.n_articles: {min: 300}
  total.trigger_labels.*.n: {min: 80}         # * stands for every key
  originality.highest_jaccard: {max: 0.15}
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.corpus.folder import GoldArticles
from eventcorpus.corpus.originality import Originality, originality_of
from eventcorpus.dataset.card import AnnotationCounts
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, read_yaml_as
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import limit_violation


class MentionCount(StrictModel):
    """How often a label, role or value is annotated, and in how many articles."""

    n: int
    articles: int


class Spread(StrictModel):
    """The spread of one number per article; null without articles."""

    min: float | None
    median: float | None
    max: float | None


class Density(Spread):
    """Triggers per 1,000 words: ``overall`` is all triggers over all words, the others are of the single articles."""

    overall: float | None


class Bar(StrictModel):
    """A bar of a histogram: ``articles`` whose number is at least ``start`` and less than ``end``."""

    start: int
    end: int
    articles: int


class Figures(StrictModel):
    """Counts of annotated articles; ``share_without_event`` lies in [0, 1].

    Labels, roles and values (``attribute=value``, defaults filled in) are in ontology order, also those that have none;
    kinds, outlets and tags the most frequent first, years ascending.
    """

    n_articles: int
    n_without_event: int
    share_without_event: float | None
    n_words: int
    n_spans: int
    n_triggers: int
    n_roles: int
    n_events: int
    triggers_per_1000_words: Density
    words_per_article: Spread
    word_bars: tuple[Bar, ...]
    density_bars: tuple[Bar, ...]
    trigger_labels: dict[str, MentionCount]
    entity_labels: dict[str, MentionCount]
    roles: dict[str, MentionCount]
    values: dict[str, MentionCount]
    kinds: dict[str, int]
    outlets: dict[str, int]
    years: dict[str, int]
    tags: dict[str, int]


class StatsReport(StrictModel):
    """What ``stats --json`` prints. ``gold`` says in words whose annotation was counted; splits are in their order."""

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str = __version__
    corpus: str
    ontology: str
    gold: str
    n_not_annotated: int
    total: Figures
    splits: dict[str, Figures]
    originality: Originality


def stats_report(gold: GoldArticles, *, corpus: str) -> StatsReport:
    """Count the gold of a corpus, which has a name."""
    split_of, ontology = gold.split_of, gold.ontology
    known = [split for split in SPLITS if split in split_of.values()]
    splits = [*known, *sorted(set(split_of.values()) - set(SPLITS))]
    return StatsReport(
        corpus=corpus,
        ontology=ontology.key,
        gold=gold.policy,
        n_not_annotated=gold.n_not_annotated,
        total=figures_of(gold.articles, ontology),
        splits={
            split: figures_of([each for each in gold.articles if split_of.get(each.article.id) == split], ontology)
            for split in splits
        },
        originality=originality_of(gold.articles, ontology),
    )


def figures_of(gold: Sequence[AnnotatedArticle], ontology: Ontology) -> Figures:
    """Count annotated articles."""
    counts = AnnotationCounts.of(gold, ontology)
    per_article = [AnnotationCounts.of([annotated], ontology) for annotated in gold]
    n_words = [len(annotated.article.text.split()) for annotated in gold]
    with_event = [(own.n_triggers, n) for own, n in zip(per_article, n_words, strict=True) if own.n_events]
    densities = [1000 * n_triggers / n for n_triggers, n in with_event]
    n_triggers, n_words_with_event = (sum(column) for column in zip(*with_event, strict=True)) if with_event else (0, 0)

    def mentions(kind: str, names: Mapping[str, Any]) -> dict[str, MentionCount]:
        """By name, of the keys in the counters of a kind."""
        total, own = getattr(counts, kind), [getattr(article, kind) for article in per_article]
        return {name: MentionCount(n=total[key], articles=sum(key in c for c in own)) for name, key in names.items()}

    articles = [annotated.article for annotated in gold]
    return Figures(
        n_articles=counts.n_articles,
        n_without_event=counts.n_without_event,
        share_without_event=round(counts.n_without_event / len(gold), 4) if gold else None,
        n_words=sum(n_words),
        n_spans=counts.labels.total(),
        n_triggers=counts.n_triggers,
        n_roles=counts.roles.total(),
        n_events=counts.n_events,
        triggers_per_1000_words=Density(
            overall=round(1000 * n_triggers / n_words_with_event, 2) if n_words_with_event else None,
            **_spread(densities).model_dump(),
        ),
        words_per_article=_spread(n_words),
        word_bars=_bars(n_words),
        density_bars=_bars(densities),
        trigger_labels=mentions("labels", {label: label for label in ontology.trigger_names}),
        entity_labels=mentions("labels", {label: label for label in ontology.entity_names}),
        roles=mentions("roles", {role.name: role.name for role in ontology.roles}),
        values=mentions(
            "values", {f"{a.name}={v.name}": (a.name, v.name) for a in ontology.attributes for v in a.values}
        ),
        kinds=_most_frequent(article.kind or "" for article in articles),
        outlets=_most_frequent(article.outlet or "" for article in articles),
        years=dict(sorted(Counter((article.published or "")[:4] for article in articles).items())),
        tags=_most_frequent(tag for article in articles for tag in article.tags),
    )


def _spread(numbers: Sequence[float]) -> Spread:
    if not numbers:
        return Spread(min=None, median=None, max=None)
    return Spread(min=round(min(numbers), 2), median=round(statistics.median(numbers), 2), max=round(max(numbers), 2))


def _bars(numbers: Sequence[float]) -> tuple[Bar, ...]:
    """A histogram with bars of a round width, at most 20 of them, from the lowest to the highest number."""
    if not numbers:
        return ()
    low, high = int(min(numbers)), int(max(numbers))
    width = next(w * 10**e for e in range(12) for w in (1, 2, 5) if high // (w * 10**e) - low // (w * 10**e) < 20)
    counts = Counter(int(number) // width for number in numbers)
    return tuple(
        Bar(start=i * width, end=(i + 1) * width, articles=counts[i]) for i in range(low // width, high // width + 1)
    )


def _most_frequent(names: Iterable[str]) -> dict[str, int]:
    """Names and how often they come, the most frequent first; an article without one counts under the empty name."""
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


class Limits(StrictModel):
    """At least ``min``, at most ``max``."""

    min: Annotated[float, Field(strict=True)] | None = None
    max: Annotated[float, Field(strict=True)] | None = None


class Requirements(StrictModel):
    """A requirements file: limits by the path of a figure in what ``stats --json`` prints."""

    schema_: Literal[1] = Field(alias="schema")
    require: dict[str, Limits]


def read_requirements(path: Path) -> Requirements:
    """Read a requirements file.

    Raises:
        InputError: naming the key that is not known or the value that does not fit.
    """
    found = read_yaml_as(Requirements, path, what="a requirements file")
    for name, limits in found.require.items():
        if limits.min is None and limits.max is None:
            raise InputError(f"{path}: {name} has neither min nor max; give one, such as {{min: 100}}")
    return found


def unmet(requirements: Requirements, report: Mapping[str, Any], *, place: str) -> list[str]:
    """What is not met, one phrase for each figure.

    Args:
        report: what ``stats --json`` prints.

    Raises:
        InputError: if a path leads to no number; it names what there is.
    """
    found: list[str] = []
    for path, limits in requirements.require.items():
        for name, value in _figures(report, path.split("."), place=place, path=path):
            shown = "undefined" if value is None else f"{value:,}"
            found.append(
                limit_violation(name, value, shown=shown, show="{:,g}".format, least=limits.min, most=limits.max)
            )
    return list(filter(None, found))


def _figures(
    report: Any, parts: list[str], *, place: str, path: str, above: str = ""
) -> Iterator[tuple[str, float | None]]:
    """Every figure that a path leads to, with its name."""
    if not parts:
        if isinstance(report, bool) or not isinstance(report, int | float | None):
            kind = f"holds {', '.join(report)}" if isinstance(report, Mapping) else "is no number"
            raise InputError(f"{place}: {path}: {above} {kind}; name a figure")
        yield above, report
        return
    head, rest = parts[0], parts[1:]
    there = list(report) if isinstance(report, Mapping) else []
    if head != "*" and head not in there:
        known = ", ".join(map(str, there)) or "nothing"
        raise InputError(f"{place}: {path}: no {head!r} under {above or 'the report'}; there is {known}")
    for key in there if head == "*" else [head]:
        yield from _figures(report[key], rest, place=place, path=path, above=f"{above}.{key}" if above else key)
