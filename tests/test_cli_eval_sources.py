"""``eventcorpus eval`` on what other systems write: files of tags, Label Studio exports, datasets."""

import json
import random
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from seqeval.metrics import classification_report
from seqeval.scheme import BILOU, IOB2

from cli_runner import run

ROOT = Path(__file__).parents[1]
ONTOLOGY = """
schema: 1
name: mini
version: 1.0.0
triggers: [{name: Attack}]
entities: [{name: Actor}, {name: Place}]
roles: [{name: agent, signatures: [{to: [Actor]}]}]
"""
TEXT = "Rebels attacked Northtown on Monday."
BOTH = """EU NNP B-ORG B-ORG
rejects VBZ O O
German JJ B-MISC B-MISC
call NN O I-PER

Peter NNP B-PER I-PER
Blackburn NNP I-PER I-PER
"""


def region(region_id: str, start: int, end: int, label: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {"id": region_id, "type": "labels", "from_name": "label", "to_name": "text", "value": value}


def prediction(number: int, version: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "model_version": version, "created_at": f"2026-01-0{number}", "result": list(items)}


def task(*predictions: Any) -> dict[str, Any]:
    gold = [region("r1", 0, 6, "Actor"), region("r2", 7, 15, "Attack"), region("r3", 16, 25, "Place")]
    annotation = {"id": 3, "completed_by": 1, "result": gold}
    data = {"article_id": "x1", "text": TEXT}
    return {"id": 7, "data": data, "annotations": [annotation], "predictions": list(predictions)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("ontology.yaml").write_text(ONTOLOGY)
    Path("both.txt").write_text(BOTH)
    rows = [line.split() for line in BOTH.split("\n")]
    Path("gold.txt").write_text("\n".join(f"{row[0]}\t{row[2]}" if row else "" for row in rows))
    Path("predicted.conll").write_text("\n".join(f"{row[0]} {row[3]}" if row else "" for row in rows))
    return tmp_path


def report(*arguments: str) -> dict[str, Any]:
    code, _, stderr = run("eval", *arguments, "--json", "report.json")
    assert code == 0, stderr
    read: dict[str, Any] = json.loads(Path("report.json").read_text())
    return read


def counts(found: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {
        label: (row["correct"], row["predicted"], row["support"]) for label, row in found["exact"]["labels"].items()
    }


def dataset(folder: str = "ds") -> None:
    Path("e.json").write_text(json.dumps([task()]))
    assert run("convert", "e.json", "--ontology", "ontology.yaml", "--out", folder)[0] == 0


def test_one_file_has_gold_and_predicted_in_its_last_columns(here: Path) -> None:
    strict = report("--gold-file", "both.txt")
    assert counts(strict) == {"MISC": (1, 1, 1), "ORG": (1, 1, 1), "PER": (0, 0, 1)}
    assert (strict["dataset"]["name"], strict["dataset"]["split"], strict["dataset"]["articles"]) == ("both", "all", 2)
    loose = report("--gold-file", "both.txt", "--decoder", "conlleval")
    assert counts(loose) == {"MISC": (1, 1, 1), "ORG": (1, 1, 1), "PER": (1, 2, 1)}


def test_two_files_say_what_one_says(here: Path) -> None:
    for decoder in ("strict", "conlleval"):
        together = report("--gold-file", "both.txt", "--decoder", decoder)
        apart = report("--gold-file", "gold.txt", "--predictions", "predicted.conll", "--decoder", decoder)
        assert apart["exact"] == together["exact"] and apart["model"]["name"] == "predicted"


def test_tags_that_strict_drops_are_told(here: Path) -> None:
    _, _, stderr = run("eval", "--gold-file", "both.txt")
    assert stderr == (
        "both.txt: predicted: 3 tags in no whole mention of the scheme iob2, not counted; --decoder conlleval "
        "reads them too\n"
    )
    assert run("eval", "--gold-file", "both.txt", "--decoder", "conlleval")[2] == ""


@pytest.mark.parametrize(
    ("decoder", "scheme", "prefixes", "how"),
    [
        ("strict", "iob2", "BI", {"mode": "strict", "scheme": IOB2}),
        ("strict", "bilou", "BILU", {"mode": "strict", "scheme": BILOU}),
        ("conlleval", "iob2", "BIES", {}),
    ],
)
def test_a_file_is_scored_as_seqeval_scores_its_tags(
    here: Path, decoder: str, scheme: str, prefixes: str, how: dict[str, Any]
) -> None:
    rng = random.Random(scheme + decoder)
    alphabet = ["O", "O", "O", *(f"{p}-{label}" for p in prefixes for label in ("PER", "ORG-sub"))]
    gold = [[rng.choice(alphabet) for _ in range(rng.randrange(1, 25))] for _ in range(400)]
    predicted = [[tag if rng.random() < 0.8 else rng.choice(alphabet) for tag in tags] for tags in gold]
    lines = ["-DOCSTART- -X- O O", ""]
    for n, (ours, theirs) in enumerate(zip(gold, predicted, strict=True)):
        lines += ["-DOCSTART- -X- O O", ""] if n % 9 == 0 else []
        lines += [f"w{i} {tag} {other}" for i, (tag, other) in enumerate(zip(ours, theirs, strict=True))] + [""]
    Path("random.txt").write_text("\n".join(lines))
    found = report("--gold-file", "random.txt", "--decoder", decoder, "--scheme", scheme)
    theirs_report = classification_report(gold, predicted, output_dict=True, zero_division=0, **how)
    for name, row in {**found["exact"]["labels"], "micro avg": found["exact"]["micro"]}.items():
        for ours_key, key in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert row[ours_key] == pytest.approx(theirs_report[name][key], abs=1e-12)
        assert row["support"] == theirs_report[name]["support"]
    assert found["dataset"]["articles"] == 45


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("German B-MISC", "Germany B-MISC"),
            "p.txt: line 3: the word is 'Germany', the gold has 'German' (gold.txt line 3); both files need the same words",
        ),
        (
            ("call I-PER\n", ""),
            "gold.txt: line 4: sentence 1 goes on with 'call', and has ended on the other side after 3 words; both files "
            "need the same sentences",
        ),
        (
            ("call I-PER\n\n", "call I-PER\n"),
            "p.txt: line 5: sentence 1 goes on with 'Peter', and has ended on the other side after 4 words; both files "
            "need the same sentences",
        ),
        (
            ("\n\nPeter I-PER\nBlackburn I-PER\n", "\n"),
            "p.txt: 1 sentence, the gold gold.txt has 2; from gold.txt line 6 on there is no other side",
        ),
        (
            ("Peter I-PER", "Peter PER"),
            "p.txt: line 6: the tag 'PER' is neither O nor B or I with a dash and a label",
        ),
        (
            ("Peter I-PER", "Peter"),
            "p.txt: line 6: 'Peter' has 1 column, the others have 2; only a tab or a blank divides them, which a word cannot have",
        ),
    ],
)
def test_a_file_that_does_not_fit_says_where(here: Path, change: tuple[str, str], message: str) -> None:
    content = Path("predicted.conll").read_text()
    assert change[0] in content
    Path("p.txt").write_text(content.replace(*change))
    assert run("eval", "--gold-file", "gold.txt", "--predictions", "p.txt") == (1, "", f"Error: {message}\n")


