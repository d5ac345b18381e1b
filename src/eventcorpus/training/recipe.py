"""A training recipe: flat YAML into one frozen dataclass, every key checked.

Names follow transformers' TrainingArguments where the meaning is the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from eventcorpus.errors import RecipeError, nearest
from eventcorpus.files import read_yaml


@dataclass(frozen=True)
class Recipe:
    """Everything that decides what a training run makes, apart from the data itself."""

    encoder: str = "bundled"
    """``bundled``, a folder, or a name on the hub."""
    dataset: str = ""
    """The dataset folder; the command line may name another."""
    output_dir: str = "models/runs/model"
    seed: int = 13
    num_train_epochs: int = 10
    learning_rate: float = 6e-4
    """Of the top layer and the head, after warm-up."""
    layerwise_lr_decay: float = 0.9
    """Each layer below learns with this factor of the one above; 1 switches it off (Howard and Ruder 2018)."""
    freeze_word_embeddings: bool = True
    per_device_train_batch_size: int = 8
    """Windows that a process reads at a time; windows of like length are batched together."""
    gradient_accumulation_steps: int = 1
    """Micro-batches of a process whose gradients add up to one step. Windows a step: the product of this, the batch
    size and the number of processes."""
    warmup_steps: float = 0.1
    """A share of all steps if below 1, a number of steps otherwise; then the rate falls linearly to 0."""
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    dropout: float = 0.1
    """Of the hidden layers."""
    attention_dropout: float = 0.1
    """Of the attention weights."""
    swap_names: float = 0.0
    """Share of the articles, drawn anew each epoch, that are read with other names in them; 0 switches it off."""
    swap_places: str = "Place"
    """Labels, with commas, whose names are swapped for places; needs the extra ``geo``."""
    swap_parties: str = "Actor, Source, Civilians"
    """Labels, with commas, whose names are swapped for other persons and groups."""
    n_teachers: int = 0
    """Teachers, each trained on all but its share of the articles, whose word the model learns beside the gold."""
    teacher_weight: float = 0.4
    """How much their word counts where there is gold; gold has the rest."""
    teacher: str = ""
    """Recipe file that the teachers are trained with, on this recipe's encoder and windows; none: this recipe."""
    unlabelled: str = ""
    """Files and folders of articles, with commas, on which the teachers alone are believed."""
    unlabelled_unit: str = "article"
    """What is read of them at a time: ``article``, or ``sentence`` where the labelled texts are sentences."""
    max_length: int = 256
    """Window size in tokens, special tokens included."""
    stride: int = 64
    """Tokens that neighbouring windows share: a mention longer than this may be cut."""
    decoder: str = "viterbi"
    """``viterbi`` (BIO constraints) or ``argmax``."""
    precision: str = "auto"
    """``fp32``, ``bf16`` (weights; with an fp32 master copy), or ``auto``: bf16 where the processor has it."""
    eval_strategy: str = "epoch"
    """When the validation split is scored: after each ``epoch``, every ``eval_steps`` ``steps``, or ``no``."""
    eval_steps: int = 200
    early_stopping_patience: int = 0
    """Stop after so many scores in a row that were not the best; 0 never stops."""
    load_best_model_at_end: bool = False
    """Keep the weights that scored best on the validation split rather than the last ones."""
    logging_steps: int = 10
    """A line of ``metrics.jsonl`` every so many steps."""
    report_to: str = "none"
    """``tensorboard`` writes the metrics to OUT.tensorboard too."""
    save_steps: int = 200
    """A checkpoint every so many steps, until the run ends."""
    save_total_limit: int = 2
    """Checkpoints kept: the newest."""
    attn_implementation: str = "sdpa"
    """``sdpa`` (where the encoder has it, else eager), ``eager`` (faster on processors for windows of less than some
    200 tokens), or ``flash_attention_2`` (GPU, bf16, flash-attn)."""
    torch_compile: bool = False
    """Compile the encoder: the first steps take a minute longer, the others less; for long runs on a GPU."""
    fsdp: bool = False
    """Spread weights, gradients and the optimiser over the processes, for an encoder that one device cannot hold."""


