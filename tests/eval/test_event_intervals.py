"""Intervals of the figures of events: around what ``events_of`` says, and for several runs around its mean."""

import random
from dataclasses import replace
from typing import Any

import pytest
from made_articles import Given, gold, predicted
from test_events import ONTOLOGY, ROLES, SPANS

from eventcorpus.eval.evaluate import evaluate
from eventcorpus.eval.report import Events
from eventcorpus.eval.runs import Run
from eventcorpus.predictions import Prediction

EVENT_FREE = [replace(gold(id_=f"b{i:02}"), labels_annotated=ONTOLOGY.labels) for i in range(15)]
GOLD = [gold(*SPANS, roles=ROLES, id_=f"a{i:02}") for i in range(20)] + EVENT_FREE


def run_of(seed: int, share: float = 0.7) -> Run:
    """Keeps a share of the triggers of each article, all of its roles that stay possible, and sometimes makes one up."""
    dice = random.Random(seed)
    predictions: list[Prediction] = []
    for one in GOLD:
        kept = [i for i, s in enumerate(one.spans) if dice.random() < share]
        spans: list[Given] = [SPANS[i] for i in kept]
        roles = [
            (r, str(kept.index(int(t))), str(kept.index(int(a))))
            for r, t, a in ROLES
            if one.spans and {int(t), int(a)} <= set(kept)
        ]
        if dice.random() < 1 - share:
            spans.append((50, 54, "Attack"))
        modality = [
            {"modality": dice.choice(["actual", "planned"])} if label in ("Attack", "Death") else None
            for _, _, label in spans
        ]
        predictions.append(predicted(*spans, id_=one.article.id, roles=roles, attributes=modality))
    return Run(predictions)


def events(*runs: Run, n_resamples: int = 200) -> Events:
    found = evaluate(GOLD, runs, ONTOLOGY, name="d", split="test", n_resamples=n_resamples).events
    assert found is not None
    return found


def parts(tree: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """path -> (value, interval) of every figure."""
    found: dict[str, tuple[Any, Any]] = {}
    if isinstance(tree, dict):
        if "interval" in tree:
            found[path] = (tree["value"], tree["interval"])
        elif "intervals" in tree:
            for name in ("precision", "recall", "f1"):
                found[f"{path}.{name}"] = (tree[name], tree["intervals"] and tree["intervals"][name])
        for key, value in tree.items():
            if key not in ("interval", "intervals"):
                found |= parts(value, f"{path}.{key}")
    return found


def test_every_figure_has_the_value_that_it_has_without_and_an_interval_around_it() -> None:
    run = run_of(1)
    plain, found = parts(events(run, n_resamples=0).model_dump()), parts(events(run).model_dump())
    assert plain.keys() == found.keys() and len(found) > 50
    assert {path: value for path, (value, _) in found.items()} == pytest.approx(
        {path: value for path, (value, _) in plain.items()}
    )
    known = {path: pair for path, pair in found.items() if pair[1] is not None}
    for path, (value, interval) in known.items():
        assert interval["low"] <= value <= interval["high"], path
    for path in (
        ".trigger_identification.f1", ".trigger_classification.micro.f1", ".trigger_classification.labels.Death.recall",
        ".argument_identification.f1", ".argument_classification.labels.agent.f1", ".argument_attached.macro.f1",
        ".attributes.modality.accuracy", ".attributes.modality.values.labels.actual.f1", ".event_sets.b_cubed.f1",
        ".event_sets.ceaf_e.recall", ".event_sets.count_error", ".false_alarms",
    ):  # fmt: skip
        assert path in known, path
        assert known[path][1]["low"] < known[path][1]["high"], path


def test_of_several_runs_figures_are_means() -> None:
    runs = [run_of(seed) for seed in (1, 2, 3)]
    each, found = [parts(events(run).model_dump()) for run in runs], parts(events(*runs).model_dump())
    for path in (
        ".trigger_classification.micro.f1",
        ".event_sets.b_cubed.f1",
        ".false_alarms",
        ".attributes.modality.accuracy",
    ):
        assert found[path][0] == pytest.approx(sum(one[path][0] for one in each) / 3)
        assert found[path][1] is not None


def test_a_system_without_roles_has_intervals_of_its_triggers() -> None:
    run = run_of(1)
    silent = [
        p.model_copy(
            update={"roles": None, "mentions": tuple(m.model_copy(update={"attributes": None}) for m in p.mentions)}
        )
        for p in run.predictions
    ]
    found = events(Run(silent))
    assert found.argument_identification is found.event_sets is None and not found.attributes
    assert found.trigger_identification is not None and found.trigger_identification.intervals is not None