def test_a_tag_file_is_laid_on_the_articles_of_a_dataset_however_it_cuts_words(here: Path) -> None:
    dataset()
    Path("p.txt").write_text(
        "-DOCSTART- O\n\nRebels B-Actor\nattack B-Attack\ned I-Attack\n\nNorth B-Place\ntown O\non O\nMonday. O\n"
    )
    found = report("--dataset", "ds", "--split", "train", "--predictions", "p.txt")
    assert counts(found) == {"Attack": (1, 1, 1), "Actor": (1, 1, 1), "Place": (0, 1, 1)}
    Path("p.txt").write_text("-DOCSTART- O\n\nRebels B-Actor\nattacks B-Attack\n")
    assert run("eval", "--dataset", "ds", "--split", "train", "--predictions", "p.txt")[2] == (
        "Error: p.txt: line 4: the word is 'attacks', article x1 goes on with 'attacke' at character 7; the words must be "
        "the article's\n"
    )
    Path("p.txt").write_text("-DOCSTART- O\n\nRebels B-Actor\n")
    assert (
        "p.txt: line 3: article x1 ends here, and its text goes on with 'attacked Northtown on Monday.'"
        in (run("eval", "--dataset", "ds", "--split", "train", "--predictions", "p.txt")[2])
    )
    Path("p.txt").write_text("Rebels B-Actor\n\nattacked O\n")
    assert (
        "p.txt: 2 documents for 1 article"
        in (run("eval", "--dataset", "ds", "--split", "train", "--predictions", "p.txt")[2])
    )