_LIMITS: dict[str, tuple[float, float]] = {
    "num_train_epochs": (1, 1000),
    "learning_rate": (1e-8, 1),
    "layerwise_lr_decay": (0.1, 1),
    "per_device_train_batch_size": (1, 4096),
    "warmup_steps": (0, 1e9),
    "weight_decay": (0, 1),
    "max_grad_norm": (1e-6, 1e6),
    "dropout": (0, 0.9),
    "attention_dropout": (0, 0.9),
    "swap_names": (0, 1),
    "n_teachers": (0, 100),
    "teacher_weight": (0, 1),
    "max_length": (8, 65536),
    "stride": (0, 32768),
    "gradient_accumulation_steps": (1, 4096),
    "eval_steps": (1, 10**9),
    "early_stopping_patience": (0, 1000),
    "logging_steps": (1, 10**9),
    "save_steps": (1, 10**9),
    "save_total_limit": (1, 1000),
    "seed": (0, 2**32 - 1),
}
_CHOICES = {
    "unlabelled_unit": ("article", "sentence"),
    "decoder": ("viterbi", "argmax"),
    "precision": ("auto", "fp32", "bf16"),
    "eval_strategy": ("epoch", "steps", "no"),
    "report_to": ("none", "tensorboard"),
    "attn_implementation": ("sdpa", "eager", "flash_attention_2"),
}


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: naming the file, the key, the value and what would be right.
    """
    return check_recipe(read_yaml(path, what="a recipe", error=RecipeError), place=str(path))


def check_recipe(data: dict[Any, Any], *, place: str) -> Recipe:
    """Check the content of a recipe; see ``read_recipe``."""
    types = get_type_hints(Recipe)
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in types:
            raise RecipeError(f"{place}: unknown key {key!r}; {nearest(str(key), types)}")
        values[key] = _typed(key, value, types[key], place=place)
    recipe = replace(Recipe(), **values)
    if recipe.stride * 2 > recipe.max_length:
        raise RecipeError(
            f"{place}: stride {recipe.stride} is more than half of max_length {recipe.max_length}; lower it"
        )
    return recipe


def with_settings(recipe: Recipe, settings: Sequence[tuple[str, str]]) -> Recipe:
    """Change keys of a recipe as the command line says, typed and checked like those of a file; the last of a key wins.

    Args:
        settings: (key, value as text). Text stays as it is written; anything else is read as YAML.

    Raises:
        RecipeError: as ``read_recipe``, naming ``--set`` as the place.
    """
    types = get_type_hints(Recipe)
    values = {key: value if types.get(key) is str else _yaml_value(value) for key, value in settings}
    return check_recipe(asdict(recipe) | values, place="--set")


def _yaml_value(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text  # refused by its type, with the text as it was written


def _typed(key: str, value: Any, wanted: type, *, place: str) -> Any:
    if wanted is float and isinstance(value, str):  # YAML 1.1 reads 6e-4 as text
        with contextlib.suppress(ValueError):
            value = float(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        name = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[wanted]
        raise RecipeError(f"{place}: {key} is {value!r}, it must be {name}")
    low, high = _LIMITS.get(key, (None, None))
    if low is not None and not low <= value <= high:  # type: ignore[operator]
        raise RecipeError(f"{place}: {key} is {value!r}, it must lie between {low:g} and {high:g}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise RecipeError(f"{place}: {key} is {value!r}, it must be one of {', '.join(_CHOICES[key])}")
    return value


def recipe_yaml(recipe: Recipe) -> str:
    """The resolved recipe, every key with its value."""
    assert [field.name for field in fields(recipe)] == list(asdict(recipe))
    return yaml.safe_dump(asdict(recipe), sort_keys=False, allow_unicode=True)
