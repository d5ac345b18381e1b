"""The metrics of a run as they come: one JSON object a line in ``metrics.jsonl``, and TensorBoard where asked for.

Comes in: the progress of a run. Goes out: lines, of which a resumed run keeps those up to its checkpoint.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import RecipeError
from eventcorpus.files import to_json, write_text
from eventcorpus.training.progress import Progress


@dataclass(frozen=True, slots=True)
class Metrics:
    """One line.

    ``loss`` (mean per labelled token) and ``tokens_per_second`` (read by all processes, without padding) are those
    since the line before. ``epoch`` is a fraction, ``learning_rate`` that of the top layer. ``seconds`` went into steps
    so far, ``eval_seconds`` into scoring. ``peak_memory``: bytes of RAM that this process held at most, and
    ``peak_gpu_memory`` of its GPU. The dev figures, in [0, 1], are those of this step, null where it was not scored.
    """

    step: int
    epoch: float
    loss: float
    learning_rate: float
    tokens: int
    tokens_per_second: float
    seconds: float
    eval_seconds: float
    peak_memory: int
    peak_gpu_memory: int | None = None
    dev_precision: float | None = None
    dev_recall: float | None = None
    dev_f1: float | None = None


def metrics_of(progress: Progress, last: Metrics | None, *, epoch: float, learning_rate: float) -> Metrics:
    """The line after ``last``."""
    losses = progress.losses[last.step if last else 0 :]
    n_tokens = progress.n_tokens - (last.tokens if last else 0)
    spent = progress.seconds - (last.seconds if last else 0.0)
    score = progress.scores[-1] if progress.scores and progress.scores[-1].step == progress.step else None
    return Metrics(
        step=progress.step,
        epoch=round(epoch, 4),
        loss=sum(losses) / len(losses),
        learning_rate=learning_rate,
        tokens=progress.n_tokens,
        tokens_per_second=round(n_tokens / max(spent, 1e-9), 1),
        seconds=progress.seconds,
        eval_seconds=progress.eval_seconds,
        peak_memory=peak_memory(),
        peak_gpu_memory=torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None,
        dev_precision=score.precision if score else None,
        dev_recall=score.recall if score else None,
        dev_f1=score.f1 if score else None,
    )


def peak_memory() -> int:
    """The most RAM that this process has held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


class MetricsFile:
    """``metrics.jsonl``, flushed line by line so that it can be followed with ``tail -f``."""

    def __init__(self, path: Path, *, keep_until: int) -> None:
        """Open for writing on; lines of steps after ``keep_until`` are dropped: they come again."""
        self.path = path
        self.lines = [line for line in read_metrics(path) if line.step <= keep_until]
        write_text(path, "".join(to_json(asdict(line)) + "\n" for line in self.lines))
        self._file = path.open("a", encoding="utf-8")

    def add(self, line: Metrics) -> None:
        """Write a line."""
        self.lines.append(line)
        self._file.write(to_json(asdict(line)) + "\n")
        self._file.flush()

    def close(self) -> None:
        """No line follows."""
        self._file.close()


def read_metrics(path: Path) -> list[Metrics]:
    """The lines of a file; a last one that a killed run left half-written is passed over, as is a missing file."""
    lines: list[Metrics] = []
    for text in path.read_text(encoding="utf-8").split("\n") if path.is_file() else ():
        try:
            lines.append(Metrics(**json.loads(text)))
        except (ValueError, TypeError):
            break
    return lines


class TensorBoard:
    """The same figures as scalars of a TensorBoard run."""

    def __init__(self, folder: Path, *, start: int) -> None:
        """Open the run; what it shows of steps after ``start`` is hidden, for it comes again.

        Raises:
            RecipeError: if tensorboard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise RecipeError(
                "report_to is tensorboard, which is not installed; install it with: pip install "
                "'eventcorpus[tensorboard]', or set report_to: none"
            ) from None
        self._writer: Any = SummaryWriter(str(folder), purge_step=start + 1 if start else None)

    def add(self, line: Metrics) -> None:
        """Write the figures of a line."""
        for name, value in asdict(line).items():
            if name not in ("step", "tokens") and value is not None:
                group = "dev" if name.startswith("dev_") else "train"
                self._writer.add_scalar(f"{group}/{name.removeprefix('dev_')}", value, line.step)
        self._writer.flush()

    def close(self) -> None:
        """No line follows."""
        self._writer.close()
