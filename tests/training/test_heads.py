"""Roles, attributes and events learned end to end, on a tiny encoder and an ontology with unusual names."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from transformers import pipeline

from eventcorpus.errors import OutputError, RecipeError
from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.sources import Gold, Options, runs_of
from eventcorpus.events.linking import LinkCalibration, LinkConfidence, annotated_mentions
from eventcorpus.files import write_json
from eventcorpus.inference.extractor import Extractor, sections
from eventcorpus.models.calibration import Calibration
from eventcorpus.models.fit_link_calibration import _Judged, calibrate_links
from eventcorpus.ontology import Ontology, parse_ontology
from eventcorpus.predictions import prediction_line, read_predictions
from eventcorpus.render.evaluation import report_lines
from eventcorpus.render.model_card import CardFacts, read_scores, write_card
from eventcorpus.schema import AnnotatedArticle, Article, Mention
from eventcorpus.training.batches import Batch, Epochs, MicroBatch, chunks, collate, like_lengths
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import examples_with_found_mentions, prepare
from eventcorpus.training.fit import fit
from eventcorpus.training.learner import learner_for, soft_loss
from eventcorpus.training.recipe import Recipe
from linked_articles import ARTICLES, ONTOLOGY


@pytest.fixture
def recipe(tiny_encoder: Path) -> Recipe:
    return Recipe(
        encoder=str(tiny_encoder), num_train_epochs=20, learning_rate=5e-3, per_device_train_batch_size=8,
        max_length=64, stride=16, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False,
        heads=True, heads_learning_rate=3e-3, save_steps=7, eval_strategy="no",
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


def test_training_goes_on_from_the_heads_of_a_model(recipe: Recipe, trained: Path, tmp_path: Path) -> None:
    going_on = recipe.replace(encoder=str(trained), num_train_epochs=1, learning_rate=1e-6, heads_learning_rate=1e-6)
    fit(ARTICLES[:8], ONTOLOGY, going_on, tmp_path / "own")
    before, after = (load_file(folder / "heads.safetensors") for folder in (trained, tmp_path / "own"))
    assert all(torch.allclose(before[name], after[name], atol=1e-3) for name in before)
    fewer = ONTOLOGY.model_copy(update={"roles": ONTOLOGY.roles[1:]})
    other = Ontology.model_validate(fewer.model_dump(by_alias=True))
    plain = [replace(a, roles=tuple(role for role in a.roles if role.role != "où")) for a in ARTICLES[:8]]
    fit(plain, other, going_on, tmp_path / "other")
    assert load_file(tmp_path / "other" / "heads.safetensors")["roles.weight"].shape[0] == 1


def test_articles_with_mentions_alone_leave_what_heads_know(recipe: Recipe, trained: Path, tmp_path: Path) -> None:
    bare = [
        replace(a, spans=tuple(replace(span, attributes=()) for span in a.spans), roles=(), events=())
        for a in ARTICLES[:8]
    ]
    going_on = recipe.replace(encoder=str(trained), num_train_epochs=2, learning_rate=1e-4)
    fit(bare, ONTOLOGY, going_on, tmp_path / "own")
    before, after = (load_file(folder / "heads.safetensors") for folder in (trained, tmp_path / "own"))
    assert all(torch.equal(before[name], after[name]) for name in before if "bias" in name)  # weights decay a little
    (mentions,) = Extractor.from_pretrained(tmp_path / "own").extract([ARTICLES[0].article])
    assert sum(len(mention.links) for mention in mentions) == len(ARTICLES[0].roles)
    fit(bare, ONTOLOGY, recipe.replace(num_train_epochs=1), tmp_path / "new")  # and without such heads there are none
    assert not list((tmp_path / "new").glob("heads*"))


def test_a_run_is_of_its_roles_attributes_and_events(recipe: Recipe, tmp_path: Path) -> None:
    short = recipe.replace(num_train_epochs=1)
    fit(ARTICLES, ONTOLOGY, short, tmp_path / "m")
    fit(ARTICLES, ONTOLOGY, short, tmp_path / "m", resume=True)  # complete already
    changed = [replace(ARTICLES[0], roles=ARTICLES[0].roles[1:]), *ARTICLES[1:]]
    with pytest.raises(OutputError, match="of another recipe or other data"):
        fit(changed, ONTOLOGY, short, tmp_path / "m", resume=True)


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


def test_an_article_teaches_nothing_of_what_its_annotators_could_not_use(recipe: Recipe) -> None:
    partly = [replace(a, not_annotated=("où", "how sure", "same")) for a in ARTICLES]
    prepared, whole = prepare(partly, ONTOLOGY, recipe), prepare(ARTICLES, ONTOLOGY, recipe)
    one, other = (next(e.head for e in p.encoded.examples if e.head) for p in (prepared, whole))
    assert one.n_targets[0] < other.n_targets[0] and other.n_targets[1:].tolist() == [2, 1]
    assert one.n_targets[1:].tolist() == [0, 0]
    heads, loss = prepared.new_heads(), prepared.head_loss()
    assert heads is not None and loss is not None
    states = torch.randn(one.n_tokens, 2 * heads.about.size, requires_grad=True)
    scores = heads.eval()(states, one.inputs)
    scores.roles.retain_grad()
    losses = loss(scores, one)
    losses.sum().backward()
    assert losses[1:].tolist() == [0, 0] and scores.roles.grad is not None
    roles = heads.about.learned.roles
    assert not scores.roles.grad[:, roles.index("où")].any() and scores.roles.grad[:, roles.index("done by")].any()


def test_heads_learn_from_the_mentions_that_teachers_found(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = next(annotated for annotated in ARTICLES if len(annotated.events) == 1 and annotated.roles)
    first, *others = annotated_mentions(base, ONTOLOGY)
    trigger = next(i for i, span in enumerate(base.spans) if span.label == "Air raid")
    found = [replace(m, end=m.end - 1) if i == trigger - 1 else m for i, m in enumerate(others)]
    spurious = Mention(first.start, first.end, "Air raid", first.text, 0.5)
    teacher_recipe = tmp_path / "teacher.yaml"
    teacher_recipe.write_text("num_train_epochs: 1\nprecision: fp32\nlearning_rate: 5e-3\n")
    taught = recipe.replace(n_teachers=2, teacher=str(teacher_recipe), num_train_epochs=2, found_mentions=1.0)
    unsure = next(annotated for annotated in ARTICLES if not annotated.article.id.endswith("True"))
    prepared, other = prepare([base, unsure], ONTOLOGY, taught), annotated_mentions(unsure, ONTOLOGY)
    assert prepared.heads is not None
    examples = examples_with_found_mentions(prepared, prepared.encoded.examples, [[spurious, *found], other])(0)
    head, gold = examples[0].head, prepared.encoded.examples[0].head
    assert head is not None and gold is not None and head is not gold
    values = head.targets.values[:, 0].tolist()
    assert values[0] == -1 and values[trigger] == gold.targets.values[trigger, 0] >= 0
    ((spurious_id, *_),) = np.where(head.inputs.candidates.labels == head.inputs.candidates.labels[trigger])
    assert spurious_id == 0
    of_trigger = head.inputs.candidates.pairs[:, 0] == trigger
    assert head.targets.roles[of_trigger].sum() > 0
    assert not head.targets.roles[~of_trigger & (head.inputs.candidates.pairs[:, 0] == 0)].any()
    with_gold = examples_with_found_mentions(
        replace(prepared, recipe=taught.replace(found_mentions=0.0)), prepared.encoded.examples, [[spurious], other]
    )
    assert with_gold(0) == prepared.encoded.examples
    fit(ARTICLES, ONTOLOGY, taught, tmp_path / "m")
    assert not list((tmp_path / "m.teachers").rglob("heads*")) and (tmp_path / "m" / "heads.safetensors").is_file()


def test_what_stands_between_two_mentions_is_read(recipe: Recipe) -> None:
    prepared = prepare([ARTICLES[0]], ONTOLOGY, recipe)
    text, spans = ARTICLES[0].article.text, ARTICLES[0].spans
    offsets = prepared.encoder.encode(text).offsets
    head = prepared.encoded.examples[0].head
    assert head is not None
    texts = set()
    for (trigger, argument), (first, past) in zip(head.inputs.candidates.pairs, head.inputs.between, strict=True):
        left, right = sorted((spans[trigger], spans[argument]), key=lambda span: span.start)
        between = text[offsets[first][0] : offsets[past - 1][1]] if past > first else ""
        assert between == text[left.end : right.start].strip()
        texts.add(between)
    assert "" in texts and len(texts) > 3


@pytest.mark.parametrize("n", [0, 1, 399, 400, 401, 679, 680, 681, 5000])
def test_each_mention_is_the_own_one_of_one_section(n: int) -> None:
    own = [position for whole, part in sections(n) for position in range(n)[whole][part]]
    assert own == list(range(n))
    assert all(whole.stop - whole.start <= 400 for whole, _ in sections(n))


def test_a_long_article_is_linked_in_sections(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    extractor = Extractor.from_pretrained(trained)
    text, mentions = "", []
    for annotated in ARTICLES:
        mentions += [
            replace(m, start=m.start + len(text), end=m.end + len(text))
            for m in annotated_mentions(annotated, ONTOLOGY)
        ]
        text += annotated.article.text + "\n"
    ((whole,), (again,)) = (list(extractor.link_given([(Article("long", text), mentions)])) for _ in range(2))
    assert whole == again
    monkeypatch.setattr("eventcorpus.inference.extractor.SECTION", 130)
    (parts,) = extractor.link_given([(Article("long", text), mentions)])
    assert len(list(sections(len(whole)))) == 4
    assert [(m.id, m.start, m.end, m.label) for m in parts] == [(m.id, m.start, m.end, m.label) for m in whole]
    links_of = [{(m.id, link.role, link.argument) for m in found for link in m.links} for found in (whole, parts)]
    assert {argument for _, _, argument in links_of[1]} <= {mention.id for mention in whole}
    assert len(links_of[0] & links_of[1]) > 0.9 * len(links_of[0]) > 50


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


def test_windows_of_like_length_that_are_read_apart_have_the_scores_of_one_batch(
    recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare(ARTICLES, ONTOLOGY, recipe.replace(dropout=0.0, attention_dropout=0.0))
    learner = learner_for(prepared, token_loss=soft_loss, processes=Processes())
    batch = collate(prepared.encoded.examples, pad_id=0)
    inputs = {name: batch.tensors[name] for name in ("input_ids", "attention_mask")}
    sizes: list[int] = []

    def in_parts(lengths: torch.Tensor) -> list[torch.Tensor]:
        parts = like_lengths(lengths)
        sizes.append(len(parts))
        return parts

    monkeypatch.setattr("eventcorpus.training.learner.like_lengths", in_parts)
    apart = learner._read(inputs, for_heads=True)
    monkeypatch.setattr("eventcorpus.training.learner.like_lengths", lambda lengths: [torch.arange(len(lengths))])
    together = learner._read(inputs, for_heads=True)
    assert sizes[0] > 1
    is_token = inputs["attention_mask"].bool()
    for one, other in zip(apart, together, strict=True):
        assert one is not None and other is not None and one.shape == other.shape
        torch.testing.assert_close(one[is_token], other[is_token], rtol=1e-4, atol=1e-5)


def test_an_ontology_without_roles_and_attributes_trains_as_before(recipe: Recipe, tmp_path: Path) -> None:
    bare = parse_ontology({"name": "bare", "version": "1.0.0", "entities": [{"name": "Who"}]}, place="here")
    plain = [AnnotatedArticle(a.article, a.spans[:1], ("Who",)) for a in ARTICLES]
    fit(plain, bare, recipe.replace(num_train_epochs=1), tmp_path / "m")
    assert not list((tmp_path / "m").glob("heads*"))
    fit(ARTICLES, ONTOLOGY, recipe.replace(num_train_epochs=1, heads=False), tmp_path / "off")
    assert not list((tmp_path / "off").glob("heads*"))


@pytest.mark.parametrize("left_out", ["roles", "attributes", "events"])
def test_what_has_no_weight_is_not_learned_and_not_given(recipe: Recipe, tmp_path: Path, left_out: str) -> None:
    fit(ARTICLES, ONTOLOGY, recipe.replace(num_train_epochs=10, **{f"{left_out}_weight": 0}), tmp_path / "m")
    found = list(Extractor.from_pretrained(tmp_path / "m").extract(a.article for a in ARTICLES))
    mentions = [mention for article in found for mention in article]
    links = {link.role for mention in mentions for link in mention.links}
    given = {
        "roles": bool(links - {"same"}),
        "events": "same" in links,
        "attributes": any(m.attributes for m in mentions),
    }
    assert given == {name: name != left_out for name in given}


def test_two_processes_learn_what_one_learns(recipe: Recipe) -> None:
    prepared = prepare(ARTICLES, ONTOLOGY, recipe)

    def batches(rank: int, world_size: int, size: int) -> list[Batch]:
        changed = recipe.replace(per_device_train_batch_size=size)
        processes = Processes(rank, world_size)
        return list(Epochs(lambda epoch: prepared.encoded.examples, changed, pad_id=0, processes=processes).batches(0))

    alone, *ranks = batches(0, 1, 8), batches(0, 2, 4), batches(1, 2, 4)
    for whole, *shares in zip(alone, *ranks, strict=True):
        heads = [[head for part in batch.micro_batches for head in part.heads] for batch in (whole, *shares)]
        assert {id(head.example) for head in heads[0]} == {id(head.example) for share in heads[1:] for head in share}
        assert len(heads[0]) == len(heads[1]) + len(heads[2]) == 8
        assert all(share.n_head_targets == whole.n_head_targets for share in shares)


def test_sharded_encoders_have_no_heads_yet(recipe: Recipe) -> None:
    prepared = prepare(ARTICLES, ONTOLOGY, recipe.replace(fsdp=True))
    with pytest.raises(RecipeError, match="set heads: false, or fsdp: false"):
        learner_for(prepared, token_loss=soft_loss, processes=Processes(0, 2))


def test_what_a_model_links_is_in_its_predictions_and_is_scored(trained: Path, tmp_path: Path) -> None:
    gold = Gold(ARTICLES, ONTOLOGY, "made", "all", "", tmp_path)
    (run,) = runs_of([trained], gold, Options("all"))
    lines = [prediction_line(prediction) for prediction in run.predictions]
    assert list(read_predictions(lines, place="here")) == list(run.predictions)
    raid = next(m for m in run.predictions[1].mentions if m.text == "bombed" and m.start > 10)
    assert raid.attributes == {"how sure": "peut-être"} and 0.5 < (raid.attribute_confidences or {})["how sure"] <= 1
    report = evaluate(ARTICLES, [run], ONTOLOGY, name="made", split="all", train=ARTICLES, n_resamples=0)
    for events in (report.events, report.events_given_mentions):
        assert events is not None and events.argument_attached is not None and events.event_sets is not None
        assert events.argument_attached.micro.f1 == events.attributes["how sure"].values.macro.f1 == 1.0
        assert events.event_sets.pairs is not None and events.event_sets.pairs.f1 == 1.0
    assert report.linking_baselines is not None
    lines_shown = [line for line in report_lines(report) if "roles" in line]
    assert [line.partition(":")[0] for line in lines_shown] == [
        "linking by the system", "linking by nearest argument", "linking by linear",
    ]  # fmt: skip


def test_the_card_says_what_the_heads_give_and_how_well(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (run,) = runs_of([trained], Gold(ARTICLES, ONTOLOGY, "made", "all", "", tmp_path), Options("all"))
    report = evaluate(ARTICLES, [run], ONTOLOGY, name="made", split="all", n_resamples=20)
    write_json(tmp_path / "report.json", report)
    folder = tmp_path / "m"
    shutil.copytree(trained, folder)
    write_card(folder, CardFacts().with_scores(read_scores(tmp_path / "report.json")))
    card = (folder / "README.md").read_text()
    assert "roles that link a trigger to its arguments (où, done by); how sure (sûr, peut-être); which triggers" in card
    assert "| dataset | split | mentions | roles | how sure | same event |" in card
    perfect = "100.0 [100.0, 100.0] | 100.0 | 100.0 |"
    assert f"| made | all | of the gold, given | {perfect}" in card and f"| made | all | found | {perfect}" in card
    assert "are not predicted" not in card
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", card, re.DOTALL)[0]
    exec(code.replace("Rebels attacked Northtown on Monday, killing 18 people.", ARTICLES[0].article.text), {})
    assert "done by m1" in capsys.readouterr().out


def test_links_are_calibrated_where_mentions_are_found_and_where_they_are_given(trained: Path) -> None:
    extractor = Extractor.from_pretrained(trained)
    links = calibrate_links(extractor, ARTICLES, Calibration())
    assert links is not None
    # all that it says is right, so that there is nothing to fit
    assert links == LinkCalibration()
    confidence = LinkConfidence(intercept=-1.0, of_link=0.5, of_trigger=0.25, of_argument=0.25)
    odds = 0.5 * np.log(4) + 0.25 * np.log(9) + 0.25 * np.log(1) - 1.0
    assert confidence(np.array([0.8, 0.0]), np.array([0.9]), np.array([0.5])) == pytest.approx(
        [1 / (1 + np.exp(-odds)), 0]
    )


def test_confidences_of_links_are_fitted_to_how_often_they_are_right() -> None:
    rng = np.random.default_rng(0)
    link, mention = rng.uniform(0.05, 0.95, 4000), rng.uniform(0.2, 0.95, 4000)
    judged = _Judged(n_gold=1300)
    for probability, sure, draw in zip(link, mention, rng.uniform(size=4000), strict=True):
        judged.add(probability, sure, 0.9, is_right=bool(draw < probability * sure))
    curve = judged.fitted()
    said = curve(link, mention, np.full(4000, 0.9))
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (said >= low) & (said < low + 0.2)
        assert (link * mention)[inside].mean() == pytest.approx(said[inside].mean(), abs=0.05)
    assert 0.2 < curve.threshold < 0.5
