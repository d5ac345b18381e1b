"""What each part of the heads gives: `make bench-head-ablations DATA=dataset-folder ARGS="--real dataset-folder"`.

Short trainings of the small model (3 epochs, no soft targets), three seeds of each variant, scored on the validation
split and, with --real, on the train split of a second dataset that no model learned from. Every run is kept in a JSON
Lines file, so that one that was stopped goes on where it was. The last line is JSON.
"""

import argparse
import json
import os
import statistics
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from torch import nn
from train import Figures, alone

import eventcorpus
from eventcorpus.eval.report import Report
from eventcorpus.events.candidates import Candidates
from eventcorpus.models import heads
from eventcorpus.models.heads import EventHeads, HeadsAbout
from eventcorpus.ontology import Ontology
from eventcorpus.training import examples
from eventcorpus.training.recipe import read_recipe, with_settings

SHORT = {"num_train_epochs": "3", "soft_targets": "", "unlabelled": "", "eval_strategy": "no"}
BASE, FROZEN = "no heads", "frozen encoder"
VARIANTS: dict[str, dict[str, str]] = {
    BASE: {"heads": "false"},
    "as they are": {},
    FROZEN: {"learning_rate": "1e-8"},
    "the last layer alone": {},
    "candidates compete": {},
    "a layer for pairs of two sentences": {},
    "values of attributes weigh as they come": {"balanced_attributes": "false"},
    "two teachers, annotated mentions": {"n_teachers": "2", "teacher": "training/recipes/demo.yaml", "found_mentions": "0"},
    "two teachers, found mentions": {"n_teachers": "2", "teacher": "training/recipes/demo.yaml"},
}  # fmt: skip
"""The keys of the recipe that differ; the heads that differ are in ``HEADS``."""


class Competing(EventHeads):
    """Candidates of one trigger read each other by self-attention before they are scored."""

    def __init__(self, about: HeadsAbout, ontology: Ontology) -> None:
        super().__init__(about, ontology)
        width = self.roles.in_features
        self.attention = nn.MultiheadAttention(width, 4, dropout=about.dropout, batch_first=True)
        self.attention_norm = nn.LayerNorm(width)
        self.of_pair = nn.Sequential(self.of_pair, _Attend(self))

    def _role_logits(
        self, mentions: torch.Tensor, between: torch.Tensor, labels: torch.Tensor, pairs: Candidates
    ) -> torch.Tensor:
        self.triggers = torch.from_numpy(pairs.pairs[:, 0])
        return super()._role_logits(mentions, between, labels, pairs)


class _Attend(nn.Module):
    """The attention of ``Competing``; pairs stand in the order of their triggers."""

    def __init__(self, owner: Competing) -> None:
        super().__init__()
        self.owner = [owner]  # in a list: not a part of this module

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        owner = self.owner[0]
        sizes = owner.triggers.unique_consecutive(return_counts=True)[1].tolist()
        rows = nn.utils.rnn.pad_sequence(list(hidden.split(sizes)), batch_first=True)
        absent = torch.arange(rows.shape[1])[None] >= torch.tensor(sizes)[:, None]
        read, _ = owner.attention(rows, rows, rows, key_padding_mask=absent, need_weights=False)
        return owner.attention_norm(hidden + read[~absent])


class Apart(EventHeads):
    """Pairs of two sentences have a layer and an output of their own."""

    def __init__(self, about: HeadsAbout, ontology: Ontology) -> None:
        super().__init__(about, ontology)
        self.far_pair = nn.Linear(self.pair.in_features, self.pair.out_features)
        self.far_roles = nn.Linear(self.roles.in_features, self.roles.out_features)

    def _role_logits(
        self, mentions: torch.Tensor, between: torch.Tensor, labels: torch.Tensor, pairs: Candidates
    ) -> torch.Tensor:
        near = super()._role_logits(mentions, between, labels, pairs)
        if not len(pairs.pairs):
            return near
        self.pair, self.far_pair, self.roles, self.far_roles = self.far_pair, self.pair, self.far_roles, self.roles
        far = super()._role_logits(mentions, between, labels, pairs)
        self.pair, self.far_pair, self.roles, self.far_roles = self.far_pair, self.pair, self.far_roles, self.roles
        return torch.where(torch.from_numpy(pairs.is_near)[:, None], near, far)


