"""The Parquet files of a dataset: their columns, written batch by batch and read back.

The same rows give the same bytes, and ``datasets.load_dataset`` opens them. ``datasets`` and pyarrow are imported here
alone (and pyarrow in ``formats.articles``, for articles in Parquet).
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from eventcorpus.dataset.splits import SPLITS
from eventcorpus.files import sha256_of_file
from eventcorpus.models.tags import tag_names
from eventcorpus.ontology import Ontology

CONFIGS = ("default", "annotations")
_BATCH_ROWS = 500
_BATCH_CHARACTERS = 2_000_000


def features(ontology: Ontology, config: str) -> Any:
    """The ``datasets.Features`` of a row; those of ``annotations`` also name the annotator."""
    from datasets import ClassLabel, Features, List, Value

    text, number = Value("string"), Value("int32")
    columns = {"id": text, "text": text, "text_sha256": text}
    if config == "annotations":
        columns["annotator"] = text
    columns |= {name: text for name in ("title", "outlet", "url", "published", "language", "licence")}
    columns |= {"invented": Value("bool"), "kind": text, "tags": List(text), "cluster": text, "metadata": text}
    columns |= {"status": text, "labels_annotated": List(text)}
    columns["spans"] = List(
        {
            "id": text,
            "start": number,
            "end": number,
            "label": text,
            "attributes": List({"name": text, "value": text}),
            "origin": text,
            "decided_by": text,
        }
    )
    columns["roles"] = List({"role": text, "trigger": text, "argument": text})
    columns["events"] = List({"id": text, "label": text, "triggers": List(text)})
    columns |= {"tokens": List(text), "token_starts": List(number), "token_ends": List(number)}
    columns["ner_tags"] = List(ClassLabel(names=tag_names(ontology.labels)))
    return Features(columns)


Row = Mapping[str, Any]


class Tables:
    """Writes the two configurations, each split to a file of its own, a batch of rows at a time."""

    def __init__(self, folder: Path, ontology: Ontology) -> None:
        self._folder = folder
        self._schemas = {config: features(ontology, config).arrow_schema for config in CONFIGS}
        self._writers: dict[Path, Any] = {}
        self._n_rows: Counter[Path] = Counter()
        self._waiting: dict[str, tuple[list[Row], list[Row]]] = {}
        self._characters: Counter[str] = Counter()

    def add(self, split: str, gold: Row, annotations: Iterable[Row]) -> None:
        """Write an article's gold row and the rows of its annotators, at once or with the next batch."""
        waiting = self._waiting.setdefault(split, ([], []))
        waiting[0].append(gold)
        waiting[1].extend(annotations)
        self._characters[split] += len(gold["text"] or "")
        if len(waiting[1]) >= _BATCH_ROWS or self._characters[split] >= _BATCH_CHARACTERS:
            self._write(split)

    def close(self) -> dict[str, dict[str, Any]]:
        """Write what waits.

        Returns:
            by the name of a file in the folder its number of ``rows`` and its ``sha256``.
        """
        for split in list(self._waiting):
            self._write(split)
        for writer in self._writers.values():
            writer.close()
        paths = [self._folder / config / f"{split}.parquet" for config in CONFIGS for split in SPLITS]
        return {
            path.relative_to(self._folder).as_posix(): {"rows": self._n_rows[path], "sha256": sha256_of_file(path)}
            for path in paths
            if path in self._writers
        }

    def _write(self, split: str) -> None:
        from pyarrow import RecordBatch, parquet

        gold, annotations = self._waiting.pop(split)
        self._characters[split] = 0
        batches = {}
        if annotations:
            batches["annotations"] = RecordBatch.from_pylist(annotations, schema=self._schemas["annotations"])
        if len(gold) == len(annotations) and all(map(operator.is_, gold, annotations)):  # one annotator: the same rows
            schema = self._schemas["default"]
            columns = [batches["annotations"].column(name) for name in schema.names]
            batches["default"] = RecordBatch.from_arrays(columns, schema=schema)
        else:
            batches["default"] = RecordBatch.from_pylist(gold, schema=self._schemas["default"])
        for config, batch in batches.items():
            path = self._folder / config / f"{split}.parquet"
            if path not in self._writers:
                path.parent.mkdir(exist_ok=True)
                self._writers[path] = parquet.ParquetWriter(path, self._schemas[config])
            self._writers[path].write_batch(batch)
            self._n_rows[path] += batch.num_rows


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, a batch in memory at a time."""
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS):
            yield from batch.to_pylist()


def versions() -> dict[str, str]:
    """The versions of the libraries that decide the bytes."""
    import datasets
    import pyarrow

    return {"datasets": datasets.__version__, "pyarrow": pyarrow.__version__}
