"""A benchmark whose gold ships without its texts: who holds the articles puts them back, others are refused by name."""

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from made_up import ONTOLOGY, corpus, system

from cli_runner import run
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, open_dataset, read_dataset, write_dataset
from eventcorpus.dataset.rows import rows_of
from eventcorpus.eval.benchmark import meaning_sha256, read_benchmark
from eventcorpus.ontology import read_ontology_yaml
from eventcorpus.predictions import prediction_line

ROOT = Path(__file__).parent.parent.parent
REAL_DEV = ROOT / "eval/real-dev"
FIRST = corpus(4, seed=3)
SECOND = [replace(one, annotator="a2", spans=one.spans[1:]) for one in FIRST]  # misses the first span of every article
BENCHMARK: dict[str, Any] = {
    "schema": 1,
    "name": "mini",
    "version": 1,
    "description": "Four articles.",
    "citation": "none",
    "licence": "CC0",
    "source": "the archive in the cellar",
    "annotations": "release",
    "files": [{"path": "articles.jsonl"}],
    "split": "test",
    "metrics": [{"match": "exact", "average": "micro", "headline": True, "definition": "the same place and label"}],
}


def write_release(folder: Path) -> None:
    entries = [Entry("test", first, (first, second)) for first, second in zip(FIRST, SECOND, strict=True)]
    write_dataset(folder, entries, ONTOLOGY, ConversionReport(), gold_policy="a1", inputs={}, text="none")


def write_articles(path: Path, texts: dict[str, str]) -> None:
    path.write_text("".join(json.dumps({"id": id_, "text": text}) + "\n" for id_, text in texts.items()))


