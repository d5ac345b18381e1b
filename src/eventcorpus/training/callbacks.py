"""What happens between two steps, in this order: validation, metrics, the caller's functions, checkpoints.

A checkpoint comes last, so that a resumed run has behind it all that belongs to the step at which it was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter

from eventcorpus.errors import InputError, OutputError
from eventcorpus.files import write_text
from eventcorpus.metrics.match import Counts
from eventcorpus.tables import counted
from eventcorpus.training.batches import Epochs
from eventcorpus.training.checkpoint import (
    checkpoints,
    clear_leftovers,
    newest_whole,
    random_state,
    read_checkpoint,
    set_random_state,
    step_of,
    write_checkpoint,
)
from eventcorpus.training.learner import Learner, out_of_memory_explained
from eventcorpus.training.metrics import METRICS, Metrics, MetricsFile, Progress, ValidationScore
from eventcorpus.training.optimiser import rate_factor
from eventcorpus.training.run_info import differences

PLOT = "training.svg"

OnStep = Callable[[int, int, float], None]
"""Called after each step with (steps done, steps in all, loss of the step)."""
OnMetrics = Callable[[Metrics], None]
"""Called with each line of ``metrics.jsonl``."""


@dataclass
class Callbacks:
    """Those of one run: ``begin``, then a call after each step, then ``end``. The main process alone writes files.

    ``folder``, ``<out>.checkpoints``, is where checkpoints and metrics lie while the run lasts. A checkpoint of another
    run, by its ``identity``, is refused. ``count`` counts what the weights as they are find in the validation split.
    """

    learner: Learner
    epochs: Epochs
    folder: Path
    identity: dict[str, Any]
    count: Callable[[], Counts] | None = None
    on_step: OnStep | None = None
    on_metrics: OnMetrics | None = None
    _metrics_file: MetricsFile | None = field(default=None, init=False)

    def begin(self, *, resume: bool) -> Progress:
        """Clear what killed runs left and open the metrics; with ``resume`` restore the newest whole checkpoint.

        Returns:
            the progress from which the run goes on.

        Raises:
            InputError: if the checkpoint is one of another run.
        """
        is_main_process = self.learner.processes.is_main_process
        if is_main_process:
            clear_leftovers(self.folder, resume=resume)
        progress = self._restore() if resume else Progress()
        if is_main_process:
            self.folder.mkdir(parents=True, exist_ok=True)
            board = self.folder.with_suffix(".tensorboard") if self.learner.recipe.report_to == "tensorboard" else None
            self._metrics_file = MetricsFile(self.folder / METRICS, keep_until=progress.step, tensorboard=board)
        return progress

    def __call__(self, progress: Progress) -> None:
        """Do what is due after a step."""
        recipe, is_last = self.learner.recipe, progress.step == self.epochs.n_steps
        if self.count is not None and self._is_scored(progress.step):
            self._validate(progress, self.count)
        is_scored = progress.score_of_this_step is not None
        if self._metrics_file is not None and (progress.step % recipe.logging_steps == 0 or is_scored or is_last):
            self._report(progress, self._metrics_file)
            if is_scored:
                self._draw(self._metrics_file)
        if self.on_step is not None and self.learner.processes.is_main_process:
            self.on_step(progress.step, self.epochs.n_steps, progress.losses[-1])
        if progress.step % recipe.save_steps == 0 and not (is_last or progress.stopped):
            self._save(progress)

    def end(self) -> dict[str, str]:
        """Close the metrics.

        Returns:
            the text of the files for the model folder by name: metrics and their curves; of the main process alone.
        """
        if self._metrics_file is None:
            return {}
        self._metrics_file.close()
        self._draw(self._metrics_file)
        return {name: (self.folder / name).read_text(encoding="utf-8") for name in (METRICS, PLOT)}

    def _restore(self) -> Progress:
        processes = self.learner.processes
        path = newest_whole(self.folder) if processes.is_main_process else None
        step = torch.tensor(step_of(path) if path else 0, device=processes.device)
        processes.broadcast([step])
        if not int(step):
            return Progress()
        tensors, about = read_checkpoint(self.folder / f"checkpoint-{int(step):08d}")
        changes = differences(about["identity"], self.identity)
        if changes:
            raise InputError(
                f"{self.folder}: its checkpoints belong to another run ({'; '.join(changes)}); change that back, or "
                "begin anew with --overwrite"
            )
        self.learner.set_state(tensors)
        states = {name[7:]: tensor for name, tensor in tensors.items() if name.startswith("random/")}
        set_random_state({name: state[processes.rank] for name, state in states.items()})
        return TypeAdapter(Progress).validate_python(about["progress"])

    def _is_scored(self, step: int) -> bool:
        if self.learner.recipe.eval_strategy == "steps":
            return step % self.learner.recipe.eval_steps == 0 or step == self.epochs.n_steps
        return step == self.epochs.first_step(self.epochs.epoch_of(step))  # the end of the epoch before

    def _validate(self, progress: Progress, count: Callable[[], Counts]) -> None:
        start = time.perf_counter()
        with out_of_memory_explained(self.learner.recipe):
            found = count()
        seconds = time.perf_counter() - start
        score = ValidationScore(progress.step, found.precision or 0.0, found.recall or 0.0, found.f1 or 0.0)
        progress.add_score(score, seconds=seconds, patience=self.learner.recipe.early_stopping_patience)
        if self.learner.recipe.load_best_model_at_end and progress.best == score:
            self.learner.keep_as_best()

    def _report(self, progress: Progress, file: MetricsFile) -> None:
        epochs, step = self.epochs, progress.step
        epoch = epochs.epoch_of(step - 1)
        first, end = epochs.first_step(epoch), epochs.first_step(epoch + 1)
        factor = rate_factor(step - 1, epochs.n_steps, self.learner.recipe.warmup_steps)
        line = file.add(
            progress,
            epoch=epoch + (step - first) / (end - first),
            learning_rate=self.learner.recipe.learning_rate * factor,
        )
        if self.on_metrics is not None:
            self.on_metrics(line)

    def _draw(self, file: MetricsFile) -> None:
        from eventcorpus.render.training_charts import training_svg  # a room above ours, which draws our metrics

        title = f"{self.folder.stem}: {counted(self.epochs.n_steps, 'step')}"
        write_text(self.folder / PLOT, training_svg(file.lines, title=title))

    def _save(self, progress: Progress) -> None:
        processes = self.learner.processes
        tensors = self.learner.state()
        tensors |= {f"random/{name}": processes.all_gather(state) for name, state in random_state().items()}
        if not processes.is_main_process:
            return
        about = {"identity": self.identity, "progress": asdict(progress)}
        try:
            write_checkpoint(self.folder, tensors, about, step=progress.step, keep=self.learner.recipe.save_total_limit)
        except OSError as error:
            kept = checkpoints(self.folder)
            until = f"; {kept[0].name} is whole" if kept else ""
            raise OutputError(
                f"{self.folder}: a checkpoint cannot be written ({error.strerror or error}){until}; free the disk, "
                "then --resume"
            ) from None
