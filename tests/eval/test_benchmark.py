"""Benchmarks are files with a version: what they mean cannot change without a new one."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmark_versions import raise_versions
from eventcorpus.errors import InputError
from eventcorpus.eval.benchmark import benchmark_files, find_benchmark, meaning_sha256, read_benchmark
from eventcorpus.eval.benchmark_run import benchmark_dataset, find_data, unfit
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.runs import gold_sha256

ROOT = Path(__file__).parent.parent.parent
SHIPPED = benchmark_files(ROOT / "eval/benchmarks")
SHA = "0" * 64
MINIMAL: dict[str, Any] = {
    "schema": 1,
    "name": "mini",
    "version": 3,
    "description": "Two sentences. For tests.",
    "citation": "none",
    "licence": "CC0",
    "source": "the folder beside this file",
    "convert": {"format": "conll"},
    "files": [{"path": "dev.txt", "sha256": SHA}, {"path": "extra.txt", "required": False}],
    "split": "validation",
    "metrics": [{"match": "exact", "average": "micro", "headline": True, "definition": "right is right"}],
}


def write(folder: Path, **changes: Any) -> Path:
    path = folder / "mini.yaml"
    path.write_text(yaml.safe_dump(MINIMAL | changes))
    return path


def message(folder: Path, **changes: Any) -> str:
    with pytest.raises(InputError) as error:
        read_benchmark(write(folder, **changes))
    return str(error.value).removeprefix(f"{folder}/")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_benchmark_means_what_its_version_was_published_with(path: Path) -> None:
    benchmark = read_benchmark(path)
    published = json.loads((ROOT / "eval/benchmarks/versions.json").read_text())
    known = published.get(benchmark.name, {}).get(str(benchmark.version))
    found = meaning_sha256(benchmark, path)
    assert found == known, f"{benchmark.key} does not mean what it did; raise its version: make benchmark-versions"


def test_every_published_version_is_of_a_file_and_none_lies_ahead_of_it() -> None:
    published = json.loads((ROOT / "eval/benchmarks/versions.json").read_text())
    versions = {path.stem: read_benchmark(path).version for path in SHIPPED}
    assert published.keys() == versions.keys() and len(SHIPPED) == 10
    for name, known in published.items():
        assert max(int(version) for version in known) == versions[name]


def test_the_data_that_is_shipped_is_that_of_its_benchmarks() -> None:
    own = [(path, read_benchmark(path)) for path in SHIPPED]
    own = [(path, benchmark) for path, benchmark in own if benchmark.data]
    assert [path.stem for path, _ in own] == ["shipped-test-0-2", "shipped-test", "shipped-validation"]
    for path, benchmark in own:
        assert benchmark.data is not None
        found = find_data(benchmark, path, path.parent / benchmark.data).files
        assert len(found) == len(benchmark.files)
        every = {f"annotations/{export.name}" for export in (ROOT / "corpus/annotations").glob("*.json")}
        assert path.stem == "shipped-test-0-2" or every <= found.keys()


def test_the_older_test_articles_have_the_gold_that_their_report_was_made_on() -> None:
    path = ROOT / "eval/benchmarks/shipped-test-0-2.yaml"
    report = json.loads((ROOT / "eval/reports/default__shipped-test-0-2.json").read_text())
    with benchmark_dataset(find_data(read_benchmark(path), path, ROOT / "corpus")) as dataset:
        assert gold_sha256(dataset.split("test")) == report["dataset"]["gold_sha256"]


def test_words_about_a_benchmark_are_not_its_meaning(tmp_path: Path) -> None:
    path = write(tmp_path)
    before = meaning_sha256(read_benchmark(path), path)
    other = {"description": "Other words.", "source": "elsewhere", "licence": "MIT", "citation": "nobody"}
    assert meaning_sha256(read_benchmark(write(tmp_path, **other)), path) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"convert": {"format": "re3d"}},
        {"convert": {"format": "conll", "min_confidence": 0.5}},
        {"convert": {"format": "conll", "holdout": {"every": 5, "of": "train", "becomes": "validation"}}},
        {"files": [{"path": "dev.txt", "sha256": "1" * 64}]},
        {"split": "test"},
        {"metrics": [MINIMAL["metrics"][0] | {"match": "overlap"}]},
    ],
    ids=["format", "options", "holdout", "hash", "split", "metric"],
)
def test_what_decides_a_score_is_the_meaning(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = write(tmp_path)
    before = meaning_sha256(read_benchmark(path), path)
    assert meaning_sha256(read_benchmark(write(tmp_path, **changes)), path) != before


def test_the_content_of_a_class_map_is_the_meaning_and_its_name_is_not(tmp_path: Path) -> None:
    for name, label in (("a.yaml", "Party"), ("b.yaml", "Party"), ("c.yaml", "Group")):
        (tmp_path / name).write_text(f"gold: {{PER: {label}}}\npredicted: {{Actor: {label}}}\n")
    hashes = []
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        path = write(tmp_path, class_map=name)
        hashes.append(meaning_sha256(read_benchmark(path), path))
    assert hashes[0] == hashes[1] != hashes[2]


def test_an_unknown_key_is_named_with_the_nearest(tmp_path: Path) -> None:
    assert message(tmp_path, licens="CC0") == "mini.yaml: line 11: unknown key 'licens'; did you mean 'licence'"
    nested = {"format": "conll", "min_confidnce": 0.5}
    assert message(tmp_path, convert=nested) == (
        "mini.yaml: line 4: unknown key 'convert.min_confidnce'; did you mean 'min_confidence'"
    )


def test_exactly_one_figure_is_the_headline(tmp_path: Path) -> None:
    none = [MINIMAL["metrics"][0] | {"headline": False}]
    assert message(tmp_path, metrics=none) == (
        "mini.yaml: metrics: 0 have headline: true; exactly one figure is the headline"
    )


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd"])
def test_data_lies_in_its_folder(tmp_path: Path, path: str) -> None:
    assert message(tmp_path, files=[{"path": path}]) == (
        f"mini.yaml: line 6: files.0.path: {path!r} must lie in the data folder: neither absolute nor with .."
    )


def test_a_benchmark_is_called_as_its_file(tmp_path: Path) -> None:
    assert message(tmp_path, name="maxi") == ("mini.yaml: name is 'maxi'; a benchmark is called as its file, 'mini'")


def test_a_benchmark_is_found_by_name_or_path_and_the_nearest_is_named(tmp_path: Path) -> None:
    path = write(tmp_path)
    assert find_benchmark("mini", tmp_path) == find_benchmark(str(path), tmp_path) == path
    with pytest.raises(InputError, match=r"min: neither a file nor a benchmark in .*; did you mean 'mini'"):
        find_benchmark("min", tmp_path)


def test_a_missing_file_says_where_to_get_it_and_an_optional_one_may_be_missing(tmp_path: Path) -> None:
    benchmark = read_benchmark(write(tmp_path))
    with pytest.raises(InputError, match=r"dev.txt: no such file, mini@3 needs it; where to get it: the folder beside"):
        find_data(benchmark, tmp_path / "mini.yaml", tmp_path)
    (tmp_path / "dev.txt").write_text("another\n")
    data = find_data(benchmark, tmp_path / "mini.yaml", tmp_path, any_data=True)
    assert list(data.files) == ["dev.txt"]
    assert data.other == [
        f"{tmp_path}/dev.txt has sha256 33a7b215065f2ee8635efb72620bc269a1efb889ba3026560334da7366742374, that of mini@3 has {SHA}"
    ]


def test_a_model_that_knows_none_of_the_labels_is_refused_and_one_that_knows_some_is_not(tmp_path: Path) -> None:
    benchmark = read_benchmark(write(tmp_path))
    assert unfit(["Actor"], benchmark, ["PER", "LOC"], None) == (
        "the model knows Actor; mini@3 asks for PER, LOC, and not one is the same; score a model that was trained for "
        "this benchmark"
    )
    classes = ClassMap(gold={"PER": "Party"}, predicted={"Actor": "Party"})
    assert unfit(["Actor"], benchmark, ["PER", "LOC"], classes) == ""
    assert unfit(["PER", "Actor"], benchmark, ["PER", "LOC"], None) == ""


def test_a_shipped_benchmark_with_a_class_map_finds_it_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = ROOT / "eval/benchmarks/re3d-documents.yaml"
    before = meaning_sha256(read_benchmark(path), path)
    monkeypatch.chdir(tmp_path)
    assert meaning_sha256(read_benchmark(path), path) == before
    shutil.copy(path, tmp_path)
    copied = tmp_path / path.name
    with pytest.raises(InputError, match="no such file"):
        meaning_sha256(read_benchmark(copied), copied)


def test_new_versions_are_for_what_changed_and_old_ones_stay(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dev.txt").write_text("one\n")
    write(tmp_path, data="data", version=1)
    assert raise_versions(tmp_path) == ["mini@1"]
    first = json.loads((tmp_path / "versions.json").read_text())["mini"]
    assert raise_versions(tmp_path) == []
    (tmp_path / "data/dev.txt").write_text("two\n")
    assert raise_versions(tmp_path) == ["mini@2"]
    known = json.loads((tmp_path / "versions.json").read_text())["mini"]
    benchmark = read_benchmark(tmp_path / "mini.yaml")
    assert known.items() >= first.items() and list(known) == ["1", "2"] and known["1"] != known["2"]
    assert benchmark.key == "mini@2" and find_data(benchmark, tmp_path / "mini.yaml", tmp_path / "data").files
