"""Training speed and quality beside the stock recipe, in one run: `make bench-train DATA=folder`.

The peer is what transformers' own token-classification example does: Trainer, labels on the first sub-word of
pre-split words, batches padded to their longest, fp32. Both sides count the same tokens: sub-words, special tokens
included, padding and repeated overlap excluded; both clocks run from the first to the last optimiser step (teachers of
ours are trained before, and their time is given apart). Every run is a process of its own, with its peak of memory. Both
are scored by eventcorpus on the characters of dev.txt, the whole gold in the denominator. The last line is JSON.
"""

import argparse
import itertools
import json
import logging
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from transformers import (
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.files import read_json
from eventcorpus.formats.conll import read_conll
from eventcorpus.inference.extractor import Extractor
from eventcorpus.metrics.match import Key, exact_counts, sum_counts
from eventcorpus.models.encoders import find_encoder
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tags import OUTSIDE, spans_from_tags, tag_names, tags_from_spans
from eventcorpus.training.fit import fit
from eventcorpus.training.metrics import peak_memory
from eventcorpus.training.recipe import Recipe, read_recipe, with_settings
from eventcorpus.training.run_info import RUN

Figures = dict[str, float]


def alone(run: Callable[..., Figures], *args: object) -> Figures:
    """Run in a process of its own; ``peak_memory_gb`` is its peak of resident memory, the parts and libraries included."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_with_peak, run, *args).result()


def _with_peak(run: Callable[..., Figures], *args: object) -> Figures:
    logging.basicConfig(level=logging.ERROR)
    figures = run(*args)
    return {"peak_memory_gb": peak_memory() / 1e9} | figures


def blank_words(article: AnnotatedArticle) -> list[tuple[int, int]]:
    """The words of a CoNLL file, which stand between blanks."""
    ends = list(itertools.accumulate(len(word) + 1 for word in article.article.text.split(" ")))
    return [(start, end - 1) for start, end in zip([0, *ends], ends, strict=False)]


def stock(
    train: list[AnnotatedArticle], dev: list[AnnotatedArticle], ontology: Ontology, args: argparse.Namespace
) -> Figures:
    """The stock recipe; long sentences are cut at 128 tokens, and what is cut counts as missed."""
    set_seed(args.seed)
    encoder = find_encoder(args.peer_encoder)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    names = tag_names(ontology.labels)

    def encode(article: AnnotatedArticle) -> dict[str, list[int]]:
        words = blank_words(article)
        tags, _ = tags_from_spans(article.spans, words, ontology.rank)
        texts = [article.article.text[start:end] for start, end in words]
        row = tokenizer(texts, is_split_into_words=True, truncation=True, max_length=128)
        ids = row.word_ids()
        labels = [-100 if w is None or w == before else tags[w] for before, w in zip([None, *ids], ids, strict=False)]
        return {"input_ids": row["input_ids"], "attention_mask": row["attention_mask"], "labels": labels}

    rows, dev_rows = [encode(a) for a in train], [encode(a) for a in dev]
    model = AutoModelForTokenClassification.from_pretrained(
        encoder, num_labels=len(names), id2label=dict(enumerate(names)), dtype=torch.float32
    )
    with tempfile.TemporaryDirectory() as out:
        arguments = TrainingArguments(
            out, per_device_train_batch_size=args.peer_batch, learning_rate=args.peer_rate, seed=args.seed, report_to=[],
            num_train_epochs=args.peer_epochs, save_strategy="no", logging_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        trainer = Trainer(
            model, arguments, train_dataset=rows, data_collator=DataCollatorForTokenClassification(tokenizer)
        )
        start = time.perf_counter()
        trainer.train()
        seconds = time.perf_counter() - start
        logits = trainer.predict(dev_rows).predictions.argmax(-1)
    found: list[Key] = []
    for article, row, best in zip(dev, dev_rows, logits, strict=True):
        tags = [int(tag) for tag, label in zip(best, row["labels"], strict=False) if label != -100]
        words = blank_words(article)
        tags += [OUTSIDE] * (len(words) - len(tags))
        for first, past, label in spans_from_tags(tags):
            found.append((article.article.id, words[first][0], words[past - 1][1], ontology.labels[label]))
    n_tokens = sum(len(row["input_ids"]) for row in rows) * args.peer_epochs
    return {"f1": micro_f1(dev, found), "seconds": seconds, "tokens_per_second": n_tokens / seconds}


def ours(
    train: list[AnnotatedArticle], dev: list[AnnotatedArticle], ontology: Ontology, recipe: Recipe,
    keep: Path | None = None, teachers_at: Path | None = None,
) -> Figures:  # fmt: skip
    """Our recipe, scored with the extractor that users run; a whole run that lies in ``keep`` is not made again, nor are
    teachers of the same recipe and data that lie in ``teachers_at``.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = keep or Path(folder) / "model"
        if teachers_at:
            shutil.copytree(teachers_at, out.with_name(f"{out.name}.teachers"))
        result = fit(train, ontology, recipe, out, resume=keep is not None)
        teachers = [read_json(run)["seconds"] for run in out.with_name(f"{out.name}.teachers").glob(f"*/{RUN}")]
        peak = read_json(out / RUN)["peak_memory"] / 1e9
        mentions = Extractor.from_pretrained(out).extract(a.article for a in dev)
        found = [
            (a.article.id, m.start, m.end, m.label) for a, several in zip(dev, mentions, strict=True) for m in several
        ]
    return {
        "f1": micro_f1(dev, found),
        "seconds": result.seconds,
        "seconds_of_teachers": sum(teachers),
        "peak_memory_gb": peak,
        "tokens_per_second": result.tokens_per_second,
    }


def micro_f1(dev: list[AnnotatedArticle], found: list[Key]) -> float:
    """Exact micro F1 over whole articles."""
    gold = [(a.article.id, s.start, s.end, s.label) for a in dev for s in a.spans]
    return sum_counts(exact_counts(gold, found).values()).f1 or 0.0


def main() -> None:
    """Run the peer once and our recipe over its seeds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with train.txt and dev.txt (CoNLL)")
    parser.add_argument("--recipe", type=Path, default=Path("training/recipes/re3d.yaml"))
    parser.add_argument("--seeds", type=int, default=1, help="runs of our recipe")
    parser.add_argument("--set", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="of our recipe")
    parser.add_argument("--teachers", type=Path, help="where RECIPE-SEED.teachers lie, trained before")
    parser.add_argument("--peer-epochs", type=int, default=5)
    parser.add_argument("--peer-rate", type=float, default=5e-5)
    parser.add_argument("--peer-batch", type=int, default=16)
    parser.add_argument("--peer-encoder", default="bundled")
    parser.add_argument("--seed", type=int, default=42)
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    report = ConversionReport()
    reading = assemble(read_conll([args.data]), None, report)
    articles = list(reading.articles)
    train, dev = ([a for split, a in articles if split == name] for name in ("train", "validation"))
    ontology = reading.ontology
    peer = alone(stock, train, dev, ontology, args)
    print(json.dumps({"system": "stock Trainer", **peer}))
    recipe = with_settings(read_recipe(args.recipe), [tuple(pair) for pair in args.set])
    runs = []
    for seed in range(recipe.seed, recipe.seed + args.seeds):
        teachers = args.teachers and args.teachers / f"{args.recipe.stem}-{seed}.teachers"
        runs.append(alone(ours, train, dev, ontology, recipe.replace(seed=seed), None, teachers))
        print(json.dumps({"system": "eventcorpus", "seed": seed, **runs[-1]}))
    rate = statistics.median(run["tokens_per_second"] for run in runs)
    f1 = [run["f1"] for run in runs]
    print(
        json.dumps(
            {
                "benchmark": "train",
                "f1_mean": statistics.mean(f1),
                "f1_sd": statistics.stdev(f1) if len(f1) > 1 else None,
                "f1_stock": peer["f1"],
                "seconds_max": max(run["seconds"] for run in runs),
                "seconds_of_teachers_max": max(run["seconds_of_teachers"] for run in runs),
                "peak_memory_gb": max(run["peak_memory_gb"] for run in runs),
                "peak_memory_gb_stock": peer["peak_memory_gb"],
                "tokens_per_second": rate,
                "tokens_per_second_stock": peer["tokens_per_second"],
                "threads": torch.get_num_threads(),
                "ratio": rate / peer["tokens_per_second"],
            }
        )
    )


if __name__ == "__main__":
    main()
