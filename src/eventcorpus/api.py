"""The steps from articles to mentions as functions of files and folders, for programs and for the command line.

Paths may be strings. Nothing is printed and no bar is drawn: ``on_progress`` and the like are called back, and what
people should know is logged under ``eventcorpus``. Each function imports what it needs when it is called, so that
``--help`` and a function that needs little load little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventcorpus.dataset.export import export as export
from eventcorpus.dataset.folder import Dataset, data_facts, manifest_hash, read_dataset
from eventcorpus.errors import InputError
from eventcorpus.files import paths_of, write_text
from eventcorpus.progress import OnProgress

if TYPE_CHECKING:
    import pandas

    from eventcorpus.agreement.agree import AgreementReport
    from eventcorpus.eval.compare import Comparison
    from eventcorpus.eval.curve import CurveReport
    from eventcorpus.eval.report import Report
    from eventcorpus.eval.rows import RowReport
    from eventcorpus.eval.sources import Exported
    from eventcorpus.events.counts import NumberWords
    from eventcorpus.events.rows import Row
    from eventcorpus.inference.checks import BackendChecks
    from eventcorpus.metrics.tags import Decoder
    from eventcorpus.models.calibration import Calibration
    from eventcorpus.ontology import Ontology
    from eventcorpus.schema import Article, Mention
    from eventcorpus.training.callbacks import OnMetrics, OnStep
    from eventcorpus.training.curve import Training
    from eventcorpus.training.recipe import Recipe
    from eventcorpus.training.run_info import FitResult

Paths = str | Path | Iterable[str | Path]


def load_dataset(folder: str | Path) -> Dataset:
    """Read a dataset folder that ``convert`` wrote; see ``dataset.folder.read_dataset``."""
    return read_dataset(Path(folder))


def load_recipe(
    recipe: str | Path | Recipe = "demo",
    *,
    dataset: str | Path | None = None,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Recipe:
    """A recipe with its dataset and model folder filled in.

    Args:
        recipe: a YAML file, or the name of a shipped one.
        dataset, out: instead of the recipe's ``dataset`` and ``output_dir``.
        settings: keys of the recipe with other values, such as ``{"learning_rate": 3e-5}``.

    Raises:
        RecipeError: naming the key that does not fit.
        InputError: if there is no such recipe, or neither it nor ``dataset`` names a dataset.
    """
    from eventcorpus.training.recipe import Recipe, check_recipe, find_recipe

    if not isinstance(recipe, Recipe):
        recipe = find_recipe(recipe)
    if settings:
        recipe = check_recipe({**dict(recipe), **settings}, place="settings")
    recipe = recipe.replace(dataset=str(dataset or recipe.dataset), output_dir=str(out or recipe.output_dir))
    if not recipe.dataset:
        raise InputError("the recipe names no dataset; name one with --dataset DIR")
    return recipe


def rows(
    articles: Iterable[tuple[Article, Sequence[Mention]]],
    ontology: Ontology,
    *,
    gazetteers: Iterable[str | Path] = (),
    actors: str | Path | None = None,
    number_words: NumberWords = "none",
) -> Iterator[Row]:
    """The event rows of articles with linked mentions, article by article.

    Args:
        articles: as ``events.linked_articles.read_linked_articles`` or ``Extractor`` gives them.
        gazetteers: CSV or YAML files of places that come before those of GeoNames, the first before the others.
        actors: a CSV file of actors that come before the shipped ones.
        number_words: what vague number words count as.

    Raises:
        InputError: naming the file and line of a gazetteer or table of actors that cannot be read.
    """
    from eventcorpus.events.assembly import Normalisers, event_rows

    normalisers = Normalisers.read(paths_of(gazetteers), Path(actors) if actors else None, number_words)
    for article, mentions in articles:
        yield from event_rows(article, mentions, ontology, normalisers)


def to_pandas(found: Iterable[Row | tuple[Article, Sequence[Mention]]], ontology: Ontology) -> pandas.DataFrame:
    """Event rows, or articles with their mentions, as a data frame with the columns of their files.

    Args:
        found: as ``rows`` or ``zip(articles, extractor.extract(articles))`` gives them; nothing: no rows.
        ontology: of the model or the annotations, whose attributes and roles have columns.
    """
    from eventcorpus.events import row_tables
    from eventcorpus.events.rows import Row
    from eventcorpus.mention_tables import mention_columns, mention_lines
    from eventcorpus.table_files import to_frame

    found = list(found)
    with_mentions = [each for each in found if not isinstance(each, Row)]
    if not with_mentions:
        return row_tables.to_pandas((each for each in found if isinstance(each, Row)), ontology)
    return to_frame(mention_lines(with_mentions, ontology), mention_columns(ontology))


def evaluate_rows(
    predictions: Paths,
    gold: str | Path,
    *,
    articles: Paths = (),
    n_resamples: int = 1000,
    seed: int = 0,
    command: str = "",
) -> RowReport:
    """Score files of event rows, each a run of one system, against a file of gold rows.

    Args:
        articles: files of the articles that were read: those without events count too, and no others.

    Raises:
        InputError: naming the file, line and key that does not fit.
    """
    from eventcorpus.articles.read import read_articles
    from eventcorpus.eval.rows import score_rows
    from eventcorpus.events.rows import read_rows

    paths, gold = paths_of(predictions), Path(gold)
    given = list(paths_of(articles))
    read = list(read_articles(given)) if given else []
    return score_rows(
        list(read_rows(gold)),
        [list(read_rows(path)) for path in paths],
        articles=[article.id for article in read],
        units={article.id: article.unit for article in read},
        n_resamples=n_resamples,
        seed=seed,
        gold_name=str(gold),
        systems=[str(path) for path in paths],
        command=command,
    )


@dataclass(frozen=True)
class TrainedModel:
    """A model that was trained; ``calibration`` is None where there was nothing to calibrate it on.

    ``is_main_process``: of several processes that train together, the one that wrote the model.
    """

    folder: Path
    fit: FitResult
    calibration: Calibration | None
    is_main_process: bool


def train(
    recipe: str | Path | Recipe = "demo",
    dataset: str | Path | None = None,
    out: str | Path | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    on_step: OnStep | None = None,
    on_metrics: OnMetrics | None = None,
    on_progress: OnProgress | None = None,
) -> TrainedModel:
    """Fine-tune an encoder on the train split, calibrate it on the validation split, and write a model folder.

    Args:
        recipe, dataset, out, settings: see ``load_recipe``.
        resume: continue a run that was killed, from its last checkpoint.
        overwrite: replace a model, or the checkpoints of an unfinished run, that is there; otherwise it is an error.
        on_step, on_metrics: see ``training.fit.fit``.
        on_progress: called while the model is calibrated.

    Raises:
        RecipeError, InputError, ModelError, OutputError: see ``load_recipe`` and ``training.fit.fit``.
    """
    from eventcorpus.models.folder import read_about
    from eventcorpus.render.model_card import write_card
    from eventcorpus.training.distributed import process_group
    from eventcorpus.training.fit import fit

    recipe = load_recipe(recipe, dataset=dataset, out=out, settings=settings)
    folder = Path(recipe.output_dir)
    data = load_dataset(recipe.dataset)
    notes = {
        "dataset": data.folder.resolve().name,
        "dataset_sha256": manifest_hash(data.folder),
        "seed": recipe.seed,
        "data": data_facts(data),
    }
    with process_group() as processes:
        result = fit(
            data.split("train"),
            data.ontology,
            recipe,
            folder,
            validation=data.splits.get("validation", ()),
            resume=resume,
            overwrite=overwrite,
            on_step=on_step,
            on_metrics=on_metrics,
            notes=notes,
        )
    calibration = None
    if processes.is_main_process:
        write_card(folder)
        is_calibrated = read_about(folder).calibration.fitted_on is not None
        if not is_calibrated and any(annotated.spans for annotated in data.splits.get("validation", ())):
            calibration = calibrate(folder, data, on_progress=on_progress)
    return TrainedModel(folder, result, calibration, processes.is_main_process)


def curve(
    recipe: str | Path | Recipe = "demo",
    dataset: str | Path | None = None,
    *,
    out: str | Path,
    shares: Sequence[float] = (10, 20, 40, 70, 100),
    seeds: int = 3,
    settings: Mapping[str, Any] | None = None,
    n_resamples: int = 1000,
    seed: int = 0,
    html: str | Path | None = None,
    command: str = "",
    on_progress: OnProgress | None = None,
) -> CurveReport:
    """Train on growing shares of the train split, and say how many more articles would raise the validation score.

    What was trained is kept in ``out``, so that a run that was killed goes on; the report is ``curve.json`` there, the
    picture ``curve.svg``.

    Args:
        recipe, dataset, settings: see ``load_recipe``.
        shares: in percent, rising to 100.
        seeds: how many, from that of the recipe on; each has an order of the articles of its own.
        n_resamples, seed: of the bootstrap.
        html: also write a page there.
        command: for the report.
        on_progress: called after each training.

    Raises:
        RecipeError, InputError, ModelError, OutputError: see ``load_recipe`` and ``training.curve``.
    """
    from eventcorpus.dataset.folder import read_annotations
    from eventcorpus.eval.curve import curve_report
    from eventcorpus.files import write_json
    from eventcorpus.render.curve import curve_page, curve_svg
    from eventcorpus.training.curve import run_trainings

    folder = Path(out)
    recipe = load_recipe(recipe, dataset=dataset, out=folder, settings=settings)
    data, trainings = curve_plan(recipe, shares=shares, seeds=seeds)
    train, validation = data.split("train"), data.split("validation")
    runs = run_trainings(trainings, train, validation, data.ontology, recipe, folder, on_progress=on_progress)
    parts = [split for split in ("train", "validation") if split in data.splits]
    report = curve_report(
        validation,
        runs,
        data.ontology,
        name=data.folder.resolve().name,
        encoder=recipe.encoder,
        dataset_sha256=manifest_hash(data.folder),
        annotations=read_annotations(data.folder, splits=parts)[1],
        annotated_split=" and ".join(parts),
        n_resamples=n_resamples,
        seed=seed,
        command=command,
    )
    write_json(folder / "curve.json", report)
    write_text(folder / "curve.svg", curve_svg(report))
    if html is not None:
        write_text(Path(html), curve_page(report))
    return report


def curve_plan(recipe: Recipe, *, shares: Sequence[float], seeds: int) -> tuple[Dataset, list[Training]]:
    """The dataset of a recipe and the trainings of its learning curve, after all checks that need no training.

    Raises:
        InputError: see ``training.curve``; without gold in the validation split.
    """
    from eventcorpus.training.curve import check_recipe_of_curve, curve_trainings

    data = load_dataset(recipe.dataset)
    check_recipe_of_curve(recipe, manifest_hash(data.folder))
    if not any(annotated.spans for annotated in data.split("validation")):
        raise InputError(
            f"{data.folder}: split 'validation' has no spans to score on; make splits with: eventcorpus split"
        )
    return data, curve_trainings(data.split("train"), recipe, shares=shares, n_seeds=seeds)


def calibrate(
    model: str | Path,
    dataset: str | Path | Dataset,
    *,
    split: str = "validation",
    target_precision: float = 0.9,
    least_mentions: int = 20,
    on_progress: OnProgress | None = None,
) -> Calibration:
    """Calibrate the confidences of a model folder on articles that it did not learn from, and draw its diagram.

    Args:
        target_precision: thresholds are the confidences from which on mentions are right this often, in (0, 1].
        least_mentions: how many mentions a threshold must rest on.

    Raises:
        InputError: if the split is the one that the model was trained on.
    """
    from eventcorpus.inference.extractor import Extractor
    from eventcorpus.models import fit_calibration
    from eventcorpus.models.fit_link_calibration import calibrate_links
    from eventcorpus.models.folder import write_calibration
    from eventcorpus.render.model_card import write_card
    from eventcorpus.render.training_charts import reliability_svg

    data = dataset if isinstance(dataset, Dataset) else load_dataset(dataset)
    articles, sha256 = data.split(split), manifest_hash(data.folder)
    extractor = Extractor.from_pretrained(model)
    if split == "train" and extractor.about.training.get("dataset_sha256") == sha256:
        raise InputError(
            f"{data.folder}: {model} was trained on split 'train' of this dataset and is surer there than "
            "elsewhere; use --split validation"
        )
    calibration = fit_calibration.calibrate(
        extractor, articles, precision=target_precision, least_mentions=least_mentions,
        dataset=data.folder.resolve().name, dataset_sha256=sha256, split=split, on_progress=on_progress,
    )  # fmt: skip
    calibration = calibration.model_copy(update={"links": calibrate_links(extractor, articles, calibration)})
    diagram = {"reliability.svg": reliability_svg(calibration)} if calibration.before else {}
    written = write_calibration(Path(model), calibration, extra=diagram).calibration
    write_card(Path(model))
    return written


def check_backends(
    model: str | Path, dataset: str | Path, *, split: str = "validation", with_onnx: bool = False
) -> BackendChecks:
    """Compare what a model finds with each backend with what it finds in fp32, and keep that in its folder.

    Args:
        with_onnx: also write the model for ONNX Runtime into its folder (extra ``onnx``), and check that.

    Raises:
        InputError: if there is no such split.
        ModelError: if the folder is not a whole model of ours, or cannot be written as ONNX.
    """
    from eventcorpus.inference.backends import BACKENDS
    from eventcorpus.inference.checks import check_backends
    from eventcorpus.inference.onnx import write_onnx

    folder, data = Path(model), load_dataset(dataset)
    gold = data.split(split)
    if with_onnx:
        write_onnx(folder)
    names = [name for name in BACKENDS if name != "fp32" and (with_onnx or not name.startswith("onnx"))]
    return check_backends(folder, gold, names, dataset=data.folder.resolve().name, split=split)


def evaluate(
    system: Paths,
    dataset: str | Path,
    *,
    split: str = "test",
    class_map: str | Path | None = None,
    overlap: float = 0.0,
    n_resamples: int = 1000,
    seed: int = 0,
    baselines: bool = True,
    decoder: Decoder = "strict",
    scheme: str | None = None,
    columns: str | None = None,
    exported: Exported = "predictions",
    model_version: str | None = None,
    ontology: str | Path | None = None,
    html: str | Path | None = None,
    command: str = "",
    on_progress: OnProgress | None = None,
) -> Report:
    """Score a model or predictions against gold.

    Args:
        system: a model folder, or predictions of any system in any form that ``eval --predictions`` reads; several are
            runs of one recipe, of which figures are means; none: the last column of gold that is a tag file.
        dataset: a dataset folder, or gold in a tag file or a Label Studio export.
        class_map: which label of gold and of predictions is which class, to score classes instead of labels.
        overlap: least share of common characters of spans that overlap, in [0, 1]; 0: any character.
        n_resamples: of the bootstrap, for the intervals; 0: none.
        baselines: also score two baselines that are trained on the dataset's train split.
        decoder, scheme, columns, exported, model_version, ontology: how files are read, see ``eval.sources.Options``.
        html: also write a page with gold beside predicted there.
        command: for the report.
        on_progress: called while a model predicts.

    Raises:
        InputError: if a file cannot be read.
        PredictionsError: if predictions do not fit the gold.
    """
    from eventcorpus.eval.class_map import in_classes, read_class_map
    from eventcorpus.eval.evaluate import evaluate as score_runs
    from eventcorpus.eval.sources import Options, read_gold, read_run, runs_of
    from eventcorpus.formats.tagged import TagReading
    from eventcorpus.models.folder import is_model_folder

    reading = TagReading(decoder, scheme, columns)
    options = Options(split, reading, exported, model_version, Path(ontology) if ontology else None)
    paths = paths_of(system)
    gold = read_gold(Path(dataset), options, with_predictions=not paths)
    classes = read_class_map(Path(class_map), gold.ontology.labels) if class_map else None
    if paths and all(is_model_folder(path) for path in paths):
        runs = runs_of(paths, gold, options, hint_labels=classes is None, on_progress=on_progress)
    else:
        runs = [read_run(path, gold, options, hint_labels=classes is None) for path in paths or (None,)]
    report = score_runs(
        gold.articles,
        runs,
        gold.ontology,
        name=gold.name,
        split=gold.split,
        dataset_sha256=gold.sha256,
        class_map=classes,
        overlap=overlap,
        train=gold.train,
        annotations=gold.annotations,
        n_resamples=n_resamples,
        seed=seed,
        command=command,
        baselines=baselines,
    )
    if html is not None:
        from eventcorpus.render.evaluation import eval_page

        articles, (predictions,) = in_classes(gold.articles, [runs[0].predictions], classes)
        write_text(Path(html), eval_page(report, articles, predictions, gold.ontology))
    return report


def compare(
    first: Paths,
    second: Paths,
    dataset: str | Path,
    *,
    names: tuple[str, str] = ("first", "second"),
    split: str = "test",
    class_map: str | Path | None = None,
    n_resamples: int = 1000,
    rounds: int = 10_000,
    seed: int = 0,
    html: str | Path | None = None,
    command: str = "",
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Compare two systems on the same articles: which is better, by how much, and where.

    Args:
        first, second: model folders or files of predictions, one or several runs of each.
        rounds: of approximate randomisation.
        html: also write a page with what was fixed and broken there.
        command: for the report.
        on_progress: called while a model predicts.

    Raises:
        InputError: if a file cannot be read.
        PredictionsError: if predictions do not fit the articles.
    """
    from eventcorpus.eval.class_map import in_classes, read_class_map
    from eventcorpus.eval.compare import compare as compare_runs
    from eventcorpus.eval.sources import Gold, Options, runs_of

    data = load_dataset(dataset)
    gold, sha256 = data.split(split), manifest_hash(data.folder)
    scored_on = Gold(gold, data.ontology, data.folder.resolve().name, split, sha256, data.folder)
    classes = read_class_map(Path(class_map), data.ontology.labels) if class_map else None
    systems = [
        runs_of(paths_of(paths), scored_on, Options(split), hint_labels=classes is None, on_progress=on_progress)
        for paths in (first, second)
    ]
    comparison = compare_runs(
        gold,
        *systems,
        names=names,
        labels=classes.classes if classes else data.ontology.labels,
        ontology=data.ontology,
        name=data.folder.resolve().name,
        split=split,
        dataset_sha256=sha256,
        class_map=classes,
        n_resamples=n_resamples,
        rounds=rounds,
        seed=seed,
        command=command,
    )
    if html is not None:
        from eventcorpus.render.compare import compare_page

        articles, (a, b) = in_classes(gold, [runs[0].predictions for runs in systems], classes)
        write_text(Path(html), compare_page(comparison, articles, a, b, data.ontology))
    return comparison


