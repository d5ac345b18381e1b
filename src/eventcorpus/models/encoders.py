"""Finding an encoder: a bundled one, a folder, or a name on the hub; and its tokenizer as this project needs it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventcorpus.errors import ModelError
from eventcorpus.models.bundled import BUNDLED, bundled_encoder

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
    """Load an encoder with a new token-classification head, in fp32.

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
    config.id2label = dict(enumerate(tags))
    config.label2id = {tag: i for i, tag in enumerate(tags)}
    named = dict.fromkeys(("hidden_dropout_prob", "dropout", "mlp_dropout"), dropout)
    named |= dict.fromkeys(("attention_probs_dropout_prob", "attention_dropout"), attention_dropout)
    for name, value in named.items():
        if hasattr(config, name):
            setattr(config, name, value)
    options = {} if attention == "sdpa" else {"attn_implementation": attention}
    try:
        model = AutoModelForTokenClassification
        return _load(model, source, config=config, dtype=torch.float32, ignore_mismatched_sizes=True, **options)
    except ImportError as error:
        raise ModelError(
            f"attn_implementation {attention}: {_first_line(error)}; install flash-attn on a machine with an NVIDIA "
            "GPU, or set attn_implementation: sdpa"
        ) from None


def check_length(source: str, encoder: str, *, max_length: int) -> None:
    """Check that windows are no longer than what an encoder has positions for.

    Raises:
        ModelError: naming the limit; or if the encoder is neither a folder nor reachable.
    """
    from transformers import AutoConfig

    config = _load(AutoConfig, source)
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
    try:
        return auto_class.from_pretrained(source, **options)
    except (OSError, ValueError, KeyError) as error:
        if Path(source).is_dir():
            raise ModelError(f"encoder {source!r}: the folder cannot be loaded ({_first_line(error)})") from None
        offline = " (HF_HUB_OFFLINE is set)" if os.environ.get("HF_HUB_OFFLINE", "0") not in ("", "0") else ""
        raise ModelError(
            f"encoder {source!r}: neither a folder here nor reachable on the hub{offline}; download it once with "
            f"'hf download {source}' while online, name its folder, or use 'encoder: bundled'"
        ) from None


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
