"""What a model should know of the data that it was trained on, so that its card can say it.

Comes in: a dataset. Goes out: counts and licences, as JSON.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from eventcorpus.corpus.dataset import Dataset


def data_facts(dataset: Dataset, split: str = "train") -> dict[str, Any]:
    """Gold policy, licences ("" where none is stated), languages and counts of the articles of a split."""
    articles = dataset.split(split)
    labels = Counter(span.label for one in articles for span in one.spans)
    return {
        "gold": dataset.manifest.get("gold", ""),
        "articles": len(articles),
        "invented": sum(one.article.invented is True for one in articles),
        "languages": sorted({one.article.language for one in articles if one.article.language}),
        "licences": dict(sorted(Counter(one.article.licence or "" for one in articles).items())),
        "spans_by_label": {label: labels[label] for label in dataset.ontology.labels},
    }
