"""Soft targets as a file: what a model found is what a student learns from, and nothing else is taken for it."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from few_articles import ARTICLES, ONTOLOGY
from safetensors.numpy import save_file

from cli_runner import run
from eventcorpus.articles.read import read_articles
from eventcorpus.errors import InputError, OutputError, RecipeError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.labelstudio.config import read_ontology
from eventcorpus.models.encoders import load_tokenizer
from eventcorpus.models.folder import ModelAbout, model_hash, save_model
from eventcorpus.models.windows import EncodedText
from eventcorpus.ontology import Label, Ontology
from eventcorpus.package_data import package_path
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.tags import tag_names
from eventcorpus.training.dry_run import plan_of
from eventcorpus.training.examples import prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.head_targets import IGNORED
from eventcorpus.training.recipe import Recipe, find_recipe
from eventcorpus.training.soft_targets import (
    ArticleTargets,
    read_soft_targets,
    soft_target_examples,
    write_soft_targets,
)
from random_model import random_model

LONG = "the army left homs on monday and rebels attacked aleppo. " * 12
OTHER = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Town")))


def save_random_model(folder: Path, encoder: Path, ontology: Ontology = ONTOLOGY) -> Path:
    about = ModelAbout(ontology=ontology, max_length=24, stride=8, decoder="viterbi", encoder="tiny")
    save_model(folder, random_model(encoder, ontology), load_tokenizer(str(encoder)), about)
    return folder


@pytest.fixture
def here(tiny_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a model, two articles without labels and the file of soft targets, as the command makes it."""
    monkeypatch.chdir(tmp_path)
    save_random_model(Path("model"), tiny_encoder)
    Path("more").mkdir()
    Path("more/a.txt").write_text("rebels left aleppo.")
    Path("more/b.txt").write_text(LONG)
    code, stderr = soft_targets()
    assert (code, stderr.splitlines()[-1][:11]) == (0, "2 articles,")
    return tmp_path


def soft_targets(*more: str) -> tuple[int, str]:
    code, _, stderr = run("soft-targets", "model", "more", "--out", "t.safetensors", *more)
    return code, stderr


@pytest.fixture
def recipe(here: Path, tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=1, max_length=32, stride=8, precision="fp32",
        per_device_train_batch_size=4, unlabelled="more", soft_targets="t.safetensors",
    )  # fmt: skip


def test_probabilities_come_back_within_a_255th_and_what_is_improbable_is_left_to_o() -> None:
    rng = np.random.default_rng(1)
    given = rng.dirichlet([0.3] * 9, size=200).astype(np.float32)
    given[0], given[1] = [1.0, *[0.0] * 8], [0.0, 1.0, *[0.0] * 7]
    targets = ArticleTargets.of(Article("a", "text"), EncodedText([], [], []), given)
    found = targets.probabilities(9)
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-6) and (found >= 0).all()
    is_kept = given[:, 1:] >= 0.01
    assert 0 < is_kept.sum() < is_kept.size
    assert np.abs(found - given)[:, 1:][is_kept].max() <= 1 / 255
    assert not found[:, 1:][~is_kept].any()
    assert found[0].tolist() == given[0].tolist() and found[1].tolist() == given[1].tolist()


def test_the_file_has_each_tokens_probabilities_from_the_window_with_most_context(here: Path) -> None:
    extractor = Extractor.from_pretrained("model")
    articles = list(read_articles(["more"]))
    targets = read_soft_targets(Path("t.safetensors"))
    assert targets.tags == tuple(tag_names(ONTOLOGY.labels))
    assert (targets.model.name, targets.model.hash) == ("model", model_hash(Path("model")))
    assert [a.id for a in targets.articles] == [a.id for a in articles]
    for article, found in zip(articles, targets.articles, strict=True):
        (scored,) = extractor.scored([article.text])
        encoded, log_probabilities = scored.encoded, scored.log_probabilities
        assert len(found.n_entries) == len(encoded.input_ids) > 0
        assert found.probabilities(5) == pytest.approx(np.exp(log_probabilities), abs=2 / 255)
    assert len(next(extractor.scored([LONG])).encoded.windows) > 3


def test_the_same_model_writes_the_same_bytes_and_replaces_them_only_if_told_to(here: Path) -> None:
    before = Path("t.safetensors").read_bytes()
    code, stderr = soft_targets()
    assert code == 1 and "t.safetensors: soft targets are there already; --overwrite replaces them" in stderr
    Path("t.safetensors").unlink()
    assert soft_targets()[0] == 0
    assert Path("t.safetensors").read_bytes() == before
    Path("more/a.txt").write_text("rebels left homs.")
    assert soft_targets("--overwrite")[0] == 0
    assert Path("t.safetensors").read_bytes() != before


