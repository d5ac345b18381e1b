from made_up import LABELS, ONTOLOGY, corpus, system

from eventcorpus.eval.evaluate import mean_report, score
from eventcorpus.eval.runs import Run
from eventcorpus.predictions import ModelName, prediction_of
from eventcorpus.schema import Mention

GOLD = corpus(6, seed=1)


def report(run: Run):
    return score(GOLD, run.predictions, ONTOLOGY, name="d", split="test")


def with_a_label_that_is_not_in_the_ontology() -> Run:
    first = GOLD[0].article
    return Run([prediction_of(first, [Mention(0, 4, "Weapon", first.text[:4], 0.5)], ModelName(name="m"))])


def test_one_run_is_itself() -> None:
    one = report(system(GOLD, 0.5))
    assert mean_report([one]) is one


def test_counts_are_rounded_means_and_figures_of_one_run_alone_are_its_own() -> None:
    first, second = report(system(GOLD, 0.9, seed=1)), report(with_a_label_that_is_not_in_the_ontology())
    mean = mean_report([first, second])
    assert list(mean.exact.labels) == [*LABELS, "Weapon"]
    assert mean.exact.labels["Weapon"].f1 == 0.0 and mean.exact.labels["Weapon"].support == 0
    assert mean.exact.labels["Actor"].correct == round(first.exact.labels["Actor"].correct / 2)
    assert mean.exact.labels["Actor"].f1 == (first.exact.labels["Actor"].f1 or 0) / 2


def test_confusions_of_different_labels_are_not_added_up() -> None:
    first, second, third = (report(system(GOLD, share, seed=i)) for i, share in enumerate((0.5, 0.7, 0.9)))
    assert mean_report([first, report(with_a_label_that_is_not_in_the_ontology())]).confusion is None
    mean = mean_report([first, second, third]).confusion
    assert mean is not None and first.confusion is not None and second.confusion is not None and third.confusion
    cells = [one.confusion.counts[0][0] for one in (first, second, third) if one.confusion]
    assert mean.counts[0][0] == round(sum(cells) / 3)
