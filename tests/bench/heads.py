"""What heads for roles, attributes and events, and event rows, cost: `make bench-heads MODEL=folder DATA=dataset-folder`.

Training: the recipe that MODEL was trained with, one epoch on some articles of the train split, with heads and without,
each in a process of its own. Extraction: MODEL on the validation split with its heads and without them, by turns, the
best of three, and with event rows made of what is found; lists of places are read before. The last line is JSON.
"""

import argparse
import json
import logging
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from eventcorpus.dataset.folder import read_dataset
from eventcorpus.events.assembly import Normalisers, event_rows
from eventcorpus.inference.extractor import Extractor
from eventcorpus.text import words
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import read_recipe


def train(model: Path, data: Path, n_articles: int, *, heads: bool) -> float:
    """Seconds of one epoch, from the first to the last step."""
    logging.basicConfig(level=logging.ERROR)
    dataset = read_dataset(data)
    recipe = read_recipe(model / "recipe.yaml").replace(
        heads=heads, num_train_epochs=1, eval_strategy="no", soft_targets="", unlabelled="", n_teachers=0,
        early_stopping_patience=0, load_best_model_at_end=False, save_steps=10**9,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        return fit(dataset.splits["train"][:n_articles], dataset.ontology, recipe, Path(folder) / "model").seconds


def main() -> None:
    """Time both, with heads and without."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--articles", type=int, default=60, help="of the train split")
    args = parser.parse_args()
    seconds = {}
    for heads in (False, True):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            seconds[heads] = pool.submit(train, args.model, args.data, args.articles, heads=heads).result()
        print(f"training {'with' if heads else 'without'} heads: {seconds[heads]:.1f} s")
    articles = [annotated.article for annotated in read_dataset(args.data).splits["validation"]]
    n_words = sum(len(words(article.text)) for article in articles)
    extractor = Extractor.from_pretrained(args.model)
    if extractor.heads is None:
        raise SystemExit(f"{args.model}: has no heads; train it with --set heads=true")
    both = {True: extractor, False: extractor.without_heads()}
    best = {True: float("inf"), False: float("inf")}
    for _ in range(3):
        for heads, reader in both.items():
            start = time.perf_counter()
            n_mentions = sum(map(len, reader.extract(articles)))
            best[heads] = min(best[heads], time.perf_counter() - start)
    normalisers, shortest_with_rows = Normalisers(), float("inf")
    for _ in range(4):  # the first reads the lists of the world and does not count
        start = time.perf_counter()
        found_rows = [
            row
            for article, mentions in zip(articles, extractor.extract(articles), strict=True)
            for row in event_rows(article, mentions, extractor.about.ontology, normalisers)
        ]
        shortest_with_rows = min(shortest_with_rows, time.perf_counter() - start)
    print(f"extraction with heads and rows: {n_words / shortest_with_rows:,.0f} words a second")
    for heads, shortest in best.items():
        print(f"extraction {'with' if heads else 'without'} heads: {n_words / shortest:,.0f} words a second")
    print(
        json.dumps(
            {
                "benchmark": "heads",
                "training_ratio": seconds[True] / seconds[False],
                "extraction_ratio": best[True] / best[False],
                "rows_ratio": shortest_with_rows / best[True],
                "rows": len(found_rows),
                "words_per_second": n_words / best[True],
                "words_per_second_without_heads": n_words / best[False],
                "mentions": n_mentions,
            }
        )
    )


if __name__ == "__main__":
    main()
