"""Calibration: what it learns, what it never changes, and when it says that it cannot tell."""

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from transformers import pipeline

from eventcorpus.cli.main import main
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.dataset.folder import Entry, write_dataset
from eventcorpus.inference.extractor import Extractor
from eventcorpus.models.calibration import (
    Calibration,
    ScoredMentions,
    apply_logistic,
    apply_temperature,
    calibration_bins,
    calibration_error,
    log_odds,
    wilson_interval,
)
from eventcorpus.models.fit_calibration import (
    Targets,
    calibrate,
    choose_method,
    fit_logistic,
    fit_temperature,
    targets_of,
    threshold_for,
)
from eventcorpus.models.folder import read_about, write_calibration
from eventcorpus.ontology import Label, Ontology
from eventcorpus.render.training_charts import reliability_svg
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.tags import viterbi
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe

ONTOLOGY = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))


def article(n: int, *, is_right: bool) -> AnnotatedArticle:
    """Of two places only one is annotated; which one, the text does not tell: a model cannot be sure of either."""
    text = f"rebels attacked the town of {('aleppo', 'homs')[n % 2]} on monday and the army left the town of homs"
    at = 28 if is_right else text.rindex("homs")
    end = text.index(" ", at) if is_right else len(text)
    return AnnotatedArticle(
        Article(f"a{n}", text), (Span("1", 0, 6, "Actor"), Span("2", at, end, "Place")), ONTOLOGY.labels
    )


TRAIN = [article(n, is_right=n % 3 > 0) for n in range(24)]
HELD_OUT = [article(n, is_right=n % 3 == 1) for n in range(100, 140)]


