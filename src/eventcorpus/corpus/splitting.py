"""Splits without leaks: clusters stay whole, what is rare is everywhere, and what has a place keeps it.

Comes in: articles with their gold. Goes out: article id -> split, the same for the same input and seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventcorpus.corpus.near_duplicates import Clusters, Joined, find_clusters, groups_of
from eventcorpus.corpus.stratify import Group, stratify
from eventcorpus.dataset.rows import with_defaults
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.errors import InputError
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article

GROUP_FIELDS = ("outlet", "kind")
"""Fields of an article that a split can keep together."""


@dataclass(frozen=True)
class SplitOptions:
    """How to split: shares in [0, 1) of the articles; ``group_by`` a field whose values are not cut."""

    validation: float = 0.15
    test: float = 0.2
    group_by: str | None = None
    by_date: bool = False
    seed: int = 0

    @property
    def shares(self) -> dict[str, float]:
        """By split its share; together 1."""
        return {"train": 1 - self.validation - self.test, "validation": self.validation, "test": self.test}


@dataclass(frozen=True)
class Splitting:
    """Which article is where; ``cut`` are groups whose articles had places in different splits before."""

    split_of: dict[str, str]
    clusters: Clusters
    n_groups: int
    n_kept: int = 0
    cut: list[list[str]] = field(default_factory=list)


def split_articles(
    articles: Sequence[Article],
    gold: Mapping[str, AnnotatedArticle],
    ontology: Ontology,
    options: SplitOptions,
    *,
    keep: Mapping[str, str] | None = None,
    clusters: Clusters | None = None,
) -> Splitting:
    """Split articles.

    Args:
        gold: by article id; articles without it count by their kind alone.
        keep: article id -> split, for articles that stay where they are.
        clusters: of these articles, if they were found already.

    Raises:
        InputError: if the shares leave nothing for train, or ``by_date`` meets an article without a date.
    """
    if options.validation + options.test >= 1:
        raise InputError(
            f"validation {options.validation} and test {options.test} leave nothing for train; together less than 1"
        )
    in_order = sorted(articles, key=lambda article: article.id)
    clusters = clusters or find_clusters(in_order)
    groups = _groups(in_order, clusters, options.group_by)
    kept = {article.id: keep[article.id] for article in in_order if keep and article.id in keep}
    given, cut = _given(groups, kept)
    if options.by_date:
        chosen = _by_date(groups, {article.id: article for article in in_order}, options, given)
    else:
        features = {article.id: features_of(article, gold.get(article.id), ontology) for article in in_order}
        units = [Group(name, len(ids), _summed(features, ids)) for name, ids in groups.items()]
        chosen = stratify(units, shares=options.shares, given=given, seed=options.seed)
    split_of = {one: kept.get(one, chosen[name]) for name, ids in groups.items() for one in ids}
    return Splitting(dict(sorted(split_of.items())), clusters, len(groups), len(kept), cut)


def features_of(article: Article, gold: AnnotatedArticle | None, ontology: Ontology) -> set[str]:
    """What an article has that every split should have some of: labels, roles, values of attributes, kind, no event."""
    found = {f"kind {article.kind}"} if article.kind else set()
    if gold is None:
        return found
    found |= {f"label {span.label}" for span in gold.spans} | {f"role {role.role}" for role in gold.roles}
    listed = {attribute.name for attribute in ontology.attributes if attribute.values}
    pairs = (pair for span in gold.spans for pair in with_defaults(span, ontology))
    found |= {f"value {name}={value}" for name, value in pairs if name in listed}
    return found | (set() if gold.events else {"no event"})


def _summed(features: Mapping[str, set[str]], ids: Sequence[str]) -> Counter[str]:
    total = Counter[str]()
    for one in ids:
        total.update(features[one])
    return total


def _groups(articles: Sequence[Article], clusters: Clusters, group_by: str | None) -> dict[str, list[str]]:
    joined, first_of = Joined(), dict[str, str]()
    for article in articles:
        joined.add(article.id)
    for article in articles:
        joined.join(article.id, clusters.cluster_of[article.id])
        value = getattr(article, group_by) if group_by else None
        if value is not None:
            joined.join(article.id, first_of.setdefault(value, article.id))
    return groups_of(joined.leaders())


def _given(groups: Mapping[str, Sequence[str]], kept: Mapping[str, str]) -> tuple[dict[str, str], list[list[str]]]:
    """The splits of groups with articles that have a place (of several the first), and the groups with several."""
    given: dict[str, str] = {}
    cut: list[list[str]] = []
    for name, ids in groups.items():
        places = {kept[one] for one in ids if one in kept}
        if places:
            given[name] = min(places, key=SPLITS.index)
        if len(places) > 1:
            cut.append([one for one in ids if one in kept])
    return given, cut


def _by_date(
    groups: Mapping[str, Sequence[str]],
    articles: Mapping[str, Article],
    options: SplitOptions,
    given: Mapping[str, str],
) -> dict[str, str]:
    """The latest groups to test, those before to validation; beside splits that are kept by the dates of these."""
    undated = [article.id for article in articles.values() if not article.published]
    if undated:
        raise InputError(
            f"article {undated[0]} has no date ({len(undated)} have none); add published, or split without --by-date"
        )
    date = {name: max(str(articles[one].published) for one in ids) for name, ids in groups.items()}
    chosen = dict(given)
    if given:
        begins = {
            split: min((date[name] for name, place in given.items() if place == split), default=None)
            for split in SPLITS
        }
        for name in groups:
            later = [s for s in ("test", "validation") if (begin := begins[s]) is not None and date[name] >= begin]
            chosen.setdefault(name, later[0] if later else "train")
        return chosen
    n_left = {split: round(share * len(articles)) for split, share in options.shares.items() if split != "train"}
    for name in sorted(groups, key=lambda name: (date[name], name), reverse=True):
        split = next((s for s in ("test", "validation") if n_left.get(s, 0) > 0), "train")
        n_left[split] = n_left.get(split, 0) - len(groups[name])
        chosen[name] = split
    return chosen
