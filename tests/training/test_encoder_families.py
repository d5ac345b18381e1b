"""Every family of encoders that a recipe names: its tokenizer's class, its architecture, tiny and made in memory.

The weights are random, but the road is the real one: text, offsets, windows, steps, model folder, mentions.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    AutoModel,
    BertConfig,
    BertTokenizer,
    DebertaV2Config,
    DebertaV2Tokenizer,
    ModernBertConfig,
    MPNetConfig,
    MPNetTokenizer,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaTokenizer,
    XLMRobertaConfig,
    XLMRobertaTokenizer,
    pipeline,
)

import small_vocabularies
from eventcorpus.errors import ModelError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.encoders import check_length, load_tokenizer
from eventcorpus.models.windows import TextEncoder
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.text import words
from eventcorpus.training.fit import fit
from eventcorpus.training.optimiser import MasterCopy, optimiser_for
from eventcorpus.training.recipe import Recipe, read_recipe

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


def article(n: int) -> AnnotatedArticle:
    place = ("aleppo", "homs")[n % 2]
    text = f"rebels attacked the town of {place} on monday"
    at = text.index(place)
    spans = (Span("1", 0, 6, "Actor"), Span("2", at, at + len(place), "Place"))
    return AnnotatedArticle(Article(f"a{n}", text), spans, ONTOLOGY.labels)


ARTICLES = [article(n) for n in range(24)]


def _bert() -> tuple[Any, Any]:
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer = BertTokenizer(vocab=small_vocabularies.wordpiece(specials), do_lower_case=True)
    return tokenizer, BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SIZES)


def _roberta(*, add_prefix_space: bool = False) -> tuple[Any, Any]:
    vocab, merges = small_vocabularies.byte_level_bpe(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer = RobertaTokenizer(vocab=vocab, merges=merges, add_prefix_space=add_prefix_space)
    config = RobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, pad_token_id=1, type_vocab_size=1, **SIZES
    )
    return tokenizer, config


def _xlm_roberta() -> tuple[Any, Any]:
    vocab = small_vocabularies.unigram(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer = XLMRobertaTokenizer(vocab=vocab)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, pad_token_id=1, type_vocab_size=1, **SIZES
    )
    return tokenizer, config


def _deberta_v3() -> tuple[Any, Any]:
    vocab = small_vocabularies.unigram(["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"])
    tokenizer = DebertaV2Tokenizer(vocab=vocab, unk_id=3)
    config = DebertaV2Config(  # as microsoft/deberta-v3-base has it, but for its size
        vocab_size=len(tokenizer), max_position_embeddings=64, relative_attention=True, position_buckets=16,
        norm_rel_ebd="layer_norm", share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False,
        type_vocab_size=0, max_relative_positions=-1, pad_token_id=0, **SIZES,
    )  # fmt: skip
    return tokenizer, config


def _modernbert() -> tuple[Any, Any]:
    """Byte-level BPE, NFC, [CLS] and [SEP], and ``token_type_ids`` neither made nor taken."""
    vocab, merges = small_vocabularies.byte_level_bpe(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    backend.normalizer = normalizers.NFC()
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    ids = [(token, vocab[token]) for token in ("[CLS]", "[SEP]")]
    backend.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ids)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=backend, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip
    config = ModernBertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=vocab["[PAD]"],
        bos_token_id=vocab["[CLS]"], eos_token_id=vocab["[SEP]"], cls_token_id=vocab["[CLS]"],
        sep_token_id=vocab["[SEP]"], local_attention=16, global_attn_every_n_layers=2, **SIZES,
    )  # fmt: skip
    return tokenizer, config


def _mpnet() -> tuple[Any, Any]:
    specials = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
    tokenizer = MPNetTokenizer(vocab=small_vocabularies.wordpiece(specials), do_lower_case=True)
    config = MPNetConfig(vocab_size=len(tokenizer), max_position_embeddings=66, pad_token_id=1, **SIZES)
    return tokenizer, config


FAMILIES = {
    "bert": _bert,
    "mpnet": _mpnet,
    "roberta": _roberta,
    "roberta-add-prefix-space": lambda: _roberta(add_prefix_space=True),
    "xlm-roberta": _xlm_roberta,
    "deberta-v3": _deberta_v3,
    "modernbert": _modernbert,
}


@pytest.fixture(params=list(FAMILIES), scope="module")
def encoder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the hub would give it: tokenizer, configuration, an encoder with random weights."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    tokenizer, config = FAMILIES[request.param]()
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


TEXTS = [
    "rebels attacked the town of aleppo on monday",
    "\n\n  Rebels  attacked\tNorthtown —\n“on Monday”, O'Neil said. ",
    "Cafe\u0301 owners in Čelinac: 18 people 🔥🚨 الجيش",
]


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_cover_every_word_and_no_blank(encoder: Path, text: str) -> None:
    tokenizer = load_tokenizer(str(encoder))
    encoded = TextEncoder(tokenizer, max_length=64, stride=16).encode(text)
    assert all(text[a:b] == text[a:b].strip() for a, b in encoded.offsets)
    assert encoded.offsets == sorted(encoded.offsets)
    covered = {i for a, b in encoded.offsets for i in range(a, b)}
    assert [text[a:b] for a, b in words(text) if not covered & set(range(a, b))] == []


def test_a_word_begins_where_its_first_token_begins_and_not_at_the_blank_before_it(encoder: Path) -> None:
    tokenizer = load_tokenizer(str(encoder))
    text = "rebels attacked homs"
    encoded = TextEncoder(tokenizer, max_length=64, stride=16).encode(text)
    starts = {a for a, b in encoded.offsets if a < b}
    assert {0, 7, 16} <= starts and 6 not in starts and 15 not in starts


def test_the_frame_is_what_the_tokenizer_itself_puts_around_a_text(encoder: Path) -> None:
    tokenizer = load_tokenizer(str(encoder))
    special_tokens = TextEncoder(tokenizer, max_length=64, stride=16)
    bare = tokenizer("rebels attacked", add_special_tokens=False)["input_ids"]
    assert special_tokens.around(bare) == tokenizer("rebels attacked")["input_ids"]
    assert (special_tokens.prefix, special_tokens.suffix) == ([tokenizer.cls_token_id], [tokenizer.sep_token_id])


def test_it_learns_and_its_folder_works_with_and_without_eventcorpus(encoder: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        encoder=str(encoder), num_train_epochs=15, learning_rate=5e-3, per_device_train_batch_size=4, max_length=64,
        stride=16, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
    )  # fmt: skip
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    assert (result.n_steps, result.n_lost) == (90, 0)
    assert result.losses[-1] < result.losses[0] / 2
    text = "rebels attacked the town of homs on monday"
    (mentions,) = Extractor.from_pretrained(tmp_path / "m").extract([text])
    assert [(m.label, m.text, m.start) for m in mentions] == [("Actor", "rebels", 0), ("Place", "homs", 28)]
    tagger = pipeline("token-classification", model=str(tmp_path / "m"), aggregation_strategy="simple")
    found = {(m["entity_group"], text[m["start"] : m["end"]].strip()) for m in tagger(text)}
    assert found >= {("Actor", "rebels"), ("Place", "homs")}


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_three_steps_with_every_setting_of_the_shipped_recipes(encoder: Path, tmp_path: Path, precision: str) -> None:
    recipe = Recipe(
        encoder=str(encoder), num_train_epochs=1, learning_rate=1e-4, per_device_train_batch_size=8, max_length=64,
        stride=16, precision=precision, layerwise_lr_decay=0.9, freeze_word_embeddings=True,
    )  # fmt: skip
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    assert (result.n_steps, len(result.losses)) == (3, 3)
    before = AutoModel.from_pretrained(encoder).get_input_embeddings().weight
    after = AutoModel.from_pretrained(tmp_path / "m").get_input_embeddings().weight
    assert torch.equal(after, before if precision == "fp32" else before.bfloat16().float())  # frozen


def test_lower_layers_learn_more_slowly_whatever_they_are_called(encoder: Path) -> None:
    model = AutoModel.from_pretrained(encoder)
    copy = MasterCopy.of(model, torch.float32)
    rates = {}
    for group in optimiser_for(copy, Recipe(learning_rate=1.0, layerwise_lr_decay=0.5)).param_groups:
        for weight in group["params"]:
            rates[next(name for name, one in copy.master.items() if one is weight)] = group["lr"]
    words_at = next(name for name in rates if "word_embeddings" in name or "tok_embeddings" in name)
    layers = [{rate for name, rate in rates.items() if f".{n}." in f".{name}"} for n in (0, 1)]
    assert (rates[words_at], layers) == (0.25, [{0.5}, {1.0}])


def test_windows_longer_than_the_positions_are_refused(encoder: Path) -> None:
    check_length(str(encoder), "tiny", max_length=64)
    with pytest.raises(ModelError, match="max_length 65 is more than the 64 tokens that tiny reads; lower it"):
        check_length(str(encoder), "tiny", max_length=65)


RECIPES = Path(__file__).parents[2] / "training/recipes"
FAMILY_OF = {
    "google-bert/bert-base-cased": "bert",
    "snowood1/ConfliBERT-scr-uncased": "bert",
    "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": "bert",
    "FacebookAI/roberta-base": "roberta",
    "FacebookAI/xlm-roberta-base": "xlm-roberta",
    "microsoft/deberta-v3-base": "deberta-v3",
    "answerdotai/ModernBERT-base": "modernbert",
    "bundled": "bert",
    "bundled-base": "mpnet",
    "models/runs/default": "bert",
    "models/runs/base": "mpnet",
}


@pytest.mark.parametrize("path", sorted(RECIPES.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_recipe_trains_a_tiny_encoder_of_its_family(path: Path, tmp_path: Path) -> None:
    recipe = read_recipe(path)
    tokenizer, config = FAMILIES[FAMILY_OF[recipe.encoder]]()
    config.max_position_embeddings = 514
    torch.manual_seed(0)
    AutoModel.from_config(config).save_pretrained(tmp_path / "encoder")
    tokenizer.save_pretrained(tmp_path / "encoder")
    assert all((RECIPES.parents[1] / part.strip()).exists() for part in recipe.unlabelled.split(","))
    (tmp_path / "more.txt").write_text("Nobody labelled this.\nNor this sentence, which follows.")
    more = (
        str(tmp_path / "more.txt") if recipe.n_teachers else ""
    )  # soft targets of a file are of its own articles alone
    teacher = str(RECIPES.parents[1] / recipe.teacher) if recipe.teacher else ""
    short = recipe.replace(
        encoder=str(tmp_path / "encoder"), num_train_epochs=1, teacher=teacher, unlabelled=more, soft_targets=""
    )
    result = fit(ARTICLES[:12], ONTOLOGY, short, tmp_path / "m")
    assert result.n_steps == -(-(14 if more else 12) // recipe.per_device_train_batch_size)
