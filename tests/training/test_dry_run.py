"""``train --set`` and ``--dry-run``: what would be done, and nothing done."""

import itertools
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from eventcorpus.cli.main import main
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.errors import InputError, ModelError, OutputError, RecipeError
from eventcorpus.models.folder import read_about
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.dry_run import plan_of, seconds_a_step
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe, with_settings

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))


def article(n: int) -> AnnotatedArticle:
    text = f"rebels attacked the town of aleppo on monday {n}"
    return AnnotatedArticle(Article(f"a{n}", text), (Span("1", 0, 6, "Actor"),), ONTOLOGY.labels)


ARTICLES = [article(n) for n in range(10)]


@pytest.fixture
def recipe(tiny_encoder: Path) -> Recipe:
    return Recipe(encoder=str(tiny_encoder), num_train_epochs=3, per_device_train_batch_size=4, max_length=32, stride=8)


@pytest.mark.parametrize(
    ("settings", "key", "value"),
    [
        ([("learning_rate", "3e-5")], "learning_rate", 3e-5),
        ([("num_train_epochs", "3"), ("num_train_epochs", "7")], "num_train_epochs", 7),
        ([("freeze_word_embeddings", "false")], "freeze_word_embeddings", False),
        ([("encoder", "123")], "encoder", "123"),
        ([("dataset", "a=b: c")], "dataset", "a=b: c"),
    ],
)
def test_a_setting_is_read_like_the_file(settings: list[tuple[str, str]], key: str, value: Any) -> None:
    assert with_settings(Recipe(seed=99), settings) == Recipe(seed=99).replace(**{key: value})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (("learning_rat", "1"), "--set: unknown key 'learning_rat'; did you mean 'learning_rate'"),
        (("dropout", "lots"), "--set: dropout is 'lots', it must be a number"),
        (("dropout", "[1"), "--set: dropout is '[1', it must be a number"),
        (("seed", ""), "--set: seed is None, it must be a whole number"),
        (("decoder", "crf"), "--set: decoder is 'crf', it must be one of viterbi, argmax"),
        (("max_length", "100"), "--set: stride 64 is more than half of max_length 100; lower it"),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(setting: tuple[str, str], message: str) -> None:
    with pytest.raises(RecipeError) as raised:
        with_settings(Recipe(), [setting])
    assert str(raised.value) == message


def test_the_plan_is_what_training_then_does(recipe: Recipe, tmp_path: Path) -> None:
    plan = plan_of(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    assert list(tmp_path.iterdir()) == []
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    encoded = plan.prepared.encoded
    assert (plan.n_steps, len(encoded.examples), encoded.n_spans, len(encoded.lost)) == (9, 10, 10, 0)
    assert (plan.n_steps, len(encoded.examples)) == (result.n_steps, result.n_examples)
    assert plan.has_weights


def test_the_plan_counts_teachers_and_what_nobody_labelled(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text(
        "rebels left aleppo on monday. The army left homs again. It was all quiet there."
    )
    (tmp_path / "teacher.yaml").write_text("num_train_epochs: 1\nper_device_train_batch_size: 2\n")
    taught = recipe.replace(
        n_teachers=2, teacher=str(tmp_path / "teacher.yaml"), unlabelled=str(tmp_path / "more.txt"),
        unlabelled_unit="sentence",
    )  # fmt: skip
    assert seconds_a_step(ARTICLES, ONTOLOGY, taught) is not None
    plan = plan_of(ARTICLES, ONTOLOGY, taught, tmp_path / "m")
    result = fit(ARTICLES, ONTOLOGY, taught, tmp_path / "m")
    assert (len(plan.prepared.encoded.examples), plan.n_unlabelled, plan.n_steps) == (10, 3, result.n_steps)
    teachers = [read_about(folder).training["n_steps"] for folder in sorted((tmp_path / "m.teachers").iterdir())]
    assert plan.n_teacher_steps == sum(teachers)
    assert f"first 2 teachers, {sum(teachers)} steps in all" in plan.lines()[1]


def test_what_training_would_refuse_the_plan_refuses(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="max_length 4000 is more than the 512 tokens"):
        plan_of(ARTICLES, ONTOLOGY, recipe.replace(max_length=4000), tmp_path / "m")
    with pytest.raises(ModelError, match="no such folder"):
        plan_of(ARTICLES, ONTOLOGY, recipe.replace(encoder="./gone"), tmp_path / "m")
    with pytest.raises(InputError, match="nothing to learn"):
        plan_of([replace(ARTICLES[0], spans=())], ONTOLOGY, recipe, tmp_path / "m")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="was not written by this command"):
        plan_of(ARTICLES, ONTOLOGY, recipe, tmp_path / "thesis")


def test_the_time_comes_from_real_steps_and_leaves_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    clock = SimpleNamespace(perf_counter=itertools.count(start=7, step=0.25).__next__)  # is read after each step
    monkeypatch.setattr("eventcorpus.training.dry_run.time", clock)
    assert seconds_a_step(ARTICLES, ONTOLOGY, recipe) == 0.25
    assert list(tmp_path.iterdir()) == []
    assert seconds_a_step(ARTICLES[:2], ONTOLOGY, recipe.replace(num_train_epochs=1)) is None  # one step alone


def test_a_dry_run_prints_the_resolved_recipe_and_writes_nothing(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    entries = [Entry("train", one, [one]) for one in ARTICLES]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("r.yaml").write_text(f"encoder: {recipe.encoder}\nnum_train_epochs: 3\nmax_length: 32\nstride: 8\n")
    before = sorted(tmp_path.rglob("*"))
    arguments = ["train", "r.yaml", "--dataset", "ds", "--out", "models/m", "--set", "learning_rate=1e-4", "--dry-run"]
    result = CliRunner().invoke(main, [*arguments, "--set", "per_device_train_batch_size=4", "--seed", "5"])
    assert result.exit_code == 0, result.output
    shown = yaml.safe_load(result.stdout)
    assert {key: shown[key] for key in ("learning_rate", "seed", "dataset", "output_dir", "decoder")} == {
        "learning_rate": 1e-4, "seed": 5, "dataset": "ds", "output_dir": "models/m", "decoder": "viterbi",
    }  # fmt: skip
    assert "10 windows of up to 32; 10 spans, of which 0 cannot be learned" in result.stderr
    assert "9 steps: 3 epochs of 3" in result.stderr and "steps timed now" in result.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_setting_without_an_equals_sign_is_wrong_usage(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["train", "r.yaml", "--set", "dropout"])
    assert result.exit_code == 2 and "'dropout' is not KEY=VALUE, as in learning_rate=3e-5" in result.output
