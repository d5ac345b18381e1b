"""How much do N own articles add? `make bench-own-articles MODEL=models/runs/default DATA=folder`.

DATA is a dataset of labelled articles of one's own kind (`eventcorpus convert labels --out own-dataset`), or the folder
with the texts of the benchmark real-dev; all splits are taken together. A draw shuffles the articles and cuts them into
folds. For each fold MODEL goes on learning, as the recipe says, from N articles of the other folds, and its mentions of
the articles of this fold are scored: exact matches, the whole gold in the denominator. So each draw scores every article
once, with a model that has not read it, and the N articles of a smaller N are among those of a larger one. 0 is MODEL
as it is. Figures are means over draws; intervals and those of gains come from resampled articles, the same ones for
every N. The last line is JSON.
"""

import argparse
import json
import logging
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch

from eventcorpus.dataset.folder import Dataset, is_dataset_folder, read_dataset
from eventcorpus.eval.benchmark import read_benchmark
from eventcorpus.eval.benchmark_run import benchmark_dataset, find_data
from eventcorpus.eval.counts import MatchedArticle, count_exact, labels_of, match_articles
from eventcorpus.eval.intervals import draw_articles, figure_at, figure_of, in_order, mean_figures, shown
from eventcorpus.eval.report import Figure, Figures
from eventcorpus.inference.extractor import Extractor
from eventcorpus.metrics import Numbers
from eventcorpus.metrics.match import mean_of_known, precision_recall_f1
from eventcorpus.metrics.paired import paired_differences
from eventcorpus.models.folder import model_hash
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import Prediction, prediction_of
from eventcorpus.provenance import provenance
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import percent
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe, read_recipe, with_settings

REAL_DEV = Path(__file__).parents[2] / "eval/benchmarks/real-dev.yaml"
Fold = tuple[list[AnnotatedArticle], list[AnnotatedArticle]]
"""The articles of the other folds, in the order in which they are taken; those of the fold."""
ERRORS = {
    "missed": ("missed",),
    "wrong ends": ("boundary", "split", "merged"),
    "other label": ("label", "label_and_boundary"),
    "spurious": ("spurious",),
}
"""The kinds of ``metrics.align`` that a column of the table counts."""


def read_own(folder: Path) -> Dataset:
    """A dataset folder, or the texts of the benchmark real-dev with its annotations."""
    if is_dataset_folder(folder):
        return read_dataset(folder)
    with benchmark_dataset(find_data(read_benchmark(REAL_DEV), REAL_DEV, folder)) as dataset:
        return dataset


def folds_of(articles: Sequence[AnnotatedArticle], n_folds: int, *, seed: int) -> Iterator[Fold]:
    """Cut articles into folds at random; those of a cluster stay together."""
    generator = random.Random(seed)
    units = sorted({annotated.article.unit for annotated in articles})
    generator.shuffle(units)
    for n in range(n_folds):
        scored = set(units[n::n_folds])
        pool = [annotated for annotated in articles if annotated.article.unit not in scored]
        generator.shuffle(pool)
        yield pool, [annotated for annotated in articles if annotated.article.unit in scored]


def predict(model: Path, articles: Sequence[AnnotatedArticle]) -> list[Prediction]:
    """The mentions that a model finds, with the extractor that users run."""
    extractor = Extractor.from_pretrained(model)
    plain = [annotated.article for annotated in articles]
    return [prediction_of(a, found, extractor.name) for a, found in zip(plain, extractor.extract(plain), strict=True)]


def train_and_predict(
    articles: Sequence[AnnotatedArticle], scored: Sequence[AnnotatedArticle], ontology: Ontology, recipe: Recipe
) -> list[Prediction]:
    """Train on articles and find the mentions of others."""
    with tempfile.TemporaryDirectory() as folder:
        fit(articles, ontology, recipe, Path(folder) / "model")
        return predict(Path(folder) / "model", scored)


def micro(runs: Sequence[Sequence[MatchedArticle]], labels: Sequence[str]) -> Numbers:
    """Exact matches of all labels together, shape (n_articles, n_runs, 3)."""
    return count_exact(runs, labels).sum(axis=2)


def mean_over_runs(sums: Numbers) -> Numbers:
    """Precision, recall and F1 of sums of shape (..., n_runs, 3): shape (..., 3)."""
    return mean_of_known(precision_recall_f1(sums), axis=-2)


