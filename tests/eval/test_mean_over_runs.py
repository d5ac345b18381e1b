from made_up import LABELS, ONTOLOGY, corpus, system

from eventcorpus.eval.evaluate import evaluate, score
from eventcorpus.eval.report import Report
from eventcorpus.eval.runs import Run
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import Mention

GOLD = corpus(6, seed=1)


def report(*runs: Run) -> Report:
    return evaluate(GOLD, runs, ONTOLOGY, name="d", split="test", n_resamples=0)


def with_a_label_that_is_not_in_the_ontology() -> Run:
    first = GOLD[0].article
    return Run([prediction_of(first, [Mention(0, 4, "Weapon", first.text[:4], 0.5)], ModelName(name="m"))])


def test_one_run_has_the_scores_of_score() -> None:
    run = system(GOLD, 0.5)
    own = score(GOLD, run.predictions, ONTOLOGY, name="d", split="test")
    found = report(run)
    assert own.seeds is None and found.seeds is None
    shared = ("exact", "boundary", "type", "overlap", "confusion", "boundary_errors", "model", "predictions_sha256")
    assert [getattr(found, part) for part in shared] == [getattr(own, part) for part in shared]


def test_counts_are_rounded_means_and_figures_of_one_run_alone_are_its_own() -> None:
    runs = system(GOLD, 0.9, seed=1), with_a_label_that_is_not_in_the_ontology()
    first, mean = report(runs[0]), report(*runs)
    assert list(mean.exact.labels) == [*LABELS, "Weapon"]
    assert mean.exact.labels["Weapon"].f1 == 0.0 and mean.exact.labels["Weapon"].support == 0
    assert mean.exact.labels["Actor"].correct == round(first.exact.labels["Actor"].correct / 2)
    assert mean.exact.labels["Actor"].f1 == (first.exact.labels["Actor"].f1 or 0) / 2


def test_confusions_of_different_labels_are_not_added_up() -> None:
    runs = [system(GOLD, share, seed=i) for i, share in enumerate((0.5, 0.7, 0.9))]
    assert report(runs[0], with_a_label_that_is_not_in_the_ontology()).confusion is None
    mean = report(*runs).confusion
    assert mean is not None
    cells = [one.confusion.counts[0][0] for one in map(report, runs) if one.confusion]
    assert len(cells) == 3 and mean.counts[0][0] == round(sum(cells) / 3)
