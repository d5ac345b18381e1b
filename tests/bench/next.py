"""Does `next` save annotation? Learning curves of its order and of a random one: `make bench-next`.

The train split of a dataset is the pool of articles "to annotate". Each seed draws the first articles, the same for both;
then a model is trained from scratch after every step, and the articles to add are those that `next` puts first (its random
share included) or the next of a random order. Scored on the validation split, exact matches, the whole gold in the
denominator. Words and spans stand beside the number of articles, because what costs annotators is reading. The last line
is JSON.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from eventcorpus.corpus.rank import RANDOM_SHARE, rank_articles
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.inference.extractor import Extractor
from eventcorpus.metrics.match import exact_counts, sum_counts
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import prediction_of
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe, read_recipe

Point = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--recipe", type=Path, default=Path("training/recipes/demo.yaml"))
    parser.add_argument("--step", type=int, default=10, help="articles annotated between two trainings")
    parser.add_argument("--points", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10, help="more than the recipe's: there are fewer articles")
    args = parser.parse_args()
    dataset = read_dataset(args.dataset)
    recipe = read_recipe(args.recipe).replace(num_train_epochs=args.epochs)
    began = time.monotonic()
    curves: dict[str, list[list[Point]]] = {"next": [], "random": []}
    for seed in range(args.seeds):
        for order, runs in curves.items():
            one = curve(order, dataset.split("train"), dataset.split("validation"), dataset.ontology,
                        recipe.replace(seed=seed), step=args.step, n_points=args.points)  # fmt: skip
            runs.append(one)
            print(
                f"seed {seed} {order:>6}: " + "  ".join(f"{p['articles']:.0f}: {100 * p['f1']:.1f}" for p in one),
                flush=True,
            )
    table = {order: [summary([run[n] for run in runs]) for n in range(args.points)] for order, runs in curves.items()}
    print(f"\n{'':8}{'articles':>9}{'words':>8}{'spans':>7}{'micro-F1':>10}{'sd':>6}")
    for order, points in table.items():
        for p in points:
            print(
                f"{order:8}{p['articles']:9.0f}{p['words']:8.0f}{p['spans']:7.0f}{100 * p['f1']:10.1f}{100 * p['f1_sd']:6.1f}"
            )
    print(json.dumps({
        "bench": "next", "seeds": args.seeds, "pool": len(dataset.split("train")), "scored": len(dataset.split("validation")),
        "random_share": RANDOM_SHARE, "epochs": recipe.num_train_epochs, "seconds": round(time.monotonic() - began), **table,
    }))  # fmt: skip


def curve(
    order: str,
    pool: list[AnnotatedArticle],
    scored: list[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    *,
    step: int,
    n_points: int,
) -> list[Point]:
    """One seed: F1 after every step."""
    shuffled = sorted(pool, key=lambda one: one.article.id)
    random.Random(recipe.seed).shuffle(shuffled)
    chosen, left = shuffled[:step], shuffled[step:]
    points: list[Point] = []
    while True:
        with tempfile.TemporaryDirectory() as folder:
            fit(chosen, ontology, recipe, Path(folder) / "model")
            extractor = Extractor.from_pretrained(Path(folder) / "model")
        points.append({
            "articles": len(chosen),
            "words": sum(len(one.article.text.split()) for one in chosen),
            "spans": sum(len(one.spans) for one in chosen),
            "f1": f1(extractor, scored),
        })  # fmt: skip
        if len(points) == n_points:
            return points
        if order == "next":
            left = in_order(extractor, left, chosen, seed=recipe.seed)
        chosen, left = chosen + left[:step], left[step:]


def in_order(
    extractor: Extractor, left: list[AnnotatedArticle], chosen: list[AnnotatedArticle], *, seed: int
) -> list[AnnotatedArticle]:
    """What is left, as `next` would have it."""
    articles = [one.article for one in left]
    predictions = {
        article.id: prediction_of(article, mentions, extractor.name)
        for article, mentions in zip(articles, extractor.extract(articles), strict=True)
    }
    ranked = rank_articles(articles, predictions, annotated=[one.article for one in chosen], seed=seed)
    by_id = {one.article.id: one for one in left}
    return [by_id[one.id] for one in ranked]


def f1(extractor: Extractor, scored: list[AnnotatedArticle]) -> float:
    """Micro-F1 of exact matches."""
    found = extractor.extract([one.article for one in scored])
    gold = [(one.article.id, s.start, s.end, s.label) for one in scored for s in one.spans]
    predicted = [
        (one.article.id, m.start, m.end, m.label) for one, several in zip(scored, found, strict=True) for m in several
    ]
    return sum_counts(exact_counts(gold, predicted).values()).f1 or 0.0


def summary(points: list[Point]) -> Point:
    """Means over seeds, and the standard deviation of F1."""
    means = {name: round(statistics.fmean(p[name] for p in points), 4) for name in points[0]}
    return means | {"f1_sd": round(statistics.stdev(p["f1"] for p in points), 4) if len(points) > 1 else 0.0}


if __name__ == "__main__":
    main()
