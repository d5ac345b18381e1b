"""Limits that a report must keep: what is said when it does not, and what is no gate at all."""

from pathlib import Path

import pytest

from eventcorpus.errors import InputError
from eventcorpus.eval.benchmark import read_benchmark
from eventcorpus.eval.gates import check_gate, read_gate
from eventcorpus.eval.report import (
    AttributeFigures,
    Calibration,
    Events,
    Figure,
    Figures,
    Interval,
    Intervals,
    LabelFigures,
    Matching,
    Report,
    ScoredOn,
    Slice,
)
from eventcorpus.predictions import ModelName

ROOT = Path(__file__).parent.parent.parent


def row(
    correct: int, predicted: int, support: int, low: float | None = None, high: float | None = None
) -> LabelFigures:
    both = predicted + support
    return LabelFigures(
        precision=correct / predicted if predicted else None,
        recall=correct / support if support else None,
        f1=2 * correct / both if both else None,
        support=support,
        predicted=predicted,
        correct=correct,
        intervals=None if low is None or high is None else Intervals(f1=Interval(low=low, high=high)),
    )


def report(**changes: object) -> Report:
    exact = Matching(
        micro=row(70, 100, 100, 0.64, 0.75),
        macro=Figures(precision=0.5, recall=0.5, f1=0.5),
        labels={"Actor": row(60, 80, 80, 0.7, 0.8), "Riot": row(2, 4, 8, 0.1, 0.6), "Protest": row(0, 0, 0)},
    )
    whole = Report(
        eventcorpus="0.1.0",
        ontology="o@1.0.0",
        dataset=ScoredOn(
            name="d", sha256="", split="test", articles=9, articles_without_gold=0, articles_without_prediction=0
        ),
        model=ModelName(name="m"),
        predictions_sha256="",
        definitions={},
        exact=exact,
        overlap=exact,
        not_in_one_layer=0,
        benchmark="mini@2",
        slices={"kind": {"wire": Slice(articles=4, micro=row(30, 60, 40), macro_f1=0.4)}},
        calibration=Calibration(
            bins=(),
            expected_calibration_error=Figure(value=0.08, interval=Interval(low=0.05, high=0.12)),
            curves={},
            average_precision={},
            label_calibration_error={},
        ),
    )
    return whole.model_copy(update=changes)


def check(text: str, tmp_path: Path, of: Report | None = None) -> tuple[int, list[str]]:
    path = tmp_path / "gate.yaml"
    path.write_text(f"schema: 1\n{text}")
    return check_gate(read_gate(path), of or report(), place="gate.yaml")


def test_limits_that_are_kept_say_nothing_and_are_counted(tmp_path: Path) -> None:
    text = """
benchmark: mini@2
micro_f1: {at_least: 0.64, low: true}
micro_precision: 0.7
macro_f1: 0.5
labels: {Actor: {f1: 0.75, recall: 0.75, precision: 0.75}}
overlap: {micro_f1: 0.6}
slices: {kind: {wire: {micro_f1: 0.6, macro_f1: 0.4}}}
calibration_error: {at_most: 0.12, high: true}
"""
    assert check(text, tmp_path) == (10, [])


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("micro_f1: 0.71", "exact: micro F1 is 70.0 [64.0, 75.0], at least 71.0 is required"),
        (
            "micro_f1: {at_least: 0.65, low: true}",
            "exact: micro F1 is 70.0 [64.0, 75.0], at least 65.0 is required of its lower end",
        ),
        ("labels: {Riot: {recall: 0.5}}", "exact: Riot recall is 25.0, at least 50.0 is required"),
        ("overlap: {labels: {Riot: {f1: 0.5}}}", "overlap: Riot F1 is 33.3 [10.0, 60.0], at least 50.0 is required"),
        ("macro_f1: 0.6", "exact: macro F1 is 50.0, at least 60.0 is required"),
        (
            "labels: {Protest: {f1: 0.0}}",
            "exact: Protest F1 is undefined (neither gold nor predictions, or not in this report), at least 0.0 is required",
        ),
        (
            "boundary: {micro_f1: 0.1}",
            "boundary: micro F1 is undefined (neither gold nor predictions, or not in this report), at least 10.0 is required",
        ),
        (
            "macro_f1: {at_least: 0.1, low: true}",
            "exact: macro F1 is 50.0 without an interval, at least 10.0 is required of its lower end",
        ),
        ("calibration_error: 0.05", "calibration error is 8.0 [5.0, 12.0], at most 5.0 is allowed"),
        (
            "calibration_error: {at_most: 0.1, high: true}",
            "calibration error is 8.0 [5.0, 12.0], at most 10.0 is allowed of its upper end",
        ),
        ("slices: {kind: {wire: {micro_recall: 0.8}}}", "kind=wire: micro recall is 75.0, at least 80.0 is required"),
    ],
)
def test_a_limit_that_is_not_kept_names_label_value_interval_and_limit(tmp_path: Path, text: str, line: str) -> None:
    assert check(text, tmp_path) == (1, [line])


