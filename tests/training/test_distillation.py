"""One model learns from several: which teacher gives targets for what, and how they are mixed with gold labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoConfig, BertConfig, BertModel, PreTrainedTokenizerFast

import small_vocabularies
from eventcorpus.errors import InputError, RecipeError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.ontology import Label, Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.distillation import (
    distilled_examples,
    folds_of,
    labelled_examples,
    teacher_recipe,
    teacher_windows,
    unlabelled_examples,
)
from eventcorpus.training.examples import Example, prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.head_targets import IGNORED
from eventcorpus.training.learner import hard_loss, soft_loss
from eventcorpus.training.optimiser import rate_factor
from eventcorpus.training.recipe import Recipe

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))


def articles(n: int, *, clusters: int = 0) -> list[AnnotatedArticle]:
    return [
        AnnotatedArticle(
            Article(f"a{i}", f"rebels left homs on day {i}", cluster=f"c{i % clusters}" if clusters else None),
            (Span("1", 0, 6, "Actor"), Span("2", 12, 16, "Place")),
            ONTOLOGY.labels,
        )
        for i in range(n)
    ]


class Sure:
    """A teacher that is sure of one tag everywhere."""

    def __init__(self, tag: int, n_tags: int = 3) -> None:
        self.tag, self.n_tags = tag, n_tags

    @property
    def engine(self) -> "Sure":
        return self

    def window_logits(self, windows: Sequence[Sequence[int]]) -> Iterator[tuple[int, torch.Tensor]]:
        for i, window in enumerate(windows):
            logits = torch.full((len(window), self.n_tags), -50.0)
            logits[:, self.tag] = 50.0
            yield i, logits


def short(folder: Path, epochs: int, **settings: object) -> str:
    """A recipe file for teachers."""
    values = {"num_train_epochs": epochs, "precision": "fp32", **settings}
    (folder / "teacher.yaml").write_text("".join(f"{key}: {value}\n" for key, value in values.items()))
    return str(folder / "teacher.yaml")


@pytest.mark.parametrize("clusters", [0, 5])
def test_no_teacher_gives_targets_for_articles_that_it_was_trained_on(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clusters: int
) -> None:
    seen: dict[str, set[str]] = {}
    listed = articles(20, clusters=clusters)

    def fit_teacher(read: Sequence[AnnotatedArticle], recipe: Recipe, folder: Path) -> None:
        seen[folder.name] = {annotated.article.id for annotated in read}

    recipe = Recipe(encoder=str(tiny_encoder), max_length=32, stride=8, n_teachers=3, seed=7, teacher_weight=1.0)
    monkeypatch.setattr(Extractor, "from_pretrained", lambda folder: Sure(int(folder.name), 5))
    examples = distilled_examples(prepare(listed, ONTOLOGY, recipe), tmp_path / "m", fit_teacher=fit_teacher)(0)
    assert list(seen) == ["0", "1", "2"]
    teachers = [int(e.soft_targets[1].argmax()) for e in examples if e.soft_targets is not None]
    for annotated, k in zip(listed, teachers, strict=True):  # each article is one window
        assert [annotated.article.id in ids for ids in seen.values()] == [i != k for i in range(3)]
    if clusters:
        assert len({(a.article.cluster, k) for a, k in zip(listed, teachers, strict=True)}) == clusters


def test_a_cluster_that_is_named_like_an_article_is_another_unit() -> None:
    named = [Article("x", "Rebels"), Article("y", "left", cluster="x"), Article("z", "Homs", cluster="x")]
    assert [article.unit for article in named] == [("x", "article"), ("x", "cluster"), ("x", "cluster")]
    listed = [AnnotatedArticle(article, (), ()) for article in named]
    assert len(set(folds_of(listed, n_teachers=2, seed=1)[:2])) == 2


def test_more_teachers_than_clusters_cannot_be() -> None:
    with pytest.raises(InputError, match="3 teachers for 2 articles or clusters; lower n_teachers"):
        folds_of(articles(9, clusters=2), n_teachers=3, seed=1)


def test_gold_and_teacher_share_the_target_and_each_example_asks_the_one_that_has_not_seen_it() -> None:
    examples = [Example([5, 6, 7], [IGNORED, 1, 0]), Example([5, 6], [IGNORED, 0])]
    taught = labelled_examples(
        examples, [lambda: Sure(0), lambda: Sure(2)], [1, 0], read=[[5, 6, 7], [5, 6]], weight=0.25
    )
    first, second = (example.soft_targets for example in taught)
    assert first is not None and second is not None
    assert first[1:].tolist() == [[0, 0.75, 0.25], [0.75, 0, 0.25]]
    assert second[1:].tolist() == [[1, 0, 0]]
    assert [example.targets for example in taught] == [[IGNORED, 1, 0], [IGNORED, 0]]


def test_on_unlabelled_text_the_mean_of_all_teachers_counts_where_a_window_owns_the_token() -> None:
    teachers = [lambda: Sure(0), *[lambda: Sure(2)] * 3]
    (taught,) = unlabelled_examples([Example([5, 6, 7], [IGNORED, 0, 0])], teachers, read=[[5, 6, 7]])
    assert taught.soft_targets is not None
    assert taught.soft_targets[1].tolist() == [0.25, 0, 0.75]
    assert taught.targets == [IGNORED, 2, 2]


def test_soft_targets_that_are_certain_are_hard_ones() -> None:
    torch.manual_seed(1)
    logits, labels = torch.randn(2, 4, 3), torch.tensor([[IGNORED, 1, 2, 0], [IGNORED, 0, IGNORED, IGNORED]])
    soft = torch.nn.functional.one_hot(labels.clamp(min=0), 3).float()
    hard = hard_loss(logits, {"labels": labels})
    assert soft_loss(logits, {"labels": labels, "soft_labels": soft}).item() == pytest.approx(hard.item(), rel=1e-6)


def test_a_student_is_trained_and_a_rerun_uses_its_teachers_again(tiny_encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("rebels left aleppo on monday. the army left homs.")
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=2, max_length=32, stride=8, precision="fp32", n_teachers=2,
        unlabelled=str(tmp_path / "more.txt"), unlabelled_unit="sentence", teacher=short(tmp_path, 1),
    )  # fmt: skip
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m")
    first = load_file(tmp_path / "m/model.safetensors")
    made = {p: p.stat().st_mtime_ns for p in (tmp_path / "m.teachers").rglob("*.safetensors")}
    assert len(made) == 2
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m", overwrite=True)
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "m.teachers").rglob("*.safetensors")} == made
    again = load_file(tmp_path / "m/model.safetensors")
    assert all(first[key].equal(again[key]) for key in first)


@pytest.mark.parametrize("stopped_at", [5, 13, 20], ids=["second teacher", "student", "student, later"])
def test_a_run_stopped_while_a_teacher_or_the_student_learns_ends_with_the_same_weights(
    tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stopped_at: int
) -> None:
    (tmp_path / "more.txt").write_text("rebels left aleppo on monday. the army left homs.")
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=6, max_length=32, stride=8, precision="fp32", n_teachers=2,
        unlabelled=str(tmp_path / "more.txt"), teacher=short(tmp_path, 3, per_device_train_batch_size=4, save_steps=2),
        per_device_train_batch_size=4, save_steps=2,
    )  # fmt: skip
    steps: list[int] = []

    def factor(step: int, n_steps: int, warmup_steps: float) -> float:
        steps.append(step)
        if len(steps) == n_all + stopped_at:
            raise KeyboardInterrupt
        return rate_factor(step, n_steps, warmup_steps)

    n_all = 10**9
    monkeypatch.setattr("eventcorpus.training.fit.rate_factor", factor)
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "whole")
    n_all = len(steps)
    with pytest.raises(KeyboardInterrupt):
        fit(articles(12), ONTOLOGY, recipe, tmp_path / "m", resume=True)
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m", resume=True)
    assert len(steps) - 2 * n_all <= 2, "more was done again than the steps since the last checkpoint"
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "m"))
    assert all(whole[key].equal(resumed[key]) for key in whole)


def other_encoder(tiny_encoder: Path, folder: Path, *, lowercase: bool = True) -> Path:
    """A wider encoder with other special tokens in front, so that the same pieces have other ids."""
    vocabulary = small_vocabularies.wordpiece(["<s>", "<pad>", "</s>", "<unk>", "[x]", "[y]"])
    words = Tokenizer(models.WordPiece(vocabulary, unk_token="<unk>"))
    words.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ids = [(token, words.token_to_id(token)) for token in ("<s>", "</s>")]
    words.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ids)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", unk_token="<unk>", cls_token="<s>")
    tokenizer.save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    return folder


def test_teachers_of_another_encoder_read_the_same_pieces_under_their_own_ids(
    tiny_encoder: Path, tmp_path: Path
) -> None:
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=1, max_length=32, stride=8, precision="fp32", n_teachers=2,
        teacher_encoder=str(other_encoder(tiny_encoder, tmp_path / "other")),
    )  # fmt: skip
    prepared = prepare(articles(6), ONTOLOGY, recipe)
    read = teacher_windows(prepared, prepared.articles, prepared.encoded.examples)
    own = [example.input_ids for example in prepared.encoded.examples]
    assert [len(ids) for ids in read] == [len(ids) for ids in own]
    moved = [[3 if id_ == 1 else id_ + 1 for id_ in ids[1:-1]] for ids in own]  # 1 and 3 are unknown
    assert [ids[1:-1] for ids in read] == moved
    assert all(ids[0] == 0 and ids[-1] == 2 for ids in read)
    fit(articles(6), ONTOLOGY, recipe, tmp_path / "m")
    widths = {AutoConfig.from_pretrained(tmp_path / name).hidden_size for name in ("m.teachers/0", "m.teachers/1")}
    assert (widths, AutoConfig.from_pretrained(tmp_path / "m").hidden_size) == ({48}, 32)


def test_teachers_that_cut_words_otherwise_are_refused(tiny_encoder: Path, tmp_path: Path) -> None:
    other = other_encoder(tiny_encoder, tmp_path / "other", lowercase=False)
    recipe = Recipe(encoder=str(tiny_encoder), max_length=32, stride=8, n_teachers=2, teacher_encoder=str(other))
    texts = [AnnotatedArticle(Article("X1", "Aleppo FELL"), (), ONTOLOGY.labels)]
    prepared = prepare(articles(6), ONTOLOGY, recipe)
    with pytest.raises(RecipeError, match="teacher_encoder: .*other cuts article X1 into other pieces than"):
        teacher_windows(prepared, texts, prepared.encode(texts))


def test_teachers_have_seeds_and_a_recipe_of_their_own(tmp_path: Path) -> None:
    recipe = Recipe(n_teachers=2, unlabelled="x", num_train_epochs=7, learning_rate=5e-4, seed=3, max_length=199)
    first, second = teacher_recipe(recipe, 0), teacher_recipe(recipe, 1)
    assert first.seed != second.seed and not first.n_teachers and not first.unlabelled
    assert (first.num_train_epochs, first.learning_rate) == (7, 5e-4)
    assert first == teacher_recipe(recipe.replace(unlabelled="y", unlabelled_unit="sentence", teacher_weight=0.9), 0)
    own = teacher_recipe(recipe.replace(teacher=short(tmp_path, 15, learning_rate=8e-4)), 0)
    assert (own.num_train_epochs, own.learning_rate, own.max_length, own.seed) == (15, 8e-4, 199, first.seed)


def test_a_teacher_with_teachers_is_refused(tmp_path: Path) -> None:
    recipe = Recipe(n_teachers=2, teacher=short(tmp_path, 1, n_teachers=3))
    with pytest.raises(RecipeError, match=r"teacher.yaml: n_teachers is 3, and teachers have none; remove the key"):
        teacher_recipe(recipe, 0)


def test_settings_that_decide_nothing_may_change_for_teachers_too(tiny_encoder: Path, tmp_path: Path) -> None:
    recipe = Recipe(encoder=str(tiny_encoder), num_train_epochs=1, max_length=32, stride=8, n_teachers=2)
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m")
    made = (tmp_path / "m/model.safetensors").stat().st_mtime_ns
    fit(articles(12), ONTOLOGY, recipe.replace(save_steps=7, logging_steps=3), tmp_path / "m", resume=True)
    assert (tmp_path / "m/model.safetensors").stat().st_mtime_ns == made


def test_another_recipe_of_the_teachers_is_another_run(tiny_encoder: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=1, max_length=32, stride=8, n_teachers=2, teacher=short(tmp_path, 1)
    )
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m")
    made = (tmp_path / "m.teachers/0/model.safetensors").stat().st_mtime_ns
    short(tmp_path, 2)
    fit(articles(12), ONTOLOGY, recipe, tmp_path / "m", resume=True, overwrite=True)
    assert (tmp_path / "m.teachers/0/model.safetensors").stat().st_mtime_ns != made


def test_unlabelled_text_that_is_not_there_is_named(tiny_encoder: Path, tmp_path: Path) -> None:
    recipe = Recipe(encoder=str(tiny_encoder), max_length=32, stride=8, n_teachers=2, unlabelled="nowhere.jsonl")
    with pytest.raises(InputError, match=r"nowhere.jsonl: no such file or folder \(unlabelled\)"):
        fit(articles(12), ONTOLOGY, recipe, tmp_path / "m")
