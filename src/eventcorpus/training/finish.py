"""The end of a run: the model to be saved, and how a later call finds out that there is nothing left to do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import EventCorpusError
from eventcorpus.files import read_json
from eventcorpus.models.encoders import load_encoder
from eventcorpus.models.folder import read_about
from eventcorpus.training.facts import RUN
from eventcorpus.training.learner import Learner
from eventcorpus.training.metrics import read_metrics
from eventcorpus.training.processes import Processes
from eventcorpus.training.progress import DevScore, Progress
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.watch import METRICS


def finished_model(learner: Learner, recipe: Recipe, source: str, *, tags: Sequence[str]) -> Any:
    """The model as it is to be saved: fp32, on the CPU, with the best weights if the recipe wants those.

    All processes must ask for it together; only the first one's is to be saved.
    """
    weights = learner.weights()
    if recipe.load_best_model_at_end and learner.best:
        weights = learner.best
    model = learner.model
    if learner.is_sharded:  # what was spread is not put together again in place; a new one takes the weights
        model = load_encoder(source, tags=tags, dropout=recipe.dropout, attention_dropout=recipe.attention_dropout)
    model.to("cpu", torch.float32).eval()
    parameters = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            parameters[name].copy_(weight)
    return model


def is_complete(out: Path, run: str, processes: Processes) -> bool:
    """Whether a whole model of the run with this hash is there; all processes must ask together."""
    complete = False
    if processes.is_first and (out / RUN).is_file():
        try:
            read_about(out)
            complete = read_json(out / RUN).get("run") == run
        except EventCorpusError:
            complete = False
    answer = torch.tensor(int(complete), device=processes.device)
    processes.give_from_first([answer])
    return bool(answer)


def finished_progress(out: Path) -> Progress:
    """The progress that a complete run had made; ``losses`` are those of its lines of metrics."""
    facts, lines = read_json(out / RUN), read_metrics(out / METRICS)
    return Progress(
        step=facts["steps"],
        seconds=facts["seconds"],
        eval_seconds=facts["eval_seconds"],
        n_tokens=lines[-1].tokens if lines else 0,
        losses=tuple(line.loss for line in lines),
        scores=tuple(
            DevScore(line.step, line.dev_precision or 0.0, line.dev_recall or 0.0, line.dev_f1)
            for line in lines
            if line.dev_f1 is not None
        ),
        stopped=facts["stopped_early"],
    )
