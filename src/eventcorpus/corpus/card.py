"""The dataset card: what a dataset folder holds, read by people and by the hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from eventcorpus.corpus.rows import with_defaults
from eventcorpus.corpus.splits import SPLITS
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.text import sha256_of, words


def dataset_card(
    gold: Mapping[str, Sequence[AnnotatedArticle]],
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
    articles = [a for split in SPLITS for a in gold.get(split, ())]
    licences = sorted({a.article.licence for a in articles if a.article.licence})
    invented = sum(a.article.invented is True for a in articles)
    overlap = "overlap; `ner_tags` hold what one layer of tags can, by the rule in `loss_report.json`"
    lines = [
        *("---", yaml.safe_dump(_head(articles, files), sort_keys=False).strip(), "---", ""),
        *(f"# Articles annotated with {ontology.key}", ""),
        "Converted by eventcorpus. `datasets.load_dataset(FOLDER)` opens it: configuration `default` has one row an",
        "article, `annotations` one per article and annotator (a1, a2, ...; people are not named).",
        "",
        f"- Gold: {gold_policy}.",
        f"- Conversion: {summary}; see `loss_report.json`.",
        f"- Offsets are code points of `text`, end exclusive. Spans may {'not overlap' if ontology.flat else overlap}.",
        f"- Licences of the articles: {', '.join(licences) or 'none stated; do not publish the text'}.",
        f"- Articles marked as invented: {invented} of {len(articles)}.",
        "",
        "| split | articles | reviewed and empty | words | spans | events |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_split_row(split, gold[split]) for split in SPLITS if gold.get(split)),
        "",
        *_label_table(articles, ontology),
    ]
    return "\n".join(lines) + "\n"


def _head(articles: Sequence[AnnotatedArticle], files: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
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
    languages = sorted({a.article.language for a in articles if a.article.language})
    return {"task_categories": ["token-classification"], "language": languages, "configs": configs}


def _split_row(split: str, rows: Sequence[AnnotatedArticle]) -> str:
    empty = sum(a.status == "reviewed_empty" for a in rows)
    n_words = sum(len(words(a.article.text)) for a in rows)
    n_spans, n_events = sum(len(a.spans) for a in rows), sum(len(a.events) for a in rows)
    return f"| {split} | {len(rows):,} | {empty:,} | {n_words:,} | {n_spans:,} | {n_events:,} |"


def _label_table(articles: Sequence[AnnotatedArticle], ontology: Ontology) -> list[str]:
    labels = Counter(span.label for a in articles for span in a.spans)
    lines = ["| label | spans |", "| --- | ---: |", *(f"| {label} | {labels[label]:,} |" for label in ontology.labels)]
    values = Counter(pair for a in articles for span in a.spans for pair in with_defaults(span, ontology))
    if values:
        lines += ["", "| attribute | value | spans |", "| --- | --- | ---: |"]
        lines += [
            f"| {a.name} | {v.name} | {values[a.name, v.name]:,} |" for a in ontology.attributes for v in a.values
        ]
    return lines