@pytest.fixture
def texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The texts by article id; a benchmark, its standoff dataset, the texts and perfect predictions are in the folder."""
    monkeypatch.chdir(tmp_path)
    write_release(Path("release"))
    Path("mini.yaml").write_text(yaml.safe_dump(BENCHMARK))
    Path("data").mkdir()
    found = {one.article.id: one.article.text for one in FIRST}
    write_articles(Path("data/articles.jsonl"), found)
    Path("p.jsonl").write_text("".join(f"{prediction_line(p)}\n" for p in system(FIRST, 1.0).predictions))
    return found


def benchmark(*arguments: str, data: str = "data") -> tuple[int, str, str]:
    return run("benchmark", "mini.yaml", "--data", data, *arguments)


def test_the_system_is_scored_against_each_annotator_beside_their_agreement(texts: dict[str, str]) -> None:
    code, out, err = benchmark("--predictions", "p.jsonl", "--json", "r.json")
    assert code == 0, err
    report = json.loads(Path("r.json").read_text())
    n = sum(len(one.spans) for one in FIRST)
    # what is predicted is what a1 marked; a2 marked four spans fewer: 2 (n - 4) / (n + n - 4)
    against_second = 2 * (n - 4) / (2 * n - 4)
    assert report["exact"]["micro"]["f1"] == report["agreement"]["with_system"]["a1"]["value"] == 1.0
    assert report["agreement"]["with_system"]["a2"]["value"] == pytest.approx(against_second)
    assert report["agreement"]["all_labels"]["value"] == pytest.approx(against_second)
    assert report["agreement"]["with_system_mean"]["value"] == pytest.approx((1 + against_second) / 2)
    said = " ".join(out.split())
    percent = f"{100 * against_second:.1f} ["
    assert f"a1 and a2 on 4 articles of split test, each annotated alone: {percent}" in said
    assert f"exact micro F1 against each annotator: a1 100.0 [100.0, 100.0], a2 {percent}" in said
    assert "mini@1: m: exact micro F1 100.0" in said and "not checked" not in err


def test_texts_are_known_by_their_hash_in_a_file_of_any_name_under_any_id(texts: dict[str, str]) -> None:
    write_articles(Path("mine.jsonl"), {f"other-{id_}": text for id_, text in texts.items()})
    code, _, err = benchmark("--out", "full", data="mine.jsonl")
    assert code == 0, err
    assert read_dataset(Path("full")).split("test") == FIRST


def test_an_article_with_another_text_is_refused_by_name(texts: dict[str, str]) -> None:
    write_articles(Path("data/articles.jsonl"), texts | {"a002": "An edited text."})
    code, out, err = benchmark("--predictions", "p.jsonl", "--any-data")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "Error: data/articles.jsonl: the text of article 'a002' has sha256 "
        "d0eacf3b3841d656546f4708df7bbe6fc5d3c3ad1f522b77a0b7715b7d0d67cc, not "
        f"{FIRST[2].article.text_sha256}; mini@1 needs the text that was annotated; "
        "where to get it: the archive in the cellar"
    )


def test_missing_articles_are_refused_and_the_first_is_named(texts: dict[str, str]) -> None:
    write_articles(Path("data/articles.jsonl"), {"a000": texts["a000"], "a003": texts["a003"]})
    code, _, err = benchmark("--out", "full")
    assert code == 1 and not Path("full").exists()
    assert err.splitlines()[-1] == (
        "Error: data/articles.jsonl: no article 'a001' (and 1 more); mini@1 needs the text that was annotated; "
        "where to get it: the archive in the cellar"
    )


def test_gold_is_converted_or_annotated_and_not_both(texts: dict[str, str]) -> None:
    for changes in ({"convert": {"format": "conll"}}, {"annotations": None}):
        Path("mini.yaml").write_text(yaml.safe_dump(BENCHMARK | changes))
        code, _, err = benchmark("--out", "full")
        assert code == 1 and "gold comes from the key convert or from the key annotations; give one of them" in err


def test_the_annotations_are_the_meaning(texts: dict[str, str]) -> None:
    path = Path("mini.yaml")
    before = meaning_sha256(read_benchmark(path), path)
    Path("release").rename("elsewhere")
    path.write_text(yaml.safe_dump(BENCHMARK | {"annotations": "elsewhere"}))
    assert meaning_sha256(read_benchmark(path), path) == before
    second_alone = [Entry("test", second, (second,)) for second in SECOND]
    write_dataset(
        Path("elsewhere"), second_alone, ONTOLOGY, ConversionReport(), gold_policy="a2", inputs={}, text="none"
    )
    assert meaning_sha256(read_benchmark(path), path) != before


def test_the_annotations_of_real_news_are_of_two_annotators_and_in_the_labels_of_the_corpus() -> None:
    _, files = open_dataset(REAL_DEV)
    assert {key: path.name for key, path in files.items()} == {
        ("default", "validation"): "validation.parquet",
        ("annotations", "validation"): "validation.parquet",
    }
    spans = Counter[str]()
    for row in rows_of(files["annotations", "validation"]):
        spans[row["annotator"]] += len(row["spans"])
    gold = list(rows_of(files["default", "validation"]))
    assert spans == {"a1": 1086, "a2": 1087}
    assert (len(gold), sum(len(row["spans"]) for row in gold)) == (22, 1086)
    assert read_ontology_yaml(REAL_DEV / "ontology.yaml") == read_ontology_yaml(ROOT / "corpus/ontology.yaml")


def test_no_word_of_the_real_articles_is_stored() -> None:
    """What is stored of an article: id, hash, offsets, and names of the ontology, of annotators and of spans."""
    ontology = read_ontology_yaml(REAL_DEV / "ontology.yaml")
    values = {(a.name, value.name) for a in ontology.attributes for value in a.values}
    for path in sorted(REAL_DEV.rglob("*.parquet")):
        for row in rows_of(path):
            assert row.pop("text") is row.pop("title") is row.pop("url") is row.pop("published") is None
            assert row.pop("metadata") == "{}"
            assert set(row.pop("labels_annotated")) == set(ontology.labels)
            assert len(row.pop("id")) < 20 and len(row.pop("text_sha256")) == 64
            assert (row.pop("annotator", "a1"), row.pop("status")) in {("a1", "annotated"), ("a2", "annotated")}
            for span in row.pop("spans"):
                assert {(a["name"], a["value"]) for a in span["attributes"]} <= values
                assert span["label"] in ontology.labels and span["origin"] == "manual" and len(span["id"]) < 12
                assert span["decided_by"] in ("a1", "a2")
            for role in row.pop("roles"):
                assert len(role["trigger"]) < 12 and len(role["argument"]) < 12 and len(role["role"]) < 12
            for event in row.pop("events"):
                assert event["label"] in ontology.labels and all(len(id_) < 12 for id_ in event["triggers"])
            assert not any(row.values())  # no other column has anything: tokens, outlet, tags, ...
    report = json.loads((REAL_DEV / "loss_report.json").read_text())
    assert report["items"] == [] and report["not_in_one_layer"] == []


@pytest.mark.realdata
def test_real_news_is_joined_with_its_texts_and_nothing_stored_quotes_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = os.environ.get("EVENTCORPUS_REALDATA")
    if not root:
        pytest.skip("EVENTCORPUS_REALDATA is not set: it names the folder with real-dev")
    monkeypatch.chdir(ROOT)
    out = tmp_path / "ds"
    code, _, err = run("benchmark", "real-dev", "--data", str(Path(root, "real-dev")), "--out", str(out))
    assert code == 0, err
    articles = [one.article for one in read_dataset(out).split("validation")]
    assert len(articles) == 22
    stored = b"".join(path.read_bytes() for path in sorted(REAL_DEV.rglob("*")) if path.is_file())
    for article in articles:
        assert not any(article.text[i : i + 24].encode() in stored for i in range(0, len(article.text) - 24, 12))