def test_predictions_of_a_label_studio_project_are_scored(here: Path) -> None:
    old = prediction(1, "m@1", region("p1", 0, 6, "Place"))
    new = prediction(
        2, "m@1", region("p1", 0, 6, "Actor"), region("p2", 0, 15, "Attack"), region("p3", 16, 25, "Place")
    )
    Path("full.json").write_text(json.dumps([task(new, old)]))
    dataset()
    for gold in (("--dataset", "ds", "--split", "train"), ("--gold-file", "full.json")):
        found = report(*gold, "--predictions", "full.json")
        assert counts(found) == {"Attack": (0, 1, 1), "Actor": (1, 1, 1), "Place": (1, 1, 1)}
        assert found["model"]["name"] == "m@1"
    found = report("--dataset", "ds", "--split", "train", "--predictions", "full.json", "--exported", "annotations")
    assert found["exact"]["micro"]["f1"] == 1.0


def test_predictions_of_several_models_need_a_name(here: Path) -> None:
    first, second = prediction(1, "m@1", region("p1", 0, 6, "Actor")), prediction(2, "m@2", region("p1", 0, 6, "Place"))
    Path("full.json").write_text(json.dumps([task(first, second)]))
    arguments = ("--gold-file", "full.json", "--predictions", "full.json")
    assert run("eval", *arguments)[2] == (
        "ontology: ontology.yaml (beside full.json)\n"
        "Error: full.json: predictions of several models, name one with --model-version: 'm@1' (1 task), 'm@2' (1 task)\n"
    )
    assert counts(report(*arguments, "--model-version", "m@1"))["Actor"] == (1, 1, 1)
    assert counts(report(*arguments, "--model-version", "m@2"))["Actor"] == (0, 0, 1)
    assert "no prediction of the model version 'm@3'; there are" in run("eval", *arguments, "--model-version", "m@3")[2]


def test_exports_without_whole_predictions_say_what_to_do(here: Path) -> None:
    Path("ids.json").write_text(json.dumps([task(5)]))
    assert (
        "predictions are in this export by id alone; get a full snapshot"
        in (run("eval", "--gold-file", "ids.json", "--predictions", "ids.json")[2])
    )
    Path("none.json").write_text(json.dumps([task()]))
    assert (
        "none.json: no task has a prediction; to score its annotations: --exported annotations"
        in (run("eval", "--gold-file", "none.json", "--predictions", "none.json")[2])
    )


def test_what_of_an_export_cannot_be_read_is_told(here: Path) -> None:
    Path("full.json").write_text(json.dumps([task(prediction(1, "m", region("p1", 0, 6, "Group")))]))
    code, _, stderr = run("eval", "--gold-file", "full.json", "--predictions", "full.json")
    assert code == 0
    assert "full.json: 1 of 1 article, 0 of 1 span (1 refused)" in stderr and "label not in the ontology" in stderr


def test_a_dataset_is_scored_like_a_system(here: Path) -> None:
    dataset()
    found = report("--dataset", "ds", "--split", "train", "--predictions", "ds")
    assert found["exact"]["micro"]["f1"] == 1.0 and found["model"]["name"] == "ds"


