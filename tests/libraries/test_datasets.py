"""``datasets`` and seqeval, and the reader of their files, say the same of 500 generated files each."""

import random
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets import ClassLabel, Features, List, Value

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.huggingface import read_huggingface

get_entities = pytest.importorskip("seqeval.metrics.sequence_labeling").get_entities  # of the extra dev
N_FILES = 500
WORDS = ["Rebels", "shelled", "Darna", "🔥", "12", ",", ".", "Müller", "حلب", "北京", "U.\u00a0S."]
LABELS = ["Actor", "Place", "Kind of-Event"]
NAMES = ["O", *(f"{prefix}-{label}" for label in LABELS for prefix in "BI")]


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> None:
    datasets.disable_progress_bars()


def tags(rng: random.Random, n: int) -> list[str]:
    found: list[str] = []
    while len(found) < n:
        label, length = rng.choice(LABELS), rng.randint(1, 3)
        found += [f"B-{label}", *[f"I-{label}"] * (length - 1)] if rng.random() < 0.3 else ["O"]
    return found[:n]


def written(rng: random.Random, folder: Path, n: int) -> tuple[Path, datasets.Dataset]:
    """A file or folder, and its rows as ``datasets`` reads them back."""
    rows: dict[str, list[Any]] = {"id": [], "tokens": [], "ner_tags": []}
    for i in range(rng.randint(1, 8)):
        words = [rng.choice(WORDS) for _ in range(rng.randint(1, 12))]
        named = tags(rng, len(words)) if i else [f"B-{LABELS[0]}", *["O"] * (len(words) - 1)]
        for key, value in (("id", str(i)), ("tokens", words), ("ner_tags", named)):
            rows[key].append(value)
    kind = n % 4
    label = Value("string") if kind == 0 else ClassLabel(names=NAMES)
    if kind:
        rows["ner_tags"] = [[NAMES.index(tag) for tag in row] for row in rows["ner_tags"]]
    features = Features({"id": Value("string"), "tokens": List(Value("string")), "ner_tags": List(label)})
    data = datasets.Dataset.from_dict(rows, features=features)
    path = folder / f"{n}{('.jsonl', '.parquet', '', '.jsonl')[kind]}"
    if kind == 1:
        data.to_parquet(path)
        return path, datasets.Dataset.from_parquet(str(path), cache_dir=str(folder / "cache"), keep_in_memory=True)
    if kind == 2:
        data.save_to_disk(path)
        return path, datasets.load_from_disk(str(path))
    data.to_json(path)
    return path, data


@pytest.mark.parametrize("part", range(10))
def test_every_file_has_the_spans_that_seqeval_finds_in_the_rows_of_datasets(part: int, tmp_path: Path) -> None:
    for n in range(N_FILES // 10):
        rng = random.Random(part * 1000 + n)
        path, data = written(rng, tmp_path, n)
        names = data.features["ner_tags"].feature
        expected = []
        for row in data:
            named = [names.int2str(tag) if isinstance(names, ClassLabel) else tag for tag in row["ner_tags"]]
            starts = [sum(len(word) + 1 for word in row["tokens"][:i]) for i in range(len(named))]
            spans = [
                (starts[first], starts[last] + len(row["tokens"][last]), label)
                for label, first, last in get_entities(named)
            ]
            expected.append((row["id"], " ".join(row["tokens"]), spans))
        report = ConversionReport()
        given = {"tag_names": ",".join(NAMES)} if n % 4 == 3 else {}
        found = [
            (a.article.id, a.article.text, [(s.start, s.end, s.label) for s in a.spans])
            for _, a in assemble(read_huggingface([path], **given), None, report).articles
        ]
        assert found == expected and not report.items
