"""Tokenizers and an encoder, made in memory: nothing is downloaded."""

import os

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["OMP_NUM_THREADS"] = "1"  # sums of several threads differ from those of one; pytest-xdist uses the cores

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, settings
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

import small_vocabularies

# what the shell of the developer or the build machine may say of the terminal would change what commands print
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "TTY_COMPATIBLE"):
    os.environ.pop(name, None)

# no limit of time, which a busy machine would break, and the same examples on every machine; to look for others:
# pytest --hypothesis-profile=search
settings.register_profile("same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """The command line sets up the package's logger; the next test finds it as it was."""
    logger = logging.getLogger("eventcorpus")
    level, handlers, propagate = logger.level, logger.handlers, logger.propagate
    yield
    logger.setLevel(level)
    logger.handlers, logger.propagate = handlers, propagate


@pytest.fixture(autouse=True)
def _torch_draws_the_same_numbers() -> None:
    """Whichever tests ran before; pytest-randomly does it for Python and numpy."""
    torch.manual_seed(0)


def _with_specials(tokenizer: Tokenizer, first: str, last: str) -> None:
    ids = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{first} $A {last}", special_tokens=ids)


def _wordpiece() -> PreTrainedTokenizerFast:
    vocabulary = small_vocabularies.wordpiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    _with_specials(tokenizer, "[CLS]", "[SEP]")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def _byte_level_bpe() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(*small_vocabularies.byte_level_bpe(["<s>", "<pad>", "</s>"])))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    _with_specials(tokenizer, "<s>", "</s>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def _unigram() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.Unigram(small_vocabularies.unigram(["<s>", "<pad>", "</s>", "<unk>"]), unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    _with_specials(tokenizer, "<s>", "</s>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>")


def _bpe_with_byte_fallback() -> PreTrainedTokenizerFast:
    vocabulary, merges = small_vocabularies.bpe_with_byte_fallback(["<unk>", "<s>", "</s>", "<pad>"])
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    _with_specials(tokenizer, "<s>", "</s>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", unk_token="<unk>")


TOKENIZERS = {
    "wordpiece": _wordpiece,
    "byte-level-bpe": _byte_level_bpe,
    "unigram": _unigram,
    "bpe-byte-fallback": _bpe_with_byte_fallback,
}


@pytest.fixture(params=list(TOKENIZERS))
def tokenizer(request: pytest.FixtureRequest) -> Any:
    """Each family of tokenizers that encoders use."""
    return TOKENIZERS[request.param]()


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of two layers, random weights, and its WordPiece tokenizer: an ``encoder`` for recipes."""
    folder = tmp_path_factory.mktemp("tiny-encoder")
    words = _wordpiece()
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
