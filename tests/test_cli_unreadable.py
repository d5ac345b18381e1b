"""``extract``, ``eval`` and the model folder where a model cannot read a text: warnings in the file, one line at the end."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cli_runner import run
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, read_about, save_model
from eventcorpus.models.languages import TrainingTexts
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from random_model import random_model

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
ENGLISH = "rebels attacked the town of aleppo on monday"
RUSSIAN = "Боевики обстреляли колонну армии у города Дарна"
SCRIPT = "script: 100% of its letters are Cyrillic, and the model learned from Latin"
UNKNOWN = "unknown tokens: 100% of its letters are in tokens that the model does not know"


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    about = ModelAbout(
        ontology=ONTOLOGY, max_length=48, stride=16, decoder="viterbi", encoder="tiny", languages=("en",),
        training_texts=TrainingTexts(scripts=("Latin",)),
    )  # fmt: skip
    save_model(Path("m"), random_model(tiny_encoder, ONTOLOGY), load_tokenizer(str(tiny_encoder)), about)
    rows = [{"id": "a", "text": ENGLISH}, {"id": "b", "text": RUSSIAN}, {"id": "c", "text": ENGLISH, "language": "fr"}]
    Path("in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_extract_warns_of_each_article_and_says_it_in_one_line(here: Path) -> None:
    code, stdout, stderr = run("extract", "--backend", "fp32", "in.jsonl", "--model", "m")
    assert code == 0
    assert [json.loads(line)["warnings"] for line in stdout.splitlines()] == [
        [], [SCRIPT, UNKNOWN], ["language: its language is 'fr', the model's language is en"],
    ]  # fmt: skip
    assert stderr.splitlines()[-1] == (
        "the model may be unable to read 2 of 3 articles (script 1, unknown tokens 1, language 1), do not "
        f"rely on its mentions there; the first: 'b', {SCRIPT}"
    )
    assert (
        run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--table")[2].splitlines()[-1]
        == stderr.splitlines()[-1]
    )


def test_an_article_that_the_model_reads_gets_no_line(here: Path) -> None:
    Path("one.txt").write_text(ENGLISH)
    assert run("extract", "--backend", "fp32", "one.txt", "--model", "m")[2] == ""


def test_a_text_that_was_changed_is_no_reason_for_the_line(here: Path) -> None:
    Path("one.txt").write_bytes(b"rebels attacked\r\nthe town of homs\r\n")
    _, stdout, stderr = run("extract", "--backend", "fp32", "one.txt", "--model", "m")
    (warning,) = json.loads(stdout)["warnings"]
    assert warning.startswith("text: line ends, control characters or lone surrogates were replaced")
    assert "unable to read" not in stderr


def test_eval_says_it_of_a_model_and_of_its_predictions(here: Path) -> None:
    gold = [
        AnnotatedArticle(Article(f"{n}", text), (Span("1", 0, 6, "Actor"),), ONTOLOGY.labels)
        for n, text in enumerate([ENGLISH, RUSSIAN])
    ]
    entries = [Entry("test", one, [one]) for one in gold]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    line = (
        "m: the model may be unable to read 1 of 2 articles (script 1, unknown tokens 1), do not rely on "
        f"its mentions there; the first: '1', {SCRIPT}\n"
    )
    assert line in run("eval", "--model", "m", "--dataset", "ds", "--json", "model.json")[2]
    rows = [json.dumps({"id": one.article.id, "text": one.article.text}) + "\n" for one in gold]
    Path("in.jsonl").write_text("".join(rows))
    run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--out", "p.jsonl")
    assert (
        line.replace("m:", "p.jsonl:")
        in run("eval", "--predictions", "p.jsonl", "--dataset", "ds", "--json", "p.json")[2]
    )
    first, second = (json.loads(Path(f"{name}.json").read_text()) for name in ("model", "p"))
    assert first["predictions_sha256"] == second["predictions_sha256"]


def test_a_model_without_the_keys_loads_as_before(here: Path) -> None:
    about = json.loads(Path("m/eventcorpus.json").read_text())
    for schema in (1, 2):
        old = {key: value for key, value in about.items() if key not in ("languages", "training_texts")}
        if schema == 1:
            del old["calibration"]
        Path("m/eventcorpus.json").write_text(json.dumps(old | {"schema": schema}))
        read = read_about(Path("m"))
        assert (read.languages, read.training_texts) == ((), TrainingTexts())
        code, stdout, _ = run("extract", "--backend", "fp32", "in.jsonl", "--model", "m")
        assert code == 0
        assert [json.loads(line)["warnings"] for line in stdout.splitlines()] == [[], [UNKNOWN], []]


def test_extract_replaces_its_own_predictions_and_says_so_and_nothing_else(here: Path) -> None:
    assert (
        "3 articles in p.jsonl\n"
        in run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--out", "p.jsonl")[2]
    )
    code, _, stderr = run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--out", "p.jsonl")
    assert code == 0 and "3 articles in p.jsonl, instead of the predictions of m@" in stderr
    before = Path("in.jsonl").read_text()
    code, _, stderr = run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--out", "in.jsonl")
    assert (code, stderr) == (
        1,
        "Error: in.jsonl: exists and holds no predictions; choose another --out or remove it\n",
    )
    assert Path("in.jsonl").read_text() == before
    Path("empty.jsonl").touch()
    assert run("extract", "--backend", "fp32", "in.jsonl", "--model", "m", "--out", "empty.jsonl")[0] == 0


def test_convert_says_that_it_replaces_another_dataset(here: Path) -> None:
    Path("a.txt").write_text("rebels B-Actor\n\nhoms B-Place\n")
    for path in ("a.txt", "a.txt", "b.txt"):
        Path("b.txt").write_text("homs B-Place\n")
        code, _, stderr = run("convert", path, "--from", "conll", "--out", "ds")
        assert code == 0
        assert ("the dataset that was in ds was another one; it is replaced" in stderr) == (path == "b.txt")


def test_training_keeps_the_languages_of_the_articles_or_of_the_recipe(here: Path, tiny_encoder: Path) -> None:
    one = AnnotatedArticle(Article("0", ENGLISH, language="en-GB"), (Span("1", 0, 6, "Actor"),), ONTOLOGY.labels)
    entries = [
        Entry("train", other := replace(one, article=replace(one.article, id=f"{n}")), [other]) for n in range(4)
    ]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("r.yaml").write_text(
        f"encoder: {tiny_encoder}\nnum_train_epochs: 1\nmax_length: 32\nstride: 8\nprecision: fp32\n"
    )
    train = ("train", "r.yaml", "--dataset", "ds", "--out")
    assert run(*train, "own")[0] == run(*train, "told", "--set", "languages=Arabic, en")[0] == 0
    own, told = read_about(Path("own")), read_about(Path("told"))
    assert (own.languages, told.languages) == (("en",), ("ar", "en"))
    assert own.training_texts == TrainingTexts(scripts=("Latin",))
    code, _, stderr = run(*train, "x", "--set", "languages=Englisch")
    assert code == 1
    assert "languages has 'Englisch', which is no code of a language; write such as: en, fr" in stderr
