"""A training recipe: flat YAML, every key checked.

Names follow the TrainingArguments of transformers where the meaning is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from eventcorpus.errors import RecipeError
from eventcorpus.files import StrictModel, parse_as, read_yaml_as
from eventcorpus.models.languages import language_code
from eventcorpus.package_data import find_yaml, package_path

FOLDER = "training/recipes"
_EXPERT: dict[str, Any] = {"expert": True}
"""``json_schema_extra`` of the keys that most recipes leave alone."""


def _number(value: Any) -> Any:
    """YAML 1.1 reads 6e-4, which has no dot, as text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Number = Annotated[float, BeforeValidator(_number)]


class Recipe(StrictModel):
    """Everything that decides what a training run makes, apart from the data itself.

    Keys of one matter stand together; those that most people set are the ones that are not marked ``_EXPERT``. The
    order of the keys is part of the hash by which a complete run is known again (``run_info.run_identity``).
    """

    model_config = ConfigDict(strict=True, use_attribute_docstrings=True)

    encoder: str = "bundled"
    """``bundled``, ``bundled-base``, a folder (that of a trained model too), or a name on the hub."""
    dataset: str = ""
    """The dataset folder; ``--dataset`` names another."""
    languages: str = ""
    """Codes of the languages that the model reads, with commas (``en, fr``); none: those that the articles state."""
    output_dir: str = "models/runs/model"
    """The model folder; ``--out`` names another."""
    seed: int = Field(13, ge=0, le=2**32 - 1)
    """Of everything that is drawn at random."""
    num_train_epochs: int = Field(10, ge=1, le=1000)
    """Times that every article is read."""
    learning_rate: Number = Field(6e-4, ge=1e-8, le=1)
    """Of the top layer and the head, after warm-up."""
    layerwise_lr_decay: Number = Field(0.9, ge=0.1, le=1, json_schema_extra=_EXPERT)
    """Each layer below learns with this factor of the one above; 1 switches it off (Howard and Ruder 2018)."""
    freeze_word_embeddings: bool = Field(True, json_schema_extra=_EXPERT)
    """Whether the word embeddings stay as they are."""
    per_device_train_batch_size: int = Field(8, ge=1, le=4096)
    """Windows that a process reads at a time; windows of like length are batched together."""
    gradient_accumulation_steps: int = Field(1, ge=1, le=4096)
    """Micro-batches of a process whose gradients add up to one step. Windows per step: the product of this, the batch
    size and the number of processes."""
    warmup_steps: Number = Field(0.1, ge=0, le=1e9, json_schema_extra=_EXPERT)
    """A share of all steps if below 1, a number of steps otherwise; then the rate falls linearly to 0."""
    weight_decay: Number = Field(0.01, ge=0, le=1, json_schema_extra=_EXPERT)
    """Of AdamW; biases, norms and embeddings are not decayed."""
    max_grad_norm: Number = Field(1.0, ge=1e-6, le=1e6, json_schema_extra=_EXPERT)
    """Gradients of a larger norm are scaled down to it."""
    dropout: Number = Field(0.1, ge=0, le=0.9, json_schema_extra=_EXPERT)
    """Of the hidden layers."""
    attention_dropout: Number = Field(0.1, ge=0, le=0.9, json_schema_extra=_EXPERT)
    """Of the attention weights."""
    swap_names: Number = Field(0.0, ge=0, le=1, json_schema_extra=_EXPERT)
    """Mention replacement: the share of the articles, drawn anew each epoch, that are read with other names in them; 0
    switches it off."""
    swap_places: str = Field("Place", json_schema_extra=_EXPERT)
    """Labels, with commas, whose names are replaced by places; needs the extra ``geo``."""
    swap_parties: str = Field("Actor, Source, Civilians", json_schema_extra=_EXPERT)
    """Labels, with commas, whose names are replaced by other persons and groups."""
    add_headlines: Number = Field(0.0, ge=0, le=1, json_schema_extra=_EXPERT)
    """The share of the articles, drawn anew each epoch, that are read under a headline made of their first sentence."""
    extend_lists: Number = Field(0.0, ge=0, le=1, json_schema_extra=_EXPERT)
    """The share in which up to three names become lists, with other names as ``swap_names`` takes them."""
    damage_text: Number = Field(0.0, ge=0, le=1, json_schema_extra=_EXPERT)
    """The share that loses apostrophes and blanks, as scraped and scanned texts do."""
    lower_case: Number = Field(0.0, ge=0, le=1, json_schema_extra=_EXPERT)
    """The share that is read in lower case; an uncased encoder reads all articles so."""
    n_teachers: int = Field(0, ge=0, le=100, json_schema_extra=_EXPERT)
    """Distillation: teachers, each trained on all but its share of the articles; the model learns from a mix of their
    probabilities and the gold labels. 0 switches it off."""
    teacher_weight: Number = Field(0.4, ge=0, le=1, json_schema_extra=_EXPERT)
    """Weight of the teachers' probabilities in the mix where there are gold labels."""
    teacher: str = Field("", json_schema_extra=_EXPERT)
    """Recipe file that the teachers are trained with, on this recipe's encoder and windows; none: this recipe."""
    teacher_encoder: str = Field("", json_schema_extra=_EXPERT)
    """Encoder of the teachers, if not this recipe's: a larger one that cuts words into the same pieces."""
    unlabelled: str = Field("", json_schema_extra=_EXPERT)
    """Files and folders of articles without labels, with commas; learned from the teachers' probabilities alone, or
    from those of ``soft_targets``."""
    unlabelled_unit: Literal["article", "sentence"] = Field("article", json_schema_extra=_EXPERT)
    """What is read of them at a time: ``article``, or ``sentence`` where the labelled texts are sentences."""
    soft_targets: str = Field("", json_schema_extra=_EXPERT)
    """File of ``eventcorpus soft-targets``: the probabilities that the articles of ``unlabelled`` are learned from,
    without teachers."""
    heads: bool = True
    """Whether roles, attributes and events are learned beside the mentions, where the ontology has them."""
    heads_learning_rate: Number = Field(1e-3, ge=1e-8, le=1, json_schema_extra=_EXPERT)
    """Of the heads for roles, attributes and events, after warm-up."""
    roles_weight: Number = Field(2.0, ge=0, le=100, json_schema_extra=_EXPERT)
    """Weight of the loss of roles beside that of the tags; 0: no roles are learned."""
    attributes_weight: Number = Field(0.2, ge=0, le=100, json_schema_extra=_EXPERT)
    """Weight of the loss of attributes; 0: none."""
    events_weight: Number = Field(0.2, ge=0, le=100, json_schema_extra=_EXPERT)
    """Weight of the loss of event identity; 0: none."""
    found_mentions: Number = Field(0.5, ge=0, le=1, json_schema_extra=_EXPERT)
    """With teachers: the share of the articles, drawn anew each epoch, of which the heads read the mentions that the
    teacher found that was not trained on them, in place of the annotated ones."""
    balanced_attributes: bool = Field(True, json_schema_extra=_EXPERT)
    """Whether rare values of an attribute weigh more, so that all values together weigh the same."""
    max_length: int = Field(256, ge=8, le=65536)
    """Window size in tokens, special tokens included."""
    stride: int = Field(64, ge=0, le=32768)
    """Tokens that neighbouring windows share, at most half of ``max_length``: a longer mention may be cut."""
    decoder: Literal["viterbi", "argmax"] = Field("viterbi", json_schema_extra=_EXPERT)
    """``viterbi`` (BIO constraints) or ``argmax``."""
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", json_schema_extra=_EXPERT)
    """``fp32``, ``bf16`` (weights; with an fp32 master copy), or ``auto``: bf16 where the processor has it."""
    eval_strategy: Literal["epoch", "steps", "no"] = Field("epoch", json_schema_extra=_EXPERT)
    """When the validation split is scored: after each ``epoch``, every ``eval_steps`` ``steps``, or ``no``."""
    eval_steps: int = Field(200, ge=1, le=10**9, json_schema_extra=_EXPERT)
    """Steps between two scores, with ``eval_strategy: steps``."""
    early_stopping_patience: int = Field(0, ge=0, le=1000)
    """Stop after so many scores in a row that were not the best; 0 never stops."""
    load_best_model_at_end: bool = False
    """Keep the weights that scored best on the validation split rather than the last ones."""
    logging_steps: int = Field(10, ge=1, le=10**9, json_schema_extra=_EXPERT)
    """Steps between two lines of ``metrics.jsonl``."""
    report_to: Literal["none", "tensorboard"] = Field("none", json_schema_extra=_EXPERT)
    """``tensorboard`` writes the metrics to OUT.tensorboard too."""
    save_steps: int = Field(200, ge=1, le=10**9, json_schema_extra=_EXPERT)
    """Steps between two checkpoints, until the run ends."""
    save_total_limit: int = Field(2, ge=1, le=1000, json_schema_extra=_EXPERT)
    """Checkpoints kept: the newest."""
    attn_implementation: Literal["sdpa", "eager", "flash_attention_2"] = Field("sdpa", json_schema_extra=_EXPERT)
    """``sdpa`` (where the encoder has it, else eager), ``eager`` (faster on processors for windows of less than some
    200 tokens), or ``flash_attention_2`` (GPU, bf16, flash-attn)."""
    torch_compile: bool = Field(False, json_schema_extra=_EXPERT)
    """Compile the encoder: the first steps take a minute longer, the others less; for long runs on a GPU."""
    fsdp: bool = Field(False, json_schema_extra=_EXPERT)
    """Shard weights, gradients and the optimiser over the processes, for an encoder that one device cannot hold."""

    @model_validator(mode="after")
    def _stride_leaves_room(self) -> Self:
        if self.stride * 2 > self.max_length:
            raise ValueError(f"stride {self.stride} is more than half of max_length {self.max_length}; lower it")
        return self

    @model_validator(mode="after")
    def _languages_have_codes(self) -> Self:
        unknown = [item for item in self.items_of("languages") if language_code(item) is None]
        if unknown:
            raise ValueError(f"languages has {unknown[0]!r}, which is no code of a language; write such as: en, fr")
        return self

    @model_validator(mode="after")
    def _soft_targets_have_articles(self) -> Self:
        if self.soft_targets and self.n_teachers:
            raise ValueError(
                f"soft_targets is {self.soft_targets} and n_teachers is {self.n_teachers}; set n_teachers: 0 to learn "
                "from the file, or leave soft_targets out to train teachers"
            )
        if self.soft_targets and not self.items_of("unlabelled"):
            raise ValueError(
                f"soft_targets is {self.soft_targets} and unlabelled is missing; name there the articles that the file "
                "was made of"
            )
        if self.soft_targets and self.unlabelled_unit != "article":
            raise ValueError(
                f"soft_targets is {self.soft_targets}, which is of whole articles; set unlabelled_unit: article"
            )
        return self

    @property
    def is_augmented(self) -> bool:
        """Whether articles are changed while they are learned from."""
        return any((self.swap_names, self.add_headlines, self.extend_lists, self.damage_text, self.lower_case))

    def items_of(self, key: str) -> list[str]:
        """The items of a key that takes several, with commas."""
        return [item.strip() for item in getattr(self, key).split(",") if item.strip()]

    def replace(self, **changes: Any) -> Recipe:
        """A copy with other values, checked as a file is.

        Raises:
            RecipeError: naming the key, its value and its limits.
        """
        return check_recipe(dict(self) | changes, place="recipe")


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: in one line: file, line, key, value and its limits; for an unknown key the nearest known one.
    """
    return read_yaml_as(Recipe, path, what="a recipe", error=RecipeError)


def find_recipe(wanted: str | Path) -> Recipe:
    """Read a recipe that is named by its path, or by its name if it is a shipped one; raises as ``read_recipe``."""
    return read_recipe(find_yaml(wanted, package_path(FOLDER), what="a recipe"))


def check_recipe(data: Mapping[Any, Any], *, place: str) -> Recipe:
    """Check the content of a recipe; see ``read_recipe``."""
    return parse_as(Recipe, data, place=place, error=RecipeError)


def with_settings(recipe: Recipe, settings: Sequence[tuple[str, str]]) -> Recipe:
    """Change keys of a recipe as the command line says, typed and checked like those of a file; the last of a key wins.

    Args:
        settings: (key, value as text). Text stays as it is written; anything else is read as YAML.

    Raises:
        RecipeError: as ``read_recipe``, naming ``--set`` as the place.
    """
    fields = Recipe.model_fields
    is_text = {key: field.annotation not in (int, float, bool) for key, field in fields.items()}
    values = {key: text if is_text.get(key) else _yaml_value(text) for key, text in settings}
    return check_recipe(dict(recipe) | values, place="--set")


def _yaml_value(text: str) -> Any:
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError:
        return text  # refused by its type, with the text as it was written


def is_expert(key: str) -> bool:
    """Whether a key is one that most recipes leave alone."""
    return Recipe.model_fields[key].json_schema_extra is _EXPERT


def ordered_keys() -> list[str]:
    """All keys, those that most people set first."""
    return sorted(Recipe.model_fields, key=is_expert)


def limits(key: str) -> tuple[float, float] | None:
    """The least and the greatest value of a key, both allowed; None where it is not a number."""
    constraints = Recipe.model_fields[key].metadata
    bounds = [getattr(constraint, "ge", getattr(constraint, "le", None)) for constraint in constraints]
    numbers = [bound for bound in bounds if bound is not None]  # in the order of the field: ge, le
    return (numbers[0], numbers[1]) if numbers else None


def recipe_yaml(recipe: Recipe) -> str:
    """The resolved recipe, every key with its value, those that most people set first."""
    values = recipe.model_dump()
    common, expert = ({key: values[key] for key in ordered_keys() if is_expert(key) is part} for part in (False, True))
    dumped = (yaml.safe_dump(part, sort_keys=False, allow_unicode=True) for part in (common, expert))
    return "# for experts\n".join(dumped)
