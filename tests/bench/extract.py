"""How fast a model reads, beside the pipeline of transformers: `make bench-extract MODEL=folder DATA=dataset-folder`.

Articles are drawn from the dataset (--articles of 5,000; --files: the texts of these files instead). The pipeline as the
README shows it, in fp32 one article at a time and in either precision and several batch sizes, and ours without heads by
each backend, by turns, the best of --rounds; all with --threads threads on as many cores. With one thread seconds are
those of the process, so that other load counts little. F1 on the validation split is of each; `f1_loss` (points) is of
our fastest backend that loses no more than 0.3 against our fp32. ONNX files are written beside a copy of the model.

Bounds: what the processor multiplies in a second (fp32, bf16, int8), and the words a second if a model were only that.
--profile says where the time of each backend goes. The last line is JSON.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from transformers import pipeline

from eventcorpus.articles.read import read_articles
from eventcorpus.articles.report import ReadReport
from eventcorpus.dataset.folder import read_dataset
from eventcorpus.errors import ModelError
from eventcorpus.inference.backends import BACKENDS
from eventcorpus.inference.checks import MOST_LOST
from eventcorpus.inference.extractor import Extractor
from eventcorpus.inference.onnx import write_onnx
from eventcorpus.metrics.match import exact_counts, sum_counts
from eventcorpus.schema import AnnotatedArticle

N_ALL = 5000
PIPELINES = (("float32", 1), ("float32", 4), ("bfloat16", 1), ("bfloat16", 4), ("bfloat16", 16))
Found = list[tuple[int, int, str]]
System = Callable[[list[str]], list[Found]]


def peer(model: Path, stride: int, dtype: str, batch_size: int) -> System:
    """The pipeline, as a function of texts."""
    tagger = pipeline(
        "token-classification", model=str(model), aggregation_strategy="simple", stride=stride, device="cpu", dtype=getattr(torch, dtype)
    )  # fmt: skip

    def read(texts: list[str]) -> list[Found]:
        found = [tagger(text) for text in texts] if batch_size == 1 else tagger(texts, batch_size=batch_size)
        return [[(m["start"], m["end"], m["entity_group"]) for m in mentions] for mentions in found]

    return read


def ours(extractor: Extractor, texts: list[str]) -> list[Found]:
    """Our mentions."""
    return [[(m.start, m.end, m.label) for m in mentions] for mentions in extractor.extract(texts)]


def f1(system: System, gold: list[AnnotatedArticle]) -> float:
    """Of mentions, exact, in points."""
    found = system([annotated.article.text for annotated in gold])
    predicted = [(str(i), *mention) for i, mentions in enumerate(found) for mention in mentions]
    keys = [(str(i), span.start, span.end, span.label) for i, a in enumerate(gold) for span in a.spans]
    return 100 * (sum_counts(exact_counts(keys, predicted).values()).f1 or 0.0)


def rates(size: int, clock: Callable[[], float], *, seconds: float = 0.5) -> dict[str, float]:
    """Multiplications and additions a second of matrices of 1,024 tokens and a feed-forward layer's weights."""
    x, w = torch.randn(1024, size), torch.randn(size, 4 * size)
    x8, w8 = (torch.randint(-127, 127, m.shape, dtype=torch.int8) for m in (x, w))
    calls = {
        "fp32": partial(torch.mm, x, w),
        "bf16": partial(torch.mm, x.bfloat16(), w.bfloat16()),
        "int8": partial(torch._int_mm, x8, w8),
    }
    found = {}
    for name, call in calls.items():
        call()
        best, end = float("inf"), time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = clock()
            for _ in range(5):
                call()
            best = min(best, (clock() - start) / 5)
        found[name] = 2 * 1024 * size * 4 * size / best
    return found


def profile(extractor: Extractor, texts: list[str]) -> str:
    """Shares of the time by kind of operation."""
    from torch.profiler import ProfilerActivity
    from torch.profiler import profile as recorded

    kinds = {
        "matrix products": ("mm",), "attention": ("attention",), "activation": ("gelu", "relu", "tanh"),
        "normalisation": ("norm",), "quantising and scaling": ("mul", "abs", "amax", "round", "addcmul", "clamp", "reciprocal"),
        "copies, sums, indices": ("copy", "add", "cat", "index", "embedding"),
    }  # fmt: skip
    start = time.perf_counter()
    with recorded(activities=[ProfilerActivity.CPU]) as events:
        ours(extractor, texts)
    total, shares = 1e6 * (time.perf_counter() - start), dict.fromkeys(kinds, 0.0)
    for event in events.key_averages():
        kind = next((kind for kind, words in kinds.items() if any(word in event.key for word in words)), None)
        if kind:
            shares[kind] += event.self_cpu_time_total
    rest = 1 - sum(shares.values()) / total
    return (
        ", ".join(f"{kind} {share / total:.0%}" for kind, share in shares.items()) + f", Python and all else {rest:.0%}"
    )


