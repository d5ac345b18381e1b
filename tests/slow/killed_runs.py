"""Runs that are killed and resumed end with the weights of a run that nobody disturbed: `make test-slow`.

The bundled encoder learns from a few articles of the shipped corpus, in fp32 and in bf16 with an fp32 master copy, with
dropout, scores on a validation split and the best weights kept. Each run is killed (SIGKILL) again and again: at random
moments, while a checkpoint is being written, after its newest checkpoint was damaged, and while the finished model is
being written. A line each; the last line is JSON. Exits with 1 if a hash differs.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = os.environ["HF_DATASETS_OFFLINE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from eventcorpus.files import sha256_of_file
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle, Article, Span
from eventcorpus.training.checkpoint import TENSORS, checkpoints
from eventcorpus.training.metrics import read_metrics
from eventcorpus.training.recipe import Recipe

MOMENTS = [
    "at random", "writing a checkpoint", "at random", "at random", "damaged", "writing a checkpoint", "at random",
    "at random", "writing a checkpoint", "writing the model", "writing the model",
]  # fmt: skip
LIMIT = 240.0
TRIES = 5


def child(articles: Path, precision: str, out: Path) -> None:
    """Train, resuming what is there; run in a process of its own."""
    from eventcorpus.training.fit import fit

    data = json.loads(articles.read_text(encoding="utf-8"))
    ontology = Ontology.model_validate(data["ontology"])
    train, dev = (
        [
            AnnotatedArticle(
                Article(row["id"], row["text"]), tuple(Span(*span) for span in row["spans"]), ontology.labels
            )
            for row in data[split]
        ]
        for split in ("train", "validation")
    )
    recipe = Recipe(
        num_train_epochs=3, per_device_train_batch_size=4, max_length=128, stride=32, precision=precision, save_steps=3,
        logging_steps=1, load_best_model_at_end=True,
    )  # fmt: skip
    fit(train, ontology, recipe, out, validation=dev, resume=True)


def few_articles(dataset: Path) -> str:
    """The first articles of a dataset as JSON, so that the processes to be killed start quickly."""
    from eventcorpus.dataset.folder import read_dataset

    read = read_dataset(dataset)
    return json.dumps(
        {
            "ontology": read.ontology.model_dump(mode="json", by_alias=True),
            **{
                split: [
                    {
                        "id": a.article.id,
                        "text": a.article.text,
                        "spans": [(s.id, s.start, s.end, s.label) for s in a.spans],
                    }
                    for a in read.split(split)[:n]
                ]
                for split, n in (("train", 8), ("validation", 2))
            },
        }
    )


class Run:
    """One run and what happens to it."""

    def __init__(self, articles: Path, precision: str, out: Path, *, seed: int) -> None:
        self.articles, self.precision, self.out = articles, precision, out
        self.folder = out.with_name(f"{out.name}.checkpoints")
        self.random = random.Random(f"{seed}-{precision}")

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, __file__, "--child", str(self.articles), self.precision, str(self.out)]
        return subprocess.Popen(command, stderr=subprocess.DEVNULL if self.out.name != "whole" else None)

    def finish(self) -> str:
        """Let it run to its end; the hash of its weights."""
        if self.start().wait() != 0:
            raise SystemExit(f"{self.precision}: the run failed by itself")
        return sha256_of_file(self.out / "model.safetensors")

    def step(self) -> int:
        lines = read_metrics(self.folder / "metrics.jsonl")
        return lines[-1].step if lines else 0

    def kill(self, moment: str) -> str:
        """Start it, kill it at a moment, however many runs are over before; what was found to be there then.

        A run that is over is begun again from nothing.
        """
        for _ in range(TRIES):
            if self.out.exists():
                shutil.rmtree(self.out)
            if told := self._killed(moment):
                return told
        return f"{moment}: {TRIES} runs were over before"

    def _killed(self, moment: str) -> str | None:
        if moment == "damaged" and checkpoints(self.folder):
            newest = checkpoints(self.folder)[0] / TENSORS
            with newest.open("r+b") as file:
                file.seek(self.random.randrange(newest.stat().st_size))
                file.write(b"\x5a\xa5")
        begun, at_step = time.time(), self.step()
        process = self.start()
        if moment in ("at random", "damaged"):
            goal = at_step + self.random.randint(1, 4)
            self._wait(process, lambda: self.step() >= goal or self.step() < at_step)
            time.sleep(self.random.uniform(0, 0.6))
        else:
            pattern = ".checkpoint-*.part/*" if moment == "writing a checkpoint" else f".{self.out.name}.*.part/*"
            place = self.folder if moment == "writing a checkpoint" else self.out.parent
            # what an earlier kill left is older than this process
            self._wait(process, lambda: any(_changed(path) >= begun for path in place.glob(pattern)))
            time.sleep(self.random.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        if process.wait() != -signal.SIGKILL:
            return None
        written = "half-written " + ", ".join(
            path.name for path in [*self.folder.glob(".*.part"), *self.out.parent.glob(f".{self.out.name}.*.part")]
        )
        whole = ", ".join(path.name.removeprefix("checkpoint-").lstrip("0") for path in checkpoints(self.folder))
        return f"{moment}: after step {self.step()}, checkpoints {whole or 'none'}" + (
            f", {written}" if written != "half-written " else ""
        )

    def _wait(self, process: subprocess.Popen[bytes], is_time: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT
        while process.poll() is None and not is_time() and time.monotonic() < end:
            time.sleep(0.005)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # renamed meanwhile
        return 0.0


def disturbed(articles: Path, precision: str, folder: Path, *, seed: int) -> dict[str, str | int | bool]:
    """One undisturbed run and one that is killed at every moment."""
    whole = Run(articles, precision, folder / precision / "whole", seed=seed).finish()
    run = Run(articles, precision, folder / precision / "killed", seed=seed)
    n_killed = 0
    for moment in MOMENTS:
        told = run.kill(moment)
        n_killed += not told.endswith("over before")
        print(f"{precision}: killed {told}", flush=True)
    resumed = run.finish()
    left = [path.name for path in (folder / precision).iterdir() if path.name not in ("whole", "killed")]
    print(
        f"{precision}: {whole[:16]} undisturbed, {resumed[:16]} killed {n_killed} times; left over: {left or 'nothing'}"
    )
    return {"precision": precision, "killed": n_killed, "same": whole == resumed and not left, "sha256": whole}


def main() -> None:
    """Both precisions beside each other, one core each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--dataset", type=Path, help="a dataset folder, instead of the shipped corpus")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        child(Path(args.child[0]), args.child[1], Path(args.child[2]))
        return
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        dataset = args.dataset or Path(name) / "dataset"
        if not args.dataset:
            shipped = ["convert", "corpus/annotations", "--splits", "corpus/splits", "--out", str(dataset)]
            subprocess.run([sys.executable, "-m", "eventcorpus", "-q", *shipped], check=True, stdout=subprocess.DEVNULL)
        articles = Path(name) / "articles.json"
        articles.write_text(few_articles(dataset), encoding="utf-8")
        for precision in ("fp32", "bf16"):
            (Path(name) / precision).mkdir()
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(disturbed, articles, precision, Path(name), seed=args.seed)
                for precision in ("fp32", "bf16")
            ]
            results = [job.result() for job in jobs]
    same = all(result["same"] and result["killed"] == len(MOMENTS) for result in results)
    print(
        json.dumps({"test": "killed runs", "seconds": round(time.monotonic() - start), "same": same, "runs": results})
    )
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
