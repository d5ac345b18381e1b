"""The dataset card: what a dataset folder holds, read by people and by the hub."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import yaml

from eventcorpus.annotation.rules import with_defaults
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.ontology import Ontology
from eventcorpus.package_data import fill_template
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import sha256_of

HUB_LICENCES = (
    "apache-2.0", "mit", "cc", "cc0-1.0", "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "pddl", "odc-by", "odbl",
)  # fmt: skip
"""Licences of texts and data as the hub spells them (https://huggingface.co/docs/hub/repositories-licenses)."""


@dataclass
class AnnotationCounts:
    """Sums over articles, counted one by one.

    ``labels``, ``roles`` and ``values`` ((attribute, value), defaults filled in) count mentions; ``licences`` and
    ``languages`` count articles, under the empty name those that state none.
    """

    ontology: Ontology
    n_articles: int = 0
    n_reviewed_empty: int = 0
    n_without_event: int = 0
    n_invented: int = 0
    n_triggers: int = 0
    n_events: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, articles: Iterable[AnnotatedArticle], ontology: Ontology) -> AnnotationCounts:
        """Count articles."""
        counts = cls(ontology)
        for annotated in articles:
            counts.add(annotated)
        return counts

    def add(self, annotated: AnnotatedArticle) -> None:
        """Count one article."""
        labels = Counter(span.label for span in annotated.spans)
        self.n_articles += 1
        self.n_reviewed_empty += annotated.status == "reviewed_empty"
        self.n_without_event += not annotated.events
        self.n_invented += annotated.article.invented is True
        self.n_triggers += sum(labels[label] for label in self.ontology.trigger_names)
        self.n_events += len(annotated.events)
        self.labels.update(labels)
        self.roles.update(role.role for role in annotated.roles)
        for span in annotated.spans:
            self.values.update(with_defaults(span, self.ontology))
        self.licences[annotated.article.licence or ""] += 1
        self.languages[annotated.article.language or ""] += 1

    def __add__(self, other: AnnotationCounts) -> AnnotationCounts:
        names = [each.name for each in fields(self) if each.name != "ontology"]
        return AnnotationCounts(self.ontology, **{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass
class DatasetCounts:
    """The gold articles of a dataset, counted one by one: ``n_words`` per split, ``n_withheld`` without their text."""

    ontology: Ontology
    splits: dict[str, AnnotationCounts] = field(default_factory=dict)
    n_words: Counter[str] = field(default_factory=Counter)
    n_withheld: int = 0

    def add(self, split: str, gold: AnnotatedArticle, *, n_words: int, withheld: bool) -> None:
        """Count one article."""
        if split not in self.splits:
            self.splits[split] = AnnotationCounts(self.ontology)
        self.splits[split].add(gold)
        self.n_words[split] += n_words
        self.n_withheld += withheld

    @property
    def total(self) -> AnnotationCounts:
        """The sums over all splits."""
        return sum(self.splits.values(), start=AnnotationCounts(self.ontology))


def dataset_card(
    counts: DatasetCounts, files: Mapping[str, Mapping[str, Any]], *, gold_policy: str, summary: str
) -> str:
    """Markdown with the ``configs`` that ``load_dataset`` reads, then counts per split, label and attribute.

    Args:
        files: per Parquet file, relative to the folder, its ``sha256``.
        gold_policy: what gold is, in words.
        summary: the conversion report in one line.
    """
    total = counts.total
    return fill_template(
        "dataset_card.md.j2",
        head=yaml.safe_dump(_head(total, files), sort_keys=False, allow_unicode=True).strip(),
        ontology=counts.ontology,
        gold_policy=gold_policy,
        summary=summary,
        splits={split: counts.splits[split] for split in SPLITS if split in counts.splits},
        n_words=counts.n_words,
        n_withheld=counts.n_withheld,
        total=total,
        values=list(_value_counts(total)),
    )


def _head(counts: AnnotationCounts, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    configs: list[dict[str, Any]] = []
    for config in ("default", "annotations"):
        paths = [(split, f"{config}/{split}.parquet") for split in SPLITS]
        data_files = [{"split": split, "path": path} for split, path in paths if path in files]
        # load_dataset caches by this text, not by the files: without their hash it would show a converted-again
        # folder as it was before
        digest = sha256_of(" ".join(str(files[entry["path"]]["sha256"]) for entry in data_files))
        about = {"config_name": config, "default": config == "default", "description": f"content {digest[:16]}"}
        configs.append(about | {"data_files": data_files})
    stated = sorted(filter(None, counts.licences))
    head = {
        "pretty_name": f"Articles annotated with {counts.ontology.key}",
        "language": [language for language in sorted(counts.languages) if re.fullmatch(r"[a-z]{2,3}", language)],
        **(_licence(stated) if stated and not counts.licences[""] else {}),
        "task_categories": ["token-classification"],
        "size_categories": [_size_category(counts.n_articles)],
        "tags": ["named-entity-recognition", "event-extraction", "eventcorpus"],
        "configs": configs,
    }
    return {key: value for key, value in head.items() if value}


def _licence(stated: Sequence[str]) -> dict[str, Any]:
    """The hub's keys for the licences that articles state; one that the hub has no name for is ``other``."""
    names = [re.sub(r"[^a-z0-9.]+", "-", licence.lower()).strip("-") for licence in stated]
    if not set(names) <= set(HUB_LICENCES):
        return {"license": "other", "license_name": "-and-".join(names)}
    return {"license": names[0] if len(set(names)) == 1 else sorted(set(names))}


def _size_category(n_articles: int) -> str:
    """The hub's name for a number of rows.

    >>> [_size_category(n) for n in (999, 1000, 250_000, 10**13)]
    ['n<1K', '1K<n<10K', '100K<n<1M', 'n>1T']
    """
    limits = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
    power = max(0, len(str(n_articles)) - 3)
    if power == 0:
        return "n<1K"
    return f"{limits[power - 1]}<n<{limits[power]}" if power < len(limits) else "n>1T"


def _value_counts(counts: AnnotationCounts) -> Iterator[tuple[str, str, int]]:
    """Attribute, value and number of spans; values of an attribute that lists none are counted together."""
    for attribute in counts.ontology.attributes:
        for value in attribute.values:
            yield attribute.name, value.name, counts.values[attribute.name, value.name]
        if not attribute.values:
            n_free = sum(n for (name, _), n in counts.values.items() if name == attribute.name)
            yield attribute.name, "(free text)", n_free