def main() -> None:
    """Time all by turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--articles", type=int, default=100, help=f"how many of {N_ALL:,}, or of --files, are read")
    parser.add_argument("--files", type=Path, nargs="+", help="read the articles of these instead")
    parser.add_argument("--gold", type=int, default=N_ALL, help="how many articles of the validation split are scored")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--without-onnx", action="store_true")
    args = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: args.threads])
    torch.set_num_threads(args.threads)
    clock = time.process_time if args.threads == 1 else time.perf_counter
    dataset = read_dataset(args.data)
    shipped = [annotated.article.text for split in dataset.splits.values() for annotated in split]
    if args.files:
        texts = [article.text for article in read_articles(args.files, report=ReadReport())]
        random.Random(13).shuffle(texts)
    else:
        texts = random.Random(13).choices(shipped, k=N_ALL)
    texts = texts[: args.articles]
    n_words = sum(len(text.split()) for text in texts)
    with tempfile.TemporaryDirectory() as temporary:
        model = Path(temporary) / args.model.name
        shutil.copytree(args.model, model, ignore=shutil.ignore_patterns("onnx"))
        if not args.without_onnx:
            write_onnx(model)
        run(args, model, texts, n_words, dataset.splits["validation"][: args.gold], clock)


def run(
    args: argparse.Namespace,
    model: Path,
    texts: list[str],
    n_words: int,
    gold: list[AnnotatedArticle],
    clock: Callable[[], float],
) -> None:
    """Load all systems, time and score them, and print what came out."""
    extractors: dict[str, Extractor] = {}
    for backend in BACKENDS:
        try:
            extractors[backend] = Extractor.from_pretrained(model, device="cpu", backend=backend)
        except ModelError as error:
            print(f"{backend}: {error}", file=sys.stderr)
    about = extractors["fp32"].about
    systems: dict[str, System] = {f"pipeline {d} x{n}": peer(model, about.stride, d, n) for d, n in PIPELINES}
    systems |= {f"ours {name}": partial(ours, extractor.without_heads()) for name, extractor in extractors.items()}
    if extractors["fp32"].heads is not None:
        systems |= {f"ours {name} with heads": partial(ours, e) for name, e in extractors.items() if "onnx" not in name}
    best = dict.fromkeys(systems, float("inf"))
    for _ in range(args.rounds):
        for name, system in systems.items():
            start = clock()
            system(texts)
            best[name] = min(best[name], clock() - start)
    speeds = {name: n_words / seconds for name, seconds in best.items()}
    with_heads = {name: speed for name, speed in speeds.items() if name.endswith("with heads")}
    speeds = {name: speed for name, speed in speeds.items() if name not in with_heads}
    scores = {name: f1(systems[name], gold) for name in speeds if "pipeline" not in name or name.endswith("float32 x1")}

    config = extractors["fp32"].engine.backend.model.config  # type: ignore[attr-defined]
    encoder = extractors["fp32"].engine.encoder
    encoded = [encoder.encode(text) for text in texts]
    n_tokens = sum(len(text.input_ids) for text in encoded)
    windows = [window.end - window.start + encoder.n_special_tokens for text in encoded for window in text.windows]
    weights = sum(
        m.weight.numel()
        for m in extractors["fp32"].engine.backend.model.base_model.modules()
        if isinstance(m, torch.nn.Linear)
    )  # type: ignore[attr-defined]
    attention = 2 * config.hidden_size * config.num_hidden_layers
    work = 2 * sum(n * (weights + attention * n) for n in windows)
    found_rates = rates(config.hidden_size, clock)
    bounds = {name: n_words * rate / work for name, rate in found_rates.items()}
    print(f"{len(texts):,} articles, {n_words:,} words, {n_tokens:,} tokens; read {sum(windows) / n_tokens:.2f} times")
    for name, rate in found_rates.items():
        print(f"bound {name}: {rate / 1e9:,.0f} billion operations a second, {bounds[name]:,.0f} words a second")
    for name, speed in speeds.items():
        bound = bounds.get(name.split("-")[-1].removeprefix("ours "), bounds["fp32"]) if "ours" in name else 0
        print(
            f"{name}: {speed:,.0f} words a second"
            + (f", {speed / bound:.0%} of the bound" if bound else "")
            + (f", F1 {scores[name]:.2f}" if name in scores else "")
        )
    for name, speed in with_heads.items():
        print(
            f"{name}: {speed:,.0f} words a second, {speeds[name.removesuffix(' with heads')] / speed:.2f} times as long"
        )
    if args.profile:
        for name, extractor in extractors.items():
            if "onnx" not in name:
                print(f"{name}: {profile(extractor.without_heads(), texts)}")
    exact = scores["ours fp32"]
    holding = [name for name in speeds if "ours" in name and exact - scores[name] <= 100 * MOST_LOST]
    fastest = max(holding, key=lambda name: speeds[name])
    first, peers = "pipeline float32 x1", [name for name in speeds if "pipeline" in name]
    best_peer = max(peers, key=lambda name: speeds[name])
    rounded: Callable[[dict[str, float]], dict[str, Any]] = lambda values: {k: round(v, 2) for k, v in values.items()}  # noqa: E731
    print(
        json.dumps(
            {
                "benchmark": "extract", "model": args.model.name, "articles": len(texts), "words": n_words,
                "threads": args.threads, "best": fastest, "best_peer": best_peer,
                "ratio": round(speeds[fastest] / speeds[first], 2),
                "ratio_best": round(speeds[fastest] / speeds[best_peer], 2),
                "f1_loss": round(exact - scores[fastest], 2),
                "words_per_second": rounded(speeds), "with_heads": rounded(with_heads), "f1": rounded(scores),
                "billion_operations": rounded({name: rate / 1e9 for name, rate in found_rates.items()}),
                "bounds": rounded(bounds), "times_read": round(sum(windows) / n_tokens, 3),
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
