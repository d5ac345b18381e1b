"""Memory and speed of ``eventcorpus extract --out FOLDER/`` over generated articles, with a tiny model of random weights.

    python tests/bench/archive.py [--articles 20000] [--shard-size 1000] [--model FOLDER] [--keep FOLDER]

The resident memory of the process is read from /proc once a second from the first shard on, and written with the
number of articles that the manifest names to archive-rss.csv, and drawn in archive-rss.svg, in FOLDER. Articles of about 1,400
characters are made of a few words. The last line is JSON; the slope is of a straight line through the second half.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
WORDS = [
    "rebels",
    "attacked",
    "the",
    "town",
    "of",
    "aleppo",
    "on",
    "monday",
    "and",
    "army",
    "left",
    "homs",
    "friday",
    "police",
    "said",
    "protesters",
    "marched",
    "in",
    "capital",
    "after",
    "soldiers",
    "killed",
    "three",
    "civilians",
    "near",
    "river",
    "minister",
    "denied",
    "reports",
    "that",
    "forces",
    "had",
    "shelled",
    "villages",
]
Sample = tuple[float, int, float]
"""Seconds since the process began, articles in shards, MiB of resident memory."""


def environment() -> dict[str, str]:
    """Of the processes that are measured: this checkout, no network, one thread."""
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    return os.environ | {
        "PYTHONPATH": path,
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "OMP_NUM_THREADS": "1",
    }


def save_tiny_model(folder: Path) -> None:
    """A BERT of two layers and 32 dimensions with random weights."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

    from eventcorpus.models.folder import ModelAbout, save_model
    from eventcorpus.ontology import Label, Ontology
    from eventcorpus.tags import tag_names

    ontology = Ontology(name="t", version="1.0.0", entities=(Label(name="Actor"), Label(name="Place")))
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys([*WORDS, "."]), *"0123456789", *(f"##{d}" for d in range(10))]  # fmt: skip
    words = Tokenizer(models.WordPiece({word: i for i, word in enumerate(vocabulary)}, unk_token="[UNK]"))
    words.normalizer, words.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    words.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])  # fmt: skip
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]"
    )  # fmt: skip
    names = tag_names(ontology.labels)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=512, id2label=dict(enumerate(names)), label2id={n: i for i, n in enumerate(names)},
    )  # fmt: skip
    about = ModelAbout(ontology=ontology, max_length=128, stride=32, decoder="viterbi", encoder="tiny")
    model = BertForTokenClassification(config)
    torch.nn.init.normal_(model.classifier.weight, std=0.3)
    model.classifier.bias.data[names.index("O")] = 3.0  # fewer mentions
    save_model(folder, model, tokenizer, about)


def write_articles(path: Path, n_articles: int) -> None:
    """JSON Lines; the same number gives the same articles."""
    choose = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_articles):
            sentences = [" ".join(choose.choices(WORDS, k=choose.randint(8, 24))) for _ in range(choose.randint(4, 24))]
            file.write(json.dumps({"id": f"article-{number}", "text": f"{' . '.join(sentences)} {number} ."}) + "\n")


def measure(process: subprocess.Popen[bytes], manifest: Path) -> list[Sample]:
    """Samples until the process ends."""
    begun, samples = time.monotonic(), []
    while process.poll() is None:
        time.sleep(1)
        try:
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            n_done = sum(shard["articles"] for shard in json.loads(manifest.read_text())["shards"])
        except (OSError, IndexError):
            continue
        if n_done and pages:
            samples.append((time.monotonic() - begun, n_done, pages * os.sysconf("SC_PAGE_SIZE") / 2**20))
    return samples


def main() -> None:
    """Make articles, extract, and say what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=20_000)
    parser.add_argument("--shard-size", type=int, default=1_000)
    parser.add_argument("--model", type=Path, help="a model folder, instead of the tiny one")
    parser.add_argument(
        "--keep", type=Path, default=ROOT / "models" / "runs" / "bench-archive", help="for the CSV and the plot"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        model = args.model.resolve() if args.model else here / "model"
        if not args.model:
            save_tiny_model(model)
        write_articles(here / "in.jsonl", args.articles)
        command = ["extract", "in.jsonl", "--model", str(model), "--backend", "fp32", "--out", "out/"]
        start = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "eventcorpus", *command, "--shard-size", str(args.shard_size)],
            cwd=here, env=environment(),
        )  # fmt: skip
        samples = measure(process, here / "out" / "manifest.json")
        seconds = time.monotonic() - start
        if process.returncode:
            raise SystemExit("the run failed")
    args.keep.mkdir(parents=True, exist_ok=True)
    with (args.keep / "archive-rss.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("seconds", "articles", "rss_mib"))
        writer.writerows((round(s, 1), n, round(mib, 1)) for s, n, mib in samples)
    (args.keep / "archive-rss.svg").write_text(plot(samples), encoding="utf-8")
    half = samples[len(samples) // 2 :]
    print(
        json.dumps(
            {
                "benchmark": "archive", "articles": args.articles, "model": args.model.name if args.model else "tiny",
                "seconds": round(seconds), "articles_per_second": round(args.articles / seconds, 1),
                "first_mib": round(samples[0][2], 1), "peak_mib": round(max(mib for *_, mib in samples), 1),
                "slope_mib_per_10000_articles": round(slope([(n, mib) for _, n, mib in half]) * 10_000, 2),
            }
        )
    )  # fmt: skip


def slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line of least squares; 0 for points above each other."""
    x_mean, y_mean = (sum(values) / len(points) for values in zip(*points, strict=True))
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread if spread else 0.0


def plot(samples: list[Sample]) -> str:
    """Memory over time as a line, from 0 MiB."""
    width, height, left, below = 640, 240, 60, 30
    last, peak = samples[-1][0], max(mib for *_, mib in samples)
    points = " ".join(
        f"{left + width * s / last:.1f},{height - height * mib / peak / 1.1:.1f}" for s, _, mib in samples
    )
    texts = [
        (left - 6, height - height / 1.1, "end", f"{peak:.0f} MiB"), (left - 6, height, "end", "0"),
        (left, height + 18, "start", "0 s"), (left + width, height + 18, "end", f"{last:.0f} s, {samples[-1][1]:,} articles"),
    ]  # fmt: skip
    drawn = "".join(f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>' for x, y, anchor, text in texts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -10 {left + width + 10} {height + below + 10}" '
        f'font-family="sans-serif" font-size="12"><path d="M{left} 0V{height}H{left + width}" fill="none" stroke="#888"/>'
        f'<polyline points="{points}" fill="none" stroke="#1f6feb" stroke-width="1.5"/>{drawn}</svg>\n'
    )


if __name__ == "__main__":
    main()
