"""What a model's heads say of articles without labels goes through the file and comes back as what a student learns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file

from eventcorpus.errors import InputError
from eventcorpus.inference.extractor import Extractor
from eventcorpus.training.examples import prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.soft_links import LEAST, SURE, LinkNames, SoftLinks
from eventcorpus.training.soft_targets import (
    read_soft_targets,
    soft_target_examples,
    soft_targets_of,
    write_soft_targets,
)
from linked_articles import ARTICLES, ONTOLOGY

TAUGHT, UNLABELLED = ARTICLES[:16], ARTICLES[16:]


@pytest.fixture(scope="module")
def made(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, articles without labels and its soft targets of them."""
    folder = tmp_path_factory.mktemp("links")
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=20, learning_rate=5e-3, per_device_train_batch_size=8,
        max_length=64, stride=16, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
        heads=True, heads_learning_rate=3e-3, eval_strategy="no",
    )  # fmt: skip
    fit(ARTICLES, ONTOLOGY, recipe, folder / "teacher")
    (folder / "more").mkdir()
    for annotated in UNLABELLED:
        (folder / "more" / f"{annotated.article.id}.txt").write_text(annotated.article.text)
    targets = soft_targets_of(
        Extractor.from_pretrained(folder / "teacher"),
        [replace(annotated.article, id=annotated.article.id) for annotated in UNLABELLED],
    )
    write_soft_targets(folder / "t.safetensors", targets)
    return folder


@pytest.fixture
def recipe(made: Path, tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=1, max_length=64, stride=16, precision="fp32", heads=True,
        unlabelled=str(made / "more"), soft_targets=str(made / "t.safetensors"), eval_strategy="no",
    )  # fmt: skip


def test_a_student_learns_what_the_teacher_says_of_its_own_mentions(made: Path, recipe: Recipe) -> None:
    prepared = prepare(TAUGHT, ONTOLOGY, recipe)
    examples, teacher = soft_target_examples(prepared), Extractor.from_pretrained(made / "teacher")
    assert len(examples) == len(prepared.unlabelled) == len(UNLABELLED)
    n_right = 0
    for example, article in zip(examples, prepared.unlabelled, strict=True):
        (scored,), (mentions,) = teacher.scored([article.text]), teacher.extract([article])
        pairs, scores = teacher.link_scores(scored, mentions)
        assert example.head is not None
        targets = example.head.targets
        assert targets.is_known.tolist() == pairs.allowed.tolist() and targets.has_events
        assert targets.roles == pytest.approx(np.where(scores.roles < LEAST, 0, scores.roles), abs=0.003)
        (probable,) = scores.attributes
        raids = [i for i, mention in enumerate(mentions) if mention.label == "Air raid"]
        wanted = {i: int(probable[i].argmax()) for i in raids if probable[i].max() >= SURE}
        assert targets.values[:, 0].tolist() == [wanted.get(i, -1) for i in range(len(mentions))]
        assert targets.same.tolist() == [score > 0 for score in scores.antecedents]
        n_right += int(targets.roles.sum() > 2)
    assert n_right > 8


def test_the_file_says_the_same_when_it_is_read_again(made: Path) -> None:
    targets = read_soft_targets(made / "t.safetensors")
    again = made / "again.safetensors"
    write_soft_targets(again, targets)
    assert again.read_bytes() == (made / "t.safetensors").read_bytes()
    assert targets.link_names is not None and targets.link_names.roles == ("où", "done by")
    assert all(article.links and len(article.links.mentions) for article in targets.articles)


def test_a_student_without_heads_reads_the_same_file(made: Path, recipe: Recipe, tmp_path: Path) -> None:
    plain = recipe.replace(heads=False)
    assert not any(e.head for e in soft_target_examples(prepare(TAUGHT, ONTOLOGY, plain)))
    fit(TAUGHT, ONTOLOGY, recipe, tmp_path / "linked")
    assert load_file(tmp_path / "linked" / "heads.safetensors")


def test_what_the_teacher_does_not_know_is_left_open(made: Path, recipe: Recipe, tmp_path: Path) -> None:
    targets = read_soft_targets(made / "t.safetensors")
    assert targets.link_names is not None
    names = targets.link_names.model_copy(update={"roles": ("elsewhere", "done by"), "event_link": None})
    write_soft_targets(tmp_path / "t.safetensors", replace(targets, link_names=names))
    student = recipe.replace(soft_targets=str(tmp_path / "t.safetensors"))
    for changed, whole in zip(
        soft_target_examples(prepare(TAUGHT, ONTOLOGY, student)),
        soft_target_examples(prepare(TAUGHT, ONTOLOGY, recipe)), strict=True,
    ):  # fmt: skip
        assert changed.head is not None and whole.head is not None
        known, before = changed.head.targets.is_known, whole.head.targets
        assert not known[:, 0].any() and (known[:, 1] == before.is_known[:, 1]).all()
        assert (changed.head.targets.roles[:, 1] == before.roles[:, 1]).all()
        assert not changed.head.targets.has_events and (changed.head.targets.values == before.values).all()


@pytest.mark.parametrize(("field", "value"), [("mentions", 99), ("links", 99), ("antecedents", 99), ("chosen", 7)])
def test_a_number_that_stands_for_nothing_is_a_damaged_file(made: Path, tmp_path: Path, field: str, value: int) -> None:
    targets = read_soft_targets(made / "t.safetensors")
    first = next(article for article in targets.articles if article.links and len(article.links.antecedents))
    wrong = getattr(first.links, field).copy()
    wrong[0, -1] = value
    links = replace(first.links, **{field: wrong})  # type: ignore[type-var]
    write_soft_targets(tmp_path / "w.safetensors", replace(targets, articles=(replace(first, links=links),)))
    with pytest.raises(InputError, match=f"soft targets are damaged \\({field}: .* make it with"):
        read_soft_targets(tmp_path / "w.safetensors")


def test_an_article_without_mentions_has_no_links(made: Path) -> None:
    extractor = Extractor.from_pretrained(made / "teacher")
    (scored,) = extractor.scored(["it was so ."])
    scored = replace(scored, log_probabilities=np.where(np.arange(11) == 0, 0.0, -20.0) + 0 * scored.log_probabilities)
    links = SoftLinks.of(extractor, scored)
    assert extractor.heads is not None
    names = LinkNames.of(extractor.heads.about.learned, ONTOLOGY.labels)
    links.check(names)
    assert len(links.mentions) == len(links.links) == len(links.antecedents) == 0
    assert links.targets(
        extractor.heads.finder("it was so .", []), names, extractor.heads.about.learned
    ).roles.shape == (0, 2)
