"""A folder that is not what it is given as: one line, with the way out."""

from pathlib import Path

import pytest

from eventcorpus.dataset.folder import read_dataset
from eventcorpus.errors import InputError, ModelError
from eventcorpus.eval.sources import Options, read_gold
from eventcorpus.models.folder import read_about

ALL = ("config.json", "model.safetensors", "tokenizer.json", "eventcorpus.json")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (None, "no such model folder; train one with: eventcorpus train RECIPE --out {0}"),
        (("a.txt",), "not a whole model folder, config.json, model.safetensors, tokenizer.json, eventcorpus.json missing; name the folder that eventcorpus train wrote"),
        (tuple(name for name in ALL if name != "tokenizer.json"), "not a whole model folder, tokenizer.json missing; name the folder that eventcorpus train wrote"),
        (("manifest.json", "loss_report.json", "default/test.parquet"), "this is a dataset folder, no model; train one on it with: eventcorpus train demo --dataset {0} --out MODEL"),
    ],
    ids=["nothing", "another folder", "a file missing", "a dataset"],
)  # fmt: skip
def test_a_folder_that_is_no_model_says_what_it_is(tmp_path: Path, files: tuple[str, ...] | None, message: str) -> None:
    folder = tmp_path / "f"
    for name in files or ():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("{}")
    with pytest.raises(ModelError) as error:
        read_about(folder)
    assert str(error.value) == f"{folder}: {message.format(folder)}"


def test_a_model_given_as_a_dataset_is_told_as_such(tmp_path: Path) -> None:
    for name in ALL:
        (tmp_path / name).write_text("{}")
    for read in (read_dataset, lambda folder: read_gold(folder, Options("test"))):
        with pytest.raises(InputError) as error:
            read(tmp_path)
        assert str(error.value) == f"{tmp_path}: this is a model folder, no dataset; name the folder that convert wrote"
