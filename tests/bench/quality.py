"""Quality beside the best-tuned stock recipe: `make bench-quality DATA=folder`.

The peer (see train.py) is tuned on dev: every learning rate by every number of epochs (or
the settings of --peer) with one seed, the best of them again with more seeds. Ours is a recipe with several seeds. Both are scored by eventcorpus on the characters of the dev
part, the whole gold in the denominator; the test part is never read. Every run is kept in a JSON Lines file, so that a
run that was stopped goes on where it was. The last line is JSON.

The folder has train.txt and dev.txt (CoNLL); without dev.txt every fifth sentence of train.txt is dev.
"""

import argparse
import itertools
import json
import logging
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from train import Figures, alone, ours, stock

from eventcorpus.annotation.assemble import assemble
from eventcorpus.conversion_report import ConversionReport
from eventcorpus.formats.conll import read_conll
from eventcorpus.ontology import Ontology
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.training.recipe import read_recipe, with_settings

RATES = (5e-5, 1e-4, 3e-4, 6e-4, 1e-3)
EPOCHS = (5, 10, 15)
ABLATIONS = {
    "as it is": {},
    "no decay of rates by layer": {"layerwise_lr_decay": "1.0"},
    "word embeddings learn": {"freeze_word_embeddings": "false"},
    "each token decoded alone": {"decoder": "argmax"},
    "fp32": {"precision": "fp32"},
    "attention drops out": {"attention_dropout": "0.1"},
    "batches of 8": {"per_device_train_batch_size": "8", "learning_rate": "6e-4"},
}
"""What is switched off in our recipe, one at a time; for these runs without teachers."""


def read_parts(folder: Path) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle], Ontology]:
    """Train part, dev part and ontology of a folder of CoNLL files."""
    if (folder / "dev.txt").exists():
        return _parts(folder)
    blocks = [block for block in (folder / "train.txt").read_text(encoding="utf-8").split("\n\n") if block.strip()]
    with tempfile.TemporaryDirectory() as copy:
        for name, chosen in (("train", lambda i: i % 5 != 4), ("dev", lambda i: i % 5 == 4)):
            kept = [block for i, block in enumerate(blocks) if chosen(i)]
            (Path(copy) / f"{name}.txt").write_text("\n\n".join(kept) + "\n", encoding="utf-8")
        return _parts(Path(copy))


def _parts(folder: Path) -> tuple[list[AnnotatedArticle], list[AnnotatedArticle], Ontology]:
    report = ConversionReport()
    reading = assemble(read_conll([folder]), None, report)
    articles = list(reading.articles)
    train, dev = ([a for split, a in articles if split == name] for name in ("train", "validation"))
    return train, dev, reading.ontology


def main() -> None:
    """Tune the peer, run our recipe, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--recipe", type=Path, default=Path("training/recipes/re3d.yaml"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, help="where runs are kept; a run that stands there is not made again")
    parser.add_argument(
        "--keep", type=Path, help="where models of our recipe are kept, as NAME-SEED; those there are used"
    )
    parser.add_argument("--part", choices=("all", "peer", "ours", "ablations"), default="all")
    parser.add_argument("--rates", type=float, nargs="+", default=RATES, help="of the peer's grid")
    parser.add_argument("--epochs", type=int, nargs="+", default=EPOCHS, help="of the peer's grid")
    parser.add_argument("--peer", nargs=2, action="append", metavar=("RATE", "EPOCHS"), help="instead of the grid")
    parser.add_argument("--peer-encoder", default="bundled")
    parser.add_argument("--peer-seeds", type=int, help="of the peer's best setting, where they are not --seeds")
    parser.add_argument("--set", nargs=2, action="append", default=[], metavar=("KEY", "VALUE"), help="of our recipe")
    parser.add_argument("--name", help="of our runs, where it is not the recipe's")
    args = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    parts = read_parts(args.data)
    kept: dict[str, Figures] = {}
    if args.runs and args.runs.exists():
        kept = {row.pop("run"): row for row in map(json.loads, args.runs.read_text().splitlines())}

    def once(name: str, run: Callable[[], Figures]) -> Figures:
        if name not in kept:
            kept[name] = run()
            if args.runs:
                with args.runs.open("a", encoding="utf-8") as handle:
                    handle.write(json.dumps({"run": name, **kept[name]}) + "\n")
        print(json.dumps({"run": name, **kept[name]}), flush=True)
        return kept[name]

    def peer(rate: float, epochs: int, seed: int) -> Figures:
        settings = argparse.Namespace(
            seed=seed, peer_rate=rate, peer_epochs=epochs, peer_batch=16, peer_encoder=args.peer_encoder
        )
        return once(f"peer {rate:g} {epochs} {seed}", lambda: alone(stock, *parts, settings))

    summary: dict[str, object] = {"benchmark": "quality", "data": args.data.name}
    if args.part in ("all", "peer"):
        listed = [(float(rate), int(epochs)) for rate, epochs in args.peer or ()]
        places = listed or [(rate, epochs) for epochs, rate in itertools.product(args.epochs, args.rates)]
        grid = {place: peer(*place, 13)["f1"] for place in places}
        best = max(grid, key=lambda key: grid[key])
        runs = [peer(*best, seed) for seed in range(13, 13 + (args.peer_seeds or args.seeds))]
        summary |= {"peer_rate": best[0], "peer_epochs": best[1], **_mean("peer", runs)}
        summary |= {"stock": grid.get((5e-5, 5))}
    recipe = with_settings(read_recipe(args.recipe), [tuple(pair) for pair in args.set])

    def several(name: str, settings: dict[str, str]) -> list[Figures]:
        changed = with_settings(recipe, list(settings.items()))

        def one(seed: int) -> Figures:
            place = args.keep and args.keep / f"{name}-{seed}"
            return once(f"{name} {seed}", lambda: alone(ours, *parts, changed.replace(seed=seed), place))

        return [one(seed) for seed in range(recipe.seed, recipe.seed + args.seeds)]

    if args.part in ("all", "ours"):
        summary |= _mean("ours", several(args.name or args.recipe.stem, {}))
    if args.part == "ablations":
        for name, settings in ABLATIONS.items():
            summary[name] = _mean("ours", several(f"{args.name or args.recipe.stem}, {name}", settings))
    print(json.dumps(summary))


def _mean(name: str, runs: list[Figures]) -> dict[str, float | None]:
    f1 = [run["f1"] for run in runs]
    return {
        f"{name}_f1": statistics.mean(f1),
        f"{name}_f1_sd": statistics.stdev(f1) if len(f1) > 1 else None,
        f"{name}_seconds": statistics.mean(run["seconds"] for run in runs),
    }


if __name__ == "__main__":
    main()
