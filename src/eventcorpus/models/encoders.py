"""Finding an encoder: a bundled one, a folder, or a name on the hub; and its tokenizer as this project needs it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventcorpus.errors import ModelError, first_line
from eventcorpus.models.bundled import BUNDLED, bundled_encoder
from eventcorpus.models.hub import why_not

logger = logging.getLogger(__name__)

_POSITIONS_FROM_PADDING = ("roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer")
"""Architectures that count positions from the padding id: two of their position embeddings serve no token."""
_WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
_SWITCHED_OFF = ("max_length", "stride", "truncation_side", "truncation_strategy", "pad_to_multiple_of", "padding")


def find_encoder(name: str) -> str:
    """Turn the ``encoder`` of a recipe into what transformers loads: a folder, or a name on the hub.

    Raises:
        ModelError: if a folder has no model in it, or a bundled encoder is not there.
    """
    if name in BUNDLED:
        return str(bundled_encoder(name))
    path = Path(name).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(
                f"encoder {name!r}: the folder has no config.json; name a folder that save_pretrained wrote"
            )
        return str(path)
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ModelError(
            f"encoder {name!r}: no such folder; name a folder with a model, a hub name, 'bundled' or 'bundled-base'"
        )
    return name


def load_tokenizer(source: str) -> Any:
    """Load a fast tokenizer with truncation and padding switched off.

    Raises:
        ModelError: if there is none, or it cannot be reached.
    """
    from transformers import AutoTokenizer

    tokenizer = _load(AutoTokenizer, source)
    if not tokenizer.is_fast:
        raise ModelError(
            f"encoder {source!r}: its tokenizer gives no character offsets; one with a tokenizer.json is needed"
        )
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.init_kwargs = {key: value for key, value in tokenizer.init_kwargs.items() if key not in _SWITCHED_OFF}
    return tokenizer


def load_encoder(
    source: str, *, tags: Sequence[str], dropout: float, attention_dropout: float = 0.1, attention: str = "sdpa"
) -> Any:
    """Load an encoder with a token-classification head, in fp32.

    The head is new, unless the source is a token classifier for the same tags in the same order: then its head is kept,
    so that training goes on where that of the source ended. A head for other tags is never kept, even if they are as
    many. What became of a trained head is logged.

    Args:
        tags: names of the tags, in the order of their ids.
        dropout: of the hidden layers, under whichever name the architecture knows it.
        attention_dropout: of the attention weights, likewise.
        attention: transformers' ``attn_implementation``; ``sdpa`` becomes eager where the architecture lacks it.

    Raises:
        ModelError: if it is neither a folder nor reachable, or cannot have this attention.
    """
    import torch
    from transformers import AutoConfig, AutoModelForTokenClassification

    config = _load(AutoConfig, source)
    known_tags = [config.id2label.get(i) for i in range(len(config.id2label))]
    is_classifier = any(name.endswith("ForTokenClassification") for name in config.architectures or ())
    config.id2label = dict(enumerate(tags))
    config.label2id = {tag: i for i, tag in enumerate(tags)}
    named = dict.fromkeys(("hidden_dropout_prob", "dropout", "mlp_dropout"), dropout)
    named |= dict.fromkeys(("attention_probs_dropout_prob", "attention_dropout"), attention_dropout)
    for name, value in named.items():
        if hasattr(config, name):
            setattr(config, name, value)
    options: dict[str, Any] = {} if attention == "sdpa" else {"attn_implementation": attention}
    options["dtype"] = torch.float32
    try:
        model = _load(AutoModelForTokenClassification, source, config=config, ignore_mismatched_sizes=True, **options)
        if is_classifier:
            _log_head(source, known_tags, tags)
        if len(known_tags) != len(tags) or known_tags == list(tags):
            return model
        # a head of the same size was loaded, and its rows stand for other tags
        new = AutoModelForTokenClassification.from_config(config, **options)
        new.base_model.load_state_dict(model.base_model.state_dict())
        return new
    except ImportError as error:
        raise ModelError(
            f"attn_implementation {attention}: {first_line(error)}; install flash-attn on a machine with an NVIDIA "
            "GPU, or set attn_implementation: sdpa"
        ) from None


def _log_head(source: str, known_tags: Sequence[str | None], tags: Sequence[str]) -> None:
    if known_tags == list(tags):
        logger.info(
            "%s was trained for the same %s tags; its head is kept and training goes on from it", source, len(tags)
        )
        return
    place = next((i for i, (a, b) in enumerate(zip(known_tags, tags, strict=False)) if a != b), None)
    difference = f"{len(known_tags)} and here are {len(tags)}"
    if place is not None:
        difference = f"the first that differs is {known_tags[place]}, here {tags[place]}"
    logger.warning("%s was trained for other tags (%s); its head is not kept, a new one is learned", source, difference)


def load_config(source: str) -> Any:
    """The configuration of an encoder, as transformers has it; raises as ``load_encoder``."""
    from transformers import AutoConfig

    return _load(AutoConfig, source)


def check_length(source: str, encoder: str, *, max_length: int) -> None:
    """Check that windows are no longer than what an encoder has positions for.

    Raises:
        ModelError: naming the limit; or if the encoder is neither a folder nor reachable.
    """
    config = load_config(source)
    limit = getattr(config, "max_position_embeddings", None)
    if limit and config.model_type in _POSITIONS_FROM_PADDING:
        limit -= 2
    if limit and max_length > limit:
        raise ModelError(f"max_length {max_length} is more than the {limit} tokens that {encoder} reads; lower it")


def has_weights(source: str) -> bool:
    """Whether the weights of an encoder are on this machine: in its folder, or in the hub's cache."""
    from huggingface_hub import try_to_load_from_cache

    folder = Path(source)
    if folder.is_dir():
        return any((folder / name).is_file() for name in _WEIGHTS)
    return any(isinstance(try_to_load_from_cache(source, name), str) for name in _WEIGHTS)


def _load(auto_class: Any, source: str, **options: Any) -> Any:
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    is_folder = Path(source).is_dir()
    why = "" if is_folder else why_not()
    try:
        return auto_class.from_pretrained(source, local_files_only=bool(why), **options)
    except (OSError, ValueError, KeyError) as error:
        if is_folder:
            raise ModelError(f"encoder {source!r}: the folder cannot be loaded ({first_line(error)})") from None
        offline = f" ({why})" if why else ""
        raise ModelError(
            f"encoder {source!r}: neither a folder here nor reachable on the hub{offline}; download it once with "
            f"'hf download {source}' while online, name its folder, or use 'encoder: bundled'"
        ) from None