def errors(runs: Sequence[Sequence[MatchedArticle]]) -> dict[str, float]:
    """How many mentions went wrong in which way, the mean over runs."""
    kinds = Counter(outcome.kind for matched in runs for article in matched for outcome in article.outcomes)
    return {name: round(sum(kinds[kind] for kind in of) / len(runs), 1) for name, of in ERRORS.items()}


def row_of(n: float, figures: Figures, gain: Figure | None, wrong: dict[str, float]) -> str:
    """A row of the table in docs/own-news.md."""
    parts = [f"{n:g}", percent(figures.precision), percent(figures.recall), shown(figure_of(figures, "f1"))]
    parts += ["" if gain is None else shown(gain), *(f"{wrong[name]:.0f}" for name in ERRORS)]
    return f"| {' | '.join(parts)} |"


def size(text: str) -> int | None:
    """A number of articles, or ``all``."""
    return None if text == "all" else int(text)


def main() -> None:
    """Print a row a size, then the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--recipe", type=Path, default=Path("training/recipes/own-articles.yaml"))
    parser.add_argument("--set", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="of the recipe")
    parser.add_argument("--sizes", type=size, nargs="+", default=[5, 10, None], help="numbers of articles, or all")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=3)
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    recipe = with_settings(read_recipe(args.recipe), [tuple(pair) for pair in args.set])
    recipe = recipe.replace(encoder=str(args.model))
    dataset = read_own(args.data)
    articles = in_order(annotated for split in dataset.splits.values() for annotated in split)

    as_it_is = match_articles(articles, predict(args.model, articles))
    runs: dict[int | None, list[list[MatchedArticle]]] = {n: [] for n in args.sizes}
    learned_from: dict[int | None, list[int]] = {n: [] for n in args.sizes}
    seconds: list[float] = []
    for draw in range(args.draws):
        for n in args.sizes:
            predictions: list[Prediction] = []
            for pool, scored in folds_of(articles, args.folds, seed=draw):
                began = time.perf_counter()
                own = pool[:n]
                predictions += train_and_predict(own, scored, dataset.ontology, recipe.replace(seed=recipe.seed + draw))
                learned_from[n].append(len(own))
                seconds.append(time.perf_counter() - began)
            runs[n].append(match_articles(articles, predictions))
            f1 = mean_over_runs(micro(runs[n][-1:], labels_of(runs[n][-1], dataset.ontology.labels)).sum(axis=0))[2]
            print(f"draw {draw}, {'all' if n is None else n} articles: F1 {100 * f1:.1f}", flush=True)

    every = [article for several in (*runs.values(), [as_it_is]) for run in several for article in run]
    labels = labels_of(every, dataset.ontology.labels)
    resampling = draw_articles(articles, n_resamples=10_000)
    assert resampling is not None
    before = micro([as_it_is] * args.draws, labels)
    figures, wrong = mean_figures(before, precision_recall_f1, resampling), errors([as_it_is])
    rows: list[dict[str, Any]] = [{"articles": 0, **figures.model_dump(), "errors": wrong}]
    print(f"| own articles | P | R | F1 | gain | {' | '.join(ERRORS)} |", row_of(0, figures, None, wrong), sep="\n")
    for n in args.sizes:
        after, wrong = micro(runs[n], labels), errors(runs[n])
        figures = mean_figures(after, precision_recall_f1, resampling)
        gain = figure_at(paired_differences(before, after, mean_over_runs, resampling=resampling), 2)
        n_articles = round(statistics.fmean(learned_from[n]), 1)
        f1 = precision_recall_f1(after.sum(axis=0))[:, 2].tolist()
        rows.append({"articles": n_articles, **figures.model_dump(), "f1_of_draws": f1, "gain": gain.model_dump(),
                     "errors": wrong})  # fmt: skip
        print(row_of(n_articles, figures, gain, wrong))
    print(json.dumps({
        "bench": "own-articles", **provenance(Path(__file__).parent), "model": args.model.name,
        "model_hash": model_hash(args.model)[:12], "recipe": args.recipe.stem, "epochs": recipe.num_train_epochs,
        "learning_rate": recipe.learning_rate, "scored": len(articles), "gold": int(before[:, 0, 2].sum()),
        "folds": args.folds, "draws": args.draws, "seconds_a_training": round(statistics.fmean(seconds), 1),
        "threads": torch.get_num_threads(), "rows": rows,
    }))  # fmt: skip


if __name__ == "__main__":
    main()
