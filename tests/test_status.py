"""``eventcorpus status`` at every stage of a folder, as whole messages."""

import json
from pathlib import Path

import pytest

from cli_runner import run

TEXTS = [f"Rebels attacked Town{n} with rifles on Monday." for n in range(4)]
CONVERT = "eventcorpus convert annotations --ontology ontology.yaml --splits {} --out dataset"
SCORE = "eventcorpus eval --model model --dataset dataset --split test --json scores.json --html report.html"


def task(n: int, *, skipped: bool = False, labels: bool = True) -> dict[str, object]:
    def span(start: int, end: int, label: str) -> dict[str, object]:
        value = {"start": start, "end": end, "labels": [label]}
        return {"id": f"r{start}", "type": "labels", "from_name": "label", "to_name": "text", "value": value}

    result = [span(7, 15, "Attack"), span(16, 21, "Place")] if labels else []
    done = {"id": n, "completed_by": 1, "was_cancelled": skipped, "result": [] if skipped else result}
    return {"id": n, "data": {"article_id": f"a{n}", "text": TEXTS[n]}, "annotations": [done]}


def annotate(*tasks: dict[str, object], name: str = "export.json") -> None:
    Path("annotations", name).write_text(json.dumps(tasks))


@pytest.fixture
def health(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new folder, which the test is in."""
    monkeypatch.chdir(tmp_path)
    assert run("init", "health", "--labels", "Attack,Place,Weapon", "--triggers", "Attack")[0] == 0
    monkeypatch.chdir(tmp_path / "health")
    return tmp_path / "health"


def add_articles() -> None:
    rows = [json.dumps({"id": f"a{n}", "text": text}) for n, text in enumerate(TEXTS)]
    Path("articles/news.jsonl").write_text("\n".join(rows) + "\n")


def add_splits() -> None:
    for name, ids in (("train", "a0\na1\n"), ("validation", "a2\n"), ("test", "a3\n")):
        Path(f"splits/{name}.txt").write_text(ids)


def convert() -> None:
    command = ("convert", "annotations", "--ontology", "ontology.yaml", "--splits", "splits", "--out", "dataset")
    assert run(*command)[0] == 0


def train(encoder: Path, *arguments: str) -> None:
    settings = (f"encoder={encoder}", "num_train_epochs=1", "heads=false")
    more = [word for setting in settings for word in ("--set", setting)]
    assert run("--quiet", "train", "recipe.yaml", *more, *arguments)[0] == 0


def shown(**parts: str) -> str:
    names = ("ontology", "articles", "annotations", "splits", "dataset", "model", "scores")
    known = {"ontology": "health@1.0.0 (triggers 1, other labels 2, roles 0, attributes 0)"} | parts
    return "health\n" + "".join(f"  {name:<11}  {known.get(name, 'none')}\n" for name in names)


def test_a_folder_is_shown_from_empty_to_articles_to_annotations(health: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = (
        "next: put articles into articles/: JSON, CSV, Excel, Parquet, HTML or text files, such as with\n"
        "  {}cp ../my-articles.jsonl articles/\n"
    )
    assert run("status") == (0, shown() + empty.format(""), "")
    monkeypatch.chdir(health.parent)
    assert run("status", "health") == (0, shown() + empty.format("cd health\n  "), "")
    monkeypatch.chdir(health)

    add_articles()
    assert run("status") == (0, shown(articles="4") + (
        "next: annotate: send the articles to Label Studio, and take the annotations back when there are some\n"
        "  eventcorpus labelstudio push articles --ontology ontology.yaml --project health\n"
        "  eventcorpus labelstudio pull --ontology ontology.yaml --project health --out annotations\n"
    ), "")  # fmt: skip

    annotate(task(0), task(1, labels=False), task(2, skipped=True))
    assert run("status") == (0, shown(
        articles="4", annotations="2 of 4 articles done, 1 empty, 1 skipped, 1 open"
    ) + f"next: make a dataset of what is done\n  {CONVERT.format('70/15/15')}\n", "")  # fmt: skip


def test_nothing_but_skipped_articles_is_nothing_to_convert(health: Path) -> None:
    add_articles()
    annotate(task(0, skipped=True))
    stdout = run("status")[1]
    assert "annotations  0 of 4 articles done, 0 empty, 1 skipped, 3 open\n" in stdout and "next: annotate:" in stdout


def test_what_was_typed_beside_a_pull_is_converted_with_it(health: Path) -> None:
    annotate(task(0))
    Path("annotations/pull.json").write_text("{}")
    annotate(task(1), name="typed.json")
    assert run("status")[1].endswith(
        "next: make a dataset of what is done\n"
        "  eventcorpus convert annotations annotations/typed.json --ontology ontology.yaml --splits 70/15/15 --out dataset\n"
    )
    assert (
        "annotations  2 of 2 articles done, 0 empty, 0 skipped, 0 open; 2 of them not in articles/\n"
        in run("status")[1]
    )


def test_a_folder_is_shown_from_dataset_to_model_to_scores(health: Path, tiny_encoder: Path) -> None:
    add_articles()
    add_splits()
    annotate(*map(task, range(4)))
    parts = {
        "articles": "4",
        "annotations": "4 of 4 articles done, 0 empty, 0 skipped, 0 open",
        "splits": "train 2, validation 1, test 1",
    }
    assert run("status") == (
        0, shown(**parts) + f"next: make a dataset of what is done\n  {CONVERT.format('splits')}\n", ""
    )  # fmt: skip

    convert()
    parts["dataset"] = "4 articles (train 2, validation 1, test 1)"
    assert run("status") == (0, shown(**parts) + "next: train\n  eventcorpus train recipe.yaml\n", "")

    train(tiny_encoder)
    parts["model"] = "trained on 2 articles"
    assert run("status") == (
        0,
        shown(**parts) + f"next: score the model on test, which it has not seen\n  {SCORE}\n",
        "",
    )

    assert run(*SCORE.split()[1:])[0] == 0
    f1 = json.loads(Path("scores.json").read_text())["exact"]["micro"]["f1"]
    parts["scores"] = f"exact micro F1 {100 * f1:.1f} on test, 1 article"
    assert run("status") == (0, shown(**parts) + (
        "next: use the model: the mentions that it finds, and event rows\n"
        "  eventcorpus extract articles --model model --out mentions.jsonl --html mentions.html --rows rows.csv\n"
    ), "")  # fmt: skip

    train(tiny_encoder, "--overwrite", "--seed", "14")
    assert run("status")[1].endswith(f"next: the model changed since it was scored: score it again\n  {SCORE}\n")

    annotate(*map(task, range(3)), task(3, labels=False))
    changed = f"next: the annotations changed since the dataset was made: convert again\n  {CONVERT.format('splits')}\n"
    assert run("status")[1].endswith(changed)
    convert()
    assert run("status")[1].endswith(
        "next: the dataset changed since the model was trained: train anew\n"
        "  eventcorpus train recipe.yaml --overwrite\n"
    )
    ontology = Path("ontology.yaml").read_text()
    Path("ontology.yaml").write_text(ontology.replace("flat: true", "flat: false"))
    assert run("status")[1].endswith(
        f"next: ontology.yaml changed since the dataset was made: convert again\n  {CONVERT.format('splits')}\n"
    )


def test_a_training_that_was_stopped_goes_on(health: Path) -> None:
    add_splits()
    annotate(*map(task, range(4)))
    convert()
    Path("model.checkpoints").mkdir()
    assert run("status")[1].endswith(
        "next: the training was stopped: go on with it\n  eventcorpus train recipe.yaml --resume\n"
    )


def test_a_dataset_without_splits_is_converted_with_them(health: Path) -> None:
    annotate(*map(task, range(4)))
    assert run("convert", "annotations", "--ontology", "ontology.yaml", "--out", "dataset")[0] == 0
    assert run("status")[1].endswith(
        "next: all articles of the dataset are in train, so that nothing could be scored: convert with splits\n"
        f"  {CONVERT.format('70/15/15')}\n"
    )


def test_a_folder_that_init_did_not_make_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    message = "Error: {0}: no ontology.yaml in it; begin with: eventcorpus init {0}\n"
    assert run("status") == (1, "", message.format("."))
    assert run("status", "gone") == (1, "", message.format("gone"))


def test_an_empty_folder_takes_what_the_other_commands_write(health: Path) -> None:
    """A .gitkeep hinders neither ``split --out splits`` nor what reads a folder without splits."""
    add_articles()
    annotate(*map(task, range(4)))
    assert run("check", ".")[0] == 0 and run("stats", ".")[0] == 0
    assert run("split", ".", "--out", "splits")[0] == 0
    assert Path("splits/train.txt").is_file()


def test_articles_that_cannot_be_read_are_told_and_the_rest_is_shown(health: Path) -> None:
    add_articles()
    Path("articles/typed.jsonl").write_text(json.dumps({"id": "a1", "text": TEXTS[1]}) + "\n")
    annotate(task(0))
    code, stdout, _ = run("status")
    assert code == 0 and "cannot be read: articles/typed.jsonl: line 1: the id 'a1' is taken by" in " ".join(
        stdout.split()
    )
    assert "annotations" in stdout