@pytest.fixture(scope="module")
def folder(tiny_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that is too sure of itself."""
    recipe = Recipe(
        encoder=str(tiny_encoder), num_train_epochs=12, learning_rate=5e-3, per_device_train_batch_size=4, max_length=48,
        stride=8, precision="fp32", layerwise_lr_decay=1.0, freeze_word_embeddings=False, dropout=0.0,
    )  # fmt: skip
    path: Path = tmp_path_factory.mktemp("models") / "sure"
    fit(TRAIN, ONTOLOGY, recipe, path)
    return path


def scored(confidences: list[float], correct: list[bool]) -> ScoredMentions:
    return ScoredMentions(("A",) * len(correct), np.array(confidences), np.array(correct))


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 20))
def test_no_temperature_changes_the_decoded_tags(seed: int, temperature: float) -> None:
    logits = torch.from_numpy(np.random.default_rng(seed).normal(size=(12, 7)) * 4)
    before = logits.log_softmax(-1).float().numpy()
    after = apply_temperature(before, temperature)
    assert np.allclose(after, (logits / temperature).log_softmax(-1).numpy(), atol=1e-4)
    assert viterbi(before) == viterbi(after)
    assert (before.argmax(1) == after.argmax(1)).all()


def test_the_temperature_of_scores_that_were_sharpened_is_found_again() -> None:
    rng = np.random.default_rng(0)
    true = torch.from_numpy(rng.normal(size=(8_000, 5)) * 2).log_softmax(-1).numpy()
    tags = np.array([rng.choice(5, p=np.exp(row) / np.exp(row).sum()) for row in true])
    sharp = apply_temperature(true.astype(np.float32), 1 / 2.5)
    assert fit_temperature([Targets(sharp, tags)]) == pytest.approx(2.5, rel=0.05)


def test_the_logistic_curve_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    confidences = rng.uniform(0.02, 0.98, 4000)
    correct = rng.random(4000) < confidences**2
    slope, intercept = fit_logistic(confidences, correct)
    oracle = LogisticRegression(C=np.inf).fit(log_odds(confidences)[:, None], correct)
    assert (slope, intercept) == pytest.approx((oracle.coef_[0, 0], oracle.intercept_[0]), abs=0.01)
    said = apply_logistic(confidences, slope=slope, intercept=intercept)
    assert np.allclose(said, oracle.predict_proba(log_odds(confidences)[:, None])[:, 1], atol=0.005)


def test_the_curve_never_turns_the_order_round_and_is_finite_where_all_is_told_apart() -> None:
    assert fit_logistic(np.array([0.9, 0.8, 0.2, 0.1] * 9), np.array([False, False, True, True] * 9))[0] == 0.0
    slope, intercept = fit_logistic(np.array([0.9, 0.1] * 9), np.array([True, False] * 9))
    assert 0 < slope < 5 and abs(intercept) < 1


@given(st.lists(st.floats(0, 1), min_size=2), st.floats(0, 5), st.floats(-5, 5))
def test_calibrated_confidences_stay_in_range_and_in_order(said: list[float], slope: float, intercept: float) -> None:
    out = apply_logistic(np.sort(np.array(said)), slope=slope, intercept=intercept)
    assert (out >= 0).all() and (out <= 1).all() and (np.diff(out) >= -1e-12).all()


def test_tokens_of_labels_that_the_annotator_did_not_have_are_not_known_to_be_outside(folder: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    partly = replace(HELD_OUT[0], labels_annotated=("Actor",), spans=HELD_OUT[0].spans[:1])
    (found,) = extractor.scored([partly.article.text])
    encoded, scores = found.encoded, found.log_probabilities
    assert targets_of(partly, encoded, scores, ONTOLOGY).tags.tolist() == [1]
    whole = targets_of(HELD_OUT[0], encoded, scores, ONTOLOGY).tags
    assert len(whole) == len(encoded.input_ids) and set(whole.tolist()) == {0, 1, 3}


def test_measures_by_hand() -> None:
    one = scored([0.95, 0.95, 0.55, 0.15], [True, False, True, False])
    found = calibration_error(one)
    assert found.expected_error == pytest.approx((2 * 0.45 + 0.45 + 0.15) / 4)
    assert found.brier == pytest.approx((0.05**2 + 0.95**2 + 0.45**2 + 0.15**2) / 4, abs=1e-5)
    assert found.log_loss == pytest.approx(-np.log([0.95, 0.05, 0.55, 0.85]).mean(), abs=1e-5)
    assert [(b.mentions, b.correct) for b in calibration_bins(one)][-1] == (2, 1)
    assert calibration_bins(scored([1.0, 0.9], [True, True]))[-1].mentions == 2  # the last bin has both ends


def test_the_simplest_method_within_one_standard_error_is_chosen() -> None:
    correct = np.array([[True] * n + [False] * (20 - n) for n in (11, 13) * 15])  # 0.6 of all
    flat = [scored([0.6] * 20, row.tolist()) for row in correct]
    nearly = [scored([0.61] * 20, row.tolist()) for row in correct]
    sure = [scored([0.99] * 20, row.tolist()) for row in correct]
    assert choose_method({"none": sure, "temperature": nearly, "logistic": flat}) == "temperature"
    assert choose_method({"none": nearly, "temperature": sure, "logistic": flat}) == "none"


def test_a_threshold_is_the_lowest_that_is_right_often_enough() -> None:
    confidences = [0.95] * 10 + [0.9] * 10 + [0.6] * 10
    one = scored(confidences, [True] * 10 + [True] * 8 + [False] * 2 + [False] * 10)
    found = threshold_for(one, precision=0.9, least_mentions=20)
    assert (found.confidence, found.kept, found.correct, found.mentions) == (0.9, 20, 18, 30)
    assert found.interval and (found.interval.low, found.interval.high) == pytest.approx((0.69897, 0.97213))
    lower = threshold_for(one, precision=0.6, least_mentions=20)
    assert (lower.confidence, lower.kept) == (0.6, 30)


def test_a_precision_out_of_reach_says_how_near_it_comes_and_few_mentions_say_nothing() -> None:
    one = scored([0.9] * 20 + [0.5] * 10, [True] * 16 + [False] * 14)
    far = threshold_for(one, precision=0.95)
    assert (far.confidence, far.precision, far.kept) == (None, 0.8, 20)
    few = threshold_for(scored([0.99] * 19, [True] * 19), precision=0.5)
    assert (few.confidence, few.precision, few.interval, few.mentions) == (None, None, None, 19)
    assert threshold_for(scored([], []), precision=0.9).mentions == 0


def test_a_threshold_never_cuts_through_mentions_of_one_confidence() -> None:
    one = scored([0.9] * 40, [True] * 30 + [False] * 10)  # sorted, the first 20 are all right
    assert threshold_for(one, precision=0.9).confidence is None


def test_wilsons_interval_is_that_of_scipy() -> None:
    from scipy.stats import binomtest

    for n_right, n in ((0, 5), (18, 20), (7, 7), (30, 90)):
        oracle = binomtest(n_right, n).proportion_ci(method="wilson")
        assert wilson_interval(n_right, n) == pytest.approx((oracle.low, oracle.high), abs=1e-6)


def test_an_overconfident_model_is_calibrated_and_finds_the_same(folder: Path, tmp_path: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    before = [m for one in extractor.extract(a.article for a in HELD_OUT) for m in one]
    calibration = calibrate(extractor, HELD_OUT, precision=0.95, split="validation")
    assert calibration.method != "none"
    chosen, raw = calibration.errors[calibration.method], calibration.errors["none"]
    assert chosen.expected_error < 2 / 3 * raw.expected_error and chosen.brier < raw.brier
    assert sum(b.mentions for b in calibration.after) == len(before) == calibration.fitted_on.mentions  # type: ignore[union-attr]
    assert calibration.thresholds["Actor"].confidence is not None
    assert calibration.thresholds["Place"].confidence is None

    extractor.about = extractor.about.model_copy(update={"calibration": calibration})
    after = [m for one in extractor.extract(a.article for a in HELD_OUT) for m in one]
    assert [(m.start, m.end, m.label) for m in after] == [(m.start, m.end, m.label) for m in before]
    assert np.mean([m.confidence for m in after]) < np.mean([m.confidence for m in before])
    assert calibrate(extractor, HELD_OUT, precision=0.95, split="validation") == calibration  # from the raw scores


def test_too_little_to_learn_from_leaves_confidences_alone(folder: Path) -> None:
    extractor = Extractor.from_pretrained(folder)
    few = calibrate(extractor, HELD_OUT[:4])
    assert (few.method, few.temperature, few.slope, few.intercept) == ("none", 1.0, 1.0, 0.0)
    assert "4 articles (those of one cluster count as one)" in few.note
    one_story = [replace(a, article=replace(a.article, cluster="c")) for a in HELD_OUT]
    assert "1 article" in calibrate(extractor, one_story).note
    right = [replace(a, spans=()) for a in HELD_OUT]
    assert "0 of" in calibrate(extractor, right).note


def test_a_folder_of_schema_1_still_loads_and_says_what_it_always_said(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.mkdir()
    for file in folder.iterdir():
        (old / file.name).write_bytes(file.read_bytes())
    about = json.loads((old / "eventcorpus.json").read_text())
    del about["calibration"]
    (old / "eventcorpus.json").write_text(json.dumps(about | {"schema": 1}))
    assert read_about(old).calibration == Calibration()
    text = HELD_OUT[0].article.text
    assert next(Extractor.from_pretrained(old).extract([text])) == next(
        Extractor.from_pretrained(folder).extract([text])
    )
    write_calibration(old, Calibration(method="temperature", temperature=2.0))
    assert json.loads((old / "eventcorpus.json").read_text())["schema"] == 3
    assert read_about(old).calibration.temperature == 2.0


def test_the_command_calibrates_and_extract_leaves_out_what_is_below(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = tmp_path / "m"
    model.mkdir()
    for file in folder.iterdir():
        (model / file.name).write_bytes(file.read_bytes())
    entries = [Entry("validation", one, [one]) for one in HELD_OUT]
    write_dataset(Path("ds"), entries, ONTOLOGY, ConversionReport(), gold_policy="test", inputs={})
    Path("a.txt").write_text(HELD_OUT[0].article.text)

    def run(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, arguments)
        return result.exit_code, result.stdout, result.stderr

    code, _, err = run("extract", "--backend", "fp32", "a.txt", "--model", "m", "--thresholds")
    assert code == 1 and "the model has no thresholds; make them on articles it did not learn from" in err
    code, out, err = run("calibrate", "m", "--dataset", "ds", "--target-precision", "0.95", "--json", "c.json")
    assert code == 0, err
    assert "not reached" in out and "a precision of 0.95 is not reached by 1 of 2 labels: Place" in err
    assert json.loads(Path("c.json").read_text()) == json.loads((model / "eventcorpus.json").read_text())["calibration"]

    code, out, err = run("extract", "--backend", "fp32", "a.txt", "--model", "m")
    labels = [m["label"] for m in json.loads(out)["mentions"]]
    assert set(labels) == {"Actor", "Place"} and "left out" not in err
    code, out, err = run("extract", "--backend", "fp32", "a.txt", "--model", "m", "--thresholds")
    assert {m["label"] for m in json.loads(out)["mentions"]} == {"Actor"}
    n_places = labels.count("Place")
    assert f"{n_places} of {len(labels)} mentions left out for low confidence; all of Place" in err
    code, out, err = run("extract", "--backend", "fp32", "a.txt", "--model", "m", "--min-confidence", "1")
    assert json.loads(out)["mentions"] == [] and f"{len(labels)} of {len(labels)} mentions left out" in err

    tagger = pipeline("token-classification", model=str(model), aggregation_strategy="simple")
    assert ("Actor", 0, 6) in {(m["entity_group"], m["start"], m["end"]) for m in tagger(HELD_OUT[0].article.text)}


def test_the_diagram_is_a_picture_that_says_what_it_shows(folder: Path) -> None:
    calibration = calibrate(Extractor.from_pretrained(folder), HELD_OUT)
    picture = ElementTree.fromstring(reliability_svg(calibration))
    dots = [e for e in picture.iter() if e.get("class") in ("dot before", "dot after") and e.get("r") == "5"]
    shown = sum(b.mentions > 0 for b in (*calibration.before, *calibration.after))
    assert len(dots) == shown + 2  # and the two of the key
    assert "Reliability of confidences" in (picture.get("aria-label") or "")
    assert "<script" not in reliability_svg(calibration) and "http" not in reliability_svg(calibration)[60:]
