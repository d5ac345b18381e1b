"""``eventcorpus eval``: how good a model or a predictions file is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from eventcorpus.commands.eval_sources import Gold, Options, read_gold, read_system, source_options
from eventcorpus.commands.options import PATH, notice, progress_bar, working
from eventcorpus.eval.class_map import gold_in_classes, predictions_in_classes, read_class_map
from eventcorpus.eval.floors.score import score_floors
from eventcorpus.eval.page import eval_page
from eventcorpus.eval.report import percent, report_table
from eventcorpus.eval.scores import score
from eventcorpus.files import write_json, write_text
from eventcorpus.predictions import Prediction, prediction_of


@click.command("eval")
@click.option("--model", "model_path", type=PATH, help="A model folder, to predict with.")
@click.option("--predictions", "predictions_path", type=PATH, help="Predictions of any system, instead of a model.")
@click.option("--dataset", "dataset_path", type=PATH, help="The dataset folder with the gold.")
@click.option("--gold", "gold_path", type=PATH, help="Gold in a file of tags or a Label Studio export, instead.")
@click.option("--split", default="test", show_default=True)
@click.option(
    "--map", "map_path", type=PATH, help="Which label of gold and of predictions is which class, to score classes."
)
@click.option("--json", "json_path", type=PATH, help="Write the report (schema: eval/report.schema.json).")
@click.option("--html", "html_path", type=PATH, help="Write one self-contained page with gold beside predicted.")
@click.option("--floors", is_flag=True, help="Train two baselines on the dataset's train split, and score them too.")
@source_options
def command(
    model_path: Path | None,
    predictions_path: Path | None,
    dataset_path: Path | None,
    gold_path: Path | None,
    split: str,
    map_path: Path | None,
    json_path: Path | None,
    html_path: Path | None,
    floors: bool,
    **given: Any,
) -> None:
    """Score predictions against gold, per label.

    Predictions of a model, or of any system: JSON Lines, a file of tags (CoNLL), a Label Studio export, a dataset; a
    file of tags as --gold alone has gold and predicted in its last two columns. Exact matches, and overlaps, over whole
    articles. With --map gold and predictions may have different labels: see corpus/maps/re3d-eval.yaml.

    \b
    Example:
      eventcorpus eval --model models/runs/demo --dataset models/runs/demo-dataset --html report.html
    """
    path = gold_path or dataset_path
    if path is None or (gold_path and dataset_path):
        raise click.UsageError("give either --dataset DIR or --gold FILE")
    if (model_path and predictions_path) or not (model_path or predictions_path or gold_path):
        raise click.UsageError("give either --model DIR or --predictions FILE")
    options = Options.of(split, **given)
    source = read_gold(path, options, with_predictions=not (model_path or predictions_path))
    gold = source.articles
    if floors and source.train is None:
        raise click.UsageError("--floors needs --dataset DIR with a split train, and another --split to score")
    if model_path:
        predictions = _predict(model_path, source, mapped=map_path is not None)
    else:
        predictions = read_system(predictions_path, source, options)
    class_map, hints = read_class_map(map_path, source.ontology.labels) if map_path else (None, [])
    for hint in hints:
        notice(f"{map_path}: gold: {hint}")
    report = score(
        gold,
        predictions,
        source.ontology,
        name=source.name,
        split=source.split,
        dataset_sha256=source.sha256,
        place=str(predictions_path or model_path or path),
        class_map=class_map,
    )
    if report.dataset.articles_without_prediction:
        notice(
            f"{report.dataset.articles_without_prediction} of {len(gold)} articles have no prediction; "
            "their gold counts as missed"
        )
    if report.not_in_one_layer:
        notice(
            f"{report.not_in_one_layer} gold mentions overlap others and are out of reach of one layer of "
            "tags; they count all the same"
        )
    for side, about in (
        (("gold", report.classes.gold), ("predicted", report.classes.predicted)) if report.classes else ()
    ):
        if about.left_out or about.twins:
            listed = ", ".join(f"{label} {n:,}" for label, n in about.left_out.items()) or "none"
            notice(f"{side}: not in the map and not scored: {listed}; {about.twins:,} twice in one class")
    if json_path:
        write_json(json_path, json.loads(report.model_dump_json(by_alias=True)))
    if class_map is not None:
        gold = gold_in_classes(gold, class_map.gold)[0]
        predictions = predictions_in_classes(predictions, class_map.predicted)[0]
    if html_path:
        write_text(html_path, eval_page(report, gold, predictions, source.ontology))
    Console(width=None if Console().is_terminal else 100).print(report_table(report))
    if floors:
        train = source.train or []
        labels = source.ontology.labels
        if class_map is not None:
            train, labels = gold_in_classes(train, class_map.gold)[0], class_map.classes
        with working("floors"):
            scores = score_floors(train, gold, labels)
        for name, matching in scores.items():
            shares = (percent(x) for x in (matching.micro.precision, matching.micro.recall, matching.micro.f1))
            click.echo("floor {}: micro precision {}, recall {}, F1 {}".format(name, *shares))


def _predict(model_path: Path, source: Gold, *, mapped: bool) -> list[Prediction]:
    from eventcorpus.models.extractor import Extractor

    gold = source.articles
    extractor = Extractor.from_pretrained(model_path)
    unknown = sorted(set(source.ontology.labels) - set(extractor.about.ontology.labels))
    if unknown and not mapped:
        notice(f"the model does not know {', '.join(unknown)}; gold of these counts as missed")
    predictions = []
    with progress_bar() as bar:
        task = bar.add_task("reading", total=len(gold), note="")
        for annotated, mentions in zip(gold, extractor.extract(a.article for a in gold), strict=True):
            predictions.append(prediction_of(annotated.article, mentions, extractor.name))
            bar.advance(task)
    return predictions
