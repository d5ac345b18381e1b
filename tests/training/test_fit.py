"""Training end to end on a tiny encoder: it learns, resumes bit for bit, and leaves a folder that others can load."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from few_articles import ARTICLES, ONTOLOGY
from safetensors.torch import load_file
from transformers import pipeline

from eventcorpus.errors import InputError, ModelError, OutputError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.batches import MicroBatch, chunks
from eventcorpus.training.checkpoint import checkpoints
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe


@pytest.fixture
def recipe(tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=8, learning_rate=5e-3, per_device_train_batch_size=4, max_length=32,
        stride=8, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False, save_steps=5,
    )  # fmt: skip


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def test_it_learns_what_it_was_shown(recipe: Recipe, tmp_path: Path) -> None:
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    (mentions,) = Extractor.from_pretrained(tmp_path / "m").extract(["rebels attacked the town of homs on monday"])
    assert [(m.label, m.text) for m in mentions] == [("Actor", "rebels"), ("Place", "homs")]
    assert result.losses[-1] < result.losses[0] / 2
    assert not (tmp_path / "m.checkpoints").exists()


def test_training_goes_on_from_a_trained_model_and_not_from_its_encoder_alone(recipe: Recipe, tmp_path: Path) -> None:
    trained = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    going_on = recipe.replace(encoder=str(tmp_path / "m"), num_train_epochs=1, learning_rate=1e-5)
    losses = fit(ARTICLES, ONTOLOGY, going_on, tmp_path / "own").losses
    other = Ontology(name="t", version="1.0.0", entities=(Label(name="Place"), Label(name="Actor")))
    new_head = fit(ARTICLES, other, going_on, tmp_path / "other").losses
    assert losses[0] < trained.losses[0] / 4
    assert new_head[0] > 2 * losses[0]


def test_a_run_is_not_complete_if_the_model_that_it_went_on_from_was_trained_again(
    recipe: Recipe, tmp_path: Path
) -> None:
    short = recipe.replace(num_train_epochs=1)
    going_on = short.replace(encoder=str(tmp_path / "m"))
    for seed in (13, 14):
        fit(ARTICLES, ONTOLOGY, short.replace(seed=seed), tmp_path / "m", overwrite=True)
        if seed == 13:
            fit(ARTICLES, ONTOLOGY, going_on, tmp_path / "own")
            assert fit(ARTICLES, ONTOLOGY, going_on, tmp_path / "own", resume=True).resumed_at == 6
    with pytest.raises(OutputError, match="own: a finished model of another recipe or other data is there"):
        fit(ARTICLES, ONTOLOGY, going_on, tmp_path / "own", resume=True)


def test_the_same_seed_gives_the_same_weights_and_another_seed_does_not(recipe: Recipe, tmp_path: Path) -> None:
    short = recipe.replace(num_train_epochs=1)
    for name, one in (("a", short), ("b", short), ("c", short.replace(seed=99))):
        fit(ARTICLES, ONTOLOGY, one, tmp_path / name)
    a, b, c = (weights(tmp_path / name) for name in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert any(not torch.equal(a[key], c[key]) for key in a)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_stopped_run_resumes_to_the_same_weights(recipe: Recipe, tmp_path: Path, precision: str) -> None:
    recipe = recipe.replace(num_train_epochs=4, precision=precision)
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "whole")

    def stop(done: int, total: int, loss: float) -> None:
        if done == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "stopped", on_step=stop)
    assert not (tmp_path / "stopped").exists()
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "stopped", resume=True)
    assert result.resumed_at == 10
    whole, resumed = weights(tmp_path / "whole"), weights(tmp_path / "stopped")
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)
    assert {tensor.dtype for tensor in whole.values()} == {torch.float32}


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(recipe: Recipe, tmp_path: Path) -> None:
    def stop(done: int, total: int, loss: float) -> None:
        if done == 13:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m", on_step=stop)
    newest, *_ = checkpoints(tmp_path / "m.checkpoints")
    with (newest / "state.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x55")
    assert fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m", resume=True).resumed_at == 5


def test_a_checkpoint_of_another_recipe_is_not_continued(recipe: Recipe, tmp_path: Path) -> None:
    def stop(done: int, total: int, loss: float) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m", on_step=stop)
    with pytest.raises(
        InputError,
        match=r"belong to another run \(seed was 13 and is 7\); change that back, or begin anew with --overwrite",
    ):
        fit(ARTICLES, ONTOLOGY, recipe.replace(seed=7), tmp_path / "m", resume=True)
    assert len(checkpoints(tmp_path / "m.checkpoints")) == 1


KILLED = """
import os, pathlib, signal, sys
sys.modules["datasets"] = sys.modules["pyarrow"] = None
sys.path.insert(0, {tests!r})
from few_articles import ARTICLES, ONTOLOGY
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe


def kill(done, total, loss):
    if done == 13:
        os.kill(os.getpid(), signal.SIGKILL)


fit(ARTICLES, ONTOLOGY, Recipe(**{recipe!r}), pathlib.Path({out!r}), on_step=kill)
"""


def test_a_run_killed_by_the_kernel_where_datasets_and_pyarrow_are_not_installed_leaves_no_model_and_resumes(
    recipe: Recipe, tmp_path: Path
) -> None:
    code = KILLED.format(tests=str(Path(__file__).parent), recipe=dict(recipe), out=str(tmp_path / "m"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not (tmp_path / "m").exists()
    assert fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m", resume=True).resumed_at == 10


def test_the_folder_works_in_a_plain_transformers_pipeline(recipe: Recipe, tmp_path: Path) -> None:
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    tagger = pipeline("token-classification", model=str(tmp_path / "m"), aggregation_strategy="simple", stride=8)
    found = tagger("rebels attacked the town of homs on monday")
    assert [(m["entity_group"], m["start"], m["end"]) for m in found] == [("Actor", 0, 6), ("Place", 28, 32)]


def test_the_saved_tokenizer_neither_cuts_nor_pads(recipe: Recipe, tmp_path: Path) -> None:
    fit(ARTICLES, ONTOLOGY, recipe.replace(num_train_epochs=1), tmp_path / "m")
    saved = json.loads((tmp_path / "m" / "tokenizer.json").read_text())
    assert (saved["truncation"], saved["padding"]) == (None, None)


def test_articles_without_any_span_teach_nothing(recipe: Recipe, tmp_path: Path) -> None:
    empty = AnnotatedArticle(Article("x", "nothing here"), (), ONTOLOGY.labels)
    with pytest.raises(InputError, match="nothing to learn: 1 article and not one span"):
        fit([empty], ONTOLOGY, recipe, tmp_path / "m")


def test_windows_longer_than_the_encoder_reads_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="max_length 4000 is more than the"):
        fit(ARTICLES, ONTOLOGY, recipe.replace(max_length=4000), tmp_path / "m")


def test_a_folder_that_is_not_a_model_is_never_overwritten(recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(OutputError, match="was not written by this command"):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


def test_what_a_processor_goes_through_at_a_time_changes_no_loss(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.replace(num_train_epochs=2, dropout=0.0, attention_dropout=0.0, per_device_train_batch_size=8)
    whole = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "whole")
    seen: list[int] = []

    def counted(batch: MicroBatch, at_most: int) -> list[MicroBatch]:
        parts = list(chunks(batch, 40))
        seen.append(len(parts))
        return parts

    monkeypatch.setattr("eventcorpus.training.learner.chunks", counted)
    parts = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "chunks")
    assert max(seen) > 1
    assert parts.losses == pytest.approx(whole.losses, rel=1e-5)
