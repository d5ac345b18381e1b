"""The dataset card: what a dataset folder holds, read by people and by the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from eventcorpus.dataset.rows import with_defaults
from eventcorpus.dataset.splits import SPLITS
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import sha256_of


@dataclass
class DatasetCounts:
    """What a card tells of the gold articles, counted one by one."""

    per_split: dict[str, Counter[str]] = field(default_factory=dict)
    labels: Counter[str] = field(default_factory=Counter)
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    languages: set[str] = field(default_factory=set)
    n_invented: int = 0
    n_withheld: int = 0

    def add(self, split: str, gold: AnnotatedArticle, ontology: Ontology, *, n_words: int, withheld: bool) -> None:
        """Count one article."""
        counts = self.per_split.setdefault(split, Counter())
        counts.update(articles=1, empty=gold.status == "reviewed_empty", words=n_words, spans=len(gold.spans))
        counts["events"] += len(gold.events)
        self.labels.update(span.label for span in gold.spans)
        self.values.update(pair for span in gold.spans for pair in with_defaults(span, ontology))
        self.licences[gold.article.licence or ""] += 1
        self.languages |= {gold.article.language} if gold.article.language else set()
        self.n_invented += gold.article.invented is True
        self.n_withheld += withheld

    @property
    def n_articles(self) -> int:
        """How many articles were counted."""
        return sum(self.licences.values())


def dataset_card(
    counts: DatasetCounts,
    files: Mapping[str, Mapping[str, Any]],
    ontology: Ontology,
    *,
    gold_policy: str,
    summary: str,
) -> str:
    """Markdown with the ``configs`` that ``load_dataset`` reads, then counts per split, label and attribute.

    Args:
        files: per Parquet file, relative to the folder, its ``sha256``.
        summary: of the conversion's account, one line.
    """
    overlap = "overlap; `ner_tags` hold what one layer of tags can, by the rule in `loss_report.json`"
    lines = [
        *("---", yaml.safe_dump(_head(counts, files), sort_keys=False).strip(), "---", ""),
        *(f"# Articles annotated with {ontology.key}", ""),
        "Converted by eventcorpus. `datasets.load_dataset(FOLDER)` opens it: configuration `default` has one row an",
        "article, `annotations` one per article and annotator (a1, a2, ...; people are not named).",
        "",
        f"- Gold: {gold_policy}.",
        f"- Conversion: {summary}; see `loss_report.json`.",
        f"- Offsets are code points of `text`, end exclusive. Spans may {'not overlap' if ontology.flat else overlap}.",
        f"- Licences of the articles: {_licences(counts)}.",
        *_withheld(counts),
        f"- Articles marked as invented: {counts.n_invented} of {counts.n_articles}.",
        "",
        "| split | articles | reviewed and empty | words | spans | events |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_split_row(split, counts.per_split[split]) for split in SPLITS if split in counts.per_split),
        "",
        *_label_table(counts, ontology),
    ]
    return "\n".join(lines) + "\n"


def _licences(counts: DatasetCounts) -> str:
    stated, n_without = sorted(filter(None, counts.licences)), counts.licences[""]
    if not stated:
        return "none stated; do not publish the text"
    return ", ".join(stated) + (f"; {n_without} articles state none: do not publish their text" if n_without else "")


def _withheld(counts: DatasetCounts) -> list[str]:
    if not counts.n_withheld:
        return []
    return [
        f"- Standoff: text, title and metadata of {counts.n_withheld} of {counts.n_articles} articles are not in this",
        "  dataset. Those who hold the articles put them back: `eventcorpus join FOLDER ARTICLES --out FULL`.",
    ]


def _head(counts: DatasetCounts, files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    configs: list[dict[str, Any]] = []
    for config in ("default", "annotations"):
        paths = [(split, f"{config}/{split}.parquet") for split in SPLITS]
        data_files = [{"split": split, "path": path} for split, path in paths if path in files]
        # load_dataset caches by what stands here, not by the files: without their hash it would show a converted-again
        # folder as it was before
        digest = sha256_of(" ".join(str(files[entry["path"]]["sha256"]) for entry in data_files))
        configs.append(
            {
                "config_name": config,
                "default": config == "default",
                "description": f"content {digest[:16]}",
                "data_files": data_files,
            }
        )
    languages = sorted(counts.languages)
    return {"task_categories": ["token-classification"], "language": languages, "configs": configs}


def _split_row(split: str, counts: Counter[str]) -> str:
    figures = (f"{counts[name]:,}" for name in ("articles", "empty", "words", "spans", "events"))
    return f"| {split} | {' | '.join(figures)} |"


def _label_table(counts: DatasetCounts, ontology: Ontology) -> list[str]:
    lines = ["| label | spans |", "| --- | ---: |"]
    lines += [f"| {label} | {counts.labels[label]:,} |" for label in ontology.labels]
    if counts.values:
        lines += ["", "| attribute | value | spans |", "| --- | --- | ---: |"]
        for attribute in ontology.attributes:
            listed = [value.name for value in attribute.values]
            lines += [f"| {attribute.name} | {name} | {counts.values[attribute.name, name]:,} |" for name in listed]
            if not listed:
                n_free = sum(n for (name, _), n in counts.values.items() if name == attribute.name)
                lines.append(f"| {attribute.name} | (free text) | {n_free:,} |")
    return lines
