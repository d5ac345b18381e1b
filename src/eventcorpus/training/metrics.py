"""How far a run has come, and its metrics: one JSON object per line of ``metrics.jsonl``, and TensorBoard."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from eventcorpus.errors import RecipeError
from eventcorpus.files import to_json, write_text

METRICS = "metrics.jsonl"


@dataclass(frozen=True, slots=True)
class ValidationScore:
    """Exact micro precision, recall and F1 in [0, 1] on the validation split, after ``step`` steps."""

    step: int
    precision: float
    recall: float
    f1: float


@dataclass(slots=True)
class Progress:
    """What a run has done so far; checkpoints keep it beside the tensors.

    ``losses`` has one item per step and ``scores`` one per scoring. ``seconds`` went into steps, ``eval_seconds`` into
    scoring. ``n_tokens`` were read, without padding. ``stopped``: early stopping has ended the run.

    It changes in place: a new one per step would copy all losses each time.
    """

    step: int = 0
    seconds: float = 0.0
    eval_seconds: float = 0.0
    n_tokens: int = 0
    losses: list[float] = field(default_factory=list)
    scores: list[ValidationScore] = field(default_factory=list)
    stopped: bool = False

    @property
    def best(self) -> ValidationScore | None:
        """The best score; of equals the first."""
        return max(self.scores, key=lambda score: (score.f1, -score.step), default=None)

    @property
    def score_of_this_step(self) -> ValidationScore | None:
        """The score of the weights as they are, if they were scored."""
        return self.scores[-1] if self.scores and self.scores[-1].step == self.step else None

    def add_step(self, *, loss: float, n_tokens: int, seconds: float) -> None:
        """Count one step more."""
        self.step += 1
        self.seconds += seconds
        self.n_tokens += n_tokens
        self.losses.append(loss)

    def add_score(self, score: ValidationScore, *, seconds: float, patience: int) -> None:
        """Count one score more; ``patience`` of them in a row that are not the best end the run (0: never)."""
        self.scores.append(score)
        self.eval_seconds += seconds
        n_since_best = len(self.scores) - 1 - self.scores.index(self.best or score)
        self.stopped = bool(patience) and n_since_best >= patience


@dataclass(frozen=True, slots=True)
class Metrics:
    """One line of ``metrics.jsonl``; the names are the keys of the JSON.

    ``loss`` (mean per labelled token) and ``tokens_per_second`` (read by all processes, without padding) are those
    since the line before. ``epoch`` is a fraction, ``learning_rate`` that of the top layer. ``seconds`` went into steps
    so far, ``eval_seconds`` into scoring. ``peak_memory``: bytes of RAM that this process held at most, and
    ``peak_gpu_memory`` of its GPU. The dev figures, in [0, 1], are the scores on the validation split at this step,
    null where it was not scored.
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


def peak_memory() -> int:
    """The most RAM that this process has held, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def peak_gpu_memory() -> int | None:
    """The most memory of its GPU that this process has held, in bytes; None without a GPU."""
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None


class MetricsFile:
    """``metrics.jsonl``, flushed line by line so that it can be followed with ``tail -f``; TensorBoard beside it."""

    def __init__(self, path: Path, *, keep_until: int, tensorboard: Path | None = None) -> None:
        """Open for writing on; what there is of steps after ``keep_until`` is dropped: a resumed run writes it again.

        Args:
            tensorboard: the folder of a TensorBoard run that shows the same figures as scalars.

        Raises:
            RecipeError: if tensorboard is wanted and not installed.
        """
        self.lines = [line for line in read_metrics(path) if line.step <= keep_until]
        write_text(path, "".join(to_json(asdict(line)) + "\n" for line in self.lines))
        self._file = path.open("a", encoding="utf-8")
        self._board = _summary_writer(tensorboard, purge_step=keep_until + 1 if keep_until else None)

    def add(self, progress: Progress, *, epoch: float, learning_rate: float) -> Metrics:
        """Write the line of a step and return it."""
        last = self.lines[-1] if self.lines else None
        losses = progress.losses[last.step if last else 0 :]
        n_tokens = progress.n_tokens - (last.tokens if last else 0)
        seconds = progress.seconds - (last.seconds if last else 0.0)
        score = progress.score_of_this_step
        line = Metrics(
            step=progress.step,
            epoch=round(epoch, 4),
            loss=sum(losses) / len(losses),
            learning_rate=learning_rate,
            tokens=progress.n_tokens,
            tokens_per_second=round(n_tokens / max(seconds, 1e-9), 1),
            seconds=progress.seconds,
            eval_seconds=progress.eval_seconds,
            peak_memory=peak_memory(),
            peak_gpu_memory=peak_gpu_memory(),
            dev_precision=score.precision if score else None,
            dev_recall=score.recall if score else None,
            dev_f1=score.f1 if score else None,
        )
        self.lines.append(line)
        self._file.write(to_json(asdict(line)) + "\n")
        self._file.flush()
        if self._board is not None:
            for name, value in asdict(line).items():
                if name not in ("step", "tokens") and value is not None:
                    group = "dev" if name.startswith("dev_") else "train"
                    self._board.add_scalar(f"{group}/{name.removeprefix('dev_')}", value, line.step)
            self._board.flush()
        return line

    def close(self) -> None:
        """Close the file and the TensorBoard run."""
        self._file.close()
        if self._board is not None:
            self._board.close()


def _summary_writer(folder: Path | None, *, purge_step: int | None) -> Any:
    if folder is None:
        return None
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise RecipeError(
            "report_to is tensorboard, which is not installed; install it with: pip install "
            "'eventcorpus[tensorboard]', or set report_to: none"
        ) from None
    return SummaryWriter(str(folder), purge_step=purge_step)


def read_metrics(path: Path) -> list[Metrics]:
    """The lines of a file; a last one that a killed run left half-written is passed over, as is a missing file."""
    lines: list[Metrics] = []
    for text in path.read_text(encoding="utf-8").split("\n") if path.is_file() else ():
        try:
            lines.append(Metrics(**json.loads(text)))
        except (ValueError, TypeError):
            break
    return lines