def test_every_limit_that_is_not_kept_has_its_line(tmp_path: Path) -> None:
    assert len(check("micro_f1: 0.9\nmacro_f1: 0.9\nlabels: {Actor: {f1: 0.5}, Riot: {f1: 0.9}}", tmp_path)[1]) == 3


def test_a_report_without_calibration_does_not_pass_a_limit_on_it(tmp_path: Path) -> None:
    n, lines = check("calibration_error: 0.5", tmp_path, report(calibration=None))
    assert (n, lines[0][:30]) == (1, "calibration error is undefined")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: {Actr: {f1: 0.5}}", "gate.yaml: labels: the report has no label 'Actr'; did you mean 'Actor'"),
        (
            "slices: {kin: {wire: {micro_f1: 0.1}}}",
            "gate.yaml: slices: the report has no slice 'kin'; did you mean 'kind'",
        ),
        (
            "slices: {kind: {wires: {micro_f1: 0.1}}}",
            "gate.yaml: slices: kind: the report has no value 'wires'; did you mean 'wire'",
        ),
        (
            "benchmark: mini@1\nmicro_f1: 0.1",
            "gate.yaml: the limits are for benchmark mini@1, the report is of mini@2; score that with eventcorpus benchmark",
        ),
        ("micro_f2: 0.5", "{path}: line 2: unknown key 'micro_f2'; did you mean 'micro_f1'"),
        ("labels: {Actor: {f: 0.5}}", "{path}: line 2: unknown key 'labels.Actor.f'; did you mean 'f1'"),
        ("micro_f1: 71", "{path}: line 2: micro_f1: 71 is no share in [0, 1]; write 72.5 percent as 0.725"),
        ("micro_f1: {at_least: 71}", "{path}: line 2: micro_f1: 71 is no share in [0, 1]; write 72.5 percent as 0.725"),
        (
            "benchmark: mini@2",
            "{path}: there is no limit in it, it would let everything pass; add one, as micro_f1: 0.7",
        ),
    ],
)
def test_what_is_no_gate_for_this_report_stops(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        check(text, tmp_path)
    assert str(error.value) == message.replace("{path}", str(tmp_path / "gate.yaml"))


@pytest.mark.parametrize("path", sorted((ROOT / "eval/gates").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_gate_reads_and_is_of_a_benchmark_as_it_is_today(path: Path) -> None:
    gate = read_gate(path)
    assert gate.benchmark is not None
    benchmark = read_benchmark(ROOT / f"eval/benchmarks/{gate.benchmark.split('@')[0]}.yaml")
    assert gate.benchmark == benchmark.key


def test_limits_of_roles_attributes_and_pairs_of_triggers(tmp_path: Path) -> None:
    roles = Matching(
        micro=row(50, 100, 100), macro=Figures(precision=0.5, recall=0.5, f1=0.4), labels={"où": row(5, 10, 20)}
    )
    events = Events(
        argument_attached=roles,
        attributes={"how sure": AttributeFigures(mentions=9, accuracy=Figure(value=0.9), values=roles)},
    )
    limits = """
events:
  roles: {micro_f1: 0.45, labels: {où: {precision: 0.6}}}
  attributes: {how sure: {macro_f1: 0.5}}
  pairs: {f1: 0.5}
events_given_mentions: {roles: {micro_f1: 0.5}}
"""
    n, lines = check(limits, tmp_path, report(events=events))
    assert n == 5
    assert [line.partition(" is ")[0] for line in lines] == [
        "events: roles: où precision",
        "events: how sure: macro F1",
        "events: pairs of triggers F1",
        "events given mentions: roles: micro F1",
    ]
    assert "undefined" in lines[2] and "undefined" in lines[3]
    with pytest.raises(InputError, match="the report has no attribute 'how shure'; did you mean 'how sure'"):
        check("events: {attributes: {how shure: {macro_f1: 0.5}}}", tmp_path, report(events=events))
