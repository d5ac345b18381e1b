"""The whole report: intervals against an independent bootstrap, and what must not change it."""

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_up import ONTOLOGY, corpus, empty, perfect, system
from scipy import stats

from eventcorpus.errors import InputError
from eventcorpus.eval.class_map import ClassMap
from eventcorpus.eval.evaluate import evaluate, score
from eventcorpus.eval.report import Figures, Matching, Report
from eventcorpus.eval.runs import Run
from eventcorpus.eval.slices import SEEN
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle

GOLD = corpus(24, seed=1)
TRAIN = corpus(3, seed=2)


def report_of(*runs: Run, gold: list[AnnotatedArticle] = GOLD, n_resamples: int = 100, **more: object) -> Report:
    more = {"ontology": ONTOLOGY, "train": TRAIN, "name": "ds", "split": "test"} | more
    return evaluate(gold, runs, n_resamples=n_resamples, **more)  # type: ignore[arg-type]


def rows(matching: Matching) -> list[Figures]:
    return [matching.micro, matching.macro, *matching.labels.values()]


def rounded(tree: Any) -> Any:
    """Without the last bits, in which a sum may depend on its order."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [rounded(value) for value in tree]
    return round(tree, 9) if isinstance(tree, float) else tree


def test_the_interval_is_that_of_scipy() -> None:
    run = system(GOLD, 0.6)
    report = report_of(run, n_resamples=10_000)
    per_article = [score([one], run.predictions, ONTOLOGY, name="", split="").exact.micro for one in GOLD]
    correct, both = (
        np.array(x) for x in zip(*((m.correct, m.predicted + m.support) for m in per_article), strict=True)
    )
    expected = stats.bootstrap(
        (correct, both), lambda c, b, axis: 2 * c.sum(axis=axis) / b.sum(axis=axis), paired=True, method="percentile",
        n_resamples=10_000, rng=np.random.default_rng(9),
    ).confidence_interval  # fmt: skip
    assert report.exact.micro.intervals is not None and report.exact.micro.intervals.f1 is not None
    found = report.exact.micro.intervals.f1
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.003)
    assert found.high - found.low > 0.03


def test_scores_are_those_without_intervals() -> None:
    run = system(GOLD, 0.6)
    plain = score(GOLD, run.predictions, ONTOLOGY, name="ds", split="test")
    report = report_of(run)
    for definition in ("exact", "boundary", "type", "overlap"):
        for one, other in zip(rows(getattr(report, definition)), rows(getattr(plain, definition)), strict=True):
            assert one.model_copy(update={"intervals": None}).model_dump() == pytest.approx(other.model_dump())
            assert one.intervals is not None and one.intervals.f1 is not None
            assert one.intervals.f1.low <= (one.f1 or 0) <= one.intervals.f1.high
    assert report.confusion == plain.confusion


def test_a_perfect_system_is_one_everywhere() -> None:
    report = report_of(perfect(GOLD))
    for row in rows(report.exact):
        assert row.f1 == 1.0 and row.intervals is not None and row.intervals.f1 is not None
        assert (row.intervals.f1.low, row.intervals.f1.high) == (1.0, 1.0)
    assert report.slices is not None and report.smallest_difference == 0.0
    for slices in report.slices.values():
        for one in slices.values():
            assert (one.micro.f1, one.macro_f1) == (1.0, 1.0)
            assert one.micro.intervals is None or one.micro.intervals.f1 is None or one.micro.intervals.f1.low == 1.0


def test_an_empty_system_is_nothing_everywhere() -> None:
    report = report_of(empty(GOLD))
    assert report.exact.micro.intervals is not None and report.exact.micro.intervals.f1 is not None
    assert (report.exact.micro.f1, report.exact.micro.intervals.f1.high) == (0.0, 0.0)
    assert report.calibration is None and report.slices is not None
    assert {one.micro.f1 for slices in report.slices.values() for one in slices.values()} == {0.0}


def test_without_resamples_there_are_scores_and_no_intervals() -> None:
    report = report_of(system(GOLD, 0.6), n_resamples=0)
    assert report.bootstrap is report.smallest_difference is report.dataset.units is None
    assert all(row.intervals is None for row in rows(report.exact))
    assert report.calibration is not None and report.calibration.expected_calibration_error.interval is None


def test_clusters_are_drawn_whole_and_make_wider_intervals() -> None:
    apart, together = corpus(24, seed=1), corpus(24, seed=1, cluster_of=6)
    # whole clusters are easy or hard: articles of one say little that is new
    easy, hard = system(apart, 0.9, seed=3), system(apart, 0.3, seed=4)
    run = Run([(easy if i // 6 % 2 else hard).predictions[i] for i in range(24)])
    narrow, wide = report_of(run, gold=apart), report_of(run, gold=together)
    assert (narrow.dataset.units, wide.dataset.units) == (24, 4)
    assert wide.smallest_difference is not None and narrow.smallest_difference is not None
    assert wide.smallest_difference > 1.5 * narrow.smallest_difference


@settings(max_examples=6, deadline=None)
@given(st.randoms(), st.permutations(ONTOLOGY.entities))
def test_order_changes_nothing(dice: random.Random, entities: list) -> None:
    run = system(GOLD, 0.6, seed=5)
    shuffled = [
        p.model_copy(update={"mentions": tuple(dice.sample(p.mentions, len(p.mentions)))}) for p in run.predictions
    ]
    dice.shuffle(shuffled)
    other = Ontology(name="t", version="1.0.0", flat=False, entities=tuple(entities))
    gold = dice.sample(GOLD, len(GOLD))
    before, after = report_of(run), report_of(Run(shuffled), gold=gold, ontology=other)
    leave_out = {"predictions_sha256", "confusion", "model"}
    assert rounded(after.model_dump(exclude=leave_out)) == rounded(before.model_dump(exclude=leave_out))
    assert after.dataset.gold_sha256 == before.dataset.gold_sha256


def test_figures_of_several_runs_are_means() -> None:
    runs = [system(GOLD, share, seed=seed, name=f"s{seed}") for seed, share in enumerate((0.5, 0.6, 0.7))]
    each = [report_of(run) for run in runs]
    report = report_of(*runs)
    assert report.seeds is not None
    micro = [one.exact.micro.f1 or 0.0 for one in each]
    assert report.seeds.micro_f1 == tuple(micro)
    assert report.seeds.deviation == pytest.approx(np.std(micro, ddof=1))
    assert report.exact.micro.f1 == pytest.approx(np.mean(micro))
    assert report.exact.labels["Actor"].precision == pytest.approx(
        np.mean([one.exact.labels["Actor"].precision or 0 for one in each])
    )
    assert report.exact.micro.predicted == round(np.mean([one.exact.micro.predicted for one in each]))
    assert report.model.name == "3 runs: s0, s1, s2"
    assert report.exact.micro.intervals is not None and report.exact.micro.intervals.f1 is not None
    low, high = (
        np.mean([getattr(one.exact.micro.intervals.f1, end) for one in each if one.exact.micro.intervals])
        for end in ("low", "high")
    )
    assert (
        report.exact.micro.intervals.f1.low > low and report.exact.micro.intervals.f1.high < high
    )  # a mean varies less


def test_the_order_of_runs_changes_no_figure() -> None:
    runs = [system(GOLD, share, seed=seed) for seed, share in enumerate((0.5, 0.6, 0.7))]
    one, other = report_of(*runs), report_of(*reversed(runs))
    leave_out = {"predictions_sha256", "seeds"}
    assert rounded(one.model_dump(exclude=leave_out)) == rounded(other.model_dump(exclude=leave_out))


def test_the_same_run_twice_is_refused() -> None:
    run = system(GOLD, 0.6)
    with pytest.raises(InputError, match="m predicts the very same as m; name every run once"):
        report_of(run, run)


def test_one_run_among_several_is_the_single_case() -> None:
    assert report_of(system(GOLD, 0.6)).seeds is None


def test_slices_of_mentions_add_up_to_the_whole() -> None:
    report = report_of(system(GOLD, 0.6))
    assert report.slices is not None
    assert list(report.slices) == ["kind", "length", "month", "tag", "position", "seen"]
    for dimension in ("kind", "length", "month", "position", "seen"):
        for count in ("correct", "predicted", "support"):
            parts = [getattr(one.micro, count) for one in report.slices[dimension].values()]
            assert sum(parts) == getattr(report.exact.micro, count)


def test_slices_of_articles_are_scores_of_those_articles() -> None:
    run = system(GOLD, 0.6)
    report = report_of(run)
    wire = [one for one in GOLD if one.article.kind == "wire"]
    alone = report_of(run, gold=wire)
    assert report.slices is not None
    found = report.slices["kind"]["wire"]
    assert (found.articles, found.micro.f1, found.macro_f1) == (
        12,
        alone.exact.micro.f1,
        pytest.approx(alone.exact.macro.f1),
    )
    assert (report.slices["tag"]["quote"].articles, report.slices["tag"]["denied"].articles) == (24, 8)


def test_what_was_seen_in_training_is_told_by_string_and_label() -> None:
    train = [one for one in corpus(40, seed=8) if "rebels" in one.article.text][:1]
    text = train[0].article.text
    kept = tuple(s for s in train[0].spans if text[s.start : s.end] == "rebels")[:1]
    train = [AnnotatedArticle(train[0].article, kept, train[0].labels_annotated)]
    report = report_of(system(GOLD, 0.5), train=train)
    assert report.slices is not None
    seen = report.slices["seen"]
    rebels = sum(one.article.text[s.start : s.end] == "rebels" for one in GOLD for s in one.spans)
    assert (seen[SEEN[0]].micro.support, seen[SEEN[1]].micro.support) == (rebels, 0)
    assert seen[SEEN[1]].micro.predicted > 0 and seen[SEEN[1]].micro.correct == 0  # rebels as Place
    assert "seen" not in (report_of(system(GOLD, 0.5), train=None).slices or {})


def test_few_articles_have_no_interval() -> None:
    gold = corpus(8, seed=1)
    report = report_of(system(gold, 0.6), gold=gold)
    assert report.slices is not None
    assert report.slices["kind"]["wire"].articles == 4 and report.slices["kind"]["wire"].micro.intervals is None
    assert report.slices["tag"]["quote"].micro.intervals is not None


def test_classes_are_sliced_and_judged_as_classes() -> None:
    names = {"Actor": "Thing", "Place": "Thing", "Time": "When"}
    report = report_of(
        system(GOLD, 0.5), class_map=ClassMap(gold=names, predicted=names), annotations=[[one] for one in GOLD]
    )
    assert list(report.exact.labels) == ["Thing", "When"]
    assert report.slices is not None
    assert sum(one.micro.correct for one in report.slices["position"].values()) == report.exact.micro.correct
    assert report.calibration is not None and set(report.calibration.curves) == {"micro", "Thing", "When"}
