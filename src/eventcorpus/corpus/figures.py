"""What a set of annotated articles holds, in numbers.

Words are what stands between blanks; triggers per 1,000 words are counted in the articles that have an event.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from eventcorpus.dataset.rows import with_defaults
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle


class Part(BaseModel):
    """A part of the report: no other keys, never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Stands(Part):
    """How often something stands in the articles, and in how many of them."""

    n: int
    articles: int


class Spread(Part):
    """Of one number per article; null without articles."""

    min: float | None
    median: float | None
    max: float | None


class Density(Spread):
    """Triggers per 1,000 words: ``overall`` is all triggers over all words, the others are of the single articles."""

    overall: float | None


class Bar(Part):
    """Articles whose number is at least ``start`` and less than ``end``."""

    start: int
    end: int
    articles: int


class Figures(Part):
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
    trigger_labels: dict[str, Stands]
    entity_labels: dict[str, Stands]
    roles: dict[str, Stands]
    values: dict[str, Stands]
    kinds: dict[str, int]
    outlets: dict[str, int]
    years: dict[str, int]
    tags: dict[str, int]


def figures_of(several: Sequence[AnnotatedArticle], ontology: Ontology) -> Figures:
    """Count annotated articles."""
    triggers = set(ontology.trigger_names)
    n_words = {one.article.id: len(one.article.text.split()) for one in several}
    n_triggers = {one.article.id: sum(span.label in triggers for span in one.spans) for one in several}
    with_events = [one.article.id for one in several if one.events]
    densities = [1000 * n_triggers[one] / n_words[one] for one in with_events]
    labels = _stands([span.label for span in one.spans] for one in several)
    roles = _stands([role.role for role in one.roles] for one in several)
    values = _stands(
        [f"{name}={value}" for span in one.spans for name, value in with_defaults(span, ontology)] for one in several
    )
    none = Stands(n=0, articles=0)
    words_with_events = sum(n_words[one] for one in with_events)
    overall = 1000 * sum(n_triggers[one] for one in with_events) / words_with_events if words_with_events else None
    articles = [one.article for one in several]
    return Figures(
        n_articles=len(several),
        n_without_event=len(several) - len(with_events),
        share_without_event=round(1 - len(with_events) / len(several), 4) if several else None,
        n_words=sum(n_words.values()),
        n_spans=sum(len(one.spans) for one in several),
        n_triggers=sum(n_triggers.values()),
        n_roles=sum(len(one.roles) for one in several),
        n_events=sum(len(one.events) for one in several),
        triggers_per_1000_words=Density(overall=_rounded(overall), **_spread(densities).model_dump()),
        words_per_article=_spread(list(n_words.values())),
        word_bars=_bars(list(n_words.values())),
        density_bars=_bars(densities),
        trigger_labels={label: labels.get(label, none) for label in ontology.trigger_names},
        entity_labels={label: labels.get(label, none) for label in ontology.labels if label not in triggers},
        roles={role.name: roles.get(role.name, none) for role in ontology.roles},
        values={
            key: values.get(key, none) for a in ontology.attributes for v in a.values for key in [f"{a.name}={v.name}"]
        },
        kinds=_most(article.kind or "" for article in articles),
        outlets=_most(article.outlet or "" for article in articles),
        years=dict(sorted(Counter((article.published or "")[:4] for article in articles).items())),
        tags=_most(tag for article in articles for tag in article.tags),
    )


def _stands(items: Iterable[Sequence[str]]) -> dict[str, Stands]:
    """Of what stands in each article, how often and in how many."""
    n, in_articles = Counter[str](), defaultdict[str, int](int)
    for one in items:
        n.update(one)
        for name in set(one):
            in_articles[name] += 1
    return {name: Stands(n=n[name], articles=in_articles[name]) for name in n}


def _spread(numbers: Sequence[float]) -> Spread:
    if not numbers:
        return Spread(min=None, median=None, max=None)
    low, middle, high = min(numbers), statistics.median(numbers), max(numbers)
    return Spread(min=_rounded(low), median=_rounded(middle), max=_rounded(high))


def _bars(numbers: Sequence[float], at_most: int = 20) -> tuple[Bar, ...]:
    """A histogram with bars of a round width, at most ``at_most`` of them, from the lowest to the highest number."""
    if not numbers:
        return ()
    low, high = int(min(numbers)), int(max(numbers))
    width = next(w * 10**e for e in range(12) for w in (1, 2, 5) if high // (w * 10**e) - low // (w * 10**e) < at_most)
    counts = Counter(int(number) // width for number in numbers)
    return tuple(
        Bar(start=i * width, end=(i + 1) * width, articles=counts[i]) for i in range(low // width, high // width + 1)
    )


def _most(names: Iterable[str]) -> dict[str, int]:
    """Names and how often they come, the most frequent first; an article without one counts under the empty name."""
    return dict(sorted(Counter(names).items(), key=lambda pair: (-pair[1], pair[0])))


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 2)