@pytest.mark.parametrize("kind", ["weights", "text", "folder"])
def test_what_is_no_file_of_soft_targets_is_never_replaced(here: Path, kind: str) -> None:
    Path("t.safetensors").unlink()
    if kind == "weights":
        save_file({"x": np.zeros(3)}, "t.safetensors")
    elif kind == "text":
        Path("t.safetensors").write_text("years of work")
    else:
        Path("t.safetensors").mkdir()
    code, stderr = soft_targets("--overwrite")
    assert code == 1 and "t.safetensors: exists and holds no soft targets; choose another --out or remove it" in stderr
    with pytest.raises(InputError, match="make it with: eventcorpus soft-targets MODEL"):
        read_soft_targets(Path("t.safetensors"))


@pytest.mark.parametrize("fault", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_write_that_is_stopped_leaves_the_old_file_and_nothing_else(
    here: Path, monkeypatch: pytest.MonkeyPatch, fault: type[BaseException]
) -> None:
    targets = read_soft_targets(Path("t.safetensors"))
    before, names = Path("t.safetensors").read_bytes(), sorted(here.iterdir())

    def stop(_: int) -> None:
        raise fault

    monkeypatch.setattr(os, "fsync", stop)
    for out in (Path("t.safetensors"), Path("new.safetensors")):
        with pytest.raises((KeyboardInterrupt, OutputError)):
            write_soft_targets(out, replace(targets, articles=targets.articles[:1]))
    assert Path("t.safetensors").read_bytes() == before and sorted(here.iterdir()) == names


def test_a_recipe_names_the_articles_and_the_file(here: Path) -> None:
    Path("own.yaml").write_text("unlabelled: more\nsoft_targets: own.safetensors\n")
    code, _, stderr = run("soft-targets", "model", "--recipe", "own.yaml")
    assert code == 0, stderr
    assert Path("own.safetensors").read_bytes() == Path("t.safetensors").read_bytes()
    for wrong, said in (
        (["more", "--recipe", "own.yaml"], "name ARTICLES, or a --recipe"),
        ([], "name ARTICLES, or a --recipe"),
        (["more"], "name the file with --out"),
    ):
        code, _, stderr = run("soft-targets", "model", *wrong)
        assert code == 2 and said in stderr


def test_a_damaged_file_is_refused(here: Path) -> None:
    targets = read_soft_targets(Path("t.safetensors"))
    first = targets.articles[0]
    for wrong in (
        replace(first, tags=first.tags + 9),
        replace(first, values=first.values[:-1]),
        replace(first, tags=first.tags.astype(np.float32)),
    ):
        write_soft_targets(Path("t.safetensors"), replace(targets, articles=(wrong,)))
        with pytest.raises(InputError, match=r"t.safetensors: soft targets are damaged \(.*make it with"):
            read_soft_targets(Path("t.safetensors"))
    Path("t.safetensors").write_bytes(Path("t.safetensors").read_bytes()[:-1])
    with pytest.raises(InputError, match=r"t.safetensors: cannot be read"):
        read_soft_targets(Path("t.safetensors"))


def test_a_student_gets_the_probabilities_of_each_token_once_in_its_own_windows(recipe: Recipe) -> None:
    prepared = prepare(ARTICLES, ONTOLOGY, recipe)
    examples = soft_target_examples(prepared)
    windows_of_the_model = len(next(Extractor.from_pretrained("model").scored([LONG])).encoded.windows)
    assert 1 < len(examples) - 1 != windows_of_the_model
    rows = [
        row
        for example in examples
        for row, target in zip(example.soft_targets, example.targets, strict=True)  # type: ignore[arg-type]
        if target != IGNORED
    ]
    targets = read_soft_targets(Path("t.safetensors"))
    wanted = np.concatenate([article.probabilities(5) for article in targets.articles])
    assert torch.stack(rows).numpy() == pytest.approx(wanted, abs=1e-3)


def test_labelled_articles_are_learned_from_gold_alone_with_other_names_in_each_epoch(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[int, int]] = []  # rows with gold alone, and with soft targets, of each batch

    def count(logits: torch.Tensor, targets: dict[str, torch.Tensor]) -> torch.Tensor:
        soft = targets.get("soft_labels")
        is_sure = torch.ones(len(logits), dtype=bool) if soft is None else (soft.max(dim=-1)[0] % 1 == 0).all(dim=-1)  # type: ignore[call-overload]
        read.append((int(is_sure.sum()), int((~is_sure).sum())))
        return logits.sum() * 0

    swapped = recipe.replace(swap_names=1.0, swap_places="", swap_parties="Actor", num_train_epochs=2)
    plan = plan_of(ARTICLES, ONTOLOGY, swapped, tmp_path / "m")
    assert plan.lines()[1] == f"{plan.n_unlabelled} windows without labels, learned from t.safetensors"
    result = fit(ARTICLES, ONTOLOGY, swapped, tmp_path / "m", token_loss=count)  # type: ignore[arg-type]
    assert (plan.n_steps, len(read)) == (result.n_steps, result.n_steps)
    assert tuple(map(sum, zip(*read, strict=True))) == (2 * len(ARTICLES), 2 * plan.n_unlabelled)


def test_a_run_is_known_by_the_content_of_the_file_and_not_by_its_name(recipe: Recipe, tmp_path: Path) -> None:
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "m")
    made = (tmp_path / "m/model.safetensors").stat().st_mtime_ns
    Path("t.safetensors").rename("moved.safetensors")
    moved = recipe.replace(soft_targets="moved.safetensors")
    fit(ARTICLES, ONTOLOGY, moved, tmp_path / "m", resume=True)
    assert (tmp_path / "m/model.safetensors").stat().st_mtime_ns == made
    targets = read_soft_targets(Path("moved.safetensors"))
    first = replace(targets.articles[0], values=targets.articles[0].values // 2)
    write_soft_targets(Path("moved.safetensors"), replace(targets, articles=(first, *targets.articles[1:])))
    with pytest.raises(OutputError, match="a finished model of another recipe or other data is there"):
        fit(ARTICLES, ONTOLOGY, moved, tmp_path / "m", resume=True)


ANEW = "make it anew with: eventcorpus soft-targets MODEL more --out t.safetensors --overwrite"


def test_articles_that_the_file_lacks_or_has_otherwise_are_refused_by_name(recipe: Recipe) -> None:
    Path("more/c.txt").write_text("the army left.")
    with pytest.raises(InputError, match=f"t.safetensors: article c of unlabelled is not in the file; {ANEW}"):
        soft_target_examples(prepare(ARTICLES, ONTOLOGY, recipe))
    Path("more/c.txt").unlink()
    Path("more/a.txt").write_text("rebels left homs.")
    with pytest.raises(InputError, match=f"article a of unlabelled has another text than .*; {ANEW}"):
        soft_target_examples(prepare(ARTICLES, ONTOLOGY, recipe))


def test_other_word_pieces_are_refused_by_the_name_of_the_article(recipe: Recipe, tiny_encoder: Path) -> None:
    shutil.copytree(tiny_encoder, "other")
    tokenizer = json.loads(Path("other/tokenizer.json").read_text())
    del tokenizer["model"]["vocab"]["rebels"]  # is read letter by letter
    Path("other/tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(InputError, match=f"article a was cut into other word pieces than by .*; {ANEW}"):
        soft_target_examples(prepare(ARTICLES, ONTOLOGY, recipe.replace(encoder="./other")))


def test_tags_of_another_ontology_are_refused_with_the_first_that_differs(recipe: Recipe) -> None:
    with pytest.raises(InputError, match=f"tag 3 is B-Place in the file and B-Town in the ontology; {ANEW}"):
        soft_target_examples(replace(prepare(ARTICLES, ONTOLOGY, recipe), ontology=OTHER))
    more = Ontology(name="t", version="1.0.0", entities=(*ONTOLOGY.entities, Label(name="Town")))
    with pytest.raises(InputError, match="tag 5 is none in the file and B-Town in the ontology"):
        soft_target_examples(replace(prepare(ARTICLES, ONTOLOGY, recipe), ontology=more))


def test_a_file_that_is_not_there_is_named_with_the_command_that_makes_it(recipe: Recipe, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone: no such file \(soft_targets\); make it anew with: eventcorpus soft-"):
        fit(ARTICLES, ONTOLOGY, recipe.replace(soft_targets="gone"), tmp_path / "m")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_teachers": 2, "unlabelled": "x"}, "n_teachers is 2; set n_teachers: 0 to learn from the file, or leave"),
        ({}, "soft_targets is t and unlabelled is missing; name there the articles that the file was made of"),
        (
            {"unlabelled": "x", "unlabelled_unit": "sentence"},
            "which is of whole articles; set unlabelled_unit: article",
        ),
    ],
)
def test_keys_that_contradict_soft_targets_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe().replace(soft_targets="t", **settings)


def test_the_shipped_file_is_of_the_articles_word_pieces_and_tags_of_the_default_recipe() -> None:
    ontology = read_ontology(package_path("corpus/ontology.yaml"))
    article = AnnotatedArticle(Article("a", "Rebels left."), (Span("1", 0, 6, "Actor"),), ontology.labels)
    prepared = prepare([article], ontology, find_recipe("default"))
    examples = soft_target_examples(prepared)
    assert sum(example.n_labelled for example in examples) == 94_035
