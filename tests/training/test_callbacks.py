"""What a run says of itself while it lasts, and what it does because of it."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
import torch
from few_articles import ARTICLES, ONTOLOGY
from safetensors.torch import load_file

from eventcorpus.errors import ModelError, OutputError, RecipeError
from eventcorpus.inference.checks import count_exact
from eventcorpus.inference.extractor import Extractor
from eventcorpus.ontology import Label, Ontology
from eventcorpus.render.training_charts import training_svg
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.callbacks import OnStep
from eventcorpus.training.checkpoint import random_state, set_random_state
from eventcorpus.training.fit import fit
from eventcorpus.training.learner import hard_loss
from eventcorpus.training.metrics import Metrics, Progress, ValidationScore, read_metrics
from eventcorpus.training.recipe import Recipe

TRAIN, DEV = ARTICLES[:16], ARTICLES[16:]


@pytest.fixture
def recipe(tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=4, learning_rate=3e-3, per_device_train_batch_size=4, max_length=32,
        stride=8, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False, save_steps=3, logging_steps=2,
    )  # fmt: skip


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def stop_at(step: int) -> OnStep:
    def on_step(done: int, total: int, loss: float) -> None:
        if done == step:
            raise KeyboardInterrupt

    return on_step


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_last_score_is_the_one_of_the_saved_model(recipe: Recipe, tmp_path: Path, precision: str) -> None:
    result = fit(TRAIN, ONTOLOGY, recipe.replace(precision=precision), tmp_path / "m", validation=DEV)
    counts = count_exact(DEV, Extractor.from_pretrained(tmp_path / "m"))
    assert [score.step for score in result.scores] == [4, 8, 12, 16]
    assert result.scores[-1].f1 == counts.f1


def test_scoring_changes_nothing_of_what_is_learned(recipe: Recipe, tmp_path: Path) -> None:
    fit(TRAIN, ONTOLOGY, recipe, tmp_path / "watched", validation=DEV)
    fit(TRAIN, ONTOLOGY, recipe.replace(eval_strategy="no"), tmp_path / "not", validation=DEV)
    assert same(weights(tmp_path / "watched"), weights(tmp_path / "not"))


def test_metrics_of_a_resumed_run_are_those_of_an_undisturbed_one(recipe: Recipe, tmp_path: Path) -> None:
    for name in ("whole", "stopped"):
        if name == "stopped":
            with pytest.raises(KeyboardInterrupt):
                fit(TRAIN, ONTOLOGY, recipe, tmp_path / name, validation=DEV, on_step=stop_at(11))
            assert read_metrics(tmp_path / "stopped.checkpoints" / "metrics.jsonl")[-1].step == 10
        fit(TRAIN, ONTOLOGY, recipe, tmp_path / name, validation=DEV, resume=name == "stopped")
    lines = [read_metrics(tmp_path / name / "metrics.jsonl") for name in ("whole", "stopped")]
    assert [line.step for line in lines[0]] == [2, 4, 6, 8, 10, 12, 14, 16]
    assert [line.epoch for line in lines[0]][:2] == [0.5, 1.0]
    assert [(m.step, m.loss, m.tokens, m.dev_f1) for m in lines[0]] == [
        (m.step, m.loss, m.tokens, m.dev_f1) for m in lines[1]
    ]
    assert [line.step for line in lines[0] if line.dev_f1 is not None] == [4, 8, 12, 16]


class Forgets:
    """A loss that teaches the tags for so many steps and then that no token is in any mention: scores rise and fall,
    on any processor."""

    def __init__(self, after: int) -> None:
        self.after, self.n = after, 0

    def __call__(self, logits: torch.Tensor, targets: Mapping[str, torch.Tensor]) -> torch.Tensor:
        self.n += 1
        labels = targets["labels"]
        return hard_loss(logits, {"labels": labels if self.n <= self.after else labels.clamp(max=0)})


@pytest.mark.parametrize("stopped", [False, True])
def test_the_best_weights_are_kept_over_a_resumption(recipe: Recipe, tmp_path: Path, stopped: bool) -> None:
    best = recipe.replace(learning_rate=0.01, num_train_epochs=8, load_best_model_at_end=True)
    loss = Forgets(after=16)
    if stopped:
        with pytest.raises(KeyboardInterrupt):
            fit(TRAIN, ONTOLOGY, best, tmp_path / "best", validation=DEV, on_step=stop_at(14), token_loss=loss)
        loss = Forgets(after=16 - 12)
    result = fit(TRAIN, ONTOLOGY, best, tmp_path / "best", validation=DEV, resume=stopped, token_loss=loss)
    highest = max(score.f1 for score in result.scores)
    assert result.scores[-1].f1 < highest
    assert count_exact(DEV, Extractor.from_pretrained(tmp_path / "best")).f1 == highest
    assert json.loads((tmp_path / "best" / "run.json").read_text())["dev"]["f1"] == highest
    assert result.resumed_at == (12 if stopped else 0)


def test_a_run_tells_the_score_of_the_weights_that_it_kept(recipe: Recipe, tmp_path: Path) -> None:
    long = recipe.replace(learning_rate=0.01, num_train_epochs=8)
    result = fit(TRAIN, ONTOLOGY, long, tmp_path / "m", validation=DEV, token_loss=Forgets(after=16))
    told = json.loads((tmp_path / "m" / "run.json").read_text())["dev"]
    assert told == asdict(result.scores[-1]) and told["f1"] < max(score.f1 for score in result.scores)
    assert count_exact(DEV, Extractor.from_pretrained(tmp_path / "m")).f1 == told["f1"]


def test_a_run_stops_when_scores_no_longer_rise(recipe: Recipe, tmp_path: Path) -> None:
    still = recipe.replace(learning_rate=1e-8, early_stopping_patience=2)  # learns nothing: every score is the first
    result = fit(TRAIN, ONTOLOGY, still, tmp_path / "m", validation=DEV)
    assert (result.n_steps, result.stopped_early) == (12, True)
    assert json.loads((tmp_path / "m" / "run.json").read_text())["stopped_early"] is True


def test_patience_counts_from_the_best_score() -> None:
    progress = Progress()
    for step, f1 in enumerate((0.5, 0.4, 0.6, 0.6), start=1):
        progress.add_score(ValidationScore(step, f1, f1, f1), seconds=1, patience=2)
        assert not progress.stopped
    assert progress.best == ValidationScore(3, 0.6, 0.6, 0.6)
    progress.add_score(ValidationScore(5, 0.1, 0.1, 0.1), seconds=1, patience=2)
    assert progress.stopped


@pytest.mark.parametrize("key", [{"early_stopping_patience": 1}, {"load_best_model_at_end": True}])
def test_what_needs_scores_is_refused_without_them(recipe: Recipe, tmp_path: Path, key: dict[str, object]) -> None:
    with pytest.raises(RecipeError, match="needs a validation split with spans and there are 0 articles"):
        fit(TRAIN, ONTOLOGY, recipe.replace(**key), tmp_path / "m")
    with pytest.raises(RecipeError, match="needs scores and eval_strategy is no"):
        fit(TRAIN, ONTOLOGY, recipe.replace(eval_strategy="no", **key), tmp_path / "m", validation=DEV)


def test_a_complete_run_is_left_as_it_is(recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m", validation=DEV)
    written = (tmp_path / "m" / "model.safetensors").stat().st_mtime_ns
    with caplog.at_level("INFO"):
        again = fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m", validation=DEV, resume=True)
    assert "this run is complete already" in caplog.text
    assert (again.resumed_at, again.n_steps, again.scores) == (16, 16, first.scores)
    assert (tmp_path / "m" / "model.safetensors").stat().st_mtime_ns == written


def test_the_model_folder_says_what_it_came_from(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m", notes={"dataset": "few", "dataset_sha256": "ab"})
    facts = json.loads((tmp_path / "m" / "run.json").read_text())
    assert facts["dataset"] == {"dataset": "few", "dataset_sha256": "ab"}
    assert (facts["seed"], facts["steps"], facts["dev"], facts["commit"]) == (13, 16, None, None)
    assert facts["versions"]["torch"] == torch.__version__
    assert facts["hardware"]["threads"] == torch.get_num_threads() and facts["peak_memory"] > 2**20


def test_memory_that_does_not_suffice_says_what_to_lower(recipe: Recipe, tmp_path: Path) -> None:
    def greedy(logits: torch.Tensor, targets: object) -> torch.Tensor:
        return torch.empty(2**50)  # a petabyte and more, which torch asks its CPU allocator for

    with pytest.raises(ModelError) as raised:
        fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m", token_loss=greedy)
    assert str(raised.value).startswith("out of memory (RAM) on a batch of 4 windows of ")
    assert str(raised.value).endswith(
        "lower per_device_train_batch_size from 4 to 2 and raise gradient_accumulation_steps from 1 to 2, which learns the same"
    )


def test_a_loss_that_is_no_number_stops_the_run(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as raised:
        fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m", token_loss=lambda logits, targets: logits.sum() * float("nan"))
    assert str(raised.value) == (
        "the loss or a gradient is not a number at step 1 of 16; lower learning_rate from 0.003 to 0.001, raise "
        "warmup_steps (0.1)"
    )


def test_labels_without_examples_and_mentions_longer_than_windows_are_named(
    recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    more = Ontology(
        name="t", version="1.0.0", entities=tuple(Label(name=name) for name in ("Actor", "Place", "Weapon"))
    )
    text = "the town of aleppo and the town of homs on friday and monday"
    long = AnnotatedArticle(Article("long", text), (Span("1", 0, len(text), "Place"),), more.labels)
    with caplog.at_level("WARNING"):
        fit([*TRAIN, long], more, recipe.replace(num_train_epochs=1, max_length=12, stride=2), tmp_path / "m")
    assert "without an example to learn from, and never to be predicted: 1 of 3 labels: Weapon" in caplog.text
    assert "1 mention whole in no window of max_length 12 and stride 2" in caplog.text
    assert "long: Place [0, 60)" in caplog.text


def test_what_one_process_or_a_cpu_cannot_do_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="fsdp spreads an encoder over several processes and there is one"):
        fit(TRAIN, ONTOLOGY, recipe.replace(fsdp=True), tmp_path / "m")
    if not torch.cuda.is_available():
        with pytest.raises(RecipeError, match="needs an NVIDIA GPU and bf16; this is cpu and float32"):
            fit(TRAIN, ONTOLOGY, recipe.replace(attn_implementation="flash_attention_2"), tmp_path / "m")


def test_micro_batches_learn_what_one_batch_learns(tiny_encoder: Path, recipe: Recipe, tmp_path: Path) -> None:
    still = recipe.replace(dropout=0.0, attention_dropout=0.0, num_train_epochs=1)
    whole = fit(TRAIN, ONTOLOGY, still, tmp_path / "whole")
    halves = still.replace(per_device_train_batch_size=2, gradient_accumulation_steps=2)
    parts = fit(TRAIN, ONTOLOGY, halves, tmp_path / "parts")
    assert parts.n_steps == whole.n_steps
    assert parts.losses == pytest.approx(whole.losses, rel=1e-5)


def test_a_disk_that_refuses_is_an_error_of_one_line(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("eventcorpus.training.checkpoint.save_file", full)
    with pytest.raises(
        OutputError, match="a checkpoint cannot be written \\(No space left on device\\); free the disk"
    ):
        fit(TRAIN, ONTOLOGY, recipe, tmp_path / "m")


def test_random_numbers_go_on_where_they_were() -> None:
    torch.manual_seed(5)
    torch.rand(3)
    state = {name: tensor.clone() for name, tensor in random_state().items()}
    first = torch.rand(3)
    torch.rand(3)
    set_random_state(state)
    assert torch.equal(torch.rand(3), first)


def test_the_picture_is_svg_whatever_the_name() -> None:
    lines = [
        Metrics(
            step,
            step / 4,
            2 / step,
            1e-4,
            100 * step,
            50.0,
            1.0 * step,
            0.0,
            2**20,
            dev_f1=step / 10 if step % 2 else None,
        )
        for step in range(1, 9)
    ]
    root = ET.fromstring(training_svg(lines, title="<a & b>"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.attrib["aria-label"] == "<a & b>"
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "best 70.0" in texts and "F1 on validation" in texts
    assert ET.fromstring(training_svg([], title="nothing yet")) is not None


def test_tensorboard_is_asked_for_by_name(recipe: Recipe, tmp_path: Path) -> None:
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    fit(TRAIN, ONTOLOGY, recipe.replace(report_to="tensorboard"), tmp_path / "m", validation=DEV)
    read = board.EventAccumulator(str(tmp_path / "m.tensorboard"))
    read.Reload()
    assert [event.step for event in read.Scalars("dev/f1")] == [4, 8, 12, 16]
    assert len(read.Scalars("train/loss")) == 8
