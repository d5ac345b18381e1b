"""Agreement beside the score is the agreement that ``agree`` reports."""

from dataclasses import replace

import pytest
from made_up import LABELS, ONTOLOGY, corpus, system

from eventcorpus.agreement.agree import agreement
from eventcorpus.eval.counts import predicted_keys
from eventcorpus.eval.evaluate import agreement_beside, score
from eventcorpus.schema import AnnotatedArticle, Span


def annotator(gold: list[AnnotatedArticle], name: str, share: float, seed: int) -> list[AnnotatedArticle]:
    found = system(gold, share, seed=seed).predictions
    return [
        replace(
            one, annotator=name, spans=tuple(Span(str(i), m.start, m.end, m.label) for i, m in enumerate(p.mentions))
        )
        for one, p in zip(gold, found, strict=True)
    ]


GOLD = corpus(20, seed=6, cluster_of=2)
FIRST, SECOND, THIRD = (annotator(GOLD, name, 0.8, i) for i, name in enumerate(("a1", "a2", "a10")))
DECIDED = [replace(one, annotator="adjudicated") for one in GOLD]


def test_it_is_the_agreement_of_agree() -> None:
    annotations = [list(several) for several in zip(FIRST, SECOND, DECIDED, strict=True)]
    found = agreement_beside(annotations, ONTOLOGY, LABELS, split="test", n_resamples=300)
    expected = agreement(annotations, ONTOLOGY, n_resamples=300).report.all_pairs
    assert found is not None
    assert found.all_labels.value == expected.all_labels.f1_exact.value
    assert found.all_labels.interval is not None
    assert (found.all_labels.interval.low, found.all_labels.interval.high) == (
        expected.all_labels.f1_exact.low, expected.all_labels.f1_exact.high,
    )  # fmt: skip
    assert {label: figure.value for label, figure in found.labels.items()} == {
        label: row.f1_exact.value for label, row in expected.labels.items()
    }
    assert found.source == "a1 and a2 on 20 articles of split test, each annotated alone"


def test_pairs_of_three_annotators_are_added_up() -> None:
    annotations = [[a, b, c] if i < 5 else [a, b] for i, (a, b, c) in enumerate(zip(FIRST, SECOND, THIRD, strict=True))]
    found = agreement_beside(annotations, ONTOLOGY, LABELS, split="test", n_resamples=0)
    expected = agreement(annotations, ONTOLOGY, n_resamples=10).report.all_pairs
    assert found is not None and found.articles == 20
    assert found.all_labels.value == pytest.approx(expected.all_labels.f1_exact.value)
    assert found.all_labels.interval is None
    assert (
        found.source == "a1 and a2 on 20, a1 and a10 on 5, a2 and a10 on 5 articles of split test, each annotated alone"
    )


def test_a_label_that_one_of_them_could_not_use_counts_for_neither() -> None:
    narrow = [
        replace(one, labels_annotated=("Actor", "Time"), spans=tuple(s for s in one.spans if s.label != "Place"))
        for one in SECOND
    ]
    annotations = [list(pair) for pair in zip(FIRST, narrow, strict=True)]
    found = agreement_beside(annotations, ONTOLOGY, LABELS, split="test")
    assert found is not None and found.labels["Place"].value is None and found.labels["Actor"].value is not None


def test_the_system_is_scored_against_each_annotator_as_against_gold() -> None:
    runs = [system(GOLD, 0.7, seed=seed, name=str(seed)) for seed in (8, 9)]
    keys = [predicted_keys(run.predictions) for run in runs]
    annotations = [list(several) for several in zip(FIRST, SECOND, DECIDED, strict=True)]
    found = agreement_beside(annotations, ONTOLOGY, LABELS, split="test", runs=keys, n_resamples=200)
    means = [
        sum(score(gold, run.predictions, ONTOLOGY).exact.micro.f1 or 0 for run in runs) / 2 for gold in (FIRST, SECOND)
    ]
    assert found is not None and list(found.with_system) == ["a1", "a2"] and found.with_system_mean is not None
    assert [figure.value for figure in found.with_system.values()] == pytest.approx(means)
    assert found.with_system_mean.value == pytest.approx(sum(means) / 2)
    interval = found.with_system_mean.interval
    assert interval is not None and interval.low < sum(means) / 2 < interval.high


def test_articles_and_labels_that_an_annotator_did_not_do_count_for_no_system() -> None:
    narrow = [
        replace(one, labels_annotated=("Actor", "Time"), spans=tuple(s for s in one.spans if s.label != "Place"))
        for one in SECOND
    ]
    annotations = [[a, b, c] if i < 5 else [a, b] for i, (a, b, c) in enumerate(zip(FIRST, narrow, THIRD, strict=True))]
    annotations[-1] = annotations[-1][:1]  # one article that a1 alone did
    keys = predicted_keys(system(THIRD, 1.0).predictions)
    found = agreement_beside(annotations, ONTOLOGY, LABELS, split="test", runs=[keys], n_resamples=0)
    assert found is not None and found.articles == 19
    assert found.with_system["a10"].value == 1.0  # on five articles
    on_second = [p.model_copy(update={"mentions": tuple(m for m in p.mentions if m.label != "Place")})
                 for p in system(THIRD[:-1], 1.0).predictions]  # fmt: skip
    assert found.with_system["a2"].value == pytest.approx(score(narrow[:-1], on_second, ONTOLOGY).exact.micro.f1)
    on_first = system(THIRD, 1.0).predictions[:-1]
    assert found.with_system["a1"].value == pytest.approx(score(FIRST[:-1], on_first, ONTOLOGY).exact.micro.f1)


def test_without_a_second_annotator_there_is_no_agreement() -> None:
    assert (
        agreement_beside(
            [[one, other] for one, other in zip(FIRST, DECIDED, strict=True)], ONTOLOGY, LABELS, split="test"
        )
        is None
    )
