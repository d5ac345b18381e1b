"""What a run is, where and how it ran, and what came of it: its identity, ``run.json`` beside the model, its result."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from eventcorpus import __version__
from eventcorpus.errors import EventCorpusError
from eventcorpus.files import read_json, sha256_of_file, to_json
from eventcorpus.models.bundled import WEIGHTS
from eventcorpus.models.folder import HEADS, read_about
from eventcorpus.ontology import Ontology
from eventcorpus.provenance import git_commit
from eventcorpus.schema import AnnotatedArticle, Article
from eventcorpus.text import sha256_of
from eventcorpus.training.distillation import teacher_recipe
from eventcorpus.training.distributed import Processes
from eventcorpus.training.examples import EncodedArticles
from eventcorpus.training.metrics import METRICS, Progress, ValidationScore, peak_gpu_memory, peak_memory, read_metrics
from eventcorpus.training.optimiser import precision_for
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.soft_targets import soft_targets_path

RUN = "run.json"
_DECIDES_NOTHING = (
    *("output_dir", "dataset", "languages", "teacher", "soft_targets"),
    *("save_steps", "save_total_limit", "logging_steps", "report_to"),
)
_DECIDES_WITH_VALIDATION = ("eval_strategy", "eval_steps")


def run_identity(
    articles: Sequence[AnnotatedArticle],
    validation: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    processes: Processes,
    *,
    unlabelled: Sequence[Article] = (),
) -> dict[str, Any]:
    """Everything that decides the weights of a run.

    The validation split is part of it where it decides when a run ends or which weights are kept.

    Args:
        unlabelled: the articles of the recipe's ``unlabelled``.
    """
    validation_decides = recipe.early_stopping_patience > 0 or recipe.load_best_model_at_end
    left_out = {*_DECIDES_NOTHING, *(() if validation_decides else _DECIDES_WITH_VALIDATION)}
    folder = Path(recipe.encoder).expanduser()  # it may hold a model that is trained again
    read = (WEIGHTS, *(HEADS if recipe.heads else ()))
    teacher = teacher_recipe(recipe, 0).model_dump(exclude=left_out) if recipe.n_teachers else None
    return {
        **recipe.model_dump(exclude=left_out),
        **{f"encoder's {name}": sha256_of_file(folder / name) for name in read if (folder / name).is_file()},
        "recipe of the teachers": hash_of(teacher) if teacher else "",
        "precision": str(precision_for(recipe, processes.device)).removeprefix("torch."),
        "articles for training": _hash_of_articles(articles),
        **({"roles, attributes and events": _hash_of_links(articles)} if recipe.heads else {}),
        "articles for validation": _hash_of_articles(validation) if validation_decides else "",
        **({"soft targets": sha256_of_file(soft_targets_path(recipe))} if recipe.soft_targets else {}),
        "articles without labels": sha256_of("".join(a.text_sha256 for a in unlabelled)),
        "ontology": hash_of(ontology.model_dump(mode="json")),
        "processes": processes.world_size,
    }


def hash_of(values: Mapping[str, Any]) -> str:
    """SHA-256 of values as JSON, 64 hex digits; that of an identity is the hash of its run."""
    return sha256_of(to_json(values))


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """What differs between two identities, in words."""
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return [
        f"other {key}"
        if 64 in (len(str(before.get(key))), len(str(now.get(key))))
        else f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
        for key in keys
    ]


def _hash_of_articles(articles: Iterable[AnnotatedArticle]) -> str:
    described = (
        [a.article.id, a.article.text_sha256, [(s.start, s.end, s.label) for s in a.spans], sorted(a.labels_annotated)]
        for a in articles
    )
    return sha256_of("".join(map(to_json, described)))


def _hash_of_links(articles: Iterable[AnnotatedArticle]) -> str:
    described = (
        [
            [(span.id, span.attributes) for span in a.spans],
            [(role.role, role.trigger, role.argument) for role in a.roles],
            [event.triggers for event in a.events],
            sorted(a.not_annotated),
        ]
        for a in articles
    )
    return sha256_of("".join(map(to_json, described)))


def run_facts(
    run: str, recipe: Recipe, ontology: Ontology, progress: Progress, processes: Processes, *, notes: dict[str, Any]
) -> dict[str, Any]:
    """The content of ``run.json``; ``dev`` is the score on the validation split of the weights that were kept.

    Args:
        run: the hash of its identity.
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
            **{name: version(name) for name in ("torch", "transformers", "tokenizers", "numpy", "safetensors")},
        },
        "commit": git_commit(Path.cwd(), if_changed="-dirty"),
        "hardware": {
            "cpu": _cpu_model(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
            "processes": processes.world_size,
        },
        "peak_memory": peak_memory(),
        "peak_gpu_memory": peak_gpu_memory(),
    }


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def finished_progress(out: Path, run: str, processes: Processes) -> Progress | None:
    """The progress of a run that is complete, from its model folder; ``losses`` are those of its lines of metrics.

    All processes must call this together.

    Returns:
        None, if ``out`` has no whole model of the run with this hash.
    """
    complete = False
    if processes.is_main_process and (out / RUN).is_file():
        with suppress(EventCorpusError):
            read_about(out)
            complete = read_json(out / RUN).get("run") == run
    answer = torch.tensor(int(complete), device=processes.device)
    processes.broadcast([answer])
    if not answer:
        return None
    facts, lines = read_json(out / RUN), read_metrics(out / METRICS)
    return Progress(
        step=facts["steps"],
        seconds=facts["seconds"],
        eval_seconds=facts["eval_seconds"],
        n_tokens=lines[-1].tokens if lines else 0,
        losses=[line.loss for line in lines],
        scores=[
            ValidationScore(line.step, line.dev_precision or 0.0, line.dev_recall or 0.0, line.dev_f1)
            for line in lines
            if line.dev_f1 is not None
        ],
        stopped=facts["stopped_early"],
    )


@dataclass(frozen=True, slots=True)
class FitResult:
    """What a training run did.

    ``resumed_at``: the step of the checkpoint that the run continued. ``tokens_per_second``: sub-words, special tokens
    included, padding and repeated overlap of windows excluded. ``losses``: one per step. ``n_lost``: spans that no tag
    can express. ``scores``: on the validation split, in the order of their steps. ``stopped_early``: by
    early_stopping_patience.
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
    """The result of a run; ``progress`` counts tokens in the overlap of windows twice, the rate counts them once."""
    once = encoded.n_tokens / max(1, sum(len(example.input_ids) for example in encoded.examples))
    return FitResult(
        out=out,
        n_steps=progress.step,
        resumed_at=resumed_at,
        seconds=progress.seconds,
        tokens_per_second=once * progress.n_tokens / progress.seconds if progress.seconds else 0.0,
        losses=tuple(progress.losses),
        n_examples=len(encoded.examples),
        n_spans=encoded.n_spans,
        n_lost=len(encoded.lost),
        scores=tuple(progress.scores),
        stopped_early=progress.stopped,
    )
