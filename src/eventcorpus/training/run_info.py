"""What a run ran on: ``run.json`` beside the model, for whoever wants to know where it came from or run it again."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from eventcorpus import __version__
from eventcorpus.files import to_json
from eventcorpus.ontology import Ontology
from eventcorpus.provenance import git_commit
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import EncodedArticles
from eventcorpus.training.metrics import peak_memory
from eventcorpus.training.progress import Progress, ValidationScore
from eventcorpus.training.recipe import Recipe

RUN = "run.json"


def run_facts(
    run: str, recipe: Recipe, ontology: Ontology, progress: Progress, processes: Processes, *, notes: dict[str, Any]
) -> dict[str, Any]:
    """All that is known of a run at its end; ``dev`` is the score of the weights that were kept.

    Args:
        run: the hash of everything that decides its weights.
        notes: what the caller knows of the data (its name, hash and version).
    """
    scored = progress.best if recipe.load_best_model_at_end else next(reversed(progress.scores), None)
    return {
        "schema": 1,
        "run": run,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": recipe.seed,
        "steps": progress.step,
        "stopped_early": progress.stopped,
        "seconds": round(progress.seconds, 3),
        "eval_seconds": round(progress.eval_seconds, 3),
        "dev": asdict(scored) if scored else None,
        "dataset": notes,
        "ontology": ontology.key,
        "versions": {
            "eventcorpus": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in ("torch", "transformers", "tokenizers", "numpy", "safetensors")},
        },
        "commit": _commit(),
        "hardware": {
            "cpu": _cpu_model(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            "processes": processes.world_size,
        },
        "peak_memory": peak_memory(),
        "peak_gpu_memory": torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None,
    }


def _commit() -> str | None:
    """The commit of the repository around the working folder, with ``-dirty`` where tracked files differ from it."""
    found = git_commit(Path.cwd())
    if found is None:
        return None
    return f"{found.sha}-dirty" if found.changed else found.sha


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


_DECIDES_NOTHING = ("output_dir", "dataset", "teacher", "save_steps", "save_total_limit", "logging_steps", "report_to")
_DECIDES_WITH_DEV = ("eval_strategy", "eval_steps")


def run_identity(
    articles: Sequence[AnnotatedArticle],
    dev: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    *,
    n_processes: int,
    dtype: torch.dtype,
    unlabelled: Sequence[Article] = (),
    teacher: Recipe | None = None,
) -> dict[str, Any]:
    """The identity of a run; the validation split is part of it where it decides when a run ends or what it keeps.

    Args:
        teacher: what the first teacher is trained with, where there are any.
    """
    dev_decides = recipe.early_stopping_patience > 0 or recipe.load_best_model_at_end
    left_out = _DECIDES_NOTHING if dev_decides else (*_DECIDES_NOTHING, *_DECIDES_WITH_DEV)
    return {
        **_without(recipe, left_out),
        "recipe of the teachers": _hash_of(_without(teacher, left_out)) if teacher else "",
        "precision": str(dtype).removeprefix("torch."),
        "articles for training": _hash(articles),
        "articles for validation": _hash(dev) if dev_decides else "",
        "articles without labels": hashlib.sha256("".join(a.text_sha256 for a in unlabelled).encode()).hexdigest(),
        "ontology": _hash_of(ontology.model_dump(mode="json")),
        "processes": n_processes,
    }


def run_hash(identity: Mapping[str, Any]) -> str:
    """64 hex digits."""
    return _hash_of(dict(identity))


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What two identities do not share, in words."""
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return [
        f"other {key}" if len(str(now.get(key))) == 64 else f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
        for key in keys
    ]


def _without(recipe: Recipe, left_out: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in asdict(recipe).items() if key not in left_out}


def _hash_of(values: dict[str, Any]) -> str:
    return hashlib.sha256(to_json(values).encode()).hexdigest()


def _hash(articles: Iterable[AnnotatedArticle]) -> str:
    digest = hashlib.sha256()
    for annotated in articles:
        spans = [(span.start, span.end, span.label) for span in annotated.spans]
        labels = sorted(annotated.labels_annotated)
        digest.update(to_json([annotated.article.id, annotated.article.text_sha256, spans, labels]).encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a training run did. ``tokens_per_second``: sub-words, special ones included, padding excluded.

    ``scores``: on the validation split, in the order of their steps. ``stopped_early``: by early_stopping_patience.
    """

    out: Path
    n_steps: int
    resumed_at: int
    seconds: float
    tokens_per_second: float
    losses: tuple[float, ...]
    n_examples: int
    n_spans: int
    n_lost: int
    scores: tuple[ValidationScore, ...] = ()
    stopped_early: bool = False


def fit_result(out: Path, encoded: EncodedArticles, progress: Progress, *, resumed_at: int) -> FitResult:
    """``progress`` counts what is read again in the overlap of windows; a rate for comparison leaves it out."""
    once = encoded.n_tokens / max(1, sum(len(example.input_ids) for example in encoded.examples))
    return FitResult(
        out=out,
        n_steps=progress.step,
        resumed_at=min(resumed_at, progress.step),
        seconds=progress.seconds,
        tokens_per_second=once * progress.n_tokens / progress.seconds if progress.seconds else 0.0,
        losses=progress.losses,
        n_examples=len(encoded.examples),
        n_spans=encoded.n_spans,
        n_lost=len(encoded.lost),
        scores=progress.scores,
        stopped_early=progress.stopped,
    )
