"""``convert --splits 70/15/15``: articles in splits in one go; ``split`` of datasets and labels."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli_runner import run
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.files import to_json
from label_studio_json import MINI, annotation, region, task, write

WORDS = [
    "alpha",
    "bravo",
    "carrot",
    "delta",
    "ember",
    "forest",
    "garden",
    "harbour",
    "island",
    "jungle",
    "kettle",
    "lagoon",
    "meadow",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ontology.yaml").write_text(to_json(MINI))
    return tmp_path


def articles(n: int) -> list[dict[str, Any]]:
    """Tasks of ``n`` articles that have no five words in common."""
    texts = [f"Rebels {' '.join(f'{word}{i}' for word in WORDS)}." for i in range(n)]
    return [
        task(annotation(i, region("r", 0, 6, "Actor")), article_id=f"x{i:02}", text=text)
        for i, text in enumerate(texts)
    ]


def sizes() -> dict[str, int]:
    return {split: len(found) for split, found in read_dataset(Path("data")).splits.items()}


@pytest.mark.parametrize("n", [7, 8, 12, 40])
def test_as_many_articles_as_are_asked_for_fill_every_split(folder: Path, n: int) -> None:
    write(folder / "e.json", *articles(n))
    assert run("convert", "e.json", "--splits", "70/15/15", "--out", "data")[0] == 0
    assert sum(sizes().values()) == n and set(sizes()) == {"train", "validation", "test"}


def test_near_duplicates_stay_together_and_the_dataset_says_how_it_was_split(folder: Path) -> None:
    copy = articles(1)[0]
    copy = copy | {"data": copy["data"] | {"article_id": "y", "text": copy["data"]["text"] + " It said so."}}
    write(folder / "e.json", *articles(9), copy)
    run("convert", "e.json", "--splits", "60/20/20", "--out", "data")
    before = Path("data/manifest.json").read_bytes()
    dataset = read_dataset(Path("data"))
    split_of = {a.article.id: split for split, found in dataset.splits.items() for a in found}
    assert split_of["x00"] == split_of["y"]
    assert json.loads(before)["splits"] == "60/20/20 by --splits, near-duplicates in one split, seed 0"
    run("convert", "e.json", "--splits", "60/20/20", "--out", "data")
    assert Path("data/manifest.json").read_bytes() == before


@pytest.mark.parametrize(
    ("splits", "message"),
    [
        ("70/15/15", "70/15/15 of 2 articles, 2 without near-duplicates and clusters, leaves validation empty; at least 7 are needed: annotate more, or choose a larger share"),
        ("70/30", "--splits 70/30: three percents are needed, such as 70/15/15 or 80/0/20"),
        ("70/15/10", "--splits 70/15/10: together 95 percent; they must be 100"),
    ],
)  # fmt: skip
def test_shares_that_cannot_be_are_refused(folder: Path, splits: str, message: str) -> None:
    write(folder / "e.json", *articles(2))
    code, _, err = run("convert", "e.json", "--splits", splits, "--out", "data")
    assert (code, err.splitlines()[-1]) == (1, f"Error: {message}")
    assert not Path("data").exists()


def test_a_split_of_nothing_may_be_asked_for(folder: Path) -> None:
    write(folder / "e.json", *articles(10))
    assert run("convert", "e.json", "--splits", "80/0/20", "--out", "data")[0] == 0
    assert sizes() == {"train": 8, "test": 2}


def test_split_takes_a_dataset_and_labels_and_gives_the_same(folder: Path) -> None:
    write(folder / "e.json", *articles(20))
    run("convert", "e.json", "--out", "data")
    assert run("split", "data", "--out", "s1")[0] == 0
    assert run("split", "e.json", "--out", "s2")[0] == 0
    lists = [[Path(out, f"{name}.txt").read_text() for name in ("train", "validation", "test")] for out in ("s1", "s2")]
    assert lists[0] == lists[1] and all(lists[0])
