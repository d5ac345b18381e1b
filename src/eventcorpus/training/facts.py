"""What a run ran on: ``run.json`` beside the model, for whoever wants to know where it came from or run it again."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from eventcorpus import __version__
from eventcorpus.ontology import Ontology
from eventcorpus.provenance import git_commit
from eventcorpus.training.metrics import peak_memory
from eventcorpus.training.processes import Processes
from eventcorpus.training.progress import Progress
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
            "processes": processes.n,
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
