"""The trainings of a learning curve: one recipe on growing shares of the train split, several seeds of each.

A seed decides the order of the articles, near-duplicates together, and everything that its trainings draw; a share is
the beginning of that order, so that a larger share has all of a smaller one. All trainings take about as many steps as
the one on all articles does: with as many epochs, small shares would show a lack of steps, not of articles (Mosbach et
al. 2021, *On the Stability of Fine-tuning BERT*).

Kept are the predictions of each model on the validation split; the models are not.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventcorpus.corpus.near_duplicates import Clusters, find_clusters
from eventcorpus.errors import InputError, OutputError
from eventcorpus.eval.curve import CurveRun
from eventcorpus.eval.runs import gold_sha256
from eventcorpus.files import check_replaceable, read_json, write_json, write_text
from eventcorpus.inference.extractor import Extractor, predict
from eventcorpus.models.folder import is_model_folder, read_about
from eventcorpus.ontology import Ontology
from eventcorpus.predictions import prediction_line, read_prediction_file
from eventcorpus.progress import OnProgress
from eventcorpus.schema import AnnotatedArticle
from eventcorpus.tables import counted
from eventcorpus.training.checkpoint import drop_folder
from eventcorpus.training.distributed import current_processes
from eventcorpus.training.fit import fit
from eventcorpus.training.recipe import Recipe
from eventcorpus.training.run_info import differences, run_identity
from eventcorpus.training.unlabelled import unlabelled_articles

TRAININGS = "trainings.json"
"""What decides the trainings of a folder: those of another recipe or other data are not mixed with them."""
PREDICTIONS = "predictions"
UNFINISHED = "unfinished"
SHARES = (10.0, 20.0, 40.0, 70.0, 100.0)
SEEDS = 3
_MOST_EPOCHS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Training:
    """One training of the curve: on ``articles``, which are ``share`` percent of the train split."""

    share: float
    seed: int
    articles: Sequence[AnnotatedArticle]
    recipe: Recipe

    @property
    def name(self) -> str:
        """Of its file of predictions, and of its model."""
        return f"share-{self.share:g}-seed-{self.seed}"

    def predictions_in(self, out: Path) -> Path:
        """Its file of predictions."""
        return out / PREDICTIONS / f"{self.name}.jsonl"


def nested_shares(
    articles: Sequence[AnnotatedArticle], shares: Sequence[float], clusters: Clusters, *, seed: int
) -> list[list[AnnotatedArticle]]:
    """Shares of articles, each with all of those before it; no cluster is cut, so that their sizes are nearly right.

    Args:
        shares: in percent, ascending.
        clusters: of these articles.

    Returns:
        the articles of each share, in the order in which they are given.
    """
    groups = list(clusters.members().values())
    random.Random(seed).shuffle(groups)
    sizes = [0]
    for group in groups:
        sizes.append(sizes[-1] + len(group))
    found = []
    for share in shares:
        wanted = share / 100 * len(articles)
        n_groups = min(range(1, len(sizes)), key=lambda n: (abs(sizes[n] - wanted), n))
        ids = {article_id for group in groups[:n_groups] for article_id in group}
        found.append([annotated for annotated in articles if annotated.article.id in ids])
    return found


def curve_trainings(
    articles: Sequence[AnnotatedArticle], recipe: Recipe, *, shares: Sequence[float] = SHARES, n_seeds: int = SEEDS
) -> list[Training]:
    """The trainings, all shares of a seed before the next seed; the first seed is the recipe's.

    Raises:
        InputError: if the shares do not rise to 100, or two of them are the same articles.
    """
    if list(shares) != sorted(set(shares)) or not shares or shares[0] <= 0 or shares[-1] != 100:
        raise InputError(
            f"shares {','.join(f'{share:g}' for share in shares)}: they are percent that rise to 100, the whole train "
            "split, such as 10,20,40,70,100"
        )
    clusters = find_clusters(annotated.article for annotated in articles)
    trainings = []
    for seed in range(recipe.seed, recipe.seed + n_seeds):
        nested = nested_shares(articles, shares, clusters, seed=seed)
        for i, (share, some) in enumerate(zip(shares, nested, strict=True)):
            if i and len(nested[i - 1]) == len(some):
                raise InputError(
                    f"shares {shares[i - 1]:g} and {share:g} of {counted(len(articles), 'article')} are the same "
                    f"{len(some):,} with seed {seed}; take shares that are further apart"
                )
            epochs = min(round(recipe.num_train_epochs * len(articles) / len(some)), _MOST_EPOCHS)
            changes = {"seed": seed, "num_train_epochs": epochs} | (
                {} if _is_scored(recipe) else {"eval_strategy": "no"}
            )
            trainings.append(Training(share, seed, some, recipe.replace(**changes)))
    return trainings


def _is_scored(recipe: Recipe) -> bool:
    """Whether scores while training decide anything."""
    return recipe.early_stopping_patience > 0 or recipe.load_best_model_at_end


def check_recipe_of_curve(recipe: Recipe, dataset_sha256: str) -> None:
    """Refuse a recipe in which small shares would learn from the labels of all articles: the curve would be flat.

    Raises:
        InputError: naming the key, and what to set instead.
    """
    if recipe.soft_targets:
        raise InputError(
            f"soft_targets is {recipe.soft_targets}: small shares would learn from a model that knew all articles, and "
            "the curve would be too flat; --set soft_targets= --set unlabelled="
        )
    folder = Path(recipe.encoder).expanduser()
    if is_model_folder(folder) and read_about(folder).training.get("dataset_sha256") == dataset_sha256:
        raise InputError(
            f"encoder is {recipe.encoder}, which was trained on all articles of this dataset: the curve would be too "
            "flat; --set encoder=bundled, or another that does not know them"
        )


def is_curve_folder(path: Path) -> bool:
    """Whether a folder has trainings of a curve."""
    return (path / TRAININGS).is_file()


def run_trainings(
    trainings: Sequence[Training],
    train: Sequence[AnnotatedArticle],
    validation: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
    out: Path,
    *,
    notes: dict[str, Any] | None = None,
    on_progress: OnProgress | None = None,
) -> list[CurveRun]:
    """Train what is missing, predict the validation split, and give the predictions of all trainings.

    What was trained is not trained again, and a training that was killed goes on from its last checkpoint.

    Args:
        train: all articles; with ``recipe`` they tell whether what is in ``out`` belongs to this curve.
        on_progress: called after each training, also those that were there.

    Raises:
        OutputError: if ``out`` holds something else, or trainings of another recipe or other data.
        ModelError, RecipeError, InputError, OutputError: as ``fit``.
    """
    decides = check_trainings(out, train, validation, ontology, recipe)
    if not is_curve_folder(out):
        write_json(out / TRAININGS, decides)
    for n_done, training in enumerate(trainings, start=1):
        path, model = training.predictions_in(out), out / UNFINISHED / training.name
        if not path.is_file():
            logger.info(
                "training %s of %s: share %g (%s articles), seed %s",
                n_done, len(trainings), training.share, f"{len(training.articles):,}", training.seed,
            )  # fmt: skip
            held_out = validation if _is_scored(recipe) else ()
            fit(training.articles, ontology, training.recipe, model, validation=held_out, resume=True, notes=notes)
            extractor = Extractor.from_pretrained(model)
            found = predict((annotated.article for annotated in validation), extractor)
            lines = [prediction_line(prediction.model_copy(update={"text": None})) for prediction in found]
            write_text(path, "".join(f"{line}\n" for line in lines))
        drop_folder(model)
        if on_progress:
            on_progress(n_done, len(trainings))
    drop_folder(out / UNFINISHED)
    return [
        CurveRun(t.share, t.seed, len(t.articles), list(read_prediction_file(t.predictions_in(out)).values()))
        for t in trainings
    ]


def check_trainings(
    out: Path,
    train: Sequence[AnnotatedArticle],
    validation: Sequence[AnnotatedArticle],
    ontology: Ontology,
    recipe: Recipe,
) -> dict[str, Any]:
    """Compare what decides the trainings with what decided those that are there; nothing is written.

    Returns:
        what decides them, as ``TRAININGS`` holds it.

    Raises:
        OutputError: if ``out`` holds something else, or trainings of another recipe or other data.
    """
    processes, unlabelled = current_processes(), unlabelled_articles(recipe)
    identity = run_identity(train, validation, ontology, recipe, processes, unlabelled=unlabelled)
    now = {**identity, "gold of the validation split": gold_sha256(validation)}
    check_replaceable(out, is_ours=is_curve_folder)
    if is_curve_folder(out) and (changed := differences(read_json(out / TRAININGS), now)):
        raise OutputError(
            f"{out}: has trainings of another curve ({'; '.join(changed[:3])}); --out names another folder"
        )
    return now
