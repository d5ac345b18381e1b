"""Splits without leaks: clusters stay whole, what is rare is in every split, and what has a split already keeps it.

The same articles, options and seed give the same splits. A folder of splits has train.txt, validation.txt, test.txt
(an article id a line), and a manifest that says how they came about.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from typing import Literal

from pydantic import Field

from eventcorpus import __version__
from eventcorpus.annotation.rules import with_defaults
from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.corpus.stratify import Group, stratify
from eventcorpus.dataset.card import AnnotationCounts
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.errors import InputError
from eventcorpus.files import StrictModel, atomic_folder, parse_as, read_json, sha256_of_file, write_json
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, connected_components
from eventcorpus.tables import counted

GROUP_FIELDS = ("outlet", "kind")
"""Fields of an article that a split can keep together."""
MANIFEST = "manifest.json"
_FILES = tuple(f"{split}.txt" for split in SPLITS)


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
    """The split of every article.

    ``n_groups``: what was placed as one, clusters and single articles; ``n_kept``: articles that had a split already;
    ``cut``: groups whose articles had different splits before, and keep them.
    """

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
        units = [
            Group(name, len(ids), Counter(chain.from_iterable(features[i] for i in ids)))
            for name, ids in groups.items()
        ]
        chosen = stratify(units, shares=options.shares, given=given, seed=options.seed)
    split_of = {article_id: kept.get(article_id, chosen[name]) for name, ids in groups.items() for article_id in ids}
    return Splitting(dict(sorted(split_of.items())), clusters, len(groups), len(kept), cut)


def check_not_empty(splitting: Splitting, options: SplitOptions) -> None:
    """See that each split that is to have articles has some; where splits were kept, these may be as they are.

    Raises:
        InputError: naming the least number of articles that is needed.
    """
    wanted = {split: share for split, share in options.shares.items() if share > 1e-9}
    empty = [split for split in wanted if split not in splitting.split_of.values()]
    if empty and not splitting.n_kept:
        least = math.ceil(round(1 / min(wanted.values()), 6))
        listed = "/".join(f"{100 * share:g}" for share in options.shares.values())
        raise InputError(
            f"{listed} of {counted(len(splitting.split_of), 'article')}, {splitting.n_groups} without near-duplicates "
            f"and clusters, leaves {empty[0]} empty; at least {least} are needed: annotate more, or choose a larger "
            "share"
        )


def features_of(article: Article, gold: AnnotatedArticle | None, ontology: Ontology) -> set[str]:
    """What every split should have its share of: labels, roles, values of attributes, kinds, articles without event."""
    found = {f"kind {article.kind}"} if article.kind else set()
    if gold is None:
        return found
    found |= {f"label {span.label}" for span in gold.spans} | {f"role {role.role}" for role in gold.roles}
    listed = {attribute.name for attribute in ontology.attributes if attribute.values}
    pairs = (pair for span in gold.spans for pair in with_defaults(span, ontology))
    found |= {f"value {name}={value}" for name, value in pairs if name in listed}
    return found | (set() if gold.events else {"no event"})


def _groups(articles: Sequence[Article], clusters: Clusters, group_by: str | None) -> dict[str, list[str]]:
    """What stays together: clusters, and articles with the same value of a field; by its first article id."""
    links = [(article.id, clusters.cluster_of[article.id]) for article in articles]
    first_of: dict[str, str] = {}
    for article in articles:
        value = getattr(article, group_by) if group_by else None
        if value is not None:
            links.append((article.id, first_of.setdefault(value, article.id)))
    return {ids[0]: ids for ids in connected_components((article.id for article in articles), links)}


def _given(groups: Mapping[str, Sequence[str]], kept: Mapping[str, str]) -> tuple[dict[str, str], list[list[str]]]:
    """The split of each group whose articles have one (of different ones the first), and groups with different ones."""
    kept_of = {name: [article_id for article_id in ids if article_id in kept] for name, ids in groups.items()}
    splits_of = {name: {kept[article_id] for article_id in ids} for name, ids in kept_of.items() if ids}
    given = {name: min(splits, key=SPLITS.index) for name, splits in splits_of.items()}
    return given, [kept_of[name] for name, splits in splits_of.items() if len(splits) > 1]


def _by_date(
    groups: Mapping[str, Sequence[str]],
    articles: Mapping[str, Article],
    options: SplitOptions,
    given: Mapping[str, str],
) -> dict[str, str]:
    """The latest groups go to test, those before to validation; where splits are kept, their dates decide."""
    undated = [article.id for article in articles.values() if not article.published]
    if undated:
        raise InputError(
            f"article {undated[0]} has no date ({len(undated)} have none); add published, or split without --by-date"
        )
    date = {name: max(str(articles[article_id].published) for article_id in ids) for name, ids in groups.items()}
    chosen = dict(given)
    if given:
        begins: dict[str, str] = {}
        for name, split in given.items():
            begins[split] = min(date[name], begins.get(split, date[name]))
        for name in groups:
            later = (split for split in ("test", "validation") if split in begins and date[name] >= begins[split])
            chosen.setdefault(name, next(later, "train"))
        return chosen
    n_left = {split: round(share * len(articles)) for split, share in options.shares.items()}
    for name in sorted(groups, key=lambda name: (date[name], name), reverse=True):
        chosen[name] = next((split for split in ("test", "validation") if n_left[split] > 0), "train")
        n_left[chosen[name]] -= len(groups[name])
    return chosen


class SplitCounts(StrictModel):
    """What one split holds: articles, those without an event, and mentions per label, role and ``attribute=value``."""

    articles: int = 0
    without_event: int = 0
    labels: dict[str, int] = Field(default_factory=dict)
    roles: dict[str, int] = Field(default_factory=dict)
    values: dict[str, int] = Field(default_factory=dict)


class SplitManifest(StrictModel):
    """``manifest.json``: how a folder of splits was made, and the sha256 of each of its files.

    ``kept``: articles that had a place already; ``clusters``: those of two or more articles, ``clustered`` the articles
    in them; ``groups``: what was placed as one, clusters and single articles.
    """

    schema_: Literal[1] = Field(alias="schema", default=1)
    eventcorpus: str
    options: dict[str, float | str | bool | None]
    kept: int
    groups: int
    clusters: int
    clustered: int
    splits: dict[str, SplitCounts]
    files: dict[str, str]


def is_split_folder(path: Path) -> bool:
    """Whether a folder holds splits and nothing else."""
    names = {entry.name for entry in path.iterdir()}
    return bool(names & set(_FILES)) and names <= {*_FILES, MANIFEST}


def write_splits(
    out: Path, splitting: Splitting, options: SplitOptions, gold: Mapping[str, AnnotatedArticle], ontology: Ontology
) -> SplitManifest:
    """Write the three lists and the manifest, all or nothing; splits that are there already are replaced.

    Raises:
        OutputError: if the place holds something else, or the disk refuses.
    """
    with atomic_folder(out, is_ours=is_split_folder) as folder:
        ids_of = {split: [i for i, place in sorted(splitting.split_of.items()) if place == split] for split in SPLITS}
        for split, ids in ids_of.items():
            (folder / f"{split}.txt").write_text("".join(f"{article_id}\n" for article_id in ids), encoding="utf-8")
        together = [ids for ids in splitting.clusters.members().values() if len(ids) > 1]
        manifest = SplitManifest(
            eventcorpus=__version__,
            options=asdict(options),
            kept=splitting.n_kept,
            groups=splitting.n_groups,
            clusters=len(together),
            clustered=sum(map(len, together)),
            splits={split: _counts(ids, gold, ontology) for split, ids in ids_of.items()},
            files={name: sha256_of_file(folder / name) for name in _FILES},
        )
        write_json(folder / MANIFEST, manifest)
    return manifest


def read_manifest(folder: Path) -> SplitManifest | None:
    """The manifest of a folder of splits; None where there is none.

    Raises:
        InputError: if it is not one of ours.
    """
    path = folder / MANIFEST
    if not path.is_file():
        return None
    hint = "; write it again with: eventcorpus split"
    return parse_as(SplitManifest, read_json(path), place=str(path), hint=hint)


def changed_files(folder: Path, manifest: SplitManifest) -> list[str]:
    """Files that are not what the manifest says, by name."""
    return [
        name
        for name, sha256 in manifest.files.items()
        if not (folder / name).is_file() or sha256_of_file(folder / name) != sha256
    ]


def _counts(ids: Sequence[str], gold: Mapping[str, AnnotatedArticle], ontology: Ontology) -> SplitCounts:
    """Count one split; labels, roles and values in ontology order, also those that it has none of."""
    counts = AnnotationCounts.of([gold[article_id] for article_id in ids if article_id in gold], ontology)
    return SplitCounts(
        articles=len(ids),
        without_event=counts.n_without_event,
        labels={label: counts.labels[label] for label in ontology.labels},
        roles={role.name: counts.roles[role.name] for role in ontology.roles},
        values={f"{a.name}={v.name}": counts.values[a.name, v.name] for a in ontology.attributes for v in a.values},
    )
