"""``train`` replaces no model and no checkpoints in silence, and a run that is stopped says how to go on."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from few_articles import ARTICLES, ONTOLOGY

from cli_runner import run
from eventcorpus import api
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.errors import OutputError
from eventcorpus.models.calibration import Calibration, FittedOn
from eventcorpus.models.folder import write_calibration

TRAIN = ("train", "r.yaml", "--dataset", "ds", "--out", "m")
FINISHED = (
    "m: a finished model is there; --resume leaves it as it is if it is of this recipe and data, --overwrite replaces it, "
    "--out names another folder"
)
UNFINISHED = (
    "m.checkpoints: checkpoints of an unfinished run, the last after step 4; --resume goes on from there, --overwrite begins "
    "anew, --out names another folder"
)


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    entries = [Entry("train", one, [one]) for one in ARTICLES]
    entries += [
        Entry("validation", other := replace(one, article=replace(one.article, id=f"v{one.article.id}")), [other])
        for one in ARTICLES[:5]
    ]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("r.yaml").write_text(
        f"encoder: {tiny_encoder}\nnum_train_epochs: 2\nper_device_train_batch_size: 8\nmax_length: 32\nstride: 8\n"
        "precision: fp32\nsave_steps: 2\n"
    )
    return tmp_path


def stop_after(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Ctrl-C after a step of the next training."""
    train = api.train

    def stopped(*arguments: Any, on_step: Any, **settings: Any) -> Any:
        def stop(done: int, total: int, loss: float) -> None:
            on_step(done, total, loss)
            if done == step:
                monkeypatch.setattr(api, "train", train)
                raise KeyboardInterrupt

        return train(*arguments, on_step=stop, **settings)

    monkeypatch.setattr(api, "train", stopped)


def contents(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def finished_at() -> str:
    facts: dict[str, str] = json.loads(Path("m/run.json").read_text())
    return facts["finished"]


def test_a_finished_model_is_not_replaced_without_overwrite(here: Path) -> None:
    assert run(*TRAIN)[0] == 0
    before = contents("m")
    assert run(*TRAIN) == (1, "", f"Error: {FINISHED}\n")
    assert run(*TRAIN, "--seed", "7") == (1, "", f"Error: {FINISHED}\n")
    code, _, stderr = run(*TRAIN, "--seed", "7", "--resume")
    assert code == 1
    assert stderr.splitlines()[-1] == (
        "Error: m: a finished model of another recipe or other data is there; --overwrite replaces it, --out names another "
        "folder"
    )
    code, _, stderr = run(*TRAIN, "--resume")
    assert code == 0 and "m: this run is complete already" in stderr
    assert contents("m") == before
    assert run(*TRAIN, "--seed", "7", "--overwrite")[0] == 0
    assert contents("m")["model.safetensors"] != before["model.safetensors"]
    assert run(*TRAIN, "--overwrite")[0] == 0  # as the demo does
    assert contents("m")["model.safetensors"] == before["model.safetensors"]


def test_from_python_it_is_the_same_error(here: Path) -> None:
    api.train("r.yaml", "ds", "m")
    with pytest.raises(OutputError, match="m: a finished model is there"):
        api.train("r.yaml", "ds", "m")
    assert api.train("r.yaml", "ds", "m", overwrite=True).fit.n_steps == 6


def test_a_dry_run_tells_that_the_run_would_stop(here: Path) -> None:
    assert run(*TRAIN)[0] == 0
    code, _, stderr = run(*TRAIN, "--dry-run")
    assert code == 0 and f"without --dry-run this stops: {FINISHED}\n" in stderr
    assert "this stops" not in run(*TRAIN, "--dry-run", "--overwrite")[2]


def test_checkpoints_of_an_unfinished_run_are_not_dropped_without_overwrite(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, 5)
    assert run(*TRAIN)[0] == 130
    assert run(*TRAIN) == (1, "", f"Error: {UNFINISHED}\n")
    code, _, stderr = run(*TRAIN, "--resume")
    assert code == 0 and "resumed at step 4 of 6" in stderr
    stop_after(monkeypatch, 5)
    assert run(*TRAIN, "--overwrite")[0] == 130
    code, _, stderr = run(*TRAIN, "--overwrite")
    assert code == 0 and "checkpoints of an unfinished run removed" in stderr and "resumed" not in stderr


def test_ctrl_c_says_how_to_go_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_after(monkeypatch, 5)
    code, stdout, stderr = run(*TRAIN, "--set", "learning_rate=1e-3")
    assert (code, stdout) == (130, "")
    command = "eventcorpus train r.yaml --dataset ds --out m --set learning_rate=1e-3"
    assert stderr.splitlines()[-1] == f"stopped; go on from the checkpoint of step 4 with: {command} --resume"
    stop_after(monkeypatch, 5)
    assert run(*command.split()[1:], "--resume")[2].splitlines()[-1] == stderr.splitlines()[-1]
    assert run(*command.split()[1:], "--resume")[0] == 0


def test_ctrl_c_before_the_first_checkpoint_says_that_nothing_was_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = "eventcorpus train r.yaml --dataset ds --out m"
    stop_after(monkeypatch, 1)
    code, _, stderr = run(*TRAIN)
    begin_again = "stopped before the first checkpoint (save_steps: 2), nothing was kept; begin again with: "
    assert (code, stderr.splitlines()[-1]) == (130, begin_again + command)
    assert run(*TRAIN)[0] == 0
    stop_after(monkeypatch, 1)
    before = contents("m")
    code, _, stderr = run(*TRAIN, "--overwrite")
    assert (code, stderr.splitlines()[-1]) == (130, begin_again + command + " --overwrite")
    assert contents("m") == before


def test_ctrl_c_while_the_model_is_calibrated_says_that_it_is_complete(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrate = api.calibrate

    def stopped(*arguments: Any, **settings: Any) -> Any:
        monkeypatch.setattr(api, "calibrate", calibrate)
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "calibrate", stopped)
    code, _, stderr = run(*TRAIN)
    assert (code, stderr.splitlines()[-1]) == (
        130,
        "stopped; the model in m is complete, its confidences are not calibrated; go on with: eventcorpus train "
        "r.yaml --dataset ds --out m --resume",
    )
    at = finished_at()
    assert run(*TRAIN, "--resume")[0] == 0
    assert finished_at() == at


def test_resume_and_overwrite_together_are_wrong_usage(here: Path) -> None:
    assert run(*TRAIN, "--resume", "--overwrite")[0] == 2


def test_calibrate_says_what_it_replaces(here: Path) -> None:
    assert run(*TRAIN)[0] == 0
    line = "the calibration on split validation of old that was there is replaced"
    assert line not in run("calibrate", "m", "--dataset", "ds")[2]  # there are too few articles, so there was none
    fitted_on = FittedOn(dataset="old", split="validation", articles=9, mentions=99, correct=50)
    write_calibration(Path("m"), Calibration(method="temperature", temperature=1.5, fitted_on=fitted_on))
    code, _, stderr = run("calibrate", "m", "--dataset", "ds")
    assert code == 0 and line in stderr.splitlines()