def test_baselines_are_trained_on_the_split_train(here: Path) -> None:
    second = task() | {"id": 8}
    second["data"] = {"article_id": "x2", "text": TEXT}
    Path("e.json").write_text(json.dumps([task(), second]))
    Path("ids").mkdir()
    for split, ids in (("train", "x1\n"), ("validation", ""), ("test", "x2\n")):
        Path(f"ids/{split}.txt").write_text(ids)
    assert run("convert", "e.json", "--ontology", "ontology.yaml", "--splits", "ids", "--out", "ds")[0] == 0
    code, stdout, _ = run("eval", "--dataset", "ds", "--predictions", "ds")
    assert code == 0
    assert [line for line in stdout.splitlines() if line.startswith("baseline")] == [
        "baseline remembered: micro F1 100.0, macro 100.0",
        "baseline linear: micro F1 100.0, macro 100.0",
    ]
    Path("map.yaml").write_text("gold: {Actor: Party}\npredicted: {Actor: Party}\n")
    mapped = run("eval", "--dataset", "ds", "--predictions", "ds", "--class-map", "map.yaml")[1]
    assert "baseline linear: micro" in mapped
    assert "baseline" not in run("eval", "--dataset", "ds", "--predictions", "ds", "--no-baselines")[1]
    assert "baseline" not in run("eval", "--gold-file", "both.txt")[1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--gold-file", "gold.txt", "--dataset", "ds", "--predictions", "p.jsonl"),
        ("--dataset", "ds"),
        ("--predictions", "p.jsonl"),
        ("--gold-file", "gold.txt", "--model", "m", "--predictions", "p.jsonl"),
        ("--gold-file", "gold.txt", "--decoder", "loose"),
    ],
)
def test_wrong_usage_exits_with_2(here: Path, arguments: tuple[str, ...]) -> None:
    assert run("eval", *arguments)[0] == 2


def test_gold_that_is_none_is_refused(here: Path) -> None:
    Path("p.jsonl").write_text("{}")
    assert (
        "p.jsonl: a predictions file is no gold" in run("eval", "--gold-file", "p.jsonl", "--predictions", "p.jsonl")[2]
    )
    Path("o.txt").write_text("a O\n")
    assert "o.txt: no mention in its tags" in run("eval", "--gold-file", "o.txt", "--predictions", "o.txt")[2]
    Path("e.json").write_text(json.dumps([task()]))
    assert "e.json: not a file of tags; name the predictions" in run("eval", "--gold-file", "e.json")[2]


@dataclass
class Entity:
    """What spaCy's Span has of it."""

    text: str
    start_char: int
    end_char: int
    label_: str


@dataclass
class Doc:
    """What spaCy's Doc has of it: ``ents`` is a tuple of spans."""

    text: str

    @property
    def ents(self) -> tuple[Entity, ...]:
        found = [("Rebels", "NORP"), ("Northtown", "GPE"), ("Monday", "DATE")]
        return tuple(Entity(w, self.text.index(w), self.text.index(w) + len(w), label) for w, label in found)


class Language:
    """What spaCy's Language has of it."""

    def pipe(self, texts: Any) -> Any:
        return map(Doc, texts)


def test_the_documented_lines_turn_spacy_docs_into_predictions(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs/evaluation.md").read_text()
    (snippet,) = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "spacy.load" in code]
    stand_in = ModuleType("spacy")
    stand_in.load = lambda name: Language()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "spacy", stand_in)
    Path("ids").mkdir()
    for split in ("train", "validation", "test"):
        Path(f"ids/{split}.txt").write_text("x1\n" if split == "test" else "")
    Path("e.json").write_text(json.dumps([task()]))
    code = run("convert", "e.json", "--ontology", "ontology.yaml", "--splits", "ids", "--out", "dataset")
    assert code[0] == 0, code[2]
    exec(snippet, {})
    Path("classes.yaml").write_text(
        "gold: {Place: Place, Actor: Group}\npredicted: {GPE: Place, LOC: Place, NORP: Group}\n"
    )
    found = report("--dataset", "dataset", "--predictions", "spacy.jsonl", "--class-map", "classes.yaml")
    assert counts(found) == {"Place": (1, 1, 1), "Group": (1, 1, 1)}
    assert found["classes"]["predicted"]["left_out"] == {"DATE": 1}


def test_the_documented_lines_of_python_say_what_they_print(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs/evaluation.md").read_text()
    (snippet,) = [code for code in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "score_tags" in code]
    exec(snippet, {})
    assert f"# {capsys.readouterr().out.strip()}" in snippet
