"""The model folder: what plain transformers loads, and ``eventcorpus.json`` beside it.

A folder is written all or nothing, and every file is checked before it is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from eventcorpus.errors import InputError, ModelError
from eventcorpus.files import StrictModel, atomic_folder, parse_as, read_json, sha256_of_file, write_json, write_text
from eventcorpus.models.calibration import Calibration
from eventcorpus.models.languages import TrainingTexts
from eventcorpus.ontology import Ontology
from eventcorpus.tags import tag_names
from eventcorpus.text import sha256_of

if TYPE_CHECKING:
    from eventcorpus.models.heads import EventHeads

ABOUT = "eventcorpus.json"
HEADS = ("heads.json", "heads.safetensors")
"""What a model with heads for roles, attributes and events has beside."""
NEEDED = ("config.json", "model.safetensors", "tokenizer.json", ABOUT)


class ModelAbout(StrictModel):
    """``eventcorpus.json``: what plain transformers does not keep.

    Folders of schema 1 have no ``calibration``: their confidences are left as they are. Those before schema 3 have
    neither ``languages`` (codes, as the recipe or the articles say) nor ``training_texts``: less is told of texts that
    the model cannot read.
    """

    schema_: Literal[1, 2, 3] = Field(alias="schema", default=3)
    ontology: Ontology
    max_length: int
    stride: int
    decoder: Literal["viterbi", "argmax"]
    encoder: str
    training: dict[str, Any] = Field(default_factory=dict)
    calibration: Calibration = Calibration()
    languages: tuple[str, ...] = ()
    training_texts: TrainingTexts = TrainingTexts()


def is_model_folder(path: Path) -> bool:
    """Whether a folder was written by ``save_model``, or is a training run of ours without a model yet."""
    return (path / ABOUT).is_file()


def save_model(
    path: Path,
    model: Any,
    tokenizer: Any,
    about: ModelAbout,
    *,
    heads: EventHeads | None = None,
    extra: dict[str, str] | None = None,
) -> None:
    """Write a model folder: fp32 safetensors, tokenizer, ``eventcorpus.json``, heads, and further text files by name.

    transformers 5 loads weights in the dtype they were saved in, so the model must be fp32 when it comes here.

    Raises:
        OutputError: if the place is taken by something else, or the disk refuses.
    """
    with atomic_folder(path, is_ours=is_model_folder) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        write_json(folder / ABOUT, about)
        if heads is not None:
            from eventcorpus.models.heads import save_heads

            save_heads(folder, heads)
        for name, content in (extra or {}).items():
            (folder / name).write_text(content, encoding="utf-8")


def write_calibration(path: Path, calibration: Calibration, *, extra: dict[str, str] | None = None) -> ModelAbout:
    """Put a calibration into a model folder; the model has another hash from then on, since its confidences differ.

    Args:
        extra: further text files by name, such as the diagram.

    Raises:
        ModelError: if the folder is not a whole model of ours.
        OutputError: if the disk refuses.
    """
    about = read_about(path)
    before = about.calibration.model_hash or model_hash(path)
    calibration = calibration.model_copy(update={"model_hash": before})
    about = about.model_copy(update={"schema_": 3, "calibration": calibration})
    for name, content in (extra or {}).items():
        write_text(path / name, content)
    write_json(path / ABOUT, about)
    return about


def read_about(path: Path) -> ModelAbout:
    """Check that a folder is a whole model of ours and read what it says of itself.

    Raises:
        ModelError: naming the missing file or the wrong value.
    """
    if not path.is_dir():
        raise ModelError(f"{path}: no such model folder; train one with: eventcorpus train RECIPE --out {path}")
    if (path / "manifest.json").is_file() and (path / "default").is_dir():
        raise ModelError(
            f"{path}: this is a dataset folder, no model; train one on it with: eventcorpus train demo "
            f"--dataset {path} --out MODEL"
        )
    missing = [name for name in NEEDED if not (path / name).is_file()]
    if missing:
        raise ModelError(
            f"{path}: not a whole model folder, {', '.join(missing)} missing; name the folder that "
            "eventcorpus train wrote"
        )
    try:
        about = parse_as(ModelAbout, read_json(path / ABOUT), place=str(path / ABOUT), hint="; train the model again")
        tags = read_json(path / "config.json").get("id2label", {})
    except InputError as error:
        raise ModelError(str(error)) from None
    if [tags.get(str(i)) for i in range(len(tags))] != tag_names(about.ontology.labels):
        raise ModelError(
            f"{path}: the tags in config.json are not those of the ontology in {ABOUT}; train the model again"
        )
    return about


def model_hash(path: Path) -> str:
    """SHA-256 over weights, tokenizer, ``eventcorpus.json`` and heads: 64 hex digits."""
    names = [*NEEDED, *(name for name in HEADS if (path / name).is_file())]
    return sha256_of("".join(f"{name} {sha256_of_file(path / name)}\n" for name in sorted(names)))