class LastLayer(EventHeads):
    """Reads the encoder's last layer alone."""

    def __init__(self, about: HeadsAbout, ontology: Ontology) -> None:
        super().__init__(about.model_copy(update={"layers": about.layers[-1:]}), ontology)


HEADS: dict[str, type[EventHeads]] = {
    "the last layer alone": LastLayer, "candidates compete": Competing, "a layer for pairs of two sentences": Apart
}  # fmt: skip


def folder_of(out: Path, variant: str, seed: int) -> Path:
    """Where the model of a variant is kept."""
    return out / f"{variant.replace(' ', '-').replace(',', '')}-{seed}"


def run(variant: str, seed: int, out: Path, data: Path, real: Path | None) -> Figures:
    """Train one model of a variant, if it is not there, and score it."""
    if variant in HEADS:
        heads.EventHeads = examples.EventHeads = HEADS[variant]  # type: ignore[misc]
    settings = SHORT | VARIANTS[variant]
    if variant == FROZEN:
        settings |= {"encoder": str(folder_of(out, BASE, seed))}
    recipe = with_settings(read_recipe(Path("training/recipes/default.yaml")), list(settings.items())).replace(
        seed=seed
    )
    model = folder_of(out, variant, seed)
    if not model.is_dir():
        eventcorpus.train(recipe, data, model, resume=True)
    figures: Figures = {}
    for name, folder, split in (("validation", data, "validation"), ("real", real, "train")):
        if folder:
            report = eventcorpus.evaluate(model, folder, split=split, n_resamples=0, baselines=False)
            figures |= {f"{name}, {key}": value for key, value in figures_of(report).items()}
    return figures


def figures_of(report: Report) -> Figures:
    """F1 of mentions and, with the mentions of the gold given and with those found, of everything that is linked."""
    figures = {"mentions": report.exact.micro.f1}
    for name, events in (("given", report.events_given_mentions), ("found", report.events)):
        if events is None or events.argument_attached is None:
            continue
        figures[f"roles {name}"] = events.argument_attached.micro.f1
        figures |= {f"{place} {name}": f.f1 for place, f in events.argument_by_distance.labels.items()}
        figures |= {f"{key} {name}": scores.values.macro.f1 for key, scores in events.attributes.items()}
        if events.event_sets is not None:
            figures[f"pairs {name}"] = events.event_sets.pairs.f1
    return {key: value for key, value in figures.items() if value is not None}


def main() -> None:
    """Train and score what is missing, and print the means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--real", type=Path)
    parser.add_argument("--out", type=Path, default=Path("models/runs/head-ablations"), help="for the models")
    parser.add_argument("--runs", type=Path, default=Path("training/measured/heads.jsonl"), help="where runs are kept")
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 14, 15])
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    args = parser.parse_args()
    lines = args.runs.read_text(encoding="utf-8").splitlines() if args.runs.exists() else []
    kept: dict[str, Figures] = {row.pop("run"): row for row in map(json.loads, lines)}
    for seed in args.seeds:  # of all variants first, so that a run that is stopped has compared them
        for variant in args.variants:
            name = f"{variant} {seed}"
            if name not in kept:
                kept[name] = alone(run, variant, seed, args.out, args.data, args.real)
                with args.runs.open("a", encoding="utf-8") as handle:
                    handle.write(json.dumps({"run": name, **kept[name]}) + "\n")
            print(json.dumps({"run": name, **kept[name]}), flush=True)
    summary: dict[str, object] = {"benchmark": "head-ablations", "seeds": args.seeds}
    for variant in args.variants:
        runs = [kept[f"{variant} {seed}"] for seed in args.seeds]
        summary[variant] = {
            key: round(100 * statistics.mean(r[key] for r in runs), 1) for key in runs[0] if key != "peak_memory_gb"
        }
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