def agree(
    dataset: Paths,
    *,
    ontology: str | Path | None = None,
    overlap: float = 0.0,
    n_resamples: int = 1000,
    seed: int = 0,
    html: str | Path | None = None,
    examples: int = 20,
    groups: int = 1000,
    on_progress: OnProgress | None = None,
) -> AgreementReport:
    """Measure how far the annotators of a dataset agree.

    Args:
        dataset: a dataset folder, or the annotators' files, as ``convert`` takes them.
        ontology: of the files; see ``dataset.convert.convert``.
        overlap: least share of common characters of spans that overlap, in [0, 1]; 0: any character.
        html: also write a page with the disagreements in the text there.
        examples, groups: how many disagreements of a group the page shows, and how many groups.
        on_progress: called after each article of a pair of annotators.

    Raises:
        InputError: if no article has two annotators.
    """
    from eventcorpus.agreement.agree import agreement
    from eventcorpus.dataset.convert import read_every_annotator

    paths = paths_of(dataset)
    articles, labels, sha256 = read_every_annotator(paths, ontology=Path(ontology) if ontology else None)
    found = agreement(
        articles,
        labels,
        name=", ".join(path.resolve().name for path in paths),
        dataset_sha256=sha256,
        threshold=overlap,
        n_resamples=n_resamples,
        seed=seed,
        on_progress=on_progress,
    )
    if html is not None:
        from eventcorpus.render.agreement import agreement_page

        page = agreement_page(found.report, found.groups, labels, examples=examples, n_groups=groups)
        write_text(Path(html), page)
    return found.report
