"""What happens between two steps: scoring, metrics, showing, checkpoints, in this order.

A checkpoint comes last, so that a resumed run has behind it all that belongs to the step at which it was written.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import InputError, OutputError
from eventcorpus.files import write_text
from eventcorpus.render.training_curves import training_svg
from eventcorpus.training.batches import Epochs
from eventcorpus.training.checkpoint import (
    checkpoints,
    newest_whole,
    random_state,
    read_checkpoint,
    set_random_state,
    write_checkpoint,
)
from eventcorpus.training.learner import Learner
from eventcorpus.training.metrics import Metrics, MetricsFile, TensorBoard, metrics_of
from eventcorpus.training.optimiser import rate_factor
from eventcorpus.training.out_of_memory import out_of_memory_explained
from eventcorpus.training.progress import Progress, ValidationScore, progress_data, read_progress
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.run_info import differences

METRICS, PLOT = "metrics.jsonl", "training.svg"

OnStep = Callable[[int, int, float], None]
"""Called after each step with (steps done, steps in all, loss of the step)."""
OnMetrics = Callable[[Metrics], None]
"""Called with each line of ``metrics.jsonl``."""


class Watch:
    """Watches over one run; call it after each step. The first process alone writes and shows."""

    def __init__(
        self,
        learner: Learner,
        epochs: Epochs,
        recipe: Recipe,
        folder: Path,
        *,
        identity: dict[str, Any],
        score: Callable[[int], ValidationScore] | None = None,
        on_step: OnStep | None = None,
        on_metrics: OnMetrics | None = None,
    ) -> None:
        """Make ready.

        Args:
            folder: where checkpoints and metrics lie while the run lasts.
            identity: of the run; a checkpoint of another one is not continued.
            score: scores the weights as they are, after so many steps.
        """
        self.folder = folder
        self._learner, self._epochs, self._recipe, self._identity = learner, epochs, recipe, identity
        self._score, self._on_step, self._on_metrics = score, on_step, on_metrics
        self._writers: list[MetricsFile | TensorBoard] = []
        self._last: Metrics | None = None

    def resume(self) -> Progress:
        """Go back to the newest whole checkpoint; step 0 where there is none.

        Raises:
            InputError: if it is one of another run.
        """
        processes = self._learner.processes
        path = newest_whole(self.folder) if processes.is_main_process else None
        step = torch.tensor(int(path.name.partition("-")[2]) if path else 0, device=processes.device)
        processes.broadcast([step])
        if not int(step):
            return Progress()
        tensors, about = read_checkpoint(self.folder / f"checkpoint-{int(step):08d}")
        other = differences(about["identity"], self._identity)
        if other:
            raise InputError(
                f"{self.folder}: its checkpoints belong to another run ({'; '.join(other)}); change that back, or "
                "leave --resume out to begin anew"
            )
        self._learner.set_state(tensors)
        states = {name[7:]: tensor for name, tensor in tensors.items() if name.startswith("random/")}
        set_random_state({name: state[processes.rank] for name, state in states.items()})
        return read_progress(about["progress"])

    def begin(self, progress: Progress) -> None:
        """Open what metrics are written to, at the step from which the run goes on."""
        if not self._learner.processes.is_main_process:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        file = MetricsFile(self.folder / METRICS, keep_until=progress.step)
        self._last = file.lines[-1] if file.lines else None
        self._writers = [file]
        if self._recipe.report_to == "tensorboard":
            board = self.folder.with_name(f"{self.folder.name.removesuffix('.checkpoints')}.tensorboard")
            self._writers.append(TensorBoard(board, start=progress.step))

    def __call__(self, progress: Progress) -> Progress:
        """Do what is due after a step."""
        recipe, is_last = self._recipe, progress.step == self._epochs.n_steps
        if self._score is not None and self._is_scored(progress.step):
            progress = self._scored(progress, self._score)
        is_scored = bool(progress.scores) and progress.scores[-1].step == progress.step
        if self._learner.processes.is_main_process:
            if progress.step % recipe.logging_steps == 0 or is_scored or is_last:
                self._report(progress, draw=is_scored)
            if self._on_step is not None:
                self._on_step(progress.step, self._epochs.n_steps, progress.losses[-1])
        if progress.step % recipe.save_steps == 0 and not (is_last or progress.stopped):
            self._save(progress)
        return progress

    def end(self) -> dict[str, str]:
        """Close what was open.

        Returns:
            the files for the model folder: metrics and their picture.
        """
        for writer in self._writers:
            writer.close()
        if not self._writers:
            return {}
        self._draw()
        return {name: (self.folder / name).read_text(encoding="utf-8") for name in (METRICS, PLOT)}

    def _is_scored(self, step: int) -> bool:
        if self._recipe.eval_strategy == "steps":
            return step % self._recipe.eval_steps == 0 or step == self._epochs.n_steps
        return step == self._epochs.first_step(self._epochs.epoch_of(step))  # the end of the epoch before

    def _scored(self, progress: Progress, score: Callable[[int], ValidationScore]) -> Progress:
        start = time.perf_counter()
        with out_of_memory_explained(self._recipe):
            found = score(progress.step)
        progress = progress.after_score(
            found, seconds=time.perf_counter() - start, patience=self._recipe.early_stopping_patience
        )
        if self._recipe.load_best_model_at_end and progress.best == found:
            self._learner.keep_as_best()
        return progress

    def _report(self, progress: Progress, *, draw: bool) -> None:
        recipe, epochs, step = self._recipe, self._epochs, progress.step
        epoch = epochs.epoch_of(step - 1)
        first, end = epochs.first_step(epoch), epochs.first_step(epoch + 1)
        line = metrics_of(
            progress,
            self._last,
            epoch=epoch + (step - first) / (end - first),
            learning_rate=recipe.learning_rate * rate_factor(step - 1, epochs.n_steps, recipe.warmup_steps),
        )
        for writer in self._writers:
            writer.add(line)
        self._last = line
        if draw:
            self._draw()
        if self._on_metrics is not None:
            self._on_metrics(line)

    def _draw(self) -> None:
        (file,) = (writer for writer in self._writers if isinstance(writer, MetricsFile))
        title = f"{self.folder.name.removesuffix('.checkpoints')}: {self._epochs.n_steps:,} steps"
        write_text(self.folder / PLOT, training_svg(file.lines, title=title))

    def _save(self, progress: Progress) -> None:
        processes = self._learner.processes
        tensors = self._learner.state()
        tensors |= {f"random/{name}": processes.all_gather(state) for name, state in random_state().items()}
        if not processes.is_main_process:
            return
        about = {"identity": self._identity, "progress": progress_data(progress)}
        try:
            write_checkpoint(self.folder, tensors, about, step=progress.step, keep=self._recipe.save_total_limit)
        except OSError as error:
            kept = checkpoints(self.folder)
            until = f"; {kept[0].name} is whole" if kept else ""
            raise OutputError(
                f"{self.folder}: a checkpoint cannot be written ({error.strerror or error}){until}; free the disk, "
                "then --resume"
            ) from None
