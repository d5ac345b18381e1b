"""Roles, attributes and events learned end to end, on a tiny encoder and an ontology with unusual names."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import pipeline

from eventcorpus.models.extractor import Extractor
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.schema import AnnotatedArticle, Article, Role, Span, join_events
from eventcorpus.training.batches import MicroBatch, chunks, collate
from eventcorpus.training.examples import prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

ONTOLOGY: Ontology = parse_ontology(
    {
        "name": "santé", "version": "1.0.0",
        "triggers": [{"name": "Épidémie"}, {"name": "Air raid"}, {"name": "Grève"}],
        "entities": [{"name": "Ville ou village"}, {"name": "Who"}],
        "roles": [
            {"name": "où", "signatures": [{"to": ["Ville ou village"]}]},
            {"name": "done by", "signatures": [{"from": ["Air raid", "Grève"], "to": ["Who"]}]},
            {"name": "same", "signatures": [{"to": "same"}], "joins_events": True},
        ],
        "attributes": [
            {"name": "how sure", "of": "triggers", "default": "sûr", "values": [{"name": "sûr"}, {"name": "peut-être"}]}
        ],
    },
    place="here",
)  # fmt: skip
TOWNS, GROUPS = ("homs", "hama", "aleppo", "idlib"), ("rebels", "troops", "nurses", "police")


def article(name: str, town: str, other: str, group: str, *, is_sure: bool) -> AnnotatedArticle:
    """ "rebels bombed homs. they may have bombed hama" and the like; the second raid is the first one again if sure."""
    first = f"{group} bombed {town}. "
    second = f"the raid on {town} killed" if is_sure else f"they may have bombed {other}"
    text = first + second
    trigger = "raid" if is_sure else "bombed"
    at, place = text.rindex(trigger), text.rindex(town if is_sure else other)
    where = town if is_sure else other
    spans = (
        Span("g", 0, len(group), "Who"),
        Span("t", text.index("bombed"), text.index("bombed") + 6, "Air raid"),
        Span("p", text.index(town), text.index(town) + len(town), "Ville ou village"),
        Span("u", at, at + len(trigger), "Air raid", () if is_sure else (("how sure", "peut-être"),)),
        Span("q", place, place + len(where), "Ville ou village"),
    )
    roles = [Role("done by", "t", "g"), Role("où", "t", "p"), Role("où", "u", "q"), Role("done by", "u", "g")]
    roles += [Role("same", "u", "t")] if is_sure else []
    events = join_events(spans, roles, triggers=set(ONTOLOGY.trigger_names), link="same")
    return AnnotatedArticle(Article(name, text), spans, ONTOLOGY.labels, tuple(roles), events)


ARTICLES = [
    article(f"{group}-{town}-{is_sure}", town, TOWNS[(i + 1) % 4], group, is_sure=is_sure)
    for group in GROUPS
    for i, town in enumerate(TOWNS)
    for is_sure in (True, False)
]


@pytest.fixture
def recipe(tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=20, learning_rate=5e-3, per_device_train_batch_size=8,
        max_length=64, stride=16, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
        heads_learning_rate=3e-3, save_steps=7, eval_strategy="no",
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("heads") / "m"
    fit(ARTICLES, ONTOLOGY, recipe.__wrapped__(tiny_encoder), out)  # type: ignore[attr-defined]
    return out


def test_it_learns_roles_attributes_and_events_of_any_ontology(trained: Path) -> None:
    extractor = Extractor.from_pretrained(trained)
    for annotated in ARTICLES:
        (mentions,) = extractor.extract([annotated.article])
        place_of = {span.id: (span.start, span.end) for span in annotated.spans}
        assert [(m.start, m.end, m.label) for m in mentions] == [(s.start, s.end, s.label) for s in annotated.spans]
        ends = {m.id: (m.start, m.end) for m in mentions}
        found = {(link.role, ends[m.id], ends[link.argument]) for m in mentions for link in m.links}
        assert found == {(r.role, place_of[r.trigger], place_of[r.argument]) for r in annotated.roles}
        values = [[value.value for value in mention.attributes] for mention in mentions if mention.label == "Air raid"]
        assert values == [["sûr"], ["sûr" if annotated.article.id.endswith("True") else "peut-être"]]
        assert all(not mention.attributes for mention in mentions if mention.label != "Air raid")
        assert all(0 < link.confidence <= 1 for m in mentions for link in m.links)


def test_the_folder_is_a_plain_checkpoint_and_its_heads_lie_beside(trained: Path) -> None:
    tagger = pipeline("token-classification", model=str(trained), aggregation_strategy="simple")
    assert {found["entity_group"] for found in tagger("rebels bombed homs")} == {"Who", "Air raid", "Ville ou village"}
    assert not any(name.startswith("heads") for name in load_file(trained / "model.safetensors"))
    assert (trained / "heads.safetensors").is_file()


def test_without_its_heads_a_model_finds_the_same_mentions_and_links_nothing(
    recipe: Recipe, trained: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for path in trained.iterdir():
        if not path.name.startswith("heads"):
            (bare / path.name).write_bytes(path.read_bytes())
    articles = [annotated.article for annotated in ARTICLES]
    with_heads, without = (list(Extractor.from_pretrained(folder).extract(articles)) for folder in (trained, bare))
    for some, others in zip(with_heads, without, strict=True):
        assert [(m.start, m.end, m.label, m.confidence) for m in some] == [
            (m.start, m.end, m.label, m.confidence) for m in others
        ]
        assert not any(m.id or m.links or m.attributes for m in others)


def test_a_run_that_was_stopped_ends_with_the_heads_of_an_undisturbed_one(recipe: Recipe, tmp_path: Path) -> None:
    recipe = recipe.replace(num_train_epochs=4, swap_names=0.5, swap_places="Ville ou village", swap_parties="Who")
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "whole")

    class Stopped(Exception):
        pass

    def stop(done: int, total: int, loss: float) -> None:
        if done == 10:
            raise Stopped

    with pytest.raises(Stopped):
        fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "again", on_step=stop)
    result = fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "again", resume=True)
    assert result.resumed_at == 7
    for name in ("model.safetensors", "heads.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_links_reach_from_one_window_into_another(recipe: Recipe, trained: Path) -> None:
    filler = "they said that it was so. " * 12
    base = ARTICLES[0]
    second = base.article.text.index(". ") + 2
    text = base.article.text[:second] + filler + base.article.text[second:]
    moved = tuple(span.moved(len(filler)) if span.start >= second else span for span in base.spans)
    long = AnnotatedArticle(Article("long", text), moved, base.labels_annotated, base.roles, base.events)
    examples = prepare([*ARTICLES, long], ONTOLOGY, recipe).encoded.examples
    windows = [example for example in examples if example.head is examples[-1].head]
    assert len(windows) > 1
    assert (
        windows[0].head is not None
        and windows[0].head.targets.roles.sum() == 4
        and windows[0].head.targets.same.sum() == 1
    )
    (head,) = collate(windows, pad_id=0).heads
    rows, columns = head.rows.tolist(), head.columns.tolist()
    ids = [windows[row].input_ids[column] for row, column in zip(rows, columns, strict=True)]
    assert ids == prepare([long], ONTOLOGY, recipe).encoder.encode(text).input_ids


def test_windows_of_an_article_are_never_in_two_chunks(recipe: Recipe) -> None:
    examples = prepare(ARTICLES, ONTOLOGY, recipe.replace(max_length=8, stride=2)).encoded.examples
    batch = collate(examples, pad_id=0)
    parts = list(chunks(batch, 40))
    assert len(parts) > 5
    assert sum(len(part.heads) for part in parts) == len(batch.heads) == len(ARTICLES)
    for part in parts:
        for head in part.heads:
            assert int(head.rows.min()) >= 0 and int(head.rows.max()) < len(part.tensors["input_ids"])


def test_what_a_processor_goes_through_at_a_time_changes_no_loss(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe.replace(num_train_epochs=2, dropout=0.0, attention_dropout=0.0)
    monkeypatch.setattr("eventcorpus.models.heads.DROPOUT", 0.0)
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "whole")

    def small(batch: MicroBatch, at_most: int) -> list[MicroBatch]:
        return list(chunks(batch, 40))

    monkeypatch.setattr("eventcorpus.training.learner.chunks", small)
    fit(ARTICLES, ONTOLOGY, recipe, tmp_path / "chunks")
    one, other = (load_file(tmp_path / name / "heads.safetensors") for name in ("whole", "chunks"))
    for name in one:
        torch.testing.assert_close(one[name], other[name], rtol=1e-3, atol=1e-4)


def test_an_ontology_without_roles_and_attributes_trains_as_before(recipe: Recipe, tmp_path: Path) -> None:
    bare = parse_ontology({"name": "bare", "version": "1.0.0", "entities": [{"name": "Who"}]}, place="here")
    plain = [AnnotatedArticle(a.article, a.spans[:1], ("Who",)) for a in ARTICLES]
    fit(plain, bare, recipe.replace(num_train_epochs=1), tmp_path / "m")
    assert not list((tmp_path / "m").glob("heads*"))
    fit(ARTICLES, ONTOLOGY, recipe.replace(num_train_epochs=1, heads=False), tmp_path / "off")
    assert not list((tmp_path / "off").glob("heads*"))
